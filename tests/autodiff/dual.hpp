// Dual: forward-mode numbers for tests, written apart from the library, so that the library is not its own oracle.
//
// Dual<T, N> carries a value and N directional derivatives, both of type T; T may be a Dual again. The conventions at
// kinks are those of the primitives' documentation.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

namespace wengert::oracle {

template <class T, std::size_t N>
struct Dual {
  T v{};
  std::array<T, N> d{};

  Dual() = default;
  Dual(double constant) : v(constant) {}  // NOLINT: constants convert
  template <class U>
    requires(std::is_same_v<U, T> && !std::is_same_v<T, double>)
  explicit Dual(const U& value) : v(value) {}
};

inline double number(double x) { return x; }
template <class T, std::size_t N>
double number(const Dual<T, N>& x) {
  return number(x.v);
}

// Functions of plain numbers that <cmath> lacks, with the names of the library's.
inline double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline double relu(double x) { return x < 0 ? 0 : x; }
inline double heaviside(double x) { return x < 0 ? 0 : 1; }
inline double select(bool condition, double a, double b) { return condition ? a : b; }
template <class T, std::size_t N>
Dual<T, N> select(bool condition, const Dual<T, N>& a, const Dual<T, N>& b) {
  return condition ? a : b;
}

/// A function of value `v` whose derivatives in x is p.
template <class T, std::size_t N>
Dual<T, N> chain(const T& v, const T& p, const Dual<T, N>& x) {
  Dual<T, N> result;
  result.v = v;
  for (std::size_t k = 0; k < N; ++k) result.d[k] = p * x.d[k];
  return result;
}
template <class T, std::size_t N>
Dual<T, N> chain(const T& v, const T& p, const Dual<T, N>& x, const T& q, const Dual<T, N>& y) {
  Dual<T, N> result;
  result.v = v;
  for (std::size_t k = 0; k < N; ++k) result.d[k] = p * x.d[k] + q * y.d[k];
  return result;
}

template <class T, std::size_t N>
Dual<T, N> operator-(const Dual<T, N>& x) {
  return chain(-x.v, T(-1.0), x);
}
template <class T, std::size_t N>
Dual<T, N> operator+(const Dual<T, N>& x, const Dual<T, N>& y) {
  return chain(x.v + y.v, T(1.0), x, T(1.0), y);
}
template <class T, std::size_t N>
Dual<T, N> operator-(const Dual<T, N>& x, const Dual<T, N>& y) {
  return chain(x.v - y.v, T(1.0), x, T(-1.0), y);
}
template <class T, std::size_t N>
Dual<T, N> operator*(const Dual<T, N>& x, const Dual<T, N>& y) {
  return chain(x.v * y.v, y.v, x, x.v, y);
}
template <class T, std::size_t N>
Dual<T, N> operator/(const Dual<T, N>& x, const Dual<T, N>& y) {
  const T q = x.v / y.v;
  return chain(q, T(1.0) / y.v, x, -(q / y.v), y);
}
template <class T, std::size_t N>
Dual<T, N> operator+(const Dual<T, N>& x, double c) {
  return x + Dual<T, N>(c);
}
template <class T, std::size_t N>
Dual<T, N> operator+(double c, const Dual<T, N>& x) {
  return Dual<T, N>(c) + x;
}
template <class T, std::size_t N>
Dual<T, N> operator-(const Dual<T, N>& x, double c) {
  return x - Dual<T, N>(c);
}
template <class T, std::size_t N>
Dual<T, N> operator-(double c, const Dual<T, N>& x) {
  return Dual<T, N>(c) - x;
}
template <class T, std::size_t N>
Dual<T, N> operator*(const Dual<T, N>& x, double c) {
  return x * Dual<T, N>(c);
}
template <class T, std::size_t N>
Dual<T, N> operator*(double c, const Dual<T, N>& x) {
  return Dual<T, N>(c) * x;
}
template <class T, std::size_t N>
Dual<T, N> operator/(const Dual<T, N>& x, double c) {
  return x / Dual<T, N>(c);
}
template <class T, std::size_t N>
Dual<T, N> operator/(double c, const Dual<T, N>& x) {
  return Dual<T, N>(c) / x;
}
template <class T, std::size_t N>
bool operator<(const Dual<T, N>& x, const Dual<T, N>& y) {
  return number(x) < number(y);
}
template <class T, std::size_t N>
bool operator<(const Dual<T, N>& x, double y) {
  return number(x) < y;
}

template <class T, std::size_t N>
Dual<T, N> sin(const Dual<T, N>& x) {
  using std::cos, std::sin;
  return chain<T, N>(sin(x.v), cos(x.v), x);
}
template <class T, std::size_t N>
Dual<T, N> cos(const Dual<T, N>& x) {
  using std::cos, std::sin;
  return chain<T, N>(cos(x.v), -sin(x.v), x);
}
template <class T, std::size_t N>
Dual<T, N> exp(const Dual<T, N>& x) {
  using std::exp;
  const T e = exp(x.v);
  return chain(e, e, x);
}
template <class T, std::size_t N>
Dual<T, N> log(const Dual<T, N>& x) {
  using std::log;
  return chain<T, N>(log(x.v), 1.0 / x.v, x);
}
template <class T, std::size_t N>
Dual<T, N> sqrt(const Dual<T, N>& x) {
  using std::sqrt;
  const T s = sqrt(x.v);
  return chain<T, N>(s, 0.5 / s, x);
}
template <class T, std::size_t N>
Dual<T, N> tanh(const Dual<T, N>& x) {
  using std::tanh;
  const T t = tanh(x.v);
  return chain<T, N>(t, 1.0 - t * t, x);
}
template <class T, std::size_t N>
Dual<T, N> sigmoid(const Dual<T, N>& x) {
  const T s = sigmoid(x.v);
  return chain<T, N>(s, s * (1.0 - s), x);
}
template <class T, std::size_t N>
Dual<T, N> relu(const Dual<T, N>& x) {
  return number(x) > 0 ? x : Dual<T, N>(number(x) < 0 ? 0.0 : number(x));
}
template <class T, std::size_t N>
Dual<T, N> heaviside(const Dual<T, N>& x) {
  return Dual<T, N>(heaviside(number(x)));
}
template <class T, std::size_t N>
Dual<T, N> abs(const Dual<T, N>& x) {
  if (number(x) == 0) return Dual<T, N>(0.0);
  return number(x) < 0 ? -x : x;
}
/// Constant whole powers.
template <class T, std::size_t N>
Dual<T, N> pow(const Dual<T, N>& x, int n) {
  Dual<T, N> result(1.0);
  for (int k = 0; k < n; ++k) result = result * x;
  return result;
}
template <class T, std::size_t N>
Dual<T, N> pow(const Dual<T, N>& x, const Dual<T, N>& y) {
  using std::log, std::pow;
  const T v = pow(x.v, y.v);
  return chain<T, N>(v, y.v * (v / x.v), x, v * log(x.v), y);
}
template <class T, std::size_t N>
Dual<T, N> max(const Dual<T, N>& x, const Dual<T, N>& y) {
  if (number(x) == number(y)) return chain(x.v, T(0.5), x, T(0.5), y);
  return number(x) > number(y) ? x : y;
}
template <class T, std::size_t N>
Dual<T, N> min(const Dual<T, N>& x, const Dual<T, N>& y) {
  if (number(x) == number(y)) return chain(x.v, T(0.5), x, T(0.5), y);
  return number(x) < number(y) ? x : y;
}

}  // namespace wengert::oracle
