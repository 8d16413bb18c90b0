// Times and bytes by node, operation, scope and line, and what is written of them; statistics; Model Explorer's JSON.
#include <algorithm>
#include <cmath>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/inspect/profile.hpp"
#include "wengert/autodiff/inspect/statistics.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/drawing/model_explorer.hpp"

namespace {

using namespace wengert;
using Tree = boost::property_tree::ptree;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Tree parsed_json(const std::string& text) {
  std::istringstream stream(text);
  Tree tree;
  boost::property_tree::read_json(stream, tree);
  return tree;
}

struct Network {
  Recording r;
  Tensor w, x, loss;
  Network() {
    std::vector<double> numbers(64 * 64, 0.01);
    w = r.variable(tensor(numbers, Shape{64, 64}), "w");
    x = r.variable(tensor(numbers, Shape{64, 64}), "x");
    Tensor h;
    {
      const auto scope = r.scope("layer \"<1>\"");
      h = tanh(matmul(x, w));
    }
    const auto scope = r.scope("loss");
    loss = mean(square(h));
  }
};

BOOST_AUTO_TEST_SUITE(profiles)

BOOST_AUTO_TEST_CASE(times_and_bytes_add_up) {
  const Network n;
  const Profile p = profile(n.loss, {.seconds = 0.02});
  BOOST_TEST(p.rounds >= 1U);
  BOOST_TEST(p.nodes.size() == p.graph->size());
  BOOST_TEST(p.forward() > 0);
  BOOST_TEST(p.backward() > 0);
  const auto total = [](const std::vector<ProfileRow>& rows) {
    double sum = 0;
    for (const ProfileRow& row : rows) sum += row.forward + row.backward;
    return sum;
  };
  const double all = p.forward() + p.backward();
  BOOST_TEST(std::abs(total(p.by_operation()) - all) < 1e-9 * all + 1e-12);
  BOOST_TEST(std::abs(total(p.by_scope()) - all) < 1e-9 * all + 1e-12);
  const std::vector<ProfileRow> operations = p.by_operation();
  const auto product =
      std::find_if(operations.begin(), operations.end(), [](const auto& r) { return r.name == "matmul"; });
  BOOST_TEST_REQUIRE((product != operations.end()));
  BOOST_TEST(product->flops == 2.0 * 64 * 64 * 64);
  BOOST_TEST(product->bytes == 2U * 64 * 64 * 8);
  bool in_scope = false;
  for (const ProfileRow& row : p.by_scope()) in_scope = in_scope || row.name == "layer \"<1>\"";
  BOOST_TEST(in_scope);
  const std::string text = p.text();
  for (const char* part : {"operation", "matmul", "scope", "line", "profile.cpp:", "node"})
    BOOST_TEST(contains(text, part), text);
  BOOST_CHECK_THROW(static_cast<void>(profile(Scalar(1.0))), ArgumentError);
}

BOOST_AUTO_TEST_CASE(the_flame_graph_is_xml_and_its_boxes_lie_in_each_other) {
  const Network n;
  const std::string svg = flame_graph(profile(n.loss, {.seconds = 0.02}));
  std::istringstream stream(svg);
  Tree tree;
  boost::property_tree::read_xml(stream, tree);
  std::set<std::string> names;
  for (const auto& [key, group] : tree.get_child("svg")) {
    if (key != "g") continue;
    const std::string title = group.get<std::string>("title");
    names.insert(title.substr(0, title.find(':')));
    const double x = group.get<double>("rect.<xmlattr>.x"), width = group.get<double>("rect.<xmlattr>.width");
    BOOST_TEST(x >= 9.99);
    BOOST_TEST(x + width <= 1190.02);
  }
  for (const char* name : {"all", "forward", "backward", "layer \"<1>\"", "matmul"})
    BOOST_TEST(names.contains(name), name);
}

BOOST_AUTO_TEST_CASE(the_trace_is_json_whose_events_nest) {
  const Network n;
  const Profile p = profile(n.loss, {.seconds = 0.01});
  const Tree tree = parsed_json(chrome_trace(p));
  std::vector<std::string> open;
  double last = -1;
  std::size_t nodes = 0;
  for (const auto& [key, event] : tree.get_child("traceEvents")) {
    const std::string phase = event.get<std::string>("ph");
    if (phase == "M") continue;
    const double at = event.get<double>("ts");
    BOOST_TEST(at >= last - 1e-6);
    last = std::max(last, at);
    if (phase == "B") open.push_back(event.get<std::string>("name"));
    if (phase == "E") {
      BOOST_TEST_REQUIRE(!open.empty());
      open.pop_back();
    }
    if (phase == "X") {
      ++nodes;
      BOOST_TEST(event.get<double>("dur") >= 0);
      BOOST_TEST(!open.empty());
    }
  }
  BOOST_TEST(open.empty());
  BOOST_TEST(nodes > 3U);
}

BOOST_AUTO_TEST_CASE(the_picture_is_darkest_where_time_goes) {
  const Network n;
  const Profile p = profile(n.loss, {.seconds = 0.02});
  double darkest = -1;
  std::size_t with_time = 0;
  for (const graph::DrawnNode& node : draw(p).nodes) {
    if (!node.magnitude) continue;
    ++with_time;
    darkest = std::max(darkest, *node.magnitude);
  }
  BOOST_TEST(darkest == 1.0);
  BOOST_TEST(with_time >= 3U);
}

BOOST_AUTO_TEST_CASE(statistics_of_known_graphs) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  const Scalar f = sin(x) * y + cos(y);  // sin, cos; ×; +
  const GraphStatistics s = statistics(expand(r, {f}).graph);
  BOOST_TEST(s.nodes == 6U);
  BOOST_TEST(s.edges == 6U);
  BOOST_TEST(s.variables == 2U);
  BOOST_TEST(s.depth == 3U);
  BOOST_TEST(s.width == 2U);
  BOOST_TEST(s.work == 4.0);
  BOOST_TEST(s.span == 3.0);
  BOOST_TEST(s.bytes == 48.0);
  BOOST_TEST(s.live_bytes <= 40.0);
  BOOST_TEST(s.live_bytes >= 32.0);
  BOOST_TEST(contains(s.text(), "work / span"));
  const GraphStatistics none = statistics(graph::Graph());
  BOOST_TEST(none.nodes == 0U);
  BOOST_TEST(none.parallelism() == 0.0);
  BOOST_TEST(!none.text().empty());
}

