// expect: the function cannot be called with handles in the place of the numbers of the point
// A function of doubles computes without being seen.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(double x) {
#ifdef WENGERT_SHOULD_FAIL
  return grad([](double u) { return u * u; })(x);
#else
  return grad([](auto u) { return u * u; })(x);
#endif
}
