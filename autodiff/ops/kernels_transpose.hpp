// Transposed matrices in memory; f32 and f64.
#pragma once

#include <cstdint>

namespace wengert::kernels {

/// to[j·pitch_to + i] = from[i·pitch + j] for i < rows, j < columns. The two do not overlap.
template <class T>
void transpose(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t pitch, T* to,
               std::int64_t pitch_to);
/// The same, but factor · what is there is added.
template <class T>
void add_transpose(const T* from, std::int64_t rows, std::int64_t columns, std::int64_t pitch, T factor, T* to,
                   std::int64_t pitch_to);

extern template void transpose(const float*, std::int64_t, std::int64_t, std::int64_t, float*, std::int64_t);
extern template void transpose(const double*, std::int64_t, std::int64_t, std::int64_t, double*, std::int64_t);
extern template void add_transpose(const float*, std::int64_t, std::int64_t, std::int64_t, float, float*, std::int64_t);
extern template void add_transpose(const double*, std::int64_t, std::int64_t, std::int64_t, double, double*,
                                   std::int64_t);

}  // namespace wengert::kernels
