// Windows of fixed size are walked row by row: for each element of the window, a loop over the windows of a row, which
// the compiler turns into vector code (simd.hpp). Adaptive windows, whose sizes differ, are walked one by one.
//
// Reading order: Axis, Planes (what a walk knows), the three walks, the kernels.
#include "wengert/autodiff/ops/kernels_pooling.hpp"

#include <bit>
#include <limits>
#include <span>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {

namespace {

/// The windows along an axis, and which of them have an element of theirs inside.
struct Axis {
  std::span<Windows::Range> ranges;
  /// For element k of the windows: those from places[k].first up to places[k].last have it inside.
  struct Places {
    std::int64_t first, last;
  };
  std::span<Places> places;

  Axis(const Windows& w, Scratch& scratch)
      : ranges(scratch.take<Windows::Range>(static_cast<std::size_t>(w.count))),
        places(scratch.take<Places>(static_cast<std::size_t>(w.size))) {
    for (std::int64_t i = 0; i < w.count; ++i) ranges[static_cast<std::size_t>(i)] = w.at(i);
    for (std::int64_t k = 0; k < w.size; ++k) {
      const std::int64_t offset = k * w.dilation - w.padding;
      const auto first = [&](std::int64_t bound) {  // the first i with i·stride + offset ≥ bound
        return bound <= offset ? 0 : std::min(w.count, (bound - offset + w.stride - 1) / w.stride);
      };
      places[static_cast<std::size_t>(k)] = {first(0), std::max(first(0), first(w.extent))};
    }
  }
};

/// What a walk over windows of fixed size knows.
template <class T>
struct Planes {
  const Windows2d& windows;
  const Axis &rows, &columns;
  std::int64_t planes;
  const double* divisors = nullptr;

  [[nodiscard]] WENGERT_INLINE std::int64_t width() const { return windows[1].extent; }
  [[nodiscard]] WENGERT_INLINE std::int64_t size() const { return windows[0].extent * windows[1].extent; }
  [[nodiscard]] WENGERT_INLINE std::int64_t count() const { return windows[0].count * windows[1].count; }
  [[nodiscard]] WENGERT_INLINE Windows::Range row(std::int64_t p) const {
    return rows.ranges[static_cast<std::size_t>(p)];
  }
};

/// Element j of the windows of a row: which windows have it inside, and its place in the row for the first of them.
struct Element {
  std::int64_t first, count, place;

