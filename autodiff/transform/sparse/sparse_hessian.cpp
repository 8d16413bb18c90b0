#include "wengert/autodiff/transform/sparse/sparse_hessian.hpp"

#include <algorithm>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/transform/sparse/recorded_gradient.hpp"
#include "wengert/autodiff/transform/sparse/sweeps.hpp"

namespace wengert {

SparseHessian::SparseHessian(const detail::AnyHandle& y, const Handles& x, const SparseHessianOptions& options,
                             std::source_location where)
    : pattern_(std::make_shared<const SparsityPattern>(hessian_pattern(y, x, where))) {
  compress(options, where);
}

SparseHessian::SparseHessian(SparsityPattern pattern, const SparseHessianOptions& options, std::source_location where)
    : pattern_(std::make_shared<const SparsityPattern>(std::move(pattern))) {
  detail::want_symmetric(*pattern_, "sparse Hessian", where);
  compress(options, where);
}

void SparseHessian::compress(const SparseHessianOptions& options, std::source_location where) {
  recovery_ = options.recovery;
  switch (recovery_) {
    case Recovery::direct:
      coloring_ = color_star(*pattern_, options.order, where);
      break;
    case Recovery::substitution:
      coloring_ = color_acyclic(*pattern_, options.order, where);
      break;
    case Recovery::columns:
      coloring_ = color_columns(*pattern_, options.order);
      break;
  }
  find_elements();
  if (recovery_ == Recovery::substitution) find_trees();
}

/// By position, that of the same element on the other side of the diagonal. Rows ascend, so the partners of a column
/// come in the order of its own row.
std::vector<std::size_t> SparseHessian::mirrors() const {
  std::vector<std::size_t> next(pattern_->row_starts().begin(), pattern_->row_starts().end() - 1);
  std::vector<std::size_t> mirror(pattern_->nonzeros());
  for (std::size_t at = 0; at < mirror.size(); ++at) mirror[at] = next[pattern_->column_indices()[at]]++;
  return mirror;
}

void SparseHessian::find_elements() {
  const std::vector<std::size_t> mirror = mirrors();
  const auto columns = pattern_->column_indices();
  const auto rows = static_cast<std::uint32_t>(pattern_->rows());
  // Number i of the sweep of colour c is the sum of the elements of row i in columns of colour c. Where that is one
  // element, it is found there.
  std::vector<bool> alone(pattern_->nonzeros());
  std::vector<std::uint32_t> met(coloring_.count, rows), times(coloring_.count, 0);
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (const std::uint32_t j : pattern_->row(i)) {
      std::uint32_t& count = times[coloring_.color[j]];
      if (std::exchange(met[coloring_.color[j]], i) != i) count = 0;
      ++count;
    }
    for (std::size_t at = pattern_->row_starts()[i]; at < pattern_->row_starts()[i + 1]; ++at)
      alone[at] = times[coloring_.color[columns[at]]] == 1;
  }
  const auto of_each = [&](const auto& f) {
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::size_t at = pattern_->row_starts()[i]; at < pattern_->row_starts()[i + 1]; ++at) {
        const std::uint32_t j = columns[at];
        if (recovery_ == Recovery::columns) {
          f(coloring_.color[j], Element{at, at, i});
          continue;
        }
        if (j > i || (j != i && recovery_ == Recovery::substitution)) continue;
        if (WENGERT_HOLDS("sparse: element is alone in its row", alone[at]))
          f(coloring_.color[j], Element{at, mirror[at], i});
        else
          f(coloring_.color[i], Element{at, mirror[at], j});
      }
  };
  first_.assign(coloring_.count + std::size_t{1}, 0);
  of_each([&](std::uint32_t color, const Element&) { ++first_[color + 1]; });
  for (std::size_t c = 0; c < coloring_.count; ++c) first_[c + 1] += first_[c];
  elements_.resize(first_.back());
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  of_each([&](std::uint32_t color, const Element& element) { elements_[next[color]++] = element; });
}

