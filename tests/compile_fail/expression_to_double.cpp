// expect: cannot convert .* to .double.|no viable conversion from .* to .double.
// Leaving the recording is written out: value(a * b).
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  double d = a * b;
  return d;
#else
  double d = value(a * b);
  return d;
#endif
}
