// What a workload of the race is, and the numbers it is fed.
//
// A workload is one function, written once as a template over the number type and evaluated alike with `double` and
// with the active type of every tape. Its inputs are made by a generator of our own, so that they are the same bits
// on every machine and for every tape. Reading order: this file, then any of workloads/, then tape.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace race {

/// Deterministic numbers: SplitMix64 (Steele, Lea, Flood, 2014), the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [low, high), 53 random bits.
  [[nodiscard]] double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(next() >> 11U) * 0x1.0p-53);
  }

  /// Nearly normal, mean 0 and variance 1: the sum of twelve uniforms less 6 (no libm, so no differences between
  /// libms).
  [[nodiscard]] double normal() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += uniform(0.0, 1.0);
    return sum;
  }

  [[nodiscard]] std::vector<double> uniforms(std::size_t count, double low, double high) {
    std::vector<double> values(count);
    for (double& value : values) value = uniform(low, high);
    return values;
  }

  [[nodiscard]] std::vector<double> normals(std::size_t count, double scale) {
    std::vector<double> values(count);
    for (double& value : values) value = scale * normal();
    return values;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  std::uint64_t state_;
};

/// Full size is what is reported; quick is for a smoke test and for counting instructions.
enum class Size { full, quick };

/// A workload: `evaluate(x, y)` is a template over the number type; `inputs()` are the values of x; `outputs()` the
/// size of y. Each output costs one reverse sweep.
template <class W>
concept Workload =
    std::constructible_from<W, Size> && requires(const W& workload, std::span<const double> x, std::span<double> y) {
      { W::name } -> std::convertible_to<std::string_view>;
      { workload.inputs() } -> std::same_as<std::vector<double>>;
      { workload.outputs() } -> std::same_as<std::size_t>;
      workload.evaluate(x, y);
    };

}  // namespace race
