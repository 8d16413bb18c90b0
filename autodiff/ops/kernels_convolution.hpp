// The three products of ops/convolution.hpp on arrays. A matrix product per item and group does the multiplying, on
// tiles of columns: column (p, q) of a tile holds the elements of the input that the window sees at place (p, q), one
// row for each channel and element of the window (Chellapilla, Puri, Simard, High performance convolutional neural
// networks for document processing, 2006). A tile stays in the second-level cache; a window of one element that moves
// by one needs none.
#pragma once

#include <array>
#include <cstdint>

#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// The sizes of a convolution; pairs are of rows and columns.
struct ConvolutionSizes {
  using Pair = std::array<std::int64_t, 2>;
  std::int64_t items = 0, groups = 1;
  std::int64_t channels = 0, outputs = 0;           ///< of one group
  Pair extent{}, window{}, places{};                ///< of input, weight, output
  Pair stride{1, 1}, before{0, 0}, dilation{1, 1};  ///< before: padding above and on the left
  bool padded = false;                              ///< some place sees padding
  /// 1 or 2: the operand whose zeros contribute 0 whatever they meet; 0: none.
  std::int64_t cotangent = 0;

  /// Terms of the sum that an element of the output is.
  [[nodiscard]] std::int64_t rows() const { return channels * window[0] * window[1]; }
};

// f32 or f64; `to` is of the type that is named, dense, not shared. The same bits every time on one machine type. Throw
// CapacityError when memory runs out.

/// [items, outputs…] of x [items, channels…] and w [outputs, channels, window].
void convolve(const Array& x, const Array& w, const ConvolutionSizes& sizes, Array& to, Scratch& scratch);
/// [items, channels…] of g [items, outputs…] and w.
void convolve_by_input(const Array& g, const Array& w, const ConvolutionSizes& sizes, Array& to, Scratch& scratch);
/// [outputs, channels, window] of x and g.
void convolve_by_weight(const Array& x, const Array& g, const ConvolutionSizes& sizes, Array& to, Scratch& scratch);

}  // namespace wengert::kernels
