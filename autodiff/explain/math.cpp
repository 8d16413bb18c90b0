#include "wengert/autodiff/explain/math.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "wengert/graph/drawing/latex_text.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert {

namespace {

std::optional<double> value_of(const Math& math) {
  if (math.kind == MathKind::negative && math.parts[0].is_number()) {
    const auto inner = value_of(math.parts[0]);
    return inner ? std::optional(-*inner) : std::nullopt;
  }
  if (!math.is_number()) return std::nullopt;
  double value = 0;
  const char* const end = math.text.data() + math.text.size();
  const auto [stop, error] = std::from_chars(math.text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

// How tightly kinds bind: what binds less than its place asks for stands in parentheses.
constexpr int of_relation = 1, of_sum = 2, of_product = 3, of_power = 4, atom = 5;

struct Text {
  std::string text;
  int binding = atom;
  bool negative = false;  ///< begins with a minus
};

class Writer {
 public:
  Writer(MathFormat format, const MathNames& names) : format_(format), names_(names) {}

  // Recursion on a formula, never on a graph: formulas are bounded where they are made.
  [[nodiscard]] Text write(const Math& math) const {
    switch (math.kind) {
      case MathKind::number:
        return number(math.text);
      case MathKind::quantity:
      case MathKind::adjoint:
      case MathKind::local:
        return symbol(math);
      case MathKind::sum:
        return sum(math);
      case MathKind::product:
        return product(math);
      case MathKind::quotient:
        return quotient(math);
      case MathKind::power:
        return power(math);
      case MathKind::negative: {
        const Text inner = write(math.parts[0]);
        return {sign("−") + (inner.negative ? parentheses(inner.text) : bound(inner, of_product)), of_product, true};
      }
      case MathKind::root:
        return root(math);
      case MathKind::call:
        return call(math);
      case MathKind::magnitude:
        return fenced(math, "|", R"(\left|)", R"(\right|)");
      case MathKind::norm:
        return fenced(math, "‖", R"(\left\|)", R"(\right\|)");
      case MathKind::transposed:
        return transposed(math);
      case MathKind::matrix_product:
        return matrix_product(math);
      case MathKind::relation:
        return {bound(write(math.parts[0]), of_sum) + sign(math.text) + bound(write(math.parts[1]), of_sum),
                of_relation};
      case MathKind::element:
        return element(math);
    }
    return {};
  }

 private:
  [[nodiscard]] bool mathml() const { return format_ == MathFormat::mathml; }
  [[nodiscard]] bool latex() const { return format_ == MathFormat::latex; }

  [[nodiscard]] std::string row(const std::string& content) const {
    return mathml() ? "<mrow>" + content + "</mrow>" : content;
  }
  [[nodiscard]] std::string parentheses(const std::string& content) const {
    if (mathml()) return "<mrow><mo>(</mo>" + content + "<mo>)</mo></mrow>";
    return latex() ? "\\left(" + content + "\\right)" : "(" + content + ")";
  }
  [[nodiscard]] std::string bound(const Text& text, int least) const {
    return text.binding < least ? parentheses(text.text) : text.text;
  }
  /// A sign, with the blanks that it has in text.
  [[nodiscard]] std::string sign(std::string_view symbol) const {
    if (mathml()) return "<mo>" + graph::xml_text(symbol) + "</mo>";
    if (!latex()) return symbol == "·" || symbol == "−" ? std::string(symbol) : " " + std::string(symbol) + " ";
    if (symbol == "·") return " \\cdot ";
    if (symbol == "−") return "-";
    if (symbol == "+") return " + ";
    if (symbol == "<" || symbol == ">" || symbol == "=") return " " + std::string(symbol) + " ";
    return " " +
           std::string(symbol == "≤"   ? "\\le"
                       : symbol == "≥" ? "\\ge"
                       : symbol == "≠" ? "\\ne"
                       : symbol == "∧" ? "\\wedge"
                       : symbol == "∨" ? "\\vee"
                                       : "\\circ") +
           " ";
  }

  [[nodiscard]] Text number(std::string_view digits) const {
    const bool negative = digits.starts_with('-');
    const bool power_of_ten = latex() && digits.find('e') != digits.npos;
    return {detail::math_number(digits, format_), negative || power_of_ten ? of_product : atom, negative};
  }

  [[nodiscard]] std::string name(std::size_t quantity) const {
    return detail::math_name(names_.name(quantity), format_);
  }
  [[nodiscard]] Text symbol(const Math& math) const {
    if (names_.value) return number(names_.value(math));
    if (math.kind == MathKind::quantity) return {name(math.quantity), atom};
    const std::string above = name(math.kind == MathKind::adjoint ? names_.output : math.quantity);
    const std::string below = name(math.kind == MathKind::adjoint ? math.quantity : math.by);
    if (mathml())
      return {"<mfrac><mrow><mo>∂</mo>" + above + "</mrow><mrow><mo>∂</mo>" + below + "</mrow></mfrac>", atom};
    if (latex()) return {"\\frac{\\partial " + above + "}{\\partial " + below + "}", atom};
    return {"∂" + above + "/∂" + below, of_product};
  }

  [[nodiscard]] Text sum(const Math& math) const {
    std::string text;
    for (const Math& part : math.parts) {
      const bool minus = part.kind == MathKind::negative;
      if (!text.empty()) text += minus ? (format_ == MathFormat::text ? " − " : sign("−")) : sign("+");
      if (text.empty() && minus) text += sign("−");
      const Text term = write(minus ? part.parts[0] : part);
      const bool alone = text.empty() || (!term.negative && !(minus && term.binding <= of_sum));
      text += alone ? bound(term, text.empty() ? of_sum : of_product) : parentheses(term.text);
    }
    return {row(text), of_sum};
  }
  [[nodiscard]] Text product(const Math& math) const {
    std::string text;
    bool negative = false;
    // Fractions of derivatives stand apart from each other.
    const bool wide =
        format_ == MathFormat::text && std::any_of(math.parts.begin(), math.parts.end(), [](const Math& part) {
          return part.kind == MathKind::adjoint || part.kind == MathKind::local;
        });
    for (const Math& part : math.parts) {
      if (!text.empty()) text += wide ? " · " : sign("·");
      const Text factor = write(part);
      negative = negative || (text.empty() && factor.negative);
      const bool apart = factor.negative || (format_ == MathFormat::text && part.kind == MathKind::quotient);
      text += apart && !text.empty() ? parentheses(factor.text) : bound(factor, of_product);
    }
    return {row(text), of_product, negative};
  }
  [[nodiscard]] Text quotient(const Math& math) const {
    const Text above = write(math.parts[0]), below = write(math.parts[1]);
    if (mathml()) return {"<mfrac>" + row(above.text) + row(below.text) + "</mfrac>", of_product};
    if (latex()) return {"\\frac{" + above.text + "}{" + below.text + "}", of_product};
    return {bound(above, of_product) + "/" + bound(below, of_power), of_product,
            above.negative && above.binding >= of_product};
  }
  [[nodiscard]] Text power(const Math& math) const {
    const std::string base = bound(write(math.parts[0]), atom);
    const Text exponent = write(math.parts[1]);
    if (mathml()) return {"<msup>" + row(base) + row(exponent.text) + "</msup>", of_power};
    if (latex()) return {"{" + base + "}^{" + exponent.text + "}", of_power};
    if (exponent.text == "2") return {base + "²", of_power};
    if (exponent.text == "3") return {base + "³", of_power};
    return {base + "^" + bound(exponent, atom), of_power};
  }
  [[nodiscard]] Text root(const Math& math) const {
    const Text inner = write(math.parts[0]);
    if (mathml()) return {"<msqrt>" + inner.text + "</msqrt>", atom};
    if (latex()) return {"\\sqrt{" + inner.text + "}", atom};
    return {"√" + (inner.binding == atom ? inner.text : parentheses(inner.text)), atom};
  }
  [[nodiscard]] Text call(const Math& math) const {
    std::string arguments;
    for (const Math& part : math.parts) {
      if (!arguments.empty()) arguments += mathml() ? "<mo>,</mo>" : ", ";
      arguments += write(part).text;
    }
    return {function_name(math.text) + parentheses(arguments), atom};
  }
  [[nodiscard]] std::string function_name(const std::string& function) const {
    if (mathml()) return "<mi>" + graph::xml_text(function) + "</mi>";
    if (!latex()) return function;
    for (const std::string_view known : {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "ln", "max", "min"})
      if (function == known) return "\\" + function;
    if (function == "σ") return "\\sigma";
    return "\\mathop{\\text{" + graph::latex_text(function) + "}}";
  }
  [[nodiscard]] Text fenced(const Math& math, std::string_view fence, std::string_view left,
                            std::string_view right) const {
    const std::string inner = write(math.parts[0]).text;
    if (mathml()) {
      const std::string bar = "<mo>" + std::string(fence) + "</mo>";
      return {"<mrow>" + bar + inner + bar + "</mrow>", atom};
    }
    if (latex()) return {std::string(left) + inner + std::string(right), atom};
    return {std::string(fence) + inner + std::string(fence), atom};
  }
  [[nodiscard]] Text transposed(const Math& math) const {
    const std::string inner = bound(write(math.parts[0]), atom);
    if (mathml()) return {"<msup>" + row(inner) + "<mi>T</mi></msup>", of_power};
    if (latex()) return {"{" + inner + "}^{\\mathsf T}", of_power};
    return {inner + "ᵀ", of_power};
  }
  [[nodiscard]] Text matrix_product(const Math& math) const {
    // A product element by element beside it needs its parentheses.
    const auto side = [&](const Math& part) {
      return bound(write(part), part.kind == MathKind::matrix_product ? of_product : of_power);
    };
    const std::string a = side(math.parts[0]), b = bound(write(math.parts[1]), of_power);
    if (mathml()) return {"<mrow>" + a + "<mo>@</mo>" + b + "</mrow>", of_product};
    return {a + (latex() ? "\\," : " @ ") + b, of_product};
  }
  [[nodiscard]] Text element(const Math& math) const {
    const std::string inner = bound(write(math.parts[0]), atom);
    if (mathml()) return {"<msub>" + row(inner) + "<mtext>" + graph::xml_text(math.text) + "</mtext></msub>", of_power};
    if (latex()) return {"{" + inner + "}_{\\text{" + graph::latex_text(math.text) + "}}", of_power};
    return {inner + math.text, atom};
  }

  MathFormat format_;
  const MathNames& names_;
};

}  // namespace

Math Math::number(double value, int digits) {
  const std::string text = graph::short_number(value, digits);
  if (text.starts_with('-')) return {.kind = MathKind::negative, .parts = {{.text = text.substr(1)}}};
  return {.text = text};
}

std::size_t Math::size() const {
  std::size_t count = 1;
  for (const Math& part : parts) count += part.size();
  return count;
}

Math product_of(std::vector<Math> factors) {
  double coefficient = 1;
  std::vector<Math> rest;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    Math factor = std::move(factors[k]);
    if (factor.kind == MathKind::negative && !factor.parts[0].is_number()) {
      coefficient = -coefficient;
      Math inner = std::move(factor.parts[0]);
      factor = std::move(inner);
    }
    if (const auto value = value_of(factor)) {
      coefficient *= *value;
    } else if (factor.kind == MathKind::product) {
      for (Math& part : factor.parts) {
        if (const auto inner = value_of(part))
          coefficient *= *inner;
        else
          rest.push_back(std::move(part));
      }
    } else {
      rest.push_back(std::move(factor));
    }
  }
  if (coefficient == 0 || rest.empty()) return Math::number(coefficient, 12);
  const bool negative = coefficient < 0;
  if (std::abs(coefficient) != 1) rest.insert(rest.begin(), Math::number(std::abs(coefficient), 12));
  Math product = rest.size() == 1 ? std::move(rest[0]) : Math{.kind = MathKind::product, .parts = std::move(rest)};
  if (!negative) return product;
  return {.kind = MathKind::negative, .parts = {std::move(product)}};
}

namespace {

/// A term as a coefficient and the rest.
std::pair<double, Math> taken_apart(Math term) {
  double coefficient = 1;
  if (term.kind == MathKind::negative) {
    coefficient = -1;
    Math inner = std::move(term.parts[0]);
    term = std::move(inner);
  }
  if (term.kind == MathKind::product) {
    if (const auto value = value_of(term.parts[0])) {
      coefficient *= *value;
      term.parts.erase(term.parts.begin());
      if (term.parts.size() == 1) {
        Math inner = std::move(term.parts[0]);
        term = std::move(inner);
      }
    }
  }
  return {coefficient, std::move(term)};
}

}  // namespace

Math sum_of(std::vector<Math> terms) {
  std::vector<std::pair<double, Math>> parts;
  const auto add = [&](Math term) {
    if (const auto value = value_of(term); value && *value == 0) return;
    auto [coefficient, rest] = taken_apart(std::move(term));
    for (auto& [sum, other] : parts) {
      if (other.is_number() || !(other == rest)) continue;
      sum += coefficient;
      return;
    }
    parts.emplace_back(coefficient, std::move(rest));
  };
  for (Math& term : terms) {
    if (term.kind == MathKind::sum)
      for (Math& part : term.parts) add(std::move(part));
    else
      add(std::move(term));
  }
  // 2·t − 2·o is 2·(t − o).
  const double common = parts.empty() ? 1 : std::abs(parts[0].first);
  const bool shared = parts.size() > 1 && common != 1 && std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
                        return std::abs(part.first) == common && !part.second.is_number();
                      });
  if (shared) {
    std::vector<Math> inner;
    for (auto& [coefficient, rest] : parts)
      inner.push_back(product_of({Math::number(coefficient < 0 ? -1 : 1), std::move(rest)}));
    return product_of({Math::number(common, 12), sum_of(std::move(inner))});
  }
  std::vector<Math> result;
  for (auto& [coefficient, rest] : parts)
    if (coefficient != 0) result.push_back(product_of({Math::number(coefficient, 12), std::move(rest)}));
  if (result.empty()) return Math::number(0);
  if (result.size() == 1) return std::move(result[0]);
  return {.kind = MathKind::sum, .parts = std::move(result)};
}

