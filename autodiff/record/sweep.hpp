// The numeric sweeps over a recording: reverse (adjoints) and forward (tangents). They build nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/memory.hpp"
#include "wengert/graph/array.hpp"

namespace wengert {

class Tensor;

namespace detail {
/// A rolled-up loop whose values' adjoints a sweep need not keep in memory, but for those from id `touched` on.
struct LocalLoop {
  Id first = 0, end = 0;
  Id touched = 0;
  std::size_t loop = 0;
};
/// Throws StaleHandle or ForeignRecording unless x is a live handle of the recording whose tag was `swept`.
void check_result(Tag swept, const Scalar& x, const char* what);
/// The array that a sweep has for tensor x: one of `slots`, or zeros of its type.
Tensor tensor_result(Tag swept, const Tensor& x, Id first_id, const Zeros& values, const std::vector<Array>& slots,
                     const char* what);
}  // namespace detail

/// The result of a reverse sweep: ∂y/∂x for every x that was recorded before y.
class Adjoints {
 public:
  Adjoints() = default;
  /// ∂y/∂x; 0 when y does not depend on x, or x is a constant. Throws StaleHandle or ForeignRecording for a handle that
  /// is not of the recording as it was when it was swept. Adjoints of what was recorded in a loop are computed when the
  /// first of them is asked for, as long as the recording is as it was (StaleHandle if it was cleared or rewound).
  [[nodiscard]] double operator[](const Scalar& x) const {
    if (x.tag() != tag_) [[unlikely]]
      detail::check_result(tag_, x, "adjoint");
    const std::uint32_t at = x.id() - first_id_;
    return at < plain_ ? values_[at] : beyond(at);
  }
  /// to[k] = (*this)[x[k]], faster than one by one. Throws ArgumentError, too, unless there are as many.
  void read(std::span<const Scalar> x, std::span<double> to,
            std::source_location where = std::source_location::current()) const;
  /// The same for a tensor: a constant of its type. Throws DtypeError unless that is f32 or f64.
  [[nodiscard]] Tensor operator[](const Tensor& x) const;
  /// An expression would be recorded anew, as a value that nothing depends on: store it in a Scalar first.
  template <detail::CompositeExpression E>
  double operator[](const E& x) const = delete;
  /// Memory that the sweep wrote to: adjoints, and the columns of a block of a loop. (Without the adjoints of tensors.)
  [[nodiscard]] std::uint64_t bytes_used() const noexcept { return (touched_ + work_.size()) * sizeof(double); }

 private:
  friend struct SweepAccess;
  /// Adjoints from the first rolled-up loop on. Those of the values of loops are not kept by a sweep: the first one
  /// that is asked for makes another sweep, which keeps them.
  [[nodiscard]] double beyond(std::uint32_t at) const;

  detail::Zeros values_;  // by id - first_id_; a scalar's adjoint, or 1 + a tensor's place in arrays_
  std::vector<Array> arrays_;
  detail::Tag tag_ = 0;
  detail::Id first_id_ = 1;
  std::uint32_t plain_ = 0;    // values_ below it are those of no loop
  detail::Id last_ = 0;        // of the outputs
  std::uint64_t touched_ = 0;  // numbers of values_ that are in use
  std::vector<std::pair<detail::Id, double>> seeds_;
  std::vector<Array> tensor_seed_;                 // none, or one
  std::vector<detail::LocalLoop> local_;           // work space of the sweep
  detail::Zeros work_;                             // the same
  mutable std::shared_ptr<const Adjoints> whole_;  // of the sweep that keeps all
};

/// Reverse sweep from y: the gradient of y with respect to everything at once, in time proportional to the recording.
/// Nothing accumulates from one call to the next. A cotangent of exactly 0 contributes 0, whatever the partial is, and
/// a partial of exactly 0 lets nothing pass, whatever the cotangent is. A constant y has no recording: all adjoints are
/// 0.
[[nodiscard]] Adjoints backward(const Scalar& y, std::source_location where = std::source_location::current());
/// The same into an object whose memory is used again.
void backward(const Scalar& y, Adjoints& into, std::source_location where = std::source_location::current());
/// Several outputs at once, each with its cotangent: the gradient of Σ cotangent·y. Throws ArgumentError unless there
/// are as many cotangents as outputs.
void backward(std::span<const Scalar> y, std::span<const double> cotangents, Adjoints& into,
              std::source_location where = std::source_location::current());

/// Reverse sweep from a tensor of one element. Throws ShapeError for another, DtypeError unless it is f32 or f64.
[[nodiscard]] Adjoints backward(const Tensor& y, std::source_location where = std::source_location::current());
void backward(const Tensor& y, Adjoints& into, std::source_location where = std::source_location::current());
/// Reverse sweep from any tensor, with a cotangent of its type: the gradient of Σ cotangent·y. Throws ShapeError or
/// DtypeError for another type.
[[nodiscard]] Adjoints backward(const Tensor& y, const Tensor& cotangent,
                                std::source_location where = std::source_location::current());
void backward(const Tensor& y, const Tensor& cotangent, Adjoints& into,
              std::source_location where = std::source_location::current());

/// The result of a forward sweep: the derivative of every value along the direction given.
class Tangents {
 public:
  Tangents() = default;
  /// dy along the direction; 0 when y does not depend on the inputs, or is a constant, or was recorded after the sweep.
  [[nodiscard]] double operator[](const Scalar& y) const {
    if (y.tag() != tag_) [[unlikely]]
      detail::check_result(tag_, y, "tangent");
    const std::uint32_t at = y.id() - first_id_;
    return at < values_.size() ? values_[at] : 0.0;
  }
  /// The same for a tensor: a constant of its type. Throws DtypeError unless that is f32 or f64.
  [[nodiscard]] Tensor operator[](const Tensor& y) const;

  /// An expression would be recorded anew, after the sweep: store it in a Scalar first.
  template <detail::CompositeExpression E>
  double operator[](const E& x) const = delete;

 private:
  friend struct SweepAccess;
  detail::Zeros values_;  // by id - first_id_, as in Adjoints
  std::vector<Array> arrays_;
  detail::Tag tag_ = 0;
  detail::Id first_id_ = 1;
};

/// Forward sweep (Jacobian-vector product): moves every x[k] along tangents[k] and gives the derivative of everything
/// that was recorded, in time proportional to the recording. Inputs may be any values, also computed ones: their own
/// tangents are added to what flows into them. A tangent of exactly 0 contributes 0, whatever the partial is, and a
/// partial of exactly 0 lets nothing pass, whatever the tangent is.
[[nodiscard]] Tangents forward(std::span<const Scalar> x, std::span<const double> tangents,
                               std::source_location where = std::source_location::current());
[[nodiscard]] inline Tangents forward(std::initializer_list<Scalar> x, std::initializer_list<double> tangents,
                                      std::source_location where = std::source_location::current()) {
  return forward(std::span(x.begin(), x.size()), std::span(tangents.begin(), tangents.size()), where);
}
/// The same along tensors, each with a tangent of its type, and along both kinds at once.
[[nodiscard]] Tangents forward(std::span<const Tensor> x, std::span<const Tensor> tangents,
                               std::source_location where = std::source_location::current());
[[nodiscard]] Tangents forward(std::initializer_list<Tensor> x, std::initializer_list<Tensor> tangents,
                               std::source_location where = std::source_location::current());
[[nodiscard]] Tangents forward(std::span<const Scalar> x, std::span<const double> tangents,
                               std::span<const Tensor> tensors, std::span<const Tensor> tensor_tangents,
                               std::source_location where = std::source_location::current());

}  // namespace wengert
