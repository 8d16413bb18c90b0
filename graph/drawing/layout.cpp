/// See layout.hpp. Reading order: sizes, leaves and links, columns, boxes, frames.
#include "wengert/graph/drawing/layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "wengert/graph/drawing/lanes.hpp"
#include "wengert/graph/drawing/rank.hpp"
#include "wengert/graph/drawing/route.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::graph {

namespace {

using namespace detail;

// In points unless said otherwise.
constexpr double character_width = 0.55;  // of the font size
constexpr double line_height = 1.2;       // of the font size
constexpr double text_margin = 5;         // around the text of a node, left and right
constexpr double text_margin_above = 3.5;
constexpr double least_node = 22;
constexpr double between_ranks = 26;
constexpr double frame_margin = 9;
constexpr double around = 6;               // the whole
constexpr std::size_t most_bends = 60000;  // beyond them, lines that span ranks go straight

double text_width(std::string_view printable, double font_size) {
  double em = 0;
  for_each_character(printable,
                     [&](std::string_view, char32_t point) { em += point >= 0x2E80 ? 1.0 : character_width; });
  return em * font_size;
}

class Layouter {
 public:
  Layouter(const Drawing& drawing, const LayoutOptions& options)
      : drawing_(drawing), options_(options), rightward_(drawing.direction == Direction::left_to_right) {}

  Layout run() {
    rank_ = ranks_of(drawing_);
    for (const std::uint32_t rank : rank_) ranks_ = std::max(ranks_, rank + 1);
    measure();
    make_leaves();
    place_columns();
    std::vector<FrameRoom> room;
    const double label = label_height();
    for (std::uint32_t f = 0; f < drawing_.frames.size(); ++f) {
      room.push_back({rightward_ ? frame_margin + label : frame_margin, frame_margin, rightward_ ? 0 : label_width(f)});
    }
    const Lanes lanes = lanes_of(drawing_, leaves_, links_, room, ranks_);
    for (std::uint32_t k = 0; k < boxes_.size(); ++k) {
      boxes_[k].across = lanes.at[k];
      boxes_[k].along = (columns_[rank_[k]].begin + columns_[rank_[k]].end) / 2;
    }
    const std::vector<FlowLine> lines = lines_of({drawing_, rank_, boxes_, columns_, bends_, lanes, labels_});
    return finished(lanes, lines);
  }

 private:
  // ---- sizes

  [[nodiscard]] double label_height() const { return options_.font_size * line_height; }
  [[nodiscard]] double label_width(std::uint32_t frame) const {
    const std::string text = frame_text(drawing_.frames[frame]);
    return text.empty() ? 0 : text_width(text, options_.font_size) + frame_margin;
  }

  void measure() {
    for (const DrawnNode& node : drawing_.nodes) {
      double width = 0;
      for (const DrawnText& text : node.texts) {
        // Names are bold.
        const double em = text.kind == TextKind::name ? 1.1 : 1.0;
        width = std::max(width, em * text_width(printable(text.text), options_.font_size));
      }
      double height =
          static_cast<double>(std::max<std::size_t>(1, node.texts.size())) * line_height * options_.font_size;
      width += 2 * text_margin;
      height += 2 * text_margin_above;
      if (node.role == NodeRole::input) {
        // The ellipse around a box.
        width *= 1.25;
        height *= 1.3;
      }
      if (node.role == NodeRole::parameter) width += 2 * hexagon_slant * height;
      if (node.role == NodeRole::folded) width += 2 * text_margin;
      width = std::max(width, least_node);
      FlowBox box;
      (rightward_ ? box.half_along : box.half_across) = width / 2;
      (rightward_ ? box.half_across : box.half_along) = height / 2;
      boxes_.push_back(box);
    }
    for (const DrawnEdge& edge : drawing_.edges) {
      const std::string text = edge_text(edge);
      FlowBox box;
      if (!text.empty()) {
        (rightward_ ? box.half_along : box.half_across) = text_width(text, options_.small_font_size) / 2 + 2;
        (rightward_ ? box.half_across : box.half_along) = options_.small_font_size * line_height / 2;
      }
      labels_.push_back(box);
    }
  }

