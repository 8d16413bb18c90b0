// The bridge to Ipopt: Hock–Schittkowski 71, a problem of some thousand variables, unconstrained ones, exceptions.
#include "wengert/autodiff/bridges/ipopt.hpp"

#include <IpSolveStatistics.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

using namespace wengert;

namespace {

Ipopt::SmartPtr<Ipopt::IpoptApplication> application() {
  Ipopt::SmartPtr<Ipopt::IpoptApplication> app = IpoptApplicationFactory();
  app->Options()->SetIntegerValue("print_level", 0);
  app->Options()->SetStringValue("sb", "yes");
  app->Options()->SetNumericValue("tol", 1e-10);
  app->Options()->SetNumericValue("bound_relax_factor", 0.0);  // else the solution is that of bounds 1e-8 wider
  BOOST_REQUIRE(app->Initialize() == Ipopt::Solve_Succeeded);
  return app;
}

template <class X>
using NumberOf = std::remove_cvref_t<decltype(std::declval<const X&>()[0])>;

const auto hs71_objective = [](const auto& x) { return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]; };
const auto hs71_constraints = [](const auto& x) {
  return std::vector<NumberOf<decltype(x)>>{x[0] * x[1] * x[2] * x[3],
                                            x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ipopt_bridge)

BOOST_AUTO_TEST_CASE(hock_schittkowski_71) {
  const auto problem = ipopt_problem(hs71_objective, hs71_constraints,
                                     {.start = {1, 5, 5, 1},
                                      .lower = {1, 1, 1, 1},
                                      .upper = {5, 5, 5, 5},
                                      .constraint_lower = {25, 40},
                                      .constraint_upper = {2e19, 40}});
  const auto app = application();
  BOOST_TEST((ipopt_solve(*app, problem) == Ipopt::Solve_Succeeded));
  BOOST_TEST(std::abs(problem->objective() - 17.0140172891520542) < 1e-7);
  BOOST_TEST(std::abs(problem->x()[1] - 4.74299964) < 1e-6);
  BOOST_TEST(std::abs(problem->x()[2] - 3.82114998) < 1e-6);
  BOOST_TEST(problem->multipliers().size() == 2u);
  BOOST_TEST(std::abs(problem->multipliers()[0] + 0.55229366) < 1e-5);
  BOOST_TEST(app->Statistics()->IterationCount() < 15);  // Newton's steps: the Hessian is the right one
}

// The derivatives themselves, in the order in which Ipopt is told of them, by hand.
BOOST_AUTO_TEST_CASE(jacobian_and_hessian_of_the_lagrangian) {
  const auto problem = ipopt_problem(hs71_objective, hs71_constraints, {.start = {1, 5, 5, 1}});
  const double x[]{1.5, 4.0, 3.0, 2.0}, multipliers[]{0.5, -0.25}, factor = 2.0;
  Ipopt::Index n = 0, m = 0, jacobian = 0, hessian = 0;
  Ipopt::TNLP::IndexStyleEnum style{};
  problem->get_nlp_info(n, m, jacobian, hessian, style);
  std::vector<Ipopt::Index> rows(8), columns(8);
  std::vector<double> values(8);
  BOOST_REQUIRE(jacobian == 8);
  problem->eval_jac_g(n, x, true, m, jacobian, rows.data(), columns.data(), nullptr);
  problem->eval_jac_g(n, x, true, m, jacobian, nullptr, nullptr, values.data());
  const double product = 1.5 * 4.0 * 3.0 * 2.0;
  for (std::size_t k = 0; k < 8; ++k) {
    const double at = x[columns[k]];
    BOOST_TEST(std::abs(values[k] - (rows[k] == 0 ? product / at : 2.0 * at)) < 1e-13);
  }
  rows.resize(10), columns.resize(10), values.resize(10);
  BOOST_REQUIRE(hessian == 10);
  problem->eval_h(n, x, true, factor, m, multipliers, true, hessian, rows.data(), columns.data(), nullptr);
  problem->eval_h(n, x, true, factor, m, multipliers, true, hessian, nullptr, nullptr, values.data());
  const double of_objective[4][4]{{2.0 * x[3], x[3], x[3], 2.0 * x[0] + x[1] + x[2]},
                                  {x[3], 0, 0, x[0]},
                                  {x[3], 0, 0, x[0]},
                                  {2.0 * x[0] + x[1] + x[2], x[0], x[0], 0}};
  for (std::size_t k = 0; k < 10; ++k) {
    const auto i = static_cast<std::size_t>(rows[k]), j = static_cast<std::size_t>(columns[k]);
    BOOST_TEST(j <= i);
    const double of_product = i == j ? 0.0 : product / (x[i] * x[j]);
    const double expected = factor * of_objective[i][j] + 0.5 * of_product - 0.25 * (i == j ? 2.0 : 0.0);
    BOOST_TEST(std::abs(values[k] - expected) < 1e-12);
  }
}

// A chain of 3000 variables: Σ (x[i]² − i mod 3)² + (x[i] − x[i+1])² under x[i]·x[i+1] + x[i+2] = 2. The Hessian has
// three diagonals and the Jacobian three elements a row, and that is all that Ipopt is told of.
BOOST_AUTO_TEST_CASE(some_thousand_variables) {
  constexpr std::size_t n = 3000;
  const auto objective = [](const auto& x) {
    NumberOf<decltype(x)> sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const NumberOf<decltype(x)> well = x[i] * x[i] - static_cast<double>(i % 3);
      sum += well * well + (x[i] - x[i + 1]) * (x[i] - x[i + 1]);
    }
    return sum;
  };
  const auto constraints = [](const auto& x) {
    std::vector<NumberOf<decltype(x)>> g;
    for (std::size_t i = 0; i + 2 < x.size(); ++i) g.push_back(x[i] * x[i + 1] + x[i + 2]);
    return g;
  };
  const auto problem = ipopt_problem(objective, constraints,
                                     {.start = std::vector<double>(n, 0.9),
                                      .constraint_lower = std::vector<double>(n - 2, 2.0),
                                      .constraint_upper = std::vector<double>(n - 2, 2.0)});
  Ipopt::Index variables = 0, equations = 0, jacobian = 0, hessian = 0;
  Ipopt::TNLP::IndexStyleEnum style{};
  problem->get_nlp_info(variables, equations, jacobian, hessian, style);
  BOOST_TEST(jacobian == 3 * (n - 2));
  BOOST_TEST(hessian == 2 * n - 1);  // the lower triangle: x[i]², x[i]·x[i+1]
  BOOST_TEST((ipopt_solve(*application(), problem) == Ipopt::Solve_Succeeded));
  const std::vector<double>& x = problem->x();
  for (std::size_t i = 0; i + 2 < n; ++i) BOOST_REQUIRE(std::abs(x[i] * x[i + 1] + x[i + 2] - 2.0) < 1e-8);
  // ∇f + Σ λ·∇g = 0 at the solution, by hand.
  std::vector<double> slope(n, 0.0);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    slope[i] += 4.0 * x[i] * (x[i] * x[i] - static_cast<double>(i % 3)) + 2.0 * (x[i] - x[i + 1]);
    slope[i + 1] -= 2.0 * (x[i] - x[i + 1]);
  }
  for (std::size_t i = 0; i + 2 < n; ++i) {
    const double multiplier = problem->multipliers()[i];
    slope[i] += multiplier * x[i + 1];
    slope[i + 1] += multiplier * x[i];
    slope[i + 2] += multiplier;
  }
  for (const double each : slope) BOOST_REQUIRE(std::abs(each) < 1e-7);
}

