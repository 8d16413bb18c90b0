#include "wengert/autodiff/explain/steps.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/transform/simplify.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

using graph::Graph;
using graph::NodeId;

namespace {

bool is_leaf(const Graph& graph, NodeId id) {
  return graph.operation_id(id) == graph::variable_operation || graph.operation_id(id) == graph::constant_operation;
}
bool is_constant(const Graph& graph, NodeId id) { return graph.operation_id(id) == graph::constant_operation; }

/// It holds all elements of its operand, in their order.
bool is_alias(const Graph& graph, NodeId id) {
  const std::string_view name = graph.operation(id).name;
  return (name == "reshape" || name == "to_tensor" || name == "to_scalar") &&
         graph.type(id).shape.size() == graph.type(graph.operands(id)[0]).shape.size();
}

Math constant(const graph::Attribute& attribute, int digits = 17) {
  if (const auto* const number = std::get_if<double>(&attribute)) return Math::number(*number, digits);
  if (const auto* const whole = std::get_if<std::int64_t>(&attribute)) return Math::number(static_cast<double>(*whole));
  const auto* const array = std::get_if<Array>(&attribute);
  if (array == nullptr) return {.kind = MathKind::call, .text = "constant"};
  if (array->size() == 1 || array->is_uniform()) return Math::number(array->element(0), digits);
  return {.kind = MathKind::number, .text = array_text(*array, 4)};
}

std::string position_text(const Shape& shape, std::int64_t at) {
  std::string text;
  for (std::size_t axis = shape.rank(); axis-- > 0; at /= shape[axis])
    text = std::to_string(at % shape[axis]) + (text.empty() ? "" : ",") + text;
  return "[" + text + "]";
}

Math unary(MathKind kind, Math operand) { return {.kind = kind, .parts = {std::move(operand)}}; }
Math binary(MathKind kind, Math a, Math b) { return {.kind = kind, .parts = {std::move(a), std::move(b)}}; }
Math negative(Math x, bool tidy) {
  if (tidy) return product_of({Math::number(-1), std::move(x)});
  return unary(MathKind::negative, std::move(x));
}

Math transposed(Math x) {
  if (x.is_number()) return x;
  if (x.kind == MathKind::transposed) return std::move(x.parts[0]);
  return unary(MathKind::transposed, std::move(x));
}

/// What a node computes, of the formulas of its operands. `tidy`: as one writes a result, not as it was computed.
Math applied(const Graph& graph, NodeId id, std::vector<Math> x, bool tidy) {
  const graph::Operation& operation = graph.operation(id);
  const std::string_view name = operation.name;
  if (name == "add") return tidy ? wengert::sum_of(std::move(x)) : Math{.kind = MathKind::sum, .parts = std::move(x)};
  if (name == "sub") {
    Math right = negative(std::move(x[1]), tidy);
    if (tidy) return wengert::sum_of({std::move(x[0]), std::move(right)});
    return binary(MathKind::sum, std::move(x[0]), std::move(right));
  }
  if (name == "mul" || name == "scale")
    return tidy ? product_of(std::move(x)) : Math{.kind = MathKind::product, .parts = std::move(x)};
  if (name == "neg") return negative(std::move(x[0]), tidy);
  if (name == "div") return binary(MathKind::quotient, std::move(x[0]), std::move(x[1]));
  if (name == "reciprocal") return binary(MathKind::quotient, Math::number(1), std::move(x[0]));
  if (name == "square") return binary(MathKind::power, std::move(x[0]), Math::number(2));
  if (name == "pow" || name == "integer_pow") {
    if (tidy && x[1].is_number() && x[1].text == "1") return std::move(x[0]);
    return binary(MathKind::power, std::move(x[0]), std::move(x[1]));
  }
  if (name == "sqrt") return unary(MathKind::root, std::move(x[0]));
  if (name == "rsqrt") return binary(MathKind::quotient, Math::number(1), unary(MathKind::root, std::move(x[0])));
  if (name == "abs") return unary(MathKind::magnitude, std::move(x[0]));
  if (name == "norm" && graph.type(id).shape.rank() == 0) return unary(MathKind::norm, std::move(x[0]));
  if (name == "matmul") {
    // The attribute is a set: 1 and 2 read the operands transposed.
    const auto* const set = std::get_if<std::int64_t>(&graph.attribute(id));
    for (const std::size_t k : {std::size_t{0}, std::size_t{1}})
      if (set != nullptr && (*set >> k & 1) != 0) x[k] = transposed(std::move(x[k]));
    return binary(MathKind::matrix_product, std::move(x[0]), std::move(x[1]));
  }
  if (name == "permute" && graph.type(id).shape.rank() == 2) {
    return transposed(std::move(x[0]));
  }
  if (name == "reshape") {
    const Shape &from = graph.type(graph.operands(id)[0]).shape, &to = graph.type(id).shape;
    const bool row = from.rank() == 1 && to.rank() == 2 && to[0] == 1 && to[1] > 1;
    const bool from_row = from.rank() == 2 && from[0] == 1 && from[1] > 1 && to.rank() == 1;
    if (row || from_row) return transposed(std::move(x[0]));
    return std::move(x[0]);
  }
  if (name == "to_tensor" && graph.type(id).shape.size() > 1) {
    // At its place, 0 elsewhere.
    const std::int64_t at = std::get<std::vector<std::int64_t>>(graph.attribute(id))[0];
    return {.kind = MathKind::call, .text = "at" + position_text(graph.type(id).shape, at), .parts = std::move(x)};
  }
  if (name == "to_tensor" || name == "broadcast" || name == "convert") return std::move(x[0]);
  if (name == "to_scalar") {
    const Shape& shape = graph.type(graph.operands(id)[0]).shape;
    if (shape.size() == 1) return std::move(x[0]);
    return {.kind = MathKind::element,
            .text = position_text(shape, std::get<std::int64_t>(graph.attribute(id))),
            .parts = std::move(x)};
  }
  constexpr std::array<std::string_view, 8> relations{"<", "≤", "=", "≠", ">", "≥", "∧", "∨"};
  const std::string symbol(operation.symbol.empty() ? name : operation.symbol);
  if (x.size() == 2 && std::find(relations.begin(), relations.end(), symbol) != relations.end())
    return {.kind = MathKind::relation, .text = symbol, .parts = std::move(x)};
  std::string function(name);
  if (name == "log") function = "ln";
  if (name == "sigmoid") function = "σ";
  if (name == "sum" || name == "slice" || name == "stack" || operation.attribute == graph::AttributeKind::none)
    return {.kind = MathKind::call, .text = function, .parts = std::move(x)};
  if (const std::string more = to_string(graph.attribute(id)); !more.empty() && more.size() < 24) function += more;
  return {.kind = MathKind::call, .text = function, .parts = std::move(x)};
}

/// What a `where` of numbers chooses, if its condition has been computed.
std::optional<bool> choice_of(const Expansion& expansion, NodeId id) {
  if (expansion.graph.operation(id).name != "where" || expansion.graph.type(id).shape.rank() != 0) return std::nullopt;
  const auto condition = expansion.arrays.find(expansion.graph.operands(id)[0]);
  if (condition == expansion.arrays.end()) return std::nullopt;
  const Array& truth = condition->second;
  return is_real(truth.dtype()) ? truth.element(0) != 0 : truth.integer_element(0) != 0;
}

/// A name that graphs of steps by themselves carry: of quantity 3 "q3", of the cotangent "cotangent".
std::optional<std::size_t> quantity_of(std::string_view name) {
  std::size_t position = 0;
  if (!name.starts_with("q")) return std::nullopt;
  const auto [stop, error] = std::from_chars(name.data() + 1, name.data() + name.size(), position);
  return error == std::errc{} && stop == name.data() + name.size() ? std::optional(position) : std::nullopt;
}

}  // namespace

