// The one file that knows OpenBLAS and libxsmm; kernels_lapack.cpp calls LAPACK, which calls the former.
//
// Threads of OpenBLAS. Our promise is that bits do not depend on the number of threads and that our own pool is the
// only one, so its products must be serial. OpenBLAS 0.3.21 (Debian 12) keeps its thread count in one variable of the
// process; there is no per-call or per-thread setting before 0.3.27. What was weighed:
//   - cutting products into pieces below its threading threshold (64³) touches nothing global, but costs 35 to 65 % of
//     the speed from 256³ up (f64 256³: 33 instead of 56 GFLOP/s on one core);
//   - setting and restoring the count around each call races with every other user of the library;
//   - setting it to one once, at the first product that goes there: taken. A program that also calls OpenBLAS itself
//     and wants threads there sets the count again afterwards; our results stay right, only the promise on bits
//     weakens.
//
// Reading order: the libraries, Gemm (which way), its call.
#include "wengert/autodiff/ops/kernels_gemm.hpp"

#include <algorithm>
#include <climits>
#include <type_traits>
#include <utility>

#if WENGERT_WITH_OPENBLAS
#  include <cblas.h>
#endif
#if WENGERT_WITH_LIBXSMM
#  include <libxsmm.h>
#endif

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/kernels_transpose.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::kernels {

namespace {

// --- Adding rows ----------------------------------------------------------------------------------------------------

/// to[i, j] += factor · from[i, j], whose rows lie close together.
template <class T>
struct AddRows {
  static WENGERT_INLINE void run(const T* __restrict from, std::int64_t rows, std::int64_t columns, T factor,
                                 T* __restrict to, std::int64_t pitch_to) {
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) to[i * pitch_to + j] += factor * from[i * columns + j];
  }
};
template <class T>
void add_rows(const T* from, std::int64_t rows, std::int64_t columns, T factor, T* to, std::int64_t pitch_to) {
  wengert::detail::run_at_simd_level<AddRows<T>>(from, rows, columns, factor, to, pitch_to);
}

// --- The libraries --------------------------------------------------------------------------------------------------

#if WENGERT_WITH_OPENBLAS
constexpr bool with_blas = true;

// Weak: another library that offers the cblas interface may stand in for OpenBLAS at link time.
extern "C" void openblas_set_num_threads(int) __attribute__((weak));

constexpr CBLAS_TRANSPOSE turned(bool yes) { return yes ? CblasTrans : CblasNoTrans; }

void blas_gemm(bool ta, bool tb, int m, int n, int k, const double* a, int lda, const double* b, int ldb, double factor,
               double beta, double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, turned(ta), turned(tb), m, n, k, factor, a, lda, b, ldb, beta, c, ldc);
}
void blas_gemm(bool ta, bool tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float factor,
               float beta, float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, turned(ta), turned(tb), m, n, k, factor, a, lda, b, ldb, beta, c, ldc);
}
void blas_gemv(bool t, int rows, int columns, const double* a, int pitch, const double* x, double* y) {
  cblas_dgemv(CblasRowMajor, turned(t), rows, columns, 1.0, a, pitch, x, 1, 0, y, 1);
}
void blas_gemv(bool t, int rows, int columns, const float* a, int pitch, const float* x, float* y) {
  cblas_sgemv(CblasRowMajor, turned(t), rows, columns, 1.0F, a, pitch, x, 1, 0, y, 1);
}
#else
constexpr bool with_blas = false;
template <class T>
void blas_gemm(bool, bool, int, int, int, const T*, int, const T*, int, T, T, T*, int) {}
template <class T>
void blas_gemv(bool, int, int, const T*, int, const T*, T*) {}
#endif

using Kernel = Panels::Kernel;

#if WENGERT_WITH_LIBXSMM
constexpr bool with_libxsmm = true;

