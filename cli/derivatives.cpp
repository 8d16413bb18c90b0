#include "wengert/cli/derivatives.hpp"

#include <algorithm>
#include <utility>

#include "wengert/cli/errors.hpp"

namespace wengert::cli {
namespace {

using wengert::detail::AnyGradient;
using wengert::detail::AnyHandle;

std::vector<AnyHandle> handles_of(std::span<const Value> values) {
  std::vector<AnyHandle> handles;
  for (const Value& value : values) handles.push_back(value.handle());
  return handles;
}

/// What a sweep says of x, as an array of its shape.
Array adjoint_of(const Adjoints& adjoints, const AnyHandle& x) {
  if (x.tensor == nullptr) return Array::scalar(adjoints[x.scalar]);
  return adjoints[*x.tensor].value().dense();
}

/// ∂y/∂x for every element of y, row-major: each as one array for every x. A constant depends on none.
template <class F>
void for_each_row(const AnyHandle& y, std::span<const AnyHandle> x, const F& use) {
  const auto row = [&](const Adjoints& adjoints) {
    std::vector<Array> arrays;
    for (const AnyHandle& variable : x) arrays.push_back(adjoint_of(adjoints, variable));
    use(std::move(arrays));
  };
  if (y.tensor == nullptr) return row(backward(y.scalar));
  Adjoints adjoints;
  const Type& type = y.tensor->type();
  for (std::int64_t k = 0; k < type.shape.size(); ++k) {
    if (y.id() != 0) {
      Array one = Array::zeros(type);
      one.mutable_data<double>()[static_cast<std::size_t>(k)] = 1.0;
      backward(*y.tensor, Tensor(std::move(one)), adjoints);
    }
    row(adjoints);
  }
}

std::vector<double> flattened(std::span<const Array> arrays) {
  std::vector<double> numbers;
  for (const Array& array : arrays) {
    const auto elements = array.data<double>();
    numbers.insert(numbers.end(), elements.begin(), elements.end());
  }
  return numbers;
}

/// ∂y/∂x as values of the recording, to be differentiated again.
std::vector<AnyGradient> recorded_gradient(const AnyHandle& y, std::span<const AnyHandle> x) {
  if (y.id() != 0) return wengert::detail::gradient_of(y, nullptr, x, {});
  std::vector<AnyGradient> zeros(x.size());
  for (std::size_t k = 0; k < x.size(); ++k)
    if (x[k].tensor != nullptr) zeros[k].tensor = wengert::zeros(x[k].tensor->shape());
  return zeros;
}

AnyHandle handle_of(const AnyGradient& gradient, const AnyHandle& x) {
  return x.tensor == nullptr ? AnyHandle(gradient.scalar) : AnyHandle(gradient.tensor);
}

/// Calls use(column, k, i) with ∂y/∂(element i of x[k]), an array of y's shape, for every element: a forward sweep
/// each.
template <class F>
void for_each_column(const AnyHandle& y, std::span<const AnyHandle> x, const F& use) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (x[k].tensor == nullptr) {
      use(forward(std::span(&x[k].scalar, 1), std::vector{1.0})[*y.tensor].value().dense(), k, std::size_t{0});
      continue;
    }
    const auto size = static_cast<std::size_t>(x[k].tensor->size());
    for (std::size_t i = 0; i < size; ++i) {
      Array one = Array::zeros(x[k].tensor->type());
      one.mutable_data<double>()[i] = 1.0;
      const Tensor tangent(std::move(one));
      use(forward(std::span(x[k].tensor, 1), std::span(&tangent, 1))[*y.tensor].value().dense(), k, i);
    }
  }
}

/// The value's axes, then the variable's. As many sweeps as the smaller side has elements.
std::vector<Array> jacobian_of(const Value& value, std::span<const AnyHandle> x) {
  const AnyHandle y = value.handle();
  const Shape shape = value.shape();
  const auto rows = static_cast<std::size_t>(shape.size());
  std::size_t columns = 0;
  std::vector<std::size_t> sizes;
  for (const AnyHandle& variable : x) {
    sizes.push_back(variable.tensor == nullptr ? 1 : static_cast<std::size_t>(variable.tensor->size()));
    columns += sizes.back();
  }
  check_elements("Jacobian", static_cast<double>(rows) * static_cast<double>(columns));

  std::vector<Array> result;
  std::vector<std::span<double>> numbers;
  for (const AnyHandle& variable : x) {
    std::vector<std::int64_t> extents(shape.begin(), shape.end());
    if (variable.tensor != nullptr)
      extents.insert(extents.end(), variable.tensor->shape().begin(), variable.tensor->shape().end());
    result.push_back(Array::zeros({Dtype::f64, Shape(std::span<const std::int64_t>(extents))}));
    numbers.push_back(result.back().mutable_data<double>());
  }
  if (y.id() == 0) return result;
  if (columns < rows) {
    for_each_column(y, x, [&](const Array& column, std::size_t k, std::size_t i) {
      const auto elements = column.data<double>();
      for (std::size_t row = 0; row < rows; ++row) numbers[k][row * sizes[k] + i] = elements[row];
    });
  } else {
    std::size_t row = 0;
    for_each_row(y, x, [&](const std::vector<Array>& arrays) {
      for (std::size_t k = 0; k < x.size(); ++k) {
        const auto elements = arrays[k].data<double>();
        std::copy(elements.begin(), elements.end(), numbers[k].data() + row * sizes[k]);
      }
      ++row;
    });
  }
  return result;
}

