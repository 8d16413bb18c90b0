// ColumnEmitter: from the values of a ColumnBuilder to steps over places.
//
// Without native code the steps are kernels, in the order of the builder's values. With it, arithmetic is put together
// in blocks. A kernel on a whole column lies between its operands' block and the block that reads its result; so the
// values of a window have phases: the block of a phase, then its kernels, whose results are for the next. Windows keep
// what is computed early from waiting long for its users: columns that wait take room in the cache.
//
// Where a function and one that it is made of are wanted of one operand (erfc and e^(-x²), its derivative), one kernel
// computes both.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wengert/autodiff/exec/columns.hpp"

namespace wengert::exec {

namespace {

constexpr std::uint32_t none = 0xFFFFFFFFu;  // no value, no place, no block
/// Native steps in a window, and primitives: code of a block of so many stays in the first-level cache.
constexpr std::size_t window = 512;

}  // namespace

/// From the values of a builder to steps over places.
template <class T>
class ColumnEmitter {
 public:
  ColumnEmitter(const ColumnBuilder& b, bool native) : b_(b), native_(native) {
    if (native) quick_ = b.find_quick();
  }

  ColumnCode<T> run(const std::function<std::int64_t(std::size_t)>& tile_of) {
    code_.loads = static_cast<std::uint32_t>(b_.loads_);
    code_.stores = static_cast<std::uint32_t>(b_.stores_.size());
    values_ = static_cast<Value>(b_.entries_.size());
    block_of_.assign(b_.entries_.size(), none);
    find_companions();
    if (native_)
      emit_by_phases();
    else
      emit_pairs();
    choose_stores();
    place();
    code_.tile = tile_of(code_.registers);
    return std::move(code_);
  }

  /// Native code for the blocks, once the tile is known; false where the system refuses.
  [[nodiscard]] bool assemble(ColumnCode<T>& code) const {
    if (native_blocks_.empty()) return true;
    code.native = NativeCode::of_columns<T>(
        native_blocks_, {.registers = code.registers, .stride = sizeof(T) * static_cast<std::size_t>(code.stride())});
    return code.native != nullptr;
  }

 private:
  using Value = ColumnBuilder::Value;
  using Kind = ColumnBuilder::Kind;

  /// A step whose operands are values: those of the builder, and behind them the spread copies of uniform ones; or a
  /// block.
  struct Pending {
    ColumnKernel<T> kernel = nullptr;
    std::uint32_t block = none;
    Value out = none;
    std::array<Value, 3> operand{none, none, none};
    std::uint32_t store = none;  // the store that it writes; else the place of `out`
    bool overwrites = false;     // it may write over what it reads
    bool once = false, reduces = false;
  };

  /// Of a value of the builder: with what it is computed, see column_kernel_beside.
  struct Companion {
    Value whole = none, part = none;   // the other one, if it is that
    ColumnKernel<T> kernel = nullptr;  // of the whole
    bool emitted = false;
  };

  /// Arithmetic that runs together: values in their order.
  struct Block {
    std::vector<Value> values;
    std::vector<Value> reads{};  // of others, once each
  };

  /// f(value, operand): what is read for which value, in the order in which it is.
  template <class F>
  void for_each_read(const Pending& step, const F& f) const {
    if (step.block == none) {
      for (const Value x : step.operand)
        if (x != none) f(step.out, x);
      return;
    }
    for (const Value v : blocks_[step.block].values)
      for (std::size_t k = 0; k < b_.entries_[v].arity; ++k) f(v, b_.entries_[v].operand[k]);
  }

