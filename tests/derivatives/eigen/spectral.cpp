// Symmetric eigenvalues and singular values on Scalars: where they are distinct, their derivatives have closed forms.
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include "eigen_check.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(eigen_spectral)

// ∂λ/∂A = v·v⊤. Eigen reads the lower half of A, so that half takes both.
BOOST_AUTO_TEST_CASE(eigenvalues_of_a_symmetric_matrix) {
  const Eigen::MatrixXd half = random_matrix(3, 3, 51);
  const Eigen::MatrixXd a = half + half.transpose();
  Recording r;
  const MatrixS x = variables(r, a);
  const Eigen::SelfAdjointEigenSolver<MatrixS> solver(x);
  BOOST_TEST((solver.info() == Eigen::Success));
  for (Eigen::Index k = 0; k < 3; ++k) {
    const Eigen::VectorXd v = values(solver.eigenvectors()).col(k);
    Eigen::MatrixXd expected = 2.0 * v * v.transpose();
    expected.diagonal() /= 2.0;
    expected = Eigen::MatrixXd(expected.triangularView<Eigen::Lower>());
    BOOST_TEST(near(a * v, solver.eigenvalues()(k).value() * v));
    BOOST_TEST(near(adjoints(backward(solver.eigenvalues()(k)), x), expected, 1e-10));
  }
}

BOOST_AUTO_TEST_CASE(functions_of_eigenvectors_to_second_order) {
  check_derivatives(
      [](const MatrixS& x) {
        const Eigen::SelfAdjointEigenSolver<MatrixS> solver(x * x.transpose());
        const auto v = solver.eigenvectors().col(2);
        return Scalar(v(0) * v(0) * solver.eigenvalues()(0));
      },
      regular_matrix(3, 52));
}

// ∂σ/∂A = u·v⊤.
BOOST_AUTO_TEST_CASE(singular_values) {
  const Eigen::MatrixXd a = random_matrix(3, 3, 53);
  Recording r;
  const MatrixS x = variables(r, a);
  const Eigen::JacobiSVD<MatrixS> svd(x, Eigen::ComputeFullU | Eigen::ComputeFullV);
  for (Eigen::Index k = 0; k < 3; ++k) {
    const Eigen::MatrixXd u = values(svd.matrixU()).col(k), v = values(svd.matrixV()).col(k);
    BOOST_TEST(near(a * v, svd.singularValues()(k).value() * u));
    BOOST_TEST(near(adjoints(backward(svd.singularValues()(k)), x), u * v.transpose(), 1e-10));
  }
}

BOOST_AUTO_TEST_SUITE_END()
