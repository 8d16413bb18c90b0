// Native code: arithmetic assembled for the machine when a program is made.
//
// A loop per primitive reads its operands from memory and writes its result there, and something has to choose the next
// loop. Code that is assembled for one program keeps values in registers and chooses nothing. Here are programs of
// arithmetic (NativeBlock), as a list of steps over values without any machine in it, and what they become
// (NativeCode). Exponentials and what is made of them become steps by their formulas (formulas.hpp); sines and whatever
// else is no arithmetic stay loops of their own over columns. Code for one sample calls all of them.
//
// The bits are those of one primitive after the other: nothing is contracted or reordered.
//
// Cotangents are multiplied by `scale`, which is 0 where a factor is 0, whatever the other one is. Asking for that
// takes longer than the product. So native code may compute fma(x, y, +0) - the same bits, but that 0·∞ and 0·NaN are
// NaN - where a NaN is sure to reach a value that is checked. If one has come out, whoever runs the code computes
// everything again by other means: kernels, the interpreter.
//
// Reading order: NativeOperation, NativeBlock, NativeCode; formulas.hpp, schedule.cpp, assembler_x86.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::exec {

/// What one step does.
enum class NativeOperation : std::uint8_t {
  add,
  sub,
  mul,
  scale,
  divide,
  negate,
  reciprocal,
  square,
  square_root,
  reciprocal_root,
  absolute,
  relu,
  larger,
  smaller,
  less,
  less_equal,
  equal,
  not_equal,
  greater,
  greater_equal,
  both,
  either,
  one_of_two,
  opposite,
  choose,
  store,  ///< operand 0 to column `to`
  check,  ///< tells if operand 0 is NaN, or infinite
  call,   ///< a function of the C++ library; for one sample only
  // Of formulas (formulas.hpp), for columns only.
  fused,          ///< x·y + z, rounded once
  fused_negated,  ///< z - x·y, rounded once
  least,          ///< x < y ? x : y
  most,           ///< x > y ? x : y
  two_to,         ///< 2^x for a whole x; 2^x is normal
  times_two_to,   ///< x·2^y for a whole y, rounded where it is not normal
  copy_sign,      ///< x with the sign of y
  by_sign,        ///< x has a sign ? y : z
  none
};
/// `none`: it has no native code.
[[nodiscard]] NativeOperation native_operation(const Primitive& primitive);

/// Steps over values, numbered as they come. What they compute is read by later steps only. A register column is stored
/// to once, and is none that the block reads; a column outside is not read after a store to it, nor after one over it.
struct NativeBlock {
  struct Value {
    enum class Kind : std::uint8_t {
      computed,
      constant,
      uniform,  // the first element of column `place` for all elements
      column    // element for element
    };
    Kind kind = Kind::computed;
    std::uint32_t place = 0;
    double number = 0.0;
    std::uint8_t vector = 0;  ///< of a block for two vectors at once: the second one's are 1
  };
  struct Step {
    NativeOperation operation = NativeOperation::none;
    std::uint8_t arity = 0;
    bool quick = false;     ///< a `scale` whose NaN will be noticed
    std::uint32_t out = 0;  ///< a value; of a store or check none
    std::array<std::uint32_t, 3> operand{};
    std::uint32_t to = 0;                         ///< the place of a store
    double (*function)(const double*) = nullptr;  ///< of a call
    std::uint8_t vector = 0;                      ///< of a store, as above

    [[nodiscard]] bool has_result() const {
      return operation != NativeOperation::store && operation != NativeOperation::check;
    }
  };
  /// What is stored to the one column lies over the other, element for element.
  struct Over {
    std::uint32_t stored = 0, read = 0;  // places
  };
  std::vector<Value> values;
  std::vector<Step> steps;
  std::vector<Over> over{};

