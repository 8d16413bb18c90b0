// Columns: elementwise work on many numbers at once, as a list of steps over columns that stay in the first-level
// cache.
//
// Where columns are the rows of a tensor, steps may also work along them (row_kernels.hpp): a sum of a row is one
// number, and what is computed of such numbers alone is computed once a row.
//
// Two things are the same here. A chain of elementwise primitives on tensors is run tile by tile, a tile of every
// tensor being a column. A program of Scalars over a batch of samples is one list of steps, a value of all samples
// being a column. What lies between is never written to memory: a column of its own (`register`) is used again as soon
// as nobody needs it.
//
// A ColumnBuilder takes primitives in the order in which they are to run and makes ColumnCode: it computes the
// exponentials of a row once for all that is made of them, leaves out what nobody needs, and gives values their places.
// Arithmetic becomes native code, a step for as much of it as can run together; where there is none, a kernel for each
// pair of primitives. Everything else is a kernel. A ColumnFrame is the memory in which code runs. SampleCode is the
// same list for one sample at a time.
//
// Reading order: ColumnBuilder, ColumnCode, ColumnFrame, SampleCode; columns.cpp, columns_waiting.cpp,
// column_emitter.cpp, samples.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/exec/batch_layout.hpp"
#include "wengert/autodiff/exec/column_kernels.hpp"
#include "wengert/autodiff/exec/native/formulas.hpp"
#include "wengert/autodiff/exec/native/native.hpp"
#include "wengert/autodiff/exec/row_kernels.hpp"
#include "wengert/autodiff/ops/streaming.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::exec {

template <class T>
struct ColumnStep {
  ColumnKernel<T> kernel = nullptr;  ///< null: block `out` of the native code
  std::uint32_t out = 0;
  std::array<std::uint32_t, 3> operand{};  ///< places; those that there are not are 0
  bool once = false;                       ///< for the first element alone: its operands are uniform
  bool reduces = false;                    ///< along the column, to one element
};

/// Steps over places, columns of `tile` elements. Places are numbered: registers, then loads, then stores, then
/// constants.
template <class T>
struct ColumnCode {
  std::vector<ColumnStep<T>> steps;
  std::vector<T> constants;
  std::uint32_t registers = 0, loads = 0, stores = 0;
  std::int64_t tile = 0;
  std::size_t operations = 0;  ///< primitives that the steps compute
  std::shared_ptr<const NativeCode> native;
  std::shared_ptr<const ColumnCode> careful;  ///< the same by kernels, where native code cannot always be relied on

  [[nodiscard]] std::uint32_t load(std::size_t k) const { return registers + static_cast<std::uint32_t>(k); }
  [[nodiscard]] std::uint32_t store(std::size_t k) const { return registers + loads + static_cast<std::uint32_t>(k); }
  [[nodiscard]] std::uint32_t constant(std::size_t k) const {
    return registers + loads + stores + static_cast<std::uint32_t>(k);
  }
  [[nodiscard]] std::size_t places() const noexcept { return registers + loads + stores + constants.size(); }
  /// Elements from a register to the next.
  [[nodiscard]] std::int64_t stride() const noexcept { return wengert::detail::odd_lines<T>(tile); }
  /// Elements of memory in which it runs.
  [[nodiscard]] std::size_t room() const noexcept {
    const std::size_t own =
        registers * static_cast<std::size_t>(stride()) + (native == nullptr ? 0 : native->spill_bytes() / sizeof(T));
    return careful == nullptr ? own : std::max(own, careful->room());
  }
};

/// One primitive of a sample's code; see SampleCode.
struct SampleStep {
  std::uint32_t kind = 0;                  // what run() switches over
  std::array<std::uint32_t, 3> operand{};  // slots
};

/// The same work for one sample, as native code or as a list of steps; as both, where native code cannot always be
/// relied on. Native code has slots for inputs, outputs and what it puts aside. Behind them every step has a slot of
/// its own for its result, behind inputs and constants.
struct SampleCode {
  std::shared_ptr<const NativeCode> native;
  std::size_t operations = 0;
  std::vector<SampleStep> steps;
  std::vector<double (*)(const double*)> functions;  // of the steps that call one, in their order
  std::vector<double> constants;
  std::vector<std::uint32_t> results;  // of the steps: slots of the outputs
  std::uint32_t loads = 0;

  [[nodiscard]] std::size_t native_slots() const noexcept {
    return native == nullptr ? 0 : loads + results.size() + native->spill_bytes() / sizeof(double);
  }
  [[nodiscard]] std::size_t slots() const noexcept {
    return native_slots() + (steps.empty() ? 0 : loads + constants.size() + steps.size());
  }
  /// Constants into their slots, once. `slots` has room for slots() numbers.
  void prepare(double* slots) const;
  /// Outputs for inputs; there may be more outputs than are asked for. Returns the last one.
  double run(double* slots, std::span<const double> inputs, std::span<double> outputs) const;

