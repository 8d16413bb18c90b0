// gradient: the reverse sweep, recorded. It appends ordinary entries to the recording, so the derivative has a graph of
// its own, tied to the forward one, and can be differentiated again.
#pragma once

#include <concepts>
#include <source_location>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

namespace detail {

/// A handle of either kind: `tensor` is null for a Scalar. A result is a Scalar or a Tensor as what was asked for is.
struct AnyHandle {
  Scalar scalar{};
  const Tensor* tensor = nullptr;

  AnyHandle(const Scalar& x) : scalar(x) {}   // NOLINT: both kinds of handle are one
  AnyHandle(const Tensor& x) : tensor(&x) {}  // NOLINT
  [[nodiscard]] Id id() const noexcept { return tensor == nullptr ? scalar.id() : tensor->id(); }
  [[nodiscard]] Tag tag() const noexcept { return tensor == nullptr ? scalar.tag() : tensor->tag(); }
};
struct AnyGradient {
  Scalar scalar{};
  Tensor tensor{};
};
/// `cotangent`: of y, a tensor of its type; null for 1, and then y is a Scalar or a tensor of one element.
std::vector<AnyGradient> gradient_of(const AnyHandle& y, const Tensor* cotangent, std::span<const AnyHandle> x,
                                     std::source_location where);
/// The gradient of Σ cotangent·y over several y with the cotangents, which may be recorded too, held fixed: one for
/// each y, a Scalar or a tensor of its type.
std::vector<AnyGradient> gradient_of(std::span<const AnyHandle> y, std::span<const AnyHandle> cotangents,
                                     std::span<const AnyHandle> x, std::source_location where);

template <class X>
std::vector<X> gradients(const AnyHandle& y, const Tensor* cotangent, std::span<const X> x,
                         std::source_location where) {
  const std::vector<AnyHandle> handles(x.begin(), x.end());
  std::vector<AnyGradient> results = gradient_of(y, cotangent, handles, where);
  std::vector<X> result;
  result.reserve(x.size());
  for (AnyGradient& g : results) {
    if constexpr (std::same_as<X, Tensor>)
      result.push_back(std::move(g.tensor));
    else
      result.push_back(g.scalar);
  }
  return result;
}

}  // namespace detail

/// ∂y/∂x for every x, as values of the recording. Runs the same rules as backward(), with handles for numbers. Where
/// the derivative does not depend on anything recorded it is a constant; where y does not depend on x it is the
/// constant 0. Throws StaleHandle, ForeignRecording; ArgumentError for an x that is a constant; for tensors ShapeError
/// unless y has one element, DtypeError unless y and x are f32 or f64.
[[nodiscard]] inline std::vector<Scalar> gradient(const Scalar& y, std::span<const Scalar> x,
                                                  std::source_location where = std::source_location::current()) {
  return detail::gradients<Scalar>(y, nullptr, x, where);
}
[[nodiscard]] inline std::vector<Scalar> gradient(const Scalar& y, const std::vector<Scalar>& x,
                                                  std::source_location where = std::source_location::current()) {
  return gradient(y, std::span<const Scalar>(x), where);
}
/// ∂y/∂x.
[[nodiscard]] inline Scalar gradient(const Scalar& y, const Scalar& x,
                                     std::source_location where = std::source_location::current()) {
  return gradient(y, std::span(&x, 1), where).front();
}
/// An expression would be recorded anew, as a value that y does not depend on: store it in a Scalar first.
template <detail::CompositeExpression E>
Scalar gradient(const Scalar& y, const E& x, std::source_location where = std::source_location::current()) = delete;

// The same with tensors on either side; each result has the type of its x.
[[nodiscard]] inline std::vector<Tensor> gradient(const Scalar& y, std::span<const Tensor> x,
                                                  std::source_location where = std::source_location::current()) {
  return detail::gradients<Tensor>(y, nullptr, x, where);
}
[[nodiscard]] inline std::vector<Tensor> gradient(const Scalar& y, const std::vector<Tensor>& x,
                                                  std::source_location where = std::source_location::current()) {
  return gradient(y, std::span<const Tensor>(x), where);
}
[[nodiscard]] inline Tensor gradient(const Scalar& y, const Tensor& x,
                                     std::source_location where = std::source_location::current()) {
  return gradient(y, std::span(&x, 1), where).front();
}
[[nodiscard]] inline std::vector<Tensor> gradient(const Tensor& y, std::span<const Tensor> x,
                                                  std::source_location where = std::source_location::current()) {
  return detail::gradients<Tensor>(y, nullptr, x, where);
}
[[nodiscard]] inline std::vector<Tensor> gradient(const Tensor& y, const std::vector<Tensor>& x,
                                                  std::source_location where = std::source_location::current()) {
  return gradient(y, std::span<const Tensor>(x), where);
}
[[nodiscard]] inline Tensor gradient(const Tensor& y, const Tensor& x,
                                     std::source_location where = std::source_location::current()) {
  return gradient(y, std::span(&x, 1), where).front();
}
[[nodiscard]] inline std::vector<Scalar> gradient(const Tensor& y, std::span<const Scalar> x,
                                                  std::source_location where = std::source_location::current()) {
  return detail::gradients<Scalar>(y, nullptr, x, where);
}
[[nodiscard]] inline std::vector<Scalar> gradient(const Tensor& y, const std::vector<Scalar>& x,
                                                  std::source_location where = std::source_location::current()) {
  return gradient(y, std::span<const Scalar>(x), where);
}
[[nodiscard]] inline Scalar gradient(const Tensor& y, const Scalar& x,
                                     std::source_location where = std::source_location::current()) {
  return gradient(y, std::span(&x, 1), where).front();
}
/// Scalars and tensors asked for at once: auto [gs, gt] = gradient(y, std::tie(s, t)).
template <class Y, class... X>
  requires((std::same_as<Y, Scalar> || std::same_as<Y, Tensor>) &&
           ((std::same_as<std::remove_const_t<X>, Scalar> || std::same_as<std::remove_const_t<X>, Tensor>)&&...))
[[nodiscard]] std::tuple<std::remove_const_t<X>...> gradient(
    const Y& y, const std::tuple<X&...>& x, std::source_location where = std::source_location::current()) {
  return std::apply(
      [&](const auto&... each) {
        const detail::AnyHandle handles[]{detail::AnyHandle(each)...};
        std::vector<detail::AnyGradient> results = detail::gradient_of(y, nullptr, handles, where);
        std::size_t k = 0;
        const auto next = [&]<class T>(const T&) -> T {
          if constexpr (std::same_as<T, Tensor>)
            return std::move(results[k++].tensor);
          else
            return results[k++].scalar;
        };
        return std::tuple<std::remove_const_t<X>...>{next(each)...};
      },
      x);
}
/// From a tensor of any shape, with a cotangent of its type, which may be recorded too: the gradient of Σ cotangent·y
/// with the cotangent held fixed.
[[nodiscard]] inline std::vector<Tensor> gradient(const Tensor& y, const Tensor& cotangent, std::span<const Tensor> x,
                                                  std::source_location where = std::source_location::current()) {
  return detail::gradients<Tensor>(y, &cotangent, x, where);
}

}  // namespace wengert
