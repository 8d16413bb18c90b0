// Reading order: Chunk, take_bytes and grow, give_back.
#include "wengert/autodiff/ops/scratch.hpp"

#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "wengert/graph/blocks.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::kernels {

/// First bytes of an allocation, 64 of them; the memory that is lent follows.
struct alignas(64) Scratch::Chunk {
  Chunk* next = nullptr;
  std::size_t bytes = 0;
  void* allocation = nullptr;
  bool is_block = false;  // of blocks.hpp, else of malloc

  [[nodiscard]] std::byte* memory() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
};

Scratch::Chunk* Scratch::allocate(std::size_t bytes) noexcept {
  const std::size_t all = sizeof(Chunk) + bytes + alignment - 1;
  const bool is_block = all >= wengert::detail::least_block;
  void* const allocation =
      is_block ? wengert::detail::take_block(all) : std::malloc(all);  // NOLINT(cppcoreguidelines-no-malloc)
  if (allocation == nullptr) return nullptr;
  const auto place = (reinterpret_cast<std::uintptr_t>(allocation) + alignment - 1) / alignment * alignment;
  auto* const chunk = new (reinterpret_cast<void*>(place)) Chunk{};
  chunk->bytes = bytes;
  chunk->allocation = allocation;
  chunk->is_block = is_block;
  return chunk;
}

void Scratch::release(Chunk* chunk) noexcept {
  while (chunk != nullptr) {
    Chunk* const next = chunk->next;
    if (chunk->is_block)
      wengert::detail::give_block(chunk->allocation);
    else
      std::free(chunk->allocation);  // NOLINT(cppcoreguidelines-no-malloc): pairs with malloc
    chunk = next;
  }
}

void Scratch::refuse(std::size_t count, std::size_t size) {
  throw CapacityError{
      {.operation = "scratch",
       .problem = std::to_string(count) + " times " + std::to_string(size) + " bytes are not to be had"}};
}

std::byte* Scratch::take_bytes(std::size_t bytes) {
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (current_ == nullptr || rounded > current_->bytes - used_) grow(rounded);
  std::byte* const taken = current_->memory() + used_;
  used_ += rounded;
  return taken;
}

void Scratch::grow(std::size_t bytes) {
  // Nothing is taken of `from` and of what follows it.
  const bool unused = is_unused();
  Chunk*& from = unused ? first_ : current_->next;
  if (from == nullptr || from->bytes < bytes) {
    std::size_t kept = 0;
    for (const Chunk* chunk = from; chunk != nullptr; chunk = chunk->next) kept += chunk->bytes;
    if (unused) current_ = nullptr;
    release(std::exchange(from, nullptr));
    from = allocate(std::max(bytes, kept));
    if (from == nullptr) refuse(bytes, 1);
  }
  current_ = from;
  used_ = 0;
}

void Scratch::give_back(Chunk* chunk, std::size_t used) noexcept {
  if (chunk == nullptr) {
    chunk = first_;
    used = 0;
  }
  current_ = chunk;
  used_ = used;
  if (chunk == nullptr || chunk != first_ || used != 0 || first_->next == nullptr) return;
  const std::size_t kept = own_bytes();
  release(first_);
  current_ = first_ = allocate(kept);
}

std::size_t Scratch::own_bytes() const noexcept {
  std::size_t kept = 0;
  for (const Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) kept += chunk->bytes;
  return kept;
}
std::size_t Scratch::bytes() const noexcept {
  std::size_t all = own_bytes();
  for (int k = 0; workers_ != nullptr && k < threads_; ++k) all += workers_[static_cast<std::size_t>(k)].bytes();
  return all;
}

void Scratch::level() noexcept {
  if (workers_ == nullptr) return;
  const std::span<Scratch> all(workers_.get(), static_cast<std::size_t>(threads_));
  std::size_t most = 0;
  for (const Scratch& worker : all) most = std::max(most, worker.own_bytes());
  for (Scratch& worker : all) {
    if (worker.own_bytes() == most) continue;
    release(std::exchange(worker.first_, nullptr));
    worker.current_ = worker.first_ = allocate(most);
  }
}

}  // namespace wengert::kernels
