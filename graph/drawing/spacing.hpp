/// Spacing: distances across the flow that must be kept, and coordinates that keep them.
///
/// A *walk* is one order of all leaves with the borders of frames around what lies in them. Whatever follows each other
/// in a rank keeps a distance; since every inequality goes forward in the walk, one pass solves them.
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/graph/drawing/lanes.hpp"

namespace wengert::graph::detail {

inline constexpr double beside_bend = 8;  // points between a line and what it passes

/// What a variable of the inequalities is: a leaf's centre or a frame's border.
enum class Mark : std::uint8_t { open, leaf, close };
struct Event {
  Mark mark;
  std::uint32_t index;  ///< of the leaf or frame
};

class Spacing {
 public:
  Spacing(const Drawing& drawing, const std::vector<Leaf>& leaves, const std::vector<FrameRoom>& room,
          std::uint32_t ranks);

  /// Takes the order. Frames that are not in it have no place.
  void set_walk(std::vector<Event> walk);
  [[nodiscard]] const std::vector<Event>& walk() const { return walk_; }

  /// Moves the leaves to where they want to be, as far as the inequalities allow: the mean of the solutions that one
  /// gets by pushing only forward and only backward. Frames close around what is in them.
  void project(const std::vector<double>& want);

  /// Moves a frame and all in it. The caller knows that nothing is in the way.
  void shift(std::uint32_t frame, double by);

  /// The leaves of each rank, in order.
  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& rows() const { return rows_; }
  /// The variables of a row, as positions in the walk: its leaves, and the borders that lie between them.
  [[nodiscard]] std::vector<std::uint32_t> marks_of(const std::vector<std::uint32_t>& row) const;

  [[nodiscard]] bool has(std::uint32_t frame) const { return open_[frame] != no_frame; }
  [[nodiscard]] double at(std::uint32_t mark) const { return at_[mark]; }
  [[nodiscard]] double centre(std::uint32_t leaf) const { return at_[variable_[leaf]]; }
  [[nodiscard]] double begin(std::uint32_t frame) const { return at_[open_[frame]]; }
  [[nodiscard]] double end(std::uint32_t frame) const { return at_[close_[frame]]; }
  /// Centres of all leaves.
  [[nodiscard]] std::vector<double> centres() const;

 private:
  /// to >= from + distance; from comes before to in the walk.
  struct Distance {
    std::uint32_t from;
    std::uint32_t to;
    double distance;
  };
  [[nodiscard]] double distance(const Event& a, const Event& b) const;
  void tighten();

  const Drawing& drawing_;
  const std::vector<Leaf>& leaves_;
  const std::vector<FrameRoom>& room_;
  std::uint32_t ranks_;
  std::vector<Event> walk_{};
  std::vector<std::uint32_t> variable_{}, open_{}, close_{};  // positions in the walk, of leaves and frames
  std::vector<std::vector<std::uint32_t>> rows_{};
  std::vector<Distance> distances_{}, by_source_{};  // ascending by to; descending by from
  std::vector<double> at_{};                         // of the variables
};

}  // namespace wengert::graph::detail
