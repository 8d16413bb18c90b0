// The one file that knows a LAPACK: OpenBLAS's own, or another where OpenBLAS was not found.
//
// LAPACK counts rows first (column-major), arrays do the opposite; matrices are copied and turned on the way in and
// out, which costs n² beside n³. Its BLAS is the one of kernels_gemm.cpp, and serial for the reasons given there.
// The routines are declared here: Debian's OpenBLAS comes without a header for them.
//
// Reading order: Lapack (the routines by element type), Matrix, LU, then the kernels in the order of the header.
#include "wengert/autodiff/ops/kernels_lapack.hpp"

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"
#include "wengert/autodiff/ops/linear_algebra.hpp"
#include "wengert/graph/error.hpp"

#if WENGERT_WITH_LAPACK
// The lengths of texts follow the other arguments: that is how gfortran passes them.
extern "C" {
void dgetrf_(const int* m, const int* n, double* a, const int* lda, int* pivots, int* info);
void sgetrf_(const int* m, const int* n, float* a, const int* lda, int* pivots, int* info);
void dgetrs_(const char* trans, const int* n, const int* columns, const double* a, const int* lda, const int* pivots,
             double* b, const int* ldb, int* info, std::size_t);
void sgetrs_(const char* trans, const int* n, const int* columns, const float* a, const int* lda, const int* pivots,
             float* b, const int* ldb, int* info, std::size_t);
void dgecon_(const char* norm, const int* n, const double* a, const int* lda, const double* a_norm, double* rcond,
             double* work, int* integers, int* info, std::size_t);
void sgecon_(const char* norm, const int* n, const float* a, const int* lda, const float* a_norm, float* rcond,
             float* work, int* integers, int* info, std::size_t);
void dtrtrs_(const char* uplo, const char* trans, const char* diag, const int* n, const int* columns, const double* a,
             const int* lda, double* b, const int* ldb, int* info, std::size_t, std::size_t, std::size_t);
void strtrs_(const char* uplo, const char* trans, const char* diag, const int* n, const int* columns, const float* a,
             const int* lda, float* b, const int* ldb, int* info, std::size_t, std::size_t, std::size_t);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info, std::size_t);
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info, std::size_t);
void dsyevd_(const char* job, const char* uplo, const int* n, double* a, const int* lda, double* values, double* work,
             const int* lwork, int* integers, const int* lintegers, int* info, std::size_t, std::size_t);
void ssyevd_(const char* job, const char* uplo, const int* n, float* a, const int* lda, float* values, float* work,
             const int* lwork, int* integers, const int* lintegers, int* info, std::size_t, std::size_t);
void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s, double* u,
             const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork, int* integers, int* info,
             std::size_t);
void sgesdd_(const char* job, const int* m, const int* n, float* a, const int* lda, float* s, float* u, const int* ldu,
             float* vt, const int* ldvt, float* work, const int* lwork, int* integers, int* info, std::size_t);
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work, const int* lwork,
             int* info);
void sgeqrf_(const int* m, const int* n, float* a, const int* lda, float* tau, float* work, const int* lwork,
             int* info);
void dorgqr_(const int* m, const int* n, const int* k, double* a, const int* lda, const double* tau, double* work,
             const int* lwork, int* info);
void sorgqr_(const int* m, const int* n, const int* k, float* a, const int* lda, const float* tau, float* work,
             const int* lwork, int* info);
}
#endif

namespace wengert::kernels {

#if WENGERT_WITH_LAPACK

namespace {

template <class T>
struct Lapack;
template <>
struct Lapack<double> {
  static constexpr auto getrf = &dgetrf_;
  static constexpr auto getrs = &dgetrs_;
  static constexpr auto gecon = &dgecon_;
  static constexpr auto trtrs = &dtrtrs_;
  static constexpr auto potrf = &dpotrf_;
  static constexpr auto syevd = &dsyevd_;
  static constexpr auto gesdd = &dgesdd_;
  static constexpr auto geqrf = &dgeqrf_;
  static constexpr auto orgqr = &dorgqr_;
};
template <>
struct Lapack<float> {
  static constexpr auto getrf = &sgetrf_;
  static constexpr auto getrs = &sgetrs_;
  static constexpr auto gecon = &sgecon_;
  static constexpr auto trtrs = &strtrs_;
  static constexpr auto potrf = &spotrf_;
  static constexpr auto syevd = &ssyevd_;
  static constexpr auto gesdd = &sgesdd_;
  static constexpr auto geqrf = &sgeqrf_;
  static constexpr auto orgqr = &sorgqr_;
};

std::size_t place(std::int64_t k) { return static_cast<std::size_t>(k); }

/// Where an item lies in its array, for messages.
struct Item {
  const char* operation;
  const Type& type;
  std::int64_t number;

