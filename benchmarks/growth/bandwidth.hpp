// What one core moves between memory (or the cache that holds it) and its registers.
#pragma once

#include <cstddef>

namespace growth {

/// Bytes a second.
struct Bandwidth {
  double read = 0.0;   ///< sum of an array
  double copy = 0.0;   ///< b[i] = a[i], both ways counted
  double triad = 0.0;  ///< c[i] = a[i] + s b[i], all three counted
};

/// The best of several passes over arrays that occupy `bytes` in all.
[[nodiscard]] Bandwidth bandwidth(std::size_t bytes);

}  // namespace growth
