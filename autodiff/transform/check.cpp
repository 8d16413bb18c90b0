// The gradient checker. Reading order: differences(), Judge (compares two numbers and keeps the failures),
// check_function(), PrimitiveChecker.
#include "wengert/autodiff/transform/check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

namespace {

struct Difference {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::infinity();  ///< estimate
};

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

/// The derivatives of the numbers f(x) at x, by Ridders' extrapolation of central differences; for every number the
/// entry of the table with the smallest estimated error is taken. Steps at which f is not finite are left out.
template <class F>
std::vector<Difference> differences(const F& f, double x, std::size_t count) {
  constexpr int most_rows = 16, most_halvings = 60;
  constexpr double shrink = 2;
  std::vector<Difference> best(count);
  std::vector<std::vector<double>> above, row;  // by order of extrapolation, then by number
  double h = 0.0625 * std::max(std::abs(x), 0.125);
  for (int j = 0, rows = 0; j < most_halvings && rows < most_rows; ++j, h /= shrink) {
    const double up = x + h, down = x - h;
    if (up == down) break;
    const std::vector<double> high = f(up), low = f(down);
    if (!all_finite(high) || !all_finite(low)) {
      above.clear();
      best.assign(count, {});
      rows = 0;
      continue;
    }
    ++rows;
    row.assign(1, std::vector<double>(count));
    for (std::size_t n = 0; n < count; ++n) row[0][n] = (high[n] - low[n]) / (up - down);
    double factor = shrink * shrink;
    for (std::size_t i = 1; i <= above.size(); ++i, factor *= shrink * shrink) {
      row.emplace_back(count);
      for (std::size_t n = 0; n < count; ++n) {
        row[i][n] = (factor * row[i - 1][n] - above[i - 1][n]) / (factor - 1);
        const double error = std::max(std::abs(row[i][n] - row[i - 1][n]), std::abs(row[i][n] - above[i - 1][n]));
        if (error <= best[n].error) best[n] = {row[i][n], error};
      }
    }
    above = row;
  }
  return best;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Compares, counts, remembers what fails. The point and the operation are the same for a while.
class Judge {
 public:
  Judge(CheckReport& report, std::string operation, const CheckOptions& options)
      : report_(report), operation_(std::move(operation)), options_(options) {}

  void at(std::vector<double> point) { at_ = std::move(point); }

  /// Two numbers that one rule gives by different ways. `scale`: what the rounding errors are relative to, if larger.
  void agree(const char* check, int order, const std::string& operands, double got, double expected, double scale = 0) {
    ++report_.comparisons;
    if (same(got, expected)) return;
    const double allowed = options_.agreement * std::max({std::abs(got), std::abs(expected), scale});
    judge(check, order, operands, got, expected, allowed, std::abs(got - expected));
  }

  /// A derivative against differences. `rounding`: size of the numbers whose differences were taken.
  void settle(const char* check, int order, const std::string& operands, double got, const Difference& difference,
              double rounding) {
    ++report_.comparisons;
    const double scale = std::max({std::abs(difference.value), std::abs(got), 1e-4 * std::abs(rounding)});
    const double allowed = options_.tolerance * std::pow(10.0, order - 1) * scale;
    const double error = std::abs(got - difference.value);
    if (error <= allowed && !(difference.error <= allowed)) {
      report_.failures.push_back({operation_, check, order, operands, at_, got, difference.value, -difference.error});
      return;
    }
    judge(check, order, operands, got, difference.value, allowed, error);
  }

 private:
  void judge(const char* check, int order, const std::string& operands, double got, double expected, double allowed,
             double error) {
    if (error <= allowed) {
      report_.worst = std::max(report_.worst, allowed > 0 ? error / allowed : 0.0);
      return;
    }
    report_.worst = std::max(
        report_.worst, std::isfinite(error) && allowed > 0 ? error / allowed : std::numeric_limits<double>::infinity());
    report_.failures.push_back({operation_, check, order, operands, at_, got, expected, allowed});
  }

  CheckReport& report_;
  std::string operation_;
  const CheckOptions& options_;
  std::vector<double> at_;
};

double largest(const std::vector<double>& values) {
  double result = 0;
  for (const double v : values) result = std::max(result, std::abs(v));
  return result;
}

std::string named(const char* kind, std::initializer_list<std::size_t> indices) {
  std::string text;
  for (const std::size_t k : indices) text += (text.empty() ? "" : ", ") + std::string(kind) + " " + std::to_string(k);
  return text;
}

}  // namespace

std::string to_string(const CheckFailure& failure) {
  std::ostringstream text;
  text.precision(17);
  text << failure.operation << ": " << failure.check << ", order " << failure.order;
  if (!failure.operands.empty()) text << ", by " << failure.operands;
  text << ", at (";
  for (std::size_t k = 0; k < failure.at.size(); ++k) text << (k > 0 ? ", " : "") << failure.at[k];
  text << "): got " << failure.got << ", expected " << failure.expected;
  text.precision(2);
  if (failure.allowed >= 0)
    text << " ± " << failure.allowed;
  else
    text << ", but the differences did not settle (± " << -failure.allowed << "): is a kink near?";
  return text.str();
}

std::string CheckReport::text() const {
  if (passed()) {
    std::ostringstream line;
    line.precision(2);
    line << comparisons << " comparisons, all well; the largest error is " << worst << " of what is allowed\n";
    return line.str();
  }
  if (comparisons == 0) return "nothing was compared\n";
  std::string lines;
  for (const CheckFailure& failure : failures) lines += to_string(failure) + "\n";
  return lines;
}

// --- Functions
// --------------------------------------------------------------------------------------------------------

GradientCheck detail::check_function(const std::function<Scalar(const std::vector<Scalar>&)>& f,
                                     std::span<const double> at, const CheckOptions& options) {
  if (options.order != 1 && options.order != 2) {
    throw ArgumentError{
        {.operation = "check_gradient", .problem = "order " + std::to_string(options.order), .expected = "1 or 2"}};
  }
  const std::size_t count = at.size();
  std::vector<double> point(at.begin(), at.end());
  GradientCheck result;
  Judge judge(result, "check_gradient", options);
  judge.at(point);

  Recording r;
  const std::vector<Scalar> x = r.variables(point);
  const Scalar y = f(x);
  result.value = y.value();
  const Adjoints adjoints = backward(y);
  const std::vector<Scalar> recorded = gradient(y, x);

  Recording scratch;
  const auto moved = [&](std::size_t k, double to) {
    std::vector<double> inputs = point;
    inputs[k] = to;
    scratch.clear();
    return scratch.variables(inputs);
  };
  std::vector<Difference> settled;
  for (std::size_t k = 0; k < count; ++k) {
    result.backward.push_back(adjoints[x[k]]);
    result.recorded.push_back(recorded[k].value());
    result.forward.push_back(wengert::forward({x[k]}, {1.0})[y]);
    settled.push_back(differences([&](double to) { return std::vector{f(moved(k, to)).value()}; }, point[k], 1)[0]);
    result.differences.push_back(settled[k].value);
  }
  // Rounding is relative to the largest entry: the terms of the others may be as large.
  const double scale = largest(result.backward);
  for (std::size_t k = 0; k < count; ++k) {
    const std::string name = named("variable", {k});
    judge.agree("recorded against numeric", 1, name, result.recorded[k], result.backward[k], scale);
    judge.agree("forward against reverse", 1, name, result.forward[k], result.backward[k], scale);
    judge.settle("reverse against differences", 1, name, result.backward[k], settled[k], result.value);
  }
  if (options.order < 2) return result;

  std::vector<std::vector<double>> twice_recorded;
  for (std::size_t k = 0; k < count; ++k) {
    const Adjoints second = wengert::backward(recorded[k]);
    const std::vector<Scalar> h = gradient(recorded[k], x);
    result.hessian.emplace_back();
    twice_recorded.emplace_back();
    for (std::size_t j = 0; j < count; ++j) {
      result.hessian[k].push_back(second[x[j]]);
      twice_recorded[k].push_back(h[j].value());
    }
  }
  result.hessian_differences.assign(count, std::vector<double>(count));
  for (std::size_t j = 0; j < count; ++j) {
    const std::vector<Difference> d = differences(
        [&](double to) {
          const std::vector<Scalar> inputs = moved(j, to);
          const Adjoints a = wengert::backward(f(inputs));
          std::vector<double> g;
          for (const Scalar& input : inputs) g.push_back(a[input]);
          return g;
        },
        point[j], count);
    const double second_scale = largest(result.hessian[j]);
    for (std::size_t k = 0; k < count; ++k) {
      result.hessian_differences[k][j] = d[k].value;
      const std::string name = named("variable", {k, j});
      judge.agree("gradient of the gradient against backward over it", 2, name, twice_recorded[k][j],
                  result.hessian[k][j], second_scale);
      judge.settle("backward over the gradient against differences", 2, name, result.hessian[k][j], d[k], scale);
    }
  }
  return result;
}

// --- Primitives
// -------------------------------------------------------------------------------------------------------

namespace {

class PrimitiveChecker {
 public:
  PrimitiveChecker(const Primitive& primitive, const CheckOptions& options)
      : p_(primitive),
        arity_(static_cast<std::size_t>(primitive.arity)),
        options_(options),
        judge_(report_, std::string(primitive.name), options) {}

