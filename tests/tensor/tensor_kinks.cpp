// The conventions of tensor operations at kinks and bounds (docs/conventions.md): value, gradient and Hessian, every
// way: numeric, recorded, forward, forward over reverse, reverse over reverse.
#include <boost/test/unit_test.hpp>

#include <limits>

#include "tensor_helpers.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_ = std::numeric_limits<double>::quiet_NaN();
using Row = std::vector<double>;

bool same(double got, double wanted, double tolerance) {
  if (std::isnan(wanted)) return std::isnan(got);
  return got == wanted || std::abs(got - wanted) <= tolerance * std::max(1.0, std::abs(wanted));
}
void same_row(const std::string& what, const Row& got, const Row& wanted, double tolerance = 1e-14) {
  BOOST_REQUIRE_MESSAGE(got.size() == wanted.size(), what);
  for (std::size_t i = 0; i < got.size(); ++i)
    BOOST_TEST(same(got[i], wanted[i], tolerance),
               what << ", element " << i << ": " << got[i] << ", expected " << wanted[i]);
}

Tensor unit(const Tensor& like, std::size_t i) {
  Row values(static_cast<std::size_t>(like.size()));
  values[i] = 1.0;
  return convert(tensor(values, like.shape()), like.dtype());
}

struct Expected {
  double value;
  Row gradient;
  std::vector<Row> hessian;  // empty: all 0
};

/// f maps a tensor to one of rank 0.
template <class F>
void check(const std::string& what, const F& f, const Tensor& at, const Expected& expected, double tolerance = 1e-14) {
  Recording r;
  const Tensor x = r.variable(at), y = f(x);
  const auto n = static_cast<std::size_t>(at.size());
  BOOST_TEST(same(y.item(), expected.value, tolerance), what << ": " << y.item() << ", expected " << expected.value);
  const Tensor g = gradient(y, x);
  same_row(what + ", backward", backward(y)[x].to_vector(), expected.gradient, tolerance);
  same_row(what + ", gradient", g.to_vector(), expected.gradient, tolerance);
  for (std::size_t i = 0; i < n; ++i) {
    const Tangents t = forward({x}, {unit(x, i)});
    BOOST_TEST(same(t[y].item(), expected.gradient[i], tolerance),
               what << ", forward along " << i << ": " << t[y].item());
    const Row row = expected.hessian.empty() ? Row(n) : expected.hessian[i];
    same_row(what + ", forward over reverse", t[g].to_vector(), row, tolerance);
    const Tensor gi = sum(unit(x, i) * g);
    same_row(what + ", backward of the gradient", backward(gi)[x].to_vector(), row, tolerance);
    same_row(what + ", gradient of the gradient", gradient(gi, x).to_vector(), row, tolerance);
  }
}

Tensor f32(std::initializer_list<double> values) { return convert(tensor(values), Dtype::f32); }

}  // namespace

BOOST_AUTO_TEST_SUITE(tensor_kinks)

// T2
BOOST_AUTO_TEST_CASE(the_largest_share_the_derivative) {
  const auto largest = [](const Tensor& x) { return amax(x); };
  const auto smallest = [](const Tensor& x) { return amin(x); };
  check("amax", largest, tensor({1, 3, 2}), {3, {0, 1, 0}, {}});
  check("amax, two alike", largest, tensor({1, 3, 3, 2}), {3, {0, 0.5, 0.5, 0}, {}});
  check("amax, all alike", largest, full(Shape{4}, 7.0), {7, {0.25, 0.25, 0.25, 0.25}, {}});
  check("amax of 0 and -0", largest, tensor({-0.0, 0.0, -1}), {0, {0.5, 0.5, 0}, {}});
  check("amin, three alike", smallest, tensor({2, 5, 2, 2}), {2, {1. / 3, 0, 1. / 3, 1. / 3}, {}});
  check("amax of -∞", largest, tensor({-infinity, -infinity}), {-infinity, {0.5, 0.5}, {}});
  // A Hessian that is not 0: of the square, 2·share·shareᵀ.
  check("amax², two alike", [](const Tensor& x) { return amax(x) * amax(x); }, tensor({1, 3, 3}),
        {9, {0, 3, 3}, {{0, 0, 0}, {0, 0.5, 0.5}, {0, 0.5, 0.5}}});
  check("Σ amax over an axis",
        [](const Tensor& x) {
          return sum(amax(x, {1}) * tensor({1, 10}));
        },
        tensor({1, 2, 2, 4, 4, 4}, Shape{2, 3}), {42, {0, 0.5, 0.5, 10. / 3, 10. / 3, 10. / 3}, {}});
  check("amax, f32", [](const Tensor& x) { return amax(x) * amax(x); }, f32({1, 3, 3}),
        {9, {0, 3, 3}, {{0, 0, 0}, {0, 0.5, 0.5}, {0, 0.5, 0.5}}});
}

