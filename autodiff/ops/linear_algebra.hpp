// Linear algebra on the matrices of the last two axes; leading axes are items, each with a matrix of its own. The
// contract: structural_contract.hpp; LAPACK is called in kernels_lapack.cpp.
//
// The rules are written in matrix products and other primitives of this file, so every higher order follows. They are
// those of M. B. Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic
// differentiation (2008); M. Seeger et al., Auto-differentiating linear algebra (2017), for qr and eigh; I. Murray,
// Differentiation of the Cholesky decomposition (2016); J. Townsend, Differentiating the singular value decomposition
// (2016). G is the cotangent of the result, Ā that of A.
//
// A decomposition has one result, in which its parts stand one below the other: the front functions slice it, so both
// parts cost one decomposition, and a part that is not used has the cotangent 0. A matrix with an element that is not
// finite gives NaN. What happens at singular matrices and repeated eigenvalues: docs/howto/linear_algebra.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

/// How a triangular matrix is read; a set, the attribute of `triangular_solve`.
enum Triangular : std::int64_t {
  lower = 0,
  upper = 1,          ///< elements above the diagonal are read, not those below
  as_transposed = 2,  ///< its transpose stands in the equation
  unit_diagonal = 4,  ///< the diagonal is taken to be 1 and not read
};
inline constexpr std::int64_t triangular_flags = 7;

namespace detail {

template <class T>
T swapped(const T& x) {
  return transpose(x);
}
/// ½(x + xᵀ).
template <class T>
T symmetric_part(const T& x) {
  return (x + swapped(x)) * 0.5;
}
/// Rows start … stop-1 of the matrices.
template <class T>
T rows(const T& x, std::int64_t start, std::int64_t stop) {
  return slice_along(x, -2, start, stop);
}
/// Rows [.., 1, k], each repeated to the shape of a matrix.
template <class T>
T repeated(const T& row, const Shape& shape) {
  return broadcast(row, shape);
}
/// A number per item, [..], repeated over the matrices of `shape`.
template <class T>
T over_matrices(const T& number, const Shape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.rank());
  return broadcast(reshape(number, with_ones(shape, Indices{rank - 2, rank - 1})), shape);
}
/// Σ over the last two axes.
template <class T>
T sum_of_matrix(const T& x) {
  return sum(x, Indices{-2, -1});
}
/// The diagonal as a row [.., 1, k].
template <class T>
T diagonal_row(const T& x) {
  const auto rank = static_cast<std::int64_t>(x.rank());
  return reshape(diagonal(x), with_ones(x.shape(), Indices{rank - 2}));
}
/// The lower triangle with half the diagonal.
template <class T>
T half_lower(const T& x) {
  return (triangle(x, lower, 0) + triangle(x, lower, -1)) * 0.5;
}
/// 1/(s_j² - s_i²) of singular values in a row; 0 on the diagonal, ∞ where two are equal.
template <class T>
T gaps_of_squares(const T& s, const Shape& square) {
  const T along = repeated(s, square);
  return scaled(reciprocal_gaps(s), reciprocal(along + swapped(along)));
}
/// 1/s of singular values in a row, descending; ∞ where rounding may be all that is left of a 0: up to `extent`·ε times
/// the largest.
template <class T>
T reciprocal_of_singular(const T& s, std::int64_t extent) {
  if (s.size() == 0) return s;
  const double unit = s.dtype() == Dtype::f32 ? 0x1p-23 : 0x1p-52;
  const T limit = repeated(slice_along(s, -1, 0, 1) * (static_cast<double>(extent) * unit), s.shape());
  return reciprocal(where(s > limit, s, s * 0.0));
}
[[nodiscard]] inline std::int64_t extent_of(const Shape& shape, std::size_t from_the_end) {
  return shape[shape.rank() - from_the_end];
}
/// The leading axes, then rows and columns.
[[nodiscard]] Shape matrices_like(const Shape& shape, std::int64_t rows, std::int64_t columns);

}  // namespace detail

// --- Triangles
// --------------------------------------------------------------------------------------------------------

struct Triangle : Structural {
  static constexpr auto name = "triangle", symbol = "◺";
  static constexpr auto doc =
      "The elements (i, j) of the last two axes with j - i ≤ offset, or ≥ offset; 0 for the others. The attribute "
      "lists "
      "0 for the former (lower), 1 for the latter (upper), and the offset. Transpose: itself.";
  static constexpr int arity = 1;
  static Type type(std::span<const Type> x, const Attribute& part);
  static Array value(std::span<const Array> x, const Attribute& part, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& part, Array& to, kernels::Scratch& scratch);
  template <class T, class X>
  static T transpose(std::size_t, const T& cotangent, const X&, const Attribute& part) {
    return triangle(cotangent, integers(part)[0], integers(part)[1]);
  }
  static std::vector<Sample> samples();
};

