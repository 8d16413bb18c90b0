/// The layout: nothing overlaps, everything flows where it should, lines meet their nodes, and it takes no time.
#include "wengert/graph/drawing/layout.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "drawing_samples.hpp"
#include "small_stack.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

constexpr double slack = 1e-6;

bool overlap(const LayoutBox& a, const LayoutBox& b) {
  return a.x + slack < b.x + b.width && b.x + slack < a.x + a.width && a.y + slack < b.y + b.height &&
         b.y + slack < a.y + a.height;
}

bool holds(const LayoutBox& outer, const LayoutBox& inner) {
  return outer.x <= inner.x + slack && outer.y <= inner.y + slack &&
         inner.x + inner.width <= outer.x + outer.width + slack &&
         inner.y + inner.height <= outer.y + outer.height + slack;
}

bool is_in(const Drawing& drawing, std::uint32_t frame, std::uint32_t outer) {
  for (; frame != no_frame; frame = drawing.frames[frame].parent) {
    if (frame == outer) return true;
  }
  return false;
}

/// Whether the segment meets the inside of the box (Liang, Barsky 1984).
bool meets(const LayoutPoint& a, const LayoutPoint& b, const LayoutBox& box) {
  double first = 0;
  double last = 1;
  const auto clip = [&](double from, double to, double low, double high) {
    const double step = to - from;
    if (step == 0) return from > low && from < high;
    const double t = (low - from) / step;
    const double u = (high - from) / step;
    first = std::max(first, std::min(t, u));
    last = std::min(last, std::max(t, u));
    return first < last;
  };
  return clip(a.x, b.x, box.x, box.x + box.width) && clip(a.y, b.y, box.y, box.y + box.height);
}

/// What must hold of every layout. Returns how many lines pass through a node that is not theirs.
std::size_t check_layout(const Drawing& drawing, const Layout& where) {
  BOOST_TEST_REQUIRE(where.nodes.size() == drawing.nodes.size());
  BOOST_TEST_REQUIRE(where.frames.size() == drawing.frames.size());
  BOOST_TEST_REQUIRE(where.edges.size() == drawing.edges.size());
  const LayoutBox whole{0, 0, where.width, where.height};
  for (std::uint32_t a = 0; a < where.nodes.size(); ++a) {
    BOOST_TEST_REQUIRE(holds(whole, where.nodes[a]));
    for (std::uint32_t b = a + 1; b < where.nodes.size(); ++b) {
      BOOST_TEST_REQUIRE(!overlap(where.nodes[a], where.nodes[b]), "nodes " << a << " and " << b);
    }
  }
  for (std::uint32_t f = 0; f < where.frames.size(); ++f) {
    for (std::uint32_t k = 0; k < where.nodes.size(); ++k) {
      if (is_in(drawing, drawing.nodes[k].frame, f)) {
        BOOST_TEST_REQUIRE(holds(where.frames[f], where.nodes[k]), "frame " << f << " and its node " << k);
      } else {
        BOOST_TEST_REQUIRE(!overlap(where.frames[f], where.nodes[k]), "frame " << f << " and node " << k);
      }
    }
    for (std::uint32_t g = f + 1; g < where.frames.size(); ++g) {
      if (where.frames[g].width == 0) continue;
      if (is_in(drawing, g, f)) {
        BOOST_TEST_REQUIRE(holds(where.frames[f], where.frames[g]), "frame " << f << " and its frame " << g);
      } else {
        BOOST_TEST_REQUIRE(!overlap(where.frames[f], where.frames[g]), "frames " << f << " and " << g);
      }
    }
  }
  // Where a gradient is drawn beside forward nodes, it stands below (right of) them.
  const bool rightward = drawing.direction == Direction::left_to_right;
  const auto start = [&](const LayoutBox& box, bool along) { return along == rightward ? box.x : box.y; };
  const auto stop = [&](const LayoutBox& box, bool along) {
    return along == rightward ? box.x + box.width : box.y + box.height;
  };
  for (std::uint32_t f = 0; f < where.frames.size(); ++f) {
    if (drawing.frames[f].kind != FrameKind::gradient || where.frames[f].width == 0) continue;
    for (std::uint32_t k = 0; k < where.nodes.size(); ++k) {
      const LayoutBox& node = where.nodes[k];
      if (drawing.nodes[k].order != 0 || stop(node, true) < start(where.frames[f], true) ||
          stop(where.frames[f], true) < start(node, true)) {
        continue;
      }
      BOOST_TEST_REQUIRE(stop(node, false) <= start(where.frames[f], false), "gradient " << f << " and node " << k);
    }
  }
  std::size_t through = 0;
  for (std::size_t k = 0; k < drawing.edges.size(); ++k) {
    const DrawnEdge& edge = drawing.edges[k];
    const auto& points = where.edges[k].points;
    if (edge.from == edge.to) continue;
    BOOST_TEST_REQUIRE(points.size() >= 2);
    const LayoutBox ends[2] = {where.nodes[edge.from], where.nodes[edge.to]};
    const LayoutPoint tips[2] = {points.front(), points.back()};
    for (int end = 0; end < 2; ++end) {
      // On the border or, where the shape is slanted or round, inside the box that it fills.
      BOOST_TEST_REQUIRE(holds(ends[end], LayoutBox{tips[end].x, tips[end].y, 0, 0}), "end of edge " << k);
      const double across = std::abs(tips[end].y - (ends[end].y + ends[end].height / 2));
      const double along = std::abs(tips[end].x - (ends[end].x + ends[end].width / 2));
      BOOST_TEST_REQUIRE((along > ends[end].width / 4 || across > ends[end].height / 4), "end of edge " << k);
    }
    for (const LayoutPoint& point : points) {
      BOOST_TEST_REQUIRE((std::isfinite(point.x) && std::isfinite(point.y)));
      BOOST_TEST_REQUIRE(holds(whole, LayoutBox{point.x, point.y, 0, 0}));
    }
    bool meets_foreign = false;
    for (std::uint32_t node = 0; node < where.nodes.size(); ++node) {
      if (node == edge.from || node == edge.to) continue;
      const LayoutBox& box = where.nodes[node];
      const LayoutBox inside{box.x + 1, box.y + 1, box.width - 2, box.height - 2};
      for (std::size_t i = 1; i < points.size(); ++i)
        meets_foreign = meets_foreign || meets(points[i - 1], points[i], inside);
    }
    through += meets_foreign ? 1 : 0;
  }
  return through;
}

