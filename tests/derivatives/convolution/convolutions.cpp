// Convolutions by their front functions: values against loops written here, transposes against the inner product,
// derivatives by the checker, edges. Every primitive at random geometries, to second order:
// tests/tensor/structural.cpp.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/tests/tensor/tensor_helpers.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

double distance(const Tensor& a, const Tensor& b) {
  BOOST_REQUIRE(a.type() == b.type());
  double most = 0;
  const auto x = a.to_vector(), y = b.to_vector();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) return std::numeric_limits<double>::quiet_NaN();
    if (x[i] != y[i]) most = std::max(most, std::abs(x[i] - y[i]));
  }
  return most;
}
Tensor drawn(const Shape& shape, std::mt19937& random, Dtype dtype = Dtype::f64) {
  return random_tensor({dtype, shape}, random);
}
Tensor counted(const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k + 1);
  return tensor(values, shape);
}

/// conv2d by loops in double; x [N, C, H, W].
Tensor by_loops(const Tensor& x, const Tensor& w, std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                std::int64_t groups) {
  const Shape &in = x.shape(), &window = w.shape();
  const auto places = [&](std::size_t axis) {
    return (in[axis] + 2 * padding - dilation * (window[axis] - 1) - 1) / stride + 1;
  };
  const Shape out{in[0], window[0], places(2), places(3)};
  const auto a = x.to_vector(), b = w.to_vector();
  std::vector<double> y(static_cast<std::size_t>(out.size()));
  for (std::int64_t k = 0; k < out.size(); ++k) {
    const auto at = index_at(out, k);
    const std::int64_t first = at[1] / (window[0] / groups) * window[1];
    for (std::int64_t k_w = 0; k_w < window[1] * window[2] * window[3]; ++k_w) {
      const std::int64_t c = k_w / (window[2] * window[3]), i = k_w / window[3] % window[2], j = k_w % window[3];
      const std::int64_t h = at[2] * stride + i * dilation - padding, v = at[3] * stride + j * dilation - padding;
      if (h < 0 || h >= in[2] || v < 0 || v >= in[3]) continue;
      y[static_cast<std::size_t>(k)] += a[static_cast<std::size_t>(position_of(in, {at[0], first + c, h, v}))] *
                                        b[static_cast<std::size_t>(position_of(window, {at[1], c, i, j}))];
    }
  }
  return convert(tensor(y, out), x.dtype());
}

