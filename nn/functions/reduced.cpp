#include "wengert/nn/functions/reduced.hpp"

#include "wengert/nn/functions/lined.hpp"

namespace wengert::nn::detail {

Tensor reduced(const Tensor& losses, Reduction reduction, std::source_location where) {
  switch (reduction) {
    case Reduction::mean:
      return mean(losses, where);
    case Reduction::sum:
      return sum(losses, where);
    case Reduction::batch_mean:
      return at(sum(losses, where), where) / static_cast<double>(losses.rank() == 0 ? 1 : losses.shape()[0]);
    case Reduction::none:
      break;
  }
  return losses;
}

Recording::LocationScope location_of_any(std::initializer_list<const Tensor*> operands, std::source_location where) {
  for (const Tensor* x : operands)
    if (!x->is_constant()) return location_of(*x, where);
  return location_of(**operands.begin(), where);
}

}  // namespace wengert::nn::detail
