// expect: inconsistent types .* deduced|return type .* must match previous return type
// Two expressions have two types; -> Scalar makes one of them.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(bool c, const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  const auto g = [&] {
    if (c) return a * b;
    return a + b;
  };
  return g();
#else
  const auto g = [&]() -> Scalar {
    if (c) return a * b;
    return a + b;
  };
  return g();
#endif
}
