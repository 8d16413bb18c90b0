// Reading order: Stage and Columns (a tile, and how it is filled and added back), the three products, for_each_term
// (plain loops, for what is not finite).
#include "wengert/autodiff/ops/kernels_convolution.hpp"

#include <algorithm>
#include <cstring>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"
#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {

namespace {

/// Bytes of a tile of columns: about half of a second-level cache of 512 KiB, so that the product finds it there.
constexpr std::int64_t tile_bytes = 256 * 1024;
/// Elements that are copied at once. Copies go beyond the end of a row by less, into what is written next.
constexpr std::int64_t chunk = 16;

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

/// The rows of the input that a tile sees, with their padding, so that columns are copies without questions. A row lies
/// as `stride` pieces, one for each remainder of the column number: what a window element sees along a row of places is
/// then one run.
struct Stage {
  std::int64_t rows, pitch, row;  // rows of a channel; elements of a piece, of a row

  Stage(const ConvolutionSizes& s, std::int64_t rows_of_places)
      : rows((rows_of_places - 1) * s.stride[0] + (s.window[0] - 1) * s.dilation[0] + 1),
        pitch((s.places[1] - 1) + (s.window[1] - 1) * s.dilation[1] / s.stride[1] + 1),
        row(pitch * s.stride[1]) {}
  /// Where window element j begins in a row.
  [[nodiscard]] std::int64_t place(const ConvolutionSizes& s, std::int64_t j) const {
    return j * s.dilation[1] % s.stride[1] * pitch + j * s.dilation[1] / s.stride[1];
  }
};

/// A walk over a tile: for every row of columns, for every row of places, a run of the stage and one of the tile.
template <class T>
struct TileWalk {
  T* stage;
  T* tile;
  const std::int64_t* starts;             // of each row of columns in the stage
  std::int64_t rows, lines, step, width;  // rows of columns, rows of places, from one to the next in the stage, places
};

template <class T>
struct CopyToTile {
  static WENGERT_INLINE void run(const TileWalk<T>* w) {
    T* to = w->tile;
    for (std::int64_t row = 0; row < w->rows; ++row) {
      const T* from = w->stage + w->starts[row];
      for (std::int64_t line = 0; line < w->lines; ++line, from += w->step, to += w->width)
        for (std::int64_t q = 0; q < w->width; q += chunk) std::memcpy(to + q, from + q, chunk * sizeof(T));
    }
  }
};

template <class T>
struct AddFromTile {
  static WENGERT_INLINE void run(const TileWalk<T>* w) {
    const T* from = w->tile;
    for (std::int64_t row = 0; row < w->rows; ++row) {
      T* to = w->stage + w->starts[row];
      for (std::int64_t line = 0; line < w->lines; ++line, to += w->step, from += w->width) {
        WENGERT_INDEPENDENT_ITERATIONS
        for (std::int64_t q = 0; q < w->width; ++q) to[q] += from[q];
      }
    }
  }
};

/// Columns for the rows of places [begin, end) of one item and group: `rows()` × width.
template <class T>
class Columns {
 public:
  Columns(const ConvolutionSizes& s, Scratch& scratch)
      : s_(s),
        direct_(s.window[0] == 1 && s.window[1] == 1 && s.stride[0] == 1 && s.stride[1] == 1 && !s.padded &&
                s.extent == s.places) {
    if (direct_ || rows() == 0) return;
    const std::int64_t row = rows() * s.places[1] * static_cast<std::int64_t>(sizeof(T));
    step_ = std::clamp<std::int64_t>(tile_bytes / row, 1, s.places[0]);
    const std::int64_t most = s.channels * Stage(s, step_).rows * Stage(s, step_).row;
    stage_ = scratch.take<T>(most + rows() * step_ * s.places[1] + 2 * chunk);
    tile_ = stage_ + most + chunk;
    starts_ = scratch.take<std::int64_t>(rows());
  }

  [[nodiscard]] std::int64_t rows() const { return s_.rows(); }
  /// Rows of places in one tile.
  [[nodiscard]] std::int64_t step() const { return direct_ ? s_.places[0] : step_; }
  /// The input is its own matrix of columns.
  [[nodiscard]] bool direct() const { return direct_; }
  [[nodiscard]] T* tile() const { return tile_; }

  /// The columns of the channels at `image`, as a matrix.
  [[nodiscard]] MatrixAt<const T> of(const T* image, std::int64_t begin, std::int64_t end) {
    const std::int64_t width = (end - begin) * s_.places[1];
    if (direct_) return {image + begin * s_.places[1], s_.extent[0] * s_.extent[1]};
    const TileWalk<T> walk = walk_over(end - begin);
    const std::int64_t stride = s_.stride[1], pitch = Stage(s_, end - begin).pitch;
    for_each_run(begin, end, [&](T* staged, std::int64_t count, std::int64_t from, std::int64_t inside) {
      T* const to = staged + inside;
      std::fill(staged, to, T(0));
      if (stride == 1)
        std::copy_n(image + from, count, to);
      else
        for (std::int64_t k = 0; k < count; ++k) to[k] = image[from + k * stride];
      std::fill(to + count, staged + pitch, T(0));
    });
    wengert::detail::run_at_simd_level<CopyToTile<T>>(&walk);
    return {tile_, width};
  }

