// Matrix: what a Jacobian or a Hessian is in numbers. Row-major, owned, sized once.
#pragma once

#include <cassert>
#include <cstddef>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/graph/error.hpp"

namespace wengert {

/// rows × cols doubles, row after row.
class Matrix {
 public:
  /// 0 × 0.
  Matrix() noexcept = default;
  /// All zeros.
  Matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), numbers_(rows * cols) {}

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t cols() const noexcept { return cols_; }

  /// Row i, column j, both counted from 0. Unchecked, but for an assertion.
  [[nodiscard]] double operator()(std::size_t i, std::size_t j) const noexcept {
    assert(i < rows_ && j < cols_);
    return numbers_[i * cols_ + j];
  }
  [[nodiscard]] double& operator()(std::size_t i, std::size_t j) noexcept {
    assert(i < rows_ && j < cols_);
    return numbers_[i * cols_ + j];
  }
  /// The same; throws ArgumentError for a place that is not in the matrix.
  [[nodiscard]] double at(std::size_t i, std::size_t j,
                          std::source_location where = std::source_location::current()) const {
    if (i >= rows_ || j >= cols_) {
      throw ArgumentError{{.operation = "matrix",
                           .problem = "(" + std::to_string(i) + ", " + std::to_string(j) + ") of " +
                                      std::to_string(rows_) + " × " + std::to_string(cols_),
                           .expected = "a row and a column of the matrix, counted from 0",
                           .where = where}};
    }
    return (*this)(i, j);
  }
  [[nodiscard]] std::span<const double> row(std::size_t i) const noexcept {
    assert(i < rows_);
    return {numbers_.data() + i * cols_, cols_};
  }
  [[nodiscard]] std::span<double> row(std::size_t i) noexcept {
    assert(i < rows_);
    return {numbers_.data() + i * cols_, cols_};
  }
  /// All of it, row after row.
  [[nodiscard]] std::span<const double> data() const noexcept { return numbers_; }
  [[nodiscard]] std::span<double> data() noexcept { return numbers_; }

  bool operator==(const Matrix&) const = default;

 private:
  std::size_t rows_ = 0, cols_ = 0;
  std::vector<double> numbers_;
};

}  // namespace wengert