  [[noreturn]] void refuse(const std::string& problem, const std::string& expected,
                           const std::string& hint = {}) const {
    const bool one = type.shape.rank() == 2;
    throw DomainError{{.operation = operation,
                       .operands = {to_string(type)},
                       .problem = (one ? "the matrix" : "matrix " + std::to_string(number) + " of " + to_string(type)) +
                                  (" " + problem),
                       .expected = expected,
                       .hint = hint}};
  }
};

/// rows × columns, column after column.
template <class T>
struct Matrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<T> at;

  Matrix() = default;
  Matrix(std::int64_t m, std::int64_t n) : rows(m), columns(n), at(place(m * n)) {}
  /// Of row-major elements.
  void load(const T* from) {
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t i = 0; i < rows; ++i) at[place(j * rows + i)] = from[i * columns + j];
  }
  /// Of the symmetric part of row-major elements.
  void load_symmetric_part(const T* from) {
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t i = 0; i < rows; ++i)
        at[place(j * rows + i)] = T(0.5) * (from[i * columns + j] + from[j * columns + i]);
  }
  void store(T* to) const {
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t i = 0; i < rows; ++i) to[i * columns + j] = at[place(j * rows + i)];
  }
  [[nodiscard]] T& operator()(std::int64_t i, std::int64_t j) { return at[place(j * rows + i)]; }
  [[nodiscard]] const T& operator()(std::int64_t i, std::int64_t j) const { return at[place(j * rows + i)]; }
  [[nodiscard]] int m() const { return static_cast<int>(rows); }
  [[nodiscard]] int n() const { return static_cast<int>(columns); }
  /// Leading extent as LAPACK wants it: 1 at least.
  [[nodiscard]] int ld() const { return std::max(1, m()); }
  void multiply_column(std::int64_t j, T factor) {
    for (std::int64_t i = 0; i < rows; ++i) (*this)(i, j) *= factor;
  }
};

template <class T>
bool all_finite(const T* from, std::int64_t count) {
  return std::all_of(from, from + count, [](T x) { return x - x == T(0); });
}

/// f(item, its elements in `a`, its place in the result) for each, with NaN for those that are not finite. The extents
/// are those that LAPACK is called with.
template <class T, class F>
Array for_each_item(const char* operation, const Array& a, const Type& result, const F& f) {
  make_blas_serial();
  const Shape& shape = a.shape();
  const std::size_t rank = shape.rank();
  const std::int64_t m = shape[rank - 2], n = shape[rank - 1];
  // Its integers are 32 bits wide, and count elements here and there.
  constexpr std::int64_t most = 32767;
  if (std::max(m, n) > most)
    throw CapacityError{{.operation = operation,
                         .operands = {to_string(a.type())},
                         .problem = "a matrix of " + std::to_string(m) + " rows and " + std::to_string(n) + " columns",
                         .expected = std::to_string(most) + " of each at most"}};
  Array to = Array::uninitialised(result);
  std::int64_t items = 1;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) items *= shape[axis];
  if (items == 0 || result.shape.size() == 0) return to;
  const Array from = a.dense();
  const T* const elements = from.data<T>().data();
  T* const out = to.mutable_data<T>().data();
  const std::int64_t per_item = result.shape.size() / items;
  for (std::int64_t item = 0; item < items; ++item) {
    const T* const matrix = elements + item * m * n;
    T* const here = out + item * per_item;
    if (all_finite(matrix, m * n))
      f(Item{operation, a.type(), item}, matrix, here);
    else
      std::fill_n(here, per_item, std::numeric_limits<T>::quiet_NaN());
  }
  return to;
}

/// for_each_item with the element type.
template <class F>
Array for_each_real_item(const char* operation, const Array& a, const Type& result, const F& f) {
  return with_real_type(a.dtype(), [&]<class T>(std::type_identity<T>) {
    return for_each_item<T>(operation, a, result, [&](const Item& item, const T* from, T* to) { f(item, from, to); });
  });
}

