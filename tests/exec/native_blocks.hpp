// Blocks for native code: what they compute, one primitive after the other; memory in which nothing else may be
// touched; random ones.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/exec/native/native.hpp"
#include "wengert/autodiff/ops/streaming.hpp"
#include "wengert/tests/support/environment.hpp"

namespace wengert::test {

using exec::native_operation;
using exec::NativeBlock;
using exec::NativeCode;
using exec::NativeColumns;
using exec::NativeOperation;
using NativeKind = NativeBlock::Value::Kind;

inline boost::test_tools::assertion_result native_code_is_available(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(NativeCode::is_available());
  if (!result) result.message() << "there is no native code in this build, or on this machine";
  return result;
}
/// Not so where valgrind emulates it: it loses the sign of what underflows.
inline boost::test_tools::assertion_result fma_is_exact(boost::unit_test::test_unit_id) {
  const volatile double least = std::numeric_limits<double>::denorm_min();
  boost::test_tools::assertion_result result(std::signbit(std::fma(-least, least, 0.0)));
  if (!result) result.message() << "fma(x, y, 0) is not exact here";
  return result;
}
inline bool has_exact_fma() { return static_cast<bool>(fma_is_exact(0)); }
/// The levels of instructions that native code can be made for here.
inline std::vector<std::size_t> native_levels() {
  return detail::simd_level >= 2 ? std::vector<std::size_t>{1, 2} : std::vector<std::size_t>{1};
}

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
/// The same bits; NaN equals NaN.
template <class T>
bool same_number(T a, T b) {
  return std::isnan(a) ? std::isnan(b) : std::bit_cast<BitsOf<T>>(a) == std::bit_cast<BitsOf<T>>(b);
}

/// Zeros, ends of ranges, numbers whose products or squares leave the range, and some ordinary ones.
template <class T>
std::vector<T> special_numbers() {
  using Limits = std::numeric_limits<T>;
  const T small = std::ldexp(T(1.5), Limits::min_exponent * 2 / 3), least = Limits::min();
  std::vector<T> result;
  for (const T x : {T(0), T(1), T(0.75), T(3), Limits::denorm_min(), least - Limits::denorm_min(), least, small,
                    T(1) / small, Limits::max(), Limits::infinity()}) {
    result.push_back(x);
    result.push_back(-x);
  }
  result.push_back(Limits::quiet_NaN());
  return result;
}

/// The primitive that an operation is; null if it is none.
inline const Primitive* primitive_of(NativeOperation operation) {
  static const auto table = [] {
    std::array<const Primitive*, 256> result{};
    for (const Primitive* p : elementwise_primitives()) result[static_cast<std::size_t>(native_operation(*p))] = p;
    result[static_cast<std::size_t>(NativeOperation::none)] = nullptr;
    return result;
  }();
  return table[static_cast<std::size_t>(operation)];
}
inline std::vector<NativeOperation> native_arithmetic() {
  std::vector<NativeOperation> result;
  for (auto k = std::size_t{0}; k < static_cast<std::size_t>(NativeOperation::store); ++k)
    result.push_back(static_cast<NativeOperation>(k));
  return result;
}

/// Parts of formulas, over all numbers; what they do with the sign of a NaN is nobody's business.
inline std::vector<NativeOperation> native_parts() {
  using enum NativeOperation;
  return {fused, fused_negated, least, most, copy_sign, by_sign};
}
inline bool is_part(NativeOperation operation) {
  return operation > NativeOperation::call && operation < NativeOperation::none;
}
inline std::size_t arity_of(NativeOperation operation) {
  using enum NativeOperation;
  if (!is_part(operation)) return static_cast<std::size_t>(primitive_of(operation)->arity);
  return operation == two_to ? 1 : operation == fused || operation == fused_negated || operation == by_sign ? 3 : 2;
}
inline std::string name_of(NativeOperation operation) {
  if (!is_part(operation)) return std::string(primitive_of(operation)->name);
  return "part " + std::to_string(static_cast<int>(operation));
}
template <class T>
T value_of_part(NativeOperation operation, T x, T y, T z) {
  switch (operation) {
    case NativeOperation::fused:
      return std::fma(x, y, z);
    case NativeOperation::fused_negated:
      return std::fma(-x, y, z);
    case NativeOperation::least:
      return x < y ? x : y;
    case NativeOperation::most:
      return x > y ? x : y;
    case NativeOperation::two_to:
      return std::ldexp(T(1), static_cast<int>(x));
    case NativeOperation::times_two_to:
      return std::ldexp(x, static_cast<int>(y));
    case NativeOperation::copy_sign:
      return std::copysign(x, y);
    case NativeOperation::by_sign:
      return std::signbit(x) ? y : z;
    default:
      BOOST_REQUIRE(false);
      return x;
  }
}

// Makes blocks.

inline std::uint32_t add_value(NativeBlock& block, const NativeBlock::Value& value) {
  block.values.push_back(value);
  return static_cast<std::uint32_t>(block.values.size() - 1);
}
inline std::uint32_t add_step(NativeBlock& block, NativeOperation operation, const std::vector<std::uint32_t>& operands,
                              bool quick = false) {
  NativeBlock::Step step{.operation = operation,
                         .arity = static_cast<std::uint8_t>(operands.size()),
                         .quick = quick,
                         .out = add_value(block, {})};
  std::ranges::copy(operands, step.operand.begin());
  block.steps.push_back(step);
  return step.out;
}
inline void add_store(NativeBlock& block, std::uint32_t value, std::uint32_t to) {
  block.steps.push_back({.operation = NativeOperation::store, .arity = 1, .operand = {value}, .to = to});
}
inline void add_check(NativeBlock& block, std::uint32_t value) {
  block.steps.push_back({.operation = NativeOperation::check, .arity = 1, .operand = {value}});
}

/// The numbers in columns, by place.
template <class T>
using Contents = std::vector<std::vector<T>>;

/// What is found where a block checks values.
enum class Checked : std::uint8_t { finite, infinite, nan };

/// What a block makes of the first `count` elements of columns, one primitive after the other; a quick product is
/// fma(x, y, +0).
template <class T>
Checked interpret(const NativeBlock& block, Contents<T>& columns, std::size_t count) {
  if (count == 0) return Checked::finite;
  std::vector<std::vector<T>> value(block.values.size());
  for (std::size_t v = 0; v < value.size(); ++v) {
    const NativeBlock::Value& given = block.values[v];
    if (given.kind == NativeKind::constant) value[v].assign(count, static_cast<T>(given.number));
    if (given.kind == NativeKind::uniform) value[v].assign(count, columns[given.place].front());
    if (given.kind == NativeKind::column)
      value[v].assign(columns[given.place].begin(), columns[given.place].begin() + static_cast<std::ptrdiff_t>(count));
  }
  Checked checked = Checked::finite;
  for (const NativeBlock::Step& step : block.steps) {
    const std::array<const std::vector<T>*, 3> x{&value[step.operand[0]], &value[step.operand[1]],
                                                 &value[step.operand[2]]};
    const auto at = [&](std::size_t k) { return k < step.arity ? x[k]->data() : nullptr; };
    std::vector<T> out(count);
    switch (step.operation) {
      case NativeOperation::store:
        std::ranges::copy(*x[0], columns[step.to].begin());
        continue;
      case NativeOperation::check:
        for (const T element : *x[0])
          checked = std::max(checked, std::isnan(element)   ? Checked::nan
                                      : std::isinf(element) ? Checked::infinite
                                                            : Checked::finite);
        continue;
      case NativeOperation::call:
        for (std::size_t i = 0; i < count; ++i) {
          std::array<double, 3> operands{};
          for (std::size_t k = 0; k < step.arity; ++k) operands[k] = (*x[k])[i];
          out[i] = static_cast<T>(step.function(operands.data()));
        }
        break;
      default:
        if (step.quick) {
          for (std::size_t i = 0; i < count; ++i) out[i] = std::fma((*x[0])[i], (*x[1])[i], T(0));
          break;
        }
        if (is_part(step.operation)) {
          const auto operand = [&](std::size_t k, std::size_t i) { return k < step.arity ? (*x[k])[i] : T(0); };
          for (std::size_t i = 0; i < count; ++i)
            out[i] = value_of_part(step.operation, operand(0, i), operand(1, i), operand(2, i));
          break;
        }
        const Primitive& primitive = *primitive_of(step.operation);
        if constexpr (sizeof(T) == sizeof(float))
          primitive.column_f32(out.data(), static_cast<std::int64_t>(count), at(0), at(1), at(2));
        else
          primitive.column_f64(out.data(), static_cast<std::int64_t>(count), at(0), at(1), at(2));
    }
    value[step.out] = std::move(out);
  }
  return checked;
}
/// Is that what a run may say of it?
inline bool may_be_said(bool reliable, Checked checked) {
  return checked == Checked::infinite || reliable == (checked == Checked::finite);
}

/// What lies where nobody may write.
template <class T>
T untouched() {
  return std::bit_cast<T>(std::bit_cast<BitsOf<T>>(std::numeric_limits<T>::quiet_NaN()) + BitsOf<T>{0x5A5});
}
template <class T>
bool is_untouched(const T* from, const T* to) {
  return std::all_of(
      from, to, [](const T& x) { return std::bit_cast<BitsOf<T>>(x) == std::bit_cast<BitsOf<T>>(untouched<T>()); });
}

/// Memory up to a page that may be neither read nor written.
class Pages {
 public:
  explicit Pages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (bytes + page - 1) / page * page;
    void* const memory = mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    BOOST_REQUIRE(memory != MAP_FAILED);
    begin_ = static_cast<std::byte*>(memory);
    whole_ = size_ + page;
    BOOST_REQUIRE(mprotect(end(), page, PROT_NONE) == 0);
  }
  Pages(Pages&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_), whole_(other.whole_) {}
  Pages& operator=(Pages&&) = delete;
  ~Pages() {
    if (begin_ != nullptr) munmap(begin_, whole_);
  }
  [[nodiscard]] std::byte* begin() const { return begin_; }
  [[nodiscard]] std::byte* end() const { return begin_ + size_; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0, whole_ = 0;
};

/// Memory for columns of up to `longest` elements: registers, with room behind them, and columns that end with a page.
template <class T>
class NativeMemory {
 public:
  NativeMemory(std::uint32_t registers, std::size_t places, std::size_t longest)
      : columns_{.registers = registers, .stride = (longest * sizeof(T) + 63) / 64 * 64 + 64} {
    for (std::size_t place = registers; place < places; ++place) outside_.emplace_back(longest * sizeof(T));
  }
  [[nodiscard]] const NativeColumns& columns() const { return columns_; }

