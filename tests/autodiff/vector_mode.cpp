// Vector mode: backward_each against one backward for every output.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "program.hpp"
#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_near(double got, double want, double bound, const char* what) {
  if (got == want || (std::isnan(got) && std::isnan(want)) || std::abs(got - want) <= bound) return;
  std::ostringstream text;
  text.precision(17);
  text << what << ": " << got << ", expected " << want << " ± " << bound;
  BOOST_ERROR(text.str());
}

/// Every output by every value, against backward().
void check_each(const std::vector<Scalar>& y, const std::vector<Scalar>& x, const char* what,
                double tolerance = 1e-13) {
  const VectorAdjoints each = backward_each(y);
  BOOST_REQUIRE_EQUAL(each.outputs(), y.size());
  for (std::size_t k = 0; k < y.size(); ++k) {
    const Adjoints alone = backward(y[k]);
    for (const Scalar& v : x) check_near(each(k, v), alone[v], tolerance * (1 + std::abs(alone[v])), what);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vector_mode)

BOOST_AUTO_TEST_CASE(random_programs_agree_with_one_sweep_for_every_output) {
  std::uint64_t rolled = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(seed % 10 == 0 ? 600 : 200);
    const oracle::Oracle<double> oracle(program, [&](std::size_t i) { return program.inputs[i]; });
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      rolled += r.statistics().rolled;
      std::vector<int> at{program.size() - 1};
      for (int k = random.uniform(0, 16); k > 0; --k) at.push_back(random.uniform(0, program.size() - 1));
      std::vector<Scalar> y;
      for (const int k : at) y.push_back(value[static_cast<std::size_t>(k)]);
      const VectorAdjoints each = backward_each(y);
      for (std::size_t k = 0; k < y.size(); ++k) {
        const Adjoints alone = backward(y[k]);
        const std::vector<double> scale = oracle.adjoints(at[k], true);
        for (std::size_t v = 0; v < value.size(); ++v) {
          const double want = alone[value[v]];
          check_near(each(k, value[v]), want, 1e-15 * (10 + program.size()) * scale[v], "random program");
        }
      }
    }
  }
  BOOST_TEST(rolled > 10000u);
}

BOOST_AUTO_TEST_CASE(any_number_of_outputs) {
  for (const std::uint32_t first_id : {1u, 0xFFFFFFFEu - 41}) {
    Recording r({.first_id = first_id});
    const Scalar a = r.variable(0.7), b = r.variable(-0.4);
    std::vector<Scalar> v{a, b};
    for (int i = 0; i < 40; ++i) {
      const Scalar x = v[v.size() - 1], z = v[v.size() - 2];
      v.push_back(i % 3 == 0 ? Scalar(sin(x) * z) : i % 3 == 1 ? Scalar(x + 0.5 * z) : Scalar(x * z - z));
    }
    for (const std::size_t count : {1u, 2u, 7u, 8u, 9u, 16u, 17u}) {
      const std::vector<Scalar> y(v.end() - static_cast<std::ptrdiff_t>(count), v.end());
      check_each(y, v, "irregular", 1e-15);
      check_each(std::vector<Scalar>(y.rbegin(), y.rend()), v, "from last to first", 1e-15);
    }
    check_each(std::vector<Scalar>(11, v.back()), v, "the same output again and again", 1e-15);
  }
  BOOST_TEST(backward_each({}).outputs() == 0u);
}

