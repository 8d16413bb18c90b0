// Times several things in turn, so that whatever disturbs the machine disturbs all alike.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <vector>

#include "wengert/benchmarks/race/clock.hpp"

namespace tensor_benchmark {

/// Seconds a call: the median and the fastest of the rounds. Both 0 for what was not there.
struct Time {
  double median = 0, minimum = 0;
};

struct Settings {
  double batch_seconds = 3e-4;  ///< calls are repeated until a batch takes as long
  std::size_t rounds = 11;
  double seconds = 1.0;  ///< what takes longer in all its rounds has fewer, at least 3
};

/// One Time for each; an empty function is left out.
inline std::vector<Time> in_turn(const std::vector<std::function<void()>>& things, const Settings& settings) {
  const auto seconds_of = [](const std::function<void()>& thing, std::size_t calls) {
    const double start = race::processor_seconds();
    for (std::size_t i = 0; i < calls; ++i) thing();
    return race::processor_seconds() - start;
  };
  std::vector<std::size_t> calls(things.size(), 0);
  for (std::size_t k = 0; k < things.size(); ++k) {
    if (!things[k]) continue;
    things[k]();  // memory is warm from here on
    calls[k] = 1;
    while (seconds_of(things[k], calls[k]) < settings.batch_seconds && calls[k] < 1'000'000) calls[k] *= 2;
  }
  double seconds_a_round = 0;
  for (std::size_t k = 0; k < things.size(); ++k)
    if (things[k]) seconds_a_round += seconds_of(things[k], calls[k]);
  const auto affordable = static_cast<std::size_t>(settings.seconds / seconds_a_round);
  const std::size_t rounds = std::min(settings.rounds, std::max<std::size_t>(3, affordable));
  std::vector<std::vector<double>> samples(things.size());
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t j = 0; j < things.size(); ++j) {
      const std::size_t k = (j + round) % things.size();
      if (things[k]) samples[k].push_back(seconds_of(things[k], calls[k]) / static_cast<double>(calls[k]));
    }
  std::vector<Time> times(things.size());
  for (std::size_t k = 0; k < things.size(); ++k) {
    if (samples[k].empty()) continue;
    std::sort(samples[k].begin(), samples[k].end());
    times[k] = {samples[k][samples[k].size() / 2], samples[k].front()};
  }
  return times;
}

}  // namespace tensor_benchmark