/// Whole numbers below a bound.
struct Dice {
  std::mt19937 engine;
  std::uint32_t operator()(std::uint32_t below) { return static_cast<std::uint32_t>(engine() % below); }
};

/// Nodes with frames nested at random, a gradient tied to it, carried edges.
Drawing random_drawing(Dice& random, std::uint32_t nodes, std::uint32_t edges, std::uint32_t frames) {
  sample::Sketch s;
  s.drawing.direction = random(2) == 0 ? Direction::left_to_right : Direction::top_down;
  for (std::uint32_t f = 0; f < frames; ++f) {
    s.frame(FrameKind::scope, "scope " + std::to_string(f), f != 0 && random(2) == 0 ? random(f) : no_frame);
  }
  const std::uint32_t gradient = s.frame(FrameKind::gradient, "gradient", no_frame, 1);
  const std::uint32_t inner = s.frame(FrameKind::scope, "inner scope", gradient, 1);
  for (std::uint32_t k = 0; k < nodes; ++k) {
    std::vector<DrawnText> texts(1 + random(3), sample::value(std::string(1 + random(9), 'x')));
    const auto role = static_cast<NodeRole>(random(node_role_count));
    s.node(role, std::move(texts), 0, frames != 0 && random(2) == 0 ? random(frames) : no_frame);
  }
  for (std::uint32_t k = 0; k < edges; ++k) {
    const std::uint32_t to = 1 + random(nodes - 1);
    s.edge(to - 1 - random(std::min(to, 12U)), to, random(3) == 0 ? "0.25" : "", random(3));
  }
  std::vector<std::uint32_t> adjoints;
  for (std::uint32_t k = nodes; k-- > 0;) {
    if (random(2) == 0) continue;
    adjoints.push_back(s.node(NodeRole::operation, {sample::op("×")}, 1, random(3) == 0 ? inner : gradient));
    s.tie(k, adjoints.back());
    if (adjoints.size() > 1) s.edge(adjoints[adjoints.size() - 2], adjoints.back());
    if (random(2) == 0) s.edge(random(nodes), adjoints.back());
  }
  for (int k = 0; k < 3; ++k) {
    const std::uint32_t to = random(nodes);
    s.drawing.edges.push_back({.from = to + random(nodes - to), .to = to, .kind = EdgeKind::carried});
  }
  return s.drawing;
}

