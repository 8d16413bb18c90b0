// The numeric sweeps of several seeds at once: eight numbers a value, side by side. Reverse (adjoints of several
// outputs, or of several weighted sums of them) and forward (tangents along several directions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/sweep.hpp"

namespace wengert {

struct VectorSweepAccess;

namespace detail {

/// What several sweeps over one recording gave: 64 bytes for every value and every eight sweeps.
class LaneResults {
 public:
  /// Of sweep k; `what` and `of` name in messages what it is, and of which it is that there are so many.
  [[nodiscard]] double at(std::size_t k, const Scalar& x, const char* what, const char* of) const {
    if (k >= sweeps_) [[unlikely]]
      throw_no_sweep(k, what, of);
    if (x.tag() != tag_) [[unlikely]]
      check_result(tag_, x, what);
    if (tag_ == 0) return 0.0;
    const Batch& batch = batches_[k / 8];
    const std::uint32_t at = x.id() - first_id_;
    return at < batch.values ? batch.lanes[batch.skip + std::size_t{8} * at + k % 8] : 0.0;
  }
  [[nodiscard]] std::size_t sweeps() const noexcept { return sweeps_; }

 private:
  friend struct wengert::VectorSweepAccess;
  /// Sweeps 8·b … 8·b+7.
  struct Batch {
    Zeros lanes;               // eight numbers for every value, by id - first_id_, after `skip` others
    std::size_t skip = 0;      // up to the first whole cache line
    std::uint32_t values = 0;  // those beyond it have zeros
  };
  [[noreturn]] void throw_no_sweep(std::size_t k, const char* what, const char* of) const;

  std::vector<Batch> batches_;  // those beyond the last sweep are memory for another time
  std::size_t sweeps_ = 0;
  Tag tag_ = 0;
  Id first_id_ = 1;
  Zeros work_;  // of the sweep
};

}  // namespace detail

/// The result of backward_each: ∂y[k]/∂x for every output y[k], or row k of cotangents, and every x that was recorded
/// before it. It keeps 64 bytes for every value of the recording and every eight outputs.
class VectorAdjoints {
 public:
  VectorAdjoints() = default;
  /// ∂y[k]/∂x; 0 when y[k] does not depend on x, or either is a constant. Throws ArgumentError unless k < outputs();
  /// StaleHandle or ForeignRecording for a handle that is not of the recording as it was when it was swept.
  [[nodiscard]] double operator()(std::size_t k, const Scalar& x) const {
    return results_.at(k, x, "adjoint", "output");
  }
  /// An expression would be recorded anew, as a value that nothing depends on: store it in a Scalar first.
  template <detail::CompositeExpression E>
  double operator()(std::size_t k, const E& x) const = delete;
  /// How many outputs, or rows of cotangents, were swept.
  [[nodiscard]] std::size_t outputs() const noexcept { return results_.sweeps(); }

 private:
  friend struct VectorSweepAccess;
  detail::LaneResults results_;
};

/// Several reverse sweeps at once: the gradient of every y[k] alone, as backward(y[k]) gives it (sums may be rounded
/// in another order), by one walk over the recording for every eight of them. That costs much less than eight sweeps;
/// for a single output, backward is faster and needs less memory. All outputs are of one recording, or constants
/// (ForeignRecording). In a recording with tensors it is one ordinary sweep for every output.
[[nodiscard]] VectorAdjoints backward_each(std::span<const Scalar> y,
                                           std::source_location where = std::source_location::current());
/// The same into an object whose memory is used again.
void backward_each(std::span<const Scalar> y, VectorAdjoints& into,
                   std::source_location where = std::source_location::current());
/// The same for weighted sums of the outputs: sweep k gives the gradient of Σ c[k][i]·y[i], as backward(y, c[k]) does.
/// `cotangents` is the matrix c, row after row, one column for each output. Throws ArgumentError unless its size is a
/// multiple of their number.
[[nodiscard]] VectorAdjoints backward_each(std::span<const Scalar> y, std::span<const double> cotangents,
                                           std::source_location where = std::source_location::current());
void backward_each(std::span<const Scalar> y, std::span<const double> cotangents, VectorAdjoints& into,
                   std::source_location where = std::source_location::current());

/// The result of forward_each: the derivative of every value along every direction. It keeps 64 bytes for every value
/// of the recording and every eight directions.
class VectorTangents {
 public:
  VectorTangents() = default;
  /// dy along direction k; 0 when y does not depend on the inputs, or is a constant, or was recorded after the sweep.
  /// Throws ArgumentError unless k < directions(); StaleHandle or ForeignRecording as Tangents does.
  [[nodiscard]] double operator()(std::size_t k, const Scalar& y) const {
    return results_.at(k, y, "tangent", "direction");
  }
  /// An expression would be recorded anew, after the sweep: store it in a Scalar first.
  template <detail::CompositeExpression E>
  double operator()(std::size_t k, const E& y) const = delete;
  /// How many directions were swept along.
  [[nodiscard]] std::size_t directions() const noexcept { return results_.sweeps(); }

 private:
  friend struct VectorSweepAccess;
  detail::LaneResults results_;
};

/// Several forward sweeps at once: sweep k moves every x[i] along directions[k][i] and gives what
/// forward(x, directions[k]) gives, bit for bit, by one walk over the recording for every eight of them. `directions`
/// is a matrix, row after row, one column for each x. Throws as forward does, and ArgumentError unless its size is a
/// multiple of the number of x. In a recording with tensors it is one ordinary sweep for every direction.
[[nodiscard]] VectorTangents forward_each(std::span<const Scalar> x, std::span<const double> directions,
                                          std::source_location where = std::source_location::current());
/// The same into an object whose memory is used again.
void forward_each(std::span<const Scalar> x, std::span<const double> directions, VectorTangents& into,
                  std::source_location where = std::source_location::current());

}  // namespace wengert
