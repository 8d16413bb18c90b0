/// Function: what a node does when that is known to the program only, not to the table of operations.
///
/// A checkpointed part, a loop with a body of its own, a derivative that the user wrote: an operation applies it, and
/// the node holds it as its attribute. The graph layer needs its name and its type rule; what it computes is the
/// business of the layer that made it.
#pragma once

#include <span>
#include <string>

#include "wengert/graph/types.hpp"

namespace wengert::graph {

/// Immutable once made; shared by the nodes that apply it. Two are the same only if they are one object.
class Function {
 public:
  virtual ~Function();
  /// For drawings, texts and messages. Any bytes.
  [[nodiscard]] virtual std::string name() const = 0;
  /// The type of the result. Throws ShapeError, DtypeError or ArgumentError, without a location, for operands that do
  /// not fit.
  [[nodiscard]] virtual Type type(std::span<const Type> operands) const = 0;

 protected:
  Function() = default;
  Function(const Function&) = default;
  Function& operator=(const Function&) = default;
};

}  // namespace wengert::graph
