/// See spacing.hpp.
#include "wengert/graph/drawing/spacing.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wengert::graph::detail {

namespace {

// Distances in points.
constexpr double between_nodes = 14;
constexpr double between_frames = 12;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

Spacing::Spacing(const Drawing& drawing, const std::vector<Leaf>& leaves, const std::vector<FrameRoom>& room,
                 std::uint32_t ranks)
    : drawing_(drawing), leaves_(leaves), room_(room), ranks_(ranks) {}

void Spacing::set_walk(std::vector<Event> walk) {
  walk_ = std::move(walk);
  variable_.assign(leaves_.size(), 0);
  open_.assign(drawing_.frames.size(), no_frame);
  close_ = open_;
  rows_.assign(ranks_, {});
  for (std::uint32_t k = 0; k < walk_.size(); ++k) {
    const auto& [mark, index] = walk_[k];
    if (mark == Mark::open) {
      open_[index] = k;
    } else if (mark == Mark::close) {
      close_[index] = k;
    } else {
      variable_[index] = k;
      rows_[leaves_[index].rank].push_back(index);
    }
  }
  at_.assign(walk_.size(), 0);
  distances_.clear();
  for (std::uint32_t f = 0; f < open_.size(); ++f) {
    if (has(f)) distances_.push_back({open_[f], close_[f], room_[f].least});
  }
  for (const auto& row : rows_) {
    const std::vector<std::uint32_t> marks = marks_of(row);
    for (std::size_t k = 1; k < marks.size(); ++k) {
      distances_.push_back({marks[k - 1], marks[k], distance(walk_[marks[k - 1]], walk_[marks[k]])});
    }
  }
  std::sort(distances_.begin(), distances_.end(),
            [](const Distance& a, const Distance& b) { return std::pair(a.to, a.from) < std::pair(b.to, b.from); });
  by_source_ = distances_;
  std::sort(by_source_.begin(), by_source_.end(),
            [](const Distance& a, const Distance& b) { return std::pair(a.from, a.to) > std::pair(b.from, b.to); });
}

std::vector<std::uint32_t> Spacing::marks_of(const std::vector<std::uint32_t>& row) const {
  std::vector<std::uint32_t> marks;
  std::vector<std::uint32_t> opened;  // frames, from the outside in
  std::vector<std::uint32_t> path;
  for (const std::uint32_t leaf : row) {
    path.clear();
    for (std::uint32_t f = leaves_[leaf].frame; f != no_frame; f = drawing_.frames[f].parent) path.push_back(f);
    std::reverse(path.begin(), path.end());
    std::size_t common = 0;
    while (common < path.size() && common < opened.size() && path[common] == opened[common]) ++common;
    for (; opened.size() > common; opened.pop_back()) marks.push_back(close_[opened.back()]);
    for (; opened.size() < path.size(); opened.push_back(path[opened.size()])) {
      marks.push_back(open_[path[opened.size()]]);
    }
    marks.push_back(variable_[leaf]);
  }
  for (; !opened.empty(); opened.pop_back()) marks.push_back(close_[opened.back()]);
  return marks;
}

double Spacing::distance(const Event& a, const Event& b) const {
  const double half_a = a.mark == Mark::leaf ? leaves_[a.index].half : 0;
  const double half_b = b.mark == Mark::leaf ? leaves_[b.index].half : 0;
  if (a.mark == Mark::open) return room_[a.index].before + half_b;
  if (b.mark == Mark::close) return room_[b.index].after + half_a;
  const auto is_node = [&](const Event& e) { return e.mark == Mark::leaf && leaves_[e.index].kind == LeafKind::node; };
  const auto is_bend = [&](const Event& e) { return e.mark == Mark::leaf && leaves_[e.index].kind == LeafKind::bend; };
  const double gap = is_node(a) && is_node(b) ? between_nodes : is_bend(a) || is_bend(b) ? beside_bend : between_frames;
  return half_a + half_b + gap;
}

void Spacing::project(const std::vector<double>& want) {
  const std::size_t size = walk_.size();
  std::vector<double> forward(size, -infinity);
  std::vector<double> backward(size, infinity);
  for (std::size_t k = 0, d = 0; k < size; ++k) {
    if (walk_[k].mark == Mark::leaf) forward[k] = want[walk_[k].index];
    for (; d < distances_.size() && distances_[d].to == k; ++d) {
      forward[k] = std::max(forward[k], forward[distances_[d].from] + distances_[d].distance);
    }
  }
  for (std::size_t k = size, d = 0; k-- > 0;) {
    if (walk_[k].mark == Mark::leaf) backward[k] = want[walk_[k].index];
    double content = infinity;
    for (; d < by_source_.size() && by_source_[d].from == k; ++d) {
      backward[k] = std::min(backward[k], backward[by_source_[d].to] - by_source_[d].distance);
      content = std::min(content, forward[by_source_[d].to] - by_source_[d].distance);
    }
    if (walk_[k].mark == Mark::open) forward[k] = content;  // borders close around what is between them
  }
  for (std::size_t k = 0, d = 0; k < size; ++k) {
    double content = -infinity;
    for (; d < distances_.size() && distances_[d].to == k; ++d) {
      content = std::max(content, backward[distances_[d].from] + distances_[d].distance);
    }
    if (walk_[k].mark == Mark::close) backward[k] = content;
  }
  for (std::size_t k = 0; k < size; ++k) at_[k] = (forward[k] + backward[k]) / 2;
  tighten();
}

/// Borders close around what is between them.
void Spacing::tighten() {
  for (std::size_t k = walk_.size(), d = 0; k-- > 0;) {
    double content = infinity;
    for (; d < by_source_.size() && by_source_[d].from == k; ++d) {
      content = std::min(content, at_[by_source_[d].to] - by_source_[d].distance);
    }
    if (walk_[k].mark == Mark::open) at_[k] = content;
  }
  for (std::size_t k = 0, d = 0; k < walk_.size(); ++k) {
    double content = -infinity;
    for (; d < distances_.size() && distances_[d].to == k; ++d) {
      content = std::max(content, at_[distances_[d].from] + distances_[d].distance);
    }
    if (walk_[k].mark == Mark::close) at_[k] = content;
  }
}

void Spacing::shift(std::uint32_t frame, double by) {
  for (std::uint32_t k = open_[frame]; k <= close_[frame]; ++k) at_[k] += by;
}

std::vector<double> Spacing::centres() const {
  std::vector<double> centres(leaves_.size());
  for (std::uint32_t k = 0; k < centres.size(); ++k) centres[k] = centre(k);
  return centres;
}

}  // namespace wengert::graph::detail