// Sums and values of the same repetition; one chain; operands that walk into the loop; rows; operands that jump.
BOOST_AUTO_TEST_CASE(rolled_loops_of_every_kind_and_outputs_inside) {
  const auto sums = [](const std::vector<Scalar>& x, std::vector<Scalar>& v) {
    Scalar s = x[0], product = x[1];
    for (std::size_t i = 0; i < 300; ++i) {
      const Scalar t = sin(x[i]) * x[2];
      s = s + t * t;
      product = product * cos(t * 0.1) + 0.3 * product;
      v.insert(v.end(), {t, s, product});
    }
  };
  const auto chain = [](const std::vector<Scalar>& x, std::vector<Scalar>& v) {
    Scalar c = x[0];
    for (std::size_t i = 0; i < 300; ++i) {
      c = sin(c) * x[1];
      v.push_back(c);
      c = c + x[i] * 0.1 + c * c;
      v.push_back(c);
    }
  };
  const auto general = [](const std::vector<Scalar>& x, std::vector<Scalar>& v) {
    for (std::size_t i = 0; i < 390; ++i) v.push_back(0.3 * v[2 * i] + sin(v[i]) * x[1]);
  };
  const auto stencil = [](const std::vector<Scalar>& x, std::vector<Scalar>& v) {
    std::vector<Scalar> u = x, next = x;
    for (int step = 0; step < 8; ++step) {
      for (std::size_t i = 1; i + 1 < u.size(); ++i) {
        next[i] = u[i] - 0.2 * u[i] * (u[i] - u[i - 1]) + 0.1 * (u[i + 1] - 2.0 * u[i] + u[i - 1]);
        v.push_back(next[i]);
      }
      std::swap(u, next);
    }
  };
  const auto jumping = [](const std::vector<Scalar>& x, std::vector<Scalar>& v) {
    Scalar s = x[0];
    for (std::size_t i = 0; i < 300; ++i) {
      s = s * 0.9 + x[i * i * 7 % 400] * x[0] + x[1] * x[2] * x[i] + x[i + 1] * x[i + 2];
      v.push_back(s);
    }
  };
  const auto run = [](const char* what, const auto& body) {
    Recording r;
    std::vector<double> start;
    for (int i = 0; i < 400; ++i) start.push_back(0.2 + 0.001 * i);
    const std::vector<Scalar> x = r.variables(start, "x");
    std::vector<Scalar> v = x;
    body(x, v);
    BOOST_TEST_CONTEXT(what) BOOST_TEST(r.statistics().rolled > 200u);
    std::vector<Scalar> y{v.back()};
    for (std::size_t k = 1; k < 17; ++k) y.push_back(v[v.size() * k / 17]);
    check_each(y, v, what);
    for (const std::size_t last : {v.size() - 2, (400 + v.size()) / 2 + 7, std::size_t{430}})
      check_each({v[last], v[last - 1], v[last - 20]}, v, what);
  };
  run("in order", sums);
  run("chain", chain);
  run("general", general);
  run("stencil", stencil);
  run("operands that jump", jumping);
}

BOOST_AUTO_TEST_CASE(zeros_mask_what_is_not_finite_lane_by_lane) {
  Recording r;
  const Scalar x = r.variable(0.0), z = r.variable(2.0);
  const Scalar root = sqrt(x);        // partial ∞
  const Scalar nothing = root * 0.0;  // cotangent 0 arrives at the root
  const Scalar blocked = where(z > 1.0, z * 3.0, root);
  const Scalar through = root + z;
  const VectorAdjoints each = backward_each(std::vector{nothing, blocked, through, root, z});
  BOOST_TEST(each(0, x) == 0.0);
  BOOST_TEST(each(1, x) == 0.0);
  BOOST_TEST(each(1, z) == 3.0);
  BOOST_TEST(each(2, x) == infinity);
  BOOST_TEST(each(2, z) == 1.0);
  BOOST_TEST(each(3, x) == infinity);
  BOOST_TEST(each(3, z) == 0.0);
  BOOST_TEST(each(4, x) == 0.0);
  BOOST_TEST(each(4, z) == 1.0);
}

// A cotangent of ∞ meets partials of 0, and one of 0 partials of ∞, in the loop.
BOOST_AUTO_TEST_CASE(zeros_mask_in_loops) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(100, 0.0), "x");
  const Scalar w = r.variable(0.0);
  Scalar sum = w;
  std::vector<Scalar> v;
  for (std::size_t i = 0; i < 100; ++i) {
    const Scalar root = sqrt(x[i]);
    sum = sum + root * w;
    v.insert(v.end(), {root, sum});
  }
  const Scalar infinite = sqrt(sum);  // partial ∞
  BOOST_TEST(r.statistics().rolled > 100u);
  std::vector<Scalar> all = x;
  all.push_back(w);
  all.insert(all.end(), v.begin(), v.end());
  check_each({sum, infinite, v[100], v[51], w}, all, "masked");
  BOOST_TEST(backward_each(std::vector{sum})(0, x[5]) == 0.0);
  BOOST_TEST(backward_each(std::vector{infinite})(0, w) == infinity);
}

