// Reading order: Columns (a tile, and how it is filled and added back), the three products, exactly (plain loops, for
// what is not finite).
#include "wengert/autodiff/ops/kernels_convolution.hpp"

#include <algorithm>
#include <cstring>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"

namespace wengert::kernels {

namespace {

/// Bytes of a tile of columns: about half of a second-level cache of 512 KiB, so that the product finds it there.
constexpr std::int64_t tile_bytes = 256 * 1024;

/// The places q of [0, count) at which q·stride + offset lies in [0, extent).
struct Places {
  std::int64_t first, last;
  Places(std::int64_t offset, std::int64_t stride, std::int64_t extent, std::int64_t count) {
    const auto at_least = [&](std::int64_t bound) {  // the first q with q·stride + offset ≥ bound
      return bound <= offset ? 0 : std::min(count, (bound - offset + stride - 1) / stride);
    };
    first = at_least(0);
    last = std::max(first, at_least(extent));
  }
};

/// Columns for the rows of places [begin, end) of one item and group: `rows()` × width.
template <class T>
class Columns {
 public:
  explicit Columns(const ConvolutionSizes& s)
      : s_(s),
        direct_(s.window[0] == 1 && s.window[1] == 1 && s.stride[0] == 1 && s.stride[1] == 1 && !s.padded &&
                s.extent == s.places) {
    const std::int64_t row = std::max<std::int64_t>(1, rows() * s.places[1] * static_cast<std::int64_t>(sizeof(T)));
    step_ =
        direct_ ? std::max<std::int64_t>(1, s.places[0]) : std::clamp<std::int64_t>(tile_bytes / row, 1, s.places[0]);
    if (!direct_) {
      buffer_ = Array::uninitialised({dtype_of<T>(), Shape{rows() * step_ * s.places[1]}});
      tile_ = buffer_.template mutable_data<T>().data();
    }
  }

  [[nodiscard]] std::int64_t rows() const { return s_.channels * s_.window[0] * s_.window[1]; }
  /// Rows of places in one tile.
  [[nodiscard]] std::int64_t step() const { return step_; }
  /// The input is its own matrix of columns.
  [[nodiscard]] bool direct() const { return direct_; }
  [[nodiscard]] T* tile() const { return tile_; }

  /// The columns of the channels at `image`, as a matrix.
  [[nodiscard]] MatrixAt<const T> of(const T* image, std::int64_t begin, std::int64_t end) {
    const std::int64_t width = (end - begin) * s_.places[1];
    if (direct_) return {image + begin * s_.places[1], s_.extent[0] * s_.extent[1]};
    T* to = tile_;
    for_each_row([&](std::int64_t channel, std::int64_t i, std::int64_t j) {
      const T* const plane = image + channel * s_.extent[0] * s_.extent[1];
      const std::int64_t offset = j * s_.dilation[1] - s_.before[1];
      const Places inside(offset, s_.stride[1], s_.extent[1], s_.places[1]);
      for (std::int64_t p = begin; p < end; ++p, to += s_.places[1]) {
        const std::int64_t row = p * s_.stride[0] + i * s_.dilation[0] - s_.before[0];
        if (row < 0 || row >= s_.extent[0]) {
          std::fill_n(to, s_.places[1], T(0));
          continue;
        }
        const T* const from = plane + row * s_.extent[1] + offset;
        for (std::int64_t q = 0; q < inside.first; ++q) to[q] = T(0);
        if (s_.stride[1] == 1)
          for (std::int64_t q = inside.first; q < inside.last; ++q) to[q] = from[q];
        else
          for (std::int64_t q = inside.first; q < inside.last; ++q) to[q] = from[q * s_.stride[1]];
        for (std::int64_t q = inside.last; q < s_.places[1]; ++q) to[q] = T(0);
      }
    });
    return {tile_, width};
  }

