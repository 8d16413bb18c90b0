// expect: the function gives something that has no derivative
// A text has no derivative.
#include <string>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(double x) {
#ifdef WENGERT_SHOULD_FAIL
  return grad([](const Scalar& u) { return std::to_string(u.value()); })(x);
#else
  return grad([](const Scalar& u) { return u * std::stod("2.5"); })(x);
#endif
}
