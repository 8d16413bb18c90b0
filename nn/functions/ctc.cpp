#include "wengert/nn/functions/ctc.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/reduced.hpp"

namespace wengert::nn {

using detail::select;

namespace {

constexpr double nothing = -std::numeric_limits<double>::infinity();

/// The whole numbers of a tensor, each between two bounds.
std::vector<std::int64_t> read(const char* what, const Tensor& x, const Shape& shape, std::int64_t most,
                               std::source_location where) {
  if (x.dtype() != Dtype::i64)
    throw DtypeError{{.operation = "ctc_loss",
                      .operands = {to_string(x.type())},
                      .problem = std::string(what) + " has " + to_string(x.type()),
                      .expected = "i64",
                      .where = where}};
  detail::check_shape("ctc_loss", what, x, shape, where);
  const auto dense = x.value().dense();
  const auto values = dense.data<std::int64_t>();
  for (std::size_t k = 0; k < values.size(); ++k)
    if (values[k] < 0 || values[k] > most)
      throw DomainError{
          {.operation = "ctc_loss",
           .operands = {to_string(x.type())},
           .problem = std::string(what) + " has " + std::to_string(values[k]) + " at position " + std::to_string(k),
           .expected = "0 to " + std::to_string(most),
           .where = where}};
  return {values.begin(), values.end()};
}

[[nodiscard]] Tensor truths(const std::vector<bool>& values, const Shape& shape) {
  Array array = Array::zeros({Dtype::boolean, shape});
  std::size_t k = 0;
  for (bool& x : array.mutable_data<bool>()) x = values[k++];
  return Tensor(array);
}

/// x [batch, places] moved by `count` places, -∞ before it.
[[nodiscard]] Tensor moved(const Tensor& x, std::int64_t count) {
  const std::int64_t batch = x.shape()[0], places = x.shape()[1];
  if (places <= count) return full(x.shape(), nothing, x.dtype());
  return concatenate({full(Shape{batch, count}, nothing, x.dtype()), slice_along(x, 1, 0, places - count)}, 1);
}

/// The targets with blanks before, between and behind the labels, as the lattice has them.
struct Lattice {
  Tensor labels;  ///< [1, batch, places]
  Tensor skips;   ///< bool [batch, places]: a place may be reached from two places before, over a blank
};
Lattice lattice_of(const std::vector<std::int64_t>& targets, const std::vector<std::int64_t>& lengths,
                   std::int64_t longest, std::int64_t blank) {
  const std::int64_t batch = static_cast<std::int64_t>(lengths.size()), places = 2 * longest + 1;
  std::vector<std::int64_t> labels(static_cast<std::size_t>(batch * places), blank);
  std::vector<bool> skips(labels.size(), false);
  for (std::int64_t n = 0; n < batch; ++n)
    for (std::int64_t i = 0; i < lengths[static_cast<std::size_t>(n)]; ++i) {
      const auto place = static_cast<std::size_t>(n * places + 2 * i + 1);
      labels[place] = targets[static_cast<std::size_t>(n * longest + i)];
      skips[place] = i > 0 && labels[place] != labels[place - 2];
    }
  return {tensor(labels, Shape{1, batch, places}), truths(skips, Shape{batch, places})};
}

}  // namespace

Tensor ctc_loss(const Tensor& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CtcOptions& options, std::source_location where) {
  detail::check_real("ctc_loss", "log_probabilities", log_probabilities, where);
  detail::check_rank("ctc_loss", "log_probabilities", log_probabilities, 3, 3, where);
  const std::int64_t time = log_probabilities.shape()[0], batch = log_probabilities.shape()[1],
                     classes = log_probabilities.shape()[2];
  detail::check_option("ctc_loss", "blank", static_cast<double>(options.blank),
                       options.blank >= 0 && options.blank < classes, "a class", where);
  detail::check_rank("ctc_loss", "targets", targets, 2, 2, where);
  const std::int64_t longest = targets.shape()[1], places = 2 * longest + 1;
  const auto steps = read("input_lengths", input_lengths, Shape{batch}, time, where);
  const auto lengths = read("target_lengths", target_lengths, Shape{batch}, longest, where);
  const auto labels = read("targets", targets, Shape{batch, longest}, classes - 1, where);
  const auto line = location_of(log_probabilities, where);

  // alpha[n, s]: ln of the probability of all ways that end in place s after the steps so far.
  const Lattice lattice = lattice_of(labels, lengths, longest, options.blank);
  const Tensor emissions = take_along(log_probabilities, lattice.labels, 2);
  std::vector<bool> first(static_cast<std::size_t>(batch * places), false);
  for (std::int64_t n = 0; n < batch; ++n)
    for (std::int64_t s = 0; s < std::min<std::int64_t>(2, places); ++s)
      first[static_cast<std::size_t>(n * places + s)] = true;
  const bool unequal = std::any_of(steps.begin(), steps.end(), [&](std::int64_t count) { return count != time; });
  Tensor alpha = full(Shape{batch, places}, nothing, log_probabilities.dtype());
  for (std::int64_t t = 0; t < time; ++t) {
    const Tensor emission = reshape(slice_along(emissions, 0, t, t + 1), Shape{batch, places});
    Tensor next;
    if (t == 0) {
      next = select(truths(first, Shape{batch, places}), emission, nothing, where);
    } else {
      const Tensor skipped = select(lattice.skips, moved(alpha, 2), nothing, where);
      next = logsumexp(stack({alpha, moved(alpha, 1), skipped}, 2), {2}) + emission;
    }
    if (unequal) {
      std::vector<bool> running;
      for (const std::int64_t count : steps) running.push_back(t < count);
      next = select(truths(running, Shape{batch, 1}), next, alpha, where);
    }
    alpha = next;
  }

  // A way ends on the last label or on the blank behind it.
  std::vector<std::int64_t> ends, divisors;
  std::vector<bool> there;  // nothing ends on a label of an empty target
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    ends.push_back(2 * lengths[n]);
    ends.push_back(std::max<std::int64_t>(2 * lengths[n] - 1, 0));
    there.push_back(true);
    there.push_back(lengths[n] > 0);
    divisors.push_back(std::max<std::int64_t>(lengths[n], 1));
  }
  Tensor last = take_along(alpha, tensor(ends, Shape{batch, 2}), 1);
  last = select(truths(there, Shape{batch, 2}), last, nothing, where);
  Tensor losses = -logsumexp(last, {1});
  // Of no time steps nothing is left to explain but an empty target.
  std::vector<bool> empty;
  for (std::size_t n = 0; n < lengths.size(); ++n) empty.push_back(steps[n] == 0 && lengths[n] == 0);
  if (std::find(empty.begin(), empty.end(), true) != empty.end())
    losses = select(truths(empty, Shape{batch}), 0.0, losses, where);
  if (options.zero_infinity) losses = select(losses == std::numeric_limits<double>::infinity(), 0.0, losses, where);
  if (options.reduction == Reduction::mean) losses = losses / convert(tensor(divisors, Shape{batch}), losses.dtype());
  return detail::reduced(losses, options.reduction, where);
}

}  // namespace wengert::nn
