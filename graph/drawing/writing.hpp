/// What the writers of drawings (JSON, Mermaid, TikZ, and the layout) share: anybody's bytes as printable text, walks
/// over characters, the words for roles and kinds, and what stands at an edge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::graph::detail {

/// `bytes` as graph/escape.hpp shows them: valid UTF-8 on one line, from which unescape() gives the bytes back.
[[nodiscard]] std::string printable(std::string_view bytes);

/// Calls `visit(sequence, code_point)` for each character of valid UTF-8.
template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text) == 0 ? 1 : utf8_length(text);
    visit(text.substr(0, length), code_point(text.substr(0, length)));
    text.remove_prefix(length);
  }
}

/// Number of characters of valid UTF-8.
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;

/// The words that stand for them in JSON and in names of styles: "operation", "left_to_right".
[[nodiscard]] std::string_view word(NodeRole role) noexcept;
[[nodiscard]] std::string_view word(Mark mark) noexcept;
[[nodiscard]] std::string_view word(TextKind kind) noexcept;
[[nodiscard]] std::string_view word(EdgeKind kind) noexcept;
[[nodiscard]] std::string_view word(FrameKind kind) noexcept;
[[nodiscard]] std::string_view word(Direction direction) noexcept;

/// What stands beside an edge, printable: its label, "×12" when it stands for several, both, or nothing.
[[nodiscard]] std::string edge_text(const DrawnEdge& edge);

/// What stands at a frame, printable: its label, and "× 12" for a repetition.
[[nodiscard]] std::string frame_text(const DrawnFrame& frame);

/// Which frames and nodes lie directly in each frame; the last entry is for those in none. In the drawing's order.
struct FrameContents {
  std::vector<std::uint32_t> frames{};
  std::vector<std::uint32_t> nodes{};
};
[[nodiscard]] std::vector<FrameContents> contents_of_frames(const Drawing& drawing);

/// Visits frames and nodes as the formats nest them, without recursion: `open(frame)`, its frames, its nodes,
/// `close(frame)`; what lies in no frame comes last.
template <class Open, class Node, class Close>
void walk_frames(const Drawing& drawing, Open&& open, Node&& node, Close&& close) {
  const std::vector<FrameContents> contents = contents_of_frames(drawing);
  struct Step {
    std::uint32_t frame;
    std::size_t next;  // of its frames
  };
  const auto root = static_cast<std::uint32_t>(drawing.frames.size());
  std::vector<Step> steps{{root, 0}};
  while (!steps.empty()) {
    Step& step = steps.back();
    const FrameContents& inside = contents[step.frame];
    if (step.next < inside.frames.size()) {
      const std::uint32_t child = inside.frames[step.next++];
      open(child);
      steps.push_back({child, 0});
      continue;
    }
    for (const std::uint32_t index : inside.nodes) node(index);
    if (step.frame != root) close(step.frame);
    steps.pop_back();
  }
}

/// Throws ArgumentError in the name of `operation` unless every frame, parent and end of an edge that the drawing
/// refers to exists, and every parent has a smaller position than what is in it.
void check(const Drawing& drawing, std::string_view operation);

}  // namespace wengert::graph::detail
