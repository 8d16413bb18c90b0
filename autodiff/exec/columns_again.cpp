// ColumnBuilder::with_recomputation: what is cheap is computed again where it is needed late.
//
// A program with its gradient needs most values twice: soon, and on the way back. What waits has a column, which goes
// to a far cache and comes back; a sum or product of values that wait anyway is quicker computed again.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "wengert/autodiff/exec/columns.hpp"

namespace wengert::exec {

namespace {

/// So many primitives later a value is late.
constexpr std::uint32_t late = 512;

bool is_cheap(NativeOperation operation) {
  using enum NativeOperation;
  return operation == add || operation == sub || operation == mul || operation == negate || operation == square;
}

}  // namespace

/// By value: it is computed again wherever it is late. Its operands are there then: inputs, constants, or values that
/// wait at least as long and are not computed again themselves.
std::vector<bool> ColumnBuilder::find_recomputed(const std::vector<std::uint32_t>& used) const {
  std::vector<Value> last(entries_.size(), 0);  // the last user
  for (Value v = 0; v < entries_.size(); ++v)
    if (entries_[v].kind == Kind::applied && used[v] != 0)
      for (std::size_t k = 0; k < entries_[v].arity; ++k) last[entries_[v].operand[k]] = v;
  std::vector<bool> recomputed(entries_.size(), false);
  for (Value v = 0; v < entries_.size(); ++v) {
    const Entry& entry = entries_[v];
    if (used[v] == 0 || last[v] < v + late) continue;
    const auto is_there = [&](Value x) {
      return entries_[x].kind != Kind::applied || (!recomputed[x] && last[x] >= last[v]);
    };
    recomputed[v] =
        is_cheap(arithmetic(v)) && std::all_of(entry.operand.begin(), entry.operand.begin() + entry.arity, is_there);
  }
  return recomputed;
}

ColumnBuilder ColumnBuilder::with_recomputation() const {
  if (entries_.size() <= late || std::ranges::any_of(entries_, [](const Entry& e) { return e.row != nullptr; }))
    return *this;
  const std::vector<std::uint32_t> used = uses();
  const std::vector<bool> recomputed = find_recomputed(used);

  ColumnBuilder result(exact_);
  result.loads_ = loads_;
  result.constants_ = constants_;
  result.entries_.reserve(entries_.size());
  struct Again {
    Value value = 0, stretch = 0;
  };
  std::vector<Value> now(entries_.size(), 0);  // by value: where it is
  // By value: where it was computed again last, and in which stretch of the program.
  std::vector<Again> again(entries_.size());
  const auto append = [&](Entry entry, const auto& place_of) {
    for (std::size_t k = 0; k < entry.arity; ++k) entry.operand[k] = place_of(entry.operand[k]);
    result.entries_.push_back(entry);
    return static_cast<Value>(result.entries_.size() - 1);
  };
  for (Value v = 0; v < entries_.size(); ++v) {
    const Entry& entry = entries_[v];
    if (entry.kind == Kind::applied && used[v] == 0) continue;
    now[v] = append(entry, [&](Value x) {
      if (!recomputed[x] || v < x + late) return now[x];
      const Value stretch = v / late;  // not the first, so that there is none yet
      if (again[x].stretch != stretch) {
        again[x] = {append(entries_[x], [&](Value operand) { return now[operand]; }), stretch};
        ++result.applied_;
      }
      return again[x].value;
    });
    if (entry.kind == Kind::applied) ++result.applied_;
  }
  for (Store store : stores_) {
    store.value = now[store.value];
    for (Value& load : store.over) load = now[load];
    result.stores_.push_back(std::move(store));
  }
  return result;
}

}  // namespace wengert::exec
