// NLopt: objectives and constraints whose derivatives Wengert computes. Header only; who includes it brings NLopt's C++
// header and links it.
//
//     nlopt::opt opt(nlopt::LD_LBFGS, 2);
//     double least = wengert::nlopt_minimize(opt, f, x);                  // x: std::vector<double>, from start to
//     result
//
// with constraints:
//
//     wengert::NloptProblem problem(opt);
//     problem.minimize(f).inequality(g, 1e-8).equality(h, 1e-8);          // g(x) ≤ 0, h(x) = 0
//     double least = problem.optimize(x);
//
// Functions take a std::vector<T> or std::span<const T>, T being double where NLopt wants a value alone and Scalar
// where it wants a derivative. Branches are taken anew at every point. What a function throws comes out of optimize()
// as it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <nlopt.hpp>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/bridges/evaluation.hpp"

namespace wengert {

/// The functions of a problem, for an nlopt::opt that the caller sets up (algorithm, bounds, tolerances) and keeps.
/// It must outlive the use of `opt`, which refers to it.
class NloptProblem {
 public:
  explicit NloptProblem(nlopt::opt& opt) : opt_(opt) {}
  NloptProblem(const NloptProblem&) = delete;
  NloptProblem& operator=(const NloptProblem&) = delete;

  template <class F>
  NloptProblem& minimize(F f) {
    opt_.set_min_objective(&NloptProblem::value, one(std::move(f)));
    return *this;
  }
  template <class F>
  NloptProblem& maximize(F f) {
    opt_.set_max_objective(&NloptProblem::value, one(std::move(f)));
    return *this;
  }
  /// g(x) ≤ 0, for one number or for each of several (a range of `count`; a number has count 0).
  template <class G>
  NloptProblem& inequality(G g, double tolerance = 0.0) {
    opt_.add_inequality_constraint(&NloptProblem::value, one(std::move(g)), tolerance);
    return *this;
  }
  template <class G>
  NloptProblem& inequality(G g, std::size_t count, double tolerance) {
    opt_.add_inequality_mconstraint(&NloptProblem::values, several(std::move(g)),
                                    std::vector<double>(count, tolerance));
    return *this;
  }
  /// h(x) = 0, likewise.
  template <class H>
  NloptProblem& equality(H h, double tolerance = 0.0) {
    opt_.add_equality_constraint(&NloptProblem::value, one(std::move(h)), tolerance);
    return *this;
  }
  template <class H>
  NloptProblem& equality(H h, std::size_t count, double tolerance) {
    opt_.add_equality_mconstraint(&NloptProblem::values, several(std::move(h)), std::vector<double>(count, tolerance));
    return *this;
  }

  /// Runs NLopt from x, leaves the result there, and gives the objective's value. Throws what a function threw, else
  /// what NLopt throws; what it found, opt.last_optimize_result() says.
  double optimize(std::vector<double>& x) {
    thrown_ = nullptr;
    double best = 0.0;
    try {
      opt_.optimize(x, best);
    } catch (...) {
      if (thrown_ == nullptr) throw;
    }
    if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return best;
  }

 private:
  using Gradient = std::span<double>;  // empty: not wanted
  struct Function {
    NloptProblem* problem;
    std::function<double(std::span<const double>, Gradient)> one;
    std::function<void(std::span<const double>, std::span<double>, Gradient)> several;
  };

  template <class F>
  Function* one(F f) {
    functions_.push_back(std::make_unique<Function>());
    functions_.back()->problem = this;
    functions_.back()->one = [this, f = std::move(f)](std::span<const double> x, Gradient gradient) mutable {
      if (gradient.empty()) return detail::value_at(f, x);
      const auto evaluation = evaluations_.borrow();
      const Scalar y = detail::call<Scalar>(f, evaluation->variables(x));
      evaluation->gradient(y, gradient);
      return y.value();
    };
    return functions_.back().get();
  }
  template <class F>
  Function* several(F f) {
    functions_.push_back(std::make_unique<Function>());
    functions_.back()->problem = this;
    functions_.back()->several = [this, f = std::move(f)](std::span<const double> x, std::span<double> result,
                                                          Gradient jacobian) mutable {
      std::vector<double> numbers;
      if (jacobian.empty()) {
        detail::values_at(f, x, numbers);
        check_count(numbers.size(), result.size());
      } else {
        const auto evaluation = evaluations_.borrow();
        const std::vector<Scalar> y = detail::to_scalars(detail::call<Scalar>(f, evaluation->variables(x)));
        check_count(y.size(), result.size());
        evaluation->jacobian(y, jacobian);
        for (const Scalar& each : y) numbers.push_back(each.value());
      }
      std::copy(numbers.begin(), numbers.end(), result.begin());
    };
    return functions_.back().get();
  }
  static void check_count(std::size_t given, std::size_t announced) {
    if (given != announced)
      throw ArgumentError{{.operation = "NloptProblem",
                           .problem = "a constraint gives " + std::to_string(given) + " numbers",
                           .expected = std::to_string(announced) + ", as announced"}};
  }

  // NLopt is C and knows no exceptions: what is thrown waits for optimize().
  template <class Body>
  bool guarded(Body&& body) noexcept {
    try {
      body();
      return true;
    } catch (...) {
      if (thrown_ == nullptr) thrown_ = std::current_exception();
      opt_.force_stop();
      return false;
    }
  }
  static double value(unsigned n, const double* x, double* gradient, void* data) {
    auto& function = *static_cast<Function*>(data);
    double y = std::numeric_limits<double>::infinity();
    function.problem->guarded([&] {
      y = function.one({x, n}, gradient == nullptr ? Gradient{} : Gradient{gradient, n});
    });
    return y;
  }
  static void values(unsigned m, double* result, unsigned n, const double* x, double* gradient, void* data) {
    auto& function = *static_cast<Function*>(data);
    const bool done = function.problem->guarded([&] {
      function.several({x, n}, {result, m}, gradient == nullptr ? Gradient{} : Gradient{gradient, std::size_t{m} * n});
    });
    if (!done) std::fill(result, result + m, std::numeric_limits<double>::infinity());
  }

  nlopt::opt& opt_;
  std::vector<std::unique_ptr<Function>> functions_;
  detail::Evaluations evaluations_;
  std::exception_ptr thrown_;
};

/// The least value of f from x on, where it is left: see NloptProblem.
template <class F>
double nlopt_minimize(nlopt::opt& opt, F f, std::vector<double>& x) {
  NloptProblem problem(opt);
  return problem.minimize(std::move(f)).optimize(x);
}

}  // namespace wengert
