#include "wengert/graph/blocks.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include "wengert/graph/pages.hpp"
#include "wengert/graph/small_blocks.hpp"

namespace wengert::detail {

namespace {

constexpr std::size_t most_kept = keeps_memory ? std::size_t{256} << 20 : 0;

/// Before the bytes of every block: its size class, and the next one that is kept. 16 bytes.
struct Head {
  std::size_t size_class;
  Head* next;
};
static_assert(sizeof(Head) == 16);

// Size classes: eight for every power of two, so that a block is larger than asked for by an eighth at most.
constexpr std::size_t steps = 8, classes = 64 * steps;
constexpr std::size_t class_of(std::size_t bytes) {
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1));  // 2^(octave-1) < bytes <= 2^octave
  return octave * steps + (((bytes - 1) >> (octave - 4)) & (steps - 1));
}
constexpr std::size_t size_of_class(std::size_t size_class) {
  const std::size_t octave = size_class / steps;
  return (steps + size_class % steps + 1) << (octave - 4);
}
static_assert(size_of_class(class_of(16384)) == 16384 && size_of_class(class_of(16385)) == 18432 &&
              size_of_class(class_of(30000)) == 30720);

class Blocks {
 public:
  void* take(std::size_t size_class) noexcept {
    const std::size_t size = size_of_class(size_class);
    const std::lock_guard lock(mutex_);
    Head* head = pop(size_class);
    if (head == nullptr) {
      const std::size_t most = std::max(most_in_use_, in_use_ + size);
      while (kept_ > 0 && kept_ + in_use_ + size > most) free_largest();
      head = allocate(size);
      while (head == nullptr && kept_ > 0) {
        free_largest();
        head = allocate(size);
      }
      if (head == nullptr) return nullptr;
      head->size_class = size_class;
    }
    in_use_ += size;
    most_in_use_ = std::max(most_in_use_, in_use_);
    return head + 1;
  }
  void give(void* block) noexcept {
    Head* const head = static_cast<Head*>(block) - 1;
    const std::size_t size = size_of_class(head->size_class);
    const std::lock_guard lock(mutex_);
    in_use_ -= size;
    if (kept_ + size > most_kept) {
      std::free(head);  // NOLINT(cppcoreguidelines-no-malloc): pairs with malloc
      return;
    }
    head->next = lists_[head->size_class];
    lists_[head->size_class] = head;
    kept_ += size;
  }

  void release() noexcept {
    const std::lock_guard lock(mutex_);
    while (kept_ > 0) free_largest();
    most_in_use_ = in_use_;
  }

 private:
  static Head* allocate(std::size_t size) noexcept {
    const std::size_t bytes = sizeof(Head) + size;
    void* const memory =
        bytes < least_of_large_pages ? std::malloc(bytes) : allocate_pages(bytes);  // NOLINT(*-no-malloc)
    return memory == nullptr ? nullptr : new (memory) Head{};
  }
  Head* pop(std::size_t size_class) noexcept {
    Head* const head = lists_[size_class];
    if (head == nullptr) return nullptr;
    lists_[size_class] = head->next;
    kept_ -= size_of_class(size_class);
    return head;
  }
  void free_largest() noexcept {
    for (std::size_t k = classes; k-- > 0;)
      if (Head* const head = pop(k)) {
        std::free(head);  // NOLINT(cppcoreguidelines-no-malloc): pairs with malloc
        return;
      }
  }

  std::mutex mutex_;
  std::array<Head*, classes> lists_{};
  std::size_t in_use_ = 0, most_in_use_ = 0, kept_ = 0;
};

/// Never destroyed: arrays with static storage may give their blocks back later than anything else.
Blocks& blocks() {
  alignas(Blocks) static std::byte memory[sizeof(Blocks)];
  static Blocks* const all = new (memory) Blocks;
  return *all;
}

}  // namespace

void* take_block(std::size_t bytes) noexcept {
  // A class above this one would overflow; nobody has so much memory.
  if (bytes > SIZE_MAX / 4) return nullptr;
  return blocks().take(class_of(std::max(bytes, least_block)));
}
void give_block(void* block) noexcept { blocks().give(block); }
void release_blocks() noexcept {
  blocks().release();
  release_small_blocks();
}

}  // namespace wengert::detail
