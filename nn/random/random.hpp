/// Random numbers that are a function of (seed, stream, position) and of nothing else: Philox4x32-10.
///
///     Random random(42);
///     Tensor w = random.normal(Shape{128, 784}, 0.0, 0.05);     // f32
///     Random shuffling = random.child(7);                       // other numbers, whatever `random` has drawn
///     auto order = shuffling.permutation(60000);
///
/// The generator is counter-based (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011):
/// the 32-bit words of a stream lie in blocks of four, and block k is a bijection of (k, stream) under the key `seed`.
/// So nothing has to be drawn to come to a place, a state is three numbers, and what is drawn does not depend on
/// threads.
///
/// The distributions are our own, and use additions, products, divisions and square roots of IEEE 754 only, no function
/// of the C library: the same numbers come on every machine, to the last bit.
///
/// A Random is a value: a copy draws the same numbers once more. One thread at a time may draw from one.
#pragma once

#include <array>
#include <cstdint>
#include <source_location>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

class Random;
namespace detail {
struct Draw;
struct Draws;
Random recorded(const Random& random, Draws& draws) noexcept;
}  // namespace detail

class Random {
 public:
  /// A place in a stream. `position` counts the 32-bit words that were passed.
  struct State {
    std::uint64_t seed = 0, stream = 0, position = 0;
    friend constexpr bool operator==(const State&, const State&) noexcept = default;
  };

  explicit Random(std::uint64_t seed = 0) noexcept : state_{seed, 0, 0} {}
  /// Goes on where state() was taken, bit for bit.
  [[nodiscard]] static Random from(const State& state) noexcept;
  [[nodiscard]] const State& state() const noexcept { return state_; }

  /// Other numbers: a function of this one's seed and stream and of `stream`, not of the position. Children have
  /// children: random.child(epoch).child(batch). Streams are 64-bit hashes: among a million, two are the same with
  /// probability 3·10⁻⁸.
  [[nodiscard]] Random child(std::uint64_t stream) const noexcept;

  // --- One at a time
  // --------------------------------------------------------------------------------------------------

  /// The next word: 32 fair bits.
  std::uint32_t bits() noexcept;
  /// Uniform in [0, 1): a multiple of 2⁻⁵³. Two words.
  double uniform() noexcept;
  /// Mean 0, deviation 1, as normal(Shape{1}, 0, 1, f64). At most 8.6 in size.
  double normal() noexcept;
  /// Uniform in 0 … n-1, without bias. Two words; seldom more (with probability n/2⁶⁴ two more). Throws ArgumentError
  /// unless n > 0.
  std::int64_t below(std::int64_t n, std::source_location where = std::source_location::current());
  /// A uniform order of 0 … n-1 (Fisher and Yates). Throws ArgumentError for n < 0.
  std::vector<std::int64_t> permutation(std::int64_t n, std::source_location where = std::source_location::current());

  // --- Tensors
  // -------------------------------------------------------------------------------------------------------- Constants,
  // f32 or f64 (DtypeError for others). A fill begins at the next block of four words and takes whole blocks: how far
  // it moves depends on the number of elements and the dtype alone. ArgumentError for parameters out of range.

  /// Uniform in [low, high), of 24 (f32) or 53 (f64) bits; low where the two are equal. Needs finite low ≤ high with a
  /// finite difference.
  Tensor uniform(const Shape& shape, double low = 0, double high = 1, Dtype dtype = Dtype::f32,
                 std::source_location where = std::source_location::current());
  /// Normal, by Box and Muller's pairs: √(-2 log u)·(cos, sin) of a uniform angle, computed in f64 to 3·10⁻¹⁶, and
  /// rounded. u has 32 (f32) or 53 (f64) bits, so that no element is farther from the mean than 6.7 or 8.6 deviations.
  /// Needs a finite mean and a finite deviation ≥ 0.
  Tensor normal(const Shape& shape, double mean = 0, double deviation = 1, Dtype dtype = Dtype::f32,
                std::source_location where = std::source_location::current());
  /// 1 with `probability`, else 0: what a dropout keeps. f32, f64 or boolean. The probability is rounded to a multiple
  /// of 2⁻³²; 0 and 1 are exact. Needs 0 ≤ probability ≤ 1.
  Tensor keep(const Shape& shape, double probability, Dtype dtype = Dtype::f32,
              std::source_location where = std::source_location::current());

 private:
  friend Random detail::recorded(const Random& random, detail::Draws& draws) noexcept;
  /// The elements as a tensor: a constant, or a variable where they are recorded.
  Tensor drawn(Array elements, detail::Draw draw, std::source_location where);
  void drew_something_else() noexcept;

  State state_;
  detail::Draws* draws_ = nullptr;    // where what is drawn is recorded (random/draws.hpp)
  std::uint64_t stream_ = 0;          // whose draws are recorded
  std::uint64_t block_ = UINT64_MAX;  // whose words these are; no position lies in the block 2⁶⁴-1
  std::array<std::uint32_t, 4> words_{};
};

namespace detail {

/// One block: Philox4x32-10 of a counter under a key, least significant word first.
[[nodiscard]] std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                                  const std::array<std::uint32_t, 2>& key) noexcept;

}  // namespace detail

}  // namespace wengert::nn