  template <class T>
  WENGERT_INLINE Element(const Planes<T>& of, std::int64_t j)
      : first(of.columns.places[static_cast<std::size_t>(j)].first),
        count(of.columns.places[static_cast<std::size_t>(j)].last - first),
        place(first * of.windows[1].stride + j * of.windows[1].dilation - of.windows[1].padding) {}
};

/// Whether an element takes the place of the largest before it. A NaN does so once, and then nothing is larger.
template <class T>
WENGERT_INLINE bool is_taken(T element, T largest) {
  return !(element <= largest) & (largest == largest);
}

/// The element and its place instead of the largest before it, if it is taken. By masks, not by a choice: a branch here
/// is foreseen every other time.
template <class T, class I>
WENGERT_INLINE void take_larger(T element, I place, T& largest, I& at) {
  const I mask = static_cast<I>(-static_cast<I>(is_taken(element, largest)));
  at = static_cast<I>((at & ~mask) | (place & mask));
  largest = std::bit_cast<T>(static_cast<I>((std::bit_cast<I>(largest) & ~mask) | (std::bit_cast<I>(element) & mask)));
}

// The walks. Stride is that of the columns, 0 if it is neither 1 nor 2.

/// I is as wide as T, and holds every position of a plane.
template <std::int64_t Stride, class T, class I>
struct LargestWalk {
  static WENGERT_INLINE void run(const Planes<T>* of, const T* from, T* best, I* at, std::int64_t* positions) {
    const std::int64_t count = of->windows[1].count, width = of->width();
    const std::int64_t stride = Stride != 0 ? Stride : of->windows[1].stride;
    for (std::int64_t plane = 0; plane < of->planes; ++plane, from += of->size())
      for (std::int64_t p = 0; p < of->windows[0].count; ++p, positions += count) {
        const Windows::Range r = of->row(p);
        for (std::int64_t q = 0; q < count; ++q) {
          best[q] = -std::numeric_limits<T>::infinity();
          at[q] = static_cast<I>(r.first * width + of->columns.ranges[static_cast<std::size_t>(q)].first);
        }
        for (std::int64_t h = r.first; h < r.end; h += r.step)
          for (std::int64_t j = 0; j < of->windows[1].size; ++j) {
            const Element e(*of, j);
            const T* const row = from + h * width + e.place;
            T* const b = best + e.first;
            I* const a = at + e.first;
            const I begin = static_cast<I>(h * width + e.place);
            WENGERT_INDEPENDENT_ITERATIONS
            for (std::int64_t q = 0; q < e.count; ++q) {
              T largest = b[q];
              I place = a[q];
              take_larger(row[q * stride], static_cast<I>(begin + static_cast<I>(q * stride)), largest, place);
              b[q] = largest;
              a[q] = place;
            }
          }
        for (std::int64_t q = 0; q < count; ++q) positions[q] = at[q];
      }
  }
};

/// Size × Size windows, Stride apart in a row, without padding or dilation: everything stays in registers.
template <std::int64_t Size, std::int64_t Stride, class T, class I>
struct SmallLargestWalk {
  /// Blocks of a fixed number of windows, of which the last overlaps the one before: rows are short in networks.
  template <std::int64_t Block>
  static WENGERT_INLINE void row(const T* from, std::int64_t width, std::int64_t count, std::int64_t begin,
                                 std::int64_t* positions) {
    for (std::int64_t start = 0; start < count; start += Block) {
      const std::int64_t q = std::min(start, count - Block);
      const T* const first = from + q * Stride;
      WENGERT_INDEPENDENT_ITERATIONS
      for (std::int64_t l = 0; l < Block; ++l) {
        T best = first[l * Stride];
        I at = 0;
        for (std::int64_t i = 0; i < Size; ++i)
          for (std::int64_t j = 0; j < Size; ++j)
            take_larger(first[l * Stride + i * width + j], static_cast<I>(i * width + j), best, at);
        positions[q + l] = begin + (q + l) * Stride + at;
      }
    }
  }
  static WENGERT_INLINE void run(const Planes<T>* of, const T* from, std::int64_t* positions) {
    const std::int64_t count = of->windows[1].count, width = of->width();
    for (std::int64_t plane = 0; plane < of->planes; ++plane, from += of->size())
      for (std::int64_t p = 0; p < of->windows[0].count; ++p, positions += count) {
        const std::int64_t begin = p * of->windows[0].stride * width;
        if (count >= 16)
          row<16>(from + begin, width, count, begin, positions);
        else if (count >= 8)
          row<8>(from + begin, width, count, begin, positions);
        else if (count >= 4)
          row<4>(from + begin, width, count, begin, positions);
        else
          row<1>(from + begin, width, count, begin, positions);
      }
  }
};

/// Sums in f64.
template <std::int64_t Stride, class T>
struct MeanWalk {
  static WENGERT_INLINE void run(const Planes<T>* of, const T* from, double* sums, T* means) {
    const std::int64_t count = of->windows[1].count, width = of->width();
    const std::int64_t stride = Stride != 0 ? Stride : of->windows[1].stride;
    for (std::int64_t plane = 0; plane < of->planes; ++plane, from += of->size()) {
      const double* divisor = of->divisors;
      for (std::int64_t p = 0; p < of->windows[0].count; ++p, means += count, divisor += count) {
        const Windows::Range r = of->row(p);
        for (std::int64_t q = 0; q < count; ++q) sums[q] = 0;
        for (std::int64_t h = r.first; h < r.end; h += r.step)
          for (std::int64_t j = 0; j < of->windows[1].size; ++j) {
            const Element e(*of, j);
            const T* const row = from + h * width + e.place;
            double* const s = sums + e.first;
            WENGERT_INDEPENDENT_ITERATIONS
            for (std::int64_t q = 0; q < e.count; ++q) s[q] += static_cast<double>(row[q * stride]);
          }
        WENGERT_INDEPENDENT_ITERATIONS
        for (std::int64_t q = 0; q < count; ++q) means[q] = static_cast<T>(sums[q] / divisor[q]);
      }
    }
  }
};

template <std::int64_t Stride, class T>
struct MeanTransposedWalk {
  static WENGERT_INLINE void run(const Planes<T>* of, const T* from, T* parts, T* to) {
    const std::int64_t count = of->windows[1].count, width = of->width();
    const std::int64_t stride = Stride != 0 ? Stride : of->windows[1].stride;
    for (std::int64_t plane = 0; plane < of->planes; ++plane, to += of->size()) {
      const double* divisor = of->divisors;
      for (std::int64_t p = 0; p < of->windows[0].count; ++p, from += count, divisor += count) {
        const Windows::Range r = of->row(p);
        WENGERT_INDEPENDENT_ITERATIONS
        for (std::int64_t q = 0; q < count; ++q) parts[q] = static_cast<T>(static_cast<double>(from[q]) / divisor[q]);
        for (std::int64_t h = r.first; h < r.end; h += r.step)
          for (std::int64_t j = 0; j < of->windows[1].size; ++j) {
            const Element e(*of, j);
            T* const row = to + h * width + e.place;
            const T* const part = parts + e.first;
            WENGERT_INDEPENDENT_ITERATIONS
            for (std::int64_t q = 0; q < e.count; ++q) row[q * stride] += part[q];
          }
      }
    }
  }
};

/// The walk for the stride of the columns.
template <template <std::int64_t, class...> class Walk, class... Types, class T, class... A>
void walk(const Planes<T>& of, A... arguments) {
  if (of.windows[1].stride == 1)
    detail::run_at_simd_level<Walk<1, Types...>>(&of, arguments...);
  else if (of.windows[1].stride == 2)
    detail::run_at_simd_level<Walk<2, Types...>>(&of, arguments...);
  else
    detail::run_at_simd_level<Walk<0, Types...>>(&of, arguments...);
}

/// window(plane, window within the plane, range of rows, range of columns) for every window.
template <class F>
void for_each_window(std::int64_t planes, const Axis& rows, const Axis& columns, const F& window) {
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    std::int64_t at = 0;
    for (const Windows::Range& r : rows.ranges)
      for (const Windows::Range& c : columns.ranges) window(plane, at++, r, c);
  }
}

