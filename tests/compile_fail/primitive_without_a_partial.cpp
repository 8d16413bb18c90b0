// expect: (is invalid|not satisfied|because)[\s\S]*HasPartial
// A primitive of two operands needs two partial derivatives; the concept says that one is missing.
#include <array>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

using namespace wengert;

struct Product : ops::Elementwise<2> {
  static constexpr auto name = "product", symbol = "×", doc = "x·y", reference = "x*y";
  template <class V>
  static V value(const V& x, const V& y) {
    return x * y;
  }
  template <class V>
  static V d0(const V&, const V&, const V& y) {
    return y;
  }
#ifndef WENGERT_SHOULD_FAIL
  template <class V>
  static V d1(const V&, const V& x, const V&) {
    return x;
  }
#endif
  static constexpr auto points() { return std::array{ops::Point<2>{{1.5, 2.0}}}; }
};
static_assert(ops::ElementwisePrimitive<Product>);

Scalar product(const Scalar& x, const Scalar& y) { return apply<Product>(x, y); }
