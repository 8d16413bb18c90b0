// Native code for x86-64, by Xbyak (github.com/herumi/xbyak), which encodes instructions. Without it, or on another
// machine, there is no native code; only this folder's files for x86 know it.
//
// Three forms: columns by AVX-512 (32 registers, masks), columns by AVX2 (16 registers), one sample by scalar AVX.
// Steps become instructions in their order.
//
// Reading order: register_file_x86.hpp; Assembler (assemble, frames, steps), NativeCode.
#include "wengert/autodiff/exec/native/native.hpp"
#include "wengert/autodiff/exec/native/register_file_x86.hpp"

#if WENGERT_WITH_XBYAK
#  include <sys/mman.h>

#  include <cstring>

namespace wengert::exec {

using namespace x86;

namespace {

// Predicates of comparisons, as C++ has them where one side is NaN.
enum Predicate : std::uint8_t {
  equal_to = 0,
  less_than = 1,
  at_most = 2,
  unordered = 3,
  differs = 4,
  at_least = 29,
  more_than = 30
};

}  // namespace

class NativeCode::Assembler : public RegisterFile {
 public:
  Assembler(const Form& form, const NativeColumns& columns, NativeCode& code)
      : RegisterFile(form, columns, code.constants_), code_(code) {}

  /// Where the block's code begins.
  std::size_t assemble(const NativeBlock& block) {
    checks_ =
        std::ranges::any_of(block.steps, [](const Step& step) { return step.operation == NativeOperation::check; });
    code_.has_checks_ = code_.has_checks_ || checks_;
    align(16);
    const std::size_t begin = getSize();
    begin_block(block);
    if (form_.sample)
      sample();
    else
      loop();
    return begin;
  }

 private:
  // --- Frames of code ---------------------------------------------------------------------------------------------

  static constexpr std::size_t first_saved = 1;  // of hoisted_: registers that callers want back

  void load_pool(const Reg64& to) {
    mov(to, reinterpret_cast<std::size_t>(&code_.pool_));
    mov(to, ptr[to]);
  }

  void loop() {
    const auto width = static_cast<std::uint32_t>(form_.width()), lanes = static_cast<std::uint32_t>(form_.lanes());
    base_ = rdx, pool_ = r9;
    for (std::size_t k = first_saved; k < external_.size(); ++k) push(hoisted_[k]);
    mov(rdx, ptr[rdi]);
    lea(r8, ptr[rdx + columns_.registers * columns_.stride]);
    load_pool(r9);
    vxorps(xmm(zero_index()), xmm(zero_index()), xmm(zero_index()));
    has_zero_ = true;
    if (checks_) vxorps(checked(), checked(), checked());
    for (std::size_t k = 0; k < external_.size(); ++k) mov(hoisted_[k], ptr[rdi + 8 * external_[k]]);
    xor_(ecx, ecx);
    Xbyak::Label again, rest, end;
    const auto advance = [&] {
      add(rdx, width);
      add(rcx, width);
      sub(rsi, lanes);
    };
    if (form_.masks()) {
      test(rsi, rsi);
      jle(end, T_NEAR);
      kxnorw(k7, k7, k7);
      L(again);
      Xbyak::Label full;
      cmp(rsi, lanes);
      jge(full);
      mov(eax, 0xFFFFFFFFU);
      bzhi(eax, eax, esi);
      kmovw(k7, eax);
      L(full);
      body(false);
      advance();
      jg(again, T_NEAR);
    } else {
      cmp(rsi, lanes);
      jl(rest, T_NEAR);
      L(again);
      body(false);
      advance();
      cmp(rsi, lanes);
      jge(again, T_NEAR);
      L(rest);
      test(rsi, rsi);
      jle(end, T_NEAR);
      // All ones for as many elements as are left: a part of a row of ones and zeros.
      neg(rsi);
      const std::size_t row = rest_mask();
      lea(r11, ptr[r9 + rsi * static_cast<int>(form_.element) + row + width]);
      body(true);
    }
    L(end);
    if (!checks_) {
      xor_(eax, eax);
    } else if (form_.masks()) {
      compare_into(k1, checked(), checked(), unordered);
      kmovw(eax, k1);
    } else {
      compare_into(aside(0), checked(), checked(), unordered);
      vmovmskps(eax, aside(0));
    }
    vzeroupper();
    for (std::size_t k = external_.size(); k-- > first_saved;) pop(hoisted_[k]);
    ret();
  }

