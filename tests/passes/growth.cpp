// The time of the passes grows with the nodes, not faster; and no depth is too deep.
#include <array>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"

namespace wengert::passes {
namespace {

using graph::Graph;
using graph::GraphBuilder;
using graph::NodeId;

/// A chain of that many operations, each of the one before and one nearby.
Graph chain(std::size_t nodes) {
  GraphBuilder builder;
  std::mt19937 random(3);
  const std::array operations{Known::add, Known::mul, Known::sub, Known::max};
  NodeId last = builder.variable(Type{}, "x"), before = builder.constant(0.5);
  while (builder.size() < nodes) {
    const NodeId next = random() % 4 == 0 ? builder.add(id_of(Known::tanh), {last})
                                          : builder.add(id_of(operations[random() % 4]), {last, before});
    before = last;
    last = next;
  }
  builder.output(last);
  return std::move(builder).build();
}

/// Seconds of the processor that all passes take, one after the other.
double seconds(std::size_t nodes) {
  Graph g = chain(nodes);
  std::string each;
  const std::clock_t begin = std::clock();
  std::vector<const Pass*> passes(all().begin(), all().end());
  passes.insert(passes.end(), others().begin(), others().end());
  for (const Pass* pass : passes) {
    const std::clock_t start = std::clock();
    g = pass->run(g).graph;
    each += " " + std::string(pass->name) + " " +
            std::to_string(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  const double all = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  BOOST_TEST_MESSAGE(nodes << " nodes, " << g.size() << " at the end: " << all << " s;" << each);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_growth)

BOOST_AUTO_TEST_CASE(time_grows_with_the_nodes_and_no_faster) {
  static_cast<void>(seconds(10'000));
  const double small = seconds(100'000), large = seconds(1'000'000);
  BOOST_TEST(large < 20 * small);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::passes
