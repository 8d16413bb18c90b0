// scan: a loop of known length that is an entry; against the same loop in plain C++.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "same_function.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/replay.hpp"

namespace wengert {
namespace {

using State = std::pair<Scalar, Scalar>;

/// One step of a damped oscillator with a push; k and c are parameters.
State push(const State& s, const Scalar& force, const std::vector<Scalar>& p) {
  const Scalar speed = s.second + 0.1 * (force - p[0] * sin(s.first) - p[1] * s.second * s.second);
  return {s.first + 0.1 * speed, speed};
}

std::vector<Scalar> forces(const std::vector<Scalar>& x, std::size_t steps) {
  std::vector<Scalar> all;
  for (std::size_t t = 0; t < steps; ++t) all.push_back(x[t % x.size()] * (1.0 + 0.1 * static_cast<double>(t)));
  return all;
}

template <std::size_t steps>
Scalar structured(const std::vector<Scalar>& x, const LoopOptions& options = {}) {
  const auto body = [](const State& s, const Scalar& force, const std::vector<Scalar>& p) {
    const State next = push(s, force, p);
    return std::pair{next, next.first * next.first};
  };
  const auto [last, energies] =
      scan(body, State{x[0], x[1]}, forces(x, steps), std::vector<Scalar>{x[2], x[3]}, options);
  return last.first * last.second + to_scalar(sum(energies * energies));
}
template <std::size_t steps>
Scalar plain(const std::vector<Scalar>& x) {
  State s{x[0], x[1]};
  Scalar total = 0.0;
  for (const Scalar& force : forces(x, steps)) {
    s = push(s, force, {x[2], x[3]});
    total = total + s.first * s.first * s.first * s.first;
  }
  return s.first * s.second + total;
}

const std::vector<double> point{0.3, -0.2, 1.7, 0.4};

}  // namespace

BOOST_AUTO_TEST_SUITE(scans)

BOOST_AUTO_TEST_CASE(a_loop_to_third_order) {
  check_same_function([](const auto& x) { return structured<7>(x); }, plain<7>, point);
  check_same_function([](const auto& x) { return structured<1>(x); }, plain<1>, point);
}

BOOST_AUTO_TEST_CASE(no_steps_give_the_carry_back) {
  check_same_function([](const auto& x) { return structured<0>(x); }, plain<0>, point);
  Recording r;
  const Scalar x = r.variable(2.0);
  const auto [last, ys] = scan(
      [](const Scalar& c, const Tensor& t) {
        return std::pair{Scalar(c * to_scalar(sum(t))), t};
      },
      x, zeros(Shape{0, 3}));
  BOOST_TEST(last.value() == 2.0);
  BOOST_TEST((ys.shape() == Shape{0, 3}));
  BOOST_TEST(backward(last)[x] == 1.0);
  BOOST_CHECK_THROW(static_cast<void>(scan([](const Scalar& c) { return c + 1.0; }, x, Steps{-1})), ArgumentError);
}

BOOST_AUTO_TEST_CASE(little_memory_gives_the_same_numbers) {
  const Everything all = everything([](const auto& x) { return structured<50>(x); }, point, false);
  for (const std::uint64_t states : {1u, 2u, 3u, 5u, 9u, 49u, 50u, 51u}) {
    LoopOptions options;
    options.memory = states * 64;
    const Everything few = everything([&](const auto& x) { return structured<50>(x, options); }, point, false);
    BOOST_TEST((few.gradient == all.gradient), states);
    BOOST_TEST((few.recorded == all.recorded), states);
    for (std::size_t k = 0; k < all.reverse_over_reverse.size(); ++k)
      check_close(few.reverse_over_reverse[k], all.reverse_over_reverse[k], "second order");
  }
  const Everything expected = everything(plain<50>, point, false);
  for (std::size_t k = 0; k < point.size(); ++k) check_close(all.gradient[k], expected.gradient[k], "gradient");
}

BOOST_AUTO_TEST_CASE(a_carry_without_results_and_steps_without_a_sequence) {
  Recording r;
  const Scalar x = r.variable(1.5);
  const Scalar y = scan([](const Scalar& c) { return c * c * 0.5; }, x, Steps{3});
  BOOST_TEST(y.value() == std::pow(1.5, 8) / 128.0);
  check_close(backward(y)[x], 8.0 * std::pow(1.5, 7) / 128.0, "slope");
  check_close(gradient(gradient(y, x), x).value(), 56.0 * std::pow(1.5, 6) / 128.0, "second");
  const Scalar z = scan([](const Scalar& c, const Scalar& f) { return c * f; }, x, std::vector{2.0, 3.0});
  BOOST_TEST(z.value() == 9.0);
}

BOOST_AUTO_TEST_CASE(tensors_sliced_and_stacked) {
  // A recurrent layer: h = tanh(W h + U x + b).
  const auto body = [](const Tensor& h, const Tensor& x, const std::tuple<Tensor, Tensor, Tensor>& p) {
    const Tensor next = tanh(matmul(std::get<0>(p), h) + matmul(std::get<1>(p), x) + std::get<2>(p));
    return std::pair{next, std::pair{next, sum(next)}};
  };
  Recording r;
  const Tensor w = r.variable(tensor({0.5, -0.25, 0.125, 0.75}, Shape{2, 2}), "w");
  const Tensor u = r.variable(tensor({0.1, 0.2, 0.3, -0.4, 0.5, -0.6}, Shape{2, 3}), "u");
  const Tensor b = r.variable(tensor({0.1, -0.1}), "b");
  const Tensor h = r.variable(tensor({0.3, 0.2}), "h");
  std::vector<double> numbers;
  for (int k = 0; k < 12; ++k) numbers.push_back(std::sin(k * 1.7));
  const Tensor xs = r.variable(tensor(numbers, Shape{4, 3}), "xs");
  const auto [last, ys] = scan(body, h, xs, std::tuple{w, u, b});
  BOOST_TEST((ys.first.shape() == Shape{4, 2}));
  BOOST_TEST((ys.second.shape() == Shape{4}));
  Tensor state = h;
  Scalar loss = to_scalar(sum(ys.first * ys.first)) + to_scalar(sum(ys.second)) * element(last, {0}), expected = 0.0;
  Scalar squares = 0.0, sums = 0.0;
  for (std::int64_t t = 0; t < 4; ++t) {
    state = body(state, reshape(slice_along(xs, 0, t, t + 1), Shape{3}), std::tuple{w, u, b}).first;
    squares = squares + to_scalar(sum(state * state));
    sums = sums + to_scalar(sum(state));
  }
  expected = squares + sums * element(state, {0});
  check_close(loss.value(), expected.value(), "value");
  const std::vector<Tensor> all{w, u, b, h, xs};
  const Adjoints a = backward(loss), e = backward(expected);
  const std::vector<Tensor> g = gradient(loss, all), eg = gradient(expected, all);
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::vector<double> found = a[all[k]].to_vector(), recorded = g[k].to_vector();
    const std::vector<double> numeric = e[all[k]].to_vector();
    for (std::size_t i = 0; i < found.size(); ++i) {
      check_close(found[i], numeric[i], "gradient");
      check_close(recorded[i], numeric[i], "recorded gradient");
    }
    // Second order: of the sum of squares of the gradient.
    const Scalar s = to_scalar(sum(g[k] * g[k])), es = to_scalar(sum(eg[k] * eg[k]));
    for (const Tensor& x : all) {
      const std::vector<double> second = backward(s)[x].to_vector(), expect = backward(es)[x].to_vector();
      for (std::size_t i = 0; i < second.size(); ++i) check_close(second[i], expect[i], "second order");
    }
  }
}