double centre(const LayoutBox& box) { return box.x + box.width / 2; }

}  // namespace

BOOST_AUTO_TEST_SUITE(drawing_layout)

BOOST_AUTO_TEST_CASE(nothing_overlaps_in_the_samples) {
  for (const Drawing& drawing : {sample::neuron(), sample::network(), sample::panels(), sample::nasty()}) {
    BOOST_TEST(check_layout(drawing, layout(drawing)) == 0);
  }
  const Layout empty = layout(Drawing{});
  BOOST_TEST(empty.width == 0);
  BOOST_TEST(empty.height == 0);
}

BOOST_AUTO_TEST_CASE(nothing_overlaps_in_random_drawings) {
  Dice random{std::mt19937(3)};
  for (int round = 0; round < 150; ++round) {
    const std::uint32_t nodes = 2 + random(30);
    const Drawing drawing = random_drawing(random, nodes, random(2 * nodes), random(6));
    BOOST_TEST(check_layout(drawing, layout(drawing)) == 0);
  }
}

BOOST_AUTO_TEST_CASE(forward_flows_right_and_the_gradient_back) {
  const Drawing drawing = sample::neuron();
  const Layout where = layout(drawing);
  for (const DrawnEdge& edge : drawing.edges) {
    const LayoutBox& from = where.nodes[edge.from];
    const LayoutBox& to = where.nodes[edge.to];
    const auto order = drawing.nodes[edge.from].order;
    if (edge.kind != EdgeKind::operand || order != drawing.nodes[edge.to].order) continue;
    if (order == 0) BOOST_TEST(from.x + from.width < to.x);
    if (order == 1) BOOST_TEST(to.x + to.width < from.x);
  }
  // Adjoints of what has an adjoint of its own stand below it.
  for (const auto& [primal, adjoint] : {std::pair{1U, 17U}, {5U, 16U}, {6U, 13U}, {7U, 12U}}) {
    BOOST_TEST(centre(where.nodes[primal]) == centre(where.nodes[adjoint]));
    BOOST_TEST(where.nodes[primal].y < where.nodes[adjoint].y);
  }
}

BOOST_AUTO_TEST_CASE(what_only_the_gradient_uses_stands_beside_it) {
  Drawing drawing = sample::neuron();
  const auto elsewhere = static_cast<std::uint32_t>(drawing.nodes.size());
  drawing.nodes.push_back({.id = "other", .role = NodeRole::elsewhere, .texts = {sample::name("other")}});
  drawing.edges.push_back({.from = elsewhere, .to = 13});
  const Layout where = layout(drawing);
  BOOST_TEST(check_layout(drawing, where) == 0);
  BOOST_TEST(centre(where.nodes[elsewhere]) == centre(where.nodes[13]));
}

BOOST_AUTO_TEST_CASE(frames_close_around_what_is_in_them) {
  const Drawing drawing = sample::neuron();
  const Layout where = layout(drawing);
  double top = 1e9;
  double bottom = 0;
  for (std::uint32_t k = 10; k < 18; ++k) {
    top = std::min(top, where.nodes[k].y);
    bottom = std::max(bottom, where.nodes[k].y + where.nodes[k].height);
  }
  BOOST_TEST(top - where.frames[0].y < 40);  // its label, and a line that passes above
  BOOST_TEST(where.frames[0].y + where.frames[0].height - bottom < 10);
}

BOOST_AUTO_TEST_CASE(frames_are_as_wide_as_their_labels) {
  for (const Direction direction : {Direction::left_to_right, Direction::top_down}) {
    sample::Sketch s;
    s.drawing.direction = direction;
    for (int k = 0; k < 2; ++k) {
      const auto frame = s.frame(FrameKind::scope, std::string(40, 'm'));
      s.node(NodeRole::operation, {sample::op("+")}, 0, frame);
    }
    s.edge(0, 1);
    const Layout where = layout(s.drawing);
    for (const LayoutBox& frame : where.frames) BOOST_TEST(frame.width >= 40 * 0.55 * 9);
    check_layout(s.drawing, where);
  }
}

