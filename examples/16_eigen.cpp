// Eigen beside Wengert: matrices of Scalars, decompositions that are differentiated, tensors as matrices.
//
// Before it: 08_tensors.cpp. Needs Eigen 3.4, which the library itself knows nothing of. docs/howto/eigen.md explains
// it.
#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/bridges/eigen.hpp"

using namespace wengert;

namespace {

void print(const char* what, const Eigen::MatrixXd& m) {
  std::printf("%s", what);
  for (Eigen::Index i = 0; i < m.rows(); ++i) {
    for (Eigen::Index j = 0; j < m.cols(); ++j) std::printf(" %9.5f", m(i, j));
    std::printf(i + 1 < m.rows() ? "\n%*s" : "\n", static_cast<int>(std::char_traits<char>::length(what)), "");
  }
}

// Any code of yours that is a template over the number: −log of a Gaussian's density at x, up to a constant.
template <class T>
T energy(const Eigen::Matrix<T, Eigen::Dynamic, 1>& x, const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>& sigma) {
  using std::log;
  const Eigen::LLT<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>> llt(sigma);
  const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> l = llt.matrixL();
  T half_log_det = 0.0;
  for (Eigen::Index i = 0; i < l.rows(); ++i) half_log_det += log(l(i, i));
  return 0.5 * x.dot(llt.solve(x)) + half_log_det;
}

}  // namespace

int main() {
  const Eigen::VectorXd at = Eigen::Vector2d(1.0, -0.5);
  const Eigen::MatrixXd covariance{{2.0, 0.3}, {0.3, 1.0}};

  // With doubles as ever; with Scalars it has a gradient.
  std::printf("energy %.6f\n", energy<double>(at, covariance));
  Recording r;
  const VectorS x = variables(r, at, "x");
  const MatrixS sigma = variables(r, covariance, "sigma");
  const Scalar e = energy<Scalar>(x, sigma);
  const Adjoints a = backward(e);
  print("by x     ", adjoints(a, x).transpose());
  print("by sigma ", adjoints(a, sigma));  // Eigen reads the lower triangle: its elements count for both

  // Recorded, it can be differentiated again: the Hessian by x is the inverse of the covariance.
  const VectorS g = gradient(e, x);
  print("Hessian  ", jacobian(g, x));
  print("inverse  ", covariance.inverse());

  // A whole matrix as one node: its numbers are seen by the tensor, and the gradient's by Eigen, without a copy.
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> weights(2, 3);
  weights << 0.1, 0.2, 0.3, -0.1, 0.5, 0.0;
  const Tensor w = variable(r, std::move(weights), "w");
  const Tensor y = sum(tanh(matmul(w, as_tensor(Eigen::Vector3d(1.0, 2.0, -1.0)))));
  const auto before = r.statistics().values;
  print("by w     ", as_eigen(backward(y)[w]));
  std::printf("recorded by the sweep: %llu values\n", static_cast<unsigned long long>(r.statistics().values - before));
}