Steps::Steps(const Dependence& d, bool every_primitive, std::size_t most, const char* operation,
             std::source_location where)
    : d_(&d) {
  cut(every_primitive);
  do {
    number(operation, most, where);
  } while (split_largest());
}

Steps Steps::on(const Dependence& other) const {
  Steps same = *this;
  same.d_ = &other;
  return same;
}

Array Steps::value_from(std::size_t step, std::map<NodeId, Array> values) const {
  if (is_leaf(d_->graph(), nodes_[step])) return d_->elements(nodes_[step]);
  for (const NodeId id : segment(step)) values[id] = d_->evaluated(id, values);
  return values.at(nodes_[step]);
}

void Steps::cut(bool every_primitive) {
  const Graph& graph = d_->graph();
  station_.assign(graph.size(), false);
  bool named = false;
  for (NodeId id = 0; id < graph.size(); ++id)
    named = named || (!is_leaf(graph, id) && id != d_->root() && !graph.name(id).empty());
  // What only changes its shape before it is used is known in that shape: a column that is a vector of the user's.
  std::vector<NodeId> user(graph.size(), graph::no_node);
  std::vector<std::size_t> uses(graph.size(), 0);
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const NodeId operand : graph.operands(id)) {
      user[operand] = id;
      ++uses[operand];
    }
  }
  std::vector<bool> in_place(graph.size(), false);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (is_constant(graph, id)) continue;
    const bool has_name = !graph.name(id).empty() || id == d_->root();
    station_[id] =
        is_leaf(graph, id) || has_name || ((every_primitive || !named) && !is_alias(graph, id)) || in_place[id];
    const bool passes_on = !is_leaf(graph, id) && !has_name && uses[id] == 1 && is_alias(graph, user[id]) &&
                           (graph.type(id).shape.rank() > 0 || graph.type(user[id]).shape.rank() == 0);
    if (station_[id] && passes_on) {
      station_[id] = false;
      in_place[user[id]] = true;
    }
  }
}