/// The divisor of each window of a plane.
const double* divisors_of(const Windows2d& windows, Divisor divisor, Scratch& scratch) {
  double* const all = scratch.take<double>(windows[0].count * windows[1].count);
  double* next = all;
  const auto along = [&](const Windows& w, std::int64_t i) {
    return divisor == Divisor::one ? 1 : divisor == Divisor::inside ? w.at(i).count() : w.padded_count(i);
  };
  for (std::int64_t i = 0; i < windows[0].count; ++i)
    for (std::int64_t j = 0; j < windows[1].count; ++j)
      *next++ = static_cast<double>(along(windows[0], i) * along(windows[1], j));
  return all;
}

std::int64_t planes_of(const Array& x) { return x.shape()[0] * x.shape()[1]; }

/// work(some planes, the number of the first of them, scratch), for all of them.
template <class T, class Work>
void in_chunks_of(const Planes<T>& all, Scratch& scratch, const Work& work) {
  constexpr double element_time = 0.5;  // nanoseconds
  const Chunks chunks(all.planes, element_time * static_cast<double>(all.size()));
  in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
    Planes<T> some = all;
    some.planes = chunks.end(chunk) - chunks.begin(chunk);
    work(some, chunks.begin(chunk), mine);
  });
}
bool fixed(const Windows2d& windows) { return windows[0].size != 0 && windows[1].size != 0; }