/// f of as many numbers as the shapes have, through the checker that users have.
template <class F>
void check(const std::string& name, const std::vector<Shape>& shapes, const F& f) {
  std::mt19937 random(5);
  std::vector<double> at;
  for (const Shape& shape : shapes)
    for (const double v : drawn(shape, random).to_vector()) at.push_back(v);
  const GradientCheck report = check_gradient(
      [&](const std::vector<Scalar>& numbers) {
        std::vector<Tensor> x;
        std::size_t begin = 0;
        for (const Shape& shape : shapes) {
          const auto size = static_cast<std::size_t>(shape.size());
          x.push_back(reshape(stack(std::span(numbers).subspan(begin, size)), shape));
          begin += size;
        }
        const Tensor y = f(x);
        return to_scalar(sum(y * y * counted(y.shape())));
      },
      at, {.order = 2});
  BOOST_TEST(report.passed(), name << ": " << report.text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convolutions)

BOOST_AUTO_TEST_CASE(values_that_one_computes_by_hand) {
  const Tensor x = counted({1, 1, 3, 3}), w = tensor({1, 0, 0, -1}, Shape{1, 1, 2, 2});
  BOOST_TEST(conv2d(x, w).to_vector() == (std::vector<double>{-4, -4, -4, -4}), boost::test_tools::per_element());
  const Tensor padded = conv2d(x, w, {.stride = {2}, .padding = {1}});
  BOOST_TEST(padded.to_vector() == (std::vector<double>{-1, -3, -7, -4}), boost::test_tools::per_element());
  // One row above, none elsewhere.
  BOOST_TEST(conv2d(x, w, {.padding = {1, 0, 0, 0}}).to_vector() == (std::vector<double>{-2, -3, -4, -4, -4, -4}),
             boost::test_tools::per_element());
  BOOST_TEST(conv1d(counted({1, 1, 4}), tensor({1, 2}, Shape{1, 1, 2}), {.padding = {0, 1}}).to_vector() ==
                 (std::vector<double>{5, 8, 11, 4}),
             boost::test_tools::per_element());
  // Each element of the input puts the weight there, multiplied.
  BOOST_TEST(conv_transpose2d(tensor({1, 2}, Shape{1, 1, 1, 2}), counted({1, 1, 2, 2}), {.stride = {2}}).to_vector() ==
                 (std::vector<double>{1, 2, 2, 4, 3, 4, 6, 8}),
             boost::test_tools::per_element());
  BOOST_TEST(conv_transpose1d(tensor({1, 2}, Shape{1, 1, 2}), tensor({1, 10, 100}, Shape{1, 1, 3}),
                              {.stride = {2}, .padding = {1}, .output_padding = {1}})
                     .to_vector() == (std::vector<double>{10, 102, 20, 200}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(values_are_those_of_loops) {
  std::mt19937 random(3);
  const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(n)); };
  for (int k = 0; k < 60; ++k) {
    const std::int64_t groups = 1 + below(3), stride = 1 + below(3), padding = below(3), dilation = 1 + below(2);
    const Dtype dtype = k % 3 == 0 ? Dtype::f32 : Dtype::f64;
    const Tensor x = drawn({1 + below(3), groups * (1 + below(4)), 7 + below(30), 7 + below(30)}, random, dtype);
    const Tensor w = drawn({groups * (1 + below(5)), x.shape()[1] / groups, 1 + below(4), 1 + below(4)}, random, dtype);
    const Tensor y = conv2d(x, w, {.stride = {stride}, .padding = {padding}, .dilation = {dilation}, .groups = groups});
    BOOST_TEST(distance(y, by_loops(x, w, stride, padding, dilation, groups)) < (dtype == Dtype::f32 ? 2e-5 : 1e-13));
  }
  // Large enough for several tiles of columns.
  const Tensor x = drawn({1, 16, 60, 70}, random), w = drawn({5, 16, 5, 3}, random);
  BOOST_TEST(distance(conv2d(x, w, {.padding = {2}}), by_loops(x, w, 1, 2, 1, 1)) < 1e-12);
}

// <conv(x), g> = <x, convᵀ(g)>, and the same for the weight.
BOOST_AUTO_TEST_CASE(the_transposes_are_the_transposes) {
  std::mt19937 random(7);
  for (const Convolution& how :
       {Convolution{}, Convolution{.stride = {2, 3}, .padding = {1, 0, 2, 1}}, Convolution{.dilation = {2, 1}},
        Convolution{.stride = {3}, .padding = {2}, .groups = 2}}) {
    const std::int64_t channels = 4 / how.groups;
    Recording r;
    const Tensor x = r.variable(drawn({3, 4, 40, 33}, random)), w = r.variable(drawn({6, channels, 3, 4}, random));
    const Tensor y = conv2d(x, w, how), g = drawn(y.shape(), random);
    const Adjoints a = backward(y, g);
    const double whole = dot(y, g);
    BOOST_TEST(std::abs(dot(a[x], x) - whole) < 1e-10 * (1 + std::abs(whole)));
    BOOST_TEST(std::abs(dot(a[w], w) - whole) < 1e-10 * (1 + std::abs(whole)));
    const Tensor v = drawn(w.shape(), random), t = forward({w}, {v})[y];
    BOOST_TEST(std::abs(dot(t, g) - dot(a[w], v)) < 1e-10 * (1 + std::abs(whole)));
    BOOST_TEST(distance(gradient(y, g, std::vector{w})[0], a[w]) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_transposed_convolution_is_the_adjoint_of_the_convolution_back) {
  std::mt19937 random(11);
  for (const std::int64_t more : {0, 1}) {
    const Convolution how{.stride = {2}, .padding = {1}, .groups = 2, .output_padding = {more}};
    const Tensor x = drawn({2, 4, 5, 6}, random), w = drawn({4, 3, 3, 3}, random), y = conv_transpose2d(x, w, how);
    BOOST_TEST(y.shape() == (Shape{2, 6, 9 + more, 11 + more}));
    Convolution back = how;
    back.output_padding = {};
    const Tensor z = drawn(y.shape(), random);
    BOOST_TEST(std::abs(dot(y, z) - dot(x, conv2d(z, w, back))) < 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(the_gradient_checker_finds_nothing_wrong) {
  check("conv2d", {{1, 2, 4, 3}, {2, 2, 2, 2}}, [](const auto& x) {
    return conv2d(x[0], x[1], {.stride = {2, 1}, .padding = {1, 0}});
  });
  check("groups and dilation", {{1, 2, 4, 4}, {2, 1, 2, 2}},
        [](const auto& x) { return conv2d(x[0], x[1], {.dilation = {2}, .groups = 2}); });
  check("conv1d", {{2, 2, 5}, {1, 2, 3}}, [](const auto& x) { return conv1d(x[0], x[1], {.padding = {1}}); });
  check("conv_transpose2d", {{1, 2, 2, 2}, {2, 1, 2, 3}}, [](const auto& x) {
    return conv_transpose2d(x[0], x[1], {.stride = {2}, .padding = {0, 1}, .output_padding = {1, 0}});
  });
  check("conv_transpose1d", {{1, 2, 3}, {2, 1, 2}},
        [](const auto& x) { return conv_transpose1d(x[0], x[1], {.stride = {3}, .output_padding = {2}}); });
  check("two layers", {{1, 1, 4, 4}, {2, 1, 2, 2}, {1, 2, 2, 2}},
        [](const auto& x) { return conv2d(tanh(conv2d(x[0], x[1])), x[2]); });
}

BOOST_AUTO_TEST_CASE(columns_and_back) {
  const Tensor x = counted({1, 1, 2, 3});
  BOOST_TEST(unfold(x, {2}).to_vector() == (std::vector<double>{1, 2, 2, 3, 4, 5, 5, 6}),
             boost::test_tools::per_element());
  // How often each element is seen.
  BOOST_TEST(
      fold(unfold(ones(Shape{1, 1, 2, 3}), {2}), {2, 3}, {2}).to_vector() == (std::vector<double>{1, 2, 1, 1, 2, 1}),
      boost::test_tools::per_element());
  std::mt19937 random(4);
  const Convolution how{.stride = {2, 1}, .padding = {1, 0, 2, 1}, .dilation = {1, 2}};
  const Tensor y = drawn({2, 3, 6, 5}, random), w = drawn({4, 3, 3, 2}, random);
  const Tensor columns = unfold(y, {3, 2}, how);
  BOOST_TEST(columns.shape() == (Shape{2, 18, 18}));
  BOOST_TEST(distance(reshape(matmul(reshape(w, Shape{4, 18}), columns), Shape{2, 4, 3, 6}), conv2d(y, w, how)) <
             1e-13);
  const Tensor g = drawn(columns.shape(), random);
  BOOST_TEST(std::abs(dot(g, columns) - dot(fold(g, {6, 5}, {3, 2}, how), y)) < 1e-12);
  BOOST_TEST(unfold(drawn({3, 6, 5}, random), {2}).shape() == (Shape{12, 20}));
  BOOST_TEST(fold(drawn({12, 20}, random), {6, 5}, {2}).shape() == (Shape{3, 6, 5}));
  BOOST_CHECK_THROW(static_cast<void>(fold(columns, {6, 5}, {3})), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(unfold(y, {7})), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(unfold(y, {2}, {.groups = 3})), ArgumentError);
  check("unfold", {{1, 2, 3, 3}}, [](const auto& v) { return unfold(v[0], {2}, {.padding = {1}}); });
  check("fold", {{8, 4}}, [](const auto& v) { return fold(v[0], {3}, {2}); });
}

BOOST_AUTO_TEST_CASE(no_items_no_channels_no_outputs) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{0, 2, 3, 3})), w = r.variable(ones(Shape{4, 2, 2, 2}));
  const Tensor y = conv2d(x, w);
  BOOST_TEST(y.shape() == (Shape{0, 4, 2, 2}));
  const Adjoints a = backward(sum(y));
  BOOST_TEST(a[x].shape() == x.shape());
  BOOST_TEST(distance(a[w], zeros(w.shape())) == 0);
  // A sum over no channels is 0.
  BOOST_TEST(distance(conv2d(ones(Shape{1, 0, 3, 3}), ones(Shape{4, 0, 2, 2})), zeros(Shape{1, 4, 2, 2})) == 0);
  BOOST_TEST(conv2d(ones(Shape{1, 2, 3, 3}), ones(Shape{0, 2, 2, 2})).shape() == (Shape{1, 0, 2, 2}));
  // An input of padding only.
  BOOST_TEST(distance(conv2d(ones(Shape{1, 1, 0, 2}), ones(Shape{1, 1, 1, 1}), {.padding = {1, 0}}),
                      zeros(Shape{1, 1, 2, 2})) == 0);
}

BOOST_AUTO_TEST_CASE(an_input_without_items_is_one_item) {
  std::mt19937 random(2);
  const Tensor x = drawn({2, 5, 4}, random), w = drawn({3, 2, 2, 2}, random), v = drawn({3, 2, 2}, random);
  BOOST_TEST(conv2d(x, w).shape() == (Shape{3, 4, 3}));
  BOOST_TEST(distance(conv2d(x, w), reshape(conv2d(reshape(x, Shape{1, 2, 5, 4}), w), Shape{3, 4, 3})) == 0);
  const Tensor line = drawn({2, 6}, random);
  BOOST_TEST(distance(conv1d(line, v), reshape(conv1d(reshape(line, Shape{1, 2, 6}), v), Shape{3, 5})) == 0);
  BOOST_TEST(conv_transpose2d(x, drawn({2, 3, 2, 2}, random)).shape() == (Shape{3, 6, 5}));
}

BOOST_AUTO_TEST_CASE(padding_contributes_nothing_to_an_infinite_weight) {
  const Tensor x = ones(Shape{1, 1, 2, 2}), w = tensor({infinity, 0, 0, 0, 1, 0, 0, 0, 0}, Shape{1, 1, 3, 3});
  BOOST_TEST(conv2d(x, w, {.padding = {1}}).to_vector() == (std::vector<double>{1, 1, 1, infinity}),
             boost::test_tools::per_element());
  // Nor padding to an infinite cotangent.
  Recording r;
  const Tensor u = r.variable(ones(Shape{1, 1, 3, 3}));
  const Tensor y = conv2d(x, u, {.padding = {1}});
  const Adjoints a = backward(y, tensor({infinity, 0, 0, 0}, Shape{1, 1, 2, 2}));
  BOOST_TEST(a[u].to_vector() == (std::vector<double>{0, 0, 0, 0, infinity, infinity, 0, infinity, infinity}),
             boost::test_tools::per_element());
}

// Convention T14: a zero of the cotangent contributes 0, whatever it meets.
BOOST_AUTO_TEST_CASE(a_zero_cotangent_meets_infinities_and_contributes_zero) {
  Recording r;
  const Tensor x = r.variable(tensor({infinity, 1, 2, 3}, Shape{1, 1, 2, 2})),
               w = r.variable(tensor({std::nan(""), 5}, Shape{2, 1, 1, 1}));
  const Tensor y = conv2d(x, w), g = tensor({0, 0, 0, 0, 0, 1, 0, 0}, Shape{1, 2, 2, 2});
  const Adjoints a = backward(y, g);
  BOOST_TEST(a[x].to_vector() == (std::vector<double>{0, 5, 0, 0}), boost::test_tools::per_element());
  BOOST_TEST(a[w].to_vector() == (std::vector<double>{0, 1}), boost::test_tools::per_element());
  const std::vector<Tensor> recorded = gradient(y, g, std::vector{x, w});
  BOOST_TEST(distance(recorded[0], a[x]) == 0);
  BOOST_TEST(distance(recorded[1], a[w]) == 0);
  const Tensor moved = forward({w}, {tensor({0, 1}, w.shape())})[y];
  BOOST_TEST(moved.to_vector() == (std::vector<double>{0, 0, 0, 0, infinity, 1, 2, 3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_same_bits_every_time) {
  std::mt19937 random(9);
  const Tensor x = drawn({4, 8, 20, 20}, random, Dtype::f32), w = drawn({6, 8, 3, 3}, random, Dtype::f32);
  const Tensor first = conv2d(x, w, {.padding = {1}});
  for (int k = 0; k < 3; ++k) BOOST_TEST((conv2d(x, w, {.padding = {1}}).value() == first.value()));
}

BOOST_AUTO_TEST_SUITE_END()
