// The summary of a model: a row for each layer with the shape of what it gives, its parameters, the memory of what is
// recorded in it, and its floating-point operations. Read off the recording of one forward pass.
//
//     const nn::Summary s = nn::summarise(model, zeros({64, 784}, Dtype::f32));
//     log(to_string(s));
//
// Rows are the scopes that layers open ("hidden: Linear"); what is recorded outside of any is a row of its own, with
// the names of the operations. What a row says is its own: rows inside it (depth) are not counted again, so that a
// column adds up to the total.
//
// Reading order: SummaryRow, Summary, summarise.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

struct SummaryRow {
  std::string name{};     ///< where its parameters are: "encoder.0"; empty of a layer without
  std::string kind{};     ///< "Linear"; of what lies outside of layers, its operations: "(mul, add)"
  std::size_t depth = 0;  ///< in how many rows before it this one lies
  std::int64_t calls = 1;
  Type output{};                           ///< of its last value
  std::vector<std::string> parameters{};   ///< names; a parameter belongs to the row that uses it first
  std::int64_t parameter_count = 0;        ///< elements of those
  std::int64_t activation_bytes = 0;       ///< see Summary
  double flops = 0;                        ///< see flops_of
  std::vector<std::string> not_counted{};  ///< operations without a count
};

struct Summary {
  std::vector<SummaryRow> rows{};
  Type input{}, output{};
  std::int64_t parameter_count = 0, parameter_bytes = 0;  ///< of the model, used or not
  std::int64_t trained_count = 0;                         ///< elements of those that are variables
  std::int64_t buffer_count = 0;                          ///< elements of running statistics and the like
  /// Memory of the values that the recording keeps for the reverse sweep, without parameters and input. What shares
  /// elements with something counted before (a reshape) takes nothing; nor does a number repeated to a shape.
  std::int64_t activation_bytes = 0;
  double flops = 0;                   ///< of the forward pass; the reverse sweep takes about twice as many
  std::vector<std::string> unused{};  ///< parameters that the output does not depend on
};

/// Operations of real numbers that a node takes: 2mnk for a product of m×k and k×n matrices; 2·(elements of the
/// output)·(elements of a filter) for a convolution, and as many for its transposes; one per element of the result for
/// an elementwise operation, whatever it costs; one per element of the operand for a reduction; elements of the window
/// per element of the result for pooling; none for what only moves elements. -1: not known.
[[nodiscard]] double flops_of(const graph::Graph& graph, graph::NodeId node);

/// Of a recording's part that `output` depends on. `parameters` are those of the lifted model, `buffers` its buffers.
[[nodiscard]] Summary summarise(const Recording& recording, const Tensor& output, std::span<const Parameter> parameters,
                                std::span<const Parameter> buffers = {},
                                std::source_location where = std::source_location::current());

/// Of a model called with an input of this type (its numbers are of no importance, unless the model looks at them).
template <class M>
[[nodiscard]] Summary summarise(const M& model, const Tensor& input, Pass pass = Pass::evaluation(),
                                std::source_location where = std::source_location::current()) {
  Recording recording;
  M live = lifted(model, recording, {}, where);
  const Tensor x = is_real(input.dtype()) ? recording.variable(input, "input", where) : input;
  Summary result = summarise(recording, run(live, x, pass), parameters(live), buffers(live), where);
  result.input = input.type();
  return result;
}

/// A table in plain text, at most `width` columns wide where that is possible, with a line of totals. Ends with a line
/// break. What is not ASCII in names stays as it is.
[[nodiscard]] std::string to_string(const Summary& summary, std::size_t width = 100);

/// "235 146", "1.2 KiB", "25.7 M": as the table writes them.
[[nodiscard]] std::string counted(std::int64_t number);
[[nodiscard]] std::string as_bytes(std::int64_t bytes);
[[nodiscard]] std::string as_flops(double flops);

}  // namespace wengert::nn
