// The oracle of the Eigen tests: derivatives by differences of a function's values. The function is run on constant
// Scalars for them, which record nothing and use no rule.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "wengert/autodiff/bridges/eigen.hpp"

namespace wengert::test {

/// Numbers between -1 and 1.
inline Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&](Eigen::Index, Eigen::Index) {
    return 2.0 * static_cast<double>(engine()) / static_cast<double>(std::mt19937::max()) - 1.0;
  });
}
/// The same plus a multiple of the identity: far from singular.
inline Eigen::MatrixXd regular_matrix(Eigen::Index n, unsigned seed) {
  Eigen::MatrixXd m = random_matrix(n, n, seed);
  m.diagonal().array() += 3.0;
  return m;
}

/// The derivative of g along every coefficient of x: differences of five points, with an error of h⁴.
template <class G>
auto differences(const G& g, const Eigen::MatrixXd& x, double h = 1e-3) {
  std::vector<decltype(g(x))> slopes;
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto at = [&](double step) {
        Eigen::MatrixXd moved = x;
        moved(i, j) += step;
        return g(moved);
      };
      slopes.push_back((8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h));
    }
  return slopes;
}

inline bool near(double computed, double expected, double tolerance) {
  return std::abs(computed - expected) <= tolerance * (1.0 + std::abs(expected));
}
inline bool near(const Eigen::MatrixXd& computed, const Eigen::MatrixXd& expected, double tolerance = 1e-12) {
  return computed.rows() == expected.rows() && computed.cols() == expected.cols() &&
         ((computed - expected).array().abs() <= tolerance * (1.0 + expected.array().abs())).all();
}

/// Gradient and Hessian of f (MatrixS -> Scalar) at x against differences: of the values, and of the gradient. Both
/// ways to a Hessian: backward and forward over the recorded gradient.
template <class F>
void check_derivatives(const F& f, const Eigen::MatrixXd& x, double tolerance = 1e-8) {
  const auto value_at = [&](const Eigen::MatrixXd& point) { return Scalar(f(MatrixS(point.cast<Scalar>()))).value(); };
  const auto gradient_at = [&](const Eigen::MatrixXd& point) {
    Recording r;
    const MatrixS input = variables(r, point);
    const Scalar y = f(input);
    return Eigen::MatrixXd(adjoints(backward(y), input));
  };
  const Eigen::MatrixXd slope = gradient_at(x);
  const auto slopes = differences(value_at, x);
  const auto curvatures = differences(gradient_at, x);

  Recording r;
  const MatrixS input = variables(r, x);
  const Scalar y = f(input);
  const MatrixS recorded = gradient(y, input);
  BOOST_TEST(near(y.value(), value_at(x), 1e-14));
  BOOST_TEST(near(values(recorded), slope, 1e-12));
  std::size_t k = 0;
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    for (Eigen::Index j = 0; j < x.cols(); ++j, ++k) {
      BOOST_TEST(near(slope(i, j), slopes[k], tolerance), "gradient " << slope(i, j) << ", differences " << slopes[k]);
      if (recorded(i, j).is_constant()) {
        BOOST_TEST(near(Eigen::MatrixXd::Zero(x.rows(), x.cols()), curvatures[k], 10 * tolerance));
        continue;
      }
      const Eigen::MatrixXd row = adjoints(backward(recorded(i, j)), input);
      BOOST_TEST(near(row, curvatures[k], 10 * tolerance), "Hessian\n" << row << "\ndifferences\n" << curvatures[k]);
      const Tangents t = forward({input(i, j)}, {1.0});
      BOOST_TEST(near(tangents(t, recorded), row, 1e-9));
    }
}

}  // namespace wengert::test
