/// Wording: how numbers, counts and constants are written in a drawing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wengert/graph/operation.hpp"

namespace wengert::graph {

/// The shortest text of `value` with at most `digits` significant digits, whole numbers below a million in full:
/// "0.3775", "1.2e-7", "20000", "-inf", "nan".
[[nodiscard]] std::string short_number(double value, int digits);

/// The first `most` characters, the last of them "…" when there are more. Bytes that are no character count as one
/// each.
[[nodiscard]] std::string shortened(std::string_view bytes, std::size_t most);

/// "12 345".
[[nodiscard]] std::string grouped(std::size_t number);

/// "a … b", or one of them when they are the same.
[[nodiscard]] std::string range(const std::string& first, const std::string& last);

/// The value of a constant, of an array its first elements, without the type: "0.5", "{1, 2, 3, 4, …}", "all 3".
[[nodiscard]] std::string constant_text(const Attribute& attribute, int digits);

}  // namespace wengert::graph