  /// Block `block` of the code on these columns of `count` elements.
  bool run(const NativeCode& code, std::size_t block, std::size_t count, Contents<T>& columns, bool streams = false) {
    const std::size_t stride = columns_.stride / sizeof(T),
                      used = columns_.registers * stride + code.spill_bytes() / sizeof(T);
    registers_.assign(used + guard, untouched<T>());
    std::vector<T*> at(columns_.registers + outside_.size());
    for (std::size_t k = 0; k < at.size(); ++k) {
      if (k < columns_.registers) {
        at[k] = registers_.data() + k * stride;
      } else {
        const Pages& pages = outside_[k - columns_.registers];
        auto* const end = reinterpret_cast<T*>(pages.end());
        at[k] = end - count;
        std::fill(reinterpret_cast<T*>(pages.begin()), at[k], untouched<T>());
      }
      std::copy_n(columns[k].begin(), count, at[k]);
    }
    const bool reliable = code.run(block, at.data(), static_cast<std::int64_t>(count), streams);
    if (streams) kernels::finish_stream();
    bool intact = is_untouched(registers_.data() + used, registers_.data() + registers_.size());
    for (std::size_t k = 0; k < at.size(); ++k) {
      std::copy_n(at[k], count, columns[k].begin());
      if (k < columns_.registers) continue;
      const Pages& pages = outside_[k - columns_.registers];
      intact = intact && is_untouched<T>(reinterpret_cast<const T*>(pages.begin()), at[k]);
    }
    BOOST_TEST(intact, "memory beside the columns was written");
    return reliable;
  }

