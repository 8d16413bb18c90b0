// The writers of a profile: flame graph and Chrome trace; see profile.hpp.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "wengert/autodiff/inspect/profile.hpp"
#include "wengert/autodiff/inspect/table.hpp"
#include "wengert/autodiff/inspect/wording.hpp"
#include "wengert/graph/drawing/json.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert {

using namespace inspect;
using graph::Graph;
using graph::NodeId;

namespace {

/// "3. fused [64,256] f32 …"
std::string step_name(const Profile& profile, std::size_t step) {
  return std::to_string(step + 1) + ". " + profile.steps[step].what.text;
}

/// A box: its children in the order in which they first came.
struct Box {
  std::string name{};
  double seconds = 0;
  std::size_t nodes = 0;
  std::vector<std::size_t> children{};
  bool backward = false;
  bool leaf = false;
};

/// The boxes of a profile, the first is all of it.
class Flame {
 public:
  explicit Flame(const Profile& profile) : graph_(*profile.graph), named_(profile.source()) {
    boxes.push_back({.name = "all"});
    std::vector<std::size_t> step_of(profile.steps.empty() ? 0 : graph_.size(), 0);
    for (std::size_t k = 0; k < profile.steps.size(); ++k)
      for (const NodeId node : profile.steps[k].what.nodes) step_of[node] = k;
    const auto name_of = [&](NodeId node) {
      return profile.steps.empty() ? std::string(graph_.operation(node).name) : step_name(profile, step_of[node]);
    };
    for (const bool backward : {false, true}) {
      const std::size_t pass = child(0, backward ? "backward" : "forward", backward, false);
      std::vector<std::size_t> of_scope(named_.scope_count(), 0);
      of_scope[graph::root_scope] = pass;
      for (NodeId node = 0; node < graph_.size(); ++node) {
        const double seconds = backward ? profile.nodes[node].backward : profile.nodes[node].forward;
        if (seconds == 0) continue;
        const std::size_t place = child(box_of(profile.scope(node), of_scope, backward), name_of(node), backward, true);
        boxes[place].seconds += seconds;
        ++boxes[place].nodes;
      }
    }
    // A child lies behind its parent.
    for (std::size_t k = boxes.size(); k-- > 1;) {
      boxes[parent_[k]].seconds += boxes[k].seconds;
      boxes[parent_[k]].nodes += boxes[k].nodes;
    }
    boxes[0].nodes = graph_.size();
  }

  std::vector<Box> boxes;

 private:
  std::size_t child(std::size_t parent, const std::string& name, bool backward, bool leaf) {
    const auto [at, is_new] = known_.try_emplace({parent, leaf, name}, boxes.size());
    if (is_new) {
      boxes[parent].children.push_back(boxes.size());
      boxes.push_back({.name = name, .backward = backward, .leaf = leaf});
      parent_.resize(boxes.size(), 0);
      parent_.back() = parent;
    }
    return at->second;
  }
  /// The box of a scope, made with those around it where they are not there yet.
  std::size_t box_of(graph::ScopeId scope, std::vector<std::size_t>& of_scope, bool backward) {
    std::vector<graph::ScopeId> path;
    for (graph::ScopeId at = scope; of_scope[at] == 0; at = named_.scope_record(at).parent) path.push_back(at);
    for (; !path.empty(); path.pop_back()) {
      const graph::Scope record = named_.scope_record(path.back());
      of_scope[path.back()] = child(of_scope[record.parent], std::string(record.name), backward, false);
    }
    return of_scope[scope];
  }

  const Graph& graph_;
  const Graph& named_;  // has the scopes
  std::map<std::tuple<std::size_t, bool, std::string>, std::size_t> known_;
  std::vector<std::size_t> parent_{0};
};

std::string fixed(double number) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, 2).ptr};
}

/// The innermost scope that both lie in. A parent has the smaller id.
graph::ScopeId common_scope(const Graph& graph, graph::ScopeId a, graph::ScopeId b) {
  while (a != b) (a > b ? a : b) = graph.scope_record(std::max(a, b)).parent;
  return a;
}

constexpr double width = 1200, row_height = 20, margin = 10, top = 44, character = 6.6, thinnest = 0.4;

}  // namespace

