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
// A ColumnBuilder takes primitives in the order in which they are to run and makes ColumnCode: it puts pairs of
// arithmetic together, computes the exponentials of a row once for all that is made of them, leaves out what nobody
// needs, gives values their places and chooses kernels. A ColumnFrame is the memory in which code runs.
// SampleCode is the same list for one sample at a time.
//
// Reading order: ColumnBuilder, ColumnCode, ColumnFrame, SampleCode.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/exec/column_kernels.hpp"
#include "wengert/autodiff/exec/row_kernels.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::exec {

template <class T>
struct ColumnStep {
  ColumnKernel<T> kernel = nullptr;
  std::uint32_t out = 0;
  std::array<std::uint32_t, 3> operand{};  ///< places; those that there are not are 0
  bool once = false;                       ///< for the first element alone: its operands are uniform
};

/// Steps over places. Places are numbered: registers, then loads, then stores, then constants.
template <class T>
struct ColumnCode {
  std::vector<ColumnStep<T>> steps;
  std::vector<T> constants;
  std::uint32_t registers = 0, loads = 0, stores = 0;

  [[nodiscard]] std::uint32_t load(std::size_t k) const { return registers + static_cast<std::uint32_t>(k); }
  [[nodiscard]] std::uint32_t store(std::size_t k) const { return registers + loads + static_cast<std::uint32_t>(k); }
  [[nodiscard]] std::uint32_t constant(std::size_t k) const {
    return registers + loads + stores + static_cast<std::uint32_t>(k);
  }
  [[nodiscard]] std::size_t places() const noexcept { return registers + loads + stores + constants.size(); }
};

/// One primitive of a sample's code; see SampleCode.
struct SampleStep {
  std::uint32_t kind = 0;                  // what run() switches over
  std::array<std::uint32_t, 3> operand{};  // slots
};

/// The same work for one sample: every step has a slot of its own for its result, behind inputs and constants.
struct SampleCode {
  std::vector<SampleStep> steps;
  std::vector<double (*)(const double*)> functions;  // of the steps that call one, in their order
  std::vector<double> constants;
  std::vector<std::uint32_t> stores;  // slots of the outputs
  std::uint32_t loads = 0;

  [[nodiscard]] std::size_t slots() const noexcept { return loads + constants.size() + steps.size(); }
  /// `slots` has room for slots() numbers; the first `loads` of them are the inputs, the constants stand behind them.
  void run(double* slots) const;
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

  template <class T>
  [[nodiscard]] ColumnCode<T> columns() const;
  [[nodiscard]] SampleCode samples() const;

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
  /// The code outlives the frame. With `registers` it has memory of somebody else's, for code.registers · tile
  /// elements.
  ColumnFrame(const ColumnCode<T>& code, std::int64_t tile, T* registers = nullptr);

  [[nodiscard]] std::int64_t tile() const noexcept { return tile_; }
  void bind_load(std::size_t k, const T* column) noexcept { at_[code_->load(k)] = const_cast<T*>(column); }
  void bind_store(std::size_t k, T* column) noexcept { at_[code_->store(k)] = column; }
  /// Runs ask for the memory behind this load (store) from now on: that of the next run, if columns follow on each
  /// other.
  void look_ahead_of_load(std::size_t k) { loads_ahead_.push_back(code_->load(k)); }
  void look_ahead_of_store(std::size_t k) { stores_ahead_.push_back(code_->store(k)); }
  /// Runs all steps on the first `count` elements, at most `tile`, of every column.
  void run(std::int64_t count) const noexcept {
    if (!loads_ahead_.empty() || !stores_ahead_.empty()) return run_ahead(count);
    T* const* const at = at_.data();
    for (const ColumnStep<T>& step : code_->steps)
      step.kernel(at[step.out], step.once ? 1 : count, at[step.operand[0]], at[step.operand[1]], at[step.operand[2]]);
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return code_ == nullptr ? 0 : sizeof(T) * code_->registers * static_cast<std::size_t>(tile_);
  }

 private:
  struct Free {
    void operator()(T* memory) const noexcept;
  };
  /// A step that reads or writes far memory would wait for it, with nothing to compute meanwhile. So some lines are
  /// asked for before each step, of all columns alike.
  void run_ahead(std::int64_t count) const noexcept {
    T* const* const at = at_.data();
    constexpr std::int64_t line = 64 / sizeof(T);
    constexpr int second_level = 2;
    const auto steps = static_cast<std::int64_t>(code_->steps.size());
    std::int64_t asked = 0;
    for (std::int64_t n = 0; n < steps; ++n) {
      for (const std::int64_t until = count * (n + 1) / steps; asked < until; asked += line) {
        for (const std::uint32_t place : loads_ahead_) __builtin_prefetch(at[place] + count + asked, 0, second_level);
        for (const std::uint32_t place : stores_ahead_) __builtin_prefetch(at[place] + count + asked, 1, second_level);
      }
      const ColumnStep<T>& step = code_->steps[static_cast<std::size_t>(n)];
      step.kernel(at[step.out], step.once ? 1 : count, at[step.operand[0]], at[step.operand[1]], at[step.operand[2]]);
    }
  }

  const ColumnCode<T>* code_ = nullptr;
  std::int64_t tile_ = 0;
  std::vector<std::uint32_t> loads_ahead_, stores_ahead_;  // places
  std::unique_ptr<T[], Free> registers_;
  std::vector<T*> at_;
};

}  // namespace wengert::exec
