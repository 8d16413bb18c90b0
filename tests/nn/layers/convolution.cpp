// Convolutional, pooling and reshaping layers against PyTorch's values, how their filters begin, what they refuse.

#include <cmath>
#include <string>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/layers/convolution.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/pooling.hpp"
#include "wengert/nn/layers/reshaping.hpp"
#include "wengert/nn/module/sequential.hpp"
#include "wengert/tests/nn/layers/filled.hpp"

namespace {

using namespace wengert;
using reference::Case;
using reference::check_case;
using test::filled;
using test::says;

/// A layer as it is held against the case of a name.
template <class Layer>
void check(const char* name, const Layer& layer) {
  check_case("convolution", name, [&](const Case& c) { return filled(layer, c)(c["x"]); });
}

BOOST_AUTO_TEST_SUITE(convolution)

BOOST_AUTO_TEST_CASE(convolutions_are_pytorchs) {
  nn::Random r(1);
  check("conv1d", nn::Conv1d(2, 3, 3, r));
  check("conv1d_options",
        nn::Conv1d(4, 2, 3, r, {.stride = {2}, .padding = {2}, .dilation = {2}, .groups = 2, .bias = false}));
  check("conv1d_same", nn::Conv1d(2, 2, 4, r, {.same = true}));
  check("conv2d", nn::Conv2d(2, 3, 3, r));
  check("conv2d_options",
        nn::Conv2d(4, 4, {3, 2}, r, {.stride = {2, 1}, .padding = {1, 1, 2, 2}, .dilation = {1, 2}, .groups = 2}));
  check("conv2d_same", nn::Conv2d(2, 2, {4, 3}, r, {.dilation = {1, 2}, .same = true}));
  check("conv2d_one_item", nn::Conv2d(2, 3, 2, r));
  check("conv_transpose2d", nn::ConvTranspose2d(2, 3, 3, r));
  check("conv_transpose2d_options",
        nn::ConvTranspose2d(
            4, 2, {3, 2}, r,
            {.stride = {2, 3}, .padding = {1, 0}, .output_padding = {1, 2}, .dilation = {2, 1}, .groups = 2}));
}

BOOST_AUTO_TEST_CASE(pooling_is_pytorchs) {
  check("max_pool1d", nn::MaxPool1d(2));
  check("max_pool2d", nn::MaxPool2d(2));
  check("max_pool2d_options", nn::MaxPool2d({3, 2}, {.stride = {2}, .padding = {1}, .ceil_mode = true}));
  check("avg_pool1d", nn::AvgPool1d(3, {.stride = {2}, .padding = {1}}));
  check("avg_pool2d", nn::AvgPool2d(2));
  check("avg_pool2d_options",
        nn::AvgPool2d({3, 2}, {.stride = {2}, .padding = {1}, .ceil_mode = true, .count_include_pad = false}));
  check("adaptive_avg_pool2d", nn::AdaptiveAvgPool2d({2, 3}));
  check("adaptive_max_pool2d", nn::AdaptiveMaxPool2d(2));
  check("global_avg_pool", nn::GlobalAvgPool{});
}

BOOST_AUTO_TEST_CASE(flatten_and_upsample_are_pytorchs) {
  check("flatten", nn::Flatten{});
  check("upsample", nn::Upsample(2));
  const Tensor x = zeros(Shape{2, 3, 4, 5});
  BOOST_TEST((nn::Flatten{}(x).shape() == Shape{2, 60}));
  BOOST_TEST((nn::Flatten{0, -1}(x).shape() == Shape{120}));
  BOOST_TEST((nn::Flatten{1, 2}(x).shape() == Shape{2, 12, 5}));
  BOOST_TEST((nn::Flatten{}(zeros(Shape{0, 3, 2})).shape() == Shape{0, 6}));
  BOOST_TEST((nn::Identity{}(x).value() == x.value()));
  BOOST_CHECK_EXCEPTION((void)(nn::Flatten{2, 1}(x)), ShapeError, says("Flatten: the input has f64[2,3,4,5]"));
  BOOST_CHECK_EXCEPTION((void)(nn::Flatten{}(zeros(Shape{4}))), ShapeError, says("Flatten"));
  BOOST_CHECK_EXCEPTION((void)nn::Upsample(0), ArgumentError, says("Upsample: the factor is 0"));
}

BOOST_AUTO_TEST_CASE(filters_begin_within_the_bounds) {
  nn::Random r(3);
  const nn::Conv2d layer(8, 32, 3, r, {.groups = 2});
  const double bound = 1 / std::sqrt(4.0 * 9);
  BOOST_TEST((layer.weight.type() == Type{Dtype::f32, Shape{32, 4, 3, 3}}));
  BOOST_TEST(amax(abs(layer.weight)).item() <= bound);
  BOOST_TEST(amax(abs(layer.weight)).item() > 0.99 * bound);
  BOOST_CHECK_CLOSE(stddev(layer.weight).item(), bound / std::sqrt(3.0), 5);
  BOOST_TEST(amax(abs(*layer.bias)).item() <= bound);
  const nn::ConvTranspose2d transposed(8, 32, 2, r, {.groups = 4});
  BOOST_TEST((transposed.weight.shape() == Shape{8, 8, 2, 2}));
  BOOST_TEST(amax(abs(transposed.weight)).item() <= 1 / std::sqrt(8.0 * 4));
}

BOOST_AUTO_TEST_CASE(a_small_network_of_them_runs_and_names_its_parameters) {
  nn::Random r(4);
  const nn::Sequential network(nn::Conv2d(1, 4, 3, r, {.same = true}), nn::MaxPool2d(2), nn::Flatten{},
                               nn::Linear(4 * 16, 10, r));
  BOOST_TEST((network(zeros(Shape{5, 1, 8, 8}, Dtype::f32)).shape() == Shape{5, 10}));
  BOOST_TEST(nn::state(network)[3].name == "3.bias");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_layer_shape_and_line) {
  nn::Random r(1);
  const nn::Conv2d layer(3, 8, 3, r);
  BOOST_CHECK_EXCEPTION(
      (void)layer(zeros(Shape{2, 1, 28, 28}, Dtype::f32)), ShapeError,
      says("Conv2d: the input has f32[2,1,28,28]; expected f32[batch,3,*,*] or f32[3,*,*]: 3 channels (" __FILE__ ":"));
  BOOST_CHECK_EXCEPTION((void)layer(zeros(Shape{2, 3, 28, 28}, Dtype::f64)), DtypeError, says("Conv2d: the weight"));
  BOOST_CHECK_EXCEPTION((void)layer(zeros(Shape{2, 3, 2, 28}, Dtype::f32)), ShapeError, says(__FILE__ ":"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv1d(2, 4, 3, r)(zeros(Shape{2}, Dtype::f32)), ShapeError,
                        says("Conv1d: the input has f32[2]; expected f32[batch,2,*] or f32[2,*]"));
  BOOST_CHECK_EXCEPTION((void)nn::ConvTranspose2d(2, 4, 3, r)(zeros(Shape{1, 4, 5, 5}, Dtype::f32)), ShapeError,
                        says("ConvTranspose2d: the input has"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(3, 8, 3, r, {.groups = 2}), ArgumentError,
                        says("2 groups of 3 and 8 channels"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(3, 8, {3, 3, 3}, r), ArgumentError, says("the window is [3,3,3]"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(3, 8, 0, r), ArgumentError, says("the window is [0]"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(3, 8, 3, r, {.stride = {2}, .same = true}), ArgumentError, says("`same`"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(3, 8, 3, r, {.padding = {1}, .same = true}), ArgumentError, says("`same`"));
  BOOST_CHECK_EXCEPTION((void)nn::Conv2d(0, 8, 3, r), ArgumentError, says("0 and 8 channels"));
  BOOST_CHECK_EXCEPTION((void)nn::GlobalAvgPool{}(zeros(Shape{2, 3})), ShapeError, says("GlobalAvgPool"));
  BOOST_CHECK_EXCEPTION((void)nn::MaxPool2d(3)(zeros(Shape{1, 1, 2, 2})), ShapeError, says(__FILE__ ":"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
