// expect: ignoring return(ed)? value|ignoring temporary
// A location scope lasts as long as the object that stands for it.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(Recording& r) {
#ifdef WENGERT_SHOULD_FAIL
  r.location();
  return r.variable(1.0);
#else
  const auto here = r.location();
  return r.variable(1.0);
#endif
}
