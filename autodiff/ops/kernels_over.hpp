// Adding to the adjoint of what was reduced over axes, in one pass: what a rule says with broadcasts of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wengert/autodiff/ops/kernels.hpp"

namespace wengert::kernels {

/// A shape as [outer, count, inner] around the axes, if these are neighbours (or none).
struct Around {
  std::int64_t outer = 1, count = 1, inner = 1;
  bool neighbours = true;

  Around(const Shape& shape, std::span<const std::int64_t> axes) {
    const std::size_t first = axes.empty() ? shape.rank() : static_cast<std::size_t>(axes.front());
    for (std::size_t k = 0; k < axes.size(); ++k)
      neighbours = neighbours && static_cast<std::size_t>(axes[k]) == first + k;
    for (std::size_t k = 0; k < shape.rank(); ++k)
      (k < first ? outer : k < first + axes.size() ? count : inner) *= shape[k];
  }
};

/// adjoint[i] += contribution(i, r), r being the place that element i has in a reduction over the axes.
template <class T, class Contribution>
void add_over(const Around& around, const Type& type, std::string_view operation, Accumulator& adjoint,
              const Contribution& contribution) {
  const auto each = [&](T* to, const auto& put) {
    std::int64_t at = 0;
    for (std::int64_t o = 0; o < around.outer; ++o) {
      if (around.inner == 1) {
        for (std::int64_t i = 0; i < around.count; ++i, ++at) put(to[at], contribution(at, o));
        continue;
      }
      for (std::int64_t i = 0; i < around.count; ++i, at += around.inner)
        for (std::int64_t j = 0; j < around.inner; ++j) put(to[at + j], contribution(at + j, o * around.inner + j));
    }
  };
  if (type.shape.size() == 0) return static_cast<void>(adjoint.writable(type, operation));
  if (adjoint.any()) {
    each(adjoint.writable(type, operation).template mutable_data<T>().data(), [](T& to, T value) { to += value; });
    return;
  }
  Array to = Array::uninitialised(type);
  each(to.mutable_data<T>().data(), [](T& place, T value) { place = value; });
  adjoint.assign(std::move(to));
}

/// The elements of an array that may store one for all.
template <class T>
class Elements {
 public:
  explicit Elements(const Array& array) : from_(array.stored<T>().data()), stride_(array.stride()) {}
  [[nodiscard]] T operator[](std::int64_t i) const { return from_[i * stride_]; }

 private:
  const T* from_;
  std::int64_t stride_;
};

}  // namespace wengert::kernels
