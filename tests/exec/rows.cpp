// Groups that work along rows: sums, softmax and its kin planned together with what is elementwise around them.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "wengert/graph/error.hpp"
#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// A random function of a matrix, a number for each of its rows, and a row for all: full values and numbers of rows
/// made of one another; its outputs are some of them and the gradients of one number.
std::vector<Tensor> random_function(std::uint64_t seed, const std::vector<Tensor>& x) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const Shape shape = x[0].shape();
  const auto last = static_cast<std::int64_t>(shape.rank()) - 1;
  std::vector<Tensor> full{x[0], tanh(x[2])}, rows{x[1]};
  full[1] = broadcast(full[1], shape);
  const auto spread = [&](const Tensor& t) {
    std::vector<std::int64_t> ones(shape.begin(), shape.end());
    ones.back() = 1;
    return broadcast(reshape(t, Shape(std::span<const std::int64_t>(ones))), shape);
  };
  const auto some_full = [&] { return full[pick(full.size())]; };
  const auto some_rows = [&] { return rows[pick(rows.size())]; };
  for (std::size_t step = 0; step < 6 + pick(12); ++step) {
    switch (pick(12)) {
      case 0:
        full.push_back(tanh(some_full()));
        break;
      case 1:
        full.push_back(some_full() * some_full());
        break;
      case 2:
        full.push_back(some_full() - spread(some_rows()));
        break;
      case 3:
        full.push_back(where(some_full() < some_full(), some_full(), spread(some_rows())));
        break;
      case 4:
        rows.push_back(sum(some_full(), {last}) * 0.01);
        break;
      case 5:
        rows.push_back(logsumexp(some_full(), {last}));
        break;
      case 6:
        full.push_back(softmax(some_full(), {last}));
        break;
      case 7:
        full.push_back(log_softmax(some_full(), {last}));
        break;
      case 8:
        rows.push_back(where(some_rows() < some_rows(), sigmoid(some_rows()), some_rows() * some_rows()));
        break;
      case 9:
        rows.push_back(sin(some_rows()));
        break;
      case 10:
        full.push_back(exp(spread(sin(some_rows()))));
        break;
      default:
        full.push_back(spread(rows.back()) * some_full());
        break;
    }
  }
  const Tensor loss = mean(tanh(full.back())) + mean(tanh(rows.back())) + mean(sin(some_full()));
  std::vector<Tensor> out = gradient(loss, x);
  out.push_back(loss);
  out.push_back(full.back());
  out.push_back(rows.back());
  out.push_back(some_rows());
  out.push_back(spread(some_rows()));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(programs_along_rows)

BOOST_AUTO_TEST_CASE(what_is_computed_along_rows_is_one_pass) {
  Recording r;
  const Tensor x = r.variable(random_tensor({50, 100}, Dtype::f32));
  const Tensor y = log_softmax(x, {1});
  const Tensor loss = sum(y * y);
  const Tensor g = gradient(loss, x);
  const Program p(r, {x}, {loss, g});
  const std::string report = p.report();
  BOOST_TEST_INFO(report);
  BOOST_TEST(count_of(report, "fused rows") == 1u);
  BOOST_TEST(count_of(report, " 1 fused group") == 1u);
}

Tensor integers(const std::vector<std::int64_t>& values, const Shape& shape) {
  return Tensor(Array::from(std::span<const std::int64_t>(values), shape));
}

BOOST_AUTO_TEST_CASE(cross_entropy_with_its_gradient_is_one_pass) {
  std::vector<std::int64_t> labels(30);
  for (std::size_t k = 0; k < labels.size(); ++k) labels[k] = static_cast<std::int64_t>(k * k % 70);
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    Recording r;
    const Tensor x = r.variable(random_tensor({30, 70}, dtype));
    const Tensor label = r.variable(integers(labels, {30, 1}));
    const Tensor loss = -mean(take_along(log_softmax(x, {1}), label, 1));
    const Tensor g = gradient(loss, x);
    const Program p(r, {x, label}, {loss, g});
    BOOST_TEST(count_of(p.report(), "fused rows") == 1u);
    BOOST_TEST(count_of(p.report(), "along f") == 0u);
    Program::Workspace w(p);
    w.set(0, x), w.set(1, label);
    p.run(w);
    BOOST_TEST(largest_difference(w.get(0), loss) <= 1e-6);
    BOOST_TEST(largest_difference(w.get(1), g) <= (dtype == Dtype::f32 ? 1e-7 : 1e-15));
    // Other labels; and one that is not there.
    std::vector<std::int64_t> others(30, 69);
    w.set(1, integers(others, {30, 1}));
    p.run(w);
    BOOST_TEST(largest_difference(w.get(0), -mean(take_along(log_softmax(x, {1}), integers(others, {30, 1}), 1))) <=
               1e-6);
    others[29] = 70;
    w.set(1, integers(others, {30, 1}));
    BOOST_CHECK_EXCEPTION(p.run(w), Error, [](const Error& error) {
      const std::string text = error.what();
      return text.find("70") != std::string::npos && text.find("rows.cpp") != std::string::npos;
    });
  }
}

