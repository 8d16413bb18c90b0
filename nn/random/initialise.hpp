/// First values of parameters. Constants of f32 (or f64), drawn from a Random.
///
///     Random random(1);
///     Tensor w = initialise::xavier_uniform(random, Shape{64, 784});
///     Tensor k = initialise::he_normal(random, Shape{16, 3, 5, 5});                            // a convolution's
///     Tensor u = initialise::orthogonal(random, Shape{128, 128}, initialise::gain("tanh"));
///
/// A shape is [out, in, kernel…], as Linear and the convolutions have it. With k the product of the kernel's extents,
/// fan_in = in·k and fan_out = out·k: the terms of a sum forward and backward. (With groups, `in` is the inputs of one
/// group; fan_out is then what PyTorch takes, all outputs.) The gain makes good for what the activation takes away.
///
/// ShapeError below rank 2 where fans are needed, DtypeError for dtypes other than f32 and f64, ArgumentError for
/// parameters out of range; with the line of the call. Each draws as one fill of `random`, so how far that moves
/// depends on shape and dtype alone.
#pragma once

#include <cstdint>
#include <numbers>
#include <source_location>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::nn::initialise {

/// The terms of a sum forward (in) and backward (out).
struct Fans {
  std::int64_t in, out;
};
[[nodiscard]] Fans fans(const Shape& shape, std::source_location where = std::source_location::current());

/// Which of the two keeps its variance.
enum class Fan : std::uint8_t { in, out };

/// PyTorch's calculate_gain: 1 for "linear", "identity", "conv" and "sigmoid"; 5/3 for "tanh"; √2 for "relu";
/// √(2/(1 + slope²)) for "leaky_relu"; 3/4 for "selu". Throws ArgumentError for other names.
[[nodiscard]] double gain(std::string_view activation, double slope = 0.01,
                          std::source_location where = std::source_location::current());

/// Deviation gain·√(2/(fan_in + fan_out)). X. Glorot, Y. Bengio, AISTATS 2010. Uniform: between ±√3 deviations.
[[nodiscard]] Tensor xavier_uniform(Random& random, const Shape& shape, double gain = 1, Dtype dtype = Dtype::f32,
                                    std::source_location where = std::source_location::current());
[[nodiscard]] Tensor xavier_normal(Random& random, const Shape& shape, double gain = 1, Dtype dtype = Dtype::f32,
                                   std::source_location where = std::source_location::current());

/// Deviation gain/√fan; Kaiming in PyTorch. The gain is that of relu unless given. K. He and others, ICCV 2015.
/// PyTorch's own layers begin with he_uniform of gain 1/√3: between ±1/√fan_in.
[[nodiscard]] Tensor he_uniform(Random& random, const Shape& shape, double gain = std::numbers::sqrt2,
                                Dtype dtype = Dtype::f32, Fan fan = Fan::in,
                                std::source_location where = std::source_location::current());
[[nodiscard]] Tensor he_normal(Random& random, const Shape& shape, double gain = std::numbers::sqrt2,
                               Dtype dtype = Dtype::f32, Fan fan = Fan::in,
                               std::source_location where = std::source_location::current());

/// Deviation gain/√fan_in with gain 1. Y. LeCun and others, Efficient BackProp, 1998; the one for selu.
[[nodiscard]] Tensor lecun_uniform(Random& random, const Shape& shape, double gain = 1, Dtype dtype = Dtype::f32,
                                   std::source_location where = std::source_location::current());
[[nodiscard]] Tensor lecun_normal(Random& random, const Shape& shape, double gain = 1, Dtype dtype = Dtype::f32,
                                  std::source_location where = std::source_location::current());

/// gain·q, q a uniformly distributed matrix with orthonormal rows or columns, whichever are fewer, of the shape
/// [shape[0], the rest]: the q of the QR decomposition of normal numbers (of their transpose for fewer rows than
/// columns) whose r has a diagonal ≥ 0. Computed in f64. A. Saxe and others, ICLR 2014. Needs LAPACK, as qr does.
[[nodiscard]] Tensor orthogonal(Random& random, const Shape& shape, double gain = 1, Dtype dtype = Dtype::f32,
                                std::source_location where = std::source_location::current());

/// Normal numbers, each drawn anew until it lies in [low, high]; the bounds are values, not multiples of the deviation.
/// The redraws come from children of `random`. Needs low ≤ high that hold at least a hundredth of the distribution.
[[nodiscard]] Tensor truncated_normal(Random& random, const Shape& shape, double mean = 0, double deviation = 1,
                                      double low = -2, double high = 2, Dtype dtype = Dtype::f32,
                                      std::source_location where = std::source_location::current());

/// One value everywhere.
[[nodiscard]] Tensor constant(const Shape& shape, double value, Dtype dtype = Dtype::f32,
                              std::source_location where = std::source_location::current());

}  // namespace wengert::nn::initialise
