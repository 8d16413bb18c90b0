// A replay gives what the program would have given at other inputs, or says that a guard failed (T13).
#include "wengert/autodiff/transform/replay.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

Scalar polynomial_or_logarithm(const Scalar& x) {
  if (x < 3.0) return x * x * x - 2.0 * x;
  return log(x) * 5.0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(values_and_gradients_are_those_of_a_fresh_recording) {
  const auto record = [](Recording& r, double at_x, double at_y, std::vector<Scalar>& inputs) {
    const Scalar x = r.variable(at_x), y = r.variable(at_y);
    inputs = {x, y};
    const Scalar u = sin(x * y) + exp(x) / (1.0 + y * y);
    const Scalar v = u * u - hypot(x, y) + pow(y, 3) * where(x < y, x, y);
    const std::vector<Scalar> g = gradient(v, inputs);
    return std::vector<Scalar>{u, v, g[0], g[1], gradient(g[0], y)};
  };
  Recording r;
  std::vector<Scalar> inputs;
  const std::vector<Scalar> outputs = record(r, 0.7, 1.3, inputs);
  Replay replay(r, inputs, outputs);
  BOOST_TEST(replay.input_count() == 2u);
  BOOST_TEST(replay.guard_count() == 0u);
  const std::uint64_t values = r.statistics().values;
  for (const auto& [x, y] : {std::pair{0.7, 1.3}, {2.0, -0.4}, {-1.5, 3.25}, {0.0, 0.0}, {2.0, 2.0}}) {
    Recording fresh;
    std::vector<Scalar> unused;
    const std::vector<Scalar> expected = record(fresh, x, y, unused);
    const std::vector<ReplayValue>& found = replay.run({x, y});
    BOOST_REQUIRE(found.size() == expected.size());
    for (std::size_t k = 0; k < found.size(); ++k)
      BOOST_TEST(same_bits(found[k].number(), expected[k].value()),
                 k << ": " << found[k].number() << " and not " << expected[k].value());
  }
  BOOST_TEST(r.statistics().values == values);
}

BOOST_AUTO_TEST_CASE(the_recording_may_be_gone) {
  const auto make = [] {
    Recording r;
    const Scalar x = r.variable(2.0, "x");
    const Scalar y = polynomial_or_logarithm(x);
    return Replay(r, {x}, {y});
  };
  Replay replay = make();
  BOOST_TEST(replay.run({2.5})[0].number() == 2.5 * 2.5 * 2.5 - 5.0);
  BOOST_CHECK_THROW(replay.run({4.0}), GuardFailed);
  Replay copy = replay;
  BOOST_TEST(copy.run({1.0})[0].number() == -1.0);
}

BOOST_AUTO_TEST_CASE(a_failed_guard_names_condition_values_and_line) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  unsigned line = 0;
  Scalar y;
  // clang-format off
  if (x * x < 9.0) { y = x * 2.0; line = std::source_location::current().line(); } else y = x;
  // clang-format on
  Replay replay(r, {x}, {y});
  BOOST_TEST(replay.guard_count() == 1u);
  BOOST_TEST(replay.run({-2.9})[0].number() == -5.8);
  try {
    replay.run({4.0});
    BOOST_ERROR("not thrown");
  } catch (const GuardFailed& error) {
    BOOST_TEST(error.where().line() == line);
    BOOST_TEST(std::string(error.where().file_name()).ends_with("replay.cpp"));
    const std::string what = error.what();
    BOOST_TEST(what.find("4 < 9") != std::string::npos, what);
    BOOST_TEST(what.find("16 < 9") != std::string::npos, what);
    BOOST_TEST(what.find("held when it was recorded") != std::string::npos, what);
    BOOST_TEST(error.operands().size() == 2u);
  }
  // As a status, and the outputs stay.
  replay.run({1.0});
  BOOST_TEST((replay.try_run({5.0}) == ReplayStatus::guard_failed));
  const std::optional<FailedGuard> failed = replay.failed_guard();
  BOOST_REQUIRE(failed.has_value());
  BOOST_TEST(failed->guard.where.line() == line);
  BOOST_TEST(failed->guard.outcome);
  BOOST_TEST(failed->guard.recorded[0] == 4.0);
  BOOST_TEST(failed->now[0] == 25.0);
  BOOST_TEST(failed->now[1] == 9.0);
  BOOST_TEST(replay.outputs()[0].number() == 2.0);
  BOOST_TEST((replay.try_run({0.5}) == ReplayStatus::ok));
  BOOST_TEST(!replay.failed_guard().has_value());
}

