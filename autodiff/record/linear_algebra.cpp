// The front functions of linear algebra: they broadcast leading axes, take packed results apart, and record.
#include "wengert/autodiff/record/linear_algebra.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/ops/kernels_lapack.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"

namespace wengert {

using namespace detail;

namespace {

std::string described(std::size_t k, const Tensor& x) {
  return "operand " + std::to_string(k) + " has " + to_string(x.type());
}

/// Real matrices, or an error with the user's line.
void want_matrices(std::string_view operation, const Tensor& a, std::source_location where) {
  if (!is_real(a.dtype()))
    refuse<DtypeError>(operation, std::span(&a, 1), described(0, a), "f32 or f64", where,
                       "convert(x, Dtype::f64) makes real numbers of it");
  if (a.rank() < 2)
    refuse<ShapeError>(operation, std::span(&a, 1), described(0, a), "matrices: two axes at least", where);
}

Shape leading(const Tensor& x) { return Shape(x.shape().extents().first(x.rank() - 2), {}); }
Shape matrices(const Shape& items, std::int64_t rows, std::int64_t columns, std::source_location where) {
  Indices extents(items.extents());
  extents.push(rows);
  extents.push(columns);
  return Shape(extents, where);
}

/// f(a, b) of matrices with one shape of leading axes, for right sides that may be a vector; its result likewise.
template <class F>
Tensor with_right_sides(std::string_view operation, const Tensor& a, const Tensor& b, std::source_location where,
                        const F& f) {
  const Tensor both[]{a, b};
  Stream* const s = stream_of(both, operation, where);
  want_matrices(operation, a, where);
  if (b.dtype() != a.dtype())
    refuse<DtypeError>(operation, both, described(1, b), std::string(to_string(a.dtype())) + " like operand 0", where,
                       "convert one of them; dtypes are never mixed silently");
  const std::int64_t rows = a.shape()[a.rank() - 2], columns = a.shape()[a.rank() - 1];
  const bool vector = b.rank() == 1;
  if (b.rank() == 0 || b.shape()[vector ? 0 : b.rank() - 2] != rows)
    refuse<ShapeError>(operation, both, described(1, b),
                       "right sides with " + std::to_string(rows) + " rows to go with " + to_string(a.type()), where);
  const Shape of_b = vector ? Shape{} : leading(b);
  Shape items;
  if (!ops::broadcast_shape(leading(a), of_b, items))
    refuse<ShapeError>(operation, both, "operands " + to_string(a.type()) + " and " + to_string(b.type()),
                       "leading axes that broadcast: extents equal or 1", where);
  return all_or_nothing(s, [&] {
    const std::int64_t sides = vector ? 1 : b.shape()[b.rank() - 1];
    const Tensor right = vector ? reshape(b, Shape{{rows, 1}, where}, where) : b;
    const Tensor x = f(broadcast(a, matrices(items, rows, columns, where), where),
                       broadcast(right, matrices(items, rows, sides, where), where));
    if (!vector) return x;
    Indices extents(items.extents());
    extents.push(columns);
    return reshape(x, Shape(extents, where), where);
  });
}

template <class P>
Tensor record_two(const Tensor& a, const Tensor& b, std::int64_t flags, std::source_location where) {
  const Tensor x[]{a, b};
  return record_tensor(PrimitiveOf<P>::record, x, flags, where);
}

std::int64_t flags_of(Part part, Turned turned, UnitDiagonal unit) {
  std::int64_t flags = ops::lower;
  if (part == Part::upper) flags |= ops::upper;
  if (turned == Turned::yes) flags |= ops::as_transposed;
  if (unit == UnitDiagonal::yes) flags |= ops::unit_diagonal;
  return flags;
}

/// Rows start … stop-1 of what a decomposition gave.
Tensor part_of(const Tensor& packed, std::int64_t start, std::int64_t stop, std::source_location where) {
  return slice_along(packed, -2, start, stop, 1, where);
}
/// Its first row, as a last axis.
Tensor first_row(const Tensor& packed, std::source_location where) {
  Indices extents(leading(packed).extents());
  extents.push(packed.shape()[packed.rank() - 1]);
  return reshape(part_of(packed, 0, 1, where), Shape(extents, where), where);
}

}  // namespace

// --- Triangles
// --------------------------------------------------------------------------------------------------------

Tensor lower_triangle(const Tensor& x, std::int64_t offset, std::source_location where) {
  return record_one<ops::Triangle>(x, std::vector<std::int64_t>{0, offset}, where);
}
Tensor upper_triangle(const Tensor& x, std::int64_t offset, std::source_location where) {
  return record_one<ops::Triangle>(x, std::vector<std::int64_t>{1, offset}, where);
}
Tensor identity(std::int64_t n, Dtype dtype, std::source_location where) {
  Array one = Array::zeros({dtype, Shape{{n, n}, where}}, where);
  with_element_type(dtype, [&]<class T>(std::type_identity<T>) {
    const auto elements = one.mutable_data<T>();
    for (std::int64_t i = 0; i < n; ++i) elements[static_cast<std::size_t>(i * (n + 1))] = T(1);
  });
  return Tensor(std::move(one));
}

// --- Solving
// ----------------------------------------------------------------------------------------------------------

Tensor solve(const Tensor& a, const Tensor& b, Turned turned, std::source_location where) {
  return with_right_sides("solve", a, b, where, [&](const Tensor& matrix, const Tensor& right) {
    return record_two<ops::Solve>(matrix, right, turned == Turned::yes ? 1 : 0, where);
  });
}

Tensor triangular_solve(const Tensor& a, const Tensor& b, Part part, Turned turned, UnitDiagonal unit,
                        std::source_location where) {
  return with_right_sides("triangular_solve", a, b, where, [&](const Tensor& matrix, const Tensor& right) {
    return record_two<ops::TriangularSolve>(matrix, right, flags_of(part, turned, unit), where);
  });
}

Tensor cholesky_solve(const Tensor& l, const Tensor& b, std::source_location where) {
  return with_right_sides("cholesky_solve", l, b, where, [&](const Tensor& matrix, const Tensor& right) {
    const Tensor half = record_two<ops::TriangularSolve>(matrix, right, ops::lower, where);
    return record_two<ops::TriangularSolve>(matrix, half, ops::as_transposed, where);
  });
}

Tensor inverse(const Tensor& a, std::source_location where) { return record_one<ops::Inverse>(a, {}, where); }

Tensor least_squares(const Tensor& a, const Tensor& b, std::source_location where) {
  return with_right_sides("least_squares", a, b, where, [&](const Tensor& matrix, const Tensor& right) {
    const auto [q, r] = qr(matrix, where);
    const Tensor operands[]{q, right};
    const Tensor turned =
        record_tensor(PrimitiveOf<ops::MatMul>::record, operands, std::int64_t{kernels::transpose_first}, where);
    return record_two<ops::TriangularSolve>(r, turned, ops::upper, where);
  });
}

Tensor reciprocal_condition(const Tensor& a, std::source_location where) {
  want_matrices("reciprocal_condition", a, where);
  if (a.shape()[a.rank() - 1] != a.shape()[a.rank() - 2])
    refuse<ShapeError>("reciprocal_condition", std::span(&a, 1), described(0, a), "square matrices", where);
  try {
    return Tensor(kernels::reciprocal_condition(a.value(), {a.dtype(), leading(a)}));
  } catch (const Error& error) {
    error.rethrow_at(where);
  }
}

// --- Determinants
// -----------------------------------------------------------------------------------------------------

Tensor determinant(const Tensor& a, std::source_location where) { return record_one<ops::Determinant>(a, {}, where); }
Tensor cofactor(const Tensor& a, std::source_location where) { return record_one<ops::Cofactor>(a, {}, where); }
Tensor log_abs_determinant(const Tensor& a, std::source_location where) {
  return record_one<ops::LogAbsDeterminant>(a, {}, where);
}
Tensor determinant_sign(const Tensor& a, std::source_location where) {
  return record_one<ops::DeterminantSign>(a, {}, where);
}
Tensor log_determinant(const Tensor& a, std::source_location where) {
  return all_or_nothing(stream_of(std::span(&a, 1), "log_determinant", where), [&] {
    const Tensor on_diagonal = diagonal(cholesky(a, where), 0, where);
    const TensorArgument operand(on_diagonal, where);
    const Tensor logarithms = apply_to_tensors(PrimitiveOf<ops::Log>::record, std::span(&operand, 1), where);
    return elementwise<ops::Mul>(sum(logarithms, {-1}, Keep::no, where), 2.0, where);
  });
}

// --- Decompositions
// ---------------------------------------------------------------------------------------------------

Tensor cholesky(const Tensor& a, std::source_location where) { return record_one<ops::Cholesky>(a, {}, where); }

EigenDecomposition eigh(const Tensor& a, std::source_location where) {
  return all_or_nothing(stream_of(std::span(&a, 1), "eigh", where), [&] {
    const Tensor packed = record_one<ops::Eigh>(a, {}, where);
    const std::int64_t n = a.shape()[a.rank() - 1];
    return EigenDecomposition{first_row(packed, where), part_of(packed, 1, n + 1, where)};
  });
}

SingularValueDecomposition svd(const Tensor& a, std::source_location where) {
  return all_or_nothing(stream_of(std::span(&a, 1), "svd", where), [&] {
    const Tensor packed = record_one<ops::Svd>(a, {}, where);
    const std::int64_t m = a.shape()[a.rank() - 2], n = a.shape()[a.rank() - 1];
    return SingularValueDecomposition{part_of(packed, 1, 1 + m, where), first_row(packed, where),
                                      part_of(packed, 1 + m, 1 + m + n, where)};
  });
}

QrDecomposition qr(const Tensor& a, std::source_location where) {
  return all_or_nothing(stream_of(std::span(&a, 1), "qr", where), [&] {
    const Tensor packed = record_one<ops::Qr>(a, {}, where);
    const std::int64_t m = a.shape()[a.rank() - 2], n = a.shape()[a.rank() - 1];
    return QrDecomposition{part_of(packed, 0, m, where), part_of(packed, m, m + n, where)};
  });
}

// --- What the rules are written in
// ------------------------------------------------------------------------------------

Tensor triangle(const Tensor& x, std::int64_t part, std::int64_t offset) {
  return record_one<ops::Triangle>(x, std::vector<std::int64_t>{part, offset}, {});
}
Tensor triangular_solve_exactly(const Tensor& a, const Tensor& b, std::int64_t flags) {
  return record_two<ops::TriangularSolve>(a, b, flags, {});
}
Tensor solve_exactly(const Tensor& a, const Tensor& b, bool transposed) {
  return record_two<ops::Solve>(a, b, transposed ? 1 : 0, {});
}
Tensor reciprocal_gaps(const Tensor& row) { return record_one<ops::ReciprocalGaps>(row, {}, {}); }
Tensor below(const Tensor& a, const Tensor& b) { return concatenate({a, b}, -2); }

}  // namespace wengert
