// expect: removes what keeps NaN and infinity out of derivatives
// -ffast-math, as the compiler announces it, is refused unless one says that neither NaN nor infinity can occur.
#ifdef WENGERT_SHOULD_FAIL
#  undef __FINITE_MATH_ONLY__
#  define __FINITE_MATH_ONLY__ 1
#endif
#include "wengert/autodiff/autodiff.hpp"
