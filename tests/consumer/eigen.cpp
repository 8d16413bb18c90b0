// A user of the bridge to Eigen, who brings Eigen: from the header alone, with a decomposition.
#include <Eigen/LU>

#include "wengert/autodiff/bridges/eigen.hpp"

// d(det A)/dA = det A · A⁻⊤.
bool eigen_works() {
  wengert::Recording recording;
  const Eigen::MatrixXd a{{2.0, 1.0}, {0.5, 3.0}};
  const wengert::MatrixS x = wengert::variables(recording, a);
  const Eigen::MatrixXd slope = wengert::adjoints(wengert::backward(x.determinant()), x);
  return (slope - Eigen::MatrixXd{{3.0, -0.5}, {-1.0, 2.0}}).norm() < 1e-14;
}
