// Losses of tensors: how far outputs are from their targets. PyTorch's, with its definitions; where ours differ stands
// in docs/nn/pytorch.md. Scalar ones, for networks of neurons: nn/loss.hpp.
//
//     const Tensor loss = nn::cross_entropy(network(x), labels);      // rank 0: the mean over the batch
//
// What holds of all:
//   - Outputs and targets have one dtype, f32 or f64 (DtypeError), and one shape: nothing is broadcast (ShapeError; a
//     column beside a row would silently give a matrix of losses). Labels are i64. Errors carry the caller's line.
//   - Targets and weights may be recorded too, and have derivatives.
//   - Values and derivatives of all orders are finite for outputs of any size, unless it says otherwise. NaN in gives
//     NaN out, and so does a mean over nothing (no elements, every label ignored), as in PyTorch.
//   - The result has rank 0, or with Reduction::none an element for each element or sample.
//
// Reading order: Reduction, regression, two classes, many classes, distances and margins.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

/// What becomes of the losses of single elements or samples.
enum class Reduction : std::uint8_t {
  mean,
  sum,
  none,
  batch_mean  ///< their sum divided by the extent of the first axis, which counts the samples
};

// --- Regression
// -------------------------------------------------------------------------------------------------------

/// (o - t)².
[[nodiscard]] Tensor mean_squared_error(const Tensor& outputs, const Tensor& targets,
                                        Reduction reduction = Reduction::mean,
                                        std::source_location where = std::source_location::current());
/// The lecture's: ½ Σ (t - o)² over the outputs of a sample, which are the last axis; reduced over the samples. Its
/// derivative by an output is o - t, divided by the number of samples for a mean.
[[nodiscard]] Tensor half_squared_error(const Tensor& outputs, const Tensor& targets,
                                        Reduction reduction = Reduction::mean,
                                        std::source_location where = std::source_location::current());
/// |o - t|; derivative 0 where they are equal.
[[nodiscard]] Tensor mean_absolute_error(const Tensor& outputs, const Tensor& targets,
                                         Reduction reduction = Reduction::mean,
                                         std::source_location where = std::source_location::current());
/// d = o - t: ½d² within delta of 0, delta·(|d| - ½delta) beyond; the derivative is d, held between ±delta. The second
/// one is 1 within and at ±delta, 0 beyond. Throws ArgumentError unless delta > 0.
[[nodiscard]] Tensor huber(const Tensor& outputs, const Tensor& targets, double delta = 1.0,
                           Reduction reduction = Reduction::mean,
                           std::source_location where = std::source_location::current());
/// huber(o, t, beta)/beta: slopes ±1 far out; mean_absolute_error for beta = 0. Throws ArgumentError unless beta >= 0.
[[nodiscard]] Tensor smooth_l1(const Tensor& outputs, const Tensor& targets, double beta = 1.0,
                               Reduction reduction = Reduction::mean,
                               std::source_location where = std::source_location::current());
/// Minus the log likelihood of counts t under Poisson rates e^o, up to what does not depend on o: e^o - t·o.
[[nodiscard]] Tensor poisson_nll(const Tensor& outputs, const Tensor& targets, Reduction reduction = Reduction::mean,
                                 std::source_location where = std::source_location::current());
/// Minus the log likelihood of t under normal distributions of mean o, up to a constant: ½(ln v + (o - t)²/v), v the
/// variance, 1e-6 at least (below, it has derivative 0). Throws DomainError for a negative variance.
[[nodiscard]] Tensor gaussian_nll(const Tensor& outputs, const Tensor& targets, const Tensor& variance,
                                  Reduction reduction = Reduction::mean,
                                  std::source_location where = std::source_location::current());

// --- Two classes
// ------------------------------------------------------------------------------------------------------

struct BinaryOptions {
  std::optional<Tensor> weights{};      ///< a factor of each loss; broadcast to the outputs
  std::optional<Tensor> pos_weights{};  ///< of logits only: a factor of t, such as one for each class; broadcast
  Reduction reduction = Reduction::mean;
};
/// -(t·ln p + (1 - t)·ln(1 - p)) of probabilities p. Both logarithms are -100 at least, as in PyTorch: a sure and wrong
/// p costs 100, and has derivative 0 there (PyTorch: -10¹²). Where there is a choice, take the one with logits. Throws
/// DomainError for a p below 0 or above 1.
[[nodiscard]] Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& targets,
                                          const BinaryOptions& options = {},
                                          std::source_location where = std::source_location::current());
/// The same of logits z, p = σ(z), as t·softplus(-z) + (1 - t)·softplus(z): exact at both ends.
[[nodiscard]] Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& targets,
                                                      const BinaryOptions& options = {},
                                                      std::source_location where = std::source_location::current());
