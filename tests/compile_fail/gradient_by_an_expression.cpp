// expect: use of deleted function|call to deleted
// The expression would be recorded anew, as a value that y does not depend on; the gradient would be 0.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
  const Scalar product = a * b, y = sin(product);
#ifdef WENGERT_SHOULD_FAIL
  return gradient(y, a * b);
#else
  return gradient(y, product) + gradient(a * b, a);
#endif
}
