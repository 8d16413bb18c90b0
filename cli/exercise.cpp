#include "wengert/cli/exercise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/explain/derivation.hpp"
#include "wengert/autodiff/explain/marking.hpp"
#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/point.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): the distributions of the standard library differ between libraries.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  /// One decimal, from 0.1 to 1.5, now and then negative.
  std::string number(bool signs = true) {
    const std::size_t tenths = 1 + below(15);
    const std::string text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
    return signs && below(3) == 0 ? "-" + text : text;
  }

 private:
  std::uint64_t state_;
};

std::string activation(Dice& dice) {
  constexpr std::array<const char*, 3> names{"sigmoid", "tanh", "sin"};
  return names[dice.below(names.size())];
}

/// One value after the other.
Exercise chain(Dice& dice) {
  Exercise e;
  std::string last = "x";
  const std::size_t steps = 3 + dice.below(2);
  for (std::size_t k = 1; k < steps; ++k) {
    const std::string next = "u" + std::to_string(k);
    const std::string forms[]{"a*" + last + " + b", activation(dice) + "(" + last + ")", last + "^2 + b",
                              "exp(-" + last + ")"};
    e.expression += next + " = " + forms[k == 1 ? 0 : dice.below(4)] + "; ";
    last = next;
  }
  e.expression += "L = (" + last + " - t)^2/2";
  e.point = "x=" + dice.number() + ",a=" + dice.number() + ",b=" + dice.number() + ",t=" + dice.number();
  return e;
}

/// Values that are used twice.
Exercise fan_out(Dice& dice) {
  Exercise e;
  e.expression = "u = x*y; v = " + activation(dice) + "(u); ";
  const std::string forms[]{"w = u*v + x", "w = v^2 - u", "w = v*x + u*y", "w = u^2*v"};
  e.expression += forms[dice.below(4)] + "; ";
  const std::string last[]{"L = w*v + u", "L = (w - v)^2/2", "L = w^2 + v*y", "L = exp(-w)*u"};
  e.expression += last[dice.below(4)];
  e.point = "x=" + dice.number() + ",y=" + dice.number();
  return e;
}

/// Inputs, hidden neurons, one or two outputs.
Exercise network(Dice& dice) {
  Exercise e;
  const std::size_t hidden = 2, outputs = 1 + dice.below(2);
  const std::string g = dice.below(2) == 0 ? "sigmoid" : "tanh";
  std::size_t weight = 0;
  const auto neuron = [&](const std::string& name, const std::string& from, const std::string& bias) {
    std::string net;
    for (int k = 1; k <= 2; ++k) {
      const std::string w = "w" + std::to_string(++weight);
      net += (net.empty() ? "" : " + ") + w + "*" + from + std::to_string(k);
      e.point += (e.point.empty() ? "" : ",") + w + "=" + dice.number();
    }
    e.expression += "net_" + name + " = " + net + " + " + bias + "; " + name + " = " + g + "(net_" + name + "); ";
  };
  for (std::size_t k = 1; k <= hidden; ++k) neuron("h" + std::to_string(k), "i", "b1");
  std::string loss;
  for (std::size_t k = 1; k <= outputs; ++k) {
    const std::string o = "o" + std::to_string(k);
    neuron(o, "h", "b2");
    loss += (loss.empty() ? "" : " + ") + std::string("(t") + std::to_string(k) + " - " + o + ")^2";
    e.point += ",t" + std::to_string(k) + "=0." + std::to_string(1 + dice.below(9));
  }
  e.expression += outputs == 1 ? "L = " + loss + "/2" : "L = (" + loss + ")/2";
  e.point += ",i1=" + dice.number() + ",i2=" + dice.number() + ",b1=" + dice.number() + ",b2=" + dice.number();
  return e;
}

/// The same with a matrix.
Exercise tensors(Dice& dice) {
  Exercise e;
  e.expression = "z = W @ x + b; h = " + activation(dice) + "(z); r = h - t; L = ";
  e.expression += dice.below(2) == 0 ? "sum(r*r)/2" : "mean(r*r)";
  const auto vector = [&] { return "[" + dice.number() + "," + dice.number() + "]"; };
  e.point = "W=[" + dice.number() + "," + dice.number() + ";" + dice.number() + "," + dice.number() +
            "],x=" + vector() + ",b=" + vector() + ",t=" + vector();
  return e;
}

