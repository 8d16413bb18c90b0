#include "wengert/cli/expression.hpp"

#include <algorithm>
#include <unordered_set>

namespace wengert::cli {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Value make_array(std::span<const Value> elements, const MakeArray& shape) {
  const auto is_array = [](const Value& v) { return v.is_array(); };
  if (std::none_of(elements.begin(), elements.end(), is_array)) {
    std::vector<Scalar> numbers;
    for (const Value& element : elements) numbers.push_back(element.number());
    const Tensor vector = stack(numbers, {});
    if (shape.rows == 1) return vector;
    return reshape(vector, Shape{static_cast<std::int64_t>(shape.rows), static_cast<std::int64_t>(shape.columns)}, {});
  }
  const std::string expected = shape.rows == 1 ? "all numbers, or all arrays of one shape" : "numbers";
  double count = 0;
  std::vector<Tensor> arrays;
  for (const Value& element : elements) {
    if (shape.rows != 1 || !element.is_array() || !(element.shape() == elements.front().shape())) {
      throw ShapeError{
          {.operation = "[ ]",
           .problem = shape.rows != 1
                          ? "an element is " + std::find_if(elements.begin(), elements.end(), is_array)->description()
                          : "elements are " + elements.front().description() + " and " + element.description(),
           .expected = expected}};
    }
    arrays.push_back(element.array());
    count += static_cast<double>(arrays.back().size());
  }
  check_elements("[ ]", count);
  return stack(arrays, 0, std::source_location{});
}

/// Runs the steps of one expression.
class Evaluator {
 public:
  Evaluator(const Expression& expression, std::span<const Value> variables, Recording* recording)
      : expression_(expression), variables_(variables), recording_(recording), locals_(expression.statements.size()) {
    for (const Value& variable : variables) named_.insert(variable.id());
  }

  Value run() {
    for (const Step& step : expression_.steps) {
      try {
        std::visit([this](const auto& what) { apply(what); }, step.what);
      } catch (const EvaluationError&) {
        throw;
      } catch (const Error& error) {
        ErrorDetail detail = error.detail();
        detail.where = {};
        if (const Call* call = std::get_if<Call>(&step.what); call != nullptr && detail.operation.empty())
          detail.operation = call->function->name;
        throw EvaluationError(std::move(detail), step.offset);
      }
    }
    // What a comparison gave becomes a number.
    const Value result = stack_.back().is_array() ? Value(stack_.back().array()) : Value(stack_.back().number());
    if (expression_.statements.back().name.empty()) name(result, "f");
    return result;
  }

 private:
  void apply(const Number& number) { stack_.emplace_back(number.value); }
  void apply(const Variable& variable) { stack_.push_back(variables_[variable.index]); }
  void apply(const Local& local) { stack_.push_back(locals_[local.index]); }
  void apply(const Call& call) { replace(call.arguments, call.function->apply(last(call.arguments))); }
  void apply(const MakeArray& array) {
    const std::size_t count = array.rows * array.columns;
    replace(count, make_array(last(count), array));
  }
  void apply(const Index& index) {
    std::size_t bounds = 0;
    for (const Item& item : index.items) bounds += std::size_t{item.has_start} + std::size_t{item.has_stop};
    const auto values = last(bounds + 1);
    replace(bounds + 1, element_of(values[0], index.items, values.subspan(1)));
  }
  void apply(const Store& store) {
    locals_[store.index] = stack_.back();
    stack_.pop_back();
    name(locals_[store.index], expression_.statements[store.index].name);
  }

  [[nodiscard]] std::span<const Value> last(std::size_t count) const { return std::span(stack_).last(count); }
  void replace(std::size_t count, Value result) {
    stack_.resize(stack_.size() - count);
    stack_.push_back(std::move(result));
  }
  void name(const Value& value, const std::string& name) {
    // A variable keeps its name, and so does what two statements say.
    if (recording_ != nullptr && value.id() != 0 && named_.insert(value.id()).second) value.name_in(*recording_, name);
  }

  const Expression& expression_;
  std::span<const Value> variables_;
  Recording* recording_;
  std::vector<Value> stack_;
  std::vector<Value> locals_;                // by statement
  std::unordered_set<std::uint32_t> named_;  // ids
};

}  // namespace

std::string Expression::result_name() const { return statements.back().name.empty() ? "f" : statements.back().name; }

Value evaluate(const Expression& expression, std::span<const Value> variables, Recording* recording) {
  return Evaluator(expression, variables, recording).run();
}

}  // namespace wengert::cli