 private:
  static constexpr std::size_t guard = 64;
  NativeColumns columns_;
  std::vector<T> registers_;
  std::vector<Pages> outside_;
};

/// Columns that differ, and where first.
template <class T>
void check_same(const Contents<T>& got, const Contents<T>& want, const std::string& text) {
  std::size_t differences = 0;
  std::string first;
  for (std::size_t k = 0; k < want.size(); ++k)
    for (std::size_t i = 0; i < want[k].size(); ++i) {
      if (same_number(got[k][i], want[k][i])) continue;
      if (differences++ == 0)
        first = "place " + std::to_string(k) + ", element " + std::to_string(i) + ": " + std::to_string(got[k][i]) +
                " instead of " + std::to_string(want[k][i]);
    }
  BOOST_TEST(differences == 0u, text << ": " << first);
}

/// A block against the primitives.
template <class T>
void check_block(const NativeCode& code, std::size_t index, const NativeBlock& block, NativeMemory<T>& memory,
                 std::size_t count, const Contents<T>& columns, const std::string& text) {
  Contents<T> want = columns;
  const std::string where = text + ", " + std::to_string(count) + " elements";
  const Checked checked = interpret(block, want, count);
  for (const bool streams : {false, true}) {
    Contents<T> got = columns;
    BOOST_TEST(may_be_said(memory.run(code, index, count, got, streams), checked), where);
    check_same(got, want, where + (streams ? ", streamed" : ""));
  }
}
/// The same of a sample.
inline void check_sample(const NativeCode& code, const NativeBlock& block, const Contents<double>& numbers,
                         const std::string& text) {
  const std::size_t places = numbers.size(), used = places + code.spill_bytes() / sizeof(double);
  std::vector<double> memory(used + 8, untouched<double>());
  for (std::size_t k = 0; k < places; ++k) memory[k] = numbers[k][0];
  Contents<double> want = numbers, got = numbers;
  BOOST_TEST(may_be_said(code.run(memory.data()), interpret(block, want, 1)), text);
  for (std::size_t k = 0; k < places; ++k) got[k][0] = memory[k];
  check_same(got, want, text);
  BOOST_TEST(is_untouched(memory.data() + used, memory.data() + memory.size()), text << ": behind the numbers");
}

/// x[0] - 0.5; leaves nothing of what a function may use.
inline double careless(const double* x) {
  double result = x[0] - 0.5;
#if defined(__x86_64__)
  __asm__ volatile(
      "pcmpeqd %%xmm1, %%xmm1\n movdqa %%xmm1, %%xmm2\n movdqa %%xmm1, %%xmm3\n movdqa %%xmm1, %%xmm4\n"
      "movdqa %%xmm1, %%xmm5\n movdqa %%xmm1, %%xmm6\n movdqa %%xmm1, %%xmm7\n movdqa %%xmm1, %%xmm8\n"
      "movdqa %%xmm1, %%xmm9\n movdqa %%xmm1, %%xmm10\n movdqa %%xmm1, %%xmm11\n movdqa %%xmm1, %%xmm12\n"
      "movdqa %%xmm1, %%xmm13\n movdqa %%xmm1, %%xmm14\n movdqa %%xmm1, %%xmm15\n"
      "mov $-1, %%rcx\n mov %%rcx, %%rdx\n mov %%rcx, %%rsi\n mov %%rcx, %%rdi\n mov %%rcx, %%r8\n"
      "mov %%rcx, %%r9\n mov %%rcx, %%r10\n mov %%rcx, %%r11\n"
      : "+x"(result)
      :
      : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
        "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#endif
  return result;
}

/// Random blocks over given places: registers, of which the first half is read and the others are written, and columns
/// outside. For a sample the first half of all places is read; it has functions, and nothing uniform.
class RandomBlocks {
 public:
  using Value = std::uint32_t;

  RandomBlocks(std::uint64_t seed, std::uint32_t registers, std::uint32_t outside, bool sample)
      : random_(seed), registers_(registers), places_(registers + outside), sample_(sample) {}

  /// `steps` of arithmetic, or functions, beside stores and checks.
  NativeBlock block(std::size_t steps) {
    block_ = {};
    usable_.clear();
    written_.assign(places_, false);
    uniform_.assign(places_, false);
    for (std::size_t n = 0; n < steps; ++n) {
      const Value v = step();
      usable_.push_back(v);
      if (is_likely(0.15)) store(v);
    }
    for (int k = 0; k < 3; ++k) store(usable_.back());
    store(usable_[pick(usable_.size())]);
    return std::move(block_);
  }
  /// Numbers for the columns, some of them special ones.
  template <class T>
  Contents<T> contents(std::size_t count) {
    Contents<T> result(places_, std::vector<T>(count));
    for (auto& column : result)
      for (T& x : column) x = number<T>();
    return result;
  }
  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  [[nodiscard]] std::uint32_t places() const { return places_; }

 private:
  bool is_likely(double probability) { return std::uniform_real_distribution<double>()(random_) < probability; }
  template <class T>
  T number() {
    static const std::vector<T> special = special_numbers<T>();
    if (is_likely(0.15)) return special[pick(special.size())];
    return static_cast<T>(std::normal_distribution<double>()(random_));
  }
  [[nodiscard]] bool is_outside(std::uint32_t place) const { return place >= registers_; }
  [[nodiscard]] bool may_be_read(std::uint32_t place) const {
    return is_outside(place) ? !written_[place] : place < (registers_ + 1) / 2;
  }
  Value leaf() {
    const auto place = static_cast<std::uint32_t>(pick(places_));
    if (!may_be_read(place) || is_likely(0.3))
      return add_value(block_, {.kind = NativeKind::constant, .number = number<double>()});
    const bool uniform = !sample_ && is_likely(0.3);
    uniform_[place] = uniform_[place] || uniform;
    const Value v = add_value(block_, {.kind = uniform ? NativeKind::uniform : NativeKind::column, .place = place});
    usable_.push_back(v);
    return v;
  }
  Value operand() {
    if (usable_.empty() || is_likely(0.25)) return leaf();
    if (is_likely(0.4)) return usable_[usable_.size() - 1 - pick(std::min<std::size_t>(usable_.size(), 4))];
    return usable_[pick(usable_.size())];
  }
  Value step() {
    if (sample_ && is_likely(0.05)) {
      const Value v = add_step(block_, NativeOperation::call, operands(1));
      block_.steps.back().function = &careless;
      return v;
    }
    if (sample_ && is_likely(0.1)) {
      const auto primitives = elementwise_primitives();
      const Primitive* p = nullptr;
      while (p == nullptr || native_operation(*p) != NativeOperation::none) p = primitives[pick(primitives.size())];
      const Value v = add_step(block_, NativeOperation::call, operands(static_cast<std::size_t>(p->arity)));
      block_.steps.back().function = p->value;
      return v;
    }
    static const std::vector<NativeOperation> arithmetic = native_arithmetic();
    if (!sample_ && is_likely(0.2)) {
      const std::array parts{NativeOperation::least, NativeOperation::most, NativeOperation::fused,
                             NativeOperation::fused_negated};
      static const std::size_t usable = has_exact_fma() ? parts.size() : 2;
      const NativeOperation operation = parts[pick(usable)];
      return add_step(block_, operation, operands(arity_of(operation)));
    }
    // Every third one a product by `scale`.
    const NativeOperation operation = is_likely(0.3) ? NativeOperation::scale : arithmetic[pick(arithmetic.size())];
    const auto arity = static_cast<std::size_t>(primitive_of(operation)->arity);
    return add_step(block_, operation, operands(arity), operation == NativeOperation::scale && is_likely(0.5));
  }
  std::vector<Value> operands(std::size_t arity) {
    std::vector<Value> result;
    for (std::size_t k = 0; k < arity; ++k) result.push_back(operand());
    return result;
  }
  /// To a place that has not been written yet. Nothing reads a column after it has been written, and none that is
  /// uniform is: element for element, later ones would come too late.
  void store(Value v) {
    const auto place = static_cast<std::uint32_t>(pick(places_));
    if (written_[place] || uniform_[place] || (!is_outside(place) && may_be_read(place))) return;
    written_[place] = true;
    add_store(block_, v, place);
    std::erase_if(usable_, [&](Value u) {
      return block_.values[u].kind == NativeKind::column && block_.values[u].place == place;
    });
    if (is_likely(0.5)) add_check(block_, v);
  }

  std::mt19937_64 random_;
  std::uint32_t registers_, places_;
  bool sample_;
  NativeBlock block_;
  std::vector<Value> usable_;
  std::vector<bool> written_, uniform_;
};

}  // namespace wengert::test
