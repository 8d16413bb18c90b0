// diff: what two graphs, two recordings or two runs have in common, and where they part.
//
//     const GraphDiff d = diff(before, after);              // two values: of two recordings, or of two runs of one
//     program std::cout << d.text(); graph::save(draw(d), "diff.svg");
//
// Nodes are matched in time proportional to the graphs (and a sort): first what is computed alike from the variables,
// which are known by name; then the same without looking at the numbers of constants; then by name and scope; then from
// matched nodes to their operands, and from matched operands to their users. What finds no partner was added or
// removed. A matched node has changed when its value, its attribute (the number of a constant, an axis) or where its
// operands come from is another. Nothing recurses.
//
// Reading order: Difference, GraphDiff, diff, draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/drawing/draw.hpp"

namespace wengert {

enum class Change : std::uint8_t { same, changed, added, removed };
/// "same" …
[[nodiscard]] std::string_view to_string(Change change) noexcept;

struct DiffOptions {
  /// Values differ beyond this, relative to the larger (of arrays, to the larger norm). NaN equals NaN.
  double tolerance = 0;
};

/// One node that is not the same. Values are numbers, of tensors their norms; NaN where nothing is known.
struct Difference {
  Change change = Change::changed;
  graph::NodeId before = graph::no_node;  ///< none: added
  graph::NodeId after = graph::no_node;   ///< none: removed
  std::string name{};                     ///< its name or its formula, of `after` if it is there
  std::string place{};                    ///< "at model.cpp:12, in encoder / 0"
  bool value = false;                     ///< the value differs
  bool attribute = false;                 ///< operation, attribute or type differ
  bool operands = false;                  ///< operands are others than the partners of its partner's
  double value_before = 0, value_after = 0;
  double relative = 0;  ///< how far the values are apart, relative to the larger; ∞ where one is not finite
  bool begins = false;  ///< the value differs, and those of its operands do not: here it begins
};

namespace inspect {
struct DiffSides;
}  // namespace inspect

struct GraphDiff {
  std::vector<graph::NodeId> partner_of_before{};  ///< by node: its partner in the other graph, or no_node
  std::vector<graph::NodeId> partner_of_after{};
  std::vector<Difference> differences{};  ///< added and changed ones in the order of `after`, then the removed ones
  std::size_t same = 0, changed = 0, added = 0, removed = 0;
  [[nodiscard]] bool identical() const noexcept { return differences.empty(); }
  /// Where values begin to differ: the first of the differences that `begins`; null if there is none.
  [[nodiscard]] const Difference* first() const noexcept;
  /// A line of counts, the first difference, and a line for each ('+' added, '-' removed, '~' changed), `most` at most.
  [[nodiscard]] std::string text(std::size_t most = 40) const;
  [[nodiscard]] const graph::Graph& before() const;
  [[nodiscard]] const graph::Graph& after() const;

  std::shared_ptr<const inspect::DiffSides> sides{};  ///< for the library
};

/// Of two graphs; values are not known.
[[nodiscard]] GraphDiff diff(const graph::Graph& before, const graph::Graph& after, const DiffOptions& options = {});
/// Of two expansions, with the values that were computed.
[[nodiscard]] GraphDiff diff(const Expansion& before, const Expansion& after, const DiffOptions& options = {});
/// Of what two values are computed from. Throws as expand().
[[nodiscard]] GraphDiff diff(const detail::AnyHandle& before, const detail::AnyHandle& after,
                             const DiffOptions& options = {},
                             std::source_location where = std::source_location::current());

/// Both beside each other, with what was removed, added and changed in colours and in words. `context`: nodes that are
/// the same are drawn where they are within so many edges of a difference.
[[nodiscard]] graph::Drawing draw(const GraphDiff& diff, const graph::DrawingOptions& options = {},
                                  std::size_t context = 1);

}  // namespace wengert
