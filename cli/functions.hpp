/// What may be called in an expression: the elementwise primitives of the library, by name.
///
/// The table is made from the list of primitives (autodiff/ops/elementwise.hpp): a primitive that is added there can be
/// called here.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::cli {

/// A function or operator of expressions. One object each, told apart by address.
struct Function {
  std::string_view name;                                        ///< as it is written, e.g. "sin" or "+"
  std::size_t arity = 0;                                        ///< operands it takes, 1 to 3
  std::string_view doc{};                                       ///< formula, domain, derivative at kinks
  Scalar (*apply)(std::span<const Scalar> operands) = nullptr;  ///< records one primitive, or none on constants
};

/// The functions that are called by name, sorted by it. `where` is not among them: its first operand is a comparison.
[[nodiscard]] std::span<const Function> functions();
/// Null when there is none of that name.
[[nodiscard]] const Function* find_function(std::string_view name);

/// How it is called: max(x, y).
[[nodiscard]] std::string example_call(const Function& function);

namespace operators {
extern const Function add, subtract, multiply, divide, negate, power;
extern const Function less, less_equal, greater, greater_equal, equal, not_equal;
extern const Function where;
}  // namespace operators

}  // namespace wengert::cli
