// Type rules, values and samples of linear algebra.
#include "wengert/autodiff/ops/linear_algebra.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "wengert/autodiff/ops/kernels_lapack.hpp"
#include "wengert/autodiff/ops/refuse.hpp"

namespace wengert::ops {

namespace {

std::string described(std::span<const Type> x, std::size_t k) {
  return "operand " + std::to_string(k) + " has " + to_string(x[k]);
}

/// Real matrices.
void want_matrices(const char* operation, std::span<const Type> x) {
  want_real(operation, x);
  if (x[0].shape.rank() < 2) refuse<ShapeError>(operation, x, described(x, 0), "matrices: two axes at least");
}
void want_square(const char* operation, std::span<const Type> x) {
  want_matrices(operation, x);
  if (detail::extent_of(x[0].shape, 1) != detail::extent_of(x[0].shape, 2))
    refuse<ShapeError>(operation, x, described(x, 0), "square matrices");
}
/// Square matrices and right sides that fit.
Type solution(const char* operation, std::span<const Type> x) {
  want_square(operation, x);
  if (x[1].dtype != x[0].dtype)
    refuse<DtypeError>(operation, x, described(x, 1), std::string(to_string(x[0].dtype)) + " like operand 0",
                       "convert one of them; f32 and f64 are never mixed silently");
  const std::size_t rank = x[0].shape.rank();
  bool fits = x[1].shape.rank() == rank;
  for (std::size_t axis = 0; fits && axis + 1 < rank; ++axis) fits = x[1].shape[axis] == x[0].shape[axis];
  if (!fits)
    refuse<ShapeError>(operation, x, described(x, 1),
                       "right sides with as many rows as " + to_string(x[0]) + ", and its leading axes");
  return x[1];
}
Type square(const char* operation, std::span<const Type> x) {
  want_square(operation, x);
  return x[0];
}
Type one_for_each(const char* operation, std::span<const Type> x) {
  want_square(operation, x);
  return {x[0].dtype, Shape(x[0].shape.extents().first(x[0].shape.rank() - 2), {})};
}
void want_flags(const char* operation, std::span<const Type> x, const Attribute& attribute, std::int64_t all) {
  const std::int64_t flags = std::get<std::int64_t>(attribute);
  if ((flags & ~all) != 0)
    refuse<ArgumentError>(operation, x, "the attribute " + std::to_string(flags),
                          "a number from 0 to " + std::to_string(all));
}

/// Rows of what is packed together: a + b.
std::int64_t rows_together(const char* operation, std::span<const Type> x, std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) refuse<ShapeError>(operation, x, described(x, 0), "fewer than 2^63 rows");
  return sum;
}

Type real(const Shape& shape, Dtype dtype = Dtype::f64) { return {dtype, shape}; }

/// Samples of one square operand.
std::vector<Sample> of_square(double diagonal, double growth) {
  const auto of = [&](const Shape& shape, Dtype dtype = Dtype::f64) {
    return Sample{{real(shape, dtype)}, {}, 1, diagonal, growth};
  };
  return {of({3, 3}),       of({2, 2}), of({1, 1}),    of({4, 4}),   of({2, 3, 3}), of({3, 3}, Dtype::f32),
          of({2, 1, 2, 2}), of({0, 0}), of({0, 2, 2}), of({2, 0, 0})};
}

}  // namespace

Shape detail::matrices_like(const Shape& shape, std::int64_t rows, std::int64_t columns) {
  Indices extents(shape.extents());
  extents[shape.rank() - 2] = rows;
  extents[shape.rank() - 1] = columns;
  return Shape(extents, {});
}

// --- Triangles
// --------------------------------------------------------------------------------------------------------

Type Triangle::type(std::span<const Type> x, const Attribute& part) {
  want_matrices(name, x);
  const auto numbers = groups_of(name, x, part, 1, 2);
  if (numbers[0] != 0 && numbers[0] != 1)
    refuse<ArgumentError>(name, x, "part " + std::to_string(numbers[0]), "0 (lower) or 1 (upper)");
  return x[0];
}

Array Triangle::value(std::span<const Array> x, const Attribute& part, const Type& result) {
  return value_of<Triangle>(x, part, result);
}
void Triangle::value_into(std::span<const Array> x, const Attribute& part, Array& to, kernels::Scratch&) {
  const bool above = integers(part)[0] != 0;
  const std::int64_t offset = integers(part)[1];
  const std::int64_t rows = detail::extent_of(to.shape(), 2), columns = detail::extent_of(to.shape(), 1);
  if (to.size() == 0) return;
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = x[0].stored<T>().data();
    T* out = to.mutable_data<T>().data();
    const std::int64_t items = to.shape().size() / (rows * columns), step = x[0].stride();
    for (std::int64_t item = 0; item < items; ++item)
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j, ++out, from += step)
          *out = (above ? j - i >= offset : j - i <= offset) ? *from : T(0);
  });
}