template <class T>
void find_largest(const Planes<T>& of, const T* from, std::int64_t* positions, Scratch& scratch) {
  using Narrow = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const bool narrow = of.size() <= std::numeric_limits<Narrow>::max();
  const auto small = [&](std::int64_t size, std::int64_t stride) {
    const auto plain = [=](const Windows& w) {
      return w.size == size && w.padding == 0 && w.dilation == 1 && w.inside();
    };
    return narrow && of.windows[1].stride == stride && plain(of.windows[0]) && plain(of.windows[1]);
  };
  if (small(2, 2)) return detail::run_at_simd_level<SmallLargestWalk<2, 2, T, Narrow>>(&of, from, positions);
  if (small(3, 2)) return detail::run_at_simd_level<SmallLargestWalk<3, 2, T, Narrow>>(&of, from, positions);
  if (fixed(of.windows) && narrow) {
    T* const best = scratch.take<T>(of.windows[1].count);
    Narrow* const at = scratch.take<Narrow>(of.windows[1].count);
    walk<LargestWalk, T, Narrow>(of, from, best, at, positions);
    return;
  }
  const std::int64_t width = of.width();
  for_each_window(of.planes, of.rows, of.columns,
                  [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                    const T* const elements = from + plane * of.size();
                    std::int64_t best = r.first * width + c.first;
                    for (std::int64_t h = r.first; h < r.end; h += r.step)
                      for (std::int64_t v = c.first; v < c.end; v += c.step) {
                        if (is_taken(elements[h * width + v], elements[best])) best = h * width + v;
                      }
                    positions[plane * of.count() + at] = best;
                  });
}

}  // namespace

void positions_of_largest(const Array& x, const Windows2d& windows, Array& to, Scratch& scratch) {
  if (to.size() == 0) return;
  with_real_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const Axis rows(windows[0], scratch), columns(windows[1], scratch);
    const T* const from = dense_elements<T>(x, scratch);
    std::int64_t* const positions = to.mutable_data<std::int64_t>().data();
    in_chunks_of(Planes<T>{windows, rows, columns, planes_of(x)}, scratch,
                 [&](const Planes<T>& some, std::int64_t first, Scratch& mine) {
                   find_largest(some, from + first * some.size(), positions + first * some.count(), mine);
                 });
  });
}

void window_means(const Array& x, const Windows2d& windows, Divisor divisor, Array& to, Scratch& scratch) {
  if (to.size() == 0) return;
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const from = dense_elements<T>(x, scratch);
    T* const means = to.mutable_data<T>().data();
    const double* const divisors = divisors_of(windows, divisor, scratch);
    const Axis rows(windows[0], scratch), columns(windows[1], scratch);
    const Planes<T> of{windows, rows, columns, planes_of(x), divisors};
    if (fixed(windows)) {
      in_chunks_of(of, scratch, [&](const Planes<T>& some, std::int64_t first, Scratch& mine) {
        walk<MeanWalk, T>(some, from + first * of.size(), mine.take<double>(windows[1].count),
                          means + first * of.count());
      });
      return;
    }
    for_each_window(of.planes, rows, columns,
                    [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                      const T* const elements = from + plane * of.size();
                      double sum = 0;
                      for (std::int64_t h = r.first; h < r.end; h += r.step)
                        for (std::int64_t v = c.first; v < c.end; v += c.step)
                          sum += static_cast<double>(elements[h * of.width() + v]);
                      means[plane * of.count() + at] = static_cast<T>(sum / divisors[at]);
                    });
  });
}

void window_means_transposed(const Array& g, const Windows2d& windows, Divisor divisor, Array& to, Scratch& scratch) {
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const elements = to.mutable_data<T>().data();
    std::fill_n(elements, to.size(), T(0));
    if (to.size() == 0 || g.size() == 0) return;
    const T* const from = dense_elements<T>(g, scratch);
    const double* const divisors = divisors_of(windows, divisor, scratch);
    const Axis rows(windows[0], scratch), columns(windows[1], scratch);
    const Planes<T> of{windows, rows, columns, planes_of(g), divisors};
    if (fixed(windows)) {
      in_chunks_of(of, scratch, [&](const Planes<T>& some, std::int64_t first, Scratch& mine) {
        walk<MeanTransposedWalk, T>(some, from + first * of.count(), mine.take<T>(windows[1].count),
                                    elements + first * of.size());
      });
      return;
    }
    for_each_window(of.planes, rows, columns,
                    [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                      T* const target = elements + plane * of.size();
                      const T part = static_cast<T>(static_cast<double>(from[plane * of.count() + at]) / divisors[at]);
                      for (std::int64_t h = r.first; h < r.end; h += r.step)
                        for (std::int64_t v = c.first; v < c.end; v += c.step) target[h * of.width() + v] += part;
                    });
  });
}

}  // namespace wengert::kernels
