#include "wengert/nn/functions/losses.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/reduced.hpp"

namespace wengert::nn {

using detail::check_option;
using detail::check_rank;
using detail::check_real;
using detail::check_same_dtype;
using detail::check_shape;
using detail::location_of_any;
using detail::reduced;
using detail::select;

namespace {

/// Outputs and targets fit; what is recorded from here on has the caller's line.
[[nodiscard]] Recording::LocationScope begin(const char* function, const char* outputs, const Tensor& o,
                                             const char* targets, const Tensor& t, std::source_location where) {
  check_real(function, outputs, o, where);
  check_same_dtype(function, targets, t, o, where);
  check_shape(function, targets, t, o.shape(), where);
  return location_of_any({&o, &t}, where);
}

/// Throws DomainError for an element outside of [low, high]; NaN is let through, and so is what is only traced.
void check_between(const char* function, const char* operand, const Tensor& x, double low, double high,
                   std::source_location where) {
  if (x.value().is_unknown()) return;
  with_element_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto values = x.value().stored<T>();
    for (std::size_t k = 0; k < values.size(); ++k) {
      const auto value = static_cast<double>(values[k]);
      if (value < low || value > high)
        throw DomainError{
            {.operation = function,
             .operands = {to_string(x.type())},
             .problem = std::string(operand) + " has " + std::to_string(value) + " at position " + std::to_string(k),
             .expected = std::isinf(high) ? std::to_string(low) + " at least"
                                          : "a number from " + std::to_string(low) + " to " + std::to_string(high),
             .where = where}};
    }
  });
}

/// x times weights that are broadcast to it.
[[nodiscard]] Tensor weighted(const char* function, const Tensor& x, const std::optional<Tensor>& weights,
                              std::source_location where) {
  if (!weights) return x;
  check_same_dtype(function, "weights", *weights, x, where);
  const Tensor y = detail::at(x, where) * *weights;
  if (!(y.shape() == x.shape()))
    throw ShapeError{{.operation = function,
                      .operands = {to_string(weights->type())},
                      .problem = "weights has " + to_string(weights->type()),
                      .expected = "a shape that is broadcast to " + to_string(x.shape()),
                      .where = where}};
  return y;
}

/// d: ½d² within delta, straight beyond. By clamp and not by abs, so that the second derivative at 0 is 1.
[[nodiscard]] Tensor huber_of(const Tensor& d, double delta) {
  const Tensor c = clamp(d, -delta, delta);
  return c * (d - 0.5 * c);
}

}  // namespace

// --- Regression
// -------------------------------------------------------------------------------------------------------

Tensor mean_squared_error(const Tensor& outputs, const Tensor& targets, Reduction reduction,
                          std::source_location where) {
  const auto line = begin("mean_squared_error", "outputs", outputs, "targets", targets, where);
  return reduced(square(outputs - targets), reduction, where);
}

Tensor half_squared_error(const Tensor& outputs, const Tensor& targets, Reduction reduction,
                          std::source_location where) {
  const auto line = begin("half_squared_error", "outputs", outputs, "targets", targets, where);
  const Tensor halves = 0.5 * square(outputs - targets);
  return reduced(halves.rank() == 0 ? halves : sum(halves, {-1}), reduction, where);
}

Tensor mean_absolute_error(const Tensor& outputs, const Tensor& targets, Reduction reduction,
                           std::source_location where) {
  const auto line = begin("mean_absolute_error", "outputs", outputs, "targets", targets, where);
  return reduced(abs(outputs - targets), reduction, where);
}

Tensor huber(const Tensor& outputs, const Tensor& targets, double delta, Reduction reduction,
             std::source_location where) {
  check_option("huber", "delta", delta, delta > 0.0, "above 0", where);
  const auto line = begin("huber", "outputs", outputs, "targets", targets, where);
  return reduced(huber_of(outputs - targets, delta), reduction, where);
}

Tensor smooth_l1(const Tensor& outputs, const Tensor& targets, double beta, Reduction reduction,
                 std::source_location where) {
  check_option("smooth_l1", "beta", beta, beta >= 0.0, "0 at least", where);
  const auto line = begin("smooth_l1", "outputs", outputs, "targets", targets, where);
  const Tensor d = outputs - targets;
  return reduced(beta == 0.0 ? abs(d) : huber_of(d, beta) / beta, reduction, where);
}

Tensor poisson_nll(const Tensor& outputs, const Tensor& targets, Reduction reduction, std::source_location where) {
  const auto line = begin("poisson_nll", "outputs", outputs, "targets", targets, where);
  return reduced(exp(outputs) - targets * outputs, reduction, where);
}

Tensor gaussian_nll(const Tensor& outputs, const Tensor& targets, const Tensor& variance, Reduction reduction,
                    std::source_location where) {
  const auto line = begin("gaussian_nll", "outputs", outputs, "targets", targets, where);
  check_same_dtype("gaussian_nll", "variance", variance, outputs, where);
  check_shape("gaussian_nll", "variance", variance, outputs.shape(), where);
  check_between("gaussian_nll", "variance", variance, 0.0, HUGE_VAL, where);
  constexpr double least = 1e-6;
  const Tensor v = select(variance > least, variance, least, where);
  return reduced(0.5 * (log(v) + square(outputs - targets) / v), reduction, where);
}