/// P·L·U of a square matrix.
template <class T>
struct Lu {
  Matrix<T> factors;
  std::vector<int> pivots;
  T norm = 0;          ///< ‖a‖₁
  int zero_pivot = 0;  ///< the first that is 0, counted from 1; 0: none

  Lu(const T* from, std::int64_t n) : factors(n, n), pivots(place(n)) {
    factors.load(from);
    factor();
  }
  explicit Lu(Matrix<T> matrix) : factors(std::move(matrix)), pivots(place(factors.rows)) { factor(); }

  void factor() {
    for (std::int64_t j = 0; j < factors.columns; ++j) {
      T sum = 0;
      for (std::int64_t i = 0; i < factors.rows; ++i) sum += std::abs(factors(i, j));
      norm = std::max(norm, sum);
    }
    const int n = factors.n(), ld = factors.ld();
    Lapack<T>::getrf(&n, &n, factors.at.data(), &ld, pivots.data(), &zero_pivot);
  }
  void want_regular(const Item& item) const {
    if (zero_pivot > 0)
      item.refuse(
          "is exactly singular: pivot " + std::to_string(zero_pivot) + " of " + std::to_string(factors.rows) + " is 0",
          "one that has an inverse", "reciprocal_condition(a) tells how near to singular a matrix is");
  }
  /// b ← a⁻¹·b, or a⁻ᵀ·b.
  void solve(Matrix<T>& b, bool transposed) const {
    const int n = factors.n(), columns = b.n(), ld = factors.ld(), ldb = b.ld();
    const char* const trans = transposed ? "T" : "N";
    int info = 0;
    Lapack<T>::getrs(trans, &n, &columns, factors.at.data(), &ld, pivots.data(), b.at.data(), &ldb, &info, 1);
  }
  [[nodiscard]] Matrix<T> inverse() const {
    Matrix<T> one(factors.rows, factors.rows);
    for (std::int64_t i = 0; i < factors.rows; ++i) one(i, i) = 1;
    solve(one, false);
    return one;
  }
  [[nodiscard]] int sign() const {
    if (zero_pivot > 0) return 0;
    int result = 1;
    for (std::int64_t i = 0; i < factors.rows; ++i) {
      if (pivots[place(i)] != i + 1) result = -result;
      if (std::signbit(factors(i, i))) result = -result;
    }
    return result;
  }
  /// Exponents are added apart from mantissas, so that only the result can overflow.
  [[nodiscard]] T determinant() const {
    if (zero_pivot > 0) return 0;
    T mantissa = static_cast<T>(sign());
    std::int64_t exponent = 0;
    for (std::int64_t i = 0; i < factors.rows; ++i) {
      int own = 0;
      mantissa = std::frexp(mantissa * std::abs(factors(i, i)), &own);
      exponent += own;
    }
    return std::ldexp(mantissa, static_cast<int>(std::clamp<std::int64_t>(exponent, -10000, 10000)));
  }
  [[nodiscard]] T log_abs_determinant() const {
    if (zero_pivot > 0) return -std::numeric_limits<T>::infinity();
    T sum = 0;
    for (std::int64_t i = 0; i < factors.rows; ++i) sum += std::log(std::abs(factors(i, i)));
    return sum;
  }
  [[nodiscard]] T reciprocal_condition() const {
    if (factors.rows == 0) return 1;
    if (zero_pivot > 0) return 0;
    const int n = factors.n(), ld = factors.ld();
    std::vector<T> work(place(4 * factors.rows));
    std::vector<int> integers(place(factors.rows));
    T result = 0;
    int info = 0;
    Lapack<T>::gecon("1", &n, factors.at.data(), &ld, &norm, &result, work.data(), integers.data(), &info, 1);
    return result;
  }
};

/// What LAPACK's decompositions want to work in: asked for once, with -1.
template <class T, class F>
std::vector<T> work_for(const F& call) {
  T wanted = 0;
  const int ask = -1;
  call(&wanted, &ask);
  return std::vector<T>(static_cast<std::size_t>(std::max(wanted, T(1))) + 1);
}

/// u·diag(s)·vt; all of u and vt, or as many columns and rows as there are singular values.
template <class T>
struct Svd {
  Matrix<T> u, vt;
  std::vector<T> s;

