#include "wengert/nn/layers/reshaping.hpp"

#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

Tensor Flatten::operator()(const Tensor& x, std::source_location where) const {
  const std::size_t from = checked_axis("Flatten", x, first, where), to = checked_axis("Flatten", x, last, where);
  if (from > to)
    refuse_shape("Flatten", "the input", x,
                 "axis " + std::to_string(first) + " not behind axis " + std::to_string(last), where);
  const LayerScope scope("Flatten", x, where);
  Indices extents;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (axis > from && axis <= to)
      extents[extents.size() - 1] *= x.shape()[axis];
    else
      extents.push(x.shape()[axis]);
  }
  return reshape(x, Shape(extents, where), where);
}

Upsample::Upsample(std::int64_t by, std::source_location where) : factor(by) {
  want(by > 0, "Upsample", "the factor is " + std::to_string(by), "1 at least", where);
}

Tensor Upsample::operator()(const Tensor& x, std::source_location where) const {
  check_rank("Upsample", "the input", x, 3, 5, where);
  const LayerScope scope("Upsample", x, where);
  // [b, c, h, w] as [b, c, h, 1, w, 1], repeated along the ones.
  Indices apart{x.shape()[0], x.shape()[1]}, repeated = apart, result = apart;
  for (std::size_t axis = 2; axis < x.rank(); ++axis) {
    const std::int64_t extent = x.shape()[axis];
    apart.push(extent), apart.push(1);
    repeated.push(extent), repeated.push(factor);
    result.push(extent * factor);
  }
  return reshape(broadcast(reshape(x, Shape(apart, where), where), Shape(repeated, where), where), Shape(result, where),
                 where);
}

}  // namespace wengert::nn
