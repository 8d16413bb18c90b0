// Memory that runs out at any point of recording: what threw is not recorded, everything before it is whole, and the
// same statement can be tried again (T31). Every allocation of a program fails once.
#include <boost/test/unit_test.hpp>

#include <new>

#include "failing_memory.hpp"
#include "wengert/tests/autodiff/program.hpp"

namespace wengert::oracle {
namespace {

/// Runs f until it no longer runs out of memory. Only here does an allocation fail: the test's own succeed.
template <class F>
auto retried(const F& f) {
  for (;;) {
    try {
      const failing_memory::Here here;
      return f();
    } catch (const std::bad_alloc&) {
    }
  }
}

/// Records the program with every step tried again, and gives the derivatives of the last value.
std::vector<double> derivatives(const Program& program) {
  Recording r;
  std::vector<Scalar> value;
  value.reserve(static_cast<std::size_t>(program.size()));
  for (const double x : program.inputs) value.push_back(retried([&] { return r.variable(x, "x"); }));
  // A variable that threw is not there.
  for (std::size_t i = 0; i < value.size(); ++i) BOOST_REQUIRE(value[i].id() == i + 1);
  for (const Statement& s : program.code) {
    if (s.kind == variable_kind) {
      value.push_back(retried([&] { return r.variable(s.p); }));
      continue;
    }
    std::array<Scalar, 3> x;
    for (std::size_t k = 0; k < 3; ++k)
      x[k] = s.operand[k] < 0 ? Scalar(s.constant[k]) : value[static_cast<std::size_t>(s.operand[k])];
    value.push_back(retried([&] {
      return evaluate(s.kind, x[0], x[1], x[2], s.p, s.q, Recorded{places()[static_cast<std::size_t>(s.place)]});
    }));
    if (s.before == Event::guard) retried([&] { return value.back() < value.front() ? 1 : 2; });
    if (s.before == Event::scope) {
      retried([&] {
        const auto scope = r.scope("scope");
        return 0;
      });
    }
    if (s.before == Event::rewind) {
      retried([&] {
        const auto mark = r.mark();
        const Scalar junk = value.back() * 2.0 + value.front();
        r.rewind(mark);
        return junk.value();
      });
    }
  }
  const std::vector<Scalar> x(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(program.inputs.size()));
  std::vector<double> result;
  const Adjoints a = retried([&] { return backward(value.back()); });
  for (const Scalar& input : x) result.push_back(a[input]);
  const std::vector<Scalar> g = retried([&] { return gradient(value.back(), x); });
  for (const Scalar& d : g) result.push_back(d.value());
  const Adjoints a2 = retried([&] { return backward(g[0]); });
  for (const Scalar& input : x) result.push_back(a2[input]);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(every_allocation_fails_once) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Generator generator(seed);
    const Program program = generator(seed % 3 == 0 ? 200 : 60);
    const std::vector<double> expected = derivatives(program);
    for (std::uint64_t at = 0;; ++at) {
      failing_memory::arm(at);
      const std::vector<double> got = derivatives(program);
      const bool ran_out = failing_memory::disarm();
      for (std::size_t k = 0; k < got.size(); ++k) {
        // A statement that was tried again may be rolled up otherwise: sums in another order.
        const bool same = got[k] == expected[k] || std::abs(got[k] - expected[k]) <= 1e-9 * (1 + std::abs(expected[k]));
        BOOST_REQUIRE_MESSAGE(same, "seed " << seed << ", allocation " << at << " failed: derivative " << k << " is "
                                            << got[k] << ", expected " << expected[k]);
      }
      if (!ran_out) {
        BOOST_TEST(at > 5u);  // under sanitizers the arrays of the stream are not counted
        break;
      }
    }
  }
}

// A small program that is recorded again and again, and a long one.
BOOST_AUTO_TEST_CASE(a_recording_that_is_cleared_and_used_again_allocates_nothing) {
  Recording r;
  Adjoints a;
  std::array<Scalar, 10> x;
  double slope = 0;
  const auto small = [&] {
    r.clear();
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = r.variable(0.1 * static_cast<double>(i + 1));
    Scalar y = 0.0;
    for (std::size_t i = 0; i + 2 < x.size(); ++i) {
      const Scalar hidden = sigmoid(x[i] * 0.3 + x[i + 1] * x[i + 2]);
      if (y < hidden) y = y + hidden * static_cast<double>(i);
    }
    backward(y, a);
    slope = a[x[3]];
  };
  const auto large = [&] {
    r.clear();
    const Scalar u = r.variable(0.999), v = r.variable(0.001);
    Scalar y = u;
    for (int i = 0; i < 20'000; ++i) y = y * u + v;
    slope = y.value();
  };
  const auto allocates = [](const auto& program) {
    for (int rehearsals = 0; rehearsals < 6; ++rehearsals) program();
    failing_memory::arm(0);
    try {
      const failing_memory::Here here;
      program();
    } catch (const std::bad_alloc&) {
    }
    return failing_memory::disarm();
  };
  BOOST_TEST(!allocates(small));
  BOOST_TEST(slope != 0.0);
  BOOST_TEST(!allocates(large));
  BOOST_TEST(allocates([] { static_cast<void>(std::vector<double>(1000, 1.0).data()); }));  // it would be seen
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::oracle
