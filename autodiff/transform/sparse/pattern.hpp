// SparsityPattern: which elements of a matrix can be other than 0; and those of Jacobians and Hessians, from a
// recording.
//
//     SparsityPattern p = jacobian_pattern(residuals, x);     // of std::vector<Scalar>, or of tensors
//     SparsityPattern h = hessian_pattern(loss, x);
//
// A pattern says what the recorded operations allow, whatever the values are: it holds for every point at which the
// program takes the same branches (the same guards). Both sides of `where`, `max` and `min` count, and 0·x counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/transform/sparse/handles.hpp"

namespace wengert {

/// Positions of a matrix, row by row (CSR): those of row i are column_indices()[row_starts()[i] … row_starts()[i+1]-1],
/// ascending. Owns two vectors, of rows() + 1 and nonzeros() numbers. Not changed once made.
class SparsityPattern {
 public:
  /// No rows, no columns.
  SparsityPattern() = default;
  /// Throws ArgumentError unless row_starts has one number per row and one more, is 0 at first and ascends to the
  /// number of column indices, and those of each row ascend strictly and lie below `cols`.
  SparsityPattern(std::size_t cols, std::vector<std::size_t> row_starts, std::vector<std::uint32_t> column_indices,
                  std::source_location where = std::source_location::current());

  [[nodiscard]] std::size_t rows() const noexcept { return row_starts_.size() - 1; }
  [[nodiscard]] std::size_t cols() const noexcept { return cols_; }
  [[nodiscard]] std::size_t nonzeros() const noexcept { return column_indices_.size(); }
  [[nodiscard]] std::span<const std::size_t> row_starts() const noexcept { return row_starts_; }
  [[nodiscard]] std::span<const std::uint32_t> column_indices() const noexcept { return column_indices_; }
  /// The columns of row i; i < rows().
  [[nodiscard]] std::span<const std::uint32_t> row(std::size_t i) const noexcept {
    return std::span(column_indices_).subspan(row_starts_[i], row_starts_[i + 1] - row_starts_[i]);
  }
  [[nodiscard]] bool contains(std::size_t row, std::size_t column) const noexcept;
  [[nodiscard]] SparsityPattern transposed() const;
  /// The elements on and below the diagonal.
  [[nodiscard]] SparsityPattern lower_triangle() const;
  /// Together with its transpose. Throws ShapeError unless it is square.
  [[nodiscard]] SparsityPattern symmetric(std::source_location where = std::source_location::current()) const;

  friend bool operator==(const SparsityPattern&, const SparsityPattern&) = default;

 private:
  std::size_t cols_ = 0;
  std::vector<std::size_t> row_starts_{0};
  std::vector<std::uint32_t> column_indices_;
};

/// The elements of ∂y/∂x that can be other than 0: a row for every element of y, a column for every element of x, in
/// the order given (those of a tensor row-major). What it lacks is 0 at every point with the same branches. Exact as
/// far as structure goes for Scalars and for the tensor primitives that are elementwise, move elements, index, sum or
/// take products; softmax is dense along its axes. Of any other primitive of tensors every element of the result is
/// taken to depend on every element of the operands.
///
/// x may be any values of the recording, also computed ones, and the derivative is the total one, as in forward(). One
/// walk back over the recording and one forth; sets of up to 64 columns are kept once, larger ones as unions. Time is
/// that of the walks, and of writing the rows down. Throws StaleHandle, ForeignRecording; ArgumentError for an x that
/// is a constant; DtypeError for tensors that are not f32 or f64.
[[nodiscard]] SparsityPattern jacobian_pattern(const Handles& y, const Handles& x,
                                               std::source_location where = std::source_location::current());
/// The elements of ∂²y/∂x² that can be other than 0; symmetric. It is the pattern of the recorded gradient, which is
/// recorded for that and forgotten again. A sum costs what its terms do. Throws as gradient() does.
[[nodiscard]] SparsityPattern hessian_pattern(const detail::AnyHandle& y, const Handles& x,
                                              std::source_location where = std::source_location::current());

}  // namespace wengert