std::string flame_graph(const Profile& profile, graph::Theme theme) {
  const Flame flame(profile);
  const graph::Palette& colours = graph::palette(theme);
  const double all = flame.boxes[0].seconds;
  struct Placed {
    std::size_t box;
    double x;
    std::size_t row;
  };
  std::vector<Placed> placed{{0, margin, 0}};
  std::size_t rows = 1;
  for (std::size_t k = 0; k < placed.size(); ++k) {
    const Placed at = placed[k];
    double x = at.x;
    rows = std::max(rows, at.row + 1);
    for (const std::size_t inner : flame.boxes[at.box].children) {
      const double span = all > 0 ? flame.boxes[inner].seconds / all * (width - 2 * margin) : 0;
      if (span >= thinnest) placed.push_back({inner, x, at.row + 1});
      x += span;
    }
  }
  const double height = top + static_cast<double>(rows) * row_height + margin;
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + fixed(width) + " " + fixed(height) + "\" width=\"" +
      fixed(width) + "\" height=\"" + fixed(height) +
      "\" font-family=\"DejaVu Sans, Helvetica, sans-serif\" font-size=\"12\">\n"
      "<title>Flame graph</title>\n<rect width=\"100%\" height=\"100%\" fill=\"" +
      std::string(colours.background) + "\"/>\n<text x=\"" + fixed(margin) + "\" y=\"24\" fill=\"" +
      std::string(colours.text) + "\" font-size=\"15\">" +
      graph::xml_text(counted(profile.graph->size(), "node") + ": forward " + seconds_text(profile.forward()) +
                      ", backward " + seconds_text(profile.backward())) +
      "</text>\n";
  for (const Placed& at : placed) {
    const Box& box = flame.boxes[at.box];
    const double span = all > 0 ? box.seconds / all * (width - 2 * margin) : width - 2 * margin;
    const double y = top + static_cast<double>(at.row) * row_height;
    const graph::Tint& tint = at.box == 0    ? colours.role[static_cast<std::size_t>(graph::NodeRole::folded)]
                              : box.backward ? colours.gradient[0]
                                             : colours.role[static_cast<std::size_t>(graph::NodeRole::input)];
    // Scopes are paler than operations, and neighbours differ a little.
    const double depth =
        box.leaf ? 0.30 + 0.03 * static_cast<double>(at.box % 4) : 0.04 * static_cast<double>(at.box % 3);
    const std::string name = graph::detail::printable(box.name);
    const double share = all > 0 ? 100 * box.seconds / all : 100;
    svg += "<g><title>" +
           graph::xml_text(name + ": " + seconds_text(box.seconds) + ", " + number_text(share, 3) + " %, " +
                           counted(box.nodes, "node")) +
           "</title><rect x=\"" + fixed(at.x) + "\" y=\"" + fixed(y) + "\" width=\"" + fixed(span) + "\" height=\"" +
           fixed(row_height - 1) + "\" rx=\"2\" fill=\"" + graph::mixed(tint.fill, tint.line, depth) + "\" stroke=\"" +
           std::string(colours.background) + "\"/>";
    const auto room = static_cast<std::size_t>(std::max(0.0, (span - 8) / character));
    std::string label = name;
    if (graph::detail::character_count(name) > room) {
      label.clear();
      std::size_t taken = 0;
      graph::detail::for_each_character(name, [&](std::string_view letter, char32_t) {
        if (taken++ + 1 < room) label += letter;
      });
      if (room >= 3)
        label += "…";
      else
        label.clear();
    }
    if (!label.empty())
      svg += "<text x=\"" + fixed(at.x + 4) + "\" y=\"" + fixed(y + 14) + "\" fill=\"" + std::string(tint.text) +
             "\">" + graph::xml_text(label) + "</text>";
    svg += "</g>\n";
  }
  return svg + "</svg>\n";
}

