// ProgramFunction: a Function whose derivatives come from running it on handles.
//
// Its value may be computed in any way, a loop that keeps little, say. For its derivatives it is written out: run() on
// tensors of a recording of its own gives ordinary entries, which are swept. On handles of the user's recording, its
// vjp and jvp are entries again, functions of the same kind, so there is a derivative of any order.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/function.hpp"

namespace wengert::detail {

/// Operands and result are f64.
class ProgramFunction : public wengert::Function, public std::enable_shared_from_this<ProgramFunction> {
 public:
  /// The same as value(), written out, on constants or tensors of a recording.
  [[nodiscard]] virtual Tensor run(std::span<const Tensor> x) const = 0;

  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                        std::span<const char> wanted) const override;
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x) const override;
};

[[nodiscard]] inline bool any_recorded(std::span<const Tensor> x) {
  for (const Tensor& each : x)
    if (!each.is_constant()) return true;
  return false;
}
/// Tensors as one row, and back.
[[nodiscard]] Tensor row_of(std::span<const Tensor> x);
[[nodiscard]] std::vector<Tensor> tensors_of(const Tensor& row, std::span<const Tensor> like);

}  // namespace wengert::detail
