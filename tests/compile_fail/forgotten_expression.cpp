// expect: ignoring return(ed)? value|statement has no effect|expression result unused
// An expression that is not stored is not recorded.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  a* b;
  return a.value();
#else
  const Scalar c = a * b;
  return c.value();
#endif
}
