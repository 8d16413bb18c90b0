#include "wengert/autodiff/inspect/birth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "wengert/autodiff/inspect/causes.hpp"
#include "wengert/autodiff/inspect/evidence.hpp"
#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/autodiff/passes/node_value.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/analysis.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace inspect;
using detail::AnyHandle;
using detail::HandleList;
using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

/// "[3,1] of f64[8,4], one of 5 that are not finite"; empty of a number.
std::string element_text(const Type& type, std::int64_t element, std::int64_t count) {
  if (type.shape.rank() == 0) return "";
  std::string text = index_text(type.shape, element) + " of " + to_string(type);
  if (count > 1) text += ", the first of " + std::to_string(count) + " that are not finite";
  return text;
}

/// The operands of a node as numbers at one element, if they are known as such.
std::vector<double> numbers_at(const Evidence& evidence, NodeId node, std::int64_t element) {
  std::vector<double> numbers;
  for (const NodeId operand : evidence.graph.operands(node)) {
    const Array* const array = evidence.values.array(operand);
    if (array == nullptr)
      numbers.push_back(evidence.values.numbers[operand]);
    else if (element < array->size())
      numbers.push_back(array->element(element));
  }
  return numbers;
}

bool is_elementwise(const Graph& graph, NodeId node) {
  return graph.operation(node).elementwise && std::ranges::all_of(graph.operands(node), [&](NodeId o) {
           return graph.type(o).shape == graph.type(node).shape;
         });
}

/// Fills in what it is called and where it stands.
void describe_node(Birth& birth, const Evidence& evidence, std::int64_t element) {
  const Graph& graph = evidence.graph;
  const NodeId node = birth.node;
  birth.operation = graph.operation(node).name;
  birth.formula = formula_of(graph, node, 3);
  if (!graph.name(node).empty()) birth.name = name_of(graph, node);
  birth.scope = inspect::scope_of(graph, node);
  if (const graph::Location location = graph.location(node); !location.empty()) {
    birth.file = location.file;
    birth.line = location.line;
  }
  const bool at_element = is_elementwise(graph, node);
  const std::vector<double> numbers = at_element ? numbers_at(evidence, node, element) : std::vector<double>{};
  constexpr std::size_t most = 8;
  const auto operands = graph.operands(node);
  for (std::size_t k = 0; k < std::min(most, operands.size()); ++k) {
    // A literal stands in the formula.
    if (graph.operation_id(operands[k]) == graph::constant_operation &&
        passes::uniform_element(graph.attribute(operands[k])))
      continue;
    birth.operands.push_back(
        {name_of(graph, operands[k], 2),
         k < numbers.size() ? number_text(numbers[k]) : value_text(graph, evidence.values, operands[k]),
         line_of(graph, operands[k])});
  }
}

void add_chain(Birth& birth, const Evidence& evidence, const Origin& origin, std::size_t longest) {
  const Graph& graph = evidence.graph;
  birth.chain_length = origin.forward.size() + origin.backward.size();
  const auto take = [&](std::size_t k) {
    if (k < origin.forward.size()) {
      const NodeId node = origin.forward[k];
      birth.chain.push_back(
          {name_of(graph, node, 1), number_text(evidence.values.shown(node)), line_of(graph, node), node});
    } else {
      const NodeId node = origin.backward[k - origin.forward.size()];
      birth.chain.push_back(
          {"∂/∂" + name_of(graph, node, 1), number_text(evidence.adjoints->shown(node)), line_of(graph, node), node});
    }
  };
  longest = std::max<std::size_t>(longest, 2);
  const std::size_t head = birth.chain_length <= longest ? birth.chain_length : longest - longest / 2;
  for (std::size_t k = 0; k < head; ++k) take(k);
  const std::size_t tail = birth.chain_length <= longest ? 0 : longest / 2;
  for (std::size_t k = birth.chain_length - tail; k < birth.chain_length; ++k) take(k);
}