BOOST_AUTO_TEST_CASE(every_comparison_is_held_against_its_outcome) {
  const auto check = [](auto&& compare, double recorded_at, double holds_at, double fails_at) {
    Recording r;
    const Scalar x = r.variable(recorded_at);
    static_cast<void>(static_cast<bool>(compare(x)));
    const Scalar y = x + 1.0;
    Replay replay(r, {x}, {y});
    BOOST_TEST((replay.try_run({holds_at}) == ReplayStatus::ok));
    BOOST_TEST((replay.try_run({fails_at}) == ReplayStatus::guard_failed));
  };
  check([](const Scalar& x) { return x < 1.0; }, 0.0, 0.5, 1.0);
  check([](const Scalar& x) { return x < 1.0; }, 1.0, 2.0, 0.5);
  check([](const Scalar& x) { return x <= 1.0; }, 0.0, 1.0, 1.5);
  check([](const Scalar& x) { return x > 1.0; }, 2.0, 1.5, 1.0);
  check([](const Scalar& x) { return x >= 1.0; }, 2.0, 1.0, 0.5);
  check([](const Scalar& x) { return x == 1.0; }, 1.0, 1.0, 1.5);
  check([](const Scalar& x) { return x != 1.0; }, 2.0, 3.0, 1.0);
  check([](const Scalar& x) { return 1.0 < x; }, 2.0, 1.5, 1.0);
  check([](const Scalar& x) { return (0.0 < x) & (x < 1.0); }, 0.5, 0.25, 2.0);
  check([](const Scalar& x) { return (0.0 < x) & (x < 1.0); }, 0.5, 0.25, -1.0);
}

// A comparison with NaN decides as in C++: it does not hold, and != does.
BOOST_AUTO_TEST_CASE(nan_among_the_inputs) {
  Recording r;
  const Scalar x = r.variable(2.0);
  const Scalar y = polynomial_or_logarithm(x);
  Replay held(r, {x}, {y});
  BOOST_TEST((held.try_run({not_a_number}) == ReplayStatus::guard_failed));
  Recording other;
  const Scalar z = other.variable(4.0);
  const Scalar w = polynomial_or_logarithm(z);
  Replay not_held(other, {z}, {w});
  BOOST_TEST(std::isnan(not_held.run({not_a_number})[0].number()));
  BOOST_TEST(not_held.run({infinity})[0].number() == infinity);
}

BOOST_AUTO_TEST_CASE(guards_of_rolled_loops_are_all_held) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(1000, 1.0));
  Scalar sum = 0.0;
  for (const Scalar& v : x)
    if (v > 0.5) sum = sum + v * v;
  BOOST_TEST(r.stream().guards.size() == 1u);
  Replay replay(r, x, {sum});
  BOOST_TEST(replay.guard_count() == 1000u);
  std::vector<double> at(1000, 2.0);
  BOOST_TEST(replay.run(at)[0].number() == 4000.0);
  for (const std::size_t wrong : {0u, 1u, 517u, 999u}) {
    at[wrong] = 0.25;
    const std::vector<ReplayValue> values(at.begin(), at.end());
    BOOST_TEST((replay.try_run(values) == ReplayStatus::guard_failed));
    BOOST_TEST(replay.failed_guard()->guard.place == wrong);
    BOOST_TEST(replay.failed_guard()->now[0] == 0.25);
    BOOST_TEST(replay.failed_guard()->guard.recorded[0] == 1.0);
    at[wrong] = 2.0;
  }
}

BOOST_AUTO_TEST_CASE(the_first_guard_of_the_program_is_the_one_reported) {
  Recording r;
  const Scalar x = r.variable(1.0);
  const Scalar late = exp(x) * 2.0;
  if (late < 100.0)
    if (x < 2.0) static_cast<void>(Scalar(x * 3.0));
  Replay replay(r, {x}, {late});
  // Both fail; x < 2 is known long before, but the program met the other one first.
  BOOST_TEST((replay.try_run({10.0}) == ReplayStatus::guard_failed));
  BOOST_TEST(replay.failed_guard()->guard.recorded[1] == 100.0);
  BOOST_TEST((replay.try_run({3.0}) == ReplayStatus::guard_failed));
  BOOST_TEST(replay.failed_guard()->guard.recorded[1] == 2.0);
}

