// reroll: networks written with Scalars become networks of tensors.
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "samples.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

namespace wengert::test {
namespace {

using graph::Graph;
using graph::NodeId;

std::vector<Scalar> variables(Recording& r, std::size_t count, std::mt19937& random) {
  std::vector<double> values(count);
  for (double& v : values) v = std::uniform_real_distribution<double>(-0.2, 0.2)(random);
  return r.variables(values, "x");
}

/// How often each operation occurs, but for variables and constants.
std::map<std::string, int> operations(const Graph& g) {
  std::map<std::string, int> count;
  for (NodeId id = 0; id < g.size(); ++id)
    if (!g.operands(id).empty()) ++count[std::string(g.operation(id).name)];
  return count;
}

void check_same(const Computation& c, const Graph& rolled, double tolerance) {
  graph::verify(rolled);
  BOOST_TEST((identical(passes::reroll(rolled).graph, rolled)));
  const std::vector<Array> want = evaluate(c.graph(), c.inputs), got = evaluate(rolled, c.inputs);
  BOOST_TEST_REQUIRE(want.size() == got.size());
  for (std::size_t k = 0; k < want.size(); ++k)
    BOOST_TEST(std::abs(want[k].element(0) - got[k].element(0)) <= tolerance,
               "output " << k << ": " << want[k].element(0) << " and " << got[k].element(0));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_reroll)

BOOST_AUTO_TEST_CASE(a_neuron_becomes_a_dot_product) {
  Recording r;
  std::mt19937 random(1);
  const std::vector<Scalar> w = variables(r, 16, random), x = variables(r, 16, random);
  Scalar sum = r.variable(0.1, "bias");
  for (std::size_t k = 0; k < w.size(); ++k) sum = sum + w[k] * x[k];
  const Computation c = computation_of(expand(r, {Scalar(tanh(sum))}));
  const Graph rolled = passes::reroll(c.graph()).graph;
  std::map<std::string, int> count = operations(rolled);
  BOOST_TEST(count["matmul"] == 1);
  BOOST_TEST(count["mul"] == 0);
  BOOST_TEST(count["add"] == 1);
  check_same(c, rolled, 1e-15);
}

BOOST_AUTO_TEST_CASE(layers_and_their_gradients_become_matrix_products) {
  constexpr std::size_t in = 64, hidden = 64, out = 10;
  Recording r;
  std::mt19937 random(2);
  std::vector<Scalar> x = variables(r, in, random), all = x;
  const auto layer = [&](const std::vector<Scalar>& from, std::size_t size) {
    const std::vector<Scalar> w = variables(r, size * (from.size() + 1), random);
    all.insert(all.end(), w.begin(), w.end());
    std::vector<Scalar> to;
    for (std::size_t row = 0; row < size; ++row) {
      Scalar sum = w[size * from.size() + row];
      for (std::size_t k = 0; k < from.size(); ++k) sum = sum + w[row * from.size() + k] * from[k];
      to.push_back(sum);
    }
    return to;
  };
  std::vector<Scalar> h = layer(x, hidden);
  for (Scalar& v : h) v = tanh(v);
  const std::vector<Scalar> y = layer(h, out);
  Scalar sum = 0.0;
  for (const Scalar& v : y) sum = sum + exp(v);
  const Scalar loss = log(sum) - y[3];
  std::vector<detail::AnyHandle> outputs{loss};
  const std::vector<Scalar> g = gradient(loss, all);
  for (const Scalar& v : g) outputs.emplace_back(v);
  const Computation c = computation_of(expand(r, outputs));
  const Graph rolled = passes::reroll(passes::simplify(c.graph()).graph).graph;
  const Graph tidy = passes::reassociate(passes::simplify(rolled).graph).graph;
  std::map<std::string, int> before = operations(c.graph()), after = operations(tidy);
  int numbers = 0, tensors = 0;
  for (const auto& [name, count] : after) {
    (name == "to_scalar" ? numbers : tensors) += name == "reshape" ? 0 : count;  // which moves nothing
    BOOST_TEST_MESSAGE(name << " " << before[name] << " before, " << count << " after");
  }
  BOOST_TEST(after["matmul"] == 4);  // two forward, two back: by the hidden values and by the inputs
  BOOST_TEST(tensors < 45);
  BOOST_TEST(after["permute"] == 0);                         // the product with the transposed weights reads them so
  BOOST_TEST(numbers <= static_cast<int>(all.size()) + 20);  // what the outputs are
  check_same(c, rolled, 1e-13);
  BOOST_TEST_MESSAGE(c.graph().size() << " nodes before, " << tidy.size() << " after");
}

BOOST_AUTO_TEST_CASE(a_zero_cotangent_contributes_zero_in_a_product_of_matrices_too) {
  Recording r;
  std::mt19937 random(4);
  const std::vector<Scalar> x = r.variables(std::vector<double>{0.5, 1.0, 1.5, 2.0}, "x");
  std::vector<double> values(32);
  for (double& v : values) v = std::uniform_real_distribution<double>(-0.2, 1)(random);
  for (std::size_t k = 12; k < 16; ++k) values[k] = -std::numeric_limits<double>::infinity();
  const std::vector<Scalar> w = r.variables(values, "w");
  Scalar loss = 0.0;
  for (std::size_t row = 0; row < 8; ++row) {
    Scalar sum = w[4 * row] * x[0];
    for (std::size_t k = 1; k < 4; ++k) sum = sum + w[4 * row + k] * x[k];
    loss = loss + relu(sum) * (1.0 + static_cast<double>(row));
  }
  const std::vector<Scalar> g = gradient(loss, x);
  const Computation c = computation_of(expand(r, {g[0], g[1], g[2], g[3]}));
  const Graph rolled = passes::reroll(c.graph()).graph;
  BOOST_TEST(operations(rolled)["matmul"] == 2);
  check_same(c, rolled, 1e-14);
}

BOOST_AUTO_TEST_CASE(what_depends_on_itself_stays_numbers) {
  Recording r;
  Scalar x = r.variable(0.5);
  const Scalar a = r.variable(0.7);
  for (int k = 0; k < 100; ++k) x = sin(x) * a;
  const Computation c = computation_of(expand(r, {x}));
  BOOST_TEST((identical(passes::reroll(c.graph()).graph, c.graph())));
}

BOOST_AUTO_TEST_CASE(operands_in_any_order_are_gathered) {
  Recording r;
  std::mt19937 random(3);
  const std::vector<Scalar> x = variables(r, 20, random);
  std::vector<Scalar> y, z;
  for (const Scalar& v : x) y.push_back(exp(v));
  std::vector<detail::AnyHandle> outputs;
  for (std::size_t k = 0; k < 20; ++k) z.push_back((y[7 * k % 20] - y[19 - k]) - x[k % 5] / y[k / 5]);
  for (const Scalar& v : z) outputs.emplace_back(v);
  const Computation c = computation_of(expand(r, outputs));
  const Graph rolled = passes::reroll(c.graph()).graph;
  std::map<std::string, int> count = operations(rolled);
  BOOST_TEST(count["gather"] == 1);  // the rest is a slice, backwards, and repetitions
  BOOST_TEST(count["exp"] == 1);
  BOOST_TEST(count["sub"] == 2);
  BOOST_TEST(count["div"] == 1);
  BOOST_TEST(count["to_scalar"] == 20);
  check_same(c, rolled, 1e-14);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
