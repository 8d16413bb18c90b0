#include "wengert/autodiff/explain/marking.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "wengert/autodiff/explain/answer_subjects.hpp"
#include "wengert/autodiff/explain/dependence.hpp"
#include "wengert/autodiff/explain/steps.hpp"
#include "wengert/autodiff/explain/student_work.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/graph/drawing/wording.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::NodeId;

namespace {

using detail::Dependence;
using detail::Lapse;
using detail::Mutation;
using detail::OwnNumber;
using detail::Slip;
using detail::Steps;
using detail::StudentWork;
using detail::Subject;
using detail::Uncertain;

std::string number(double value) { return graph::short_number(value, 6); }

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

/// The same number, but for what rounding makes of it.
bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-9 * std::abs(b);
}

double element_of(const Array& array, std::int64_t at) {
  return is_real(array.dtype()) ? array.element(at) : static_cast<double>(array.integer_element(at));
}

/// The steps of a calculation that answers are about: of named values, or of primitives.
Steps steps_for(const Dependence& d, const std::vector<Answer>& answers, std::source_location where) {
  Steps steps(d, false, 2000, "mark", where);
  return detail::ask_for_primitives(answers, steps) ? Steps(d, true, 2000, "mark", where) : steps;
}

std::vector<bool> active_in(const Dependence& d) {
  std::vector<NodeId> variables;
  for (NodeId id = 0; id < d.graph().size(); ++id) {
    const bool leaf = d.graph().operation_id(id) == graph::variable_operation;
    if (leaf && is_real(d.graph().type(id).dtype)) variables.push_back(id);
  }
  return d.between(variables);
}

class Marker {
 public:
  Marker(const detail::AnyHandle& y, const std::vector<Answer>& answers, std::source_location where)
      : d_(y, "mark", where),
        steps_(steps_for(d_, answers, where)),
        active_(active_in(d_)),
        answers_(answers),
        subjects_(detail::AnswerSubjects(d_, steps_, active_, where).of(answers)),
        truth_(d_, steps_, active_),
        marked_(answers.size()),
        culprits_(answers.size()) {
    for (std::size_t k = 0; k < answers_.size(); ++k) {
      marked_[k].answer = answers_[k];
      marked_[k].derivative = subjects_[k].kind != Kind::value;
    }
  }

  Marking run() {
    judge_values();
    true_adjoints_ = truth_.sweep({}, {});
    for (std::size_t p = steps_.nodes().size(); p-- > 0;) {
      if (!truth_.depends(p)) continue;
      judge_adjoint(p);
      const std::vector<std::size_t>& operands = truth_.operands(p);
      for (std::size_t k = operands.size(); k-- > 0;) judge_local(p, operands[k]);
    }
    Marking marking;
    for (const std::size_t k : order_) {
      std::vector<Mistake> mistakes;
      for (Culprit& culprit : culprits_[k]) mistakes.push_back(std::move(culprit.mistake));
      marked_[k].likely = likeliest(std::move(mistakes));
      marking.answers.push_back(std::move(marked_[k]));
      const Verdict verdict = marking.answers.back().verdict;
      if (verdict == Verdict::wrong && !marking.first_wrong) marking.first_wrong = marking.answers.size() - 1;
      ++(verdict == Verdict::right ? marking.right : verdict == Verdict::wrong ? marking.wrong : marking.consequential);
    }
    return marking;
  }

 private:
  using Kind = Subject::Kind;
  /// A single lapse that gives the wrong number.
  struct Culprit {
    Lapse lapse;
    Mistake mistake;
  };

  [[nodiscard]] OwnNumber own(std::size_t k) const {
    return {subjects_[k].element, answers_[k].value, unit_of(answers_[k])};
  }
  /// The answers about a quantity, in the order of the file.
  [[nodiscard]] std::vector<std::size_t> answers_about(Kind kind, std::size_t quantity, std::size_t of = 0) const {
    std::vector<std::size_t> found;
    for (std::size_t k = 0; k < answers_.size(); ++k)
      if (subjects_[k].kind == kind && subjects_[k].quantity == quantity && subjects_[k].of == of) found.push_back(k);
    return found;
  }