struct TriangularSolve : Structural {
  static constexpr auto name = "triangular_solve", symbol = "L⁻¹";
  static constexpr auto doc =
      "X with L·X = B for a triangular L, operands [.., n, n] and [.., n, k]. The attribute is a set "
      "(ops::Triangular): 1 upper, 2 Lᵀ stands for L, 4 the diagonal counts as 1. Only the triangle is read. A 0 on "
      "the diagonal is a DomainError. With B̄ = L⁻ᵀG: the triangle of -B̄·Xᵀ.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& flags);
  static Array value(std::span<const Array> x, const Attribute& flags, const Type& result);
  template <class T>
  static T part_read(const T& x, std::int64_t flags) {
    const bool above = (flags & upper) != 0, unit = (flags & unit_diagonal) != 0;
    return triangle(x, above ? 1 : 0, unit ? (above ? 1 : -1) : 0);
  }
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T& y, std::span<const T> x, const Attribute& flag_set) {
    const std::int64_t flags = std::get<std::int64_t>(flag_set);
    const T of_b = triangular_solve_exactly(x[0], cotangent, flags ^ as_transposed);
    if (operand == 1) return of_b;
    const T outer = (flags & as_transposed) != 0 ? product(y, of_b, kernels::transpose_second | kernels::mask_second)
                                                 : product(of_b, y, kernels::transpose_second | kernels::mask_first);
    return part_read(-outer, flags);
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T& y, std::span<const T> x, const Attribute& flag_set) {
    const std::int64_t flags = std::get<std::int64_t>(flag_set);
    if (operand == 1) return triangular_solve_exactly(x[0], tangent, flags);
    const std::int64_t turn = (flags & as_transposed) != 0 ? kernels::transpose_first : kernels::plain;
    return -triangular_solve_exactly(x[0], product(part_read(tangent, flags), y, turn | kernels::mask_first), flags);
  }
  static std::vector<Sample> samples();
};

// --- Solving
// ----------------------------------------------------------------------------------------------------------

struct Solve : Structural {
  static constexpr auto name = "solve", symbol = "A⁻¹";
  static constexpr auto doc =
      "X with A·X = B, operands [.., n, n] and [.., n, k]; with the attribute 1, Aᵀ·X = B. By LU with partial "
      "pivoting. "
      "An exactly singular matrix (a pivot that is 0) is a DomainError. B̄ = A⁻ᵀ·G, Ā = -B̄·Xᵀ.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& transposed);
  static Array value(std::span<const Array> x, const Attribute& transposed, const Type& result);
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T& y, std::span<const T> x, const Attribute& transposed) {
    const bool turned = std::get<std::int64_t>(transposed) != 0;
    const T of_b = solve_exactly(x[0], cotangent, !turned);
    if (operand == 1) return of_b;
    return -(turned ? product(y, of_b, kernels::transpose_second | kernels::mask_second)
                    : product(of_b, y, kernels::transpose_second | kernels::mask_first));
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T& y, std::span<const T> x, const Attribute& transposed) {
    const bool turned = std::get<std::int64_t>(transposed) != 0;
    if (operand == 1) return solve_exactly(x[0], tangent, turned);
    const std::int64_t turn = turned ? kernels::transpose_first : kernels::plain;
    return -solve_exactly(x[0], product(tangent, y, turn | kernels::mask_first), turned);
  }
  static std::vector<Sample> samples();
};

struct Inverse : Structural {
  static constexpr auto name = "inverse", symbol = "⁻¹";
  static constexpr auto doc = "The inverse. An exactly singular matrix is a DomainError. Ā = -Yᵀ·G·Yᵀ.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T>, const Attribute&) {
    using namespace kernels;
    return -product(product(y, cotangent, transpose_first | mask_second), y, transpose_second | mask_first);
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T>, const Attribute&) {
    using namespace kernels;
    return -product(product(y, tangent, mask_second), y, mask_first);
  }
  static std::vector<Sample> samples();
};

// --- Determinants
// -----------------------------------------------------------------------------------------------------

struct Determinant : Structural {
  static constexpr auto name = "determinant", symbol = "det";
  static constexpr auto doc =
      "The determinant, of a matrix without elements 1; 0 of a singular one. Ā = G·cofactor(A), exact at singular "
      "matrices.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T&, std::span<const T> x, const Attribute&) {
    return scaled(detail::over_matrices(cotangent, x[0].shape()), cofactor(x[0], std::source_location{}));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T&, std::span<const T> x, const Attribute&) {
    return detail::sum_of_matrix(scaled(tangent, cofactor(x[0], std::source_location{})));
  }
  static std::vector<Sample> samples();
};

