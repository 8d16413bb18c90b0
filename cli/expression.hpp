/// An expression as the parser leaves it, and how it is recorded.
///
/// It is a list in postfix order, not a tree: evaluating, copying and freeing it are loops, however deep it nests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wengert/cli/functions.hpp"
#include "wengert/cli/value.hpp"

namespace wengert::cli {

/// A number that stands in the expression, or a constant such as pi.
struct Number {
  double value = 0;
};
/// Position in Expression::variables.
struct Variable {
  std::size_t index = 0;
};
/// The value of a statement before; position in Expression::statements.
struct Local {
  std::size_t index = 0;
};
/// Takes the last value away: it is that of this statement.
struct Store {
  std::size_t index = 0;
};
/// Applies the function to the last `arguments` values.
struct Call {
  const Function* function = nullptr;
  std::size_t arguments = 0;
};
/// Makes an array of the last rows · columns values: a matrix, or a vector when it is written as one row.
struct MakeArray {
  std::size_t rows = 0;
  std::size_t columns = 0;
};
/// What stands between commas behind a value: a position, or a range `start:stop` either end of which may be missing.
struct Item {
  bool range = false;
  bool has_start = false;
  bool has_stop = false;
};
/// Chooses elements of a value: it and the bounds are the last values.
struct Index {
  std::vector<Item> items;
};

struct Step {
  std::variant<Number, Variable, Local, Store, Call, MakeArray, Index> what;
  std::size_t offset = 0;  ///< where it stands in the text: the operator, the name, the bracket
};

/// `name = …`; the last one may have no name, and its value is that of the expression.
struct Statement {
  std::string name;
  std::string text;  ///< what is behind the name, on one line
};

struct Expression {
  std::vector<Step> steps;             ///< postfix; running them leaves one value
  std::vector<std::string> variables;  ///< in the order in which they first occur, each once
  std::vector<Statement> statements;   ///< at least one

  /// The name of the last statement, or "f".
  [[nodiscard]] std::string result_name() const;
};

/// An operation that could not be done on the values it got, and where it stands in the text.
class EvaluationError : public Error {
 public:
  EvaluationError(ErrorDetail detail, std::size_t offset) : Error(std::move(detail)), offset_(offset) {}
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

 private:
  std::size_t offset_;
};

/// Records the expression on these variables, one for each name of `expression.variables`, one primitive a step where
/// the library has one. In `recording`, if given, values get the names of their statements, and the result
/// result_name(). Throws EvaluationError.
[[nodiscard]] Value evaluate(const Expression& expression, std::span<const Value> variables,
                             Recording* recording = nullptr);

}  // namespace wengert::cli
