// expect: use of deleted function|call to (implicitly-)?deleted
// A recording is not copied: which of the two would the handles belong to?
#include <utility>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

double f(Recording& r) {
#ifdef WENGERT_SHOULD_FAIL
  Recording copy = r;
  return copy.variable(1.0).value();
#else
  Recording moved = std::move(r);
  return moved.variable(1.0).value();
#endif
}