BOOST_AUTO_TEST_CASE(top_down_is_left_to_right_turned) {
  Drawing drawing = sample::neuron();
  drawing.direction = Direction::top_down;
  const Layout where = layout(drawing);
  BOOST_TEST(check_layout(drawing, where) == 0);
  BOOST_TEST(where.height > where.width);
  BOOST_TEST(where.nodes[5].y < where.nodes[6].y);
}

BOOST_AUTO_TEST_CASE(the_panels_stand_side_by_side) {
  const Layout where = layout(sample::panels());
  BOOST_TEST(where.frames[0].x + where.frames[0].width < where.frames[2].x);
  BOOST_TEST(where.frames[2].x - where.frames[0].x - where.frames[0].width < 30);
}

BOOST_AUTO_TEST_CASE(parallel_edges_and_loops_can_be_told_apart) {
  sample::Sketch s;
  const auto x = s.node(NodeRole::input, {sample::name("x")});
  const auto y = s.node(NodeRole::operation, {sample::op("×")});
  s.edge(x, y);
  s.edge(x, y);
  s.drawing.edges.push_back({.from = y, .to = y, .kind = EdgeKind::carried});
  const Layout where = layout(s.drawing);
  BOOST_TEST(std::abs(where.edges[0].points.front().y - where.edges[1].points.front().y) > 3);
  BOOST_TEST(std::abs(where.edges[0].points.back().y - where.edges[1].points.back().y) > 3);
  BOOST_TEST(where.edges[2].points.size() == 6);
  BOOST_TEST(where.edges[2].points[2].y < where.nodes[y].y);
}

BOOST_AUTO_TEST_CASE(longer_texts_make_larger_boxes) {
  sample::Sketch s;
  s.node(NodeRole::operation, {sample::value("123456789")});
  s.node(NodeRole::operation, {sample::value("中文中文中文中文中")});
  s.node(NodeRole::operation, {sample::value("123456789"), sample::value("1")});
  const Layout where = layout(s.drawing);
  BOOST_TEST(where.nodes[0].width >= 9 * 0.55 * 9);
  BOOST_TEST(where.nodes[1].width >= 9 * 9);
  BOOST_TEST(where.nodes[2].height > where.nodes[0].height + 9);
  BOOST_TEST(layout(s.drawing, {.font_size = 18}).nodes[0].width > 1.5 * where.nodes[0].width);
  BOOST_CHECK_THROW((void)layout(s.drawing, {.font_size = 0}), ArgumentError);
  BOOST_CHECK_THROW((void)layout(s.drawing, {.small_font_size = std::nan("")}), ArgumentError);
}

BOOST_AUTO_TEST_CASE(cycles_do_not_hang_it) {
  sample::Sketch s;
  for (int k = 0; k < 4; ++k) s.node(NodeRole::folded, {sample::name("part")});
  for (std::uint32_t k = 0; k < 4; ++k) s.edge(k, (k + 1) % 4);
  s.edge(2, 2);
  BOOST_TEST(check_layout(s.drawing, layout(s.drawing)) == 0);
}

BOOST_AUTO_TEST_CASE(large_drawings_take_no_time) {
  Dice random{std::mt19937(5)};
  const Drawing drawing = random_drawing(random, 270, 800, 20);
  BOOST_TEST(drawing.nodes.size() >= 390);
  BOOST_TEST(drawing.edges.size() >= 1000);
  const auto start = std::chrono::steady_clock::now();
  const Layout where = layout(drawing);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  BOOST_TEST_MESSAGE(seconds << " s for " << drawing.nodes.size() << " nodes and " << drawing.edges.size() << " edges");
  BOOST_TEST(seconds < 10);  // half a second; sanitizers and busy machines take longer
  BOOST_TEST(check_layout(drawing, where) == 0);
}

BOOST_AUTO_TEST_CASE(chains_do_not_recurse) {
  sample::Sketch s;
  constexpr std::uint32_t length = 3000;
  for (std::uint32_t k = 0; k < length; ++k) {
    s.node(NodeRole::operation, {sample::op("+")});
    if (k != 0) s.edge(k - 1, k);
  }
  Layout where;
  on_small_stack([&] { where = layout(s.drawing); });
  for (std::uint32_t k = 1; k < length; ++k) BOOST_TEST_REQUIRE(where.nodes[k - 1].x < where.nodes[k].x);
}

BOOST_AUTO_TEST_SUITE_END()