  /// Adds the columns in the tile to the elements that they are columns of.
  void add_to(T* image, std::int64_t begin, std::int64_t end) const {
    const T* from = tile_;
    for_each_row([&](std::int64_t channel, std::int64_t i, std::int64_t j) {
      T* const plane = image + channel * s_.extent[0] * s_.extent[1];
      const std::int64_t offset = j * s_.dilation[1] - s_.before[1];
      const Places inside(offset, s_.stride[1], s_.extent[1], s_.places[1]);
      for (std::int64_t p = begin; p < end; ++p, from += s_.places[1]) {
        const std::int64_t row = p * s_.stride[0] + i * s_.dilation[0] - s_.before[0];
        if (row < 0 || row >= s_.extent[0]) continue;
        T* const to = plane + row * s_.extent[1] + offset;
        if (s_.stride[1] == 1)
          for (std::int64_t q = inside.first; q < inside.last; ++q) to[q] += from[q];
        else
          for (std::int64_t q = inside.first; q < inside.last; ++q) to[q * s_.stride[1]] += from[q];
      }
    });
  }

 private:
  template <class F>
  void for_each_row(const F& f) const {
    for (std::int64_t channel = 0; channel < s_.channels; ++channel)
      for (std::int64_t i = 0; i < s_.window[0]; ++i)
        for (std::int64_t j = 0; j < s_.window[1]; ++j) f(channel, i, j);
  }

  const ConvolutionSizes& s_;
  bool direct_;
  std::int64_t step_ = 1;
  Array buffer_;
  T* tile_ = nullptr;
};

/// Elements of input, output and weight that belong to an item and a group, or to a group.
struct Pieces {
  std::int64_t input, output, weight;
  explicit Pieces(const ConvolutionSizes& s)
      : input(s.channels * s.extent[0] * s.extent[1]),
        output(s.outputs * s.places[0] * s.places[1]),
        weight(s.outputs * s.channels * s.window[0] * s.window[1]) {}
};

/// tile(begin of the piece of the input, of the output, of the weight, first row of places, behind the last one).
template <class F>
void for_each_tile(const ConvolutionSizes& s, std::int64_t step, const F& tile) {
  const Pieces pieces(s);
  for (std::int64_t item = 0; item < s.items; ++item)
    for (std::int64_t group = 0; group < s.groups; ++group)
      for (std::int64_t begin = 0; begin < s.places[0]; begin += step)
        tile((item * s.groups + group) * pieces.input, (item * s.groups + group) * pieces.output, group * pieces.weight,
             begin, std::min(s.places[0], begin + step));
}

/// term(place in the input, in the weight, in the output) for every product of the sum that is the convolution.
template <class F>
void for_each_term(const ConvolutionSizes& s, const F& term) {
  const Pieces pieces(s);
  const std::int64_t plane = s.extent[0] * s.extent[1], count = s.places[0] * s.places[1];
  for (std::int64_t item = 0; item < s.items; ++item)
    for (std::int64_t group = 0; group < s.groups; ++group)
      for (std::int64_t output = 0; output < s.outputs; ++output)
        for (std::int64_t channel = 0; channel < s.channels; ++channel)
          for (std::int64_t i = 0; i < s.window[0]; ++i)
            for (std::int64_t j = 0; j < s.window[1]; ++j) {
              const std::int64_t weight =
                  group * pieces.weight + ((output * s.channels + channel) * s.window[0] + i) * s.window[1] + j;
              const std::int64_t down = i * s.dilation[0] - s.before[0], right = j * s.dilation[1] - s.before[1];
              const Places p_inside(down, s.stride[0], s.extent[0], s.places[0]);
              const Places q_inside(right, s.stride[1], s.extent[1], s.places[1]);
              for (std::int64_t p = p_inside.first; p < p_inside.last; ++p)
                for (std::int64_t q = q_inside.first; q < q_inside.last; ++q)
                  term((item * s.groups + group) * pieces.input + channel * plane +
                           (p * s.stride[0] + down) * s.extent[1] + q * s.stride[1] + right,
                       weight, (item * s.groups + group) * pieces.output + output * count + p * s.places[1] + q);
            }
}

/// to += first·second, but nothing where the cotangent is 0.
template <class T>
void add_term(T& to, T first, T second, std::int64_t cotangent) {
  if ((cotangent == 1 && first == T(0)) || (cotangent == 2 && second == T(0))) return;
  to += first * second;
}

template <class T>
const T* elements(const Array& dense) {
  return dense.data<T>().data();
}

}  // namespace

Array convolve(const Array& x, const Array& w, const ConvolutionSizes& s, const Type& result) {
  return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
    Array to = Array::zeros(result);
    if (to.size() == 0) return to;
    const Array input = x.dense(), weight = w.dense();
    const T *const from = elements<T>(input), *const factors = elements<T>(weight);
    T* const y = to.mutable_data<T>().data();
    const std::int64_t count = s.places[0] * s.places[1];
    Columns<T> columns(s);
    const std::int64_t rows = columns.rows();
    if (rows == 0) return to;
    for_each_tile(s, columns.step(),
                  [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                    gemm(s.outputs, (end - begin) * s.places[1], rows, MatrixAt<const T>{factors + at, rows},
                         columns.of(from + in, begin, end), MatrixAt<T>{y + out + begin * s.places[1], count}, false);
                  });
    if ((s.padded || s.cotangent != 0) && !all_finite(y, to.size())) {
      std::fill_n(y, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(y[out], from[in], factors[at], s.cotangent);
      });
    }
    return to;
  });
}