  // ---- leaves and links

  void make_leaves() {
    for (std::uint32_t k = 0; k < boxes_.size(); ++k) {
      const DrawnNode& node = drawing_.nodes[k];
      leaves_.push_back({LeafKind::node, rank_[k], node.frame, node.order, boxes_[k].half_across});
    }
    std::size_t bends = 0;
    for (const DrawnEdge& edge : drawing_.edges) bends += distance(rank_[edge.from], rank_[edge.to]);
    const bool bend = bends <= most_bends;
    for (const DrawnEdge& edge : drawing_.edges) {
      bends_.emplace_back();
      const std::uint32_t from = rank_[edge.from];
      const std::uint32_t to = rank_[edge.to];
      if (from == to || (!bend && distance(from, to) > 1)) continue;
      const std::uint32_t frame = common_frame(drawing_.nodes[edge.from].frame, drawing_.nodes[edge.to].frame);
      const auto band = std::min(drawing_.nodes[edge.from].order, drawing_.nodes[edge.to].order);
      std::uint32_t before = edge.from;
      bool inner = false;
      const auto join = [&](std::uint32_t leaf, bool is_bend) {
        // Long lines are kept straight before short ones.
        const double weight = inner && is_bend ? 8 : inner || is_bend ? 2 : 1;
        links_.push_back(from < to ? Link{before, leaf, weight} : Link{leaf, before, weight});
        before = leaf;
        inner = is_bend;
      };
      for (std::uint32_t rank = from < to ? from + 1 : from - 1; rank != to; from < to ? ++rank : --rank) {
        const auto leaf = static_cast<std::uint32_t>(leaves_.size());
        leaves_.push_back({LeafKind::bend, rank, frame, band, 1});
        bends_.back().push_back(leaf);
        join(leaf, true);
      }
      join(edge.to, false);
    }
  }

  static std::uint32_t distance(std::uint32_t a, std::uint32_t b) { return a < b ? b - a : a - b; }

  /// The innermost frame around both; a parent has a smaller position than what is in it.
  [[nodiscard]] std::uint32_t common_frame(std::uint32_t a, std::uint32_t b) const {
    while (a != b) {
      if (a == no_frame || b == no_frame) return no_frame;
      (a > b ? a : b) = drawing_.frames[std::max(a, b)].parent;
    }
    return a;
  }

  // ---- columns

