#include "wengert/cli/check.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/check.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/inspect/birth.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/cli/slopes.hpp"
#include "wengert/cli/table.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

enum class Verdict { ok, wrong, ways_differ, kink, edge, not_finite, unsettled };

const char* text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::wrong:
      return "wrong";
    case Verdict::ways_differ:
      return "ways differ";
    case Verdict::kink:
      return "kink";
    case Verdict::edge:
      return "edge";
    case Verdict::not_finite:
      return "not finite";
    case Verdict::unsettled:
      return "unsettled";
  }
  return "";
}

/// What is known of the derivative by one element of a variable.
struct Checked {
  std::string name;
  double at = 0;
  double reverse = 0, forward = 0, recorded = 0, differences = 0;
  double allowed = 0;
  Slopes slopes;
  Verdict verdict = Verdict::ok;
};

/// The expression as a function of the elements of the chosen variables; the others stay as they are.
class Flat {
 public:
  explicit Flat(const Problem& problem) : problem_(problem) {
    for (const Binding& binding : problem.point)
      fixed_.push_back(binding.value.rank() == 0 ? Value(binding.value.element(0)) : Value(Tensor(binding.value)));
    for (const std::size_t k : problem.chosen) {
      const auto elements = problem.point[k].value.data<double>();
      at_.insert(at_.end(), elements.begin(), elements.end());
    }
  }

  [[nodiscard]] const std::vector<double>& at() const { return at_; }

  [[nodiscard]] Scalar operator()(const std::vector<Scalar>& x) const {
    std::vector<Value> point = fixed_;
    std::size_t next = 0;
    for (const std::size_t k : problem_.chosen) {
      const Shape& shape = problem_.point[k].value.shape();
      if (shape.rank() == 0) {
        point[k] = Value(x[next++]);
        continue;
      }
      const auto size = static_cast<std::size_t>(shape.size());
      if (size == 0) continue;
      point[k] = Value(reshape(stack(std::span(x).subspan(next, size), {}), shape, {}));
      next += size;
    }
    std::vector<Value> operands;
    for (const std::string& name : problem_.expression.variables) {
      const auto same = [&](const Binding& binding) { return binding.name == name; };
      operands.push_back(point[static_cast<std::size_t>(
          std::find_if(problem_.point.begin(), problem_.point.end(), same) - problem_.point.begin())]);
    }
    const Scalar value = evaluate(problem_.expression, operands).number();
    // The checker wants something recorded, also where nothing depends on x.
    return value.is_constant() ? Scalar(apply<ops::Where>(0.0, x.front(), value)) : value;
  }

  /// Its value when element k has another value.
  [[nodiscard]] double moved(std::size_t k, double to) const {
    std::vector<Scalar> x(at_.begin(), at_.end());
    x[k] = Scalar(to);
    return (*this)(x).value();
  }

 private:
  const Problem& problem_;
  std::vector<Value> fixed_;
  std::vector<double> at_;
};

/// Sets the verdict. Where differences from both sides at once fail, those from either side may still confirm.
void judge(Checked& c, const GradientCheck& check, std::size_t k) {
  const std::string operands = "variable " + std::to_string(k);
  bool ways = true, agrees = true;
  for (const CheckFailure& failure : check.failures) {
    if (failure.operands != operands) continue;
    (failure.check == "reverse against differences" ? agrees : ways) = false;
  }
  const Slope &left = c.slopes.left, &right = c.slopes.right;
  const double scale = std::max(std::abs(left.value), std::abs(right.value));
  const double either = 10 * (left.error + right.error) + 1e-6 * scale;
  const double off = std::max(std::abs(c.reverse - left.value), std::abs(c.reverse - right.value));
  if (!ways) {
    c.verdict = Verdict::ways_differ;
  } else if (c.slopes.kink) {
    c.verdict = Verdict::kink;
  } else if (!std::isfinite(c.reverse) || !std::isfinite(check.value)) {
    c.verdict = Verdict::not_finite;
  } else if (left.defined != right.defined) {
    c.verdict = Verdict::edge;
  } else if (agrees) {
    c.verdict = Verdict::ok;
  } else if (!(either <= std::max(1e-3 * scale, 1e-9))) {
    c.verdict = Verdict::unsettled;
  } else if (off <= either) {
    c.verdict = Verdict::ok;
    c.differences = (left.value + right.value) / 2;
    c.allowed = either;
  } else {
    c.verdict = Verdict::wrong;
  }
}

/// A plain sentence about a derivative that is not ok.
std::string explanation(const Checked& c, const std::string& f) {
  const std::string derivative = "∂" + f + "/∂" + c.name;
  const std::string gives = "reverse mode gives " + shortest(c.reverse) + ".";
  const Slope &left = c.slopes.left, &right = c.slopes.right;
  switch (c.verdict) {
    case Verdict::ok:
      return "";
    case Verdict::wrong:
      return derivative + " is wrong: reverse mode gives " + shortest(c.reverse) + ", differences give " +
             shortest(c.differences) + ".";
    case Verdict::ways_differ:
      return derivative + " is wrong: reverse mode gives " + shortest(c.reverse) + ", forward mode " +
             shortest(c.forward) + ", the recorded gradient " + shortest(c.recorded) + ".";
    case Verdict::kink:
      return f + " has a kink in " + c.name + " here: its slope is " + rounded(left.value, 6) + " from the left and " +
             rounded(right.value, 6) + " from the right, so that there is no derivative to compare with; " + gives;
    case Verdict::edge:
      return f + " is defined on one side only in " + c.name + ", " +
             (right.defined ? "from here on up" : "up to here") + ", so that there is no derivative to compare with; " +
             gives;
    case Verdict::not_finite:
      return f + " or " + derivative + " is not finite here, which differences cannot confirm; " + gives;
    case Verdict::unsettled:
      return "The differences in " + c.name +
             " do not settle: a jump or a kink is here or very near, or the function " + "is rough; " + gives;
  }
  return "";
}

