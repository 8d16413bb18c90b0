// expect: no match for .operator%.|invalid operands to binary expression
// There is no remainder of real numbers here.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  return a % b;
#else
  return a / b;
#endif
}
