#include "wengert/nn/layers/dropout.hpp"

#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/dropout.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

namespace {

using Where = std::source_location;

double checked(std::string_view layer, double probability, Where where) {
  detail::want(probability >= 0 && probability <= 1, layer, "the probability is " + std::to_string(probability),
               "a number from 0 to 1", where);
  return probability;
}

}  // namespace

Dropout::Dropout(double p, Where where) : probability(checked("Dropout", p, where)) {}
Tensor Dropout::operator()(const Tensor& x, Pass& pass, Where where) const {
  if (!pass.is_training()) return x;
  const LayerScope scope("Dropout", x, where);
  return dropout(x, probability, pass.random(), where);
}

Dropout2d::Dropout2d(double p, Where where) : probability(checked("Dropout2d", p, where)) {}
Tensor Dropout2d::operator()(const Tensor& x, Pass& pass, Where where) const {
  if (!pass.is_training()) return x;
  const LayerScope scope("Dropout2d", x, where);
  return dropout_channels(x, probability, pass.random(), where);
}

AlphaDropout::AlphaDropout(double p, Where where) : probability(checked("AlphaDropout", p, where)) {}
Tensor AlphaDropout::operator()(const Tensor& x, Pass& pass, Where where) const {
  if (!pass.is_training()) return x;
  const LayerScope scope("AlphaDropout", x, where);
  return alpha_dropout(x, probability, pass.random(), where);
}

}  // namespace wengert::nn