void check_order(const Value& value, std::span<const Binding> point, std::span<const std::size_t> chosen, int order) {
  const std::string text = "--order " + std::to_string(order);
  if (order > 1 && value.is_array()) {
    throw UsageError(text + " wants a value that is one number; this one is " + value.description() +
                     "\n  hint: sum(…) or an element such as …[0] makes one number of it");
  }
  for (const std::size_t k : chosen) {
    if (order < 3 || point[k].value.rank() == 0) continue;
    throw UsageError(text + " wants variables that are numbers; '" + point[k].name + "' is an array" +
                     "\n  hint: --wrt chooses variables");
  }
}

}  // namespace

RecordedExpression record(const Expression& expression, std::span<const Binding> point) {
  // The lines of the command's own source would say nothing about the expression.
  RecordedExpression recorded{Recording(RecordingOptions{.locations = false}), {}, {}};
  std::vector<Value> operands(expression.variables.size());
  for (const Binding& binding : point) {
    Recording& r = recorded.recording;
    const Value variable = binding.value.rank() == 0 ? Value(r.variable(binding.value.element(0), binding.name))
                                                     : Value(r.variable(binding.value, binding.name));
    recorded.variables.push_back(variable);
    const auto at = std::find(expression.variables.begin(), expression.variables.end(), binding.name);
    if (at != expression.variables.end())
      operands[static_cast<std::size_t>(at - expression.variables.begin())] = variable;
  }
  recorded.value = evaluate(expression, operands, &recorded.recording);
  return recorded;
}

Derivatives derivatives_at(RecordedExpression& recorded, std::span<const Binding> point,
                           std::span<const std::size_t> chosen, int order) {
  check_order(recorded.value, point, chosen, order);
  std::vector<Value> variables;
  for (const std::size_t k : chosen) variables.push_back(recorded.variables[k]);
  const std::vector<AnyHandle> x = handles_of(variables);
  const AnyHandle y = recorded.value.handle();

  Derivatives result;
  result.order = order;
  result.point.assign(point.begin(), point.end());
  result.chosen.assign(chosen.begin(), chosen.end());
  result.value = recorded.value.elements();
  if (recorded.value.is_array()) {
    result.jacobian = jacobian_of(recorded.value, x);
    return result;
  }
  for_each_row(y, x, [&](std::vector<Array> row) { result.gradient = std::move(row); });
  if (order < 2) return result;
  const auto count = static_cast<double>(element_names(point, chosen).size());
  check_elements("Hessian", count * count);
  const std::vector<AnyGradient> first = recorded_gradient(y, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const AnyHandle g = handle_of(first[i], x[i]);
    for_each_row(g, x, [&](const std::vector<Array>& row) { result.hessian.push_back(flattened(row)); });
    if (order < 3) continue;
    result.third.emplace_back();
    for (const AnyGradient& second : recorded_gradient(g, x))
      for_each_row(second.scalar, x,
                   [&](const std::vector<Array>& row) { result.third.back().push_back(flattened(row)); });
  }
  return result;
}

std::vector<std::string> element_names(const std::string& name, const Shape& shape) {
  std::vector<std::string> names;
  for (std::int64_t k = 0; k < shape.size(); ++k) {
    std::string position;
    std::int64_t rest = k;
    for (std::size_t axis = shape.rank(); axis-- > 0; rest /= shape[axis])
      position = std::to_string(rest % shape[axis]) + (position.empty() ? "" : ",") + position;
    names.push_back(position.empty() ? name : name + "[" + position + "]");
  }
  return names;
}

std::vector<std::string> element_names(std::span<const Binding> point, std::span<const std::size_t> chosen) {
  std::vector<std::string> names;
  for (const std::size_t k : chosen) {
    const std::vector<std::string> of_one = element_names(point[k].name, point[k].value.shape());
    names.insert(names.end(), of_one.begin(), of_one.end());
  }
  return names;
}

}  // namespace wengert::cli