std::string written(const Math& math, MathFormat format, const MathNames& names) {
  return Writer(format, names).write(math).text;
}

namespace detail {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string letters(std::string_view text, MathFormat format) {
  if (format == MathFormat::mathml) return "<mi>" + std::string(text) + "</mi>";
  return text.size() == 1 ? std::string(text) : "\\mathit{" + std::string(text) + "}";
}

}  // namespace

std::string math_name(std::string_view name, MathFormat format) {
  if (format == MathFormat::text) return graph::detail::printable(name);
  std::size_t begin = 0;
  while (begin < name.size() && is_letter(name[begin])) ++begin;
  const bool underscore = begin < name.size() && name[begin] == '_';
  const std::string_view base = name.substr(0, begin);
  const std::string_view index = name.substr(std::min(name.size(), begin + (underscore ? 1 : 0)));
  if (base.empty() || (!index.empty() && !is_plain(index)) || (index.empty() && begin != name.size())) {
    return format == MathFormat::mathml ? "<mtext>" + graph::xml_text(name) + "</mtext>"
                                        : "\\text{" + graph::latex_text(name) + "}";
  }
  if (index.empty()) return letters(base, format);
  if (format == MathFormat::mathml)
    return "<msub>" + letters(base, format) + "<mi>" + std::string(index) + "</mi></msub>";
  return letters(base, format) + "_{" +
         (index.size() == 1 ? std::string(index) : "\\mathit{" + std::string(index) + "}") + "}";
}

