/// Graph and GraphBuilder: nodes, side tables, merging, refusals.
#include "wengert/graph/graph.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "sample_operations.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/verify.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

/// What `f` throws as text, less the place.
template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    ErrorDetail detail = error.detail();
    detail.where = {};
    return message_of(detail);
  }
  return "nothing";
}

std::vector<NodeId> list(std::span<const NodeId> ids) { return {ids.begin(), ids.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_storage)

BOOST_AUTO_TEST_CASE(a_node_takes_sixteen_bytes) { static_assert(sizeof(Node) == 16 && alignof(Node) == 4); }

BOOST_AUTO_TEST_CASE(keeps_operations_operands_types_and_outputs) {
  GraphBuilder builder;
  const NodeId x = builder.variable({Dtype::f64, Shape{3}}, "x");
  const NodeId y = builder.variable({Dtype::f64, Shape{3}});
  const NodeId product = builder.add(sample::mul, {x, y});
  const NodeId square = builder.add(sample::mul, {x, x});
  const NodeId all = builder.add(sample::stack, {x, y, product, square, x}, Attribute{std::string("five")});
  const NodeId total = builder.add(sample::sum, {all}, Attribute{std::vector<std::int64_t>{0}});
  builder.output(total);
  builder.output(x);
  builder.output(total);
  const Graph g = std::move(builder).build();
  verify(g);

  BOOST_TEST(g.size() == 6U);
  BOOST_TEST(list(g.variables()) == (std::vector<NodeId>{x, y}));
  BOOST_TEST(list(g.outputs()) == (std::vector<NodeId>{total, x, total}));
  BOOST_TEST(list(g.operands(x)).empty());
  BOOST_TEST(list(g.operands(product)) == (std::vector<NodeId>{x, y}));
  BOOST_TEST(list(g.operands(square)) == (std::vector<NodeId>{x, x}));
  BOOST_TEST(list(g.operands(all)) == (std::vector<NodeId>{x, y, product, square, x}));
  BOOST_TEST(list(g.operands(total)) == (std::vector<NodeId>{all}));
  BOOST_TEST(g.operation(product).name == "t.mul");
  BOOST_TEST(to_string(g.type(all)) == "f64[5,3]");
  BOOST_TEST(to_string(g.type(total)) == "f64[3]");
  BOOST_TEST(g.types().size() == 2U);
  BOOST_TEST(identical(g.attribute(all), Attribute{std::string("five")}));
  BOOST_TEST(identical(g.attribute(total), Attribute{std::vector<std::int64_t>{0}}));
  BOOST_TEST(identical(g.attribute(product), Attribute{}));
}

BOOST_AUTO_TEST_CASE(variadic_nodes_of_every_width) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  for (std::size_t width = 1; width <= 7; ++width) {
    const std::vector<NodeId> operands(width, x);
    const NodeId id = builder.add(sample::stack, operands);
    BOOST_TEST(builder.operands(id).size() == width);
  }
  verify(std::move(builder).build());
  GraphBuilder empty;
  BOOST_TEST(message([&] { empty.add(sample::stack, {}); }) == "stack: no operands; expected one or more");
}

BOOST_AUTO_TEST_CASE(constants_keep_bits_and_types) {
  GraphBuilder builder;
  const NodeId real = builder.constant(-0.0);
  const NodeId whole = builder.integer_constant(std::numeric_limits<std::int64_t>::min());
  const NodeId array = builder.constant(Array::uniform({Dtype::f32, Shape{1000, 1000}}, 1));
  const Graph g = std::move(builder).build();
  verify(g);
  BOOST_TEST(identical(g.attribute(real), Attribute{-0.0}));
  BOOST_TEST(to_string(g.type(real)) == "f64");
  BOOST_TEST(identical(g.attribute(whole), Attribute{std::numeric_limits<std::int64_t>::min()}));
  BOOST_TEST(to_string(g.type(whole)) == "i64");
  BOOST_TEST(to_string(g.type(array)) == "f32[1000,1000]");
}

