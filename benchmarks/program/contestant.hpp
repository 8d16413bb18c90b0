// What is compared: ways to compute values and derivatives of one workload at many samples.
//
// Inputs lie there twice, sample by sample and input by input, and each contestant reads what suits it; it says how it
// lays out what it computes. Contestants register themselves from translation units of their own (entry.cpp.in), one
// for each pair, so that those that are not part of this repository enter by being linked in.
//
// Reading order: Samples, Results, Contestant, then contestants/.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/benchmarks/race/workload.hpp"

namespace program_benchmark {

using race::Size;

/// A matrix of samples and components, stored sample by sample (rows) or component by component (columns).
enum class Layout { rows, columns };

/// Inputs: those of the workload, each times a factor of its own between 0.95 and 1.05. Columns begin `stride` numbers
/// from each other.
struct Samples {
  std::size_t count = 0, inputs = 0, stride = 0;
  std::vector<double> rows, columns;

  Samples(std::span<const double> base, std::size_t samples, std::size_t from_column_to_column)
      : count(samples),
        inputs(base.size()),
        stride(from_column_to_column),
        rows(samples * base.size()),
        columns(from_column_to_column * base.size()) {
    race::Numbers numbers(17);
    for (std::size_t s = 0; s < count; ++s)
      for (std::size_t i = 0; i < inputs; ++i)
        rows[s * inputs + i] = columns[i * stride + s] = base[i] * numbers.uniform(0.95, 1.05);
  }
  [[nodiscard]] std::span<const double> row(std::size_t sample) const {
    return std::span(rows).subspan(sample * inputs, inputs);
  }
};

/// Component o is output o, component outputs + o·inputs + i its derivative by input i.
struct Results {
  std::size_t count = 0, components = 0, stride = 0;
  Layout layout = Layout::rows;
  std::vector<double> numbers;

  void resize(const Samples& samples, std::size_t of_each, Layout how) {
    count = samples.count, components = of_each, stride = samples.stride, layout = how;
    numbers.resize((how == Layout::rows ? count : stride) * of_each);
  }
  [[nodiscard]] double at(std::size_t sample, std::size_t component) const {
    return numbers[layout == Layout::rows ? sample * components + component : component * stride + sample];
  }
};

class Contestant {
 public:
  Contestant() = default;
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  /// Values and derivatives of all samples. Memory is kept from one call to the next.
  virtual void run(const Samples& samples, Results& results) = 0;
};

/// Role of a contestant: `primal` computes values only.
enum class Role { primal, own, floor, peer };

struct Entry {
  std::string_view workload, contestant;
  Role role = Role::own;
  bool batches = false;  ///< computes many samples at once, so that the size of a batch matters
  std::size_t inputs = 0, outputs = 0;
  std::vector<double> (*base)(Size) = nullptr;
  /// Makes it ready to run: what this takes is the time to record and compile.
  std::unique_ptr<Contestant> (*make)(Size) = nullptr;
};

/// Everything that was linked in, in no particular order.
[[nodiscard]] std::vector<Entry>& entries();
/// Threads that a contestant made from now on may use.
[[nodiscard]] int& threads_of_programs();

struct Register {
  explicit Register(const Entry& entry) { entries().push_back(entry); }
};

/// The entry of contestant C, a class made of a workload W.
template <template <class> class C, race::Workload W>
Entry entry_of(std::string_view workload) {
  const W made(Size::full);
  return {.workload = workload,
          .contestant = C<W>::name,
          .role = C<W>::role,
          .batches = C<W>::batches,
          .inputs = made.inputs().size(),
          .outputs = made.outputs(),
          .base = [](Size size) { return W(size).inputs(); },
          .make = [](Size size) -> std::unique_ptr<Contestant> { return std::make_unique<C<W>>(W(size)); }};
}

}  // namespace program_benchmark
