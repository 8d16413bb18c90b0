/// See formula.hpp.
#include "wengert/graph/drawing/formula.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace wengert::graph {

namespace {

constexpr std::string_view placeholder = "·";

/// A sign that stands between two operands.
struct Sign {
  std::string_view symbol;
  int binding;
  bool spaced;
  bool right_alone;  ///< the right operand needs parentheses if it binds no tighter: a − (b − c)
};
constexpr std::array signs{
    Sign{"∨", 1, true, false},  Sign{"⊻", 1, true, false}, Sign{"∧", 2, true, false}, Sign{"<", 3, true, true},
    Sign{"≤", 3, true, true},   Sign{"=", 3, true, true},  Sign{"≠", 3, true, true},  Sign{">", 3, true, true},
    Sign{"≥", 3, true, true},   Sign{"+", 4, true, false}, Sign{"−", 4, true, true},  Sign{"×", 5, false, false},
    Sign{"·", 5, false, false}, Sign{"÷", 5, false, true}, Sign{"@", 5, true, true},  Sign{"^", 7, false, false},
};
constexpr int prefix_binding = 6;

std::string_view symbol_of(const Operation& operation) {
  return operation.symbol.empty() ? operation.name : operation.symbol;
}

const Sign* sign_of(const Operation& operation, std::size_t operands) {
  if (operands != 2) return nullptr;
  const auto* const found =
      std::find_if(signs.begin(), signs.end(), [&](const Sign& sign) { return sign.symbol == symbol_of(operation); });
  return found == signs.end() ? nullptr : found;
}

std::string with_attribute(const Operation& operation, const Attribute& attribute) {
  if (operation.label != nullptr) return operation.label(attribute);
  std::string text(symbol_of(operation));
  if (const std::string more = to_string(attribute); !more.empty()) text += " " + more;
  return text;
}

std::string in_place(std::string_view symbol, std::string_view operand) {
  std::string text(symbol);
  text.replace(text.find(placeholder), placeholder.size(), operand);
  return text;
}

std::string call(const std::string& function, std::span<const std::string> operands) {
  std::string text = function + "(";
  for (std::size_t k = 0; k < operands.size(); ++k) text += (k == 0 ? "" : ", ") + operands[k];
  return text + ")";
}

std::string bound(const Formula& formula, int least) {
  return formula.binding < least ? "(" + formula.text + ")" : formula.text;
}

}  // namespace

Formula applied(const Operation& operation, const Attribute& attribute, std::span<const Formula> operands) {
  const std::string_view symbol = symbol_of(operation);
  if (const Sign* const sign = sign_of(operation, operands.size())) {
    // A negative number on the right, and a power's base, stand alone.
    const bool power = symbol == "^";
    const std::string left = bound(operands[0], power ? sign->binding + 1 : sign->binding);
    const std::string right = bound(operands[1], sign->right_alone || power ? sign->binding + 1 : sign->binding);
    const std::string shown(symbol == "×" ? placeholder : symbol == "÷" ? "/" : symbol);
    return {sign->spaced ? left + " " + shown + " " + right : left + shown + right, sign->binding};
  }
  if (operands.size() == 1) {
    if (symbol == "neg") return {"−" + bound(operands[0], prefix_binding + 1), prefix_binding};
    if (symbol == "1/x") return {"1/" + bound(operands[0], 6), 5};
    if (symbol == "x²") return {bound(operands[0], 8) + "²", 7};
    if (symbol.find(placeholder) != std::string_view::npos) return {in_place(symbol, operands[0].text), Formula::atom};
  }
  std::vector<std::string> texts;
  for (const Formula& operand : operands) texts.push_back(operand.text);
  return {call(with_attribute(operation, attribute), texts), Formula::atom};
}

std::string short_form(const Operation& operation, const Attribute& attribute, std::span<const std::string> constants) {
  std::string symbol = with_attribute(operation, attribute);
  const bool none = std::all_of(constants.begin(), constants.end(), [](const auto& text) { return text.empty(); });
  if (none) return symbol;
  if (sign_of(operation, constants.size()) != nullptr) {
    const std::string left = constants[0].empty() ? "" : constants[0] + " ";
    return left + symbol + (constants[1].empty() ? "" : " " + constants[1]);
  }
  std::vector<std::string> operands(constants.begin(), constants.end());
  for (std::string& operand : operands) {
    if (operand.empty()) operand = placeholder;
  }
  return call(symbol, operands);
}

}  // namespace wengert::graph
