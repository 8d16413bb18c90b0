// The hand-tracking objectives of the ADBench suite, written from their definition (Šrajer, Kukelova, Fitzgibbon, A
// benchmark of selected algorithmic differentiation tools for computer vision and machine learning, 2018; the model is
// that of Taylor et al., 2014): a hand is a tree of bones with a mesh around it. 26 parameters pose it: a rotation
// vector and a translation of the whole, and for each of five fingers two angles at its first joint and one at the two
// that follow. The mesh follows its bones by linear blend skinning,
//
//   vertex_v = global( sum_b weight[b][v] · absolute_b · inverse_base_b · base_v ),   absolute_b = absolute_parent ·
//   relative_b
//
// and residuals are what is missing from the vertices to measured points. *Simple*: a point belongs to a vertex.
// *Complicated*: it belongs to a triangle, at coordinates u (two a point) that are unknowns too, so that the Jacobian
// is sparse: 26 full columns, and two elements in each row beside.
//
// The hand itself is made up (the suite's is a file): 22 bones, some vertices around each.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "wengert/benchmarks/race/workload.hpp"

namespace adbench {

class Hand {
 public:
  static constexpr std::size_t parameters = 26, fingers = 5, bones = 2 + 4 * fingers;

  Hand(std::size_t vertices_per_bone, std::size_t points, bool complicated)
      : vertices_(bones * vertices_per_bone), points_(points), complicated_(complicated) {
    race::Numbers numbers(8);
    // The root, the palm, then four bones a finger, each hanging on the one before.
    for (std::size_t b = 0; b < bones; ++b) {
      parent_[b] = b == 0 ? -1 : b == 1 ? 0 : (b - 2) % 4 == 0 ? 1 : static_cast<int>(b) - 1;
      base_relative_[b] = rigid(numbers);
      base_absolute_[b] =
          b == 0 ? base_relative_[b] : product(base_absolute_[static_cast<std::size_t>(parent_[b])], base_relative_[b]);
      inverse_base_[b] = inverse(base_absolute_[b]);
    }
    for (std::size_t v = 0; v < vertices_; ++v) {
      const std::size_t own = v % bones;
      const auto near = static_cast<std::size_t>(std::max(0, parent_[own]));
      Vector<double> at{numbers.uniform(-0.3, 0.3), numbers.uniform(-0.3, 0.3), numbers.uniform(0.0, 1.0)};
      base_.push_back(apply(base_absolute_[own], at));
      const double weight = own == near ? 1.0 : numbers.uniform(0.6, 1.0);
      skin_.push_back({own, near, weight});
    }
    for (std::size_t p = 0; p < points; ++p) {
      corner_.push_back({p % vertices_, (p + bones) % vertices_, (p + 2 * bones) % vertices_});
      measured_.push_back({numbers.uniform(-2.0, 2.0), numbers.uniform(-2.0, 2.0), numbers.uniform(-2.0, 2.0)});
    }
  }

  [[nodiscard]] std::vector<double> inputs() const {
    race::Numbers numbers(9);
    std::vector<double> x = numbers.uniforms(parameters, -0.5, 0.5);
    if (complicated_)
      for (const double u : numbers.uniforms(2 * points_, 0.1, 0.4)) x.push_back(u);
    return x;
  }
  [[nodiscard]] std::size_t outputs() const { return 3 * points_; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    // The pose of each bone against its parent, then against the world, then what carries its vertices there.
    std::array<Affine<T>, bones> absolute, carry;
    for (std::size_t b = 0; b < bones; ++b) {
      const Affine<T> relative = posed(b, x);
      absolute[b] = b == 0 ? relative : product(absolute[static_cast<std::size_t>(parent_[b])], relative);
      carry[b] = product(absolute[b], inverse_base_[b]);
    }
    const Affine<T> global = rotation_of_vector(x);
    std::vector<Vector<T>> at(vertices_);
    for (std::size_t v = 0; v < vertices_; ++v) {
      const Skin& skin = skin_[v];
      const Vector<T> a = apply(carry[skin.own], base_[v]), b = apply(carry[skin.near], base_[v]);
      Vector<T> blended;
      for (std::size_t i = 0; i < 3; ++i) blended[i] = skin.weight * a[i] + (1.0 - skin.weight) * b[i];
      at[v] = apply(global, blended);
    }
    for (std::size_t p = 0; p < points_; ++p) {
      const std::array<std::size_t, 3>& corner = corner_[p];
      for (std::size_t i = 0; i < 3; ++i) {
        if (complicated_) {
          const T &u = x[parameters + 2 * p], &w = x[parameters + 2 * p + 1];
          const T place = u * at[corner[0]][i] + w * at[corner[1]][i] + (1.0 - u - w) * at[corner[2]][i];
          y[3 * p + i] = measured_[p][i] - place;
        } else {
          y[3 * p + i] = measured_[p][i] - at[corner[0]][i];
        }
      }
    }
  }

