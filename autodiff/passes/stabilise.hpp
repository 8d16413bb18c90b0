// The rewrites of the pass `stabilise`, as a table: what the tests prove one by one, and docs/passes.md lists.
#pragma once

#include <span>
#include <string_view>

namespace wengert::passes {

/// `pattern` and `replacement` (patterns.hpp) are equal in real arithmetic for every value of the letters in `domain`.
struct StabilisingRule {
  std::string_view name;
  std::string_view pattern, replacement;
  std::string_view formula;  ///< the same for readers
  std::string_view domain;   ///< where both are defined
  std::string_view gain;     ///< where the pattern fails in floating point, and the replacement does not
};

/// Of several that match one node, the first is taken.
[[nodiscard]] std::span<const StabilisingRule> stabilising_rules();

}  // namespace wengert::passes
