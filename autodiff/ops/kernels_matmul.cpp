// The one file that knows a BLAS; kernels_lapack.cpp calls LAPACK, which calls the same.
//
// Threads of OpenBLAS. Our promise is that bits do not depend on the number of threads and that our own pool is the
// only one, so its products must be serial. OpenBLAS 0.3.21 (Debian 12) keeps its thread count in one variable of the
// process; there is no per-call or per-thread setting before 0.3.27. What was weighed:
//   - cutting products into pieces below its threading threshold (64³) touches nothing global, but costs 35 to 65 % of
//   the
//     speed from 256³ up (f64 256³: 33 instead of 56 GFLOP/s on one core);
//   - setting and restoring the count around each call races with every other user of the library;
//   - setting it to one once, at the first product that goes there: taken. A program that also calls OpenBLAS itself
//   and wants
//     threads there sets the count again afterwards; our results stay right, only the promise on bits weakens.
#include "wengert/autodiff/ops/kernels_matmul.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <type_traits>

#if WENGERT_WITH_OPENBLAS
#  include <cblas.h>
#endif

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"

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

#if WENGERT_WITH_OPENBLAS

// Weak: another library that offers the cblas interface may stand in for OpenBLAS at link time.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const double* a, int lda, const double* b,
          int ldb, double* c) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, a, lda, b, ldb, 0.0, c, n);
}
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb,
          float* c) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0F, a, lda, b, ldb, 0.0F, c, n);
}
void gemv(CBLAS_TRANSPOSE t, int rows, int columns, const double* a, const double* x, double* y) {
  cblas_dgemv(CblasRowMajor, t, rows, columns, 1.0, a, columns, x, 1, 0.0, y, 1);
}
void gemv(CBLAS_TRANSPOSE t, int rows, int columns, const float* a, const float* x, float* y) {
  cblas_sgemv(CblasRowMajor, t, rows, columns, 1.0F, a, columns, x, 1, 0.0F, y, 1);
}

constexpr CBLAS_TRANSPOSE transposed(bool yes) { return yes ? CblasTrans : CblasNoTrans; }

void gemm_at(int m, int n, int k, const MatrixAt<const double>& a, const MatrixAt<const double>& b,
             const MatrixAt<double>& c, bool add) {
  cblas_dgemm(CblasRowMajor, transposed(a.transposed), transposed(b.transposed), m, n, k, 1.0, a.elements,
              static_cast<int>(a.pitch), b.elements, static_cast<int>(b.pitch), add ? 1.0 : 0.0, c.elements,
              static_cast<int>(c.pitch));
}
void gemm_at(int m, int n, int k, const MatrixAt<const float>& a, const MatrixAt<const float>& b,
             const MatrixAt<float>& c, bool add) {
  cblas_sgemm(CblasRowMajor, transposed(a.transposed), transposed(b.transposed), m, n, k, 1.0F, a.elements,
              static_cast<int>(a.pitch), b.elements, static_cast<int>(b.pitch), add ? 1.0F : 0.0F, c.elements,
              static_cast<int>(c.pitch));
}

/// False when a size does not fit BLAS's int.
template <class T>
bool multiply_by_blas(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, bool ta, const T* b, bool tb, T* c) {
  if (std::max({m, n, k}) > INT_MAX) return false;
  make_blas_serial();
  const int rows = static_cast<int>(m), columns = static_cast<int>(n), inner = static_cast<int>(k);
  if (n == 1) {
    gemv(transposed(ta), ta ? inner : rows, ta ? rows : inner, a, b, c);
  } else if (m == 1) {
    gemv(transposed(!tb), tb ? columns : inner, tb ? inner : columns, b, a, c);
  } else {
    gemm(transposed(ta), transposed(tb), rows, columns, inner, a, ta ? rows : inner, b, tb ? inner : columns, c);
  }
  return true;
}

#else

template <class T>
bool multiply_by_blas(std::int64_t, std::int64_t, std::int64_t, const T*, bool, const T*, bool, T*) {
  return false;
}

#endif

/// Products of fewer multiplications than this go through the loops: a call of OpenBLAS costs about 50 ns there.
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

template <class T>
void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, std::int64_t flags, T* c) {
  const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
  const Matrix<T> first = matrix(a, m, k, ta), second = matrix(b, k, n, tb);
  const double multiplications = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (multiplications <= tiny || !multiply_by_blas(m, n, k, a, ta, b, tb, c))
    multiply_plainly<0>(m, n, k, first, second, c);
  if ((flags & (mask_first | mask_second)) != 0 && !finite(c, m * n)) {
    if ((flags & mask_first) != 0)
      multiply_plainly<1>(m, n, k, first, second, c);
    else
      multiply_plainly<2>(m, n, k, first, second, c);
  }
}

template <class T>
void multiply_at(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const T>& a, const MatrixAt<const T>& b,
                 const MatrixAt<T>& c, bool add) {
  if (m == 0 || n == 0) return;
#if WENGERT_WITH_OPENBLAS
  if (k > 0 && std::max({m, n, k, a.pitch, b.pitch, c.pitch}) <= INT_MAX) {
    make_blas_serial();
    gemm_at(static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), a, b, c, add);
    return;
  }
#endif
  const auto of = [](const MatrixAt<const T>& at) {
    return at.transposed ? Matrix<T>{at.elements, 1, at.pitch} : Matrix<T>{at.elements, at.pitch, 1};
  };
  const Matrix<T> first = of(a), second = of(b);
  for (std::int64_t i = 0; i < m; ++i) {
    T* const row = c.elements + i * c.pitch;
    if (!add) std::fill_n(row, n, T(0));
    for (std::int64_t p = 0; p < k; ++p) {
      const T factor = first.at(i, p);
      for (std::int64_t j = 0; j < n; ++j) row[j] += factor * second.at(p, j);
    }
  }
}

}  // namespace

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const float>& a,
          const MatrixAt<const float>& b, const MatrixAt<float>& c, bool add) {
  multiply_at<float>(m, n, k, a, b, c, add);
}
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const double>& a,
          const MatrixAt<const double>& b, const MatrixAt<double>& c, bool add) {
  multiply_at<double>(m, n, k, a, b, c, add);
}

bool all_finite(const float* elements, std::int64_t count) { return finite(elements, count); }
bool all_finite(const double* elements, std::int64_t count) { return finite(elements, count); }

void make_blas_serial() {
#if WENGERT_WITH_OPENBLAS
  static const bool done = [] {
    if (&openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
#endif
}

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
    for (std::int64_t item = 0; item < items; ++item)
      multiply(m, n, k, from_a + item * m * k, from_b + item * k * n, flags, c + item * m * n);
  });
}

}  // namespace wengert::kernels
