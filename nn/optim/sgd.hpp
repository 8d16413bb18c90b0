// SGD: steepest descent by mini-batches, with momentum.
#pragma once

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

struct SGDOptions {
  double rate = 1e-3;
  double momentum = 0;      ///< μ
  double dampening = 0;     ///< τ
  double weight_decay = 0;  ///< λ
  bool nesterov = false;    ///< needs a momentum, and no dampening
  bool maximise = false;
  bool check_finite = true;
  std::vector<Group> groups{};
};

/// With the gradient g of the parameter p, as in PyTorch's torch.optim.SGD:
///
///     g ← g + λ p
///     b ← μ b + (1 - τ) g,  at the first step b ← g            if μ > 0
///     p ← p - rate · (g + μ b if nesterov, else b; g if μ = 0)
///
/// State: momentum_buffer, if μ > 0. Nesterov's form: Sutskever, Martens, Dahl, Hinton 2013, with PyTorch's rate
/// outside of the velocity. Throws ArgumentError for options out of range.
class SGD final : public Optimiser {
 public:
  using Options = SGDOptions;
  explicit SGD(const SGDOptions& options = {}, std::source_location where = std::source_location::current());
  [[nodiscard]] std::string_view name() const noexcept override { return "SGD"; }

 private:
  [[nodiscard]] std::span<const std::string_view> moments() const noexcept override;
  void update(const Update& update) const noexcept override;
  [[nodiscard]] std::array<double, 3> numbers(const Update& update) const noexcept override;
  [[nodiscard]] bool record(RecordedUpdate& update) const override;

  double momentum_, dampening_;
  bool nesterov_;
};

}  // namespace wengert::nn