  void sample() {
    constexpr std::uint32_t operands = 4 * sizeof(double);  // three, and the stack stays aligned
    base_ = rbx, pool_ = rbp;
    push(rbx);
    push(rbp);
    push(r12);
    sub(rsp, operands);
    mov(rbx, rdi);
    load_pool(rbp);
    xor_(r12d, r12d);
    has_zero_ = false;
    body(false);
    mov(eax, r12d);
    add(rsp, operands);
    pop(r12);
    pop(rbp);
    pop(rbx);
    ret();
  }

  void body(bool rest) {
    begin_body(rest, checks_ && !form_.sample ? checked_index() : form_.registers());
    masks_.fill(none);
    for (now_ = 0; now_ < block_->steps.size(); ++now_) step(block_->steps[now_]);
    code_.spill_bytes_ = std::max(code_.spill_bytes_, aside_bytes());
  }

  /// Where checks of columns come together: a number, or NaN.
  [[nodiscard]] int checked_index() const { return form_.registers() - 1; }
  [[nodiscard]] Xmm checked() const { return xmm(checked_index()); }

// Instructions by the type of elements.
#  define WENGERT_BY_TYPE(name, ...) \
    (form_.sample ? name##sd(__VA_ARGS__) : is_f32() ? name##ps(__VA_ARGS__) : name##pd(__VA_ARGS__))
#  define WENGERT_PACKED(name, ...) (is_f32() ? name##ps(__VA_ARGS__) : name##pd(__VA_ARGS__))

  // --- Steps ------------------------------------------------------------------------------------------------------

  void step(const Step& step) {
    pinned_masks_ = 0;
    take_operands(step, now_);
    switch (step.operation) {
      case NativeOperation::store:
        store(step);
        give_up_operands(step);
        break;
      case NativeOperation::check:
        check(step);
        give_up_operands(step);
        break;
      case NativeOperation::call:
        call(step);
        give_up_operands(step);
        break;
      default:
        compute(step);
    }
    give_up_slots(step);
  }

  void store(const Step& step) {
    const Xmm from = in_register(step.operand[0]);
    if (is_external(step.to) && form_.masks()) {
      move(column(step.to) | k7, from);
    } else if (is_external(step.to) && rest_) {
      move_rest(column(step.to), from);
    } else {
      move(column(step.to), from);
      if (!is_external(step.to) && block_->values[step.operand[0]].kind == Kind::computed)
        states_[step.operand[0]].home = step.to;
    }
  }

  /// 0·x is 0 for every number.
  void check(const Step& step) {
    const Xmm x = in_register(step.operand[0]);
    if (form_.sample) {
      vmulsd(aside(0), x, zero());
      vucomisd(aside(0), aside(0));
      setp(al);
      movzx(eax, al);
      or_(r12d, eax);
      return;
    }
    if (form_.masks()) {
      WENGERT_PACKED(vfmadd231, checked() | k7, x, zero());
    } else if (!rest_) {
      WENGERT_PACKED(vfmadd231, checked(), x, zero());
    } else {
      vmovups(rest_bits(), ptr[r11]);
      WENGERT_PACKED(vand, aside(0), x, rest_bits());
      WENGERT_PACKED(vfmadd231, checked(), aside(0), zero());
    }
  }

  void call(const Step& step) {
    for (std::size_t k = 0; k < step.arity; ++k) vmovsd(ptr[rsp + sizeof(double) * k], in_register(step.operand[k]));
    empty_registers();
    mov(rdi, rsp);
    mov(rax, reinterpret_cast<std::size_t>(step.function));
    Xbyak::CodeGenerator::call(rax);
    claim(step.out);  // the first one: all are free
  }

  void compute(const Step& step) {
    using enum NativeOperation;
    const auto [x, y, z] = step.operand;
    switch (step.operation) {
      case add:
      case mul: {
        const bool exchange = states_[x].at < 0 && states_[y].at >= 0;
        const Xmm a = in_register(exchange ? y : x);
        const Source b = last_operand(exchange ? x : y);
        const Xmm to = result(step);
        if (step.operation == add)
          WENGERT_BY_TYPE(vadd, to, a, b.get());
        else
          WENGERT_BY_TYPE(vmul, to, a, b.get());
        return;
      }
      case sub: {
        const Xmm a = in_register(x);
        const Source b = last_operand(y);
        WENGERT_BY_TYPE(vsub, result(step), a, b.get());
        return;
      }
      case divide: {
        const Xmm a = in_register(x);
        const Source b = last_operand(y);
        WENGERT_BY_TYPE(vdiv, result(step), a, b.get());
        return;
      }
      case square: {
        const Xmm a = in_register(x);
        WENGERT_BY_TYPE(vmul, result(step), a, a);
        return;
      }
      case reciprocal: {
        const Source b = last_operand(x);
        spread_one(aside(0));
        WENGERT_BY_TYPE(vdiv, result(step), aside(0), b.get());
        return;
      }
      case square_root: {
        const Source b = last_operand(x);
        square_root_of(result(step), b.get());
        return;
      }
      case reciprocal_root: {
        const Source b = last_operand(x);
        square_root_of(aside(1), b.get());
        spread_one(aside(0));
        WENGERT_BY_TYPE(vdiv, result(step), aside(0), aside(1));
        return;
      }
      case negate: {
        const Xmm a = in_register(x);
        WENGERT_PACKED(vxor, result(step), a, sign_bit());
        return;
      }
      case absolute: {
        const Xmm a = in_register(x);
        WENGERT_PACKED(vand, result(step), a, other_bits());
        return;
      }
      case relu: {  // 0 > x ? 0 : x
        const Source b = last_operand(x);
        WENGERT_BY_TYPE(vmax, result(step), zero(), b.get());
        return;
      }
      case larger:
      case smaller:
        extremum(step);
        return;
      case scale:
        if (step.quick)
          quick_product(step);
        else
          masked_product(step);
        return;
      case less:
        return compare(step, less_than);
      case less_equal:
        return compare(step, at_most);
      case NativeOperation::equal:
        return compare(step, equal_to);
      case not_equal:
        return compare(step, differs);
      case greater:
        return compare(step, more_than);
      case greater_equal:
        return compare(step, at_least);
      case opposite:
        return opposite_of(step);
      case both:
      case either:
      case one_of_two:
        return logical(step);
      case choose:
        return choice(step);
      case NativeOperation::store:
      case NativeOperation::check:
      case NativeOperation::call:
      case NativeOperation::none:
        return;
    }
  }

  void spread_one(const Xmm& to) {
    if (form_.masks() || form_.sample)
      spread(to, ptr[pool_ + constant(bits_of(1.0))]);
    else
      move(to, number(1.0));
  }
  void square_root_of(const Xmm& to, const Operand& x) {
    if (form_.sample)
      vsqrtsd(to, zero(), x);
    else
      WENGERT_PACKED(vsqrt, to, x);
  }
  void compare_into(const Xmm& to, const Xmm& a, const Operand& b, Predicate predicate) {
    WENGERT_BY_TYPE(vcmp, to, a, b, predicate);
  }
  void compare_into(const Opmask& to, const Xmm& a, const Operand& b, Predicate predicate) {
    WENGERT_PACKED(vcmp, to, a, b, predicate);
  }

  /// x > y ? x : y, as the instruction has it; x + y where one is NaN.
  void extremum(const Step& step) {
    const Xmm a = in_register(step.operand[0]), b = in_register(step.operand[1]);
    const Xmm best = aside(0);
    if (step.operation == NativeOperation::larger)
      WENGERT_BY_TYPE(vmax, best, a, b);
    else
      WENGERT_BY_TYPE(vmin, best, a, b);
    if (form_.masks()) {
      compare_into(k6, a, b, unordered);
      WENGERT_PACKED(vadd, best | k6, a, b);
      const Xmm to = result(step);
      WENGERT_PACKED(vmova, to, best);
      return;
    }
    compare_into(aside(1), a, b, unordered);
    WENGERT_BY_TYPE(vadd, aside(2), a, b);
    const Xmm to = result(step);
    WENGERT_PACKED(vblendv, to, best, aside(2), aside(1));
  }

  // Masks of what is not 0 (AVX-512): a cotangent is multiplied by several partials, and its mask is kept from one to
  // the next.

  static constexpr int first_mask = 1, last_mask = 5;  // 6 is for a step, 7 says which elements there are

  std::optional<Opmask> known_mask(Value v) {
    for (int k = first_mask; k <= last_mask; ++k) {
      if (masks_[static_cast<std::size_t>(k)] != v) continue;
      pinned_masks_ |= 1u << k;
      return Opmask(k);
    }
    return std::nullopt;
  }
  Opmask new_mask(Value v) {
    do {
      next_mask_ = next_mask_ == last_mask ? first_mask : next_mask_ + 1;
    } while ((pinned_masks_ >> next_mask_ & 1u) != 0);
    pinned_masks_ |= 1u << next_mask_;
    masks_[static_cast<std::size_t>(next_mask_)] = v;
    return Opmask(next_mask_);
  }
  Opmask mask_of(Value v) {
    if (const auto known = known_mask(v)) return *known;
    const Source x = last_operand(v);
    const Opmask mask = new_mask(v);
    compare_into(mask, zero(), x.get(), differs);
    return mask;
  }
  [[nodiscard]] bool is_masked_again(Value v) const {
    const std::uint32_t next = states_[v].next;
    return next != never && block_->steps[next].operation == NativeOperation::scale;
  }
  [[nodiscard]] bool is_never_zero(Value v) const {
    return block_->values[v].kind == Kind::constant && block_->values[v].number != 0.0 &&
           (!is_f32() || static_cast<float>(block_->values[v].number) != 0.0F);
  }

  /// fma(x, y, +0): exact zeros are +0, and what underflows keeps its sign, as in the masked product.
  void quick_product(const Step& step) {
    const auto [x, y, nothing] = step.operand;
    const bool exchange = states_[x].at < 0 && states_[y].at >= 0;
    const Xmm a = in_register(exchange ? y : x);
    const Source b = last_operand(exchange ? x : y);
    const Xmm nought = zero(), to = result(step, a);
    if (to.getIdx() != a.getIdx()) {
      if (!b.memory && to.getIdx() == b.in.getIdx()) {
        WENGERT_BY_TYPE(vfmadd132, to, nought, a);
        return;
      }
      WENGERT_PACKED(vmova, to, a);
    }
    WENGERT_BY_TYPE(vfmadd132, to, nought, b.get());
  }

  void masked_product(const Step& step) {
    Value x = step.operand[0], y = step.operand[1];
    if ((states_[x].at < 0 && states_[y].at >= 0) || is_never_zero(x)) std::swap(x, y);
    const Xmm a = in_register(x);
    const Source b = last_operand(y);
    if (!form_.masks()) {
      if (is_never_zero(y)) {
        compare_into(aside(0), zero(), a, differs);
      } else {
        compare_into(aside(0), zero(), b.get(), differs);
        compare_into(aside(1), zero(), a, differs);
        WENGERT_PACKED(vand, aside(0), aside(0), aside(1));
      }
      WENGERT_BY_TYPE(vmul, aside(1), a, b.get());
      WENGERT_PACKED(vand, result(step), aside(1), aside(0));
      return;
    }
    std::optional<Opmask> of_x = known_mask(x), of_y = known_mask(y);
    const auto compared = [&](Value v, const Operand& with) {
      const Opmask mask = new_mask(v);
      compare_into(mask, zero(), with, differs);
      return mask;
    };
    if (!of_x && is_masked_again(x)) of_x = compared(x, a);
    if (!of_y && is_masked_again(y) && !is_never_zero(y)) of_y = compared(y, b.get());
    Opmask mask = k6;
    if (is_never_zero(y)) {
      if (of_x)
        mask = *of_x;
      else
        compare_into(k6, zero(), a, differs);
    } else if (of_x && of_y) {
      kandw(k6, *of_x, *of_y);
    } else if (of_x) {
      compare_into(k6 | *of_x, zero(), b.get(), differs);
    } else if (of_y) {
      compare_into(k6 | *of_y, zero(), a, differs);
    } else {
      compare_into(k6, zero(), a, differs);
      compare_into(k6 | k6, zero(), b.get(), differs);
    }
    WENGERT_PACKED(vmul, result(step) | mask | T_z, a, b.get());
  }

  // Truth values: 1 and 0.

  void truth(const Step& step, const Opmask& mask) {
    const Xmm to = result(step) | mask | T_z;
    spread(to, ptr[pool_ + constant(bits_of(1.0))]);
  }
  void truth(const Step& step, const Xmm& bits) { WENGERT_PACKED(vand, result(step), bits, number(1.0)); }

  void compare(const Step& step, Predicate predicate) {
    const Xmm a = in_register(step.operand[0]);
    const Source b = last_operand(step.operand[1]);
    if (form_.masks()) {
      const Opmask mask = new_mask(step.out);
      compare_into(mask, a, b.get(), predicate);
      truth(step, mask);
    } else {
      compare_into(aside(0), a, b.get(), predicate);
      truth(step, aside(0));
    }
  }
  void opposite_of(const Step& step) {
    const Source x = last_operand(step.operand[0]);
    if (form_.masks()) {
      const Opmask mask = new_mask(step.out);
      compare_into(mask, zero(), x.get(), equal_to);
      truth(step, mask);
    } else {
      compare_into(aside(0), zero(), x.get(), equal_to);
      truth(step, aside(0));
    }
  }
  void logical(const Step& step) {
    using enum NativeOperation;
    if (form_.masks()) {
      const Opmask a = mask_of(step.operand[0]), b = mask_of(step.operand[1]);
      const Opmask mask = new_mask(step.out);
      if (step.operation == both)
        kandw(mask, a, b);
      else if (step.operation == either)
        korw(mask, a, b);
      else
        kxorw(mask, a, b);
      truth(step, mask);
      return;
    }
    const Source x = last_operand(step.operand[0]);
    compare_into(aside(0), zero(), x.get(), differs);
    const Source y = last_operand(step.operand[1]);
    compare_into(aside(1), zero(), y.get(), differs);
    if (step.operation == both)
      WENGERT_PACKED(vand, aside(0), aside(0), aside(1));
    else if (step.operation == either)
      WENGERT_PACKED(vor, aside(0), aside(0), aside(1));
    else
      WENGERT_PACKED(vxor, aside(0), aside(0), aside(1));
    truth(step, aside(0));
  }
  void choice(const Step& step) {
    const auto [condition, chosen, other] = step.operand;
    if (form_.masks()) {
      const Opmask mask = mask_of(condition);
      const Xmm b = in_register(other);
      const Source a = last_operand(chosen);
      WENGERT_PACKED(vblendm, result(step) | mask, b, a.get());
      return;
    }
    const Source x = last_operand(condition);
    compare_into(aside(1), zero(), x.get(), differs);
    const Xmm a = in_register(chosen), b = in_register(other);
    WENGERT_PACKED(vblendv, result(step), b, a, aside(1));
  }

#  undef WENGERT_BY_TYPE
#  undef WENGERT_PACKED

  NativeCode& code_;
  bool checks_ = false;                       // it has checks
  std::size_t now_ = 0;                       // the step at hand
  std::array<Value, last_mask + 1> masks_{};  // by mask: what it says of
  std::uint32_t pinned_masks_ = 0;            // of the step at hand
  int next_mask_ = last_mask;
};

NativeCode::NativeCode() = default;
NativeCode::~NativeCode() = default;
void Unmap::operator()(void* memory) const noexcept { munmap(memory, bytes); }

namespace {

/// The code in memory of its own, which is executed and not written any more; null where the system refuses.
void* executable(const std::uint8_t* code, std::size_t bytes) noexcept {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  std::memcpy(memory, code, bytes);
  if (mprotect(memory, bytes, PROT_READ | PROT_EXEC) == 0) return memory;
  munmap(memory, bytes);
  return nullptr;
}

bool may_execute() noexcept {
  constexpr std::uint8_t ret = 0xC3;
  void* const memory = executable(&ret, 1);
  if (memory == nullptr) return false;
  munmap(memory, 1);
  return true;
}

}  // namespace

bool NativeCode::is_available() noexcept {
  // Levels of instructions say nothing of vfmadd and bzhi.
  static const bool available =
      detail::simd_level >= 1 && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && may_execute();
  return available;
}

/// Entries are from the beginning of the code on, before. Within it, jumps are relative.
bool NativeCode::finish(Assembler& assembler) {
  assembler.ready(Xbyak::CodeArray::PROTECT_RW);
  const std::size_t bytes = assembler.getSize();
  memory_ = {executable(assembler.getCode(), bytes), Unmap{bytes}};
  if (memory_ == nullptr) return false;
  for (std::uintptr_t& entry : entries_) entry += reinterpret_cast<std::uintptr_t>(memory_.get());
  constants_.shrink_to_fit();
  pool_ = constants_.data();
  bytes_ = bytes + constants_.size();
  return true;
}

template <class T>
std::shared_ptr<const NativeCode> NativeCode::of_columns(std::span<const NativeBlock> blocks,
                                                         const NativeColumns& columns, std::size_t level) try {
  const std::shared_ptr<NativeCode> code(new NativeCode());
  const Form form{.kind = level == 2 ? Operand::ZMM : Operand::YMM, .element = sizeof(T)};
  Assembler assembler(form, columns, *code);
  for (const NativeBlock& block : blocks) code->entries_.push_back(assembler.assemble(block));
  return code->finish(assembler) ? code : nullptr;
} catch (const Xbyak::Error&) {
  return nullptr;
}
template std::shared_ptr<const NativeCode> NativeCode::of_columns<float>(std::span<const NativeBlock>,
                                                                         const NativeColumns&, std::size_t);
template std::shared_ptr<const NativeCode> NativeCode::of_columns<double>(std::span<const NativeBlock>,
                                                                          const NativeColumns&, std::size_t);

std::shared_ptr<const NativeCode> NativeCode::of_sample(const NativeBlock& block, std::size_t places) try {
  const std::shared_ptr<NativeCode> code(new NativeCode());
  const Form form{.kind = Operand::XMM, .sample = true};
  const NativeColumns numbers{.registers = static_cast<std::uint32_t>(places), .stride = sizeof(double)};
  Assembler assembler(form, numbers, *code);
  code->entries_.push_back(assembler.assemble(block));
  return code->finish(assembler) ? code : nullptr;
} catch (const Xbyak::Error&) {
  return nullptr;
}

}  // namespace wengert::exec

#else

namespace wengert::exec {

class NativeCode::Assembler {};
void Unmap::operator()(void*) const noexcept {}
NativeCode::NativeCode() = default;
NativeCode::~NativeCode() = default;
bool NativeCode::is_available() noexcept { return false; }
template <class T>
std::shared_ptr<const NativeCode> NativeCode::of_columns(std::span<const NativeBlock>, const NativeColumns&,
                                                         std::size_t) {
  return nullptr;
}
template std::shared_ptr<const NativeCode> NativeCode::of_columns<float>(std::span<const NativeBlock>,
                                                                         const NativeColumns&, std::size_t);
template std::shared_ptr<const NativeCode> NativeCode::of_columns<double>(std::span<const NativeBlock>,
                                                                          const NativeColumns&, std::size_t);
std::shared_ptr<const NativeCode> NativeCode::of_sample(const NativeBlock&, std::size_t) { return nullptr; }

}  // namespace wengert::exec

#endif
