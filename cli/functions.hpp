/// What expressions are made of: the functions they call by name, and their operators.
///
/// The elementwise ones come from the library's list of primitives (autodiff/ops/elementwise.hpp): a primitive that is
/// added there can be called here. Those of arrays are the front functions of the library (array_functions.cpp).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "wengert/cli/value.hpp"

namespace wengert::cli {

/// A function or operator of expressions. One object each, told apart by address.
struct Function {
  std::string_view name;                                       ///< as it is written, e.g. "sin" or "+"
  std::size_t least = 0;                                       ///< arguments it takes at least,
  std::size_t most = 0;                                        ///< and at most; 1 to 3
  std::string_view doc{};                                      ///< formula, domain, derivative at kinks
  Value (*apply)(std::span<const Value> arguments) = nullptr;  ///< records primitives, or none on constants
  std::string_view arguments = "x, y, z";                      ///< their names, for messages
};

/// The functions that are called by name, sorted by it.
[[nodiscard]] std::span<const Function> functions();
/// Null when there is none of that name.
[[nodiscard]] const Function* find_function(std::string_view name);

/// How it is called with that many arguments, or with all: max(x, y).
[[nodiscard]] std::string example_call(const Function& function, std::size_t count = 3);

/// Those of arrays: reductions, products, shapes. functions() has them.
[[nodiscard]] std::span<const Function> array_functions();

/// The elements of x that `items` choose, one item an axis, each with its values; see Index of expression.hpp.
struct Item;
[[nodiscard]] Value element_of(const Value& x, std::span<const Item> items, std::span<const Value> bounds);

namespace operators {
extern const Function add, subtract, multiply, divide, negate, power, product;
extern const Function less, less_equal, greater, greater_equal, equal, not_equal;
extern const Function logical_and, logical_or, logical_not;
}  // namespace operators

}  // namespace wengert::cli
