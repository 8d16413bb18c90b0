// Linear algebra on the matrices of the last two axes, item by item, by LAPACK on one thread: the same bits every time
// on one machine type.
//
// Operands have the shapes that the type rules of linear_algebra.hpp demand; `result` is what they gave. f32 and f64.
// An item with an element that is not finite (of the matrix that is decomposed) gives NaN throughout. Errors carry no
// location: who calls adds it. All throw CapacityError when memory runs out or an extent passes LAPACK's, and
// EnvironmentError where the library was built without a LAPACK.
#pragma once

#include <cstdint>

#include "wengert/graph/array.hpp"

namespace wengert::kernels {

/// a⁻¹·b or a⁻ᵀ·b. DomainError: a pivot is 0.
[[nodiscard]] Array solve(const Array& a, const Array& b, bool transposed, const Type& result);
/// The same for a triangular a; flags: ops::Triangular. DomainError: a 0 on the diagonal.
[[nodiscard]] Array triangular_solve(const Array& a, const Array& b, std::int64_t flags, const Type& result);
/// DomainError: a pivot is 0.
[[nodiscard]] Array inverse(const Array& a, const Type& result);

[[nodiscard]] Array determinant(const Array& a, const Type& result);
[[nodiscard]] Array log_abs_determinant(const Array& a, const Type& result);
[[nodiscard]] Array determinant_sign(const Array& a, const Type& result);
[[nodiscard]] Array cofactor(const Array& a, const Type& result);
/// An estimate of 1/(‖a‖₁·‖a⁻¹‖₁).
[[nodiscard]] Array reciprocal_condition(const Array& a, const Type& result);

/// Of ½(a + aᵀ). DomainError: a leading minor is not positive.
[[nodiscard]] Array cholesky(const Array& a, const Type& result);
/// Of ½(a + aᵀ): values in the first row, vectors below.
[[nodiscard]] Array eigh(const Array& a, const Type& result);
/// The singular values in the first row, then U, then V. DomainError: no convergence.
[[nodiscard]] Array svd(const Array& a, const Type& result);
/// Q above R.
[[nodiscard]] Array qr(const Array& a, const Type& result);

}  // namespace wengert::kernels
