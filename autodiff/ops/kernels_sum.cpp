// Reading order: pairwise (a run), pairwise_rows (rows of a matrix), sum (one group of axes after the other).
#include "wengert/autodiff/ops/kernels_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {

namespace {

constexpr std::int64_t rows_of_run = 16;  // of rows: as many additions one after the other
constexpr std::size_t lanes = 8;

/// At most `sum_run` elements: eight partial sums, added as a tree.
template <class T>
T sum_of_run(const T* from, std::int64_t count) {
  std::array<T, lanes> lane{};
  std::int64_t i = 0;
  for (; i + static_cast<std::int64_t>(lanes) <= count; i += static_cast<std::int64_t>(lanes))
    for (std::size_t l = 0; l < lanes; ++l) lane[l] += from[i + static_cast<std::int64_t>(l)];
  for (std::size_t l = 0; l < lanes && i < count; ++i, ++l) lane[l] += from[i];
  return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/// The sum of parts as a tree, in the way of the carries of a binary counter: level k holds the sum of 2^k parts. No
/// recursion, and 64 levels are more than any count needs.
template <class T>
class Tree {
 public:
  void add(T sum) {
    std::size_t k = 0;
    for (; parts_ >> k & 1u; ++k) sum = level_[k] + sum;
    level_[k] = sum;
    ++parts_;
  }
  /// With what is left, less than a part.
  [[nodiscard]] T total(T rest) const {
    for (std::size_t k = 0; parts_ >> k != 0; ++k)
      if (parts_ >> k & 1u) rest = level_[k] + rest;
    return rest;
  }

 private:
  std::array<T, 64> level_;  // those of parts_ that are not there are never read
  std::uint64_t parts_ = 0;
};

template <class T>
T pairwise(const T* from, std::int64_t count) {
  if (count < sum_run) return sum_of_run(from, count);
  Tree<T> tree;
  std::int64_t at = 0;
  for (; at + sum_run <= count; at += sum_run) tree.add(sum_of_run(from + at, sum_run));
  return tree.total(at < count ? sum_of_run(from + at, count - at) : T(0));
}

constexpr std::int64_t strip = 256;

/// to[j] = Σ_i from[i·width + j] over `rows` rows, by the same tree, for at most a strip of columns.
template <class T>
void pairwise_rows(const T* from, std::int64_t rows, std::int64_t width, std::int64_t columns, T* to,
                   Scratch& scratch) {
  const auto levels = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(rows / rows_of_run)));
  const Scratch::Mark mark(scratch);
  T* const level = scratch.take<T>(levels * strip).data();
  std::array<T, strip> sum;
  const auto sum_rows = [&](std::int64_t begin, std::int64_t end) {
    std::fill_n(sum.data(), columns, T(0));
    for (std::int64_t i = begin; i < end; ++i) add_to(from + i * width, sum.data(), columns);
  };
  const auto level_at = [&](std::size_t k) { return level + static_cast<std::ptrdiff_t>(k) * strip; };
  std::uint64_t runs = 0;
  std::int64_t at = 0;
  for (; at + rows_of_run <= rows; at += rows_of_run, ++runs) {
    sum_rows(at, at + rows_of_run);
    std::size_t k = 0;
    for (; runs >> k & 1u; ++k) add_to(level_at(k), sum.data(), columns);
    std::copy_n(sum.data(), columns, level_at(k));
  }
  sum_rows(at, rows);
  for (std::size_t k = 0; runs >> k != 0; ++k)
    if (runs >> k & 1u) add_to(level_at(k), sum.data(), columns);
  std::copy_n(sum.data(), columns, to);
}

/// Sum of a dense array seen as [outer, count, inner] over the middle.
template <class T>
void sum_middle(const T* from, std::int64_t outer, std::int64_t count, std::int64_t inner, T* to, Scratch& scratch) {
  constexpr double element_time = 0.06 * sizeof(T);  // nanoseconds
  const std::int64_t strips = (inner + strip - 1) / strip;
  const Chunks chunks(outer * strips, element_time * static_cast<double>(count * std::min(inner, strip)));
  in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
    for (std::int64_t k = chunks.begin(chunk); k < chunks.end(chunk); ++k) {
      if (inner == 1) {
        to[k] = pairwise(from + k * count, count);
        continue;
      }
      const std::int64_t o = k / strips, j = k % strips * strip;
      pairwise_rows(from + o * count * inner + j, count, inner, std::min(strip, inner - j), to + o * inner + j, mine);
    }
  });
}