  Svd(Matrix<T> a, bool all, const Item& item) {
    const std::int64_t k = std::min(a.rows, a.columns);
    u = Matrix<T>(a.rows, all ? a.rows : k);
    vt = Matrix<T>(all ? a.columns : k, a.columns);
    s.resize(place(k));
    const int m = a.m(), n = a.n(), lda = a.ld(), ldu = u.ld(), ldvt = vt.ld();
    std::vector<int> integers(place(8 * k));
    int info = 0;
    const auto call = [&](T* work, const int* size) {
      Lapack<T>::gesdd(all ? "A" : "S", &m, &n, a.at.data(), &lda, s.data(), u.at.data(), &ldu, vt.at.data(), &ldvt,
                       work, size, integers.data(), &info, 1);
    };
    std::vector<T> work = work_for<T>(call);
    const int size = static_cast<int>(work.size());
    call(work.data(), &size);
    if (info > 0)
      item.refuse("has singular values that were not found: the iteration did not settle", "one for which it does");
  }
};

/// -1 where the first component of 0.4 of the largest or more is negative. (0.4, so that the two parts of (1, -1)/√2 or
/// of (1, -2, 1)/√6 do not compete by rounding.)
template <class T>
T sign_of_column(const Matrix<T>& vectors, std::int64_t j, std::int64_t rows) {
  T largest = 0;
  for (std::int64_t i = 0; i < rows; ++i) largest = std::max(largest, std::abs(vectors(i, j)));
  for (std::int64_t i = 0; i < rows; ++i)
    if (std::abs(vectors(i, j)) >= T(0.4) * largest) return vectors(i, j) < 0 ? T(-1) : T(1);
  return 1;
}

}  // namespace

// --- Solving
// ----------------------------------------------------------------------------------------------------------

Array solve(const Array& a, const Array& b, bool transposed, const Type& result) {
  const std::int64_t n = result.shape[result.shape.rank() - 2], columns = result.shape[result.shape.rank() - 1];
  const Array right = b.dense();
  return with_real_type(a.dtype(), [&]<class T>(std::type_identity<T>) {
    Matrix<T> x(n, columns);
    return for_each_item<T>("solve", a, result, [&](const Item& item, const T* from, T* to) {
      const Lu<T> lu(from, n);
      lu.want_regular(item);
      x.load(right.data<T>().data() + item.number * n * columns);
      lu.solve(x, transposed);
      x.store(to);
    });
  });
}

Array triangular_solve(const Array& a, const Array& b, std::int64_t flags, const Type& result) {
  const std::int64_t size = result.shape[result.shape.rank() - 2], columns = result.shape[result.shape.rank() - 1];
  const bool above = (flags & ops::upper) != 0, unit = (flags & ops::unit_diagonal) != 0;
  // Only what is read has to be finite.
  const Array masked = [&] {
    Array part = Array::uninitialised(a.type());
    const Array from = a.dense();
    with_real_type(a.dtype(), [&]<class T>(std::type_identity<T>) {
      if (a.size() == 0) return;
      const T* in = from.data<T>().data();
      T* out = part.mutable_data<T>().data();
      for (std::int64_t item = 0; item < a.size() / (size * size); ++item)
        for (std::int64_t i = 0; i < size; ++i)
          for (std::int64_t j = 0; j < size; ++j, ++in, ++out)
            *out = i == j && unit ? T(1) : (above ? j >= i : j <= i) ? *in : T(0);
    });
    return part;
  }();
  const Array right = b.dense();
  return with_real_type(a.dtype(), [&]<class T>(std::type_identity<T>) {
    Matrix<T> factor(size, size), x(size, columns);
    return for_each_item<T>("triangular_solve", masked, result, [&](const Item& item, const T* from, T* to) {
      factor.load(from);
      x.load(right.data<T>().data() + item.number * size * columns);
      const int n = factor.n(), wide = x.n(), ld = factor.ld(), ldb = x.ld();
      int info = 0;
      Lapack<T>::trtrs(above ? "U" : "L", (flags & ops::as_transposed) != 0 ? "T" : "N", "N", &n, &wide,
                       factor.at.data(), &ld, x.at.data(), &ldb, &info, 1, 1, 1);
      if (info > 0)
        item.refuse(
            "is exactly singular: element (" + std::to_string(info - 1) + ", " + std::to_string(info - 1) + ") is 0",
            "a diagonal without zeros");
      x.store(to);
    });
  });
}

