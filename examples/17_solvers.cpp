// Solvers that take derivatives from Wengert: Ceres (Levenberg–Marquardt, L-BFGS), NLopt, Ipopt.
//
// Before it: 11_hessians.cpp, 13_sparse.cpp. Needs the three libraries, which Wengert itself knows nothing of.
// docs/howto/solvers.md explains it.
#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>
#include <ceres/problem.h>
#include <ceres/solver.h>

#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/bridges/ceres.hpp"
#include "wengert/autodiff/bridges/ipopt.hpp"
#include "wengert/autodiff/bridges/nlopt.hpp"

using namespace wengert;

namespace {

// Each function is written once, over any number.
const auto rosenbrock = [](const auto& x) {
  const auto valley = x[1] - x[0] * x[0];
  return 100.0 * valley * valley + (1.0 - x[0]) * (1.0 - x[0]);
};

// NIST's Misra1a: adsorption y of a monomolecular layer at pressure x, y = b₀·(1 − e^(−b₁x)).
void fit_a_curve() {
  const std::vector<double> x{77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                              378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
  const std::vector<double> y{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                              44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
  const auto model = [](const auto& b, double at) { return b[0] * (1.0 - exp(-b[1] * at)); };

  std::vector<double> b{500.0, 0.0001};
  ceres::Problem problem;
  problem.AddResidualBlock(ceres_curve(model, x, y, 2), nullptr, b.data());
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.function_tolerance = options.parameter_tolerance = 1e-15;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  std::printf("Ceres, Levenberg-Marquardt: b = %.6e %.6e, certified 2.389421e+02 5.501564e-04\n", b[0], b[1]);
}

void walk_down_a_valley() {
  std::vector<double> x{-1.2, 1.0};
  ceres::GradientProblem problem(ceres_objective(rosenbrock, 2));
  ceres::GradientProblemSolver::Options options;
  options.logging_type = ceres::SILENT;
  options.function_tolerance = 1e-15;
  options.gradient_tolerance = 1e-12;
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, x.data(), &summary);
  std::printf("Ceres, L-BFGS: %.5f %.5f\n", x[0], x[1]);

  x = {-1.2, 1.0};
  nlopt::opt opt(nlopt::LD_LBFGS, 2);
  opt.set_ftol_rel(1e-15);
  nlopt_minimize(opt, rosenbrock, x);
  std::printf("NLopt, L-BFGS: %.5f %.5f\n", x[0], x[1]);
}

// Hock and Schittkowski's problem 71.
void keep_to_constraints() {
  const auto f = [](const auto& x) { return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]; };
  const auto product = [](const auto& x) { return x[0] * x[1] * x[2] * x[3]; };
  const auto squares = [](const auto& x) { return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3]; };

  nlopt::opt opt(nlopt::LD_SLSQP, 4);
  opt.set_lower_bounds(1.0);
  opt.set_upper_bounds(5.0);
  opt.set_xtol_rel(1e-10);
  std::vector<double> x{1.0, 5.0, 5.0, 1.0};
  NloptProblem slsqp(opt);
  slsqp.minimize(f)
      .inequality([&](const auto& at) { return 25.0 - product(at); }, 1e-10)
      .equality([&](const auto& at) { return squares(at) - 40.0; }, 1e-10);
  std::printf("NLopt, SLSQP: %.6f", slsqp.optimize(x));
  std::printf(" at %.5f %.5f %.5f %.5f\n", x[0], x[1], x[2], x[3]);

  const auto g = [&](const auto& at) { return std::vector<Scalar>{product(at), squares(at)}; };
  const auto problem = ipopt_problem(f, g,
                                     {.start = {1, 5, 5, 1},
                                      .lower = {1, 1, 1, 1},
                                      .upper = {5, 5, 5, 5},
                                      .constraint_lower = {25, 40},
                                      .constraint_upper = {1e20, 40}});
  Ipopt::SmartPtr<Ipopt::IpoptApplication> app = IpoptApplicationFactory();
  app->Options()->SetIntegerValue("print_level", 0);
  app->Options()->SetStringValue("sb", "yes");
  app->Initialize();
  const bool solved = ipopt_solve(*app, problem) == Ipopt::Solve_Succeeded;
  std::printf("Ipopt, Newton's steps: %.6f", problem->objective());
  for (const double each : problem->x()) std::printf(" %.5f", each);
  std::printf(solved ? "\n" : " not solved\n");
}

}  // namespace

int main() {
  fit_a_curve();
  walk_down_a_valley();
  keep_to_constraints();
}
