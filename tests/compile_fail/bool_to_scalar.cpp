// expect: conversion from .const bool. to non-scalar type|no viable conversion from .const bool. to
// A truth value is no number; where(c, 1.0, 0.0) makes one of it.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  const bool less = value(a) < value(b);
  Scalar s = less;
  return s;
#else
  const bool less = value(a) < value(b);
  Scalar s = less ? 1.0 : 0.0;
  return s;
#endif
}
