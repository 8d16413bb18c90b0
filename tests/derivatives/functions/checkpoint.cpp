// checkpoint, iterate, chain: the derivatives of the plain program, in less memory.
#include "wengert/autodiff/transform/checkpoint.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <tuple>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace {

using namespace wengert;

BOOST_AUTO_TEST_SUITE(checkpoints, *boost::unit_test::tolerance(1e-13))

const auto wave = [](const auto& x, const auto& a) { return sin(a * x) * exp(x * 0.5) + a; };

BOOST_AUTO_TEST_CASE(checkpoint_has_the_derivatives_of_the_function) {
  Recording r;
  const Scalar x = r.variable(0.7), a = r.variable(1.3);
  const Scalar y = checkpoint(wave)(x, a) * x, plain = wave(x, a) * x;
  BOOST_TEST(y.value() == plain.value());
  const Adjoints reverse = backward(y), expected = backward(plain);
  BOOST_TEST(reverse[x] == expected[x]);
  BOOST_TEST(reverse[a] == expected[a]);
  BOOST_TEST(forward({x, a}, {0.3, -2.0})[y] == forward({x, a}, {0.3, -2.0})[plain]);
  // Recorded, and again.
  const Scalar g = gradient(y, x), h = gradient(plain, x);
  BOOST_TEST(g.value() == h.value());
  BOOST_TEST(backward(g)[a] == backward(h)[a]);
  BOOST_TEST(backward(g)[x] == backward(h)[x]);
  BOOST_TEST(gradient(gradient(g, x), a).value() == gradient(gradient(h, x), a).value());
  BOOST_TEST(forward({x, a}, {0.3, -2.0})[g] == forward({x, a}, {0.3, -2.0})[h]);
}

BOOST_AUTO_TEST_CASE(checkpoint_takes_and_gives_structures) {
  const auto f = [](const std::vector<Scalar>& v, const std::tuple<Tensor, Scalar>& w, int power, const Tensor& index) {
    const Tensor picked = gather(std::get<0>(w), index);
    Scalar sum_of = 0.0;
    for (const Scalar& each : v) sum_of += pow(each, power);
    return std::tuple(std::vector<Scalar>{sum_of * std::get<1>(w), v[0]}, picked * picked, convert(picked, Dtype::f32));
  };
  Recording r;
  const std::vector<Scalar> v = r.variables(std::vector{0.5, 2.0});
  const Tensor t = r.variable(tensor({1.0, -2.0, 3.0}));
  const Scalar s = r.variable(1.5);
  const Tensor index = tensor(std::vector<std::int64_t>{2, 0}, Shape{2});
  const auto total = [](const auto& parts) {
    const auto& [scalars, squares, single] = parts;
    return Scalar(scalars[0] * scalars[1] + to_scalar(sum(squares)) * 0.5 +
                  to_scalar(convert(sum(single), Dtype::f64)) * scalars[1]);
  };
  const Scalar y = total(checkpoint(f)(v, std::tuple(t, s), 3, index)), plain = total(f(v, std::tuple(t, s), 3, index));
  BOOST_TEST(y.value() == plain.value());
  const Adjoints a = backward(y), b = backward(plain);
  for (int k = 0; k < 2; ++k) BOOST_TEST(a[v[std::size_t(k)]] == b[v[std::size_t(k)]]);
  for (int k = 0; k < 3; ++k) BOOST_TEST(a[t].value().element(k) == b[t].value().element(k));
  BOOST_TEST(a[s] == b[s]);
  const Tensor ga = gradient(y, t), gb = gradient(plain, t);
  for (int k = 0; k < 3; ++k) BOOST_TEST(ga.value().element(k) == gb.value().element(k));
  BOOST_TEST(backward(sum(ga * ga))[v[0]] == backward(sum(gb * gb))[v[0]]);
}

BOOST_AUTO_TEST_CASE(checkpoint_stores_no_inside) {
  const auto deep = [](Scalar x) {
    for (int k = 0; k < 1000; ++k) x = sin(x) + 0.1;
    return x;
  };
  Recording r;
  const Scalar x = r.variable(0.3);
  const auto before = r.statistics().values;
  const Scalar y = checkpoint(deep)(x);
  BOOST_TEST(r.statistics().values - before < 10u);
  const Scalar plain = deep(x);
  BOOST_TEST(backward(y)[x] == backward(plain)[x]);
}

BOOST_AUTO_TEST_CASE(constants_and_numbers_are_only_computed) {
  BOOST_TEST(checkpoint(wave)(0.7, 1.3).value() == wave(0.7, 1.3));
  BOOST_TEST(checkpoint(wave)(Scalar(0.7), 1.3).is_constant());
}

