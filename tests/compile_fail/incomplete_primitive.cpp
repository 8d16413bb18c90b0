// expect: (is invalid|not satisfied|because)[\s\S]*points
// A primitive without points cannot be checked, so it is none; the concept names what is missing.
#include <array>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

using namespace wengert;

struct Square : ops::Elementwise<1> {
  static constexpr auto name = "square", symbol = "²", doc = "x²", reference = "x*x";
  template <class V>
  static V value(const V& x) {
    return x * x;
  }
  template <class V>
  static V d0(const V&, const V& x) {
    return 2 * x;
  }
#ifndef WENGERT_SHOULD_FAIL
  static constexpr auto points() { return std::array{ops::Point<1>{{1.5}}}; }
#endif
};
static_assert(ops::ElementwisePrimitive<Square>);

Scalar square(const Scalar& x) { return apply<Square>(x); }
