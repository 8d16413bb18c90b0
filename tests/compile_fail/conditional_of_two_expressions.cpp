// expect: operands to .\?:. have different types|incompatible operand types
// The two sides of ?: need one type, and every expression has its own.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(bool c, const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  return c ? a * b : a + b;
#else
  return c ? Scalar(a * b) : Scalar(a + b);
#endif
}
