// Steps: a graph cut into the steps of a derivation, and the formulas of each. What derivation() and mark() share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wengert/autodiff/explain/dependence.hpp"
#include "wengert/autodiff/explain/math.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::detail {

/// A value as a derivation writes it: a number, a matrix "[1, 2; 3, 4]", or shape and norm of what is larger.
[[nodiscard]] std::string array_text(const Array& array, int digits);

/// Formulas larger than this are cut into several steps.
inline constexpr std::size_t largest_formula = 120;

/// One rule of the sweep done wrong, as people do it.
enum class Slip : std::uint8_t {
  factor,       ///< at an edge: the local derivative left out
  path,         ///< at an edge: nothing passes
  sign,         ///< at an edge: the other sign
  own_operand,  ///< at an edge of a product: the operand itself instead of the other one
  exponent,     ///< at an edge of a power: the exponent in front left out
  at_input,     ///< at an edge of a function whose derivative is known by its value: by its argument instead
  transpose,    ///< at an edge of a matrix product: the other matrix not transposed
};
/// Where: the edge from `node` to its operand number `position`.
struct Mutation {
  Slip slip = Slip::factor;
  graph::NodeId node = graph::no_node;
  std::uint32_t position = 0;
};
/// What the cotangent of the node contributes along the edge when the rule is done wrong; none where that cannot be
/// done or changes nothing.
[[nodiscard]] std::optional<Array> mutated(const Dependence& d, const Mutation& mutation, const Array& cotangent);

/// The formula of a derivative; and with the choices that the numbers make, where it has any and these are known.
struct LocalFormula {
  Math general{};
  std::optional<Math> here{};
};

/// The graph of y as steps: some of its nodes, each computed from those before it and from constants.
class Steps {
 public:
  Steps(const Dependence& d, bool every_primitive, std::size_t most, const char* operation, std::source_location where);

  /// The same steps of the same calculation with other values.
  [[nodiscard]] Steps on(const Dependence& other) const;

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// Nodes of the steps and the variables, ascending.
  [[nodiscard]] const std::vector<graph::NodeId>& nodes() const noexcept { return nodes_; }
  /// Position of a node among them, or none. A node that only changes the shape has that of what it is made from.
  [[nodiscard]] std::size_t position(graph::NodeId id) const noexcept { return position_[id]; }
  /// v1, v2, … where the graph has no name.
  [[nodiscard]] std::string name(std::size_t position) const { return names_[position]; }
  /// The formula of a step; not of a variable.
  [[nodiscard]] Math formula(std::size_t position) const;
  /// The steps that this one is computed from, each once, ascending.
  [[nodiscard]] std::vector<std::size_t> operands(std::size_t position) const;
  /// For each of `operands`, of real dtype: ∂step/∂operand in symbols, of numbers; else the whole contribution, with
  /// the adjoint of the step in it.
  [[nodiscard]] std::vector<LocalFormula> local_formulas(std::size_t position,
                                                         const std::vector<std::size_t>& operands) const;
  /// The local derivative as the chain rule makes it inside a step, before it is simplified: the factors of the
  /// primitives, from the last one back, 0.5 · 2·(t − o) · (−1). None unless all are numbers, one path leads through
  /// the step, and two factors at least are not 1. `primitives`: the same calculation with a step for each primitive.
  [[nodiscard]] std::optional<Math> chain(std::size_t step, std::size_t operand, const Steps& primitives) const;
  /// Step and operand are numbers: there is a local derivative.
  [[nodiscard]] bool is_scalar_edge(std::size_t step, std::size_t operand) const;
  /// What a cotangent of the step contributes to each of these operands.
  [[nodiscard]] std::vector<Array> contributions(std::size_t step, const Array& cotangent,
                                                 const std::vector<std::size_t>& operands,
                                                 const Mutation* mutation = nullptr) const;
  /// What a step computes from the values of the nodes that it is computed from.
  [[nodiscard]] Array value_from(std::size_t step, std::map<graph::NodeId, Array> values) const;
  /// The primitives of a step, ascending, itself the last.
  [[nodiscard]] std::vector<graph::NodeId> segment(std::size_t position) const;

 private:
  [[nodiscard]] std::vector<graph::NodeId> segment_of(graph::NodeId node) const;
  [[nodiscard]] Math formula_of(graph::NodeId node) const;
  /// Of a derivative that was recorded by itself. `chosen`: with the branches that are taken in place of a choice.
  [[nodiscard]] Math formula_of_result(const Expansion& expansion, std::size_t position, bool chosen) const;
  void cut(bool every_primitive);
  [[nodiscard]] bool split_largest();
  void number(const char* operation, std::size_t most, std::source_location where);

  const Dependence* d_;
  std::vector<bool> station_;
  std::vector<graph::NodeId> nodes_;
  std::vector<std::size_t> position_;
  std::vector<std::string> names_;
};

}  // namespace wengert::detail
