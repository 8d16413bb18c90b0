// expect: conversion from .* to non-scalar type|no viable conversion from
// A text is no number.
#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f() {
#ifdef WENGERT_SHOULD_FAIL
  Scalar s = "2";
  return s;
#else
  Scalar s = 2;
  return s;
#endif
}
