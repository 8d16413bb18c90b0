// Steps of native code as instructions for x86-64; see assembler_x86.cpp.
//
// Reading order: Predicate, steps, store, check, call; compute and what it asks for.
#pragma once

#include "wengert/autodiff/exec/native/register_file_x86.hpp"

#if WENGERT_WITH_XBYAK

namespace wengert::exec::x86 {

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

class Steps : public RegisterFile {
 protected:
  using RegisterFile::RegisterFile;

  /// Where checks of columns come together: a number, or NaN.
  [[nodiscard]] int checked_index() const { return form_.registers() - 1; }
  [[nodiscard]] Xmm checked() const { return xmm(checked_index()); }

// Instructions by the type of elements.
#  define WENGERT_BY_TYPE(name, ...) \
    (form_.sample ? name##sd(__VA_ARGS__) : is_f32() ? name##ps(__VA_ARGS__) : name##pd(__VA_ARGS__))
#  define WENGERT_PACKED(name, ...) (is_f32() ? name##ps(__VA_ARGS__) : name##pd(__VA_ARGS__))

  void compare_into(const Xmm& to, const Xmm& a, const Operand& b, Predicate predicate) {
    WENGERT_BY_TYPE(vcmp, to, a, b, predicate);
  }
  void compare_into(const Opmask& to, const Xmm& a, const Operand& b, Predicate predicate) {
    WENGERT_PACKED(vcmp, to, a, b, predicate);
  }

  /// All of the body at hand.
  void steps() {
    masks_.fill(none);
    for (std::size_t n = 0; n < block_->steps.size(); ++n) step(n);
  }

  bool streams_ = false;  // stores to columns outside pass by the caches

 private:
  void step(std::size_t n) {
    const Step& step = block_->steps[n];
    pinned_masks_ = 0;
    take_operands(step, n);
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
    const Address to = column(step.to, step.vector);
    if (is_external(step.to) && rest_) {
      if (form_.masks())
        move(to | k7, from);
      else
        move_rest(to, from);
    } else if (is_external(step.to) && streams_) {
      WENGERT_PACKED(vmovnt, to, from);
    } else {
      move(to, from);
      if (!is_external(step.to) && block_->values[step.operand[0]].kind == Kind::computed)
        states_[step.operand[0]].home = step.to;
    }
  }

  /// A sum with a NaN in it is NaN; so is one of both infinities.
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
    if (!rest_) {
      WENGERT_PACKED(vadd, checked(), checked(), x);
    } else if (form_.masks()) {
      WENGERT_PACKED(vadd, checked() | k7, checked(), x);
    } else {
      vmovups(rest_bits(), ptr[r11]);
      WENGERT_PACKED(vand, aside(0), x, rest_bits());
      WENGERT_PACKED(vadd, checked(), checked(), aside(0));
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
      case fused:
        return fused_product(step, false);
      case fused_negated:
        return fused_product(step, true);
      case least:
      case most:
        return bound(step);
      case two_to:
        return power_of_two(step);
      case times_two_to:
        return power_of_two_times(step);
      case copy_sign:
        return signed_by(step);
      case by_sign:
        return choice_by_sign(step);
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

  // Parts of formulas.

  /// ±x·y + z, by the form of the instruction that writes over an operand which is needed no more.
  void fused_product(const Step& step, bool negated) {
    auto [x, y, z] = step.operand;
    const auto is_far = [&](Value v) { return states_[v].at < 0; };
    if (is_far(x) && !is_far(y)) std::swap(x, y);
    if (is_far(z) && block_->values[z].kind == Kind::constant) {  // to = ±to·b + memory
      const Xmm a = in_register(x), b = in_register(y);
      const Source c = last_operand(z);
      const Xmm to = result(step, states_[x].next == never ? a : b);
      const bool over_b = to.getIdx() == b.getIdx();
      if (!over_b && to.getIdx() != a.getIdx()) WENGERT_PACKED(vmova, to, a);
      if (negated)
        WENGERT_PACKED(vfnmadd213, to, over_b ? a : b, c.get());
      else
        WENGERT_PACKED(vfmadd213, to, over_b ? a : b, c.get());
      return;
    }
    const Xmm c = in_register(z), a = in_register(x);
    const Source b = last_operand(y);
    const Xmm to = result(step, states_[z].next == never ? c : a);
    const bool over_a = to.getIdx() == a.getIdx();
    if (over_a || (!b.memory && to.getIdx() == b.in.getIdx())) {  // to = ±to·other + c
      const Operand& other = over_a ? b.get() : static_cast<const Operand&>(a);
      if (to.getIdx() == c.getIdx()) {
        WENGERT_PACKED(vmova, aside(0), c);
        if (negated)
          WENGERT_PACKED(vfnmadd132, to, aside(0), other);
        else
          WENGERT_PACKED(vfmadd132, to, aside(0), other);
      } else if (negated) {
        WENGERT_PACKED(vfnmadd132, to, c, other);
      } else {
        WENGERT_PACKED(vfmadd132, to, c, other);
      }
      return;
    }
    if (to.getIdx() != c.getIdx()) WENGERT_PACKED(vmova, to, c);
    if (negated)
      WENGERT_PACKED(vfnmadd231, to, a, b.get());
    else
      WENGERT_PACKED(vfmadd231, to, a, b.get());
  }

  /// As the instruction has it: y where one is NaN.
  void bound(const Step& step) {
    const Xmm a = in_register(step.operand[0]);
    const Source b = last_operand(step.operand[1]);
    const Xmm to = result(step);
    if (step.operation == NativeOperation::least)
      WENGERT_PACKED(vmin, to, a, b.get());
    else
      WENGERT_PACKED(vmax, to, a, b.get());
  }

  /// 1.5·2^23 (1.5·2^52): a whole number that is added to it stands in the last bits.
  Address whole() { return number(is_f32() ? 0x1.8p23 : 0x1.8p52); }
  /// 2^n of n + whole().
  void raise(const Xmm& to) {
    if (is_f32()) {
      vpslld(to, to, 23);
      vpaddd(to, to, number(1.0));
    } else {
      vpsllq(to, to, 52);
      vpaddq(to, to, number(1.0));
    }
  }
  void power_of_two(const Step& step) {
    const Xmm n = in_register(step.operand[0]);
    if (form_.masks()) {
      spread_one(aside(0));
      WENGERT_PACKED(vscalef, result(step), aside(0), n);
      return;
    }
    const Xmm to = result(step);
    WENGERT_PACKED(vadd, to, n, whole());
    raise(to);
  }
  /// Without an instruction for it, by two powers.
  void power_of_two_times(const Step& step) {
    const Xmm x = in_register(step.operand[0]);
    if (form_.masks()) {
      const Source n = last_operand(step.operand[1]);
      WENGERT_PACKED(vscalef, result(step), x, n.get());
      return;
    }
    const Xmm n = in_register(step.operand[1]);
    const Xmm half = aside(0), rest = aside(1);
    WENGERT_PACKED(vmul, half, n, number(0.5));
    WENGERT_PACKED(vadd, half, half, whole());
    WENGERT_PACKED(vsub, rest, half, whole());
    WENGERT_PACKED(vsub, rest, n, rest);
    WENGERT_PACKED(vadd, rest, rest, whole());
    raise(half);
    raise(rest);
    const Xmm to = result(step);
    WENGERT_PACKED(vmul, to, x, half);
    WENGERT_PACKED(vmul, to, to, rest);
  }

  void signed_by(const Step& step) {
    const Xmm x = in_register(step.operand[0]), y = in_register(step.operand[1]);
    WENGERT_PACKED(vand, aside(0), x, other_bits());
    WENGERT_PACKED(vand, aside(1), y, sign_bit());
    WENGERT_PACKED(vor, result(step), aside(0), aside(1));
  }
  void choice_by_sign(const Step& step) {
    const auto [sign, chosen, other] = step.operand;
    const Xmm x = in_register(sign);
    if (!form_.masks()) {
      const Xmm a = in_register(chosen), b = in_register(other);
      WENGERT_PACKED(vblendv, result(step), b, a, x);
      return;
    }
    if (is_f32())
      vpmovd2m(k6, x);
    else
      vpmovq2m(k6, x);
    const Xmm b = in_register(other);
    const Source a = last_operand(chosen);
    WENGERT_PACKED(vblendm, result(step) | k6, b, a.get());
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

  std::array<Value, last_mask + 1> masks_{};  // by mask: what it says of
  std::uint32_t pinned_masks_ = 0;            // of the step at hand
  int next_mask_ = last_mask;
};

}  // namespace wengert::exec::x86

#endif
