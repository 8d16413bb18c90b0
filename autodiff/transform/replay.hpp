// Replay: what was recorded once, computed again at other inputs.
//
//     Recording r;
//     const Scalar x = r.variable(2.0);
//     const Scalar y = x < 3.0 ? f(x) : g(x);               // a guard: x < 3 held
//     Replay replay(r, {x}, {y, gradient(y, x)});
//     const double slope = replay.run({2.5})[1].number();   // nothing is recorded
//     replay.run({4.0});                                    // GuardFailed, with the line of x < 3.0
//
// A recording holds one path through the program. Every comparison that decided a branch was recorded as a guard, and a
// replay holds each against what it decided then: in the order of the program, each as soon as its sides are known. So
// a replay gives what the program would have given, or says where the program would have gone another way.
//
// What a recording cannot know is what left it: numbers taken out by value(), item() or to_vector(), and what plain C++
// made of them, are constants to a replay, as literals are. Nothing guards them; Replayed::verify_at (replayed.hpp)
// compares with a fresh recording.
//
// The program is the graph that expand() makes, with the sides of the guards for further outputs, less what no input
// has a part in: that is computed once. It is a list of primitives over two arrays of slots, one for numbers and one
// for tensors; a run walks over it. It needs the recording no more.
//
// Reading order: ReplayValue, Replay; GuardInfo in record/guards.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/guards.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// What goes into a replay and comes out of it: a number for a Scalar, a constant tensor for a Tensor.
class ReplayValue {
 public:
  template <Number N>
  ReplayValue(N number) noexcept : number_(static_cast<double>(number)) {}  // NOLINT: both kinds are one
  ReplayValue(const Tensor& tensor) noexcept : tensor_(tensor.value()), is_tensor_(true) {}  // NOLINT
  ReplayValue(Array elements) noexcept : tensor_(std::move(elements)), is_tensor_(true) {}   // NOLINT

  [[nodiscard]] bool is_tensor() const noexcept { return is_tensor_; }
  /// Throws ArgumentError for a tensor.
  [[nodiscard]] double number(std::source_location where = std::source_location::current()) const;
  /// A constant. Throws ArgumentError for a number.
  [[nodiscard]] Tensor tensor(std::source_location where = std::source_location::current()) const;
  /// For the library: the elements, whatever it is.
  [[nodiscard]] const Array& elements() const noexcept { return tensor_; }
  [[nodiscard]] double unchecked_number() const noexcept { return number_; }

 private:
  double number_ = 0.0;
  Array tensor_;
  bool is_tensor_ = false;
};

/// What is done when a guard fails.
enum class OnGuard : std::uint8_t {
  fail,      ///< GuardFailed is thrown
  rerecord,  ///< records again, and keeps several recordings
};

enum class ReplayStatus : std::uint8_t { ok, guard_failed };

namespace detail {

struct ReplayProgram;  // replay.cpp

/// Why two recordings of one function differ: the first constant, or the first operation, that is not the same, with
/// its line. Empty if they are alike.
[[nodiscard]] std::string explain_difference(const Recording& a, const HandleList& outputs_a, const Recording& b,
                                             const HandleList& outputs_b);

}  // namespace detail

/// See the top of the file. Copies share the program; each has memory of its own, so that copies run on several threads
/// at once. A run allocates what results of tensor operations need, and nothing else.
class Replay {
 public:
  /// `inputs` are variables of the recording, `outputs` any values of it, or constants. Variables that are no inputs
  /// keep their values. All guards of the recording count whose sides depend on an input: what a branch decided cannot
  /// be told from the values that were recorded in it. Throws StaleHandle, ForeignRecording; ArgumentError for an input
  /// that is a constant, computed, or there twice.
  Replay(const Recording& recording, const detail::HandleList& inputs, const detail::HandleList& outputs,
         std::source_location where = std::source_location::current());

  [[nodiscard]] std::size_t input_count() const noexcept;
  /// The values are of the number, kinds and types that run() takes.
  [[nodiscard]] bool fits(std::span<const ReplayValue> inputs) const noexcept;
  /// Primitives that a run computes, and guards that it looks at.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t guard_count() const noexcept;

  /// The outputs at other inputs; valid until the next run. Throws GuardFailed with the line of the comparison;
  /// ArgumentError, ShapeError or DtypeError for inputs that are not of the number, kinds and types recorded; what a
  /// tensor operation throws, with its line.
  const std::vector<ReplayValue>& run(std::span<const ReplayValue> inputs,
                                      std::source_location where = std::source_location::current());
  const std::vector<ReplayValue>& run(std::initializer_list<ReplayValue> inputs,
                                      std::source_location where = std::source_location::current()) {
    return run(std::span<const ReplayValue>(inputs.begin(), inputs.size()), where);
  }
  /// All of them Scalars.
  const std::vector<ReplayValue>& run(std::span<const double> inputs,
                                      std::source_location where = std::source_location::current());
  const std::vector<ReplayValue>& run(const std::vector<double>& inputs,
                                      std::source_location where = std::source_location::current()) {
    return run(std::span<const double>(inputs), where);
  }

  /// The same with a status where a guard fails: then failed_guard() says which, and outputs() are what they were.
  ReplayStatus try_run(std::span<const ReplayValue> inputs,
                       std::source_location where = std::source_location::current());
  ReplayStatus try_run(std::initializer_list<ReplayValue> inputs,
                       std::source_location where = std::source_location::current()) {
    return try_run(std::span<const ReplayValue>(inputs.begin(), inputs.size()), where);
  }
  /// Of the last run that succeeded; none before the first.
  [[nodiscard]] const std::vector<ReplayValue>& outputs() const noexcept { return outputs_; }
  [[nodiscard]] std::optional<FailedGuard> failed_guard() const;
  /// Throws GuardFailed for the guard that failed in the last run.
  [[noreturn]] void throw_guard_failed() const;

 private:
  void check_inputs(std::span<const ReplayValue> inputs, std::source_location where) const;
  void collect();

  std::shared_ptr<const detail::ReplayProgram> program_;
  std::vector<double> numbers_;  // by slot: constants, inputs, results
  std::vector<Array> arrays_;    // likewise
  std::vector<Array> operands_;  // of the tensor operation at hand
  std::vector<ReplayValue> outputs_;
  std::size_t failed_ = 0;  // place in the program's checks + 1
};

}  // namespace wengert