void Steps::number(const char* operation, std::size_t most, std::source_location where) {
  const Graph& graph = d_->graph();
  nodes_.clear();
  names_.clear();
  position_.assign(graph.size(), none);
  std::set<std::string, std::less<>> taken;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (!graph.name(id).empty()) taken.emplace(graph.name(id));
  std::size_t counter = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!station_[id]) {
      if (!is_constant(graph, id) && is_alias(graph, id)) position_[id] = none;
      continue;
    }
    position_[id] = nodes_.size();
    nodes_.push_back(id);
    if (nodes_.size() > most) {
      throw ArgumentError{{.operation = operation,
                           .problem = "the calculation has more than " + std::to_string(most) + " steps",
                           .expected = "one that somebody wants to read; most_steps allows more",
                           .where = where}};
    }
    if (!graph.name(id).empty()) {
      names_.emplace_back(graph.name(id));
      continue;
    }
    std::string name = id == d_->root() && taken.count("y") == 0 && names_.size() > 0 ? "y" : "";
    while (name.empty() || taken.count(name) != 0) name = "v" + std::to_string(++counter);
    taken.insert(name);
    names_.push_back(name);
  }
}

std::vector<NodeId> Steps::segment(std::size_t position) const { return segment_of(nodes_[position]); }

std::vector<NodeId> Steps::segment_of(NodeId node) const {
  const Graph& graph = d_->graph();
  std::vector<NodeId> found{node};
  std::set<NodeId> seen{node};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const NodeId operand : graph.operands(found[at]))
      if (!station_[operand] && !is_constant(graph, operand) && seen.insert(operand).second) found.push_back(operand);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::size_t> Steps::operands(std::size_t position) const {
  std::set<std::size_t> result;
  if (is_leaf(d_->graph(), nodes_[position])) return {};
  for (const NodeId id : segment(position))
    for (const NodeId operand : d_->graph().operands(id))
      if (station_[operand]) result.insert(position_[operand]);
  return {result.begin(), result.end()};
}

