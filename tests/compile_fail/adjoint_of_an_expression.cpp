// expect: use of deleted function|call to deleted|overload resolution selected deleted|invokes a deleted function
// The expression would be recorded anew, as a value that nothing depends on; its adjoint would be 0.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(const Scalar& a, const Scalar& b, const Scalar& y) {
#ifdef WENGERT_SHOULD_FAIL
  return backward(y)[a * b];
#else
  const Scalar product = a * b;
  return backward(product)[product] + backward(y)[a];
#endif
}
