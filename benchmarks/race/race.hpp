// The race: what takes part in it, seen without templates.
//
// A `Function` is a workload in plain doubles (the primal, the reference of the checks, the count of operations); a
// `Contestant` is one tape on one workload. Both register themselves from translation units of their own, one for each
// pair (function.cpp.in, entry.cpp.in), so that no tape's inlining depends on how much other code its file holds, and
// so that tapes that are not part of this repository enter by being linked in. Reading order: workload.hpp, tape.hpp,
// this file, measure.hpp, main.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

/// A workload evaluated in doubles.
class Function {
 public:
  Function() = default;
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  virtual ~Function() = default;

  [[nodiscard]] virtual std::vector<double> inputs() const = 0;
  [[nodiscard]] virtual std::size_t outputs() const = 0;
  virtual void evaluate(std::span<const double> x, std::span<double> y) const = 0;
  /// Elementary operations of one evaluation; see counted.hpp for what counts.
  [[nodiscard]] virtual std::size_t operations() const = 0;
};

/// Seconds spent in the two halves of some iterations.
struct Halves {
  double record = 0.0;   ///< starting a recording, registering inputs, evaluating, registering outputs
  double reverse = 0.0;  ///< for each output: clearing adjoints, the sweep, reading the gradient of all inputs
};

/// One tape on one workload; its memory stays allocated from one iteration to the next.
class Contestant {
 public:
  Contestant() = default;
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  /// Records and reverses that many times, with no clock inside.
  virtual void run(std::size_t iterations) = 0;
  /// The same with the clock read between the halves.
  [[nodiscard]] virtual Halves run_halves(std::size_t iterations) = 0;
  /// Bytes that the last recording and its adjoints occupy (used, not reserved); 0 if the tape does not tell.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  [[nodiscard]] virtual std::span<const double> values() const = 0;
  /// Row o holds the gradient of output o.
  [[nodiscard]] virtual std::span<const double> gradients() const = 0;
};

/// Which tapes the ratios are taken against.
enum class Role {
  own,      ///< compared with the others, never the bar
  rival,    ///< the fastest of these in each row is 1.0
  other,    ///< the bar only where no rival was linked in
  forward,  ///< a forward mode, on the workloads with few inputs; never the bar
};

struct FunctionEntry {
  std::string_view workload;
  std::unique_ptr<Function> (*make)(Size);
};

struct ContestantEntry {
  std::string_view tape;
  std::string_view workload;
  Role role;
  std::unique_ptr<Contestant> (*make)(Size);
};

/// Everything that was linked in, in no particular order.
[[nodiscard]] std::vector<FunctionEntry>& functions();
[[nodiscard]] std::vector<ContestantEntry>& contestants();

struct Register {
  explicit Register(const FunctionEntry& entry) { functions().push_back(entry); }
  explicit Register(const ContestantEntry& entry) { contestants().push_back(entry); }
};

}  // namespace race
