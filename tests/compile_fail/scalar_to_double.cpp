// expect: cannot convert .*Scalar.* to .double.|no viable conversion from .*Scalar.* to .double.
// Leaving the recording is written out: value(a).
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(const Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  double d = a;
  return d;
#else
  double d = value(a);
  return d;
#endif
}