bool Steps::split_largest() {
  bool split = false;
  for (std::size_t p = 0; p < nodes_.size(); ++p) {
    if (is_leaf(d_->graph(), nodes_[p])) continue;
    // The size of the tree, in which what is shared stands as often as it is used.
    std::map<NodeId, std::size_t> size;
    const std::vector<NodeId> segment_of_p = segment(p);
    bool large = false;
    for (const NodeId id : segment_of_p) {
      std::size_t sum = 1;
      for (const NodeId operand : d_->graph().operands(id)) sum += size.count(operand) != 0 ? size[operand] : 1;
      size[id] = std::min(sum, 2 * largest_formula);
      large = large || sum > largest_formula;
    }
    if (!large || segment_of_p.size() == 1) continue;
    for (const NodeId id : segment_of_p)
      if (!is_alias(d_->graph(), id) && !station_[id]) station_[id] = split = true;
  }
  return split;
}

Math Steps::formula(std::size_t position) const { return formula_of(nodes_[position]); }

Math Steps::formula_of(NodeId node) const {
  const Graph& graph = d_->graph();
  std::map<NodeId, Math> made;
  for (const NodeId id : segment_of(node)) {
    std::vector<Math> x;
    for (const NodeId operand : graph.operands(id)) {
      if (station_[operand])
        x.push_back(Math::of(position_[operand]));
      else if (is_constant(graph, operand))
        x.push_back(constant(graph.attribute(operand)));
      else
        x.push_back(made.at(operand));
    }
    made[id] = applied(graph, id, std::move(x), false);
  }
  return made.at(node);
}

std::optional<Math> Steps::chain(std::size_t step, std::size_t operand, const Steps& primitives) const {
  const Graph& graph = d_->graph();
  if (!is_scalar_edge(step, operand)) return std::nullopt;
  std::set<NodeId> reaching{nodes_[operand]};
  for (const NodeId id : segment(step)) {
    const auto operands = graph.operands(id);
    for (std::uint32_t k = 0; k < operands.size(); ++k)
      if (d_->flows(id, k) && reaching.count(operands[k]) != 0) reaching.insert(id);
  }
  // Symbols of the other steps: those of this one, or what stands in their places here.
  const auto here = [&](auto&& self, const Math& math) -> Math {
    if (math.kind == MathKind::quantity) {
      const NodeId node = primitives.nodes()[math.quantity];
      return station_[node] ? Math::of(position_[node]) : formula_of(node);
    }
    Math result = math;
    for (Math& part : result.parts) part = self(self, part);
    return result;
  };
  Math product{.kind = MathKind::product};
  for (NodeId id = nodes_[step]; id != nodes_[operand];) {
    if (!d_->has_local(id) || primitives.position(id) == none) return std::nullopt;
    const auto operands = graph.operands(id);
    std::optional<std::uint32_t> next;
    for (std::uint32_t k = 0; k < operands.size(); ++k) {
      if (!d_->flows(id, k) || reaching.count(operands[k]) == 0) continue;
      if (next && operands[*next] != operands[k]) return std::nullopt;
      next = k;
    }
    if (!next || primitives.position(operands[*next]) == none) return std::nullopt;
    const Math local =
        primitives.local_formulas(primitives.position(id), {primitives.position(operands[*next])})[0].general;
    id = operands[*next];
    if (local.is_number() && local.text == "1") continue;
    product.parts.push_back(here(here, local));
  }
  if (product.parts.size() < 2 || product.size() > largest_formula) return std::nullopt;
  return product;
}

bool Steps::is_scalar_edge(std::size_t step, std::size_t operand) const {
  return d_->is_scalar(nodes_[step]) && d_->is_scalar(nodes_[operand]);
}

