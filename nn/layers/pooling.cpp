#include "wengert/nn/layers/pooling.hpp"

#include <string>

#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

namespace {
using Where = std::source_location;
}  // namespace

Tensor MaxPool1d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("MaxPool1d", x, where);
  return max_pool1d(x, window, how, where);
}
Tensor MaxPool2d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("MaxPool2d", x, where);
  return max_pool2d(x, window, how, where);
}
Tensor AvgPool1d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("AvgPool1d", x, where);
  return avg_pool1d(x, window, how, where);
}
Tensor AvgPool2d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("AvgPool2d", x, where);
  return avg_pool2d(x, window, how, where);
}
Tensor AdaptiveAvgPool2d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("AdaptiveAvgPool2d", x, where);
  return adaptive_avg_pool2d(x, size, where);
}
Tensor AdaptiveMaxPool2d::operator()(const Tensor& x, Where where) const {
  const LayerScope scope("AdaptiveMaxPool2d", x, where);
  return adaptive_max_pool2d(x, size, where);
}

Tensor GlobalAvgPool::operator()(const Tensor& x, Where where) const {
  if (x.rank() < 3)
    detail::refuse_shape("GlobalAvgPool", "the input", x, std::string(to_string(x.dtype())) + "[batch,channels,*,…]",
                         where);
  const LayerScope scope("GlobalAvgPool", x, where);
  Indices axes;
  for (std::size_t axis = 2; axis < x.rank(); ++axis) axes.push(static_cast<std::int64_t>(axis));
  return mean(x, axes, Keep::no, where);
}

}  // namespace wengert::nn
