// expect: no matching function for call to .*max
// std::max has one type for both operands. max(a * b, a) is Wengert's.
#include <algorithm>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  return std::max(a * b, a);
#else
  return max(a * b, a);
#endif
}
