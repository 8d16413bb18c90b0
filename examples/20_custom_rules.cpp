// Derivatives of one's own: a primitive of lambdas, a rule for a function, none at all. docs/howto/custom_rules.md
// explains it.
//
// Before it: 05_own_primitive.cpp. Next: 21_implicit.cpp.
#include <cmath>
#include <cstdio>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/custom.hpp"

using namespace wengert;

namespace {

// 1. A primitive: its value and its partial derivative, for numbers, Scalars and tensors alike.
constexpr auto softsign = custom_primitive<"example.softsign",
                                           [](auto x) {
                                             using std::abs;
                                             return x / (1.0 + abs(x));
                                           },
                                           [](auto, auto x) {
                                             using std::abs;
                                             return 1.0 / ((1.0 + abs(x)) * (1.0 + abs(x)));
                                           }>;

}  // namespace

int main() {
  Recording r;
  const Scalar x = r.variable(800.0, "x");
  const Scalar s = softsign(x / 200.0);
  std::printf("softsign: %.4f, slope %.6f, second %.3e\n", s.value(), backward(s)[x], backward(gradient(s, x))[x]);

  // 2. log(1 + exp x) overflows for large x, and the chain rule finds 0·∞ there. The rule knows better.
  const auto naive = [](const auto& v) { return log(1.0 + exp(v)); };
  const auto better = with_custom_vjp(
      [](const auto& v) { return where(v > 30.0, v, log(1.0 + exp(v))); },
      [](const auto& cotangent, const auto&, const auto& v) { return cotangent / (1.0 + exp(-v)); }, "log1pexp");
  const Scalar a = naive(x), b = better(x);
  std::printf("naive: %.1f, slope %.1f; with its rule: %.1f, slope %.1f\n", a.value(), backward(a)[x], b.value(),
              backward(b)[x]);

  // Forward mode is the transpose of the rule; higher orders are derivatives of the rule.
  const Scalar t = r.variable(0.5);
  const Scalar c = better(t);
  std::printf("at 0.5: forward %.6f, second %.6f\n", forward({t}, {1.0})[c], backward(gradient(c, t))[t]);

  // 3. A clipped gradient: the value is t, the cotangent at most 1.
  const auto clipped = with_custom_vjp(
      [](const auto& v) { return v; },
      [](const auto& cotangent, const auto&, const auto&) { return min(max(cotangent, Scalar(-1.0)), Scalar(1.0)); },
      "clip_gradient");
  const Scalar d = 100.0 * clipped(t);
  std::printf("clipped: value %.1f, slope %.1f\n", d.value(), backward(d)[t]);

  // 4. No derivative: a weight that depends on t is a constant to the gradient.
  const Scalar weighted = t * stop_gradient(t * t);
  std::printf("stopped: value %.4f, slope %.4f\n", weighted.value(), backward(weighted)[t]);
}