  /// A stored value is computed where it is wanted, if it can be; else it is copied there at the end.
  void choose_stores() {
    constexpr std::size_t never = static_cast<std::size_t>(-1);
    store_of_.assign(b_.entries_.size(), none);
    // When a value is read last, and when it is computed, in the order of kernels and of what blocks compute; which
    // kernel does. An element of a block's value is written after those of its operands have been read.
    std::vector<std::size_t> read(values_, 0), made(values_, never), by(values_, never);
    std::size_t now = 0;
    for (std::size_t n = 0; n < pending_.size(); ++n) {
      Value computing = none;
      for_each_read(pending_[n], [&](Value v, Value x) {
        if (v != computing) ++now;
        computing = v;
        read[x] = now;
        made[v] = now;
        by[v] = n;
      });
    }
    for (const auto& store : b_.stores_)
      if (b_.entries_[store.value].kind != Kind::applied) read[store.value] = never;  // copied at the end
    for (std::uint32_t k = 0; k < code_.stores; ++k) {
      const auto& store = b_.stores_[k];
      const Value v = store.value;
      const bool computed =
          b_.entries_[v].kind == Kind::applied && store_of_[v] == none && !is_beside(v) && is_once(v) == store.once;
      const bool in_place = computed && std::ranges::all_of(store.over, [&](Value load) {
                              if (read[load] == never) return false;
                              return read[load] < made[v] ||
                                     (read[load] == made[v] && (block_of_[v] != none || pending_[by[v]].overwrites));
                            });
      if (in_place) {
        store_of_[v] = k;
        if (block_of_[v] == none) pending_[by[v]].store = k;
      } else {
        pending_.push_back({.kernel = copy_kernel<T>(b_.is_uniform(v) && !store.once),
                            .operand = {v, none, none},
                            .store = k,
                            .overwrites = true,
                            .once = store.once});
      }
    }
  }

  /// Only the first element of it is computed.
  [[nodiscard]] bool is_once(Value v) const { return b_.entries_[v].kind == Kind::applied && b_.entries_[v].uniform; }

  /// What one kernel leaves beside another's result is computed with whatever of the two comes first.
  void find_companions() {
    companion_.assign(b_.entries_.size(), {});
    const std::vector<std::uint32_t> uses = b_.uses();
    std::vector<Value> last(b_.entries_.size(), none);  // by operand: a function of it that has no companion yet
    for (Value v = 0; v < b_.entries_.size(); ++v) {
      const auto& entry = b_.entries_[v];
      if (entry.kind != Kind::applied || entry.row != nullptr || uses[v] == 0 || !has_kernel_beside(*entry.primitive))
        continue;
      const Value u = std::exchange(last[entry.operand[0]], v);
      if (u == none) continue;
      for (const auto& [whole, part] : {std::pair(u, v), std::pair(v, u)}) {
        const auto kernel = column_kernel_beside<T>(*b_.entries_[whole].primitive, *b_.entries_[part].primitive);
        if (kernel == nullptr) continue;
        companion_[whole] = {.part = part, .kernel = kernel};
        companion_[part] = {.whole = whole};
        last[entry.operand[0]] = none;
        break;
      }
    }
  }

  /// A kernel writes it beside its result: it is no step's `out`.
  [[nodiscard]] bool is_beside(Value v) const { return companion_[v].whole != none; }

  /// False if it has no companion.
  bool emit_with_companion(Value v) {
    const Value whole = is_beside(v) ? companion_[v].whole : v;
    Companion& both = companion_[whole];
    if (both.part == none) return false;
    if (std::exchange(both.emitted, true)) return true;
    pending_.push_back({.kernel = both.kernel,
                        .out = whole,
                        .operand = {b_.entries_[whole].operand[0], both.part, none},
                        .once = is_once(whole)});
    code_.operations += 2;
    return true;
  }

  void emit_pairs() {
    const ColumnBuilder::Pairs pairs = b_.find_pairs();
    for (Value v = 0; v < b_.entries_.size(); ++v) {
      const auto& entry = b_.entries_[v];
      if (entry.kind != Kind::applied || pairs.uses[v] == 0 || pairs.absorbed[v]) continue;
      const auto [pair, position] = pairs.of[v];
      if (pair == Pair::none) {
        emit_kernel(v);
        continue;
      }
      const auto& first = b_.entries_[entry.operand[position]];
      Pending step{
          .out = v, .operand = {first.operand[0], first.operand[1], entry.operand[1u - position]}, .overwrites = true};
      choose(step, 3, [pair = pair](unsigned uniform) { return column_kernel<T>(pair, uniform); });
      pending_.push_back(step);
      code_.operations += 2;
    }
  }

