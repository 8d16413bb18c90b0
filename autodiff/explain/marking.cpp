#include "wengert/autodiff/explain/marking.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "wengert/autodiff/explain/dependence.hpp"
#include "wengert/autodiff/explain/steps.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::NodeId;

namespace {

using detail::Dependence;
using detail::Mutation;
using detail::Slip;
using detail::Steps;

std::string number(double value) { return graph::short_number(value, 6); }

/// What an answer is about.
struct Subject {
  enum class Kind : std::uint8_t { value, local, adjoint } kind = Kind::value;
  std::size_t quantity = 0;  // position
  std::size_t of = 0;        // of a local derivative: the step above
  std::int64_t element = 0;
};

/// The unit of the last decimal that was written; 0 of what is exact.
double unit_of(const Answer& answer) { return answer.decimals ? std::pow(10.0, -*answer.decimals) : 0.0; }

/// Rounded or cut off, the number is the answer, give or take `slack`.
bool agrees(const Answer& answer, double number, double slack) {
  if (std::isnan(number) || std::isnan(answer.value)) return std::isnan(number) && std::isnan(answer.value);
  if (std::isinf(number) || std::isinf(answer.value)) return number == answer.value;
  const double unit = unit_of(answer);
  const double error = std::abs(answer.value - number), noise = 1e-9 * std::max(std::abs(number), unit) + slack;
  if (error <= 0.5 * unit + noise) return true;
  return unit > 0 && std::abs(answer.value - std::trunc(number / unit) * unit) <= noise;
}

/// Numbers of an array with their uncertainties: half a unit of what a student rounded, carried on.
struct Uncertain {
  Array value;
  Array slack;
};

class Marker {
 public:
  Marker(const detail::AnyHandle& y, const std::vector<Answer>& answers, std::source_location where)
      : d_(y, "mark", where), steps_(d_, false, 2000, "mark", where), where_(where) {
    for (NodeId id = 0; id < d_.graph().size(); ++id) {
      const bool leaf = d_.graph().operation_id(id) == graph::variable_operation;
      if (leaf && is_real(d_.graph().type(id).dtype)) variables_.push_back(id);
    }
    active_ = d_.between(variables_);
    if (answers_anything_unnamed(answers)) steps_ = Steps(d_, true, 2000, "mark", where);
    root_ = steps_.position(d_.root());
    for (const Answer& answer : answers) subjects_.push_back(subject_of(answer));
    answers_ = answers;
    for (std::size_t p = 0; p < steps_.nodes().size(); ++p) {
      operands_.emplace_back();
      for (const std::size_t operand : steps_.operands(p))
        if (active_[steps_.nodes()[p]] && active_[steps_.nodes()[operand]]) operands_.back().push_back(operand);
    }
  }

  Marking run() {
    Marking marking;
    marked_.resize(answers_.size());
    for (std::size_t k = 0; k < answers_.size(); ++k) marked_[k].answer = answers_[k];
    judge_values();
    truth_ = sweep({}, {}, nullptr, nullptr, nullptr);
    for (std::size_t p = steps_.nodes().size(); p-- > 0;) {
      if (!active_[steps_.nodes()[p]]) continue;
      judge_adjoint(p);
      for (std::size_t k = operands_[p].size(); k-- > 0;) judge_local(p, operands_[p][k]);
    }
    for (const std::size_t k : order_) {
      marking.answers.push_back(std::move(marked_[k]));
      const Verdict verdict = marking.answers.back().verdict;
      if (verdict == Verdict::wrong && !marking.first_wrong) marking.first_wrong = marking.answers.size() - 1;
      ++(verdict == Verdict::right ? marking.right : verdict == Verdict::wrong ? marking.wrong : marking.consequential);
    }
    return marking;
  }

 private:
  using Kind = Subject::Kind;
  using Given = std::map<std::size_t, std::vector<std::size_t>>;                  // quantity: its answers
  using GivenLocal = std::map<std::pair<std::size_t, std::size_t>, std::size_t>;  // step and operand: the answer
  /// Overwrite the adjoint of a quantity by what this user contributes, or leave that one out.
  struct Overwrite {
    std::size_t quantity, user;
    bool keep;
  };