BOOST_AUTO_TEST_CASE(what_is_captured_is_refused) {
  Recording r;
  const Scalar x = r.variable(0.7), a = r.variable(1.3);
  const auto captures = [&](const Scalar& b) { return Scalar(b * a); };
  BOOST_CHECK_THROW(static_cast<void>(checkpoint(captures)(x)), ForeignRecording);
}

/// The logistic map with a parameter that it shares and one that moves with k.
const auto logistic = [](std::size_t k, const auto& state, const auto& rate) {
  const auto& [x, total] = state;
  using S = std::remove_cvref_t<decltype(x)>;
  const S next = rate * x * (1.0 - x);
  return std::tuple<S, S>(next, total + next * (1.0 / (1.0 + static_cast<double>(k))));
};

BOOST_AUTO_TEST_CASE(iterate_gives_the_derivatives_of_the_loop_for_any_number_of_saved_states) {
  for (const std::size_t count : {0u, 1u, 2u, 17u, 60u}) {
    Recording r;
    const Scalar x = r.variable(0.3), rate = r.variable(2.9);
    std::tuple<Scalar, Scalar> plain(x, Scalar(0.0));
    for (std::size_t k = 0; k < count; ++k) plain = logistic(k, plain, rate);
    const Scalar expected = std::get<0>(plain) * std::get<1>(plain);
    for (const std::size_t saved : {0u, 1u, 3u, 100u}) {
      ReversePlan plan;
      const auto [last, total] =
          iterate(logistic, count, std::tuple(x, 0.0), {.saved_states = saved, .plan = &plan}, rate);
      const Scalar y = last * total;
      BOOST_TEST(plan.most_saved <= saved);
      BOOST_TEST(y.value() == expected.value());
      BOOST_TEST(backward(y)[x] == backward(expected)[x]);
      BOOST_TEST(backward(y)[rate] == backward(expected)[rate]);
      BOOST_TEST(forward({x, rate}, {1.0, 0.5})[y] == forward({x, rate}, {1.0, 0.5})[expected]);
      if (count > 20) continue;
      const Scalar g = gradient(y, rate), h = gradient(expected, rate);
      BOOST_TEST(g.value() == h.value());
      BOOST_TEST(backward(g)[x] == backward(h)[x]);
      BOOST_TEST(forward({x, rate}, {1.0, 0.5})[g] == forward({x, rate}, {1.0, 0.5})[h]);
    }
  }
}

BOOST_AUTO_TEST_CASE(iterate_keeps_tensors_within_the_memory_it_is_given) {
  const auto step = [](std::size_t, const Tensor& x, const Tensor& w) { return tanh(matmul(w, x)); };
  std::vector<double> numbers;
  for (int k = 0; k < 64; ++k) numbers.push_back(0.05 * std::sin(1.0 + k));
  Recording r;
  const Tensor x = r.variable(tensor(std::span<const double>(numbers).first(8), Shape{8}));
  const Tensor w = r.variable(tensor(numbers, Shape{8, 8}));
  Tensor plain = x;
  for (int k = 0; k < 30; ++k) plain = step(0, plain, w);
  ReversePlan plan;
  const Tensor y = iterate(step, 30, x, {.memory = 4000, .plan = &plan}, w);
  BOOST_TEST(plan.peak_bytes <= 4000u);
  BOOST_TEST(plan.computed > 0u);
  const Adjoints a = backward(sum(y)), b = backward(sum(plain));
  for (int k = 0; k < 64; ++k) BOOST_TEST(a[w].value().element(k) == b[w].value().element(k));
  for (int k = 0; k < 8; ++k) BOOST_TEST(a[x].value().element(k) == b[x].value().element(k));
  BOOST_CHECK_THROW(static_cast<void>(iterate(step, 30, x, {.memory = 100}, w)), CapacityError);
}

BOOST_AUTO_TEST_CASE(a_state_that_changes_is_refused) {
  const auto grows = [](std::size_t, const std::vector<Scalar>& x) {
    std::vector<Scalar> more = x;
    more.push_back(x[0]);
    return more;
  };
  Recording r;
  BOOST_CHECK_THROW(static_cast<void>(iterate(grows, 3, r.variables(std::vector{1.0}), {})), ArgumentError);
}

