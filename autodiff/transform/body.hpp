// Body: a piece of a program that is recorded once and run many times, with derivatives that are bodies again.
//
// It is what the steps of a loop and the sides of a branch are made of (control.hpp). Outside, everything is one row of
// numbers: the leaves of what goes in, one after the other, each row-major, as f64 (what is not real must be whole and
// below 2^53); and likewise what comes out. Inside, every leaf is a Scalar or a Tensor again. The leaves of a structure
// (tree.hpp) are its Scalars in order, then its tensors in order.
//
// A body keeps the recordings it was made from (Trace), one for each path through it, and runs the one whose guards
// hold (Replay). Its vjp appends the gradient to those recordings, its jvp the tangents: the user's function is not
// called again for derivatives, so what it refers to need not be there any more. It is called again only where all
// guards fail and OnGuard::rerecord was chosen.
//
// A family of bodies, the first with its derivatives and theirs, is one object: they are made when asked for, under the
// family's lock. A BodyRunner belongs to one thread.
//
// Reading order: AnyValue, LeafType, Body, BodyRunner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/transform/parts_function.hpp"
#include "wengert/autodiff/transform/replay.hpp"

namespace wengert::detail {

/// A handle of either kind.
struct AnyValue {
  Scalar scalar{};
  Tensor tensor{};
  bool is_tensor = false;

  AnyValue(const Scalar& x) : scalar(x) {}                       // NOLINT: both kinds are one
  AnyValue(Tensor x) : tensor(std::move(x)), is_tensor(true) {}  // NOLINT
  [[nodiscard]] AnyHandle handle() const noexcept { return is_tensor ? AnyHandle(tensor) : AnyHandle(scalar); }
  [[nodiscard]] bool is_constant() const noexcept { return is_tensor ? tensor.is_constant() : scalar.is_constant(); }
};
/// The parts of a structure as leaves.
[[nodiscard]] std::vector<AnyValue> leaves_of(const Parts& parts);
/// Leaves as parts: those of several structures, one after the other, are the parts of a structure of all these.
[[nodiscard]] Parts parts_of(std::span<const AnyValue> leaves);

struct LeafType {
  bool is_scalar = true;
  Type type{};
  bool absent = false;  ///< it has its numbers in the row, and they are 0 or ignored: the derivative of what has none

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(type.shape.size()); }
  [[nodiscard]] bool has_derivative() const noexcept { return !absent && is_real(type.dtype); }
  friend bool operator==(const LeafType&, const LeafType&) = default;
};
using LeafTypes = std::vector<LeafType>;
[[nodiscard]] LeafTypes types_of(std::span<const AnyValue> leaves);
[[nodiscard]] std::size_t size_of(std::span<const LeafType> leaves) noexcept;
/// "f64[3]", "a Scalar".
[[nodiscard]] std::string to_string(const LeafType& leaf);

/// The leaves as one row, f64, recorded if any of them is.
[[nodiscard]] Tensor pack(std::span<const AnyValue> leaves, std::source_location where);
/// Leaves of these types from a row, its numbers from `at` on.
[[nodiscard]] std::vector<AnyValue> unpack(const Tensor& row, std::size_t at, std::span<const LeafType> types,
                                           std::source_location where);
/// Pieces of a row, and rows one after the other.
[[nodiscard]] Tensor part_of(const Tensor& row, std::size_t at, std::size_t count, std::source_location where);
[[nodiscard]] Tensor joined(std::initializer_list<Tensor> rows, std::source_location where);

/// What is recorded: leaves in, leaves out.
using Recorder = std::function<std::vector<AnyValue>(const std::vector<AnyValue>& inputs)>;

struct Trace;       // body.cpp
struct BodyFamily;  // body.cpp

class Body {
 public:
  /// Records `recorder` at the values of the leaves. `operation` is for messages. Throws what the recorder throws;
  /// ForeignRecording if it uses a value of another recording.
  [[nodiscard]] static std::shared_ptr<const Body> record(std::string operation, Recorder recorder,
                                                          std::span<const AnyValue> at, OnGuard on_guard,
                                                          std::source_location where);

  [[nodiscard]] const LeafTypes& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const LeafTypes& outputs() const noexcept { return outputs_; }
  [[nodiscard]] std::size_t input_size() const noexcept { return input_size_; }
  [[nodiscard]] std::size_t output_size() const noexcept { return output_size_; }

  /// (inputs…, a cotangent for each output…) -> a cotangent for each input.
  [[nodiscard]] std::shared_ptr<const Body> vjp() const;
  /// Groups of so many inputs and outputs each; each group is followed by the tangents of its members:
  /// (a…, ȧ…, b…, ḃ…) -> (y…, ẏ…, z…, ż…).
  [[nodiscard]] std::shared_ptr<const Body> jvp(std::vector<std::size_t> input_groups,
                                                std::vector<std::size_t> output_groups) const;
  /// The same with each group of inputs followed by as many that are ignored.
  [[nodiscard]] std::shared_ptr<const Body> beside_tangents(std::vector<std::size_t> input_groups) const;

  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body();

 private:
  friend class BodyRunner;
  friend struct BodyFamily;
  enum class Kind : std::uint8_t { recorded, vjp, jvp, beside_tangents };

  Body(BodyFamily& family, Kind kind, const Body* base);
  [[nodiscard]] std::shared_ptr<const Body> derived(Kind kind, std::vector<std::size_t> input_groups,
                                                    std::vector<std::size_t> output_groups) const;
  void set_types();
  // Under the lock of the family:
  void append_trace(std::span<const ReplayValue> present_inputs) const;
  [[nodiscard]] std::unique_ptr<Trace> derive(const Trace& base) const;
  void add_derived_traces() const;

  BodyFamily* family_;
  Kind kind_;
  const Body* base_;
  std::vector<std::size_t> input_groups_, output_groups_;
  std::vector<std::size_t> base_at_;  // where the inputs of the base lie among ours
  LeafTypes inputs_, outputs_;
  std::size_t input_size_ = 0, output_size_ = 0;
  mutable std::vector<std::unique_ptr<Trace>> traces_;
};

/// Runs a body on rows of numbers.
class BodyRunner {
 public:
  explicit BodyRunner(std::shared_ptr<const Body> body);

  /// Inputs `first` to `first + count`, from a row of theirs. They stay until loaded again.
  void load(std::size_t first, std::size_t count, const double* row);
  /// Throws GuardFailed where no recording is for these inputs, unless it may be recorded again.
  void run();
  /// Outputs `first` to `first + count`, into a row of theirs.
  void store(std::size_t first, std::size_t count, double* row) const;

 private:
  void fetch();

  std::shared_ptr<const Body> body_;
  std::vector<Replay> replays_;                                // copies; the one used last is first
  std::size_t known_ = 0;                                      // traces of the body that were copied
  std::vector<ReplayValue> in_;                                // of the inputs that are there
  std::vector<std::size_t> place_of_input_, place_of_output_;  // by leaf
};

}  // namespace wengert::detail
