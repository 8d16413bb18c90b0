// Pooling by its front functions: values, what happens at ties, NaN, padding and ends, derivatives by the checker.
// Every primitive at random windows, to second order: tests/tensor/structural.cpp.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <source_location>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wengert/tests/tensor/tensor_helpers.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

using Values = std::vector<double>;
const double infinity = std::numeric_limits<double>::infinity(),
             not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor counted(const Shape& shape) {
  Values values(static_cast<std::size_t>(shape.size()));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<double>(k + 1);
  return tensor(values, shape);
}
void same(const Tensor& got, const Values& wanted, std::source_location where = std::source_location::current()) {
  BOOST_TEST_CONTEXT("line " << where.line()) {
    BOOST_TEST(got.to_vector() == wanted, boost::test_tools::per_element());
  }
}

/// f at numbers that are well apart, through the checker that users have.
template <class F>
void check(const std::string& name, const Shape& shape, const F& f) {
  Values at(static_cast<std::size_t>(shape.size()));
  for (std::size_t k = 0; k < at.size(); ++k) at[k] = std::fmod(0.618033988749895 * static_cast<double>(k + 1), 1.0);
  const GradientCheck report = check_gradient(
      [&](const std::vector<Scalar>& x) {
        const Tensor y = f(reshape(stack(x), shape));
        return to_scalar(sum(y * y * counted(y.shape())));
      },
      at, {.order = 2});
  BOOST_TEST(report.passed(), name << ": " << report.text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pools)

BOOST_AUTO_TEST_CASE(values_that_one_computes_by_hand) {
  const Tensor x = counted({1, 1, 4, 4});
  same(max_pool2d(x, {2}), {6, 8, 14, 16});
  same(max_pool2d(x, {2}, {.stride = {1, 2}}), {6, 8, 10, 12, 14, 16});
  same(max_pool2d(x, {3}, {.stride = {2}, .padding = {1}}), {6, 8, 14, 16});
  same(max_pool2d(x, {2}, {.stride = {1}, .dilation = {2}}), {11, 12, 15, 16});
  same(max_pool2d_with_positions(x, {2}).positions, {5, 7, 13, 15});
  same(avg_pool2d(x, {2}), {3.5, 5.5, 11.5, 13.5});
  same(avg_pool2d(x, {2}, {.divisor = 2}), {7, 11, 23, 27});
  same(max_pool1d(counted({1, 2, 4}), {2}), {2, 4, 6, 8});
  same(avg_pool1d(counted({1, 1, 5}), {2}, {.stride = {3}}), {1.5, 4.5});
  same(adaptive_avg_pool2d(x, {1}), {8.5});
  same(adaptive_avg_pool2d(x, {-1, 1}), {2.5, 6.5, 10.5, 14.5});
  same(adaptive_max_pool2d(x, {2, 3}), {6, 7, 8, 14, 15, 16});
  same(adaptive_avg_pool1d(counted({1, 1, 5}), {3}), {1.5, 3, 4.5});  // [0,2), [1,4), [3,5)
  same(adaptive_max_pool1d(counted({1, 1, 5}), {3}), {2, 4, 5});
  BOOST_TEST(adaptive_avg_pool2d(ones(Shape{2, 5, 3}), {1}).shape() == (Shape{2, 1, 1}));
  BOOST_TEST(max_pool1d(ones(Shape{2, 6}), {3}).shape() == (Shape{2, 2}));
}

// What the divisor counts: padding or not, and never what a last window has beyond it (PyTorch's rule).
BOOST_AUTO_TEST_CASE(what_is_divided_by) {
  const Tensor x = counted({1, 1, 3});
  same(avg_pool1d(x, {2}, {.stride = {2}, .padding = {1}}), {0.5, 2.5});
  same(avg_pool1d(x, {2}, {.stride = {2}, .padding = {1}, .count_include_pad = false}), {1, 2.5});
  same(avg_pool1d(x, {2}, {.stride = {2}, .ceil_mode = true}), {1.5, 3});
  // Elements -1 … 1, 2 … 4: the second window has one element, one of padding, and one beyond.
  same(avg_pool1d(x, {3}, {.stride = {3}, .padding = {1}, .ceil_mode = true}), {1, 1.5});
  same(avg_pool1d(x, {3}, {.stride = {3}, .padding = {1}, .ceil_mode = true, .count_include_pad = false}), {1.5, 3});
}

BOOST_AUTO_TEST_CASE(how_many_windows) {
  const auto count = [](std::int64_t extent, std::int64_t size, const Pooling& how) {
    return max_pool1d(ones(Shape{1, 1, extent}), {size}, how).shape()[2];
  };
  BOOST_TEST(count(5, 2, {}) == 2);
  BOOST_TEST(count(5, 2, {.ceil_mode = true}) == 3);
  BOOST_TEST(count(6, 2, {.ceil_mode = true}) == 3);
  BOOST_TEST(count(5, 3, {.stride = {2}, .padding = {1}}) == 3);
  BOOST_TEST(count(7, 2, {.stride = {3}, .padding = {1}, .ceil_mode = true}) == 3);
  // A last window that would begin behind the input is left out.
  BOOST_TEST(count(1, 1, {.stride = {2}, .ceil_mode = true}) == 1);
  BOOST_TEST(count(3, 2, {.stride = {4}, .padding = {1}, .ceil_mode = true}) == 1);
  BOOST_TEST(count(2, 3, {.stride = {2}, .ceil_mode = true}) == 1);
}

BOOST_AUTO_TEST_CASE(the_first_of_the_largest_has_the_derivative) {
  Recording r;
  const Tensor x = r.variable(tensor({3, 3, 3, 3, -0.0, 0.0, 0.0, -1.0}, Shape{2, 1, 2, 2}));
  const Tensor y = max_pool2d(x, {2});
  same(backward(sum(y))[x], {1, 0, 0, 0, 1, 0, 0, 0});
  same(gradient(sum(y), std::vector{x})[0], {1, 0, 0, 0, 1, 0, 0, 0});
  // Windows that overlap: what two of them choose gets both.
  const Tensor z = max_pool2d(r.variable(tensor({1, 5, 2}, Shape{1, 1, 1, 3})), {1, 2}, {.stride = {1}});
  same(z, {5, 5});
  const Tensor u = r.variable(tensor({1, 5, 2}, Shape{1, 1, 1, 3}));
  same(backward(sum(max_pool2d(u, {1, 2}, {.stride = {1}})))[u], {0, 2, 0});
}

BOOST_AUTO_TEST_CASE(a_nan_is_the_largest) {
  Recording r;
  const Tensor x = r.variable(tensor({1, not_a_number, 7, not_a_number, 1, 2, 3, 4}, Shape{1, 1, 2, 4}));
  const Pooled pooled = max_pool2d_with_positions(x, {1, 4});
  BOOST_TEST(std::isnan(pooled.values.to_vector()[0]));
  BOOST_TEST(pooled.values.to_vector()[1] == 4);
  same(pooled.positions, {1, 7});
  same(backward(sum(pooled.values))[x], {0, 1, 0, 0, 0, 0, 0, 1});
  same(max_pool2d(full(Shape{1, 1, 2, 2}, -infinity), {2}, {.padding = {1}}),
       {-infinity, -infinity, -infinity, -infinity});
}

BOOST_AUTO_TEST_CASE(padding_is_never_chosen) {
  same(max_pool2d(full(Shape{1, 1, 3, 3}, -2.0), {2}, {.stride = {2}, .padding = {1}}), {-2, -2, -2, -2});
}

BOOST_AUTO_TEST_CASE(no_items_no_channels) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{0, 3, 4, 4}));
  for (const Tensor& y :
       {max_pool2d(x, {2}), avg_pool2d(x, {2}), adaptive_avg_pool2d(x, {2}), adaptive_max_pool2d(x, {2})}) {
    BOOST_TEST(y.shape() == (Shape{0, 3, 2, 2}));
    BOOST_TEST(backward(sum(y))[x].shape() == x.shape());
  }
  BOOST_TEST(avg_pool2d(ones(Shape{2, 0, 4, 4}), {2}).shape() == (Shape{2, 0, 2, 2}));
  BOOST_TEST(adaptive_avg_pool2d(ones(Shape{1, 1, 4, 4}), {0, 2}).shape() == (Shape{1, 1, 0, 2}));
}

