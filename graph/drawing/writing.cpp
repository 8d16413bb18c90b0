/// See writing.hpp.
#include "wengert/graph/drawing/writing.hpp"

#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::graph::detail {

std::string printable(std::string_view bytes) {
  std::string text;
  append_escaped(text, bytes);
  return text;
}

std::size_t character_count(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

std::string_view word(NodeRole role) noexcept {
  switch (role) {
    case NodeRole::input:
      return "input";
    case NodeRole::parameter:
      return "parameter";
    case NodeRole::constant:
      return "constant";
    case NodeRole::folded:
      return "folded";
    case NodeRole::elsewhere:
      return "elsewhere";
    default:
      return "operation";
  }
}

std::string_view word(Mark mark) noexcept {
  switch (mark) {
    case Mark::culprit:
      return "culprit";
    case Mark::added:
      return "added";
    case Mark::removed:
      return "removed";
    case Mark::changed:
      return "changed";
    default:
      return "none";
  }
}

std::string_view word(TextKind kind) noexcept {
  switch (kind) {
    case TextKind::name:
      return "name";
    case TextKind::operation:
      return "operation";
    case TextKind::type:
      return "type";
    case TextKind::value:
      return "value";
    case TextKind::adjoint:
      return "adjoint";
    default:
      return "note";
  }
}

std::string_view word(EdgeKind kind) noexcept {
  switch (kind) {
    case EdgeKind::carried:
      return "carried";
    case EdgeKind::tie:
      return "tie";
    default:
      return "operand";
  }
}

std::string_view word(FrameKind kind) noexcept {
  switch (kind) {
    case FrameKind::panel:
      return "panel";
    case FrameKind::gradient:
      return "gradient";
    case FrameKind::repetition:
      return "repetition";
    default:
      return "scope";
  }
}

std::string_view word(Direction direction) noexcept {
  return direction == Direction::top_down ? "top_down" : "left_to_right";
}

std::string edge_text(const DrawnEdge& edge) {
  std::string text = printable(edge.label);
  if (edge.count > 1) text += (text.empty() ? "×" : " ×") + std::to_string(edge.count);
  return text;
}

std::string frame_text(const DrawnFrame& frame) {
  std::string text = printable(frame.label);
  if (frame.kind == FrameKind::repetition) text += (text.empty() ? "× " : " × ") + grouped(frame.times);
  return text;
}

std::vector<FrameContents> contents_of_frames(const Drawing& drawing) {
  const std::size_t root = drawing.frames.size();
  std::vector<FrameContents> contents(root + 1);
  for (std::uint32_t k = 0; k < drawing.frames.size(); ++k) {
    const std::uint32_t parent = drawing.frames[k].parent;
    contents[parent == no_frame ? root : parent].frames.push_back(k);
  }
  for (std::uint32_t k = 0; k < drawing.nodes.size(); ++k) {
    const std::uint32_t frame = drawing.nodes[k].frame;
    contents[frame == no_frame ? root : frame].nodes.push_back(k);
  }
  return contents;
}

void check(const Drawing& drawing, std::string_view operation) {
  const auto fail = [&](const std::string& what, std::size_t position, const std::string& expected) {
    throw ArgumentError{{.operation = std::string(operation),
                         .problem = what + " " + std::to_string(position) + " does not exist",
                         .expected = expected}};
  };
  for (std::size_t k = 0; k < drawing.frames.size(); ++k) {
    const std::uint32_t parent = drawing.frames[k].parent;
    if (parent != no_frame && parent >= k) fail("the parent of the frame", k, "a frame before it, or none");
  }
  for (std::size_t k = 0; k < drawing.nodes.size(); ++k) {
    const std::uint32_t frame = drawing.nodes[k].frame;
    if (frame != no_frame && frame >= drawing.frames.size()) fail("the frame of the node", k, "a frame of the drawing");
  }
  for (std::size_t k = 0; k < drawing.edges.size(); ++k) {
    const DrawnEdge& edge = drawing.edges[k];
    if (edge.from >= drawing.nodes.size() || edge.to >= drawing.nodes.size()) {
      fail("an end of the edge", k, "a node of the drawing");
    }
  }
}

}  // namespace wengert::graph::detail
