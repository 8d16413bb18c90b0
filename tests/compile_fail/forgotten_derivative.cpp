// expect: ignoring return(ed)? value
// backward() does nothing but return.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(const Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  backward(a);
  return a.value();
#else
  const Adjoints d = backward(a);
  return d[a];
#endif
}