struct Cofactor : Structural {
  static constexpr auto name = "cofactor", symbol = "cof";
  static constexpr auto doc =
      "The matrix of cofactors C, det(A)·A⁻ᵀ where A has an inverse: the gradient of the determinant. Near singular "
      "matrices and at them from the singular values. Ā = ⟨G,C⟩·A⁻ᵀ - C·Gᵀ·A⁻ᵀ, a DomainError at a singular matrix.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const T inverted = inverse(x[0], std::source_location{});
    const T along = detail::over_matrices(detail::sum_of_matrix(scaled(cotangent, y)), y.shape());
    return scaled(along, detail::swapped(inverted)) -
           product(product(y, cotangent, transpose_second | mask_second), inverted, transpose_second | mask_first);
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const T inverted = inverse(x[0], std::source_location{});
    const T along = detail::over_matrices(detail::sum_of_matrix(scaled(tangent, detail::swapped(inverted))), y.shape());
    const T turned = product(inverted, tangent, transpose_first | transpose_second | mask_second);
    return scaled(along, y) - product(turned, y, mask_first);
  }
  static std::vector<Sample> samples();
};

struct LogAbsDeterminant : Structural {
  static constexpr auto name = "log_abs_determinant", symbol = "log|det|";
  static constexpr auto doc =
      "log |det A|, without overflow on the way; -∞ of a singular matrix, whose derivative is a DomainError. Ā = "
      "G·A⁻ᵀ.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T&, std::span<const T> x, const Attribute&) {
    return scaled(detail::over_matrices(cotangent, x[0].shape()),
                  detail::swapped(inverse(x[0], std::source_location{})));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T&, std::span<const T> x, const Attribute&) {
    return detail::sum_of_matrix(scaled(tangent, detail::swapped(inverse(x[0], std::source_location{}))));
  }
  static std::vector<Sample> samples();
};

struct DeterminantSign : Structural {
  static constexpr auto name = "determinant_sign", symbol = "sign det";
  static constexpr auto doc = "The sign of the determinant: -1, 1, or 0 of a singular matrix. Lets no derivative pass.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static constexpr bool chooses = true;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  static std::vector<Sample> samples();
};

// --- Decompositions
// ---------------------------------------------------------------------------------------------------

struct Cholesky : Structural {
  static constexpr auto name = "cholesky", symbol = "chol";
  static constexpr auto doc =
      "The lower triangular L with positive diagonal and L·Lᵀ = ½(A + Aᵀ): of a matrix that is not symmetric, the "
      "symmetric part. Where that is not positive definite, a DomainError. With Φ the lower triangle with half the "
      "diagonal: Ā the symmetric part of L⁻ᵀ·Φ(Lᵀ·G)·L⁻¹.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T>, const Attribute&) {
    using namespace kernels;
    const T inner = detail::half_lower(product(y, triangle(cotangent, lower, 0), transpose_first | mask_second));
    const T left = triangular_solve_exactly(y, inner, as_transposed);
    return detail::symmetric_part(triangular_solve_exactly(y, detail::swapped(left), as_transposed));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T>, const Attribute&) {
    const T left = triangular_solve_exactly(y, detail::symmetric_part(tangent), lower);
    const T both = triangular_solve_exactly(y, detail::swapped(left), lower);
    return product(y, detail::half_lower(both), kernels::mask_second);
  }
  static std::vector<Sample> samples();
};

struct ReciprocalGaps : Structural {
  static constexpr auto name = "reciprocal_gaps", symbol = "1/(λⱼ-λᵢ)";
  static constexpr auto doc =
      "Of numbers in a row, [.., 1, n], the matrix F of 1/(λⱼ - λᵢ), 0 on the diagonal: what derivatives of "
      "eigenvectors are made of. ∞ where two differ by n·ε·max|λ| or less (ε is 2⁻⁵², 2⁻²³ for f32), which is what "
      "rounding leaves of equal ones. "
      "With H = -G∘F²: the sum of column i of H less that of row i.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute&, Array& to, kernels::Scratch& scratch);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute&) {
    const T weighted = scaled(scaled(cotangent, y), y), difference = detail::swapped(weighted) - weighted;
    return reshape(sum(difference, Indices{-2}), x[0].shape());
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T>, const Attribute&) {
    const T along = detail::repeated(tangent, y.shape());
    return scaled(scaled(detail::swapped(along) - along, y), y);
  }
  static std::vector<Sample> samples();
};

