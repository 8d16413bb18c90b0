#include "wengert/nn/functions/checks.hpp"

#include <array>
#include <cstdio>

namespace wengert::nn::detail {
namespace {

template <class Kind>
[[noreturn]] void refuse(std::string_view function, std::string_view operand, const Tensor& x, std::string expected,
                         std::source_location where) {
  throw Kind{{.operation = std::string(function),
              .operands = {to_string(x.type())},
              .problem = std::string(operand) + " has " + to_string(x.type()),
              .expected = std::move(expected),
              .where = where}};
}

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

void check_real(std::string_view function, std::string_view operand, const Tensor& x, std::source_location where) {
  if (!is_real(x.dtype())) refuse<DtypeError>(function, operand, x, "f32 or f64", where);
}

void check_same_dtype(std::string_view function, std::string_view operand, const Tensor& x, const Tensor& like,
                      std::source_location where) {
  if (x.dtype() != like.dtype())
    refuse<DtypeError>(function, operand, x, std::string(to_string(like.dtype())) + ", as beside it", where);
}

void check_shape(std::string_view function, std::string_view operand, const Tensor& x, const Shape& shape,
                 std::source_location where) {
  if (!(x.shape() == shape)) refuse<ShapeError>(function, operand, x, "shape " + to_string(shape), where);
}

void check_rank(std::string_view function, std::string_view operand, const Tensor& x, std::size_t least,
                std::size_t most, std::source_location where) {
  if (x.rank() >= least && x.rank() <= most) return;
  std::string expected = "rank " + std::to_string(least);
  if (most == Shape::max_rank)
    expected += " at least";
  else if (most != least)
    expected += " to " + std::to_string(most);
  refuse<ShapeError>(function, operand, x, expected, where);
}

std::size_t checked_axis(std::string_view function, const Tensor& x, std::int64_t axis, std::source_location where) {
  const auto rank = static_cast<std::int64_t>(x.rank());
  if (axis < -rank || axis >= rank)
    throw ShapeError{{.operation = std::string(function),
                      .operands = {to_string(x.type())},
                      .problem = "no axis " + std::to_string(axis) + " in " + to_string(x.type()),
                      .where = where}};
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

void check_option(std::string_view function, std::string_view option, double value, bool holds,
                  std::string_view expected, std::source_location where) {
  if (holds) return;
  throw ArgumentError{{.operation = std::string(function),
                       .problem = std::string(option) + " is " + text_of(value),
                       .expected = std::string(expected),
                       .where = where}};
}

Shape with_extent(const Shape& shape, std::size_t axis, std::int64_t extent) {
  std::array<std::int64_t, Shape::max_rank> extents{};
  for (std::size_t k = 0; k < shape.rank(); ++k) extents[k] = shape[k];
  extents[axis] = extent;
  return Shape(std::span<const std::int64_t>(extents.data(), shape.rank()));
}

Shape along_axis(std::size_t rank, std::size_t axis, std::int64_t extent) {
  std::array<std::int64_t, Shape::max_rank> extents{};
  for (std::size_t k = 0; k < rank; ++k) extents[k] = k == axis ? extent : 1;
  return Shape(std::span<const std::int64_t>(extents.data(), rank));
}

}  // namespace wengert::nn::detail
