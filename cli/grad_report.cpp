#include "wengert/cli/grad_report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

/// Rows of cells in columns two blanks apart, without blanks at the ends of lines.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], display_width(row[k]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t k = 0; k < row.size(); ++k) line += padded(row[k], widths[k] + 2);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

/// A blank where a minus might stand, so that digits stand below digits.
std::string cell(double number) { return (std::signbit(number) && !std::isnan(number) ? "" : " ") + shortest(number); }

/// One row per variable, one column per variable.
std::string matrix(const std::vector<Binding>& names, const std::vector<std::vector<double>>& numbers) {
  std::vector<std::vector<std::string>> rows(1, {""});
  for (const Binding& column : names) rows[0].push_back(" " + column.name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    rows.push_back({names[i].name});
    for (const double number : numbers[i]) rows.back().push_back(cell(number));
  }
  return aligned(rows);
}

bool all_finite(const std::vector<std::vector<double>>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](const auto& row) {
    return std::all_of(row.begin(), row.end(), [](double number) { return std::isfinite(number); });
  });
}

/// A plain sentence about what is not finite; empty when all is.
std::string note(const Derivatives& d) {
  if (std::isnan(d.value)) return "\nnote: f is not defined at this point (its value is nan).\n";
  if (std::isinf(d.value)) return "\nnote: f is not finite at this point.\n";
  std::string derivatives, variables;
  for (std::size_t i = 0; i < d.point.size(); ++i) {
    if (std::isfinite(d.gradient[i])) continue;
    derivatives += (derivatives.empty() ? "∂f/∂" : ", ∂f/∂") + d.point[i].name;
    variables += (variables.empty() ? "" : ", ") + d.point[i].name;
  }
  if (!derivatives.empty()) {
    return "\nnote: not finite: " + derivatives + "; f has no finite derivative in " + variables + " at this point.\n";
  }
  if (!all_finite(d.hessian) || !std::all_of(d.third.begin(), d.third.end(), all_finite)) {
    return "\nnote: some derivatives of higher order are not finite at this point.\n";
  }
  return "";
}

using nlohmann::ordered_json;

/// The JSON text; nlohmann's own number writer may give a digit more than needed.
void write(std::string& to, const ordered_json& value) {
  if (value.is_number_float()) {
    const std::string digits = shortest(value.get<double>());
    to += digits;
    // Whole numbers stay floating-point numbers, also for readers that tell the two apart.
    if (digits.find_first_of(".e") == digits.npos) to += ".0";
  } else if (value.is_structured()) {
    to += value.is_array() ? '[' : '{';
    bool first = true;
    for (const auto& [key, element] : value.items()) {
      if (!std::exchange(first, false)) to += ',';
      if (value.is_object()) to += ordered_json(key).dump() + ":";
      write(to, element);
    }
    to += value.is_array() ? ']' : '}';
  } else {
    to += value.dump();
  }
}

ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(shortest(value)); }

template <class T>
ordered_json numbers(const std::vector<T>& values) {
  ordered_json array = ordered_json::array();
  for (const T& value : values) {
    if constexpr (std::is_same_v<T, double>)
      array.push_back(number(value));
    else
      array.push_back(numbers(value));
  }
  return array;
}

}  // namespace

std::string table_of(const Derivatives& d, std::string_view expression) {
  std::string text = "f = " + std::string(expression) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const Binding& binding : d.point) rows.push_back({binding.name, cell(binding.value)});
  rows.push_back({"f", cell(d.value)});
  for (std::size_t i = 0; i < d.point.size(); ++i) rows.push_back({"∂f/∂" + d.point[i].name, cell(d.gradient[i])});
  text += aligned(rows);

  if (!d.hessian.empty()) text += "\nsecond derivatives ∂²f/∂row∂column\n" + matrix(d.point, d.hessian);
  for (std::size_t i = 0; i < d.third.size(); ++i) {
    text += "\nthird derivatives ∂³f/∂" + d.point[i].name + "∂row∂column\n" + matrix(d.point, d.third[i]);
  }

  text += note(d);
  return text;
}

std::string json_of(const Derivatives& d) {
  ordered_json result{{"schema", 1}, {"value", number(d.value)}};
  result["variables"] = ordered_json::object();
  result["gradient"] = ordered_json::object();
  for (std::size_t i = 0; i < d.point.size(); ++i) {
    result["variables"][d.point[i].name] = number(d.point[i].value);
    result["gradient"][d.point[i].name] = number(d.gradient[i]);
  }
  if (d.order >= 2) result["hessian"] = numbers(d.hessian);
  if (d.order >= 3) result["third"] = numbers(d.third);
  std::string text;
  write(text, result);
  return text + "\n";
}

}  // namespace wengert::cli