std::vector<LocalFormula> Steps::local_formulas(std::size_t position, const std::vector<std::size_t>& operands) const {
  const Graph& graph = d_->graph();
  // The step by itself, its operands as variables; numbers are tensors of rank 0 there.
  Recording recording(RecordingOptions{.locations = false, .ties = false});
  std::map<NodeId, Tensor> values;
  for (const std::size_t operand : this->operands(position)) {
    const NodeId id = nodes_[operand];
    values[id] = recording.variable(Tensor(d_->elements(id)), "q" + std::to_string(operand));
  }
  for (const NodeId id : segment(position)) {
    std::vector<Tensor> x;
    for (const NodeId operand : graph.operands(id))
      x.push_back(is_constant(graph, operand) ? Tensor(d_->elements(operand)) : values.at(operand));
    values[id] = record_tensor(d_->primitive(id), x, graph.attribute(id), {});
  }
  const Tensor& y = values.at(nodes_[position]);
  if (y.id() == 0) return std::vector<LocalFormula>(operands.size(), LocalFormula{Math::number(0)});
  recording.name(y, "q" + std::to_string(position));
  bool all_scalar = true;
  for (const std::size_t operand : operands) all_scalar = all_scalar && is_scalar_edge(position, operand);
  Tensor cotangent(Array::uniform(y.type(), 1.0));
  if (!all_scalar) cotangent = recording.variable(Tensor(Array::uniform(y.type(), 1.0).dense()), "cotangent");
  std::vector<LocalFormula> formulas;
  for (const std::size_t operand : operands) {
    const Tensor& x = values.at(nodes_[operand]);
    Tensor seed = cotangent;
    if (is_scalar_edge(position, operand)) seed = Tensor(Array::uniform(y.type(), 1.0));
    const Tensor g = gradient(y, seed, std::span(&x, 1)).front();
    if (g.id() == 0) {
      const Array elements = g.value();
      formulas.push_back({elements.size() == 1 || elements.is_uniform() ? Math::number(elements.element(0), 12)
                                                                        : Math{.text = array_text(elements, 4)}});
      continue;
    }
    const Expansion expansion = simplify(expand(recording, {g}, {.ties = false}));
    LocalFormula& formula = formulas.emplace_back(LocalFormula{formula_of_result(expansion, position, false)});
    Math here = formula_of_result(expansion, position, true);
    if (!(here == formula.general)) formula.here = std::move(here);
  }
  return formulas;
}

Math Steps::formula_of_result(const Expansion& expansion, std::size_t position, bool chosen) const {
  const Graph& result = expansion.graph;
  std::vector<Math> made(result.size());
  for (NodeId id = 0; id < result.size(); ++id) {
    const auto operands = result.operands(id);
    if (const auto quantity = quantity_of(result.name(id))) {
      made[id] = Math::of(*quantity);
    } else if (result.name(id) == "cotangent") {
      made[id] = nodes_[position] == d_->root() ? Math::number(1) : Math::adjoint(position);
    } else if (is_constant(result, id)) {
      made[id] = constant(result.attribute(id), 12);
    } else if (const std::optional<bool> choice = chosen ? choice_of(expansion, id) : std::nullopt) {
      made[id] = made[operands[*choice ? 1 : 2]];
    } else {
      std::vector<Math> parts;
      std::size_t size = 1;
      for (const NodeId part : operands) {
        parts.push_back(made[part]);
        size += made[part].size();
      }
      // Too large to be read; its number stands beside it.
      made[id] = size > 4 * largest_formula ? Math{.text = "…"} : applied(result, id, std::move(parts), true);
    }
  }
  const NodeId root = result.outputs()[0];
  if (result.operation(root).name != "broadcast" || result.type(root).shape.size() == 1) return made[root];
  // One number for every element: an equation of arrays needs those.
  const Array ones = Array::uniform(result.type(root), 1.0);
  Math all = ones.size() <= 9 && ones.rank() <= 2
                 ? Math{.text = array_text(ones.dense(), 4)}
                 : Math{.kind = MathKind::call, .text = "ones", .parts = {Math{.text = to_string(ones.shape())}}};
  return product_of({made[root], std::move(all)});
}

