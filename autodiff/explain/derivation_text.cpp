// A derivation as text, Markdown, LaTeX and HTML: one list of headings and equations, written four ways.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/explain/derivation.hpp"
#include "wengert/autodiff/explain/steps.hpp"
#include "wengert/graph/drawing/latex_text.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert {

namespace {

/// left = symbols = … = the last of them with numbers = value.
struct Equation {
  Math left{};
  std::vector<Math> symbols{};
  std::string value{};
};

struct Section {
  std::string heading;
  std::vector<Equation> equations;
};

std::string plain_minus(std::string text) {
  constexpr std::string_view minus = "−";
  for (std::size_t at = text.find(minus); at != text.npos; at = text.find(minus, at))
    text.replace(at, minus.size(), "-");
  return text;
}

class Document {
 public:
  explicit Document(const Derivation& d) : d_(d) {
    names_.output = d.output;
    names_.name = [&d](std::size_t q) { return d.quantities[q].name; };
    numbers_ = names_;
    numbers_.value = [this](const Math& math) { return value_of(math); };
    values();
    adjoints();
    factors();
  }

  [[nodiscard]] const std::vector<Section>& sections() const noexcept { return sections_; }
  [[nodiscard]] std::string title() const {
    std::string text = "The derivative of " + plain(d_.output) + " by ";
    for (std::size_t k = 0; k < d_.inputs.size(); ++k) text += (k == 0 ? "" : ", ") + plain(d_.inputs[k]);
    return text + (d_.inputs.empty() ? "what it does not depend on" : "") + ", step by step by the chain rule";
  }
  /// "x = 2, y = 3".
  [[nodiscard]] std::vector<Equation> given() const {
    std::vector<Equation> list;
    for (std::size_t q = 0; q < d_.quantities.size(); ++q)
      if (!d_.quantities[q].formula) list.push_back({Math::of(q), {}, array(d_.quantities[q].value)});
    return list;
  }
  [[nodiscard]] std::string symbols(const Math& math, MathFormat format) const { return written(math, format, names_); }
  /// The sides of the equation, from the left.
  [[nodiscard]] std::vector<std::string> sides(const Equation& equation, MathFormat format) const {
    // A minus is written in two ways.
    const auto alike = [](const std::string& a, const std::string& b) { return plain_minus(a) == plain_minus(b); };
    std::vector<std::string> texts{symbols(equation.left, format)};
    const std::string value = detail::math_number(equation.value, format);
    for (const Math& math : equation.symbols) {
      texts.push_back(written(math, format, names_));
      if (&math != &equation.symbols.back()) continue;
      std::string numbers = written(math, format, numbers_);
      if (!alike(numbers, value) && numbers != texts.back()) texts.push_back(std::move(numbers));
    }
    if (!alike(texts.back(), value)) texts.push_back(value);
    return texts;
  }

 private:
  [[nodiscard]] std::string plain(std::size_t q) const { return graph::detail::printable(d_.quantities[q].name); }
  [[nodiscard]] std::string array(const Array& a) const { return detail::array_text(a, d_.digits); }

  [[nodiscard]] const Contribution* contribution(std::size_t user, std::size_t to) const {
    for (const Contribution& c : d_.quantities[to].contributions)
      if (c.user == user) return &c;
    return nullptr;
  }
  /// The local derivative as the chain rule makes it, and simplified.
  [[nodiscard]] static std::vector<Math> worked(const Contribution& c) {
    std::vector<Math> steps;
    if (c.chain) steps.push_back(*c.chain);
    steps.push_back(c.formula);
    if (c.here) steps.push_back(*c.here);
    return steps;
  }
  [[nodiscard]] std::string value_of(const Math& math) const {
    if (math.kind == MathKind::quantity) return array(d_.quantities[math.quantity].value);
    if (math.kind == MathKind::adjoint) return array(d_.quantities[math.quantity].adjoint);
    const Contribution* const c = contribution(math.quantity, math.by);
    return c == nullptr || !c->local ? "?" : array(*c->local);
  }

  void values() {
    Section section{"Values, in the order of the calculation", {}};
    for (std::size_t q = 0; q < d_.quantities.size(); ++q)
      if (const Quantity& quantity = d_.quantities[q]; quantity.formula)
        section.equations.push_back({Math::of(q), {*quantity.formula}, array(quantity.value)});
    sections_.push_back(std::move(section));
  }

