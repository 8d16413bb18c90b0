#include "wengert/nn/optim/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>
#include <string>

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

namespace {

using Numbers = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

[[nodiscard]] double dot(const Numbers& a, const Numbers& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
/// The largest magnitude; NaN and ∞ give ∞.
[[nodiscard]] double largest(const Numbers& a) {
  double most = 0;
  for (const double x : a) most = std::isfinite(x) ? std::max(most, std::abs(x)) : infinity;
  return most;
}

/// A point on the line x + step · direction.
struct Trial {
  double step = 0, loss = 0, slope = 0;  // slope: of the loss by the step
  Numbers gradient{};
  [[nodiscard]] bool is_finite() const { return std::isfinite(loss) && std::isfinite(slope); }
};

/// Where the cubic through two trials is smallest, kept within [low, high]; their middle where it says nothing.
/// (Nocedal, Wright, equation 3.59.)
[[nodiscard]] double cubic_minimum(const Trial& a, const Trial& b, double low, double high) {
  const double middle = 0.5 * (low + high);
  if (!a.is_finite() || !b.is_finite() || a.step == b.step) return middle;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return middle;
  const double d2 = std::copysign(std::sqrt(square), b.step - a.step);
  const double at = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return std::isfinite(at) ? std::clamp(at, low, high) : middle;
}

class Search {
 public:
  Search(std::span<double> x, const FlatLoss& f, const LBFGSOptions& options, std::source_location where)
      : x_(x), f_(f), options_(options), where_(where), start_(x.begin(), x.end()) {}

  Minimum run();
  /// To where this iteration began, the best point known.
  void go_back() { std::ranges::copy(start_, x_.begin()); }

 private:
  [[nodiscard]] Numbers direction() const;
  [[nodiscard]] Trial at(double step, const Numbers& d);
  [[nodiscard]] Trial wolfe(double first, const Numbers& d, const Trial& origin);
  [[nodiscard]] Trial zoom(Trial low, Trial high, const Numbers& d, const Trial& origin);
  [[nodiscard]] bool decreases(const Trial& t, const Trial& origin) const {
    return t.loss <= origin.loss + options_.sufficient_decrease * t.step * origin.slope;
  }
  [[nodiscard]] bool is_flat(const Trial& t, const Trial& origin) const {
    return std::abs(t.slope) <= -options_.curvature * origin.slope;
  }
  double evaluate(Numbers& gradient) {
    ++result_.evaluations;
    return f_(x_, gradient);
  }
  void place(double step, const Numbers& d) {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = start_[i] + step * d[i];
  }

  struct Pair {
    Numbers s, y;
    double sy;
  };
  static constexpr int most_trials = 25;

  std::span<double> x_;
  const FlatLoss& f_;
  const LBFGSOptions& options_;
  std::source_location where_;
  Numbers start_;  // where this iteration began
  Numbers gradient_;
  double loss_ = 0;
  std::deque<Pair> pairs_;
  Minimum result_;
};

Trial Search::at(double step, const Numbers& d) {
  place(step, d);
  Trial t{.step = step};
  t.gradient.resize(x_.size());
  t.loss = evaluate(t.gradient);
  t.slope = dot(t.gradient, d);
  return t;
}

Numbers Search::direction() const {
  Numbers q = gradient_;
  Numbers alpha(pairs_.size());
  for (std::size_t k = pairs_.size(); k-- > 0;) {
    alpha[k] = dot(pairs_[k].s, q) / pairs_[k].sy;
    for (std::size_t i = 0; i < q.size(); ++i) q[i] -= alpha[k] * pairs_[k].y[i];
  }
  const double scale = pairs_.empty() ? 1.0 : pairs_.back().sy / dot(pairs_.back().y, pairs_.back().y);
  for (double& x : q) x *= scale;
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    const double beta = alpha[k] - dot(pairs_[k].y, q) / pairs_[k].sy;
    for (std::size_t i = 0; i < q.size(); ++i) q[i] += beta * pairs_[k].s[i];
  }
  for (double& x : q) x = -x;
  return q;
}

/// A step that meets Wolfe's strong conditions, or the best that decreases sufficiently; step 0 if none does.
Trial Search::wolfe(double first, const Numbers& d, const Trial& origin) {
  Trial before = origin;
  double step = first;
  for (int k = 0; k < most_trials; ++k) {
    Trial now = at(step, d);
    if (!now.is_finite() || !decreases(now, origin) || (k > 0 && now.loss >= before.loss))
      return zoom(std::move(before), std::move(now), d, origin);
    if (is_flat(now, origin)) return now;
    if (now.slope >= 0) return zoom(std::move(now), std::move(before), d, origin);
    step = cubic_minimum(before, now, now.step + 0.01 * (now.step - before.step), 10 * now.step);
    before = std::move(now);
  }
  return before;
}

/// `low` decreases sufficiently and has the smaller loss; between it and `high` lies a step that is sought.
Trial Search::zoom(Trial low, Trial high, const Numbers& d, const Trial& origin) {
  const double largest_direction = largest(d);
  for (int k = 0; k < most_trials; ++k) {
    const double left = std::min(low.step, high.step), width = std::abs(high.step - low.step);
    if (width * largest_direction < 1e-2 * std::min(options_.tolerance_change, 1e-9) || width <= 1e-15 * left) break;
    Trial now = at(cubic_minimum(low, high, left + 0.1 * width, left + 0.9 * width), d);
    if (!now.is_finite() || !decreases(now, origin) || now.loss >= low.loss) {
      high = std::move(now);
      continue;
    }
    if (is_flat(now, origin)) return now;
    if (now.slope * (high.step - low.step) >= 0) high = low;
    low = std::move(now);
  }
  return low;
}

Minimum Search::run() {
  gradient_.resize(x_.size());
  loss_ = evaluate(gradient_);
  if (!std::isfinite(loss_) || largest(gradient_) == infinity) {
    throw DomainError{{.operation = "minimise",
                       .problem = std::isfinite(loss_) ? "the gradient has NaN or infinity at the beginning"
                                                       : "the loss is " + std::to_string(loss_) + " at the beginning",
                       .expected = "finite numbers",
                       .where = where_}};
  }
  const auto done = [&](Stop stop) {
    result_.loss = loss_;
    result_.gradient = largest(gradient_);
    result_.stop = stop;
    return result_;
  };
  bool restarted = false;
  for (;;) {
    if (largest(gradient_) <= options_.tolerance_gradient) return done(Stop::gradient);
    if (result_.iterations >= options_.most_iterations) return done(Stop::iterations);
    if (result_.evaluations >= options_.most_evaluations) return done(Stop::evaluations);
    Numbers d = direction();
    Trial origin{.loss = loss_, .slope = dot(gradient_, d)};
    if (!(origin.slope < 0)) {  // rounding: from the steepest descent again
      pairs_.clear();
      d = direction();
      origin.slope = dot(gradient_, d);
    }
    double first = options_.rate;
    if (pairs_.empty()) {  // no scale is known yet
      double sum = 0;
      for (const double g : gradient_) sum += std::abs(g);
      first *= std::min(1.0, 1 / sum);
    }
    Trial next = options_.line_search ? wolfe(first, d, origin) : at(first, d);
    if (options_.line_search && next.step == 0) {
      place(0, d);
      if (restarted || pairs_.empty()) return done(Stop::line_search);
      restarted = true;
      pairs_.clear();
      continue;
    }
    restarted = false;
    place(next.step, d);
    ++result_.iterations;
    if (!next.is_finite()) {  // only without the line search
      loss_ = next.loss;
      gradient_ = std::move(next.gradient);
      return done(Stop::line_search);
    }
    Pair pair{.s = std::move(d), .y = next.gradient, .sy = 0};
    for (std::size_t i = 0; i < x_.size(); ++i) {
      pair.s[i] *= next.step;
      pair.y[i] -= gradient_[i];
    }
    pair.sy = dot(pair.s, pair.y);
    const double moved = largest(pair.s), lowered = std::abs(next.loss - loss_);
    if (pair.sy > 1e-10 * (options_.line_search ? dot(pair.s, pair.s) : 1.0)) {  // else the curvature is none
      pairs_.push_back(std::move(pair));
      if (pairs_.size() > static_cast<std::size_t>(options_.history)) pairs_.pop_front();
    }
    loss_ = next.loss;
    gradient_ = std::move(next.gradient);
    std::ranges::copy(x_, start_.begin());
    if (options_.keep_going && !options_.keep_going(result_.iterations, loss_)) return done(Stop::asked);
    if (largest(gradient_) <= options_.tolerance_gradient) return done(Stop::gradient);
    if (moved <= options_.tolerance_change || lowered < options_.tolerance_change) return done(Stop::change);
  }
}

void check(const LBFGSOptions& o, std::source_location where) {
  const auto at_least = [&](const char* name, double value, double least) {
    detail::check_option("minimise", name, value, least, infinity, where);
  };
  at_least("most_iterations", static_cast<double>(o.most_iterations), 0);
  at_least("most_evaluations", static_cast<double>(o.most_evaluations), 1);
  at_least("history", static_cast<double>(o.history), 1);
  at_least("tolerance_gradient", o.tolerance_gradient, 0);
  at_least("tolerance_change", o.tolerance_change, 0);
  at_least("rate", o.rate, std::numeric_limits<double>::min());
  if (0 < o.sufficient_decrease && o.sufficient_decrease < o.curvature && o.curvature < 1) return;
  throw ArgumentError{{.operation = "minimise",
                       .problem = "sufficient_decrease is " + std::to_string(o.sufficient_decrease) +
                                  " and curvature " + std::to_string(o.curvature),
                       .expected = "0 < sufficient_decrease < curvature < 1",
                       .where = where}};
}

}  // namespace