/// An origin in words.
Birth birth_of(std::shared_ptr<const Evidence> evidence, const Origin& origin, const BirthOptions& options) {
  const Graph& graph = evidence->graph;
  Birth birth{.node = origin.node};
  const Dtype dtype = graph.type(origin.node).dtype;
  std::int64_t element = 0;
  if (origin.edge) {
    const BadEdge& bad = *origin.edge;
    const NodeId operand = graph.operands(origin.node)[bad.edge.position];
    birth.kind = BirthKind::adjoint;
    birth.number = bad.number;
    element = bad.element;
    birth.element = element_text(graph.type(operand), bad.element, bad.count);
    describe_node(birth, *evidence, element);
    birth.toward = name_of(graph, operand, 2);
    const bool at_element = is_elementwise(graph, origin.node);
    const Array* const cotangents = evidence->adjoints->array(origin.node);
    birth.cotangent =
        at_element && cotangents != nullptr ? cotangents->element(element) : evidence->adjoints->shown(origin.node);
    const auto numbers = at_element ? numbers_at(*evidence, origin.node, element) : std::vector<double>{};
    Diagnosis d =
        cause_of_derivative(birth.operation, numbers, bad.edge.position, birth.cotangent, birth.number, dtype);
    birth.cause = std::move(d.cause);
    birth.cure = std::move(d.cure);
  } else if (origin.in_sum) {
    birth.kind = BirthKind::adjoint;
    birth.number = evidence->adjoints->shown(origin.node);
    describe_node(birth, *evidence, 0);
    birth.toward = name_of(graph, origin.node, 2);
    birth.cause = "the contributions to its adjoint are finite, and their sum is not.";
    birth.cure = "Scale the loss, or clip: the parts of the gradient are as large as numbers can be.";
  } else {
    const Array* const array = evidence->values.array(origin.node);
    birth.number = evidence->values.shown(origin.node);
    if (array != nullptr) {
      element = first_not_finite(*array).value_or(0);
      if (array->size() > 0) birth.number = array->element(element);
      birth.element = element_text(array->type(), element, count_not_finite(*array));
    }
    describe_node(birth, *evidence, element);
    Diagnosis d;
    if (graph.operation_id(origin.node) == graph::variable_operation) {
      birth.kind = evidence->parameter[origin.node] ? BirthKind::parameter : BirthKind::input;
      birth.formula = name_of(graph, origin.node);
      d = cause_of_input(birth.kind == BirthKind::parameter);
    } else {
      const auto numbers =
          is_elementwise(graph, origin.node) ? numbers_at(*evidence, origin.node, element) : std::vector<double>{};
      const auto operands = graph.operands(origin.node);
      const auto spoiled = std::ranges::find_if(operands, [&](NodeId o) { return !evidence->values.is_finite(o); });
      d = numbers.empty() && spoiled != operands.end()
              ? cause_of_constant(birth.operation, value_text(graph, evidence->values, *spoiled))
              : cause_of_value(birth.operation, numbers, birth.number, dtype);
    }
    birth.cause = std::move(d.cause);
    birth.cure = std::move(d.cure);
  }
  add_chain(birth, *evidence, origin, options.longest_chain);
  birth.evidence = std::move(evidence);
  return birth;
}

/// In a graph that holds a gradient: what of the forward graph a node of the gradient belongs to. Ties name some of the
/// gradient's nodes; what is only used for one of them belongs to it.
void tell_gradient(Birth& birth, const Origin& origin) {
  const Graph& graph = birth.graph();
  const std::vector<std::uint8_t> order = graph::gradient_orders(graph);
  if (order[birth.node] == 0) return;
  birth.kind = BirthKind::adjoint;
  for (const NodeId node : origin.forward) {
    const auto tie = graph.adjoint_link(node);
    if (!tie) continue;
    const auto operands = graph.operands(tie->primal);
    const bool of_edge = tie->operand >= 0 && static_cast<std::size_t>(tie->operand) < operands.size();
    birth.toward = name_of(graph, of_edge ? operands[static_cast<std::size_t>(tie->operand)] : tie->primal, 2);
    if (birth.file.empty()) {
      const graph::Location location = graph.location(tie->primal);
      birth.file = location.file;
      birth.line = location.line;
    }
    if (birth.scope.empty()) birth.scope = inspect::scope_of(graph, tie->primal);
    return;
  }
}

/// The nodes of handles that are in the graph.
std::vector<NodeId> nodes_of(const Expansion& expansion, std::span<const AnyHandle> x) {
  std::vector<NodeId> nodes;
  for (const AnyHandle& each : x)
    if (const NodeId node = expansion.find(each); node != no_node) nodes.push_back(node);
  return nodes;
}

