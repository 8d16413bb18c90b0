// Activations of tensors: PyTorch's, with its names and defaults, element by element unless it says otherwise.
//
// All take f32 and f64 and give the dtype and shape of x; anything else is a DtypeError with the caller's line. NaN
// gives NaN. Each has derivatives of all orders, as a composition of primitives; what holds at a kink is said here, and
// is PyTorch's. Those that are primitives already (relu, sigmoid, tanh, softplus, log_sigmoid) or functions of the
// engine (softmax, log_softmax) are named here too: they are the same functions, and take Scalars as well.
//
// Layers for Sequential with the same options: nn/layers/activations.hpp. Scalar ones to hand to a neuron:
// nn/activation.hpp.
#pragma once

#include <cstdint>
#include <limits>
#include <source_location>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

/// max(x, 0); derivative 0 at 0.
using wengert::relu;
/// 1/(1 + e^-x).
using wengert::sigmoid;
using wengert::tanh;
/// ln(1 + e^x); and of beta and a threshold, below.
using wengert::softplus;
/// ln of the sigmoid; F.logsigmoid elsewhere.
using wengert::log_sigmoid;
using wengert::log_softmax;
using wengert::softmax;

// --- Straight lines
// ---------------------------------------------------------------------------------------------------

/// x above 0, else slope·x; derivative `slope` at 0.
[[nodiscard]] Tensor leaky_relu(const Tensor& x, double slope = 0.01,
                                std::source_location where = std::source_location::current());
/// leaky_relu with slopes that are learned: one in all (weight of shape [1]), or one for each channel, which is axis 1.
/// Throws ShapeError for a weight of another extent; DtypeError unless both have one dtype.
[[nodiscard]] Tensor prelu(const Tensor& x, const Tensor& weight,
                           std::source_location where = std::source_location::current());
/// The randomised leaky_relu as it evaluates: slope (lower + upper)/2.
[[nodiscard]] Tensor rrelu(const Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3,
                           std::source_location where = std::source_location::current());
/// x held between 0 and 6; derivative 0 at both.
[[nodiscard]] Tensor relu6(const Tensor& x, std::source_location where = std::source_location::current());
/// x held between two bounds; derivative 0 at both. Throws ArgumentError unless low < high.
[[nodiscard]] Tensor hardtanh(const Tensor& x, double low = -1.0, double high = 1.0,
                              std::source_location where = std::source_location::current());
/// x/6 + ½ held between 0 and 1; derivative 0 at x = ±3.
[[nodiscard]] Tensor hardsigmoid(const Tensor& x, std::source_location where = std::source_location::current());
/// x · hardsigmoid(x); derivatives -½ at -3 and 3/2 at 3.
[[nodiscard]] Tensor hardswish(const Tensor& x, std::source_location where = std::source_location::current());
/// x above the threshold, else `value`; derivative 0 at the threshold.
[[nodiscard]] Tensor threshold(const Tensor& x, double threshold, double value,
                               std::source_location where = std::source_location::current());
/// x moved towards 0 by `bound`, 0 within it; derivative 0 at ±bound. Throws ArgumentError for a bound below 0.
[[nodiscard]] Tensor softshrink(const Tensor& x, double bound = 0.5,
                                std::source_location where = std::source_location::current());
/// x, but 0 within `bound` of 0; derivative 0 at ±bound. Throws ArgumentError for a bound below 0.
[[nodiscard]] Tensor hardshrink(const Tensor& x, double bound = 0.5,
                                std::source_location where = std::source_location::current());

// --- Exponentials
// -----------------------------------------------------------------------------------------------------

/// x above 0, else alpha·(e^x - 1); derivative alpha at 0.
[[nodiscard]] Tensor elu(const Tensor& x, double alpha = 1.0,
                         std::source_location where = std::source_location::current());
/// elu with the alpha 1.673… and the factor 1.0507… that keep mean 0 and variance 1 from layer to layer (Klambauer,
/// Unterthiner, Mayr and Hochreiter 2017).
[[nodiscard]] Tensor selu(const Tensor& x, std::source_location where = std::source_location::current());
/// x above 0, else alpha·(e^(x/alpha) - 1): derivative 1 at 0 for every alpha. Throws ArgumentError for alpha = 0.
[[nodiscard]] Tensor celu(const Tensor& x, double alpha = 1.0,
                          std::source_location where = std::source_location::current());

/// How gelu computes the distribution function Φ of the normal distribution.
enum class Gelu : std::uint8_t { erf, tanh };
/// x·Φ(x); with Gelu::tanh, x·σ(√(8/π)·(x + 0.044715·x³)), which is the approximation that others write with tanh. Both
/// keep their digits far below 0. NaN at -∞.
[[nodiscard]] Tensor gelu(const Tensor& x, Gelu approximation = Gelu::erf,
                          std::source_location where = std::source_location::current());
/// x·σ(x), also called swish; NaN at -∞.
[[nodiscard]] Tensor silu(const Tensor& x, std::source_location where = std::source_location::current());
/// x·tanh(softplus(x)); NaN at -∞.
[[nodiscard]] Tensor mish(const Tensor& x, std::source_location where = std::source_location::current());
/// ln(1 + e^(beta·x))/beta, which overflows nowhere. Above beta·x > threshold it is x, as elsewhere; there is no need
/// for that here, so there is none unless asked for (PyTorch's is 20). Throws ArgumentError unless beta > 0.
[[nodiscard]] Tensor softplus(const Tensor& x, double beta, double threshold = std::numeric_limits<double>::infinity(),
                              std::source_location where = std::source_location::current());
/// x - tanh(x).
[[nodiscard]] Tensor tanhshrink(const Tensor& x, std::source_location where = std::source_location::current());
/// x/(1 + |x|); derivative 1 at 0. NaN at ±∞.
[[nodiscard]] Tensor softsign(const Tensor& x, std::source_location where = std::source_location::current());

// --- Along an axis
// ----------------------------------------------------------------------------------------------------

/// a·σ(b), a and b the halves of x along an axis. Throws ShapeError for an odd extent.
[[nodiscard]] Tensor glu(const Tensor& x, std::int64_t axis = -1,
                         std::source_location where = std::source_location::current());
/// softmax(-x).
[[nodiscard]] Tensor softmin(const Tensor& x, std::int64_t axis = -1,
                             std::source_location where = std::source_location::current());

}  // namespace wengert::nn
