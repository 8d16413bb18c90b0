/// See place.hpp. Reading order: Plan (the drawing as DOT, boxes only), Answer (what dot said), place.
#include "wengert/graph/theatre/place.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

constexpr double inch = 72;
constexpr double frame_margin = 12;
constexpr double frame_label = 18;

std::string decimal(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 4).ptr};
}

/// Whether an edge is written down from head to tail: a gradient flows back beside what it is the gradient of.
bool backward(const Drawing& drawing, const DrawnEdge& edge) {
  const DrawnNode &from = drawing.nodes[edge.from], &to = drawing.nodes[edge.to];
  return edge.kind != EdgeKind::tie && from.order == to.order && from.order % 2 == 1;
}

/// Between ranks, in inches. Labels stand on the middle of their line: from left to right the longest has room there,
/// with a piece of the line on both sides.
double rank_gap(const Drawing& drawing) {
  constexpr double least = 0.6, character = 6.6, rest = 14;
  constexpr std::size_t longest_with_room = 9;
  if (drawing.direction != Direction::left_to_right) return least;
  std::size_t longest = 0;
  for (const DrawnEdge& edge : drawing.edges) longest = std::max(longest, detail::character_count(edge.label));
  return std::max(least, (static_cast<double>(std::min(longest, longest_with_room)) * character + rest) / inch);
}

/// Boxes of the sizes that our own layout gave them, by number, in clusters.
std::string dot_of(const Drawing& drawing, const Layout& sizes) {
  std::string dot = "digraph {\n  graph [rankdir=";
  dot += drawing.direction == Direction::left_to_right ? "LR" : "TB";
  dot += ", newrank=true, nodesep=0.32, ranksep=" + decimal(rank_gap(drawing)) + ", splines=spline]\n";
  dot += "  node [shape=box, fixedsize=true, label=\"\"]\n  edge [dir=none]\n";
  detail::walk_frames(
      drawing,
      [&](std::uint32_t frame) {
        dot += "  subgraph cluster" + std::to_string(frame) + " { margin=14; label=\"" +
               std::string(detail::character_count(detail::frame_text(drawing.frames[frame])), 'm') +
               "\"; fontsize=9;\n";
      },
      [&](std::uint32_t node) {
        dot += "  " + std::to_string(node) + " [width=" + decimal(sizes.nodes[node].width / inch) +
               ", height=" + decimal(sizes.nodes[node].height / inch) + "];\n";
      },
      [&](std::uint32_t) { dot += "  }\n"; });
  for (const DrawnEdge& edge : drawing.edges) {
    const bool back = backward(drawing, edge);
    dot += "  " + std::to_string(back ? edge.to : edge.from) + " -> " + std::to_string(back ? edge.from : edge.to);
    const bool between = drawing.nodes[edge.from].order != drawing.nodes[edge.to].order;
    if (edge.kind == EdgeKind::tie)
      dot += " [minlen=0, weight=2]";
    else if (between || (edge.kind == EdgeKind::carried && edge.from != edge.to))
      dot += " [constraint=false]";
    dot += ";\n";
  }
  return dot + "}\n";
}

/// Reads what `dot -Tplain` says.
class Answer {
 public:
  Answer(std::string_view text, const Drawing& drawing, const Layout& sizes) : drawing_(drawing), layout_(sizes) {
    for (std::uint32_t k = 0; k < drawing.edges.size(); ++k) {
      const DrawnEdge& edge = drawing.edges[k];
      const bool back = backward(drawing, edge);
      waiting_[{back ? edge.to : edge.from, back ? edge.from : edge.to}].push_back(k);
    }
    for (LayoutLine& line : layout_.edges) line = {};
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    set_frames();
  }

  /// None when it was not what was expected.
  [[nodiscard]] std::optional<Layout> layout() && {
    const bool all = nodes_ == drawing_.nodes.size() &&
                     std::all_of(waiting_.begin(), waiting_.end(), [](const auto& w) { return w.second.empty(); });
    return all ? std::optional(std::move(layout_)) : std::nullopt;
  }

