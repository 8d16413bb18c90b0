// Reading order: the rows of each kernel (one function of pointers each), then how rows are made of an array.
#include "wengert/autodiff/ops/kernels_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_fold.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {

namespace {

/// Nanoseconds for an element of a row, about.
constexpr double element_time = 1;

/// row(elements, count, where the results go, which) for every row; the result has the shape of `from`.
template <class Row>
void map_rows(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch, const Row& row) {
  if (from.size() == 0) return;
  const RowOrder order(from.shape(), axes);
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = rows_of<T>(from, order, scratch);
    T* const out = to.mutable_data<T>().data();
    T* const target = order.there ? out : scratch.take<T>(from.size());
    const Chunks chunks(order.rows, element_time * static_cast<double>(order.count));
    in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch&) {
      for (std::int64_t r = chunks.begin(chunk); r < chunks.end(chunk); ++r)
        row(source + r * order.count, order.count, target + r * order.count, r);
    });
    if (!order.there) scatter(target, order.view, out);
  });
}

/// row(elements, count) is the element of the result for every row.
template <class Row>
void reduce_rows(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch, const Row& row) {
  if (to.size() == 0) return;
  const RowOrder order(from.shape(), axes);
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const source = rows_of<T>(from, order, scratch);
    T* const target = to.mutable_data<T>().data();
    const Chunks chunks(order.rows, element_time * static_cast<double>(order.count));
    in_chunks(chunks.count, scratch, [&](std::int64_t chunk, Scratch&) {
      for (std::int64_t r = chunks.begin(chunk); r < chunks.end(chunk); ++r)
        target[r] = row(source + r * order.count, order.count);
    });
  });
}

/// Eight sums side by side: the same order whatever the instructions.
template <class T>
struct SumLoop {
  static WENGERT_INLINE void run(const T* x, std::int64_t eights, double* part) {
    double sum[8]{};
    for (std::int64_t i = 0; i < eights; ++i)
      for (std::int64_t k = 0; k < 8; ++k) sum[k] += static_cast<double>(x[8 * i + k]);
    for (std::int64_t k = 0; k < 8; ++k) part[k] = sum[k];
  }
};
/// Eight sums, then a tree.
template <class T>
double sum_of(const T* x, std::int64_t count) {
  std::array<double, 8> part{};
  detail::run_at_simd_level<SumLoop<T>>(x, count / 8, part.data());
  std::int64_t i = count / 8 * 8;
  for (std::size_t k = 0; i < count; ++i, ++k) part[k] += static_cast<double>(x[i]);
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

/// A whole number for each element, in the order of the elements: -NaN, -∞, …, -0, 0, …, ∞, NaN. The largest of whole
/// numbers is found by vector code, whatever the order in which they are compared.
template <class T>
using Key = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
WENGERT_INLINE Key<T> key_of(T x) {
  const auto bits = std::bit_cast<Key<T>>(x);
  return bits ^ ((bits >> (8 * sizeof(T) - 1)) & std::numeric_limits<Key<T>>::max());
}
template <class T>
struct KeyLoop {
  static WENGERT_INLINE void run(const T* x, std::int64_t count, Key<T>* largest, Key<T>* smallest) {
    Key<T> most = *largest, least = *smallest;
    for (std::int64_t i = 0; i < count; ++i) {
      const Key<T> key = key_of(x[i]);
      most = key > most ? key : most;
      least = key < least ? key : least;
    }
    *largest = most, *smallest = least;
  }
};
/// The first run of `look` elements with `value` among them: its begin, or the end of the last whole one.
constexpr std::int64_t look = 64;
template <class T>
struct LookLoop {
  static WENGERT_INLINE void run(const T* x, std::int64_t count, T value, std::int64_t* begin) {
    std::int64_t at = 0;
    for (; at + look <= count; at += look) {
      int found = 0;
      for (std::int64_t i = 0; i < look; ++i) found |= x[at + i] == value ? 1 : 0;
      if (found != 0) break;
    }
    *begin = at;
  }
};
/// The maximum of a row, NaN if there is one; `at`: the first place of it.
template <class T>
T maximum_of(const T* x, std::int64_t count, std::int64_t& at) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  at = -1;
  if (count == 0) return -infinity;
  Key<T> largest = key_of(x[0]), smallest = largest;
  detail::run_at_simd_level<KeyLoop<T>>(x, count, &largest, &smallest);
  if (largest > key_of(infinity) || smallest < key_of(-infinity)) return std::numeric_limits<T>::quiet_NaN();
  const T maximum = std::bit_cast<T>(static_cast<Key<T>>(key_of(std::bit_cast<T>(largest))));
  detail::run_at_simd_level<LookLoop<T>>(x, count, maximum, &at);
  while (x[at] != maximum) ++at;
  return maximum;
}

