// simplify: computes the same to the bit, with fewer nodes.
#include "wengert/autodiff/transform/simplify.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

namespace {

using namespace wengert;
using graph::Graph;
using graph::GraphBuilder;
using graph::NodeId;
using graph::OperationId;

OperationId operation(const char* name) {
  register_primitives();
  OperationId id{};
  BOOST_TEST_REQUIRE(graph::find_operation(name, &id) != nullptr);
  return id;
}

/// The values of all nodes of a graph of scalars.
std::vector<double> evaluate(const Graph& g, const std::vector<double>& variables) {
  std::vector<double> values(g.size());
  std::size_t next = 0;
  for (NodeId id = 0; id < g.size(); ++id) {
    if (g.operation_id(id) == graph::variable_operation) {
      values[id] = variables[next++];
    } else if (g.operation_id(id) == graph::constant_operation) {
      values[id] = std::get<double>(g.attribute(id));
    } else {
      std::array<double, 3> x{};
      for (std::size_t k = 0; k < g.operands(id).size(); ++k) x[k] = values[g.operands(id)[k]];
      values[id] = static_cast<const Primitive&>(g.operation(id)).value(x.data());
    }
  }
  return values;
}

bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

using Operations = std::vector<std::pair<const char*, int>>;

/// A graph full of what there are rules for.
Graph random_graph(std::mt19937& random, const Operations& operations) {
  GraphBuilder builder;
  std::vector<NodeId> nodes;
  for (int k = 0; k < 3; ++k) nodes.push_back(builder.variable(Type{}, "x" + std::to_string(k)));
  const std::array numbers{0.0, 1.0, -1.0, 2.0, -0.0, 0.5};
  for (const double number : numbers) nodes.push_back(builder.constant(number));
  const NodeId one = nodes[4], two = nodes[6];
  while (nodes.size() < 60) {
    const auto& [name, arity] = operations[random() % operations.size()];
    std::vector<NodeId> operands{nodes[random() % nodes.size()]};
    if (std::string(name) == "integer_pow") {
      operands.push_back(random() % 2 == 0 ? one : two);
    } else if (arity == 2) {
      operands.push_back(nodes[random() % nodes.size()]);
    }
    nodes.push_back(builder.add(operation(name), operands));
    if (random() % 6 == 0) builder.set_name(nodes.back(), "n" + std::to_string(nodes.size()));
  }
  for (int k = 0; k < 4; ++k) builder.output(nodes[nodes.size() - 1 - random() % 20]);
  return std::move(builder).build();
}

/// The simplified f(x, y) as text, without the lines of variables.
template <class F>
std::string simplified(const F& f) {
  GraphBuilder builder;
  const NodeId x = builder.variable(Type{}, "x"), y = builder.variable(Type{}, "y");
  builder.output(f(builder, x, y));
  const std::string text = graph::to_text(simplify(std::move(builder).build()).graph, {.locations = false});
  return text.substr(text.find("\"y\"\n") + 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(simplification)

BOOST_AUTO_TEST_CASE(each_rule_does_what_it_says) {
  const auto two = [](const char* name, auto left, auto right) {
    return simplified([&](GraphBuilder& b, NodeId x, NodeId y) {
      const std::array<NodeId, 2> operands{left(b, x, y), right(b, x, y)};
      return b.add(operation(name), operands);
    });
  };
  const auto x = [](GraphBuilder&, NodeId a, NodeId) { return a; };
  const auto y = [](GraphBuilder&, NodeId, NodeId a) { return a; };
  const auto number = [](double value) {
    return [value](GraphBuilder& b, NodeId, NodeId) { return b.constant(value); };
  };
  const auto minus = [](auto of) {
    return [of](GraphBuilder& b, NodeId p, NodeId q) { return b.add(operation("neg"), {of(b, p, q)}); };
  };
  const std::string is_x = "output %0\n";
  for (const char* product : {"mul", "scale"}) {
    BOOST_TEST(two(product, x, number(1)) == is_x);
    BOOST_TEST(two(product, number(1), x) == is_x);
    BOOST_TEST(two(product, number(-1), x) == "%2 = neg %0 : f64\noutput %2\n");
    BOOST_TEST(two(product, minus(x), minus(y)) == "%2 = " + std::string(product) + " %0, %1 : f64\noutput %2\n");
  }
  BOOST_TEST(two("scale", number(0), x) == "%2 = constant 0.0 : f64\noutput %2\n");
  BOOST_TEST(two("mul", number(0), x) == "%2 = constant 0.0 : f64\n%3 = mul %2, %0 : f64\noutput %3\n");  // 0 · ∞
  BOOST_TEST(two("div", x, number(1)) == is_x);
  BOOST_TEST(two("div", x, number(-1)) == "%2 = neg %0 : f64\noutput %2\n");
  BOOST_TEST(two("integer_pow", x, number(1)) == is_x);
  BOOST_TEST(two("pow", x, number(1)) == is_x);
  BOOST_TEST(two("add", x, number(-0.0)) == is_x);
  BOOST_TEST(two("add", x, number(0)) == "%2 = constant 0.0 : f64\n%3 = add %0, %2 : f64\noutput %3\n");  // −0 + 0 is 0
  BOOST_TEST(two("sub", x, number(0)) == is_x);
  BOOST_TEST(two("add", x, minus(y)) == "%2 = sub %0, %1 : f64\noutput %2\n");
  BOOST_TEST(two("add", minus(x), y) == "%2 = sub %1, %0 : f64\noutput %2\n");
  BOOST_TEST(two("sub", x, minus(y)) == "%2 = add %0, %1 : f64\noutput %2\n");
  BOOST_TEST(two("add", number(2), number(0.5)) == "%2 = constant 2.5 : f64\noutput %2\n");
  BOOST_TEST(two("sub", x, x) == "%2 = sub %0, %0 : f64\noutput %2\n");  // ∞ − ∞ is NaN
  BOOST_TEST(simplified([](GraphBuilder& b, NodeId p, NodeId) {
               return b.add(operation("neg"), {b.add(operation("neg"), {p})});
             }) == is_x);
  BOOST_TEST(simplified([](GraphBuilder& b, NodeId p, NodeId q) {
               const NodeId c = b.add(operation("less"), {p, q});
               return b.add(operation("where"), {c, p, p});
             }) == is_x);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_square_is_one_node) {
  Recording r({.locations = false});
  const Scalar x = r.variable(3.0, "x");
  const Scalar f = pow(x, 2);
  const Expansion before = expand(r, {gradient(f, x)});
  const Expansion after = simplify(before);
  BOOST_TEST(graph::to_text(after.graph) ==
             "wengert-graph 1\n%0 = variable : f64 name \"x\"\n%1 = constant 2.0 : f64\n%2 = mul %1, %0 : f64 adjoint "
             "%0\noutput %2\n");
  BOOST_TEST(after.values[2] == 6.0);
  BOOST_TEST(after.node(x) == 0U);
}

/// Simplifies random graphs of these operations and compares every node at random points.
void check_random_graphs(const Operations& operations, bool (*same)(double, double), double at_most) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values{0.0, -0.0, 1.0, -1.0, 0.7, -2.5, 1e300, infinity, -infinity, std::nan("")};
  std::mt19937 random(11);
  std::size_t before = 0, after = 0;
  for (int round = 0; round < 400; ++round) {
    const Graph g = random_graph(random, operations);
    const Simplified s = simplify(g);
    graph::verify(s.graph);
    before += g.size();
    after += s.graph.size();
    BOOST_TEST_REQUIRE(s.graph.outputs().size() == g.outputs().size());
    if (const Graph twice = simplify(s.graph).graph; !identical(twice, s.graph)) {
      BOOST_FAIL("a second time changes\n" << graph::to_text(s.graph) << "to\n" << graph::to_text(twice));
    }
    for (int point = 0; point < 20; ++point) {
      const std::vector<double> x{values[random() % values.size()], values[random() % values.size()],
                                  values[random() % values.size()]};
      const std::vector<double> was = evaluate(g, x), is = evaluate(s.graph, x);
      for (NodeId id = 0; id < g.size(); ++id) {
        if (s.node_of[id] == graph::no_node) continue;
        // A message is written out whether it is needed or not.
        if (same(was[id], is[s.node_of[id]])) continue;
        BOOST_FAIL("node " << id << " was " << was[id] << ", is " << is[s.node_of[id]] << "\n" << graph::to_text(g));
      }
    }
  }
  BOOST_TEST(static_cast<double>(after) < at_most * static_cast<double>(before));
}

BOOST_AUTO_TEST_CASE(random_graphs_compute_the_same_to_the_bit) {
  check_random_graphs(
      {{"add", 2}, {"sub", 2}, {"mul", 2}, {"div", 2}, {"neg", 1}, {"sin", 1}, {"exp", 1}, {"integer_pow", 2}},
      same_bits, 0.6);
}

BOOST_AUTO_TEST_CASE(products_of_gradients_compute_the_same_but_for_the_sign_of_a_zero) {
  check_random_graphs(
      {{"scale", 2}, {"add", 2}, {"sub", 2}, {"neg", 1}},
      [](double a, double b) { return (a == 0 && b == 0) || same_bits(a, b); }, 0.6);
}

BOOST_AUTO_TEST_CASE(names_scopes_lines_ties_and_handles_stay) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  Scalar y;
  {
    const auto scope = r.scope("inner");
    y = sin(x) * 1.0 - 0.0;
    r.name(y, "y");
  }
  const Scalar z = y * x;
  const Expansion e = expand(r, {z, gradient(z, x)});
  const Expansion s = simplify(e);
  const NodeId node = s.node(y);
  BOOST_TEST(s.graph.operation(node).name == "sin");
  BOOST_TEST(s.graph.name(node) == "y");
  BOOST_TEST(s.graph.scope_record(s.graph.scope(node)).name == "inner");
  BOOST_TEST(!s.graph.location(node).empty());
  BOOST_TEST(!s.graph.all_adjoint_links().empty());
  BOOST_TEST(s.values[s.node(z)] == z.value());
}

BOOST_AUTO_TEST_SUITE_END()
