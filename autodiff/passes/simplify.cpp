// Reading order: Candidate, Simplifier (run, made, the rules: of elementwise primitives, then of what moves elements).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::NodeId;
using graph::OperationId;

namespace {

/// A node that is not in the graph yet.
struct Candidate {
  OperationId operation{};
  std::vector<NodeId> operands;
  Attribute attribute{};
};

/// What a rule makes of a candidate: nothing, a node that is there, or another candidate.
using Rewritten = std::variant<std::monostate, NodeId, Candidate>;

std::vector<std::int64_t> integers_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

class Simplifier {
 public:
  explicit Simplifier(const graph::Graph& graph) : rebuild_(graph), old_(graph) {}

  Rewrite run() && {
    return std::move(rebuild_).run([this](NodeId id, std::span<const NodeId> operands) {
      node_.operation = old_.operation_id(id);
      node_.operands.assign(operands.begin(), operands.end());
      node_.attribute = old_.attribute(id);
      // A rule makes a node of fewer operations, or one nearer to the variables, so this ends.
      for (;;) {
        Rewritten simpler = rewritten(old_.type(id));
        if (const NodeId* const there = std::get_if<NodeId>(&simpler)) return *there;
        if (Candidate* const other = std::get_if<Candidate>(&simpler))
          node_ = std::move(*other);
        else
          return added();
      }
    });
  }

 private:
  NodeId added() {
    const NodeId made = rebuild_.builder().add(node_.operation, node_.operands, std::move(node_.attribute));
    if (known(node_.operation) == Known::relu) relu_of_.emplace(node_.operands[0], made);
    return made;
  }
  [[nodiscard]] const Type& type(NodeId node) const { return rebuild_.builder().type(node); }
  [[nodiscard]] Known what(NodeId node) const { return known(rebuild_.builder().operation_id(node)); }
  [[nodiscard]] NodeId operand(NodeId node) const { return rebuild_.builder().operands(node)[0]; }
  [[nodiscard]] std::span<const std::int64_t> integers(NodeId node) const {
    return ops::integers(rebuild_.builder().attribute(node));
  }
  [[nodiscard]] bool is(NodeId node, double value) const { return rebuild_.number(node) == value; }
  [[nodiscard]] bool is_zero(NodeId node, bool negative) const {
    const std::optional<double> value = rebuild_.number(node);
    return value && *value == 0 && std::signbit(*value) == negative;
  }
  /// x of −x.
  [[nodiscard]] std::optional<NodeId> negated(NodeId node) const {
    return what(node) == Known::neg ? std::optional(operand(node)) : std::nullopt;
  }
  static Candidate candidate(Known operation, std::vector<NodeId> operands, Attribute attribute = {}) {
    return {id_of(operation), std::move(operands), std::move(attribute)};
  }

  /// node_, which is of type `result`, made simpler.
  Rewritten rewritten(const Type& result) {
    if (graph::operation(node_.operation).elementwise) {
      if (const auto value = folded(result)) return rebuild_.constant(Attribute{*value});
      return elementwise(result);
    }
    return moving(result);
  }

  /// The value of an elementwise primitive of numbers that gives a number.
  [[nodiscard]] std::optional<double> folded(const Type& result) const {
    std::array<Array, 3> values;
    const std::size_t arity = node_.operands.size();
    if (arity == 0 || arity > values.size() || result != Type{}) return std::nullopt;
    for (const NodeId x : node_.operands) {
      if (rebuild_.builder().operation_id(x) != graph::constant_operation || type(x) != Type{}) return std::nullopt;
    }
    for (std::size_t k = 0; k < arity; ++k)
      values[k] = constant_elements(rebuild_.builder().attribute(node_.operands[k]));
    return value_of(graph::operation(node_.operation), std::span(values).first(arity), node_.attribute, result)
        .element(0);
  }

  Rewritten elementwise(const Type& result) {
    const std::vector<NodeId>& x = node_.operands;
    const Known operation = known(node_.operation);
    switch (operation) {
      case Known::mul:
      case Known::scale: {
        for (std::size_t k = 0; k < 2; ++k) {
          if (is(x[k], 1)) return x[1 - k];
          if (is(x[k], -1)) return candidate(Known::neg, {x[1 - k]});
          if (operation == Known::scale && is(x[k], 0)) return rebuild_.constant(result, 0.0);
        }
        const auto a = negated(x[0]), b = negated(x[1]);
        if (a && b) return Candidate{node_.operation, {*a, *b}, {}};
        break;
      }
      case Known::div:
        if (is(x[1], 1)) return x[0];
        if (is(x[1], -1)) return candidate(Known::neg, {x[0]});
        break;
      case Known::integer_pow:
      case Known::pow:
        if (is(x[1], 1)) return x[0];
        break;
      case Known::add:
        for (std::size_t k = 0; k < 2; ++k) {
          if (is_zero(x[k], true)) return x[1 - k];
          if (const auto other = negated(x[k])) return candidate(Known::sub, {x[1 - k], *other});
        }
        break;
      case Known::sub:
        if (is_zero(x[1], false)) return x[0];
        if (const auto other = negated(x[1])) return candidate(Known::add, {x[0], *other});
        break;
      case Known::neg:
        if (const auto other = negated(x[0])) return *other;
        break;
      case Known::logical_not:
        if (what(x[0]) == Known::logical_not) return operand(x[0]);
        break;
      case Known::where:
        if (x[1] == x[2]) return x[1];
        if (const auto condition = rebuild_.number(x[0])) return *condition != 0 ? x[1] : x[2];
        return chosen_of_scattered(x);
      case Known::max:
      case Known::min:
        if (x[0] == x[1]) return x[0];
        break;
      case Known::greater:
        // So that nobody needs x itself once its relu is there.
        if (const auto relu = relu_of_.find(x[0]); relu != relu_of_.end() && is(x[1], 0))
          return candidate(Known::greater, {relu->second, x[1]});
        break;
      default:
        break;
    }
    return {};
  }