/// to[i] = x[i] - shift.
template <class T>
struct ShiftLoop {
  static WENGERT_INLINE void run(const T* x, T shift, T* __restrict to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = x[i] - shift;
  }
};
/// to[i] = (x[i] - maximum) - rest, the second difference in f64.
template <class T>
struct LogLoop {
  static WENGERT_INLINE void run(const T* x, T maximum, double rest, T* __restrict to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(static_cast<double>(x[i] - maximum) - rest);
  }
};
/// x[i] = x[i]·scale, in f64.
template <class T>
struct ScaleLoop {
  static WENGERT_INLINE void run(T* x, double scale, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) x[i] = static_cast<T>(static_cast<double>(x[i]) * scale);
  }
};

/// What softmax and its kin need of a row: its maximum m (NaN if there is one), and Σ exp(x - m) less the 1 of one
/// element that is m, so that log1p of it keeps the digits of a small rest.
template <class T>
struct Exponentials {
  T maximum = -std::numeric_limits<T>::infinity();
  double rest = 0.0;

  /// The exponentials go to `keep`, unless that is null.
  Exponentials(const T* x, std::int64_t count, T* keep = nullptr) {
    std::int64_t at = -1;
    maximum = maximum_of(x, count, at);
    if (!finite()) return;
    for (std::int64_t begin = 0; begin < count; begin += tile) {  // so that the error grows with the square root
      const std::int64_t size = std::min(tile, count - begin);
      std::array<T, tile> below, powers;
      detail::run_at_simd_level<ShiftLoop<T>>(x + begin, maximum, below.data(), size);
      T* const to = keep != nullptr ? keep + begin : powers.data();
      value_column<ops::Exp, T, T>(to, size, below.data());
      if (at < begin || at >= begin + size) {
        rest += sum_of(to, size);
      } else {
        to[at - begin] = T(0);
        rest += sum_of(to, size);
        to[at - begin] = T(1);
      }
    }
  }
  [[nodiscard]] bool finite() const { return std::isfinite(maximum); }
  /// All elements are -∞, or there are none.
  [[nodiscard]] bool empty() const { return maximum == -std::numeric_limits<T>::infinity(); }
};

/// √Σx² of elements whose squares may leave the range: scaled by a power of two, which is exact.
template <class T>
double norm_of_row(const T* x, std::int64_t count) {
  double largest = 0.0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double size = std::abs(static_cast<double>(x[i]));
    if (std::isnan(size)) return size;
    largest = std::max(largest, size);
  }
  if (largest == 0.0 || std::isinf(largest)) return largest;
  const int exponent = std::ilogb(largest);
  double sum = 0.0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double scaled = std::scalbn(static_cast<double>(x[i]), -exponent);
    sum += scaled * scaled;
  }
  return std::scalbn(std::sqrt(sum), exponent);
}

}  // namespace

void running_sum(const Array& from, std::int64_t axis, bool reversed, Array& to, Scratch& scratch) {
  if (to.size() == 0) return;
  std::int64_t outer = 1, inner = 1;
  const auto along = static_cast<std::size_t>(axis);
  for (std::size_t k = 0; k < from.rank(); ++k) (k < along ? outer : inner) *= k == along ? 1 : from.shape()[k];
  const std::int64_t count = from.shape()[along];
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* source = dense_elements<T>(from, scratch);
    T* target = to.mutable_data<T>().data();
    double* const sum = scratch.take<double>(inner);
    for (std::int64_t o = 0; o < outer; ++o, source += count * inner, target += count * inner) {
      const auto row = [&](std::int64_t i) { return (reversed ? count - 1 - i : i) * inner; };
      if (inner == 1) {
        double total = 0.0;
        for (std::int64_t i = 0; i < count; ++i)
          target[row(i)] = static_cast<T>(total += static_cast<double>(source[row(i)]));
        continue;
      }
      std::fill_n(sum, inner, 0.0);
      for (std::int64_t i = 0; i < count; ++i) {
        const T* __restrict const row_from = source + row(i);
        T* __restrict const row_to = target + row(i);
        double* __restrict const total = sum;
        for (std::int64_t j = 0; j < inner; ++j)
          row_to[j] = static_cast<T>(total[j] += static_cast<double>(row_from[j]));
      }
    }
  });
}

