// replayed(f): recorded at the first call, replayed afterwards; what happens where a guard fails.
#include "wengert/autodiff/transform/replayed.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

/// x³ below 1, else 2x: two paths.
struct TwoPaths {
  int* calls;
  unsigned* line;
  Scalar operator()(const Scalar& x) const {
    ++*calls;
    *line = std::source_location::current().line() + 1;
    if (x < 1.0) return pow(x, 3);
    return 2.0 * x;
  }
};

/// Newton's method for √a, until it no longer moves: as many steps as it takes.
Scalar root(const Scalar& a) {
  Scalar x = a;
  for (int k = 0; k < 100; ++k) {
    const Scalar next = 0.5 * (x + a / x);
    if (abs(next - x) < 1e-14 * a) return next;
    x = next;
  }
  return x;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replayed_functions)

BOOST_AUTO_TEST_CASE(a_function_is_recorded_once) {
  int calls = 0;
  unsigned line = 0;
  auto f = replayed(TwoPaths{&calls, &line});
  BOOST_TEST(f(0.5) == 0.125);
  BOOST_TEST(f(-2.0) == -8.0);
  BOOST_TEST(f(0.25) == 0.015625);
  BOOST_TEST(calls == 1);
  BOOST_TEST(f.times_recorded() == 1u);
  try {
    static_cast<void>(f(3.0));
    BOOST_ERROR("not thrown");
  } catch (const GuardFailed& error) {
    BOOST_TEST(error.where().line() == line);
  }
  BOOST_TEST(f(-1.0) == -1.0);
}

BOOST_AUTO_TEST_CASE(values_and_gradients_are_replayed) {
  int calls = 0;
  unsigned line = 0;
  auto f = replayed(value_and_grad(TwoPaths{&calls, &line}));
  for (const double x : {0.5, -2.0, 0.25}) {
    const ValueAndGradient<double, double> found = f(x);
    BOOST_TEST(found.value == x * x * x);
    BOOST_TEST(found.gradient == 3.0 * x * x);
  }
  BOOST_TEST(calls == 1);
  auto second = replayed(grad(grad(TwoPaths{&calls, &line})));
  BOOST_TEST(second(0.5) == 3.0);
  BOOST_TEST(second(-0.25) == -1.5);
  BOOST_TEST(calls == 2);
  BOOST_CHECK_THROW(static_cast<void>(second(1.0)), GuardFailed);
}

