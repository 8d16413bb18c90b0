// Memory of the large arrays of a recording and its sweeps.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/graph/pages.hpp"

namespace wengert::detail {

/// `old` with room for `count` elements; throws std::bad_alloc and leaves it as it is when there is no memory.
template <class T>
[[nodiscard]] T* reallocate(T* old, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
  // realloc moves large blocks by remapping pages, not by copying them.
  void* moved = std::realloc(static_cast<void*>(old), count * sizeof(T));
  if (moved == nullptr) throw std::bad_alloc();
  prefer_large_pages(moved, count * sizeof(T));
  return static_cast<T*>(moved);
}

/// Room for `count` more elements, growing as push_back would.
template <class T>
void make_room_in(std::vector<T>& to, std::size_t count) {
  if (to.capacity() - to.size() < count) to.reserve(std::max(2 * to.capacity(), to.size() + count));
}

/// Identical bits, so that 0.0 and -0.0 differ and a NaN equals itself.
inline bool same_bits(const double* a, const double* b, std::size_t count) {
  std::uint64_t differs = 0;
  for (std::size_t k = 0; k < count; ++k)
    differs |= std::bit_cast<std::uint64_t>(a[k]) ^ std::bit_cast<std::uint64_t>(b[k]);
  return differs == 0;
}

/// Zeros that keep their memory when they are made anew; a vector could not ask for large pages before it clears.
class Zeros {
 public:
  Zeros() noexcept = default;
  Zeros(const Zeros& other) { *this = other; }
  Zeros(Zeros&& other) noexcept { swap(other); }
  Zeros& operator=(const Zeros& other) {
    if (this != &other) {
      resize(other.size_);
      if (size_ > 0) std::memcpy(data_, other.data_, size_ * sizeof(double));
    }
    return *this;
  }
  Zeros& operator=(Zeros&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Zeros() { std::free(data_); }

  void assign(std::size_t size) {
    resize(size);
    clear(0, size);
  }
  /// Room for `size` numbers that are still anything: clear() says which are to be zeros.
  void resize(std::size_t size) {
    if (size > capacity_) {
      std::free(std::exchange(data_, nullptr));
      size_ = capacity_ = 0;
      data_ = reallocate<double>(nullptr, size);
      capacity_ = size;
    }
    size_ = size;
  }
  void clear(std::size_t begin, std::size_t end) noexcept {
    if (end > begin) std::memset(data_ + begin, 0, (end - begin) * sizeof(double));
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] double* data() noexcept { return data_; }
  [[nodiscard]] const double* data() const noexcept { return data_; }
  [[nodiscard]] double operator[](std::size_t k) const noexcept { return data_[k]; }

 private:
  void swap(Zeros& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  double* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace wengert::detail