  [[noreturn]] void refuse(const Answer& answer, std::string problem, std::string expected,
                           std::string hint = {}) const {
    throw ArgumentError{{.operation = "mark",
                         .problem = "line " + std::to_string(answer.line) + ": " + std::move(problem),
                         .expected = std::move(expected),
                         .where = where_,
                         .hint = std::move(hint)}};
  }

  /// Names v1, v2, … of primitives are asked about though others have names.
  [[nodiscard]] bool answers_anything_unnamed(const std::vector<Answer>& answers) const {
    const auto unnamed = [&](std::string_view text) {
      const std::size_t slash = text.rfind('/');
      std::string_view name = slash == text.npos ? text : text.substr(slash + 1);
      if (slash != text.npos) name.remove_prefix(name.starts_with("∂") ? 3 : name.starts_with("d") ? 1 : 0);
      if (find(name)) return false;
      return name.size() > 1 && name[0] == 'v' && name[1] >= '0' && name[1] <= '9';
    };
    return std::any_of(answers.begin(), answers.end(), [&](const Answer& a) { return unnamed(a.quantity); });
  }

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const {
    for (std::size_t p = steps_.nodes().size(); p-- > 0;)
      if (steps_.name(p) == name) return p;
    return std::nullopt;
  }

  /// A name, and the place in brackets behind it.
  [[nodiscard]] std::optional<std::pair<std::size_t, std::int64_t>> element_of(std::string_view text) const {
    if (const auto whole = find(text)) {
      if (d_.graph().type(steps_.nodes()[*whole]).shape.size() != 1) return std::nullopt;
      return std::pair{*whole, std::int64_t{0}};
    }
    const std::size_t bracket = text.rfind('[');
    if (bracket == text.npos || !text.ends_with(']')) return std::nullopt;
    const auto array = find(text.substr(0, bracket));
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

  static std::optional<std::string_view> without_d(std::string_view text) {
    if (text.starts_with("∂")) return text.substr(std::string_view("∂").size());
    if (text.starts_with("d")) return text.substr(1);
    return std::nullopt;
  }

  [[nodiscard]] Subject subject_of(const Answer& answer) const {
    const std::string_view text = answer.quantity;
    if (const auto value = element_of(text)) return {Kind::value, value->first, 0, value->second};
    for (std::size_t slash = text.find('/'); slash != text.npos; slash = text.find('/', slash + 1)) {
      const auto above = without_d(text.substr(0, slash)), below = without_d(text.substr(slash + 1));
      if (!above || !below) continue;
      const auto y = element_of(*above), x = element_of(*below);
      if (!y || !x) continue;
      if (y->first == steps_.position(d_.root())) {
        if (!active_[steps_.nodes()[x->first]])
          refuse(answer, "'" + answer.quantity + "' is 0: nothing leads there", "a quantity that y depends on");
        return {Kind::adjoint, x->first, 0, x->second};
      }
      const auto operands = steps_.operands(y->first);
      if (std::find(operands.begin(), operands.end(), x->first) == operands.end() ||
          !steps_.is_scalar_edge(y->first, x->first)) {
        refuse(answer, "'" + answer.quantity + "' is no local derivative of one step by another, both numbers",
               "the derivative of y, or of a value by what it is computed from");
      }
      return {Kind::local, x->first, y->first, 0};
    }
    std::string names;
    for (std::size_t p = 0; p < steps_.nodes().size() && names.size() < 200; ++p)
      names += (names.empty() ? "" : ", ") + graph::detail::printable(steps_.name(p));
    refuse(answer, "'" + graph::detail::printable(answer.quantity) + "' is no quantity of the calculation",
           "dy/dx, or the name of a value; of an array an element, such as dy/dx[0]", "the names are " + names);
  }

  void judge_values() {
    std::set<std::pair<std::size_t, std::int64_t>> seen;
    for (std::size_t k = 0; k < answers_.size(); ++k) {
      const Subject& s = subjects_[k];
      for (std::size_t n = 0; n < k; ++n) {
        const Subject& t = subjects_[n];
        if (s.kind == t.kind && s.quantity == t.quantity && s.of == t.of && s.element == t.element)
          refuse(answers_[k],
                 "'" + answers_[k].quantity + "' is answered on line " + std::to_string(answers_[n].line) + " too",
                 "one answer for each quantity");
      }
      if (s.kind != Kind::value) continue;
      marked_[k].expected = d_.elements(steps_.nodes()[s.quantity]).element(s.element);
      marked_[k].verdict = agrees(answers_[k], marked_[k].expected, 0) ? Verdict::right : Verdict::wrong;
      order_.push_back(k);
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return subjects_[a].quantity < subjects_[b].quantity; });
  }

