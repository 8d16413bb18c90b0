// QR by Householder reflections, plain and with column pivoting, on Scalars.
#include <Eigen/LU>
#include <Eigen/QR>

#include "eigen_check.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(eigen_qr)

BOOST_AUTO_TEST_CASE(least_squares) {
  const Eigen::MatrixXd a = random_matrix(5, 2, 41), b = random_matrix(5, 1, 42);
  // The solution of the normal equations, whose derivatives go another way.
  const auto normal = [&](const MatrixS& x) {
    const MatrixS m = x.transpose() * x;
    return Scalar((m.inverse() * (x.transpose() * b.cast<Scalar>())).squaredNorm());
  };
  const auto by_householder = [&](const MatrixS& x) {
    return Scalar(x.householderQr().solve(b.cast<Scalar>()).squaredNorm());
  };
  const auto by_pivoting = [&](const MatrixS& x) {
    return Scalar(x.colPivHouseholderQr().solve(b.cast<Scalar>()).squaredNorm());
  };
  check_derivatives(by_householder, a);
  check_derivatives(by_pivoting, a);
  Recording r;
  const MatrixS x = variables(r, a);
  const Eigen::MatrixXd expected = adjoints(backward(normal(x)), x);
  BOOST_TEST(near(adjoints(backward(by_householder(x)), x), expected, 1e-11));
  BOOST_TEST(near(adjoints(backward(by_pivoting(x)), x), expected, 1e-11));
}

BOOST_AUTO_TEST_CASE(factors) {
  check_derivatives(
      [](const MatrixS& x) {
        const Eigen::HouseholderQR<MatrixS> qr(x);
        const MatrixS q = qr.householderQ();
        return Scalar((q * q.transpose()).sum() + q.col(0).sum() + qr.matrixQR().diagonal().prod());
      },
      regular_matrix(3, 43));
}

BOOST_AUTO_TEST_SUITE_END()