BOOST_AUTO_TEST_CASE(names_scopes_and_locations_lie_beside_the_nodes) {
  GraphBuilder builder;
  const ScopeId layer = builder.add_scope(root_scope, "layer");
  const ScopeId inner = builder.add_scope(layer, "inner");
  const ScopeId again = builder.add_scope(layer, "inner");
  BOOST_TEST(inner != again);
  const NodeId a = builder.variable({});
  const NodeId b = builder.add(sample::sin, {a});
  const NodeId c = builder.add(sample::sin, {b});
  builder.set_name(c, "late");
  builder.set_name(a, std::string_view("zero\0quote\"", 11));
  builder.set_name(b, "gone");
  builder.set_name(b, "");
  builder.set_scope(b, inner);
  builder.set_scope(c, again);
  builder.set_scope(c, root_scope);
  builder.set_location(b, Location{"model.cpp", 12, "forward"});
  builder.set_location(c, std::source_location::current());
  BOOST_TEST(builder.add_location({"model.cpp", 12, "forward"}) == builder.add_location({"model.cpp", 12, "forward"}));
  BOOST_TEST(builder.add_location({}) == no_location);
  const Graph g = std::move(builder).build();
  verify(g);

  BOOST_TEST(g.name(a) == std::string_view("zero\0quote\"", 11));
  BOOST_TEST(g.name(b) == "");
  BOOST_TEST(g.name(c) == "late");
  BOOST_TEST((g.find("late") == c));
  BOOST_TEST(!g.find("gone").has_value());
  BOOST_TEST(!g.find("").has_value());
  BOOST_TEST(g.scope(a) == root_scope);
  BOOST_TEST(g.scope(b) == inner);
  BOOST_TEST(g.scope(c) == root_scope);
  BOOST_TEST(g.scope_count() == 4U);
  BOOST_TEST(g.scope_record(inner).name == "inner");
  BOOST_TEST(g.scope_record(inner).parent == layer);
  BOOST_TEST(g.scope_record(root_scope).name == "");
  BOOST_TEST((g.location(b) == Location{"model.cpp", 12, "forward"}));
  BOOST_TEST(g.location(c).line != 0U);
  BOOST_TEST(g.location(a).empty());

  const Graph moved = [&] {
    Graph copy = g;
    return copy;
  }();  // views belong to each graph
  BOOST_TEST(moved.name(c) == "late");
  BOOST_TEST(identical(moved, g));
}

BOOST_AUTO_TEST_CASE(one_node_may_be_the_adjoint_of_several) {
  GraphBuilder builder;
  const NodeId a = builder.variable({}, "a");
  const NodeId b = builder.variable({}, "b");
  const NodeId c = builder.add(sample::add, {a, b});
  const NodeId one = builder.constant(1.0);
  builder.add_adjoint_link(one, a);
  builder.add_adjoint_link(one, c, 1);
  builder.add_adjoint_link(one, c);
  builder.add_adjoint_link(one, c, 0);
  builder.add_adjoint_link(one, c);
  const Graph g = std::move(builder).build();
  verify(g);
  const auto links = g.adjoint_links(one);
  const std::vector<AdjointLink> expected{{one, c, -1}, {one, c, 0}, {one, c, 1}, {one, a, -1}};
  BOOST_TEST((std::vector<AdjointLink>(links.begin(), links.end()) == expected));
  BOOST_TEST((g.adjoint_link(one) == AdjointLink{one, c, AdjointLink::itself}));
  BOOST_TEST(!g.adjoint_link(a).has_value());
  BOOST_TEST(g.adjoint_links(c).empty());
  BOOST_TEST(g.all_adjoint_links().size() == 4U);
}

BOOST_AUTO_TEST_CASE(side_tables_are_found_sparse_and_dense) {
  for (const NodeId step : {1U, 2U, 3U, 50U}) {
    GraphBuilder builder;
    NodeId last = builder.variable({});
    for (int i = 1; i < 1000; ++i) last = builder.add(sample::sin, {last});
    for (NodeId id = 0; id < builder.size(); id += step) {
      const NodeId backwards = id / step % 2 == 0 ? id : static_cast<NodeId>((builder.size() - 1 - id) / step * step);
      builder.set_name(backwards, std::to_string(backwards));
    }
    for (NodeId id = 0; id < builder.size(); id += step) builder.set_name(id, std::to_string(id));
    const Graph g = std::move(builder).build();
    verify(g);
    for (NodeId id = 0; id < g.size(); ++id) {
      BOOST_TEST_REQUIRE(g.name(id) == (id % step == 0 ? std::to_string(id) : std::string()));
    }
  }
}