// Column-major, as libxsmm sees it: cᵀ (n×m) = bᵀ (n×k) · aᵀ (k×m). It wants the first of them as it is; the second may
// be transposed. Looks a kernel up, and compiles it at the first time; any thread may. Null: it has none.
Kernel kernel_for(int m, int n, int k, int pitch_b, int pitch_a, int pitch_c, float beta, bool turned_a) {
  const float alpha = 1;
  const int flags = turned_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE,
            prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  return reinterpret_cast<Kernel>(
      libxsmm_smmdispatch(n, m, k, &pitch_b, &pitch_a, &pitch_c, &alpha, &beta, &flags, &prefetch));
}
Kernel kernel_for(int m, int n, int k, int pitch_b, int pitch_a, int pitch_c, double beta, bool turned_a) {
  const double alpha = 1;
  const int flags = turned_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE,
            prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  return reinterpret_cast<Kernel>(
      libxsmm_dmmdispatch(n, m, k, &pitch_b, &pitch_a, &pitch_c, &alpha, &beta, &flags, &prefetch));
}
template <class T>
void run_kernel(Kernel kernel, const T* b, const T* a, T* c) {
  using Function = std::conditional_t<std::is_same_v<T, float>, libxsmm_smmfunction, libxsmm_dmmfunction>;
  reinterpret_cast<Function>(kernel)(b, a, c);
}
#  if WENGERT_SIMD_LEVELS > 1
/// Kernels of libxsmm leave numbers in the upper parts of the vector registers. Instructions of the baseline, SSE, keep
/// those and so wait for them: what runs next would be up to three times as slow.
WENGERT_TARGET_AVX2 void clear_upper_parts() { __builtin_ia32_vzeroupper(); }
#  endif
void after_kernels() {
#  if WENGERT_SIMD_LEVELS > 1
  if (wengert::detail::simd_level > 0) clear_upper_parts();
#  endif
}
#else
constexpr bool with_libxsmm = false;
template <class T>
Kernel kernel_for(int, int, int, int, int, int, T, bool) {
  return nullptr;
}
template <class T>
void run_kernel(Kernel, const T*, const T*, T*) {}
void after_kernels() {}
#endif

/// Bytes of b that a kernel reads best: it walks over all of them for every few rows of a, so they should stay in the
/// second-level cache. More are cut into panels, and still more are left to OpenBLAS, which copies its panels first.
constexpr std::int64_t whole_bytes = 1024 * 1024, panel_bytes = 512 * 1024, most_bytes = 2 * 1024 * 1024;
/// Rows of a panel, at most.
constexpr int panel_rows = 512;

template <class T>
Kernel kernel_of(const Panels& p, int columns, int rows, bool add) {
  return kernel_for(p.m, columns, rows, p.pitch_b, p.pitch_a, p.pitch_c, add ? T(1) : T(0), p.transposed_a);
}

/// Bytes of a product that waits to be added to c: they stay in the first-level cache.
constexpr std::int64_t waiting_bytes = 32 * 1024;
template <class T>
int waiting_rows(int m, int n) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  return std::min(m, std::max(16, static_cast<int>(waiting_bytes / (n * size)) / 16 * 16));
}

/// panel(first column, columns, first row, rows) for every panel.
template <class F>
void for_each_panel(const Panels& p, const F& panel) {
  for (int j = 0; j < p.n; j += p.width)
    for (int q = 0; q < p.k; q += p.depth) panel(j, std::min(p.width, p.n - j), q, std::min(p.depth, p.k - q));
}

/// Cuts b into panels; false: a kernel is missing.
template <class T>
bool cut(Panels& p) {
  p.width = p.n;
  p.depth = p.k;
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  if (p.n * size * p.k > whole_bytes) {
    const int pieces = (p.k + panel_rows - 1) / panel_rows;
    p.depth = (p.k + pieces - 1) / pieces;
    p.width = std::min(p.n, std::max(64, static_cast<int>(panel_bytes / (p.depth * size)) / 64 * 64));
  }
  if (p.width == p.n && p.depth == p.k) {
    p.only = kernel_of<T>(p, p.n, p.k, false);
    return p.only != nullptr;
  }
  bool all = true;
  for_each_panel(
      p, [&](int, int columns, int q, int rows) { all = all && kernel_of<T>(p, columns, rows, q > 0) != nullptr; });
  return all;
}

