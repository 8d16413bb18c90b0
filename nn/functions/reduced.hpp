// What losses end with, for the .cpp files of nn.
#pragma once

#include <initializer_list>
#include <source_location>

#include "wengert/nn/functions/losses.hpp"

namespace wengert::nn::detail {

/// The losses of elements or samples, reduced.
[[nodiscard]] Tensor reduced(const Tensor& losses, Reduction reduction, std::source_location where);

/// What is recorded while it lives has the line, in the recording of the first of these that is in one.
[[nodiscard]] Recording::LocationScope location_of_any(std::initializer_list<const Tensor*> operands,
                                                       std::source_location where);

}  // namespace wengert::nn::detail
