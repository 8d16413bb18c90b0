#include "wengert/cli/functions.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

namespace wengert::cli {
namespace {

template <class P>
Scalar apply_primitive(std::span<const Scalar> x) {
  if constexpr (P::arity == 1)
    return apply<P>(x[0]);
  else if constexpr (P::arity == 2)
    return apply<P>(x[0], x[1]);
  else
    return apply<P>(x[0], x[1], x[2]);
}

template <class P>
constexpr Function function(std::string_view name = P::name) {
  return {.name = name, .arity = P::arity, .doc = P::doc, .apply = &apply_primitive<P>};
}

/// A constant whole exponent takes the integer power, which has a derivative for negative bases too.
Scalar apply_power(std::span<const Scalar> x) {
  const double exponent = x[1].value();
  if (x[1].is_constant() && std::trunc(exponent) == exponent && std::isfinite(exponent)) {
    return apply<ops::IntegerPow>(x[0], exponent);
  }
  return apply<ops::Pow>(x[0], x[1]);
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
  functions.push_back({.name = "pow", .arity = 2, .doc = operators::power.doc, .apply = &apply_power});
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
const Function power{.name = "^", .arity = 2, .doc = ops::Pow::doc, .apply = &apply_power};
const Function less = function<ops::Less>("<");
const Function less_equal = function<ops::LessEqual>("<=");
const Function greater = function<ops::Greater>(">");
const Function greater_equal = function<ops::GreaterEqual>(">=");
const Function equal = function<ops::Equal>("==");
const Function not_equal = function<ops::NotEqual>("!=");
const Function where = function<ops::Where>("where");
}  // namespace operators

std::span<const Function> functions() {
  static const std::vector<Function> all = table();
  return all;
}

std::string example_call(const Function& function) {
  constexpr std::string_view letters = "xyz";
  std::string text = std::string(function.name) + "(";
  for (std::size_t k = 0; k < function.arity; ++k) text += std::string(k == 0 ? "" : ", ") + letters[k];
  return text + ")";
}

const Function* find_function(std::string_view name) {
  const auto all = functions();
  const auto at = std::lower_bound(all.begin(), all.end(), name,
                                   [](const Function& f, std::string_view wanted) { return f.name < wanted; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

}  // namespace wengert::cli