BOOST_AUTO_TEST_CASE(recording_again_keeps_both_paths) {
  int calls = 0;
  unsigned line = 0;
  auto f = replayed(value_and_grad(TwoPaths{&calls, &line}), OnGuard::rerecord);
  for (int round = 0; round < 3; ++round) {
    for (const double x : {0.5, 3.0, -2.0, 1.0}) {
      BOOST_TEST(f(x).value == (x < 1.0 ? x * x * x : 2.0 * x));
      BOOST_TEST(f(x).gradient == (x < 1.0 ? 3.0 * x * x : 2.0));
    }
  }
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(of_many_recordings_the_one_unused_longest_is_forgotten) {
  int calls = 0;
  const auto steps = [&](const Scalar& x) {
    ++calls;
    Scalar y = x;
    while (y < 100.0) y = y * 2.0;
    return y;
  };
  auto f = replayed(steps, {.on_guard = OnGuard::rerecord, .most_recordings = 2});
  BOOST_TEST(f(90.0) == 180.0);  // one step
  BOOST_TEST(f(45.0) == 180.0);  // two
  BOOST_TEST(calls == 2);
  BOOST_TEST(f(80.0) == 160.0);
  BOOST_TEST(calls == 2);
  BOOST_TEST(f(20.0) == 160.0);  // three: two steps are forgotten
  BOOST_TEST(calls == 3);
  BOOST_TEST(f(70.0) == 140.0);
  BOOST_TEST(calls == 3);
  BOOST_TEST(f(40.0) == 160.0);
  BOOST_TEST(calls == 4);
}

BOOST_AUTO_TEST_CASE(an_iteration_that_takes_other_numbers_of_steps) {
  auto f = replayed(value_and_grad(root), OnGuard::rerecord);
  for (const double a : {2.0, 3.0, 2.0, 1e6, 0.01, 2.5, 1e6}) {
    BOOST_TEST(f(a).value == std::sqrt(a), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(f(a).gradient == 0.5 / std::sqrt(a), boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(f.times_recorded() < 7u);
}

BOOST_AUTO_TEST_CASE(structures_go_in_and_come_out) {
  using Point = std::pair<Scalar, std::vector<Scalar>>;
  int calls = 0;
  const auto f = [&](const std::vector<Scalar>& x, const Tensor& t, const std::pair<Scalar, std::array<Scalar, 2>>& p) {
    ++calls;
    const Scalar s = to_scalar(sum(t * t)) + x[0] * p.second[1];
    return std::tuple{Point{s, {p.first, s * 2.0}}, t * 2.0, p.first + x.back()};
  };
  auto g = replayed(f);
  for (const double k : {1.0, 2.0, -3.0}) {
    const auto [point, doubled, last] =
        g(std::vector{k, 2.0, 3.0}, tensor({k, 1.0}), std::pair{4.0, std::array{5.0, k}});
    static_assert(std::is_same_v<decltype(point), const std::pair<double, std::vector<double>>>);
    BOOST_TEST(point.first == k * k + 1.0 + k * k);
    BOOST_TEST((point.second == std::vector{4.0, 2.0 * point.first}));
    BOOST_TEST((doubled.to_vector() == std::vector{2.0 * k, 2.0}));
    BOOST_TEST(doubled.is_constant());
    BOOST_TEST(last == 7.0);
  }
  BOOST_TEST(calls == 1);
  // Of other lengths or shapes it is another program.
  const auto other = g(std::vector{1.0, 2.0}, tensor({1.0, 1.0}), std::pair{4.0, std::array{5.0, 1.0}});
  BOOST_TEST(std::get<2>(other) == 6.0);
  BOOST_TEST(calls == 2);
  static_cast<void>(g(std::vector{1.0, 2.0}, tensor({1.0}), std::pair{4.0, std::array{5.0, 1.0}}));
  BOOST_TEST(calls == 3);
  static_cast<void>(g(std::vector{1.0, 2.0, 3.0}, tensor({1.0, 2.0}), std::pair{4.0, std::array{5.0, 1.0}}));
  BOOST_TEST(calls == 3);
}

// One argument that is a pair is not two arguments.
BOOST_AUTO_TEST_CASE(a_pair_is_one_argument) {
  auto f = replayed([](const std::pair<Scalar, Scalar>& x) { return x.first * x.second; });
  BOOST_TEST(f(std::pair{2.0, 3.0}) == 6.0);
  BOOST_TEST(f(std::pair{4.0, 5.0}) == 20.0);
  BOOST_TEST(f.verify_at(std::pair{1.0, 7.0}).same);
}

BOOST_AUTO_TEST_CASE(nested_lists_of_other_lengths_are_told_apart) {
  const auto f = [](const std::vector<std::vector<Scalar>>& x) {
    Scalar y = 0.0;
    for (const auto& row : x) y = y * 10.0 + row.back();
    return y;
  };
  auto g = replayed(f);
  BOOST_TEST(g(std::vector<std::vector<double>>{{1, 2}, {3}}) == 23.0);
  BOOST_TEST(g(std::vector<std::vector<double>>{{1}, {2, 3}}) == 13.0);
  BOOST_TEST(g.times_recorded() == 2u);
}

BOOST_AUTO_TEST_CASE(given_values_of_a_recording_it_records_into_it) {
  int calls = 0;
  unsigned line = 0;
  auto f = replayed(TwoPaths{&calls, &line});
  Recording r;
  const Scalar x = r.variable(0.5);
  const Scalar y = f(x);
  BOOST_TEST(backward(y)[x] == 0.75);
  BOOST_TEST(r.statistics().guards == 1u);
  const Scalar constant = f(Scalar(0.25));
  BOOST_TEST(constant.is_constant());
  BOOST_TEST(constant.value() == 0.015625);
  const auto mixed = [](const Scalar& a, const Tensor& t) { return a * to_scalar(sum(t)); };
  auto g = replayed(mixed);
  BOOST_TEST(g(2.0, tensor({1.0, 2.0})) == 6.0);
  BOOST_CHECK_THROW(static_cast<void>(g(2.0, r.variable(tensor({1.0})))), ArgumentError);
}

BOOST_AUTO_TEST_CASE(a_function_that_calls_itself_replayed) {
  Replayed<std::function<Scalar(const Scalar&)>>* self = nullptr;
  const std::function<Scalar(const Scalar&)> f = [&](const Scalar& x) {
    return x < 1.0 ? Scalar(x * (*self)(2.0)) : Scalar(x + 10.0);
  };
  auto g = replayed(f, OnGuard::rerecord);
  self = &g;
  BOOST_TEST(g(0.5) == 6.0);
  BOOST_TEST(g(0.25) == 3.0);
  BOOST_TEST(g(3.0) == 13.0);
  BOOST_TEST(g.times_recorded() == 2u);
}

// What leaves the recording is a constant to it; a fresh recording tells.
BOOST_AUTO_TEST_CASE(verify_at_finds_a_number_that_was_taken_out) {
  unsigned line = 0;
  auto f = replayed([&](const Scalar& x) {
    line = std::source_location::current().line() + 1;
    const Scalar y = x * x.value();
    return y + 1.0;
  });
  BOOST_TEST(f(2.0) == 5.0);
  BOOST_TEST(f(3.0) == 7.0);  // and not 10
  BOOST_TEST(f.verify_at(2.0).same);
  const ReplayVerification found = f.verify_at(3.0);
  BOOST_TEST(!found.same);
  BOOST_TEST(found.difference == 3.0);
  BOOST_TEST(found.reason.find("the constant 2") != std::string::npos, found.reason);
  BOOST_TEST(found.reason.find("is now 3") != std::string::npos, found.reason);
  BOOST_TEST(found.reason.find(":" + std::to_string(line) + " ") != std::string::npos, found.reason);
}

BOOST_AUTO_TEST_CASE(verify_at_finds_a_decision_that_no_guard_knows_of) {
  auto f = replayed([](const Scalar& x) -> Scalar {
    if (x.value() < 1.0) return exp(x);
    return sin(x) + 2.0;
  });
  static_cast<void>(f(0.5));
  BOOST_TEST(f.verify_at(0.25).same);
  const ReplayVerification found = f.verify_at(2.0);
  BOOST_TEST(!found.same);
  BOOST_TEST(found.reason.find("exp") != std::string::npos, found.reason);
  BOOST_TEST(found.reason.find("no guard knows of") != std::string::npos, found.reason);
  auto honest = replayed([](const Scalar& x) -> Scalar { return where(x < 1.0, exp(x), sin(x) + 2.0); });
  static_cast<void>(honest(0.5));
  BOOST_TEST(honest.verify_at(2.0).same);
  BOOST_TEST(honest(2.0) == std::sin(2.0) + 2.0);
}

BOOST_AUTO_TEST_CASE(tensors_are_verified_element_by_element) {
  auto f = replayed([](const Tensor& t) { return t * t.value().element(0); });
  BOOST_TEST((f(tensor({1.0, 2.0})).to_vector() == std::vector{1.0, 2.0}));
  const ReplayVerification found = f.verify_at(tensor({3.0, 4.0}));
  BOOST_TEST(!found.same);
  BOOST_TEST(found.difference == 8.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