  /// Columns are as wide as their widest node; gaps leave room for labels and the borders of frames.
  void place_columns() {
    const std::size_t frames = drawing_.frames.size();
    first_.assign(frames, ranks_);
    last_.assign(frames, 0);
    for (std::uint32_t k = 0; k < boxes_.size(); ++k) {
      for (std::uint32_t f = drawing_.nodes[k].frame; f != no_frame; f = drawing_.frames[f].parent) {
        first_[f] = std::min(first_[f], rank_[k]);
        last_[f] = std::max(last_[f], rank_[k]);
      }
    }
    // How far each frame reaches out of its first and last column: over the frames in it that end there too.
    begin_room_.assign(frames, 0);
    end_room_.assign(frames, 0);
    std::vector<double> begin_gap(ranks_ + 1, 0);
    std::vector<double> end_gap(ranks_ + 1, 0);
    std::vector<double> widths(ranks_, 0);
    for (std::uint32_t k = 0; k < boxes_.size(); ++k) {
      widths[rank_[k]] = std::max(widths[rank_[k]], 2 * boxes_[k].half_along);
    }
    for (auto f = static_cast<std::uint32_t>(frames); f-- > 0;) {
      if (first_[f] >= ranks_) continue;
      begin_room_[f] += frame_margin + (rightward_ ? 0 : label_height());
      end_room_[f] += frame_margin;
      begin_gap[first_[f]] = std::max(begin_gap[first_[f]], begin_room_[f]);
      end_gap[last_[f]] = std::max(end_gap[last_[f]], end_room_[f]);
      const std::uint32_t parent = drawing_.frames[f].parent;
      if (parent != no_frame && first_[parent] == first_[f]) {
        begin_room_[parent] = std::max(begin_room_[parent], begin_room_[f]);
      }
      if (parent != no_frame && last_[parent] == last_[f]) {
        end_room_[parent] = std::max(end_room_[parent], end_room_[f]);
      }
      // Columns of a frame are wide enough for its label.
      double width = begin_room_[f] + end_room_[f];
      for (std::uint32_t rank = first_[f]; rank <= last_[f]; ++rank) width += widths[rank];
      width += between_ranks * (last_[f] - first_[f]);
      if (const double missing = label_width(f) - width; rightward_ && missing > 0) {
        for (std::uint32_t rank = first_[f]; rank <= last_[f]; ++rank) {
          widths[rank] += missing / (last_[f] - first_[f] + 1);
        }
      }
    }
    std::vector<double> label_gap(ranks_, 0);  // before a rank
    for (std::uint32_t k = 0; k < labels_.size(); ++k) {
      const std::uint32_t from = rank_[drawing_.edges[k].from];
      const std::uint32_t to = rank_[drawing_.edges[k].to];
      if (from == to || labels_[k].half_along == 0) continue;
      double& gap = label_gap[from < to ? to : to + 1];
      gap = std::max(gap, 2 * labels_[k].half_along);
    }
    double at = 0;
    for (std::uint32_t rank = 0; rank < ranks_; ++rank) {
      if (rank != 0) at += between_ranks + label_gap[rank] + end_gap[rank - 1] + begin_gap[rank];
      columns_.push_back({at, at + widths[rank]});
      at += widths[rank];
    }
  }

  // ---- the result

  [[nodiscard]] LayoutPoint turned(double along, double across) const {
    return rightward_ ? LayoutPoint{along, across} : LayoutPoint{across, along};
  }

  /// The frames along the flow: around their nodes and frames, and wide enough for their labels.
  [[nodiscard]] std::vector<FlowColumn> frame_extents() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<FlowColumn> extents(drawing_.frames.size(), FlowColumn{infinity, -infinity});
    const auto hold = [&](std::uint32_t frame, double begin, double end) {
      if (frame == no_frame) return;
      extents[frame].begin = std::min(extents[frame].begin, begin);
      extents[frame].end = std::max(extents[frame].end, end);
    };
    for (std::uint32_t k = 0; k < boxes_.size(); ++k) {
      hold(drawing_.nodes[k].frame, boxes_[k].along - boxes_[k].half_along, boxes_[k].along + boxes_[k].half_along);
    }
    for (auto f = static_cast<std::uint32_t>(extents.size()); f-- > 0;) {
      if (first_[f] >= ranks_) continue;
      FlowColumn& extent = extents[f];
      extent.begin -= frame_margin + (rightward_ ? 0 : label_height());
      extent.end += frame_margin;
      if (rightward_ && extent.end - extent.begin < label_width(f)) {
        const double least = columns_[first_[f]].begin - begin_room_[f];
        const double most = columns_[last_[f]].end + end_room_[f] - label_width(f);
        const double middle = (extent.begin + extent.end) / 2;
        extent.begin = std::max(least, std::min(most, middle - label_width(f) / 2));
        extent.end = extent.begin + label_width(f);
      }
      hold(drawing_.frames[f].parent, extent.begin, extent.end);
    }
    return extents;
  }

