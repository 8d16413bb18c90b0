// expect: cannot convert .* to .double.|assigning to .double. from incompatible type
// std::accumulate adds in the type of its initial value.
#include <numeric>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const std::vector<Scalar>& v) {
#ifdef WENGERT_SHOULD_FAIL
  return std::accumulate(v.begin(), v.end(), 0.0);
#else
  return std::accumulate(v.begin(), v.end(), Scalar(0.0));
#endif
}
