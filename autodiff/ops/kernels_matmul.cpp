// Reading order: the plain loops, multiply (who multiplies, and what a mask asks for), matmul (item by item).
#include "wengert/autodiff/ops/kernels_matmul.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::kernels {

namespace {

/// One operand of a product: element (i, j) lies at i·row + j·column.
template <class T>
struct Matrix {
  const T* elements;
  std::int64_t row, column;
  [[nodiscard]] const T& at(std::int64_t i, std::int64_t j) const { return elements[i * row + j * column]; }
};

template <class T>
Matrix<T> matrix(const T* elements, std::int64_t rows, std::int64_t columns, bool transposed) {
  // `rows` and `columns` count after transposing.
  return transposed ? Matrix<T>{elements, 1, rows} : Matrix<T>{elements, columns, 1};
}

/// Plain loops. `Masked`: 1 or 2: zeros of that operand are skipped; 0: none.
template <int Masked, class T>
void multiply_plainly(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix<T>& a, const Matrix<T>& b, T* c) {
  for (std::int64_t i = 0; i < m; ++i, c += n) {
    if (b.column == 1 || Masked == 1) {
      std::fill_n(c, n, T(0));
      for (std::int64_t p = 0; p < k; ++p) {
        const T factor = a.at(i, p);
        if constexpr (Masked == 1) {
          if (factor == T(0)) continue;
        }
        for (std::int64_t j = 0; j < n; ++j) {
          if constexpr (Masked == 2) {
            if (b.at(p, j) == T(0)) continue;
          }
          c[j] += factor * b.at(p, j);
        }
      }
    } else {
      for (std::int64_t j = 0; j < n; ++j) {
        T sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          if constexpr (Masked == 2) {
            if (b.at(p, j) == T(0)) continue;
          }
          sum += a.at(i, p) * b.at(p, j);
        }
        c[j] = sum;
      }
    }
  }
}

/// Products of fewer multiplications than this go through the loops: a call of a library costs about 50 ns there.
constexpr double tiny = 64;

/// x - x is 0 for a number, NaN for ∞ and NaN.
template <class T>
bool finite(const T* c, std::int64_t count) {
  std::array<T, 8> lane{};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t l = 0; l < 8; ++l)
      lane[l] += c[i + static_cast<std::int64_t>(l)] - c[i + static_cast<std::int64_t>(l)];
  T sum = 0;
  for (; i < count; ++i) sum += c[i] - c[i];
  for (const T l : lane) sum += l;
  return sum == T(0);
}

/// The items of a product.
template <class T>
void multiply(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
              std::int64_t flags, T* c, Scratch& scratch) {
  const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
  const auto each = [&](const auto& one) {
    for (std::int64_t item = 0; item < items; ++item) one(a + item * m * k, b + item * k * n, c + item * m * n);
  };
  const auto plainly = [&]<int Masked>(const T* one_a, const T* one_b, T* one_c) {
    multiply_plainly<Masked>(m, n, k, matrix(one_a, m, k, ta), matrix(one_b, k, n, tb), one_c);
  };
  if (static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) <= tiny) {
    each([&](const T* one_a, const T* one_b, T* one_c) { plainly.template operator()<0>(one_a, one_b, one_c); });
  } else {
    const Gemm<T> product(m, n, k, {a, ta ? m : k, ta}, {b, tb ? k : n, tb}, {c, n}, false);
    each([&](const T* one_a, const T* one_b, T* one_c) { product(one_a, one_b, one_c, scratch); });
  }
  if ((flags & (mask_first | mask_second)) == 0) return;
  each([&](const T* one_a, const T* one_b, T* one_c) {
    if (finite(one_c, m * n)) return;
    if ((flags & mask_first) != 0)
      plainly.template operator()<1>(one_a, one_b, one_c);
    else
      plainly.template operator()<2>(one_a, one_b, one_c);
  });
}

/// to[i] += factor · x[i].
template <class T>
struct AddLoop {
  static WENGERT_INLINE void run(T* __restrict to, const T* __restrict x, T factor, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += factor * x[i];
  }
};

template <class T>
void multiply_and_add(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
                      std::int64_t flags, T factor, T* c, Scratch& scratch) {
  // A zero of the cotangent meets nothing but numbers, or else the product is made by itself.
  const bool clean = (flags & mask_first) != 0    ? finite(b, items * k * n)
                     : (flags & mask_second) != 0 ? finite(a, items * m * k)
                                                  : true;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const Scratch::Mark mark(scratch);
  if (!clean || work <= tiny) {
    T* const product = scratch.take<T>(items * m * n);
    multiply(items, m, n, k, a, b, flags, product, scratch);
    detail::run_at_simd_level<AddLoop<T>>(c, product, factor, items * m * n);
    return;
  }
  if (k == 1) {  // as many loads and stores as there can be
    for (std::int64_t item = 0; item < items; ++item)
      for (std::int64_t i = 0; i < m; ++i)
        detail::run_at_simd_level<AddLoop<T>>(c + (item * m + i) * n, b + item * n, factor * a[item * m + i], n);
    return;
  }
  if (factor != T(1)) {
    const bool first = m <= n;
    const T* const from = first ? a : b;
    const std::int64_t count = items * k * (first ? m : n);
    T* const scaled = scratch.take<T>(count);
    for (std::int64_t i = 0; i < count; ++i) scaled[i] = factor * from[i];
    (first ? a : b) = scaled;
  }
  const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
  const Gemm<T> product(m, n, k, {a, ta ? m : k, ta}, {b, tb ? k : n, tb}, {c, n}, true);
  for (std::int64_t item = 0; item < items; ++item)
    product(a + item * m * k, b + item * k * n, c + item * m * n, scratch);
}

}  // namespace

bool all_finite(const float* elements, std::int64_t count) { return finite(elements, count); }
bool all_finite(const double* elements, std::int64_t count) { return finite(elements, count); }

void matmul(const Array& a, const Array& b, std::int64_t flags, Array& to, Scratch& scratch) {
  const Shape& result = to.shape();
  const std::size_t rank = result.rank();
  const std::int64_t m = result[rank - 2], n = result[rank - 1];
  const std::int64_t k = a.shape()[(flags & transpose_first) != 0 ? rank - 2 : rank - 1];
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const c = to.mutable_data<T>().data();
    if (result.size() == 0 || k == 0) return static_cast<void>(std::fill_n(c, result.size(), T(0)));
    const T *const from_a = dense_elements<T>(a, scratch), *const from_b = dense_elements<T>(b, scratch);
    const std::int64_t items = result.size() / (m * n);
    multiply(items, m, n, k, from_a, from_b, flags, c, scratch);
  });
}

void matmul_add(const Array& a, const Array& b, std::int64_t flags, double factor, Array& to, Scratch& scratch) {
  const Shape& result = to.shape();
  const std::size_t rank = result.rank();
  const std::int64_t m = result[rank - 2], n = result[rank - 1];
  const std::int64_t k = a.shape()[(flags & transpose_first) != 0 ? rank - 2 : rank - 1];
  if (result.size() == 0 || k == 0) return;
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T *const from_a = dense_elements<T>(a, scratch), *const from_b = dense_elements<T>(b, scratch);
    multiply_and_add(result.size() / (m * n), m, n, k, from_a, from_b, flags, static_cast<T>(factor),
                     to.mutable_data<T>().data(), scratch);
  });
}

}  // namespace wengert::kernels