/// What a sum does to a shape.
struct Summed {
  std::array<bool, Shape::max_rank> axis{};
  Shape result;
  std::int64_t count = 1;  // of the elements in one sum

  Summed(const Shape& shape, std::span<const std::int64_t> axes) {
    for (const std::int64_t a : axes) axis[static_cast<std::size_t>(a)] = true;
    std::array<std::int64_t, Shape::max_rank> kept{};
    std::size_t rank = 0;
    for (std::size_t a = 0; a < shape.rank(); ++a) {
      if (axis[a])
        count *= shape[a];
      else
        kept[rank++] = shape[a];
    }
    result = Shape(std::span<const std::int64_t>(kept.data(), rank));
  }
};

/// Of no elements, or of a uniform array: the sum that is every element of the result.
template <class T>
T sum_for_all(const Array& from, std::int64_t count) {
  return count == 0 ? T(0) : static_cast<T>(static_cast<double>(count) * static_cast<double>(from.stored<T>()[0]));
}

template <class T>
void sum_stored(const T* from, const Shape& shape, const Summed& summed, T* to, Scratch& scratch) {
  // Group after group of neighbouring summed axes, from the last: what is left of it is the `inner` of the next.
  std::size_t groups = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    groups += summed.axis[axis] && (axis == 0 || !summed.axis[axis - 1]) ? 1 : 0;
  std::int64_t outer = shape.size(), inner = 1;
  if (groups == 0) std::copy_n(from, outer, to);
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    if (!summed.axis[axis]) {
      outer /= shape[axis];
      inner *= shape[axis];
      continue;
    }
    std::int64_t group = 1;
    std::size_t first = axis;
    for (; first < shape.rank() && summed.axis[first]; --first) group *= shape[first];
    axis = first + 1;
    outer /= group;
    T* const next = --groups == 0 ? to : scratch.take<T>(outer * inner);
    sum_middle(from, outer, group, inner, next, scratch);
    from = next;
  }
}

}  // namespace

template <class T>
void sum(const T* from, const Shape& shape, std::span<const std::int64_t> axes, T* to, Scratch& scratch) {
  sum_stored(from, shape, Summed(shape, axes), to, scratch);
}
template void sum(const float*, const Shape&, std::span<const std::int64_t>, float*, Scratch&);
template void sum(const double*, const Shape&, std::span<const std::int64_t>, double*, Scratch&);

template <class T>
T sum_of_tiles(const T* tiles, std::int64_t count, std::int64_t length) {
  Tree<T> tree;
  std::int64_t at = 0;
  for (; at + length <= count; at += length) tree.add(*tiles++);
  return tree.total(at < count ? *tiles : T(0));
}
template float sum_of_tiles(const float*, std::int64_t, std::int64_t);
template double sum_of_tiles(const double*, std::int64_t, std::int64_t);

template <class T>
T sum_row(const T* from, std::int64_t count) {
  return pairwise(from, count);
}
template float sum_row(const float*, std::int64_t);
template double sum_row(const double*, std::int64_t);

void sum(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  const Summed summed(from.shape(), axes);
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const std::span<T> target = to.mutable_data<T>();
    if (target.empty()) return;
    if (summed.count == 0 || from.is_uniform())
      std::fill(target.begin(), target.end(), sum_for_all<T>(from, summed.count));
    else
      sum_stored(from.data<T>().data(), from.shape(), summed, target.data(), scratch);
  });
}

Array sum(const Array& from, std::span<const std::int64_t> axes) {
  const Summed summed(from.shape(), axes);
  const Type type{from.dtype(), summed.result};
  return with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
    if (type.shape.size() != 0 && (summed.count == 0 || from.is_uniform()))
      return Array::uniform_of<T>(type.shape, sum_for_all<T>(from, summed.count));
    Array to = Array::uninitialised(type);
    if (type.shape.size() == 0) return to;
    Scratch scratch;
    sum_stored(from.data<T>().data(), from.shape(), summed, to.mutable_data<T>().data(), scratch);
    return to;
  });
}

}  // namespace wengert::kernels
