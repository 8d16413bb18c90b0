#include "wengert/autodiff/transform/sparse/sparse_jacobian.hpp"

#include <algorithm>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/transform/sparse/recorded_gradient.hpp"
#include "wengert/autodiff/transform/sparse/sweeps.hpp"

namespace wengert {

SparseJacobian::SparseJacobian(const Handles& y, const Handles& x, const SparseJacobianOptions& options,
                               std::source_location where)
    : pattern_(std::make_shared<const SparsityPattern>(jacobian_pattern(y, x, where))) {
  compress(options);
}

SparseJacobian::SparseJacobian(SparsityPattern pattern, const SparseJacobianOptions& options)
    : pattern_(std::make_shared<const SparsityPattern>(std::move(pattern))) {
  compress(options);
}

void SparseJacobian::compress(const SparseJacobianOptions& options) {
  const SparsityPattern transposed = pattern_->transposed();
  // A row with k elements needs k colours of columns; so the direction that can do with fewer is tried first, and the
  // other one only if it could do better.
  const std::size_t least_forward = detail::fullest_row(*pattern_), least_reverse = detail::fullest_row(transposed);
  const auto columns = [&] { return color_columns(*pattern_, options.order); };
  const auto rows = [&] { return color_columns(transposed, options.order); };
  if (options.compression != Compression::automatic) {
    forward_ = options.compression == Compression::forward;
    coloring_ = forward_ ? columns() : rows();
  } else {
    forward_ = least_forward <= least_reverse;
    coloring_ = forward_ ? columns() : rows();
    if ((forward_ ? least_reverse : least_forward) < coloring_.count) {
      Coloring other = forward_ ? rows() : columns();
      if (other.count < coloring_.count) {
        coloring_ = std::move(other);
        forward_ = !forward_;
      }
    }
  }
  // Elements by colour, each colour's in the order of the matrix.
  const auto of_each = [&](const auto& f) {
    for (std::size_t i = 0; i < pattern_->rows(); ++i)
      for (std::size_t at = pattern_->row_starts()[i]; at < pattern_->row_starts()[i + 1]; ++at) {
        const std::uint32_t row = static_cast<std::uint32_t>(i), column = pattern_->column_indices()[at];
        if (forward_)
          f(coloring_.color[column], Element{at, WENGERT_INDEX("sparse: row of an element", row)});
        else
          f(coloring_.color[row], Element{at, WENGERT_INDEX("sparse: column of an element", column)});
      }
  };
  first_.assign(coloring_.count + std::size_t{1}, 0);
  of_each([&](std::uint32_t color, const Element&) { ++first_[color + 1]; });
  for (std::size_t c = 0; c < coloring_.count; ++c) first_[c + 1] += first_[c];
  elements_.resize(pattern_->nonzeros());
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  of_each([&](std::uint32_t color, const Element& element) { elements_[next[color]++] = element; });
}

void SparseJacobian::evaluate(const Handles& y, const Handles& x, SparseMatrix& into,
                              std::source_location where) const {
  detail::want_elements(y, x, pattern_->rows(), pattern_->cols(), "sparse Jacobian", where);
  static_cast<void>(detail::common_stream(y, x, "sparse Jacobian", where));
  if (into.shared_pattern() != pattern_) into = SparseMatrix(pattern_);
  const detail::Phase phase("sparse Jacobian");
  const std::span<double> values = into.values();
  const auto take = [&](std::uint32_t color, std::span<const double> result) {
    for (std::size_t k = first_[color]; k < first_[color + 1]; ++k) values[elements_[k].at] = result[elements_[k].from];
  };
  if (forward_)
    detail::sweep_forward(y, x, coloring_, take);
  else
    detail::sweep_reverse(y, x, coloring_, take);
  phase.finished({{"nonzeros", pattern_->nonzeros()}, {"colours", coloring_.count}});
}

SparseMatrix SparseJacobian::operator()(const Handles& y, const Handles& x, std::source_location where) const {
  SparseMatrix result(pattern_);
  evaluate(y, x, result, where);
  return result;
}

void SparseJacobian::verify(const SparseMatrix& matrix, const Handles& y, const Handles& x, double tolerance,
                            std::source_location where) const {
  detail::want_elements(y, x, matrix.rows(), matrix.cols(), "sparse Jacobian", where);
  const std::vector<double> direction = detail::unstructured_direction(matrix.cols());
  detail::hold_against(matrix, direction, detail::push_forward(y, x, direction), tolerance, "sparse Jacobian", where);
}

SparseMatrix sparse_jacobian(const Handles& y, const Handles& x, const SparseJacobianOptions& options,
                             std::source_location where) {
  return SparseJacobian(y, x, options, where)(y, x, where);
}

}  // namespace wengert
