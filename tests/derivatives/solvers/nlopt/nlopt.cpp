// The bridge to NLopt: unconstrained, bounds, scalar and vector constraints, exceptions.
#include "wengert/autodiff/bridges/nlopt.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <span>
#include <string>

using namespace wengert;

namespace {

// Rosenbrock's chain; least value 0 at (1, …, 1).
const auto rosenbrock = [](const auto& x) {
  std::remove_cvref_t<decltype(x[0])> total = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const std::remove_cvref_t<decltype(x[0])> valley = x[i + 1] - x[i] * x[i];
    total += 100.0 * valley * valley + (1.0 - x[i]) * (1.0 - x[i]);
  }
  return total;
};

struct Counted {
  static inline int with_numbers = 0, with_scalars = 0;
  template <class T>
  T operator()(const std::vector<T>& x) const {
    ++(std::is_same_v<T, double> ? with_numbers : with_scalars);
    return (x[0] - 1.0) * (x[0] - 1.0);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(nlopt_bridge)

BOOST_AUTO_TEST_CASE(lbfgs_finds_the_valley) {
  nlopt::opt opt(nlopt::LD_LBFGS, 10);
  opt.set_ftol_rel(1e-15);
  std::vector<double> x(10, -1.2);
  const double least = nlopt_minimize(opt, rosenbrock, x);
  BOOST_TEST(least < 1e-12);
  for (const double each : x) BOOST_TEST(std::abs(each - 1.0) < 1e-5);
}

BOOST_AUTO_TEST_CASE(a_gradient_is_asked_for_only_where_one_is_wanted) {
  nlopt::opt opt(nlopt::LN_NELDERMEAD, 1);
  opt.set_xtol_rel(1e-6);
  std::vector<double> x{3.0};
  nlopt_minimize(opt, Counted{}, x);
  BOOST_TEST(Counted::with_numbers > 0);
  BOOST_TEST(Counted::with_scalars == 0);
  BOOST_TEST(std::abs(x[0] - 1.0) < 1e-4);
}

// NLopt's own tutorial: √x₂ least under x₂ ≥ (2x₁)³, x₂ ≥ (1 − x₁)³; the result is √(8/27) at (1/3, 8/27).
BOOST_AUTO_TEST_CASE(inequalities_one_by_one_and_together) {
  const auto objective = [](const auto& x) { return sqrt(x[1]); };
  const auto bound = [](const auto& x, double a, double b) {
    const std::remove_cvref_t<decltype(x[0])> line = a * x[0] + b;
    return line * line * line - x[1];
  };
  for (const nlopt::algorithm algorithm : {nlopt::LD_MMA, nlopt::LD_SLSQP})
    for (const bool together : {false, true}) {
      nlopt::opt opt(algorithm, 2);
      opt.set_lower_bounds({-HUGE_VAL, 1e-9});
      opt.set_xtol_rel(1e-10);
      NloptProblem problem(opt);
      problem.minimize(objective);
      if (together) {
        if (algorithm == nlopt::LD_MMA) continue;  // takes them one by one just as well
        problem.inequality(
            [&](const auto& x) {
              return std::array<std::remove_cvref_t<decltype(x[0])>, 2>{bound(x, 2.0, 0.0), bound(x, -1.0, 1.0)};
            },
            2, 1e-10);
      } else {
        problem.inequality([&](const auto& x) { return bound(x, 2.0, 0.0); }, 1e-10)
            .inequality([&](const auto& x) { return bound(x, -1.0, 1.0); }, 1e-10);
      }
      std::vector<double> x{1.234, 5.678};
      BOOST_TEST(std::abs(problem.optimize(x) - std::sqrt(8.0 / 27.0)) < 1e-8);
      BOOST_TEST(std::abs(x[0] - 1.0 / 3.0) < 1e-6);
    }
}

// Hock–Schittkowski 71: x₀x₃(x₀+x₁+x₂)+x₂ under Πx ≥ 25, Σx² = 40, 1 ≤ x ≤ 5.
BOOST_AUTO_TEST_CASE(hock_schittkowski_71_by_slsqp) {
  nlopt::opt opt(nlopt::LD_SLSQP, 4);
  opt.set_lower_bounds(1.0);
  opt.set_upper_bounds(5.0);
  opt.set_xtol_rel(1e-12);
  NloptProblem problem(opt);
  problem.minimize([](const auto& x) { return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]; })
      .inequality([](const auto& x) { return 25.0 - x[0] * x[1] * x[2] * x[3]; }, 1e-10)
      .equality([](const auto& x) { return x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3] - 40.0; }, 1e-10);
  std::vector<double> x{1.0, 5.0, 5.0, 1.0};
  BOOST_TEST(std::abs(problem.optimize(x) - 17.0140172891520542) < 1e-8);
  BOOST_TEST(std::abs(x[1] - 4.7429994) < 1e-6);
}

BOOST_AUTO_TEST_CASE(what_a_function_throws_comes_out_as_it_is) {
  struct Mine {
    int number;
  };
  nlopt::opt opt(nlopt::LD_LBFGS, 1);
  std::vector<double> x{3.0};
  const auto throws = [](const auto& at) -> std::remove_cvref_t<decltype(at[0])> {
    if (at[0] < 2.5) throw Mine{7};
    return at[0] * at[0];
  };
  BOOST_CHECK_EXCEPTION(nlopt_minimize(opt, throws, x), Mine, [](const Mine& e) { return e.number == 7; });
  // The library's own, with its text; in a constraint of several too.
  nlopt::opt constrained(nlopt::LD_SLSQP, 1);
  NloptProblem problem(constrained);
  problem.minimize([](const auto& at) { return at[0] * at[0]; })
      .inequality([](const auto& at) { return std::vector{1.0 - at[0]}; }, 2, 1e-8);
  x = {3.0};
  BOOST_CHECK_EXCEPTION(problem.optimize(x), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "NloptProblem: a constraint gives 1 numbers; expected 2, as announced";
  });
  // And it works again.
  nlopt::opt again(nlopt::LD_LBFGS, 1);
  x = {3.0};
  BOOST_TEST(nlopt_minimize(
                 again, [](const auto& at) { return at[0] * at[0]; }, x) < 1e-10);
}

BOOST_AUTO_TEST_SUITE_END()
