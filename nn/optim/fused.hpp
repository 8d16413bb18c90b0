// fused: one pass over a parameter, its gradient and its moments, in loops that become vector code.
//
// For sources of optimisers, also of one's own:
//
//     void update(const nn::Update& u) const noexcept override {
//       nn::fused<1>(u, [&]<class T>(std::type_identity<T>) {
//         const T rate = static_cast<T>(u.rate), decay = static_cast<T>(decay_);
//         return [=](T p, T g, T& average) {
//           average = decay * average + (1 - decay) * g;
//           return p - rate * average;
//         };
//       });
//     }
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

namespace detail {
/// The gradient to follow, downward and with the decay of weights; with numbers sign·g + decay·p.
[[nodiscard]] inline Tensor total_of(const RecordedUpdate& u) {
  const Tensor g = u.maximise ? -u.gradient : u.gradient;
  return u.weight_decay == 0 ? g : g + u.weight_decay * u.parameter;
}
}  // namespace detail

namespace detail {

template <class T, class Rule>
void fused_loop(const Rule& rule, std::int64_t size, T* __restrict p, const T* __restrict g) {
  for (std::int64_t i = 0; i < size; ++i) p[i] = rule(p[i], g[i]);
}
template <class T, class Rule>
void fused_loop(const Rule& rule, std::int64_t size, T* __restrict p, const T* __restrict g, T* __restrict a) {
  for (std::int64_t i = 0; i < size; ++i) p[i] = rule(p[i], g[i], a[i]);
}
template <class T, class Rule>
void fused_loop(const Rule& rule, std::int64_t size, T* __restrict p, const T* __restrict g, T* __restrict a,
                T* __restrict b) {
  for (std::int64_t i = 0; i < size; ++i) p[i] = rule(p[i], g[i], a[i], b[i]);
}
template <class T, class Rule>
void fused_loop(const Rule& rule, std::int64_t size, T* __restrict p, const T* __restrict g, T* __restrict a,
                T* __restrict b, T* __restrict c) {
  for (std::int64_t i = 0; i < size; ++i) p[i] = rule(p[i], g[i], a[i], b[i], c[i]);
}

template <std::size_t Moments, class T, class Make>
void fused_as(const Update& u, const Make& make) {
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    fused_loop<T>(make(std::type_identity<T>{}), u.size, static_cast<T*>(u.parameter),
                  static_cast<const T*>(u.gradient), static_cast<T*>(u.moments[K])...);
  }(std::make_index_sequence<Moments>{});
}

}  // namespace detail

/// Writes the parameter of `u` and its first `Moments` moments. make(std::type_identity<T>{}), T float or double, gives
/// the rule for one element: rule(parameter, gradient, moment&…) returns the parameter's next value.
template <std::size_t Moments, class Make>
void fused(const Update& u, const Make& make) {
  if (u.dtype == Dtype::f32)
    detail::fused_as<Moments, float>(u, make);
  else
    detail::fused_as<Moments, double>(u, make);
}

}  // namespace wengert::nn
