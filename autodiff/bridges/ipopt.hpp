// Ipopt: problems whose gradient, sparse Jacobian and sparse Hessian of the Lagrangian Wengert computes. Header only;
// who includes it brings Ipopt and links it.
//
//     auto problem = wengert::ipopt_problem(f, g, {.start = {1, 5, 5, 1}, .lower = {1, 1, 1, 1}, .upper = {5, 5, 5, 5},
//                                                  .constraint_lower = {25, 40}, .constraint_upper = {1e20, 40}});
//     auto status = wengert::ipopt_solve(*app, problem);      // app: SmartPtr<IpoptApplication>; problem->x()
//
// f and g take a std::vector<T> or std::span<const T>, T being Scalar; f gives a number, g a range of them. What they
// throw comes out of ipopt_solve() as it is.
#pragma once

// Up to version 3.12 Ipopt's headers want to be told by their user that <cstddef> exists.
#if !defined(HAVE_CSTDDEF) && !defined(HAVE_STDDEF_H)
#  define HAVE_CSTDDEF
#  include <IpIpoptApplication.hpp>
#  include <IpTNLP.hpp>
#  undef HAVE_CSTDDEF
#else
#  include <IpIpoptApplication.hpp>
#  include <IpTNLP.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wengert/autodiff/bridges/evaluation.hpp"
#include "wengert/autodiff/bridges/nonlinear_program.hpp"

namespace wengert {

/// Start and bounds. Empty bounds are none; ±1e20 and beyond is none, too, to Ipopt.
struct IpoptSetup {
  std::vector<double> start{};
  std::vector<double> lower{}, upper{};                        ///< of the variables
  std::vector<double> constraint_lower{}, constraint_upper{};  ///< equal for an equation
};

/// min f(x) under bounds of x and of g(x), and, once solved, its solution. Made by ipopt_problem().
class IpoptProblem : public Ipopt::TNLP {
 public:
  IpoptProblem(detail::NonlinearProgram::Function function, IpoptSetup setup)
      : setup_(std::move(setup)), program_(std::move(function), setup_.start) {
    const std::size_t n = program_.variables(), m = program_.constraints();
    check(setup_.lower, n, -none, "lower bounds");
    check(setup_.upper, n, none, "upper bounds");
    check(setup_.constraint_lower, m, -none, "lower bounds of constraints");
    check(setup_.constraint_upper, m, none, "upper bounds of constraints");
  }

  /// @name The solution, or the last iterate, after ipopt_solve().
  /// @{
  [[nodiscard]] const std::vector<double>& x() const noexcept { return x_; }
  [[nodiscard]] double objective() const noexcept { return objective_; }
  /// Of the constraints, with Ipopt's sign: ∇f + Σ λ·∇g is what the bounds hold.
  [[nodiscard]] const std::vector<double>& multipliers() const noexcept { return multipliers_; }
  /// @}

  bool get_nlp_info(Ipopt::Index& n, Ipopt::Index& m, Ipopt::Index& jacobian, Ipopt::Index& hessian,
                    IndexStyleEnum& style) override {
    n = index(program_.variables());
    m = index(program_.constraints());
    jacobian = index(program_.jacobian_places().rows.size());
    hessian = index(program_.hessian_places().rows.size());
    style = C_STYLE;
    return true;
  }
  bool get_bounds_info(Ipopt::Index, double* lower, double* upper, Ipopt::Index, double* constraint_lower,
                       double* constraint_upper) override {
    std::ranges::copy(setup_.lower, lower);
    std::ranges::copy(setup_.upper, upper);
    std::ranges::copy(setup_.constraint_lower, constraint_lower);
    std::ranges::copy(setup_.constraint_upper, constraint_upper);
    return true;
  }
  bool get_starting_point(Ipopt::Index, bool, double* x, bool bounds, double*, double*, Ipopt::Index, bool multipliers,
                          double*) override {
    std::ranges::copy(setup_.start, x);
    return !bounds && !multipliers;
  }
  bool eval_f(Ipopt::Index n, const double* x, bool, double& value) override {
    return at(n, x, [&] { value = program_.objective(); });
  }
  bool eval_grad_f(Ipopt::Index n, const double* x, bool, double* gradient) override {
    return at(n, x, [&] { program_.gradient({gradient, size(n)}); });
  }
  bool eval_g(Ipopt::Index n, const double* x, bool, Ipopt::Index m, double* values) override {
    return at(n, x, [&] { program_.constraint_values({values, size(m)}); });
  }
  bool eval_jac_g(Ipopt::Index n, const double* x, bool, Ipopt::Index, Ipopt::Index count, Ipopt::Index* rows,
                  Ipopt::Index* columns, double* values) override {
    if (values == nullptr) return tell(program_.jacobian_places(), rows, columns);
    return at(n, x, [&] { program_.jacobian({values, size(count)}); });
  }
  bool eval_h(Ipopt::Index n, const double* x, bool, double factor, Ipopt::Index m, const double* multipliers, bool,
              Ipopt::Index count, Ipopt::Index* rows, Ipopt::Index* columns, double* values) override {
    if (values == nullptr) return tell(program_.hessian_places(), rows, columns);
    return at(n, x, [&] { program_.hessian(factor, {multipliers, size(m)}, {values, size(count)}); });
  }
  void finalize_solution(Ipopt::SolverReturn, Ipopt::Index n, const double* x, const double*, const double*,
                         Ipopt::Index m, const double*, const double* multipliers, double objective,
                         const Ipopt::IpoptData*, Ipopt::IpoptCalculatedQuantities*) override {
    x_.assign(x, x + n);
    multipliers_.assign(multipliers, multipliers + m);
    objective_ = objective;
  }

