#include "wengert/autodiff/transform/sparse/pattern.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/tensor_sweep.hpp"
#include "wengert/autodiff/record/walk.hpp"
#include "wengert/autodiff/transform/sparse/index_sets.hpp"
#include "wengert/autodiff/transform/sparse/recorded_gradient.hpp"
#include "wengert/autodiff/transform/sparse/tensor_sets.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;

// --- Patterns -----------------------------------------------------------------------------------------------------

SparsityPattern::SparsityPattern(std::size_t cols, std::vector<std::size_t> row_starts,
                                 std::vector<std::uint32_t> column_indices, std::source_location where)
    : cols_(cols), row_starts_(std::move(row_starts)), column_indices_(std::move(column_indices)) {
  bool good = !row_starts_.empty() && row_starts_.front() == 0 && row_starts_.back() == column_indices_.size() &&
              std::ranges::is_sorted(row_starts_);
  for (std::size_t i = 0; good && i < rows(); ++i) {
    const auto columns = row(i);
    good = std::ranges::adjacent_find(columns, std::greater_equal<>()) == columns.end() &&
           (columns.empty() || columns.back() < cols);
  }
  if (!good) {
    throw ArgumentError{
        {.operation = "sparsity pattern",
         .problem = "these row starts and column indices are no pattern of " + std::to_string(cols) + " columns",
         .expected = "row starts from 0 up to the number of column indices; in each row columns that ascend strictly",
         .where = where}};
  }
}

bool SparsityPattern::contains(std::size_t row_index, std::size_t column) const noexcept {
  return row_index < rows() && std::ranges::binary_search(row(row_index), column);
}

SparsityPattern SparsityPattern::transposed() const {
  SparsityPattern result;
  result.cols_ = rows();
  result.row_starts_.assign(cols_ + 1, 0);
  for (const std::uint32_t column : column_indices_) ++result.row_starts_[column + 1];
  for (std::size_t j = 0; j < cols_; ++j) result.row_starts_[j + 1] += result.row_starts_[j];
  result.column_indices_.resize(nonzeros());
  std::vector<std::size_t> next(result.row_starts_.begin(), result.row_starts_.end() - 1);
  for (std::size_t i = 0; i < rows(); ++i)
    for (const std::uint32_t column : row(i)) result.column_indices_[next[column]++] = static_cast<std::uint32_t>(i);
  return result;
}

SparsityPattern SparsityPattern::lower_triangle() const {
  SparsityPattern result;
  result.cols_ = cols_;
  for (std::size_t i = 0; i < rows(); ++i) {
    for (const std::uint32_t column : row(i))
      if (column <= i) result.column_indices_.push_back(column);
    result.row_starts_.push_back(result.column_indices_.size());
  }
  return result;
}

SparsityPattern SparsityPattern::symmetric(std::source_location where) const {
  if (rows() != cols()) {
    throw ShapeError{
        {.operation = "sparsity pattern",
         .problem = "it has " + std::to_string(rows()) + " rows and " + std::to_string(cols()) + " columns",
         .expected = "a square one",
         .where = where}};
  }
  SparsityPattern other = transposed();
  if (other == *this) return other;
  SparsityPattern result;
  result.cols_ = cols_;
  for (std::size_t i = 0; i < rows(); ++i) {
    std::ranges::set_union(row(i), other.row(i), std::back_inserter(result.column_indices_));
    result.row_starts_.push_back(result.column_indices_.size());
  }
  return result;
}

// --- From a recording ---------------------------------------------------------------------------------------------

namespace {

/// What y depends on: only there a set is worth keeping. A walk back.
class Needed {
 public:
  /// Of what lies from `first` on, the earliest of x.
  Needed(const Stream& s, Id first, Id last, std::span<const AnyHandle> y)
      : s_(s), first_(first), bits_(last - first + 1), last_use_(s.tensors ? s.tensors->size() : 0) {
    for (const AnyHandle& output : y) need(output.id(), kept);
    walk_backward(s, last, first, *this);
  }
  [[nodiscard]] bool operator[](Id id) const { return id >= first_ && bits_[id - first_]; }
  /// The sets of tensor entry `index` are not asked for after the entry of id `id`.
  [[nodiscard]] bool last_use(std::uint32_t index, Id id) const { return last_use_[index] == id; }

