// Functions on tensors that reduce over axes, or normalise along them.
//
// Axes count from 0, negative ones from the end; a reduction without axes is over all of them and gives rank 0. Over an
// empty list of axes each element stands for itself. The result has the dtype of x, which is f32 or f64; a NaN among
// the elements gives NaN. What each does at kinks, and of no elements: ops/reductions.hpp, docs/conventions.md.
//
// Reading order: sums, products, the largest, variance and norm, exponentials; then what rules are written in.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// Whether a reduction keeps the axes it reduces over, with extent 1.
enum class Keep : std::uint8_t { no, yes };

// --- Sums ---------------------------------------------------------------------------------------------------------

/// The sum; of no elements it is 0. Added pairwise, in an order that depends on the shape alone.
[[nodiscard]] Tensor sum(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor sum(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                         std::source_location where = std::source_location::current());
/// The sum divided by the count; NaN of no elements.
[[nodiscard]] Tensor mean(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor mean(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                          std::source_location where = std::source_location::current());
/// y[i] = x[0] + … + x[i] along an axis. Added one after the other (f32 in f64).
[[nodiscard]] Tensor cumsum(const Tensor& x, std::int64_t axis,
                            std::source_location where = std::source_location::current());
/// The sum of the diagonal of the last two axes; `offset` as in diagonal().
[[nodiscard]] Tensor trace(const Tensor& x, std::int64_t offset = 0,
                           std::source_location where = std::source_location::current());

// --- Products -----------------------------------------------------------------------------------------------------

/// The product; of no elements it is 1. The derivative by an element is the product of the others, exact with any
/// number of zeros and at every order.
[[nodiscard]] Tensor prod(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor prod(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                          std::source_location where = std::source_location::current());

// --- The largest and the smallest ---------------------------------------------------------------------------------
// Their positions: argmax and argmin, in record/tensor_indexing.hpp. max(x, y) and min(x, y) work element by element.

/// The largest element; of n equal ones each has the derivative 1/n. Throws ShapeError where there is no element.
[[nodiscard]] Tensor amax(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor amax(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                          std::source_location where = std::source_location::current());
/// The smallest, likewise.
[[nodiscard]] Tensor amin(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor amin(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                          std::source_location where = std::source_location::current());

// --- Variance and norm --------------------------------------------------------------------------------------------

/// Σ(x - mean)² / (n - correction): the mean is taken out first, so that a large one costs no digits. With correction 1
/// it estimates the variance that a sample comes from. n - correction below 0 counts as 0; NaN of no elements.
[[nodiscard]] Tensor variance(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor variance(const Tensor& x, const Indices& axes, Keep keep = Keep::no, std::int64_t correction = 0,
                              std::source_location where = std::source_location::current());
/// Its square root; where all elements are equal the derivative is 0.
[[nodiscard]] Tensor stddev(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor stddev(const Tensor& x, const Indices& axes, Keep keep = Keep::no, std::int64_t correction = 0,
                            std::source_location where = std::source_location::current());
/// √Σx², without overflow on the way; at the zero vector the derivative is 0.
[[nodiscard]] Tensor norm(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor norm(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                          std::source_location where = std::source_location::current());

// --- Exponentials -------------------------------------------------------------------------------------------------
// Finite for finite x of any size. Where all of a row are -∞ (masked), softmax is 0, the others are -∞, and all have
// the derivative 0.

/// log Σ exp x.
[[nodiscard]] Tensor logsumexp(const Tensor& x, std::source_location where = std::source_location::current());
[[nodiscard]] Tensor logsumexp(const Tensor& x, const Indices& axes, Keep keep = Keep::no,
                               std::source_location where = std::source_location::current());
/// exp x / Σ exp x, the sum over the axes given: the last, if none are.
[[nodiscard]] Tensor softmax(const Tensor& x, const Indices& axes = {-1},
                             std::source_location where = std::source_location::current());
/// Its logarithm.
[[nodiscard]] Tensor log_softmax(const Tensor& x, const Indices& axes = {-1},
                                 std::source_location where = std::source_location::current());

// --- What the rules of ops/ are written in, besides ---------------------------------------------------------------
// Operands that fit exactly; axes ascending, from 0.

/// cotangent · partial: 0 where either is exactly 0. A constant 1 is left out.
[[nodiscard]] Tensor scaled(const Tensor& cotangent, const Tensor& partial);
/// CumSum, from either end.
[[nodiscard]] Tensor running_sum(const Tensor& x, std::int64_t axis, bool reversed);
/// ProdOthers, and its derivative along `tangent`.
[[nodiscard]] Tensor prod_others(const Tensor& x, const Indices& axes);
[[nodiscard]] Tensor prod_others_along(const Tensor& x, const Tensor& tangent, const Indices& axes);
/// TieShare.
[[nodiscard]] Tensor tie_share(const Tensor& x, const Tensor& chosen, const Indices& axes);

}  // namespace wengert
