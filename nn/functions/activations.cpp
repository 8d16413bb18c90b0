#include "wengert/nn/functions/activations.hpp"

#include <cmath>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"

namespace wengert::nn {

using detail::at;
using detail::check_option;
using detail::check_real;
using detail::select;

// A selection lets nothing pass to the side that was not chosen, so that side may overflow. Where a comparison is
// written the other way round than one would say it, NaN falls on the side that keeps it.

// --- Straight lines
// ---------------------------------------------------------------------------------------------------

namespace {

Tensor leaky(const Tensor& x, double slope, std::source_location where) {
  return select(at(x, where) > 0.0, x, at(x, where) * slope, where);
}

/// The values between the bounds, else the bounds.
Tensor held(const Tensor& x, double low, double high, const Tensor& between, double below, double above,
            std::source_location where) {
  const Tensor up = select(at(x, where) >= high, above, between, where);
  return select(at(x, where) <= low, below, up, where);
}

}  // namespace

Tensor leaky_relu(const Tensor& x, double slope, std::source_location where) {
  check_real("leaky_relu", "x", x, where);
  return leaky(x, slope, where);
}

Tensor prelu(const Tensor& x, const Tensor& weight, std::source_location where) {
  check_real("prelu", "x", x, where);
  detail::check_same_dtype("prelu", "weight", weight, x, where);
  detail::check_rank("prelu", "weight", weight, 1, 1, where);
  Tensor slopes = weight;
  if (weight.size() != 1) {
    const std::int64_t channels = x.rank() < 2 ? 1 : x.shape()[1];
    detail::check_shape("prelu", "weight", weight, Shape{channels}, where);
    slopes = reshape(weight, detail::along_axis(x.rank(), 1, channels), where);
  }
  return select(at(x, where) > 0.0, x, at(x, where) * slopes, where);
}

Tensor rrelu(const Tensor& x, double lower, double upper, std::source_location where) {
  check_real("rrelu", "x", x, where);
  check_option("rrelu", "lower", lower, lower <= upper, "at most upper", where);
  return leaky(x, (lower + upper) / 2, where);
}

Tensor relu6(const Tensor& x, std::source_location where) {
  check_real("relu6", "x", x, where);
  const Tensor y = relu(x, where);
  return select(at(y, where) >= 6.0, 6.0, y, where);
}

Tensor hardtanh(const Tensor& x, double low, double high, std::source_location where) {
  check_real("hardtanh", "x", x, where);
  check_option("hardtanh", "low", low, low < high, "less than high", where);
  return held(x, low, high, x, low, high, where);
}

Tensor hardsigmoid(const Tensor& x, std::source_location where) {
  check_real("hardsigmoid", "x", x, where);
  const Tensor sixth = at(x, where) / 6.0;
  return held(x, -3.0, 3.0, at(sixth, where) + 0.5, 0.0, 1.0, where);
}

Tensor hardswish(const Tensor& x, std::source_location where) {
  check_real("hardswish", "x", x, where);
  const Tensor sixth = at(x, where) / 6.0;
  const Tensor slope = at(sixth, where) + 0.5;
  const Tensor between = at(x, where) * slope;
  const Tensor up = select(at(x, where) <= 3.0, between, x, where);
  return select(at(x, where) < -3.0, 0.0, up, where);
}

Tensor threshold(const Tensor& x, double threshold, double value, std::source_location where) {
  check_real("threshold", "x", x, where);
  return select(at(x, where) <= threshold, value, x, where);
}

Tensor softshrink(const Tensor& x, double bound, std::source_location where) {
  check_real("softshrink", "x", x, where);
  check_option("softshrink", "bound", bound, bound >= 0.0, "0 at least", where);
  return at(x, where) - clamp(x, -bound, bound, where);
}

Tensor hardshrink(const Tensor& x, double bound, std::source_location where) {
  check_real("hardshrink", "x", x, where);
  check_option("hardshrink", "bound", bound, bound >= 0.0, "0 at least", where);
  const Tensor size = abs(x, where);
  return select(at(size, where) <= bound, 0.0, x, where);
}

// --- Exponentials
// -----------------------------------------------------------------------------------------------------

Tensor elu(const Tensor& x, double alpha, std::source_location where) {
  check_real("elu", "x", x, where);
  const Tensor below = expm1(x, where);
  return select(at(x, where) > 0.0, x, at(below, where) * alpha, where);
}

Tensor selu(const Tensor& x, std::source_location where) {
  constexpr double alpha = 1.6732632423543772848, factor = 1.0507009873554804934;
  check_real("selu", "x", x, where);
  const Tensor below = expm1(x, where);
  return select(at(x, where) > 0.0, at(x, where) * factor, at(below, where) * (factor * alpha), where);
}

Tensor celu(const Tensor& x, double alpha, std::source_location where) {
  check_real("celu", "x", x, where);
  check_option("celu", "alpha", alpha, alpha != 0.0, "another number", where);
  const Tensor scaled = at(x, where) / alpha;
  const Tensor below = expm1(scaled, where);
  return select(at(x, where) > 0.0, x, at(below, where) * alpha, where);
}

Tensor gelu(const Tensor& x, Gelu approximation, std::source_location where) {
  check_real("gelu", "x", x, where);
  if (approximation == Gelu::tanh) {
    constexpr double slope = 1.5957691216057307117;  // √(8/π)
    const Tensor square = at(x, where) * x;
    const Tensor bent = at(square, where) * (0.044715 * slope);
    const Tensor factor = at(bent, where) + slope;
    return at(x, where) * sigmoid(at(x, where) * factor, where);
  }
  // Φ(x) = ½ erfc(-x/√2), which keeps its digits where 1 + erf does not.
  constexpr double scale = -0.70710678118654752440;
  const Tensor twice = erfc(at(x, where) * scale, where);
  const Tensor half = at(x, where) * 0.5;
  return at(half, where) * twice;
}

Tensor silu(const Tensor& x, std::source_location where) {
  check_real("silu", "x", x, where);
  return at(x, where) * sigmoid(x, where);
}

Tensor mish(const Tensor& x, std::source_location where) {
  check_real("mish", "x", x, where);
  return at(x, where) * tanh(softplus(x, where), where);
}

Tensor softplus(const Tensor& x, double beta, double threshold, std::source_location where) {
  check_real("softplus", "x", x, where);
  check_option("softplus", "beta", beta, beta > 0.0, "above 0", where);
  const Tensor scaled = beta == 1.0 ? x : at(x, where) * beta;
  const Tensor soft = softplus(scaled, where);
  const Tensor y = beta == 1.0 ? soft : at(soft, where) / beta;
  if (std::isinf(threshold)) return y;
  return select(at(scaled, where) > threshold, x, y, where);
}

Tensor tanhshrink(const Tensor& x, std::source_location where) {
  check_real("tanhshrink", "x", x, where);
  return at(x, where) - tanh(x, where);
}

Tensor softsign(const Tensor& x, std::source_location where) {
  check_real("softsign", "x", x, where);
  const Tensor size = abs(x, where);
  return at(x, where) / (at(size, where) + 1.0);
}

// --- Along an axis
// ----------------------------------------------------------------------------------------------------

Tensor glu(const Tensor& x, std::int64_t axis, std::source_location where) {
  check_real("glu", "x", x, where);
  const std::size_t k = detail::checked_axis("glu", x, axis, where);
  const std::int64_t extent = x.shape()[k];
  if (extent % 2 != 0)
    throw ShapeError{{.operation = "glu",
                      .operands = {to_string(x.type())},
                      .problem = "x has " + to_string(x.type()),
                      .expected = "an even extent along axis " + std::to_string(axis),
                      .where = where}};
  const auto a = static_cast<std::int64_t>(k);
  const Tensor left = slice_along(x, a, 0, extent / 2, 1, where);
  const Tensor right = slice_along(x, a, extent / 2, extent, 1, where);
  return at(left, where) * sigmoid(right, where);
}

Tensor softmin(const Tensor& x, std::int64_t axis, std::source_location where) {
  check_real("softmin", "x", x, where);
  return softmax(-at(x, where), {axis}, where);
}

}  // namespace wengert::nn