void products_of_others(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  map_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count, T* y, std::int64_t) {
    T before = 1;
    for (std::int64_t i = 0; i < count; ++i) {
      y[i] = before;
      before *= x[i];
    }
    T behind = 1;
    for (std::int64_t i = count; i-- > 0;) {
      y[i] *= behind;
      behind *= x[i];
    }
  });
}

void tie_shares(const Array& from, const Array& chosen, std::span<const std::int64_t> axes, Array& to,
                Scratch& scratch) {
  if (from.size() == 0) return;
  with_real_type(from.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* const one = chosen.stored<T>().data();
    const std::int64_t stride = chosen.stride();
    map_rows(from, axes, to, scratch, [&]<class U>(const U* x, std::int64_t count, U* shares, std::int64_t row) {
      const auto best = static_cast<U>(one[row * stride]);
      std::int64_t ties = 0;
      for (std::int64_t i = 0; i < count; ++i) ties += x[i] == best ? 1 : 0;
      const U share = ties == 0 ? U(0) : U(1) / static_cast<U>(ties);
      for (std::int64_t i = 0; i < count; ++i) shares[i] = x[i] == best ? share : U(0);
    });
  });
}

void norm(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  if (to.size() == 0) return;
  if (from.dtype() == Dtype::f32 || from.size() == 0)
    return reduce_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count) {
      double sum = 0.0;
      for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
      return static_cast<T>(std::sqrt(sum));
    });
  // Squares and their pairwise sum as they are; a row where they may have left the range is computed once more.
  const double* const source = from.stored<double>().data();
  const std::int64_t stride = from.stride();
  double* const squares = scratch.take<double>(from.size());
  for (std::int64_t i = 0; i < from.size(); ++i) squares[i] = source[i * stride] * source[i * stride];
  double* const result = to.mutable_data<double>().data();
  sum(squares, from.shape(), axes, result, scratch);
  const RowOrder order(from.shape(), axes);
  const double* rows = nullptr;
  for (std::int64_t r = 0; r < order.rows; ++r) {
    if (result[r] > 0x1p-900 && result[r] < 0x1p1000) {
      result[r] = std::sqrt(result[r]);
      continue;
    }
    if (rows == nullptr) rows = rows_of<double>(from, order, scratch);
    result[r] = norm_of_row(rows + r * order.count, order.count);
  }
}

template <class T>
T logsumexp_row(const T* x, std::int64_t count) {
  const Exponentials<T> e(x, count);
  return e.finite() ? static_cast<T>(static_cast<double>(e.maximum) + std::log1p(e.rest)) : e.maximum;
}
template float logsumexp_row(const float*, std::int64_t);
template double logsumexp_row(const double*, std::int64_t);

template <class T>
void softmax_row(const T* x, std::int64_t count, T* to) {
  const Exponentials<T> e(x, count, to);
  if (!e.finite()) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = e.empty() ? T(0) : std::exp(x[i] - e.maximum);
    return;
  }
  const double scale = 1.0 / (1.0 + e.rest);
  detail::run_at_simd_level<ScaleLoop<T>>(to, scale, count);
}
template void softmax_row(const float*, std::int64_t, float*);
template void softmax_row(const double*, std::int64_t, double*);

template <class T>
void log_softmax_row(const T* x, std::int64_t count, T* to) {
  const Exponentials<T> e(x, count);
  if (e.empty()) {
    std::fill_n(to, count, e.maximum);
    return;
  }
  const double log_of_sum = std::log1p(e.rest);
  detail::run_at_simd_level<LogLoop<T>>(x, e.maximum, log_of_sum, to, count);
}
template void log_softmax_row(const float*, std::int64_t, float*);
template void log_softmax_row(const double*, std::int64_t, double*);

void logsumexp(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  reduce_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count) { return logsumexp_row(x, count); });
}

void softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  map_rows(from, axes, to, scratch,
           []<class T>(const T* x, std::int64_t count, T* y, std::int64_t) { softmax_row(x, count, y); });
}

void log_softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  map_rows(from, axes, to, scratch,
           []<class T>(const T* x, std::int64_t count, T* y, std::int64_t) { log_softmax_row(x, count, y); });
}

}  // namespace wengert::kernels
