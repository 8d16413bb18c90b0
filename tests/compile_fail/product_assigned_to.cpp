// expect: no match for .operator=|no viable overloaded .=.|discards qualifiers
// An expression is not a place.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

void f(Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  a* b = a;
#else
  a = a * b;
#endif
}
