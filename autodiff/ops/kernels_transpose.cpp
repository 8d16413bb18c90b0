#include "wengert/autodiff/ops/kernels_transpose.hpp"

#include <cstring>
#include <utility>

#include "wengert/autodiff/ops/contract.hpp"
#include "wengert/autodiff/ops/simd.hpp"

namespace wengert::kernels {

namespace {

/// to[j, i] = from[i, j], or += factor · from[i, j] if Add: squares of 32 bytes a row are turned in registers.
template <bool Add, class T>
struct Transpose {
  static constexpr int side = 32 / sizeof(T);
  using Sides = std::make_integer_sequence<int, side>;
  typedef T Row __attribute__((vector_size(32)));  // NOLINT(modernize-use-using): clang wants it so

  template <int Step, int... J>
  static WENGERT_INLINE void exchange(Row& a, Row& b, std::integer_sequence<int, J...>) {
    const Row first = __builtin_shufflevector(a, b, ((J & Step) != 0 ? J - Step + side : J)...);
    b = __builtin_shufflevector(a, b, ((J & Step) != 0 ? J + side : J + Step)...);
    a = first;
  }
  /// Rows whose numbers differ in the bit Step exchange the elements whose column numbers differ from theirs in it.
  template <int Step, int I>
  static WENGERT_INLINE void exchange_from(Row* row) {
    if constexpr ((I & Step) == 0 && Step < side) exchange<Step>(row[I], row[I + Step], Sides{});
  }
  template <int I>
  static WENGERT_INLINE void store(const Row& row, T factor, T* to) {
    Row sum = row;
    if constexpr (Add) {
      Row there;
      std::memcpy(&there, to, sizeof there);
      sum = there + factor * row;
    }
    std::memcpy(to, &sum, sizeof sum);
  }
  template <int... I>
  static WENGERT_INLINE void square(const T* from, std::int64_t pitch, T factor, T* to, std::int64_t pitch_to,
                                    std::integer_sequence<int, I...>) {
    Row row[side];
    (std::memcpy(&row[I], from + I * pitch, sizeof(Row)), ...);
    (exchange_from<1, I>(row), ...);
    (exchange_from<2, I>(row), ...);
    (exchange_from<4, I>(row), ...);
    (store<I>(row[I], factor, to + I * pitch_to), ...);
  }
  static WENGERT_INLINE void run(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t pitch, T factor,
                                 T* to, std::int64_t pitch_to) {
    const std::int64_t whole_rows = rows / side * side, whole_columns = columns / side * side;
    for (std::int64_t j = 0; j < whole_columns; j += side)
      for (std::int64_t i = 0; i < whole_rows; i += side)
        square(from + i * pitch + j, pitch, factor, to + j * pitch_to + i, pitch_to, Sides{});
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t i = j < whole_columns ? whole_rows : 0; i < rows; ++i) {
        T& place = to[j * pitch_to + i];
        place = Add ? place + factor * from[i * pitch + j] : from[i * pitch + j];
      }
  }
};

}  // namespace

template <class T>
void transpose(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t pitch, T* to,
               std::int64_t pitch_to) {
  detail::run_at_simd_level<Transpose<false, T>>(from, rows, columns, pitch, T(1), to, pitch_to);
}
template <class T>
void add_transpose(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t pitch, T factor, T* to,
                   std::int64_t pitch_to) {
  detail::run_at_simd_level<Transpose<true, T>>(from, rows, columns, pitch, factor, to, pitch_to);
}
template void transpose(const float*, std::int64_t, std::int64_t, std::int64_t, float*, std::int64_t);
template void transpose(const double*, std::int64_t, std::int64_t, std::int64_t, double*, std::int64_t);
template void add_transpose(const float*, std::int64_t, std::int64_t, std::int64_t, float, float*, std::int64_t);
template void add_transpose(const double*, std::int64_t, std::int64_t, std::int64_t, double, double*, std::int64_t);

}  // namespace wengert::kernels
