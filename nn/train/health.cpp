#include "wengert/nn/train/health.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "wengert/autodiff/record/expand.hpp"

namespace wengert::nn {

namespace {

using graph::Graph;
using graph::NodeId;

template <class F>
[[nodiscard]] double sum_over(const Array& x, const F& term) {
  return with_element_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    double sum = 0;
    for (const T value : x.stored<T>()) sum += term(static_cast<double>(value));
    return x.is_uniform() ? sum * static_cast<double>(x.size()) : sum;
  });
}
[[nodiscard]] double norm_of(const Array& x) {
  return std::sqrt(sum_over(x, [](double value) { return value * value; }));
}
[[nodiscard]] double count_of_non_finite(const Array& x) {
  return sum_over(x, [](double value) { return std::isfinite(value) ? 0.0 : 1.0; });
}
[[nodiscard]] bool has_nan(const Array& x) {
  return is_real(x.dtype()) && sum_over(x, [](double value) { return std::isnan(value) ? 1.0 : 0.0; }) != 0;
}

[[nodiscard]] std::string number(double x) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3g", x);
  return {text.data(), static_cast<std::size_t>(length)};
}
[[nodiscard]] std::string percent(double share) { return number(100 * share) + " %"; }

/// "encoder / 0: ReLU", or "relu at net.cpp:12" outside of layers.
[[nodiscard]] std::string place_of(const Graph& g, NodeId node) {
  std::string path;
  for (graph::ScopeId scope = g.scope(node); scope != graph::root_scope; scope = g.scope_record(scope).parent)
    path = std::string(g.scope_record(scope).name) + (path.empty() ? "" : " / " + path);
  if (!path.empty()) return path;
  const graph::Location location = g.location(node);
  std::string text(g.operation(node).name);
  if (location.empty()) return text;
  const std::string_view file = location.file.substr(location.file.rfind('/') + 1);
  return text + " at " + std::string(file) + ":" + std::to_string(location.line);
}

/// "encoder.0" of "encoder.0.weight".
[[nodiscard]] std::string layer_of(std::string_view parameter) {
  const std::size_t dot = parameter.rfind('.');
  return std::string(parameter.substr(0, dot == std::string_view::npos ? parameter.size() : dot));
}

class Examination {
 public:
  Examination(const Expansion& expansion, const HealthOptions& options)
      : expansion_(&expansion), graph_(&expansion.graph), options_(options) {}

  void parameters_and_gradients(std::span<const Parameter> parameters, std::span<const Tensor> gradients);
  void values(const Tensor& loss);
  void structure(std::span<const Parameter> parameters);
  void units();
  void saturation(std::span<const Parameter> parameters);
  void gradient_norms(std::span<const Parameter> parameters, std::span<const Tensor> gradients);

  std::vector<HealthWarning> warnings;

 private:
  void warn(HealthKind kind, std::string where, double value, std::string text) {
    warnings.push_back({kind, std::move(where), value, std::move(text)});
  }
  [[nodiscard]] const Array* array_of(NodeId node) const {
    const auto at = expansion_->arrays.find(node);
    return at == expansion_->arrays.end() ? nullptr : &at->second;
  }
  [[nodiscard]] bool is(NodeId node, std::string_view name) const { return graph_->operation(node).name == name; }
  [[nodiscard]] bool is_zero(NodeId node) const;
  [[nodiscard]] bool comes_from_convolution(NodeId node) const;
  /// What is recorded in one layer at one step after the other is one place; outside of layers each node is.
  [[nodiscard]] std::uint64_t group_of(NodeId node) const {
    const graph::ScopeId scope = graph_->scope(node);
    return scope == graph::root_scope ? (std::uint64_t{1} << 32U) + node : scope;
  }

  const Expansion* expansion_;
  const Graph* graph_;
  HealthOptions options_;
  std::unordered_set<std::string> outside_;
};

