// Programs of any length: what grows in the growth benchmark.
//
//   loop       v = v a + b: one statement, which rolls up
//   stencil    a step of advection and diffusion on a ring of 100 cells: one statement a cell, which rolls up and whose
//              iterations do not depend on each other
//   irregular  statements of eight shapes on operands among 16, both chosen by a pseudo-random sequence: nothing rolls
//   up
//
// In all of them adjoints neither explode nor vanish over 10^8 operations, so that no arithmetic on denormal numbers is
// timed.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/benchmarks/race/workload.hpp"

namespace growth {

/// About how many operations a program made next shall have. The race makes its workloads without arguments; this
/// program has one thread and sets it before each.
inline std::size_t operations_wanted = 1000;

class Loop {
 public:
  static constexpr std::string_view name = "loop";
  explicit Loop(race::Size) : rounds_(operations_wanted / 2) {}

  [[nodiscard]] std::vector<double> inputs() const { return {1.5, 0.1, 0.2}; }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    // Divided by the number of rounds, so that derivatives do not grow with it and differences can check them.
    const double share = 1.0 / static_cast<double>(rounds_);
    T v = x[0];
    const T a = 1.0 - share * x[1];
    const T b = share * x[2];
    for (std::size_t i = 0; i < rounds_; ++i) v = v * a + b;
    y[0] = v;
  }

 private:
  std::size_t rounds_;
};

class Stencil {
 public:
  static constexpr std::string_view name = "stencil";
  explicit Stencil(race::Size) : steps_(operations_wanted / (8 * cells)) {}

  [[nodiscard]] std::vector<double> inputs() const {
    std::vector<double> u(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      const double s = static_cast<double>(i) / static_cast<double>(cells);
      u[i] = 1.0 + 16.0 * s * s * (1.0 - s) * (1.0 - s);
    }
    return u;
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    // One cell more at each end holds the cell across the ring.
    std::vector<T> u(cells + 2);
    std::vector<T> next(cells + 2);
    for (std::size_t i = 0; i < cells; ++i) u[i + 1] = x[i];
    for (std::size_t step = 0; step < steps_; ++step) {
      u[0] = u[cells];
      u[cells + 1] = u[1];
      for (std::size_t i = 1; i <= cells; ++i) {
        next[i] = u[i] - convection * (u[i] - u[i - 1]) + diffusion * (u[i + 1] - 2.0 * u[i] + u[i - 1]);
      }
      std::swap(u, next);
    }
    T sum = 0.0;
    for (std::size_t i = 1; i <= cells; ++i) sum = sum + u[i] * u[i];
    y[0] = sum;
  }

 private:
  static constexpr std::size_t cells = 100;
  static constexpr double convection = 0.2;
  static constexpr double diffusion = 0.1;

  std::size_t steps_;
};

class Irregular {
 public:
  static constexpr std::string_view name = "irregular";
  /// Eight statements have 22 operations in the mean, and their sum one.
  explicit Irregular(race::Size) : blocks_(operations_wanted / 23) {}

  [[nodiscard]] std::vector<double> inputs() const { return race::Numbers(10).uniforms(slots, 0.6, 1.4); }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  /// Every shape maps [0.3, 2] into itself.
  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::sqrt;
    std::array<T, slots> s;
    for (std::size_t i = 0; i < slots; ++i) s[i] = x[i];
    T sum = 0.0;
    std::uint32_t state = 2463534242U;
    for (std::size_t block = 0; block < blocks_; ++block) {
      for (int statement = 0; statement < 8; ++statement) {
        // Marsaglia's xorshift, 2003.
        state ^= state << 13U;
        state ^= state >> 17U;
        state ^= state << 5U;
        T& to = s[(state >> 3U) % slots];
        const T& a = s[(state >> 7U) % slots];
        const T& b = s[(state >> 11U) % slots];
        switch (state % 8U) {
          case 0:
            to = 0.5 * (a + b);
            break;
          case 1:
            to = 0.3 * a * b + 0.7;
            break;
          case 2:
            to = a / (a + b) + 0.5;
            break;
          case 3:
            to = 1.0 + 0.2 * (a - b) * a;
            break;
          case 4:
            to = sqrt(a * b);
            break;
          case 5:
            to = 1.5 / (0.8 + a * b);
            break;
          case 6:
            to = 0.5 * a + 0.5;
            break;
          default:
            to = 0.25 * a * a + 0.5;
            break;
        }
      }
      // Feeds the adjoints of whatever was computed last, which would fade otherwise.
      sum = sum + s[block % slots];
    }
    y[0] = sum;
  }

 private:
  static constexpr std::size_t slots = 16;

  std::size_t blocks_;
};

}  // namespace growth
