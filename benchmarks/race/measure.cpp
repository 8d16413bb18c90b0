// How the race checks and times; see measure.hpp.
#include "wengert/benchmarks/race/measure.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "wengert/benchmarks/race/clock.hpp"

namespace race {
namespace {

// A batch is long enough for the clock's cost and an interrupt not to matter, short enough to come round often.
constexpr double batch_seconds = 2e-3;
// Below this an iteration is too short to read the clock inside it; the halves then come from a batch of their own.
constexpr double short_iteration = 50e-6;
constexpr std::size_t fewest_rounds = 7;
constexpr std::size_t most_rounds = 301;

double seconds_since(double start) { return processor_seconds() - start; }

/// What one read of the clock adds to a half.
double clock_cost() {
  constexpr int reads = 1000;
  double least = 1.0;
  for (int trial = 0; trial < 20; ++trial) {
    const double start = processor_seconds();
    for (int i = 0; i < reads; ++i) {
      const double now = processor_seconds();
      asm volatile("" : : "g"(&now) : "memory");
    }
    least = std::min(least, seconds_since(start) / reads);
  }
  return least;
}

std::size_t batch_for(double seconds) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(batch_seconds / std::max(seconds, 1e-9)));
}

void evaluate_batch(const Function& function, std::span<const double> x, std::span<double> y, std::size_t iterations) {
  for (; iterations > 0; --iterations) function.evaluate(x, y);
}

/// One contestant (or the primal, when there is none) with the samples taken of it.
struct Lane {
  Contestant* contestant = nullptr;
  std::size_t batch = 1;
  double estimate = 0.0;
  std::vector<double> total, record, reverse;
};

/// The derivative of output 0 along `direction` by central differences, at a step fit for the size of x.
double directional_difference(const Function& function, std::span<const double> x, std::span<const double> direction,
                              double step) {
  std::vector<double> y(function.outputs());
  std::vector<double> shifted(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) shifted[i] = x[i] + step * direction[i];
  function.evaluate(shifted, y);
  const double above = y[0];
  for (std::size_t i = 0; i < x.size(); ++i) shifted[i] = x[i] - step * direction[i];
  function.evaluate(shifted, y);
  return (above - y[0]) / (2.0 * step);
}

std::string difference_check(const Function& function, std::span<const double> gradient) {
  const std::vector<double> x = function.inputs();
  const double norm = std::sqrt(std::inner_product(gradient.begin(), gradient.end(), gradient.begin(), 0.0));
  if (!(norm > 0.0) || !std::isfinite(norm)) return "the gradient is zero or not finite";
  std::vector<double> along(gradient.begin(), gradient.begin() + static_cast<std::ptrdiff_t>(x.size()));
  const double along_norm = std::sqrt(std::inner_product(along.begin(), along.end(), along.begin(), 0.0));
  for (double& component : along) component /= along_norm;
  Numbers numbers(99);
  std::vector<double> random = numbers.normals(x.size(), 1.0);
  const double random_norm = std::sqrt(std::inner_product(random.begin(), random.end(), random.begin(), 0.0));
  for (double& component : random) component /= random_norm;
  for (const std::vector<double>* const direction : {&along, &random}) {
    const double expected = std::inner_product(direction->begin(), direction->end(), gradient.begin(), 0.0);
    // The best of several steps: the truncation error of one workload is the rounding error of another.
    double error = INFINITY;
    double found = 0.0;
    for (const double step : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9}) {
      const double difference = directional_difference(function, x, *direction, step);
      if (std::abs(difference - expected) < error) {
        error = std::abs(difference - expected);
        found = difference;
      }
    }
    if (!(error <= 1e-5 * along_norm)) {
      return "the derivative along a direction is " + std::to_string(expected) + ", by central differences " +
             std::to_string(found);
    }
  }
  return {};
}

}  // namespace

Statistic statistic(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t last = samples.size() - 1;
  return {.median = samples[samples.size() / 2],
          .minimum = samples.front(),
          .lower_quartile = samples[last / 4],
          .upper_quartile = samples[last - last / 4]};
}