void write_chrome_trace(const Profile& profile, const graph::TextSink& sink) {
  const Graph& graph = *profile.graph;
  const Graph& named = profile.source();
  bool first = true;
  const auto event = [&](const std::string& text) {
    sink(std::string(std::exchange(first, false) ? "\n" : ",\n") + text);
  };
  sink("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [");
  event(R"({"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": "wengert"}})");
  event(R"({"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": ")" +
        std::string(profile.steps.empty() ? "forward, then backward" : "a run of the program") + "\"}}");
  double now = 0;  // microseconds
  std::vector<graph::ScopeId> open, path;
  const auto mark = [&](const char* phase, const std::string& name) {
    event("{\"ph\": \"" + std::string(phase) + "\", \"pid\": 1, \"tid\": 1, \"ts\": " + fixed(now * 1000) + "e-3" +
          (name.empty() ? "" : ", \"cat\": \"scope\", \"name\": " + graph::json_string(name)) + "}");
  };
  const auto enter = [&](graph::ScopeId scope) {
    path.clear();
    for (; scope != graph::root_scope; scope = named.scope_record(scope).parent) path.push_back(scope);
    std::reverse(path.begin(), path.end());
    std::size_t common = 0;
    while (common < std::min(open.size(), path.size()) && open[common] == path[common]) ++common;
    for (; open.size() > common; open.pop_back()) mark("E", "");
    for (; open.size() < path.size();) {
      open.push_back(path[open.size()]);
      mark("B", std::string(named.scope_record(open.back()).name));
    }
  };
  const auto node_event = [&](NodeId node, bool backward) {
    const NodeProfile& p = profile.nodes[node];
    const double seconds = backward ? p.backward : p.forward;
    if (seconds == 0) return;
    enter(profile.scope(node));
    std::string args = "\"node\": " + std::to_string(node) +
                       ", \"type\": " + graph::json_string(to_string(graph.type(node))) +
                       ", \"bytes\": " + std::to_string(backward ? p.adjoint_bytes : p.value_bytes);
    if (const std::string line = profile.line(node); !line.empty()) args += ", \"line\": " + graph::json_string(line);
    if (!graph.name(node).empty()) args += ", \"value\": " + graph::json_string(graph.name(node));
    event("{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": " + fixed(now * 1000) +
          "e-3, \"dur\": " + fixed(seconds * 1e9) + "e-3, \"cat\": \"" + (backward ? "backward" : "forward") +
          "\", \"name\": " + graph::json_string(graph.operation(node).name) + ", \"args\": {" + args + "}}");
    now += seconds * 1e6;
  };
  if (!profile.steps.empty()) {
    for (std::size_t k = 0; k < profile.steps.size(); ++k) {
      const ProfileStep& step = profile.steps[k];
      if (step.seconds == 0) continue;
      double backward = 0;
      graph::ScopeId scope = graph::root_scope;
      std::set<std::string> lines;
      for (const NodeId node : step.what.nodes) {
        const graph::ScopeId other = profile.scope(node);
        scope = node == step.what.nodes.front() ? other : common_scope(named, scope, other);
        backward += profile.nodes[node].backward;
        if (const std::string line = profile.line(node); !line.empty()) lines.insert(line);
      }
      enter(scope);
      std::string args = "\"step\": " + graph::json_string(step_name(profile, k)) +
                         ", \"nodes\": " + std::to_string(step.what.nodes.size()) +
                         ", \"bytes\": " + std::to_string(step.what.bytes);
      std::string listed;
      for (const std::string& line : lines) listed += (listed.empty() ? "" : ", ") + line;
      if (!listed.empty()) args += ", \"line\": " + graph::json_string(listed);
      const char* const category = backward == 0                     ? "forward"
                                   : backward > 0.999 * step.seconds ? "backward"
                                                                     : "forward,backward";
      event("{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": " + fixed(now * 1000) +
            "e-3, \"dur\": " + fixed(step.seconds * 1e9) + "e-3, \"cat\": \"" + category +
            "\", \"name\": " + graph::json_string(step.what.operation) + ", \"args\": {" + args + "}}");
      now += step.seconds * 1e6;
    }
    enter(graph::root_scope);
    sink("\n]}\n");
    return;
  }
  mark("B", "forward");
  for (NodeId node = 0; node < graph.size(); ++node) node_event(node, false);
  enter(graph::root_scope);
  mark("E", "");
  mark("B", "backward");
  for (auto node = static_cast<NodeId>(graph.size()); node-- > 0;) node_event(node, true);
  enter(graph::root_scope);
  mark("E", "");
  sink("\n]}\n");
}

std::string chrome_trace(const Profile& profile) {
  std::string text;
  write_chrome_trace(profile, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace wengert
