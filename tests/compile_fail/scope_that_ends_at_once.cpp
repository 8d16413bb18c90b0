// expect: ignoring return(ed)? value|ignoring temporary
// A scope lasts as long as the object that stands for it.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(Recording& r) {
#ifdef WENGERT_SHOULD_FAIL
  r.scope("name");
  return r.variable(1.0);
#else
  const auto scope = r.scope("name");
  return r.variable(1.0);
#endif
}
