/// See route.hpp. Reading order: ports, paths, labels.
#include "wengert/graph/drawing/route.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace wengert::graph::detail {

namespace {

// In points.
constexpr double most_between_ports = 10;
constexpr double detour = 6;         // from a column to a line beside it
constexpr double detour_step = 4;    // between such lines
constexpr double loop = 7;           // from a node to a line around it
constexpr double shortest_stub = 9;  // between a node and the edge of its column, to be drawn as a part of its own
constexpr double least_stub = 7;     // where there must be one
constexpr double number_before = 9;  // from the head to its number
constexpr double number_beside = 4.5;

class Router {
 public:
  explicit Router(const Placed& placed) : p_(placed), lines_(placed.drawing.edges.size()), port_(lines_.size()) {
    row_place_.resize(p_.boxes.size());
    for (const auto& row : p_.lanes.rows) {
      for (std::uint32_t k = 0; k < row.size(); ++k) {
        if (row[k] < p_.boxes.size()) row_place_[row[k]] = k;
      }
    }
  }

  std::vector<FlowLine> run() {
    choose_ports();
    for (std::uint32_t k = 0; k < lines_.size(); ++k) draw(k);
    for (std::uint32_t k = 0; k < lines_.size(); ++k) put_number(k);
    put_labels();
    return std::move(lines_);
  }

 private:
  [[nodiscard]] const DrawnEdge& edge(std::uint32_t k) const { return p_.drawing.edges[k]; }
  [[nodiscard]] bool is_level(std::uint32_t k) const { return p_.rank[edge(k).from] == p_.rank[edge(k).to]; }

  /// Whether a level edge can go straight from one node to the other.
  [[nodiscard]] bool is_free(std::uint32_t k) const {
    const auto [low, high] = std::minmax(row_place_[edge(k).from], row_place_[edge(k).to]);
    const auto& row = p_.lanes.rows[p_.rank[edge(k).from]];
    for (std::uint32_t place = low + 1; place < high; ++place) {
      if (row[place] < p_.boxes.size()) return false;
    }
    return true;
  }

  // ---- ports

