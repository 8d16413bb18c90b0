/// Panels; see drawing.hpp.
#include "wengert/graph/drawing/drawing.hpp"

#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert::graph {

Drawing side_by_side(const std::vector<Drawing>& drawings, const std::vector<std::string>& labels) {
  if (drawings.size() != labels.size()) {
    throw ArgumentError{
        {.operation = "side_by_side",
         .problem = std::to_string(drawings.size()) + " drawings and " + std::to_string(labels.size()) + " labels",
         .expected = "a label for each drawing"}};
  }
  Drawing whole;
  for (std::size_t k = 0; k < drawings.size(); ++k) {
    const Drawing& part = drawings[k];
    const std::string prefix = "p" + std::to_string(k + 1) + "_";
    const auto panel = static_cast<std::uint32_t>(whole.frames.size());
    const auto node = static_cast<std::uint32_t>(whole.nodes.size());
    if (k == 0) whole.direction = part.direction;
    whole.legend = whole.legend || part.legend;
    whole.frames.push_back({.id = prefix + "panel",
                            .kind = FrameKind::panel,
                            .label = labels[k] + (part.title.empty() ? "" : ": " + part.title)});
    for (DrawnFrame frame : part.frames) {
      frame.id.insert(0, prefix);
      frame.parent = frame.parent == no_frame ? panel : frame.parent + panel + 1;
      whole.frames.push_back(std::move(frame));
    }
    for (DrawnNode drawn : part.nodes) {
      drawn.id.insert(0, prefix);
      drawn.frame = drawn.frame == no_frame ? panel : drawn.frame + panel + 1;
      whole.nodes.push_back(std::move(drawn));
    }
    for (DrawnEdge edge : part.edges) {
      edge.from += node;
      edge.to += node;
      whole.edges.push_back(std::move(edge));
    }
    for (const std::string& note : part.notes) whole.notes.push_back(labels[k] + ": " + note);
  }
  return whole;
}

}  // namespace wengert::graph