  /// The same for two vectors at a time, step by step: neither waits for its own results as long.
  [[nodiscard]] NativeBlock doubled() const;
  /// The same steps in an order in which they wait less for each other, on a machine with so many registers.
  [[nodiscard]] NativeBlock scheduled(std::size_t registers) const;
  /// The most computed values and columns that are needed at a time.
  [[nodiscard]] std::size_t pressure() const;
};

/// Where columns lie: `registers` of them, the first places, `stride` bytes from each other; the others anywhere.
/// Behind the registers is room for what has no place in the machine's own registers.
struct NativeColumns {
  std::uint32_t registers = 0;
  std::size_t stride = 0;
};

/// Gives memory of code back to the system.
struct Unmap {
  std::size_t bytes = 0;
  void operator()(void* memory) const noexcept;
};

class NativeCode {
 public:
  /// This build and this machine have native code.
  [[nodiscard]] static bool is_available() noexcept;

  /// Code for blocks over columns of T; null where the system does not let memory be executed. `level`: the
  /// instructions that it may use (simd.hpp), 1 at least and not more than the machine has.
  template <class T>
  [[nodiscard]] static std::shared_ptr<const NativeCode> of_columns(std::span<const NativeBlock> blocks,
                                                                    const NativeColumns& columns,
                                                                    std::size_t level = detail::simd_level);
  /// Code for a block of one sample: its columns are numbers one after the other, `places` of them.
  [[nodiscard]] static std::shared_ptr<const NativeCode> of_sample(const NativeBlock& block, std::size_t places);

  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;
  ~NativeCode();

  /// A block on the first `count` elements of the columns that begin at at[0], at[1] …. False: something that was
  /// checked is NaN (or infinite, perhaps), and no result of any block is to be relied on. `streams`: what is written
  /// to columns outside passes by the caches, if the block is short and they begin at lines; other threads may read it
  /// after kernels::finish_stream().
  template <class T>
  [[nodiscard]] bool run(std::size_t block, T* const* at, std::int64_t count, bool streams = false) const noexcept {
    const Entry& entry = entries_[block];
    const bool streamed = streams && entry.streamed != 0 && begin_at_lines(entry, at);
    return reinterpret_cast<std::uint32_t (*)(const void*, std::int64_t)>(streamed ? entry.streamed : entry.whole)(
               at, count) == 0;
  }

  /// The block of one sample, on its numbers. As above.
  [[nodiscard]] bool run(double* numbers) const noexcept {
    return reinterpret_cast<std::uint32_t (*)(double*)>(entries_.front().whole)(numbers) == 0;
  }
  /// Runs may come out false.
  [[nodiscard]] bool has_checks() const noexcept { return has_checks_; }

  /// Room that runs need behind the registers, or the numbers.
  [[nodiscard]] std::size_t spill_bytes() const noexcept { return spill_bytes_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  class Assembler;
  /// Where the code of a block begins.
  struct Entry {
    std::uintptr_t whole = 0, streamed = 0;   // streamed: the same, but past the caches; 0: there is none
    std::vector<std::uint32_t> written = {};  // where there is: the columns outside that it writes
  };
  template <class T>
  [[nodiscard]] static bool begin_at_lines(const Entry& entry, T* const* at) noexcept {
    constexpr std::uintptr_t line = 64;
    std::uintptr_t bits = 0;
    for (const std::uint32_t place : entry.written) bits |= reinterpret_cast<std::uintptr_t>(at[place]);
    return bits % line == 0;
  }
  NativeCode();
  [[nodiscard]] bool finish(Assembler& assembler);

  std::unique_ptr<void, Unmap> memory_;  // of the code: executed, and not written any more
  std::vector<Entry> entries_;           // by block
  std::vector<std::byte> constants_;     // what the code reads beside columns
  const std::byte* pool_ = nullptr;
  std::size_t spill_bytes_ = 0, bytes_ = 0;
  bool has_checks_ = false;
};

}  // namespace wengert::exec
