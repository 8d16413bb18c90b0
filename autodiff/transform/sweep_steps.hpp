// The reverse sweep over a graph of primitives, step by step, with the rules that it applies written down as graphs:
// what the theatre's page walks through. It runs the primitives' own rules, one node after the other, and keeps what
// backward() only sums. Not for users; theatre_of (show.hpp) is.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "wengert/autodiff/transform/draw_subject.hpp"
#include "wengert/graph/theatre/theatre.hpp"

namespace wengert::detail {

struct SweepSteps {
  std::vector<graph::TheatreStep> steps;
  std::vector<graph::TheatreRule> rules;
  std::vector<std::optional<Array>> adjoints;  ///< by node: all that arrived; none where the sweep does not come by
};

/// From the subject's root, which has one element and a real dtype, back to the variables. Operands that are constants
/// get nothing. `most_elements`: of figures.
SweepSteps sweep_steps(const Subject& subject, std::size_t most_elements);

/// The elements of a node in its dtype; none where the expansion knows none.
std::optional<Array> elements_of(const Subject& subject, graph::NodeId id);

}  // namespace wengert::detail
