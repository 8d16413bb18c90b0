// Counts: what a run of random programs has done, and the first mismatches. One per thread; they are added up.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace wengert::test {

struct Counts {
  std::uint64_t programs = 0, operations = 0, nodes = 0, rolled = 0;
  std::uint64_t without_meaning = 0;                 // programs that were not judged: something is not finite, or an
                                                     // error too large for the analysis
  std::uint64_t without_derivative = 0;              // programs whose value is a constant
  std::uint64_t scalars = 0, empty = 0, narrow = 0;  // tensors of rank 0, of size 0, of f32
  std::map<std::string, std::uint64_t> checks, primitives;
  std::map<std::string, double> worst;  // of each check: the largest difference, as a part of what is allowed
  std::vector<std::string> mismatches;  // the first of them

  /// Two ways to compute one number, which may differ by `allowed`.
  void compare(const char* check, double got, double want, double allowed, const std::string& where) {
    ++checks[check];
    const double difference = std::abs(got - want);
    if (got == want || (std::isnan(got) && std::isnan(want))) return;
    double& most = worst[check];
    if (difference <= allowed) {
      most = std::max(most, difference / allowed);
      return;
    }
    std::ostringstream text;
    text.precision(17);
    text << where << ", " << check << ": " << got << " and " << want << ", which may differ by " << allowed;
    mismatch(text.str());
  }
  void mismatch(std::string text) {
    ++mismatch_count;
    if (mismatches.size() < 10) mismatches.push_back(std::move(text));
  }
  std::uint64_t mismatch_count = 0;

  Counts& operator+=(const Counts& other) {
    programs += other.programs, operations += other.operations, nodes += other.nodes, rolled += other.rolled;
    without_meaning += other.without_meaning, without_derivative += other.without_derivative;
    scalars += other.scalars, empty += other.empty, narrow += other.narrow;
    mismatch_count += other.mismatch_count;
    for (const auto& [name, count] : other.checks) checks[name] += count;
    for (const auto& [name, count] : other.primitives) primitives[name] += count;
    for (const auto& [name, part] : other.worst) worst[name] = std::max(worst[name], part);
    for (const std::string& text : other.mismatches)
      if (mismatches.size() < 10) mismatches.push_back(text);
    return *this;
  }
};

}  // namespace wengert::test
