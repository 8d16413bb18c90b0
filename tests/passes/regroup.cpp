// regroup: which products take another's place, and which must not; the gradients of quotients and exponentials.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"

namespace wengert::passes {
namespace {

using graph::Graph;
using graph::GraphBuilder;
using graph::NodeId;

const Type number{Dtype::f64, Shape{}};

/// Three numbers a, b and c, and what is made of them.
struct Made {
  GraphBuilder g;
  NodeId a = g.variable(number, "a"), b = g.variable(number, "b"), c = g.variable(number, "c");

  NodeId mul(NodeId x, NodeId y) { return g.add(id_of(Known::mul), {x, y}); }
  NodeId scale(NodeId x, NodeId y) { return g.add(id_of(Known::scale), {x, y}); }
  Graph with(const std::vector<NodeId>& outputs) {
    for (const NodeId output : outputs) g.output(output);
    return std::move(g).build();
  }
};
std::size_t products(const Graph& graph) {
  std::size_t count = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Known kind = known(graph.operation_id(id));
    count += kind == Known::mul || kind == Known::scale ? 1 : 0;
  }
  return count;
}
/// Of x, numbers for the variables.
std::vector<double> outputs(const Graph& graph, const std::vector<double>& x) {
  std::vector<Array> inputs;
  for (const double each : x) inputs.push_back(Array::from(std::vector<double>{each}, Shape{}));
  std::vector<double> result;
  const std::vector<Array> values = evaluate(graph, inputs);
  for (const Array& value : values) result.push_back(value.element(0));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_regroup)

BOOST_AUTO_TEST_CASE(a_product_that_is_there_is_used) {
  // c·a is there: c·(a·b) needs one product more, not two.
  Made m;
  const NodeId there = m.scale(m.c, m.a), inner = m.mul(m.b, m.a), outer = m.scale(m.c, inner);
  const Graph before = m.with({there, outer}), after = regroup(before).graph;
  BOOST_TEST(products(before) == 3u);
  BOOST_TEST(products(after) == 2u);
  BOOST_TEST(outputs(after, {3, 5, 7}) == (std::vector<double>{21, 105}), boost::test_tools::per_element());
  // a·b is there: (c·a)·b.
  Made other;
  const NodeId primal = other.mul(other.a, other.b), masked = other.scale(other.a, other.c);
  const Graph chain = regroup(other.with({primal, other.scale(masked, other.b)})).graph;
  BOOST_TEST(products(chain) == 2u);
  BOOST_TEST(outputs(chain, {3, 5, 7}) == (std::vector<double>{15, 105}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_somebody_else_needs_stays) {
  Made m;
  const NodeId there = m.scale(m.c, m.a), inner = m.mul(m.a, m.b);
  const Graph before = m.with({there, inner, m.scale(m.c, inner)});
  BOOST_TEST(products(regroup(before).graph) == 3u);
}

BOOST_AUTO_TEST_CASE(products_of_primals_stay_as_they_are) {
  // (a·b)·c, by `mul`, is 0 where b·c is 0 and a·b is infinite: no cotangent, and in the order that was written.
  Made m;
  const NodeId there = m.mul(m.a, m.b), outer = m.mul(m.a, m.mul(m.b, m.c));
  BOOST_TEST(products(regroup(m.with({there, outer})).graph) == 3u);
}

BOOST_AUTO_TEST_CASE(a_cotangent_of_zero_stays_zero) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // c·a by `mul` is NaN where c = 0 and a = ∞, and must not take part.
  Made m;
  const NodeId there = m.mul(m.c, m.a);
  const Graph apart = regroup(m.with({there, m.scale(m.c, m.mul(m.a, m.b))})).graph;
  BOOST_TEST(products(apart) == 3u);
  BOOST_TEST(outputs(apart, {infinity, 1.0, 0.0})[1] == 0.0);
  // a·b is NaN, too, but c is multiplied last, by `scale`.
  Made other;
  const NodeId primal = other.mul(other.a, other.b);
  const Graph chain = regroup(other.with({primal, other.scale(other.scale(other.c, other.a), other.b)})).graph;
  BOOST_TEST(products(chain) == 2u);
  BOOST_TEST(outputs(chain, {0.0, infinity, 0.0})[1] == 0.0);
  // The `mul` that is there is one of the cotangent.
  Made last;
  const NodeId cotangent = last.scale(last.c, last.a), product = last.mul(last.b, cotangent);
  const Graph kept = regroup(last.with({product, last.scale(last.b, last.scale(cotangent, last.a))})).graph;
  BOOST_TEST(products(kept) == 4u);
  BOOST_TEST(outputs(kept, {2.0, infinity, 0.0})[1] == 0.0);
}

BOOST_AUTO_TEST_CASE(gradients_of_quotients_and_exponentials_take_fewer_products) {
  Recording r;
  const Scalar x = r.variable(1.5, "x"), y = r.variable(0.7, "y"), u = r.variable(0.3, "u"), v = r.variable(-2.0, "v");
  const Scalar z = sin(x / y + v * exp(u));
  std::vector<detail::AnyHandle> out{z};
  for (const Scalar& g : gradient(z, {x, y, u, v})) out.push_back(g);
  const std::vector<detail::AnyHandle> in{x, y, u, v};
  Graph graph = exec::capture(r, in, out, "test", std::source_location::current()).graph;
  const std::vector<double> want = outputs(graph, {1.5, 0.7, 0.3, -2.0});
  for (const Pass* const pass : all())
    if (pass->name != "regroup") graph = pass->run(graph).graph;
  const Graph fewer = regroup(graph).graph;
  BOOST_TEST(products(fewer) + 2 == products(graph));
  const std::vector<double> got = outputs(fewer, {1.5, 0.7, 0.3, -2.0});
  for (std::size_t k = 0; k < want.size(); ++k) BOOST_TEST(std::abs(got[k] - want[k]) <= 1e-14 * std::abs(want[k]));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::passes
