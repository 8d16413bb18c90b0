// Reading order: the rows of each kernel (one function of pointers each), then how rows are made of an array.
#include "wengert/autodiff/ops/kernels_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_fold.hpp"
#include "wengert/autodiff/ops/kernels_sum.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/threads.hpp"
#include "wengert/autodiff/ops/vector_functions.hpp"

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

/// to[i] = (x[i] - maximum) - rest, the second difference in f64.
template <class T>
struct LogLoop {
  static WENGERT_INLINE void run(const T* x, T maximum, double rest, T* __restrict to, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(static_cast<double>(x[i] - maximum) - rest);
  }
};

// The same as vector_functions.hpp's, for machines that have no vector code.
template <class T>
T plain_largest(const T* x, std::int64_t count) {
  T largest = x[0];
  for (std::int64_t i = 0; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}
template <class T>
typename RowFunctions<T>::Sum plain_powers(const T* x, T m, T* y, std::int64_t count) {
  typename RowFunctions<T>::Sum sum;
  for (std::int64_t i = 0; i < count; ++i) {
    y[i] = std::exp(x[i] - m);
    if (x[i] == m)
      ++sum.largest;
    else
      sum.others += static_cast<double>(y[i]);
  }
  return sum;
}
template <class T>
void plain_scaled(const T* x, double factor, T* y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(static_cast<double>(x[i]) * factor);
}
template <class T>
const RowFunctions<T>& row_functions() {
  static const RowFunctions<T> chosen = [] {
    const RowFunctions<T>& vector = vector_functions().rows<T>();
    return vector.largest != nullptr ? vector : RowFunctions<T>{&plain_largest<T>, &plain_powers<T>, &plain_scaled<T>};
  }();
  return chosen;
}

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
ExponentialSum<T> exponentials(const T* x, std::int64_t count, T* powers) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const RowFunctions<T>& functions = row_functions<T>();
  ExponentialSum<T> sum{functions.largest(x, count)};
  if (std::isfinite(sum.maximum)) {
    constexpr std::int64_t part = 4096;  // sums of parts: the error grows with the square root of the length
    std::array<T, tile> buffer;
    const std::int64_t step = powers != nullptr ? part : tile;
    std::int64_t largest = -1;
    for (std::int64_t begin = 0; begin < count; begin += step) {
      const auto of = functions.powers(x + begin, sum.maximum, powers != nullptr ? powers + begin : buffer.data(),
                                       std::min(step, count - begin));
      sum.rest += of.others;
      largest += of.largest;
    }
    sum.rest += static_cast<double>(largest);
    if (!std::isnan(sum.rest)) return sum;
  }
  if (std::any_of(x, x + count, [](T each) { return std::isnan(each); })) sum = {std::numeric_limits<T>::quiet_NaN()};
  for (std::int64_t i = 0; powers != nullptr && i < count; ++i)
    powers[i] = sum.maximum == -infinity ? T(0) : std::exp(x[i] - sum.maximum);
  return sum;
}
template ExponentialSum<float> exponentials(const float*, std::int64_t, float*);
template ExponentialSum<double> exponentials(const double*, std::int64_t, double*);

template <class T>
T ExponentialSum<T>::logarithm() const {
  return std::isfinite(maximum) ? static_cast<T>(static_cast<double>(maximum) + std::log1p(rest)) : maximum;
}
template <class T>
T ExponentialSum<T>::log_share(T x) const {
  if (maximum == -std::numeric_limits<T>::infinity()) return maximum;
  return static_cast<T>(static_cast<double>(x - maximum) - std::log1p(rest));
}
template <class T>
void ExponentialSum<T>::shares(const T* powers, std::int64_t count, T* to, double factor) const {
  row_functions<T>().scaled(powers, factor / (1.0 + rest), to, count);
}
template <class T>
void ExponentialSum<T>::log_shares(const T* x, std::int64_t count, T* to) const {
  if (maximum == -std::numeric_limits<T>::infinity())
    std::fill_n(to, count, maximum);
  else
    detail::run_at_simd_level<LogLoop<T>>(x, maximum, std::log1p(rest), to, count);
}
template struct ExponentialSum<float>;
template struct ExponentialSum<double>;

void logsumexp(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  reduce_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count) {
    return count == 0 ? -std::numeric_limits<T>::infinity() : exponentials<T>(x, count, nullptr).logarithm();
  });
}

void softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  map_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count, T* y, std::int64_t) {
    exponentials(x, count, y).shares(y, count, y);
  });
}

void log_softmax(const Array& from, std::span<const std::int64_t> axes, Array& to, Scratch& scratch) {
  map_rows(from, axes, to, scratch, []<class T>(const T* x, std::int64_t count, T* y, std::int64_t) {
    exponentials<T>(x, count, nullptr).log_shares(x, count, y);
  });
}

}  // namespace wengert::kernels
