/// verify: the executable specification of a Graph. Tests run it after whatever makes or changes one.
///
/// The rules, in the order in which they are checked:
///
/// | rule             | what holds                                                                                  |
/// | ---              | ---                                                                                         |
/// | operation        | the operation id is in the process-wide table                                               |
/// | type index       | the type index is in the graph's table, whose entries are distinct                          |
/// | encoding         | an inline list has no gap; a wide node's block lies in the pool and has three operands or more
/// | | order            | every operand is a node with a smaller id                                                   |
/// | arity            | the number of operands is the operation's                                                   |
/// | attribute        | the attribute index is in the graph's table, and its kind is one that the operation takes   |
/// | type             | the type is what the operation's type rule gives                                            |
/// | variables        | the list of variables is exactly the variable nodes, ascending                              |
/// | outputs          | every output is a node                                                                      |
/// | scopes           | scope 0 is the root; a parent has a smaller id than its child                               |
/// | side tables      | keys are nodes, ascending, and values lie in the tables that they index                     |
/// | ties             | both ends are nodes, the operand exists, the list is sorted and names no tie twice          |
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// A rule that does not hold.
struct Violation {
  std::string rule;       ///< a name from the table above
  NodeId node = no_node;  ///< where; no_node when it is about no single node
  std::string text;       ///< what is wrong, in words
};

/// Every violation, up to `most` of them. A node whose encoding is broken is not examined further.
[[nodiscard]] std::vector<Violation> violations(const Graph& graph, std::size_t most = 100);

/// Throws InternalError with the first violation: "verify: node 3 (mul) breaks the rule 'order': ...".
void verify(const Graph& graph);

}  // namespace wengert::graph
