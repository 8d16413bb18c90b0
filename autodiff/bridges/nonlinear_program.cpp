#include "wengert/autodiff/bridges/nonlinear_program.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace wengert::detail {

namespace {

Places places_of(const SparsityPattern& pattern) {
  Places places;
  for (std::uint32_t i = 0; i < pattern.rows(); ++i)
    for (const std::uint32_t j : pattern.row(i)) {
      places.rows.push_back(i);
      places.columns.push_back(j);
    }
  return places;
}

[[noreturn]] void refuse(const std::string& problem, const std::string& expected) {
  throw ArgumentError{{.operation = "nonlinear program",
                       .problem = problem,
                       .expected = expected,
                       .hint = "a branch goes another way here than at the start: choose by where(), which is recorded "
                               "with both sides"}};
}

/// All elements of the pattern are among the places.
void check_places(const SparsityPattern& pattern, const Places& places, const char* what) {
  std::size_t found = 0;
  for (std::size_t k = 0; k < places.rows.size(); ++k)
    found += pattern.contains(places.rows[k], places.columns[k]) ? 1 : 0;
  if (found != pattern.nonzeros())
    refuse(std::to_string(pattern.nonzeros() - found) + " elements of the " + what + " were 0 at the start",
           "the pattern of the start");
}

void copy_numbers(const SparseMatrix& from, const Places& places, std::span<double> into) {
  for (std::size_t k = 0; k < into.size(); ++k) into[k] = from(places.rows[k], places.columns[k]);
}

}  // namespace

NonlinearProgram::NonlinearProgram(Function function, std::span<const double> start) : function_(std::move(function)) {
  record(start);
  plan();
  if (jacobian_plan_) jacobian_ = places_of(jacobian_plan_->pattern());
  hessian_ = places_of(hessian_plan_->pattern().lower_triangle());
}

void NonlinearProgram::record(std::span<const double> x) {
  recording_.clear();
  at_.clear();  // nowhere, should the function throw
  x_ = recording_.variables(x);
  outputs_ = function_(x_);
  at_.assign(x.begin(), x.end());
}

void NonlinearProgram::plan() {
  shape_ = shape_of(recording_, x_.size(), constraints());
  if (constraints() > 0) jacobian_plan_.emplace(outputs_.constraints, x_);
  const auto before = recording_.mark();
  const std::vector<double> ones(constraints(), 1.0);
  hessian_plan_.emplace(lagrangian(1.0, ones), x_);
  recording_.rewind(before);
}

void NonlinearProgram::move_to(std::span<const double> x) {
  if (std::ranges::equal(x, at_)) return;
  const std::size_t announced = constraints();
  record(x);
  if (constraints() != announced)
    refuse(std::to_string(constraints()) + " constraints", std::to_string(announced) + ", as at the start");
  if (shape_of(recording_, x_.size(), announced) == shape_) return;
  plan();
  if (jacobian_plan_) check_places(jacobian_plan_->pattern(), jacobian_, "Jacobian");
  check_places(hessian_plan_->pattern().lower_triangle(), hessian_, "Hessian");
}

void NonlinearProgram::gradient(std::span<double> into) {
  backward(outputs_.objective, adjoints_);
  for (std::size_t j = 0; j < x_.size(); ++j) into[j] = adjoints_[x_[j]];
}

void NonlinearProgram::constraint_values(std::span<double> into) const {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = outputs_.constraints[i].value();
}

void NonlinearProgram::jacobian(std::span<double> into) {
  if (into.empty()) return;
  copy_numbers((*jacobian_plan_)(outputs_.constraints, x_), jacobian_, into);
}

Scalar NonlinearProgram::lagrangian(double objective_factor, std::span<const double> multipliers) {
  const Scalar sigma = recording_.variable(objective_factor);
  Scalar sum = sigma * outputs_.objective;
  for (std::size_t i = 0; i < multipliers.size(); ++i) {
    const Scalar multiplier = recording_.variable(multipliers[i]);
    sum += multiplier * outputs_.constraints[i];
  }
  return sum;
}

void NonlinearProgram::hessian(double objective_factor, std::span<const double> multipliers, std::span<double> into) {
  const auto before = recording_.mark();
  copy_numbers((*hessian_plan_)(lagrangian(objective_factor, multipliers), x_), hessian_, into);
  recording_.rewind(before);
}

}  // namespace wengert::detail
