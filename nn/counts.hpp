// The one check that compositions share: are there as many of these as of those.
#pragma once

#include <cstddef>
#include <source_location>
#include <string_view>

namespace wengert::nn::detail {

/// Throws ShapeError "<function>: 3 weights for 2 inputs; expected as many" unless the counts agree.
void check_counts(std::string_view function, std::ptrdiff_t count, std::string_view things, std::ptrdiff_t wanted_count,
                  std::string_view wanted_things, std::source_location where);
/// Throws ShapeError for a count of 0.
void check_not_empty(std::string_view function, std::ptrdiff_t count, std::string_view things,
                     std::source_location where);

}  // namespace wengert::nn::detail
