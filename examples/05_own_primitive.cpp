// A primitive of one's own: softplus, ln(1 + e^x), in one struct and one front function.
//
// It is recorded, swept, rolled up, differentiated to any order and drawn like the library's own; nothing is
// registered. Before it: 03_higher_derivatives.cpp. The contract is in autodiff/ops/contract.hpp.
#include <array>
#include <cmath>
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace own {

using namespace wengert;  // for the operators and functions that the partials use

/// softplus. As log(1 + exp(x)) it would overflow above 709, and lose all digits below -37.
struct Softplus : ops::Elementwise<1> {
  static constexpr auto name = "own.softplus", symbol = "softplus", reference = "log(1+exp(x))";
  static constexpr auto doc = "ln(1 + e^x), as max(x, 0) + ln(1 + e^-|x|). Partial: the logistic function of x.";
  static constexpr ops::Cost value_cost = ops::Cost::dear, partial_cost = ops::Cost::dear;

  // Numbers only: values are never recorded through `value`.
  template <Number V>
  static V value(const V& x) {
    return (x > V(0) ? x : V(0)) + std::log1p(std::exp(x > V(0) ? -x : x));
  }
  // Any kind of number: a double, or a handle that records. So the partial has derivatives of its own.
  template <class V>
  static V d0(const V& /*y*/, const V& x) {
    return sigmoid(x);
  }
  // Where it is checked.
  static constexpr auto points() {
    return std::array{ops::Point<1>{{0.7}}, ops::Point<1>{{-2.5}}, ops::Point<1>{{0.0}}, ops::Point<1>{{40.0}}};
  }
};
static_assert(ops::ElementwisePrimitive<Softplus>);  // names what is missing

template <Handle A>
auto softplus(const A& x) {
  return apply<Softplus>(x);
}

}  // namespace own

int main() {
  wengert::Recording r;
  const wengert::Scalar x = r.variable(0.7, "x");
  const wengert::Scalar y = own::softplus(3.0 * x) * x;

  const double s = 1.0 / (1.0 + std::exp(-2.1));
  std::printf("value   %.12f\n", y.value());
  std::printf("slope   %.12f\nby hand %.12f\n", backward(y)[x], std::log(1.0 + std::exp(2.1)) + 3.0 * s * 0.7);

  const wengert::Scalar slope = gradient(y, x);
  const wengert::Scalar curvature = gradient(slope, x);
  std::printf("second  %.12f\nby hand %.12f\n", curvature.value(), 6.0 * s + 9.0 * s * (1.0 - s) * 0.7);

  // Both ends, where the naive formula fails.
  std::printf("softplus(1000) = %g, softplus(-1000) = %g, slopes %g and %g\n", own::softplus(x * 1e3 + 300.0).value(),
              own::softplus(x * -1e3 - 300.0).value(), backward(own::softplus(x * 1e3 + 300.0))[x] / 1e3,
              backward(own::softplus(x * -1e3 - 300.0))[x]);
}
