// What the recorded sweeps (gradient.cpp, jvp.cpp) share: values inside a statement, and whose line is recorded. For
// their .cpp files only.
#pragma once

#include <array>
#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/eager.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/stream.hpp"

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
