// all_finite: whether an array has no NaN and no infinity. One pass in vector code, about as fast as memory is read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "wengert/graph/array.hpp"

namespace wengert {

/// No element is NaN, ∞ or -∞; true for whole numbers, booleans and an array of no elements. Throws UnknownValue.
[[nodiscard]] bool all_finite(const Array& array);
[[nodiscard]] bool all_finite(std::span<const double> numbers) noexcept;

/// The place of the first element, row-major, that is NaN, ∞ or -∞. Throws UnknownValue.
[[nodiscard]] std::optional<std::int64_t> first_not_finite(const Array& array);
/// How many are. Throws UnknownValue.
[[nodiscard]] std::int64_t count_not_finite(const Array& array);

}  // namespace wengert