std::string math_number(std::string_view digits, MathFormat format) {
  if (format == MathFormat::text) return std::string(digits);
  if (digits.starts_with('[')) {
    // Rows between semicolons, elements between commas; a vector is a column.
    const bool column = digits.find(';') == digits.npos;
    std::string rows, cell;
    const bool mathml = format == MathFormat::mathml;
    const auto close_cell = [&] {
      rows += mathml ? "<mtd>" + math_number(cell, format) + "</mtd>" : math_number(cell, format);
      cell.clear();
    };
    for (const char c : digits.substr(1, digits.size() - 2)) {
      if (c == ',' && !column) {
        close_cell();
        if (!mathml) rows += " & ";
      } else if (c == ';' || c == ',') {
        close_cell();
        rows += mathml ? "</mtr><mtr>" : " \\\\ ";
      } else if (c != ' ') {
        cell += c;
      }
    }
    close_cell();
    if (mathml) return "<mrow><mo>[</mo><mtable><mtr>" + rows + "</mtr></mtable><mo>]</mo></mrow>";
    return "\\begin{bmatrix} " + rows + " \\end{bmatrix}";
  }
  const bool numeric =
      !digits.empty() && (is_digit(digits[0]) || (digits[0] == '-' && digits.size() > 1 && is_digit(digits[1])));
  if (format == MathFormat::mathml) {
    const bool negative = numeric && digits[0] == '-';
    const std::string number = graph::xml_text(negative ? digits.substr(1) : digits);
    return (negative ? "<mrow><mo>−</mo><mn>" : "<mn>") + number + (negative ? "</mn></mrow>" : "</mn>");
  }
  if (digits == "inf") return "\\infty";
  if (digits == "-inf") return "-\\infty";
  if (!numeric) return "\\text{" + graph::latex_text(digits) + "}";
  const std::size_t e = digits.find('e');
  if (e == digits.npos) return std::string(digits);
  return std::string(digits.substr(0, e)) + " \\cdot 10^{" + std::string(digits.substr(e + 1)) + "}";
}

}  // namespace detail

}  // namespace wengert
