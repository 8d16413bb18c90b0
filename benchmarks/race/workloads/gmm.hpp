// gmm: the log posterior of a mixture of K Gaussians in d dimensions for n = 1000 points, the objective of the
// ADBench suite (Srajer, Kukelova, Fitzgibbon, 2018), written from its formula:
//
//   sum_i log sum_k exp(alpha_k + sum_j q_kj - |Q_k (x_i - mu_k)|^2 / 2)  -  n log sum_k exp(alpha_k)
//     + sum_k (gamma^2 (|exp q_k|^2 + |l_k|^2) / 2 - m sum_j q_kj)  +  constants
//
// where Q_k is lower triangular with exp(q_k) on the diagonal and l_k, column by column, below it; the last line is the
// Wishart prior. Active: alpha (K), mu (K d), q and l (K (d + d(d-1)/2)). The largest exponent is found by comparing
// active values, so a tape that records branches pays for 25 of them a point.
#pragma once

#include <cmath>
#include <numbers>

#include "wengert/benchmarks/race/workload.hpp"

namespace race {

class Gmm {
 public:
  [[nodiscard]] std::vector<double> inputs() const {
    Numbers numbers(4);
    std::vector<double> x = numbers.normals(clusters_, 1.0);
    for (const double mean : numbers.uniforms(clusters_ * dimensions_, 0.0, 1.0)) x.push_back(mean);
    for (const double factor : numbers.normals(clusters_ * factor_size(), 0.3)) x.push_back(factor);
    return x;
  }
  [[nodiscard]] std::size_t outputs() const { return 1; }

  template <class T>
  void evaluate(std::span<const T> x, std::span<T> y) const {
    using std::exp;
    using std::log;
    const std::size_t d = dimensions_;
    const std::size_t below = d * (d - 1) / 2;
    const std::span<const T> alphas = x.subspan(0, clusters_);
    const std::span<const T> means = x.subspan(clusters_, clusters_ * d);
    const std::span<const T> factors = x.subspan(clusters_ * (1 + d), clusters_ * factor_size());

    std::vector<T> diagonals(clusters_ * d);
    std::vector<T> log_determinants(clusters_);
    for (std::size_t k = 0; k < clusters_; ++k) {
      T sum = 0.0;
      for (std::size_t j = 0; j < d; ++j) {
        const T& q = factors[k * factor_size() + j];
        sum = sum + q;
        diagonals[k * d + j] = exp(q);
      }
      log_determinants[k] = sum;
    }

    std::vector<T> centred(d);
    std::vector<T> whitened(d);
    std::vector<T> exponents(clusters_);
    T total = 0.0;
    for (std::size_t i = 0; i < points_; ++i) {
      const double* const point = &data_[i * d];
      for (std::size_t k = 0; k < clusters_; ++k) {
        const T* const diagonal = &diagonals[k * d];
        for (std::size_t j = 0; j < d; ++j) centred[j] = point[j] - means[k * d + j];
        for (std::size_t j = 0; j < d; ++j) whitened[j] = diagonal[j] * centred[j];
        const T* entry = &factors[k * factor_size()] + d;
        for (std::size_t column = 0; column < d; ++column)
          for (std::size_t row = column + 1; row < d; ++row, ++entry)
            whitened[row] = whitened[row] + *entry * centred[column];
        T square = 0.0;
        for (std::size_t j = 0; j < d; ++j) square = square + whitened[j] * whitened[j];
        exponents[k] = alphas[k] + log_determinants[k] - 0.5 * square;
      }
      add_log_sum_exp(std::span<const T>(exponents), total);
    }

    T normaliser = 0.0;
    add_log_sum_exp(alphas, normaliser);

    T prior = 0.0;
    for (std::size_t k = 0; k < clusters_; ++k) {
      const T* const entry = &factors[k * factor_size()] + d;
      T diagonal_square = 0.0;
      for (std::size_t j = 0; j < d; ++j) {
        diagonal_square = diagonal_square + diagonals[k * d + j] * diagonals[k * d + j];
      }
      T below_square = 0.0;
      for (std::size_t j = 0; j < below; ++j) below_square = below_square + entry[j] * entry[j];
      prior = prior + 0.5 * wishart_gamma * wishart_gamma * (diagonal_square + below_square) -
              wishart_m * log_determinants[k];
    }
    y[0] = total - static_cast<double>(points_) * normaliser + prior + constants();
  }

 protected:
  Gmm(std::size_t points, std::size_t dimensions, std::size_t clusters)
      : points_(points),
        dimensions_(dimensions),
        clusters_(clusters),
        data_(Numbers(3).normals(points * dimensions, 1.0)) {}

 private:
  static constexpr double wishart_gamma = 1.0;
  static constexpr double wishart_m = 0.0;

  /// total += log sum exp(terms), shifted by the largest term.
  template <class T>
  static void add_log_sum_exp(std::span<const T> terms, T& total) {
    using std::exp;
    using std::log;
    T largest = terms[0];
    for (std::size_t k = 1; k < terms.size(); ++k) {
      if (largest < terms[k]) largest = terms[k];
    }
    T sum = 0.0;
    for (std::size_t k = 0; k < terms.size(); ++k) sum = sum + exp(terms[k] - largest);
    total = total + log(sum) + largest;
  }

  [[nodiscard]] std::size_t factor_size() const { return dimensions_ + dimensions_ * (dimensions_ - 1) / 2; }

  /// The normalising constants of the likelihood; those of the prior, which do not depend on x, are left out.
  [[nodiscard]] double constants() const {
    return -0.5 * static_cast<double>(points_ * dimensions_) * std::log(2.0 * std::numbers::pi);
  }

  std::size_t points_;
  std::size_t dimensions_;
  std::size_t clusters_;
  std::vector<double> data_;
};

}  // namespace race
