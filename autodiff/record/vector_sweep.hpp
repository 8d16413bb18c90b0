// The numeric reverse sweep of several outputs at once: eight adjoints a value, side by side.
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

/// The result of backward_each: ∂y[k]/∂x for every output y[k] and every x that was recorded before it. It keeps 64
/// bytes for every value of the recording and every eight outputs.
class VectorAdjoints {
 public:
  VectorAdjoints() = default;
  /// ∂y[k]/∂x; 0 when y[k] does not depend on x, or either is a constant. Throws ArgumentError unless k < outputs();
  /// StaleHandle or ForeignRecording for a handle that is not of the recording as it was when it was swept.
  [[nodiscard]] double operator()(std::size_t k, const Scalar& x) const {
    if (k >= outputs_) [[unlikely]]
      throw_no_output(k);
    if (x.tag() != tag_) [[unlikely]]
      detail::check_result(tag_, x, "adjoint");
    if (tag_ == 0) return 0.0;
    const Batch& batch = batches_[k / 8];
    const std::uint32_t at = x.id() - first_id_;
    return at < batch.values ? batch.lanes[batch.skip + std::size_t{8} * at + k % 8] : 0.0;
  }
  /// An expression would be recorded anew, as a value that nothing depends on: store it in a Scalar first.
  template <detail::CompositeExpression E>
  double operator()(std::size_t k, const E& x) const = delete;
  /// How many outputs were swept.
  [[nodiscard]] std::size_t outputs() const noexcept { return outputs_; }

 private:
  friend struct VectorSweepAccess;
  /// Outputs 8·b … 8·b+7.
  struct Batch {
    detail::Zeros lanes;       // eight numbers for every value, by id - first_id_, after `skip` others
    std::size_t skip = 0;      // up to the first whole cache line
    std::uint32_t values = 0;  // those recorded after the last of the outputs are left out
  };
  [[noreturn]] void throw_no_output(std::size_t k) const;

  std::vector<Batch> batches_;  // those beyond the last output are memory for another time
  std::size_t outputs_ = 0;
  detail::Tag tag_ = 0;
  detail::Id first_id_ = 1;
  detail::Zeros work_;  // of the sweep
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

}  // namespace wengert