struct Eigh : Structural {
  static constexpr auto name = "eigh", symbol = "eigh";
  static constexpr auto doc =
      "Eigenvalues and eigenvectors of ½(A + Aᵀ): [.., n+1, n], the values in the first row, ascending, below each its "
      "vector of length 1, whose first component of 0.4 of its largest or more is positive. With V the vectors and F "
      "the reciprocal_gaps: Ā the symmetric part of V·(diag λ̄ + F∘(Vᵀ·V̄))·Vᵀ. Derivatives of the values always exist "
      "in sum; of single values and of vectors where the values differ, else ±∞ or NaN.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T>, const Attribute&) {
    using namespace kernels;
    const std::int64_t n = detail::extent_of(y.shape(), 1);
    const T values = detail::rows(y, 0, 1), vectors = detail::rows(y, 1, n + 1);
    const T of_values = detail::rows(cotangent, 0, 1), of_vectors = detail::rows(cotangent, 1, n + 1);
    const T turning = scaled(product(vectors, of_vectors, transpose_first | mask_second), reciprocal_gaps(values));
    const T left =
        (scaled(detail::repeated(of_values, vectors.shape()), vectors) + product(vectors, turning, mask_second));
    return detail::symmetric_part(product(left, vectors, transpose_second | mask_first));
  }
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T>, const Attribute&) {
    using namespace kernels;
    const std::int64_t n = detail::extent_of(y.shape(), 1);
    const T values = detail::rows(y, 0, 1), vectors = detail::rows(y, 1, n + 1);
    const T inner =
        product(product(vectors, detail::symmetric_part(tangent), transpose_first | mask_second), vectors, mask_first);
    return below(detail::diagonal_row(inner), product(vectors, scaled(inner, reciprocal_gaps(values)), mask_second));
  }
  static std::vector<Sample> samples();
};

struct Svd : Structural {
  static constexpr auto name = "svd", symbol = "svd";
  static constexpr auto doc =
      "The thin singular value decomposition A = U·diag(s)·Vᵀ of [.., m, n]: [.., 1+m+n, k] with k the smaller of m "
      "and "
      "n; s in the first row, descending, then U, then V. The first component of a column of U that has 0.4 of its "
      "largest or more is positive. Derivatives of the values exist where they are not 0 (in sum, where some are "
      "equal), of the vectors where the values differ and are not 0; else ±∞ or NaN.";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  // With F_ij = 1/(s_j² - s_i²), J = Uᵀ·Ū - Ūᵀ·U, K = Vᵀ·V̄ - V̄ᵀ·V:
  // Ā = [U·((F∘J)·S + S·(F∘K) + diag s̄) + (I-U·Uᵀ)·Ū·S⁻¹]·Vᵀ + U·S⁻¹·V̄ᵀ·(I-V·Vᵀ)
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const std::int64_t k = detail::extent_of(y.shape(), 1), m = detail::extent_of(x[0].shape(), 2),
                       n = detail::extent_of(x[0].shape(), 1);
    const T s = detail::rows(y, 0, 1), u = detail::rows(y, 1, 1 + m), v = detail::rows(y, 1 + m, 1 + m + n);
    const T of_s = detail::rows(cotangent, 0, 1), of_u = detail::rows(cotangent, 1, 1 + m),
            of_v = detail::rows(cotangent, 1 + m, 1 + m + n);
    const Shape square = detail::matrices_like(y.shape(), k, k);
    const T gaps = detail::gaps_of_squares(s, square), along = detail::repeated(s, square);
    const T inverted = detail::reciprocal_of_singular(s, m > n ? m : n);
    const T of_u_inner = product(u, of_u, transpose_first | mask_second);
    const T of_v_inner = product(v, of_v, transpose_first | mask_second);
    const T inner = scaled(scaled(of_u_inner - detail::swapped(of_u_inner), gaps), along) +
                    scaled(scaled(of_v_inner - detail::swapped(of_v_inner), gaps), detail::swapped(along));
    T left = product(u, inner, mask_second) + scaled(detail::repeated(of_s, u.shape()), u);
    if (m > k) left = left + scaled(of_u - product(u, of_u_inner, mask_second), detail::repeated(inverted, u.shape()));
    T result = product(left, v, transpose_second | mask_first);
    if (n > k)
      result =
          result + product(u, scaled(of_v - product(v, of_v_inner, mask_second), detail::repeated(inverted, v.shape())),
                           transpose_second | mask_second);
    return result;
  }
  // With P = Uᵀ·dA·V: ds = diag P, dU = U·(F∘(P·S + S·Pᵀ)) + (I-U·Uᵀ)·dA·V·S⁻¹, and dV the same of Aᵀ.
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const std::int64_t k = detail::extent_of(y.shape(), 1), m = detail::extent_of(x[0].shape(), 2),
                       n = detail::extent_of(x[0].shape(), 1);
    const T s = detail::rows(y, 0, 1), u = detail::rows(y, 1, 1 + m), v = detail::rows(y, 1 + m, 1 + m + n);
    const Shape square = detail::matrices_like(y.shape(), k, k);
    const T gaps = detail::gaps_of_squares(s, square), along = detail::repeated(s, square);
    const T inverted = detail::reciprocal_of_singular(s, m > n ? m : n);
    const T on_v = product(tangent, v, mask_first), on_u = product(tangent, u, transpose_first | mask_first);
    const T inner = product(u, on_v, transpose_first | mask_second);
    const T by_column = scaled(inner, along), by_row = scaled(inner, detail::swapped(along));
    T of_u = product(u, scaled(by_column + detail::swapped(by_column), gaps), mask_second);
    T of_v = product(v, scaled(by_row + detail::swapped(by_row), gaps), mask_second);
    if (m > k) of_u = of_u + scaled(on_v - product(u, inner, mask_second), detail::repeated(inverted, u.shape()));
    if (n > k)
      of_v = of_v +
             scaled(on_u - product(v, inner, transpose_second | mask_second), detail::repeated(inverted, v.shape()));
    return below(below(detail::diagonal_row(inner), of_u), of_v);
  }
  static std::vector<Sample> samples();
};