  /// `follows`: what the student's own numbers may lead to; `led_astray`: what those lead to that are not right.
  void judge(std::size_t k, double truth, const std::vector<Uncertain>& follows, double led_astray) {
    const std::int64_t at = subjects_[k].element;
    Marked& m = marked_[k];
    m.expected = truth;
    const bool astray = WENGERT_HOLDS("mark: led astray", !same(led_astray, truth));
    if (astray) m.follows = element_of(follows.front().value, at);
    const bool understood = std::any_of(follows.begin(), follows.end(), [&](const Uncertain& own) {
      return agrees(answers_[k], element_of(own.value, at), element_of(own.slack, at));
    });
    m.verdict = agrees(answers_[k], truth, 0) ? Verdict::right
                : !understood                 ? Verdict::wrong
                : astray                      ? Verdict::consequential
                                              : Verdict::right;
    order_.push_back(k);
  }

  /// In the order of the calculation. What derivatives are held against afterwards has the student's values: the wrong
  /// ones, and what follows from them; or all that were written, as they were rounded.
  void judge_values() {
    detail::OwnNumbers written, wrong;
    const auto is_value = [](const Subject& s) { return s.kind == Kind::value; };
    if (std::any_of(subjects_.begin(), subjects_.end(), is_value)) {
      std::vector<Uncertain> all, astray;
      for (std::size_t p = 0; p < steps_.nodes().size(); ++p) {
        all.push_back(truth_.value_from(p, all));
        astray.push_back(truth_.value_from(p, astray));
        for (const std::size_t k : answers_about(Kind::value, p)) {
          const std::int64_t at = subjects_[k].element;
          judge(k, element_of(truth_.value(p), at), {all[p]}, element_of(astray[p].value, at));
          written[p].push_back(own(k));
          if (marked_[k].verdict != Verdict::right) wrong[p].push_back(own(k));
        }
        if (written.count(p) != 0) all[p] = replaced(all[p], written[p]);
        if (wrong.count(p) != 0) astray[p] = replaced(astray[p], wrong[p]);
      }
    }
    own_.push_back(wrong.empty() ? truth_ : truth_.with_values(wrong));
    if (!written.empty()) own_.push_back(truth_.with_values(written));
    if (!wrong.empty()) own_.push_back(truth_);  // a slip of the pen, and the calculation went on with the right one
  }

  /// What arrives at the quantity in the student's own sweep, with each of the values that it may have been done with.
  [[nodiscard]] std::vector<Uncertain> arriving(std::size_t p, const Lapse* lapse) const {
    std::vector<Uncertain> found;
    for (const StudentWork& work : own_) found.push_back(work.sweep(adjoints_, locals_, lapse, p)[p]);
    return found;
  }

  void judge_adjoint(std::size_t p) {
    const std::vector<std::size_t> here = answers_about(Kind::adjoint, p);
    if (here.empty()) return;
    const std::vector<Uncertain> follows = arriving(p, nullptr);
    const Array astray = own_.front().sweep(wrong_adjoints_, wrong_locals_, nullptr, p)[p].value;
    for (const std::size_t k : here) {
      const std::int64_t at = subjects_[k].element;
      judge(k, true_adjoints_[p].value.element(at), follows, astray.element(at));
      if (marked_[k].verdict == Verdict::wrong) find_culprits(p, k);
    }
    for (const std::size_t k : here) {
      adjoints_[p].push_back(own(k));
      if (marked_[k].verdict != Verdict::right) wrong_adjoints_[p].push_back(own(k));
    }
  }

  void judge_local(std::size_t step, std::size_t operand) {
    for (const std::size_t k : answers_about(Kind::local, operand, step)) {
      const auto number_of = [&](double value) { return Array::scalar(value); };
      std::vector<Uncertain> follows;
      for (const StudentWork& work : own_) follows.push_back({number_of(work.local(step, operand)), number_of(0.0)});
      judge(k, truth_.local(step, operand), follows, own_.front().local(step, operand));
      locals_[{step, operand}] = own(k);
      if (marked_[k].verdict == Verdict::right) continue;
      wrong_locals_[{step, operand}] = own(k);
      if (marked_[k].verdict == Verdict::consequential) continue;
      for (const Mutation& mutation : slips_in(step)) {
        const bool fits = std::any_of(own_.begin(), own_.end(), [&](const StudentWork& work) {
          return agrees(answers_[k], work.local(step, operand, &mutation), 0);
        });
        if (fits) culprits_[k].push_back({{.rule = mutation}, text_of(mutation)});
      }
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
      for (const std::size_t operand : truth_.operands(p)) {
        if (reached.count(operand) == 0) continue;
        users.insert(p);
        if (adjoints_.count(p) == 0) reached.insert(p);
      }
    }
    return {users.begin(), users.end()};
  }

