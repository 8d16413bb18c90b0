// `wengert grad --steps`: the trace is the calculation that the library makes, and reads like it.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/cli/parser.hpp"
#include "wengert/cli/steps/steps_report.hpp"

namespace {

using namespace wengert;
using namespace wengert::cli;

struct Traced {
  Derivatives derivatives;
  Trace trace;
};

/// Of `known`, the point has what the expression uses.
Traced traced(const std::string& text, const std::vector<Binding>& known) {
  const Expression expression = parse(text);
  std::vector<Binding> point;
  for (const Binding& binding : known)
    if (std::count(expression.variables.begin(), expression.variables.end(), binding.name) > 0)
      point.push_back(binding);
  RecordedExpression recorded = record(expression, point);
  std::vector<std::size_t> chosen;
  for (std::size_t k = 0; k < point.size(); ++k) chosen.push_back(k);
  Trace trace = trace_of(recorded);
  return {derivatives_at(recorded, point, chosen, 1), std::move(trace)};
}

Binding number(const std::string& name, double value) { return {name, Array::scalar(value)}; }

BOOST_AUTO_TEST_SUITE(steps)

BOOST_AUTO_TEST_CASE(adjoints_are_those_of_the_reverse_sweep) {
  const std::vector<Binding> point{number("x", 0.75),
                                   number("y", -1.25),
                                   {"v", Array::from({0.5, -2.0, 3.0}, Shape{3})},
                                   {"A", Array::from({1.0, 2.0, -1.0, 0.5, 0.25, 3.0}, Shape{2, 3})}};
  const std::string all = " + 0.5*(x + y + sum(v) + sum(A))";
  for (const std::string text :
       {"x*y + sin(x*y)/x", "x^3 - x^y^2*0 + pow(x, y)", "where(x < y, x, y^2) + max(x, y)", "norm(A @ v) * x",
        "u = A @ v; w = softmax(u)\nsum(w * [x, y]) + dot(u, w)", "sum(v * x + [y, y, y])", "A[1,2]*v[0] + sum(A[:,1])",
        "sum(transpose(A) @ [x, y])", "logsumexp(A) + amax(v) + prod(v)", "trace(outer(v, v)) + variance(v)*y",
        "sum(where(v < x, v, y))", "mean(A, 0) @ v", "sum(cumsum(v)*sort(v))", "sum(-v^2 + (v > 0))", "[v, v][1, 2]",
        "sum(relu(A)) + sum(sum(A, 1) * [x, 1])", "atan2(x, y) + hypot(x, y) + clamp(x, 0, 1)"}) {
    BOOST_TEST_CONTEXT(text) {
      const Traced t = traced(text + all, point);
      BOOST_TEST(t.trace.nodes.size() > point.size());
      std::vector<int> visited(t.trace.nodes.size(), 0);
      std::size_t last = t.trace.nodes.size();
      for (const Visit& visit : t.trace.visits) {
        // Each node once, the last first, and all that was passed to a node came before its visit.
        BOOST_TEST(visit.node < last);
        last = visit.node;
        visited[visit.node] = 1;
        for (const Passed& passed : visit.passed) BOOST_TEST(visited[passed.to] == 0);
      }
      std::size_t found = 0;
      for (const Visit& visit : t.trace.visits) {
        for (std::size_t k = 0; k < point.size(); ++k) {
          if (t.trace.nodes[visit.node].name != point[k].name) continue;
          ++found;
          const auto told = visit.adjoint.data<double>(), swept = t.derivatives.gradient[k].data<double>();
          BOOST_REQUIRE(told.size() == swept.size());
          for (std::size_t i = 0; i < told.size(); ++i)
            BOOST_TEST(std::abs(told[i] - swept[i]) <= 1e-13 * (1 + std::abs(swept[i])));
        }
      }
      BOOST_TEST(found == point.size());
      BOOST_TEST(t.trace.visits.front().adjoint.element(0) == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_and_products_hold) {
  const Traced t = traced("u = x*y; u*u + sin(u)*x", {number("x", 0.5), number("y", 3)});
  for (const Visit& visit : t.trace.visits) {
    for (const Passed& passed : visit.passed) {
      BOOST_REQUIRE(passed.local.has_value());
      BOOST_TEST(passed.contribution.element(0) == visit.adjoint.element(0) * passed.local->element(0));
      const double before = passed.before ? passed.before->element(0) : 0;
      BOOST_TEST(passed.sum.element(0) == before + passed.contribution.element(0));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_do_not_clash) {
  const Traced t = traced("v3*v3 + w1", {number("v3", 2), number("w1", 1)});
  BOOST_TEST(t.trace.nodes[2].name == "t3");
  BOOST_TEST(t.trace.nodes[2].formula == "v3 * v3");
}

BOOST_AUTO_TEST_CASE(formulas_are_expressions) {
  const auto formulas = [](const std::string& text) {
    std::string all;
    const Traced t = traced(text, {number("x", 2),
                                   {"v", Array::from({1.0, 2.0}, Shape{2})},
                                   {"A", Array::from({1.0, 2.0, 3.0, 4.0}, Shape{2, 2})}});
    for (const TraceNode& node : t.trace.nodes)
      if (!node.formula.empty()) all += node.name + " = " + node.formula + "; ";
    return all;
  };
  BOOST_TEST(formulas("-x^2 - -3*x") == "v2 = x^2; v3 = -v2; v4 = (-3) * x; f = v3 - v4; ");
  BOOST_TEST(formulas("u = A @ v; sum(u)") == "u = A @ v; f = sum(u); ");
  BOOST_TEST(formulas("sum(A, 0)[1] + A[0,1]*v[0]") ==
             "v3 = sum(A, 0); v4 = v3[1]; v5 = A[0,1]; v6 = v[0]; v7 = v5 * v6; f = v4 + v7; ");
  BOOST_TEST(formulas("sum(v^2 + x)") == "v3 = v^2; v4 = x repeated to [2]; v5 = v3 + v4; f = sum(v5); ");
  BOOST_TEST(formulas("sum(where(v < x, [x, 1], 0))") ==
             "v3 = x repeated to [2]; v4 = v < v3; v5 = [x, 1]; v6 = where(v4, v5, 0); f = sum(v6); ");
  BOOST_TEST(formulas("sum(A[1] + transpose(A)[:,0])") ==
             "v2 = A[1,:]; v3 = transpose(A); v4 = v3[:,0]; v5 = v2 + v4; f = sum(v5); ");
  BOOST_TEST(formulas("!(x < 1) * x + sum(softmax(A))") ==
             "v3 = x < 1; v4 = !v3; v5 = where(v4, 1, 0); v6 = v5 * x; v7 = softmax(A); v8 = sum(v7); f = v6 + v8; ");
}

BOOST_AUTO_TEST_CASE(what_no_derivative_reaches_is_not_visited) {
  const Traced t = traced("where(x < 1, x^2, 0)", {number("x", 0.5)});
  BOOST_TEST(t.trace.nodes.size() == 4U);  // x, the comparison, the square, f
  std::vector<std::string> visited;
  for (const Visit& visit : t.trace.visits) visited.push_back(t.trace.nodes[visit.node].name);
  BOOST_TEST(visited == (std::vector<std::string>{"f", "v3", "x"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
