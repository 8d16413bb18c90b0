/// JSON as the command writes it: one line, numbers with the fewest digits that read back as the same double, those
/// that are not finite as the strings "inf", "-inf" and "nan".
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "wengert/graph/array.hpp"

namespace wengert::cli {

[[nodiscard]] nlohmann::ordered_json json_number(double number);
/// Nested as the shape says; a number for rank 0. f64.
[[nodiscard]] nlohmann::ordered_json json_array(const Array& array);
[[nodiscard]] nlohmann::ordered_json json_array(const std::vector<double>& numbers);
template <class T>
[[nodiscard]] nlohmann::ordered_json json_array(const std::vector<std::vector<T>>& rows) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const auto& row : rows) array.push_back(json_array(row));
  return array;
}

/// The line, with its line break. Whole numbers stay floating-point numbers: 2.0.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& value);

}  // namespace wengert::cli