  /// Adds the columns in the tile to the elements that they are columns of.
  void add_to(T* image, std::int64_t begin, std::int64_t end) {
    const TileWalk<T> walk = walk_over(end - begin);
    const Stage stage(s_, end - begin);
    std::fill_n(stage_, s_.channels * stage.rows * stage.row, T(0));
    wengert::detail::run_at_simd_level<AddFromTile<T>>(&walk);
    for_each_run(begin, end, [&](const T* staged, std::int64_t count, std::int64_t to, std::int64_t inside) {
      const T* const from = staged + inside;
      for (std::int64_t k = 0; k < count; ++k) image[to + k * s_.stride[1]] += from[k];
    });
  }

 private:
  TileWalk<T> walk_over(std::int64_t lines) {
    const Stage stage(s_, lines);
    if (lines != lines_) {  // the last tile may be lower than the others
      lines_ = lines;
      std::int64_t row = 0;
      for (std::int64_t channel = 0; channel < s_.channels; ++channel)
        for (std::int64_t i = 0; i < s_.window[0]; ++i)
          for (std::int64_t j = 0; j < s_.window[1]; ++j)
            starts_[row++] = (channel * stage.rows + i * s_.dilation[0]) * stage.row + stage.place(s_, j);
    }
    return {stage_, tile_, starts_, rows(), lines, s_.stride[0] * stage.row, s_.places[1]};
  }
  /// run(piece of a row in the stage, how many of its elements are in the input, place of the first of them there, and
  /// in the piece) for every piece of the rows that the places [begin, end) see.
  template <class F>
  void for_each_run(std::int64_t begin, std::int64_t end, const F& run) const {
    const Stage stage(s_, end - begin);
    T* staged = stage_;
    for (std::int64_t channel = 0; channel < s_.channels; ++channel)
      for (std::int64_t r = 0; r < stage.rows; ++r) {
        const std::int64_t row = begin * s_.stride[0] - s_.before[0] + r;
        const bool outside = row < 0 || row >= s_.extent[0];
        for (std::int64_t piece = 0; piece < s_.stride[1]; ++piece, staged += stage.pitch) {
          const std::int64_t offset = piece - s_.before[1];
          const Places inside(offset, s_.stride[1], outside ? 0 : s_.extent[1], stage.pitch);
          const std::int64_t at = (channel * s_.extent[0] + row) * s_.extent[1] + inside.first * s_.stride[1] + offset;
          run(staged, outside ? 0 : inside.last - inside.first, at, outside ? 0 : inside.first);
        }
      }
  }

  const ConvolutionSizes& s_;
  bool direct_;
  std::int64_t step_ = 1, lines_ = -1;
  T *stage_ = nullptr, *tile_ = nullptr;
  std::int64_t* starts_ = nullptr;
};

/// Elements of input, output and weight that belong to an item and a group, or to a group.
struct Pieces {
  std::int64_t input, output, weight;
  explicit Pieces(const ConvolutionSizes& s)
      : input(s.channels * s.extent[0] * s.extent[1]),
        output(s.outputs * s.places[0] * s.places[1]),
        weight(s.outputs * s.channels * s.window[0] * s.window[1]) {}
};

/// Items of a convolution, divided.
template <class T>
Chunks chunks_of(const ConvolutionSizes& s, std::int64_t rows, std::int64_t most = 64) {
  constexpr double term_time = 0.012 * sizeof(T);  // nanoseconds for a multiply-add, and its part of the copies
  return {s.items,
          term_time * static_cast<double>(s.groups * s.outputs) * static_cast<double>(rows) *
              static_cast<double>(s.places[0] * s.places[1]),
          1, most};
}

/// tile(begin of the piece of the input, of the output, of the weight, first row of places, behind the last one) for
/// the items from `item` to before `end`.
template <class F>
void for_each_tile(const ConvolutionSizes& s, std::int64_t item, std::int64_t end, std::int64_t step, const F& tile) {
  const Pieces pieces(s);
  for (; item < end; ++item)
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

}  // namespace

void convolve(const Array& x, const Array& w, const ConvolutionSizes& s, Array& to, Scratch& scratch) {
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const y = to.mutable_data<T>().data();
    const std::int64_t rows = s.rows();
    if (rows == 0 || to.size() == 0) return static_cast<void>(std::fill_n(y, to.size(), T(0)));
    const T *const from = dense_elements<T>(x, scratch), *const factors = dense_elements<T>(w, scratch);
    const std::int64_t count = s.places[0] * s.places[1];
    const Chunks chunks = chunks_of<T>(s, rows);
    in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
      Columns<T> columns(s, mine);
      for_each_tile(s, chunks.begin(chunk), chunks.end(chunk), columns.step(),
                    [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                      gemm<T>(s.outputs, (end - begin) * s.places[1], rows, MatrixAt<const T>{factors + at, rows},
                              columns.of(from + in, begin, end), MatrixAt<T>{y + out + begin * s.places[1], count},
                              mine);
                    });
    });
    if ((s.padded || s.cotangent != 0) && !all_finite(y, to.size())) {
      std::fill_n(y, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(y[out], from[in], factors[at], s.cotangent);
      });
    }
  });
}

