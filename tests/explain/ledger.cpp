// The ledger of paths against enumeration: on random graphs, where every path can be listed; and where none could.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/explain/ledger.hpp"
#include "wengert/autodiff/transform/checkpoint.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {
namespace {

using graph::NodeId;

/// Every path from y to x with its product, by walking all of them; and the edges on them.
struct Enumerated {
  std::vector<double> products;
  std::size_t edges = 0;
};

/// Local derivatives of the graph come from a forward evaluation here: expand() knows the values.
Enumerated enumerated(const Recording& recording, const Scalar& y, const Scalar& x) {
  const Expansion e = expand(recording, {y}, {.merge_duplicates = false, .ties = false});
  const NodeId root = e.node(y), input = e.node(x);
  struct Stop {
    NodeId node;
    double product;
  };
  Enumerated result;
  std::vector<bool> reaches(e.graph.size(), false);
  reaches[input] = true;
  const auto local = [&](NodeId id, std::uint32_t k) { return local_derivative(e.graph, e.values, id, k); };
  for (NodeId id = 0; id < e.graph.size(); ++id)
    for (std::uint32_t k = 0; k < e.graph.operands(id).size(); ++k)
      if (local(id, k) && reaches[e.graph.operands(id)[k]]) reaches[id] = true;
  std::vector<bool> seen(e.graph.size(), false);
  std::vector<Stop> open{{root, 1.0}};
  while (!open.empty()) {
    const Stop stop = open.back();
    open.pop_back();
    if (stop.node == input) {
      result.products.push_back(stop.product);
      continue;
    }
    for (std::uint32_t k = 0; k < e.graph.operands(stop.node).size(); ++k) {
      const NodeId operand = e.graph.operands(stop.node)[k];
      if (!reaches[operand] || !local(stop.node, k)) continue;
      if (!seen[stop.node]) ++result.edges;
      open.push_back({operand, stop.product * *local(stop.node, k)});
    }
    seen[stop.node] = true;
  }
  std::stable_sort(result.products.begin(), result.products.end(),
                   [](double a, double b) { return std::abs(a) > std::abs(b); });
  return result;
}

/// A random graph of x and y, of so many statements, each of which uses two earlier ones, late ones rather.
Scalar random_graph(std::mt19937& random, const Scalar& x, const Scalar& z, int statements) {
  std::vector<Scalar> values{x, z};
  const auto pick = [&] {
    const std::size_t back = std::min<std::size_t>(values.size(), 1 + random() % 4);
    return values[values.size() - back];
  };
  for (int k = 0; k < statements; ++k) {
    const Scalar a = pick(), b = pick();
    Scalar next;
    switch (random() % 5) {
      case 0:
        next = a + b;
        break;
      case 1:
        next = a * b;
        break;
      case 2:
        next = sin(a) - 0.7 * b;
        break;
      case 3:
        next = tanh(a * b) + a;
        break;
      default:
        next = a - b * b;
    }
    values.push_back(next);
  }
  return values.back() + x * 0.5;
}

/// A ladder: each rung is used twice by the next, 2^rungs paths.
Scalar ladder(const Scalar& x, int rungs) {
  Scalar v = x;
  for (int k = 0; k < rungs; ++k) v = sin(v) + 0.5 * v;
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(the_ledger_is_what_enumeration_gives) {
  std::size_t most_paths = 0, cancelled = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Recording recording;
    const Scalar x = recording.variable(0.8, "x"), z = recording.variable(-0.6, "z");
    const Scalar y = random_graph(random, x, z, 2 + static_cast<int>(seed % 10));
    const Enumerated all = enumerated(recording, y, x);
    const std::size_t top = seed % 7;
    const Ledger l = explain(y, x, {.top = top});
    BOOST_TEST_CONTEXT("seed " << seed << ", " << all.products.size() << " paths") {
      BOOST_REQUIRE(l.count.exact.has_value());
      BOOST_TEST(*l.count.exact == all.products.size());
      BOOST_TEST(l.edges == all.edges);
      BOOST_TEST(l.exact);
      double sum = 0, magnitude = 0, rest = 0;
      for (std::size_t k = 0; k < all.products.size(); ++k) {
        sum += all.products[k];
        magnitude += std::abs(all.products[k]);
      }
      const std::size_t shown = std::min(top, all.products.size());
      BOOST_REQUIRE(l.paths.size() == shown);
      double shares = l.remainder_share;
      for (std::size_t k = 0; k < shown; ++k) {
        BOOST_TEST(std::abs(std::abs(l.paths[k].product) - std::abs(all.products[k])) <= 1e-13 * magnitude);
        double product = 1;
        for (const PathStep& step : l.paths[k].steps) product *= step.factor;
        BOOST_TEST(product == l.paths[k].product);
        BOOST_TEST(l.paths[k].steps.back().node == l.input);
        BOOST_TEST(l.paths[k].share * l.gradient == l.paths[k].product, boost::test_tools::tolerance(1e-12));
        shares += l.paths[k].share;
        rest -= l.paths[k].product;
      }
      rest += sum;
      BOOST_TEST(std::abs(l.remainder - rest) <= 1e-13 * magnitude);
      BOOST_TEST(*l.remainder_count.exact == all.products.size() - shown);
      BOOST_REQUIRE(l.magnitude.has_value());
      BOOST_TEST(*l.magnitude == magnitude, boost::test_tools::tolerance(1e-12));
      BOOST_TEST(std::abs(l.gradient - sum) <= 1e-13 * magnitude);
      BOOST_TEST(l.gradient == backward(y)[x]);
      BOOST_TEST(std::abs(*l.cancellation - (1 - std::abs(sum) / magnitude)) <= 1e-12);
      BOOST_TEST(l.reconciled());
      BOOST_TEST(l.difference <= l.rounding);
      if (l.gradient != 0) BOOST_TEST(std::abs(shares - 1) <= 1e-13 * magnitude / std::abs(l.gradient));
      if (*l.cancellation > 0.3) ++cancelled;
    }
    most_paths = std::max(most_paths, all.products.size());
  }
  BOOST_TEST(most_paths > 200u);
  BOOST_TEST(cancelled > 10u);
}

BOOST_AUTO_TEST_CASE(paths_are_different_and_in_order) {
  std::mt19937 random(5);
  Recording recording;
  const Scalar x = recording.variable(0.8), z = recording.variable(-0.6);
  const Ledger l = explain(random_graph(random, x, z, 12), x, {.top = 40});
  BOOST_REQUIRE(l.paths.size() > 10u);
  for (std::size_t k = 1; k < l.paths.size(); ++k) {
    BOOST_TEST(std::abs(l.paths[k].product) <= std::abs(l.paths[k - 1].product));
    for (std::size_t n = 0; n < k; ++n) {
      const auto& a = l.paths[k].steps;
      const auto& b = l.paths[n].steps;
      const bool same = a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto& p, auto& q) {
                          return p.node == q.node && p.position == q.position;
                        });
      BOOST_TEST(!same, "paths " << n << " and " << k);
    }
  }
}

