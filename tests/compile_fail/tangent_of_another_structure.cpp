// expect: a tangent has the structure of the argument that it belongs to
#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

using namespace wengert;

double f(const std::vector<double>& x) {
  auto along = jvp([](const std::vector<Scalar>& u) { return u[0] * u[1]; });
#ifdef WENGERT_SHOULD_FAIL
  return along(x, 1.0).tangent;
#else
  return along(x, std::vector<double>{1.0, 0.0}).tangent;
#endif
}