void Examination::parameters_and_gradients(std::span<const Parameter> parameters, std::span<const Tensor> gradients) {
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Parameter& p = parameters[k];
    if (const double count = count_of_non_finite(p.value->value()); count != 0) {
      warn(HealthKind::non_finite_parameter, p.name, count,
           "the parameter " + p.name + " has " + number(count) + " of " + std::to_string(p.value->size()) +
               " elements that are NaN or infinite. Go back to a checkpoint before, with a smaller rate or clipped "
               "gradients.");
    }
    if (const double count = count_of_non_finite(gradients[k].value()); count != 0) {
      warn(HealthKind::non_finite_gradient, p.name, count,
           "the gradient of " + p.name + " has " + number(count) + " of " + std::to_string(p.value->size()) +
               " elements that are NaN or infinite. RecordingOptions::stop_at_nan names the line where a NaN arises; "
               "logarithms, divisions and roots near 0 and exponentials of large numbers are what to look for.");
    }
  }
}

void Examination::values(const Tensor& loss) {
  for (NodeId node = 0; node < graph_->size(); ++node) {
    const auto operation = graph_->operation_id(node);
    if (operation == graph::variable_operation || operation == graph::constant_operation) continue;
    const Array* x = array_of(node);
    if (x == nullptr || !has_nan(*x)) continue;
    const std::string place = place_of(*graph_, node);
    warn(HealthKind::non_finite_value, place, 1,
         "NaN arises in " + place + " (" + std::string(graph_->operation(node).name) +
             "). Look at its operands; RecordingOptions::stop_at_nan throws there.");
    return;
  }
  if (loss.size() == 1 && !std::isfinite(loss.item())) {
    warn(HealthKind::non_finite_value, "loss", loss.item(),
         "the loss is " + number(loss.item()) + ". A loss of logits, or a smaller rate, keeps it finite.");
  }
}

void Examination::structure(std::span<const Parameter> parameters) {
  // What a derivative can flow through: real numbers, and no stop_gradient.
  std::vector<bool> flows(graph_->size());
  for (const NodeId output : graph_->outputs()) flows[output] = true;
  for (NodeId node = static_cast<NodeId>(graph_->size()); node-- > 0;) {
    if (!flows[node] || !is_real(graph_->type(node).dtype) || is(node, "stop_gradient")) continue;
    for (const NodeId operand : graph_->operands(node)) flows[operand] = true;
  }
  for (const Parameter& p : parameters) {
    if (p.value->is_constant()) continue;
    const NodeId node = expansion_->find(*p.value);
    if (node != graph::no_node && flows[node]) continue;
    outside_.insert(p.name);
    warn(HealthKind::outside_graph, p.name, 0,
         "the loss does not depend on the parameter " + p.name +
             (node == graph::no_node ? "" : " but through stop_gradient, comparisons or whole numbers") +
             ". Call its layer in the model's operator(), or take it out of members() (or freeze it).");
  }
}

bool Examination::is_zero(NodeId node) const {
  if (graph_->operation_id(node) != graph::constant_operation) return false;
  const graph::Attribute& value = graph_->attribute(node);
  if (const auto* real = std::get_if<double>(&value)) return *real == 0;
  const auto* array = std::get_if<Array>(&value);
  return array != nullptr && array->size() > 0 && (array->is_uniform() || array->size() == 1) && array->element(0) == 0;
}

/// Which comes first on the way back, breadth first: a convolution, or a product of matrices.
bool Examination::comes_from_convolution(NodeId node) const {
  constexpr std::size_t most = 64;
  std::vector<NodeId> queue{node};
  for (std::size_t k = 0; k < std::min(most, queue.size()); ++k) {
    const std::string_view name = graph_->operation(queue[k]).name;
    if (name.starts_with("conv2d")) return true;
    if (name == "matmul") return false;
    for (const NodeId operand : graph_->operands(queue[k]))
      if (std::ranges::find(queue, operand) == queue.end()) queue.push_back(operand);
  }
  return false;
}

