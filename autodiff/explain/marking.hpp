// mark: a student's derivatives against the engine's. The first wrong one, counted from y, is found, and the likely
// mistake is named: the sweep is run again with one rule done wrong, as people do it, until the numbers agree. What is
// wrong later only because of an earlier mistake, also of a wrong value, is said to be consequential, and counts as
// understood; what does not follow from the student's own numbers is a further mistake, and named likewise.
//
//     const Marking marking = mark(loss, read_answers(csv));
//     std::cout << to_text(marking);
//
// Answers are lines "quantity,number": dL/dw5,0.0822 for an adjoint (∂L/∂w5 too), do1/dnet_o1,0.1868 for a local
// derivative, o1,0.7514 for a value; of a tensor an element each, dL/dW[0,1],0.5. Names are those of derivation().
//
// A number counts to the decimals that it was written with, rounded or cut off; a whole number counts exactly. Where
// later answers are computed from earlier ones that were rounded, the rounding is allowed for.
//
// Reading order: Answer, read_answers, Verdict, Mistake, Marked, Marking, mark.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/explain/derivation.hpp"
#include "wengert/autodiff/record/gradient.hpp"

namespace wengert {

struct Answer {
  std::string quantity{};  ///< as it was written
  double value = 0;
  std::string written{};          ///< the number as it was written
  std::optional<int> decimals{};  ///< as written; none of a whole number, which is exact
  std::size_t line = 0;           ///< in the file, from 1
};

/// Lines "quantity,number"; the last comma of a line separates. Blank lines, lines that begin with # and a first line
/// that ends with a word instead of a number are skipped. Throws ParseError with the line.
[[nodiscard]] std::vector<Answer> read_answers(std::string_view csv);

enum class Verdict : std::uint8_t {
  right,
  wrong,
  consequential,  ///< not what it should be, but what follows from the student's own numbers, or from a mistake that
                  ///< has been named
};

enum class MistakeKind : std::uint8_t {
  factor,       ///< a factor was left out
  activation,   ///< the derivative of a function was left out
  overwritten,  ///< at a fan-out a contribution was overwritten instead of added, or forgotten
  sign,
  count,        ///< a constant factor was left out, such as 1/n or ½
  transpose,    ///< a matrix was not transposed
  own_operand,  ///< in a product the derivative by a is b, not a
  exponent,     ///< in a power the exponent in front was left out
  at_input,     ///< y·(1 − y) was computed with the argument instead of the value
};

struct Mistake {
  MistakeKind kind = MistakeKind::factor;
  std::string text{};  ///< "the derivative of sigmoid at o1 was left out"
};

struct Marked {
  Answer answer{};
  bool derivative = false;  ///< and no value
  Verdict verdict = Verdict::right;
  double expected = 0;
  std::optional<double> follows{};  ///< what the student's own earlier numbers lead to, where that is something else
  /// Of a consequential derivative: the line of the answer that the same mistake made wrong, where no number between
  /// carries it here.
  std::optional<std::size_t> cause{};
  /// Of a wrong derivative: single mistakes that give just this number, the likeliest first; at most three.
  std::vector<Mistake> likely{};
};

struct Marking {
  std::vector<Marked> answers{};             ///< values first, then as the sweep comes to them, from y on
  std::optional<std::size_t> first_wrong{};  ///< in `answers`
  std::size_t right = 0, wrong = 0, consequential = 0;
};

/// The answers judged. Throws ArgumentError, with the line, for a quantity that is not there or is answered twice, and
/// for a derivative that is no element of a tensor but should be; what derivation() throws.
[[nodiscard]] Marking mark(const detail::AnyHandle& y, const std::vector<Answer>& answers,
                           std::source_location where = std::source_location::current());

/// For people: a line for each answer, then the first wrong one and its likely mistake, then the further ones.
[[nodiscard]] std::string to_text(const Marking& marking);

/// The answers that are right, as read_answers() reads them: every adjoint of the derivation, in the order of the
/// sweep, with so many decimals.
[[nodiscard]] std::string answer_key(const Derivation& derivation, int decimals);

}  // namespace wengert
