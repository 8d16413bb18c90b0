// Dropout: elements that are left out at random, so that no unit relies on a certain other. (Srivastava and others
// 2014)
#pragma once

#include <source_location>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::nn {

/// Each element is 0 with `probability`, else x / (1 - probability), so that the mean stays. The mask is a constant to
/// derivatives. With the probability 1 all are 0. Throws ArgumentError unless 0 ≤ probability ≤ 1, DtypeError unless x
/// is f32 or f64.
[[nodiscard]] Tensor dropout(const Tensor& x, double probability, Random& random,
                             std::source_location where = std::source_location::current());

/// The same for whole channels: x is [batch, channels, …], and what is left out is all that follows a pair of the two.
/// Throws ShapeError below rank 2.
[[nodiscard]] Tensor dropout_channels(const Tensor& x, double probability, Random& random,
                                      std::source_location where = std::source_location::current());

/// For networks of SELU units: what is left out becomes the least value of SELU, -1.7581, and a·x + b puts mean and
/// variance back to 0 and 1. (Klambauer and others 2017)
[[nodiscard]] Tensor alpha_dropout(const Tensor& x, double probability, Random& random,
                                   std::source_location where = std::source_location::current());

}  // namespace wengert::nn
