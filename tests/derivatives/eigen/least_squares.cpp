// The Levenberg–Marquardt of Eigen's unsupported modules on NIST's Misra1a, to its certified digits.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <unsupported/Eigen/NonLinearOptimization>
#include <vector>

#include "wengert/autodiff/bridges/eigen_least_squares.hpp"

using namespace wengert;

BOOST_AUTO_TEST_SUITE(eigen_least_squares)

BOOST_AUTO_TEST_CASE(misra1a) {
  const std::vector<double> at{77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                               378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
  const std::vector<double> measured{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                                     44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
  EigenResiduals residuals(
      [&](const auto& b) {
        std::vector<std::remove_cvref_t<decltype(b[0])>> r;
        for (std::size_t i = 0; i < at.size(); ++i) r.push_back(b[0] * (1.0 - exp(-b[1] * at[i])) - measured[i]);
        return r;
      },
      2, 14);
  Eigen::VectorXd b = Eigen::Vector2d(500.0, 0.0001);
  Eigen::LevenbergMarquardt lm(residuals);
  lm.parameters.ftol = lm.parameters.xtol = 1e-15;
  lm.parameters.maxfev = 1000;
  lm.minimize(b);
  BOOST_TEST(std::abs(b[0] / 2.3894212918E+02 - 1.0) < 1e-8);
  BOOST_TEST(std::abs(b[1] / 5.5015643181E-04 - 1.0) < 1e-8);
  BOOST_TEST(std::abs(lm.fvec.squaredNorm() / 1.2455138894E-01 - 1.0) < 1e-9);
}

BOOST_AUTO_TEST_CASE(another_number_of_residuals_is_refused) {
  EigenResiduals residuals([](const auto& b) { return std::vector{b[0]}; }, 1, 2);
  Eigen::VectorXd r;
  Eigen::MatrixXd j;
  const Eigen::VectorXd b = Eigen::VectorXd::Ones(1);
  BOOST_CHECK_EXCEPTION(residuals(b, r), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "EigenResiduals: 1 residuals; expected 2, as announced";
  });
  BOOST_CHECK_THROW(residuals.df(b, j), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()
