#include "wengert/nn/layers/linear.hpp"

#include <cmath>
#include <string>

#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

namespace {

[[noreturn]] void refuse(const std::string& problem, const std::string& expected, std::source_location where) {
  throw ShapeError{{.operation = "Linear", .problem = problem, .expected = expected, .where = where}};
}

}  // namespace

Linear::Linear(std::int64_t in, std::int64_t out, Random& random, const LinearOptions& options,
               std::source_location where) {
  if (in < 1 || out < 1) {
    throw ArgumentError{{.operation = "Linear",
                         .problem = std::to_string(in) + " inputs and " + std::to_string(out) + " outputs",
                         .expected = "one of each at least",
                         .where = where}};
  }
  const double most = 1 / std::sqrt(static_cast<double>(in));
  weight = random.uniform(Shape{out, in}, -most, most, options.dtype);
  if (options.bias) bias = random.uniform(Shape{out}, -most, most, options.dtype);
}

Linear::Linear(const Tensor& w, const std::optional<Tensor>& b, std::source_location where) : weight(w), bias(b) {
  if (w.rank() != 2) refuse("the weight is " + to_string(w.type()), "a matrix [out, in]", where);
  if (b && !(b->shape() == Shape{w.shape()[0]}))
    refuse("the bias is " + to_string(b->type()) + " beside a weight " + to_string(w.type()),
           "[" + std::to_string(w.shape()[0]) + "]", where);
}

Tensor Linear::operator()(const Tensor& x, std::source_location where) const {
  const LayerScope scope("Linear", x, weight, where);
  return linear(x, weight, bias, where);
}

Tensor linear(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, std::source_location where) {
  const auto location = location_of(x.is_constant() ? weight : x, where);
  const std::int64_t in = weight.shape()[1], out = weight.shape()[0];
  if (x.rank() == 0 || x.shape()[x.rank() - 1] != in)
    refuse("the input is " + to_string(x.type()),
           "[…, " + std::to_string(in) + "] to go with a weight " + to_string(weight.type()), where);
  // One matrix product, whatever the leading axes are: they become rows.
  const std::int64_t rows = x.size() / in;
  const Tensor y = matmul_transposed(x.rank() == 2 ? x : reshape(x, Shape{rows, in}, where), weight, where);
  const Tensor sum = bias ? y + *bias : y;
  if (x.rank() == 2) return sum;
  Indices extents(x.shape().extents().first(x.rank() - 1));
  extents.push(out);
  return reshape(sum, Shape(extents, where), where);
}

}  // namespace wengert::nn
