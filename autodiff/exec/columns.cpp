#include "wengert/autodiff/exec/columns.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "wengert/graph/pages.hpp"

namespace wengert::exec {

ColumnBuilder::Value ColumnBuilder::load(bool uniform) {
  entries_.push_back({.kind = Kind::load, .uniform = uniform, .index = static_cast<std::uint32_t>(loads_++)});
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::constant(double number) {
  entries_.push_back(
      {.kind = Kind::constant, .uniform = true, .number = number, .index = static_cast<std::uint32_t>(constants_++)});
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::add(Entry entry, std::span<const Value> operands) {
  std::copy(operands.begin(), operands.end(), entry.operand.begin());
  entry.arity = static_cast<std::uint8_t>(operands.size());
  entries_.push_back(entry);
  ++applied_;
  return static_cast<Value>(entries_.size() - 1);
}
ColumnBuilder::Value ColumnBuilder::add(const RowKernel& kernel, std::span<const Value> operands) {
  return add({.primitive = kernel.primitive, .row = &kernel, .uniform = kernel.reduces}, operands);
}
ColumnBuilder::Value ColumnBuilder::apply(const Primitive& primitive, std::span<const Value> operands) {
  if (const auto made = along_row(primitive, operands)) return *made;
  return add(
      {.primitive = &primitive, .uniform = std::ranges::all_of(operands, [&](Value x) { return is_uniform(x); })},
      operands);
}
void ColumnBuilder::store(Value value, std::vector<Value> over, bool once) {
  stores_.push_back({value, std::move(over), once});
}

std::vector<std::uint32_t> ColumnBuilder::uses() const {
  std::vector<std::uint32_t> result(entries_.size(), 0);
  for (const Store& store : stores_) ++result[store.value];
  for (Value v = static_cast<Value>(entries_.size()); v-- > 0;)
    if (entries_[v].kind == Kind::applied && result[v] != 0)
      for (std::size_t k = 0; k < entries_[v].arity; ++k) ++result[entries_[v].operand[k]];
  return result;
}

ColumnBuilder::Pairs ColumnBuilder::find_pairs() const {
  Pairs pairs{uses(), std::vector<bool>(entries_.size(), false),
              std::vector<std::pair<Pair, std::uint8_t>>(entries_.size(), {Pair::none, 0})};
  for (Value v = 0; v < entries_.size(); ++v) {
    const Entry& second = entries_[v];
    if (second.kind != Kind::applied || second.row != nullptr || second.arity != 2 || pairs.uses[v] == 0) continue;
    for (std::uint8_t position = 0; position < 2; ++position) {
      const Value x = second.operand[position];
      const Entry& first = entries_[x];
      if (first.kind != Kind::applied || first.row != nullptr || pairs.uses[x] != 1 || pairs.of[x].first != Pair::none)
        continue;
      if (first.uniform != second.uniform) continue;  // once is less
      const Pair pair = pair_of(*first.primitive, *second.primitive, position);
      if (pair == Pair::none) continue;
      pairs.of[v] = {pair, position};
      pairs.absorbed[x] = true;
      break;
    }
  }
  return pairs;
}

namespace {

/// A NaN of operand k is one of the result.
bool passes_nan(NativeOperation operation, std::size_t k) {
  using enum NativeOperation;
  switch (operation) {
    case add:
    case sub:
    case mul:
    case scale:  // or it is 0, as it would have been
    case divide:
    case negate:
    case reciprocal:
    case square:
    case square_root:
    case reciprocal_root:
    case absolute:
    case relu:
    case larger:
    case smaller:
      return true;
    case choose:
      return k != 0;  // or nobody chooses it
    default:
      return false;
  }
}

}  // namespace

ColumnBuilder::Quick ColumnBuilder::find_quick() const {
  Quick quick{std::vector<bool>(entries_.size(), false), std::vector<bool>(entries_.size(), false)};
  // What is overwritten cannot be computed again.
  if (std::ranges::any_of(stores_, [](const Store& store) { return !store.over.empty(); })) return quick;
  const std::vector<std::uint32_t> used = uses();
  std::vector<bool> noticed(entries_.size(), true);  // a NaN reaches a store wherever it matters
  for (Value v = static_cast<Value>(entries_.size()); v-- > 0;) {
    const Entry& entry = entries_[v];
    if (entry.kind != Kind::applied || used[v] == 0) continue;
    const NativeOperation operation = arithmetic(v);
    quick.products[v] = operation == NativeOperation::scale && noticed[v];
    const bool formula = has_formula(v);
    for (std::size_t k = 0; k < entry.arity; ++k)
      if (!noticed[v] || !(formula || passes_nan(operation, k))) noticed[entry.operand[k]] = false;
  }
  std::vector<bool> doubtful = quick.products;
  for (Value v = 0; v < entries_.size(); ++v)
    if (is_native(v))
      for (std::size_t k = 0; k < entries_[v].arity; ++k) doubtful[v] = doubtful[v] || doubtful[entries_[v].operand[k]];
  for (const Store& store : stores_) quick.checked[store.value] = doubtful[store.value];
  return quick;
}

template <class T>
void ColumnFrame<T>::Free::operator()(T* memory) const noexcept {
  std::free(memory);  // NOLINT(*-no-malloc)
}

template <class T>
ColumnFrame<T>::ColumnFrame(const ColumnCode<T>& code, T* registers) : code_(&code), at_(code.places() + 1, nullptr) {
  if (registers == nullptr && code.room() != 0) {
    registers_.reset(static_cast<T*>(wengert::detail::allocate_fresh_pages(sizeof(T) * code.room())));
    if (registers_ == nullptr) throw std::bad_alloc();
    registers = registers_.get();
  }
  if (code.careful != nullptr) careful_ = std::make_unique<ColumnFrame>(*code.careful, registers);
  for (std::uint32_t k = 0; k < code.registers; ++k) at_[k] = registers + static_cast<std::int64_t>(k) * code.stride();
  // Never written: no step has a constant for its result.
  for (std::size_t k = 0; k < code.constants.size(); ++k)
    at_[code.constant(k)] = const_cast<T*>(code.constants.data()) + k;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}
template class ColumnFrame<float>;
template class ColumnFrame<double>;

}  // namespace wengert::exec
