// RegisterFile: where the values of a block are while its code is assembled, and the instructions that bring them
// there. The base of the assembler for x86-64 (assembler_x86.cpp), and for that file only.
//
// A value that is needed again stays in a register; when there is none left, the value that is needed last gives up its
// own, and is put aside first if it is nowhere in memory. For a straight line that is the least number of loads.
//
// General registers, of columns: rdi where columns begin, rsi elements left, rcx bytes done; base_ the registers'
// columns at these elements, r8 what is put aside, pool_ constants, r10 and others (hoisted_) the beginnings of columns
// that are no registers, r11 the mask of a rest (AVX2), rax for what an instruction needs at once. Mask k7: elements
// that there are (AVX-512). Of a sample: base_ its numbers, pool_ constants.
//
// Reading order: Form, State, Source, the block and the body at hand, places, registers, operands of a step.
#pragma once

#ifndef WENGERT_WITH_XBYAK  // set by CMake
#  define WENGERT_WITH_XBYAK 0
#endif

#if WENGERT_WITH_XBYAK
#  include <xbyak/xbyak.h>

#  include <algorithm>
#  include <array>
#  include <bit>
#  include <cstddef>
#  include <cstdint>
#  include <optional>
#  include <unordered_map>
#  include <utility>
#  include <vector>

#  include "wengert/autodiff/exec/native/native.hpp"

namespace wengert::exec::x86 {

using Xbyak::Address;
using Xbyak::Operand;
using Xbyak::Opmask;
using Xbyak::Reg64;
using Xbyak::Xmm;

/// How code works on values.
struct Form {
  Operand::Kind kind = Operand::ZMM;
  std::size_t element = sizeof(double);
  bool sample = false;

  [[nodiscard]] bool masks() const { return kind == Operand::ZMM; }
  /// Bytes of a value in a register.
  [[nodiscard]] std::size_t width() const { return sample ? element : kind == Operand::ZMM ? 64 : 32; }
  [[nodiscard]] std::size_t lanes() const { return width() / element; }
  /// Registers for values: the last ones are for what a step puts aside, and a zero.
  [[nodiscard]] int registers() const { return (masks() ? 32 : 16) - 4; }
  /// Bytes of a constant where it is read from memory.
  [[nodiscard]] std::size_t constant() const { return masks() ? element : sample ? 16 : 32; }
};

inline constexpr std::uint32_t none = 0xFFFFFFFFu;   // no value, place, slot
inline constexpr std::uint32_t never = 0xFFFFFFFFu;  // used again

class RegisterFile : public Xbyak::CodeGenerator {
 protected:
  using Value = std::uint32_t;
  using Kind = NativeBlock::Value::Kind;
  using Step = NativeBlock::Step;

  struct State {
    int at = -1;                // the register that holds it
    std::uint32_t slot = none;  // where it was put aside
    std::uint32_t home = none;  // the register column in which it is stored; of a constant, where in the pool
    std::uint32_t next = never;
  };
  /// The last operand of an instruction.
  struct Source {
    Xmm in{};
    std::optional<Address> memory{};
    [[nodiscard]] const Operand& get() const { return memory ? static_cast<const Operand&>(*memory) : in; }
  };

  /// Constants are put into `pool`.
  RegisterFile(const Form& form, const NativeColumns& columns, std::vector<std::byte>& pool)
      : CodeGenerator(Xbyak::DEFAULT_MAX_CODE_SIZE, Xbyak::AutoGrow),
        form_(form),
        columns_(columns),
        pool_bytes_(pool) {}

  // --- The block and the body at hand -----------------------------------------------------------------------------

  void begin_block(const NativeBlock& block) {
    block_ = &block;
    find_external();
  }
  /// `rest`: there may be fewer elements than a register has. Values have the first `registers` registers.
  void begin_body(bool rest, int registers) {
    rest_ = rest;
    find_uses();
    free_ = (1u << registers) - 1;
    holder_.fill(none);
    slots_.clear();
    slot_count_ = 0;
  }
  [[nodiscard]] std::size_t aside_bytes() const { return slot_count_ * form_.width(); }

