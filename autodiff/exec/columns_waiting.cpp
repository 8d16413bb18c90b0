// Long programs: what waits for its users has a column, which goes to a far cache and comes back. So nothing waits that
// need not.
//
// in_early_order: a cotangent is the sum of as many terms as there are users of a value, and stands in the program
// where the last one is known; its terms need not wait for each other. The order of sums stays.
//
// with_recomputation: a program with its gradient needs most values twice, soon and on the way back. A sum or product
// of values that wait anyway is quicker computed again.
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

/// Next to a column that comes from a far cache, divisions are, too: a machine divides beside other work.
bool is_cheap(NativeOperation operation) {
  using enum NativeOperation;
  return operation == add || operation == sub || operation == mul || operation == negate || operation == square ||
         operation == divide || operation == reciprocal;
}

}  // namespace

ColumnBuilder ColumnBuilder::copy_without_entries() const {
  ColumnBuilder result(exact_);
  result.loads_ = loads_;
  result.constants_ = constants_;
  result.entries_.reserve(entries_.size());
  return result;
}
void ColumnBuilder::add_stores_of(const ColumnBuilder& other, const std::vector<Value>& now) {
  for (Store store : other.stores_) {
    store.value = now[store.value];
    for (Value& load : store.over) load = now[load];
    stores_.push_back(std::move(store));
  }
}

ColumnBuilder ColumnBuilder::in_early_order() const {
  const std::vector<std::uint32_t> used = uses();
  const auto is_wanted = [&](Value v) { return entries_[v].kind != Kind::applied || used[v] != 0; };
  // Users of each value, one after the other; how many operands a value still waits for; how many users are to come.
  std::vector<std::uint32_t> begin(entries_.size() + 1, 0), missing(entries_.size(), 0), to_come = used;
  const auto for_each_operand = [&](Value v, const auto& f) {
    for (std::size_t k = 0; k < entries_[v].arity; ++k) f(entries_[v].operand[k]);
  };
  for (Value v = 0; v < entries_.size(); ++v)
    if (is_wanted(v)) for_each_operand(v, [&](Value x) { ++begin[x + 1], ++missing[v]; });
  for (std::size_t v = 1; v < begin.size(); ++v) begin[v] += begin[v - 1];
  std::vector<Value> users(begin.back());
  std::vector<std::uint32_t> at(begin.begin(), begin.end() - 1);
  for (Value v = 0; v < entries_.size(); ++v)
    if (is_wanted(v)) for_each_operand(v, [&](Value x) { users[at[x]++] = v; });

  ColumnBuilder result = copy_without_entries();
  constexpr Value nowhere = 0xFFFFFFFFu;
  std::vector<Value> now(entries_.size(), nowhere), ready;
  // One value waits instead of two: with its result two operands are needed no more.
  const auto saves = [&](Value v) {
    const Entry& entry = entries_[v];
    if (entry.arity < 2 || entry.operand[0] == entry.operand[1]) return false;
    std::size_t last = 0;
    for_each_operand(v, [&](Value x) { last += entries_[x].kind == Kind::applied && to_come[x] == 1 ? 1 : 0; });
    return last >= 2;
  };
  const auto emit = [&](Value v) {
    Entry entry = entries_[v];
    for (std::size_t k = 0; k < entry.arity; ++k) {
      --to_come[entry.operand[k]];
      entry.operand[k] = now[entry.operand[k]];
    }
    result.entries_.push_back(entry);
    if (entry.kind == Kind::applied) ++result.applied_;
    now[v] = static_cast<Value>(result.entries_.size() - 1);
    for (std::uint32_t k = begin[v]; k < begin[v + 1]; ++k)
      if (--missing[users[k]] == 0) ready.push_back(users[k]);
  };
  for (Value v = 0; v < entries_.size(); ++v) {
    if (!is_wanted(v) || now[v] != nowhere) continue;
    emit(v);
    while (!ready.empty()) {
      const Value next = ready.back();
      ready.pop_back();
      if (now[next] == nowhere && saves(next)) emit(next);
    }
  }
  result.add_stores_of(*this, now);
  return result;
}

