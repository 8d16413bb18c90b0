// expect: no match for .operator\+\+.|cannot increment value of type
// A Scalar is no counter: a += 1.0.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

void f(Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  ++a;
#else
  a += 1.0;
#endif
}
