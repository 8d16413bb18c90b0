// The recording in hand: variables, statements, branches, the sweeps, marks.
//
// Before it: 01_value_and_grad.cpp. Next: 03_higher_derivatives.cpp.
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

using namespace wengert;

int main() {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");

  // Each expression that is stored in a Scalar is one statement, whatever is in it. Its value is there at once.
  const Scalar z = sin(x) * y + x / y - pow(x, 3);
  std::printf("z = %.6f\n", z.value());

  // The reverse sweep: the derivative of z by everything, in one pass backwards over the recording. A fresh result each
  // time; nothing accumulates.
  const Adjoints a = backward(z);
  std::printf("dz/dx = %.6f, dz/dy = %.6f\n", a[x], a[y]);

  // The forward sweep: the derivative of everything along one direction, here (1, 0.5) in (x, y).
  const Tangents t = forward({x, y}, {1.0, 0.5});
  std::printf("along (1, 0.5): %.6f = %.6f\n", t[z], a[x] + 0.5 * a[y]);

  // A comparison in an `if` decides which statements are recorded. The recording keeps it as a guard, with its line:
  // what replays the recording with other inputs can say that it would have gone the other way.
  Scalar w;
  if (z < 0.0)
    w = z * z;
  else
    w = sqrt(z);
  std::printf("w = %.6f, dw/dx = %.6f, guards: %" PRIu64 "\n", w.value(), backward(w)[x], r.statistics().guards);

  // `where` records the choice instead; both sides are computed, and only the chosen one gets a derivative. Here the
  // other side is the square root of a negative number: NaN, which stays where it is.
  const Scalar v = where(z < 0.0, z * z, sqrt(z));
  std::printf("v = %.6f, dv/dx = %.6f, guards: %" PRIu64 "\n", v.value(), backward(v)[x], r.statistics().guards);

  // A Scalar without a recording is a constant; arithmetic among constants records nothing. value() takes a number out.
  const Scalar c = 3.0;
  std::printf("constant: %s, and so is its square: %s\n", c.is_constant() ? "yes" : "no",
              Scalar(c * c).is_constant() ? "yes" : "no");

  // A mark is a point to come back to: what was recorded since is forgotten, and its memory used again.
  const Recording::Mark mark = r.mark();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Scalar guess = exp(x * (attempt - 1.0));
    std::printf("guess %.6f, slope %.6f, values %" PRIu64 "\n", guess.value(), backward(guess)[x],
                r.statistics().values);
    r.rewind(mark);
  }

  // After clear() all handles are stale. They know it: no handle ever reads what is not its own.
  r.clear();
  try {
    std::printf("%f\n", backward(z)[x]);
  } catch (const StaleHandle& error) {
    std::printf("StaleHandle, hint: %s\n", error.hint().c_str());
  }

  // A loop that does the same at each step rolls up into one entry of the recording. It takes no memory per statement
  // but that of the value.
  const std::vector<Scalar> u = r.variables(std::vector<double>(100'001, 0.5));
  std::vector<Scalar> flux(u.size() - 1);
  for (std::size_t i = 0; i < flux.size(); ++i) flux[i] = (u[i + 1] - u[i]) * u[i];
  const RecordingStatistics s = r.statistics();
  std::printf("%" PRIu64 " values, %" PRIu64 " of them rolled up in %" PRIu64 " loop; %" PRIu64 " bytes besides them\n",
              s.values, s.rolled, s.loops, s.bytes_used - 8 * s.values);
}
