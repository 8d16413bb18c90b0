// expect: cannot convert .*Scalar.* to .double.|no known conversion from .*Scalar.* to .double.
// A function of numbers does not take Scalars: its derivative would be lost without a word.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double g(double);
double f(const Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  return g(a);
#else
  return g(a.value());
#endif
}
