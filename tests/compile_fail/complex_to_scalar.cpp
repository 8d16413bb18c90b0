// expect: conversion from .*complex.* to non-scalar type|no viable conversion from .*complex.* to
// Complex numbers are out of scope.
#include <complex>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

Scalar f(const std::complex<double>& z) {
#ifdef WENGERT_SHOULD_FAIL
  Scalar s = z;
  return s;
#else
  Scalar s = z.real();
  return s;
#endif
}