  [[nodiscard]] Layout finished(const Lanes& lanes, const std::vector<FlowLine>& lines) const {
    Layout result;
    for (const FlowBox& box : boxes_) {
      const LayoutPoint corner = turned(box.along - box.half_along, box.across - box.half_across);
      const LayoutPoint size = turned(2 * box.half_along, 2 * box.half_across);
      result.nodes.push_back({corner.x, corner.y, size.x, size.y});
    }
    const std::vector<FlowColumn> extents = frame_extents();
    for (std::uint32_t f = 0; f < extents.size(); ++f) {
      result.frames.emplace_back();
      if (first_[f] >= ranks_) continue;
      const LayoutPoint corner = turned(extents[f].begin, lanes.frame_begin[f]);
      const LayoutPoint size = turned(extents[f].end - extents[f].begin, lanes.frame_end[f] - lanes.frame_begin[f]);
      result.frames.back() = {corner.x, corner.y, size.x, size.y};
    }
    for (const FlowLine& line : lines) {
      LayoutLine turned_line;
      for (const FlowPoint& point : line.points) turned_line.points.push_back(turned(point.along, point.across));
      turned_line.label = turned(line.label.along, line.label.across);
      if (line.number) turned_line.number = turned(line.number->along, line.number->across);
      result.edges.push_back(std::move(turned_line));
    }
    move_to_origin(result);
    return result;
  }

  void move_to_origin(Layout& result) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    LayoutPoint least{infinity, infinity};
    LayoutPoint most{-infinity, -infinity};
    const auto hold = [&](double x, double y) {
      least = {std::min(least.x, x), std::min(least.y, y)};
      most = {std::max(most.x, x), std::max(most.y, y)};
    };
    const auto hold_box = [&](const LayoutBox& box) {
      hold(box.x, box.y);
      hold(box.x + box.width, box.y + box.height);
    };
    for (const LayoutBox& box : result.nodes) hold_box(box);
    for (std::uint32_t f = 0; f < result.frames.size(); ++f) {
      if (first_[f] < ranks_) hold_box(result.frames[f]);
    }
    for (const LayoutLine& line : result.edges) {
      for (const LayoutPoint& point : line.points) hold(point.x, point.y);
    }
    if (least.x > most.x) return;  // nothing is drawn
    const LayoutPoint shift{around - least.x, around - least.y};
    const auto move = [&](LayoutPoint& point) { point = {point.x + shift.x, point.y + shift.y}; };
    const auto move_box = [&](LayoutBox& box) {
      box.x += shift.x;
      box.y += shift.y;
    };
    for (LayoutBox& box : result.nodes) move_box(box);
    for (std::uint32_t f = 0; f < result.frames.size(); ++f) {
      if (first_[f] < ranks_) move_box(result.frames[f]);
    }
    for (LayoutLine& line : result.edges) {
      for (LayoutPoint& point : line.points) move(point);
      move(line.label);
      if (line.number) move(*line.number);
    }
    result.width = most.x - least.x + 2 * around;
    result.height = most.y - least.y + 2 * around;
  }

  const Drawing& drawing_;
  const LayoutOptions& options_;
  bool rightward_;
  std::uint32_t ranks_ = 0;
  std::vector<std::uint32_t> rank_;
  std::vector<FlowBox> boxes_, labels_;
  std::vector<Leaf> leaves_;
  std::vector<Link> links_;
  std::vector<std::vector<std::uint32_t>> bends_;
  std::vector<FlowColumn> columns_;
  std::vector<std::uint32_t> first_, last_;    // ranks of frames
  std::vector<double> begin_room_, end_room_;  // of frames, beyond the columns of these ranks
};

}  // namespace

Layout layout(const Drawing& drawing, const LayoutOptions& options) {
  detail::check(drawing, "layout");
  for (const double size : {options.font_size, options.small_font_size}) {
    if (!(size >= 1 && size <= 100)) {
      throw ArgumentError{
          {.operation = "layout", .problem = "a font size of " + std::to_string(size), .expected = "1 to 100"}};
    }
  }
  return Layouter(drawing, options).run();
}

}  // namespace wengert::graph
