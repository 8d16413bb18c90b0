// expect: the function gives several numbers, and a gradient is of one
// A gradient is of one number; of several there is a Jacobian.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

std::vector<double> f(const std::vector<double>& x) {
  const auto squares = [](const std::vector<Scalar>& u) { return std::vector<Scalar>{u[0] * u[0], u[1] * u[1]}; };
#ifdef WENGERT_SHOULD_FAIL
  return grad(squares)(x);
#else
  return grad([&](const std::vector<Scalar>& u) { return squares(u)[1]; })(x);
#endif
}
