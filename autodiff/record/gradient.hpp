// gradient: the reverse sweep, recorded. It appends ordinary entries to the recording, so the derivative has a graph of its
// own, tied to the forward one, and can be differentiated again.
#pragma once

#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"

namespace wengert {

/// ∂y/∂x for every x, as values of the recording. Runs the same rules as backward(), with handles for numbers. Where the
/// derivative does not depend on anything recorded it is a constant; where y does not depend on x it is the constant 0.
/// Throws StaleHandle, ForeignRecording; ArgumentError for an x that is a constant.
[[nodiscard]] std::vector<Scalar> gradient(const Scalar& y, std::span<const Scalar> x,
                                           std::source_location where = std::source_location::current());
[[nodiscard]] inline std::vector<Scalar> gradient(const Scalar& y, const std::vector<Scalar>& x,
                                                  std::source_location where = std::source_location::current()) {
  return gradient(y, std::span<const Scalar>(x), where);
}
/// ∂y/∂x.
[[nodiscard]] inline Scalar gradient(const Scalar& y, const Scalar& x,
                                     std::source_location where = std::source_location::current()) {
  return gradient(y, std::span(&x, 1), where).front();
}

}  // namespace wengert
