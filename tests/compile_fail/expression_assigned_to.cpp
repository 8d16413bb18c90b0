// expect: no match for .operator=|no viable overloaded .=.
// `auto acc` is the expression a * b for ever; Scalar acc is a variable.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  auto acc = a * b;
  acc = acc + a;
  return acc;
#else
  Scalar acc = a * b;
  acc = acc + a;
  return acc;
#endif
}