BOOST_AUTO_TEST_CASE(billions_of_paths_take_thousands_of_visits) {
  Recording recording;
  const Scalar x = recording.variable(0.3, "x");
  // 2^31.48 = 3·10⁹: 31 rungs of two ways, then one of several.
  Scalar v = ladder(x, 30);
  v = sin(v) + 0.5 * v + 0.1 * v;
  const Ledger l = explain(v, x);
  BOOST_TEST(*l.count.exact == 3'221'225'472u);
  BOOST_TEST(l.edges < 200u);
  BOOST_TEST(l.reconciled());
  BOOST_TEST(l.gradient == backward(v)[x]);
  BOOST_TEST(*l.remainder_count.exact == 3'221'225'472u - 5);

  // Beyond 2^64 as a logarithm: exact to the digits of one.
  const Ledger more = explain(ladder(x, 3000), x);
  BOOST_TEST(!more.count.exact.has_value());
  BOOST_TEST(more.count.log10 == 3000 * std::log10(2.0), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(more.reconciled());
  BOOST_TEST(*explain(ladder(x, 63), x).count.exact == std::uint64_t{1} << 63);
  BOOST_TEST(!explain(ladder(x, 64), x).count.exact.has_value());
  BOOST_TEST(explain(ladder(x, 64), x).count.log10 == 64 * std::log10(2.0), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(one_visit_per_edge_whatever_the_paths) {
  Recording recording;
  const Scalar x = recording.variable(0.3);
  const std::size_t edges = explain(ladder(x, 1000), x).edges;
  BOOST_TEST(explain(ladder(x, 2000), x).edges == 2 * edges);
}

BOOST_AUTO_TEST_CASE(cancellation_is_seen) {
  Recording recording;
  const Scalar x = recording.variable(2.0, "x");
  const Scalar y = 1000.0 * x - 999.0 * x;
  const Ledger l = explain(y, x);
  BOOST_TEST(l.gradient == 1);
  BOOST_TEST(*l.magnitude == 1999);
  BOOST_TEST(*l.cancellation == 1 - 1 / 1999.0);
  BOOST_TEST(l.paths[0].share == 1000);
  BOOST_TEST(l.paths[1].share == -999);
  BOOST_TEST(l.paths[1].alignment == -1);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_comes_first) {
  Recording recording;
  const Scalar x = recording.variable(0.0, "x");
  const Scalar infinite = sqrt(x) + 5.0 * x;
  const Ledger l = explain(infinite, x);
  BOOST_TEST(std::isinf(l.paths[0].product));
  BOOST_TEST(l.paths[1].product == 5);
  BOOST_TEST(l.reconciled());
  const Scalar undefined = sqrt(x) - sqrt(x) + 5.0 * x;
  const Ledger n = explain(undefined, x, {.top = 1});
  BOOST_TEST(std::isnan(n.gradient));
  BOOST_TEST(std::isinf(n.paths[0].product));
  BOOST_TEST(n.reconciled());
  for (const Ledger* ledger : {&l, &n}) {
    BOOST_TEST(ledger->difference == 0);
    BOOST_TEST(!ledger->cancellation.has_value());
    const std::string text = to_text(*ledger);
    BOOST_TEST(text.ends_with("are the gradient of the reverse sweep: none of them is finite\n"), text);
  }
  // 0 · ∞ lets nothing pass.
  BOOST_TEST(explain(Scalar(0.0 * sqrt(x)), x).gradient == 0);
  BOOST_TEST(explain(Scalar(0.0 * sqrt(x)), x).reconciled());
}

BOOST_AUTO_TEST_CASE(nothing_leads_there) {
  Recording recording;
  const Scalar x = recording.variable(1.0, "x"), z = recording.variable(2.0, "z");
  const Scalar y = sin(x);
  const Ledger l = explain(y, z);
  BOOST_TEST(*l.count.exact == 0u);
  BOOST_TEST(l.paths.empty());
  BOOST_TEST(l.gradient == 0);
  BOOST_TEST(l.reconciled());
  BOOST_TEST(to_text(l) == "no path leads from sin #1 to z: the gradient is 0\n");
  BOOST_CHECK_THROW(static_cast<void>(draw(l)), ArgumentError);
  // In the graph, but no derivative flows: a comparison.
  const Scalar chosen = where(z > 0.0, x, 2.0 * x);
  BOOST_TEST(*explain(chosen, z).count.exact == 0u);
  // The value itself: one path without an edge.
  const Ledger self = explain(y, y);
  BOOST_TEST(*self.count.exact == 1u);
  BOOST_TEST(self.paths[0].product == 1);
  BOOST_TEST(self.paths[0].steps.empty());
  BOOST_TEST(self.reconciled());
  const Ledger unseen = explain(y, y, {.top = 0});
  BOOST_TEST(unseen.remainder == 1);
  BOOST_TEST(unseen.reconciled());
  // Of a value between.
  const Scalar square = y * y;
  BOOST_TEST(explain(square, y).gradient == 2 * y.value());
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused) {
  Recording recording, other;
  const Scalar x = recording.variable(1.0, "x"), foreign = other.variable(1.0);
  const Scalar y = x * x;
  BOOST_CHECK_THROW(static_cast<void>(explain(Scalar(2.0), x)), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(explain(y, Scalar(2.0))), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(explain(y, foreign)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(explain(y, x, {.top = 1001})), ArgumentError);
  const Tensor t = recording.variable(tensor({1.0, 2.0}));
  BOOST_CHECK_THROW(static_cast<void>(explain(t * t, t)), ShapeError);
  recording.clear();
  BOOST_CHECK_THROW(static_cast<void>(explain(y, x)), StaleHandle);
}

BOOST_AUTO_TEST_CASE(paths_of_tensors_add_up) {
  Recording recording;
  const Tensor w = recording.variable(tensor({0.5, -0.3, 0.8, 0.1}, Shape{2, 2}), "W");
  const Tensor x = recording.variable(tensor({1.0, -2.0}), "x");
  const Tensor h = tanh(matmul(w, x));
  const Tensor y = sum(h * h + matmul(w, h));
  const Ledger l = explain(y, w, {.top = 2});
  BOOST_TEST(l.tensors);
  BOOST_TEST(l.exact);
  BOOST_TEST(*l.count.exact == 4u);
  BOOST_TEST(*l.remainder_count.exact == 2u);
  BOOST_TEST(!l.magnitude.has_value());
  double shares = l.remainder_share, squares = 0;
  for (const Path& path : l.paths) {
    shares += path.share;
    BOOST_TEST(std::abs(path.alignment) <= 1);
    BOOST_TEST(path.steps.back().product == path.product);
  }
  BOOST_TEST(shares == 1, boost::test_tools::tolerance(1e-13));
  for (const double g : backward(y)[w].to_vector()) squares += g * g;
  BOOST_TEST(l.gradient == std::sqrt(squares), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(l.reconciled());
  // Against all of them, shown.
  const Ledger all = explain(y, w, {.top = 10});
  BOOST_TEST(all.paths.size() == 4u);
  BOOST_TEST(all.remainder == 0);
  BOOST_TEST(all.paths[0].product == l.paths[0].product);
  BOOST_TEST(all.reconciled());
}

BOOST_AUTO_TEST_CASE(norms_and_alignments_are_those_of_the_vectors) {
  Recording recording;
  const Tensor x = recording.variable(tensor({1.0, 1.0}), "x");
  // (3, 4) and (−8, 6), at a right angle, make (−5, 10).
  const Ledger l = explain(sum(tensor({3.0, 4.0}) * x) + sum(tensor({-8.0, 6.0}) * x), x);
  const auto close = boost::test_tools::tolerance(1e-12);
  const double whole = std::sqrt(125.0);
  BOOST_REQUIRE(l.paths.size() == 2u);
  BOOST_TEST(l.gradient == whole, close);
  BOOST_TEST(l.paths[0].product == 10.0, close);
  BOOST_TEST(l.paths[1].product == 5.0, close);
  BOOST_TEST(l.paths[0].share == 0.8, close);
  BOOST_TEST(l.paths[1].share == 0.2, close);
  BOOST_TEST(l.paths[0].alignment == 10 / whole, close);
  BOOST_TEST(l.paths[1].alignment == 5 / whole, close);
  double growth = 1;
  for (const PathStep& step : l.paths[1].steps) {
    growth *= step.factor;
    BOOST_TEST(step.product == growth, close);
    BOOST_TEST(step.alignment == (step.node == l.input ? 5 / whole : 1.0), close);
  }
  BOOST_TEST(growth == 5.0, close);
  // Four roundings at most: three products, a sum at x.
  BOOST_TEST(l.rounding == 8 * std::numeric_limits<double>::epsilon() * 15, close);
}

BOOST_AUTO_TEST_CASE(a_part_with_a_derivative_of_its_own_is_one_node) {
  Recording recording;
  const Tensor x = recording.variable(tensor({0.3, 1.0, 2.0}), "x");
  const Tensor whole = sum(checkpoint([](const Tensor& u) { return sin(u) * u; })(x) + x);
  const Ledger l = explain(whole, x);
  BOOST_TEST(*l.count.exact == 2u);
  BOOST_TEST(l.reconciled());
  double squares = 0;
  for (const double u : {0.3, 1.0, 2.0}) squares += std::pow(std::cos(u) * u + std::sin(u) + 1, 2);
  BOOST_TEST(l.gradient == std::sqrt(squares), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(std::abs(l.paths[0].share + l.paths[1].share - 1) < 1e-14);
}

BOOST_AUTO_TEST_CASE(tensors_that_cancel_or_vanish) {
  Recording recording;
  const Tensor x = recording.variable(tensor({1.0, -2.0}), "x");
  const Ledger none = explain(sum(x * x) - sum(x * x), x);
  BOOST_TEST(none.gradient == 0);
  BOOST_REQUIRE(none.cancellation.has_value());
  BOOST_TEST(*none.cancellation == 1);
  BOOST_TEST(*none.magnitude == 4 * std::sqrt(5.0), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(none.reconciled());
  const Ledger dead = explain(sum(relu(x - 10.0)), x);
  BOOST_TEST(dead.gradient == 0);
  for (const PathStep& step : dead.paths[0].steps) BOOST_TEST(std::isfinite(step.factor));
  BOOST_TEST(dead.reconciled());
  const Ledger infinite = explain(sum(sqrt(x - x)), x);
  BOOST_TEST(std::isnan(infinite.gradient));
  BOOST_TEST(infinite.reconciled());
}

BOOST_AUTO_TEST_CASE(scalars_and_tensors_together) {
  Recording recording;
  const Scalar a = recording.variable(0.7, "a");
  const Tensor x = recording.variable(tensor({1.0, -2.0, 0.5}), "x");
  const Scalar y = a * element(sum(x * to_tensor(a)), {});
  const Ledger l = explain(y, a);
  BOOST_TEST(*l.count.exact == 2u);
  BOOST_TEST(l.gradient == std::abs(backward(y)[a]));
  BOOST_TEST(l.reconciled());
  // So many that some are dropped on the way, and said to be.
  Tensor v = x;
  for (int k = 0; k < 10; ++k) v = sin(v) + 0.5 * v;
  const Ledger many = explain(sum(v), x);
  BOOST_TEST(*many.count.exact == 1024u);
  BOOST_TEST(!many.exact);
  BOOST_TEST(many.paths.size() == 5u);
  BOOST_TEST(many.reconciled());
}

BOOST_AUTO_TEST_CASE(the_picture_has_the_factors) {
  Recording recording;
  const Scalar x = recording.variable(0.5, "x \"<b>");
  const Scalar y = sin(x) * x;
  const graph::Drawing drawing = draw(explain(y, x));
  std::size_t labelled = 0;
  for (const graph::DrawnEdge& edge : drawing.edges) labelled += edge.label.find("(1") != std::string::npos ? 1 : 0;
  BOOST_TEST(labelled >= 1u);
  BOOST_TEST(graph::to_dot(drawing).find("0.8776") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_text_says_it_all) {
  Recording recording;
  const Scalar x = recording.variable(2.0, "x");
  const Scalar u = x * x;
  recording.name(u, "u");
  const Scalar y = u * 3.0 - x;
  recording.name(y, "y");
  BOOST_TEST(to_text(explain(y, x, {.top = 2})) ==
             "∂y/∂x = 11\n"
             "3 paths from y to x; a sweep visits 5 edges between 4 nodes, the longest path has 3 edges\n"
             "\n"
             "1.  y → u → x\n"
             "    3 · 2 = 6   54.5 % of the gradient\n"
             "\n"
             "2.  y → u → x\n"
             "    3 · 2 = 6   54.5 % of the gradient\n"
             "\n"
             "remainder: 1 path, -1, -9.1 % of the gradient\n"
             "cancellation: the paths add up to 11, their magnitudes to 13: 15.4 % of it cancels\n"
             "paths shown and remainder are the gradient of the reverse sweep: they differ by 0, rounding allows "
             "2.9e-14\n");
}

// explain(gradient(loss, w)): a recorded gradient knows what it is of.

namespace {

std::string problem_of(const detail::AnyHandle& gradient) {
  try {
    static_cast<void>(explain(gradient));
  } catch (const ArgumentError& error) {
    return error.detail().problem;
  }
  return "nothing";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_recorded_gradient_is_explained_by_itself) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    Recording recording;
    const Scalar x = recording.variable(0.8, "x"), z = recording.variable(-0.6, "z");
    const Scalar y = random_graph(random, x, z, 3 + static_cast<int>(seed % 8));
    const Scalar g = gradient(y, x);
    if (g.is_constant()) continue;
    const Ledger of_g = explain(g, {.top = 3}), of_both = explain(y, x, {.top = 3});
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST(of_g.gradient == g.value());
      BOOST_TEST(*of_g.count.exact == *of_both.count.exact);
      BOOST_TEST(of_g.edges == of_both.edges);
      BOOST_TEST(of_g.remainder == of_both.remainder);
      BOOST_REQUIRE(of_g.paths.size() == of_both.paths.size());
      for (std::size_t k = 0; k < of_g.paths.size(); ++k) BOOST_TEST(of_g.paths[k].product == of_both.paths[k].product);
      BOOST_TEST(of_g.reconciled());
    }
  }
}

BOOST_AUTO_TEST_CASE(several_recorded_gradients_are_told_apart) {
  Recording recording;
  const Scalar x = recording.variable(2.0, "x"), w = recording.variable(0.3, "w"), b = recording.variable(0.1, "b");
  const Scalar net = w * x + b;
  recording.name(net, "net");
  const Scalar loss = sin(net) * net;
  recording.name(loss, "loss");
  const std::vector<Scalar> g = gradient(loss, std::vector{w, b});
  const Scalar again = gradient(loss, w), other = gradient(net, w);
  BOOST_TEST(to_text(explain(g[0])).starts_with("∂loss/∂w = "));
  BOOST_TEST(to_text(explain(g[1])).starts_with("∂loss/∂b = "));
  BOOST_TEST(explain(again).gradient == g[0].value());
  // ∂net/∂w is x itself, a value from before.
  BOOST_TEST(other.id() == x.id());
  BOOST_TEST(to_text(explain(other)).starts_with("∂net/∂w = 2\n1 path from net to w;"));
  // Asked for again: still one.
  static_cast<void>(gradient(net, w));
  BOOST_TEST(problem_of(other) == "nothing");
}

BOOST_AUTO_TEST_CASE(gradients_of_gradients_are_explained) {
  Recording recording;
  const Scalar x = recording.variable(0.7, "x"), w = recording.variable(0.3, "w");
  const Scalar loss = exp(w * x) * w;
  recording.name(loss, "loss");
  const Scalar by_w = gradient(loss, w), by_x = gradient(by_w, x), third = gradient(by_x, w);
  const double a = w.value(), b = x.value(), e = std::exp(a * b);
  const Ledger second = explain(by_x);
  BOOST_TEST(second.gradient == e * (2 * a + a * a * b), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(second.reconciled());
  BOOST_TEST(*second.count.exact > 1u);
  BOOST_TEST(to_text(second).starts_with("∂(∂loss/∂w)/∂x = "), to_text(second));
  BOOST_TEST(to_text(second).find(" from ∂loss/∂w to x;") != std::string::npos, to_text(second));
  const Ledger of_third = explain(third);
  BOOST_TEST(of_third.gradient == e * (2 + 2 * a * b + b * (2 * a + a * a * b)), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(of_third.reconciled());
}

BOOST_AUTO_TEST_CASE(recorded_gradients_of_tensors_are_explained) {
  Recording recording;
  const Tensor w = recording.variable(tensor({0.5, -0.3, 0.8, 0.1}, Shape{2, 2}), "W");
  const Tensor x = recording.variable(tensor({1.0, -2.0}), "x");
  const Scalar s = recording.variable(0.4, "s");
  const Tensor h = tanh(matmul(w, x));
  const Tensor loss = sum(h * h + matmul(w, h) * to_tensor(s));
  const std::vector<Tensor> g = gradient(loss, std::vector{w, x});
  for (std::size_t k = 0; k < 2; ++k) {
    const Ledger l = explain(g[k]), both = explain(loss, k == 0 ? w : x);
    BOOST_TEST(l.tensors);
    BOOST_TEST(l.gradient == both.gradient, boost::test_tools::tolerance(1e-15));
    BOOST_TEST(*l.count.exact == *both.count.exact);
    BOOST_TEST(l.reconciled());
  }
  BOOST_TEST(explain(gradient(loss, s)).reconciled());
  const auto [by_s, by_w] = gradient(loss, std::tie(s, w));
  BOOST_TEST(explain(by_s).gradient == std::abs(by_s.value()));
  BOOST_TEST(explain(by_w).reconciled());
  // The gradient of a penalty on the gradient.
  const Ledger second = explain(gradient(sum(g[1] * g[1]), w));
  BOOST_TEST(second.reconciled());
  BOOST_TEST(*second.count.exact > 2u);
}

BOOST_AUTO_TEST_CASE(what_is_no_gradient_is_refused) {
  Recording recording, quiet(RecordingOptions{.ties = false});
  const Scalar x = recording.variable(2.0, "x"), b = recording.variable(1.0, "b");
  const Scalar y = x * x, g = gradient(y, x), scaled = g * 0.5;
  BOOST_TEST(problem_of(x) == "'x' is not known to be a gradient");
  BOOST_TEST(problem_of(scaled) == "value " + std::to_string(scaled.id()) + " is not known to be a gradient");
  BOOST_TEST(problem_of(Scalar(2.0)) == "the gradient is a constant, and belongs to no recording");
  BOOST_TEST(problem_of(gradient(Scalar(3.0 * x), x)) == "the gradient is a constant, and belongs to no recording");
  const Scalar sum = x + b, z = sum * sum;
  recording.name(z, "z");
  const std::vector<Scalar> both = gradient(z, std::vector{x, b});
  BOOST_TEST(both[0].id() == both[1].id());
  BOOST_TEST(problem_of(both[0]) == "the value is the gradient of 'z' by 'x', 'z' by 'b': they are one value");
  const Tensor t = recording.variable(tensor({1.0, 2.0}), "t"), squares = t * t;
  BOOST_TEST(problem_of(gradient(squares, squares, std::span(&t, 1))[0]).ends_with("is not known to be a gradient"));
  const Scalar q = quiet.variable(2.0, "q");
  BOOST_TEST(problem_of(gradient(Scalar(q * q), q)).ends_with("is not known to be a gradient"));
  const Recording::Mark mark = recording.mark();
  const Scalar late = gradient(z, x);
  BOOST_TEST(explain(late).reconciled());
  recording.rewind(mark);
  BOOST_CHECK_THROW(static_cast<void>(explain(late)), StaleHandle);
  const Scalar in_its_place = x * 7.0;
  BOOST_TEST(problem_of(in_its_place).ends_with("is not known to be a gradient"));
  recording.clear();
  BOOST_CHECK_THROW(static_cast<void>(explain(g)), StaleHandle);
}

BOOST_AUTO_TEST_CASE(handles_from_before_a_rewound_mark_are_found) {
  Recording recording;
  const Scalar x = recording.variable(2.0, "x");
  const Tensor t = recording.variable(tensor({1.0, 2.0}), "t");
  const Recording::Mark mark = recording.mark();
  static_cast<void>(Scalar(x * x));
  recording.rewind(mark);
  const Scalar y = x * x * x;
  BOOST_TEST(*explain(y, x).count.exact == 3u);
  BOOST_TEST(*explain(gradient(y, x)).count.exact == 3u);
  BOOST_TEST(explain(sum(t * t), t).reconciled());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