  CheckReport run() {
    for (std::size_t i = 0; i < p_.point_count; ++i) {
      std::array<double, 3> at{};
      int order = 0;
      p_.point(i, at.data(), order);
      judge_.at({at.begin(), at.begin() + p_.arity});
      check_point(at, std::min(order, options_.order), order > 1);
    }
    return std::move(report_);
  }

 private:
  using Point = std::array<double, 3>;

  [[nodiscard]] bool varies(std::size_t k) const {
    return !((options_.constant_operands | p_.constant_operands | p_.truth_operands) >> k & 1u);
  }
  [[nodiscard]] Scalar record(const std::vector<Scalar>& x) const {
    std::array<Eager, 3> operands{Eager(0.0), Eager(0.0), Eager(0.0)};
    for (std::size_t k = 0; k < arity_; ++k) operands[k] = Eager(x[k]);
    return p_.record(operands.data()).scalar();
  }
  [[nodiscard]] std::vector<Scalar> variables(Recording& r, const Point& at) const {
    return r.variables(std::span(at.data(), arity_));
  }
  [[nodiscard]] double partial(std::size_t k, const Point& at) const {
    return p_.differentiable >> k & 1u ? p_.partial(k, p_.value(at.data()), at.data()) : 0.0;
  }
  static Point moved(Point at, std::size_t k, double to) {
    at[k] = to;
    return at;
  }

