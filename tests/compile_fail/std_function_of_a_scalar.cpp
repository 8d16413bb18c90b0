// expect: no matching function for call to .*sin
// std::sin is for numbers. In generic code: using std::sin; sin(x).
#include <cmath>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a) {
#ifdef WENGERT_SHOULD_FAIL
  return std::sin(a);
#else
  using std::sin;
  return sin(a);
#endif
}
