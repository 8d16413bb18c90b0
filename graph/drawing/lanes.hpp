/// Lanes: the order of what stands in one rank, and where it stands across the flow.
///
/// Frames are lanes of their own: what lies in a frame is contiguous in every rank, and nothing foreign comes between a
/// frame's borders, in any rank from its first to its last. That holds by construction: there is one order of all
/// leaves, in which every frame is an interval, and every distance that must be kept becomes an inequality between
/// neighbours in that order. All of them hold after each step.
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph::detail {

enum class LeafKind : std::uint8_t {
  node,
  bend,    ///< where an edge passes through a rank
  filler,  ///< keeps a frame's place in a rank where it holds nothing
};

struct Leaf {
  LeafKind kind = LeafKind::node;
  std::uint32_t rank = 0;
  std::uint32_t frame = no_frame;
  std::int32_t band = 0;  ///< among siblings: smaller ones come first, whatever their neighbours want
  double half = 0;        ///< half its extent across the flow
};

/// Joins leaves of neighbouring ranks, the first of which is the smaller.
struct Link {
  std::uint32_t before = 0;
  std::uint32_t after = 0;
  double weight = 1;
};

/// Room across the flow between a frame's borders and what is in it, and the least between its borders.
struct FrameRoom {
  double before = 0;
  double after = 0;
  double least = 0;
};

struct Lanes {
  std::vector<double> at{};           ///< centres of the leaves across the flow
  std::vector<double> low{}, high{};  ///< between these, the leaf meets neither node nor border
  std::vector<double> frame_begin{}, frame_end{};
  std::vector<std::vector<std::uint32_t>> rows{};  ///< the leaves of each rank in order, without fillers
};

/// Order by barycentres, then coordinates by averages (Sugiyama, Tagawa, Toda 1981, in spirit). Deterministic.
[[nodiscard]] Lanes lanes_of(const Drawing& drawing, const std::vector<Leaf>& leaves, const std::vector<Link>& links,
                             const std::vector<FrameRoom>& room, std::uint32_t ranks);

}  // namespace wengert::graph::detail
