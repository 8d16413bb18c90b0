#include "wengert/autodiff/explain/answer_subjects.hpp"

#include <algorithm>
#include <charconv>

#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

std::optional<std::size_t> find(const Steps& steps, std::string_view name) {
  for (std::size_t p = steps.nodes().size(); p-- > 0;)
    if (steps.name(p) == name) return p;
  return std::nullopt;
}

std::optional<std::string_view> without_d(std::string_view text) {
  if (text.starts_with("∂")) return text.substr(std::string_view("∂").size());
  if (text.starts_with("d")) return text.substr(1);
  return std::nullopt;
}

}  // namespace

bool ask_for_primitives(const std::vector<Answer>& answers, const Steps& steps) {
  return std::any_of(answers.begin(), answers.end(), [&](const Answer& answer) {
    const std::string_view text = answer.quantity;
    const std::size_t slash = text.rfind('/');
    std::string_view name = slash == text.npos ? text : text.substr(slash + 1);
    if (slash != text.npos) name = without_d(name).value_or(name);
    if (find(steps, name)) return false;
    return name.size() > 1 && name[0] == 'v' && name[1] >= '0' && name[1] <= '9';
  });
}

std::vector<Subject> AnswerSubjects::of(const std::vector<Answer>& answers) const {
  std::vector<Subject> subjects;
  for (const Answer& answer : answers) {
    const Subject subject = subject_of(answer);
    const auto before = std::find(subjects.begin(), subjects.end(), subject);
    if (before != subjects.end()) {
      const Answer& other = answers[static_cast<std::size_t>(before - subjects.begin())];
      refuse(answer, "'" + answer.quantity + "' is answered on line " + std::to_string(other.line) + " too",
             "one answer for each quantity");
    }
    subjects.push_back(subject);
  }
  return subjects;
}

void AnswerSubjects::refuse(const Answer& answer, std::string problem, std::string expected, std::string hint) const {
  throw ArgumentError{{.operation = "mark",
                       .problem = "line " + std::to_string(answer.line) + ": " + std::move(problem),
                       .expected = std::move(expected),
                       .where = where_,
                       .hint = std::move(hint)}};
}

/// A name, and the place in brackets behind it.
std::optional<std::pair<std::size_t, std::int64_t>> AnswerSubjects::element_of(std::string_view text) const {
  if (const auto whole = find(steps_, text)) {
    if (d_.graph().type(steps_.nodes()[*whole]).shape.size() != 1) return std::nullopt;
    return std::pair{*whole, std::int64_t{0}};
  }
  const std::size_t bracket = text.rfind('[');
  if (bracket == text.npos || !text.ends_with(']')) return std::nullopt;
  const auto array = find(steps_, text.substr(0, bracket));
  if (!array) return std::nullopt;
  const Shape& shape = d_.graph().type(steps_.nodes()[*array]).shape;
  std::string_view places = text.substr(bracket + 1, text.size() - bracket - 2);
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const std::size_t comma = axis + 1 < shape.rank() ? places.find(',') : places.size();
    if (comma == places.npos) return std::nullopt;
    while (places.starts_with(' ')) places.remove_prefix(1);
    std::int64_t place = -1;
    const auto [stop, error] = std::from_chars(places.data(), places.data() + places.size(), place);
    if (error != std::errc{} || place < 0 || place >= shape[axis]) return std::nullopt;
    at = at * shape[axis] + place;
    places.remove_prefix(static_cast<std::size_t>(stop - places.data()));
    if (axis + 1 < shape.rank()) {
      if (!places.starts_with(',')) return std::nullopt;
      places.remove_prefix(1);
    }
  }
  if (!places.empty()) return std::nullopt;
  return std::pair{*array, at};
}

Subject AnswerSubjects::subject_of(const Answer& answer) const {
  const std::string_view text = answer.quantity;
  if (const auto value = element_of(text)) return {Subject::Kind::value, value->first, 0, value->second};
  for (std::size_t slash = text.find('/'); slash != text.npos; slash = text.find('/', slash + 1)) {
    const auto above = without_d(text.substr(0, slash)), below = without_d(text.substr(slash + 1));
    if (!above || !below) continue;
    const auto y = element_of(*above), x = element_of(*below);
    if (!y || !x) continue;
    if (y->first == steps_.position(d_.root())) {
      if (!active_[steps_.nodes()[x->first]])
        refuse(answer, "'" + answer.quantity + "' is 0: nothing leads there", "a quantity that y depends on");
      return {Subject::Kind::adjoint, x->first, 0, x->second};
    }
    const auto operands = steps_.operands(y->first);
    if (std::find(operands.begin(), operands.end(), x->first) == operands.end() ||
        !steps_.is_scalar_edge(y->first, x->first)) {
      refuse(answer, "'" + answer.quantity + "' is no local derivative of one step by another, both numbers",
             "the derivative of y, or of a value by what it is computed from");
    }
    return {Subject::Kind::local, x->first, y->first, 0};
  }
  std::string names;
  for (std::size_t p = 0; p < steps_.nodes().size() && names.size() < 200; ++p)
    names += (names.empty() ? "" : ", ") + graph::detail::printable(steps_.name(p));
  refuse(answer, "'" + graph::detail::printable(answer.quantity) + "' is no quantity of the calculation",
         "dy/dx, or the name of a value; of an array an element, such as dy/dx[0]", "the names are " + names);
}

}  // namespace wengert::detail
