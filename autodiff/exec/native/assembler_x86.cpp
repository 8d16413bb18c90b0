// Native code for x86-64, by Xbyak (github.com/herumi/xbyak), which encodes instructions. Without it, or on another
// machine, there is no native code; only this folder's files for x86 know it.
//
// Three forms: columns by AVX-512 (32 registers, masks), columns by AVX2 (16 registers), one sample by scalar AVX.
// Steps become instructions in their order; those for columns are scheduled first (schedule.cpp).
//
// Reading order: register_file_x86.hpp, steps_x86.hpp; Assembler (assemble, frames), NativeCode.
#include "wengert/autodiff/exec/native/native.hpp"
#include "wengert/autodiff/exec/native/steps_x86.hpp"

#if WENGERT_WITH_XBYAK
#  include <sys/mman.h>

#  include <cstring>

namespace wengert::exec {

using namespace x86;

class NativeCode::Assembler : public Steps {
 public:
  Assembler(const Form& form, const NativeColumns& columns, NativeCode& code)
      : Steps(form, columns, code.constants_), code_(code) {}

  /// Entries are from the beginning of the code on. `variants`: also code for what is as common as it is quicker, whole
  /// vectors and stores past the caches.
  Entry assemble(const NativeBlock& block, bool variants) {
    variants_ = variants;
    checks_ =
        std::ranges::any_of(block.steps, [](const Step& step) { return step.operation == NativeOperation::check; });
    code_.has_checks_ = code_.has_checks_ || checks_;
    Entry entry{.whole = code_for(block, false)};
    if (!variants) return entry;
    for (const Step& step : block.steps)
      if (step.operation == NativeOperation::store && is_external(step.to)) entry.written.push_back(step.to);
    if (!entry.written.empty()) entry.streamed = code_for(block, true);
    return entry;
  }

 private:
  // --- Frames of code ---------------------------------------------------------------------------------------------

  /// Where the block's code begins.
  std::size_t code_for(const NativeBlock& block, bool streams) {
    streams_ = streams;
    align(16);
    const std::size_t begin = getSize();
    begin_block(block);
    if (form_.sample)
      sample();
    else
      loop();
    return begin;
  }

  static constexpr std::size_t first_saved = 1;  // of hoisted_: registers that callers want back

  void load_pool(const Reg64& to) {
    mov(to, reinterpret_cast<std::size_t>(&code_.pool_));
    mov(to, ptr[to]);
  }

  /// `count` vectors further; flags tell whether elements are left.
  void advance(std::uint32_t count) {
    add(rdx, count * static_cast<std::uint32_t>(form_.width()));
    add(rcx, count * static_cast<std::uint32_t>(form_.width()));
    sub(rsi, count * static_cast<std::uint32_t>(form_.lanes()));
  }
  /// As long as there are `count` of them, which the block at hand is for.
  void whole_vectors(std::uint32_t count) {
    Xbyak::Label again, end;
    cmp(rsi, count * static_cast<std::uint32_t>(form_.lanes()));
    jl(end, T_NEAR);
    L(again);
    body(false);
    advance(count);
    cmp(rsi, count * static_cast<std::uint32_t>(form_.lanes()));
    jge(again, T_NEAR);
    L(end);
  }
  /// Two vectors at a time fit into the registers, with some left for constants.
  [[nodiscard]] bool is_narrow(const NativeBlock& block) const {
    return variants_ && 2 * block.pressure() + 4 <= static_cast<std::size_t>(form_.registers());
  }

  void loop() {
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
    const NativeBlock* const block = block_;
    if (is_narrow(*block)) {
      const NativeBlock both = block->doubled();
      begin_block(both);
      whole_vectors(2);
      begin_block(*block);
    }
    if (!form_.masks() || variants_) whole_vectors(1);
    Xbyak::Label end;
    test(rsi, rsi);
    jle(end, T_NEAR);
    if (form_.masks()) {
      Xbyak::Label again, full;
      kxnorw(k7, k7, k7);
      L(again);
      cmp(rsi, static_cast<std::uint32_t>(form_.lanes()));
      jge(full);
      mov(eax, 0xFFFFFFFFU);
      bzhi(eax, eax, esi);
      kmovw(k7, eax);
      L(full);
      body(true);
      advance(1);
      jg(again, T_NEAR);
    } else {
      // All ones for as many elements as are left: a part of a row of ones and zeros.
      neg(rsi);
      const std::size_t row = rest_mask();
      lea(r11, ptr[r9 + rsi * static_cast<int>(form_.element) + row + form_.width()]);
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
    steps();
    code_.spill_bytes_ = std::max(code_.spill_bytes_, aside_bytes());
  }

  NativeCode& code_;
  bool checks_ = false, variants_ = false;  // of the block at hand
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

/// Within the code, jumps are relative.
bool NativeCode::finish(Assembler& assembler) {
  assembler.ready(Xbyak::CodeArray::PROTECT_RW);
  const std::size_t bytes = assembler.getSize();
  memory_ = {executable(assembler.getCode(), bytes), Unmap{bytes}};
  if (memory_ == nullptr) return false;
  for (Entry& entry : entries_) {
    entry.whole += reinterpret_cast<std::uintptr_t>(memory_.get());
    if (entry.streamed != 0) entry.streamed += reinterpret_cast<std::uintptr_t>(memory_.get());
  }
  constants_.shrink_to_fit();
  pool_ = constants_.data();
  bytes_ = bytes + constants_.size();
  return true;
}

/// In all blocks: the code is twice as long, or more.
static constexpr std::size_t most_steps_for_variants = 512;

template <class T>
std::shared_ptr<const NativeCode> NativeCode::of_columns(std::span<const NativeBlock> blocks,
                                                         const NativeColumns& columns, std::size_t level) try {
  const std::shared_ptr<NativeCode> code(new NativeCode());
  const Form form{.kind = level == 2 ? Operand::ZMM : Operand::YMM, .element = sizeof(T)};
  Assembler assembler(form, columns, *code);
  std::size_t steps = 0;
  for (const NativeBlock& block : blocks) steps += block.steps.size();
  for (const NativeBlock& block : blocks)
    code->entries_.push_back(assembler.assemble(block.scheduled(static_cast<std::size_t>(form.registers())),
                                                steps <= most_steps_for_variants));
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
  code->entries_.push_back(assembler.assemble(block, false));
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
