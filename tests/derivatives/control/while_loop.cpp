// while_loop: a loop whose length is found when it runs; against plain C++ loops, replayed, and in bounded memory.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "same_function.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/replay.hpp"

namespace wengert {
namespace {

/// Newton's method for x² + p x = a.
template <class P>
Scalar newton_step(const Scalar& x, const P& p) {
  return x - (x * x + p[1] * x - p[0]) / (2.0 * x + p[1]);
}
Scalar residual(const Scalar& x, const std::vector<Scalar>& p) { return abs(x * x + p[1] * x - p[0]); }

Scalar structured(const std::vector<Scalar>& x, const LoopOptions& options = {}) {
  const auto condition = [](const Scalar& s, const std::vector<Scalar>& p) { return residual(s, p) > 1e-13; };
  const auto body = [](const Scalar& s, const std::vector<Scalar>& p) { return newton_step(s, p); };
  return while_loop(condition, body, x[2] * 3.0, std::vector<Scalar>{x[0], x[1]}, options) * x[1];
}
Scalar plain(const std::vector<Scalar>& x) {
  Scalar s = x[2] * 3.0;
  while (residual(s, x) > 1e-13) s = newton_step(s, x);
  return s * x[1];
}

/// Largest amount of memory the process has had, in MiB.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kilobytes = 0.0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024.0;
  }
  return 0.0;
}

