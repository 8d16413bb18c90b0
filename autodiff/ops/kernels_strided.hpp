// Moving elements between a dense array and a strided view of one: what broadcast, permute, slice, embed and
// concatenate come down to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// Elements of a buffer, addressed by as many indices as `shape` has axes: element (i, j, …) lies at
/// start + i·stride[0] + j·stride[1] + …, counted in elements.
struct View {
  Shape shape{};
  std::array<std::int64_t, Shape::max_rank> stride{};
  std::int64_t start = 0;
};

/// The view that a dense row-major array of `shape` is of its own buffer.
[[nodiscard]] View dense_view(const Shape& shape) noexcept;

/// The elements of `from` at the view's places, to `to`, an array of `view.shape` that is dense and not shared.
void gather(const Array& from, const View& view, Array& to);
/// A new array of them. A `from` that stores one element gives a uniform result.
[[nodiscard]] Array gather(const Array& from, const View& view);
/// Writes the elements of `from`, in row-major order, to the view's places in `to`, which is dense and not shared.
/// The view visits no place twice.
void scatter(const Array& from, const View& view, Array& to);
/// The same, adding; f32 and f64.
void scatter_add(const Array& from, const View& view, Array& to);

/// The same on elements in memory; f32 and f64.
template <class T>
void gather(const T* from, const View& view, T* to);
template <class T>
void scatter(const T* from, const View& view, T* to);
extern template void gather(const float*, const View&, float*);
extern template void gather(const double*, const View&, double*);
extern template void scatter(const float*, const View&, float*);
extern template void scatter(const double*, const View&, double*);

}  // namespace wengert::kernels
