// Linear algebra on tensors, with derivatives of every order: solving, determinants, decompositions.
//
// Matrices lie along the last two axes; the axes before them are items, each with a matrix of its own, and are
// broadcast where there are two operands. f32 or f64. LAPACK computes, on one thread.
//
//     Tensor x = solve(a, b);                       // a·x = b
//     Tensor l = cholesky(k);                       // k = l·lᵀ
//     auto [values, vectors] = eigh(s);             // s·vectors = vectors·diag(values)
//
// A matrix without an inverse, or one that is not positive definite, is a DomainError with the item, the pivot and the
// line of the call; where a derivative does not exist, ±∞ or NaN. A matrix with an element that is ∞ or NaN gives NaN.
// All conventions in one table: docs/howto/linear_algebra.md. The rules: ops/linear_algebra.hpp.
//
// Reading order: triangles, solving, determinants, decompositions; then what the rules are written in.
#pragma once

#include <cstdint>
#include <source_location>

#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"

namespace wengert {

/// Which part of a matrix.
enum class Part : std::uint8_t { lower, upper };
/// Whether a matrix or its transpose stands in an equation.
enum class Turned : std::uint8_t { no, yes };
/// Whether the diagonal of a triangular matrix counts as 1, whatever stands there.
enum class UnitDiagonal : std::uint8_t { no, yes };

// --- Triangles
// --------------------------------------------------------------------------------------------------------

/// The elements (i, j) with j - i ≤ offset; 0 for the others.
[[nodiscard]] Tensor lower_triangle(const Tensor& x, std::int64_t offset = 0,
                                    std::source_location where = std::source_location::current());
/// The elements (i, j) with j - i ≥ offset; 0 for the others.
[[nodiscard]] Tensor upper_triangle(const Tensor& x, std::int64_t offset = 0,
                                    std::source_location where = std::source_location::current());
/// The constant n×n matrix with ones on the diagonal.
[[nodiscard]] Tensor identity(std::int64_t n, Dtype dtype = Dtype::f64,
                              std::source_location where = std::source_location::current());

// --- Solving
// ----------------------------------------------------------------------------------------------------------

/// x with a·x = b (aᵀ·x = b): a [.., n, n]; b [n], or [.., n, k] with k right sides. By LU with partial pivoting.
/// Throws DomainError where a pivot is exactly 0.
[[nodiscard]] Tensor solve(const Tensor& a, const Tensor& b, Turned turned = Turned::no,
                           std::source_location where = std::source_location::current());
/// The same for a triangular a, of which one part is read. Throws DomainError where a 0 stands on the diagonal.
[[nodiscard]] Tensor triangular_solve(const Tensor& a, const Tensor& b, Part part = Part::lower,
                                      Turned turned = Turned::no, UnitDiagonal unit = UnitDiagonal::no,
                                      std::source_location where = std::source_location::current());
/// x with l·lᵀ·x = b for a lower triangular l, as cholesky gives it.
[[nodiscard]] Tensor cholesky_solve(const Tensor& l, const Tensor& b,
                                    std::source_location where = std::source_location::current());
/// The inverse. Throws DomainError where a pivot is exactly 0. To solve, use solve: it is faster and closer.
[[nodiscard]] Tensor inverse(const Tensor& a, std::source_location where = std::source_location::current());
/// x with the least ‖a·x - b‖, for a [.., m, n] with m ≥ n and independent columns, by qr; b as for solve, with m rows.
/// Throws DomainError where r has a 0 on its diagonal.
[[nodiscard]] Tensor least_squares(const Tensor& a, const Tensor& b,
                                   std::source_location where = std::source_location::current());
/// An estimate of 1/(‖a‖·‖a⁻¹‖) in the 1-norm, for every item: near 1 is good, near ε (2⁻⁵³; 2⁻²⁴ for f32) means that
/// no digit of a solution can be relied on, 0 is exactly singular. A constant: out of the recording.
[[nodiscard]] Tensor reciprocal_condition(const Tensor& a,
                                          std::source_location where = std::source_location::current());

// --- Determinants
// -----------------------------------------------------------------------------------------------------

/// The determinant; its first derivative is exact at singular matrices too.
[[nodiscard]] Tensor determinant(const Tensor& a, std::source_location where = std::source_location::current());
/// The matrix of cofactors, the gradient of the determinant.
[[nodiscard]] Tensor cofactor(const Tensor& a, std::source_location where = std::source_location::current());
/// log |det a|, which neither overflows nor underflows; -∞ of a singular matrix.
[[nodiscard]] Tensor log_abs_determinant(const Tensor& a, std::source_location where = std::source_location::current());
/// Its companion: -1, 1, or 0 of a singular matrix. No derivative passes.
[[nodiscard]] Tensor determinant_sign(const Tensor& a, std::source_location where = std::source_location::current());
/// log det a of a positive definite matrix, by cholesky; throws as that does.
[[nodiscard]] Tensor log_determinant(const Tensor& a, std::source_location where = std::source_location::current());

// --- Decompositions
// --------------------------------------------------------------------------------------------------- cholesky and eigh
// are of the symmetric part ½(a + aᵀ), so the gradient is symmetric, and is that of the function as a function of all
// elements.

/// The lower triangular l with positive diagonal and l·lᵀ = a. Throws DomainError unless a is positive definite.
[[nodiscard]] Tensor cholesky(const Tensor& a, std::source_location where = std::source_location::current());

/// Eigenvalues [.., n], ascending, and below each its vector, of length 1, in the columns of a matrix [.., n, n]; see
/// ops::Eigh for the sign. Derivatives of vectors, and of single values, exist where the values differ.
struct EigenDecomposition {
  Tensor values, vectors;
};
[[nodiscard]] EigenDecomposition eigh(const Tensor& a, std::source_location where = std::source_location::current());

/// u·diag(s)·vᵀ = a, a [.., m, n]: u [.., m, k], s [.., k] descending, v [.., n, k], k the smaller of m and n.
struct SingularValueDecomposition {
  Tensor u, s, v;
};
[[nodiscard]] SingularValueDecomposition svd(const Tensor& a,
                                             std::source_location where = std::source_location::current());

/// q·r = a, a [.., m, n] with m ≥ n: q [.., m, n] with orthonormal columns, r upper triangular, its diagonal ≥ 0.
struct QrDecomposition {
  Tensor q, r;
};
[[nodiscard]] QrDecomposition qr(const Tensor& a, std::source_location where = std::source_location::current());

// --- What the rules of ops/linear_algebra.hpp are written in, besides
// ------------------------------------------------- Operands that fit exactly.

/// Triangle: `part` 0 lower, 1 upper.
[[nodiscard]] Tensor triangle(const Tensor& x, std::int64_t part, std::int64_t offset);
/// TriangularSolve with its flags (ops::Triangular), and Solve.
[[nodiscard]] Tensor triangular_solve_exactly(const Tensor& a, const Tensor& b, std::int64_t flags);
[[nodiscard]] Tensor solve_exactly(const Tensor& a, const Tensor& b, bool transposed);
/// ReciprocalGaps.
[[nodiscard]] Tensor reciprocal_gaps(const Tensor& row);
/// The rows of a, and below them those of b.
[[nodiscard]] Tensor below(const Tensor& a, const Tensor& b);

}  // namespace wengert