  /// The elements of `node` in another shape; none where another rule would make something else of it.
  std::optional<NodeId> in_shape(NodeId node, const Shape& shape) {
    if (what(node) == Known::reshape) node = operand(node);
    if (type(node).shape == shape) return node;
    if (what(node) == Known::broadcast && type(operand(node)).shape.size() == 1) return std::nullopt;
    return rebuild_.builder().add(id_of(Known::reshape), {node}, integers_of(shape));
  }

  /// where(f(a, number), scatter_add_along(v, p), 0): the condition matters at the positions p alone. What is scattered
  /// may have been given another shape, as the gradient of a maximum over windows is.
  Rewritten chosen_of_scattered(const std::vector<NodeId>& x) {
    const bool reshaped = what(x[1]) == Known::reshape;
    const NodeId scattered = reshaped ? operand(x[1]) : x[1];
    if (what(scattered) != Known::scatter_add_along || !is_zero(x[2], false)) return {};
    graph::GraphBuilder& builder = rebuild_.builder();
    const OperationId condition = builder.operation_id(x[0]);
    if (!graph::operation(condition).elementwise) return {};
    std::vector<NodeId> of(builder.operands(x[0]).begin(), builder.operands(x[0]).end());
    const auto is_number = [&](NodeId a) { return rebuild_.number(a).has_value(); };
    const auto a = std::ranges::find_if_not(of, is_number);
    if (a == of.end() || std::count_if(a + 1, of.end(), is_number) != of.end() - a - 1) return {};
    if (!is_real(type(*a).dtype) || type(*a).shape != type(x[1]).shape) return {};
    const auto lying_so = in_shape(*a, type(scattered).shape);
    if (!lying_so) return {};
    *a = *lying_so;
    const NodeId v = builder.operands(scattered)[0], positions = builder.operands(scattered)[1];
    const Attribute place = builder.attribute(scattered), attribute = builder.attribute(x[0]);
    const std::int64_t axis = ops::integers(place)[0];
    for (NodeId& each : of) {
      if (const auto number = rebuild_.number(each))
        each = rebuild_.constant(Type{type(each).dtype, type(v).shape}, *number);
      else
        each = builder.add(id_of(Known::take_along), {each, positions}, axis);
    }
    const NodeId holds = builder.add(condition, of, attribute);
    const NodeId chosen =
        builder.add(node_.operation, {holds, v, rebuild_.constant(type(v), 0.0)}, std::move(node_.attribute));
    if (!reshaped) return candidate(Known::scatter_add_along, {chosen, positions}, place);
    const NodeId result = builder.add(id_of(Known::scatter_add_along), {chosen, positions}, place);
    return candidate(Known::reshape, {result}, integers_of(type(x[1]).shape));
  }