  void emit_kernel(Value v) {
    if (emit_with_companion(v)) return;
    const auto& entry = b_.entries_[v];
    Pending step{.out = v};
    const unsigned arity = entry.arity;
    for (unsigned k = 0; k < arity; ++k) step.operand[k] = entry.operand[k];
    if (entry.row != nullptr) {
      step.reduces = entry.row->reduces;
      choose(
          step, arity,
          [row = entry.row](unsigned uniform) {
            return (uniform & ~unsigned{row->first}) == 0 ? kernel_of(*row) : nullptr;
          },
          entry.row->first);
    } else {
      step.overwrites = may_overwrite(*entry.primitive);
      choose(step, arity, [&](unsigned uniform) { return column_kernel<T>(*entry.primitive, uniform); });
    }
    pending_.push_back(step);
    ++code_.operations;
  }

  void emit_by_phases() {
    const std::vector<std::uint32_t> uses = b_.uses();
    std::vector<Value> wanted;
    for (Value v = 0; v < b_.entries_.size(); ++v)
      if (b_.entries_[v].kind == Kind::applied && uses[v] != 0) wanted.push_back(v);
    std::vector<std::uint32_t> phase(b_.entries_.size(), 0);  // in its window
    std::vector<bool> arithmetic(b_.entries_.size(), false);
    std::vector<std::vector<Value>> kernels, of_blocks;  // by phase
    for (std::size_t begin = 0, end = 0; begin < wanted.size(); begin = end) {
      for (std::size_t steps = 0; end < wanted.size() && steps < window; ++end)
        steps += b_.has_formula(wanted[end]) ? steps_of_formula : 1;
      const std::span<const Value> values = std::span(wanted).subspan(begin, end - begin);
      kernels.assign(1, {});
      of_blocks.assign(1, {});
      for (const Value v : values) {
        arithmetic[v] = b_.is_native(v);
        for (std::size_t k = 0; k < b_.entries_[v].arity; ++k) {
          const Value x = b_.entries_[v].operand[k];
          if (x < values.front() || b_.entries_[x].kind != Kind::applied) continue;
          phase[v] = std::max(phase[v], phase[x] + (arithmetic[v] && !arithmetic[x] ? 1 : 0));
        }
        if (phase[v] == kernels.size()) {
          kernels.emplace_back();
          of_blocks.emplace_back();
        }
        (arithmetic[v] ? of_blocks : kernels)[phase[v]].push_back(v);
      }
      for (std::size_t n = 0; n < kernels.size(); ++n) {
        if (!of_blocks[n].empty()) emit_block(std::move(of_blocks[n]));
        for (const Value v : kernels[n]) emit_kernel(v);
      }
    }
  }

  void emit_block(std::vector<Value> values) {
    const auto index = static_cast<std::uint32_t>(blocks_.size());
    code_.operations += values.size();
    for (const Value v : values) block_of_[v] = index;
    Block block{.values = std::move(values)};
    for (const Value v : block.values)
      for (std::size_t k = 0; k < b_.entries_[v].arity; ++k) {
        const Value x = b_.entries_[v].operand[k];
        if (block_of_[x] != index && b_.entries_[x].kind != Kind::constant) block.reads.push_back(x);
      }
    std::ranges::sort(block.reads);
    block.reads.erase(std::ranges::unique(block.reads).begin(), block.reads.end());
    blocks_.push_back(std::move(block));
    pending_.push_back({.block = index});
  }

  static ColumnKernel<T> kernel_of(const RowKernel& row) {
    if constexpr (sizeof(T) == sizeof(float))
      return row.f32;
    else
      return row.f64;
  }