BOOST_AUTO_TEST_CASE(constants_among_the_outputs) {
  Recording r;
  const Scalar x = r.variable(3.0), constant = 4.0, y = x * x;
  const VectorAdjoints each = backward_each(std::vector{constant, y, constant, x});
  BOOST_TEST(each.outputs() == 4u);
  BOOST_TEST(each(0, x) == 0.0);
  BOOST_TEST(each(1, x) == 6.0);
  BOOST_TEST(each(2, y) == 0.0);
  BOOST_TEST(each(3, x) == 1.0);
  BOOST_TEST(each(1, constant) == 0.0);
  std::vector<Scalar> many(8, constant);  // a whole batch of them
  many.push_back(y);
  BOOST_TEST(backward_each(many)(8, x) == 6.0);
  BOOST_TEST(backward_each(many)(7, x) == 0.0);
  const VectorAdjoints none = backward_each(std::vector{constant, constant});
  BOOST_TEST(none.outputs() == 2u);
  BOOST_TEST(none(1, x) == 0.0);
  BOOST_CHECK_THROW(static_cast<void>(none(2, x)), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(VectorAdjoints{}(0, x)), ArgumentError);
}

BOOST_AUTO_TEST_CASE(handles_of_another_time_or_recording_are_refused) {
  Recording r, other;
  const Scalar x = r.variable(2.0), y = x * x, foreign = other.variable(1.0);
  BOOST_CHECK_THROW(static_cast<void>(backward_each(std::vector{y, foreign})), ForeignRecording);
  VectorAdjoints each = backward_each(std::vector{y, x});
  BOOST_CHECK_THROW(static_cast<void>(each(0, foreign)), ForeignRecording);
  const Scalar later = y * x;
  BOOST_TEST(each(0, later) == 0.0);
  const auto mark = r.mark();
  const Scalar gone = later * x;
  r.rewind(mark);
  BOOST_CHECK_THROW(static_cast<void>(backward_each(std::vector{y, gone})), StaleHandle);
  backward_each(std::vector{later, y}, each);
  BOOST_TEST(each(0, x) == 12.0);
  BOOST_TEST(each(1, x) == 4.0);
  BOOST_CHECK_THROW(static_cast<void>(each(0, gone)), StaleHandle);
  r.clear();
  const Scalar anew = r.variable(1.0);
  BOOST_CHECK_THROW(static_cast<void>(each(0, anew)), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(backward_each(std::vector{y})), StaleHandle);
}

BOOST_AUTO_TEST_CASE(memory_is_used_again_and_copies_stand_alone) {
  Recording r;
  const Scalar x = r.variable(0.5);
  std::vector<Scalar> v{x};
  for (int i = 0; i < 100; ++i) v.push_back(v.back() * 0.9 + x);
  VectorAdjoints each;
  for (const std::size_t count : {17u, 3u, 9u, 1u}) {
    const std::vector<Scalar> y(v.end() - static_cast<std::ptrdiff_t>(count), v.end());
    backward_each(y, each);
    BOOST_TEST(each.outputs() == count);
    const VectorAdjoints copy = each;
    for (std::size_t k = 0; k < count; ++k) {
      const Adjoints alone = backward(y[k]);
      for (const Scalar& one : v) {
        check_near(each(k, one), alone[one], 1e-13 * (1 + std::abs(alone[one])), "again");
        BOOST_TEST(copy(k, one) == each(k, one));
      }
    }
    BOOST_CHECK_THROW(static_cast<void>(each(count, x)), ArgumentError);
  }
}

BOOST_AUTO_TEST_CASE(recordings_with_tensors) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>{0.5, 1.5, -0.5}, "x");
  const Tensor t = stack(x);
  const Scalar total = to_scalar(sum(t * t));
  std::vector<Scalar> v = x;
  v.push_back(total);
  for (int i = 0; i < 60; ++i) v.push_back(v.back() * 0.9 + x[1]);
  check_each({v.back(), total, v[30], x[0]}, v, "tensors", 0.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
