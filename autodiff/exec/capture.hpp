// capture: what a program is made of. From a recording, the graph of what its outputs depend on: inputs are variables,
// what no input has a part in is a constant, and the guards of the recording are nodes like any other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/guards.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::exec {

/// A guard whose sides depend on an input.
struct CapturedGuard {
  GuardInfo info{};
  std::array<graph::NodeId, 2> side{graph::no_node, graph::no_node};  ///< of Captured::graph
  double (*compare)(const double* x) = nullptr;
};

struct Captured {
  /// Its variables are the inputs, in their order, used or not. Its outputs are those asked for, and behind them, if
  /// there are guards, one truth value: some guard decides otherwise than it was recorded.
  graph::Graph graph{};
  std::size_t outputs = 0;  ///< without that of the guards
  std::vector<CapturedGuard> guards{};
  std::vector<std::pair<graph::NodeId, const void*>> lines{};  ///< of tensor operations: where they stand (location_of)
};

/// `operation` is named in errors. Throws StaleHandle, ForeignRecording; ArgumentError for an input that is a constant,
/// computed, or there twice.
[[nodiscard]] Captured capture(const Recording& recording, std::span<const detail::AnyHandle> inputs,
                               std::span<const detail::AnyHandle> outputs, std::string_view operation,
                               std::source_location where);

}  // namespace wengert::exec
