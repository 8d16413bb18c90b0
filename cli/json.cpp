#include "wengert/cli/json.hpp"

#include <cmath>
#include <span>
#include <utility>

#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

using nlohmann::ordered_json;

// nlohmann's own number writer may give a digit more than needed.
void write(std::string& to, const ordered_json& value) {
  if (value.is_number_float()) {
    const std::string digits = shortest(value.get<double>());
    to += digits;
    // Whole numbers stay floating-point numbers, also for readers that tell the two apart.
    if (digits.find_first_of(".e") == digits.npos) to += ".0";
  } else if (value.is_array()) {
    to += '[';
    bool first = true;
    for (const auto& element : value) {
      if (!std::exchange(first, false)) to += ',';
      write(to, element);
    }
    to += ']';
  } else if (value.is_object()) {
    to += '{';
    bool first = true;
    for (const auto& [key, element] : value.items()) {
      if (!std::exchange(first, false)) to += ',';
      to += ordered_json(key).dump() + ":";
      write(to, element);
    }
    to += '}';
  } else {
    to += value.dump();
  }
}

ordered_json nested(std::span<const double> numbers, std::span<const std::int64_t> extents) {
  if (extents.empty()) return json_number(numbers.front());
  ordered_json array = ordered_json::array();
  const std::size_t size = extents[0] == 0 ? 0 : numbers.size() / static_cast<std::size_t>(extents[0]);
  for (std::int64_t k = 0; k < extents[0]; ++k)
    array.push_back(nested(numbers.subspan(static_cast<std::size_t>(k) * size, size), extents.subspan(1)));
  return array;
}

}  // namespace

ordered_json json_number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(shortest(value));
}

ordered_json json_array(const Array& array) {
  const Array dense = array.dense();
  return nested(dense.data<double>(), dense.shape().extents());
}

ordered_json json_array(const std::vector<double>& numbers) {
  ordered_json array = ordered_json::array();
  for (const double number : numbers) array.push_back(json_number(number));
  return array;
}

std::string json_line(const ordered_json& value) {
  std::string text;
  write(text, value);
  return text + "\n";
}

}  // namespace wengert::cli