  /// Of primitives that move elements.
  Rewritten moving(const Type& result) {
    const std::vector<NodeId>& x = node_.operands;
    if (x.empty()) return {};
    const Type& from = type(x[0]);
    const Known inner = what(x[0]);
    switch (known(node_.operation)) {
      case Known::reshape:
        if (from == result) return x[0];
        if (inner == Known::reshape) return Candidate{node_.operation, {operand(x[0])}, std::move(node_.attribute)};
        return of_one_element(result);
      case Known::broadcast:
        if (from == result) return x[0];
        if (inner == Known::broadcast) return Candidate{node_.operation, {operand(x[0])}, std::move(node_.attribute)};
        if (inner == Known::reshape && repeats_alike(type(operand(x[0])).shape, from.shape, result.shape))
          return Candidate{node_.operation, {operand(x[0])}, std::move(node_.attribute)};
        break;
      case Known::permute: {
        const std::span<const std::int64_t> axes = ops::integers(node_.attribute);
        if (inner == Known::permute) {
          const std::span<const std::int64_t> first = integers(x[0]);
          std::vector<std::int64_t> both(axes.size());
          for (std::size_t k = 0; k < axes.size(); ++k) both[k] = first[static_cast<std::size_t>(axes[k])];
          return Candidate{node_.operation, {operand(x[0])}, std::move(both)};
        }
        if (std::is_sorted(axes.begin(), axes.end())) return x[0];
        if (moves_ones_only(axes, from.shape)) return candidate(Known::reshape, {x[0]}, integers_of(result.shape));
        return of_one_element(result);
      }
      case Known::slice: {
        const std::span<const std::int64_t> ranges = ops::integers(node_.attribute);
        const std::size_t rank = from.shape.rank();
        const bool steps_of_one = std::all_of(ranges.begin() + 2 * static_cast<std::ptrdiff_t>(rank), ranges.end(),
                                              [](auto s) { return s == 1; });
        if (from == result && steps_of_one) return x[0];
        return of_one_element(result);
      }
      case Known::sum:
        if (ops::integers(node_.attribute).empty()) return x[0];
        break;
      case Known::convert:
        if (from == result) return x[0];
        // f32 to f64 loses nothing.
        if (inner == Known::convert && type(operand(x[0])) == result && result.dtype == Dtype::f32 &&
            from.dtype == Dtype::f64)
          return operand(x[0]);
        break;
      case Known::concatenate:
        if (x.size() == 1) return x[0];
        break;
      case Known::stack:
        if (x.size() == 1) return candidate(Known::reshape, {x[0]}, integers_of(result.shape));
        if (const auto whole = taken_apart(x)) return candidate(Known::reshape, {*whole}, integers_of(result.shape));
        break;
      case Known::to_scalar: {
        const std::int64_t position = std::get<std::int64_t>(node_.attribute);
        if (from == result) return x[0];
        if (inner == Known::stack && type(operand(x[0])) == Type{})
          return rebuild_.builder().operands(x[0])[static_cast<std::size_t>(position)];
        if (inner == Known::reshape) return Candidate{node_.operation, {operand(x[0])}, position};
        if (inner == Known::broadcast && type(operand(x[0])).shape.size() == 1)
          return Candidate{node_.operation, {operand(x[0])}, std::int64_t{0}};
        if (inner == Known::to_tensor && from.dtype == Dtype::f64)
          return integers(x[0])[0] == position ? operand(x[0]) : rebuild_.constant(Type{}, 0.0);
        break;
      }
      default:
        break;
    }
    return {};
  }

  /// Moving the elements of what repeats one element: that element, repeated.
  Rewritten of_one_element(const Type& result) {
    NodeId from = node_.operands[0];
    if (what(from) != Known::broadcast || type(operand(from)).shape.size() != 1 || result.shape.size() == 0) return {};
    from = operand(from);
    if (type(from).shape.rank() > result.shape.rank()) return {};
    if (type(from) == result) return from;
    return candidate(Known::broadcast, {from}, integers_of(result.shape));
  }

  /// Whether broadcasting to `to` repeats the elements of shape `before` as it does those of the reshaped `after`.
  static bool repeats_alike(const Shape& before, const Shape& after, const Shape& to) {
    if (before.size() == 1 && before.rank() <= to.rank()) return true;
    // Only extents of 1 in front differ.
    const auto b = before.extents(), a = after.extents();
    const std::size_t common = std::min(a.size(), b.size());
    return std::equal(a.end() - static_cast<std::ptrdiff_t>(common), a.end(),
                      b.end() - static_cast<std::ptrdiff_t>(common)) &&
           b.size() <= to.rank() &&
           std::all_of(a.begin(), a.end() - static_cast<std::ptrdiff_t>(common), [](auto e) { return e == 1; }) &&
           std::all_of(b.begin(), b.end() - static_cast<std::ptrdiff_t>(common), [](auto e) { return e == 1; });
  }

  static bool moves_ones_only(std::span<const std::int64_t> axes, const Shape& from) {
    std::int64_t last = -1;
    for (const std::int64_t axis : axes) {
      if (from[static_cast<std::size_t>(axis)] == 1) continue;
      if (axis < last) return false;
      last = axis;
    }
    return true;
  }

  /// x, if the numbers are its elements, all of them in order.
  [[nodiscard]] std::optional<NodeId> taken_apart(const std::vector<NodeId>& numbers) const {
    if (what(numbers[0]) != Known::to_scalar) return std::nullopt;
    const NodeId whole = operand(numbers[0]);
    if (type(whole).dtype != Dtype::f64 || type(whole).shape.size() != static_cast<std::int64_t>(numbers.size()))
      return std::nullopt;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      if (what(numbers[k]) != Known::to_scalar || operand(numbers[k]) != whole ||
          std::get<std::int64_t>(rebuild_.builder().attribute(numbers[k])) != static_cast<std::int64_t>(k))
        return std::nullopt;
    }
    return whole;
  }

  Rebuild rebuild_;
  const graph::Graph& old_;
  Candidate node_;
  std::unordered_map<NodeId, NodeId> relu_of_;  // by operand
};

}  // namespace

Rewrite simplify(const graph::Graph& graph) { return Simplifier(graph).run(); }

}  // namespace wengert::passes
