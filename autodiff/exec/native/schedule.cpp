// The order of a block's steps. Whoever writes a block puts what belongs together one after the other: a formula is a
// chain of twenty steps, each of which waits for the one before. A machine looks ahead for other work, but its
// schedulers hold 64 instructions or so, and chains fill them with what cannot begin. So steps are put into the order
// in which a machine that looks further ahead would begin them.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "wengert/autodiff/exec/native/native.hpp"

namespace wengert::exec {

namespace {

/// Cycles until there is a result, about those of machines of today.
std::uint32_t latency(NativeOperation operation) {
  using enum NativeOperation;
  switch (operation) {
    case divide:
    case reciprocal:
      return 13;
    case square_root:
      return 20;
    case reciprocal_root:
      return 33;
    default:
      return 4;
  }
}

/// A simulation: a step a cycle, the first in the old order whose operands are there, among the next `window`. Where
/// registers are full, what takes no more of them.
class Schedule {
 public:
  Schedule(const NativeBlock& block, std::size_t registers)
      : block_(block),
        most_(registers - std::min(spare, registers)),
        maker_(block.values.size(), nobody),
        uses_(block.values.size(), 0),
        there_(block.values.size(), 0),
        begun_(block.steps.size(), false) {
    for (std::uint32_t n = 0; n < block.steps.size(); ++n) {
      const NativeBlock::Step& step = block.steps[n];
      if (step.has_result()) maker_[step.out] = n;
      for (std::size_t k = 0; k < step.arity; ++k) {
        const NativeBlock::Value& x = block.values[step.operand[k]];
        ++uses_[step.operand[k]];
        if (x.kind == Kind::column || x.kind == Kind::uniform) readers_[x.place].push_back(n);
      }
    }
    for (const NativeBlock::Over& over : block.over) {
      const std::vector<std::uint32_t> readers = readers_[over.read];
      std::vector<std::uint32_t>& awaited = readers_[over.stored];
      awaited.insert(awaited.end(), readers.begin(), readers.end());
    }
  }

  std::vector<NativeBlock::Step> run() {
    std::vector<NativeBlock::Step> result;
    result.reserve(begun_.size());
    while (first_ < begun_.size()) {
      const std::uint32_t n = next();
      begin(n);
      result.push_back(block_.steps[n]);
      while (first_ < begun_.size() && begun_[first_]) ++first_;
    }
    return result;
  }

 private:
  using Kind = NativeBlock::Value::Kind;
  static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();
  /// Measured on long programs; half as many or twice as many steps make a difference of a hundredth.
  static constexpr std::uint32_t window = 128;
  /// Registers for columns and constants.
  static constexpr std::size_t spare = 4;

  [[nodiscard]] bool takes_register(const NativeBlock::Step& step) const {
    return step.has_result() && uses_[step.out] != 0;
  }

  [[nodiscard]] std::uint32_t next() const {
    std::uint32_t best = nobody, best_time = nobody, oldest = nobody;
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(begun_.size(), first_ + window));
    for (std::uint32_t n = first_; n < end; ++n) {
      if (begun_[n]) continue;
      const std::optional<std::uint32_t> time = earliest(n);
      if (!time) continue;
      if (oldest == nobody) oldest = n;
      if (is_full_for(n) || *time >= best_time) continue;
      best = n, best_time = *time;
      if (best_time == now_) break;
    }
    return best == nobody ? oldest : best;
  }
  /// When a step can begin; not before others have.
  [[nodiscard]] std::optional<std::uint32_t> earliest(std::uint32_t n) const {
    const NativeBlock::Step& step = block_.steps[n];
    std::uint32_t time = now_;
    for (std::size_t k = 0; k < step.arity; ++k) {
      const std::uint32_t x = step.operand[k];
      if (maker_[x] == nobody) continue;
      if (!begun_[maker_[x]]) return std::nullopt;
      time = std::max(time, there_[x]);
    }
    if (step.operation != NativeOperation::store) return time;
    if (const auto readers = readers_.find(step.to); readers != readers_.end())
      for (const std::uint32_t reader : readers->second)
        if (!begun_[reader] && reader != n) return std::nullopt;
    return time;
  }
  [[nodiscard]] bool is_full_for(std::uint32_t n) const {
    const NativeBlock::Step& step = block_.steps[n];
    if (live_ < most_ || !takes_register(step)) return false;
    for (std::size_t k = 0; k < step.arity; ++k)
      if (maker_[step.operand[k]] != nobody && uses_[step.operand[k]] == 1) return false;  // it leaves its own
    return true;
  }
  void begin(std::uint32_t n) {
    const NativeBlock::Step& step = block_.steps[n];
    now_ = earliest(n).value();
    for (std::size_t k = 0; k < step.arity; ++k)
      if (--uses_[step.operand[k]] == 0 && maker_[step.operand[k]] != nobody) --live_;
    if (step.has_result()) there_[step.out] = now_ + latency(step.operation);
    if (takes_register(step)) ++live_;
    begun_[n] = true;
    ++now_;
  }

  const NativeBlock& block_;
  const std::size_t most_;            // computed values in registers
  std::vector<std::uint32_t> maker_;  // by value: the step that computes it
  std::vector<std::uint32_t> uses_;   // by value: operands still to be read
  std::vector<std::uint32_t> there_;  // by value: the cycle from which on it can be read
  std::vector<bool> begun_;           // by step
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> readers_;  // by column: of it, and of what it lies over
  std::uint32_t first_ = 0, now_ = 0;                                      // the first step that has not begun; cycle
  std::size_t live_ = 0;
};

}  // namespace

NativeBlock NativeBlock::scheduled(std::size_t registers) const {
  return {.values = values, .steps = Schedule(*this, registers).run(), .over = over};
}

}  // namespace wengert::exec