  /// Columns that are no registers: the addresses of the first ones are kept.
  void find_external() {
    external_.clear();
    if (form_.sample) return;
    const auto note = [&](std::uint32_t place) {
      if (place < columns_.registers || external_.size() == hoisted_.size()) return;
      if (std::ranges::find(external_, place) == external_.end()) external_.push_back(place);
    };
    for (const auto& value : block_->values)
      if (value.kind == Kind::column || value.kind == Kind::uniform) note(value.place);
    for (const Step& step : block_->steps)
      if (step.operation == NativeOperation::store) note(step.to);
  }
  void find_uses() {
    states_.assign(block_->values.size(), {});
    uses_.resize(block_->steps.size());
    for (std::size_t n = uses_.size(); n-- > 0;) {
      const Step& step = block_->steps[n];
      for (std::size_t k = 0; k < step.arity; ++k) uses_[n][k] = states_[step.operand[k]].next;
      for (std::size_t k = 0; k < step.arity; ++k) states_[step.operand[k]].next = static_cast<std::uint32_t>(n);
    }
  }

  // --- Places -----------------------------------------------------------------------------------------------------

  [[nodiscard]] Xmm xmm(int index) const { return Xmm(form_.kind, index); }
  [[nodiscard]] int zero_index() const { return form_.registers() + 3; }
  /// What a step puts aside, k < 3. The last one is overwritten where operands are fetched.
  [[nodiscard]] Xmm aside(int k) const { return xmm(form_.registers() + k); }
  [[nodiscard]] Xmm rest_bits() const { return aside(2); }
  Xmm zero() {
    if (!has_zero_) vxorps(xmm(zero_index()), xmm(zero_index()), xmm(zero_index()));
    has_zero_ = true;
    return xmm(zero_index());
  }

  /// Where a constant of these bits lies from the pool on.
  std::size_t constant(std::uint64_t bits) {
    const auto [found, fresh] = constants_.try_emplace(bits, pool_bytes_.size());
    if (fresh)
      for (std::size_t at = 0; at < form_.constant(); at += form_.element) {
        const auto* const from = reinterpret_cast<const std::byte*>(&bits);
        pool_bytes_.insert(pool_bytes_.end(), from, from + form_.element);
      }
    return found->second;
  }
  [[nodiscard]] std::uint64_t bits_of(double number) const {
    return is_f32() ? std::bit_cast<std::uint32_t>(static_cast<float>(number)) : std::bit_cast<std::uint64_t>(number);
  }
  std::size_t rest_mask() {
    if (rest_mask_ == none) {
      rest_mask_ = static_cast<std::uint32_t>(pool_bytes_.size());
      pool_bytes_.resize(rest_mask_ + form_.width(), std::byte{0xFF});
      pool_bytes_.resize(rest_mask_ + 2 * form_.width(), std::byte{0});
    }
    return rest_mask_;
  }
  [[nodiscard]] bool is_f32() const { return form_.element == sizeof(float); }

  Address pooled(std::size_t at) { return form_.masks() ? ptr_b[pool_ + at] : ptr[pool_ + at]; }
  Address number(double value) { return pooled(constant(bits_of(value))); }
  /// Where a value that is a constant lies from the pool on.
  std::size_t constant_of(Value v) {
    State& state = states_[v];
    if (state.home == none) state.home = static_cast<std::uint32_t>(constant(bits_of(block_->values[v].number)));
    return state.home;
  }
  Address sign_bit() { return pooled(constant(is_f32() ? std::uint64_t{1} << 31 : std::uint64_t{1} << 63)); }
  Address other_bits() {
    return pooled(constant(is_f32() ? std::uint64_t{0x7FFFFFFF} : std::uint64_t{0x7FFFFFFFFFFFFFFF}));
  }

