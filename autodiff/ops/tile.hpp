// Tile: the handle with which the dear partials of an elementwise primitive (ops::Cost::dear) are run on columns. Every
// operator is one loop over at most `tile` elements that stay in the first-level cache, and the loop is that of the
// primitive on tensors. So sin's partial, cos(x), runs at the speed of cos on tensors, and gives the same bits as the
// gradient that is recorded (EagerTensor does the same on whole tensors).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "wengert/autodiff/ops/column_loops.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert {

namespace kernels {
/// Elements in a tile. Four columns of f64 take a quarter of a first-level cache of 32 KiB.
inline constexpr std::int64_t tile = 256;
}  // namespace kernels

/// Elements of a column inside a rule: a view of some, or computed ones; or a number, which stands for all.
template <class T>
class Tile {
 public:
  using wengert_handle = void;
  using tile_element = T;

  template <Number N>
  explicit Tile(N number) noexcept : number_(static_cast<double>(number)) {}
  /// A view; the elements outlive it.
  Tile(const T* elements, std::int64_t count) noexcept : view_(elements), count_(count) {}
  /// Room for `count` elements, written through `write`.
  [[nodiscard]] static Tile room(std::int64_t count) noexcept {
    Tile t(0.0);
    t.count_ = count;
    return t;
  }
  Tile(const Tile& other) noexcept : view_(other.view_), count_(other.count_), number_(other.number_) {
    if (view_ == nullptr) std::copy_n(other.own_.data(), count_, own_.data());
  }
  Tile& operator=(const Tile&) = delete;
  ~Tile() = default;

  [[nodiscard]] bool is_number() const noexcept { return count_ == 0; }
  [[nodiscard]] double number() const noexcept { return number_; }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] T* write() noexcept { return own_.data(); }
  /// `count` elements; a number is spread over `buffer`.
  [[nodiscard]] const T* elements(std::int64_t count, std::array<T, kernels::tile>& buffer) const noexcept {
    if (!is_number()) return view_ != nullptr ? view_ : own_.data();
    std::fill_n(buffer.data(), count, static_cast<T>(number_));
    return buffer.data();
  }

 private:
  const T* view_ = nullptr;
  std::int64_t count_ = 0;  // 0: a number
  double number_ = 0.0;
  std::array<T, kernels::tile> own_;  // left unwritten unless needed
};

namespace detail {

template <class X>
concept TileHandle = requires { typename X::tile_element; };

template <class... X>
struct TileOf;
template <class First, class... Rest>
struct TileOf<First, Rest...> : TileOf<Rest...> {};
template <TileHandle First, class... Rest>
struct TileOf<First, Rest...> {
  using type = First;
};

template <class P, class... X>
  requires(TileHandle<X> || ...)
struct Applied<P, X...> {
  using Result = typename TileOf<X...>::type;
  static Result make(const X&... x) { return compute(as_tile(x)...); }

 private:
  template <class A>
  static decltype(auto) as_tile(const A& a) {
    if constexpr (Number<A>)
      return Result(a);
    else
      return (a);
  }
  template <class... A>
  static Result compute(const A&... x) {
    using T = typename Result::tile_element;
    const std::int64_t count = std::max({x.count()...});
    if (count == 0) return Result(static_cast<double>(P::value(x.number()...)));
    Result result = Result::room(count);
    [&](auto&&... buffer) {
      kernels::value_column<P, T, T>(result.write(), count, x.elements(count, buffer)...);
    }(buffer_for(x)...);
    return result;
  }
  /// Where the elements of a number are spread; left unwritten.
  template <class A>
  static std::array<typename Result::tile_element, kernels::tile> buffer_for(const A&) {
    std::array<typename Result::tile_element, kernels::tile> buffer;
    return buffer;
  }
};

}  // namespace detail

/// Truth values inside a rule: 0 and 1.
template <class T>
struct TileCondition {
  Tile<T> truth;
};

template <class T>
[[nodiscard]] TileCondition<T> operator<(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::Less>(a, b)};
}
template <class T>
[[nodiscard]] TileCondition<T> operator<=(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::LessEqual>(a, b)};
}
template <class T>
[[nodiscard]] TileCondition<T> operator>(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::Greater>(a, b)};
}
template <class T>
[[nodiscard]] TileCondition<T> operator>=(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::GreaterEqual>(a, b)};
}
template <class T>
[[nodiscard]] TileCondition<T> operator==(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::Equal>(a, b)};
}
template <class T>
[[nodiscard]] TileCondition<T> operator!=(const Tile<T>& a, const Tile<T>& b) {
  return {apply<ops::NotEqual>(a, b)};
}
template <class T>
[[nodiscard]] Tile<T> where(const TileCondition<T>& condition, const Tile<T>& a, const Tile<T>& b) {
  return apply<ops::Where>(condition.truth, a, b);
}
template <class T>
[[nodiscard]] TileCondition<T> logical_and(const TileCondition<T>& a, const TileCondition<T>& b) {
  return {apply<ops::LogicalAnd>(a.truth, b.truth)};
}
template <class T>
[[nodiscard]] TileCondition<T> logical_or(const TileCondition<T>& a, const TileCondition<T>& b) {
  return {apply<ops::LogicalOr>(a.truth, b.truth)};
}
namespace ops {
template <class T>
[[nodiscard]] TileCondition<T> truth(const Tile<T>& condition) {
  return {condition};
}
}  // namespace ops
using ops::truth;

namespace kernels {

// to[i] = what g[i] contributes through the partial; the same cases as for numbers (contract.hpp).
template <class T>
void tile_contribution(T* to, std::int64_t count, const T* g, const Tile<T>& partial) {
  std::array<T, tile> buffer;
  detail::run_at_simd_level<ProductLoop<T>>(partial.elements(count, buffer), g, to, count);
}
template <class T>
void tile_contribution(T* to, std::int64_t count, const T* g, ops::One) {
  std::copy_n(g, count, to);
}
template <class T>
void tile_contribution(T* to, std::int64_t count, const T* g, ops::MinusOne) {
  std::transform(g, g + count, to, [](T x) { return -x; });
}
template <class T, class Partial>
void tile_contribution(T* to, std::int64_t count, const T* g, const ops::When<TileCondition<T>, Partial>& p) {
  std::array<T, tile> buffer;
  tile_contribution(to, count, g, p.partial);
  detail::run_at_simd_level<KeepLoop<T, true>>(p.condition.truth.elements(count, buffer), to, count);
}
template <class T, class Partial>
void tile_contribution(T* to, std::int64_t count, const T* g, const ops::Unless<TileCondition<T>, Partial>& p) {
  std::array<T, tile> buffer;
  tile_contribution(to, count, g, p.partial);
  detail::run_at_simd_level<KeepLoop<T, false>>(p.condition.truth.elements(count, buffer), to, count);
}

/// to[i] = what g[i] contributes to operand O of P; count is at most `tile`.
template <class P, std::size_t O, class T, class... In>
void contribution_column(T* to, std::int64_t count, const T* g, const T* y, const In*... in) {
  if constexpr (P::partial_cost == ops::Cost::dear)
    tile_contribution(to, count, g, ops::partial<P, O>(Tile<T>(y, count), Tile<T>(in, count)...));
  else
    detail::run_at_simd_level<ContributionLoop<P, O, T>>(to, count, g, y, in...);
}

}  // namespace kernels
}  // namespace wengert
