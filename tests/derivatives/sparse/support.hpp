// What the tests of sparse derivatives share: dense derivatives without any sparsity, and patterns by definition.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/sparse/sparse.hpp"

namespace wengert::sparse_tests {

/// ∂y/∂x row after row, one reverse sweep for every row.
inline std::vector<double> dense_jacobian(const std::vector<Scalar>& y, const std::vector<Scalar>& x) {
  std::vector<double> result;
  for (const Scalar& output : y) {
    const Adjoints adjoints = backward(output);
    for (const Scalar& input : x) result.push_back(adjoints[input]);
  }
  return result;
}

/// ∂²y/∂x², one reverse sweep over the recorded gradient for every row.
inline std::vector<double> dense_hessian(const Scalar& y, const std::vector<Scalar>& x) {
  return dense_jacobian(gradient(y, x), x);
}

inline void check_near(double got, double want, double bound, const std::string& what) {
  if (got == want || (std::isnan(got) && std::isnan(want)) || std::abs(got - want) <= bound) return;
  std::ostringstream text;
  text.precision(17);
  text << what << ": " << got << ", expected " << want << " ± " << bound;
  BOOST_ERROR(text.str());
}

/// Element by element, to `tolerance` times the largest of its row (plus 1).
inline void check_matrix(const SparseMatrix& got, const std::vector<double>& want, double tolerance,
                         const std::string& what) {
  BOOST_REQUIRE_EQUAL(got.rows() * got.cols(), want.size());
  const Matrix matrix = got.to_dense();
  const std::span<const double> dense = matrix.data();
  for (std::size_t i = 0; i < got.rows(); ++i) {
    double size = 1;
    for (std::size_t j = 0; j < got.cols(); ++j) size = std::max(size, std::abs(want[i * got.cols() + j]));
    for (std::size_t j = 0; j < got.cols(); ++j)
      check_near(dense[i * got.cols() + j], want[i * got.cols() + j], tolerance * size,
                 what + " (" + std::to_string(i) + "," + std::to_string(j) + ")");
  }
}

/// All numbers of a matrix, row after row.
inline std::vector<double> dense_of(const SparseMatrix& matrix) {
  const Matrix dense = matrix.to_dense();
  return {dense.data().begin(), dense.data().end()};
}

using Positions = std::set<std::pair<std::size_t, std::size_t>>;
inline Positions positions(const SparsityPattern& pattern) {
  Positions result;
  for (std::size_t i = 0; i < pattern.rows(); ++i)
    for (const std::uint32_t j : pattern.row(i)) result.emplace(i, j);
  return result;
}
inline Positions nonzeros(const std::vector<double>& dense, std::size_t cols) {
  Positions result;
  for (std::size_t k = 0; k < dense.size(); ++k)
    if (dense[k] != 0.0) result.emplace(k / cols, k % cols);
  return result;
}

inline SparsityPattern pattern_of(std::size_t rows, std::size_t cols, const Positions& where) {
  std::vector<std::size_t> starts{0};
  std::vector<std::uint32_t> columns;
  for (std::size_t i = 0; i < rows; ++i) {
    for (auto at = where.lower_bound({i, 0}); at != where.end() && at->first == i; ++at)
      columns.push_back(static_cast<std::uint32_t>(at->second));
    starts.push_back(columns.size());
  }
  return SparsityPattern(cols, starts, columns);
}

/// Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])².
template <class T>
T rosenbrock(const std::vector<T>& x) {
  T sum = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const T a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
    sum = sum + (100.0 * a * a + b * b);
  }
  return sum;
}

}  // namespace wengert::sparse_tests
