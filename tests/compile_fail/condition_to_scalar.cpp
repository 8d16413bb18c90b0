// expect: conversion from .*Condition.* to non-scalar type|no viable conversion from .*Condition.* to
// The outcome of a comparison is no number; where(a < b, 1.0, 0.0) makes one of it.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const Scalar& a, const Scalar& b) {
#ifdef WENGERT_SHOULD_FAIL
  Scalar s = a < b;
  return s;
#else
  Scalar s = where(a < b, 1.0, 0.0);
  return s;
#endif
}