  [[nodiscard]] Type type_of(std::size_t p) const { return d_.graph().type(steps_.nodes()[p]); }

  /// The sweep over steps. At quantities with answers, and at local derivatives with answers, it goes on with those.
  /// `mutation`: one rule done wrong. Gives what arrives at each quantity, before the student's number takes its place.
  [[nodiscard]] std::vector<Uncertain> sweep(const Given& given, const GivenLocal& locals, const Mutation* mutation,
                                             const Overwrite* overwrite,
                                             const std::pair<std::size_t, std::size_t>* left_out,
                                             std::size_t last = 0) const {
    std::vector<Uncertain> arrived(steps_.nodes().size());
    std::vector<bool> any(arrived.size(), false);
    arrived[root_] = {Array::uniform(type_of(root_), 1.0).dense(), Array::zeros(type_of(root_))};
    any[root_] = true;
    for (std::size_t p = arrived.size(); p-- > last;) {
      if (!active_[steps_.nodes()[p]]) continue;
      if (!any[p]) arrived[p] = {Array::zeros(type_of(p)), Array::zeros(type_of(p))};
      Uncertain adjoint = arrived[p];
      if (const auto at = given.find(p); at != given.end()) adjoint = replaced(adjoint, at->second);
      if (operands_[p].empty()) continue;
      std::vector<Array> terms = steps_.contributions(p, adjoint.value, operands_[p], mutation);
      const std::vector<Array> slacks = steps_.contributions(p, adjoint.slack, operands_[p]);
      for (std::size_t k = 0; k < operands_[p].size(); ++k) {
        const std::size_t q = operands_[p][k];
        Array slack = absolute(slacks[k]);
        if (const auto at = locals.find({p, q}); at != locals.end()) {
          const Answer& local = answers_[at->second];
          const double c = adjoint.value.element(0);
          terms[k] = Array::uniform(type_of(q), c * local.value).dense();
          slack = Array::uniform(type_of(q),
                                 std::abs(adjoint.slack.element(0) * local.value) + std::abs(c) * unit_of(local))
                      .dense();
        }
        if (left_out != nullptr && left_out->first == p && left_out->second == q) {
          if (adjoint.value.type() == terms[k].type()) terms[k] = adjoint.value;
        }
        if (overwrite != nullptr && overwrite->quantity == q && (overwrite->user == p) != overwrite->keep) continue;
        arrived[q] =
            any[q] ? Uncertain{detail::sum_of(arrived[q].value, terms[k]), detail::sum_of(arrived[q].slack, slack)}
                   : Uncertain{terms[k], slack};
        any[q] = true;
      }
    }
    return arrived;
  }

  static Array absolute(const Array& a) {
    Array result = Array::zeros(a.type());
    if (a.dtype() != Dtype::f64) return result;
    const auto to = result.mutable_data<double>();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::abs(a.element(static_cast<std::int64_t>(i)));
    return result;
  }