/// What is computed again where it is late. Its operands are there then: inputs, constants, values that wait as long
/// anyway; or they are computed again, too, from such.
class ColumnBuilder::Recomputation {
 public:
  explicit Recomputation(const ColumnBuilder& of)
      : of_(of), result_(of.copy_without_entries()), last_(of.entries_.size(), 0), chosen_(of.entries_.size(), false) {
    const std::vector<std::uint32_t> used = of.uses();
    for (Value v = 0; v < last_.size(); ++v)
      if (of.entries_[v].kind == Kind::applied && used[v] != 0)
        for (std::size_t k = 0; k < of.entries_[v].arity; ++k) last_[of.entries_[v].operand[k]] = v;
    for (Value v = 0; v < last_.size(); ++v)
      chosen_[v] = used[v] != 0 && last_[v] >= v + late && can_be_computed_at(v, last_[v], deepest);
    now_.assign(last_.size(), 0);
    again_.assign(last_.size(), {});
    for (at_ = 0; at_ < last_.size(); ++at_)
      if (of.entries_[at_].kind != Kind::applied || used[at_] != 0)
        now_[at_] = append(at_, [&](Value x) { return chosen_[x] && is_late(x) ? again(x) : now_[x]; });
    result_.add_stores_of(of, now_);
  }
  ColumnBuilder result() && { return std::move(result_); }

 private:
  static constexpr int deepest = 4;
  struct Again {
    Value value = 0, stretch = 0;
  };

  [[nodiscard]] bool can_be_computed_at(Value v, Value at, int depth) const {
    const Entry& entry = of_.entries_[v];
    return depth > 0 && is_cheap(of_.arithmetic(v)) &&
           std::all_of(entry.operand.begin(), entry.operand.begin() + entry.arity,
                       [&](Value x) { return waits(x, at) || can_be_computed_at(x, at, depth - 1); });
  }
  /// It is there at `at` without being computed again.
  [[nodiscard]] bool waits(Value x, Value at) const {
    return of_.entries_[x].kind != Kind::applied || (!chosen_[x] && last_[x] >= at);
  }
  [[nodiscard]] bool is_late(Value x) const { return at_ >= x + late; }

  /// Where it is computed again in this stretch of the program.
  Value again(Value x) {
    const Value stretch = at_ / late;  // not the first, so that there is none yet
    if (again_[x].stretch != stretch) {
      const Value there = append(x, [&](Value y) { return waits(y, at_) || !is_late(y) ? now_[y] : again(y); });
      again_[x] = {there, stretch};
    }
    return again_[x].value;
  }
  template <class F>
  Value append(Value v, const F& place_of) {
    Entry entry = of_.entries_[v];
    for (std::size_t k = 0; k < entry.arity; ++k) entry.operand[k] = place_of(entry.operand[k]);
    result_.entries_.push_back(entry);
    if (entry.kind == Kind::applied) ++result_.applied_;
    return static_cast<Value>(result_.entries_.size() - 1);
  }

  const ColumnBuilder& of_;
  ColumnBuilder result_;
  std::vector<Value> last_;  // by value: the last user
  std::vector<bool> chosen_;
  Value at_ = 0;              // the value at hand
  std::vector<Value> now_;    // by value: where it is
  std::vector<Again> again_;  // by value: where it was computed again last, and in which stretch of the program
};

ColumnBuilder ColumnBuilder::with_recomputation() const { return Recomputation(*this).result(); }

std::optional<ColumnBuilder> ColumnBuilder::with_less_waiting() const {
  if (entries_.size() <= late || std::ranges::any_of(entries_, [](const Entry& e) { return e.row != nullptr; }))
    return std::nullopt;
  return in_early_order().with_recomputation();
}

}  // namespace wengert::exec
