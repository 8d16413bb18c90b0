#include "wengert/autodiff/transform/show.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <utility>

#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/transform/draw_subject.hpp"
#include "wengert/autodiff/transform/simplify.hpp"
#include "wengert/autodiff/transform/sweep_steps.hpp"
#include "wengert/graph/drawing/fold.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/theatre/place.hpp"
#include "wengert/graph/theatre/write_html.hpp"

namespace wengert {

namespace {

using detail::AnyHandle;
using detail::Subject;
using graph::Graph;
using graph::NodeId;
using graph::TheatreAct;

/// Handles of variables; those of tensors refer to tensors kept here.
struct Variables {
  std::deque<Tensor> tensors;
  std::vector<AnyHandle> handles;
};

/// Every real variable that y depends on, in the order in which they were made.
Variables variables_of(const AnyHandle& y, std::source_location where) {
  Variables found;
  const Expansion forward = detail::expanded(y, {}, {.view = View::forward}, where);
  const Graph& graph = forward.graph;
  if (graph.variables().empty()) return found;
  detail::StreamHead& head = detail::Stream::of(y.tag());
  for (detail::Id id = static_cast<detail::Stream&>(head).first_id(); id <= y.id(); ++id) {
    const Scalar handle = Scalar::from_parts(0.0, id, y.tag());
    const NodeId node = forward.find(handle);
    if (node == graph::no_node || graph.operation_id(node) != graph::variable_operation) continue;
    if (!is_real(graph.type(node).dtype)) continue;
    if (const auto array = forward.arrays.find(node); array != forward.arrays.end()) {
      found.tensors.push_back(Tensor::from_parts(array->second, id, y.tag()));
      found.handles.emplace_back(found.tensors.back());
    } else {
      found.handles.emplace_back(handle);
    }
  }
  return found;
}

/// Boxes that differ in what they say now may say longer numbers after an input was edited: room for those, and for the
/// "…" behind an adjoint that is not complete.
graph::Drawing with_room(graph::Drawing drawing, int digits) {
  const std::string number(static_cast<std::size_t>(digits) + 4, '0');
  for (graph::DrawnNode& node : drawing.nodes) {
    for (graph::DrawnText& text : node.texts) {
      const std::string least = text.kind == graph::TextKind::adjoint ? "∂ " + number + "0" : number;
      const bool numeric = text.kind == graph::TextKind::value || text.kind == graph::TextKind::adjoint;
      if (numeric && text.text.size() < least.size()) text.text = least;
    }
  }
  for (graph::DrawnEdge& edge : drawing.edges) {
    if (!edge.label.empty() && edge.label.size() < 6) edge.label = "000000";
  }
  return drawing;
}

/// How many boxes of the forward graph are left when the page has folded what repeats and every scope.
std::size_t folded_boxes(const graph::Drawing& drawing, const TheatreAct& act) {
  std::vector<bool> frames(drawing.frames.size(), false);
  std::size_t count = 0;
  for (const graph::DrawnNode& node : drawing.nodes) {
    if (node.order != 0) continue;
    if (!act.repetition.empty() && node.count == 1 && act.first_copy[node.first] != node.first) continue;
    std::uint32_t outer = graph::no_frame;
    for (std::uint32_t f = node.frame; f != graph::no_frame; f = drawing.frames[f].parent)
      if (drawing.frames[f].kind == graph::FrameKind::scope) outer = f;
    if (outer == graph::no_frame)
      ++count;
    else if (!frames[outer])
      frames[outer] = true, ++count;
  }
  return count;
}

/// What repeats in the graph, for the page to fold.
void set_repetitions(TheatreAct& act) {
  constexpr std::size_t none = 1U << 30;  // no limit: only what repeats is folded
  const graph::Folding folding =
      graph::fold(act.graph, act.order,
                  {.limits = {.most_units = none, .most_edges = none, .most_span = none}, .repetitions = true});
  if (folding.repetitions.empty()) return;
  act.repetition.assign(act.graph.size(), graph::no_repetition);
  act.first_copy.resize(act.graph.size());
  for (NodeId id = 0; id < act.graph.size(); ++id) {
    act.first_copy[id] = id;
    const std::uint32_t unit_index = folding.unit_of[id];
    if (unit_index == graph::no_unit) continue;
    const graph::FoldedUnit& unit = folding.units[unit_index];
    if (unit.copies == 1 || unit.kind != graph::FoldKind::node) continue;
    std::uint32_t outer = unit.repetition;
    while (folding.repetitions[outer].parent != graph::no_repetition) outer = folding.repetitions[outer].parent;
    act.repetition[id] = outer;
    act.first_copy[id] = unit.first;
  }
  for (const graph::FoldedRepetition& repetition : folding.repetitions) act.repetitions.push_back({repetition.times});
}

double norm_of(const graph::Figure& figure) {
  if (figure.elements.empty()) return figure.norm;
  double sum = 0;
  for (const double x : figure.elements) sum += x * x;
  return std::sqrt(sum);
}

/// The picture has the adjoints and local derivatives that the steps have: those of inputs that are no parameters too,
/// and of tensors. An edge into an operation that is not elementwise passes a vector-Jacobian product.
void tell_steps(const TheatreAct& act, graph::Annotations& annotations, int digits) {
  const auto scalar = [&act](NodeId id) { return act.graph.type(id).shape.rank() == 0; };
  annotations.adjoint = [&act, scalar](NodeId id) -> std::optional<double> {
    if (!act.adjoint[id] || !scalar(id)) return std::nullopt;
    return act.adjoint[id]->elements.at(0);
  };
  annotations.adjoint_norm = [&act, scalar](NodeId id) -> std::optional<double> {
    if (!act.adjoint[id] || scalar(id)) return std::nullopt;
    return norm_of(*act.adjoint[id]);
  };
  std::map<std::pair<NodeId, std::uint32_t>, const graph::TheatreStep*> steps;
  for (const graph::TheatreStep& step : act.steps) steps[{step.user, step.position}] = &step;
  annotations.edge_label = [&act, scalar, steps = std::move(steps), digits](NodeId user, std::uint32_t position) {
    const auto found = steps.find({user, position});
    if (found == steps.end() || act.order[user] != 0) return std::string();
    const std::optional<graph::Figure>& local = found->second->local;
    if (!local) return std::string("Jᵀ");
    return scalar(user) ? graph::short_number(local->elements.at(0), digits)
                        : "‖" + graph::short_number(norm_of(*local), 3) + "‖";
  };
}

TheatreAct act_of(const Expansion& expansion, std::span<const AnyHandle> x, const ShowOptions& options,
                  std::string title) {
  const Subject subject = detail::subject_of(expansion, x);
  const Graph& graph = subject.graph;
  const std::size_t size = graph.size();
  TheatreAct act{.title = std::move(title), .graph = graph, .output = subject.root, .order = subject.order};
  act.walk = size <= options.most_nodes;
  act.parameter = subject.parameter;
  act.adjoint_node = subject.adjoint_node;
  act.value.resize(size);
  act.adjoint.resize(size);

  const Type& type = graph.type(subject.root);
  const bool sweeps = type.shape.size() == 1 && is_real(type.dtype);
  if (act.walk) {
    for (NodeId id = 0; id < size; ++id)
      if (const auto elements = detail::elements_of(subject, id))
        act.value[id] = graph::figure_of(*elements, options.most_elements);
    if (sweeps) {
      detail::SweepSteps sweep = detail::sweep_steps(subject, options.most_elements);
      act.steps = std::move(sweep.steps);
      act.rules = std::move(sweep.rules);
      for (NodeId id = 0; id < size; ++id)
        if (sweep.adjoints[id]) act.adjoint[id] = graph::figure_of(*sweep.adjoints[id], options.most_elements);
    } else {
      act.notes.push_back("the value is " + to_string(type) + "; of one number there is a gradient to walk through");
    }
    set_repetitions(act);
  } else {
    act.notes.push_back("a graph of " + graph::grouped(size) + " nodes is drawn folded and not walked through; up to " +
                        graph::grouped(options.most_nodes) + " are");
  }

  graph::DrawingOptions drawing{.direction = options.direction, .digits = options.digits, .ties = graph::Ties::nodes};
  // The page folds by itself; what is left when it has folded everything must be few enough. Else it is folded here.
  constexpr std::size_t no_limit = 1U << 30;
  drawing.most_nodes = act.walk ? no_limit : std::min(options.most_boxes, std::size_t{300});
  drawing.most_edges = act.walk ? no_limit : 3 * drawing.most_nodes;
  if (act.walk) drawing.most_span = no_limit;
  graph::Annotations annotations = detail::annotations_of(subject, {});
  if (act.walk) tell_steps(act, annotations, options.digits);
  act.drawing = graph::draw(graph, drawing, annotations);
  if (act.walk && act.drawing.nodes.size() > options.most_boxes &&
      folded_boxes(act.drawing, act) > options.most_boxes) {
    drawing.most_nodes = options.most_boxes;
    drawing.most_edges = 3 * options.most_boxes;
    act.drawing = graph::draw(graph, drawing, annotations);
  }
  graph::Placed placed = graph::place(with_room(act.drawing, options.digits));
  act.layout = std::move(placed.layout);
  act.curved = placed.curved;
  return act;
}

}  // namespace

graph::Theatre theatre_of(const AnyHandle& y, std::span<const AnyHandle> x, const ShowOptions& options,
                          std::source_location where) {
  if (options.most_boxes == 0 || options.most_nodes == 0) {
    throw ArgumentError{
        {.operation = "show", .problem = "a limit of 0 boxes or nodes", .expected = "1 or more", .where = where}};
  }
  Variables all;
  if (x.empty()) {
    all = variables_of(y, where);
    x = all.handles;
  }
  const bool one = y.tensor == nullptr || y.tensor->size() == 1;
  if (!one) x = {};
  DrawOptions draw_options;
  if (x.empty()) draw_options.view = View::forward;
  Expansion expansion = detail::expanded(y, x, draw_options, where);

  const detail::Phase phase("staged");
  graph::Theatre theatre{.title = options.title, .link = options.link};
  theatre.acts.push_back(act_of(expansion, x, options, "recorded"));
  for (const passes::Pass* pass : options.passes) {
    expansion = applied(*pass, expansion);
    theatre.acts.push_back(act_of(expansion, x, options, "after " + std::string(pass->name)));
  }
  phase.finished({{"nodes", theatre.acts[0].graph.size()}, {"steps", theatre.acts[0].steps.size()}});
  return theatre;
}

void show(const AnyHandle& y, const std::string& path, std::span<const AnyHandle> x, const ShowOptions& options,
          std::source_location where) {
  graph::write_html(theatre_of(y, x, options, where), path);
}

}  // namespace wengert