  /// With the student's numbers in their places.
  [[nodiscard]] Uncertain replaced(const Uncertain& computed, const std::vector<std::size_t>& answers) const {
    if (computed.value.dtype() != Dtype::f64) return computed;
    Uncertain result{detail::sum_of(computed.value, Array::zeros(computed.value.type())),
                     detail::sum_of(computed.slack, Array::zeros(computed.value.type()))};
    for (const std::size_t k : answers) {
      const auto at = static_cast<std::size_t>(subjects_[k].element);
      result.value.mutable_data<double>()[at] = answers_[k].value;
      // Cut off, a number is up to a whole unit away.
      result.slack.mutable_data<double>()[at] = unit_of(answers_[k]);
    }
    return result;
  }

  void judge_adjoint(std::size_t p) {
    std::vector<std::size_t> here, wrong;
    for (std::size_t k = 0; k < answers_.size(); ++k)
      if (subjects_[k].kind == Kind::adjoint && subjects_[k].quantity == p) here.push_back(k);
    if (here.empty()) return;
    const Uncertain follows = sweep(given_, locals_, nullptr, nullptr, nullptr, p)[p];
    for (const std::size_t k : here) {
      const std::int64_t at = subjects_[k].element;
      const double truth = truth_[p].value.element(at), own = follows.value.element(at),
                   slack = follows.slack.element(at);
      Marked& m = marked_[k];
      m.expected = truth;
      const bool same = std::abs(own - truth) <= slack + 1e-9 * std::abs(truth);
      if (!same) m.follows = own;
      if (agrees(answers_[k], truth, 0) || (same && agrees(answers_[k], own, slack))) {
        m.verdict = Verdict::right;
      } else if (agrees(answers_[k], own, slack)) {
        m.verdict = Verdict::consequential;
      } else {
        m.verdict = Verdict::wrong;
        wrong.push_back(k);
      }
      order_.push_back(k);
    }
    if (!wrong.empty()) {
      const std::vector<Mistake> likely = mistakes(p, wrong);
      for (const std::size_t k : wrong) marked_[k].likely = likely;
    }
    given_[p] = here;
  }

  void judge_local(std::size_t step, std::size_t operand) {
    for (std::size_t k = 0; k < answers_.size(); ++k) {
      const Subject& s = subjects_[k];
      if (s.kind != Kind::local || s.of != step || s.quantity != operand) continue;
      const Array one = Array::uniform(type_of(step), 1.0).dense();
      Marked& m = marked_[k];
      m.expected = steps_.contributions(step, one, {operand})[0].element(0);
      m.verdict = agrees(answers_[k], m.expected, 0) ? Verdict::right : Verdict::wrong;
      order_.push_back(k);
      locals_[{step, operand}] = k;
      if (m.verdict == Verdict::right) continue;
      for (const Mutation& mutation : slips_in(step)) {
        const double number = steps_.contributions(step, one, {operand}, &mutation)[0].element(0);
        if (agrees(answers_[k], number, 0)) add(m.likely, text_of(mutation));
      }
      finish(m.likely);
    }
  }

  /// The rules of a step, each done wrong in every way.
  [[nodiscard]] std::vector<Mutation> slips_in(std::size_t step) const {
    std::vector<Mutation> result;
    for (const NodeId id : steps_.segment(step)) {
      for (std::uint32_t k = 0; k < d_.graph().operands(id).size(); ++k) {
        if (!active_[d_.graph().operands(id)[k]] || !d_.flows(id, k)) continue;
        for (const Slip slip :
             {Slip::factor, Slip::path, Slip::sign, Slip::own_operand, Slip::exponent, Slip::at_input, Slip::transpose})
          result.push_back({slip, id, k});
      }
    }
    return result;
  }

  /// The steps above a quantity, up to those whose adjoints were answered, themselves included.
  [[nodiscard]] std::vector<std::size_t> steps_above(std::size_t quantity) const {
    std::set<std::size_t> reached{quantity}, users;
    for (std::size_t p = quantity + 1; p < steps_.nodes().size(); ++p) {
      for (const std::size_t operand : operands_[p]) {
        if (reached.count(operand) == 0) continue;
        users.insert(p);
        if (given_.count(p) == 0) reached.insert(p);
      }
    }
    return {users.begin(), users.end()};
  }

