/// See lanes.hpp. Reading order: Placer::run, the order of all leaves, what leaves want, the result.
#include "wengert/graph/drawing/lanes.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "wengert/graph/drawing/spacing.hpp"

namespace wengert::graph::detail {

namespace {

constexpr double between_panels = 18;
constexpr double gravity = 0.02;  // towards the middle, against 1 towards neighbours
constexpr double clearance = 4;   // of a line from what it passes

constexpr int order_sweeps = 14;
constexpr int place_sweeps = 30;
constexpr double infinity = std::numeric_limits<double>::infinity();

class Placer {
 public:
  Placer(const Drawing& drawing, const std::vector<Leaf>& leaves, const std::vector<Link>& links,
         const std::vector<FrameRoom>& room, std::uint32_t ranks)
      : drawing_(drawing),
        leaves_(leaves),
        links_(links),
        ranks_(ranks),
        root_(static_cast<std::uint32_t>(drawing.frames.size())),
        spacing_(drawing, leaves_, room, ranks) {
    add_fillers();
    make_tree();
    make_links();
    at_.assign(leaves_.size(), 0);
    key_ = at_;
  }

  Lanes run(std::size_t real_leaves) {
    walk();
    place(key_);
    std::vector<Event> best = spacing_.walk();
    std::size_t fewest = crossings();
    for (int sweep = 0; sweep < order_sweeps && fewest != 0; ++sweep) {
      key_ = at_;
      for (std::uint32_t k = 0; k < ranks_; ++k) sweep_rank(sweep % 2 == 0 ? k : ranks_ - 1 - k, sweep % 2 == 0);
      sort_tree();
      walk();
      place(key_);
      if (const std::size_t count = crossings(); count < fewest) {
        fewest = count;
        best = spacing_.walk();
      }
    }
    spacing_.set_walk(std::move(best));
    place(at_);
    for (int sweep = 0; sweep < place_sweeps; ++sweep) {
      key_ = at_;
      double middle = 0;
      for (const double at : at_) middle += at / static_cast<double>(at_.size());
      for (std::uint32_t k = 0; k < ranks_; ++k) pull_rank(sweep % 2 == 0 ? k : ranks_ - 1 - k, middle);
      place(key_);
    }
    close_panels();
    return result(real_leaves);
  }

 private:
  void place(const std::vector<double>& want) {
    spacing_.project(want);
    at_ = spacing_.centres();
  }

  /// A filler wherever a frame is open and holds nothing. Frames without a node are left out.
  void add_fillers() {
    const std::size_t frames = drawing_.frames.size();
    first_.assign(frames, ranks_);
    last_.assign(frames, 0);
    for (const Leaf& leaf : leaves_) {
      for (std::uint32_t f = leaf.frame; f != no_frame; f = drawing_.frames[f].parent) {
        first_[f] = std::min(first_[f], leaf.rank);
        last_[f] = std::max(last_[f], leaf.rank);
      }
    }
    std::vector<std::vector<bool>> held(frames);
    for (std::uint32_t f = 0; f < frames; ++f) held[f].resize(ranks_);
    for (const Leaf& leaf : leaves_) {
      for (std::uint32_t f = leaf.frame; f != no_frame && !held[f][leaf.rank]; f = drawing_.frames[f].parent) {
        held[f][leaf.rank] = true;
      }
    }
    for (std::uint32_t f = root_; f-- > 0;) {
      for (std::uint32_t rank = first_[f]; rank <= last_[f] && first_[f] < ranks_; ++rank) {
        if (held[f][rank]) continue;
        leaves_.push_back({LeafKind::filler, rank, f, drawing_.frames[f].order, 0});
        for (std::uint32_t g = f; g != no_frame && !held[g][rank]; g = drawing_.frames[g].parent) held[g][rank] = true;
      }
    }
  }

  // ---- the order of all leaves

  [[nodiscard]] std::uint32_t item_of_frame(std::uint32_t f) const {
    return static_cast<std::uint32_t>(leaves_.size()) + f;
  }
  [[nodiscard]] bool is_frame(std::uint32_t item) const { return item >= leaves_.size(); }
  [[nodiscard]] std::uint32_t frame_of(std::uint32_t item) const {
    return item - static_cast<std::uint32_t>(leaves_.size());
  }

  void make_tree() {
    children_.resize(root_ + 1);
    const auto slot = [&](std::uint32_t frame) { return frame == no_frame ? root_ : frame; };
    for (std::uint32_t k = 0; k < leaves_.size(); ++k) children_[slot(leaves_[k].frame)].push_back(k);
    for (std::uint32_t f = 0; f < root_; ++f) {
      if (first_[f] < ranks_) children_[slot(drawing_.frames[f].parent)].push_back(item_of_frame(f));
    }
    place_.resize(leaves_.size() + root_);
    for (std::uint32_t k = 0; k < place_.size(); ++k) place_[k] = k;
    frame_key_.assign(root_, 0);
    sort_tree();
  }

