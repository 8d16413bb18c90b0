// Adagrad: descent by the gradient over the root of the sum of its squares.
#pragma once

#include "wengert/nn/optim/optimiser.hpp"

namespace wengert::nn {

struct AdagradOptions {
  double rate = 1e-2;
  double rate_decay = 0;           ///< η
  double weight_decay = 0;         ///< λ
  double initial_accumulator = 0;  ///< the sum at the beginning
  double epsilon = 1e-10;
  bool maximise = false;
  bool check_finite = true;
  std::vector<Group> groups{};
};

/// With the gradient g of the parameter p, at step t = 1, 2, …, as in PyTorch's torch.optim.Adagrad:
///
///     g ← g + λ p
///     s ← s + g²
///     p ← p - rate / (1 + (t - 1) η) · g / (√s + ε)
///
/// State: sum (s). Duchi, Hazan, Singer 2011. Throws ArgumentError for options out of range: all ≥ 0.
class Adagrad final : public Optimiser {
 public:
  using Options = AdagradOptions;
  explicit Adagrad(const AdagradOptions& options = {}, std::source_location where = std::source_location::current());
  [[nodiscard]] std::string_view name() const noexcept override { return "Adagrad"; }

 private:
  [[nodiscard]] std::span<const std::string_view> moments() const noexcept override;
  [[nodiscard]] double initial_moment() const noexcept override { return initial_accumulator_; }
  void update(const Update& update) const noexcept override;
  [[nodiscard]] std::array<double, 3> numbers(const Update& update) const noexcept override;
  [[nodiscard]] bool record(RecordedUpdate& update) const override;

  double rate_decay_, initial_accumulator_, epsilon_;
};

}  // namespace wengert::nn
