// Rolled-up entries: cases that once went wrong, one by one. Random programs find such cases; here they have names.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {

BOOST_AUTO_TEST_SUITE(rolling)

// Constant Scalars have no id to compare, and the fast path did not look at their values.
BOOST_AUTO_TEST_CASE(a_constant_scalar_that_varies_in_a_loop) {
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar v = x;
  double expected = 1;
  for (int i = 0; i < 20; ++i) {
    const Scalar c = 1.0 + 0.01 * i;
    v = v * c;
    expected *= c.value();
  }
  BOOST_TEST(v.value() == expected);
  BOOST_TEST(backward(v)[x] == expected, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(gradient(v, x).value() == expected, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(constant_scalars_beside_literals_in_a_loop) {
  Recording rolled, unrolled;
  const auto run = [](Recording& r, bool unroll) {
    const Scalar x = r.variable(0.4);
    Scalar v = x;
    for (int i = 0; i < 30; ++i) {
      const Scalar c = i < 10 ? 0.9 : 0.9 + 0.01 * i, d = 0.25;
      v = sin(v) * c + d * 0.5 * v;
      if (unroll) BOOST_TEST(r.statistics().rolled == 0u);
    }
    return std::vector{backward(v)[x], gradient(v, x).value()};
  };
  const std::vector<double> a = run(rolled, false), b = run(unrolled, true);
  BOOST_TEST(a[0] == b[0], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(a[1] == b[1], boost::test_tools::tolerance(1e-14));
}

// The look back over the last statements took the variables' entry for one of them (and read beyond the sites).
BOOST_AUTO_TEST_CASE(variables_made_in_the_middle_of_a_body) {
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar a = x, b = x;
  const auto first = [&] { a = a * 0.5; };
  const auto second = [&] { b = b * 1.5; };
  first();
  second();
  first();
  second();
  first();
  r.variables(std::vector<double>(3000, 1.0));
  first();
  second();
  first();
  second();
  BOOST_TEST(backward(a + b)[x] == 0.5 * 0.5 * 0.5 * 0.5 * 0.5 + 1.5 * 1.5 * 1.5 * 1.5);
}

// A statement that came to lie where it lay before the rewind looked like a body of no statements.
BOOST_AUTO_TEST_CASE(the_first_statement_after_a_rewind_is_the_last_one_before_it) {
  Recording r;
  const Scalar x = r.variable(0.5);
  const auto mark = r.mark();
  double expected = 0;
  for (int i = 0; i < 20; ++i) {
    r.rewind(mark);
    Scalar v = x;
    for (int k = 0; k < i % 5 + 1; ++k) v = v * v;
    expected = static_cast<double>(1 << (i % 5 + 1)) * v.value() / x.value();
    BOOST_TEST(backward(v)[x] == expected);
  }
}

// A cotangent of 1 passes the partial on as it is; that partial was a value of a statement which was left behind.
BOOST_AUTO_TEST_CASE(a_partial_that_is_an_inner_value_outlives_its_statement) {
  Recording r;
  const Scalar x = r.variable(0.7), w = r.variable(0.3);
  const Scalar u = exp(w * 3.0);
  const Scalar y = sin(x) * u;
  const Adjoints a = backward(y);
  const std::vector<Scalar> g = gradient(y, std::vector{x, w});
  BOOST_TEST(g[0].value() == a[x], boost::test_tools::tolerance(1e-15));
  BOOST_TEST(g[1].value() == a[w], boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(an_output_in_the_middle_of_a_loop) {
  Recording r;
  const Scalar x = r.variable(1.01);
  std::vector<Scalar> v{x};
  for (int i = 0; i < 200; ++i) v.push_back(v.back() * 1.001);
  BOOST_TEST(r.statistics().loops > 0u);
  double power = 1;
  for (std::size_t i = 0; i < v.size(); ++i, power *= 1.001) {
    BOOST_TEST(backward(v[i])[x] == power, boost::test_tools::tolerance(1e-13));
    BOOST_TEST(gradient(v[i], x).value() == power, boost::test_tools::tolerance(1e-13));
  }
}

// The memory of where statements were recorded last compared as many constants as the new statement has with those of
// whatever statement had its line: a read behind the end, which AddressSanitizer sees.
BOOST_AUTO_TEST_CASE(statements_with_more_constants_than_the_one_whose_cache_line_they_take) {
  static std::array<std::uint64_t, 4096>
      places{};  // only their addresses count: lines of the program that fill the cache
  Recording r;
  const Scalar x = r.variable(1.5);
  for (const std::uint64_t& place : places) const Scalar one(x * 2.0, detail::location_of(&place));
  const Scalar two(2.0 * x + 3.0 * x, detail::location_of(&places.front()));
  BOOST_TEST(two.value() == 7.5);
  BOOST_TEST(backward(two)[x] == 5.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