  /// The kernel for the uniform operands of a step, or these spread over columns, but for `first`, of which it reads
  /// the first element anyway.
  template <class Kernels>
  void choose(Pending& step, unsigned arity, const Kernels& kernels, unsigned first = 0) {
    step.once = is_once(step.out) && b_.entries_[step.out].row == nullptr;
    if (step.once) {  // the first element of operands that have no other
      step.kernel = kernels(0);
      return;
    }
    unsigned uniform = 0;
    for (unsigned k = 0; k < arity; ++k)
      if (b_.is_uniform(step.operand[k])) uniform |= 1u << k;
    step.kernel = kernels(uniform);
    if (step.kernel != nullptr) return;
    for (unsigned k = 0; k < arity; ++k) {
      if (((uniform & ~first) >> k & 1u) == 0) continue;
      pending_.push_back({.kernel = copy_kernel<T>(true), .out = values_, .operand = {step.operand[k], none, none}});
      step.operand[k] = values_++;
    }
    step.kernel = kernels(uniform & first);
  }

  /// What a block computes for itself alone has no place.
  [[nodiscard]] std::vector<bool> find_placed() const {
    std::vector<bool> placed(values_, true);
    for (const Block& block : blocks_)
      for (const Value v : block.values) placed[v] = false;
    for (const Pending& step : pending_) {
      if (step.block != none) {
        for (const Value x : blocks_[step.block].reads) placed[x] = true;
      } else {
        for (const Value x : step.operand)
          if (x != none) placed[x] = true;
      }
    }
    return placed;
  }

  [[nodiscard]] bool is_register(Value v) const {
    return v >= b_.entries_.size() || b_.entries_[v].kind == Kind::beside ||
           (b_.entries_[v].kind == Kind::applied && store_of_[v] == none);
  }

  /// Gives every value its place. A register is free again after the last step that reads it; it never is an operand
  /// of the step that writes it.
  void place() {
    std::vector<std::uint32_t> last(values_, 0);
    const auto for_each_operand = [&](const Pending& step, const auto& f) {
      if (step.block != none) {
        for (const Value x : blocks_[step.block].reads) f(x);
        return;
      }
      for (std::size_t k = 0; k < 3; ++k) {
        const Value x = step.operand[k];
        const auto* const end = step.operand.begin() + static_cast<std::ptrdiff_t>(k);
        if (x != none && std::find(step.operand.begin(), end, x) == end) f(x);
      }
    };
    for (std::uint32_t n = 0; n < pending_.size(); ++n) for_each_operand(pending_[n], [&](Value x) { last[x] = n; });
    const std::vector<bool> placed = find_placed();
    where_.assign(values_, none);
    std::vector<std::uint32_t> free;
    const auto give_register = [&](Value v) {
      if (free.empty()) free.push_back(code_.registers++);
      where_[v] = free.back();
      free.pop_back();
    };
    for (std::uint32_t n = 0; n < pending_.size(); ++n) {
      const Pending& step = pending_[n];
      if (step.block != none) {
        for (const Value v : blocks_[step.block].values)
          if (placed[v] && is_register(v)) give_register(v);
      } else if (step.out != none && step.store == none) {
        give_register(step.out);
      }
      for_each_operand(step, [&](Value x) {
        if (is_register(x) && where_[x] == none) give_register(x);  // it writes this one, too
      });
      for_each_operand(step, [&](Value x) {
        if (last[x] == n && is_register(x)) free.push_back(where_[x]);
      });
    }
    // Where a block puts values aside is behind the first register.
    if (!blocks_.empty()) code_.registers = std::max(code_.registers, 1u);
    for (const auto& entry : b_.entries_)
      if (entry.kind == Kind::constant) code_.constants.push_back(static_cast<T>(entry.number));
    code_.steps.reserve(pending_.size());
    for (const Pending& step : pending_) {
      if (step.block != none) {
        code_.steps.push_back({.out = static_cast<std::uint32_t>(native_blocks_.size())});
        native_blocks_.push_back(native_block(blocks_[step.block], placed));
        continue;
      }
      code_.steps.push_back({step.kernel,
                             step.store != none ? code_.store(step.store) : where_[step.out],
                             {place_of(step.operand[0]), place_of(step.operand[1]), place_of(step.operand[2])},
                             step.once,
                             step.reduces});
    }
  }

  [[nodiscard]] std::uint32_t place_of(Value v) const {
    if (v == none) return 0;
    if (is_register(v)) return where_[v];
    const auto& entry = b_.entries_[v];
    if (entry.kind == Kind::constant) return code_.constant(entry.index);
    return entry.kind == Kind::applied ? code_.store(store_of_[v]) : code_.load(entry.index);
  }

