#include "wengert/cli/grad_report.hpp"

#include <algorithm>
#include <cmath>

#include "wengert/cli/json.hpp"
#include "wengert/cli/steps/steps_report.hpp"
#include "wengert/cli/table.hpp"

namespace wengert::cli {
namespace {

bool all_finite(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}
bool all_finite(const Array& array) {
  const auto numbers = array.data<double>();
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}
bool all_finite(const std::vector<Array>& arrays) {
  return std::all_of(arrays.begin(), arrays.end(), [](const Array& array) { return all_finite(array); });
}
template <class T>
bool all_finite(const std::vector<std::vector<T>>& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return all_finite(row); });
}

/// A plain sentence about what is not finite; empty when all is.
std::string note(const Derivatives& d, const std::string& f) {
  const auto values = d.value.data<double>();
  if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); }))
    return "\nnote: " + f + " is not defined at this point (its value is nan).\n";
  if (!all_finite(d.value)) return "\nnote: " + f + " is not finite at this point.\n";
  std::string derivatives, variables;
  for (std::size_t i = 0; i < d.chosen.size(); ++i) {
    if (all_finite(d.value.rank() == 0 ? d.gradient[i] : d.jacobian[i])) continue;
    const std::string& name = d.point[d.chosen[i]].name;
    derivatives += (derivatives.empty() ? "∂" : ", ∂") + f + "/∂" + name;
    variables += (variables.empty() ? "" : ", ") + name;
  }
  if (!derivatives.empty()) {
    return "\nnote: not finite: " + derivatives + "; " + f + " has no finite derivative in " + variables +
           " at this point.\n";
  }
  if (!all_finite(d.hessian) || !all_finite(d.third)) {
    return "\nnote: some derivatives of higher order are not finite at this point.\n";
  }
  return "";
}

/// The name beside the first line of the array.
void add_rows(std::vector<Row>& rows, const std::string& name, const Array& array) {
  const std::vector<std::string> lines = lines_of(array);
  for (std::size_t k = 0; k < lines.size(); ++k) rows.push_back({k == 0 ? name : "", lines[k]});
}

/// A row for each element of the value, a column for each of the variables.
std::string jacobian_table(const Derivatives& d, const std::string& f) {
  const std::vector<std::string> rows = element_names(f, d.value.shape());
  std::vector<std::vector<double>> numbers(rows.size());
  for (const Array& array : d.jacobian) {
    const auto elements = array.data<double>();
    const std::size_t columns = rows.empty() ? 0 : elements.size() / rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i)
      numbers[i].insert(numbers[i].end(), elements.data() + i * columns, elements.data() + (i + 1) * columns);
  }
  return matrix_table(rows, element_names(d.point, d.chosen), numbers);
}

}  // namespace

bool is_finite(const Derivatives& d) { return all_finite(d.value) && all_finite(d.gradient) && all_finite(d.jacobian); }

std::string table_of(const Derivatives& d, const Expression& expression) {
  const std::string f = expression.result_name();
  std::string text;
  for (const Statement& statement : expression.statements)
    text += (statement.name.empty() ? f : statement.name) + " = " + statement.text + "\n";

  std::vector<Row> rows;
  for (const Binding& binding : d.point) add_rows(rows, binding.name, binding.value);
  add_rows(rows, f, d.value);
  for (std::size_t i = 0; i < d.gradient.size(); ++i)
    add_rows(rows, "∂" + f + "/∂" + d.point[d.chosen[i]].name, d.gradient[i]);
  text += aligned(rows);

  if (!d.jacobian.empty()) text += "\nJacobian ∂row/∂column\n" + jacobian_table(d, f);
  const std::vector<std::string> x = element_names(d.point, d.chosen);
  if (!d.hessian.empty()) text += "\nsecond derivatives ∂²" + f + "/∂row∂column\n" + matrix_table(x, x, d.hessian);
  for (std::size_t i = 0; i < d.third.size(); ++i)
    text += "\nthird derivatives ∂³" + f + "/∂" + x[i] + "∂row∂column\n" + matrix_table(x, x, d.third[i]);
  return text + note(d, f);
}

std::string json_of(const Derivatives& d, const Trace* trace) {
  nlohmann::ordered_json result{{"schema", 1}, {"value", json_array(d.value)}};
  result["variables"] = nlohmann::ordered_json::object();
  for (const Binding& binding : d.point) result["variables"][binding.name] = json_array(binding.value);
  const bool number = d.value.rank() == 0;
  auto& derivatives = result[number ? "gradient" : "jacobian"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < d.chosen.size(); ++i)
    derivatives[d.point[d.chosen[i]].name] = json_array(number ? d.gradient[i] : d.jacobian[i]);
  if (d.order >= 2) result["hessian"] = json_array(d.hessian);
  if (d.order >= 3) result["third"] = json_array(d.third);
  if (trace != nullptr) result["steps"] = json_of(*trace);
  return json_line(result);
}

}  // namespace wengert::cli
