/// See reduce.hpp.
#include "wengert/graph/drawing/reduce.hpp"

#include <set>
#include <utility>
#include <vector>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/graph/transitive_reduction.hpp>

namespace wengert::graph {

std::size_t reduce_edges(Drawing& drawing) {
  using Boxes = boost::adjacency_list<boost::setS, boost::vecS, boost::directedS>;
  Boxes boxes(drawing.nodes.size());
  for (const DrawnEdge& edge : drawing.edges) {
    if (edge.kind == EdgeKind::operand && edge.from != edge.to) boost::add_edge(edge.from, edge.to, boxes);
  }
  std::vector<std::size_t> order;
  try {
    boost::topological_sort(boxes, std::back_inserter(order));
  } catch (const boost::not_a_dag&) {
    return 0;
  }
  Boxes reduced;
  std::vector<std::size_t> place(drawing.nodes.size());
  std::vector<std::size_t> number(drawing.nodes.size());
  for (std::size_t i = 0; i < number.size(); ++i) number[i] = i;
  boost::transitive_reduction(boxes, reduced, place.data(), number.data());
  const auto stands_for_several = [&](std::uint32_t node) {
    return drawing.nodes[node].role == NodeRole::folded || drawing.nodes[node].copies > 1;
  };
  return std::erase_if(drawing.edges, [&](const DrawnEdge& edge) {
    if (edge.kind != EdgeKind::operand || !edge.label.empty()) return false;
    if (!stands_for_several(edge.from) && !stands_for_several(edge.to)) return false;
    return !boost::edge(place[edge.from], place[edge.to], reduced).second;
  });
}

}  // namespace wengert::graph
