// One matrix product, on memory that a kernel lays out: the one file (with its source) that knows libraries for it.
// Whole arrays: kernels_matmul.hpp.
//
// libxsmm compiles a kernel for a shape, OpenBLAS has one for all. Which of them multiplies is decided by the shape
// alone; the measurements are in docs/decisions/products.md. Without the two, plain loops do.
#pragma once

#include <cstdint>
#include <optional>

#include "wengert/autodiff/ops/scratch.hpp"

namespace wengert::kernels {

/// A row-major matrix in memory: its rows begin `pitch` elements apart. `transposed`: its transpose is meant.
template <class T>
struct MatrixAt {
  T* elements = nullptr;
  std::int64_t pitch = 0;
  bool transposed = false;
};

/// How libxsmm multiplies: c = a·b, in which b is not transposed, panel of b by panel.
struct Panels {
  using Kernel = void (*)();

  int m = 0, n = 0, k = 0, pitch_a = 0, pitch_b = 0, pitch_c = 0;
  bool transposed_a = false;
  int width = 0, depth = 0;  ///< columns and rows of a panel, but the last ones'
  Kernel only = nullptr;     ///< the kernel, where one panel is all
};

/// Products of one shape and layout: c = a·b, or c += factor · (a·b), in which what is added has been summed before. a
/// is m×k, b is k×n, c is m×n and not transposed; a and b as they are after transposing. On one thread, in a fixed
/// order: the same bits every time on one machine type. f32, f64.
template <class T>
class Gemm {
 public:
  /// Reads of the matrices how they lie, not their elements.
  Gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const T>& a, const MatrixAt<const T>& b,
       const MatrixAt<T>& c, std::optional<T> factor = {});
  /// Multiplies elements that lie so. Throws CapacityError when memory for the scratch runs out.
  void operator()(const T* a, const T* b, T* c, Scratch& scratch) const;

 private:
  enum class Way : std::uint8_t { nothing, direct, turned, blas, blas_vector, loops };

  void by_panels(const T* a, const T* b, T* c, Scratch& scratch) const;

  std::int64_t m_, n_, k_, pitch_a_, pitch_b_, pitch_c_;
  bool transposed_a_, transposed_b_;
  std::optional<T> factor_;
  Way way_ = Way::loops;
  Panels panels_;  // of the product that libxsmm computes
};
extern template class Gemm<float>;
extern template class Gemm<double>;

/// One such product.
template <class T>
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const MatrixAt<const T>& a, const MatrixAt<const T>& b,
          const MatrixAt<T>& c, Scratch& scratch, std::optional<T> factor = {}) {
  Gemm<T>(m, n, k, a, b, c, factor)(a.elements, b.elements, c.elements, scratch);
}

/// True where small products go to OpenBLAS, for want of libxsmm: its kernels for them ask for memory each time.
[[nodiscard]] bool products_ask_for_memory();

/// Keeps the BLAS to one thread, from the first call on; why so, and for whom: kernels_gemm.cpp. Without one, nothing.
void make_blas_serial();

}  // namespace wengert::kernels
