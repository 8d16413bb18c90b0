#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

std::vector<std::string> texts(std::span<const Type> types) {
  std::vector<std::string> result;
  result.reserve(types.size());
  for (const Type& type : types) result.push_back(to_string(type));
  return result;
}

void want_real(const char* operation, std::span<const Type> x) {
  for (std::size_t k = 0; k < x.size(); ++k)
    if (!is_real(x[k].dtype))
      refuse<DtypeError>(operation, x, "operand " + std::to_string(k) + " has " + to_string(x[k]), "f32 or f64",
                         "convert(x, Dtype::f64) makes real numbers of it");
}

void want_index(const char* operation, std::span<const Type> x, std::size_t k) {
  if (x[k].dtype != Dtype::i64)
    refuse<DtypeError>(operation, x, "operand " + std::to_string(k) + " has " + to_string(x[k]), "i64, for positions",
                       "convert(index, Dtype::i64) makes positions of it");
}

void want_axis(const char* operation, std::span<const Type> x, std::int64_t axis, std::size_t axes) {
  if (axis < 0 || position_of(axis) >= axes)
    refuse<ShapeError>(operation, x, "axis " + std::to_string(axis),
                       axes == 0 ? "an operand that has axes" : "an axis from 0 to " + std::to_string(axes - 1));
}

void want_axes(const char* operation, std::span<const Type> x, std::span<const std::int64_t> axes) {
  std::int64_t before = -1;
  for (const std::int64_t axis : axes) {
    if (axis <= before || position_of(axis) >= x[0].shape.rank())
      refuse<ShapeError>(operation, x, "axes " + to_string(Indices(axes)) + " of " + to_string(x[0]),
                         "distinct axes of the operand, ascending");
    before = axis;
  }
}

std::span<const std::int64_t> groups_of(const char* operation, std::span<const Type> x, const Attribute& attribute,
                                        std::size_t groups, std::size_t rank) {
  const auto numbers = integers(attribute);
  if (numbers.size() != groups * rank)
    refuse<ShapeError>(operation, x, "the attribute has " + std::to_string(numbers.size()) + " numbers",
                       std::to_string(groups) + " for each of " + std::to_string(rank) + " axes");
  return numbers;
}

}  // namespace wengert::ops