  /// Where a column that is no register begins.
  Reg64 begin_of(std::uint32_t place) {
    const auto found = std::ranges::find(external_, place);
    if (found != external_.end()) return hoisted_[static_cast<std::size_t>(found - external_.begin())];
    mov(rax, ptr[rdi + 8 * place]);
    return rax;
  }
  Address column(std::uint32_t place, std::uint8_t vector) {
    if (form_.sample) return ptr[base_ + form_.element * place];
    const std::size_t ahead = form_.width() * vector;
    if (place < columns_.registers) return ptr[base_ + (columns_.stride * place + ahead)];
    return ptr[begin_of(place) + rcx + ahead];
  }
  Address slot(std::uint32_t k) {
    if (form_.sample) return ptr[base_ + form_.element * (columns_.registers + k)];
    return ptr[r8 + form_.width() * k];
  }
  [[nodiscard]] bool is_external(std::uint32_t place) const { return !form_.sample && place >= columns_.registers; }

  /// A value from memory to a register, or back.
  template <class To, class From>
  void move(const To& to, const From& from) {
    if (form_.sample)
      vmovsd(to, from);
    else if (is_f32())
      vmovups(to, from);
    else
      vmovupd(to, from);
  }
  /// The same for the elements of a rest (AVX2).
  template <class To, class From>
  void move_rest(const To& to, const From& from) {
    vmovups(rest_bits(), ptr[r11]);
    if (is_f32())
      vmaskmovps(to, rest_bits(), from);
    else
      vmaskmovpd(to, rest_bits(), from);
  }
  /// The same register, mask and all, as the assembler wants it where it has no instruction for the least kind.
  static Xbyak::Ymm wide(const Xmm& x) {
    Xbyak::Ymm result(x.getIdx(), x.getKind(), static_cast<int>(x.getBit()));
    result.setOpmaskIdx(x.getOpmaskIdx(), true);
    if (x.hasZero()) result.setZero();
    return result;
  }
  void spread(const Xmm& to, const Address& from) {
    if (form_.sample)
      vmovsd(to, from);
    else if (is_f32())
      vbroadcastss(to, from);
    else
      vbroadcastsd(wide(to), from);
  }
  /// A value from memory to a register.
  void fetch(Value v, const Xmm& to) {
    const NativeBlock::Value& value = block_->values[v];
    const State& state = states_[v];
    switch (value.kind) {
      case Kind::constant:
        if (form_.masks() || form_.sample)
          spread(to, ptr[pool_ + constant_of(v)]);
        else
          move(to, pooled(constant_of(v)));
        return;
      case Kind::uniform:
        spread(to, ptr[begin_of(value.place)]);
        return;
      case Kind::column:
        if (!is_external(value.place) || !rest_)
          move(to, column(value.place, value.vector));
        else if (form_.masks())
          move(to | k7 | T_z, column(value.place, value.vector));
        else
          move_rest(to, column(value.place, value.vector));
        return;
      case Kind::computed:
        move(to, state.home != none ? column(state.home, value.vector) : slot(state.slot));
        return;
    }
  }
  /// An instruction may read it from memory as its last operand.
  [[nodiscard]] bool can_read(Value v) const {
    const NativeBlock::Value& value = block_->values[v];
    switch (value.kind) {
      case Kind::constant:
      case Kind::computed:
        return true;
      case Kind::uniform:
        return form_.masks();
      case Kind::column:
        return !is_external(value.place) || !rest_;
    }
    return false;
  }
  Address address(Value v) {
    const NativeBlock::Value& value = block_->values[v];
    switch (value.kind) {
      case Kind::constant:
        return pooled(constant_of(v));
      case Kind::uniform:
        return ptr_b[begin_of(value.place)];
      case Kind::column:
        return column(value.place, value.vector);
      case Kind::computed:
        break;
    }
    return states_[v].home != none ? column(states_[v].home, value.vector) : slot(states_[v].slot);
  }

