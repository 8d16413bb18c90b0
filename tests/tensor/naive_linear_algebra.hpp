/// Linear algebra once more, by textbook loops in double: elimination with full pivoting, cofactors by minors, Jacobi
/// rotations, Gram–Schmidt. For the small, well-conditioned matrices of the tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace wengert::test {

/// Row-major.
struct PlainMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<double> at;

  PlainMatrix(std::size_t m, std::size_t n) : rows(m), columns(n), at(m * n) {}
  [[nodiscard]] double& operator()(std::size_t i, std::size_t j) { return at[i * columns + j]; }
  [[nodiscard]] double operator()(std::size_t i, std::size_t j) const { return at[i * columns + j]; }
  [[nodiscard]] PlainMatrix transposed() const {
    PlainMatrix t(columns, rows);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) t(j, i) = (*this)(i, j);
    return t;
  }
};

inline PlainMatrix operator*(const PlainMatrix& a, const PlainMatrix& b) {
  PlainMatrix c(a.rows, b.columns);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j)
      for (std::size_t p = 0; p < a.columns; ++p) c(i, j) += a(i, p) * b(p, j);
  return c;
}

inline PlainMatrix plain_identity(std::size_t n) {
  PlainMatrix one(n, n);
  for (std::size_t i = 0; i < n; ++i) one(i, i) = 1;
  return one;
}

/// x with a·x = b, by Gauss and Jordan with full pivoting.
inline PlainMatrix plain_solve(PlainMatrix a, PlainMatrix b) {
  const std::size_t n = a.rows;
  std::vector<std::size_t> place(n);
  std::iota(place.begin(), place.end(), std::size_t{0});
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t row = k, column = k;
    for (std::size_t i = k; i < n; ++i)
      for (std::size_t j = k; j < n; ++j)
        if (std::abs(a(i, j)) > std::abs(a(row, column))) row = i, column = j;
    for (std::size_t j = 0; j < n; ++j) std::swap(a(k, j), a(row, j));
    for (std::size_t j = 0; j < b.columns; ++j) std::swap(b(k, j), b(row, j));
    for (std::size_t i = 0; i < n; ++i) std::swap(a(i, k), a(i, column));
    std::swap(place[k], place[column]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a(i, k) / a(k, k);
      for (std::size_t j = k; j < n; ++j) a(i, j) -= factor * a(k, j);
      for (std::size_t j = 0; j < b.columns; ++j) b(i, j) -= factor * b(k, j);
    }
  }
  PlainMatrix x(n, b.columns);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < b.columns; ++j) x(place[k], j) = b(k, j) / a(k, k);
  return x;
}

/// Without row i and column j.
inline PlainMatrix minor_of(const PlainMatrix& a, std::size_t i, std::size_t j) {
  PlainMatrix m(a.rows - 1, a.columns - 1);
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.columns; ++c) m(r, c) = a(r + (r >= i ? 1 : 0), c + (c >= j ? 1 : 0));
  return m;
}

/// By the first row.
inline double plain_determinant(const PlainMatrix& a) {
  if (a.rows == 0) return 1;
  double sum = 0;
  for (std::size_t j = 0; j < a.columns; ++j)
    sum += (j % 2 == 0 ? 1 : -1) * a(0, j) * plain_determinant(minor_of(a, 0, j));
  return sum;
}

/// Eigenvalues of a symmetric matrix, ascending, and vectors in columns, by Jacobi rotations.
inline std::pair<std::vector<double>, PlainMatrix> plain_eigh(PlainMatrix a) {
  const std::size_t n = a.rows;
  PlainMatrix v = plain_identity(n);
  for (int sweep = 0; sweep < 60; ++sweep)
    for (std::size_t p = 0; p + 1 < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a(p, q) == 0) continue;
        const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::hypot(1, theta)), c = 1 / std::hypot(1, t),
                     s = t * c;
        PlainMatrix turn = plain_identity(n);
        turn(p, p) = turn(q, q) = c;
        turn(p, q) = s;
        turn(q, p) = -s;
        a = turn.transposed() * a * turn;
        a(p, q) = a(q, p) = 0;
        v = v * turn;
      }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a(i, i) < a(j, j); });
  std::vector<double> values;
  PlainMatrix vectors(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    values.push_back(a(order[j], order[j]));
    for (std::size_t i = 0; i < n; ++i) vectors(i, j) = v(i, order[j]);
  }
  return {values, vectors};
}

/// 1 or -1, so that the first component of 0.4 of the largest or more is positive.
inline double plain_sign(const PlainMatrix& m, std::size_t column) {
  double largest = 0;
  for (std::size_t i = 0; i < m.rows; ++i) largest = std::max(largest, std::abs(m(i, column)));
  for (std::size_t i = 0; i < m.rows; ++i)
    if (std::abs(m(i, column)) >= 0.4 * largest) return m(i, column) < 0 ? -1 : 1;
  return 1;
}