BOOST_AUTO_TEST_CASE(the_largest_of_nan_is_nan_and_has_no_derivative) {
  check("amax", [](const Tensor& x) { return amax(x); }, tensor({1, nan_, 2}), {nan_, {0, 0, 0}, {}});
  check("amin", [](const Tensor& x) { return amin(x); }, tensor({nan_, nan_}), {nan_, {0, 0}, {}});
}

// T2: what gives a position chooses one.
BOOST_AUTO_TEST_CASE(positions_are_those_of_the_first) {
  BOOST_TEST(argmax(tensor({1, 3, 3})).item() == 1.0);
  BOOST_TEST(argmin(tensor({1, 0, 3, 0})).item() == 1.0);
  BOOST_TEST(argmax(tensor({1, nan_, 3, nan_})).item() == 1.0);
  BOOST_TEST(argmin(tensor({1, nan_, 0})).item() == 1.0);
  BOOST_TEST(argmax(tensor({-0.0, 0.0})).item() == 0.0);
  const auto chosen = [](const Tensor& x) {
    const Tensor y = take_along(x, argmax(x, 0, Keep::yes), 0);
    return sum(y * y);
  };
  check("the element at argmax", chosen, tensor({1, 3, 3}), {9, {0, 6, 0}, {{0, 0, 0}, {0, 2, 0}, {0, 0, 0}}});
}

// T5
BOOST_AUTO_TEST_CASE(the_norm_has_derivative_0_at_the_zero_vector) {
  const auto length = [](const Tensor& x) { return norm(x); };
  check("norm", length, tensor({0, 0, 0}), {0, {0, 0, 0}, {}});
  check("norm of -0", length, tensor({-0.0, -0.0}), {0, {0, 0}, {}});
  check("norm, f32", length, f32({0, 0}), {0, {0, 0}, {}});
  check("norm", length, tensor({3, 4}), {5, {0.6, 0.8}, {{0.128, -0.096}, {-0.096, 0.072}}});
  check("norm over no axes", [](const Tensor& x) { return sum(norm(x, Indices{})); }, tensor({-2, 0}),
        {2, {-1, 0}, {}});
  // Its square is not Σx² at 0: what does not exist is taken for 0 before it is squared.
  check("norm²", [](const Tensor& x) { return norm(x) * norm(x); }, tensor({0, 0}), {0, {0, 0}, {}});
  check("norm of a sum", [](const Tensor& x) { return norm(x - x); }, tensor({1, 2}), {0, {0, 0}, {}});
  check("rows, one of them 0", [](const Tensor& x) { return sum(norm(x, {1})); }, tensor({0, 0, 3, 4}, Shape{2, 2}),
        {5, {0, 0, 0.6, 0.8}, {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0.128, -0.096}, {0, 0, -0.096, 0.072}}});
  check("norm of NaN", length, tensor({1, nan_}), {nan_, {0, 0}, {}});
}

BOOST_AUTO_TEST_CASE(the_norm_neither_overflows_nor_underflows) {
  check("large", [](const Tensor& x) { return norm(x); }, tensor({3e200, -4e200}), {5e200, {0.6, -0.8}, {}});
  BOOST_TEST(same(norm(tensor({3e-200, 4e-200})).item() * 1e200, 5, 1e-14));
  BOOST_TEST(norm(tensor({3e-320, 4e-320})).item() == 5e-320);
  BOOST_TEST(norm(tensor({-infinity, 1})).item() == infinity);
  BOOST_TEST(same(norm(f32({3e30, 4e30})).item() / 5e30, 1, 1e-6));
  Recording r;
  const Tensor x = r.variable(tensor({3e-200, 4e-200}));
  same_row("small", backward(norm(x))[x].to_vector(), {0.6, 0.8});
}