/// Of each row of x, whose labels are given: loss, gradient, log softmax, its exponential, softmax, log Σ exp.
std::vector<Tensor> of_rows(const Tensor& x, const Tensor& label) {
  const Tensor y = log_softmax(x, {1});
  const Tensor loss = -sum(take_along(y, label, 1));
  return {loss, gradient(loss, x), y, exp(y), softmax(x, {1}), logsumexp(x, {1})};
}

BOOST_AUTO_TEST_CASE(exponentials_of_a_row_are_shared_with_the_bits_of_each_alone) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    Recording r;
    const Tensor x = r.variable(random_tensor({9, 200}, dtype));
    const Tensor label = r.variable(integers({0, 199, 64, 63, 1, 100, 13, 77, 198}, {9, 1}));
    const std::vector<Tensor> y = of_rows(x, label);
    const Program p(r, {x, label}, y, {.exact = true});
    BOOST_TEST(count_of(p.report(), "fused rows") == 1u, p.report());
    Program::Workspace w(p);
    w.set(0, x), w.set(1, label);
    p.run(w);
    for (std::size_t k = 2; k < y.size(); ++k) BOOST_TEST(largest_difference(w.get(k), y[k]) == 0.0, "output " << k);
    // Not exact: the exponential of log softmax is softmax, a number times it is rounded once.
    const Program q(r, {x, label}, y);
    Program::Workspace v(q);
    v.set(0, x), v.set(1, label);
    q.run(v);
    const double unit = dtype == Dtype::f32 ? 6e-8 : 1.2e-16;
    for (std::size_t k = 0; k < y.size(); ++k)
      BOOST_TEST(largest_difference(v.get(k), y[k]) <= (k == 0 ? 64 : 8) * unit, "output " << k);
    BOOST_TEST(largest_difference(v.get(3), v.get(4)) == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(rows_without_a_finite_largest_element_are_those_of_the_immediate_mode) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    std::vector<double> numbers(6 * 70, 0.5);
    for (std::size_t j = 0; j < 70; ++j) numbers[j] = -inf;                      // all are -∞
    numbers[70 + 3] = inf, numbers[140 + 69] = nan, numbers[140 + 2] = inf;      // one is +∞; NaN
    for (std::size_t j = 1; j < 70; ++j) numbers[210 + j] = -inf;                // all but one are -∞
    numbers[280 + 7] = -inf, numbers[350 + 5] = -1e30, numbers[350 + 6] = 1e30;  // the label's is; far apart
    Recording r;
    const Tensor x = r.variable(convert(Tensor(Array::from(std::span<const double>(numbers), Shape{6, 70})), dtype));
    const Tensor label = r.variable(integers({4, 3, 69, 0, 7, 5}, {6, 1}));
    std::vector<Tensor> y = of_rows(x, label);
    y[0] = -take_along(y[2], label, 1);  // row by row: one NaN would hide the others
    const Program p(r, {x, label}, y);
    Program::Workspace w(p);
    w.set(0, x), w.set(1, label);
    p.run(w);
    for (std::size_t k = 0; k < y.size(); ++k) {
      const Array a = w.get(k).value(), b = y[k].value();
      for (std::int64_t i = 0; i < b.size(); ++i) {
        const double s = a.element(i), t = b.element(i);
        const bool alike = s == t || (std::isnan(s) && std::isnan(t)) || std::abs(s - t) <= 1e-6 * std::abs(t);
        BOOST_TEST(alike, "output " << k << ", element " << i << ": " << s << ", " << t);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_truth_value_for_a_whole_row) {
  Recording r;
  const Tensor x = r.variable(random_tensor({40, 100}, Dtype::f32)), c = r.variable(random_tensor({40, 1}));
  const Tensor y = where(broadcast(c > 0.0, Shape{40, 100}), x * x, -x);
  const Program p(r, {x, c}, {y, softmax(where(broadcast(c < 0.5, Shape{40, 100}), y, 1.0), {1})});
  Program::Workspace w(p);
  w.set(0, x), w.set(1, c);
  p.run(w);
  BOOST_TEST(largest_difference(w.get(0), y) == 0.0);
}

BOOST_AUTO_TEST_CASE(positions_that_are_constants_or_repeat) {
  Recording r;
  const Tensor x = r.variable(random_tensor({4, 100})), u = r.variable(random_tensor({4, 1}));
  const Tensor same(Array::uniform_of<std::int64_t>(Shape{4, 1}, 99));
  const Tensor several = integers({3, 99, 0, 17}, {4, 1});
  const std::vector<Tensor> y{tanh(take_along(x * 2.0, same, 1)), scatter_add_along(sin(u), several, 100, 1) * x,
                              softmax(scatter_add_along(u, same, 100, 1) + x, {1})};
  const Program p(r, {x, u}, y);
  BOOST_TEST(count_of(p.report(), "along f") == 0u);
  Program::Workspace w(p);
  w.set(0, x), w.set(1, u);
  p.run(w);
  for (std::size_t k = 0; k < y.size(); ++k) BOOST_TEST(largest_difference(w.get(k), y[k]) <= 1e-15);
}

BOOST_AUTO_TEST_CASE(an_element_plus_or_less_numbers_times_softmax) {
  // Numbers that a row is multiplied by, one of them 0, one infinite: there the whole row is NaN, or infinite.
  const Tensor c =
      Tensor(Array::from(std::vector<double>{0.5, -3.0, 0.0, std::numeric_limits<double>::infinity()}, Shape{4}));
  const Tensor position = integers({3, 99, 0, 17}, {4, 1});
  for (const double sign : {1.0, -1.0})
    for (const bool element_first : {false, true}) {
      Recording r;
      const Tensor x = r.variable(random_tensor({4, 100})), d = r.variable(random_tensor({4})), f = r.variable(c);
      const Tensor element = sum(d * reshape(take_along(x, position, 1), Shape{4})), rows = sum(f * logsumexp(x, {1}));
      const Tensor loss = element_first ? element + sign * rows : sign * rows + element;
      const Tensor g = gradient(loss, x);
      const Program p(r, {x, d, f}, {g});
      Program::Workspace w(p);
      w.set(0, x), w.set(1, d), w.set(2, f);
      p.run(w);
      const Tensor got = w.get(0);
      for (std::int64_t k = 0; k < 400; ++k) {
        const double a = got.value().element(k), b = g.value().element(k);
        BOOST_TEST((a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-15),
                   k << ": " << a << ", " << b);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_sum_of_all_is_one_of_tiles_with_the_same_bits) {
  for (const std::int64_t n : {4097, 4223, 4224, 4600, 100'000, 131'072}) {
    for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
      Recording r;
      const Tensor a = r.variable(random_tensor({n}, dtype)), b = r.variable(random_tensor({n}, dtype));
      const Tensor y = sum(tanh(a * b) * a);
      const std::vector<Tensor> g = gradient(y, {a, b});
      const Program p(r, {a, b}, {y, g[0], g[1]}, {.exact = true});
      BOOST_TEST(count_of(p.report(), "sum of the tiles") == 1u);
      BOOST_TEST(count_of(p.report(), " 1 fused group") == 1u);
      Program::Workspace w(p);
      w.set(0, a), w.set(1, b);
      p.run(w);
      BOOST_TEST(w.get(0).value().element(0) == y.value().element(0));
    }
  }
  // What is stored too, two sums of one value, a sum of axes that are not walked through in a row.
  check(
      [](const std::vector<Tensor>& x) {
        const Tensor y = x[0] * x[1];
        return std::vector<Tensor>{y, sum(y), sum(y) * 2.0, sum(permute(x[0], {1, 0}) * 3.0), mean(exp(x[0]), {0, 1})};
      },
      {f64({90, 70}), f64({70})}, 1e-13);
}

BOOST_AUTO_TEST_CASE(normalisations_and_attention) {
  const Function normalised = [](const std::vector<Tensor>& x) {
    const Tensor centred = x[0] - mean(x[0], {1}, Keep::yes);
    const Tensor y = centred / sqrt(mean(centred * centred, {1}, Keep::yes) + 1e-5) * x[1] + x[2];
    std::vector<Tensor> out = gradient(sum(tanh(y)), x);
    out.push_back(y);
    return out;
  };
  for (const std::int64_t n : {63, 64, 100, 128, 129, 1000, 4097})
    check(normalised, {f64({7, n}), f64({n}), f64({n})}, 1e-12);
  check(normalised, {f32({16, 128}), f32({128}), f32({128})}, 2e-4);
  check(
      [](const std::vector<Tensor>& x) {
        const Tensor weights = softmax(matmul(x[0], permute(x[1], {0, 2, 1})) * 0.1, {2});
        std::vector<Tensor> out = gradient(sum(square(matmul(weights, x[2]))), x);
        out.push_back(weights);
        return out;
      },
      std::vector<Type>(3, f64({3, 80, 9})), 1e-12);
}

BOOST_AUTO_TEST_CASE(rows_of_one_and_of_nothing_but_numbers) {
  const Function f = [](const std::vector<Tensor>& x) {
    const Tensor s = sum(x[0], {1}, Keep::yes);
    return std::vector<Tensor>{softmax(x[0] * 2.0, {1}), x[0] - s, exp(s * 0.01), reshape(s, {s.size()}) < 0.5};
  };
  check(f, {f64({1, 70})}, 1e-13);
  check(f, {f64({5, 70})}, 1e-13);
}

BOOST_AUTO_TEST_CASE(random_functions_along_rows) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    BOOST_TEST_CONTEXT("function " << seed)
    check([seed](const std::vector<Tensor>& x) { return random_function(seed, x); },
          {f64({5, 67}), f64({5}), f64({67})}, 1e-11);
  }
  for (std::uint64_t seed = 151; seed <= 180; ++seed) {
    BOOST_TEST_CONTEXT("function " << seed)
    check([seed](const std::vector<Tensor>& x) { return random_function(seed, x); },
          {f64({2, 3, 64}), f64({2, 3}), f64({64})}, 1e-11);
  }
  // More rows than take turns, and some left.
  for (std::uint64_t seed = 181; seed <= 200; ++seed) {
    BOOST_TEST_CONTEXT("function " << seed)
    check([seed](const std::vector<Tensor>& x) { return random_function(seed, x); },
          {f64({21, 65}), f64({21}), f64({65})}, 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(truth_values_of_rows_that_take_turns) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    Recording r;
    const Tensor x = r.variable(random_tensor({19, 64}, dtype));
    const Tensor sums = sum(x * x, {1}), all = broadcast(reshape(sums, Shape{19, 1}), Shape{19, 64});
    const std::vector<Tensor> y{30.0 * x<all, sums> 20.0, tanh(x / all)};
    const Program p(r, {x}, {y[0], y[1], y[2]});
    BOOST_TEST(count_of(p.report(), "fused rows") == 1u);
    for (int sign : {1, -1}) {
      Program::Workspace w(p);
      const Tensor at = static_cast<double>(sign) * x;
      w.set(0, at);
      p.run(w);
      const Tensor sums_there = sum(at * at, {1});
      const Tensor all_there = broadcast(reshape(sums_there, Shape{19, 1}), Shape{19, 64});
      BOOST_TEST(w.get(0).to_vector() == (30.0 * at < all_there).to_vector(), boost::test_tools::per_element());
      BOOST_TEST(w.get(1).to_vector() == (sums_there > 20.0).to_vector(), boost::test_tools::per_element());
      BOOST_TEST(largest_difference(w.get(2), tanh(at / all_there)) <= 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_condition_of_another_dtype_is_computed_before) {
  Recording r;
  const Tensor a = r.variable(random_tensor({200}, Dtype::f32)), b = r.variable(random_tensor({200}, Dtype::f32));
  const Tensor c = r.variable(random_tensor({200})), d = r.variable(random_tensor({200}));
  const Tensor y = where(a < b, c * d, c + d);
  const Program p(r, {a, b, c, d}, {y});
  Program::Workspace w(p);
  w.set(0, a), w.set(1, b), w.set(2, c), w.set(3, d);
  p.run(w);
  BOOST_TEST(largest_difference(w.get(0), y) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