 private:
  template <class T>
  using Vector = std::array<T, 3>;
  /// x -> linear · x + shift.
  template <class T>
  struct Affine {
    std::array<std::array<T, 3>, 3> linear;
    Vector<T> shift;
  };
  /// What numbers of both kinds give together.
  template <class A, class B>
  using Wider = std::conditional_t<std::is_same_v<A, double>, B, A>;
  struct Skin {
    std::size_t own, near;
    double weight;
  };

  template <class A, class B>
  static Vector<Wider<A, B>> apply(const Affine<A>& f, const Vector<B>& x) {
    Vector<Wider<A, B>> result;
    for (std::size_t i = 0; i < 3; ++i)
      result[i] = f.linear[i][0] * x[0] + f.linear[i][1] * x[1] + f.linear[i][2] * x[2] + f.shift[i];
    return result;
  }
  /// f after g.
  template <class A, class B>
  static Affine<Wider<A, B>> product(const Affine<A>& f, const Affine<B>& g) {
    Affine<Wider<A, B>> result;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        result.linear[i][j] =
            f.linear[i][0] * g.linear[0][j] + f.linear[i][1] * g.linear[1][j] + f.linear[i][2] * g.linear[2][j];
    result.shift = apply(f, g.shift);
    return result;
  }
  /// Of a rotation and a shift.
  static Affine<double> inverse(const Affine<double>& f) {
    Affine<double> result;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) result.linear[i][j] = f.linear[j][i];
    for (std::size_t i = 0; i < 3; ++i)
      result.shift[i] =
          -(result.linear[i][0] * f.shift[0] + result.linear[i][1] * f.shift[1] + result.linear[i][2] * f.shift[2]);
    return result;
  }
  /// Rz · Ry · Rx.
  template <class T>
  static Affine<T> rotation_of_angles(const T& x, const T& y, const T& z) {
    using std::cos, std::sin;
    const T cx = cos(x), sx = sin(x), cy = cos(y), sy = sin(y), cz = cos(z), sz = sin(z);
    Affine<T> f;
    f.linear[0] = {T(cz * cy), T(cz * sy * sx - sz * cx), T(cz * sy * cx + sz * sx)};
    f.linear[1] = {T(sz * cy), T(sz * sy * sx + cz * cx), T(sz * sy * cx - cz * sx)};
    f.linear[2] = {T(-sy), T(cy * sx), T(cy * cx)};
    f.shift = {T(0.0), T(0.0), T(0.0)};
    return f;
  }
  static Affine<double> rigid(race::Numbers& numbers) {
    const double x = numbers.uniform(-0.4, 0.4), y = numbers.uniform(-0.4, 0.4), z = numbers.uniform(-0.4, 0.4);
    Affine<double> f = rotation_of_angles<double>(x, y, z);
    f.shift = {numbers.uniform(-0.3, 0.3), numbers.uniform(-0.3, 0.3), 1.0};
    return f;
  }
  /// Bone b against its parent: as in the model at rest, then turned. The root and the palm are not; of a finger the
  /// first bone by two angles, the next two by one, the tip not.
  template <class T>
  Affine<T> posed(std::size_t b, std::span<const T> x) const {
    const T none = 0.0;
    T bend = 0.0, spread = 0.0;
    if (b >= 2) {
      const std::size_t finger = (b - 2) / 4, joint = (b - 2) % 4, first = 6 + 4 * finger;
      if (joint == 0) {
        bend = x[first];
        spread = x[first + 1];
      } else if (joint < 3) {
        bend = x[first + 1 + joint];
      }
    }
    return product(base_relative_[b], rotation_of_angles<T>(bend, spread, none));
  }
  /// The rotation about a vector by its length (Rodrigues), and the translation.
  template <class T>
  static Affine<T> rotation_of_vector(std::span<const T> x) {
    using std::cos, std::sin, std::sqrt;
    const T angle = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
    const T c = cos(angle), s = sin(angle);
    const Vector<T> axis{T(x[0] / angle), T(x[1] / angle), T(x[2] / angle)};
    Affine<T> f;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) f.linear[i][j] = axis[i] * axis[j] * (1.0 - c);
      f.linear[i][i] = f.linear[i][i] + c;
      const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
      f.linear[k][j] = f.linear[k][j] + s * axis[i];
      f.linear[j][k] = f.linear[j][k] - s * axis[i];
      f.shift[i] = x[3 + i];
    }
    return f;
  }

  std::size_t vertices_, points_;
  bool complicated_;
  std::array<int, bones> parent_{};
  std::array<Affine<double>, bones> base_relative_, base_absolute_, inverse_base_;
  std::vector<Vector<double>> base_;  // by vertex
  std::vector<Skin> skin_;
  std::vector<std::array<std::size_t, 3>> corner_;  // by point
  std::vector<Vector<double>> measured_;
};

}  // namespace adbench
