// expect: class template argument deduction failed|no viable constructor or deduction guide
// Two expressions have two types.
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

std::size_t f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  std::vector w{a * b, a + b};
  return w.size();
#else
  std::vector<Scalar> w{a * b, a + b};
  return w.size();
#endif
}