std::optional<Birth> examine(const AnyHandle& y, std::span<const AnyHandle> x, const BirthOptions& options,
                             std::source_location where) {
  if (y.id() == 0) return std::nullopt;
  if (y.tensor != nullptr && y.tensor->value().is_unknown()) return std::nullopt;
  detail::StreamHead& head = detail::Stream::of(y.tag());
  if (&head == &detail::no_stream) detail::Stream::throw_bad_handle(y.tag(), "first_non_finite", where);
  auto& stream = static_cast<detail::Stream&>(head);
  Expansion expansion = detail::expand_stream(stream, std::array{y}, {.merge_duplicates = false, .ties = false}, where);
  auto evidence = std::make_shared<Evidence>();
  const std::vector<NodeId> variables = nodes_of(expansion, x);
  const NodeId root = expansion.graph.outputs()[0];
  evidence->values = {std::move(expansion.values), std::move(expansion.arrays)};
  evidence->graph = std::move(expansion.graph);
  evidence->parameter.assign(evidence->graph.size(), false);
  for (const NodeId node : variables) evidence->parameter[node] = true;

  std::optional<Origin> origin = origin_of_values(*evidence, std::array{root});
  if (!origin && (!x.empty() || options.everywhere) && is_real(evidence->graph.type(root).dtype)) {
    sweep(*evidence, root);
    origin = origin_of_adjoints(*evidence, variables);
  }
  if (!origin && options.everywhere) origin = origin_anywhere(*evidence);
  if (!origin) return std::nullopt;
  return birth_of(std::move(evidence), *origin, options);
}

bool is_finite(const AnyHandle& handle) {
  if (handle.tensor == nullptr) return std::isfinite(handle.scalar.value());
  return handle.tensor->value().is_unknown() || all_finite(handle.tensor->value());
}

std::string place_text(const Birth& birth) {
  std::string text;
  if (birth.line != 0) text = "at " + birth.file.substr(birth.file.rfind('/') + 1) + ":" + std::to_string(birth.line);
  if (!birth.scope.empty()) text += (text.empty() ? "in " : ", in ") + birth.scope;
  return text;
}

/// "nan is born in log(u), at model.cpp:12"
std::string headline(const Birth& birth) {
  const std::string number = number_text(birth.number), place = place_text(birth);
  std::string text;
  switch (birth.kind) {
    case BirthKind::input:
      text = "the input " + birth.formula + " is " + number;
      break;
    case BirthKind::parameter:
      text = "the parameter " + birth.formula + " is " + number;
      break;
    case BirthKind::value:
      text = number + " is born in " + (birth.name.empty() ? "" : birth.name + " = ") + birth.formula;
      break;
    case BirthKind::adjoint:
      text = number + " is born on the way back, in the derivative of " + birth.formula;
      if (!birth.toward.empty()) text += " by " + birth.toward;
      break;
  }
  return text + (place.empty() ? "" : ", " + place);
}

}  // namespace

std::string_view to_string(BirthKind kind) noexcept {
  switch (kind) {
    case BirthKind::input:
      return "input";
    case BirthKind::parameter:
      return "parameter";
    case BirthKind::value:
      return "value";
    case BirthKind::adjoint:
      return "adjoint";
  }
  return "";
}

const Graph& Birth::graph() const { return evidence->graph; }

std::string Birth::summary() const {
  std::string reason = cause;
  if (reason.ends_with('.')) reason.pop_back();
  return headline(*this) + ": " + reason;
}

std::string Birth::explain() const {
  std::string text = headline(*this) + "\n";
  if (!element.empty()) text += "  element " + element + "\n";
  for (const BirthOperand& operand : operands)
    text +=
        "  " + operand.name + " = " + operand.value + (operand.place.empty() ? "" : "  (" + operand.place + ")") + "\n";
  if (kind == BirthKind::adjoint && evidence->adjoints)
    text += "  a cotangent of " + number_text(cotangent) + " comes in, " + number_text(number) + " goes on to " +
            toward + "\n";
  if (chain.size() > 1) {
    text += "from there: ";
    for (std::size_t k = 0; k < chain.size(); ++k) {
      if (k != 0) text += " → ";
      if (chain.size() < chain_length && k == chain.size() - chain.size() / 2)
        text += "… " + counted(chain_length - chain.size(), "step") + " … → ";
      text += chain[k].name;
    }
    text += " (" + chain.back().value + ")\n";
  }
  return text + "cause: " + cause + "\ncure: " + cure + "\n";
}

