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

/// A dense array of `view.shape`: the elements of `from` at the view's places. A `from` that stores one element gives a
/// uniform result.
[[nodiscard]] Array gather(const Array& from, const View& view);
/// Writes the elements of `from`, in row-major order, to the view's places in `to`, which is dense and not shared.
/// The view visits no place twice.
void scatter(const Array& from, const View& view, Array& to);
/// The same, adding; f32 and f64.
void scatter_add(const Array& from, const View& view, Array& to);

}  // namespace wengert::kernels
