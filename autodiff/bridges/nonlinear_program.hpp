// What solvers of constrained problems ask of one: objective f, constraints g, their first derivatives, and the Hessian
// of the Lagrangian σ·f + Σ λ·g, by places and numbers. Behind the bridge to Ipopt; knows no solver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/sparse/functional.hpp"

namespace wengert::detail {

/// Rows and columns of the elements of a matrix that may differ from 0, in the order in which their numbers come.
struct Places {
  std::vector<std::uint32_t> rows, columns;
};

class NonlinearProgram {
 public:
  struct Outputs {
    Scalar objective;
    std::vector<Scalar> constraints;
  };
  using Function = std::function<Outputs(const std::vector<Scalar>&)>;

  /// Records the problem at `start`; the number of constraints and the places are those that it has there: what may
  /// differ from 0 by the way the numbers are computed, whatever the numbers are, as long as its branches go that way.
  NonlinearProgram(Function function, std::span<const double> start);

  [[nodiscard]] std::size_t variables() const noexcept { return x_.size(); }
  [[nodiscard]] std::size_t constraints() const noexcept { return outputs_.constraints.size(); }
  [[nodiscard]] const Places& jacobian_places() const noexcept { return jacobian_; }
  /// Of the lower triangle.
  [[nodiscard]] const Places& hessian_places() const noexcept { return hessian_; }

  /// Goes to x, where all of the following is meant. Records anew unless it is there already. Throws ArgumentError when
  /// branches go another way there, so that the number of constraints, or an element's place, is not one of the start.
  void move_to(std::span<const double> x);
  [[nodiscard]] double objective() const noexcept { return outputs_.objective.value(); }
  void gradient(std::span<double> into);
  void constraint_values(std::span<double> into) const;
  void jacobian(std::span<double> into);
  void hessian(double objective_factor, std::span<const double> multipliers, std::span<double> into);

 private:
  void record(std::span<const double> x);
  /// σ·f + Σ λ·g, recorded, with factors that are variables: so the pattern does not depend on their values.
  [[nodiscard]] Scalar lagrangian(double objective_factor, std::span<const double> multipliers);
  /// Patterns and colours of the program as it is recorded now.
  void plan();

  Function function_;
  Recording recording_;
  std::vector<double> at_;
  std::vector<Scalar> x_;
  Outputs outputs_;
  Places jacobian_, hessian_;
  ProgramShape shape_;  // of the program that the plans are for
  std::optional<SparseJacobian> jacobian_plan_;
  std::optional<SparseHessian> hessian_plan_;
  Adjoints adjoints_;
};

}  // namespace wengert::detail