 private:
  void interpret(double* slots) const;
};

class ColumnBuilder {
 public:
  using Value = std::uint32_t;

  /// `exact`: nothing is rounded otherwise than primitive by primitive.
  explicit ColumnBuilder(bool exact = false) : exact_(exact) {}

  /// A column from outside; `uniform`: one number, which stands for all places.
  Value load(bool uniform = false);
  Value constant(double number);
  /// An elementwise primitive with a column kernel.
  Value apply(const Primitive& primitive, std::span<const Value> operands);
  /// A step along the columns, which are rows then.
  Value apply(const RowKernel& kernel, std::span<const Value> operands);
  /// The value goes to the next store. `over`: loads whose memory that is, element for element; it is written when
  /// nothing needs them any more. `once`: only its first element does.
  void store(Value value, std::vector<Value> over = {}, bool once = false);

  [[nodiscard]] std::size_t size() const noexcept { return applied_; }
  [[nodiscard]] std::size_t load_count() const noexcept { return loads_; }

  /// `tile_of` says how many elements columns have, given the number of registers. `native`: with native code, where
  /// there is any.
  template <class T>
  [[nodiscard]] ColumnCode<T> columns(const std::function<std::int64_t(std::size_t registers)>& tile_of,
                                      bool native) const;
  [[nodiscard]] SampleCode samples(bool native) const;

 private:
  enum class Kind : std::uint8_t { load, constant, applied, beside };
  struct Entry {
    Kind kind = Kind::applied;  // `beside`: a column that a row kernel writes beside its result, as an operand
    const Primitive* primitive = nullptr;
    const RowKernel* row = nullptr;  // of a step along the column
    std::uint8_t arity = 0;
    std::array<Value, 3> operand{};
    bool uniform = false;     // one number for all places: a load, a constant, a reduction, what is made of these alone
    double number = 0.0;      // of a constant
    std::uint32_t index = 0;  // of a load or constant
  };
  struct Store {
    Value value = 0;
    std::vector<Value> over{};
    bool once = false;
  };
  template <class T>
  friend class ColumnEmitter;
  class Recomputation;

  [[nodiscard]] bool is_uniform(Value v) const { return entries_[v].uniform; }
  std::optional<Value> along_row(const Primitive& primitive, std::span<const Value> operands);
  Value add(Entry entry, std::span<const Value> operands);
  Value add(const RowKernel& kernel, std::span<const Value> operands);
  /// What softmax and its kin are made of, by the row.
  struct Exponentials {
    Value powers, sum;
  };
  Exponentials exponentials_of(Value row);
  /// Which values their only users compute along with their own.
  struct Pairs {
    std::vector<std::uint32_t> uses;  // by value
    std::vector<bool> absorbed;
    std::vector<std::pair<Pair, std::uint8_t>> of;  // by the second value: which pair, and which operand the first is
  };
  [[nodiscard]] Pairs find_pairs() const;
  // What waits for its users (columns_waiting.cpp).
  /// The same with fewer values that wait; none if it is short, or along rows.
  [[nodiscard]] std::optional<ColumnBuilder> with_less_waiting() const;
  /// The same, but what makes two operands unnecessary is computed as soon as it can be.
  [[nodiscard]] ColumnBuilder in_early_order() const;
  /// The same, but what is cheap and needed late is computed again there.
  [[nodiscard]] ColumnBuilder with_recomputation() const;
  [[nodiscard]] ColumnBuilder copy_without_entries() const;
  /// `now`: where the values of the other one are here.
  void add_stores_of(const ColumnBuilder& other, const std::vector<Value>& now);
  [[nodiscard]] NativeBlock native_sample() const;
  void add_steps(SampleCode& code) const;
  /// Native code may compute products by `scale` quickly (native.hpp), and what has to be checked then.
  struct Quick {
    std::vector<bool> products, checked;  // by value
  };
  [[nodiscard]] Quick find_quick() const;
  /// Computed element for element, by a primitive.
  [[nodiscard]] bool is_elementwise(Value v) const {
    const Entry& entry = entries_[v];
    return entry.kind == Kind::applied && entry.row == nullptr && !entry.uniform;
  }
  /// What native code does for a value in one step; `none` for what it has a formula for, or leaves to kernels.
  [[nodiscard]] NativeOperation arithmetic(Value v) const {
    return is_elementwise(v) ? native_operation(*entries_[v].primitive) : NativeOperation::none;
  }
  [[nodiscard]] bool has_formula(Value v) const {
    return is_elementwise(v) && native_formula<double>(*entries_[v].primitive) != nullptr;
  }
  [[nodiscard]] bool is_native(Value v) const { return arithmetic(v) != NativeOperation::none || has_formula(v); }
  /// For each value how many operands and stores it is, of what anybody needs.
  [[nodiscard]] std::vector<std::uint32_t> uses() const;