template <class T>
void multiply_panels(const Panels& p, const T* b, const T* a, T* c) {
  if (p.only != nullptr) {
    run_kernel(p.only, b, a, c);
  } else {
    for_each_panel(p, [&](int j, int columns, int q, int rows) {
      const T* const a_at = a + (p.transposed_a ? std::int64_t{q} * p.pitch_a : q);
      run_kernel(kernel_of<T>(p, columns, rows, q > 0), b + std::int64_t{q} * p.pitch_b + j, a_at, c + j);
    });
  }
}

/// c += factor · (a·b), some rows at a time. Kernels could add to c themselves, but as they go along k: each product of
/// two elements would be rounded to what c can tell apart, and steps of a descent would be lost.
template <class T>
void multiply_and_add_panels(Panels p, int m, const T* b, const T* a, T factor, T* c, std::int64_t pitch_c,
                             Scratch& scratch) {
  const Scratch::Mark mark(scratch);
  T* const product = scratch.take<T>(std::int64_t{p.m} * p.n);
  const int step = p.m;
  for (int i = 0; i < m; i += step) {
    if (m - i < step) {
      p.m = m - i;
      if (p.only != nullptr) p.only = kernel_of<T>(p, p.n, p.k, false);
    }
    multiply_panels(p, b, a + (p.transposed_a ? i : std::int64_t{i} * p.pitch_a), product);
    after_kernels();
    add_rows<T>(product, p.m, p.n, factor, c + i * pitch_c, pitch_c);
  }
}

/// Costs are counted in multiply-adds at full speed. Moving an element of a transposition takes as long as so many.
constexpr double moving = 8;
/// A kernel of libxsmm is taken while it needs no more than so many times the multiply-adds there are. OpenBLAS needs
/// 1.25 at best, but its kernels for small matrices ask for memory each time.
constexpr double most = 2;

/// Multiply-adds of a kernel that computes `columns` side by side, in registers of 64 bytes.
template <class T>
double work(std::int64_t rows, std::int64_t columns, std::int64_t k) {
  constexpr std::int64_t lanes = 64 / sizeof(T);
  return static_cast<double>(rows) * static_cast<double>((columns + lanes - 1) / lanes * lanes) *
         static_cast<double>(k);
}
double product(std::int64_t a, std::int64_t b) { return static_cast<double>(a) * static_cast<double>(b); }

}  // namespace

bool products_ask_for_memory() { return with_blas && !with_libxsmm; }

