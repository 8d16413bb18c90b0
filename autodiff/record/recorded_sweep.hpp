// What the recorded sweeps (gradient.cpp, jvp.cpp) share: values inside a statement, and whose line is recorded. For
// their .cpp files only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <vector>

#include "wengert/autodiff/record/eager.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"

namespace wengert::detail {

/// A step of the statement at hand: a leaf or the result of a primitive. Recorded when first asked for.
class LazyValue {
 public:
  const Primitive* primitive = nullptr;
  std::array<LazyValue*, 3> operand{};
  std::source_location where{};
  Scalar scalar{};
  bool known = false;
};

/// Steps that a statement has at most.
inline constexpr std::size_t max_steps = max_leaves + max_operations;

/// The tensor entries with ids first … last: the index of the first of them, and how many there are.
struct TensorRange {
  std::size_t first = 0, count = 0;
};
[[nodiscard]] inline TensorRange tensors_between(const Stream& s, Id first, Id last) {
  if (!s.tensors) return {};
  const std::vector<TensorEntry>& entries = s.tensors->entries;
  const auto id_below = [](const TensorEntry& entry, Id id) { return entry.id < id; };
  const auto begin = std::lower_bound(entries.begin(), entries.end(), first, id_below);
  const auto end = std::lower_bound(begin, entries.end(), last + 1, id_below);
  return {static_cast<std::size_t>(begin - entries.begin()), static_cast<std::size_t>(end - begin)};
}

/// While it lives, what is recorded carries the location of a primal entry.
class LocationOf {
 public:
  LocationOf(Stream& s, const void* location) : s_(s), outer_(s.scope_location), outer_mask_(s.location_mask) {
    s.settle();
    s.scope_location = location;
    s.location_mask = 0;
  }
  LocationOf(const LocationOf&) = delete;
  LocationOf& operator=(const LocationOf&) = delete;
  ~LocationOf() {
    s_.settle();
    s_.scope_location = outer_;
    s_.location_mask = outer_mask_;
  }

 private:
  Stream& s_;
  const void* outer_;
  std::uintptr_t outer_mask_;
};

/// What is recorded while it lives is forgotten, also when something throws. Nobody may keep handles of it.
class Temporary {
 public:
  explicit Temporary(Stream& stream) : stream_(stream), mark_(stream.mark()) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { stream_.discard(mark_); }

 private:
  Stream& stream_;
  Stream::Mark mark_;
};

}  // namespace wengert::detail
