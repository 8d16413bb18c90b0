// Convolutional layers: filters that move over a sequence or a picture.
//
// An input is [batch, channels, …], or one item without the batch. What networks call a convolution does not turn the
// filter round. Filters and biases begin uniform in ±1/√n, n being the number of inputs that one output sees, as
// PyTorch's do (which calls it kaiming_uniform with a = √5). Padding is with zeros. What is computed:
// autodiff/record/convolution.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <tuple>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// Of each list of numbers: none means the default, one is for every axis, else one for each axis.
struct ConvOptions {
  Indices stride = {};      ///< 1
  Indices padding = {};     ///< 0; elements around the input. Two for each axis: before and behind it
  Indices dilation = {};    ///< 1
  std::int64_t groups = 1;  ///< channels in so many groups that do not see each other
  bool same = false;        ///< pad so that the extents stay; odd padding goes behind. With stride 1 and no `padding`
  bool bias = true;
  Dtype dtype = Dtype::f32;
};

namespace detail {

/// What convolutions have in common.
struct ConvolutionLayer {
  Tensor weight;
  std::optional<Tensor> bias;  ///< [out]
  Convolution how;

  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
  static constexpr std::array names{"weight", "bias"};
};

}  // namespace detail

// Constructors throw ArgumentError unless there is a channel at least on either side, the groups divide both, and
// `same` comes with stride 1. Calls throw ShapeError for an input of other channels, or smaller than a filter.

/// x [batch, in, length] gives [batch, out, ⌊(length + padding - dilation·(window-1) - 1) / stride⌋ + 1].
struct Conv1d : detail::ConvolutionLayer {  ///< weight [out, in/groups, window]
  Conv1d(std::int64_t in, std::int64_t out, std::int64_t window, Random& random, const ConvOptions& options = {},
         std::source_location where = std::source_location::current());
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

/// The same along two axes: x [batch, in, height, width]. The window is one number for both, or two.
struct Conv2d : detail::ConvolutionLayer {  ///< weight [out, in/groups, height, width]
  Conv2d(std::int64_t in, std::int64_t out, const Indices& window, Random& random, const ConvOptions& options = {},
         std::source_location where = std::source_location::current());
  Conv2d(std::int64_t in, std::int64_t out, std::int64_t window, Random& random, const ConvOptions& options = {},
         std::source_location where = std::source_location::current())
      : Conv2d(in, out, Indices{window}, random, options, where) {}
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

struct ConvTransposeOptions {
  Indices stride = {};          ///< 1
  Indices padding = {};         ///< 0; so many elements less on either side
  Indices output_padding = {};  ///< 0; so many more at the end, below the stride
  Indices dilation = {};        ///< 1
  std::int64_t groups = 1;
  bool bias = true;
  Dtype dtype = Dtype::f32;
};

/// The transpose of Conv2d by its input (no inverse): x [batch, in, height, width] gives out channels with
/// (height - 1)·stride - padding + dilation·(window-1) + output_padding + 1 rows, and columns likewise.
struct ConvTranspose2d : detail::ConvolutionLayer {  ///< weight [in, out/groups, height, width]
  ConvTranspose2d(std::int64_t in, std::int64_t out, const Indices& window, Random& random,
                  const ConvTransposeOptions& options = {},
                  std::source_location where = std::source_location::current());
  ConvTranspose2d(std::int64_t in, std::int64_t out, std::int64_t window, Random& random,
                  const ConvTransposeOptions& options = {},
                  std::source_location where = std::source_location::current())
      : ConvTranspose2d(in, out, Indices{window}, random, options, where) {}
  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const;
};

}  // namespace wengert::nn
