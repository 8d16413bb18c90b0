// Adam and AdamW: descent by averages of the gradient and of its square.
#pragma once

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

struct AdamOptions {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< λ
  bool amsgrad = false;
  bool maximise = false;
  bool check_finite = true;
  std::vector<Group> groups{};
};
/// AdamW's: the same, with PyTorch's default of the weight decay.
struct AdamWOptions {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-2;  ///< λ
  bool amsgrad = false;
  bool maximise = false;
  bool check_finite = true;
  std::vector<Group> groups{};
};

namespace detail {

/// Both of them, less the place of the weight decay.
class AdamBase : public Optimiser {
 protected:
  AdamBase(const AdamOptions& options, bool decoupled, std::string_view name, std::source_location where);

 private:
  [[nodiscard]] std::span<const std::string_view> moments() const noexcept override;
  void update(const Update& update) const noexcept override;
  [[nodiscard]] std::array<double, 3> numbers(const Update& update) const noexcept override;
  [[nodiscard]] bool record(RecordedUpdate& update) const override;

  double beta1_, beta2_, epsilon_;
  bool amsgrad_, decoupled_;
};

}  // namespace detail

/// With the gradient g of the parameter p, at step t = 1, 2, …, as in PyTorch's torch.optim.Adam:
///
///     g ← g + λ p
///     m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
///     w ← max(w, v) if amsgrad, else v
///     p ← p - rate/(1 - β₁ᵗ) · m / (√w / √(1 - β₂ᵗ) + ε)
///
/// State: exp_avg (m), exp_avg_sq (v), max_exp_avg_sq (w, if amsgrad). Kingma, Ba 2015; amsgrad: Reddi, Kale, Kumar
/// 2018. Throws ArgumentError for options out of range: betas in [0, 1), ε ≥ 0.
class Adam final : public detail::AdamBase {
 public:
  using Options = AdamOptions;
  explicit Adam(const AdamOptions& options = {}, std::source_location where = std::source_location::current());
  [[nodiscard]] std::string_view name() const noexcept override { return "Adam"; }
};

/// Adam whose weight decay is not part of the gradient, as in PyTorch's torch.optim.AdamW: p ← p - rate · λ p stands
/// for g ← g + λ p, and comes first. Loshchilov, Hutter 2019.
class AdamW final : public detail::AdamBase {
 public:
  using Options = AdamWOptions;
  explicit AdamW(const AdamWOptions& options = {}, std::source_location where = std::source_location::current());
  [[nodiscard]] std::string_view name() const noexcept override { return "AdamW"; }
};

}  // namespace wengert::nn
