// Gradients made small before a step.
//
//     std::vector<Tensor> gradients = nn::adjoints_of(live, backward(loss));
//     const double norm = nn::clip_norm(gradients, 1.0);
#pragma once

#include <source_location>
#include <span>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

struct ClipOptions {
  /// Which norm: p ≥ 1, or infinity for the largest magnitude.
  double p = 2;
  /// Throw where the norm is NaN or infinite. Otherwise it is only returned, and the gradients stay as they are.
  bool error_if_nonfinite = true;
};

/// The norm of all elements of all gradients, (Σ |g|ᵖ)^(1/p), in f64, whatever the dtype. It overflows only where the
/// result does. 0 of no gradients. Throws DtypeError unless gradients are f32 or f64.
[[nodiscard]] double total_norm(std::span<const Tensor> gradients, double p = 2,
                                std::source_location where = std::source_location::current());

/// Multiplies all gradients by most / (norm + 1e-6) if that is below 1, and returns the norm that they had, as
/// torch.nn.utils.clip_grad_norm_ does. What else holds the elements of a gradient does not change.
///
/// Throws DomainError if the norm is NaN or infinite, unless options say otherwise, with the first gradient at fault
/// and nothing written; ArgumentError unless most ≥ 0.
double clip_norm(std::span<Tensor> gradients, double most, const ClipOptions& options = {},
                 std::source_location where = std::source_location::current());

/// Elements above `most` become `most`, those below -most become -most; infinite ones too. NaN: DomainError, nothing is
/// written. Throws ArgumentError unless most ≥ 0.
void clip_value(std::span<Tensor> gradients, double most, std::source_location where = std::source_location::current());

}  // namespace wengert::nn
