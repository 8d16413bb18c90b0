#include "wengert/nn/functions/operands.hpp"

#include "wengert/graph/error.hpp"
#include "wengert/nn/functions/checks.hpp"

namespace wengert::nn::detail {

void refuse_shape(std::string_view layer, std::string_view what, const Tensor& x, const std::string& expected,
                  std::source_location where, const std::string& hint) {
  throw ShapeError{{.operation = std::string(layer),
                    .operands = {to_string(x.type())},
                    .problem = std::string(what) + " has " + to_string(x.type()),
                    .expected = expected,
                    .where = where,
                    .hint = hint}};
}

void want(bool holds, std::string_view layer, const std::string& problem, const std::string& expected,
          std::source_location where, const std::string& hint) {
  if (holds) return;
  throw ArgumentError{
      {.operation = std::string(layer), .problem = problem, .expected = expected, .where = where, .hint = hint}};
}

void want_type(std::string_view layer, std::string_view what, const Tensor& t, const Tensor& x, const Shape& shape,
               std::source_location where) {
  check_same_dtype(layer, what, t, x, where);
  check_shape(layer, what, t, shape, where);
}

void want_channels(std::string_view layer, const Tensor& x, std::int64_t channels, std::size_t least, std::size_t most,
                   std::source_location where) {
  check_real(layer, "the input", x, where);
  if (x.rank() >= least && x.rank() <= most && x.shape()[1] == channels) return;
  std::string expected = std::string(to_string(x.dtype())) + "[batch," + std::to_string(channels);
  if (least == most) {
    for (std::size_t axis = 2; axis < most; ++axis) expected += ",*";
  } else {
    expected += ",…";
  }
  expected += "]: " + std::to_string(channels) + (channels == 1 ? " channel" : " channels") + " along axis 1";
  refuse_shape(layer, "the input", x, expected, where);
}

}  // namespace wengert::nn::detail