std::vector<Checked> check(const Problem& problem, GradientCheck& result) {
  const Flat f(problem);
  const CheckOptions options;
  result = check_gradient(f, f.at(), options);
  const std::vector<std::string> names = element_names(problem.point, problem.chosen);
  std::vector<Checked> all;
  for (std::size_t k = 0; k < names.size(); ++k) {
    Checked& c = all.emplace_back();
    c.name = names[k];
    c.at = f.at()[k];
    c.reverse = result.backward[k];
    c.forward = result.forward[k];
    c.recorded = result.recorded[k];
    c.differences = result.differences[k];
    // As check_gradient allows it: relative, and something for rounding in the values.
    c.allowed =
        options.tolerance * std::max({std::abs(c.differences), std::abs(c.reverse), 1e-4 * std::abs(result.value)});
    c.slopes = slopes_at([&](double to) { return f.moved(k, to); }, c.at);
    judge(c, result, k);
  }
  return all;
}

std::string table_of(const Problem& problem, const std::vector<Checked>& all, double value) {
  constexpr std::size_t most = 20;
  const std::string f = problem.expression.result_name();
  std::string text;
  for (const Statement& statement : problem.expression.statements)
    text += (statement.name.empty() ? f : statement.name) + " = " + statement.text + "\n";
  text += "value " + shortest(value) + "\n\n";

  // What is not ok comes first when not all can be shown.
  std::vector<const Checked*> shown;
  for (const Checked& c : all)
    if (all.size() <= most || c.verdict != Verdict::ok) shown.push_back(&c);
  for (const Checked& c : all)
    if (all.size() > most && c.verdict == Verdict::ok && shown.size() < most) shown.push_back(&c);
  std::vector<Row> rows{{"variable", " at", " derivative", " differences", "error", "allowed", "verdict"}};
  for (const Checked* c : shown)
    rows.push_back({c->name, cell(c->at, 6), cell(c->reverse, 10), cell(c->differences, 10),
                    rounded(std::abs(c->reverse - c->differences), 2), rounded(c->allowed, 2), text_of(c->verdict)});
  text += aligned(rows);
  if (shown.size() < all.size()) text += "… and " + std::to_string(all.size() - shown.size()) + " more that are ok\n";

  const auto good = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const Checked& c) { return c.verdict == Verdict::ok; }));
  text += "\n";
  if (good == all.size()) {
    const bool one = all.size() == 1;
    return text +
           wrapped((one ? "The derivative is right" : "All " + std::to_string(good) + " derivatives are right") +
                       std::string(": reverse mode, forward mode and the recorded gradient agree, and differences of "
                                   "values confirm ") +
                       (one ? "it." : "them."),
                   100, 0) +
           "\n";
  }
  text += std::to_string(good) + " of " + std::to_string(all.size()) +
          (all.size() == 1 ? " derivative is" : " derivatives are") + " confirmed by differences of values.\n";
  for (const Checked* c : shown)
    if (c->verdict != Verdict::ok) text += wrapped("- " + explanation(*c, f), 100, 2) + "\n";
  return text;
}

std::string json_of(const std::vector<Checked>& all, double value, bool agrees) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const Checked& c : all) {
    checks.push_back({{"variable", c.name},
                      {"at", json_number(c.at)},
                      {"reverse", json_number(c.reverse)},
                      {"forward", json_number(c.forward)},
                      {"recorded", json_number(c.recorded)},
                      {"differences", json_number(c.differences)},
                      {"error", json_number(std::abs(c.reverse - c.differences))},
                      {"allowed", json_number(c.allowed)},
                      {"left", json_number(c.slopes.left.value)},
                      {"right", json_number(c.slopes.right.value)},
                      {"verdict", text_of(c.verdict)}});
  }
  return json_line({{"schema", 1}, {"value", json_number(value)}, {"agrees", agrees}, {"checks", checks}});
}

}  // namespace

Status run_check(const CheckCommandOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  if (recorded.value.is_array()) {
    throw UsageError("check wants a value that is one number; this one is " + recorded.value.description() +
                     "\n  hint: sum(…) or an element such as …[0] makes one number of it");
  }
  if (element_names(problem.point, problem.chosen).empty())
    throw UsageError("the expression has no variables; there is no derivative to check");
  GradientCheck result;
  std::vector<Checked> all;
  try {
    all = check(problem, result);
  } catch (const EvaluationError& error) {
    throw WorkError(describe(error, problem.text));
  }
  std::string report;
  if (!options.json) {
    report = table_of(problem, all, result.value);
    if (std::any_of(all.begin(), all.end(), [](const Checked& c) { return c.verdict == Verdict::not_finite; }))
      if (const std::string born = birth_note(recorded, problem); !born.empty())
        report += wrapped("where: " + born + "; wengert trace tells more.", 100, 2) + "\n";
  }
  const bool agrees = std::all_of(all.begin(), all.end(), [](const Checked& c) { return c.verdict == Verdict::ok; });
  streams.out << (options.json ? json_of(all, result.value, agrees) : report);
  return agrees ? done : failed;
}

}  // namespace wengert::cli