// --- Two classes
// ------------------------------------------------------------------------------------------------------

Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& targets, const BinaryOptions& options,
                            std::source_location where) {
  const auto line = begin("binary_cross_entropy", "probabilities", probabilities, "targets", targets, where);
  check_between("binary_cross_entropy", "probabilities", probabilities, 0.0, 1.0, where);
  if (options.pos_weights)
    throw ArgumentError{{.operation = "binary_cross_entropy",
                         .problem = "pos_weights are given",
                         .expected = "none: they belong to binary_cross_entropy_with_logits",
                         .where = where}};
  constexpr double least = -100.0;
  const Tensor yes = max(log(probabilities), least), no = max(log1p(-probabilities), least);
  const Tensor losses = -(targets * yes + (1.0 - targets) * no);
  return reduced(weighted("binary_cross_entropy", losses, options.weights, where), options.reduction, where);
}

Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& targets, const BinaryOptions& options,
                                        std::source_location where) {
  const auto line = begin("binary_cross_entropy_with_logits", "logits", logits, "targets", targets, where);
  const Tensor of_yes = weighted("binary_cross_entropy_with_logits", targets, options.pos_weights, where);
  const Tensor losses = of_yes * softplus(-logits) + (1.0 - targets) * softplus(logits);
  return reduced(weighted("binary_cross_entropy_with_logits", losses, options.weights, where), options.reduction,
                 where);
}

Tensor hinge(const Tensor& outputs, const Tensor& targets, double margin, Reduction reduction,
             std::source_location where) {
  const auto line = begin("hinge", "outputs", outputs, "targets", targets, where);
  return reduced(relu(margin - targets * outputs), reduction, where);
}

Tensor soft_margin(const Tensor& outputs, const Tensor& targets, Reduction reduction, std::source_location where) {
  const auto line = begin("soft_margin", "outputs", outputs, "targets", targets, where);
  return reduced(softplus(-targets * outputs), reduction, where);
}

// --- Distances and margins
// --------------------------------------------------------------------------------------------

Tensor hinge_embedding(const Tensor& outputs, const Tensor& targets, double margin, Reduction reduction,
                       std::source_location where) {
  const auto line = begin("hinge_embedding", "outputs", outputs, "targets", targets, where);
  return reduced(select(targets > 0.0, outputs, relu(margin - outputs), where), reduction, where);
}

Tensor margin_ranking(const Tensor& a, const Tensor& b, const Tensor& targets, double margin, Reduction reduction,
                      std::source_location where) {
  check_real("margin_ranking", "a", a, where);
  check_same_dtype("margin_ranking", "b", b, a, where);
  check_shape("margin_ranking", "b", b, a.shape(), where);
  check_same_dtype("margin_ranking", "targets", targets, a, where);
  check_shape("margin_ranking", "targets", targets, a.shape(), where);
  const auto line = location_of_any({&a, &b, &targets}, where);
  return reduced(relu(margin - targets * (a - b)), reduction, where);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t axis, std::source_location where) {
  const auto line = begin("cosine_similarity", "a", a, "b", b, where);
  const auto k = static_cast<std::int64_t>(detail::checked_axis("cosine_similarity", a, axis, where));
  constexpr double epsilon = 1e-12;
  const Tensor lengths = sqrt((sum(square(a), {k}) + epsilon) * (sum(square(b), {k}) + epsilon));
  return sum(a * b, {k}) / lengths;
}

Tensor cosine_embedding(const Tensor& a, const Tensor& b, const Tensor& targets, double margin, Reduction reduction,
                        std::source_location where) {
  check_rank("cosine_embedding", "a", a, 1, Shape::max_rank, where);
  const Tensor similarity = cosine_similarity(a, b, -1, where);
  check_same_dtype("cosine_embedding", "targets", targets, a, where);
  check_shape("cosine_embedding", "targets", targets, similarity.shape(), where);
  const auto line = location_of_any({&a, &b, &targets}, where);
  return reduced(select(targets > 0.0, 1.0 - similarity, relu(similarity - margin), where), reduction, where);
}

Tensor triplet_margin(const Tensor& anchor, const Tensor& positive, const Tensor& negative, double margin,
                      Reduction reduction, std::source_location where) {
  check_rank("triplet_margin", "anchor", anchor, 1, Shape::max_rank, where);
  const auto line = begin("triplet_margin", "anchor", anchor, "positive", positive, where);
  check_same_dtype("triplet_margin", "negative", negative, anchor, where);
  check_shape("triplet_margin", "negative", negative, anchor.shape(), where);
  const Tensor near = norm(anchor - positive, {-1}), far = norm(anchor - negative, {-1});
  return reduced(relu(margin + near - far), reduction, where);
}

}  // namespace wengert::nn