// A guard keeps a tensor operation from what it does not take.
BOOST_AUTO_TEST_CASE(a_guard_is_looked_at_before_what_comes_after_it) {
  const Tensor table = tensor({10.0, 20.0, 30.0});
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar y = x;
  if (x < 3.0) y = element(gather(table, convert(stack({x}), Dtype::i64)), {0}) * x;
  Replay replay(r, {x}, {y});
  BOOST_TEST(replay.run({2.0})[0].number() == 60.0);
  BOOST_TEST((replay.try_run({7.0}) == ReplayStatus::guard_failed));
  BOOST_TEST(replay.failed_guard()->now[0] == 7.0);
}

BOOST_AUTO_TEST_CASE(guards_that_no_input_can_change_are_left_out) {
  Recording r;
  const Scalar x = r.variable(1.0), fixed = r.variable(7.0);
  Scalar y = x;
  if (fixed * 2.0 > 10.0) y = x * fixed;
  if (x > 0.0) y = y + 1.0;
  Replay one(r, {x}, {y});
  BOOST_TEST(one.guard_count() == 1u);
  BOOST_TEST(one.run({3.0})[0].number() == 22.0);
  Replay both(r, {x, fixed}, {y});
  BOOST_TEST(both.guard_count() == 2u);
  BOOST_TEST(both.run({3.0, 6.0})[0].number() == 19.0);
  BOOST_TEST((both.try_run({3.0, 5.0}) == ReplayStatus::guard_failed));
  // What depends on no input is computed once.
  BOOST_TEST(one.size() == 2u);
}

BOOST_AUTO_TEST_CASE(tensors_and_scalars_cross) {
  const auto record = [](Recording& r, double at_s, const Tensor& at_t, std::vector<detail::AnyHandle>&, Scalar& s,
                         Tensor& t, Tensor& product, Scalar& picked, Tensor& slope) {
    s = r.variable(at_s);
    t = r.variable(at_t);
    product = matmul(t, stack({s, s * s, Scalar(2.0)})) + tanh(sum(t, {1}));
    picked = element(product, {1}) * s + to_scalar(sum(to_tensor(s) * t));
    slope = gradient(picked, t);
    if (picked > 0.0) picked = picked * 1.5;
  };
  const Tensor first = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), second = tensor({0.5, 2, 0.25, 4, 1, 3}, Shape{2, 3});
  Recording r, fresh;
  std::vector<detail::AnyHandle> unused;
  Scalar s, picked, fresh_s, fresh_picked;
  Tensor t, product, slope, fresh_t, fresh_product, fresh_slope;
  record(r, 2.0, first, unused, s, t, product, picked, slope);
  record(fresh, 1.5, second, unused, fresh_s, fresh_t, fresh_product, fresh_picked, fresh_slope);
  Replay replay(r, {t, s}, {product, picked, slope, s, t, Tensor(first), Scalar(4.0)});
  for (int round = 0; round < 2; ++round) {
    const std::vector<ReplayValue>& found = replay.run({second, 1.5});
    BOOST_TEST((found[0].tensor().value() == fresh_product.value()));
    BOOST_TEST(same_bits(found[1].number(), fresh_picked.value()));
    BOOST_TEST((found[2].tensor().value() == fresh_slope.value()));
    BOOST_TEST(found[3].number() == 1.5);
    BOOST_TEST((found[4].tensor().value() == second.value()));
    BOOST_TEST((found[5].tensor().value() == first.value()));
    BOOST_TEST(found[6].number() == 4.0);
    BOOST_TEST((replay.run({first, 2.0})[0].tensor().value() == product.value()));
  }
  BOOST_CHECK_THROW(replay.run({second, -10.0}), GuardFailed);
  BOOST_CHECK_THROW(static_cast<void>(replay.outputs()[0].number()), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(replay.outputs()[1].tensor()), ArgumentError);
}

BOOST_AUTO_TEST_CASE(an_error_of_a_tensor_operation_has_its_line) {
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0, 3.0}));
  const Tensor index = r.variable(tensor(std::vector<std::int64_t>{0, 2}, Shape{2}));
  const unsigned line = std::source_location::current().line() + 1;
  const Tensor y = gather(x, index);
  Replay replay(r, {x, index}, {y});
  const Tensor good = tensor(std::vector<std::int64_t>{1, 1}, Shape{2});
  BOOST_TEST((replay.run({x, good})[0].tensor().to_vector() == std::vector{2.0, 2.0}));
  try {
    replay.run({x, tensor(std::vector<std::int64_t>{1, 7}, Shape{2})});
    BOOST_ERROR("not thrown");
  } catch (const Error& error) {
    BOOST_TEST(error.where().line() == line, error.what());
  }
  BOOST_TEST((replay.run({x, good})[0].tensor().to_vector() == std::vector{2.0, 2.0}));
}