void convolve_by_input(const Array& g, const Array& w, const ConvolutionSizes& s, Array& to, Scratch& scratch) {
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const x = to.mutable_data<T>().data();
    std::fill_n(x, to.size(), T(0));
    const std::int64_t count = s.places[0] * s.places[1];
    if (to.size() == 0 || count == 0 || s.outputs == 0) return;
    const T *const from = dense_elements<T>(g, scratch), *const factors = dense_elements<T>(w, scratch);
    const std::int64_t rows = s.rows();
    const Chunks chunks = chunks_of<T>(s, rows);
    in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
      Columns<T> columns(s, mine);
      for_each_tile(s, chunks.begin(chunk), chunks.end(chunk), columns.step(),
                    [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                      const std::int64_t width = (end - begin) * s.places[1];
                      const MatrixAt<T> products =
                          columns.direct() ? MatrixAt<T>{x + in, count} : MatrixAt<T>{columns.tile(), width};
                      gemm<T>(rows, width, s.outputs, MatrixAt<const T>{factors + at, rows, true},
                              MatrixAt<const T>{from + out + begin * s.places[1], count}, products, mine);
                      if (!columns.direct()) columns.add_to(x + in, begin, end);
                    });
    });
    if (s.cotangent != 0 && !all_finite(x, to.size())) {
      std::fill_n(x, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(x[in], from[out], factors[at], s.cotangent);
      });
    }
  });
}

void convolve_by_weight(const Array& x, const Array& g, const ConvolutionSizes& s, Array& to, Scratch& scratch) {
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const w = to.mutable_data<T>().data();
    const std::int64_t count = s.places[0] * s.places[1];
    if (to.size() == 0 || count == 0 || s.items == 0) return static_cast<void>(std::fill_n(w, to.size(), T(0)));
    const T *const from = dense_elements<T>(x, scratch), *const cotangent = dense_elements<T>(g, scratch);
    const std::int64_t rows = s.rows();
    // Transposed, columns × outputs: the BLAS is quicker with the longer side first. Every chunk of items has sums of
    // its own; there are so few of these that adding them up takes a small part of the time.
    const auto most = std::clamp<std::int64_t>(s.items * count / 256, 1, 8);
    const Chunks chunks = chunks_of<T>(s, rows, most);
    T* const all_sums = scratch.take<T>(chunks.count * to.size());
    in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
      Columns<T> columns(s, mine);
      T* const sums = all_sums + chunk * to.size();
      std::fill_n(sums, to.size(), T(0));
      for_each_tile(s, chunks.begin(chunk), chunks.end(chunk), columns.step(),
                    [&](std::int64_t in, std::int64_t out, std::int64_t at, std::int64_t begin, std::int64_t end) {
                      gemm<T>(rows, s.outputs, (end - begin) * s.places[1], columns.of(from + in, begin, end),
                              MatrixAt<const T>{cotangent + out + begin * s.places[1], count, true},
                              MatrixAt<T>{sums + at, s.outputs}, mine, T(1));
                    });
    });
    T* const sums = all_sums;
    for (std::int64_t chunk = 1; chunk < chunks.count; ++chunk) add_to(sums + chunk * to.size(), sums, to.size());
    for (std::int64_t group = 0; group < s.groups; ++group)
      for (std::int64_t o = 0; o < s.outputs; ++o)
        for (std::int64_t k = 0; k < rows; ++k)
          w[(group * s.outputs + o) * rows + k] = sums[(group * rows + k) * s.outputs + o];
    if ((s.padded || s.cotangent != 0) && !all_finite(w, to.size())) {
      std::fill_n(w, to.size(), T(0));
      for_each_term(s, [&](std::int64_t in, std::int64_t at, std::int64_t out) {
        add_term(w[at], from[in], cotangent[out], s.cotangent);
      });
    }
  });
}

}  // namespace wengert::kernels
