// ba: the reprojection residual of bundle adjustment, of the ADBench suite, written from its formula: rotate a point
// by an angle-axis vector (Rodrigues), project it, distort it radially, scale and shift, compare with the feature.
// 15 inputs (camera: rotation 3, centre 3, focal length, principal point 2, distortion 2; point 3; weight), 2 outputs,
// so one recording and two reverse sweeps. 66 operations.
#pragma once

#include <cmath>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class BundleAdjustment {
 public:
  static constexpr std::string_view name = "ba";

  explicit BundleAdjustment(Size) {}

  [[nodiscard]] std::vector<double> inputs() const {
    return {0.1, -0.2, 0.15, 0.3, -0.1, -4.0, 500.0, 320.0, 240.0, 0.01, -0.002, 0.4, 0.25, 1.5, 0.9};
  }
  [[nodiscard]] std::size_t outputs() const { return 2; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::cos;
    using std::sin;
    using std::sqrt;
    const T* const rotation = &x[0];
    const T* const centre = &x[3];
    const T& focal = x[6];
    const T* const principal = &x[7];
    const T* const distortion = &x[9];
    const T* const point = &x[11];
    const T& weight = x[14];

    T camera[3];
    const T square = rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2];
    T shifted[3];
    for (int i = 0; i < 3; ++i) shifted[i] = point[i] - centre[i];
    if (square > 0.0) {
      const T angle = sqrt(square);
      const T cosine = cos(angle);
      const T sine = sin(angle);
      const T inverse = 1.0 / angle;
      T axis[3];
      for (int i = 0; i < 3; ++i) axis[i] = rotation[i] * inverse;
      T cross[3];
      cross[0] = axis[1] * shifted[2] - axis[2] * shifted[1];
      cross[1] = axis[2] * shifted[0] - axis[0] * shifted[2];
      cross[2] = axis[0] * shifted[1] - axis[1] * shifted[0];
      const T along = (axis[0] * shifted[0] + axis[1] * shifted[1] + axis[2] * shifted[2]) * (1.0 - cosine);
      for (int i = 0; i < 3; ++i) camera[i] = shifted[i] * cosine + cross[i] * sine + axis[i] * along;
    } else {
      camera[0] = shifted[0] + (rotation[1] * shifted[2] - rotation[2] * shifted[1]);
      camera[1] = shifted[1] + (rotation[2] * shifted[0] - rotation[0] * shifted[2]);
      camera[2] = shifted[2] + (rotation[0] * shifted[1] - rotation[1] * shifted[0]);
    }

    T projected[2];
    for (int i = 0; i < 2; ++i) projected[i] = camera[i] / camera[2];
    const T radius = projected[0] * projected[0] + projected[1] * projected[1];
    const T factor = 1.0 + distortion[0] * radius + distortion[1] * radius * radius;
    for (int i = 0; i < 2; ++i) {
      const T pixel = projected[i] * factor * focal + principal[i];
      y[static_cast<std::size_t>(i)] = weight * (pixel - feature[i]);
    }
  }

 private:
  static constexpr double feature[2] = {350.0, 260.0};
};

}  // namespace race
