// Birth: where the first NaN or infinity came from.
//
//     const Adjoints a = backward(loss);
//     if (const auto birth = first_non_finite(loss, {w, b}, a)) std::cerr << birth->explain();
//
//     nan is born in log(u) = nan at model.cpp:12, in head
//       u = -0.25
//     from there: log(u) → -log(u) → loss
//     cause: the logarithm of a number below 0 is not defined.
//     cure: …
//
// While all is finite that costs a look at the loss and at the gradients, and nothing else: cheap enough to leave on
// (docs/howto/debugging.md has figures). Only when something is not finite is the recording expanded to a graph, swept
// node by node, and searched.
//
// A number is born where an operation on finite operands gives one that is not, or where the rule of an operation makes
// one of a finite cotangent. Of several the first, in the order of the calculation, that reaches the loss, or else a
// gradient. What is masked on the way (where, a partial of 0) reaches nothing.
//
// Reading order: Birth, first_non_finite, draw, ProgramWatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/exec/batch_layout.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/guards.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/drawing/draw.hpp"

namespace wengert {

enum class BirthKind : std::uint8_t {
  input,      ///< a variable was not finite to begin with: data
  parameter,  ///< the same of one that the derivative is taken by: an earlier step ruined it
  value,      ///< an operation on finite operands gave a value that is not
  adjoint,    ///< values are finite; the derivative of an operation made of a finite cotangent one that is not
};
/// "input" …
[[nodiscard]] std::string_view to_string(BirthKind kind) noexcept;

struct BirthOptions {
  /// Also what reaches neither the output nor a gradient: an infinity that is divided by, a NaN that is masked.
  bool everywhere = false;
  /// Steps of the chain that explain() and the drawing show; from the middle of a longer one some are left out.
  std::size_t longest_chain = 8;
};

/// An operand where it happened.
struct BirthOperand {
  std::string name{};   ///< as written in the formula: "u", "x - 3"
  std::string value{};  ///< "-0.25", or of an array its extent
  std::string place{};  ///< "model.cpp:11"; empty when unknown
};
/// A value that the birth spoiled.
struct BirthStep {
  std::string name{};
  std::string value{};
  std::string place{};
  graph::NodeId node = graph::no_node;
};

namespace inspect {
struct Evidence;
}  // namespace inspect

struct Birth {
  BirthKind kind = BirthKind::value;
  double number = 0;        ///< what was born: NaN, ∞ or -∞
  std::string operation{};  ///< "log"; "variable"
  std::string formula{};    ///< "log(u)"
  std::string name{};       ///< of the value, if somebody named it
  std::string scope{};      ///< "encoder / 0"
  std::string file{};       ///< the user's, with folders; empty when unknown
  std::uint32_t line = 0;
  std::string element{};                 ///< of a tensor: "[3,1] of f64[8,4], one of 5 that are not finite"
  std::vector<BirthOperand> operands{};  ///< of an elementwise operation on tensors, at that element
  std::string toward{};                  ///< of an adjoint: the operand by which it was derived
  double cotangent = 0;                  ///< of an adjoint: what came in; of a tensor the norm
  std::vector<BirthStep> chain{};        ///< from the birth to the output, or of an adjoint to the variable
  std::size_t chain_length = 0;          ///< of all of it; `chain` may leave out its middle
  std::string cause{}, cure{};           ///< a sentence each
  graph::NodeId node = graph::no_node;   ///< of graph()

  /// All of it, as lines of text.
  [[nodiscard]] std::string explain() const;
  /// One line: "nan is born in log(u) at model.cpp:12: the logarithm of …".
  [[nodiscard]] std::string summary() const;
  /// The graph that was searched.
  [[nodiscard]] const graph::Graph& graph() const;

  std::shared_ptr<const inspect::Evidence> evidence{};  ///< for the library
};

/// Where the first number that is not finite came from: y's own, or that of its gradient by x; none if those are
/// finite. Sweeps y backward. Throws as backward() does; a constant y was born in no recording, and there is nothing to
/// tell. Does not see what is unknown (a trace from types alone).
[[nodiscard]] std::optional<Birth> first_non_finite(const detail::AnyHandle& y, const detail::HandleList& x,
                                                    const BirthOptions& options = {},
                                                    std::source_location where = std::source_location::current());
/// The same with the adjoints of y that are there already: the cheap way, for every step.
[[nodiscard]] std::optional<Birth> first_non_finite(const detail::AnyHandle& y, const detail::HandleList& x,
                                                    const Adjoints& adjoints, const BirthOptions& options = {},
                                                    std::source_location where = std::source_location::current());
/// The same of a graph (its gradient may be among its outputs) at these inputs, of its variables' types: the first that
/// reaches an output. Throws ArgumentError for other inputs, and what primitives throw.
[[nodiscard]] std::optional<Birth> first_non_finite(const graph::Graph& graph, std::span<const Array> inputs,
                                                    const BirthOptions& options = {});

/// The birth, its operands and the chain, with the culprit marked.
[[nodiscard]] graph::Drawing draw(const Birth& birth, graph::DrawingOptions options = {});

/// Watches the runs of a Program: looks at the outputs of every run, or of one in so many, and tells where what is not
/// finite was born by computing the recorded graph at the inputs of that run, node by node.
///
///     ProgramWatch watch(r, {x, y}, {loss, gradient(loss, x)}, {.every = 100});
///     program.run(w, in, out);
///     if (const auto birth = watch.look(in, out)) …
///
/// It knows the graph as it was recorded, before the program's passes, so that lines and names are the user's.
struct WatchOptions {
  std::int64_t every = 1;  ///< of so many calls of look() one looks; the first does
  BirthOptions birth{};
};
class ProgramWatch {
 public:
  /// As the program was made; needs the recording no more. Throws as Program does, and ArgumentError unless `every` is
  /// 1 or more.
  ProgramWatch(const Recording& recording, const detail::HandleList& inputs, const detail::HandleList& outputs,
               const WatchOptions& options = {}, std::source_location where = std::source_location::current());

  /// Inputs and outputs of a run of a program of numbers.
  [[nodiscard]] std::optional<Birth> look(std::span<const double> x, std::span<const double> y);
  /// Of a batch, laid out as Program::run_batch has it: the first sample that is not finite.
  [[nodiscard]] std::optional<Birth> look_batch(std::span<const double> x, std::span<const double> y,
                                                const BatchLayout& layout);
  /// Of any program. Throws ArgumentError for other inputs.
  [[nodiscard]] std::optional<Birth> look(std::span<const Array> x, std::span<const Array> y);
  /// Of the last birth that look_batch told: the sample.
  [[nodiscard]] std::int64_t sample() const noexcept { return sample_; }

 private:
  [[nodiscard]] bool is_due() noexcept { return calls_++ % options_.every == 0; }

  std::shared_ptr<const graph::Graph> graph_;
  std::vector<std::int64_t> places_;  // by variable of the graph: the input that it is, or -1 - place in fixed_
  std::vector<Array> fixed_;          // values of variables that are no inputs
  std::size_t input_count_ = 0;
  WatchOptions options_;
  std::int64_t calls_ = 0;
  std::int64_t sample_ = 0;
};

}  // namespace wengert