/// A state of 64 numbers, turned and damped for so many steps; the gradient by the first state.
std::vector<double> slope_of_a_long_loop(double steps, std::uint64_t memory) {
  using State = std::pair<Tensor, Scalar>;
  Recording r;
  std::vector<double> numbers;
  for (int k = 0; k < 64; ++k) numbers.push_back(std::cos(k * 0.7));
  const Tensor x = r.variable(tensor(numbers, Shape{64}));
  LoopOptions options;
  options.memory = memory;
  const State last = while_loop([=](const State& s) { return s.second < steps; },
                                [](const State& s) {
                                  return State{s.first - 0.001 * sin(s.first), s.second + 1.0};
                                },
                                State{x, 0.0}, NoParameters{}, options);
  return backward(sum(last.first * last.first))[x].to_vector();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(while_loops)

BOOST_AUTO_TEST_CASE(a_loop_to_third_order) {
  check_same_function([](const auto& x) { return structured(x); }, plain, {2.0, 0.5, 0.4}, 1e-9);
  check_same_function([](const auto& x) { return structured(x); }, plain, {20.0, -0.5, 0.1}, 1e-8);
}

BOOST_AUTO_TEST_CASE(no_steps_give_the_state_back) {
  Recording r;
  const Scalar x = r.variable(5.0);
  const Scalar y = while_loop([](const Scalar& s) { return s < 4.0; }, [](const Scalar& s) { return s * s; }, x);
  BOOST_TEST(y.value() == 5.0);
  BOOST_TEST(backward(y)[x] == 1.0);
  BOOST_TEST(forward({x}, {2.0})[y] == 2.0);
  const Scalar g = gradient(y, x);
  BOOST_TEST(g.value() == 1.0);
  BOOST_TEST(backward(g)[x] == 0.0);
}

BOOST_AUTO_TEST_CASE(a_replay_takes_as_many_steps_as_it_needs) {
  const auto doubled = [](const Scalar& x) {
    return while_loop([](const Scalar& s) { return s < 100.0; }, [](const Scalar& s) { return s * s; }, x);
  };
  Recording r;
  const Scalar x = r.variable(3.0);
  const Scalar y = doubled(x), slope = gradient(y, x), curvature = gradient(slope, x);
  BOOST_TEST(r.statistics().guards == 0u);
  Replay replay(r, {x}, {y, slope, curvature});
  for (const double at : {3.0, 2.0, 1.5, 50.0, 200.0}) {
    double power = 1.0;
    for (double s = at; s < 100.0; s *= s) power *= 2.0;
    const std::vector<ReplayValue>& found = replay.run({at});
    check_close(found[0].number(), std::pow(at, power), "value");
    check_close(found[1].number(), power * std::pow(at, power - 1.0), "slope");
    check_close(found[2].number(), power * (power - 1.0) * std::pow(at, power - 2.0), "curvature");
  }
}

BOOST_AUTO_TEST_CASE(nan_ends_the_loop_as_in_cpp) {
  Recording r;
  const Scalar x = r.variable(-2.0);
  const Scalar y = while_loop([](const Scalar& s) { return s < 100.0; }, [](const Scalar& s) { return log(s); }, x);
  BOOST_TEST(std::isnan(y.value()));
  Scalar z = x;
  while (z < 100.0) z = log(z);
  BOOST_TEST(std::isnan(z.value()));
  check_close(backward(y)[x], backward(z)[x], "slope");
}

BOOST_AUTO_TEST_CASE(conditions_of_every_kind) {
  Recording r;
  const Tensor t = r.variable(tensor({1.0, 2.0}));
  const Tensor u =
      while_loop([](const Tensor& s) { return sum(s) < 50.0; }, [](const Tensor& s) { return s * 2.0; }, t);
  BOOST_TEST((u.to_vector() == std::vector{32.0, 64.0}));
  BOOST_TEST((backward(sum(u))[t].to_vector() == std::vector{32.0, 32.0}));
  using Count = std::pair<Scalar, Scalar>;
  const Scalar x = r.variable(1.5);
  const Count counted = while_loop([](const Count& s) { return s.second; },
                                   [](const Count& s) {
                                     return Count{s.first * s.first, s.second - 1.0};
                                   },
                                   Count{x, 3.0});
  check_close(counted.first.value(), std::pow(1.5, 8.0), "value");
  const Scalar both =
      while_loop([](const Scalar& s) { return (s < 100.0) & !(s > 4.0); }, [](const Scalar& s) { return s * 2.0; }, x);
  BOOST_TEST(both.value() == 6.0);
}

BOOST_AUTO_TEST_CASE(a_loop_without_end_is_stopped) {
  Recording r;
  const Scalar x = r.variable(0.5);
  LoopOptions options;
  options.most_steps = 1000;
  options.name = "settle";
  const auto condition = [](const Scalar& s) { return s < 100.0; };
  const auto body = [](const Scalar& s) { return s * s; };
  const unsigned line = std::source_location::current().line() + 2;
  try {
    static_cast<void>(while_loop(condition, body, x, NoParameters{}, options));
    BOOST_ERROR("not thrown");
  } catch (const CapacityError& error) {
    BOOST_TEST(error.where().line() == line);
    BOOST_TEST(error.operation() == "settle");
  }
  options.most_steps = 3;
  BOOST_TEST(while_loop(condition, body, Scalar(4.0), NoParameters{}, options).value() == 256.0);
}

BOOST_AUTO_TEST_CASE(wrong_bodies_are_refused) {
  Recording r;
  const Tensor t = r.variable(tensor({1.0, 2.0}));
  const Scalar x = r.variable(1.0);
  const auto below = [](const Tensor& s) { return sum(s) < 50.0; };
  BOOST_CHECK_THROW(static_cast<void>(while_loop(
                        below, [](const Tensor& s) { return sum(s); }, t)),
                    ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(while_loop(
                        below, [](const Tensor& s) { return convert(s, Dtype::f32); }, t)),
                    DtypeError);
  BOOST_CHECK_THROW(static_cast<void>(while_loop([&](const Scalar& s) { return s < x; },
                                                 [](const Scalar& s) { return s + 1.0; }, Scalar(0.0))),
                    ForeignRecording);
}

BOOST_AUTO_TEST_CASE(branches_in_the_body_are_guarded) {
  // Collatz with weights: which way a step goes depends on the state.
  using State = std::pair<Scalar, Scalar>;
  const auto condition = [](const State& s) { return s.first > 1.5; };
  const auto body = [](const State& s) {
    const Scalar half = s.first * 0.5;
    if (floor(half) == half) return State{half, s.second * 1.5};
    return State{3.0 * s.first + 1.0, s.second * s.second * 0.25};
  };
  Recording r;
  const Scalar w = r.variable(1.75);
  BOOST_CHECK_THROW(static_cast<void>(while_loop(condition, body, State{7.0, w})), GuardFailed);
  LoopOptions options;
  options.on_guard = OnGuard::rerecord;
  const Scalar y = while_loop(condition, body, State{7.0, w}, NoParameters{}, options).second;
  State s{7.0, w};
  while (condition(s)) s = body(s);
  BOOST_TEST(y.value() == s.second.value());
  BOOST_TEST(backward(y)[w] == backward(s.second)[w]);
  const Scalar g = gradient(y, w), e = gradient(s.second, w);
  check_close(g.value(), e.value(), "gradient");
  check_close(backward(g)[w], backward(e)[w], "second order");
  check_close(forward({w}, {1.0})[g], backward(e)[w], "second order");
}

// What the body refers to may be gone when derivatives are asked for.
BOOST_AUTO_TEST_CASE(derivatives_do_not_call_the_body_again) {
  Recording r;
  const Scalar x = r.variable(1.5);
  int calls = 0;
  const auto run = [&] {
    auto factor = std::make_unique<double>(2.0);
    return while_loop([](const Scalar& s) { return s < 100.0; },
                      [&calls, where = factor.get()](const Scalar& s) {
                        ++calls;
                        return s * s * *where;
                      },
                      x);
  };
  const Scalar y = run();
  BOOST_TEST(calls == 1);
  const Scalar g = gradient(y, x);
  BOOST_TEST(backward(y)[x] == g.value());
  static_cast<void>(backward(g)[x]);
  static_cast<void>(forward({x}, {1.0})[g]);
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(little_memory_gives_the_same_numbers) {
  const std::vector<double> all = slope_of_a_long_loop(300.0, std::uint64_t{1} << 30);
  for (const std::uint64_t states : {2u, 3u, 4u, 20u, 299u, 301u}) {
    const std::vector<double> few = slope_of_a_long_loop(300.0, states * (65 * 8 + 32));
    BOOST_TEST((few == all), states);
  }
}

// 10⁵ steps with 65 numbers each: 52 MB of states, of which 1 MiB is kept.
BOOST_AUTO_TEST_CASE(a_long_loop_in_bounded_memory) {
  const double before = peak_memory();
  const std::vector<double> bounded = slope_of_a_long_loop(1e5, std::uint64_t{1} << 20);
  const double with_little = peak_memory() - before;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
  BOOST_TEST(with_little < 12.0);
#else
  static_cast<void>(with_little);
#endif
  const std::vector<double> all = slope_of_a_long_loop(1e5, std::uint64_t{1} << 30);
  const double with_all = peak_memory() - before;
  BOOST_TEST(with_all > 45.0);
  BOOST_TEST((bounded == all));
  BOOST_TEST_MESSAGE("peak memory: " << with_little << " MiB with a limit of 1 MiB, " << with_all << " MiB without");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