void Examination::units() {
  struct Layer {
    NodeId first = 0;
    std::vector<bool> alive{};
  };
  std::map<std::pair<std::uint64_t, std::size_t>, Layer> layers;
  for (NodeId node = 0; node < graph_->size(); ++node) {
    const bool is_relu =
        is(node, "relu") ||
        (is(node, "max") && (is_zero(graph_->operands(node)[0]) || is_zero(graph_->operands(node)[1])));
    const Array* x = array_of(node);
    constexpr std::int64_t fewest_examples = 8;
    if (!is_relu || x == nullptr || x->rank() < 2 || x->shape()[0] < fewest_examples || x->size() == 0) continue;
    const std::size_t axis = x->rank() > 2 && comes_from_convolution(node) ? 1 : x->rank() - 1;
    const auto count = static_cast<std::size_t>(x->shape()[axis]);
    std::size_t inner = 1;
    for (std::size_t k = axis + 1; k < x->rank(); ++k) inner *= static_cast<std::size_t>(x->shape()[k]);
    Layer& layer = layers.try_emplace({group_of(node), count}, Layer{node, std::vector<bool>(count)}).first->second;
    with_element_type(x->dtype(), [&]<class T>(std::type_identity<T>) {
      const auto values = x->stored<T>();
      if (x->is_uniform()) {
        if (values[0] != T(0)) layer.alive.assign(count, true);
        return;
      }
      std::size_t at = 0;
      while (at < values.size()) {
        for (std::size_t unit = 0; unit < count; ++unit, at += inner) {
          if (layer.alive[unit]) continue;
          const auto here = values.subspan(at, inner);
          layer.alive[unit] = std::ranges::any_of(here, [](T value) { return value != T(0); });
        }
      }
    });
  }
  for (const auto& [key, layer] : layers) {
    const auto dead = static_cast<std::size_t>(std::ranges::count(layer.alive, false));
    const double share = static_cast<double>(dead) / static_cast<double>(layer.alive.size());
    if (dead == 0 || share < options_.dead) continue;
    const std::string place = place_of(*graph_, layer.first);
    warn(HealthKind::dead_units, place, share,
         std::to_string(dead) + " of " + std::to_string(layer.alive.size()) + " units of " + place +
             " are 0 for the whole batch (" + percent(share) +
             "), and get no gradient. A smaller rate, He's initialisation, a normalisation before them or leaky_relu "
             "keeps units alive.");
  }
}

void Examination::saturation(std::span<const Parameter> parameters) {
  // Hidden is what meets a parameter later on; what a loss alone sees may well be close to 0 or 1.
  std::vector<bool> plain(graph_->size()), hidden(graph_->size());
  for (const Parameter& p : parameters)
    if (const NodeId node = p.value->is_constant() ? graph::no_node : expansion_->find(*p.value);
        node != graph::no_node)
      plain[node] = true;
  for (NodeId node = 0; node < graph_->size(); ++node) {
    const auto operands = graph_->operands(node);
    if (operands.size() == 1 && plain[operands[0]] && !graph_->operation(node).elementwise) plain[node] = true;
  }
  for (NodeId node = static_cast<NodeId>(graph_->size()); node-- > 0;) {
    const auto operands = graph_->operands(node);
    if (!hidden[node] && std::ranges::none_of(operands, [&](NodeId o) { return plain[o]; })) continue;
    for (const NodeId operand : operands) hidden[operand] = hidden[operand] || !plain[operand];
  }
  struct Layer {
    NodeId first = 0;
    double saturated = 0, all = 0;
  };
  std::map<std::pair<std::uint64_t, bool>, Layer> layers;
  for (NodeId node = 0; node < graph_->size(); ++node) {
    const bool is_tanh = is(node, "tanh");
    if (!hidden[node] || (!is_tanh && !is(node, "sigmoid"))) continue;
    const Array* x = array_of(node);
    if (x == nullptr || x->size() == 0 || !is_real(x->dtype())) continue;
    const double margin = options_.margin;
    Layer& layer = layers.try_emplace({group_of(node), is_tanh}, Layer{node}).first->second;
    layer.all += static_cast<double>(x->size());
    layer.saturated += sum_over(*x, [&](double value) {
      const double place = is_tanh ? 0.5 * (value + 1) : value;
      return place < margin || place > 1 - margin ? 1.0 : 0.0;
    });
  }
  for (const auto& [key, layer] : layers) {
    const double share = layer.saturated / layer.all;
    if (layer.saturated == 0 || share < options_.saturated) continue;
    const std::string place = place_of(*graph_, layer.first);
    const std::string function(graph_->operation(layer.first).name);
    warn(
        HealthKind::saturated, place, share,
        percent(share) + " of the values of " + function + " in " + place +
            " are at its bounds, where its slope is almost 0. Smaller initial weights (Xavier's), inputs of mean 0 and "
            "deviation 1, or a normalisation before it keep it where it is steep.");
  }
}

