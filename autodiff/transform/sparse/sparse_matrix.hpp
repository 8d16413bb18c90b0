// SparseMatrix: numbers at the positions of a pattern, in the forms that solvers take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/transform/matrix.hpp"
#include "wengert/autodiff/transform/sparse/pattern.hpp"

namespace wengert {

/// One element, by its place.
struct Triplet {
  std::uint32_t row = 0, col = 0;
  double value = 0.0;
  friend bool operator==(const Triplet&, const Triplet&) = default;
};

/// A matrix in CSR: the elements of row i are values()[row_starts()[i] … row_starts()[i+1]-1], their columns
/// column_indices() there, ascending. Copies share the pattern.
class SparseMatrix {
 public:
  /// 0 × 0.
  SparseMatrix();
  /// Zeros at the positions of the pattern.
  explicit SparseMatrix(std::shared_ptr<const SparsityPattern> pattern);
  /// Throws ArgumentError unless there is one value for each position.
  SparseMatrix(SparsityPattern pattern, std::vector<double> values,
               std::source_location where = std::source_location::current());

  [[nodiscard]] const SparsityPattern& pattern() const noexcept { return *pattern_; }
  [[nodiscard]] const std::shared_ptr<const SparsityPattern>& shared_pattern() const noexcept { return pattern_; }
  [[nodiscard]] std::size_t rows() const noexcept { return pattern_->rows(); }
  [[nodiscard]] std::size_t cols() const noexcept { return pattern_->cols(); }
  [[nodiscard]] std::size_t nonzeros() const noexcept { return pattern_->nonzeros(); }
  [[nodiscard]] std::span<const std::size_t> row_starts() const noexcept { return pattern_->row_starts(); }
  [[nodiscard]] std::span<const std::uint32_t> column_indices() const noexcept { return pattern_->column_indices(); }
  [[nodiscard]] std::span<const double> values() const noexcept { return values_; }
  [[nodiscard]] std::span<double> values() noexcept { return values_; }

  /// The element at a place; 0 where the pattern has none.
  [[nodiscard]] double operator()(std::size_t row, std::size_t col) const noexcept;
  /// All elements of the pattern, row by row.
  [[nodiscard]] std::vector<Triplet> triplets() const;
  /// The part on and below the diagonal: what solvers for symmetric matrices take.
  [[nodiscard]] SparseMatrix lower_triangle() const;
  /// All rows · columns numbers.
  [[nodiscard]] Matrix to_dense() const;
  /// The product with a vector. Throws ShapeError unless it has a number for every column.
  [[nodiscard]] std::vector<double> times(std::span<const double> x,
                                          std::source_location where = std::source_location::current()) const;

 private:
  std::shared_ptr<const SparsityPattern> pattern_;
  std::vector<double> values_;
};

}  // namespace wengert
