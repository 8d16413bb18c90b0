// RunningError: how far rounding can have moved each value of a recorded program; what random programs are judged by.
//
// A running error analysis to first order (J. H. Wilkinson 1963; N. J. Higham, Accuracy and Stability of Numerical
// Algorithms, 2nd ed., 3.3) over the expanded graph, derivatives included. Every element of a node has
//   magnitude  the value with all cancellation left out: magnitudes are added where values are subtracted
//   error      what its own rounding (some units of its magnitude) and the errors of its operands come to
// Partials of elementwise primitives come from their records; linear primitives are applied to magnitudes and errors
// themselves, for their coefficients are 0 and 1; any other is differentiated column by column by its forward rule.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::test {

class RunningError {
 public:
  explicit RunningError(const Expansion& expansion) : e_(expansion), nodes_(expansion.graph.size()) {
    for (std::size_t n = 0; n < nodes_.size(); ++n) visit(static_cast<graph::NodeId>(n));
  }

  /// By how much two ways to compute element i of a node may differ: each makes at most the error, and one of them adds
  /// and multiplies in another order than the graph does, which rounds once more for every node on the way.
  [[nodiscard]] double allowed(graph::NodeId n, std::size_t i = 0) const {
    const Node& node = nodes_[n];
    return 2 * node.error[i] + coarsest_ * static_cast<double>(nodes_.size()) * node.magnitude[i];
  }
  /// Everything is finite, nothing comes near underflow, and no error is so large that an analysis to first order says
  /// nothing.
  [[nodiscard]] bool meaningful() const {
    const double least =
        coarsest_ > 0x1p-53 ? 1e-30 : 1e-280;  // a product on the way may be smaller than what it leads to
    for (const Node& node : nodes_)
      for (std::size_t i = 0; i < node.error.size(); ++i)
        if (!(node.error[i] <= 1e-3) || !(node.magnitude[i] < 1e30) ||
            (node.magnitude[i] != 0 && node.magnitude[i] < least))
          return false;
    return true;
  }

 private:
  struct Node {
    std::vector<double> value, magnitude, error;
  };

