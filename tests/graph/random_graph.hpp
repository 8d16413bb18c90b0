/// Random graphs that use every feature of a graph.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sample_operations.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::graph {

/// Scalars, stacks of scalars and their sums; no names, scopes, locations or ties.
inline void add_random_nodes(GraphBuilder& builder, std::mt19937& random, std::size_t nodes) {
  std::vector<NodeId> scalars{builder.variable({}), builder.variable({})};
  const auto pick = [&] { return scalars[random() % scalars.size()]; };
  while (builder.size() < nodes) {
    switch (random() % 5) {
      case 0:
        scalars.push_back(builder.add(sample::sin, {pick()}));
        break;
      case 1: {
        const NodeId a = pick();
        scalars.push_back(builder.add(sample::mul, {a, pick()}));
        break;
      }
      case 2: {
        std::vector<NodeId> operands(3 + random() % 4);
        for (NodeId& operand : operands) operand = pick();
        const NodeId stacked = builder.add(sample::stack, operands);
        scalars.push_back(builder.add(sample::sum, {stacked}, Attribute{std::vector<std::int64_t>{0}}));
        break;
      }
      case 3:
        scalars.push_back(builder.add(sample::power, {pick()}, Attribute{std::int64_t{3}}));
        break;
      default:
        scalars.push_back(builder.constant(static_cast<double>(random() % 100) / 8));
        break;
    }
  }
}

inline Graph random_graph(unsigned seed, std::size_t nodes) {
  std::mt19937 random(seed);
  GraphBuilder builder;
  add_random_nodes(builder, random, nodes);
  return std::move(builder).build();
}

/// The same with names, scopes, locations, ties and outputs.
inline Graph random_decorated_graph(unsigned seed, std::size_t nodes) {
  std::mt19937 random(seed);
  GraphBuilder builder;
  std::size_t scopes = 1;
  for (; scopes < 2 + random() % 6; ++scopes) {
    builder.add_scope(static_cast<ScopeId>(random() % scopes), "scope " + std::to_string(scopes));
  }
  add_random_nodes(builder, random, nodes);
  builder.constant(Array::from({1.5, -2.5, 1e-300}, Shape{3}));
  builder.constant(Array::uniform({Dtype::f32, Shape{2, 3}}, 0.5));
  const auto any = [&] { return static_cast<NodeId>(random() % builder.size()); };
  for (NodeId id = 0; id < builder.size(); ++id) {
    if (random() % 4 == 0) builder.set_name(id, "n" + std::to_string(random() % 50));
    if (random() % 2 == 0) builder.set_scope(id, static_cast<ScopeId>(random() % scopes));
    if (random() % 3 == 0) {
      builder.set_location(id, Location{"file" + std::to_string(random() % 3) + ".cpp",
                                        static_cast<std::uint32_t>(random() % 100), random() % 2 == 0 ? "f" : ""});
    }
    if (random() % 5 == 0) {
      const NodeId primal = any();
      builder.add_adjoint_link(id, primal);
      const std::size_t width = builder.operands(primal).size();
      if (width != 0) builder.add_adjoint_link(id, primal, static_cast<std::int32_t>(random() % width));
    }
  }
  for (int i = 0; i < 3; ++i) builder.output(any());
  return std::move(builder).build();
}

}  // namespace wengert::graph
