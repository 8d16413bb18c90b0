/// Counting sort of the edges by operand; see uses.hpp.
#include "wengert/graph/uses.hpp"

#include "wengert/graph/error.hpp"

namespace wengert::graph {

UseIndex::UseIndex(const Graph& graph) : starts_(graph.size() + 1, 0) {
  std::uint64_t edges = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto operands = graph.operands(id);
    edges += operands.size();
    for (const NodeId operand : operands) {
      ++starts_[operand];
    }
  }
  if (edges > 0xFFFFFFFFU) {
    throw CapacityError{{.operation = "UseIndex",
                         .problem = "the graph has " + std::to_string(edges) + " edges",
                         .expected = "at most 4294967295"}};
  }
  // Exclusive prefix sums; then each entry moves up by its count while its row is filled, and ends as the start of
  // the next row, which shifting by one puts right.
  std::uint32_t next = 0;
  for (std::uint32_t& start : starts_) {
    const std::uint32_t count = start;
    start = next;
    next += count;
  }
  uses_.resize(static_cast<std::size_t>(edges));
  for (NodeId id = 0; id < graph.size(); ++id) {
    std::uint32_t position = 0;
    for (const NodeId operand : graph.operands(id)) {
      uses_[starts_[operand]++] = {id, position++};
    }
  }
  for (std::size_t i = graph.size(); i > 0; --i) {
    starts_[i] = starts_[i - 1];
  }
  starts_[0] = 0;
}

}  // namespace wengert::graph