BOOST_AUTO_TEST_CASE(sequences_side_by_side_and_dtypes) {
  Recording r;
  const Tensor f = r.variable(convert(tensor({1.0, 2.0, 3.0}), Dtype::f32));
  const Tensor index = tensor(std::vector<std::int64_t>{2, 0, 1}, Shape{3});
  const std::vector<Scalar> s = r.variables(std::vector{0.5, 1.5, 2.5});
  const auto body = [](const Tensor& table, const std::tuple<Tensor, std::pair<Tensor, Scalar>>& x) {
    const auto& [number, pair] = x;
    const Tensor taken = gather(table, reshape(pair.first, Shape{1}));
    return std::pair{table * 2.0, convert(reshape(taken, Shape{}), Dtype::f64) * to_tensor(pair.second) +
                                      convert(number, Dtype::f64)};
  };
  const auto [table, ys] = scan(body, f, std::tuple{f, std::pair{index, s}});
  BOOST_TEST((table.to_vector() == std::vector{8.0, 16.0, 24.0}));
  BOOST_TEST((table.dtype() == Dtype::f32));
  BOOST_TEST((ys.to_vector() == std::vector{3.0 * 0.5 + 1.0, 2.0 * 1.5 + 2.0, 8.0 * 2.5 + 3.0}));
  const Tensor y = sum(ys);
  BOOST_TEST((backward(y)[f].to_vector() == std::vector{1.0 + 2.0 * 1.5, 1.0 + 4.0 * 2.5, 1.0 + 0.5}));
  BOOST_TEST(backward(y)[s[1]] == 2.0);
}