/// What a primitive of linear algebra gives of one item, by its name; row-major. Empty: no such primitive here.
inline std::vector<double> naive_item(std::string_view name, const PlainMatrix& a, const PlainMatrix* b,
                                      std::int64_t flags, std::int64_t offset) {
  const std::size_t n = a.columns;
  PlainMatrix symmetric = a;
  if (a.rows == n)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) symmetric(i, j) = 0.5 * (a(i, j) + a(j, i));
  if (name == "triangle") {
    PlainMatrix t = a;
    for (std::size_t i = 0; i < a.rows; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        const std::int64_t place = static_cast<std::int64_t>(j) - static_cast<std::int64_t>(i);
        if (flags == 0 ? place > offset : place < offset) t(i, j) = 0;
      }
    return t.at;
  }
  if (name == "solve") return plain_solve(flags != 0 ? a.transposed() : a, *b).at;
  if (name == "triangular_solve") {
    PlainMatrix t(n, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        t(i, j) = i == j ? ((flags & 4) != 0 ? 1 : a(i, i)) : ((flags & 1) != 0) == (j > i) ? a(i, j) : 0;
    return plain_solve((flags & 2) != 0 ? t.transposed() : t, *b).at;
  }
  if (name == "inverse") return plain_solve(a, plain_identity(n)).at;
  if (name == "determinant") return {plain_determinant(a)};
  if (name == "log_abs_determinant") return {std::log(std::abs(plain_determinant(a)))};
  if (name == "determinant_sign") {
    const double d = plain_determinant(a);
    return {d > 0 ? 1.0 : d < 0 ? -1.0 : 0.0};
  }
  if (name == "cofactor") {
    PlainMatrix c(n, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) c(i, j) = ((i + j) % 2 == 0 ? 1 : -1) * plain_determinant(minor_of(a, i, j));
    return c.at;
  }
  if (name == "cholesky") {
    PlainMatrix l(n, n);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = j; i < n; ++i) {
        double rest = symmetric(i, j);
        for (std::size_t k = 0; k < j; ++k) rest -= l(i, k) * l(j, k);
        l(i, j) = i == j ? std::sqrt(rest) : rest / l(j, j);
      }
    return l.at;
  }
  if (name == "reciprocal_gaps") {
    PlainMatrix f(n, n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (i != j) f(i, j) = 1 / (a(0, j) - a(0, i));
    return f.at;
  }
  if (name == "eigh") {
    auto [values, vectors] = plain_eigh(symmetric);
    for (std::size_t j = 0; j < n; ++j) {
      const double sign = plain_sign(vectors, j);
      for (std::size_t i = 0; i < n; ++i) vectors(i, j) *= sign;
    }
    values.insert(values.end(), vectors.at.begin(), vectors.at.end());
    return values;
  }
  if (name == "svd") {  // by the eigenvectors of aᵀ·a or a·aᵀ, whichever is smaller
    const bool wide = a.rows < n;
    const PlainMatrix tall = wide ? a.transposed() : a;
    const std::size_t k = tall.columns;
    const PlainMatrix vectors = plain_eigh(tall.transposed() * tall).second;
    PlainMatrix right(k, k);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j) right(i, j) = vectors(i, k - 1 - j);
    PlainMatrix left = tall * right;
    std::vector<double> s(k);
    for (std::size_t j = 0; j < k; ++j) {
      for (std::size_t i = 0; i < left.rows; ++i) s[j] = std::hypot(s[j], left(i, j));
      for (std::size_t i = 0; i < left.rows; ++i) left(i, j) /= s[j];
    }
    PlainMatrix u = wide ? right : left, v = wide ? left : right;
    for (std::size_t j = 0; j < k; ++j) {
      const double sign = plain_sign(u, j);
      for (std::size_t i = 0; i < u.rows; ++i) u(i, j) *= sign;
      for (std::size_t i = 0; i < v.rows; ++i) v(i, j) *= sign;
    }
    s.insert(s.end(), u.at.begin(), u.at.end());
    s.insert(s.end(), v.at.begin(), v.at.end());
    return s;
  }
  if (name == "qr") {  // Gram and Schmidt, twice
    PlainMatrix q = a, r = plain_identity(n);
    for (int round = 0; round < 2; ++round) {
      PlainMatrix step(n, n);
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < j; ++k) {
          for (std::size_t i = 0; i < a.rows; ++i) step(k, j) += q(i, k) * q(i, j);
          for (std::size_t i = 0; i < a.rows; ++i) q(i, j) -= step(k, j) * q(i, k);
        }
        for (std::size_t i = 0; i < a.rows; ++i) step(j, j) = std::hypot(step(j, j), q(i, j));
        for (std::size_t i = 0; i < a.rows; ++i) q(i, j) /= step(j, j);
      }
      r = step * r;
    }
    q.at.insert(q.at.end(), r.at.begin(), r.at.end());
    return q.at;
  }
  return {};
}

}  // namespace wengert::test
