/// Repetitions: where a sequence of things does the same several times in a row, also inside each other.
///
///     load mul add | load mul add | load mul add      is      (load mul add) × 3
///
/// A loop of the user's, the layers of a network, the steps of a recurrence: in a recording they stand one after
/// another. A drawing shows the first of them in a frame that says how often.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wengert::graph {

/// Things in the order in which they were made, and which of them each needs.
struct Sequence {
  std::vector<std::uint64_t> kinds{};  ///< things of one kind may be repetitions of each other
  /// The scope that each thing stands in, numbered as they were opened; empty: one. Where one time stands in a scope of
  /// its own, so do all; and a repetition begins with a scope by preference.
  std::vector<std::uint32_t> scopes{};
  std::vector<std::uint32_t> starts{0};   ///< operands of thing i: operands[starts[i]] .. operands[starts[i + 1] - 1]
  std::vector<std::uint32_t> operands{};  ///< positions in the sequence; what lies outside it is `outside`
  static constexpr std::uint32_t outside = 0xFFFFFFFFU;

  [[nodiscard]] std::size_t size() const noexcept { return kinds.size(); }
};

/// Things [first, first + period · times): `times` times the same `period` things.
struct Repetition {
  std::uint32_t parent = 0;  ///< the repetition whose first time it stands in, as a position; none: no_repetition
  std::uint32_t first = 0;
  std::uint32_t period = 0;
  std::uint32_t times = 0;
};
inline constexpr std::uint32_t no_repetition = 0xFFFFFFFFU;

struct Repetitions {
  std::vector<Repetition> all{};         ///< a parent before what it holds; none overlap otherwise
  std::vector<std::uint32_t> same_as{};  ///< for each thing the one that is drawn for it: its own in the first time
  std::vector<std::uint32_t> inside{};   ///< for each thing that is drawn, the innermost repetition around it
};

/// Finds repetitions of 3 times or more (2 or more when they are long), short ones first, then those made of them.
///
/// Two times are the same when the kinds are, and what each thing needs of the same time, or of the time before, lies
/// at the same place there; what it needs from outside the repetition is free. So a frame "× 12" never hides a
/// connection that the drawn time does not have too. Not every repetition is found: of two that overlap, the one of the
/// shorter period wins. Time: about 100 passes over the kinds.
[[nodiscard]] Repetitions find_repetitions(const Sequence& sequence);

}  // namespace wengert::graph