  [[nodiscard]] std::int32_t band(std::uint32_t item) const {
    if (!is_frame(item)) return leaves_[item].band;
    const DrawnFrame& frame = drawing_.frames[frame_of(item)];
    return frame.kind == FrameKind::panel ? static_cast<std::int32_t>(frame_of(item)) : frame.order;
  }
  [[nodiscard]] double key(std::uint32_t item) const {
    return is_frame(item) ? frame_key_[frame_of(item)] : key_.empty() ? 0 : key_[item];
  }

  /// Sorts what lies in each frame by band and key; the key of a frame is the mean of the keys in it.
  void sort_tree() {
    std::vector<double> count(root_, 0);
    std::fill(frame_key_.begin(), frame_key_.end(), 0.0);
    for (std::uint32_t k = 0; k < leaves_.size(); ++k) {
      for (std::uint32_t f = leaves_[k].frame; f != no_frame; f = drawing_.frames[f].parent) {
        frame_key_[f] += key(k);
        count[f] += 1;
      }
    }
    for (std::uint32_t f = 0; f < root_; ++f) frame_key_[f] /= std::max(1.0, count[f]);
    for (auto& items : children_) {
      std::sort(items.begin(), items.end(), [&](std::uint32_t a, std::uint32_t b) {
        if (band(a) != band(b)) return band(a) < band(b);
        if (key(a) != key(b)) return key(a) < key(b);
        return place_[a] < place_[b];
      });
    }
  }

  /// The order that the tree stands for.
  void walk() {
    std::vector<Event> events;
    std::vector<std::pair<std::uint32_t, std::size_t>> steps{{root_, 0}};
    while (!steps.empty()) {
      auto& [frame, next] = steps.back();
      if (next == children_[frame].size()) {
        if (frame != root_) events.push_back({Mark::close, frame});
        steps.pop_back();
        continue;
      }
      const std::uint32_t item = children_[frame][next++];
      place_[item] = static_cast<std::uint32_t>(events.size());
      if (is_frame(item)) {
        events.push_back({Mark::open, frame_of(item)});
        steps.emplace_back(frame_of(item), 0);
      } else {
        events.push_back({Mark::leaf, item});
      }
    }
    spacing_.set_walk(std::move(events));
  }

  // ---- what leaves want

  void make_links() {
    before_.resize(leaves_.size());
    after_.resize(leaves_.size());
    for (const Link& link : links_) {
      after_[link.before].emplace_back(link.after, link.weight);
      before_[link.after].emplace_back(link.before, link.weight);
    }
  }

  /// Gives the leaves of a rank the mean of their neighbours in the rank before (after), then spreads them out.
  void sweep_rank(std::uint32_t rank, bool ascending) {
    std::vector<std::uint32_t> row = spacing_.rows()[rank];
    for (const std::uint32_t leaf : row) {
      double sum = 0;
      double weight = 0;
      for (const auto& [other, w] : ascending ? before_[leaf] : after_[leaf]) {
        sum += w * key_[other];
        weight += w;
      }
      if (weight > 0) key_[leaf] = sum / weight;
    }
    std::sort(row.begin(), row.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (leaves_[a].band != leaves_[b].band) return leaves_[a].band < leaves_[b].band;
      if (key_[a] != key_[b]) return key_[a] < key_[b];
      return place_[a] < place_[b];
    });
    const auto gap = [&](std::size_t k) { return leaves_[row[k - 1]].half + leaves_[row[k]].half + beside_bend; };
    std::vector<double> down(row.size());
    for (std::size_t k = 0; k < row.size(); ++k) {
      down[k] = key_[row[k]];
      if (k != 0) down[k] = std::max(down[k], down[k - 1] + gap(k));
    }
    double next = infinity;
    for (std::size_t k = row.size(); k-- > 0;) {
      const double up = std::min(key_[row[k]], next);
      if (k != 0) next = up - gap(k);
      key_[row[k]] = (up + down[k]) / 2;
    }
  }

  /// Gives the leaves of a rank the mean of all their neighbours.
  void pull_rank(std::uint32_t rank, double middle) {
    for (const std::uint32_t leaf : spacing_.rows()[rank]) {
      if (leaves_[leaf].kind == LeafKind::filler) {
        const std::uint32_t frame = leaves_[leaf].frame;
        key_[leaf] = (spacing_.begin(frame) + spacing_.end(frame)) / 2;
        continue;
      }
      double sum = 0;
      double weight = 0;
      for (const auto* neighbours : {&before_[leaf], &after_[leaf]}) {
        for (const auto& [other, w] : *neighbours) {
          sum += w * key_[other];
          weight += w;
        }
      }
      // What is joined to nothing, and whole parts, move towards the middle.
      const double wanted = weight > 0 ? sum / weight : middle;
      key_[leaf] = wanted + gravity * (middle - wanted);
    }
  }

