// Reading order: Walk (axes that can be one are merged, and the loop over the innermost two is chosen), then the
// kernels.
#include "wengert/autodiff/ops/kernels_strided.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_transpose.hpp"

namespace wengert::kernels {

namespace {

constexpr std::size_t max_rank = Shape::max_rank;
constexpr std::int64_t square = 16;  // side of the tiles of a transposition: 16 f64 are two cache lines

/// Axes of a walk over view and dense array at once: extents, and the stride of each of the two.
struct Walk {
  std::size_t rank = 0;
  std::array<std::int64_t, max_rank> extent{}, view{}, dense{};

  Walk(const Shape& shape, const View& places) {
    std::int64_t dense_stride = 1;
    std::array<std::int64_t, max_rank> dense_strides{};
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      dense_strides[axis] = dense_stride;
      dense_stride *= shape[axis];
    }
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      const bool merges = rank > 0 && view[rank - 1] == places.stride[axis] * shape[axis] &&
                          dense[rank - 1] == dense_strides[axis] * shape[axis];
      if (merges) {
        extent[rank - 1] *= shape[axis];
      } else {
        extent[rank++] = shape[axis];
      }
      view[rank - 1] = places.stride[axis];
      dense[rank - 1] = dense_strides[axis];
    }
    if (rank == 0) {
      extent[0] = view[0] = dense[0] = 1;
      rank = 1;
    }
  }

  /// Moves axis `axis` to place `to`, keeping the order of the others.
  void move(std::size_t axis, std::size_t to) {
    for (auto* each : {&extent, &view, &dense}) {
      const auto begin = each->begin();
      const auto at = [&](std::size_t k) { return begin + static_cast<std::ptrdiff_t>(k); };
      if (axis < to)
        std::rotate(at(axis), at(axis + 1), at(to + 1));
      else
        std::rotate(at(to), at(axis), at(axis + 1));
    }
  }
};

/// Calls inner(offset in the view, offset in the dense array) for every combination of the indices of the first `outer`
/// axes.
template <class Inner>
void for_each_outer(const Walk& walk, std::size_t outer, const Inner& inner) {
  std::array<std::int64_t, max_rank> index{};
  std::int64_t view = 0, dense = 0;
  while (true) {
    inner(view, dense);
    std::size_t axis = outer;
    while (axis > 0) {
      --axis;
      view += walk.view[axis];
      dense += walk.dense[axis];
      if (++index[axis] < walk.extent[axis]) break;
      view -= walk.view[axis] * walk.extent[axis];
      dense -= walk.dense[axis] * walk.extent[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (outer == 0) return;
  }
}

/// A matrix that lies in the view by columns, and in the dense array by rows.
struct Turned {
  std::int64_t rows = 0, columns = 0;
  std::int64_t view_pitch = 0, dense_pitch = 0;  // from a column to the next, from a row to the next
};

/// element(place in the view, place in the dense array) for every element; run(…, count) where both lie together, and
/// repeat(…, count) where one place of the view stands for all (only a gather may ask for that). turn(…, Turned), if
/// there is one, for transpositions.
template <class Element, class Run, class Repeat = std::nullptr_t, class Turn = std::nullptr_t>
void walk_elements(const Shape& shape, const View& places, const Element& element, const Run& run,
                   const Repeat& repeat = nullptr, const Turn& turn = nullptr) {
  if (shape.size() == 0) return;
  Walk walk(shape, places);
  const std::size_t last = walk.rank - 1;
  if (walk.view[last] == 1) {
    for_each_outer(walk, last, [&](std::int64_t v, std::int64_t d) { run(places.start + v, d, walk.extent[last]); });
    return;
  }
  if constexpr (!std::is_null_pointer_v<Repeat>) {
    if (walk.view[last] == 0) {
      for_each_outer(walk, last,
                     [&](std::int64_t v, std::int64_t d) { repeat(places.start + v, d, walk.extent[last]); });
      return;
    }
  }
  // A transposition: the axis along which the view lies together is another one.
  std::size_t together = last;
  for (std::size_t axis = 0; axis < last; ++axis)
    if (walk.view[axis] == 1) together = axis;
  if (together != last) {
    walk.move(together, last - 1);
    const std::int64_t rows = walk.extent[last - 1], columns = walk.extent[last];
    for_each_outer(walk, last - 1, [&](std::int64_t v, std::int64_t d) {
      if constexpr (!std::is_null_pointer_v<Turn>)
        return turn(places.start + v, d, Turned{rows, columns, walk.view[last], walk.dense[last - 1]});
      // Tiles touch each cache line once.
      for (std::int64_t row = 0; row < rows; row += square) {
        for (std::int64_t column = 0; column < columns; column += square) {
          const std::int64_t row_end = std::min(rows, row + square), column_end = std::min(columns, column + square);
          for (std::int64_t i = row; i < row_end; ++i)
            for (std::int64_t j = column; j < column_end; ++j)
              element(places.start + v + i * walk.view[last - 1] + j * walk.view[last],
                      d + i * walk.dense[last - 1] + j * walk.dense[last]);
        }
      }
    });
    return;
  }
  for_each_outer(walk, last, [&](std::int64_t v, std::int64_t d) {
    for (std::int64_t j = 0; j < walk.extent[last]; ++j)
      element(places.start + v + j * walk.view[last], d + j * walk.dense[last]);
  });
}

}  // namespace

View dense_view(const Shape& shape) noexcept {
  View result{.shape = shape};
  std::int64_t stride = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    result.stride[axis] = stride;
    stride *= shape[axis];
  }
  return result;
}

