#include "wengert/autodiff/transform/implicit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

std::int64_t size_of(const Parts& parts) {
  auto size = static_cast<std::int64_t>(parts.scalars.size());
  for (const Tensor& each : parts.tensors) size += each.size();
  return size;
}

/// Constant parts like these with a 1 at one element, and 0 elsewhere.
Parts unit(const Parts& like, std::int64_t position) {
  Parts parts;
  for (std::size_t k = 0; k < like.scalars.size(); ++k) parts.scalars.emplace_back(position-- == 0 ? 1.0 : 0.0);
  for (const Tensor& each : like.tensors) {
    std::vector<double> numbers(static_cast<std::size_t>(each.size()), 0.0);
    if (position >= 0 && position < each.size()) numbers[static_cast<std::size_t>(position)] = 1.0;
    position -= each.size();
    const Tensor piece = tensor(numbers, each.shape());
    parts.tensors.push_back(each.dtype() == Dtype::f64 ? piece : convert(piece, each.dtype()));
  }
  return parts;
}

/// F by x at (x, p): [n, n], row i the gradient of element i. Recorded if x or p is.
Tensor jacobian_by_root(const Residual& residual, const Parts& x, const Parts& p) {
  const std::int64_t n = size_of(x);
  // Inputs are x and p both, so that they are of one recording; p is not differentiated by.
  Parts both = x;
  both.scalars.insert(both.scalars.end(), p.scalars.begin(), p.scalars.end());
  for (const Tensor& each : p.tensors)
    if (is_real(each.dtype())) both.tensors.push_back(each);
  Recording own;
  Adjoints work;
  const Inputs inputs = inputs_for(both, false, own, "implicit_root", {});
  Inputs by_x{.parts = {}, .recorded = inputs.recorded};
  by_x.parts.scalars.assign(inputs.parts.scalars.begin(),
                            inputs.parts.scalars.begin() + static_cast<std::ptrdiff_t>(x.scalars.size()));
  by_x.parts.tensors.assign(inputs.parts.tensors.begin(),
                            inputs.parts.tensors.begin() + static_cast<std::ptrdiff_t>(x.tensors.size()));
  Parts parameters;
  parameters.scalars.assign(inputs.parts.scalars.begin() + static_cast<std::ptrdiff_t>(x.scalars.size()),
                            inputs.parts.scalars.end());
  std::size_t next = x.tensors.size();
  for (const Tensor& each : p.tensors)
    parameters.tensors.push_back(is_real(each.dtype()) ? inputs.parts.tensors[next++] : each);
  const Parts f = residual(by_x.parts, parameters);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < n; ++i) rows.push_back(flattened(pull_back(f, unit(f, i), by_x, work, {}), {}));
  return n == 0 ? zeros(Shape{0, 0}) : stack(rows);
}

double largest(const Tensor& x) {
  double most = 0.0;
  for (const double each : x.to_vector()) most = std::max(most, std::isnan(each) ? HUGE_VAL : std::abs(each));
  return most;
}

std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

Parts implicit_pull(const Residual& residual, const Parts& cotangent, const Parts& x, const Parts& p) {
  const Tensor jacobian = jacobian_by_root(residual, x, p);
  // λ with (∂F/∂x)ᵀ·λ = cotangent; the cotangent of p is -(∂F/∂p)ᵀ·λ.
  const Tensor multipliers = WENGERT_NUMBER("implicit: sign", -solve(jacobian, flattened(cotangent, {}), Turned::yes));
  return pull_through([&](const Parts& q) { return residual(x, q); }, unflattened(multipliers, PartsLayout::of(x), {}),
                      p, {});
}

Parts implicit_push(const Residual& residual, const Parts& tangent, const Parts& x, const Parts& p) {
  const Tensor jacobian = jacobian_by_root(residual, x, p);
  const Parts along = push_through([&](const Parts& q) { return residual(x, q); }, tangent, p, {});
  return unflattened(WENGERT_NUMBER("implicit: sign of a tangent", -solve(jacobian, flattened(along, {}))),
                     PartsLayout::of(x), {});
}

void check_root(const Residual& residual, const Parts& x, const Parts& p, const ImplicitOptions& options,
                std::source_location where) {
  const Parts f = residual(x, p);
  if (size_of(f) != size_of(x)) {
    throw ArgumentError{{.operation = options.name,
                         .problem = "the residual has " + std::to_string(size_of(f)) + " elements, the root has " +
                                    std::to_string(size_of(x)),
                         .expected = "as many equations as unknowns",
                         .where = where}};
  }
  if (options.tolerance == 0.0) return;
  const double error = largest(flattened(f, {}));
  if (error <= options.tolerance) return;
  const double scale = largest(jacobian_by_root(residual, x, p)) * largest(flattened(x, {}));
  if (std::isfinite(error) && error <= options.tolerance * scale) return;
  throw DomainError{{.operation = options.name,
                     .problem = "the solver's answer is no root: the residual there is " + text_of(error),
                     .expected = "at most " + text_of(options.tolerance * std::max(1.0, scale)),
                     .where = where,
                     .hint = "let the solver iterate further, or raise ImplicitOptions::tolerance"}};
}

std::pair<std::vector<Scalar>, std::vector<Tensor>> parts_difference(const Parts& x, const Parts& next) {
  want_alike(next, x, "result of the step", "fixed_point", {});
  std::pair<std::vector<Scalar>, std::vector<Tensor>> difference;
  for (std::size_t k = 0; k < x.scalars.size(); ++k) difference.first.emplace_back(x.scalars[k] - next.scalars[k]);
  for (std::size_t k = 0; k < x.tensors.size(); ++k) difference.second.push_back(x.tensors[k] - next.tensors[k]);
  return difference;
}

}  // namespace wengert::detail
