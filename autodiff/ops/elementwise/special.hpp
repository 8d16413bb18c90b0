// Special functions: of the error integral, and the gamma function with its logarithmic derivatives.
#pragma once

#include <cmath>
#include <concepts>
#include <source_location>
#include "wengert/autodiff/ops/contract.hpp"

namespace wengert {
namespace ops {

// Computed in double; defined in special.cpp. NaN outside of the domain, ±∞ at poles that have a sign.
[[nodiscard]] double gaussian_value(double x) noexcept;
[[nodiscard]] double lgamma_value(double x) noexcept;
[[nodiscard]] double polygamma_value(double n, double x) noexcept;

struct Gaussian : Elementwise<1> {
  static constexpr auto name = "gaussian", symbol = "e^-x²", reference = "exp(-x*x)";
  static constexpr auto doc =
      "e^(-x²), to the last place also where x² has been rounded: the derivative of erf is made of it. Partial -2x·y; "
      "0 where the value is 0, also at ±∞.";
  static constexpr Cost value_cost = Cost::dear;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return static_cast<V>(gaussian_value(static_cast<double>(x)));
  }
  template <class V>
  static WENGERT_INLINE auto d0(const V& y, const V& x) {
    return when(y != V(0), V(-2) * x * y);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}, Point<1>{{6.0}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-3.0, 3.0}}}, Box<1>{{Interval{3.0, 25.0}}}}; }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V gaussian(V x) {
  return Gaussian::value(x);
}

struct Erf : Elementwise<1> {
  static constexpr auto name = "erf", symbol = "erf", reference = "erf(x)";
  static constexpr auto doc = "Error function 2/√π ∫₀ˣ e^(-t²) dt. Partial 2/√π · e^(-x²).";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::erf(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return V(0x1.20dd750429b6dp+0) * gaussian(x);  // 2 / √π
  }
  static constexpr auto points() { return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}}; }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-3.0, 3.0}}}, Box<1>{{Interval{1e-6, 5.0}}}}; }
};

struct Erfc : Elementwise<1> {
  static constexpr auto name = "erfc", symbol = "erfc", reference = "erfc(x)";
  static constexpr auto doc =
      "Complementary error function 1 - erf(x), without loss for large x. Partial -2/√π · e^(-x²).";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return std::erfc(x);
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return V(-0x1.20dd750429b6dp+0) * gaussian(x);  // 2 / √π
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{0.0}}, Point<1>{{9.0}}};
  }
  static constexpr auto domain() { return std::array{Box<1>{{Interval{-3.0, 3.0}}}, Box<1>{{Interval{3.0, 25.0}}}}; }
};

template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V polygamma_of_order(V n, V x) {
  return static_cast<V>(polygamma_value(static_cast<double>(n), static_cast<double>(x)));
}
struct Polygamma : Elementwise<2> {
  static constexpr auto name = "polygamma", symbol = "ψ", reference = "psi(int(x),y)";
  static constexpr auto doc =
      "ψ^(n)(z), the n-th derivative of the digamma function, for a constant whole n >= 0: ψ^(0) is digamma. Poles at "
      "z = 0, -1, -2 …: NaN or ±∞. Partial in z: ψ^(n+1)(z). No derivative in n.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  static constexpr unsigned constant_operands = 1;
  template <Number V>
  static WENGERT_INLINE V value(const V& n, const V& z) {
    return polygamma_of_order(n, z);
  }
  template <class V>
  static WENGERT_INLINE Zero d0(const V&, const V&, const V&) {
    return {};
  }
  template <class V>
  static WENGERT_INLINE V d1(const V&, const V& n, const V& z) {
    return polygamma_of_order(n + 1, z);
  }
  static constexpr auto points() {
    return std::array{Point<2>{{0.0, 2.5}}, Point<2>{{1.0, 0.3}}, Point<2>{{2.0, -0.7}}, Point<2>{{3.0, 10.0}}};
  }
  static constexpr auto domain() {
    return std::array{Box<2>{{Interval{0.0, 4.0, true}, Interval{0.1, 12.0}}},
                      Box<2>{{Interval{0.0, 3.0, true}, Interval{-0.9, -0.1}}}};
  }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V polygamma(int n, V x) {
  return Polygamma::value(static_cast<V>(n), x);
}

struct Digamma : Elementwise<1> {
  static constexpr auto name = "digamma", symbol = "ψ", reference = "digamma(x)";
  static constexpr auto doc =
      "ψ(x), the derivative of ln Γ. Poles at x = 0, -1, -2 …: NaN (∓∞ at ±0). Partial: the trigamma function "
      "ψ^(1)(x). Near the root at 1.4616 accurate to one unit in the last place of 1.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return static_cast<V>(polygamma_value(0, static_cast<double>(x)));
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return polygamma(1, x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{3.0}}, Point<1>{{1e3}}};
  }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{0.1, 12.0}}}, Box<1>{{Interval{-0.9, -0.1}}}, Box<1>{{Interval{1.0, 1e4}}}};
  }
};
template <std::floating_point V>
[[nodiscard]] WENGERT_INLINE V digamma(V x) {
  return Digamma::value(x);
}

struct Lgamma : Elementwise<1> {
  static constexpr auto name = "lgamma", symbol = "ln Γ", reference = "log(abs(gamma(x)))";
  static constexpr auto doc = "ln |Γ(x)|; +∞ at the poles 0, -1, -2 … Partial ψ(x): NaN at the poles.";
  static constexpr Cost value_cost = Cost::dear, partial_cost = Cost::dear;
  static constexpr bool partials_use_value = false;
  template <Number V>
  static WENGERT_INLINE V value(const V& x) {
    return static_cast<V>(lgamma_value(static_cast<double>(x)));
  }
  template <class V>
  static WENGERT_INLINE V d0(const V&, const V& x) {
    return digamma(x);
  }
  static constexpr auto points() {
    return std::array{Point<1>{{0.7}}, Point<1>{{-2.5}}, Point<1>{{3.0}}, Point<1>{{1e3}}};
  }
  static constexpr auto domain() {
    return std::array{Box<1>{{Interval{0.1, 12.0}}}, Box<1>{{Interval{-0.9, -0.1}}}, Box<1>{{Interval{1.0, 1e4}}}};
  }
};

using SpecialPrimitives = List<Gaussian, Erf, Erfc, Polygamma, Digamma, Lgamma>;

}  // namespace ops

/// e^(-x²).
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto gaussian(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Gaussian>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto erf(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Erf>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto erfc(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Erfc>(where, x);
}
/// The n-th derivative of the digamma function; n >= 0.
template <std::integral N, Handle A>
[[nodiscard]] WENGERT_INLINE auto polygamma(N n, const A& x,
                                            std::source_location where = std::source_location::current()) {
  return apply_at<ops::Polygamma>(where, n, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto digamma(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Digamma>(where, x);
}
template <Handle A>
[[nodiscard]] WENGERT_INLINE auto lgamma(const A& x, std::source_location where = std::source_location::current()) {
  return apply_at<ops::Lgamma>(where, x);
}

// On plain numbers, for code that is generic in its number type.
using ops::digamma;
using ops::gaussian;
using ops::polygamma;

}  // namespace wengert
