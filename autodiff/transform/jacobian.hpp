// jacobian: all derivatives of several outputs by several inputs of a recording, as numbers.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <tuple>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/transform/matrix.hpp"

namespace wengert {

/// How a Jacobian is computed. Forward mode makes a sweep for every eight columns, reverse mode one for every eight
/// rows. `automatic` takes the cheaper one, by the shape alone: see jacobian.cpp for the rule and what was measured.
enum class JacobianMode : std::uint8_t { automatic, forward, reverse };

struct JacobianOptions {
  JacobianMode mode = JacobianMode::automatic;
};

namespace detail {

/// Rows and columns: one for a Scalar, one for each element of a tensor. `operation` is named in errors.
Matrix jacobian_of(std::span<const AnyHandle> y, std::span<const AnyHandle> x, const JacobianOptions& options,
                   const char* operation, std::source_location where);

template <class H>
[[nodiscard]] std::vector<AnyHandle> any_handles(std::span<const H> handles) {
  return {handles.begin(), handles.end()};
}
template <class... H>
[[nodiscard]] std::vector<AnyHandle> any_handles(const std::tuple<H&...>& handles) {
  return std::apply([](const auto&... each) { return std::vector<AnyHandle>{AnyHandle(each)...}; }, handles);
}

}  // namespace detail

/// The Jacobian: element (i, j) is ∂y[i]/∂x[j], every x[j] by itself while the others stand still. Inputs may be any
/// values, also computed ones; y[i] may be a constant, whose row is 0. Nothing stays recorded. Throws StaleHandle,
/// ForeignRecording; ArgumentError for an x that is a constant.
[[nodiscard]] inline Matrix jacobian(std::span<const Scalar> y, std::span<const Scalar> x,
                                     const JacobianOptions& options = {},
                                     std::source_location where = std::source_location::current()) {
  return detail::jacobian_of(detail::any_handles(y), detail::any_handles(x), options, "jacobian", where);
}
[[nodiscard]] inline Matrix jacobian(const std::vector<Scalar>& y, const std::vector<Scalar>& x,
                                     const JacobianOptions& options = {},
                                     std::source_location where = std::source_location::current()) {
  return jacobian(std::span(y), std::span(x), options, where);
}
/// Of a tensor by a tensor: y.size() × x.size(), the elements of both counted in row-major order, as f64 whatever their
/// dtype is. Throws DtypeError unless both are f32 or f64.
[[nodiscard]] inline Matrix jacobian(const Tensor& y, const Tensor& x, const JacobianOptions& options = {},
                                     std::source_location where = std::source_location::current()) {
  return detail::jacobian_of(detail::any_handles(std::span(&y, 1)), detail::any_handles(std::span(&x, 1)), options,
                             "jacobian", where);
}
/// Of Scalars and tensors by Scalars and tensors: jacobian(std::tie(y, z), std::tie(s, t)). Rows and columns follow one
/// another as the outputs and inputs do.
template <class... Y, class... X>
[[nodiscard]] Matrix jacobian(const std::tuple<Y&...>& y, const std::tuple<X&...>& x,
                              const JacobianOptions& options = {},
                              std::source_location where = std::source_location::current()) {
  return detail::jacobian_of(detail::any_handles(y), detail::any_handles(x), options, "jacobian", where);
}

}  // namespace wengert