void make_blas_serial() {
#if WENGERT_WITH_OPENBLAS
  static const bool done = [] {
    if (&openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
#endif
}

// --- Which way ------------------------------------------------------------------------------------------------------

template <class T>
Gemm<T>::Gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const T>& a, const MatrixAt<const T>& b,
              const MatrixAt<T>& c, std::optional<T> factor)
    : m_(m),
      n_(n),
      k_(k),
      pitch_a_(a.pitch),
      pitch_b_(b.pitch),
      pitch_c_(c.pitch),
      transposed_a_(a.transposed),
      transposed_b_(b.transposed),
      factor_(factor) {
  if (m == 0 || n == 0 || (k == 0 && factor)) {
    way_ = Way::nothing;
    return;
  }
  if (k == 0 || std::max({m, n, k, a.pitch, b.pitch, c.pitch}) > INT_MAX) return;
  const double direct = work<T>(m, n, k) + (transposed_b_ ? moving * product(k, n) : 0.0);
  const double turned = work<T>(n, m, k) + (transposed_a_ ? 0.0 : moving * product(m, k)) + moving * product(m, n);
  const bool vector_first = m == 1 && (!transposed_a_ || pitch_a_ == 1);
  const bool vector_second = n == 1 && pitch_c_ == 1 && (transposed_b_ || pitch_b_ == 1);
  if (with_blas && (vector_first || vector_second)) {
    way_ = Way::blas_vector;
    return;
  }
  const double bytes = product(k, direct <= turned ? n : m) * sizeof(T);
  const bool pays = std::min(direct, turned) <= most * product(m, n) * static_cast<double>(k) && bytes <= most_bytes;
  if (pays || !with_blas) {
    const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
    if (direct <= turned) {
      way_ = Way::direct;
      panels_ = {.m = factor ? waiting_rows<T>(narrow(m), narrow(n)) : narrow(m),
                 .n = narrow(n),
                 .k = narrow(k),
                 .pitch_a = narrow(pitch_a_),
                 .pitch_b = narrow(transposed_b_ ? n : pitch_b_),
                 .pitch_c = narrow(factor ? n : pitch_c_),
                 .transposed_a = transposed_a_};
    } else {  // cᵀ = bᵀ·aᵀ
      way_ = Way::turned;
      panels_ = {.m = narrow(n),
                 .n = narrow(m),
                 .k = narrow(k),
                 .pitch_a = narrow(pitch_b_),
                 .pitch_b = narrow(transposed_a_ ? pitch_a_ : m),
                 .pitch_c = narrow(m),
                 .transposed_a = !transposed_b_};
    }
    if (cut<T>(panels_)) return;
  }
  way_ = with_blas ? Way::blas : Way::loops;
}

template <class T>
void Gemm<T>::by_panels(const T* a, const T* b, T* c, Scratch& scratch) const {
  const Scratch::Mark mark(scratch);
  if (way_ == Way::direct) {
    if (transposed_b_) {
      T* const b_turned = scratch.take<T>(k_ * n_);
      transpose(b, n_, k_, pitch_b_, b_turned, n_);
      b = b_turned;
    }
    if (factor_) return multiply_and_add_panels(panels_, static_cast<int>(m_), b, a, *factor_, c, pitch_c_, scratch);
    multiply_panels(panels_, b, a, c);
    return after_kernels();
  }
  if (!transposed_a_) {
    T* const a_turned = scratch.take<T>(m_ * k_);
    transpose(a, m_, k_, pitch_a_, a_turned, m_);
    a = a_turned;
  }
  T* const c_turned = scratch.take<T>(m_ * n_);
  multiply_panels<T>(panels_, a, b, c_turned);
  after_kernels();
  if (factor_)
    add_transpose(c_turned, n_, m_, m_, *factor_, c, pitch_c_);
  else
    transpose(c_turned, n_, m_, m_, c, pitch_c_);
}

template <class T>
void Gemm<T>::operator()(const T* a, const T* b, T* c, Scratch& scratch) const {
  const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
  if (way_ == Way::nothing) return;
  if (way_ == Way::direct || way_ == Way::turned) return by_panels(a, b, c, scratch);
  if (way_ == Way::blas) {  // sums over parts of k before it adds them to c
    make_blas_serial();
    return blas_gemm(transposed_a_, transposed_b_, narrow(m_), narrow(n_), narrow(k_), a, narrow(pitch_a_), b,
                     narrow(pitch_b_), factor_.value_or(T(1)), factor_ ? T(1) : T(0), c, narrow(pitch_c_));
  }
  const Scratch::Mark mark(scratch);
  T* const to = factor_ ? scratch.take<T>(m_ * n_) : c;
  const std::int64_t pitch = factor_ ? n_ : pitch_c_;
  if (way_ == Way::blas_vector) {
    make_blas_serial();
    // The rows and columns of the matrix as it lies.
    if (m_ == 1)
      blas_gemv(!transposed_b_, narrow(transposed_b_ ? n_ : k_), narrow(transposed_b_ ? k_ : n_), b, narrow(pitch_b_),
                a, to);
    else
      blas_gemv(transposed_a_, narrow(transposed_a_ ? k_ : m_), narrow(transposed_a_ ? m_ : k_), a, narrow(pitch_a_), b,
                to);
  } else {
    for (std::int64_t i = 0; i < m_; ++i) {
      T* const row = to + i * pitch;
      std::fill_n(row, n_, T(0));
      for (std::int64_t p = 0; p < k_; ++p) {
        const T factor = transposed_a_ ? a[p * pitch_a_ + i] : a[i * pitch_a_ + p];
        for (std::int64_t j = 0; j < n_; ++j)
          row[j] += factor * (transposed_b_ ? b[j * pitch_b_ + p] : b[p * pitch_b_ + j]);
      }
    }
  }
  if (factor_) add_rows(to, m_, n_, *factor_, c, pitch_c_);
}

template class Gemm<float>;
template class Gemm<double>;

}  // namespace wengert::kernels
