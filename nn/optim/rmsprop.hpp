// RMSProp: descent by the gradient over the root of an average of its square.
#pragma once

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

struct RMSPropOptions {
  double rate = 1e-2;
  double alpha = 0.99;  ///< how much of the averages is kept
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< λ
  double momentum = 0;      ///< μ
  bool centred = false;
  bool maximise = false;
  bool check_finite = true;
  std::vector<Group> groups{};
};

/// With the gradient g of the parameter p, as in PyTorch's torch.optim.RMSprop:
///
///     g ← g + λ p
///     v ← α v + (1 - α) g²
///     a ← α a + (1 - α) g                          if centred
///     d ← √(v - a²) + ε if centred, else √v + ε
///     b ← μ b + g / d,  p ← p - rate · b           if μ > 0
///     p ← p - rate · g / d                         otherwise
///
/// v - a² is a variance: where rounding makes it negative it counts as 0 (PyTorch's is NaN there). State: square_avg
/// (v), then momentum_buffer (b, if μ > 0), then grad_avg (a, if centred). Tieleman, Hinton 2012; centred: Graves 2013.
/// Throws ArgumentError for options out of range: α in [0, 1), μ ≥ 0, ε ≥ 0.
class RMSProp final : public Optimiser {
 public:
  using Options = RMSPropOptions;
  explicit RMSProp(const RMSPropOptions& options = {}, std::source_location where = std::source_location::current());
  [[nodiscard]] std::string_view name() const noexcept override { return "RMSProp"; }

 private:
  [[nodiscard]] std::span<const std::string_view> moments() const noexcept override;
  void update(const Update& update) const noexcept override;
  [[nodiscard]] std::array<double, 3> numbers(const Update& update) const noexcept override;
  [[nodiscard]] bool record(RecordedUpdate& update) const override;

  double alpha_, epsilon_, momentum_;
  bool centred_;
};

}  // namespace wengert::nn