BOOST_AUTO_TEST_CASE(a_scan_is_replayed) {
  Recording r;
  const std::vector<Scalar> x = r.variables(point);
  const Scalar y = structured<7>(x);
  const std::vector<Scalar> g = gradient(y, x);
  Replay replay(r, x, std::vector<Scalar>{y, g[0], g[2], gradient(g[1], x[3])});
  for (const std::vector<double>& at : {point, {1.0, 2.0, 0.5, -0.25}}) {
    const Everything expected = everything(plain<7>, at, false);
    const std::vector<ReplayValue>& found = replay.run(at);
    check_close(found[0].number(), expected.value, "value");
    check_close(found[1].number(), expected.gradient[0], "gradient");
    check_close(found[2].number(), expected.gradient[2], "gradient");
    check_close(found[3].number(), expected.reverse_over_reverse[7], "second");
  }
}

BOOST_AUTO_TEST_CASE(a_branch_in_the_body) {
  const auto body = [](const Scalar& c, const Scalar& x) -> Scalar {
    if (x < 1.0) return c + x * x;
    return c * x;
  };
  Recording r;
  const Scalar c = r.variable(2.0);
  const std::vector<Scalar> xs = r.variables(std::vector{0.5, 3.0, 0.25, 2.0});
  unsigned line = 0;
  try {
    static_cast<void>(scan(body, c, xs));
    BOOST_ERROR("not thrown");
  } catch (const GuardFailed& error) {
    line = error.where().line();
    BOOST_TEST(std::string(error.where().file_name()).ends_with("scan.cpp"));
  }
  LoopOptions options;
  options.on_guard = OnGuard::rerecord;
  const Scalar y = scan(body, c, xs, NoParameters{}, options);
  Scalar expected = c;
  for (const Scalar& x : xs) expected = body(expected, x);
  BOOST_TEST(y.value() == expected.value());
  const Adjoints a = backward(y), e = backward(expected);
  for (const Scalar& x : xs) BOOST_TEST(a[x] == e[x]);
  BOOST_TEST(a[c] == e[c]);
  const std::vector<Scalar> g = gradient(y, xs);
  for (std::size_t k = 0; k < xs.size(); ++k) BOOST_TEST(g[k].value() == e[xs[k]]);
  BOOST_TEST(backward(g[0])[xs[1]] == backward(gradient(expected, xs[0]))[xs[1]]);
  BOOST_TEST(line > 0u);
}

BOOST_AUTO_TEST_CASE(wrong_bodies_and_sequences_are_refused) {
  Recording r;
  const Tensor t = r.variable(tensor({1.0, 2.0, 3.0, 4.0}, Shape{2, 2}));
  const Scalar x = r.variable(1.0);
  const auto adds = [](const Scalar& c, const std::pair<Tensor, Scalar>& v) { return c + v.second; };
  BOOST_CHECK_THROW(static_cast<void>(scan(adds, x, std::pair{t, std::vector{1.0, 2.0, 3.0}})), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(scan([](const Tensor& c, const Tensor&) { return c; }, t, sum(t))), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(scan([](const Tensor& c, const Tensor& v) { return sum(c, {0}) * v; }, t, t)),
                    ShapeError);
  BOOST_CHECK_THROW(
      static_cast<void>(scan([](const Tensor& c, const Tensor&) { return convert(c, Dtype::f32); }, t, t)), DtypeError);
  BOOST_CHECK_THROW(static_cast<void>(scan([&](const Scalar& c, const Tensor&) { return c * x; }, x, t)),
                    ForeignRecording);
  const Tensor large = tensor(std::vector<std::int64_t>{std::int64_t{1} << 60}, Shape{1});
  BOOST_CHECK_THROW(static_cast<void>(scan([](const Tensor& c) { return c; }, large, Steps{1})), DomainError);
}

BOOST_AUTO_TEST_CASE(scans_nest) {
  const auto nested = [](const std::vector<Scalar>& x) -> Scalar {
    return scan(
        [](const Scalar& c, const Scalar& f, const Scalar& p) {
          return scan([](const Scalar& inner, const std::vector<Scalar>&) { return inner; }, c, Steps{0},
                      std::vector<Scalar>{f, p}) *
                     0.5 +
                 scan([](const Scalar& inner, const std::vector<Scalar>& q) { return sin(inner) * q[0] + q[1]; }, c,
                      Steps{3}, std::vector<Scalar>{f, p});
        },
        x[0], std::vector<Scalar>{x[1], x[2]}, x[3]);
  };
  const auto loops = [](const std::vector<Scalar>& x) -> Scalar {
    Scalar c = x[0];
    for (int k = 1; k < 3; ++k) {
      Scalar inner = c;
      for (int i = 0; i < 3; ++i) inner = sin(inner) * x[static_cast<std::size_t>(k)] + x[3];
      c = c * 0.5 + inner;
    }
    return c;
  };
  check_same_function(nested, loops, {0.5, 1.25, -0.7, 0.3});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