 private:
  static std::string_view next_word(std::string_view& line) {
    const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
    line.remove_prefix(start);
    // Of what we gave only labels hold quotes, and of them no blanks.
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
  }
  static double next_number(std::string_view& line) {
    const std::string_view word = next_word(line);
    double value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
  }
  LayoutPoint next_point(std::string_view& line) const {
    const double x = next_number(line), y = next_number(line);
    return {x * inch, layout_.height - y * inch};
  }

  /// Of the middle curve of several.
  static LayoutPoint middle(const std::vector<LayoutPoint>& points) {
    if (points.size() < 4) return points.empty() ? LayoutPoint{} : points[points.size() / 2];
    const std::size_t curves = (points.size() - 1) / 3, first = curves / 2 * 3;
    if (curves % 2 == 0) return points[first];
    const LayoutPoint* const p = &points[first];
    return {(p[0].x + 3 * p[1].x + 3 * p[2].x + p[3].x) / 8, (p[0].y + 3 * p[1].y + 3 * p[2].y + p[3].y) / 8};
  }

  void read_line(std::string_view line) {
    const std::string_view kind = next_word(line);
    if (kind == "graph") {
      static_cast<void>(next_number(line));
      layout_.width = next_number(line) * inch;
      layout_.height = next_number(line) * inch;
    } else if (kind == "node") {
      const auto index = static_cast<std::size_t>(next_number(line));
      if (index >= drawing_.nodes.size()) return;
      const LayoutPoint centre = next_point(line);
      LayoutBox& box = layout_.nodes[index];
      box.x = centre.x - box.width / 2;
      box.y = centre.y - box.height / 2;
      ++nodes_;
    } else if (kind == "edge") {
      const auto tail = static_cast<std::uint32_t>(next_number(line));
      const auto head = static_cast<std::uint32_t>(next_number(line));
      const auto found = waiting_.find({tail, head});
      if (found == waiting_.end() || found->second.empty()) return;
      const std::uint32_t index = found->second.front();
      found->second.erase(found->second.begin());
      LayoutLine& target = layout_.edges[index];
      const auto points = static_cast<std::size_t>(next_number(line));
      for (std::size_t k = 0; k < points; ++k) target.points.push_back(next_point(line));
      if (backward(drawing_, drawing_.edges[index])) std::reverse(target.points.begin(), target.points.end());
      target.label = middle(target.points);
    }
  }

  /// Around their nodes, inner ones first, with room for their labels.
  void set_frames() {
    struct Extent {
      double left = 1e300, top = 1e300, right = -1e300, bottom = -1e300;
    };
    std::vector<Extent> extents(drawing_.frames.size());
    const auto hold = [&](std::uint32_t frame, double left, double top, double right, double bottom) {
      if (frame == no_frame) return;
      Extent& e = extents[frame];
      e = {std::min(e.left, left), std::min(e.top, top), std::max(e.right, right), std::max(e.bottom, bottom)};
    };
    for (std::size_t k = 0; k < drawing_.nodes.size(); ++k) {
      const LayoutBox& box = layout_.nodes[k];
      hold(drawing_.nodes[k].frame, box.x, box.y, box.x + box.width, box.y + box.height);
    }
    for (auto f = static_cast<std::uint32_t>(extents.size()); f-- > 0;) {
      Extent& e = extents[f];
      if (e.left > e.right) continue;
      e = {e.left - frame_margin, e.top - frame_margin - frame_label, e.right + frame_margin, e.bottom + frame_margin};
      layout_.frames[f] = {e.left, e.top, e.right - e.left, e.bottom - e.top};
      hold(drawing_.frames[f].parent, e.left, e.top, e.right, e.bottom);
    }
  }

  const Drawing& drawing_;
  Layout layout_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> waiting_;  // edges, by their ends
  std::size_t nodes_ = 0;
};

}  // namespace

Placed place(const Drawing& drawing, const PlaceOptions& options) {
  Placed placed{layout(drawing, options.layout), false};
  if (!options.graphviz || drawing.nodes.empty() || drawing.nodes.size() > options.most_for_graphviz) return placed;
  try {
    const std::string answer = run_graphviz(dot_of(drawing, placed.layout), "plain");
    if (std::optional<Layout> layout = Answer(answer, drawing, placed.layout).layout())
      return {std::move(*layout), true};
  } catch (const EnvironmentError&) {  // Graphviz is missing or failed: ours will do
  }
  return placed;
}

}  // namespace wengert::graph
