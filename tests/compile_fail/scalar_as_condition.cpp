// expect: could not convert .* to .bool.|cannot convert .* to .bool.|not contextually convertible to .bool.
// Whether a number is true is rarely what is meant: write a != 0.0.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

int f(const Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  if (a) return 1;
  return 0;
#else
  if (a != 0.0) return 1;
  return 0;
#endif
}