BOOST_AUTO_TEST_CASE(a_recording_that_stops_at_nan_does_not_stop_at_a_zero_vector) {
  Recording r({.stop_at_nan = true});
  const Tensor x = r.variable(zeros(Shape{3}));
  const Tensor g = gradient(norm(x), x);
  same_row("gradient", g.to_vector(), {0, 0, 0});
  same_row("second", backward(sum(g))[x].to_vector(), {0, 0, 0});
}

// T10
BOOST_AUTO_TEST_CASE(products_with_zeros_are_exact) {
  const auto product = [](const Tensor& x) { return prod(x); };
  check("no zero", product, tensor({2, 3, 5}), {30, {15, 10, 6}, {{0, 5, 3}, {5, 0, 2}, {3, 2, 0}}});
  check("one zero", product, tensor({2, 0, 5}), {0, {0, 10, 0}, {{0, 5, 0}, {5, 0, 2}, {0, 2, 0}}});
  check("two zeros", product, tensor({0, 3, 0}), {0, {0, 0, 0}, {{0, 0, 3}, {0, 0, 0}, {3, 0, 0}}});
  check("three zeros", product, tensor({0, 0, 0}), {0, {0, 0, 0}, {}});
  check("two zeros of five", product, tensor({2, 0, 3, 0, 5}),
        {0, {0, 0, 0, 0, 0}, {{0, 0, 0, 0, 0}, {0, 0, 0, 30, 0}, {0, 0, 0, 0, 0}, {0, 30, 0, 0, 0}, {0, 0, 0, 0, 0}}});
  check("one element", product, tensor({0}), {0, {1}, {}});
  check("of -0", product, tensor({-0.0, 4}), {-0.0, {4, -0.0}, {{0, 1}, {1, 0}}});
  check("rows", [](const Tensor& x) { return sum(prod(x, {1})); }, tensor({0, 0, 0, 7}, Shape{2, 2}),
        {0, {0, 0, 7, 0}, {{0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}}});
  check("f32", product, f32({0, 3, 0}), {0, {0, 0, 0}, {{0, 0, 3}, {0, 0, 0}, {3, 0, 0}}});
}

// Third order at two zeros: ∂³(abcd)/∂a∂b∂c = d.
BOOST_AUTO_TEST_CASE(products_with_zeros_are_exact_at_third_order) {
  Recording r;
  const Tensor x = r.variable(tensor({0, 0, 0, 7}));
  Tensor y = prod(x);
  for (const std::size_t i : {0u, 1u, 2u}) y = sum(unit(x, i) * gradient(y, x));
  BOOST_TEST(y.item() == 7.0);
  same_row("fourth", backward(y)[x].to_vector(), {0, 0, 0, 1});
}

// T12
BOOST_AUTO_TEST_CASE(what_is_chosen_twice_is_counted_twice) {
  const Tensor index = tensor(std::vector<std::int64_t>{2, 0, 2, 2}, Shape{4});
  const Tensor w = tensor({1, 2, 3, 4});
  // Σ w·x[index]²: the Hessian is diagonal, 2·Σ of the weights at each place.
  check("gather", [&](const Tensor& x) { return sum(w * gather(x, index) * gather(x, index)); }, tensor({1, 2, 3}),
        {74, {4, 0, 48}, {{4, 0, 0}, {0, 0, 0}, {0, 0, 16}}});
  check("take_along", [&](const Tensor& x) { return sum(w * take_along(x, index) * take_along(x, index)); },
        tensor({1, 2, 3}), {74, {4, 0, 48}, {{4, 0, 0}, {0, 0, 0}, {0, 0, 16}}});
  // Σ scatter_add(x)²: elements that meet have each other in the Hessian.
  const auto squares = [&](const Tensor& y) { return sum(y * y); };
  const std::vector<Row> hessian{{2, 0, 2, 2}, {0, 2, 0, 0}, {2, 0, 2, 2}, {2, 0, 2, 2}};
  check("scatter_add", [&](const Tensor& x) { return squares(scatter_add(x, index, 3)); }, tensor({1, 2, 3, 4}),
        {68, {16, 4, 16, 16}, hessian});
  check("scatter_add_along", [&](const Tensor& x) { return squares(scatter_add_along(x, index, 3)); },
        tensor({1, 2, 3, 4}), {68, {16, 4, 16, 16}, hessian});
}

