// Activations as layers, for Sequential: structs of their options, without parameters but for PReLU. What each
// computes, and which derivative it has at its kinks: the function of the same name in nn/functions/activations.hpp.
//
//     nn::Sequential network(nn::Linear(784, 64, random), nn::GELU{}, nn::Linear(64, 10, random));
//     nn::LeakyReLU{.slope = 0.2}(x)
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <source_location>
#include <tuple>

#include "wengert/nn/functions/activations.hpp"

namespace wengert::nn {

struct ReLU {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct ReLU6 {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct LeakyReLU {
  double slope = 0.01;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// As it evaluates, in training too.
struct RReLU {
  double lower = 1.0 / 8;
  double upper = 1.0 / 3;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct ELU {
  double alpha = 1.0;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct SELU {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct CELU {
  double alpha = 1.0;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct GELU {
  Gelu approximation = Gelu::erf;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct SiLU {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Mish {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Sigmoid {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Tanh {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Hardsigmoid {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Hardswish {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Hardtanh {
  double low = -1.0;
  double high = 1.0;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Softplus {
  double beta = 1.0;
  double threshold = std::numeric_limits<double>::infinity();

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Softshrink {
  double bound = 0.5;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Hardshrink {
  double bound = 0.5;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Tanhshrink {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Softsign {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Threshold {
  double threshold = 0.0;
  double value = 0.0;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct LogSigmoid {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct GLU {
  std::int64_t axis = -1;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Softmax {
  std::int64_t axis = -1;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct LogSoftmax {
  std::int64_t axis = -1;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct Softmin {
  std::int64_t axis = -1;

  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// prelu with its slopes: one, or one for each channel (axis 1). They begin at 0.25.
struct PReLU {
  Tensor weight;

  static auto members(auto& self) { return std::tie(self.weight); }
  static constexpr std::array names{"weight"};

  /// Throws ArgumentError for less than one channel.
  explicit PReLU(std::int64_t channels = 1, double slope = 0.25, Dtype dtype = Dtype::f32,
                 std::source_location where = std::source_location::current());
  /// With slopes that are given, of rank 1.
  explicit PReLU(const Tensor& slopes) : weight(slopes) {}

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