  void adjoints() {
    Section section{"Derivatives, from " + plain(d_.output) + " back", {}};
    for (std::size_t q = d_.quantities.size(); q-- > 0;) {
      const Quantity& quantity = d_.quantities[q];
      if (!quantity.depends || q == d_.output) continue;
      std::vector<Math> terms;
      for (const Contribution& c : quantity.contributions) {
        if (c.whole || c.user == d_.output) {
          terms.push_back(c.formula);
          continue;
        }
        section.equations.push_back({Math::local(c.user, q), worked(c), array(*c.local)});
        terms.push_back({.kind = MathKind::product, .parts = {Math::adjoint(c.user), Math::local(c.user, q)}});
      }
      Math sum = terms.size() == 1 ? std::move(terms[0]) : Math{.kind = MathKind::sum, .parts = std::move(terms)};
      const std::vector<Contribution>& from = quantity.contributions;
      const bool by_output = from.size() == 1 && from[0].user == d_.output && !from[0].whole;
      section.equations.push_back(
          {Math::adjoint(q), by_output ? worked(from[0]) : std::vector{std::move(sum)}, array(quantity.adjoint)});
    }
    sections_.push_back(std::move(section));
  }

  void factors() {
    Section section{"All factors at once", {}};
    for (std::size_t k = 0; k < d_.inputs.size(); ++k) {
      if (d_.factors[k].empty()) continue;
      std::vector<Math> terms;
      std::size_t longest = 0;
      for (const FactorPath& path : d_.factors[k]) {
        std::vector<Math> product;
        for (std::size_t n = 1; n < path.quantities.size(); ++n)
          product.push_back(Math::local(path.quantities[n - 1], path.quantities[n]));
        // Where more leads there than this edge, ∂y/∂q stands for all of it.
        if (product.size() > 1 && d_.quantities[path.quantities[1]].contributions.size() > 1)
          product[0] = contribution(path.quantities[0], path.quantities[1])->formula;
        longest = std::max(longest, product.size());
        if (product.size() == 1) product[0] = contribution(path.quantities[0], path.quantities[1])->formula;
        terms.push_back(product.size() == 1 ? std::move(product[0])
                                            : Math{.kind = MathKind::product, .parts = std::move(product)});
      }
      if (longest < 2) continue;  // it has stood there
      Math sum = terms.size() == 1 ? std::move(terms[0]) : Math{.kind = MathKind::sum, .parts = std::move(terms)};
      section.equations.push_back(
          {Math::adjoint(d_.inputs[k]), {std::move(sum)}, array(d_.quantities[d_.inputs[k]].adjoint)});
    }
    if (!section.equations.empty()) sections_.push_back(std::move(section));
  }

  const Derivation& d_;
  MathNames names_, numbers_;
  std::vector<Section> sections_;
};

std::string latex_equation(const std::vector<std::string>& sides) {
  std::string text = sides[0];
  for (std::size_t k = 1; k < sides.size(); ++k) text += (k == 1 ? " &= " : " \\\\\n  &= ") + sides[k];
  return text;
}

/// Signs of Markdown lose their meaning.
std::string markdown_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>#|!&$~").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string to_text(const Derivation& derivation) {
  const Document document(derivation);
  std::string text = document.title() + "\n";
  std::string given = "Given:";
  std::size_t column = given.size();
  for (const Equation& equation : document.given()) {
    const std::vector<std::string> sides = document.sides(equation, MathFormat::text);
    const std::string one = sides[0] + " = " + sides[1];
    const std::size_t width = graph::detail::character_count(one);
    given += column + width > 100 ? ",\n  " : column > 6 ? ", " : " ";
    column = (column + width > 100 ? 2 : column + 2) + width;
    given += one;
  }
  if (column > 6) text += "\n" + given + "\n";
  for (const Section& section : document.sections()) {
    text += "\n" + section.heading + "\n";
    for (const Equation& equation : section.equations) {
      const std::vector<std::string> sides = document.sides(equation, MathFormat::text);
      const auto width = [](const std::string& s) { return graph::detail::character_count(s); };
      std::size_t total = 2;
      for (const std::string& side : sides) total += width(side) + 3;
      text += "  " + sides[0];
      for (std::size_t k = 1; k < sides.size(); ++k) {
        if (k > 1 && total > 100) text += "\n  " + std::string(width(sides[0]), ' ');
        text += " = " + sides[k];
      }
      text += "\n";
    }
  }
  text += "\nRules used\n";
  for (const Rule& rule : derivation.rules) text += "  " + rule.name + ": " + rule.doc + "\n";
  return text;
}