std::vector<Array> Steps::contributions(std::size_t step, const Array& cotangent,
                                        const std::vector<std::size_t>& operands, const Mutation* mutation) const {
  const Graph& graph = d_->graph();
  std::map<NodeId, Array> arrived;
  arrived[nodes_[step]] = cotangent;
  const std::vector<NodeId> segment_of_step = segment(step);
  for (std::size_t n = segment_of_step.size(); n-- > 0;) {
    const NodeId id = segment_of_step[n];
    const auto at = arrived.find(id);
    if (at == arrived.end()) continue;
    const Array adjoint = at->second;
    for (std::uint32_t k = 0; k < graph.operands(id).size(); ++k) {
      if (WENGERT_HOLDS("steps: nothing flows", !d_->flows(id, k))) continue;
      std::optional<Array> term;
      if (mutation != nullptr &&
          WENGERT_HOLDS("steps: rule to be done wrong", mutation->node == id && mutation->position == k))
        term = mutated(*d_, *mutation, adjoint);
      if (!term) term = d_->contribution(id, k, adjoint);
      const auto [to, first] = arrived.try_emplace(graph.operands(id)[k], *term);
      if (WENGERT_HOLDS("steps: contribution is added", !first)) to->second = sum_of(to->second, *term);
    }
  }
  std::vector<Array> result;
  for (const std::size_t operand : operands) {
    const auto at = arrived.find(nodes_[operand]);
    result.push_back(at == arrived.end() ? Array::zeros(graph.type(nodes_[operand])) : at->second);
  }
  return result;
}

std::optional<Array> mutated(const Dependence& d, const Mutation& mutation, const Array& cotangent) {
  const Graph& graph = d.graph();
  const NodeId id = mutation.node;
  const std::uint32_t k = mutation.position;
  const auto operands = graph.operands(id);
  const Type& type = graph.type(operands[k]);
  const std::string_view name = graph.operation(id).name;
  const auto product = [&](const Array& a, const Array& b) {
    const Array to = Array::zeros(type).dense();
    std::vector<double> elements(static_cast<std::size_t>(to.size()));
    for (std::size_t i = 0; i < elements.size(); ++i)
      elements[i] = a.element(static_cast<std::int64_t>(i)) * b.element(static_cast<std::int64_t>(i));
    return type.dtype == Dtype::f64 ? std::optional(Array::from(elements, type.shape)) : std::nullopt;
  };
  const bool elementwise = d.graph().operation(id).elementwise && graph.type(id).shape == type.shape;
  switch (mutation.slip) {
    case Slip::factor:
      if (!elementwise || cotangent.type() != type || name == "add") return std::nullopt;
      return cotangent;
    case Slip::path:
      return Array::zeros(type);
    case Slip::sign:
      return difference_of(Array::zeros(type), d.contribution(id, k, cotangent));
    case Slip::own_operand:
      if (!elementwise || name != "mul" || operands[0] == operands[1]) return std::nullopt;
      return product(cotangent, d.elements(operands[k]).dense());
    case Slip::exponent: {
      const bool power = (name == "integer_pow" || name == "pow") && k == 0;
      if (!elementwise || (!power && name != "square")) return std::nullopt;
      const double n = power ? d.elements(operands[1]).element(0) : 2.0;
      if (n == 0 || n == 1) return std::nullopt;
      return product(d.contribution(id, k, cotangent), Array::uniform(type, WENGERT_NUMBER("slip: exponent", 1 / n)));
    }
    case Slip::at_input: {
      if (!elementwise || operands.size() != 1 || (name != "sigmoid" && name != "tanh")) return std::nullopt;
      const std::vector<Tensor> x{Tensor(d.elements(operands[0]))};
      return d.primitive(id).on_tensors.vjp(k, Tensor(cotangent), x[0], x, graph.attribute(id)).value().dense();
    }
    case Slip::transpose: {
      if (name != "matmul" || graph.type(operands[0]).shape.rank() != 2) return std::nullopt;
      const NodeId other = operands[1 - k];
      const Shape& shape = graph.type(other).shape;
      if (shape.rank() != 2 || shape[0] != shape[1] || shape[0] < 2) return std::nullopt;
      // The rule with the other matrix turned before it turns it.
      std::vector<Tensor> x;
      for (const NodeId operand : operands) x.emplace_back(d.elements(operand));
      x[1 - k] = transpose(x[1 - k]);
      return d.primitive(id)
          .on_tensors.vjp(k, Tensor(cotangent), Tensor(d.elements(id)), x, graph.attribute(id))
          .value()
          .dense();
    }
  }
  return std::nullopt;
}

}  // namespace wengert::detail