BOOST_AUTO_TEST_CASE(duplicates_are_added_in_the_order_of_positions) {
  const Tensor same_place = tensor(std::vector<std::int64_t>{0, 0, 0}, Shape{3});
  BOOST_TEST(scatter_add(tensor({1e16, 1, -1e16}), same_place, 1).item() == 0.0);
  BOOST_TEST(scatter_add(tensor({1e16, -1e16, 1}), same_place, 1).item() == 1.0);
  BOOST_TEST(scatter_add_along(tensor({1e16, 1, -1e16}), same_place, 1).item() == 0.0);
}

BOOST_AUTO_TEST_CASE(equal_elements_keep_their_order) {
  const auto weighted = [](const Tensor& y, const Tensor& w) { return sum(w * y * y); };
  const Tensor w = tensor({1, 2, 3, 4});
  check("sort", [&](const Tensor& x) { return weighted(sort(x), w); }, tensor({5, 1, 5, 1}),
        {178, {30, 2, 40, 4}, {{6, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 8, 0}, {0, 0, 0, 4}}});
  check("sort, descending", [&](const Tensor& x) { return weighted(sort(x, -1, Order::descending), w); },
        tensor({5, 1, 5, 1}), {82, {10, 6, 20, 8}, {{2, 0, 0, 0}, {0, 6, 0, 0}, {0, 0, 4, 0}, {0, 0, 0, 8}}});
  check("topk",
        [&](const Tensor& x) {
          return weighted(topk(x, 3).values, tensor({1, 2, 3}));
        },
        tensor({5, 1, 5, 1}), {78, {10, 6, 20, 0}, {{2, 0, 0, 0}, {0, 6, 0, 0}, {0, 0, 4, 0}, {0, 0, 0, 0}}});
  same_row("positions", argsort(tensor({0.0, -0.0, 0.0})).to_vector(), {0, 1, 2});
}

BOOST_AUTO_TEST_CASE(nan_is_sorted_last) {
  const Tensor x = tensor({nan_, 2, nan_, -infinity, infinity});
  same_row("ascending", argsort(x).to_vector(), {3, 1, 4, 0, 2});
  same_row("descending", argsort(x, -1, Order::descending).to_vector(), {4, 1, 3, 0, 2});
  same_row("values", sort(x).to_vector(), {-infinity, 2, infinity, nan_, nan_});
  same_row("the largest", topk(x, 2).values.to_vector(), {infinity, 2});
  same_row("more than there are numbers", topk(x, 4).positions.to_vector(), {4, 1, 3, 0});
}

// T15
BOOST_AUTO_TEST_CASE(exponentials_stay_finite) {
  const Tensor far = tensor({1e4, -1e4, 0}), near = tensor({1e4, 1e4 + std::log(3.0)});
  same_row("softmax", softmax(far).to_vector(), {1, 0, 0});
  same_row("log_softmax", log_softmax(far).to_vector(), {0, -2e4, -1e4});
  BOOST_TEST(logsumexp(far).item() == 1e4);
  BOOST_TEST(logsumexp(tensor({-1e4, -1e4})).item() == -1e4 + std::log(2.0));
  same_row("softmax near", softmax(near).to_vector(), {0.25, 0.75}, 1e-11);
  // What is large in common costs no digit: 2^40 + log 3 as far as it can be told from 2^40.
  const double large = 0x1p40, apart = (large + std::log(3.0)) - large;
  const double exact = -std::log1p(std::exp(apart));
  same_row("log_softmax near", log_softmax(tensor({large, large + apart})).to_vector(), {exact, apart + exact}, 1e-15);
  // A small rest keeps its digits.
  BOOST_TEST(same(logsumexp(tensor({0, -50})).item() / std::exp(-50.0), 1, 1e-15));
  BOOST_TEST(same(log_softmax(tensor({0, -50})).to_vector()[0] / -std::exp(-50.0), 1, 1e-15));
  same_row("f32", softmax(f32({1e4, -1e4, 88, -104})).to_vector(), {1, 0, 0, 0});
  check("logsumexp", [](const Tensor& x) { return logsumexp(x); }, far, {1e4, {1, 0, 0}, {}});
  check("log_softmax",
        [](const Tensor& x) {
          return sum(log_softmax(x) * tensor({0, 1, 0}));
        },
        far, {-2e4, {-1, 1, 0}, {}});
}