BOOST_AUTO_TEST_CASE(the_gradient_checker_finds_nothing_wrong) {
  check("max", {1, 2, 4, 4}, [](const Tensor& x) { return max_pool2d(x, {2}); });
  check("max, overlapping", {1, 1, 4, 5}, [](const Tensor& x) {
    return max_pool2d(x, {3, 2}, {.stride = {1, 2}, .padding = {1}, .ceil_mode = true});
  });
  check("max, dilated", {1, 1, 4, 4},
        [](const Tensor& x) { return max_pool2d(x, {2}, {.stride = {1}, .dilation = {2}}); });
  check("adaptive max", {1, 1, 5, 4}, [](const Tensor& x) { return adaptive_max_pool2d(x, {3}); });
  check("mean", {1, 2, 4, 4}, [](const Tensor& x) { return avg_pool2d(x, {2}); });
  check("mean, padded", {1, 1, 5, 4}, [](const Tensor& x) {
    return avg_pool2d(x, {3, 2}, {.stride = {2, 1}, .padding = {1}, .ceil_mode = true, .count_include_pad = false});
  });
  check("mean by a divisor", {1, 1, 4, 4},
        [](const Tensor& x) { return avg_pool2d(x, {3}, {.stride = {1}, .divisor = 5}); });
  check("adaptive mean", {1, 1, 5, 4}, [](const Tensor& x) { return adaptive_avg_pool2d(x, {3}); });
  check("in one dimension", {1, 2, 5},
        [](const Tensor& x) { return max_pool1d(x, {2}) + avg_pool1d(x, {3}, {.stride = {2}}); });
}

BOOST_AUTO_TEST_SUITE_END()