struct Qr : Structural {
  static constexpr auto name = "qr", symbol = "qr";
  static constexpr auto doc =
      "A = Q·R of [.., m, n] with m ≥ n: [.., m+n, n], Q with orthonormal columns above R, upper triangular with a "
      "diagonal that is not negative. With M = R·R̄ᵀ - Q̄ᵀ·Q and its lower triangle copied to the upper: "
      "Ā = (Q̄ + Q·M)·R⁻ᵀ, a DomainError where R has a 0 on the diagonal (the columns of A depend on each other).";
  static constexpr int arity = 1;
  static constexpr AttributeKind attribute = AttributeKind::none;
  static Type type(std::span<const Type> x, const Attribute&);
  static Array value(std::span<const Array> x, const Attribute&, const Type& result);
  template <class T>
  static T vjp(std::size_t, const T& cotangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const std::int64_t m = detail::extent_of(x[0].shape(), 2), n = detail::extent_of(x[0].shape(), 1);
    const T q = detail::rows(y, 0, m), r = detail::rows(y, m, m + n);
    const T of_q = detail::rows(cotangent, 0, m), of_r = triangle(detail::rows(cotangent, m, m + n), upper, 0);
    const T inner = product(r, of_r, transpose_second | mask_second) - product(of_q, q, transpose_first | mask_first);
    const T copied = triangle(inner, lower, 0) + detail::swapped(triangle(inner, lower, -1));
    const T left = of_q + product(q, copied, mask_second);
    return detail::swapped(triangular_solve_exactly(r, detail::swapped(left), upper));
  }
  // With C = dA·R⁻¹, B = Qᵀ·C and Ω = lower(B) - lower(B)ᵀ (below the diagonal): dQ = Q·Ω + C - Q·B, dR = (B - Ω)·R.
  template <class T>
  static T jvp(std::size_t, const T& tangent, const T& y, std::span<const T> x, const Attribute&) {
    using namespace kernels;
    const std::int64_t m = detail::extent_of(x[0].shape(), 2), n = detail::extent_of(x[0].shape(), 1);
    const T q = detail::rows(y, 0, m), r = detail::rows(y, m, m + n);
    const T c = detail::swapped(triangular_solve_exactly(r, detail::swapped(tangent), upper | as_transposed));
    const T b = product(q, c, transpose_first | mask_second), strict = triangle(b, lower, -1);
    const T remains = b - (strict - detail::swapped(strict));
    return below(c - product(q, remains, mask_second), triangle(product(remains, r, mask_first), upper, 0));
  }
  static std::vector<Sample> samples();
};

/// The place in the list means nothing.
using LinearAlgebraPrimitives = List<Triangle, TriangularSolve, Solve, Inverse, Determinant, Cofactor,
                                     LogAbsDeterminant, DeterminantSign, Cholesky, ReciprocalGaps, Eigh, Svd, Qr>;

}  // namespace wengert::ops