BOOST_AUTO_TEST_CASE(chain_is_reversed_within_any_memory_that_a_plan_exists_for) {
  const auto affine = [](const Tensor& x, const Tensor& w, const Tensor& b) { return matmul(w, x) + b; };
  const auto squash = [](const Tensor& x) { return tanh(x); };
  const auto split = [](const Tensor& x) { return std::pair(x * x, to_scalar(sum(x))); };
  const auto join = [](const std::pair<Tensor, Scalar>& x, double factor) {
    return std::vector<Scalar>{Scalar(to_scalar(sum(x.first)) * factor), x.second};
  };
  std::vector<double> numbers;
  for (int k = 0; k < 64; ++k) numbers.push_back(0.3 * std::cos(2.0 + k));
  Recording r;
  const Tensor x = r.variable(tensor(std::span<const double>(numbers).first(8), Shape{8}));
  const Tensor w = r.variable(tensor(numbers, Shape{8, 8})), b = r.variable(ones(Shape{8}));
  const auto plain_pair = split(squash(affine(squash(affine(x, w, b)), w, b)));
  const std::vector<Scalar> plain = join(plain_pair, 0.25);
  const Scalar expected = plain[0] * plain[1];
  const Adjoints e = backward(expected);
  bool computed_again = false;
  std::size_t planned = 0;
  for (std::uint64_t memory = 1000; memory < 8000; memory += 250) {
    ReversePlan plan;
    std::vector<Scalar> out;
    try {
      out = chain(x)
                .then(affine, w, b)
                .then(squash)
                .then(affine, w, b)
                .then(squash)
                .then(split)
                .then(join, 0.25)
                .within(memory, &plan);
    } catch (const CapacityError&) {
      continue;
    }
    ++planned;
    BOOST_TEST(plan.peak_bytes <= memory);
    computed_again = computed_again || plan.computed > 0;
    const Scalar y = out[0] * out[1];
    BOOST_TEST(y.value() == expected.value());
    const Adjoints a = backward(y);
    for (int k = 0; k < 64; ++k) BOOST_TEST(a[w].value().element(k) == e[w].value().element(k));
    for (int k = 0; k < 8; ++k) BOOST_TEST(a[x].value().element(k) == e[x].value().element(k));
    BOOST_TEST(a[b].value().element(3) == e[b].value().element(3));
    BOOST_TEST(forward({x}, {ones(Shape{8})})[y] == forward({x}, {ones(Shape{8})})[expected]);
  }
  BOOST_TEST(computed_again);
  BOOST_TEST(planned > 5u);
}

BOOST_AUTO_TEST_CASE(a_runge_kutta_integrator_of_1e5_steps_is_reversed_with_50_saved_states) {
  // A pendulum with friction: x'' = -sin x - c x'. The energy of the linear one is known; here the check is the plain
  // recording of all steps.
  const auto step = [](std::size_t, const auto& state, const auto& friction) {
    using S = std::remove_cvref_t<decltype(state[0])>;
    constexpr double h = 1e-4;
    const auto slope = [&](const S& x, const S& v) { return std::array<S, 2>{v, -sin(x) - friction * v}; };
    const auto& [x, v] = state;
    const auto k1 = slope(x, v);
    const auto k2 = slope(x + 0.5 * h * k1[0], v + 0.5 * h * k1[1]);
    const auto k3 = slope(x + 0.5 * h * k2[0], v + 0.5 * h * k2[1]);
    const auto k4 = slope(x + h * k3[0], v + h * k3[1]);
    return std::array<S, 2>{x + h / 6.0 * (k1[0] + 2.0 * k2[0] + 2.0 * k3[0] + k4[0]),
                            v + h / 6.0 * (k1[1] + 2.0 * k2[1] + 2.0 * k3[1] + k4[1])};
  };
  constexpr std::size_t count = 100000;
  Recording r;
  const Scalar x = r.variable(1.0), v = r.variable(0.25), friction = r.variable(0.1);
  ReversePlan plan;
  const auto last = iterate(step, count, std::array{x, v}, {.saved_states = 50, .plan = &plan}, friction);
  const Scalar y = last[0] * last[1];
  BOOST_TEST(r.statistics().bytes_used < 5000u);
  BOOST_TEST(plan.most_saved == 50u);
  BOOST_TEST(plan.most_recordings == 1u);
  BOOST_TEST(plan.cost <= 5.0 * count);
  const Adjoints a = backward(y);

  Recording all;
  const Scalar px = all.variable(1.0), pv = all.variable(0.25), pf = all.variable(0.1);
  std::array<Scalar, 2> state{px, pv};
  for (std::size_t k = 0; k < count; ++k) state = step(k, state, pf);
  const Scalar expected = state[0] * state[1];
  const Adjoints e = backward(expected);
  BOOST_TEST(y.value() == expected.value());
  BOOST_TEST(a[x] == e[px], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(a[v] == e[pv], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(a[friction] == e[pf], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(all.statistics().bytes_used > 1000u * 5000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
