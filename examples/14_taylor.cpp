// Taylor coefficients of any order: of a function, along a path, and of the solution of a differential equation.
//
// Before it: 03_higher_derivatives.cpp. The page: docs/howto/taylor.md.
#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/taylor.hpp"

using namespace wengert;

namespace {

/// The pendulum: angle' = speed, speed' = -sin(angle).
std::vector<Scalar> pendulum(const std::vector<Scalar>& x) { return {x[1], -sin(x[0])}; }

/// One step of the Taylor method: the coefficients of the solution come order by order, for x' = f(x) says that
/// (k+1)·x_{k+1} = f_k. A step of h is their sum.
std::vector<double> step(const std::vector<double>& start, double h, std::size_t order) {
  Recording r;
  const std::vector<Scalar> x = r.variables(start);
  TaylorSeries f(pendulum(x), x, order);
  std::vector<double> end = start;
  double power = 1;
  for (std::size_t k = 0; k < order; ++k) {
    power *= h;
    std::vector<double> next = f.coefficients(k);
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i] /= static_cast<double>(k + 1);
      end[i] += next[i] * power;
    }
    f.advance(next);
  }
  return end;
}

double energy(const std::vector<double>& x) { return 0.5 * x[1] * x[1] - std::cos(x[0]); }

}  // namespace

int main() {
  // Of a function at a point: tan(t) = t + t³/3 + 2t⁵/15 + …
  const std::vector<double> c = taylor([](const Scalar& x) { return Scalar(tan(x)); }, 9)(0.0);
  for (std::size_t k = 1; k < c.size(); k += 2) std::printf("t^%zu  %.12f\n", k, c[k]);

  // The derivatives are k!·c_k: here of x·eˣ at 1, which are (k+1)·e.
  const std::vector<double> d = derivatives_of(taylor([](const Scalar& x) { return Scalar(x * exp(x)); }, 12)(1.0));
  std::printf("\nthe 12th derivative of x·exp(x) at 1, over e: %.9f\n", d[12] / std::exp(1.0));

  // Of what was recorded, along a direction or a path. Along (1, 1): cos(x + y) has the argument 1 + 2t.
  Recording r;
  const Scalar x = r.variable(0.25), y = r.variable(0.75), z = cos(x + y);
  const std::vector<double> along = taylor(z, {x, y}, std::vector<double>{1.0, 1.0}, 3);
  std::printf("\ncos(1 + 2t) = %.6f %+.6f t %+.6f t² %+.6f t³\n", along[0], along[1], along[2], along[3]);
  const std::vector<double> curved = taylor(z, {x, y}, TaylorPath{{1.0}, {-1.0, 0.5}}, 2);
  std::printf("along x = 1/4 + t, y = 3/4 - t + t²/2: %.6f %+.6f t %+.6f t²\n", curved[0], curved[1], curved[2]);

  // A mixed derivative of fourth order, without recording a gradient.
  const Scalar w = exp(x * y);
  std::printf("\n∂⁴ exp(xy) / ∂x²∂y² at (1/4, 3/4): %.9f\n", mixed_partial(w, {x, y}, {2, 2}));
  const double p = 0.25 * 0.75;
  std::printf("by hand:                           %.9f\n", std::exp(p) * (p * p + 4 * p + 2));

  // Ten seconds of a pendulum in forty steps of order 20: the energy stays to the last digits.
  std::vector<double> state{2.0, 0.0};
  const double before = energy(state);
  for (int k = 0; k < 40; ++k) state = step(state, 0.25, 20);
  std::printf("\nangle %.9f, speed %.9f, energy lost: %s\n", state[0], state[1],
              std::abs(energy(state) - before) < 1e-14 ? "less than 1e-14" : "more than 1e-14");
}