  /// For ipopt_solve(): throws what a function threw.
  void rethrow() {
    if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }

 private:
  static constexpr double none = 1e20;
  static Ipopt::Index index(std::size_t number) { return static_cast<Ipopt::Index>(number); }
  static std::size_t size(Ipopt::Index number) { return static_cast<std::size_t>(number); }

  static void check(std::vector<double>& bounds, std::size_t count, double otherwise, const char* what) {
    if (bounds.empty()) bounds.assign(count, otherwise);
    if (bounds.size() != count)
      throw ArgumentError{{.operation = "ipopt_problem",
                           .problem = std::to_string(bounds.size()) + " " + what,
                           .expected = std::to_string(count) + ", or none"}};
  }
  bool tell(const detail::Places& places, Ipopt::Index* rows, Ipopt::Index* columns) {
    for (const auto row : places.rows) *rows++ = index(row);
    for (const auto column : places.columns) *columns++ = index(column);
    return true;
  }
  // Ipopt takes `false` for a point to step back from: what was thrown ends the run instead, and waits for rethrow().
  template <class Body>
  bool at(Ipopt::Index n, const double* x, Body&& body) {
    try {
      program_.move_to({x, size(n)});
      body();
      return true;
    } catch (...) {
      if (thrown_ == nullptr) thrown_ = std::current_exception();
      throw;
    }
  }

  IpoptSetup setup_;
  detail::NonlinearProgram program_;
  std::vector<double> x_, multipliers_;
  double objective_ = 0.0;
  std::exception_ptr thrown_;
};

/// The problem min f(x), constraint_lower ≤ g(x) ≤ constraint_upper, lower ≤ x ≤ upper. Evaluates f and g at the start.
/// Throws what they throw, and ArgumentError unless there is a bound for every variable and constraint, or none.
template <class F, class G>
[[nodiscard]] Ipopt::SmartPtr<IpoptProblem> ipopt_problem(F f, G g, IpoptSetup setup) {
  return new IpoptProblem(
      [f = std::move(f), g = std::move(g)](const std::vector<Scalar>& x) {
        return detail::NonlinearProgram::Outputs{detail::call<Scalar>(f, x),
                                                 detail::to_scalars(detail::call<Scalar>(g, x))};
      },
      std::move(setup));
}
/// The same without constraints.
template <class F>
[[nodiscard]] Ipopt::SmartPtr<IpoptProblem> ipopt_problem(F f, IpoptSetup setup) {
  return new IpoptProblem(
      [f = std::move(f)](const std::vector<Scalar>& x) {
        return detail::NonlinearProgram::Outputs{detail::call<Scalar>(f, x), {}};
      },
      std::move(setup));
}

/// Runs Ipopt on the problem, with the options that the application has. Throws what f and g threw.
inline Ipopt::ApplicationReturnStatus ipopt_solve(Ipopt::IpoptApplication& application,
                                                  const Ipopt::SmartPtr<IpoptProblem>& problem) {
  const Ipopt::ApplicationReturnStatus status = application.OptimizeTNLP(Ipopt::GetRawPtr(problem));
  problem->rethrow();
  return status;
}

}  // namespace wengert