  void statement(const StatementView& view) {
    if (!(*this)[view.id]) return;
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if (WENGERT_HOLDS("pattern: statement needs a leaf", view.active >> k & 1u)) need(view.operand[k], view.id);
  }
  void variables(Id, Id) {}
  void tensor(std::uint32_t index, Id id) {
    if (!(*this)[id]) return;
    const TensorEntry& entry = s_.tensors->entries[index];
    for (std::size_t k = 0; k < entry.operand_count; ++k)
      if (flows_into(*s_.tensors, entry, k)) need(s_.tensors->operands_of(entry)[k].id, id);
  }

 private:
  static constexpr Id kept = 0xFFFFFFFFu;
  void need(Id id, Id user) {
    if (id >= first_ && !bits_[id - first_]) {
      bits_[id - first_] = true;
      // Walking back, the first use that is met is the last.
      if (s_.tensors != nullptr && tensor_at(id)) last_use_[tensor_index(s_, id)] = user;
    }
  }
  [[nodiscard]] bool tensor_at(Id id) const {
    const double at = s_.values[id];
    return at >= 0 && at < static_cast<double>(s_.tensors->size()) &&
           s_.tensors->entries[static_cast<std::size_t>(at)].id == id;
  }

  const Stream& s_;
  Id first_;
  std::vector<bool> bits_;
  std::vector<Id> last_use_;  // by tensor entry
};

/// The sets of columns that values depend on. A walk forth.
class Propagate {
 public:
  Propagate(const Stream& s, const Position& from, Id last, const Needed& needed, std::span<const AnyHandle> x,
            std::size_t columns)
      : s_(s),
        first_(from.id),
        needed_(needed),
        sets_(columns),
        set_(last - first_ + 1, empty_set),
        elements_(s.tensors ? s.tensors->size() : 0) {
    std::uint32_t column = 0;
    for (const AnyHandle& variable : x) {
      const std::size_t count = Handles::elements_of(variable);
      if (variable.id() <= last && needed[variable.id()]) {
        if (variable.tensor == nullptr) {
          SetId& set = set_[variable.id() - first_];
          set = sets_.join(set, sets_.single(column));
        } else {
          std::vector<SetId>& elements = elements_[tensor_index(s, variable.id())];
          elements.resize(count, empty_set);
          for (std::size_t i = 0; i < count; ++i)
            elements[i] = sets_.join(elements[i], sets_.single(WENGERT_INDEX("pattern: column of an element",
                                                                             column + static_cast<std::uint32_t>(i))));
        }
      }
      column += static_cast<std::uint32_t>(count);
    }
    walk_forward(s, from, last, *this);
  }

  void variables(Id, Id) {}

  void statement(const StatementView& view) {
    if (!needed_[view.id]) return;
    SetId set = set_[view.id - first_];
    for (std::size_t k = 0; k < view.type->leaves; ++k)
      if (WENGERT_HOLDS("pattern: statement depends on a leaf", view.active >> k & 1u))
        set = sets_.join(set, of(view.operand[k]));
    set_[view.id - first_] = set;
  }

  void tensor(std::uint32_t index, Id id) {
    if (!needed_[id]) return;
    const TensorEntries& tensors = *s_.tensors;
    const TensorEntry& entry = tensors.entries[index];
    if (entry.primitive == nullptr) {
      elements_[index].resize(static_cast<std::size_t>(entry.result.size()), empty_set);
      return;
    }
    const auto operands = tensors.operands_of(entry);
    std::vector<const std::vector<SetId>*> operand(operands.size(), nullptr);
    std::vector<std::vector<SetId>> scalars(operands.size());
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (!flows_into(tensors, entry, k)) continue;
      if (operands[k].scalar) {
        scalars[k].assign(1, of(operands[k].id));
        operand[k] = &scalars[k];
      } else if (needed_[operands[k].id]) {
        operand[k] = &elements_[tensor_index(s_, operands[k].id)];
      }
    }
    std::vector<SetId> result = propagate_sets(tensors, entry, operand, sets_);
    if (entry.scalar) {
      set_[id - first_] = sets_.join(set_[id - first_], result[0]);
    } else {
      // Elements of x may be computed ones.
      const std::vector<SetId>& own = elements_[index];
      for (std::size_t i = 0; i < own.size(); ++i) result[i] = sets_.join(result[i], own[i]);
      elements_[index] = std::move(result);
    }
    for (std::size_t k = 0; k < operands.size(); ++k)
      if (operand[k] != nullptr && !operands[k].scalar)
        if (const std::uint32_t at = tensor_index(s_, operands[k].id); needed_.last_use(at, id))
          std::vector<SetId>().swap(elements_[at]);
  }

