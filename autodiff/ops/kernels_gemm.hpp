// One matrix product inside a kernel, on memory that the kernel lays out. Whole arrays: kernels_matmul.hpp.
#pragma once

#include <cstdint>

namespace wengert::kernels {

/// A row-major matrix in memory: its rows begin `pitch` elements apart. `transposed`: its transpose is meant.
template <class T>
struct MatrixAt {
  T* elements = nullptr;
  std::int64_t pitch = 0;
  bool transposed = false;
};

/// c = a·b, or c += a·b: a is m×k, b is k×n, c is m×n and not transposed; a and b as they are after transposing. By the
/// BLAS, on one thread, in a fixed order; by plain loops where there is none.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const float>& a,
          const MatrixAt<const float>& b, const MatrixAt<float>& c, bool add);
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const double>& a,
          const MatrixAt<const double>& b, const MatrixAt<double>& c, bool add);

/// True when no element is ∞ or NaN.
[[nodiscard]] bool all_finite(const float* elements, std::int64_t count);
[[nodiscard]] bool all_finite(const double* elements, std::int64_t count);

}  // namespace wengert::kernels