std::vector<Sample> Triangle::samples() {
  const auto of = [](const Shape& shape, std::int64_t part, std::int64_t offset, Dtype dtype = Dtype::f64) {
    return Sample{{real(shape, dtype)}, std::vector<std::int64_t>{part, offset}};
  };
  return {of({3, 3}, 0, 0),  of({3, 3}, 1, 0), of({2, 4}, 0, 1),    of({4, 2}, 1, -1),
          of({3, 3}, 0, -1), of({3, 3}, 1, 1), of({2, 3, 3}, 0, 0), of({3, 3}, 0, 0, Dtype::f32),
          of({0, 3}, 1, 0),  of({3, 3}, 0, 9), of({3, 3}, 0, -9)};
}

Type TriangularSolve::type(std::span<const Type> x, const Attribute& flags) {
  want_flags(name, x, flags, triangular_flags);
  return solution(name, x);
}
Array TriangularSolve::value(std::span<const Array> x, const Attribute& flags, const Type& result) {
  return kernels::triangular_solve(x[0], x[1], std::get<std::int64_t>(flags), result);
}
std::vector<Sample> TriangularSolve::samples() {
  const auto of = [](const Shape& a, const Shape& b, std::int64_t flags, Dtype dtype = Dtype::f64) {
    return Sample{{real(a, dtype), real(b, dtype)}, flags, 1, 3, 0};
  };
  return {of({3, 3}, {3, 2}, 0),       of({3, 3}, {3, 1}, 1),
          of({3, 3}, {3, 2}, 2),       of({3, 3}, {3, 2}, 3),
          of({3, 3}, {3, 2}, 4),       of({3, 3}, {3, 2}, 5),
          of({2, 2}, {2, 3}, 6),       of({2, 2}, {2, 3}, 7),
          of({2, 3, 3}, {2, 3, 2}, 1), of({3, 3}, {3, 2}, 2, Dtype::f32),
          of({0, 0}, {0, 2}, 0),       of({2, 2}, {2, 0}, 0),
          of({3, 3}, {3, 3}, 0),       of({3, 3}, {3, 3}, 7)};
}

// --- Solving
// ----------------------------------------------------------------------------------------------------------

Type Solve::type(std::span<const Type> x, const Attribute& transposed) {
  want_flags(name, x, transposed, 1);
  return solution(name, x);
}
Array Solve::value(std::span<const Array> x, const Attribute& transposed, const Type& result) {
  return kernels::solve(x[0], x[1], std::get<std::int64_t>(transposed) != 0, result);
}
std::vector<Sample> Solve::samples() {
  const auto of = [](const Shape& a, const Shape& b, std::int64_t transposed, Dtype dtype = Dtype::f64) {
    return Sample{{real(a, dtype), real(b, dtype)}, transposed, 1, 3, 0};
  };
  return {of({3, 3}, {3, 2}, 0),
          of({3, 3}, {3, 2}, 1),
          of({2, 2}, {2, 1}, 0),
          of({1, 1}, {1, 3}, 1),
          of({4, 4}, {4, 1}, 0),
          of({2, 3, 3}, {2, 3, 2}, 0),
          of({2, 1, 2, 2}, {2, 1, 2, 3}, 1),
          of({3, 3}, {3, 2}, 0, Dtype::f32),
          of({0, 0}, {0, 2}, 0),
          of({2, 2}, {2, 0}, 0),
          of({3, 3}, {3, 3}, 0),
          of({2, 2}, {2, 2}, 1)};
}

Type Inverse::type(std::span<const Type> x, const Attribute&) { return square(name, x); }
Array Inverse::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::inverse(x[0], result);
}
std::vector<Sample> Inverse::samples() { return of_square(4, 0); }

// --- Determinants
// -----------------------------------------------------------------------------------------------------

Type Determinant::type(std::span<const Type> x, const Attribute&) { return one_for_each(name, x); }
Array Determinant::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::determinant(x[0], result);
}
std::vector<Sample> Determinant::samples() { return of_square(1, 0); }

Type Cofactor::type(std::span<const Type> x, const Attribute&) { return square(name, x); }
Array Cofactor::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::cofactor(x[0], result);
}
std::vector<Sample> Cofactor::samples() { return of_square(4, 0); }

Type LogAbsDeterminant::type(std::span<const Type> x, const Attribute&) { return one_for_each(name, x); }
Array LogAbsDeterminant::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::log_abs_determinant(x[0], result);
}
std::vector<Sample> LogAbsDeterminant::samples() { return of_square(4, 0); }

Type DeterminantSign::type(std::span<const Type> x, const Attribute&) { return one_for_each(name, x); }
Array DeterminantSign::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::determinant_sign(x[0], result);
}
std::vector<Sample> DeterminantSign::samples() { return of_square(0, 0); }