  bool exact_ = false;
  std::vector<Entry> entries_;
  std::map<Value, Exponentials> exponentials_;
  std::vector<Store> stores_;
  std::size_t applied_ = 0, loads_ = 0, constants_ = 0;
};

/// Memory for code: registers of `tile` elements, and where each place is. Not to be shared by threads.
template <class T>
class ColumnFrame {
 public:
  ColumnFrame() = default;
  /// The code outlives the frame. With `registers` it has memory of somebody else's, for code.room() elements, which
  /// begin at a line.
  explicit ColumnFrame(const ColumnCode<T>& code, T* registers = nullptr);

  void bind_load(std::size_t k, const T* column) noexcept {
    at_[code_->load(k)] = const_cast<T*>(column);
    if (careful_ != nullptr) careful_->bind_load(k, column);
  }
  void bind_store(std::size_t k, T* column) noexcept {
    at_[code_->store(k)] = column;
    if (careful_ != nullptr) careful_->bind_store(k, column);
  }
  /// Runs ask for the memory behind this load (store) from now on: that of the next run, if columns follow on each
  /// other.
  void look_ahead_of_load(std::size_t k) { loads_ahead_.push_back(code_->load(k)); }
  void look_ahead_of_store(std::size_t k) { stores_ahead_.push_back(code_->store(k)); }
  /// Runs write stores past the caches from now on, where they can. Other threads may read them after finish_stream().
  void stream(bool on) {
    streams_ = on;
    if (on && staged_.empty()) staged_.resize(static_cast<std::size_t>(code_->tile));
  }
  void finish_stream() const noexcept {
    if (streams_) kernels::finish_stream();
  }
  /// Runs all steps on the first `count` elements, at most `tile`, of every column.
  void run(std::int64_t count) const noexcept {
    bool reliable = true;
    if (!loads_ahead_.empty() || !stores_ahead_.empty())
      reliable = run_ahead(count);
    else
      for (const ColumnStep<T>& step : code_->steps) reliable = run(step, count) && reliable;
    if (!reliable) [[unlikely]]
      careful_->run(count);
  }
  /// Frames of one code, a step of all of them before the next one.
  static void run_in_turns(std::span<const ColumnFrame> frames, std::int64_t count) noexcept {
    bool reliable = true;
    for (const ColumnStep<T>& step : frames.front().code_->steps)
      for (const ColumnFrame& frame : frames) reliable = frame.run(step, count) && reliable;
    if (!reliable) [[unlikely]]
      for (const ColumnFrame& frame : frames) frame.careful_->run(count);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return code_ == nullptr ? 0 : sizeof(T) * code_->room(); }

 private:
  struct Free {
    void operator()(T* memory) const noexcept;
  };
  /// See NativeCode::run.
  bool run(const ColumnStep<T>& step, std::int64_t count) const noexcept {
    T* const* const at = at_.data();
    if (step.kernel == nullptr) return code_->native->run(step.out, at, count, streams_);
    const bool staged = streams_ && !step.once && !step.reduces && step.out >= code_->store(0);
    T* const out = staged ? staged_.data() : at[step.out];
    step.kernel(out, step.once ? 1 : count, at[step.operand[0]], at[step.operand[1]], at[step.operand[2]]);
    if (staged) kernels::stream_copy(staged_.data(), count, at[step.out]);
    return true;
  }
  /// A step that reads or writes far memory would wait for it, with nothing to compute meanwhile. So some lines are
  /// asked for before each step, of all columns alike.
  bool run_ahead(std::int64_t count) const noexcept {
    T* const* const at = at_.data();
    constexpr std::int64_t line = 64 / sizeof(T);
    constexpr int second_level = 2;
    const auto steps = static_cast<std::int64_t>(code_->steps.size());
    std::int64_t asked = 0;
    bool reliable = true;
    for (std::int64_t n = 0; n < steps; ++n) {
      for (const std::int64_t until = count * (n + 1) / steps; asked < until; asked += line) {
        for (const std::uint32_t place : loads_ahead_) __builtin_prefetch(at[place] + count + asked, 0, second_level);
        for (const std::uint32_t place : stores_ahead_) __builtin_prefetch(at[place] + count + asked, 1, second_level);
      }
      reliable = run(code_->steps[static_cast<std::size_t>(n)], count) && reliable;
    }
    return reliable;
  }

  const ColumnCode<T>* code_ = nullptr;
  bool streams_ = false;
  mutable std::vector<T> staged_;                          // of a kernel's result on its way past the caches
  std::vector<std::uint32_t> loads_ahead_, stores_ahead_;  // places
  std::unique_ptr<T[], Free> registers_;
  std::unique_ptr<ColumnFrame> careful_;  // in the same memory
  std::vector<T*> at_;
};

}  // namespace wengert::exec