BOOST_AUTO_TEST_CASE(merging_finds_the_node_that_is_there) {
  GraphBuilder builder({.merge_duplicates = true});
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.variable({}, "x");
  BOOST_TEST(x != y);
  BOOST_TEST(builder.add(sample::sin, {x}) == builder.add(sample::sin, {x}));
  BOOST_TEST(builder.add(sample::sin, {x}) != builder.add(sample::sin, {y}));
  BOOST_TEST(builder.add(sample::mul, {x, y}) == builder.add(sample::mul, {y, x}));
  BOOST_TEST(builder.add(sample::sub, {x, y}) != builder.add(sample::sub, {y, x}));
  BOOST_TEST(builder.add(sample::mul, {x, y}) != builder.add(sample::add, {x, y}));
  BOOST_TEST(builder.add(sample::noise, {x}) != builder.add(sample::noise, {x}));
  BOOST_TEST(builder.add(sample::stack, {x, y, x}) == builder.add(sample::stack, {x, y, x}));
  BOOST_TEST(builder.add(sample::stack, {x, y, x}) != builder.add(sample::stack, {x, x, y}));
  BOOST_TEST(builder.add(sample::stack, {x}, Attribute{std::string("a")}) !=
             builder.add(sample::stack, {x}, Attribute{std::string("b")}));
  verify(std::move(builder).build());
}

BOOST_AUTO_TEST_CASE(merging_respects_the_bits_of_attributes) {
  GraphBuilder builder({.merge_duplicates = true});
  const NodeId x = builder.variable({});
  BOOST_TEST(builder.constant(2.0) == builder.constant(2.0));
  BOOST_TEST(builder.constant(0.0) != builder.constant(-0.0));
  BOOST_TEST(builder.constant(std::nan("1")) == builder.constant(std::nan("1")));
  BOOST_TEST(builder.constant(std::nan("1")) != builder.constant(std::nan("2")));
  BOOST_TEST(builder.constant(1.0) != builder.integer_constant(1));
  BOOST_TEST(builder.constant(Array::scalar(1)) != builder.constant(1.0));
  BOOST_TEST(builder.constant(Array::from({1, 2}, Shape{2})) == builder.constant(Array::from({1, 2}, Shape{2})));
  BOOST_TEST(builder.constant(Array::from({0.0}, Shape{1})) != builder.constant(Array::from({-0.0}, Shape{1})));
  BOOST_TEST(builder.add(sample::power, {x}, Attribute{2.0}) !=
             builder.add(sample::power, {x}, Attribute{std::int64_t{2}}));
  BOOST_TEST(builder.add(sample::power, {x}, Attribute{2.0}) == builder.add(sample::power, {x}, Attribute{2.0}));
}

BOOST_AUTO_TEST_CASE(merging_survives_growth) {
  // A ladder of doublings: 2^levels paths, one node a level, built twice.
  GraphBuilder builder({.merge_duplicates = true});
  const NodeId x = builder.variable({});
  for (int round = 0; round < 2; ++round) {
    NodeId last = x;
    for (int level = 0; level < 10000; ++level) last = builder.add(sample::add, {last, last});
    BOOST_TEST(last == 10000U);
  }
  BOOST_TEST(builder.size() == 10001U);
}