BOOST_AUTO_TEST_CASE(a_branch_that_changes_the_pattern_is_refused) {
  const auto f = [](const auto& x) {
    if (x[0] < 0.5) return NumberOf<decltype(x)>(x[0] * x[1]);
    return NumberOf<decltype(x)>((x[0] - 0.1) * (x[0] - 0.1) + x[1] * x[1]);
  };
  const auto problem = ipopt_problem(f, {.start = {1.0, 1.0}});
  BOOST_CHECK_EXCEPTION((void)ipopt_solve(*application(), problem), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what())
        .starts_with("nonlinear program: 1 elements of the Hessian were 0 at the start; expected the pattern of the");
  });
}

BOOST_AUTO_TEST_CASE(without_constraints) {
  const auto rosenbrock = [](const auto& x) {
    NumberOf<decltype(x)> sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const NumberOf<decltype(x)> valley = x[i + 1] - x[i] * x[i];
      sum += 100.0 * valley * valley + (1.0 - x[i]) * (1.0 - x[i]);
    }
    return sum;
  };
  const auto problem = ipopt_problem(rosenbrock, {.start = {-1.2, 1.0}});
  BOOST_TEST((ipopt_solve(*application(), problem) == Ipopt::Solve_Succeeded));
  for (const double each : problem->x()) BOOST_TEST(std::abs(each - 1.0) < 1e-7);
}

BOOST_AUTO_TEST_CASE(what_a_function_throws_comes_out_as_it_is) {
  struct Mine {
    int number;
  };
  const auto throws = [](const auto& x) {
    if (value(x[0]) < 2.0) throw Mine{7};
    return NumberOf<decltype(x)>(x[0] * x[0]);
  };
  const auto problem = ipopt_problem(throws, {.start = {3.0}});
  BOOST_CHECK_EXCEPTION((void)ipopt_solve(*application(), problem), Mine, [](const Mine& e) { return e.number == 7; });
  BOOST_CHECK_THROW((void)ipopt_problem(throws, {.start = {1.0}}), Mine);
}

BOOST_AUTO_TEST_CASE(bounds_are_counted) {
  BOOST_CHECK_EXCEPTION((void)ipopt_problem(hs71_objective, hs71_constraints, {.start = {1, 5, 5, 1}, .lower = {1}}),
                        ArgumentError, [](const ArgumentError& error) {
                          return std::string(error.what()) == "ipopt_problem: 1 lower bounds; expected 4, or none";
                        });
}

BOOST_AUTO_TEST_SUITE_END()