BOOST_AUTO_TEST_CASE(wrong_inputs_are_refused) {
  Recording r, other;
  const Scalar x = r.variable(1.0), computed = x * 2.0, foreign = other.variable(1.0);
  const Scalar y = computed + x;
  const Tensor t = r.variable(tensor({1.0, 2.0}));
  BOOST_CHECK_THROW(Replay(r, {Scalar(1.0)}, {y}), ArgumentError);
  BOOST_CHECK_THROW(Replay(r, {computed}, {y}), ArgumentError);
  BOOST_CHECK_THROW(Replay(r, {x, x}, {y}), ArgumentError);
  BOOST_CHECK_THROW(Replay(r, {foreign}, {y}), ForeignRecording);
  BOOST_CHECK_THROW(Replay(r, {x}, {foreign}), ForeignRecording);
  Replay replay(r, {x, t}, {y});
  const unsigned line = std::source_location::current().line() + 2;
  try {
    replay.run({1.0});
    BOOST_ERROR("not thrown");
  } catch (const ArgumentError& error) {
    BOOST_TEST(error.where().line() == line);
  }
  BOOST_CHECK_THROW(replay.run({1.0, 2.0}), ArgumentError);
  BOOST_CHECK_THROW(replay.run({tensor({1.0}), tensor({1.0, 2.0})}), ArgumentError);
  BOOST_CHECK_THROW(replay.run({1.0, tensor({1.0, 2.0, 3.0})}), ShapeError);
  BOOST_CHECK_THROW(replay.run({1.0, convert(tensor({1.0, 2.0}), Dtype::f32)}), DtypeError);
  BOOST_TEST(replay.run({3.0, tensor({1.0, 2.0})})[0].number() == 9.0);
  Replay all(r, {x}, {y});
  BOOST_TEST(all.run(std::vector{3.0})[0].number() == 9.0);
  r.clear();
  BOOST_CHECK_THROW(Replay(r, {x}, {y}), StaleHandle);
  BOOST_TEST(replay.run({2.0, tensor({1.0, 2.0})})[0].number() == 6.0);
}

BOOST_AUTO_TEST_CASE(an_input_that_nothing_depends_on_and_one_that_is_the_output) {
  Recording r;
  const Scalar x = r.variable(1.0), idle = r.variable(5.0);
  Replay replay(r, {x, idle}, {x});
  BOOST_TEST(replay.size() == 0u);
  BOOST_TEST(replay.run({3.0, 4.0})[0].number() == 3.0);
}

// Inputs are recorded in runs; what lies behind the last output of a run is none of the graph's business.
BOOST_AUTO_TEST_CASE(an_input_that_is_the_output_with_many_inputs_behind_it) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(1000, 1.0));
  BOOST_TEST(expand(r, {x[0]}).graph.size() == 1u);
  BOOST_TEST(expand(r, {x[70], x[3]}).graph.size() == 2u);
  Replay replay(r, x, {x[0]});
  BOOST_TEST(replay.run(std::vector<double>(1000, 2.0))[0].number() == 2.0);
}

BOOST_AUTO_TEST_CASE(guards_can_be_read) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0);
  static_cast<void>(static_cast<bool>(x < y));
  static_cast<void>(static_cast<bool>(y == 4.0));
  const std::vector<GuardInfo> all = guards(r);
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].side[0] == "x");
  BOOST_TEST(to_string(all[0]).starts_with("x < 3 held (2 < 3) at "), to_string(all[0]));
  BOOST_TEST(to_string(all[1]).starts_with("3 = 4 did not hold (3 = 4) at "), to_string(all[1]));
}

BOOST_AUTO_TEST_CASE(copies_run_on_several_threads) {
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar y = x;
  for (int k = 0; k < 100; ++k) y = sin(y) + x;
  const Replay replay(r, {x}, {y});
  std::vector<std::thread> threads;
  std::vector<double> found(4);
  for (std::size_t n = 0; n < found.size(); ++n) {
    threads.emplace_back([&, n] {
      Replay own = replay;
      for (int k = 0; k < 100; ++k) found[n] = own.run({static_cast<double>(n)})[0].number();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t n = 0; n < found.size(); ++n) {
    double expected = static_cast<double>(n);
    for (int k = 0; k < 100; ++k) expected = std::sin(expected) + static_cast<double>(n);
    BOOST_TEST(found[n] == expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
