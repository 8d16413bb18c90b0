/// Variations of pictures for varied(): each example of an epoch is changed by numbers of its own.
///
///     auto data = varied(varied(training, shifted_at_random(2)), flipped_at_random());
///
/// A picture is the last two axes of x, [n, …, height, width], of any dtype; y stays. What happens to an example is a
/// function of the loader's seed, the epoch and its position, whatever batch it is in. Each kind of variation draws
/// from a stream of its own. ShapeError for x below rank 3.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/nn/data/dataset.hpp"

namespace wengert::nn {

/// Left and right exchanged, with this probability. Needs 0 ≤ probability ≤ 1.
[[nodiscard]] Variation flipped_at_random(double probability = 0.5,
                                          std::source_location where = std::source_location::current());
/// Moved by -most … most places along both axes; `fill`, as a number of x's dtype, comes in. Needs most ≥ 0.
[[nodiscard]] Variation shifted_at_random(std::int64_t most, double fill = 0,
                                          std::source_location where = std::source_location::current());

}  // namespace wengert::nn
