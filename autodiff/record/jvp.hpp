// jvp: the forward sweep, recorded. It appends ordinary entries to the recording, so the derivative along a direction
// can be drawn and differentiated again, in either mode: gradient(jvp(y, x, v), x) is a Hessian times v.
#pragma once

#include <concepts>
#include <source_location>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"

namespace wengert {

namespace detail {

/// `tangents`: one for each x, of its kind and type. The results are of the kinds and types of y.
std::vector<AnyGradient> jvp_of(std::span<const AnyHandle> y, std::span<const AnyHandle> x,
                                std::span<const AnyHandle> tangents, std::source_location where);

template <class T>
concept RecordedHandle = std::same_as<T, Scalar> || std::same_as<T, Tensor>;

template <RecordedHandle T>
[[nodiscard]] T take(AnyGradient& result) {
  if constexpr (std::same_as<T, Tensor>)
    return std::move(result.tensor);
  else
    return result.scalar;
}

template <RecordedHandle Y, RecordedHandle X>
std::vector<Y> tangents_of(std::span<const Y> y, std::span<const X> x, std::span<const X> tangents,
                           std::source_location where) {
  const std::vector<AnyHandle> outputs(y.begin(), y.end()), inputs(x.begin(), x.end()),
      directions(tangents.begin(), tangents.end());
  std::vector<AnyGradient> results = jvp_of(outputs, inputs, directions, where);
  std::vector<Y> result;
  result.reserve(y.size());
  for (AnyGradient& t : results) result.push_back(take<Y>(t));
  return result;
}

}  // namespace detail

/// The Jacobian-vector product Σ ∂y/∂x[k] · tangents[k] for every y, as values of the recording: how y moves when every
/// x[k] moves along tangents[k]. Runs the same rules as forward(), with handles for numbers, and records only where
/// tangents flow and some y depends on it. Tangents are constants or values of the recording; a constant 0 records
/// nothing. Inputs may be any values, also computed ones: their own tangents are added to what flows into them. Where
/// the result does not depend on anything recorded it is a constant; where y does not depend on x it is the constant 0.
/// Throws StaleHandle, ForeignRecording; ArgumentError for an x that is a constant, or unless there are as many
/// tangents as x; for tensors DtypeError unless y and x are f32 or f64, and DtypeError or ShapeError unless each
/// tangent has the type of its x.
[[nodiscard]] inline std::vector<Scalar> jvp(std::span<const Scalar> y, std::span<const Scalar> x,
                                             std::span<const Scalar> tangents,
                                             std::source_location where = std::source_location::current()) {
  return detail::tangents_of(y, x, tangents, where);
}
[[nodiscard]] inline std::vector<Scalar> jvp(const std::vector<Scalar>& y, const std::vector<Scalar>& x,
                                             const std::vector<Scalar>& tangents,
                                             std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(y), std::span(x), std::span(tangents), where);
}
/// Of one output.
[[nodiscard]] inline Scalar jvp(const Scalar& y, std::span<const Scalar> x, std::span<const Scalar> tangents,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), x, tangents, where).front();
}
[[nodiscard]] inline Scalar jvp(const Scalar& y, const std::vector<Scalar>& x, const std::vector<Scalar>& tangents,
                                std::source_location where = std::source_location::current()) {
  return jvp(y, std::span(x), std::span(tangents), where);
}
/// Along one input.
[[nodiscard]] inline Scalar jvp(const Scalar& y, const Scalar& x, const Scalar& tangent,
                                std::source_location where = std::source_location::current()) {
  return jvp(y, std::span(&x, 1), std::span(&tangent, 1), where);
}
/// An expression would be recorded anew, as a value that y does not depend on: store it in a Scalar first.
template <detail::CompositeExpression E>
Scalar jvp(const Scalar& y, const E& x, const Scalar& tangent,
           std::source_location where = std::source_location::current()) = delete;

// The same with tensors on either side; each tangent has the type of its x, each result that of its y.
[[nodiscard]] inline std::vector<Tensor> jvp(std::span<const Tensor> y, std::span<const Tensor> x,
                                             std::span<const Tensor> tangents,
                                             std::source_location where = std::source_location::current()) {
  return detail::tangents_of(y, x, tangents, where);
}
[[nodiscard]] inline std::vector<Tensor> jvp(const std::vector<Tensor>& y, const std::vector<Tensor>& x,
                                             const std::vector<Tensor>& tangents,
                                             std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(y), std::span(x), std::span(tangents), where);
}
[[nodiscard]] inline Tensor jvp(const Tensor& y, const std::vector<Tensor>& x, const std::vector<Tensor>& tangents,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(x), std::span(tangents), where).front();
}
[[nodiscard]] inline Tensor jvp(const Tensor& y, const Tensor& x, const Tensor& tangent,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(&x, 1), std::span(&tangent, 1), where).front();
}
[[nodiscard]] inline Scalar jvp(const Scalar& y, const std::vector<Tensor>& x, const std::vector<Tensor>& tangents,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(x), std::span(tangents), where).front();
}
[[nodiscard]] inline Scalar jvp(const Scalar& y, const Tensor& x, const Tensor& tangent,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(&x, 1), std::span(&tangent, 1), where).front();
}
[[nodiscard]] inline Tensor jvp(const Tensor& y, const std::vector<Scalar>& x, const std::vector<Scalar>& tangents,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(x), std::span(tangents), where).front();
}
[[nodiscard]] inline Tensor jvp(const Tensor& y, const Scalar& x, const Scalar& tangent,
                                std::source_location where = std::source_location::current()) {
  return detail::tangents_of(std::span(&y, 1), std::span(&x, 1), std::span(&tangent, 1), where).front();
}
/// Scalars and tensors at once: auto [dy, dz] = jvp(std::tie(y, z), std::tie(s, t), std::tie(ds, dt)).
template <class... Y, class... X, class... T>
  requires((detail::RecordedHandle<std::remove_const_t<Y>> && ...) && sizeof...(X) == sizeof...(T) &&
           (detail::RecordedHandle<std::remove_const_t<X>> && ...) &&
           (std::same_as<std::remove_const_t<X>, std::remove_const_t<T>> && ...))
[[nodiscard]] std::tuple<std::remove_const_t<Y>...> jvp(const std::tuple<Y&...>& y, const std::tuple<X&...>& x,
                                                        const std::tuple<T&...>& tangents,
                                                        std::source_location where = std::source_location::current()) {
  const auto handles = [](const auto&... each) { return std::vector<detail::AnyHandle>{detail::AnyHandle(each)...}; };
  std::vector<detail::AnyGradient> results =
      detail::jvp_of(std::apply(handles, y), std::apply(handles, x), std::apply(handles, tangents), where);
  std::size_t k = 0;
  const auto next = [&]<class R>(std::type_identity<R>) { return detail::take<R>(results[k++]); };
  return std::tuple<std::remove_const_t<Y>...>{next(std::type_identity<std::remove_const_t<Y>>{})...};
}

}  // namespace wengert