  /// Pushes panels together; they are joined by nothing.
  void close_panels() {
    double end = -infinity;
    for (const std::uint32_t item : children_[root_]) {
      if (!is_frame(item) || drawing_.frames[frame_of(item)].kind != FrameKind::panel) return;
    }
    for (const std::uint32_t item : children_[root_]) {
      const std::uint32_t panel = frame_of(item);
      const double shift = end == -infinity ? 0 : end + between_panels - spacing_.begin(panel);
      spacing_.shift(panel, shift);
      end = spacing_.end(panel);
    }
  }

  /// Pairs of links that cross.
  [[nodiscard]] std::size_t crossings() const {
    std::vector<std::uint32_t> position(leaves_.size());
    for (const auto& row : spacing_.rows()) {
      for (std::uint32_t k = 0; k < row.size(); ++k) position[row[k]] = k;
    }
    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> gaps(ranks_);
    for (const Link& link : links_) {
      gaps[leaves_[link.before].rank].emplace_back(position[link.before], position[link.after]);
    }
    std::size_t count = 0;
    std::vector<std::size_t> tree;  // Fenwick's, of the ends seen so far
    for (auto& gap : gaps) {
      std::sort(gap.begin(), gap.end());
      std::size_t most = 0;
      for (const auto& [from, to] : gap) most = std::max<std::size_t>(most, to + 1);
      tree.assign(most + 1, 0);
      for (std::size_t seen = 0; seen < gap.size(); ++seen) {
        const std::size_t to = gap[seen].second + 1;
        std::size_t below = 0;
        for (std::size_t k = to; k > 0; k -= k & (~k + 1)) below += tree[k];
        count += seen - below;
        for (std::size_t k = to; k < tree.size(); k += k & (~k + 1)) ++tree[k];
      }
    }
    return count;
  }

  [[nodiscard]] Lanes result(std::size_t real_leaves) const {
    Lanes lanes;
    lanes.low.assign(leaves_.size(), -infinity);
    lanes.high.assign(leaves_.size(), infinity);
    for (const auto& row : spacing_.rows()) {
      const std::vector<std::uint32_t> marks = spacing_.marks_of(row);
      // Moves `edge` to the far side of what stands at the mark, if a line must not pass it.
      const auto pass = [&](std::uint32_t mark, double sign, double& edge) {
        const auto& [kind, index] = spacing_.walk()[mark];
        if (kind == Mark::leaf && leaves_[index].kind != LeafKind::node) return;
        edge = spacing_.at(mark) + sign * ((kind == Mark::leaf ? leaves_[index].half : 0) + clearance);
      };
      const auto limit = [&](std::uint32_t mark, std::vector<double>& limits, double edge) {
        const auto& [kind, index] = spacing_.walk()[mark];
        if (kind == Mark::leaf) limits[index] = edge;
      };
      double edge = -infinity;
      for (const std::uint32_t mark : marks) {
        limit(mark, lanes.low, edge);
        pass(mark, 1, edge);
      }
      edge = infinity;
      for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
        limit(*mark, lanes.high, edge);
        pass(*mark, -1, edge);
      }
      lanes.rows.emplace_back();
      std::copy_if(row.begin(), row.end(), std::back_inserter(lanes.rows.back()),
                   [&](std::uint32_t leaf) { return leaf < real_leaves; });
    }
    lanes.at = spacing_.centres();
    lanes.at.resize(real_leaves);
    lanes.low.resize(real_leaves);
    lanes.high.resize(real_leaves);
    for (std::uint32_t f = 0; f < root_; ++f) {
      lanes.frame_begin.push_back(spacing_.has(f) ? spacing_.begin(f) : 0);
      lanes.frame_end.push_back(spacing_.has(f) ? spacing_.end(f) : 0);
    }
    return lanes;
  }

  const Drawing& drawing_;
  std::vector<Leaf> leaves_;
  const std::vector<Link>& links_;
  std::uint32_t ranks_;
  std::uint32_t root_ = 0;
  std::vector<std::uint32_t> first_, last_;           // ranks of frames
  std::vector<std::vector<std::uint32_t>> children_;  // items of each frame: leaves, then frames
  std::vector<std::uint32_t> place_;                  // of items in the last walk
  std::vector<double> frame_key_;
  std::vector<std::vector<std::pair<std::uint32_t, double>>> before_, after_;  // neighbours of leaves
  Spacing spacing_;
  std::vector<double> at_, key_;  // of leaves: where they are, where they want to be
};

}  // namespace

Lanes lanes_of(const Drawing& drawing, const std::vector<Leaf>& leaves, const std::vector<Link>& links,
               const std::vector<FrameRoom>& room, std::uint32_t ranks) {
  return Placer(drawing, leaves, links, room, ranks).run(leaves.size());
}

}  // namespace wengert::graph::detail