  SparsityPattern rows(std::span<const AnyHandle> y, std::size_t columns, std::source_location where) {
    std::vector<std::size_t> starts{0};
    std::vector<std::uint32_t> indices;
    for (const AnyHandle& output : y) {
      if (!needed_[output.id()]) {
        starts.insert(starts.end(), Handles::elements_of(output), indices.size());
      } else if (output.tensor == nullptr) {
        sets_.list(set_[output.id() - first_], indices);
        starts.push_back(indices.size());
      } else {
        for (const SetId set : elements_[tensor_index(s_, output.id())]) {
          sets_.list(set, indices);
          starts.push_back(indices.size());
        }
      }
    }
    return SparsityPattern(columns, std::move(starts), std::move(indices), where);
  }

 private:
  /// What lies before the earliest of x depends on none.
  [[nodiscard]] SetId of(Id id) const { return id < first_ ? empty_set : set_[id - first_]; }

  const Stream& s_;
  Id first_;
  const Needed& needed_;
  IndexSets sets_;
  std::vector<SetId> set_;                    // of Scalars, by id - first_
  std::vector<std::vector<SetId>> elements_;  // of tensors, by entry
};

void want_real(const AnyHandle& x, const char* operation, std::source_location where) {
  if (x.tensor == nullptr || is_real(x.tensor->dtype())) return;
  throw DtypeError{{.operation = operation,
                    .operands = {to_string(x.tensor->type())},
                    .problem = "a tensor of " + to_string(x.tensor->type()) + " has no derivative",
                    .expected = "f32 or f64",
                    .where = where}};
}

}  // namespace

Stream* detail::common_stream(std::span<const AnyHandle> y, std::span<const AnyHandle> x, const char* operation,
                              std::source_location where) {
  Tag tag = 0;
  for (const AnyHandle& variable : x) {
    want_real(variable, operation, where);
    if (variable.tag() == 0) {
      throw ArgumentError{{.operation = operation,
                           .problem = "a value to differentiate by is a constant",
                           .expected = "a value of the recording",
                           .where = where,
                           .hint = "make it with Recording::variable"}};
    }
    tag = variable.tag();
  }
  for (const AnyHandle& output : y) {
    want_real(output, operation, where);
    if (output.tag() != 0 && tag == 0) tag = output.tag();
  }
  if (tag == 0) return nullptr;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, operation, where);
  Stream& s = static_cast<Stream&>(head);
  for (const AnyHandle& variable : x) s.check(variable.id(), variable.tag(), operation, where);
  for (const AnyHandle& output : y) s.check(output.id(), output.tag(), operation, where);
  s.settle();
  return &s;
}

SparsityPattern jacobian_pattern(const Handles& y, const Handles& x, std::source_location where) {
  const std::size_t rows = y.elements(), columns = x.elements();
  if (rows > 0xFFFFFFFEu || columns > 0xFFFFFFFEu) {
    throw CapacityError{{.operation = "jacobian_pattern",
                         .problem = std::to_string(rows) + " rows and " + std::to_string(columns) + " columns",
                         .expected = "fewer than 2³² - 1 of each",
                         .where = where}};
  }
  Stream* const s = common_stream(y, x, "jacobian_pattern", where);
  Id last = 0;
  for (const AnyHandle& output : y) last = std::max(last, output.id());
  Id earliest = last + 1;
  for (const AnyHandle& variable : x) earliest = std::min(earliest, variable.id());
  if (s == nullptr || earliest > last)
    return SparsityPattern(columns, std::vector<std::size_t>(rows + 1, 0), std::vector<std::uint32_t>(), where);
  const Phase phase("sparsity pattern");
  const Position from = position_of(*s, earliest);
  const Needed needed(*s, from.id, last, y);
  Propagate propagate(*s, from, last, needed, x, columns);
  SparsityPattern pattern = propagate.rows(y, columns, where);
  phase.finished({{"rows", rows}, {"columns", columns}, {"nonzeros", pattern.nonzeros()}});
  return pattern;
}

SparsityPattern hessian_pattern(const AnyHandle& y, const Handles& x, std::source_location where) {
  const RecordedGradient gradient(y, x, "hessian_pattern", where);
  return jacobian_pattern(gradient.handles(), x, where).symmetric(where);
}

}  // namespace wengert