Array inverse(const Array& a, const Type& result) {
  const std::int64_t n = result.shape[result.shape.rank() - 1];
  return for_each_real_item("inverse", a, result, [&]<class T>(const Item& item, const T* from, T* to) {
    const Lu<T> lu(from, n);
    lu.want_regular(item);
    lu.inverse().store(to);
  });
}

// --- Determinants
// -----------------------------------------------------------------------------------------------------

namespace {

/// f of the LU of each item, a number.
template <class F>
Array number_of_each(const char* operation, const Array& a, const Type& result, const F& f) {
  const std::int64_t n = a.shape()[a.rank() - 1];
  return for_each_real_item(operation, a, result,
                            [&]<class T>(const Item&, const T* from, T* to) { *to = f(Lu<T>(from, n)); });
}

}  // namespace

Array determinant(const Array& a, const Type& result) {
  return number_of_each("determinant", a, result, [](const auto& lu) { return lu.determinant(); });
}
Array log_abs_determinant(const Array& a, const Type& result) {
  return number_of_each("log_abs_determinant", a, result, [](const auto& lu) { return lu.log_abs_determinant(); });
}
Array determinant_sign(const Array& a, const Type& result) {
  return number_of_each("determinant_sign", a, result,
                        []<class T>(const Lu<T>& lu) { return static_cast<T>(lu.sign()); });
}
Array reciprocal_condition(const Array& a, const Type& result) {
  return number_of_each("reciprocal_condition", a, result, [](const auto& lu) { return lu.reciprocal_condition(); });
}

Array cofactor(const Array& a, const Type& result) {
  const std::int64_t n = result.shape[result.shape.rank() - 1];
  // Where a is far from singular, det·A⁻ᵀ has the digits; elsewhere det(U)·det(V)·U·diag(Π_{j≠i} s_j)·Vᵀ has them.
  constexpr double far_from_singular = 1e-3;
  return for_each_real_item("cofactor", a, result, [&]<class T>(const Item& item, const T* from, T* to) {
    const Lu<T> lu(from, n);
    if (lu.reciprocal_condition() > T(far_from_singular)) {
      const Matrix<T> inverted = lu.inverse();
      const T determinant = lu.determinant();
      // Its columns are the rows of the transpose.
      std::transform(inverted.at.begin(), inverted.at.end(), to, [&](T x) { return determinant * x; });
      return;
    }
    Matrix<T> copy(n, n);
    copy.load(from);
    const Svd<T> svd(std::move(copy), true, item);
    const T sign = static_cast<T>(Lu<T>(svd.u).sign() * Lu<T>(svd.vt).sign());
    for (std::int64_t k = 0; k < n * n; ++k) to[k] = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      T others = sign;
      for (std::int64_t j = 0; j < n; ++j)
        if (j != k) others *= svd.s[place(j)];
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j) to[i * n + j] += svd.u(i, k) * others * svd.vt(k, j);
    }
  });
}

// --- Decompositions
// ---------------------------------------------------------------------------------------------------

Array cholesky(const Array& a, const Type& result) {
  const std::int64_t size = result.shape[result.shape.rank() - 1];
  return for_each_real_item("cholesky", a, result, [&]<class T>(const Item& item, const T* from, T* to) {
    Matrix<T> factor(size, size);
    factor.load_symmetric_part(from);
    const int n = factor.n(), ld = factor.ld();
    int info = 0;
    Lapack<T>::potrf("L", &n, factor.at.data(), &ld, &info, 1);
    if (info > 0)
      item.refuse("is not positive definite: its leading minor of order " + std::to_string(info) + " is not positive",
                  "a symmetric, positive definite one",
                  "a small multiple of the identity, added to the matrix, is the usual help");
    for (std::int64_t j = 0; j < size; ++j)
      for (std::int64_t i = 0; i < j; ++i) factor(i, j) = 0;
    factor.store(to);
  });
}

