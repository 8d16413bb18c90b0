#include "wengert/autodiff/record/window_options.hpp"

#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

void WindowOptions::refuse_option(const std::string& problem, const std::string& expected) const {
  refuse<ArgumentError>(operation, operands, problem, expected, where);
}

std::array<std::int64_t, 2> WindowOptions::for_axes(const char* option, const Indices& numbers, std::int64_t otherwise,
                                                    std::int64_t least) const {
  bool good = numbers.size() <= axes || numbers.size() == 1;
  for (const std::int64_t n : numbers) good = good && n >= least;
  if (!good)
    refuse_option(std::string(option) + " " + to_string(numbers),
                  std::string(axes == 1 ? "one number, " : "one number, or one for each axis, ") +
                      std::to_string(least) + " or more");
  if (numbers.size() == 0) return {otherwise, otherwise};
  if (axes == 1) return {otherwise, numbers[0]};
  return {numbers[0], numbers[numbers.size() - 1]};
}

std::array<std::int64_t, 4> WindowOptions::around(const Indices& padding) const {
  const std::size_t count = padding.size();
  bool good = count <= 1 || count == axes || count == 2 * axes;
  for (const std::int64_t n : padding) good = good && n >= 0;
  if (!good)
    refuse_option("padding " + to_string(padding),
                  std::string(axes == 1 ? "one number, or one for each side, "
                                        : "one number, one for each axis, or one for each side (above, below, left, "
                                          "right), ") +
                      "0 or more");
  if (count == 0) return {0, 0, 0, 0};
  if (axes == 1) return {0, 0, padding[0], padding[count - 1]};
  if (count == 4) return {padding[0], padding[1], padding[2], padding[3]};
  return {padding[0], padding[0], padding[count - 1], padding[count - 1]};
}

void WindowOptions::want_input() const {
  const std::size_t rank = operands[0].rank();
  if (rank == axes + 2 || rank == axes + 1) return;
  refuse<ShapeError>(operation, operands, "operand 0 has " + to_string(operands[0].type()),
                     axes == 1 ? "three axes [items, channels, length], or two without items"
                               : "four axes [items, channels, rows, columns], or three without items",
                     where);
}
void WindowOptions::want_weight() const {
  if (operands[1].rank() == axes + 2) return;
  refuse<ShapeError>(operation, operands, "operand 1 has " + to_string(operands[1].type()),
                     axes == 1 ? "a weight of three axes: channels, channels, window"
                               : "a weight of four axes: channels, channels, window",
                     where);
}

Tensor WindowOptions::widened() const {
  const Shape& shape = operands[0].shape();
  Indices extents;
  if (shape.rank() == axes + 1) extents.push(1);
  for (const std::int64_t extent : shape) {
    if (axes == 1 && extents.size() == 2) extents.push(1);
    extents.push(extent);
  }
  return reshape(operands[0], Shape(extents, where), where);
}

Tensor WindowOptions::narrowed(const Tensor& result) const {
  const bool items = operands[0].rank() == axes + 2;
  Indices extents;
  for (std::size_t k = items ? 0 : 1; k < 4; ++k)
    if (axes == 2 || k != 2) extents.push(result.shape()[k]);
  return reshape(result, Shape(extents, where), where);
}

Tensor WindowOptions::widened_weight() const {
  const Shape& shape = operands[1].shape();
  if (axes == 2) return operands[1];
  return reshape(operands[1], Shape({shape[0], shape[1], 1, shape[2]}, where), where);
}

}  // namespace wengert::detail
