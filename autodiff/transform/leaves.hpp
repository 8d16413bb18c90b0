// What goes into a function and comes out of it, taken apart into leaves and put together again: numbers, Scalars,
// Tensors, and std::vector, std::array, std::pair, std::tuple and ValueAndGradient of these, nested as one likes.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/transform/value_and_grad.hpp"

namespace wengert::detail {

/// A number, a handle, or an expression of Scalars.
template <class T>
concept Leaf = Number<T> || std::same_as<T, Scalar> || std::same_as<T, Tensor> || CompositeExpression<T>;

template <class T>
struct StructureOf {};  // of what is no leaf, by specialisation: map(tree, f), each(tree, f)

/// The same structure with f(leaf) for every leaf, from the first to the last.
template <class T, class F>
auto map_leaves(const T& tree, F&& f) {
  if constexpr (Leaf<T>)
    return f(tree);
  else
    return StructureOf<T>::map(tree, f);
}
template <class T, class F>
using Mapped = decltype(map_leaves(std::declval<const T&>(), std::declval<F&>()));

/// f(leaf) for every leaf, in the same order; and f.list(count) before the elements of a std::vector, if there is such.
template <class T, class F>
void for_each_leaf(const T& tree, F&& f) {
  if constexpr (Leaf<T>)
    f(tree);
  else
    StructureOf<T>::each(tree, f);
}

/// Any leaf of T is a number by its type.
template <class T>
inline constexpr bool has_numbers = false;
template <Number T>
inline constexpr bool has_numbers<T> = true;
template <class T>
inline constexpr bool has_numbers<std::vector<T>> = has_numbers<T>;
template <class T, std::size_t N>
inline constexpr bool has_numbers<std::array<T, N>> = has_numbers<T>;
template <class... T>
inline constexpr bool has_numbers<std::tuple<T...>> = (has_numbers<T> || ...);
template <class A, class B>
inline constexpr bool has_numbers<std::pair<A, B>> = has_numbers<A> || has_numbers<B>;

template <class T>
struct StructureOf<std::vector<T>> {
  template <class F>
  static auto map(const std::vector<T>& tree, F& f) {
    std::vector<Mapped<T, F>> result;
    result.reserve(tree.size());
    for (const T& element : tree) result.push_back(map_leaves(element, f));
    return result;
  }
  template <class F>
  static void each(const std::vector<T>& tree, F& f) {
    if constexpr (requires { f.list(tree.size()); }) f.list(tree.size());
    for (const T& element : tree) for_each_leaf(element, f);
  }
};
template <class T, std::size_t N>
struct StructureOf<std::array<T, N>> {
  template <class F>
  static auto map(const std::array<T, N>& tree, F& f) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return std::array<Mapped<T, F>, N>{map_leaves(tree[K], f)...};
    }(std::make_index_sequence<N>{});
  }
  template <class F>
  static void each(const std::array<T, N>& tree, F& f) {
    for (const T& element : tree) for_each_leaf(element, f);
  }
};
template <class... T>
struct StructureOf<std::tuple<T...>> {
  template <class F>
  static auto map(const std::tuple<T...>& tree, F& f) {
    return std::apply([&](const T&... element) { return std::tuple<Mapped<T, F>...>{map_leaves(element, f)...}; },
                      tree);
  }
  template <class F>
  static void each(const std::tuple<T...>& tree, F& f) {
    std::apply([&](const T&... element) { (for_each_leaf(element, f), ...); }, tree);
  }
};
template <class A, class B>
struct StructureOf<std::pair<A, B>> {
  template <class F>
  static auto map(const std::pair<A, B>& tree, F& f) {
    return std::pair<Mapped<A, F>, Mapped<B, F>>{map_leaves(tree.first, f), map_leaves(tree.second, f)};
  }
  template <class F>
  static void each(const std::pair<A, B>& tree, F& f) {
    for_each_leaf(tree.first, f);
    for_each_leaf(tree.second, f);
  }
};
template <class V, class G>
struct StructureOf<ValueAndGradient<V, G>> {
  template <class F>
  static auto map(const ValueAndGradient<V, G>& tree, F& f) {
    return ValueAndGradient<Mapped<V, F>, Mapped<G, F>>{map_leaves(tree.value, f), map_leaves(tree.gradient, f)};
  }
  template <class F>
  static void each(const ValueAndGradient<V, G>& tree, F& f) {
    for_each_leaf(tree.value, f);
    for_each_leaf(tree.gradient, f);
  }
};

/// A handle of either kind.
struct AnyValue {
  Scalar scalar{};
  Tensor tensor{};
  bool is_tensor = false;

  AnyValue(const Scalar& x) : scalar(x) {}                       // NOLINT: both kinds are one
  AnyValue(Tensor x) : tensor(std::move(x)), is_tensor(true) {}  // NOLINT
  [[nodiscard]] AnyHandle handle() const noexcept { return is_tensor ? AnyHandle(tensor) : AnyHandle(scalar); }
  [[nodiscard]] bool is_constant() const noexcept { return is_tensor ? tensor.is_constant() : scalar.is_constant(); }
};

/// With a Scalar for every number and expression.
template <class T>
[[nodiscard]] auto handles_in(const T& tree) {
  return map_leaves(tree, [](const auto& leaf) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(leaf)>, Tensor>)
      return leaf;
    else
      return Scalar(leaf);
  });
}
template <class T>
[[nodiscard]] std::vector<AnyValue> leaves_of(const T& tree) {
  std::vector<AnyValue> leaves;
  for_each_leaf(tree, [&](const auto& leaf) { leaves.emplace_back(leaf); });
  return leaves;
}
/// A structure of handles with other handles, from place `at` of `leaves` on.
template <class T>
[[nodiscard]] T with_leaves(const T& structure, const std::vector<AnyValue>& leaves, std::size_t& at) {
  return map_leaves(structure, [&](const auto& leaf) {
    const AnyValue& next = leaves[at++];
    if constexpr (std::same_as<std::remove_cvref_t<decltype(leaf)>, Tensor>)
      return next.tensor;
    else
      return next.scalar;
  });
}

}  // namespace wengert::detail
