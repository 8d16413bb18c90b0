#include "wengert/autodiff/explain/derivation.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "wengert/autodiff/explain/dependence.hpp"
#include "wengert/autodiff/explain/steps.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::NodeId;

namespace detail {

std::string array_text(const Array& array, int digits) {
  const auto number = [&](std::int64_t at) {
    return is_real(array.dtype()) ? graph::short_number(array.element(at) + 0.0, digits)  // no −0
                                  : std::to_string(array.integer_element(at));
  };
  if (array.rank() == 0) return number(0);
  if (array.rank() > 2 || array.size() > 9 || array.size() == 0)
    return to_string(array.shape()) +
           " with ‖·‖ = " + graph::short_number(is_real(array.dtype()) ? norm(array) : 0, digits);
  const std::int64_t columns = array.rank() == 2 ? array.shape()[1] : array.size();
  std::string text = "[";
  for (std::int64_t k = 0; k < array.size(); ++k) text += (k == 0 ? "" : k % columns == 0 ? "; " : ", ") + number(k);
  return text + "]";
}

}  // namespace detail

namespace {

using detail::Dependence;
using detail::LocalFormula;
using detail::Steps;

/// The adjoints of all nodes on paths from y to the inputs, by the primitives' rules; nothing where none arrives.
std::vector<Array> adjoints_of(const Dependence& d, const std::vector<bool>& active) {
  std::vector<Array> adjoints(d.graph().size());
  std::vector<bool> arrived(d.graph().size(), false);
  adjoints[d.root()] = Array::uniform(d.graph().type(d.root()), 1.0).dense();
  arrived[d.root()] = true;
  for (NodeId id = d.root() + 1; id-- > 0;) {
    if (!active[id] || !arrived[id]) continue;
    const auto operands = d.graph().operands(id);
    for (std::uint32_t k = 0; k < operands.size(); ++k) {
      if (!active[operands[k]] || !d.flows(id, k)) continue;
      const Array term = d.contribution(id, k, adjoints[id]);
      adjoints[operands[k]] = arrived[operands[k]] ? detail::sum_of(adjoints[operands[k]], term) : term;
      arrived[operands[k]] = true;
    }
  }
  for (NodeId id = 0; id < d.graph().size(); ++id)
    if (active[id] && !arrived[id]) adjoints[id] = Array::zeros(d.graph().type(id));
  return adjoints;
}

/// The paths of quantities from y to the input, if they are few and made of numbers.
std::vector<FactorPath> paths_of(const Derivation& derivation, std::size_t input, std::size_t most) {
  std::vector<FactorPath> found;
  std::vector<FactorPath> open{{{input}}};  // from the input up
  while (!open.empty()) {
    FactorPath path = std::move(open.back());
    open.pop_back();
    const Quantity& quantity = derivation.quantities[path.quantities.back()];
    if (quantity.value.rank() != 0) return {};
    if (path.quantities.back() == derivation.output) {
      std::reverse(path.quantities.begin(), path.quantities.end());
      found.push_back(std::move(path));
      if (found.size() > most) return {};
      continue;
    }
    if (open.size() + quantity.contributions.size() > 16 * most) return {};
    for (std::size_t k = 0; k < quantity.contributions.size(); ++k) {
      FactorPath longer = path;
      longer.quantities.push_back(quantity.contributions[k].user);
      open.push_back(std::move(longer));
    }
  }
  return found;
}

}  // namespace

Derivation derivation(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                      const DerivationOptions& options, std::source_location where) {
  const auto refuse = [&](std::string problem, std::string expected) {
    throw ArgumentError{
        {.operation = "derivation", .problem = std::move(problem), .expected = std::move(expected), .where = where}};
  };
  if (options.digits < 1 || options.digits > 17)
    refuse("digits is " + std::to_string(options.digits), "1 to 17 significant digits");
  if (x.empty()) refuse("there is nothing to differentiate by", "one value at least");
  const Dependence d(y, "derivation", where);
  const Steps steps(d, options.every_primitive, options.most_steps, "derivation", where);

  const Steps primitives(d, true, std::numeric_limits<std::size_t>::max(), "derivation", where);

  Derivation result;
  result.digits = options.digits;
  std::vector<NodeId> inputs;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (x[k].id() == 0) refuse("a value to differentiate by is a constant", "a value of the recording");
    static_cast<const detail::Stream&>(detail::Stream::of(y.tag())).check(x[k].id(), x[k].tag(), "derivation", where);
    const NodeId node = d.find(x[k]);
    const std::size_t position = node == graph::no_node ? Steps::none : steps.position(node);
    if (position == Steps::none) {
      result.missing.push_back(k);
    } else {
      result.inputs.push_back(position);
      inputs.push_back(node);
    }
  }
  const std::vector<bool> active = d.between(inputs);
  const std::vector<Array> adjoints = adjoints_of(d, active);
  for (std::size_t p = 0; p < steps.nodes().size(); ++p) {
    const NodeId node = steps.nodes()[p];
    Quantity& quantity = result.quantities.emplace_back();
    quantity.name = steps.name(p);
    quantity.value = d.elements(node);
    if (!d.graph().operands(node).empty()) quantity.formula = steps.formula(p);
    quantity.depends = active[node];
    quantity.input = std::find(inputs.begin(), inputs.end(), node) != inputs.end();
    if (quantity.depends) quantity.adjoint = adjoints[node];
  }
  result.output = steps.position(d.root());
  // In the order of the sweep: the last step first.
  for (std::size_t p = steps.nodes().size(); p-- > 0;) {
    if (!active[steps.nodes()[p]]) continue;
    std::vector<std::size_t> operands;
    for (const std::size_t operand : steps.operands(p))
      if (active[steps.nodes()[operand]] && is_real(d.graph().type(steps.nodes()[operand]).dtype))
        operands.push_back(operand);
    if (operands.empty() || (result.quantities[p].input && inputs.size() == 1)) continue;
    const std::vector<LocalFormula> formulas = steps.local_formulas(p, operands);
    const std::vector<Array> terms = steps.contributions(p, result.quantities[p].adjoint, operands);
    const std::vector<Array> locals =
        steps.contributions(p, Array::uniform(d.graph().type(steps.nodes()[p]), 1.0).dense(), operands);
    for (std::size_t k = 0; k < operands.size(); ++k) {
      Contribution& contribution = result.quantities[operands[k]].contributions.emplace_back();
      contribution.user = p;
      contribution.formula = formulas[k].general;
      contribution.here = formulas[k].here;
      contribution.whole = !steps.is_scalar_edge(p, operands[k]);
      if (!contribution.whole) contribution.local = locals[k];
      if (!contribution.whole && !options.every_primitive) {
        contribution.chain = steps.chain(p, operands[k], primitives);
        if (contribution.chain == contribution.formula) contribution.chain.reset();
      }
      contribution.contribution = terms[k];
    }
  }
  for (NodeId id = 0; id < d.graph().size(); ++id) {
    const graph::Operation& operation = d.graph().operation(id);
    if (d.graph().operands(id).empty()) continue;
    Rule rule{std::string(operation.name), std::string(operation.doc)};
    if (std::find(result.rules.begin(), result.rules.end(), rule) == result.rules.end()) result.rules.push_back(rule);
  }
  for (const std::size_t input : result.inputs)
    result.factors.push_back(paths_of(result, input, options.most_factor_paths));
  return result;
}

}  // namespace wengert