Exercise drawn(Dice& dice, int difficulty) {
  if (difficulty <= 1) return chain(dice);
  if (difficulty == 2) return fan_out(dice);
  return difficulty == 3 ? network(dice) : tensors(dice);
}

struct Worked {
  Problem problem;
  RecordedExpression recorded;
  Derivation derivation;
};

Worked worked_out(const Exercise& exercise, int digits) {
  PointOptions point;
  point.expression = exercise.expression;
  point.at = {exercise.point};
  Problem problem = read_problem(point);
  RecordedExpression recorded = record(problem);
  std::vector<wengert::detail::AnyHandle> x;
  for (const Value& variable : recorded.variables) x.push_back(variable.handle());
  Derivation worked = derivation(recorded.value.handle(), x, {.digits = digits});
  return {std::move(problem), std::move(recorded), std::move(worked)};
}

/// Of the derivatives that are asked for, by magnitude.
std::pair<double, double> smallest_and_largest(const Derivation& worked) {
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
  for (const Quantity& quantity : worked.quantities) {
    for (std::int64_t k = 0; quantity.depends && k < quantity.adjoint.size(); ++k) {
      smallest = std::min(smallest, std::abs(quantity.adjoint.element(k)));
      largest = std::max(largest, std::abs(quantity.adjoint.element(k)));
    }
  }
  return {smallest, largest};
}

}  // namespace

Exercise make_exercise(std::uint64_t seed, int difficulty) {
  // With the four decimals of a key a derivative below this has no two digits left: a mistake in it could not be told
  // from another, or from none.
  constexpr double smallest_wanted = 0.01, largest_wanted = 100;
  constexpr int most_draws = 100;
  Dice dice(seed * 4 + static_cast<std::uint64_t>(difficulty));
  Exercise best = drawn(dice, difficulty);
  double best_smallest = -1;
  Exercise next = best;
  for (int draws = 0; draws < most_draws && best_smallest < smallest_wanted; ++draws) {
    const auto [smallest, largest] = smallest_and_largest(worked_out(next, 6).derivation);
    if (largest <= largest_wanted && smallest > best_smallest) {
      best = next;
      best_smallest = smallest;
    }
    next = drawn(dice, difficulty);
  }
  return best;
}

void run_exercise(const ExerciseOptions& options, const Streams& streams) {
  for (int k = 1; k <= options.count; ++k) {
    const Exercise exercise = make_exercise(options.seed + static_cast<std::uint64_t>(k) - 1, options.difficulty);
    const auto [problem, recorded, worked] = worked_out(exercise, options.decimals + 2);
    const std::string number = std::to_string(k);
    std::string text = "Exercise " + number + " (seed " +
                       std::to_string(options.seed + static_cast<std::uint64_t>(k) - 1) + ", difficulty " +
                       std::to_string(options.difficulty) + ")\n\n";
    for (const Statement& statement : problem.expression.statements)
      text += "    " + statement.name + " = " + statement.text + "\n";
    text += "\nat " + exercise.point +
            ".\n\nCompute every value, then the derivative of L by each of them, from L back. Write the derivatives\n"
            "with " +
            std::to_string(options.decimals) + " decimals into a file, one a line (dL/d" +
            worked.quantities[worked.inputs[0]].name + (recorded.variables[0].is_array() ? "[0,0]" : "") +
            ",0.1234), and check it:\n\n    wengert mark '" + exercise.expression + "' answers.csv \\\n      --at '" +
            exercise.point + "'\n";
    const std::string key = answer_key(worked, options.decimals);
    if (options.folder.empty()) {
      streams.out << (k > 1 ? "\n" : "") << text << "\nKey\n\n" << key;
      if (options.solution) streams.out << "\nSolution\n\n" << to_text(worked);
      continue;
    }
    const std::string start = options.folder + "/exercise-" + number;
    wengert::graph::write_file(start + ".txt", text);
    wengert::graph::write_file(start + "-key.csv", key);
    if (options.solution) wengert::graph::write_file(start + "-solution.md", to_markdown(worked));
  }
}

}  // namespace wengert::cli
