#include "wengert/nn/layers/activations.hpp"

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

Tensor ReLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("ReLU", x, where);
  return relu(x, where);
}
Tensor ReLU6::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("ReLU6", x, where);
  return relu6(x, where);
}
Tensor LeakyReLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("LeakyReLU", x, where);
  return leaky_relu(x, slope, where);
}
Tensor RReLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("RReLU", x, where);
  return rrelu(x, lower, upper, where);
}
Tensor ELU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("ELU", x, where);
  return elu(x, alpha, where);
}
Tensor SELU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("SELU", x, where);
  return selu(x, where);
}
Tensor CELU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("CELU", x, where);
  return celu(x, alpha, where);
}
Tensor GELU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("GELU", x, where);
  return gelu(x, approximation, where);
}
Tensor SiLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("SiLU", x, where);
  return silu(x, where);
}
Tensor Mish::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Mish", x, where);
  return mish(x, where);
}
Tensor Sigmoid::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Sigmoid", x, where);
  return sigmoid(x, where);
}
Tensor Tanh::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Tanh", x, where);
  return tanh(x, where);
}
Tensor Hardsigmoid::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Hardsigmoid", x, where);
  return hardsigmoid(x, where);
}
Tensor Hardswish::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Hardswish", x, where);
  return hardswish(x, where);
}
Tensor Hardtanh::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Hardtanh", x, where);
  return hardtanh(x, low, high, where);
}
Tensor Softplus::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Softplus", x, where);
  return softplus(x, beta, threshold, where);
}
Tensor Softshrink::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Softshrink", x, where);
  return softshrink(x, bound, where);
}
Tensor Hardshrink::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Hardshrink", x, where);
  return hardshrink(x, bound, where);
}
Tensor Tanhshrink::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Tanhshrink", x, where);
  return tanhshrink(x, where);
}
Tensor Softsign::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Softsign", x, where);
  return softsign(x, where);
}
Tensor Threshold::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Threshold", x, where);
  return nn::threshold(x, threshold, value, where);
}
Tensor LogSigmoid::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("LogSigmoid", x, where);
  return log_sigmoid(x, where);
}
Tensor GLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("GLU", x, where);
  return glu(x, axis, where);
}
Tensor Softmax::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Softmax", x, where);
  return softmax(x, {axis}, where);
}
Tensor LogSoftmax::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("LogSoftmax", x, where);
  return log_softmax(x, {axis}, where);
}
Tensor Softmin::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Softmin", x, where);
  return softmin(x, axis, where);
}

PReLU::PReLU(std::int64_t channels, double slope, Dtype dtype, std::source_location where) {
  detail::check_option("PReLU", "channels", static_cast<double>(channels), channels >= 1, "one at least", where);
  weight = full(Shape{channels}, slope, dtype, where);
}

Tensor PReLU::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("PReLU", x, weight, where);
  return prelu(x, weight, where);
}

}  // namespace wengert::nn
