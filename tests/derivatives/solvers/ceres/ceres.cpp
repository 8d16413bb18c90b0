// The bridge to Ceres: values and Jacobians of cost functions, both kinds of functors, several blocks, threads,
// exceptions, and the gradient problem.
#include "wengert/autodiff/bridges/ceres.hpp"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>
#include <ceres/problem.h>
#include <ceres/solver.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>

using namespace wengert;

namespace {

// As written for ceres::AutoDiffCostFunction: a circle through points, its centre and its radius in blocks of their
// own.
struct Circle {
  double px, py;
  template <class T>
  bool operator()(const T* const centre, const T* const radius, T* residual) const {
    const T dx = px - centre[0], dy = py - centre[1];
    residual[0] = sqrt(dx * dx + dy * dy) - radius[0];
    return true;
  }
};

ceres::Solver::Options quiet() {
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.num_threads = 1;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ceres_bridge)

BOOST_AUTO_TEST_CASE(residuals_and_jacobians_of_every_shape) {
  // More residuals than parameters, and fewer: r[i] = Σ_j (i+1) x[j]^(j+1) + y·i, by hand.
  for (const int rows : {1, 40}) {
    const auto f = [](auto x, auto y, auto r) {
      for (std::size_t i = 0; i < r.size(); ++i) {
        const double weight = static_cast<double>(i);
        r[i] = (weight + 1.0) * (x[0] + x[1] * x[1] + x[2] * x[2] * x[2]) + y[0] * weight;
      }
    };
    const std::unique_ptr<ceres::CostFunction> cost(ceres_cost(f, rows, {3, 1}));
    BOOST_TEST(cost->num_residuals() == rows);
    BOOST_TEST((cost->parameter_block_sizes() == std::vector<std::int32_t>{3, 1}));
    const double x[]{1.0, 2.0, -1.0}, y[]{5.0};
    const double* const blocks[]{x, y};
    std::vector<double> values(static_cast<std::size_t>(rows)), again(values), by_x(values.size() * 3), by_y(values);
    double* jacobians[]{by_x.data(), by_y.data()};
    BOOST_TEST(cost->Evaluate(blocks, values.data(), nullptr));
    BOOST_TEST(cost->Evaluate(blocks, again.data(), jacobians));
    BOOST_TEST(values == again);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double weight = static_cast<double>(i);
      BOOST_TEST(values[i] == (weight + 1.0) * 4.0 + 5.0 * weight);
      BOOST_TEST(by_x[3 * i] == weight + 1.0);
      BOOST_TEST(by_x[3 * i + 1] == 4.0 * (weight + 1.0));
      BOOST_TEST(by_x[3 * i + 2] == 3.0 * (weight + 1.0));
      BOOST_TEST(by_y[i] == weight);
    }
    // A block that is held constant has no Jacobian.
    std::fill(by_y.begin(), by_y.end(), -1.0);
    double* one[]{nullptr, by_y.data()};
    BOOST_TEST(cost->Evaluate(blocks, values.data(), one));
    BOOST_TEST(by_y.back() == static_cast<double>(rows - 1));
  }
}

BOOST_AUTO_TEST_CASE(a_functor_of_ceres_in_several_threads) {
  double centre[]{0.5, 0.2}, radius[]{0.5};
  ceres::Problem problem;
  for (int k = 0; k < 64; ++k) {
    const double angle = 0.1 * k;
    problem.AddResidualBlock(ceres_cost(Circle{3.0 + 2.0 * std::cos(angle), -1.0 + 2.0 * std::sin(angle)}, 1, {2, 1}),
                             nullptr, centre, radius);
  }
  ceres::Solver::Options options = quiet();
  options.num_threads = 4;
  options.function_tolerance = options.gradient_tolerance = 1e-16;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  BOOST_TEST(summary.IsSolutionUsable());
  BOOST_TEST(std::abs(centre[0] - 3.0) < 1e-8);
  BOOST_TEST(std::abs(centre[1] + 1.0) < 1e-8);
  BOOST_TEST(std::abs(radius[0] - 2.0) < 1e-8);
}

BOOST_AUTO_TEST_CASE(one_cost_function_for_many_blocks_and_threads) {
  // Ceres may evaluate it from several threads at once.
  const auto f = [](auto x, auto r) { r[0] = x[0] * x[0] - 2.0; };
  const std::unique_ptr<ceres::CostFunction> cost(ceres_cost(f, 1, {1}));
  std::vector<double> x(200, 1.0);
  ceres::Problem::Options shared;
  shared.cost_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem problem(shared);
  for (double& each : x) problem.AddResidualBlock(cost.get(), nullptr, &each);
  ceres::Solver::Options options = quiet();
  options.num_threads = 4;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  for (const double each : x) BOOST_TEST(std::abs(each - std::sqrt(2.0)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_evaluated_and_what_throws) {
  const auto refuses = [](auto x, auto r) {
    r[0] = x[0];
    return value(x[0]) >= 0.0;
  };
  const std::unique_ptr<ceres::CostFunction> cost(ceres_cost(refuses, 1, {1}));
  const double minus = -1.0;
  const double* const blocks[]{&minus};
  double residual = 0.0, slope = 0.0;
  double* jacobians[]{&slope};
  BOOST_TEST(!cost->Evaluate(blocks, &residual, jacobians));
  BOOST_TEST(!cost->Evaluate(blocks, &residual, nullptr));

  double x = 1.0;
  ceres::Problem problem;
  const auto throws = [](auto at, auto r) {
    if (value(at[0]) < 0.5) throw DomainError{{.operation = "mine", .problem = "too small"}};
    r[0] = at[0];
  };
  problem.AddResidualBlock(ceres_cost(throws, 1, {1}), nullptr, &x);
  ceres::Solver::Summary summary;
  BOOST_CHECK_THROW(ceres::Solve(quiet(), &problem, &summary), DomainError);
}

BOOST_AUTO_TEST_CASE(rosenbrock_by_lbfgs) {
  const auto rosenbrock = [](const auto& x) {
    std::remove_cvref_t<decltype(x[0])> sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const std::remove_cvref_t<decltype(x[0])> valley = x[i + 1] - x[i] * x[i];
      sum += 100.0 * valley * valley + (1.0 - x[i]) * (1.0 - x[i]);
    }
    return sum;
  };
  std::vector<double> x(6, -1.2);
  const ceres::GradientProblem problem(ceres_objective(rosenbrock, 6));
  ceres::GradientProblemSolver::Options options;
  options.line_search_direction_type = ceres::LBFGS;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = 500;
  options.function_tolerance = 1e-18;
  options.gradient_tolerance = 1e-12;
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, x.data(), &summary);
  BOOST_TEST(summary.IsSolutionUsable());
  for (const double each : x) BOOST_TEST(std::abs(each - 1.0) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_curve_needs_a_value_for_every_point) {
  const auto line = [](const auto& b, double x) { return b[0] + b[1] * x; };
  BOOST_CHECK_THROW((void)ceres_curve(line, {1.0, 2.0}, {1.0}, 2), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()
