#include "wengert/graph/small_blocks.hpp"

#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include "wengert/graph/blocks.hpp"

namespace wengert::detail {

namespace {

constexpr std::size_t step = 64, classes = largest_small_block / step;
constexpr std::size_t most_kept = keeps_memory ? std::size_t{4} << 20 : 0;
constexpr std::size_t class_of(std::size_t bytes) { return (bytes - 1) / step; }
constexpr std::size_t size_of_class(std::size_t size_class) { return (size_class + 1) * step; }

struct Kept {
  Kept* next;
};
/// Without a constructor, so that reaching them costs nothing.
struct Lists {
  std::array<Kept*, classes> first;
  std::size_t bytes;
  bool closed;  // the thread ends: nothing is kept any more
};
constinit thread_local Lists lists{};  // allow thread-local: what each thread keeps

struct Closer {
  Closer() = default;
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;
  ~Closer() {
    lists.closed = true;
    release_small_blocks();
  }
};

}  // namespace

void* take_small_block(std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  Kept* const first = lists.first[size_class];
  if (first == nullptr) return std::malloc(size_of_class(size_class));  // NOLINT(*-no-malloc)
  lists.first[size_class] = first->next;
  lists.bytes -= size_of_class(size_class);
  return first;
}

void give_small_block(void* block, std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes), size = size_of_class(size_class);
  if (lists.closed || lists.bytes + size > most_kept) {
    std::free(block);  // NOLINT(*-no-malloc)
    return;
  }
  if (lists.bytes == 0) {
    static thread_local const Closer closer;  // allow thread-local: frees it when the thread ends
    static_cast<void>(closer);
  }
  lists.first[size_class] = new (block) Kept{lists.first[size_class]};
  lists.bytes += size;
}

void release_small_blocks() noexcept {
  for (Kept*& first : lists.first)
    while (first != nullptr) std::free(std::exchange(first, first->next));  // NOLINT(*-no-malloc)
  lists.bytes = 0;
}

}  // namespace wengert::detail
