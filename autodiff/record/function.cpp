#include "wengert/autodiff/record/function.hpp"

#include <utility>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::Attribute;

bool Function::differentiable(std::size_t) const { return true; }

namespace {

const Function& function_of(const Attribute& attribute) {
  const auto* const function = std::get_if<std::shared_ptr<const graph::Function>>(&attribute);
  const auto* const ours = function == nullptr ? nullptr : dynamic_cast<const Function*>(function->get());
  if (ours == nullptr)
    throw ArgumentError{
        {.operation = "call", .problem = "there is no function to call", .expected = "a wengert::Function"}};
  return *ours;
}

std::vector<Tensor> constants(std::span<const Array> x) {
  std::vector<Tensor> result;
  result.reserve(x.size());
  for (const Array& array : x) result.emplace_back(array);
  return result;
}

[[noreturn]] void broken(const Function& function, const std::string& what, const Type& got, const Type& expected) {
  throw InternalError{{.operation = function.name(),
                       .operands = {to_string(got)},
                       .problem = what + " has type " + to_string(got),
                       .expected = to_string(expected)}};
}

Type type_of(std::span<const Type> operands, const Attribute& attribute) {
  return function_of(attribute).type(operands);
}

Array checked_value(const Function& function, const Tensor& y, const Type& result) {
  if (!y.is_constant()) {
    throw ForeignRecording{{.operation = function.name(),
                            .problem = "the function uses a value of a recording that is not among its operands",
                            .expected = "every value of a recording given as an operand",
                            .hint = "a derivative by what a function has captured would be lost"}};
  }
  if (!(y.type() == result)) broken(function, "the value", y.type(), result);
  return y.value();
}

Array value_of(std::span<const Array> x, const Attribute& attribute, const Type& result) {
  const Function& function = function_of(attribute);
  return checked_value(function, function.value(constants(x)), result);
}

std::vector<Tensor> vjp_of(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                           const Attribute& attribute, std::span<const char> wanted) {
  const Function& function = function_of(attribute);
  std::vector<Tensor> result = function.vjp(cotangent, y, x, wanted);
  if (result.size() != x.size()) {
    throw InternalError{{.operation = function.name(),
                         .problem = "vjp gave " + std::to_string(result.size()) + " cotangents",
                         .expected = std::to_string(x.size()) + ", one for each operand"}};
  }
  for (std::size_t k = 0; k < x.size(); ++k)
    if (wanted[k] != 0 && !(result[k].type() == x[k].type()))
      broken(function, "the cotangent of operand " + std::to_string(k), result[k].type(), x[k].type());
  return result;
}

// One operand by itself, for those who ask so (drawings).
Tensor vjp_of_one(std::size_t operand, const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                  const Attribute& attribute) {
  std::vector<char> wanted(x.size(), 0);
  wanted[operand] = 1;
  return vjp_of(cotangent, y, x, attribute, wanted)[operand];
}

Tensor jvp_of(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x,
              const Attribute& attribute) {
  const Function& function = function_of(attribute);
  const Tensor result = function.jvp(tangents, y, x);
  if (!(result.type() == y.type())) broken(function, "the tangent", result.type(), y.type());
  return result;
}

bool differentiable_in(std::size_t operand, const Attribute& attribute) {
  return function_of(attribute).differentiable(operand);
}

std::string label_of(const Attribute& attribute) { return function_of(attribute).name(); }

constexpr Primitive make_call() {
  Primitive p;
  p.name = "call";
  p.symbol = "call";
  p.doc = "f(x…): a function that the program brings along, with its own vjp and jvp (record/function.hpp).";
  p.arity = graph::variadic;
  p.attribute = graph::AttributeKind::function;
  p.type_rule = &type_of;
  p.label = &label_of;
  p.differentiable = ~0u;
  p.on_tensors = {.value = &value_of,
                  .vjp = &vjp_of_one,
                  .jvp = &jvp_of,
                  .vjp_of_all = &vjp_of,
                  .differentiable_in = &differentiable_in};
  return p;
}

}  // namespace

constinit const Primitive detail::call_primitive = make_call();

Tensor call(std::shared_ptr<const Function> function, std::span<const Tensor> operands, std::source_location where) {
  return detail::record_tensor(detail::call_primitive, operands,
                               std::shared_ptr<const graph::Function>(std::move(function)), where);
}

Tensor detail::call_with_value(std::shared_ptr<const Function> function, std::span<const Tensor> operands,
                               const Tensor& value, std::source_location where) {
  Stream* const s = stream_of(operands, call_primitive.name, where);
  std::vector<Type> types;
  std::vector<Array> arrays;
  for (const Tensor& x : operands) {
    types.push_back(x.type());
    arrays.push_back(x.value());
  }
  const Function& called = *function;
  const Attribute attribute = std::shared_ptr<const graph::Function>(std::move(function));
  Array y = checked_value(called, value, graph::result_type(call_primitive, types, attribute, where));
  return s == nullptr ? Tensor(std::move(y))
                      : append_tensor(*s, call_primitive, operands, std::move(arrays), attribute, std::move(y), where);
}

Tensor detail::own_copy(const Tensor& x, std::source_location where) {
  return detail::record_one<ops::Reshape>(x, ops::attribute_of(x.shape().extents()), where);
}

}  // namespace wengert