  /// With this lapse the student's own numbers lead to the answer.
  [[nodiscard]] bool leads_to(const Lapse& lapse, std::size_t p, std::size_t k) const {
    const std::int64_t at = subjects_[k].element;
    const std::vector<Uncertain> arrived = arriving(p, &lapse);
    return std::any_of(arrived.begin(), arrived.end(), [&](const Uncertain& own) {
      return agrees(answers_[k], own.value.element(at), own.slack.element(at));
    });
  }

  /// A lapse that gave an earlier wrong number may give this one, too: then it was made once, at a place that both come
  /// from, and of the explanations of the earlier number those remain that explain both.
  void find_culprits(std::size_t p, std::size_t k) {
    for (const std::size_t earlier : order_) {
      if (earlier == k || culprits_[earlier].empty() || subjects_[earlier].kind != Kind::adjoint) continue;
      std::vector<Culprit> shared;
      for (const Culprit& culprit : culprits_[earlier])
        if (leads_to(culprit.lapse, p, k)) shared.push_back(culprit);
      if (shared.empty()) continue;
      culprits_[earlier] = std::move(shared);
      marked_[k].verdict = Verdict::consequential;
      marked_[k].cause = answers_[earlier].line;
      return;
    }
    const auto consider = [&](const Lapse& lapse, auto&& mistake) {
      if (leads_to(lapse, p, k)) culprits_[k].push_back({lapse, mistake()});
    };
    const std::vector<std::size_t> above = steps_above(p);
    for (const std::size_t step : above) {
      for (const Mutation& mutation : slips_in(step)) consider({.rule = mutation}, [&] { return text_of(mutation); });
      // Of a single primitive that has been tried.
      if (steps_.segment(step).size() < 2) continue;
      for (const std::size_t operand : truth_.operands(step)) {
        consider({.left_out = Lapse::LeftOut{step, operand}}, [&]() -> Mistake {
          return {MistakeKind::factor, "the local derivative d" + name(step) + "/d" + name(operand) + " was left out"};
        });
      }
    }
    std::vector<std::size_t> fan_outs{p};
    fan_outs.insert(fan_outs.end(), above.begin(), above.end());
    for (const std::size_t q : fan_outs) {
      std::vector<std::size_t> users;
      for (std::size_t user = q + 1; user < steps_.nodes().size(); ++user) {
        const std::vector<std::size_t>& operands = truth_.operands(user);
        if (std::find(operands.begin(), operands.end(), q) != operands.end()) users.push_back(user);
      }
      if (users.size() < 2) continue;
      for (const std::size_t user : users) {
        for (const bool keep : {true, false}) {
          consider({.fan_out = Lapse::FanOut{q, user, keep}}, [&]() -> Mistake {
            return {MistakeKind::overwritten, "at " + name(q) + ", which is used " + std::to_string(users.size()) +
                                                  " times, " + (keep ? "only" : "all but") + " the contribution of " +
                                                  name(user) +
                                                  " was kept: contributions are added up, not overwritten"};
          });
        }
      }
    }
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

  /// The likeliest first, one of each kind.
  [[nodiscard]] static std::vector<Mistake> likeliest(std::vector<Mistake> likely) {
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
    return kept;
  }

  Dependence d_;
  Steps steps_;
  std::vector<bool> active_;
  std::vector<Answer> answers_;
  std::vector<Subject> subjects_;  // of the answers
  StudentWork truth_;
  std::vector<StudentWork>
      own_;  // with the values that are wrong in place of the right ones; with all that were written
  std::vector<Uncertain> true_adjoints_;
  std::vector<Marked> marked_;
  std::vector<std::vector<Culprit>> culprits_;    // of the answers that are wrong
  std::vector<std::size_t> order_;                // of the answers, as they are judged
  detail::OwnNumbers adjoints_, wrong_adjoints_;  // answered so far; those that are not right
  detail::OwnLocals locals_, wrong_locals_;       // likewise
};

}  // namespace

Marking mark(const detail::AnyHandle& y, const std::vector<Answer>& answers, std::source_location where) {
  return Marker(y, answers, where).run();
}

}  // namespace wengert