template <class T>
void gather(const T* from, const View& view, T* to) {
  const auto element = [=](std::int64_t v, std::int64_t d) { to[d] = from[v]; };
  const auto run = [=](std::int64_t v, std::int64_t d, std::int64_t count) { std::copy_n(from + v, count, to + d); };
  const auto repeat = [=](std::int64_t v, std::int64_t d, std::int64_t count) { std::fill_n(to + d, count, from[v]); };
  if constexpr (std::is_floating_point_v<T>) {
    walk_elements(view.shape, view, element, run, repeat, [=](std::int64_t v, std::int64_t d, const Turned& turned) {
      // Parts of this side stay in the first-level cache while they are written.
      constexpr std::int64_t side = 32;
      const auto [rows, columns, view_pitch, dense_pitch] = turned;
      for (std::int64_t i = 0; i < rows; i += side)
        for (std::int64_t j = 0; j < columns; j += side)
          transpose(from + v + i + j * view_pitch, std::min(side, columns - j), std::min(side, rows - i), view_pitch,
                    to + d + i * dense_pitch + j, dense_pitch);
    });
  } else {
    walk_elements(view.shape, view, element, run, repeat);
  }
}
template <class T>
void scatter(const T* from, const View& view, T* to) {
  walk_elements(
      view.shape, view, [=](std::int64_t v, std::int64_t d) { to[v] = from[d]; },
      [=](std::int64_t v, std::int64_t d, std::int64_t count) { std::copy_n(from + d, count, to + v); });
}
template void gather(const float*, const View&, float*);
template void gather(const double*, const View&, double*);
template void scatter(const float*, const View&, float*);
template void scatter(const double*, const View&, double*);

void gather(const Array& from, const View& view, Array& to) {
  with_element_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const std::span<T> target = to.mutable_data<T>();
    if (from.is_uniform() || from.size() == 1)
      std::fill(target.begin(), target.end(), from.stored<T>()[0]);
    else
      gather(from.data<T>().data(), view, target.data());
  });
}

Array gather(const Array& from, const View& view) {
  if (from.is_uniform() || from.size() == 1)
    return with_element_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
      return Array::uniform_of<T>(view.shape, from.stored<T>()[0]);
    });
  Array to = Array::uninitialised({from.dtype(), view.shape});
  gather(from, view, to);
  return to;
}

void scatter(const Array& from, const View& view, Array& to) {
  with_element_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const target = to.mutable_data<T>().data();
    if (!from.is_uniform()) return scatter(from.data<T>().data(), view, target);
    const T one = from.stored<T>()[0];
    walk_elements(
        view.shape, view, [=](std::int64_t v, std::int64_t) { target[v] = one; },
        [=](std::int64_t v, std::int64_t, std::int64_t count) { std::fill_n(target + v, count, one); });
  });
}

void scatter_add(const Array& from, const View& view, Array& to) {
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = from.stored<T>().data();
    const std::int64_t stride = from.stride();
    T* const target = to.mutable_data<T>().data();
    walk_elements(
        view.shape, view, [=](std::int64_t v, std::int64_t d) { target[v] += source[d * stride]; },
        [=](std::int64_t v, std::int64_t d, std::int64_t count) {
          for (std::int64_t i = 0; i < count; ++i) target[v + i] += source[(d + i) * stride];
        });
  });
}

}  // namespace wengert::kernels
