// The losses of many classes: labels are checked, made positions, and taken along the axis of the classes; no matrix of
// ones and zeros is made of them.
#include <string>
#include <vector>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/functions/reduced.hpp"

namespace wengert::nn {

using detail::check_option;
using detail::check_real;
using detail::check_same_dtype;
using detail::check_shape;
using detail::location_of_any;
using detail::reduced;
using detail::select;

namespace {

[[nodiscard]] std::size_t class_axis(const Tensor& x) { return x.rank() == 1 ? 0 : 1; }

[[nodiscard]] Shape without_axis(const Shape& shape, std::size_t axis) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(axis));
  return Shape(std::span<const std::int64_t>(extents));
}

/// Labels as positions along the axis of the classes, which has extent 1 there.
struct Labels {
  Tensor positions;               ///< 0 for labels that are ignored
  std::optional<Tensor> counted;  ///< which are not; none if all are
};

/// Throws unless the labels go with x; DomainError for a label that is no class and is not ignored.
Labels read_labels(const char* function, const Tensor& x, const Tensor& labels, std::int64_t ignore,
                   std::source_location where) {
  const std::size_t axis = class_axis(x);
  if (labels.dtype() != Dtype::i64)
    throw DtypeError{{.operation = function,
                      .operands = {to_string(x.type()), to_string(labels.type())},
                      .problem = "labels has " + to_string(labels.type()),
                      .expected = "i64",
                      .where = where}};
  check_shape(function, "labels", labels, without_axis(x.shape(), axis), where);
  const std::int64_t classes = x.shape()[axis];
  // Labels that are traced are looked at by take_along, when there are any.
  const bool known = !labels.value().is_unknown();
  bool any_ignored = !known;
  const auto values = known ? labels.value().stored<std::int64_t>() : std::span<const std::int64_t>{};
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values[k] == ignore) {
      any_ignored = true;
    } else if (values[k] < 0 || values[k] >= classes) {
      throw DomainError{{.operation = function,
                         .operands = {to_string(x.type()), to_string(labels.type())},
                         .problem = "label " + std::to_string(values[k]) + " at position " + std::to_string(k),
                         .expected = "0 to " + std::to_string(classes - 1) + ", or " + std::to_string(ignore) +
                                     " for one that is ignored",
                         .where = where}};
    }
  }
  const Shape positions = detail::with_extent(x.shape(), axis, 1);
  // Labels that are computed, and not given, are looked at anew when the recording runs again.
  if (!any_ignored && labels.is_constant()) return {reshape(labels, positions, where), {}};
  const Tensor counted = detail::at(labels, where) != static_cast<double>(ignore);
  const Tensor kept = select(counted, convert(labels, Dtype::f64, where), 0.0, where);
  return {reshape(convert(kept, Dtype::i64, where), positions, where), counted};
}

void check_logits(const char* function, const Tensor& x, std::source_location where) {
  check_real(function, "operand 0", x, where);
  detail::check_rank(function, "operand 0", x, 1, Shape::max_rank, where);
}

void check_weights(const char* function, const Tensor& x, const std::optional<Tensor>& weights,
                   std::source_location where) {
  if (!weights) return;
  check_same_dtype(function, "weights", *weights, x, where);
  check_shape(function, "weights", *weights, Shape{x.shape()[class_axis(x)]}, where);
}

/// The weights of the classes beside x.
[[nodiscard]] Tensor beside(const Tensor& weights, const Tensor& x) {
  const std::size_t axis = class_axis(x);
  return reshape(weights, detail::along_axis(x.rank(), axis, x.shape()[axis]));
}

/// Σ over the classes.
[[nodiscard]] Tensor over_classes(const Tensor& x) { return sum(x, {static_cast<std::int64_t>(class_axis(x))}); }

/// `log_p` is log_softmax, or what the caller says is.
Tensor of_labels(const char* function, const Tensor& log_p, const Tensor& labels, const ClassOptions& options,
                 std::source_location where) {
  const auto axis = static_cast<std::int64_t>(class_axis(log_p));
  const Labels read = read_labels(function, log_p, labels, options.ignore, where);
  const auto of_samples = [&](const Tensor& x) { return reshape(x, labels.shape()); };
  const auto masked = [&](const Tensor& x) { return read.counted ? select(*read.counted, x, 0.0, where) : x; };

  Tensor losses = -of_samples(take_along(log_p, read.positions, axis));
  std::optional<Tensor> weights;  // of the samples
  if (options.weights) {
    weights = masked(gather(*options.weights, of_samples(read.positions)));
    losses = losses * *weights;
  }
  losses = masked(losses);
  if (options.smoothing != 0.0) {
    const Tensor even =
        options.weights ? scaled(log_p, broadcast(beside(*options.weights, log_p), log_p.shape())) : log_p;
    const double classes = static_cast<double>(log_p.shape()[static_cast<std::size_t>(axis)]);
    losses = (1.0 - options.smoothing) * losses - (options.smoothing / classes) * masked(over_classes(even));
  }
  if (options.reduction != Reduction::mean || (!weights && !read.counted))
    return reduced(losses, options.reduction, where);
  return sum(losses) / (weights ? sum(*weights) : sum(convert(*read.counted, log_p.dtype())));
}