// --- Decompositions
// ---------------------------------------------------------------------------------------------------

Type Cholesky::type(std::span<const Type> x, const Attribute&) { return square(name, x); }
Array Cholesky::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::cholesky(x[0], result);
}
std::vector<Sample> Cholesky::samples() { return of_square(4, 0); }

Type ReciprocalGaps::type(std::span<const Type> x, const Attribute&) {
  want_matrices(name, x);
  if (detail::extent_of(x[0].shape, 2) != 1) refuse<ShapeError>(name, x, described(x, 0), "one row: [.., 1, n]");
  const std::int64_t n = detail::extent_of(x[0].shape, 1);
  return {x[0].dtype, detail::matrices_like(x[0].shape, n, n)};
}
Array ReciprocalGaps::value(std::span<const Array> x, const Attribute& attribute, const Type& result) {
  return value_of<ReciprocalGaps>(x, attribute, result);
}
void ReciprocalGaps::value_into(std::span<const Array> x, const Attribute&, Array& to, kernels::Scratch& scratch) {
  const std::int64_t n = detail::extent_of(to.shape(), 1);
  if (to.size() == 0) return;
  kernels::with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* out = to.mutable_data<T>().data();
    const T* const from = kernels::dense_elements<T>(x[0], scratch);
    for (const T* row = from; row != from + x[0].size(); row += n) {
      T largest = 0;
      for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(row[i]));
      const T equal = static_cast<T>(n) * std::numeric_limits<T>::epsilon() * largest;
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
          const T gap = row[j] - row[i];
          *out++ = i == j ? T(0) : std::abs(gap) <= equal ? std::numeric_limits<T>::infinity() : T(1) / gap;
        }
    }
  });
}
std::vector<Sample> ReciprocalGaps::samples() {
  const auto of = [](const Shape& shape, Dtype dtype = Dtype::f64) {
    return Sample{{real(shape, dtype)}, {}, 1, 0, 3};
  };
  return {of({1, 3}), of({1, 1}), of({1, 2}), of({2, 1, 3}), of({1, 3}, Dtype::f32), of({1, 0}), of({0, 1, 2})};
}

Type Eigh::type(std::span<const Type> x, const Attribute&) {
  want_square(name, x);
  const std::int64_t n = detail::extent_of(x[0].shape, 1);
  return {x[0].dtype, detail::matrices_like(x[0].shape, rows_together(name, x, n, 1), n)};
}
Array Eigh::value(std::span<const Array> x, const Attribute&, const Type& result) {
  return kernels::eigh(x[0], result);
}
std::vector<Sample> Eigh::samples() { return of_square(0, 4); }

Type Svd::type(std::span<const Type> x, const Attribute&) {
  want_matrices(name, x);
  const std::int64_t m = detail::extent_of(x[0].shape, 2), n = detail::extent_of(x[0].shape, 1);
  const std::int64_t rows = rows_together(name, x, rows_together(name, x, m, n), 1);
  return {x[0].dtype, detail::matrices_like(x[0].shape, rows, std::min(m, n))};
}
Array Svd::value(std::span<const Array> x, const Attribute&, const Type& result) { return kernels::svd(x[0], result); }
std::vector<Sample> Svd::samples() {
  const auto of = [](const Shape& shape, Dtype dtype = Dtype::f64) {
    return Sample{{real(shape, dtype)}, {}, 1, 2, 4};
  };
  return {of({3, 3}), of({4, 2}), of({2, 4}), of({1, 3}), of({2, 3, 2}), of({3, 2}, Dtype::f32),
          of({0, 2}), of({3, 0}), of({1, 1})};
}

Type Qr::type(std::span<const Type> x, const Attribute&) {
  want_matrices(name, x);
  const std::int64_t m = detail::extent_of(x[0].shape, 2), n = detail::extent_of(x[0].shape, 1);
  if (m < n)
    refuse<ShapeError>(name, x, described(x, 0), "as many rows as columns, or more",
                       "qr(transpose(a)) decomposes the transpose");
  return {x[0].dtype, detail::matrices_like(x[0].shape, rows_together(name, x, m, n), n)};
}
Array Qr::value(std::span<const Array> x, const Attribute&, const Type& result) { return kernels::qr(x[0], result); }
std::vector<Sample> Qr::samples() {
  const auto of = [](const Shape& shape, Dtype dtype = Dtype::f64) {
    return Sample{{real(shape, dtype)}, {}, 1, 3, 0};
  };
  return {of({3, 3}), of({4, 2}), of({1, 1}), of({2, 3, 2}), of({3, 2}, Dtype::f32), of({0, 0}), of({3, 0})};
}

}  // namespace wengert::ops
