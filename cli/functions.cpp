#include "wengert/cli/functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::cli {
namespace {

/// An elementwise primitive of which an operand at least is an array: the others are broadcast.
Value apply_to_arrays(const Primitive& primitive, std::span<const Value> x) {
  std::array<Tensor, 3> arrays;
  std::vector<TensorArgument> operands;
  double extents[Shape::max_rank];
  std::fill(std::begin(extents), std::end(extents), 1.0);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const bool truth = (primitive.truth_operands >> k & 1u) != 0;
    if (x[k].is_constant_number()) {
      operands.emplace_back((truth ? x[k].condition() : x[k].number()).value());
      continue;
    }
    arrays[k] = truth ? x[k].mask() : x[k].array();
    operands.emplace_back(arrays[k], std::source_location{});
    const Shape& shape = arrays[k].shape();
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      double& extent = extents[Shape::max_rank - shape.rank() + axis];
      extent = std::max(extent, static_cast<double>(shape[axis]));
    }
  }
  double count = 1;
  for (const double extent : extents) count *= extent;
  check_elements(primitive.name, count);
  return wengert::detail::apply_to_tensors(primitive, operands, {});
}

template <class P>
Value apply_primitive(std::span<const Value> x) {
  if (std::any_of(x.begin(), x.end(), [](const Value& v) { return v.is_array(); }))
    return apply_to_arrays(PrimitiveOf<P>::record, x);
  const auto operand = [&](std::size_t k) {
    return (P::truth_operands >> k & 1u) != 0 ? x[k].condition() : x[k].number();
  };
  Scalar result;
  if constexpr (P::arity == 1)
    result = apply<P>(operand(0));
  else if constexpr (P::arity == 2)
    result = apply<P>(operand(0), operand(1));
  else
    result = apply<P>(operand(0), operand(1), operand(2));
  return P::result == ops::Result::truth ? Value::truth(result) : Value(result);
}

template <class P>
constexpr Function function(std::string_view name = P::name, std::string_view arguments = "x, y, z") {
  return {.name = name,
          .least = P::arity,
          .most = P::arity,
          .doc = P::doc,
          .apply = &apply_primitive<P>,
          .arguments = arguments};
}

/// A constant whole exponent takes the integer power, which has a derivative for negative bases too.
Value apply_power(std::span<const Value> x) {
  if (x[1].is_constant_number()) {
    const double exponent = x[1].number().value();
    if (std::trunc(exponent) == exponent && std::isfinite(exponent)) return apply_primitive<ops::IntegerPow>(x);
  }
  return apply_primitive<ops::Pow>(x);
}

/// Primitives that are written otherwise than by their name, or that expressions have no use for.
template <class P>
constexpr bool called_by_name() {
  using namespace ops;
  const bool otherwise = std::is_same_v<P, Add> || std::is_same_v<P, Sub> || std::is_same_v<P, Mul> ||
                         std::is_same_v<P, Div> || std::is_same_v<P, Neg> || std::is_same_v<P, IntegerPow> ||
                         std::is_same_v<P, Pow> || std::is_same_v<P, Where>;
  const bool internal = std::is_same_v<P, Scale>;
  return !otherwise && !internal && P::result == Result::real;
}

std::vector<Function> table() {
  std::vector<Function> functions;
  ops::ElementwisePrimitives::for_each([&]<class P> {
    if constexpr (called_by_name<P>()) functions.push_back(function<P>());
  });
  functions.push_back({.name = "pow", .least = 2, .most = 2, .doc = operators::power.doc, .apply = &apply_power});
  functions.push_back(function<ops::Where>("where", "x < y, a, b"));
  functions.insert(functions.end(), array_functions().begin(), array_functions().end());
  std::sort(functions.begin(), functions.end(), [](const Function& a, const Function& b) { return a.name < b.name; });
  return functions;
}

}  // namespace

namespace operators {
const Function add = function<ops::Add>("+");
const Function subtract = function<ops::Sub>("-");
const Function multiply = function<ops::Mul>("*");
const Function divide = function<ops::Div>("/");
const Function negate = function<ops::Neg>("-");
const Function power{.name = "^", .least = 2, .most = 2, .doc = ops::Pow::doc, .apply = &apply_power};
const Function less = function<ops::Less>("<");
const Function less_equal = function<ops::LessEqual>("<=");
const Function greater = function<ops::Greater>(">");
const Function greater_equal = function<ops::GreaterEqual>(">=");
const Function equal = function<ops::Equal>("==");
const Function not_equal = function<ops::NotEqual>("!=");
const Function logical_and = function<ops::LogicalAnd>("&");
const Function logical_or = function<ops::LogicalOr>("|");
const Function logical_not = function<ops::LogicalNot>("!");
}  // namespace operators

std::span<const Function> functions() {
  static const std::vector<Function> all = table();
  return all;
}

std::string example_call(const Function& function, std::size_t count) {
  std::string_view arguments = function.arguments;
  std::size_t end = 0;
  for (std::size_t k = 0; k < std::min(count, function.most); ++k)
    end = std::min(arguments.find(',', end + (k > 0 ? 1 : 0)), arguments.size());
  return std::string(function.name) + "(" + std::string(arguments.substr(0, end)) + ")";
}

const Function* find_function(std::string_view name) {
  const auto all = functions();
  const auto at = std::lower_bound(all.begin(), all.end(), name,
                                   [](const Function& f, std::string_view wanted) { return f.name < wanted; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

}  // namespace wengert::cli
