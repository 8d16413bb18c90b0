// Answers as files, and a marking as text.
#include <charconv>
#include <cmath>
#include <utility>

#include "wengert/autodiff/explain/marking.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

namespace {

std::string number(double value) { return graph::short_number(value, 6); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '"'))
    text.remove_suffix(1);
  return text;
}

std::string shown(const Answer& answer) {
  return answer.written.empty() ? graph::short_number(answer.value, 17) : graph::detail::printable(answer.written);
}

}  // namespace

std::vector<Answer> read_answers(std::string_view csv) {
  std::vector<Answer> answers;
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);
  bool first = true;
  for (std::size_t line = 1; !csv.empty(); ++line) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view text = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (trimmed(text).empty() || trimmed(text).starts_with('#')) continue;
    const auto refuse = [&](std::string problem, std::size_t column) {
      throw ParseError({.operation = "read_answers",
                        .problem = std::move(problem),
                        .expected = "a quantity, a comma and a number, such as dL/dw5,0.0822"},
                       line, column);
    };
    const std::size_t comma = text.rfind(',');
    if (comma == text.npos) refuse("there is no comma", text.size() + 1);
    Answer answer{.quantity = std::string(trimmed(text.substr(0, comma))), .line = line};
    std::string_view digits = trimmed(text.substr(comma + 1));
    const std::string_view written = digits;
    if (digits.starts_with("+")) digits.remove_prefix(1);
    const bool minus = digits.starts_with("−");
    if (minus) digits.remove_prefix(std::string_view("−").size());
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), answer.value);
    if (error != std::errc{} || stop != digits.data() + digits.size()) {
      if (std::exchange(first, false) && answers.empty()) continue;  // the heads of the columns
      refuse("'" + graph::detail::printable(written) + "' is no number", comma + 2);
    }
    first = false;
    answer.written = written;
    if (minus) answer.value = -answer.value;
    if (answer.quantity.empty()) refuse("there is no quantity before the comma", 1);
    if (const std::size_t point = digits.find('.'); point != digits.npos) {
      const std::size_t e = std::min(digits.find_first_of("eE"), digits.size());
      int power = 0;
      const std::size_t from = std::min(e + 1, digits.size()) + (e + 1 < digits.size() && digits[e + 1] == '+' ? 1 : 0);
      std::from_chars(digits.data() + from, digits.data() + digits.size(), power);
      answer.decimals = static_cast<int>(e - point) - 1 - power;
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string to_text(const Marking& marking) {
  const std::size_t count = marking.answers.size();
  std::size_t widest = 0;
  for (const Marked& m : marking.answers)
    widest = std::max(widest, graph::detail::character_count(graph::detail::printable(m.answer.quantity)));
  std::string text;
  for (const Marked& m : marking.answers) {
    const std::string quantity = graph::detail::printable(m.answer.quantity);
    text +=
        quantity + std::string(widest - graph::detail::character_count(quantity), ' ') + "  " + shown(m.answer) + "  ";
    if (m.verdict == Verdict::right) text += "right\n";
    if (m.verdict == Verdict::wrong) text += "WRONG, it is " + number(m.expected) + "\n";
    if (m.verdict != Verdict::consequential) continue;
    text += "consequential: it is " + number(m.expected) + ", but this follows from " +
            (m.cause ? "the mistake of line " + std::to_string(*m.cause) : "the numbers before it") + "\n";
  }
  text += "\n" + std::to_string(marking.right) + " of " + std::to_string(count) + " right, " +
          std::to_string(marking.wrong) + " wrong, " + std::to_string(marking.consequential) + " consequential\n";
  if (!marking.first_wrong) return text;
  for (std::size_t at = *marking.first_wrong; at < count; ++at) {
    const Marked& m = marking.answers[at];
    if (m.verdict != Verdict::wrong) continue;
    const bool first = at == *marking.first_wrong;
    text += (first ? "\nThe first mistake is in "
                   : "\nA further mistake, which does not follow from the numbers before it, is in ") +
            graph::detail::printable(m.answer.quantity) + " (line " + std::to_string(m.answer.line) +
            "): " + shown(m.answer) + " instead of " + number(m.follows.value_or(m.expected)) + ".\n";
    if (m.likely.empty() && m.derivative) text += "No single mistake that is known here gives this number.\n";
    for (std::size_t k = 0; k < m.likely.size(); ++k)
      text += std::string(k == 0 ? "Likely: " : "    or: ") + m.likely[k].text + ".\n";
  }
  return text;
}

std::string answer_key(const Derivation& derivation, int decimals) {
  std::string text = "quantity,answer\n";
  const std::string above = "d" + derivation.quantities[derivation.output].name + "/d";
  for (std::size_t q = derivation.quantities.size(); q-- > 0;) {
    const Quantity& quantity = derivation.quantities[q];
    if (!quantity.depends || q == derivation.output) continue;
    const Shape& shape = quantity.value.shape();
    for (std::int64_t k = 0; k < quantity.adjoint.size(); ++k) {
      std::string place;
      std::int64_t rest = k;
      for (std::size_t axis = shape.rank(); axis-- > 0; rest /= shape[axis])
        place = std::to_string(rest % shape[axis]) + (place.empty() ? "" : ",") + place;
      char digits[400];
      const auto end =
          std::to_chars(digits, digits + sizeof digits, quantity.adjoint.element(k), std::chars_format::fixed, decimals)
              .ptr;
      text +=
          above + quantity.name + (shape.rank() == 0 ? "" : "[" + place + "]") + "," + std::string(digits, end) + "\n";
    }
  }
  return text;
}

}  // namespace wengert