  static double unit_of(Dtype dtype) { return dtype == Dtype::f32 ? 0x1p-24 : 0x1p-53; }
  static Array array_of(const std::vector<double>& elements, const Type& type) {
    Array result = Array::zeros(type);
    kernels::with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
      std::transform(elements.begin(), elements.end(), result.mutable_data<T>().begin(),
                     [](double x) { return static_cast<T>(x); });
    });
    return result;
  }
  static std::vector<double> elements_of(const Array& array) {
    std::vector<double> result(static_cast<std::size_t>(array.size()));
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = array.element(static_cast<std::int64_t>(i));
    return result;
  }

  void visit(graph::NodeId n) {
    const graph::Graph& g = e_.graph;
    const Type& type = g.type(n);
    Node& node = nodes_[n];
    if (const auto found = e_.arrays.find(n); found != e_.arrays.end())
      node.value = elements_of(found->second);
    else
      node.value.assign(1, e_.values[n]);
    node.magnitude = node.value;
    for (double& m : node.magnitude) m = std::abs(m);
    node.error.assign(node.value.size(), 0.0);
    if (!is_real(type.dtype)) return;
    coarsest_ = std::max(coarsest_, unit_of(type.dtype));
    if (g.operands(n).empty()) return;
    const auto& primitive = static_cast<const Primitive&>(g.operation(n));
    if (primitive.elementwise)
      elementwise(primitive, g.operands(n), node, unit_of(type.dtype));
    else if (primitive.linear)
      linear(primitive, n, node);
    else if (primitive.on_tensors.jvp != nullptr)  // else it chooses, and what it gives is exact
      general(primitive, n, node);
  }

  void elementwise(const Primitive& p, std::span<const graph::NodeId> operands, Node& node, double unit) const {
    const std::size_t arity = operands.size();
    const std::string_view name = p.name;
    for (std::size_t i = 0; i < node.value.size(); ++i) {
      double x[3]{}, m[3]{}, e[3]{};
      for (std::size_t k = 0; k < arity; ++k) {
        const Node& from = nodes_[operands[k]];
        x[k] = from.value[i], m[k] = from.magnitude[i], e[k] = from.error[i];
      }
      double& magnitude = node.magnitude[i];
      if (name == "add" || name == "sub")
        magnitude = m[0] + m[1];
      else if (name == "mul" || name == "scale")
        magnitude = m[0] * m[1];
      else if (name == "div" && x[1] != 0)
        magnitude = m[0] / std::abs(x[1]);
      else if (name == "neg")
        magnitude = m[0];
      else if (name == "where")
        magnitude = x[0] != 0 ? m[1] : m[2];
      // Functions are good to 3.5 units in the last place, erfc to 5 (docs/accuracy.md), one of which is up to two of
      // these.
      double error = (name == "erfc" ? 10 : 8) * unit * magnitude;
      for (std::size_t k = 0; k < arity; ++k)
        if ((p.differentiable >> k & 1u) && e[k] != 0) error += std::abs(p.partial(k, node.value[i], x)) * e[k];
      node.error[i] = error;
    }
  }

  void linear(const Primitive& p, graph::NodeId n, Node& node) const {
    const graph::Graph& g = e_.graph;
    std::vector<Array> magnitudes, errors;
    std::size_t terms = 2;
    for (const graph::NodeId operand : g.operands(n)) {
      const Node& from = nodes_[operand];
      const Type& type = g.type(operand);
      terms = std::max(terms, 2 + from.value.size());
      const bool real = is_real(type.dtype);
      magnitudes.push_back(real ? array_of(from.magnitude, type) : e_.arrays.at(operand));
      errors.push_back(real ? array_of(from.error, type) : e_.arrays.at(operand));
    }
    node.magnitude = elements_of(p.on_tensors.value(magnitudes, g.attribute(n), g.type(n)));
    node.error = elements_of(p.on_tensors.value(errors, g.attribute(n), g.type(n)));
    for (std::size_t i = 0; i < node.error.size(); ++i)
      node.error[i] += static_cast<double>(terms) * unit_of(g.type(n).dtype) * node.magnitude[i];
  }

  void general(const Primitive& p, graph::NodeId n, Node& node) const {
    const graph::Graph& g = e_.graph;
    const Tensor y = Tensor(array_of(node.value, g.type(n)));
    std::vector<Tensor> x, tangents;
    std::size_t terms = 4;
    for (const graph::NodeId operand : g.operands(n)) {
      const Type& type = g.type(operand);
      x.emplace_back(is_real(type.dtype) ? array_of(nodes_[operand].value, type) : e_.arrays.at(operand));
      tangents.push_back(zeros(type.shape, type.dtype, {}));
      terms += nodes_[operand].value.size();
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (!is_real(x[k].dtype())) continue;
      const Node& from = nodes_[g.operands(n)[k]];
      const Tensor at_rest = tangents[k];
      for (std::size_t i = 0; i < from.value.size(); ++i) {
        std::vector<double> one(from.value.size());
        one[i] = 1;
        tangents[k] = Tensor(array_of(one, x[k].type()));
        const std::vector<double> column = elements_of(p.on_tensors.jvp(tangents, y, x, g.attribute(n)).value());
        for (std::size_t j = 0; j < column.size(); ++j) {
          node.magnitude[j] += std::abs(column[j]) * from.magnitude[i];
          node.error[j] += std::abs(column[j]) * from.error[i];
        }
      }
      tangents[k] = at_rest;
    }
    for (std::size_t j = 0; j < node.error.size(); ++j)
      node.error[j] += static_cast<double>(terms) * unit_of(g.type(n).dtype) * node.magnitude[j];
  }

  const Expansion& e_;
  std::vector<Node> nodes_;
  double coarsest_ = 0x1p-53;
};

}  // namespace wengert::test
