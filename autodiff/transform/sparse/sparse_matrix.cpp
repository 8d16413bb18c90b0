#include "wengert/autodiff/transform/sparse/sparse_matrix.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert {

SparseMatrix::SparseMatrix() : SparseMatrix(std::make_shared<const SparsityPattern>()) {}

SparseMatrix::SparseMatrix(std::shared_ptr<const SparsityPattern> pattern)
    : pattern_(std::move(pattern)), values_(pattern_->nonzeros(), 0.0) {}

SparseMatrix::SparseMatrix(SparsityPattern pattern, std::vector<double> values, std::source_location where)
    : pattern_(std::make_shared<const SparsityPattern>(std::move(pattern))), values_(std::move(values)) {
  if (values_.size() != pattern_->nonzeros()) {
    throw ArgumentError{
        {.operation = "sparse matrix",
         .problem = std::to_string(values_.size()) + " values for a pattern of " + std::to_string(pattern_->nonzeros()),
         .expected = "one for each position",
         .where = where}};
  }
}

double SparseMatrix::operator()(std::size_t row, std::size_t col) const noexcept {
  if (row >= rows()) return 0.0;
  const auto columns = pattern_->row(row);
  const auto at = std::ranges::lower_bound(columns, col);
  if (at == columns.end() || *at != col) return 0.0;
  return values_[row_starts()[row] + static_cast<std::size_t>(at - columns.begin())];
}

std::vector<Triplet> SparseMatrix::triplets() const {
  std::vector<Triplet> result;
  result.reserve(nonzeros());
  for (std::size_t i = 0; i < rows(); ++i)
    for (std::size_t at = row_starts()[i]; at < row_starts()[i + 1]; ++at)
      result.push_back({static_cast<std::uint32_t>(i), column_indices()[at], values_[at]});
  return result;
}

SparseMatrix SparseMatrix::lower_triangle() const {
  SparseMatrix result(std::make_shared<const SparsityPattern>(pattern_->lower_triangle()));
  for (std::size_t i = 0; i < rows(); ++i)
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(row_starts()[i]), result.pattern_->row(i).size(),
                result.values_.begin() + static_cast<std::ptrdiff_t>(result.row_starts()[i]));
  return result;
}

Matrix SparseMatrix::to_dense() const {
  Matrix result(rows(), cols());
  for (const Triplet& t : triplets()) result(t.row, t.col) = t.value;
  return result;
}

std::vector<double> SparseMatrix::times(std::span<const double> x, std::source_location where) const {
  if (x.size() != cols()) {
    throw ShapeError{
        {.operation = "sparse matrix times vector",
         .problem = "a vector of " + std::to_string(x.size()) + " for " + std::to_string(cols()) + " columns",
         .expected = "one number for every column",
         .where = where}};
  }
  std::vector<double> result(rows(), 0.0);
  for (std::size_t i = 0; i < rows(); ++i)
    for (std::size_t at = row_starts()[i]; at < row_starts()[i + 1]; ++at)
      result[i] += values_[at] * x[column_indices()[at]];
  return result;
}

}  // namespace wengert
