// hessian, hvp, vhp: second derivatives of one output of a recording, as numbers.
//
// All of them record a first derivative behind what is there, sweep it, and forget it again: the recording is left as
// it was, with all its handles. To *record* second derivatives, compose: gradient(gradient(y, x), x), or
// gradient(jvp(y, x, v), x) for a Hessian times v; and so on to third and higher orders.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <tuple>
#include <vector>

#include "wengert/autodiff/transform/jacobian.hpp"

namespace wengert {

/// How a Hessian is computed; the second word is recorded first, and the first one sweeps it. All give the same
/// numbers to rounding.
///   forward_over_reverse   gradient recorded once; one forward sweep for every eight columns
///   reverse_over_reverse   gradient recorded once; one reverse sweep for every eight rows
///   reverse_over_forward   jvp recorded for every column, eight at a time; a reverse sweep for every eight. Needs the
///                          memory of eight directional derivatives instead of that of the gradient.
///   forward_over_forward   the same with forward sweeps, n/8 for every eight of n columns; for checks, and few inputs
enum class HessianMode : std::uint8_t {
  forward_over_reverse,
  reverse_over_reverse,
  reverse_over_forward,
  forward_over_forward
};

struct HessianOptions {
  HessianMode mode = HessianMode::forward_over_reverse;
};

namespace detail {

Matrix hessian_of(const AnyHandle& y, std::span<const AnyHandle> x, const HessianOptions& options,
                  std::source_location where);

}  // namespace detail

/// The Hessian: element (i, j) is ∂²y/∂x[i]∂x[j]. It is computed in full, so that how far it is from symmetric tells of
/// rounding. The recording is as it was afterwards. Throws as gradient() and jacobian() do.
[[nodiscard]] inline Matrix hessian(const Scalar& y, std::span<const Scalar> x, const HessianOptions& options = {},
                                    std::source_location where = std::source_location::current()) {
  return detail::hessian_of(y, detail::any_handles(x), options, where);
}
[[nodiscard]] inline Matrix hessian(const Scalar& y, const std::vector<Scalar>& x, const HessianOptions& options = {},
                                    std::source_location where = std::source_location::current()) {
  return hessian(y, std::span(x), options, where);
}
/// By the elements of a tensor, in row-major order, as f64. y is a Scalar, or a tensor of one element.
[[nodiscard]] inline Matrix hessian(const Scalar& y, const Tensor& x, const HessianOptions& options = {},
                                    std::source_location where = std::source_location::current()) {
  return detail::hessian_of(y, detail::any_handles(std::span(&x, 1)), options, where);
}
[[nodiscard]] inline Matrix hessian(const Tensor& y, const Tensor& x, const HessianOptions& options = {},
                                    std::source_location where = std::source_location::current()) {
  return detail::hessian_of(y, detail::any_handles(std::span(&x, 1)), options, where);
}
/// By Scalars and tensors: hessian(y, std::tie(s, t)). Rows and columns follow one another as the inputs do.
template <class Y, class... X>
  requires(std::same_as<Y, Scalar> || std::same_as<Y, Tensor>)
[[nodiscard]] Matrix hessian(const Y& y, const std::tuple<X&...>& x, const HessianOptions& options = {},
                             std::source_location where = std::source_location::current()) {
  return detail::hessian_of(y, detail::any_handles(x), options, where);
}

/// The Hessian of y times v, without the Hessian: the gradient is recorded, swept forward along v, and forgotten. Costs
/// a small multiple of computing y, in time and memory, however many x there are. For many v, record the gradient
/// yourself, g = gradient(y, x), and take forward(x, v)[g[i]]. Throws as gradient() does; ArgumentError unless there
/// are as many v as x.
[[nodiscard]] std::vector<double> hvp(const Scalar& y, std::span<const Scalar> x, std::span<const double> v,
                                      std::source_location where = std::source_location::current());
[[nodiscard]] inline std::vector<double> hvp(const Scalar& y, const std::vector<Scalar>& x,
                                             const std::vector<double>& v,
                                             std::source_location where = std::source_location::current()) {
  return hvp(y, std::span(x), std::span(v), where);
}
/// By tensors, each with a v of its type.
[[nodiscard]] std::vector<Tensor> hvp(const Scalar& y, std::span<const Tensor> x, std::span<const Tensor> v,
                                      std::source_location where = std::source_location::current());
[[nodiscard]] std::vector<Tensor> hvp(const Tensor& y, std::span<const Tensor> x, std::span<const Tensor> v,
                                      std::source_location where = std::source_location::current());

/// v times the Hessian of y: the same numbers to rounding, since a Hessian is symmetric, by a reverse sweep over the
/// recorded gradient.
[[nodiscard]] std::vector<double> vhp(const Scalar& y, std::span<const Scalar> x, std::span<const double> v,
                                      std::source_location where = std::source_location::current());
[[nodiscard]] inline std::vector<double> vhp(const Scalar& y, const std::vector<Scalar>& x,
                                             const std::vector<double>& v,
                                             std::source_location where = std::source_location::current()) {
  return vhp(y, std::span(x), std::span(v), where);
}
[[nodiscard]] std::vector<Tensor> vhp(const Scalar& y, std::span<const Tensor> x, std::span<const Tensor> v,
                                      std::source_location where = std::source_location::current());
[[nodiscard]] std::vector<Tensor> vhp(const Tensor& y, std::span<const Tensor> x, std::span<const Tensor> v,
                                      std::source_location where = std::source_location::current());

}  // namespace wengert