void Examination::gradient_norms(std::span<const Parameter> parameters, std::span<const Tensor> gradients) {
  struct Layer {
    std::string name;
    double gradient = 0, weight = 0;  // squares
    [[nodiscard]] double ratio() const { return std::sqrt(gradient) / std::sqrt(weight); }
  };
  std::vector<Layer> layers;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Parameter& p = parameters[k];
    if (p.value->is_constant() || p.value->rank() < 2 || outside_.contains(p.name)) continue;
    const std::string name = layer_of(p.name);
    if (layers.empty() || layers.back().name != name) layers.push_back({.name = name});
    layers.back().gradient += std::pow(norm_of(gradients[k].value()), 2);
    layers.back().weight += std::pow(norm_of(p.value->value()), 2);
  }
  std::erase_if(layers, [](const Layer& layer) { return !(layer.weight > 0) || !std::isfinite(layer.ratio()); });
  double largest = 0;
  for (const Layer& layer : layers) largest = std::max(largest, layer.ratio());
  for (const Layer& layer : layers) {
    const double ratio = layer.ratio();
    if (ratio > options_.exploding) {
      warn(HealthKind::exploding_gradient, layer.name, ratio,
           "the gradient of layer " + layer.name + " is " + number(ratio) +
               " times as long as its weights. clip_norm, a smaller rate or smaller initial weights keep steps short.");
    } else if (largest > 0 && ratio < options_.vanishing * largest) {
      warn(HealthKind::vanishing_gradient, layer.name, ratio,
           "the gradient of layer " + layer.name + " is " + number(ratio) +
               " times as long as its weights, and another layer's is " + number(largest) +
               " times: this layer does not learn. Other activations (relu), initialisation (He's, Xavier's), "
               "normalisation or residual connections let gradients through.");
    }
  }
}

}  // namespace

std::string_view to_string(HealthKind kind) noexcept {
  switch (kind) {
    case HealthKind::non_finite_parameter:
      return "non_finite_parameter";
    case HealthKind::non_finite_gradient:
      return "non_finite_gradient";
    case HealthKind::non_finite_value:
      return "non_finite_value";
    case HealthKind::outside_graph:
      return "outside_graph";
    case HealthKind::dead_units:
      return "dead_units";
    case HealthKind::saturated:
      return "saturated";
    case HealthKind::vanishing_gradient:
      return "vanishing_gradient";
    case HealthKind::exploding_gradient:
      return "exploding_gradient";
  }
  return "";
}

std::vector<HealthWarning> check_health(const Recording& recording, const Tensor& loss,
                                        std::span<const Parameter> parameters, std::span<const Tensor> gradients,
                                        const HealthOptions& options, std::source_location where) {
  if (parameters.size() != gradients.size()) {
    throw ArgumentError{{.operation = "check_health",
                         .problem = std::to_string(gradients.size()) + " gradients for " +
                                    std::to_string(parameters.size()) + " parameters",
                         .expected = "one each, in the order of the parameters",
                         .where = where}};
  }
  const Expansion expansion = expand(recording, {loss}, {.merge_duplicates = false, .ties = false}, where);
  Examination examination(expansion, options);
  examination.parameters_and_gradients(parameters, gradients);
  examination.values(loss);
  examination.structure(parameters);
  examination.units();
  examination.saturation(parameters);
  examination.gradient_norms(parameters, gradients);
  std::ranges::stable_sort(examination.warnings, {}, &HealthWarning::kind);
  return std::move(examination.warnings);
}

}  // namespace wengert::nn