  [[nodiscard]] bool is_in_memory(Value v) const {
    return block_->values[v].kind != Kind::computed || states_[v].home != none || states_[v].slot != none;
  }
  void put_aside(Value v) {
    if (is_in_memory(v)) return;
    if (slots_.empty()) slots_.push_back(slot_count_++);
    states_[v].slot = slots_.back();
    slots_.pop_back();
    move(slot(states_[v].slot), xmm(states_[v].at));
  }
  void release(Value v) {
    State& state = states_[v];
    if (state.at < 0) return;
    free_ |= 1u << state.at;
    holder_[static_cast<std::size_t>(state.at)] = none;
    state.at = -1;
  }
  /// A register for v.
  Xmm claim(Value v) {
    if (free_ == 0) {
      Value last = none;
      for (const Value candidate : holder_) {
        if (candidate == none || (pinned_ >> states_[candidate].at & 1u) != 0) continue;
        if (last == none || states_[candidate].next > states_[last].next) last = candidate;
      }
      if (states_[last].next != never) put_aside(last);
      release(last);
    }
    return claim(v, std::countr_zero(free_));
  }
  /// This one, which is free.
  Xmm claim(Value v, int at) {
    free_ &= ~(1u << at);
    holder_[static_cast<std::size_t>(at)] = v;
    states_[v].at = at;
    return xmm(at);
  }
  Xmm in_register(Value v) {
    if (states_[v].at < 0) fetch(v, claim(v));
    pinned_ |= 1u << states_[v].at;
    return xmm(states_[v].at);
  }
  Source last_operand(Value v) {
    const bool needed_again = states_[v].next != never && block_->values[v].kind != Kind::constant;
    if (states_[v].at >= 0 || needed_again || !can_read(v)) return {.in = in_register(v)};
    return {.memory = address(v)};
  }
  /// All values out of the registers: those that are needed again are put aside.
  void empty_registers() {
    for (const Value v : std::array(holder_)) {
      if (v == none) continue;
      if (states_[v].next != never) put_aside(v);
      release(v);
    }
    has_zero_ = false;
  }

  // --- Operands and results of a step -----------------------------------------------------------------------------

  /// Before anything else of step `n`.
  void take_operands(const Step& step, std::size_t n) {
    pinned_ = 0;
    for (std::size_t k = 0; k < step.arity; ++k) {
      State& state = states_[step.operand[k]];
      state.next = uses_[n][k];
      if (state.at >= 0) pinned_ |= 1u << state.at;
    }
  }
  void give_up_operands(const Step& step) {
    for (std::size_t k = 0; k < step.arity; ++k)
      if (states_[step.operand[k]].next == never) release(step.operand[k]);
  }
  /// The register of a step's result; one of an operand that is needed no more may be it, so it is written last.
  Xmm result(const Step& step) {
    give_up_operands(step);
    return claim(step.out);
  }
  /// The same, and `preferred` if it is free.
  Xmm result(const Step& step, const Xmm& preferred) {
    give_up_operands(step);
    const int at = preferred.getIdx();
    return (free_ >> at & 1u) != 0 ? claim(step.out, at) : claim(step.out);
  }
  /// After everything else: an instruction may read what was put aside.
  void give_up_slots(const Step& step) {
    for (std::size_t k = 0; k < step.arity; ++k) {
      State& state = states_[step.operand[k]];
      if (state.next == never && state.slot != none) slots_.push_back(std::exchange(state.slot, none));
    }
  }

  const Form form_;
  const NativeColumns columns_;
  const std::array<Reg64, 7> hoisted_{r10, rbx, rbp, r12, r13, r14, r15};
  std::vector<std::byte>& pool_bytes_;
  std::unordered_map<std::uint64_t, std::size_t> constants_;  // by bits
  std::uint32_t rest_mask_ = none;

  // Of the block.
  const NativeBlock* block_ = nullptr;
  Reg64 base_, pool_;
  std::vector<std::uint32_t> external_;  // places whose columns' beginnings are in hoisted_
  // Of the body.
  bool rest_ = false;                                 // there may be fewer elements than a register has
  bool has_zero_ = false;                             // the register for it is 0
  std::vector<State> states_;                         // by value
  std::vector<std::array<std::uint32_t, 3>> uses_{};  // by step and operand: the step that uses the operand next
  std::uint32_t free_ = 0, pinned_ = 0;               // registers: nobody's; of operands of the step at hand
  std::array<Value, 32> holder_{};                    // by register
  std::vector<std::uint32_t> slots_;                  // free ones
  std::uint32_t slot_count_ = 0;
};

}  // namespace wengert::exec::x86

#endif
