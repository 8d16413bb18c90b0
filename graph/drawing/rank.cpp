/// See rank.hpp: the longest path first, then nodes move within what their neighbours allow.
#include "wengert/graph/drawing/rank.hpp"

#include <algorithm>
#include <limits>

#include "wengert/graph/drawing/writing.hpp"

namespace wengert::graph::detail {

namespace {

constexpr std::int32_t tie_weight = 2;  // against 1 of an operand: an adjoint stays beside its primal node
constexpr int most_passes = 8;

/// rank(to) >= rank(from) + length.
struct Constraint {
  std::uint32_t from;
  std::uint32_t to;
  std::int32_t length;
  std::int32_t weight;
};

class Ranker {
 public:
  explicit Ranker(const Drawing& drawing) : drawing_(drawing), rank_(drawing.nodes.size(), 0) {
    incoming_.resize(rank_.size());
    outgoing_.resize(rank_.size());
  }

  std::vector<std::uint32_t> run() {
    for (const DrawnEdge& edge : drawing_.edges) constrain(edge);
    sort();
    for (const std::uint32_t node : order_) rank_[node] = lowest(node);
    for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
      if (!outgoing_[*node].empty()) rank_[*node] = highest(*node);
    }
    for (int pass = 0; pass < most_passes && balance(pass % 2 == 0); ++pass) {
    }
    place_the_free();
    return compressed();
  }

 private:
  void constrain(const DrawnEdge& edge) {
    const std::uint8_t from = drawing_.nodes[edge.from].order;
    const std::uint8_t to = drawing_.nodes[edge.to].order;
    if (edge.from == edge.to) return;
    if (edge.kind == EdgeKind::tie && from < to) add({edge.from, edge.to, 0, tie_weight});
    if (edge.kind == EdgeKind::operand && from == to) {
      add(from % 2 == 0 ? Constraint{edge.from, edge.to, 1, 1} : Constraint{edge.to, edge.from, 1, 1});
    }
  }

  void add(const Constraint& constraint) {
    outgoing_[constraint.from].push_back(constraint);
    incoming_[constraint.to].push_back(constraint);
  }

  /// A topological order. Where folding has made a cycle, the first node that remains goes next, and what would lead
  /// back to it has no say.
  void sort() {
    std::vector<std::size_t> missing(rank_.size());
    std::vector<bool> placed(rank_.size());
    for (std::size_t k = 0; k < rank_.size(); ++k) missing[k] = incoming_[k].size();
    order_.reserve(rank_.size());
    const auto place = [&](std::uint32_t first) {
      placed[first] = true;
      order_.push_back(first);
      for (std::size_t next = order_.size() - 1; next < order_.size(); ++next) {
        const std::uint32_t node = order_[next];
        for (const Constraint& constraint : outgoing_[node]) {
          if (--missing[constraint.to] == 0 && !placed[constraint.to]) {
            placed[constraint.to] = true;
            order_.push_back(constraint.to);
          }
        }
      }
    };
    for (std::uint32_t k = 0; k < rank_.size(); ++k) {
      if (missing[k] == 0 && !placed[k]) place(k);
    }
    for (std::uint32_t k = 0; k < rank_.size(); ++k) {
      if (!placed[k]) place(k);
    }
    std::vector<std::size_t> position(rank_.size());
    for (std::size_t k = 0; k < order_.size(); ++k) position[order_[k]] = k;
    const auto leads_back = [&](const Constraint& c) { return position[c.from] >= position[c.to]; };
    for (std::size_t k = 0; k < rank_.size(); ++k) {
      std::erase_if(incoming_[k], leads_back);
      std::erase_if(outgoing_[k], leads_back);
    }
  }

  [[nodiscard]] std::int32_t lowest(std::uint32_t node) const {
    std::int32_t rank = incoming_[node].empty() ? rank_[node] : std::numeric_limits<std::int32_t>::min();
    for (const Constraint& c : incoming_[node]) rank = std::max(rank, rank_[c.from] + c.length);
    return rank;
  }
  [[nodiscard]] std::int32_t highest(std::uint32_t node) const {
    std::int32_t rank = outgoing_[node].empty() ? rank_[node] : std::numeric_limits<std::int32_t>::max();
    for (const Constraint& c : outgoing_[node]) rank = std::min(rank, rank_[c.to] - c.length);
    return rank;
  }

  /// Moves each node to that end of its range to which more lines pull. Whether one moved.
  bool balance(bool forward) {
    bool moved = false;
    for (std::size_t k = 0; k < order_.size(); ++k) {
      const std::uint32_t node = order_[forward ? k : order_.size() - 1 - k];
      std::int32_t pull = 0;
      for (const Constraint& c : outgoing_[node]) pull += c.weight;
      for (const Constraint& c : incoming_[node]) pull -= c.weight;
      const std::int32_t rank = pull == 0 ? rank_[node] : pull > 0 ? highest(node) : lowest(node);
      moved = moved || rank != rank_[node];
      rank_[node] = rank;
    }
    return moved;
  }

  /// What no constraint holds stands beside the first that it is joined to.
  void place_the_free() {
    const auto is_free = [&](std::uint32_t node) { return incoming_[node].empty() && outgoing_[node].empty(); };
    std::vector<bool> done(rank_.size());
    for (const DrawnEdge& edge : drawing_.edges) {
      for (const auto& [node, other] : {std::pair{edge.from, edge.to}, std::pair{edge.to, edge.from}}) {
        if (done[node] || !is_free(node) || is_free(other)) continue;
        rank_[node] = rank_[other];
        done[node] = true;
      }
    }
  }

  /// Ranks without gaps; each panel starts at 0.
  [[nodiscard]] std::vector<std::uint32_t> compressed() const {
    std::vector<std::uint32_t> panel(rank_.size(), no_frame);
    std::vector<std::uint32_t> outermost(drawing_.frames.size());
    for (std::uint32_t k = 0; k < outermost.size(); ++k) {
      const std::uint32_t parent = drawing_.frames[k].parent;
      outermost[k] = parent == no_frame ? k : outermost[parent];
    }
    std::vector<std::vector<std::int32_t>> used(drawing_.frames.size() + 1);
    for (std::uint32_t k = 0; k < rank_.size(); ++k) {
      const std::uint32_t frame = drawing_.nodes[k].frame;
      panel[k] = static_cast<std::uint32_t>(drawing_.frames.size());
      if (frame != no_frame && drawing_.frames[outermost[frame]].kind == FrameKind::panel) panel[k] = outermost[frame];
      used[panel[k]].push_back(rank_[k]);
    }
    for (auto& ranks : used) {
      std::sort(ranks.begin(), ranks.end());
      ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    }
    std::vector<std::uint32_t> ranks(rank_.size());
    for (std::size_t k = 0; k < rank_.size(); ++k) {
      const auto& all = used[panel[k]];
      ranks[k] = static_cast<std::uint32_t>(std::lower_bound(all.begin(), all.end(), rank_[k]) - all.begin());
    }
    return ranks;
  }

  const Drawing& drawing_;
  std::vector<std::int32_t> rank_;
  std::vector<std::vector<Constraint>> incoming_;
  std::vector<std::vector<Constraint>> outgoing_;
  std::vector<std::uint32_t> order_;
};

}  // namespace

std::vector<std::uint32_t> ranks_of(const Drawing& drawing) { return Ranker(drawing).run(); }

}  // namespace wengert::graph::detail