std::string to_markdown(const Derivation& derivation) {
  const Document document(derivation);
  std::string text = "# " + markdown_text(document.title()) + "\n\nGiven:";
  for (const Equation& equation : document.given()) {
    const std::vector<std::string> sides = document.sides(equation, MathFormat::latex);
    text += std::string(text.ends_with(':') ? " $" : ", $") + sides[0] + " = " + sides[1] + "$";
  }
  text += "\n";
  for (const Section& section : document.sections()) {
    text += "\n## " + markdown_text(section.heading) + "\n";
    for (const Equation& equation : section.equations)
      text += "\n$$\n\\begin{aligned}\n" + latex_equation(document.sides(equation, MathFormat::latex)) +
              "\n\\end{aligned}\n$$\n";
  }
  text += "\n## Rules used\n\n";
  for (const Rule& rule : derivation.rules) text += "- " + markdown_text(rule.name + ": " + rule.doc) + "\n";
  return text;
}

std::string to_latex(const Derivation& derivation) {
  const Document document(derivation);
  std::string text =
      "\\documentclass{article}\n"
      "\\usepackage{iftex}\n\\ifpdftex\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n\\fi\n"
      "\\usepackage{amsmath,amssymb}\n\\usepackage[margin=2cm]{geometry}\n\\allowdisplaybreaks\n" +
      std::string(graph::latex_definitions()) + "\\begin{document}\n\\section*{" + graph::latex_text(document.title()) +
      "}\n\nGiven:\n";
  bool first = true;
  for (const Equation& equation : document.given()) {
    const std::vector<std::string> sides = document.sides(equation, MathFormat::latex);
    text += std::string(std::exchange(first, false) ? "" : ",\n") + "$" + sides[0] + " = " + sides[1] + "$";
  }
  text += ".\n";
  for (const Section& section : document.sections()) {
    if (section.equations.empty()) continue;
    text += "\n\\subsection*{" + graph::latex_text(section.heading) + "}\n";
    for (const Equation& equation : section.equations)
      text += "\\begin{align*}\n" + latex_equation(document.sides(equation, MathFormat::latex)) + "\n\\end{align*}\n";
  }
  text += "\n\\subsection*{Rules used}\n\\begin{itemize}\n";
  for (const Rule& rule : derivation.rules)
    text += "\\item " + graph::latex_text(rule.name) + ": " + graph::latex_text(rule.doc) + "\n";
  if (derivation.rules.empty()) text += "\\item none\n";
  return text + "\\end{itemize}\n\\end{document}\n";
}

std::string to_html(const Derivation& derivation) {
  const Document document(derivation);
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
      graph::xml_text(document.title()) +
      "</title>\n<style>\n"
      ":root { color-scheme: light dark; }\n"
      "body { font-family: system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }\n"
      "math[display=block] { margin: 0.6rem 0 0.6rem 1rem; width: max-content; }\n"
      ".lines > mtr > mtd { text-align: left; padding: 0.15rem 0.1rem; }\n"
      "section { overflow-x: auto; }\n"
      "</style>\n</head>\n<body>\n<h1>" +
      graph::xml_text(document.title()) + "</h1>\n<p class=\"given\">Given:";
  for (const Equation& equation : document.given()) {
    const std::vector<std::string> sides = document.sides(equation, MathFormat::mathml);
    text += (text.ends_with(':') ? " <math><mrow>" : ", <math><mrow>") + sides[0] + "<mo>=</mo>" + sides[1] +
            "</mrow></math>";
  }
  text += "</p>\n";
  for (const Section& section : document.sections()) {
    text += "<section>\n<h2>" + graph::xml_text(section.heading) + "</h2>\n";
    for (const Equation& equation : section.equations) {
      const std::vector<std::string> sides = document.sides(equation, MathFormat::mathml);
      text += "<math display=\"block\"><mtable class=\"lines\" displaystyle=\"true\">";
      for (std::size_t k = 1; k < sides.size(); ++k)
        text += "<mtr><mtd>" + (k == 1 ? sides[0] : "") + "</mtd><mtd><mo>=</mo>" + sides[k] + "</mtd></mtr>";
      text += "</mtable></math>\n";
    }
    text += "</section>\n";
  }
  text += "<section>\n<h2>Rules used</h2>\n<ul>\n";
  for (const Rule& rule : derivation.rules)
    text += "<li>" + graph::xml_text(rule.name) + ": " + graph::xml_text(rule.doc) + "</li>\n";
  return text + "</ul>\n</section>\n</body>\n</html>\n";
}

}  // namespace wengert