BOOST_AUTO_TEST_CASE(a_row_that_is_masked_gives_zeros) {
  const Tensor all = full(Shape{3}, -infinity), w = tensor({1, 2, 3});
  check("softmax", [&](const Tensor& x) { return sum(w * softmax(x)); }, all, {0, {0, 0, 0}, {}});
  check("softmax²", [&](const Tensor& x) { return sum(softmax(x) * softmax(x)); }, all, {0, {0, 0, 0}, {}});
  check("logsumexp", [&](const Tensor& x) { return logsumexp(x); }, all, {-infinity, {0, 0, 0}, {}});
  check("log_softmax", [&](const Tensor& x) { return sum(w * log_softmax(x)); }, all, {-infinity, {0, 0, 0}, {}});
  check("softmax, f32", [&](const Tensor& x) { return sum(convert(w, Dtype::f32) * softmax(x)); },
        convert(all, Dtype::f32), {0, {0, 0, 0}, {}});
  // One row of two, and one element of a row.
  const Tensor rows = tensor({-infinity, -infinity, 0, 0}, Shape{2, 2});
  check("rows",
        [&](const Tensor& x) {
          return sum(tensor({1, 2, 4, 8}, Shape{2, 2}) * softmax(x));
        },
        rows, {6, {0, 0, -1, 1}, {}});
  same_row("one element", softmax(tensor({0, -infinity, 0})).to_vector(), {0.5, 0, 0.5});
  check("one element", [&](const Tensor& x) { return sum(w * softmax(x)); }, tensor({0, -infinity, 0}),
        {2, {-0.5, 0, 0.5}, {}});
  check("log_softmax beside one", [](const Tensor& x) { return sum(slice(log_softmax(x), {0}, {2})); },
        tensor({0, 0, -infinity}), {-2 * std::log(2.0), {0, 0, 0}, {{-0.5, 0.5, 0}, {0.5, -0.5, 0}, {0, 0, 0}}});
}

// A masked row leaves the weights that all rows share alone.
BOOST_AUTO_TEST_CASE(a_masked_row_does_not_poison_shared_weights) {
  Recording r;
  const Tensor w = r.variable(tensor({0.3, -0.7, 0.2, 0.9}, Shape{2, 2}));
  const Tensor x = tensor({1, 2, 3, 4}, Shape{2, 2});
  const Tensor mask = tensor({0, 1, 0, 0}, Shape{2, 2}) > 0.5;  // the second row has nothing left
  const Tensor scores = where(mask, matmul(x, w), -infinity);
  const Tensor y = sum(softmax(scores) * x);
  const Tensor g = gradient(y, w);
  for (const double v : g.to_vector()) BOOST_TEST(std::isfinite(v));
  for (const double v : backward(sum(g * g))[w].to_vector()) BOOST_TEST(std::isfinite(v));
}

BOOST_AUTO_TEST_CASE(plus_infinity_among_exponents) {
  BOOST_TEST(logsumexp(tensor({1, infinity})).item() == infinity);
  same_row("softmax", softmax(tensor({1, infinity})).to_vector(), {0, nan_});
  same_row("log_softmax", log_softmax(tensor({1, infinity})).to_vector(), {-infinity, nan_});
  BOOST_TEST(std::isnan(logsumexp(tensor({1, nan_})).item()));
}

// T18
BOOST_AUTO_TEST_CASE(the_variance_takes_the_mean_out_first) {
  std::mt19937 random(9);
  std::normal_distribution<double> normal;
  const std::size_t n = 10'000;
  Row near(n), far(n);
  double mean_of = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    far[i] = 1e8 + normal(random);
    near[i] = far[i] - 1e8;  // exact
    mean_of += near[i];
  }
  mean_of /= static_cast<double>(n);
  for (const double v : near) squares += (v - mean_of) * (v - mean_of);
  const double wanted = squares / static_cast<double>(n);
  const Shape shape{static_cast<std::int64_t>(n)};
  BOOST_TEST(same(variance(tensor(far, shape)).item(), wanted, 1e-13));
  BOOST_TEST(same(stddev(tensor(far, shape)).item(), std::sqrt(wanted), 1e-13));
  Recording r;
  const Tensor x = r.variable(tensor(far, shape));
  const Row g = backward(variance(x))[x].to_vector();
  for (std::size_t i = 0; i < n; i += 997)
    BOOST_TEST(std::abs(g[i] - 2 * (near[i] - mean_of) / static_cast<double>(n)) < 1e-11);
  // f32 with a mean of 10⁴, where E[x²] - E[x]² is negative now and then.
  Row small(n);
  for (std::size_t i = 0; i < n; ++i) small[i] = 1e4 + near[i];
  const Tensor single = convert(tensor(small, shape), Dtype::f32);
  BOOST_TEST(same(variance(single).item(), variance(convert(single, Dtype::f64)).item(), 1e-5));
}

