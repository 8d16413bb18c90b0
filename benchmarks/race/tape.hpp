// What a tape must offer to take part, and the iteration that is timed. Each tapes/*.hpp is one such adapter.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/benchmarks/race/clock.hpp"
#include "wengert/benchmarks/race/race.hpp"

namespace race {

/// An adapter of a tape, default constructible; it owns what memory the tape lets its user own.
///
///   begin(x, y, v)       forgets the recording before (memory kept), makes x the inputs with values v; y still holds
///                        the outputs of the recording before
///   end(y)               y are the outputs; the recording is complete
///   reverse(x, y, o, g)  clears adjoints, seeds output o with 1, sweeps, reads the derivatives of all x into g
///   value(s)             the value of an active scalar
///   bytes()              used by entries, partials, operand ids, constants, values and adjoints, after a reverse
template <class A>
concept Tape =
    std::default_initializable<A> && requires(A tape, const A& constant, std::span<typename A::Scalar> active,
                                              std::span<const double> values, std::span<double> gradient) {
      { A::name } -> std::convertible_to<std::string_view>;
      { A::role } -> std::convertible_to<Role>;
      tape.begin(active, active, values);
      tape.end(active);
      tape.reverse(active, active, std::size_t{}, gradient);
      { A::value(active[0]) } -> std::convertible_to<double>;
      { constant.bytes() } -> std::same_as<std::size_t>;
    };

template <Tape A, Workload W>
class ContestantOf final : public Contestant {
 public:
  explicit ContestantOf(Size size)
      : workload_(size),
        inputs_(workload_.inputs()),
        x_(inputs_.size()),
        y_(workload_.outputs()),
        values_(y_.size()),
        gradients_(x_.size() * y_.size()) {}

  void run(std::size_t iterations) override {
    for (; iterations > 0; --iterations) {
      record();
      reverse();
    }
  }

  Halves run_halves(std::size_t iterations) override {
    Halves halves;
    double start = processor_seconds();
    for (; iterations > 0; --iterations) {
      record();
      const double middle = processor_seconds();
      reverse();
      const double end = processor_seconds();
      halves.record += middle - start;
      halves.reverse += end - middle;
      start = end;
    }
    return halves;
  }

  [[nodiscard]] std::size_t bytes() const override { return tape_.bytes(); }
  [[nodiscard]] std::span<const double> values() const override { return values_; }
  [[nodiscard]] std::span<const double> gradients() const override { return gradients_; }

 private:
  using Scalar = typename A::Scalar;

  [[gnu::noinline]] void record() {
    tape_.begin(x_, y_, inputs_);
    workload_.evaluate(std::span<const Scalar>(x_), std::span<Scalar>(y_));
    tape_.end(y_);
  }

  [[gnu::noinline]] void reverse() {
    for (std::size_t output = 0; output < y_.size(); ++output) {
      values_[output] = A::value(y_[output]);
      tape_.reverse(x_, y_, output, std::span<double>(gradients_).subspan(output * x_.size(), x_.size()));
    }
  }

  // The tape comes before the scalars that live on it, so that it dies after them.
  A tape_;
  W workload_;
  std::vector<double> inputs_;
  std::vector<Scalar> x_;
  std::vector<Scalar> y_;
  std::vector<double> values_;
  std::vector<double> gradients_;
};

}  // namespace race
