// LLT, LDLT, LU with partial and full pivoting, determinant, inverse, triangular solves, on Scalars.
#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "eigen_check.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr Eigen::Index n = 4;

// A·x = b by `solve`; the gradient of c·x against its closed form: with A⊤·w = c, ∂/∂b = w and ∂/∂A = −w·x⊤. For
// symmetric A (made of its lower half) by differences instead.
template <class Solve>
void check_solver(const Solve& solve) {
  const Eigen::MatrixXd a = regular_matrix(n, 21), b = random_matrix(n, 2, 22), c = random_matrix(n, 2, 23);
  Recording r;
  const MatrixS matrix = variables(r, a), right = variables(r, b);
  const MatrixS x = solve(matrix, right);
  BOOST_TEST(near(values(x), a.inverse() * b));
  const Adjoints g = backward(Scalar(x.cwiseProduct(c).sum()));
  const Eigen::MatrixXd w = a.transpose().inverse() * c;
  BOOST_TEST(near(adjoints(g, right), w));
  BOOST_TEST(near(adjoints(g, matrix), -w * values(x).transpose()));
}
template <class Solve>
void check_second_order(const Solve& solve) {
  const Eigen::MatrixXd b = random_matrix(3, 1, 24);
  check_derivatives([&](const MatrixS& x) { return Scalar(solve(x, b.cast<Scalar>()).squaredNorm()); },
                    regular_matrix(3, 25));
}

MatrixS symmetric(const MatrixS& x) { return x * x.transpose() + MatrixS::Identity(x.rows(), x.rows()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(eigen_cholesky_lu)

BOOST_AUTO_TEST_CASE(partial_pivoting) {
  const auto solve = [](const MatrixS& a, const MatrixS& b) { return MatrixS(a.partialPivLu().solve(b)); };
  check_solver(solve);
  check_second_order(solve);
}

BOOST_AUTO_TEST_CASE(full_pivoting) {
  const auto solve = [](const MatrixS& a, const MatrixS& b) { return MatrixS(a.fullPivLu().solve(b)); };
  check_solver(solve);
  check_second_order(solve);
}

BOOST_AUTO_TEST_CASE(cholesky) {
  const Eigen::MatrixXd b = random_matrix(3, 1, 26);
  check_derivatives(
      [&](const MatrixS& x) {
        const Eigen::LLT<MatrixS> llt(symmetric(x));
        return Scalar(llt.solve(b.cast<Scalar>()).squaredNorm() + MatrixS(llt.matrixL()).sum());
      },
      random_matrix(3, 3, 27));
  check_derivatives([&](const MatrixS& x) { return Scalar(symmetric(x).ldlt().solve(b.cast<Scalar>()).squaredNorm()); },
                    random_matrix(3, 3, 28));
}

BOOST_AUTO_TEST_CASE(determinant_and_inverse_of_every_size) {
  for (const Eigen::Index size : {1, 2, 3, 4, 5}) {
    const Eigen::MatrixXd a = regular_matrix(size, 29), c = random_matrix(size, size, 30);
    Recording r;
    const MatrixS x = variables(r, a);
    const Scalar det = x.determinant();
    BOOST_TEST(near(det.value(), a.determinant(), 1e-13));
    BOOST_TEST(near(adjoints(backward(det), x), a.determinant() * a.inverse().transpose()));
    const Scalar s = x.inverse().eval().cwiseProduct(c).sum();
    const Eigen::MatrixXd inverse = a.inverse();
    BOOST_TEST(near(adjoints(backward(s), x), -inverse.transpose() * c * inverse.transpose()));
  }
  check_derivatives([](const MatrixS& x) { return Scalar(log(x.determinant())); }, regular_matrix(3, 31));
  // Of fixed size by cofactors.
  check_derivatives(
      [](const MatrixS& x) {
        const Eigen::Matrix<Scalar, 3, 3> a = x;
        return Scalar(a.determinant() + a.inverse().sum());
      },
      regular_matrix(3, 32));
}

BOOST_AUTO_TEST_CASE(triangular_solves) {
  const Eigen::MatrixXd a = regular_matrix(n, 33), b = random_matrix(n, 1, 34), c = random_matrix(n, 1, 35);
  Recording r;
  const MatrixS matrix = variables(r, a), right = variables(r, b);
  const MatrixS x = matrix.triangularView<Eigen::Lower>().solve(right);
  const Eigen::MatrixXd lower = a.triangularView<Eigen::Lower>();
  BOOST_TEST(near(values(x), lower.inverse() * b));
  const Adjoints g = backward(Scalar(x.cwiseProduct(c).sum()));
  const Eigen::MatrixXd w = lower.transpose().inverse() * c;
  BOOST_TEST(near(adjoints(g, right), w));
  const Eigen::MatrixXd expected = Eigen::MatrixXd(-w * values(x).transpose()).triangularView<Eigen::Lower>();
  BOOST_TEST(near(adjoints(g, matrix), expected));
}

BOOST_AUTO_TEST_SUITE_END()