std::optional<Birth> first_non_finite(const AnyHandle& y, const HandleList& x, const BirthOptions& options,
                                      std::source_location where) {
  return examine(y, x.span(), options, where);
}

std::optional<Birth> first_non_finite(const AnyHandle& y, const HandleList& x, const Adjoints& adjoints,
                                      const BirthOptions& options, std::source_location where) {
  if (!options.everywhere && is_finite(y)) {
    const bool finite = std::ranges::all_of(x.span(), [&](const AnyHandle& each) {
      if (each.tensor == nullptr) return std::isfinite(adjoints[each.scalar]);
      return !is_real(each.tensor->dtype()) || all_finite(adjoints[*each.tensor].value());
    });
    if (finite) return std::nullopt;
  }
  return examine(y, x.span(), options, where);
}

std::optional<Birth> first_non_finite(const Graph& graph, std::span<const Array> inputs, const BirthOptions& options) {
  auto evidence = std::make_shared<Evidence>();
  evidence->graph = graph;
  evidence->values = values_of(graph, inputs);
  evidence->parameter.assign(graph.size(), false);
  std::optional<Origin> origin = origin_of_values(*evidence, graph.outputs());
  if (!origin && options.everywhere) origin = origin_anywhere(*evidence);
  if (!origin) return std::nullopt;
  Birth birth = birth_of(std::move(evidence), *origin, options);
  tell_gradient(birth, *origin);
  return birth;
}

graph::Drawing draw(const Birth& birth, graph::DrawingOptions options) {
  const Evidence& evidence = *birth.evidence;
  const Graph& graph = evidence.graph;
  std::vector<bool> only(graph.size(), false);
  const auto keep_with_operands = [&](NodeId node) {
    only[node] = true;
    constexpr std::size_t most = 6;
    const auto operands = graph.operands(node);
    for (std::size_t k = 0; k < std::min(most, operands.size()); ++k) only[operands[k]] = true;
  };
  keep_with_operands(birth.node);
  const auto operands = graph.operands(birth.node);
  for (std::size_t k = 0; k < std::min<std::size_t>(3, operands.size()); ++k) keep_with_operands(operands[k]);
  for (const BirthStep& step : birth.chain) only[step.node] = true;

  graph::Annotations know;
  const auto is_number = [&](NodeId node) { return graph.type(node).shape.rank() == 0; };
  know.value = [&](NodeId node) { return is_number(node) ? std::optional(evidence.values.shown(node)) : std::nullopt; };
  know.norm = [&](NodeId node) {
    const Array* const array = evidence.values.array(node);
    return is_number(node) || array == nullptr || array->is_unknown() ? std::nullopt
                                                                      : std::optional(evidence.values.magnitude(node));
  };
  if (evidence.adjoints) {
    const auto reached = [&](NodeId node) {
      return evidence.adjoints->reached[node] && graph.operation_id(node) != graph::constant_operation;
    };
    know.adjoint = [&, reached](NodeId node) {
      return reached(node) && is_number(node) ? std::optional(evidence.adjoints->shown(node)) : std::nullopt;
    };
    know.adjoint_norm = [&, reached](NodeId node) {
      return reached(node) && !is_number(node) ? std::optional(evidence.adjoints->magnitude(node)) : std::nullopt;
    };
    know.local_derivative = [&](NodeId user, std::uint32_t position) {
      return graph.operation_id(graph.operands(user)[position]) == graph::constant_operation
                 ? std::nullopt
                 : local_derivative(graph, evidence.values.numbers, user, position);
    };
  }
  know.parameter = [&](NodeId node) { return bool{evidence.parameter[node]}; };
  const graph::DrawnText born{graph::TextKind::note, "born here"};
  know.lines = [&](NodeId node) { return node == birth.node ? std::vector{born.text} : std::vector<std::string>{}; };
  if (options.title.empty()) options.title = headline(birth);
  options.only = std::move(only);
  graph::Drawing drawing = graph::draw(graph, options, know);
  for (graph::DrawnNode& node : drawing.nodes) {
    if (std::ranges::find(node.texts, born) == node.texts.end()) continue;
    node.mark = graph::Mark::culprit;
    std::erase_if(node.texts, [](const graph::DrawnText& text) { return text.text.ends_with("not finite from here"); });
  }
  return drawing;
}

}  // namespace wengert
