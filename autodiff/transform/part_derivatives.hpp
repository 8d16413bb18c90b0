// Derivatives of parts by parts: what the functional form does once structures are taken apart. Nothing here depends
// on a type of the user's, so it is compiled once.
//
// A function is called with *inputs*: values of their own, equal to the point. If all of the point is constant, they
// are variables of a recording that the caller gives, derivatives are numbers, and results are constants. If something
// in the point is of a recording, inputs are copies there, derivatives are recorded behind them, and results can be
// differentiated again. What the function captured of the point is no input, and so a constant to this derivative: that
// is all that keeps nested derivatives apart.
#pragma once

#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/transform/jacobian.hpp"
#include "wengert/autodiff/transform/tree.hpp"

namespace wengert::detail {

/// A recording that a function object keeps and uses again; made when it is first needed. A copy begins without one.
class OwnRecording {
 public:
  OwnRecording() = default;
  OwnRecording(const OwnRecording&) noexcept {}
  OwnRecording(OwnRecording&&) noexcept = default;
  OwnRecording& operator=(const OwnRecording&) noexcept { return *this; }
  OwnRecording& operator=(OwnRecording&&) noexcept = default;

  /// The recording, empty, and memory for a sweep, for one call; others if a call is under way or there is no `own`.
  class Use {
   public:
    explicit Use(OwnRecording* own) {
      if (own == nullptr || own->busy_) {
        other_.emplace();
        pair_ = &*other_;
        return;
      }
      if (!own->pair_) own->pair_.emplace();
      own_ = own;
      own_->busy_ = true;
      pair_ = &*own->pair_;
      pair_->first.clear();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (own_ != nullptr) own_->busy_ = false;
    }
    [[nodiscard]] Recording& recording() { return pair_->first; }
    [[nodiscard]] Adjoints& adjoints() { return pair_->second; }

   private:
    OwnRecording* own_ = nullptr;
    std::optional<std::pair<Recording, Adjoints>> other_;
    std::pair<Recording, Adjoints>* pair_ = nullptr;
  };

 private:
  std::optional<std::pair<Recording, Adjoints>> pair_;
  bool busy_ = false;
};

/// What a function is called with.
struct Inputs {
  Parts parts;
  bool recorded = false;  ///< in the recording of the point
};

/// The inputs for a point. `beside`: tangents, or null; if something in them is of a recording, the inputs are too.
/// `plain`: there are plain numbers, so nothing may be recorded (ArgumentError). Throws DtypeError for tensors that are
/// not f32 or f64; StaleHandle and ForeignRecording.
[[nodiscard]] Inputs inputs_for(const Parts& point, bool plain, Recording& own, const char* operation,
                                std::source_location where, const Parts* beside = nullptr);
/// See constant_beside.
[[nodiscard]] Scalar variable_beside(const Scalar& x, double value, std::source_location where);
/// Throws ShapeError unless `given`, a tangent or cotangent, has the structure of x: as many elements in each vector,
/// tensors of the same types.
void want_alike(const Parts& given, const Parts& x, const char* what, const char* operation,
                std::source_location where);

/// Without their recording.
[[nodiscard]] Parts constants(const Parts& x);
/// 1 for the only part of y, which is a Scalar or a tensor. Throws ShapeError unless that has a single element.
[[nodiscard]] Parts one_for(const Parts& y, const char* operation, std::source_location where);

/// Jᵀ·cotangent, J the Jacobian of y by the inputs: parts like those.
[[nodiscard]] Parts pull_back(const Parts& y, const Parts& cotangent, const Inputs& x, Adjoints& work,
                              std::source_location where);
/// J·tangent: parts like y.
[[nodiscard]] Parts push_forward(const Parts& y, const Inputs& x, const Parts& tangent, std::source_location where);
/// Jᵀ·cotangent, recorded behind the inputs whether or not the point is, so that it can be differentiated again.
[[nodiscard]] Parts recorded_pull_back(const Parts& y, const Parts& cotangent, const Inputs& x,
                                       std::source_location where);

/// A Jacobian taken apart: for each part of y, what the structure of the point is to be filled with.
struct JacobianParts {
  /// The derivatives of a tensor: by a number of y's shape, by a tensor of y's shape followed by x's.
  struct OfTensor {
    std::vector<Tensor> by_scalars, by_tensors;
  };
  std::vector<Parts> of_scalars;  ///< each like the point
  std::vector<OfTensor> of_tensors;
};
[[nodiscard]] JacobianParts jacobian_parts(const Parts& y, const Inputs& x, const JacobianOptions& options,
                                           std::source_location where);
/// The same of the gradient of y, which is a single part.
[[nodiscard]] JacobianParts hessian_parts(const Parts& y, const Inputs& x, std::source_location where);
/// As numbers, rows and columns in the order of the parts: Scalars, then the elements of tensors.
[[nodiscard]] Matrix jacobian_matrix(const Parts& y, const Inputs& x, const JacobianOptions& options,
                                     std::source_location where);
[[nodiscard]] Matrix hessian_matrix(const Parts& y, const Inputs& x, std::source_location where);

/// What a pullback needs of its function: what was recorded.
struct PullbackState {
  Recording recording;  ///< empty if the point is of another
  Adjoints adjoints;
  Inputs inputs;
  Parts y;
};
/// pull_back, with all checks.
[[nodiscard]] Parts pull_back_from(PullbackState& state, const Parts& cotangent, std::source_location where);

}  // namespace wengert::detail
