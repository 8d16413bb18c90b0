// Means of loss and metrics over samples, batch by batch; they can be put away and taken up again to the last bit.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace wengert::nn::detail {

class Means {
 public:
  Means() = default;
  explicit Means(std::size_t metrics) : metrics_(metrics) {}
  /// From state().
  static Means from(std::span<const double> state) {
    Means means(state.size() - 2);
    means.samples_ = state[0];
    means.loss_ = state[1];
    for (std::size_t k = 0; k < means.metrics_.size(); ++k) means.metrics_[k] = state[k + 2];
    return means;
  }
  [[nodiscard]] std::vector<double> state() const {
    std::vector<double> result{samples_, loss_};
    result.insert(result.end(), metrics_.begin(), metrics_.end());
    return result;
  }

  void add(double loss, std::span<const double> metrics, double samples) {
    samples_ += samples;
    loss_ += loss * samples;
    for (std::size_t k = 0; k < metrics_.size(); ++k) metrics_[k] += metrics[k] * samples;
  }
  void clear() { *this = Means(metrics_.size()); }

  [[nodiscard]] double samples() const { return samples_; }
  /// NaN of no samples.
  [[nodiscard]] double loss() const { return loss_ / samples_; }
  [[nodiscard]] std::vector<double> metrics() const {
    std::vector<double> result = metrics_;
    for (double& sum : result) sum /= samples_;
    return result;
  }

 private:
  double samples_ = 0, loss_ = 0;
  std::vector<double> metrics_;  // sums
};

}  // namespace wengert::nn::detail