std::string_view to_string(Stop stop) noexcept {
  switch (stop) {
    case Stop::gradient:
      return "gradient";
    case Stop::change:
      return "change";
    case Stop::iterations:
      return "iterations";
    case Stop::evaluations:
      return "evaluations";
    case Stop::line_search:
      return "line_search";
    case Stop::asked:
      return "asked";
  }
  return "";
}

Minimum minimise(std::span<double> x, const FlatLoss& f, const LBFGSOptions& options, std::source_location where) {
  check(options, where);
  Search search(x, f, options, where);
  try {
    return search.run();
  } catch (...) {
    search.go_back();
    throw;
  }
}

Minimum minimise(std::span<const Parameter> parameters, const std::function<LossAndGradients()>& f,
                 const LBFGSOptions& options, std::source_location where) {
  check(options, where);
  Numbers x;
  for (const Parameter& p : parameters) {
    if (p.value == nullptr || !p.value->is_constant()) {
      throw ArgumentError{{.operation = "minimise",
                           .problem = "parameter '" + p.name + "' is " +
                                      (p.value == nullptr ? "a null pointer" : "a variable of a recording"),
                           .expected = "a constant",
                           .where = where}};
    }
    if (!is_real(p.value->dtype())) {
      throw DtypeError{{.operation = "minimise",
                        .operands = {to_string(p.value->type())},
                        .problem = "parameter '" + p.name + "' has " + to_string(p.value->type()),
                        .expected = "f32 or f64",
                        .where = where}};
    }
    const Numbers values = p.value->to_vector();
    x.insert(x.end(), values.begin(), values.end());
  }
  const auto write = [&](std::span<const double> from) {
    std::size_t k = 0;
    for (const Parameter& p : parameters) {
      Array to = Array::uninitialised(p.value->type(), where);
      with_element_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
        if constexpr (std::is_floating_point_v<T>)
          for (T& element : to.mutable_data<T>()) element = static_cast<T>(from[k++]);
      });
      *p.value = Tensor(std::move(to));
    }
  };
  const auto flat = [&](std::span<const double> from, std::span<double> gradient) {
    write(from);
    const auto [loss, gradients] = f();
    if (gradients.size() != parameters.size()) {
      throw ArgumentError{{.operation = "minimise",
                           .problem = std::to_string(gradients.size()) + " gradients for " +
                                      std::to_string(parameters.size()) + " parameters",
                           .expected = "one each, in the order of the parameters",
                           .where = where}};
    }
    std::size_t k = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if (gradients[p].type() != parameters[p].value->type()) {
        const ErrorDetail detail{
            .operation = "minimise",
            .operands = {to_string(parameters[p].value->type()), to_string(gradients[p].type())},
            .problem = "the gradient of '" + parameters[p].name + "' has " + to_string(gradients[p].type()),
            .expected = to_string(parameters[p].value->type()) + ", as the parameter",
            .where = where};
        if (gradients[p].dtype() != parameters[p].value->dtype()) throw DtypeError{detail};
        throw ShapeError{detail};
      }
      for (const double g : gradients[p].to_vector()) gradient[k++] = g;
    }
    return loss;
  };
  try {
    const Minimum found = minimise(x, flat, options, where);
    write(x);
    return found;
  } catch (...) {
    write(x);
    throw;
  }
}

}  // namespace wengert::nn
