#include "wengert/autodiff/inspect/finite.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace wengert {

namespace {

template <std::floating_point T>
bool finite(std::span<const T> numbers) noexcept {
  // NaN and infinities are what has all bits of the exponent set: whole numbers are compared, which no option for fast
  // arithmetic changes, and a block has no branch, so that it becomes vector code.
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1);
  constexpr Bits infinite = sizeof(T) == 8 ? static_cast<Bits>(0x7FF0000000000000ULL) : static_cast<Bits>(0x7F800000U);
  constexpr std::size_t block = 1024;
  for (std::size_t begin = 0; begin < numbers.size(); begin += block) {
    Bits found = 0;
    // Beyond the largest finite number the difference turns the sign bit on.
    for (const T number : numbers.subspan(begin, std::min(block, numbers.size() - begin)))
      found |= (infinite - 1) - (std::bit_cast<Bits>(number) & ~sign);
    if ((found & sign) != 0) return false;
  }
  return true;
}

}  // namespace

bool all_finite(std::span<const double> numbers) noexcept { return finite(numbers); }

bool all_finite(const Array& array) {
  if (array.dtype() == Dtype::f64) return finite(array.stored<double>());
  if (array.dtype() == Dtype::f32) return finite(array.stored<float>());
  return true;
}

std::optional<std::int64_t> first_not_finite(const Array& array) {
  if (all_finite(array)) return std::nullopt;
  for (std::int64_t k = 0; k < array.size(); ++k)
    if (!std::isfinite(array.element(k))) return k;
  return std::nullopt;
}

std::int64_t count_not_finite(const Array& array) {
  if (all_finite(array)) return 0;
  std::int64_t count = 0;
  for (std::int64_t k = 0; k < array.size(); ++k) count += std::isfinite(array.element(k)) ? 0 : 1;
  return count;
}

}  // namespace wengert
