// Patterns: small expressions as text, `log(add(1, exp(x)))`, that are looked for in a graph and put into it.
//
//     name(…)        a primitive; where it is commutative, its operands in either order
//     name[a](…)     the same; its attribute is called a, and equal wherever a stands
//     x              any node, the same wherever x stands
//     2.5            a constant all elements of which are that number, or what repeats one
//     sq(x)          x·x, square(x), or x to the power of the constant 2
//     over[a](s)     s, which lacks the axes a, repeated along them
//
// The last two are for what is looked for only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::passes {

struct Term {
  enum class Kind : std::uint8_t { operation, node, number, square, over };
  static constexpr std::size_t no_attribute = ~std::size_t{0};

  Kind kind = Kind::node;
  Known operation = Known::other;        ///< of an operation
  std::size_t index = 0;                 ///< of a node: which
  std::size_t attribute = no_attribute;  ///< of an operation or `over`: which
  double number = 0;
  std::vector<Term> operands;
};

/// Letters of one rule, in the order in which they are met.
struct Letters {
  std::vector<std::string_view> nodes, attributes;
};

/// Throws InternalError for text that is none.
[[nodiscard]] Term parse_term(std::string_view text, Letters& letters);

/// What the letters of a rule stand for.
struct Bindings {
  std::array<graph::NodeId, 4> nodes{graph::no_node, graph::no_node, graph::no_node, graph::no_node};
  std::array<std::optional<graph::Attribute>, 2> attributes;
};

/// An operation applied to nodes of the graph that is being made, not in it yet.
struct Application {
  graph::OperationId operation{};
  std::span<const graph::NodeId> operands;
  const graph::Attribute& attribute;
};

/// Whether the application is what the term says. The bindings mean nothing if it is not.
[[nodiscard]] bool matches(const Term& term, const Application& root, const Rebuild& rebuild, Bindings& bindings);

}  // namespace wengert::passes
