// Where the samples of a batch lie, of programs of numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace wengert {

namespace detail {
/// The least odd number of whole lines of the cache for so many elements: columns whole pages apart (1024 numbers
/// without room between them) push each other out of a cache, which has a few places only for what is a page apart.
template <class T>
[[nodiscard]] constexpr std::int64_t odd_lines(std::int64_t elements) noexcept {
  constexpr std::int64_t line = 64 / sizeof(T);
  return ((elements + line - 1) / line | 1) * line;
}
}  // namespace detail

/// How the samples of a batch lie in a span: number k of sample i at k·stride + i. Such columns may be some of the
/// samples of longer ones, or have room between them. Less than no samples are none.
struct BatchLayout {
  std::int64_t count = 0;   ///< samples
  std::int64_t stride = 0;  ///< numbers from the beginning of a column to the next one's

  BatchLayout(std::int64_t samples) : BatchLayout(samples, samples) {}  // NOLINT(google-explicit-constructor)
  BatchLayout(std::int64_t samples, std::int64_t from_column_to_column)
      : count(std::max<std::int64_t>(samples, 0)), stride(std::max<std::int64_t>(from_column_to_column, 0)) {}
  /// With a stride of an odd number of lines of the cache.
  [[nodiscard]] static BatchLayout padded(std::int64_t samples) {
    return {samples, detail::odd_lines<double>(samples)};
  }
  /// Columns do not overlap.
  [[nodiscard]] bool is_valid() const noexcept { return 0 <= count && count <= stride; }
  /// Numbers that so many columns take.
  [[nodiscard]] std::size_t size(std::size_t columns) const noexcept {
    return columns * static_cast<std::size_t>(stride);
  }
  /// So many numbers are so many columns; there need be none behind the last sample of the last column.
  [[nodiscard]] bool fits(std::size_t numbers, std::size_t columns) const noexcept {
    const std::size_t all = size(columns);
    if (count == 0) return numbers <= all;
    return numbers <= all && numbers + (columns == 0 ? 0 : static_cast<std::size_t>(stride - count)) >= all;
  }
};

}  // namespace wengert
