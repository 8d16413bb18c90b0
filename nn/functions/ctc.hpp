// Connectionist temporal classification: the loss of a sequence of labels that are not aligned with the time steps.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/functions/losses.hpp"

namespace wengert::nn {

struct CtcOptions {
  std::int64_t blank = 0;                 ///< the class that stands for no label
  Reduction reduction = Reduction::mean;  ///< the mean divides each loss by the length of its target first (1 at least)
  bool zero_infinity = false;             ///< targets that are too long for their input cost 0 instead of +∞
};
/// -ln of the probability of a target: the sum over all ways to spread its labels over the time steps, with blanks
/// between them and repetitions. (Graves and others 2006)
///
/// log_probabilities: [time, batch, classes], such as of log_softmax. targets: i64 [batch, longest], of which the first
/// target_lengths[n] count; lengths: i64 [batch]. A composition, logsumexp over a lattice of time × (2·longest + 1): of
/// any order, and finite where the loss is; where it is +∞, nothing passes. The derivative by the log-probabilities is
/// that of the formula (PyTorch's is right only behind a log_softmax). Throws ShapeError, DtypeError; DomainError for a
/// length or a label out of range, ArgumentError for a blank that is no class.
[[nodiscard]] Tensor ctc_loss(const Tensor& log_probabilities, const Tensor& targets, const Tensor& input_lengths,
                              const Tensor& target_lengths, const CtcOptions& options = {},
                              std::source_location where = std::source_location::current());

}  // namespace wengert::nn