std::string disagreement(const Function& function, std::span<const ContestantEntry> entries,
                         std::span<const std::unique_ptr<Contestant>> contestants) {
  const std::vector<double> x = function.inputs();
  std::vector<double> y(function.outputs());
  function.evaluate(x, y);
  for (const auto& contestant : contestants) contestant->run(1);
  for (std::size_t c = 0; c < contestants.size(); ++c) {
    const std::span<const double> values = contestants[c]->values();
    for (std::size_t o = 0; o < y.size(); ++o) {
      if (!(std::abs(values[o] - y[o]) <= 1e-9 * std::abs(y[o]))) {
        return std::string(entries[c].tape) + " has value " + std::to_string(values[o]) + ", the primal " +
               std::to_string(y[o]);
      }
    }
    // Rounding is all that may differ: to nine digits of each component, or twelve of the largest.
    const std::span<const double> reference = contestants[0]->gradients();
    const std::span<const double> gradients = contestants[c]->gradients();
    double largest = 0.0;
    for (const double component : reference) largest = std::max(largest, std::abs(component));
    for (std::size_t i = 0; i < reference.size(); ++i) {
      const double tolerance = 1e-9 * std::abs(reference[i]) + 1e-12 * largest;
      if (!(std::abs(gradients[i] - reference[i]) <= tolerance)) {
        return "derivative " + std::to_string(i) + " is " + std::to_string(gradients[i]) + " by " +
               std::string(entries[c].tape) + ", " + std::to_string(reference[i]) + " by " +
               std::string(entries[0].tape);
      }
    }
  }
  if (contestants.empty()) return {};
  const std::string wrong = difference_check(function, contestants[0]->gradients());
  return wrong.empty() ? wrong : std::string(entries[0].tape) + ": " + wrong;
}

WorkloadResult measure(const FunctionEntry& entry, std::span<const ContestantEntry> entries, const Settings& settings) {
  const std::unique_ptr<Function> function = entry.make(settings.size);
  std::vector<std::unique_ptr<Contestant>> contestants;
  contestants.reserve(entries.size());
  for (const ContestantEntry& contestant : entries) contestants.push_back(contestant.make(settings.size));
  if (const std::string wrong = disagreement(*function, entries, contestants); !wrong.empty()) {
    throw std::runtime_error(std::string(entry.workload) + ": " + wrong);
  }

  const std::vector<double> x = function->inputs();
  std::vector<double> y(function->outputs());
  const double read = clock_cost();
  std::vector<Lane> lanes(contestants.size() + 1);
  double round_seconds = 0.0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    Lane& lane = lanes[i];
    if (i > 0) lane.contestant = contestants[i - 1].get();
    const auto once = [&](std::size_t iterations) {
      const double start = processor_seconds();
      if (lane.contestant != nullptr) {
        lane.contestant->run(iterations);
      } else {
        evaluate_batch(*function, x, y, iterations);
      }
      return seconds_since(start) / static_cast<double>(iterations);
    };
    once(1);
    lane.estimate = once(batch_for(once(1)));
    lane.batch = batch_for(lane.estimate);
    round_seconds += lane.estimate * static_cast<double>(lane.batch) * (lane.estimate < short_iteration ? 2.0 : 1.0);
  }
  std::size_t rounds = settings.rounds;
  if (rounds == 0) {
    rounds =
        std::clamp(static_cast<std::size_t>(settings.seconds_per_workload / round_seconds), fewest_rounds, most_rounds);
  }

  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < lanes.size(); ++turn) {
      Lane& lane = lanes[(turn + round) % lanes.size()];
      const double iterations = static_cast<double>(lane.batch);
      if (lane.contestant == nullptr) {
        const double start = processor_seconds();
        evaluate_batch(*function, x, y, lane.batch);
        lane.total.push_back(seconds_since(start) / iterations);
      } else if (lane.estimate < short_iteration) {
        const double start = processor_seconds();
        lane.contestant->run(lane.batch);
        const double total = seconds_since(start) / iterations;
        const Halves halves = lane.contestant->run_halves(lane.batch);
        const double record = std::max(0.0, halves.record / iterations - read);
        const double reverse = std::max(0.0, halves.reverse / iterations - read);
        const double share = record + reverse > 0.0 ? record / (record + reverse) : 0.5;
        lane.total.push_back(total);
        lane.record.push_back(total * share);
        lane.reverse.push_back(total * (1.0 - share));
      } else {
        const Halves halves = lane.contestant->run_halves(lane.batch);
        lane.total.push_back((halves.record + halves.reverse) / iterations);
        lane.record.push_back(halves.record / iterations);
        lane.reverse.push_back(halves.reverse / iterations);
      }
    }
  }

  WorkloadResult result{.workload = entry.workload,
                        .operations = function->operations(),
                        .inputs = x.size(),
                        .outputs = y.size(),
                        .rounds = rounds,
                        .primal = statistic(lanes[0].total),
                        .tapes = {}};
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    const Lane& lane = lanes[i + 1];
    result.tapes.push_back({.tape = entries[i].tape,
                            .role = entries[i].role,
                            .total = statistic(lane.total),
                            .record = statistic(lane.record),
                            .reverse = statistic(lane.reverse),
                            .bytes = contestants[i]->bytes()});
  }
  return result;
}

}  // namespace race
