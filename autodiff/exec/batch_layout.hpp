// Where the samples of a batch lie, of programs of numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace wengert {

/// How the samples of a batch lie in a span: number k of sample i at k·stride + i. Such columns may be some of the
/// samples of longer ones, or have room between them.
struct BatchLayout {
  std::int64_t count = 0;   ///< samples
  std::int64_t stride = 0;  ///< numbers from the beginning of a column to the next one's

  BatchLayout(std::int64_t samples) : count(samples), stride(samples) {}  // NOLINT(google-explicit-constructor)
  BatchLayout(std::int64_t samples, std::int64_t from_column_to_column)
      : count(samples), stride(from_column_to_column) {}
  /// With a stride of whole lines of the cache, an odd number of them: columns whole pages apart (1024 samples without
  /// room between them) push each other out of a cache, which has a few places only for what is a page apart.
  [[nodiscard]] static BatchLayout padded(std::int64_t samples) {
    constexpr std::int64_t line = 64 / sizeof(double);
    return {samples, ((samples + line - 1) / line | 1) * line};
  }
  /// Numbers that so many columns take.
  [[nodiscard]] std::size_t size(std::size_t columns) const noexcept {
    return columns * static_cast<std::size_t>(std::max<std::int64_t>(stride, 0));
  }
  /// So many numbers are so many columns; there need be none behind the last sample of the last column.
  [[nodiscard]] bool fits(std::size_t numbers, std::size_t columns) const noexcept {
    const std::size_t all = size(columns);
    if (count <= 0) return numbers <= all;
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(stride - count, 0));
    return numbers <= all && numbers + (columns == 0 ? 0 : room) >= all;
  }
};

}  // namespace wengert
