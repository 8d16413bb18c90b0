/// The slopes of a function on either side of a point, from differences of its values.
#pragma once

#include <functional>

namespace wengert::cli {

/// An estimate of f'(x) from one side, by Richardson's extrapolation of one-sided differences of shrinking step (L. F.
/// Richardson, Phil. Trans. R. Soc. A 210, 1911).
struct Slope {
  double value = 0;
  double error = 0;      ///< estimate, rounding included; infinite when the differences do not settle
  bool defined = false;  ///< f is finite near the point on this side
};

struct Slopes {
  Slope left, right;
  bool kink = false;  ///< both sides are settled, and differ by more than their errors
};

[[nodiscard]] Slopes slopes_at(const std::function<double(double)>& f, double x);

}  // namespace wengert::cli