BOOST_AUTO_TEST_CASE(variance_and_deviation_of_equal_elements) {
  const Tensor equal = full(Shape{4}, 3.0);
  // (2/n)·(1 - 1/n) on the diagonal, -2/n² beside it.
  std::vector<Row> hessian(4, Row(4, -0.125));
  for (std::size_t i = 0; i < 4; ++i) hessian[i][i] = 0.375;
  check("variance", [](const Tensor& x) { return variance(x); }, equal, {0, {0, 0, 0, 0}, hessian});
  check("stddev", [](const Tensor& x) { return stddev(x); }, equal, {0, {0, 0, 0, 0}, {}});
  check(
      "stddev of a sample", [](const Tensor& x) { return stddev(x, {0}, Keep::no, 1); }, tensor({1, 3}),
      {std::sqrt(2.0), {-std::sqrt(0.5), std::sqrt(0.5)}, {}}, 1e-14);
  BOOST_TEST(variance(tensor({2.0})).item() == 0.0);
  BOOST_TEST(std::isnan(variance(tensor({2.0}), {0}, Keep::no, 1).item()));
  BOOST_TEST(std::isnan(stddev(tensor({2.0}), {0}, Keep::no, 1).item()));
  BOOST_TEST(variance(tensor({2.0, 4.0}), {0}, Keep::no, 3).item() == infinity);
}

// T35
BOOST_AUTO_TEST_CASE(reductions_of_no_elements) {
  const Tensor none = zeros(Shape{0, 3});
  same_row("sum", sum(none, {0}).to_vector(), {0, 0, 0});
  same_row("prod", prod(none, {0}).to_vector(), {1, 1, 1});
  same_row("norm", norm(none, {0}).to_vector(), {0, 0, 0});
  same_row("logsumexp", logsumexp(none, {0}).to_vector(), {-infinity, -infinity, -infinity});
  same_row("mean", mean(none, {0}).to_vector(), {nan_, nan_, nan_});
  same_row("variance", variance(none, {0}).to_vector(), {nan_, nan_, nan_});
  same_row("stddev", stddev(none, {0}).to_vector(), {nan_, nan_, nan_});
  BOOST_CHECK_THROW((void)amax(none, {0}), ShapeError);
  BOOST_CHECK_THROW((void)amin(none), ShapeError);
  BOOST_CHECK_THROW((void)argmax(none, 0), ShapeError);
  BOOST_CHECK_THROW((void)argmin(none), ShapeError);
  BOOST_TEST(amax(none, {1}).shape() == (Shape{0}));
  BOOST_TEST(argmax(none, 1).shape() == (Shape{0}));
  // Their derivatives: there is nothing to differentiate by, at either order.
  const auto through = [](const char* what, auto f) {
    Recording r;
    const Tensor x = r.variable(zeros(Shape{0, 3}));
    const Tensor y = f(x), g = gradient(sum(y * y), x);
    BOOST_TEST(g.shape() == (Shape{0, 3}), what);
    BOOST_TEST(backward(sum(y))[x].shape() == (Shape{0, 3}), what);
    BOOST_TEST(backward(sum(g * g))[x].shape() == (Shape{0, 3}), what);
  };
  through("prod", [](const Tensor& x) { return prod(x, {0}); });
  through("norm", [](const Tensor& x) { return norm(x, {0}); });
  through("logsumexp", [](const Tensor& x) { return logsumexp(x, {0}); });
  through("variance", [](const Tensor& x) { return variance(x, {0}); });
  through("amax", [](const Tensor& x) { return amax(x, {1}); });
  through("softmax", [](const Tensor& x) { return softmax(x, {0}); });
  through("log_softmax", [](const Tensor& x) { return log_softmax(x, {1}); });
  through("cumsum", [](const Tensor& x) { return cumsum(x, 0); });
  through("sort", [](const Tensor& x) { return sort(x, 0); });
}

BOOST_AUTO_TEST_SUITE_END()
