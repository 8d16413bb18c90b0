#include "wengert/nn/optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

namespace wengert::nn {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

[[noreturn]] void refuse(std::string_view schedule, std::string problem, std::string expected,
                         std::source_location where) {
  throw ArgumentError{{.operation = std::string(schedule),
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where}};
}
void check(std::string_view schedule, std::string_view name, double value, double low, double high,
           std::source_location where) {
  if (std::isfinite(value) && value >= low && value <= high) return;
  std::string expected = "a finite number, at least " + std::to_string(low);
  if (high != infinity) expected += ", at most " + std::to_string(high);
  refuse(schedule, std::string(name) + " is " + std::to_string(value), std::move(expected), where);
}
void check_count(std::string_view schedule, std::string_view name, std::int64_t value, std::int64_t least,
                 std::source_location where) {
  if (value >= least) return;
  refuse(schedule, std::string(name) + " is " + std::to_string(value), "at least " + std::to_string(least), where);
}
void check_there(std::string_view schedule, const Schedule& s, std::source_location where) {
  if (!s) refuse(schedule, "a schedule in it is empty", "a function", where);
}

[[nodiscard]] double real(std::int64_t x) { return static_cast<double>(x); }

/// From a at 0 to b at 1.
[[nodiscard]] double on_cosine(double a, double b, double part) {
  return b + (a - b) * (0.5 * (1 + std::cos(std::numbers::pi * part)));
}
[[nodiscard]] double on_line(double a, double b, double part) { return a + (b - a) * part; }

/// A function of t ≥ 0 as one of any t.
template <class F>
[[nodiscard]] Schedule from_zero(F f) {
  return [f = std::move(f)](std::int64_t t) { return f(std::max<std::int64_t>(t, 0)); };
}

}  // namespace

Schedule constant(double rate, std::source_location where) {
  check("constant", "rate", rate, 0, infinity, where);
  return [rate](std::int64_t) { return rate; };
}

Schedule step_decay(double rate, std::int64_t every, double factor, std::source_location where) {
  check("step_decay", "rate", rate, 0, infinity, where);
  check("step_decay", "factor", factor, 0, infinity, where);
  check_count("step_decay", "every", every, 1, where);
  return from_zero([=](std::int64_t t) { return rate * std::pow(factor, real(t / every)); });
}

Schedule multi_step(double rate, std::vector<std::int64_t> steps, double factor, std::source_location where) {
  check("multi_step", "rate", rate, 0, infinity, where);
  check("multi_step", "factor", factor, 0, infinity, where);
  return from_zero([=, steps = std::move(steps)](std::int64_t t) {
    return rate * std::pow(factor, real(std::ranges::count_if(steps, [t](std::int64_t s) { return s <= t; })));
  });
}

Schedule exponential(double rate, double factor, std::source_location where) {
  check("exponential", "rate", rate, 0, infinity, where);
  check("exponential", "factor", factor, 0, infinity, where);
  return from_zero([=](std::int64_t t) { return rate * std::pow(factor, real(t)); });
}

Schedule cosine(double rate, std::int64_t steps, double least, std::source_location where) {
  check("cosine", "rate", rate, 0, infinity, where);
  check("cosine", "least", least, 0, infinity, where);
  check_count("cosine", "steps", steps, 1, where);
  return from_zero([=](std::int64_t t) { return t >= steps ? least : on_cosine(rate, least, real(t) / real(steps)); });
}

Schedule cosine_restarts(double rate, std::int64_t steps, std::int64_t growth, double least,
                         std::source_location where) {
  check("cosine_restarts", "rate", rate, 0, infinity, where);
  check("cosine_restarts", "least", least, 0, infinity, where);
  check_count("cosine_restarts", "steps", steps, 1, where);
  check_count("cosine_restarts", "growth", growth, 1, where);
  return from_zero([=](std::int64_t t) {
    std::int64_t length = steps;
    if (growth == 1) {
      t %= steps;
    } else {
      while (t >= length) {
        t -= length;
        if (length > std::numeric_limits<std::int64_t>::max() / growth) break;
        length *= growth;
      }
    }
    return on_cosine(rate, least, real(t) / real(length));
  });
}

Schedule polynomial(double rate, std::int64_t steps, double power, std::source_location where) {
  check("polynomial", "rate", rate, 0, infinity, where);
  check("polynomial", "power", power, 0, infinity, where);
  check_count("polynomial", "steps", steps, 1, where);
  return from_zero(
      [=](std::int64_t t) { return t >= steps ? 0.0 : rate * std::pow(1 - real(t) / real(steps), power); });
}

Schedule warm_up(std::int64_t steps, Schedule then, std::source_location where) {
  check_count("warm_up", "steps", steps, 0, where);
  return warm_up(steps, std::move(then), 1 / (real(steps) + 1), where);
}

