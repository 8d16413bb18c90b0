// Scratch: memory for what a kernel needs while it runs. It is taken from a stack, and given back by going out of
// scope; what was once there is kept, so that a kernel that runs again allocates nothing. It also says how many threads
// the kernel may use, and has memory for each of them (threads.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// One thread at a time, and the memory of each worker likewise.
class Scratch {
  struct Chunk;

 public:
  Scratch() noexcept = default;
  /// For kernels that may use so many threads.
  explicit Scratch(int threads)
      : threads_(std::max(1, threads)),
        workers_(threads_ == 1 ? nullptr : std::make_unique<Scratch[]>(static_cast<std::size_t>(threads_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(first_); }

  /// Room for `count` elements, unwritten and aligned to 64 bytes, until the innermost Mark dies (without one, until
  /// the Scratch does). Throws CapacityError when memory runs out.
  template <class T>
  [[nodiscard]] std::span<T> take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignment);
    if (count > (static_cast<std::size_t>(-1) >> 1) / sizeof(T)) refuse(count, sizeof(T));
    return {reinterpret_cast<T*>(take_bytes(count * sizeof(T))), count};
  }
  template <class T>
  [[nodiscard]] T* take(std::int64_t count) {
    return take<T>(static_cast<std::size_t>(count)).data();
  }

  /// Bytes that are kept, those of workers as well.
  [[nodiscard]] std::size_t bytes() const noexcept;

  [[nodiscard]] int threads() const noexcept { return threads_; }
  /// The memory of a worker, from 0 to threads() - 1; with one thread this memory.
  [[nodiscard]] Scratch& of(int worker) noexcept {
    return workers_ == nullptr ? *this : workers_[static_cast<std::size_t>(worker)];
  }
  /// Every worker gets as much memory as the one that has most: it does not matter which of them does the work next
  /// time. Nothing of theirs is taken. Without memory for that it does nothing.
  void level() noexcept;

  /// Gives back, when it dies, all that was taken since it was made. When that is all there is, what is kept becomes
  /// one piece: so the same calls, the second time, find room.
  class Mark {
   public:
    explicit Mark(Scratch& scratch) noexcept
        : scratch_(scratch), chunk_(scratch.is_unused() ? nullptr : scratch.current_), used_(scratch.used_) {}
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { scratch_.give_back(chunk_, used_); }

   private:
    Scratch& scratch_;
    Chunk* chunk_;  // null: nothing was taken; the first piece may then be replaced by a larger one
    std::size_t used_;
  };

 private:
  static constexpr std::size_t alignment = 64;

  /// Nothing is taken.
  [[nodiscard]] bool is_unused() const noexcept { return current_ == nullptr || (current_ == first_ && used_ == 0); }
  [[noreturn]] static void refuse(std::size_t count, std::size_t size);
  std::byte* take_bytes(std::size_t bytes);
  void grow(std::size_t bytes);
  void give_back(Chunk* chunk, std::size_t used) noexcept;
  [[nodiscard]] std::size_t own_bytes() const noexcept;
  static Chunk* allocate(std::size_t bytes) noexcept;
  static void release(Chunk* chunk) noexcept;

  Chunk* first_ = nullptr;
  Chunk* current_ = nullptr;  // the last one that something was taken of; what follows it is free
  std::size_t used_ = 0;      // bytes taken of it
  int threads_ = 1;
  std::unique_ptr<Scratch[]> workers_;  // none with one thread
};

/// The elements of an array, each stored: where they are, or spread in scratch if one stands for all.
template <Element T>
[[nodiscard]] const T* dense_elements(const Array& array, Scratch& scratch) {
  const std::span<const T> stored = array.stored<T>();
  if (!array.is_uniform()) return stored.data();
  T* const all = scratch.take<T>(array.size());
  std::fill_n(all, array.size(), stored[0]);
  return all;
}

}  // namespace wengert::kernels