  NativeBlock native_block(const Block& block, const std::vector<bool>& placed) {
    using Native = NativeBlock::Value::Kind;
    NativeBlock result;
    number_.resize(b_.entries_.size(), none);
    std::vector<Value> numbered;
    const auto number_of = [&](Value v, Native kind) {
      if (number_[v] != none) return number_[v];
      numbered.push_back(v);
      const auto& entry = b_.entries_[v];
      NativeBlock::Value value{.kind = kind, .number = entry.number};
      if (kind == Native::uniform || kind == Native::column) value.place = place_of(v);
      result.values.push_back(value);
      return number_[v] = static_cast<std::uint32_t>(result.values.size() - 1);
    };
    const std::uint32_t index = block_of_[block.values.front()];
    NativeRecorder recorder(result);
    for (const Value v : block.values) {
      const auto& entry = b_.entries_[v];
      NativeBlock::Step step{.operation = b_.arithmetic(v), .arity = entry.arity, .quick = quick_.products[v]};
      for (std::size_t k = 0; k < entry.arity; ++k) {
        const Value x = entry.operand[k];
        step.operand[k] = number_of(x, block_of_[x] == index                   ? Native::computed
                                       : b_.entries_[x].kind == Kind::constant ? Native::constant
                                       : b_.is_uniform(x)                      ? Native::uniform
                                                                               : Native::column);
      }
      if (b_.has_formula(v)) {
        numbered.push_back(v);
        step.out = number_[v] = native_formula<T>(*entry.primitive)(recorder, step.operand[0]);
      } else {
        step.out = number_of(v, Native::computed);
        result.steps.push_back(step);
      }
      if (store_of_[v] != none)
        for (const Value load : b_.stores_[store_of_[v]].over)
          result.over.push_back({.stored = place_of(v), .read = place_of(load)});
      if (placed[v] || store_of_[v] != none)
        result.steps.push_back(
            {.operation = NativeOperation::store, .arity = 1, .operand = {step.out}, .to = place_of(v)});
      if (quick_.checked[v])
        result.steps.push_back({.operation = NativeOperation::check, .arity = 1, .operand = {step.out}});
    }
    for (const Value v : numbered) number_[v] = none;
    return result;
  }

  const ColumnBuilder& b_;
  bool native_;
  ColumnBuilder::Quick quick_;
  std::vector<std::uint32_t> store_of_;  // by value: the store that is its place
  std::vector<std::uint32_t> block_of_;  // by value of the builder: what computes it, if that is no kernel
  std::vector<std::uint32_t> where_;     // by value: its register
  std::vector<Companion> companion_;     // by value of the builder
  std::vector<Pending> pending_;
  std::vector<Block> blocks_;
  std::vector<NativeBlock> native_blocks_;
  std::vector<std::uint32_t> number_;  // by value of the builder, in the block at hand
  Value values_ = 0;
  ColumnCode<T> code_;
};

template <class T>
ColumnCode<T> ColumnBuilder::columns(const std::function<std::int64_t(std::size_t)>& tile_of, bool native) const {
  if (native && NativeCode::is_available()) {
    const std::optional<ColumnBuilder> other = with_less_waiting();
    ColumnEmitter<T> emitter(other ? *other : *this, true);
    ColumnCode<T> code = emitter.run(tile_of);
    if (emitter.assemble(code)) {
      if (code.native != nullptr && code.native->has_checks())
        code.careful = std::make_shared<const ColumnCode<T>>(
            ColumnEmitter<T>(*this, false).run([&](std::size_t) { return code.tile; }));
      return code;
    }
  }
  return ColumnEmitter<T>(*this, false).run(tile_of);
}
template ColumnCode<float> ColumnBuilder::columns<float>(const std::function<std::int64_t(std::size_t)>&, bool) const;
template ColumnCode<double> ColumnBuilder::columns<double>(const std::function<std::int64_t(std::size_t)>&, bool) const;

}  // namespace wengert::exec