Array convolve_by_input(const Array& g, const Array& w, const ConvolutionSizes& s, const Type& result) {
  return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
    Array to = Array::zeros(result);
    if (to.size() == 0) return to;
    const Array output = g.dense(), weight = w.dense();
    const T *const from = elements<T>(output), *const factors = elements<T>(weight);
    T* const x = to.mutable_data<T>().data();
    const std::int64_t count = s.places[0] * s.places[1];
    if (count == 0 || s.outputs == 0) return to;
    Columns<T> columns(s);
    const std::int64_t rows = columns.rows();
    for_each_tile(s, columns.step(),
                  [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                    const std::int64_t width = (end - begin) * s.places[1];
                    const MatrixAt<T> products =
                        columns.direct() ? MatrixAt<T>{x + in, count} : MatrixAt<T>{columns.tile(), width};
                    gemm(rows, width, s.outputs, MatrixAt<const T>{factors + at, rows, true},
                         MatrixAt<const T>{from + out + begin * s.places[1], count}, products, false);
                    if (!columns.direct()) columns.add_to(x + in, begin, end);
                  });
    if (s.cotangent != 0 && !all_finite(x, to.size())) {
      std::fill_n(x, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(x[in], from[out], factors[at], s.cotangent);
      });
    }
    return to;
  });
}

Array convolve_by_weight(const Array& x, const Array& g, const ConvolutionSizes& s, const Type& result) {
  return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
    Array to = Array::zeros(result);
    if (to.size() == 0) return to;
    const Array input = x.dense(), output = g.dense();
    const T *const from = elements<T>(input), *const cotangent = elements<T>(output);
    T* const w = to.mutable_data<T>().data();
    const std::int64_t count = s.places[0] * s.places[1];
    if (count == 0) return to;
    Columns<T> columns(s);
    const std::int64_t rows = columns.rows();
    for_each_tile(s, columns.step(),
                  [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                    MatrixAt<const T> seen = columns.of(from + in, begin, end);
                    seen.transposed = true;
                    gemm(s.outputs, rows, (end - begin) * s.places[1],
                         MatrixAt<const T>{cotangent + out + begin * s.places[1], count}, seen,
                         MatrixAt<T>{w + at, rows}, true);
                  });
    if ((s.padded || s.cotangent != 0) && !all_finite(w, to.size())) {
      std::fill_n(w, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(w[at], from[in], cotangent[out], s.cotangent);
      });
    }
    return to;
  });
}

}  // namespace wengert::kernels
