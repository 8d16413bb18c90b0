#include "wengert/autodiff/ops/structural_contract.hpp"

#include <algorithm>

#include "wengert/graph/error.hpp"

namespace wengert {

Indices::Indices(std::span<const std::int64_t> values) {
  for (const std::int64_t value : values) push(value);
}

void Indices::push(std::int64_t value) {
  if (count_ == Shape::max_rank) {
    throw ShapeError{{.problem = "more than " + std::to_string(Shape::max_rank) + " axes", .expected = "at most 8"}};
  }
  values_[count_++] = value;
}

std::string to_string(const Indices& indices) {
  std::string text = "[";
  for (std::size_t k = 0; k < indices.size(); ++k) text += (k == 0 ? "" : ",") + std::to_string(indices[k]);
  return text + "]";
}

namespace ops {

bool broadcast_shape(const Shape& a, const Shape& b, Shape& result) noexcept {
  const std::size_t rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::max_rank> extents{};
  for (std::size_t back = 1; back <= rank; ++back) {
    const std::int64_t x = back <= a.rank() ? a[a.rank() - back] : 1, y = back <= b.rank() ? b[b.rank() - back] : 1;
    if (x != y && x != 1 && y != 1) return false;
    extents[rank - back] = x == 1 ? y : x;
  }
  result = Shape(std::span<const std::int64_t>(extents.data(), rank), {});
  return true;
}

Indices broadcast_axes(const Shape& from, const Shape& to) {
  Indices axes;
  const std::size_t new_axes = to.rank() - from.rank();
  for (std::size_t axis = 0; axis < to.rank(); ++axis)
    if (axis < new_axes || from[axis - new_axes] != to[axis]) axes.push(static_cast<std::int64_t>(axis));
  return axes;
}

Shape with_ones(const Shape& shape, std::span<const std::int64_t> axes) {
  Indices extents(shape.extents());
  for (const std::int64_t axis : axes) extents[static_cast<std::size_t>(axis)] = 1;
  return Shape(extents, {});
}

Shape without(const Shape& shape, std::span<const std::int64_t> axes) {
  Indices kept;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) == axes.end()) kept.push(shape[axis]);
  return Shape(kept, {});
}

}  // namespace ops
}  // namespace wengert
