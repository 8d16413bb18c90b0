#include "wengert/autodiff/ops/products.hpp"

#include <string>

#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

Type MatMul::type(std::span<const Type> x, const Attribute& flag_set) {
  want_real(name, x);
  const std::int64_t flags = std::get<std::int64_t>(flag_set);
  if ((flags & ~kernels::product_flags) != 0)
    refuse<ArgumentError>(name, x, "the attribute " + std::to_string(flags), "a set of the flags 1, 2, 4, 8");
  if (x[0].dtype != x[1].dtype)
    refuse<DtypeError>(name, x, "operand 1 has " + to_string(x[1]),
                       std::string(to_string(x[0].dtype)) + " like operand 0",
                       "convert one of them; f32 and f64 are never mixed silently");
  const Shape &a = x[0].shape, &b = x[1].shape;
  const std::size_t rank = a.rank();
  bool fits = rank >= 2 && b.rank() == rank;
  for (std::size_t axis = 0; fits && axis + 2 < rank; ++axis) fits = a[axis] == b[axis];
  if (!fits)
    refuse<ShapeError>(name, x, "operands " + to_string(x[0]) + " and " + to_string(x[1]),
                       "matrices, or equally many of them along equal leading axes");
  const bool ta = (flags & kernels::transpose_first) != 0, tb = (flags & kernels::transpose_second) != 0;
  const std::int64_t inner = a[ta ? rank - 2 : rank - 1];
  if (b[tb ? rank - 1 : rank - 2] != inner) {
    std::string text = std::string(to_string(x[1].dtype)) + "[";
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const bool is_inner = axis == (tb ? rank - 1 : rank - 2), is_free = axis == (tb ? rank - 2 : rank - 1);
      text += (axis == 0 ? "" : ",") + (is_inner ? std::to_string(inner) : is_free ? "*" : std::to_string(a[axis]));
    }
    refuse<ShapeError>(name, x, "operand 1 has " + to_string(x[1]), text + "] to go with " + to_string(x[0]),
                       "transpose(b) exchanges its last two axes");
  }
  Indices extents(a.extents());
  extents[rank - 2] = a[ta ? rank - 1 : rank - 2];
  extents[rank - 1] = b[tb ? rank - 2 : rank - 1];
  return {x[0].dtype, Shape(extents, {})};
}

Array MatMul::value(std::span<const Array> x, const Attribute& flags, const Type& result) {
  return value_of<MatMul>(x, flags, result);
}
void MatMul::value_into(std::span<const Array> x, const Attribute& flags, Array& to, kernels::Scratch& scratch) {
  kernels::matmul(x[0], x[1], std::get<std::int64_t>(flags), to, scratch);
}

std::string MatMul::label(const Attribute& flags) {
  const std::int64_t set = std::get<std::int64_t>(flags);
  const auto mark = [&](std::int64_t flag) { return (set & flag) != 0 ? "ᵀ" : ""; };
  return std::string(mark(kernels::transpose_first)) + "@" + mark(kernels::transpose_second);
}

std::vector<Sample> MatMul::samples() {
  const auto of = [](Shape a, Shape b, std::int64_t flags, Dtype dtype = Dtype::f64) {
    return Sample{{{dtype, a}, {dtype, b}}, flags};
  };
  return {of({2, 3}, {3, 4}, 0),       of({3, 2}, {3, 4}, 1),
          of({2, 3}, {4, 3}, 2),       of({3, 2}, {4, 3}, 3, Dtype::f32),
          of({2, 2, 3}, {2, 3, 2}, 0), of({2, 1, 2, 3}, {2, 1, 2, 3}, 2),
          of({2, 3}, {3, 4}, 4),       of({1, 3}, {3, 1}, 0, Dtype::f32),
          of({5, 7}, {7, 6}, 0),       of({2, 0}, {0, 3}, 0),
          of({0, 3}, {3, 2}, 0),       of({3, 3}, {3, 3}, 0)};
}

}  // namespace wengert::ops