void SparseHessian::find_trees() {
  const std::vector<std::size_t> mirror = mirrors();
  const auto columns = pattern_->column_indices();
  const auto starts = pattern_->row_starts();
  const auto& color = coloring_.color;
  struct Reached {
    std::uint32_t vertex = 0, parent = 0;
    std::size_t at = 0;  // from the vertex to its parent
  };
  std::vector<bool> done(pattern_->nonzeros(), false);
  std::vector<Reached> tree;
  steps_.reserve(pattern_->nonzeros() / 2);
  for (std::uint32_t root = 0; root < pattern_->rows(); ++root)
    for (std::size_t first = starts[root]; first < starts[root + 1]; ++first) {
      if (columns[first] == root || done[first]) continue;
      // Everything that is reached from here through these two colours.
      const std::uint32_t other = color[columns[first]];
      tree.assign(1, {root, root, 0});
      for (std::size_t k = 0; k < tree.size(); ++k) {
        const std::uint32_t v = tree[k].vertex;
        const std::uint32_t wanted = color[v] == other ? color[root] : other;
        for (std::size_t at = starts[v]; at < starts[v + 1]; ++at) {
          if (color[columns[at]] != wanted || columns[at] == v || done[at]) continue;
          done[at] = done[mirror[at]] = true;
          tree.push_back({columns[at], v, mirror[at]});
        }
      }
      for (std::size_t k = tree.size(); k-- > 1;)
        steps_.push_back({tree[k].at, mirror[tree[k].at], tree[k].vertex, tree[k].parent, k == 1});
    }
}

void SparseHessian::evaluate(const detail::AnyHandle& y, const Handles& x, SparseMatrix& into,
                             std::source_location where) const {
  const std::size_t size = pattern_->rows();
  detail::want_elements(x, x, size, size, "sparse Hessian", where);
  const detail::RecordedGradient gradient(y, x, "sparse Hessian", where);
  if (into.shared_pattern() != pattern_) into = SparseMatrix(pattern_);
  const detail::Phase phase("sparse Hessian");
  const std::span<double> values = into.values();
  std::vector<double> compressed;  // all sweeps, if elements are to be subtracted
  if (recovery_ == Recovery::substitution) compressed.resize(size * coloring_.count);
  detail::sweep_forward(gradient.handles(), x, coloring_, [&](std::uint32_t color, std::span<const double> result) {
    for (std::size_t k = first_[color]; k < first_[color + 1]; ++k) {
      const Element& element = elements_[k];
      values[element.at] = values[element.mirror] = result[WENGERT_INDEX("sparse: place in a sweep", element.from)];
    }
    if (!compressed.empty()) std::ranges::copy(result, compressed.begin() + static_cast<std::ptrdiff_t>(color * size));
  });
  if (recovery_ == Recovery::substitution) {
    // Of the elements between a vertex and those of the other colour of the tree: the sum of the ones found.
    std::vector<double> found(size, 0.0);
    for (const Step& step : steps_) {
      const double sum = compressed[coloring_.color[step.parent] * size + step.leaf];
      const double element = sum - WENGERT_NUMBER("sparse: elements found before", found[step.leaf]);
      values[step.at] = values[step.mirror] = element;
      found[step.leaf] = 0.0;
      if (step.last)
        found[step.parent] = 0.0;
      else
        WENGERT_ADD("sparse: element found", found[step.parent], element);
    }
  }
  phase.finished({{"nonzeros", pattern_->nonzeros()}, {"colours", coloring_.count}});
}

SparseMatrix SparseHessian::operator()(const detail::AnyHandle& y, const Handles& x, std::source_location where) const {
  SparseMatrix result(pattern_);
  evaluate(y, x, result, where);
  return result;
}

void SparseHessian::verify(const SparseMatrix& matrix, const detail::AnyHandle& y, const Handles& x, double tolerance,
                           std::source_location where) const {
  detail::want_elements(x, x, matrix.rows(), matrix.cols(), "sparse Hessian", where);
  const std::vector<double> direction = detail::unstructured_direction(matrix.cols());
  const detail::RecordedGradient gradient(y, x, "sparse Hessian", where);
  detail::hold_against(matrix, direction, detail::push_forward(gradient.handles(), x, direction), tolerance,
                       "sparse Hessian", where);
}

SparseMatrix sparse_hessian(const detail::AnyHandle& y, const Handles& x, const SparseHessianOptions& options,
                            std::source_location where) {
  const SparseHessian plan(y, x, options, where);
  return plan(y, x, where);
}

}  // namespace wengert