BOOST_AUTO_TEST_CASE(statistics_of_a_long_chain) {
  Recording r({.locations = false});
  Scalar z = r.variable(1.0, "x");
  for (int k = 0; k < 300'000; ++k) z = sin(z);
  const GraphStatistics s = statistics(expand(r, {z}).graph);
  BOOST_TEST(s.depth == 300'000U);
  BOOST_TEST(s.width == 1U);
  BOOST_TEST(s.live_bytes == 24.0);  // the variable, and a value while it is used
  BOOST_TEST(s.parallelism() == 1.0);
}

BOOST_AUTO_TEST_CASE(model_explorer_gets_the_fields_of_its_schema) {
  Network n;
  const Tensor slope = gradient(n.loss, n.w);
  const Expansion expansion = expand(n.r, {n.loss, slope});
  const std::string text = graph::to_model_explorer(
      expansion.graph, {.label = "a \"b\"\n", .attributes = [](graph::NodeId node) {
                          return std::vector<std::pair<std::string, std::string>>{{"number", std::to_string(node)}};
                        }});
  const Tree tree = parsed_json(text);
  // GraphCollection: label, graphs; Graph: id, nodes; GraphNode: id, label, namespace, attrs, incomingEdges,
  // outputsMetadata.
  BOOST_TEST(tree.get<std::string>("label") == "a \"b\"\\n");
  const Tree& graph = tree.get_child("graphs").front().second;
  BOOST_TEST(!graph.get<std::string>("id").empty());
  std::set<std::string> ids, spaces;
  for (const auto& [key, node] : graph.get_child("nodes")) {
    BOOST_TEST(ids.insert(node.get<std::string>("id")).second);
    BOOST_TEST(!node.get<std::string>("label").empty());
    spaces.insert(node.get<std::string>("namespace"));
    std::set<std::string> keys;
    for (const auto& [k, pair] : node.get_child("attrs")) {
      BOOST_TEST(pair.size() == 2U);
      keys.insert(pair.get<std::string>("key"));
      static_cast<void>(pair.get<std::string>("value"));
    }
    for (const char* wanted : {"operation", "type", "number"}) BOOST_TEST(keys.contains(wanted));
    for (const auto& [k, edge] : node.get_child("incomingEdges")) {
      // Sources come first, so that the graph has no cycle.
      BOOST_TEST(ids.contains(edge.get<std::string>("sourceNodeId")));
      BOOST_TEST(edge.get<std::string>("sourceNodeOutputId") == "0");
      BOOST_TEST(!edge.get<std::string>("targetNodeInputId").empty());
    }
    const Tree& output = node.get_child("outputsMetadata").front().second;
    BOOST_TEST(output.get<std::string>("id") == "0");
    BOOST_TEST(output.get_child("attrs").front().second.get<std::string>("key") == "tensor_shape");
  }
  BOOST_TEST(ids.size() == expansion.graph.size());
  BOOST_TEST(spaces.contains("layer \"<1>\""));
  BOOST_TEST(spaces.contains("loss"));
  // The gradient in the layers of what it is the derivative by.
  BOOST_TEST(spaces.contains("gradient/layer \"<1>\""));
  BOOST_TEST(spaces.contains("gradient/loss"));
  const auto count = [&](const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  BOOST_TEST(count("{\"key\": \"output\"") == 2U);
  BOOST_TEST(count("profile.cpp:") > 3U);
  BOOST_TEST(!contains(graph::to_model_explorer(expansion.graph, {.locations = false}), "profile.cpp:"));
}

BOOST_AUTO_TEST_CASE(scopes_of_one_name_are_groups_of_their_own_in_model_explorer) {
  graph::GraphBuilder builder;
  graph::NodeId node = builder.variable({}, "x");
  const graph::OperationId sine = graph::register_operation(PrimitiveOf<ops::Sin>::record);
  for (const char* name : {"relu", "linear", "relu", "relu (2)", "relu"}) {
    node = builder.add(sine, {node});
    const graph::ScopeId scope = builder.add_scope(graph::root_scope, name);
    builder.set_scope(node, builder.add_scope(scope, "inner"));
  }
  builder.output(node);
  const Tree tree = parsed_json(graph::to_model_explorer(std::move(builder).build()));
  std::set<std::string> spaces;
  for (const auto& [key, each] : tree.get_child("graphs").front().second.get_child("nodes"))
    spaces.insert(each.get<std::string>("namespace"));
  BOOST_TEST(spaces.size() == 6U);
  for (const char* space : {"", "relu/inner", "linear/inner", "relu (2)/inner"})
    BOOST_TEST(spaces.contains(space), space);
}

BOOST_AUTO_TEST_CASE(model_explorer_is_written_in_pieces_and_slashes_open_no_group) {
  Recording r({.locations = false});
  Scalar z = r.variable(1.0, "x");
  {
    const auto scope = r.scope("a/b");
    for (int k = 0; k < 20'000; ++k) z = sin(z);
  }
  std::size_t pieces = 0, longest = 0;
  std::string start;
  graph::write_model_explorer(expand(r, {z}).graph, [&](std::string_view piece) {
    ++pieces;
    longest = std::max(longest, piece.size());
    if (start.empty()) start = piece.substr(0, 4000);
  });
  BOOST_TEST(pieces > 10U);
  BOOST_TEST(longest < 100'000U);
  BOOST_TEST(contains(start, "a∕b"));
  BOOST_TEST(parsed_json(graph::to_model_explorer(graph::Graph())).get_child("graphs").size() == 1U);
  BOOST_CHECK_THROW(graph::save_model_explorer(graph::Graph(), "/nowhere/at/all.me.json"), EnvironmentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