Schedule warm_up(std::int64_t steps, Schedule then, double start, std::source_location where) {
  check_count("warm_up", "steps", steps, 0, where);
  check("warm_up", "start", start, 0, 1, where);
  check_there("warm_up", then, where);
  return from_zero([=, then = std::move(then)](std::int64_t t) {
    return t >= steps ? then(t - steps) : then(0) * on_line(start, 1, real(t) / real(steps));
  });
}

Schedule sequence(Schedule first, std::int64_t steps, Schedule then, std::source_location where) {
  check_count("sequence", "steps", steps, 0, where);
  check_there("sequence", first, where);
  check_there("sequence", then, where);
  return from_zero([=, first = std::move(first), then = std::move(then)](std::int64_t t) {
    return t < steps ? first(t) : then(t - steps);
  });
}

Schedule one_cycle(double rate, std::int64_t steps, const OneCycleOptions& options, std::source_location where) {
  check("one_cycle", "rate", rate, 0, infinity, where);
  check("one_cycle", "rise", options.rise, 0, 1, where);
  check("one_cycle", "initial_divisor", options.initial_divisor, 1, infinity, where);
  check("one_cycle", "final_divisor", options.final_divisor, 1, infinity, where);
  check_count("one_cycle", "steps", steps, 1, where);
  const double start = rate / options.initial_divisor, end = start / options.final_divisor;
  const double top = options.rise * real(steps) - 1, last = real(steps) - 1;  // positions, where PyTorch has them
  const bool linear = options.linear;
  return from_zero([=](std::int64_t t) {
    const double at = std::min(real(t), last);
    const auto between = [&](double a, double b, double part) {
      return linear ? on_line(a, b, part) : on_cosine(a, b, part);
    };
    if (at <= top && top > 0) return between(start, rate, at / top);
    const double from = std::max(top, 0.0);
    return last > from ? between(rate, end, (at - from) / (last - from)) : rate;
  });
}

// --- Plateau ---------------------------------------------------------------------------------------------------------

Plateau::Plateau(double rate, const PlateauOptions& options, std::source_location where)
    : options_(options), rate_(rate), best_(options.maximise ? -infinity : infinity) {
  check("Plateau", "rate", rate, 0, infinity, where);
  check("Plateau", "factor", options.factor, 0, std::nextafter(1.0, 0.0), where);
  check("Plateau", "threshold", options.threshold, 0, infinity, where);
  check("Plateau", "least", options.least, 0, infinity, where);
  check("Plateau", "smallest_change", options.smallest_change, 0, infinity, where);
  check_count("Plateau", "patience", options.patience, 0, where);
  check_count("Plateau", "cooldown", options.cooldown, 0, where);
}

bool Plateau::is_better(double value) const {
  if (std::isinf(best_)) return options_.maximise ? value > best_ : value < best_;
  const double by = options_.relative ? options_.threshold * std::abs(best_) : options_.threshold;
  return options_.maximise ? value > best_ + by : value < best_ - by;
}

double Plateau::step(double value) {
  if (is_better(value)) {
    best_ = value;
    bad_ = 0;
  } else {
    ++bad_;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    bad_ = 0;
  }
  if (bad_ > options_.patience) {
    const double next = std::max(rate_ * options_.factor, options_.least);
    if (rate_ - next > options_.smallest_change) rate_ = next;
    cooldown_ = options_.cooldown;
    bad_ = 0;
  }
  return rate_;
}

std::vector<NamedTensor> Plateau::state() const {
  const auto whole = [](std::int64_t x) { return Tensor(Array::uniform_of<std::int64_t>(Shape{}, x)); };
  return {{"plateau.rate", Tensor(Array::scalar(rate_))},
          {"plateau.best", Tensor(Array::scalar(best_))},
          {"plateau.bad", whole(bad_)},
          {"plateau.cooldown", whole(cooldown_)}};
}

void Plateau::load_state(std::span<const NamedTensor> state, std::source_location where) {
  Plateau next = *this;
  const std::vector<NamedTensor> wanted = this->state();
  if (state.size() != wanted.size())
    refuse("Plateau.load_state", std::to_string(state.size()) + " entries", "4, as state() gives", where);
  for (const NamedTensor& want : wanted) {
    const auto at = std::ranges::find(state, want.name, &NamedTensor::name);
    if (at == state.end())
      refuse("Plateau.load_state", "'" + want.name + "' is missing", "all that state() gives", where);
    if (at->value.type() != want.value.type()) {
      refuse("Plateau.load_state", "'" + want.name + "' has " + to_string(at->value.type()),
             to_string(want.value.type()), where);
    }
    const Array& value = at->value.value();
    if (want.name == "plateau.rate") {
      check("Plateau.load_state", "plateau.rate", value.element(0), 0, infinity, where);
      next.rate_ = value.element(0);
    } else if (want.name == "plateau.best") {
      next.best_ = value.element(0);
    } else {
      const std::int64_t count = value.integer_element(0);
      check_count("Plateau.load_state", want.name, count, 0, where);
      (want.name == "plateau.bad" ? next.bad_ : next.cooldown_) = count;
    }
  }
  *this = next;
}

}  // namespace wengert::nn
