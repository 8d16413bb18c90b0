// Texts for fuzzing the language of expressions: written after its grammar, then damaged byte by byte; and what every
// text must lead to.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"

namespace wengert::test {

class RandomText {
 public:
  explicit RandomText(std::uint32_t seed) : engine_(seed) {}

  /// A few statements. Most are right but for the shapes of their values; every other text is damaged.
  std::string text() {
    std::string result;
    names_ = {"x", "y", "v", "A"};
    for (std::uint32_t n = below(3); n > 0; --n) {
      const std::string name = "u" + std::to_string(names_.size());
      result += name + " = " + expression(2) + pick({"; ", "\n", " ;"});
      names_.push_back(name);
    }
    result += expression(3);
    if (below(2) == 0) damage(result);
    return result;
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_()) % n; }
  std::string pick(const std::vector<std::string>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }

  std::string list(int depth, std::uint32_t count) {
    std::string text = expression(depth);
    for (std::uint32_t k = 1; k < count; ++k) text += "," + expression(depth);
    return text;
  }
  std::string atom() {
    switch (below(4)) {
      case 0:
        return pick({"0", "1", "2", ".5", "3.25", "1e3", "pi", "e", "inf", "nan", "1e-300", "1e308"});
      case 1:
        return pick({"[1,2]", "[1,2;3,4]", "[x,y]", "[0,0]", "v[0]", "A[0,1]", "A[1]", "A[:,0]", "v[:1]"});
      default:
        return pick(names_);
    }
  }
  std::string expression(int depth) {
    if (depth == 0) return atom();
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return expression(depth - 1) + pick({"+", "-", "*", "/", "@", " ^ ", "**"}) + expression(depth - 1);
      case 3:
        return expression(depth - 1) + pick({"<", "<=", ">", ">=", "==", "!=", "&", "&&", "|", "||"}) +
               expression(depth - 1);
      case 4:
        return pick({"-", "!", "+", "--"}) + expression(depth - 1);
      case 5:
        return "(" + expression(depth - 1) + ")";
      case 6:
        return "[" + list(depth - 1, 1 + below(3)) + (below(3) == 0 ? ";" + list(depth - 1, 1 + below(3)) : "") + "]";
      case 7:
        return expression(depth - 1) + "[" + pick({"0", "1", ":", "0:1", "1,0", ":,1", expression(depth - 1)}) + "]";
      default: {
        const auto all = cli::functions();
        const cli::Function& f = all[below(static_cast<std::uint32_t>(all.size()))];
        const auto count = static_cast<std::uint32_t>(f.least) +
                           (f.most > f.least ? below(static_cast<std::uint32_t>(f.most - f.least) + 1) : 0);
        return std::string(f.name) + "(" + list(depth - 1, count) + ")";
      }
    }
  }
  void damage(std::string& text) {
    constexpr std::string_view bytes = "()[],;:=<>!&|+-*/^@. \n\t0189eExyvAu_#'\"\\\x80\xff";
    for (std::uint32_t n = 1 + below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(static_cast<std::uint32_t>(text.size()));
      switch (below(4)) {
        case 0:
          text.erase(at, 1 + below(3));
          break;
        case 1:
          text.insert(at, text.substr(below(static_cast<std::uint32_t>(text.size())), 1 + below(6)));
          break;
        default:
          text[at] =
              below(4) == 0 ? static_cast<char>(below(256)) : bytes[below(static_cast<std::uint32_t>(bytes.size()))];
      }
    }
  }

  std::mt19937 engine_;
  std::vector<std::string> names_;
};

/// What a text came to.
enum class TextOutcome { refused, not_evaluated, evaluated };

/// Parses a text and, if it has no variables but x, y, v and A, records it at a small point and differentiates what is
/// a number. Throws nothing for any text; std::string of what is wrong, if something is.
inline std::string check_text(std::string_view text, TextOutcome& outcome) {
  using namespace cli;
  outcome = TextOutcome::refused;
  Expression expression;
  try {
    expression = parse(text);
  } catch (const ParseError& error) {
    if (error.column() < 1 || error.column() > text.size() + 1) return "a column outside of the text";
    // A part of the grammar without a name would be told by its C++ type.
    if (error.detail().expected.find("boost") != std::string::npos) return "a type is told: " + error.detail().expected;
    return describe(error, text).empty() ? "nothing is said" : "";
  }
  outcome = TextOutcome::not_evaluated;
  const std::vector<Binding> known{{"x", Array::scalar(0.75)},
                                   {"y", Array::scalar(-2)},
                                   {"v", Array::from({1.5, -0.5}, Shape{2})},
                                   {"A", Array::from({1.0, 2.0, -3.0, 0.25}, Shape{2, 2})}};
  std::vector<Binding> point;
  for (const std::string& name : expression.variables) {
    for (const Binding& binding : known)
      if (binding.name == name) point.push_back(binding);
  }
  if (point.size() != expression.variables.size()) return "";
  try {
    RecordedExpression recorded = record(expression, point);
    outcome = TextOutcome::evaluated;
    if (recorded.value.is_array()) return "";
    const std::vector<std::size_t> chosen = chosen_variables(point, {});
    const Derivatives d = derivatives_at(recorded, point, chosen, 1);
    for (std::size_t k = 0; k < chosen.size(); ++k)
      if (!(d.gradient[k].shape() == point[k].value.shape())) return "a gradient of another shape";
  } catch (const EvaluationError& error) {
    if (error.offset() > text.size()) return "an operation outside of the text";
    return describe(error, text).empty() ? "nothing is said" : "";
  }
  return "";
}

}  // namespace wengert::test
