/// Lines of a layout: where they leave and enter boxes, how they bend, where their labels stand.
///
/// Everything here is in terms of the flow: `along` it and `across` it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/lanes.hpp"

namespace wengert::graph::detail {

/// Of a hexagon: how far its tips lie beyond its corners, in heights.
inline constexpr double hexagon_slant = 0.2;

struct FlowPoint {
  double along = 0;
  double across = 0;
};

struct FlowBox {
  double along = 0;  ///< centre
  double across = 0;
  double half_along = 0;
  double half_across = 0;
};

struct FlowColumn {
  double begin = 0;
  double end = 0;
};

/// What has been placed before lines are drawn.
struct Placed {
  const Drawing& drawing;
  const std::vector<std::uint32_t>& rank;                ///< of nodes
  const std::vector<FlowBox>& boxes;                     ///< of nodes
  const std::vector<FlowColumn>& columns;                ///< of ranks
  const std::vector<std::vector<std::uint32_t>>& bends;  ///< leaves that each edge passes through, from `from` to `to`
  const Lanes& lanes;
  const std::vector<FlowBox>& labels;  ///< half extents of each edge's label; 0 where there is none
};

struct FlowLine {
  std::vector<FlowPoint> points{};
  FlowPoint label{};
  std::optional<FlowPoint> number{};
};

[[nodiscard]] std::vector<FlowLine> lines_of(const Placed& placed);

}  // namespace wengert::graph::detail