  [[nodiscard]] std::vector<Mistake> mistakes(std::size_t quantity, const std::vector<std::size_t>& wrong) const {
    std::vector<Mistake> likely;
    const auto fits = [&](const Uncertain& arrived) {
      return std::all_of(wrong.begin(), wrong.end(), [&](std::size_t k) {
        const std::int64_t at = subjects_[k].element;
        return agrees(answers_[k], arrived.value.element(at), arrived.slack.element(at));
      });
    };
    const std::vector<std::size_t> above = steps_above(quantity);
    for (const std::size_t step : above) {
      for (const Mutation& mutation : slips_in(step))
        if (fits(sweep(given_, locals_, &mutation, nullptr, nullptr, quantity)[quantity]))
          add(likely, text_of(mutation));
      // Of a single primitive that has been tried.
      if (steps_.segment(step).size() < 2) continue;
      for (const std::size_t operand : operands_[step]) {
        const std::pair left_out{step, operand};
        if (fits(sweep(given_, locals_, nullptr, nullptr, &left_out, quantity)[quantity]))
          add(likely,
              {MistakeKind::factor, "the local derivative d" + name(step) + "/d" + name(operand) + " was left out"});
      }
    }
    std::vector<std::size_t> fan_outs{quantity};
    fan_outs.insert(fan_outs.end(), above.begin(), above.end());
    for (const std::size_t q : fan_outs) {
      std::vector<std::size_t> users;
      for (std::size_t p = q + 1; p < steps_.nodes().size(); ++p)
        if (std::find(operands_[p].begin(), operands_[p].end(), q) != operands_[p].end()) users.push_back(p);
      if (users.size() < 2) continue;
      for (const std::size_t user : users) {
        for (const bool keep : {true, false}) {
          const Overwrite overwrite{q, user, keep};
          if (!fits(sweep(given_, locals_, nullptr, &overwrite, nullptr, quantity)[quantity])) continue;
          add(likely,
              {MistakeKind::overwritten, "at " + name(q) + ", which is used " + std::to_string(users.size()) +
                                             " times, " + (keep ? "only" : "all but") + " the contribution of " +
                                             name(user) + " was kept: contributions are added up, not overwritten"});
        }
      }
    }
    finish(likely);
    return likely;
  }

  [[nodiscard]] std::string name(std::size_t p) const { return graph::detail::printable(steps_.name(p)); }

  /// The step that a primitive is part of.
  [[nodiscard]] std::string place(NodeId id) const {
    for (std::size_t p = 0; p < steps_.nodes().size(); ++p) {
      const auto segment = steps_.segment(p);
      if (!d_.graph().operands(steps_.nodes()[p]).empty() && std::binary_search(segment.begin(), segment.end(), id))
        return name(p);
    }
    return "it";
  }

  [[nodiscard]] Mistake text_of(const Mutation& m) const {
    const graph::Graph& graph = d_.graph();
    const std::string operation(graph.operation(m.node).name), at = " at " + place(m.node);
    const auto operands = graph.operands(m.node);
    const auto is_constant = [&](NodeId id) { return graph.operation_id(id) == graph::constant_operation; };
    const bool binary = operands.size() == 2;
    switch (m.slip) {
      case Slip::factor:
        if (binary && is_constant(operands[1 - m.position]) && (operation == "mul" || operation == "div")) {
          const double c = d_.elements(operands[1 - m.position]).element(0);
          const std::string factor = operation == "mul" ? number(c) : "1/" + number(c);
          return {MistakeKind::count, "the constant factor " + factor + at + " was left out"};
        }
        if (operands.size() == 1 && operation != "neg")
          return {MistakeKind::activation, "the derivative of " + operation + at + " was left out"};
        if (operation == "sub" || operation == "neg")
          return {MistakeKind::sign, "the minus of the derivative of a difference" + at + " was left out"};
        return {MistakeKind::factor, "a factor was left out: the derivative of " + operation + at +
                                         (d_.has_local(m.node) ? ", " + number(d_.local(m.node, m.position)) : "")};
      case Slip::path:
        return {MistakeKind::overwritten, "what comes by way of " + operation + at +
                                              " is missing: all contributions are added up, not overwritten"};
      case Slip::sign:
        return {MistakeKind::sign, "the sign is wrong: that of the derivative of " + operation + at};
      case Slip::own_operand:
        return {MistakeKind::own_operand, "the derivative of a product a·b by a is b, not a" + at};
      case Slip::exponent:
        return {MistakeKind::exponent, "the exponent of the power" + at + " was not put in front"};
      case Slip::at_input:
        return {MistakeKind::at_input,
                "the derivative of " + operation + at + " was computed from its argument instead of its value"};
      case Slip::transpose:
        return {MistakeKind::transpose, "the matrix of the product" + at + " was not transposed"};
    }
    return {};
  }

