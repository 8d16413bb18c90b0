#include "wengert/nn/functions/dropout.hpp"

#include <cmath>
#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

namespace {

void want_probability(std::string_view name, double probability, std::source_location where) {
  want(probability >= 0 && probability <= 1, name, "the probability is " + std::to_string(probability),
       "a number from 0 to 1", where);
}

/// x times a mask of `shape`, which broadcasts to x, scaled.
Tensor masked(const Tensor& x, const Shape& shape, double probability, Random& random, std::source_location where) {
  if (probability == 0) return x;
  const double scale = probability == 1 ? 0.0 : 1 / (1 - probability);
  const Tensor mask = random.keep(shape, 1 - probability, x.dtype(), where);
  return at(x, where) * (mask * scale);
}

}  // namespace

Tensor dropout(const Tensor& x, double probability, Random& random, std::source_location where) {
  check_real("dropout", "the input", x, where);
  want_probability("dropout", probability, where);
  return masked(x, x.shape(), probability, random, where);
}

Tensor dropout_channels(const Tensor& x, double probability, Random& random, std::source_location where) {
  check_real("dropout_channels", "the input", x, where);
  want_probability("dropout_channels", probability, where);
  if (x.rank() < 2)
    refuse_shape("dropout_channels", "the input", x, std::string(to_string(x.dtype())) + "[batch,channels,…]", where);
  Indices extents{x.shape()[0], x.shape()[1]};
  for (std::size_t axis = 2; axis < x.rank(); ++axis) extents.push(1);
  return masked(x, Shape(extents, where), probability, random, where);
}

Tensor alpha_dropout(const Tensor& x, double probability, Random& random, std::source_location where) {
  check_real("alpha_dropout", "the input", x, where);
  want_probability("alpha_dropout", probability, where);
  if (probability == 0) return x;
  if (probability == 1) return at(x, where) * 0.0;
  // -λα of SELU. Of x with mean 0 and variance 1, a·x + b with these a and b has them again.
  constexpr double least = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;
  const double a = 1 / std::sqrt((1 - probability) * (1 + probability * least * least));
  const double b = -a * least * probability;
  const Tensor kept = random.keep(x.shape(), 1 - probability, x.dtype(), where);
  return at(x, where) * (kept * a) + (kept * (-a * least) + (a * least + b));
}

}  // namespace wengert::nn