BOOST_AUTO_TEST_CASE(bad_requests_are_typed_errors) {
  GraphBuilder builder;
  const NodeId x = builder.variable({});
  const NodeId row = builder.variable({Dtype::f64, Shape{3}});
  BOOST_TEST(message([&] {
               builder.add(sample::mul, {x, 7});
             }) == "t.mul: operand 1 is node 7; expected a node below 2");
  BOOST_TEST(message([&] { builder.add(sample::mul, {x}); }) == "t.mul: 1 operand; expected 2 operands");
  BOOST_TEST(message([&] { builder.add(sample::mul, {x, row}); }) == "same_type: operand 1 has f64[3]; expected f64");
  BOOST_TEST(message([&] { builder.output(5); }) == "output: no node 5; expected a node below 2");
  BOOST_TEST(message([&] { builder.set_name(5, "n"); }) == "set_name: no node 5; expected a node below 2");
  BOOST_TEST(message([&] { builder.set_scope(x, 1); }) == "set_scope: no scope 1; expected a scope below 1");
  BOOST_TEST(message([&] { builder.add_scope(3, "s"); }) == "add_scope: no scope 3; expected a scope below 1");
  BOOST_TEST(message([&] { builder.set_location(x, LocationId{4}); }) ==
             "set_location: no location 4; expected what add_location returned");
  BOOST_TEST(message([&] { builder.add_adjoint_link(x, 9); }) ==
             "add_adjoint_link: no node 9; expected a node below 2");
  BOOST_TEST(message([&] { builder.add_adjoint_link(x, row, 0); }) ==
             "add_adjoint_link: node 1 has no operand 0; expected an operand below 0, or AdjointLink::itself");
  // Outside the macro: compilers differ on the line of what stands in the arguments of one.
  std::uint_least32_t line = 0;
  const auto add = [&] {
    line = std::source_location::current().line() + 1;
    builder.add(sample::mul, {x, row});
  };
  BOOST_CHECK_EXCEPTION(add(), ShapeError, [&](const ShapeError& error) { return error.where().line() == line; });
  BOOST_TEST(builder.size() == 2U);
  verify(std::move(builder).build());
}

BOOST_AUTO_TEST_CASE(running_out_is_a_typed_error) {
  GraphBuilder builder({.most_nodes = 3});
  NodeId last = builder.variable({});
  last = builder.add(sample::sin, {last});
  last = builder.add(sample::sin, {last});
  BOOST_TEST(message([&] { builder.add(sample::sin, {last}); }) == "graph: 3 nodes are in use, the most there can be");
  BOOST_CHECK_THROW(builder.variable({}), CapacityError);
  BOOST_CHECK_THROW(builder.constant(1.0), CapacityError);
  verify(std::move(builder).build());

  GraphBuilder types;
  for (std::int64_t i = 0; i < 65536; ++i) types.variable({Dtype::f64, Shape{i}});
  BOOST_TEST(message([&] {
               types.variable({Dtype::f64, Shape{65536}});
             }) == "graph: 65536 distinct types are in use, the most there can be");
  types.variable({Dtype::f64, Shape{65535}});
  verify(std::move(types).build());
}

BOOST_AUTO_TEST_CASE(the_empty_graph_is_a_graph) {
  const Graph nothing;
  verify(nothing);
  BOOST_TEST(nothing.empty());
  BOOST_TEST(nothing.scope_count() == 1U);
  BOOST_TEST(identical(nothing, GraphBuilder{}.build()));
  BOOST_TEST(!nothing.find("x").has_value());
}

BOOST_AUTO_TEST_CASE(a_builder_starts_anew_after_build) {
  GraphBuilder builder;
  builder.variable({}, "x");
  const Graph first = std::move(builder).build();
  builder = GraphBuilder{};
  builder.variable({Dtype::f32, Shape{}}, "y");
  const Graph second = std::move(builder).build();
  verify(first);
  verify(second);
  BOOST_TEST(first.name(0) == "x");
  BOOST_TEST(second.name(0) == "y");
}

BOOST_AUTO_TEST_CASE(identical_notices_every_difference) {
  const auto make = [](auto&& change) {
    GraphBuilder builder;
    const ScopeId scope = builder.add_scope(root_scope, "s");
    const NodeId x = builder.variable({}, "x");
    const NodeId c = builder.constant(2.0);
    const NodeId y = builder.add(sample::mul, {x, c});
    change(builder, scope, x, y);
    return std::move(builder).build();
  };
  const auto none = [](auto&&...) {};
  const Graph base = make(none);
  BOOST_TEST(identical(base, make(none)));
  BOOST_TEST(!identical(base, make([](auto& b, auto, auto, auto y) { b.output(y); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto, auto, auto y) { b.set_name(y, "y"); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto s, auto, auto y) { b.set_scope(y, s); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto s, auto, auto) { b.add_scope(s, "t"); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto, auto, auto y) { b.set_location(y, Location{"f", 1, ""}); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto, auto x, auto y) { b.add_adjoint_link(y, x); })));
  BOOST_TEST(!identical(base, make([](auto& b, auto, auto x, auto) { b.add(sample::sin, {x}); })));
}

BOOST_AUTO_TEST_SUITE_END()