  static void add(std::vector<Mistake>& likely, Mistake mistake) {
    for (const Mistake& other : likely)
      if (other.text == mistake.text) return;
    likely.push_back(std::move(mistake));
  }

  /// The likeliest first, one of each kind.
  static void finish(std::vector<Mistake>& likely) {
    const auto weight = [](const Mistake& m) {
      constexpr MistakeKind order[]{MistakeKind::activation, MistakeKind::overwritten, MistakeKind::count,
                                    MistakeKind::exponent,   MistakeKind::transpose,   MistakeKind::own_operand,
                                    MistakeKind::at_input,   MistakeKind::sign,        MistakeKind::factor};
      return std::find(std::begin(order), std::end(order), m.kind) - std::begin(order);
    };
    std::stable_sort(likely.begin(), likely.end(),
                     [&](const Mistake& a, const Mistake& b) { return weight(a) < weight(b); });
    std::vector<Mistake> kept;
    for (Mistake& m : likely) {
      const bool there = std::any_of(kept.begin(), kept.end(), [&](const Mistake& k) { return k.kind == m.kind; });
      if (!there && kept.size() < 3) kept.push_back(std::move(m));
    }
    likely = std::move(kept);
  }

  Dependence d_;
  Steps steps_;
  std::source_location where_;
  std::vector<NodeId> variables_;
  std::vector<bool> active_;
  std::size_t root_ = 0;
  std::vector<Answer> answers_;
  std::vector<Subject> subjects_;                   // of the answers
  std::vector<std::vector<std::size_t>> operands_;  // by step: those that derivatives flow into
  std::vector<Uncertain> truth_;
  std::vector<Marked> marked_;
  std::vector<std::size_t> order_;  // of the answers, as they are judged
  Given given_;                     // adjoints answered so far
  GivenLocal locals_;               // local derivatives answered so far
};

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

Marking mark(const detail::AnyHandle& y, const std::vector<Answer>& answers, std::source_location where) {
  return Marker(y, answers, where).run();
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
    if (m.verdict == Verdict::consequential)
      text += "consequential: it is " + number(m.expected) + ", but this follows from the numbers before it\n";
  }
  text += "\n" + std::to_string(marking.right) + " of " + std::to_string(count) + " right, " +
          std::to_string(marking.wrong) + " wrong, " + std::to_string(marking.consequential) + " consequential\n";
  if (!marking.first_wrong) return text;
  const Marked& first = marking.answers[*marking.first_wrong];
  text += "\nThe first mistake is in " + graph::detail::printable(first.answer.quantity) + " (line " +
          std::to_string(first.answer.line) + "): " + shown(first.answer) + " instead of " +
          number(first.follows.value_or(first.expected)) + ".\n";
  if (first.likely.empty()) text += "No single mistake that is known here gives this number.\n";
  for (std::size_t k = 0; k < first.likely.size(); ++k)
    text += std::string(k == 0 ? "Likely: " : "    or: ") + first.likely[k].text + ".\n";
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
