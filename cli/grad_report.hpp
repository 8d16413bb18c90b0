/// How the results of `wengert grad` are printed: as a table for people, as JSON for programs.
#pragma once

#include <string>
#include <string_view>

#include "wengert/cli/derivatives.hpp"

namespace wengert::cli {

/// The expression, its point, value, derivatives with their names, and a plain sentence about each that is not finite.
[[nodiscard]] std::string table_of(const Derivatives& derivatives, std::string_view expression);

/// One line:
///
///     {"schema":1,"value":…,"variables":{name:…},"gradient":{name:…},"hessian":[[…]],"third":[[[…]]]}
///
/// "hessian" and "third" when they were computed. Names and rows are in the order of the point. Numbers have the fewest
/// digits that read back as the same double; those that are not finite are the strings "inf", "-inf" and "nan".
[[nodiscard]] std::string json_of(const Derivatives& derivatives);

}  // namespace wengert::cli