  /// Shares the sides of each node among the lines that end there, in the order of where they come from.
  void choose_ports() {
    struct End {
      std::uint32_t node;
      bool late;    // at the side where the flow leaves
      double from;  // across, of the other end
      std::uint32_t edge;
      bool head;
    };
    std::vector<End> ends;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> level;
    for (std::uint32_t k = 0; k < lines_.size(); ++k) {
      const auto [from, to] = std::pair(edge(k).from, edge(k).to);
      if (from == to) continue;
      if (is_level(k) && is_free(k)) {
        level[std::minmax(from, to)].push_back(k);
        continue;
      }
      const bool ascends = is_level(k) || p_.rank[from] < p_.rank[to];
      const auto& bends = p_.bends[k];
      const double first = bends.empty() ? p_.boxes[to].across : p_.lanes.at[bends.front()];
      const double last = bends.empty() ? p_.boxes[from].across : p_.lanes.at[bends.back()];
      ends.push_back({from, ascends, first, k, false});
      ends.push_back({to, is_level(k) || !ascends, last, k, true});
    }
    std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) {
      return std::tuple(a.node, a.late, a.from, a.edge, a.head) < std::tuple(b.node, b.late, b.from, b.edge, b.head);
    });
    for (std::size_t k = 0; k < ends.size();) {
      std::size_t end = k;
      while (end < ends.size() && ends[end].node == ends[k].node && ends[end].late == ends[k].late) ++end;
      const auto count = static_cast<double>(end - k);
      const double step = std::min(most_between_ports, 1.5 * p_.boxes[ends[k].node].half_across / count);
      for (std::size_t i = k; i < end; ++i) {
        port_[ends[i].edge][ends[i].head ? 1 : 0] = (static_cast<double>(i - k) - (count - 1) / 2) * step;
      }
      k = end;
    }
    for (const auto& [pair, edges] : level) {
      const double half = std::min(p_.boxes[pair.first].half_along, p_.boxes[pair.second].half_along);
      const auto count = static_cast<double>(edges.size());
      const double step = std::min(most_between_ports, 1.5 * half / count);
      for (std::size_t i = 0; i < edges.size(); ++i) {
        const double offset = (static_cast<double>(i) - (count - 1) / 2) * step;
        port_[edges[i]] = {offset, offset};
      }
    }
  }

  /// How far the border lies from the centre along one axis, `offset` from the centre on the other.
  [[nodiscard]] static double reach(NodeRole role, double half, double other_half, double offset) {
    if (role == NodeRole::input && other_half > 0) {
      const double t = std::min(1.0, std::abs(offset) / other_half);
      return half * std::sqrt(1 - t * t);
    }
    return half;
  }
  /// A hexagon's slanted sides face along a flow to the right.
  [[nodiscard]] double reach_along(std::uint32_t node, double offset) const {
    const FlowBox& box = p_.boxes[node];
    const double slant = p_.drawing.nodes[node].role == NodeRole::parameter &&
                                 p_.drawing.direction == Direction::left_to_right && box.half_across > 0
                             ? std::abs(offset) / box.half_across * hexagon_slant * 2 * box.half_across
                             : 0;
    return reach(p_.drawing.nodes[node].role, box.half_along, box.half_across, offset) - slant;
  }

  // ---- paths

  void draw(std::uint32_t k) {
    const auto [from, to] = std::pair(edge(k).from, edge(k).to);
    if (from == to) {
      if (edge(k).kind == EdgeKind::carried) draw_loop(k);
    } else if (is_level(k)) {
      draw_level(k);
    } else {
      draw_through(k);
    }
  }

  /// From the side where the flow leaves, around the node, to the side where it enters.
  void draw_loop(std::uint32_t k) {
    const FlowBox& box = p_.boxes[edge(k).from];
    const double end = box.along + box.half_along;
    const double begin = box.along - box.half_along;
    const double beside = box.across - box.half_across - loop;
    lines_[k].points = {{end, box.across},      {end + loop, box.across},   {end + loop, beside},
                        {begin - loop, beside}, {begin - loop, box.across}, {begin, box.across}};
    lines_[k].label = {box.along, beside};
  }

  void draw_level(std::uint32_t k) {
    const FlowBox& a = p_.boxes[edge(k).from];
    const FlowBox& b = p_.boxes[edge(k).to];
    auto& points = lines_[k].points;
    if (is_free(k)) {
      const double sign = a.across < b.across ? 1 : -1;
      const auto [offset, same] = port_[k];
      const double reach_a = reach(p_.drawing.nodes[edge(k).from].role, a.half_across, a.half_along, offset);
      const double reach_b = reach(p_.drawing.nodes[edge(k).to].role, b.half_across, b.half_along, same);
      points = {{a.along + offset, a.across + sign * reach_a}, {b.along + offset, b.across - sign * reach_b}};
    } else {
      const auto [port_a, port_b] = port_[k];
      const double beside = p_.columns[p_.rank[edge(k).from]].end + detour + detour_step * static_cast<double>(k % 4);
      points = {{a.along + reach_along(edge(k).from, port_a), a.across + port_a},
                {beside, a.across + port_a},
                {beside, b.across + port_b},
                {b.along + reach_along(edge(k).to, port_b), b.across + port_b}};
    }
    const std::size_t middle = points.size() / 2;
    lines_[k].label = {(points[middle - 1].along + points[middle].along) / 2,
                       (points[middle - 1].across + points[middle].across) / 2};
  }

  /// Whether the line from `a` to `b` keeps clear in all the ranks of the bends [first, last).
  [[nodiscard]] bool is_clear(const FlowPoint& a, const FlowPoint& b, const std::vector<std::uint32_t>& bends,
                              const std::vector<std::uint32_t>& ranks, std::size_t first, std::size_t last) const {
    for (std::size_t k = first; k < last; ++k) {
      const FlowColumn& column = p_.columns[ranks[k]];
      for (const double along : {column.begin, column.end}) {
        const double across = a.across + (b.across - a.across) * ((along - a.along) / (b.along - a.along));
        if (across < p_.lanes.low[bends[k]] || across > p_.lanes.high[bends[k]]) return false;
      }
    }
    return true;
  }

  [[nodiscard]] double column_edge(std::uint32_t node, double side) const {
    const FlowColumn& column = p_.columns[p_.rank[node]];
    return side > 0 ? column.end : column.begin;
  }

  /// Whether the line from the port `a` of a node leaves its column between the node's neighbours.
  [[nodiscard]] bool leaves(std::uint32_t node, double side, const FlowPoint& a, const FlowPoint& b) const {
    if (a.along == b.along) return true;
    const double t = (column_edge(node, side) - a.along) / (b.along - a.along);
    const double across = a.across + (b.across - a.across) * t;
    return across >= p_.lanes.low[node] && across <= p_.lanes.high[node];
  }

  /// Through the gaps, as straight as what stands in the way allows. Short ways straight out of the column are left out
  /// unless a wider neighbour is in the way.
  void draw_through(std::uint32_t k) {
    const std::uint32_t from = edge(k).from;
    const std::uint32_t to = edge(k).to;
    const double sign = p_.rank[from] < p_.rank[to] ? 1 : -1;
    const FlowPoint tail{p_.boxes[from].along + sign * reach_along(from, port_[k][0]),
                         p_.boxes[from].across + port_[k][0]};
    const FlowPoint head{p_.boxes[to].along - sign * reach_along(to, port_[k][1]), p_.boxes[to].across + port_[k][1]};
    double tail_stub = sign * (column_edge(from, sign) - tail.along);
    double head_stub = sign * (head.along - column_edge(to, -sign));
    const double tail_least = std::max(tail_stub, least_stub);
    const double head_least = std::max(head_stub, least_stub);
    if (tail_stub < shortest_stub) tail_stub = 0;
    if (head_stub < shortest_stub) head_stub = 0;
    const auto path = [&] {
      return through(k, sign, {tail.along + sign * tail_stub, tail.across},
                     {head.along - sign * head_stub, head.across});
    };
    std::vector<FlowPoint> inner = path();
    const bool tail_clear = tail_stub > 0 || leaves(from, sign, tail, inner[1]);
    const bool head_clear = head_stub > 0 || leaves(to, -sign, head, inner[inner.size() - 2]);
    if (!tail_clear) tail_stub = tail_least;
    if (!head_clear) head_stub = head_least;
    if (!tail_clear || !head_clear) inner = path();
    auto& points = lines_[k].points;
    points = {tail};
    points.insert(points.end(), inner.begin(), inner.end());
    points.push_back(head);
    simplify(points);
  }

  /// The way from `anchor` behind the tail to `end` before the head.
  [[nodiscard]] std::vector<FlowPoint> through(std::uint32_t k, double sign, FlowPoint anchor,
                                               const FlowPoint& end) const {
    const auto& bends = p_.bends[k];
    const std::uint32_t from = p_.rank[edge(k).from];
    std::vector<std::uint32_t> ranks;
    for (std::uint32_t i = 1; i <= bends.size(); ++i) ranks.push_back(sign > 0 ? from + i : from - i);
    const auto near = [&](std::uint32_t rank, double side) {
      return side > 0 ? p_.columns[rank].end : p_.columns[rank].begin;
    };
    std::vector<FlowPoint> points{anchor};
    for (std::size_t next = 0; next < bends.size() && !is_clear(anchor, end, bends, ranks, next, bends.size());) {
      // The farthest bend that can be reached in a straight line; the next one at least.
      std::size_t reached = next;
      for (std::size_t bend = next + 1; bend < bends.size(); ++bend) {
        if (is_clear(anchor, {near(ranks[bend], -sign), p_.lanes.at[bends[bend]]}, bends, ranks, next, bend)) {
          reached = bend;
        }
      }
      points.push_back({near(ranks[reached], -sign), p_.lanes.at[bends[reached]]});
      anchor = {near(ranks[reached], sign), p_.lanes.at[bends[reached]]};
      points.push_back(anchor);
      next = reached + 1;
    }
    points.push_back(end);
    return points;
  }

  /// Takes out points that lie on the line between their neighbours, or on one of these.
  static void simplify(std::vector<FlowPoint>& points) {
    constexpr double nothing = 0.05;
    std::vector<FlowPoint> kept;
    for (const FlowPoint& point : points) {
      if (!kept.empty() && std::abs(kept.back().along - point.along) < nothing &&
          std::abs(kept.back().across - point.across) < nothing) {
        kept.back() = point;
        continue;
      }
      if (kept.size() > 1) {
        const FlowPoint& a = kept[kept.size() - 2];
        const FlowPoint& b = kept.back();
        const double area =
            (b.along - a.along) * (point.across - a.across) - (b.across - a.across) * (point.along - a.along);
        if (std::abs(area) < nothing * std::abs(point.along - a.along)) kept.pop_back();
      }
      kept.push_back(point);
    }
    points = std::move(kept);
  }

  // ---- numbers and labels

  void put_number(std::uint32_t k) {
    const auto& points = lines_[k].points;
    if (edge(k).position == 0 || points.size() < 2) return;
    const FlowPoint& head = points.back();
    const FlowPoint& before = points[points.size() - 2];
    const double along = before.along - head.along;
    const double across = before.across - head.across;
    const double length = std::sqrt(along * along + across * across);
    if (length == 0) return;
    // Beside the line: above it where it is flat, away from the node where it is steep.
    FlowPoint beside{-across / length, along / length};
    const bool flat = std::abs(along) > std::abs(across);
    if (flat ? beside.across > 0 : beside.along * along < 0) beside = {-beside.along, -beside.across};
    lines_[k].number = FlowPoint{head.along + along / length * number_before + beside.along * number_beside,
                                 head.across + across / length * number_before + beside.across * number_beside};
  }

  /// The point of a line at `along`, if it passes there.
  [[nodiscard]] static std::optional<FlowPoint> point_at(const std::vector<FlowPoint>& points, double along) {
    for (std::size_t k = 1; k < points.size(); ++k) {
      const FlowPoint& a = points[k - 1];
      const FlowPoint& b = points[k];
      if ((a.along - along) * (b.along - along) > 0 || a.along == b.along) continue;
      return FlowPoint{along, a.across + (b.across - a.across) * ((along - a.along) / (b.along - a.along))};
    }
    return std::nullopt;
  }

  /// Labels stand in the gap before the head, where the line is, and beside each other where there is room.
  void put_labels() {
    std::map<std::uint32_t, std::vector<FlowBox>> taken;  // by the rank before the gap
    for (std::uint32_t k = 0; k < lines_.size(); ++k) {
      const FlowBox& size = p_.labels[k];
      if (size.half_along == 0 || lines_[k].points.size() < 2 || is_level(k)) continue;
      const std::uint32_t to = p_.rank[edge(k).to];
      const std::uint32_t gap = p_.rank[edge(k).from] < to ? to - 1 : to;
      const double begin = p_.columns[gap].end;
      const double end = p_.columns[gap + 1].begin;
      std::optional<FlowPoint> best;
      for (const double t : {0.5, 0.42, 0.58, 0.34, 0.66}) {
        const auto point = point_at(lines_[k].points, begin + t * (end - begin));
        if (!point) continue;
        if (!best) best = point;
        const auto meets = [&](const FlowBox& other) {
          return std::abs(other.along - point->along) < other.half_along + size.half_along &&
                 std::abs(other.across - point->across) < other.half_across + size.half_across;
        };
        if (std::any_of(taken[gap].begin(), taken[gap].end(), meets)) continue;
        best = point;
        break;
      }
      if (!best) continue;
      lines_[k].label = *best;
      taken[gap].push_back({best->along, best->across, size.half_along, size.half_across});
    }
  }

  const Placed& p_;
  std::vector<FlowLine> lines_;
  std::vector<std::array<double, 2>> port_;  // of each edge, at tail and head: across, from the centre
  std::vector<std::uint32_t> row_place_;     // of nodes in their rows
};

}  // namespace

std::vector<FlowLine> lines_of(const Placed& placed) { return Router(placed).run(); }

}  // namespace wengert::graph::detail