  void check_point(const Point& at, int order, bool smooth) {
    Recording r;
    const std::vector<Scalar> x = variables(r, at);
    const Scalar y = record(x);
    const double value = p_.value(at.data());
    judge_.agree("recorded value against the value", 0, "", y.value(), value);
    if (order < 1) return;

    const Adjoints adjoints = backward(y);
    const std::vector<Scalar> g = gradient(y, x);
    for (std::size_t k = 0; k < arity_; ++k) {
      const std::string name = named("operand", {k});
      const double d = partial(k, at);
      judge_.agree("numeric sweep against the rule", 1, name, adjoints[x[k]], d);
      judge_.agree("recorded against numeric", 1, name, g[k].value(), d);
      judge_.agree("forward against reverse", 1, name, forward({x[k]}, {1.0})[y], d);
      check_contribution(k, at, value, d, name);
      if (smooth && varies(k) && std::isfinite(d)) {
        judge_.settle(
            "rule against differences", 1, name, d,
            differences([&](double to) { return std::vector{p_.value(moved(at, k, to).data())}; }, at[k], 1)[0], value);
      }
    }
    check_rolled(at);
    if (order >= 2 && smooth) check_second(at, x, g, order);
  }

  void check_contribution(std::size_t k, const Point& at, double value, double d, const std::string& name) {
    if (!(p_.differentiable >> k & 1u)) return;
    judge_.agree("contribution of a cotangent", 1, name, p_.contribution(k, 0.75, value, at.data()), 0.75 * d);
    judge_.agree("contribution of a zero cotangent", 1, name, p_.contribution(k, 0.0, value, at.data()), 0.0);
  }