/// max(0, margin - t·o) for targets ±1; derivative 0 at the kink.
[[nodiscard]] Tensor hinge(const Tensor& outputs, const Tensor& targets, double margin = 1.0,
                           Reduction reduction = Reduction::mean,
                           std::source_location where = std::source_location::current());
/// ln(1 + e^(-t·o)) for targets ±1.
[[nodiscard]] Tensor soft_margin(const Tensor& outputs, const Tensor& targets, Reduction reduction = Reduction::mean,
                                 std::source_location where = std::source_location::current());

// --- Many classes
// ----------------------------------------------------------------------------------------------------- Logits (or
// log-probabilities) are [classes], [samples, classes] or [samples, classes, …]; labels have the same shape without the
// axis of the classes. A label is a class, counted from 0, or `ignore`: such samples cost nothing and pass nothing,
// whatever stands there, and a mean does not count them. Any other label is a DomainError that names it.

struct ClassOptions {
  std::optional<Tensor> weights{};  ///< a factor for each class; a mean is divided by the sum of those of the labels
  double smoothing = 0.0;           ///< of cross_entropy only: this much of a target is spread evenly over the classes
  std::int64_t ignore = -100;       ///< of labels only
  Reduction reduction = Reduction::mean;
};
/// -ln softmax(z)[label]: for labels (i64), or for the probabilities of the classes (of the dtype and shape of the
/// logits): -Σ p·ln softmax(z), where p = 0 counts as 0 beside a logit of -∞. Throws ArgumentError unless the smoothing
/// is in [0, 1].
[[nodiscard]] Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const ClassOptions& options = {},
                                   std::source_location where = std::source_location::current());
/// -log_probabilities[label]; cross_entropy is that of log_softmax.
[[nodiscard]] Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const ClassOptions& options = {},
                              std::source_location where = std::source_location::current());
/// Σ max(0, margin - z[label] + z[i])^power / classes over the other classes i; power 1 or 2. Derivative 0 at the kink.
/// Throws ArgumentError for another power.
[[nodiscard]] Tensor multi_margin(const Tensor& logits, const Tensor& labels, int power = 1, double margin = 1.0,
                                  const ClassOptions& options = {},
                                  std::source_location where = std::source_location::current());

struct DivergenceOptions {
  bool log_targets = false;  ///< the targets are logarithms too
  Reduction reduction = Reduction::mean;
};
/// p·(ln p - q), q the outputs, which are logarithms, p the targets: element by element, so that Reduction::batch_mean
/// gives the Kullback-Leibler divergence of rows; the mean, over all elements, is PyTorch's default. 0 where p = 0.
[[nodiscard]] Tensor kl_divergence(const Tensor& log_probabilities, const Tensor& targets,
                                   const DivergenceOptions& options = {},
                                   std::source_location where = std::source_location::current());

// --- Distances and margins
// --------------------------------------------------------------------------------------------

/// Targets 1: o; targets -1: max(0, margin - o). Derivative 0 at the kink.
[[nodiscard]] Tensor hinge_embedding(const Tensor& outputs, const Tensor& targets, double margin = 1.0,
                                     Reduction reduction = Reduction::mean,
                                     std::source_location where = std::source_location::current());
/// max(0, margin - t·(a - b)) for targets ±1: a is to be ranked above b for t = 1. Derivative 0 at the kink.
[[nodiscard]] Tensor margin_ranking(const Tensor& a, const Tensor& b, const Tensor& targets, double margin = 0.0,
                                    Reduction reduction = Reduction::mean,
                                    std::source_location where = std::source_location::current());
/// a·b/√((|a|² + ε)(|b|² + ε)) along an axis, ε = 1e-12: 0 with finite derivatives where a or b is 0.
[[nodiscard]] Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t axis = -1,
                                       std::source_location where = std::source_location::current());
/// With c the cosine similarity of rows: targets 1: 1 - c; targets -1: max(0, c - margin). The targets have the shape
/// of a and b without the last axis. Derivative 0 at the kink.
[[nodiscard]] Tensor cosine_embedding(const Tensor& a, const Tensor& b, const Tensor& targets, double margin = 0.0,
                                      Reduction reduction = Reduction::mean,
                                      std::source_location where = std::source_location::current());
/// max(0, margin + |a - p| - |a - n|) of rows: an anchor is to be nearer to p than to n. Derivative 0 at the kink, and
/// of a distance that is 0.
[[nodiscard]] Tensor triplet_margin(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                    double margin = 1.0, Reduction reduction = Reduction::mean,
                                    std::source_location where = std::source_location::current());

}  // namespace wengert::nn