Array eigh(const Array& a, const Type& result) {
  const std::int64_t size = result.shape[result.shape.rank() - 1];
  return for_each_real_item("eigh", a, result, [&]<class T>(const Item& item, const T* from, T* to) {
    Matrix<T> vectors(size, size);
    vectors.load_symmetric_part(from);
    const int n = vectors.n(), ld = vectors.ld(), integer_count = 3 + 5 * n;
    std::vector<int> integers(static_cast<std::size_t>(integer_count));
    int info = 0;
    const auto call = [&](T* work, const int* count) {
      Lapack<T>::syevd("V", "L", &n, vectors.at.data(), &ld, to, work, count, integers.data(), &integer_count, &info, 1,
                       1);
    };
    std::vector<T> work = work_for<T>(call);
    const int count = static_cast<int>(work.size());
    call(work.data(), &count);
    if (info > 0)
      item.refuse("has eigenvalues that were not found: the iteration did not settle", "one for which it does");
    for (std::int64_t j = 0; j < size; ++j) vectors.multiply_column(j, sign_of_column(vectors, j, size));
    vectors.store(to + size);
  });
}

Array svd(const Array& a, const Type& result) {
  const std::int64_t m = a.shape()[a.rank() - 2], n = a.shape()[a.rank() - 1], k = std::min(m, n);
  return for_each_real_item("svd", a, result, [&]<class T>(const Item& item, const T* from, T* to) {
    Matrix<T> copy(m, n);
    copy.load(from);
    Svd<T> parts(std::move(copy), false, item);
    std::copy(parts.s.begin(), parts.s.end(), to);
    for (std::int64_t j = 0; j < k; ++j) {
      const T sign = sign_of_column(parts.u, j, m);
      parts.u.multiply_column(j, sign);
      for (std::int64_t i = 0; i < n; ++i) to[(1 + m + i) * k + j] = sign * parts.vt(j, i);
    }
    parts.u.store(to + k);
  });
}

Array qr(const Array& a, const Type& result) {
  const std::int64_t rows = a.shape()[a.rank() - 2], columns = a.shape()[a.rank() - 1];
  return for_each_real_item("qr", a, result, [&]<class T>(const Item&, const T* from, T* to) {
    Matrix<T> q(rows, columns), r(columns, columns);
    q.load(from);
    const int m = q.m(), n = q.n(), ld = q.ld();
    std::vector<T> tau(place(columns));
    int info = 0;
    const auto factor = [&](T* work, const int* count) {
      Lapack<T>::geqrf(&m, &n, q.at.data(), &ld, tau.data(), work, count, &info);
    };
    const auto form = [&](T* work, const int* count) {
      Lapack<T>::orgqr(&m, &n, &n, q.at.data(), &ld, tau.data(), work, count, &info);
    };
    std::vector<T> work = work_for<T>(factor);
    int count = static_cast<int>(work.size());
    factor(work.data(), &count);
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t i = 0; i <= j; ++i) r(i, j) = q(i, j);
    work = work_for<T>(form);
    count = static_cast<int>(work.size());
    form(work.data(), &count);
    for (std::int64_t i = 0; i < columns; ++i) {
      if (!(r(i, i) < 0)) continue;
      q.multiply_column(i, T(-1));
      for (std::int64_t j = i; j < columns; ++j) r(i, j) = -r(i, j);
    }
    q.store(to);
    r.store(to + rows * columns);
  });
}

#else

namespace {
[[noreturn]] Array missing(const char* operation) {
  throw EnvironmentError{{.operation = operation,
                          .problem = "this build of the library has no LAPACK",
                          .expected = "one that was configured with OpenBLAS or LAPACK (Debian: libopenblas-dev)"}};
}
}  // namespace

Array solve(const Array&, const Array&, bool, const Type&) { missing("solve"); }
Array triangular_solve(const Array&, const Array&, std::int64_t, const Type&) { missing("triangular_solve"); }
Array inverse(const Array&, const Type&) { missing("inverse"); }
Array determinant(const Array&, const Type&) { missing("determinant"); }
Array log_abs_determinant(const Array&, const Type&) { missing("log_abs_determinant"); }
Array determinant_sign(const Array&, const Type&) { missing("determinant_sign"); }
Array reciprocal_condition(const Array&, const Type&) { missing("reciprocal_condition"); }
Array cofactor(const Array&, const Type&) { missing("cofactor"); }
Array cholesky(const Array&, const Type&) { missing("cholesky"); }
Array eigh(const Array&, const Type&) { missing("eigh"); }
Array svd(const Array&, const Type&) { missing("svd"); }
Array qr(const Array&, const Type&) { missing("qr"); }

#endif

}  // namespace wengert::kernels