  // Repeated often enough to be rolled up: the partials come from the block kernel.
  void check_rolled(const Point& at) {
    constexpr std::size_t copies = 20;
    Recording r;
    std::vector<std::vector<Scalar>> x;
    for (std::size_t i = 0; i < copies; ++i) x.push_back(variables(r, at));
    std::vector<Scalar> y;
    for (std::size_t i = 0; i < copies; ++i) y.push_back(record(x[i]));
    Scalar sum = y[0];
    for (std::size_t i = 1; i < copies; ++i) sum = sum + y[i];
    const Adjoints a = backward(sum);
    for (std::size_t k = 0; k < arity_; ++k)
      judge_.agree("rolled up against the rule", 1, named("operand", {k}), a[x[copies / 2][k]], partial(k, at));
  }

  void check_second(const Point& at, const std::vector<Scalar>& x, const std::vector<Scalar>& g, int order) {
    std::vector<std::vector<Scalar>> h;
    for (std::size_t k = 0; k < arity_; ++k) h.push_back(gradient(g[k], x));
    for (std::size_t k = 0; k < arity_; ++k) {
      const Adjoints second = backward(g[k]);
      for (std::size_t j = 0; j < arity_; ++j) {
        const std::string name = named("operand", {k, j});
        judge_.agree("backward over the gradient against its gradient", 2, name, second[x[j]], h[k][j].value(), 1e-3);
        if (!varies(k) || !varies(j)) continue;
        judge_.agree("symmetry of second derivatives", 2, name, h[k][j].value(), h[j][k].value(), 1e-3);
        judge_.settle("recorded rule against differences of the numeric one", 2, name, h[k][j].value(),
                      differences([&](double to) { return std::vector{partial(k, moved(at, j, to))}; }, at[j], 1)[0],
                      partial(k, at));
        if (order >= 3) check_third(at, x, h[k][j], k, j);
      }
    }
  }

  void check_third(const Point& at, const std::vector<Scalar>& x, const Scalar& second, std::size_t k, std::size_t j) {
    const std::vector<Scalar> t = gradient(second, x);
    for (std::size_t i = 0; i < arity_; ++i) {
      if (!varies(i)) continue;
      const auto recorded = [&](double to) {
        Recording r;
        const std::vector<Scalar> v = variables(r, moved(at, i, to));
        return std::vector{gradient(gradient(record(v), v)[k], v)[j].value()};
      };
      judge_.settle("third derivative against differences of the second", 3, named("operand", {k, j, i}), t[i].value(),
                    differences(recorded, at[i], 1)[0], second.value());
    }
  }

  const Primitive& p_;
  std::size_t arity_;
  const CheckOptions& options_;
  CheckReport report_;
  Judge judge_;
};

}  // namespace

CheckReport check_primitive(const Primitive& primitive, const CheckOptions& options) {
  if (options.order < 1 || options.order > 3) {
    throw ArgumentError{
        {.operation = "check_primitive", .problem = "order " + std::to_string(options.order), .expected = "1, 2 or 3"}};
  }
  return PrimitiveChecker(primitive, options).run();
}

}  // namespace wengert