Tensor of_probabilities(const Tensor& logits, const Tensor& targets, const ClassOptions& options,
                        std::source_location where) {
  check_same_dtype("cross_entropy", "targets", targets, logits, where);
  check_shape("cross_entropy", "targets", targets, logits.shape(), where);
  const auto axis = static_cast<std::int64_t>(class_axis(logits));
  Tensor log_p = log_softmax(logits, {axis});
  Tensor p = targets;
  if (options.smoothing != 0.0) {
    const double classes = static_cast<double>(logits.shape()[static_cast<std::size_t>(axis)]);
    p = (1.0 - options.smoothing) * targets + options.smoothing / classes;
  }
  if (options.weights) p = p * beside(*options.weights, logits);
  return reduced(-over_classes(scaled(p, log_p)), options.reduction, where);
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const ClassOptions& options,
                     std::source_location where) {
  check_logits("cross_entropy", logits, where);
  check_weights("cross_entropy", logits, options.weights, where);
  check_option("cross_entropy", "smoothing", options.smoothing, options.smoothing >= 0.0 && options.smoothing <= 1.0,
               "a number from 0 to 1", where);
  const auto line = location_of_any({&logits, &targets}, where);
  if (is_real(targets.dtype())) return of_probabilities(logits, targets, options, where);
  const auto axis = static_cast<std::int64_t>(class_axis(logits));
  return of_labels("cross_entropy", log_softmax(logits, {axis}), targets, options, where);
}

Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const ClassOptions& options,
                std::source_location where) {
  check_logits("nll_loss", log_probabilities, where);
  check_weights("nll_loss", log_probabilities, options.weights, where);
  check_option("nll_loss", "smoothing", options.smoothing, options.smoothing == 0.0, "0: it belongs to cross_entropy",
               where);
  const auto line = location_of_any({&log_probabilities, &labels}, where);
  return of_labels("nll_loss", log_probabilities, labels, options, where);
}

Tensor multi_margin(const Tensor& logits, const Tensor& labels, int power, double margin, const ClassOptions& options,
                    std::source_location where) {
  check_logits("multi_margin", logits, where);
  check_weights("multi_margin", logits, options.weights, where);
  check_option("multi_margin", "power", power, power == 1 || power == 2, "1 or 2", where);
  check_option("multi_margin", "smoothing", options.smoothing, options.smoothing == 0.0,
               "0: it belongs to cross_entropy", where);
  const auto line = location_of_any({&logits, &labels}, where);
  const std::size_t axis = class_axis(logits);
  const std::int64_t classes = logits.shape()[axis];
  const Labels read = read_labels("multi_margin", logits, labels, options.ignore, where);
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(classes));
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<std::int64_t>(k);
  const Tensor class_of = tensor(numbers, detail::along_axis(logits.rank(), axis, classes));

  const Tensor right = take_along(logits, read.positions, static_cast<std::int64_t>(axis));
  const Tensor short_by = relu(logits - right + margin);
  Tensor losses =
      over_classes(select(class_of == read.positions, 0.0, power == 2 ? square(short_by) : short_by, where));
  losses = losses / static_cast<double>(classes);
  if (options.weights) losses = losses * gather(*options.weights, reshape(read.positions, labels.shape()));
  if (read.counted) losses = select(*read.counted, losses, 0.0, where);
  if (options.reduction != Reduction::mean || !read.counted) return reduced(losses, options.reduction, where);
  return sum(losses) / sum(convert(*read.counted, logits.dtype()));
}

Tensor kl_divergence(const Tensor& log_probabilities, const Tensor& targets, const DivergenceOptions& options,
                     std::source_location where) {
  check_real("kl_divergence", "log_probabilities", log_probabilities, where);
  check_same_dtype("kl_divergence", "targets", targets, log_probabilities, where);
  check_shape("kl_divergence", "targets", targets, log_probabilities.shape(), where);
  const auto line = location_of_any({&log_probabilities, &targets}, where);
  if (options.log_targets) {
    const Tensor p = exp(targets);
    return reduced(scaled(p, targets) - scaled(p, log_probabilities), options.reduction, where);
  }
  return reduced(xlogy(targets, targets) - scaled(targets, log_probabilities), options.reduction, where);
}

}  // namespace wengert::nn
