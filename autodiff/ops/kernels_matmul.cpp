// Reading order: the plain loops, Blocks (who multiplies what), multiply (and what a mask asks for), matmul.
#include "wengert/autodiff/ops/kernels_matmul.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <type_traits>

#include "wengert/autodiff/ops/kernels.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"
#include "wengert/autodiff/ops/simd.hpp"
#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {

namespace {

/// One operand of a product: element (i, j) lies at i·row + j·column.
template <class T>
struct Matrix {
  const T* elements;
  std::int64_t row, column;
  [[nodiscard]] const T& at(std::int64_t i, std::int64_t j) const { return elements[i * row + j * column]; }
};

template <class T>
Matrix<T> matrix(const T* elements, std::int64_t rows, std::int64_t columns, bool transposed) {
  // `rows` and `columns` count after transposing.
  return transposed ? Matrix<T>{elements, 1, rows} : Matrix<T>{elements, columns, 1};
}

/// Plain loops. `Masked`: 1 or 2: zeros of that operand are skipped; 0: none.
template <int Masked, class T>
void multiply_plainly(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix<T>& a, const Matrix<T>& b, T* c) {
  for (std::int64_t i = 0; i < m; ++i, c += n) {
    if (b.column == 1 || Masked == 1) {
      std::fill_n(c, n, T(0));
      for (std::int64_t p = 0; p < k; ++p) {
        const T factor = a.at(i, p);
        if constexpr (Masked == 1) {
          if (factor == T(0)) continue;
        }
        for (std::int64_t j = 0; j < n; ++j) {
          if constexpr (Masked == 2) {
            if (b.at(p, j) == T(0)) continue;
          }
          c[j] += factor * b.at(p, j);
        }
      }
    } else {
      for (std::int64_t j = 0; j < n; ++j) {
        T sum = 0;
        for (std::int64_t p = 0; p < k; ++p) {
          if constexpr (Masked == 2) {
            if (b.at(p, j) == T(0)) continue;
          }
          sum += a.at(i, p) * b.at(p, j);
        }
        c[j] = sum;
      }
    }
  }
}

/// Products of fewer multiplications than this go through the loops: a call of a library costs about 50 ns there.
constexpr double tiny = 64;

/// x - x is 0 for a number, NaN for ∞ and NaN.
template <class T>
bool finite(const T* c, std::int64_t count) {
  std::array<T, 8> lane{};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (std::size_t l = 0; l < 8; ++l)
      lane[l] += c[i + static_cast<std::int64_t>(l)] - c[i + static_cast<std::int64_t>(l)];
  T sum = 0;
  for (; i < count; ++i) sum += c[i] - c[i];
  for (const T l : lane) sum += l;
  return sum == T(0);
}

/// How a product is divided, by its shape alone: items together, or each item into blocks of rows or of columns of the
/// result, whichever is the longer side. A block is a product of its own, so its bits are the same wherever it is
/// computed. Four at most: each packs the other operand anew, which costs a large product 20 % in sixteen blocks on one
/// thread, and 4 % in four.
struct Blocks {
  bool by_rows;
  Chunks of_item, of_items;

  static Blocks of(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k) {
    // Nanoseconds, less than a multiply-add takes: a block reads the whole of the other operand, so it should be larger
    // than other chunks are. Blocks have more than 10^6 multiply-adds; with fewer OpenBLAS asks for memory each time.
    constexpr double time = 0.012;
    const double of_item = time * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const std::int64_t longer = std::max(m, n);
    return {m > n, Chunks(longer, of_item / static_cast<double>(longer), 16, 4), Chunks(items, of_item)};
  }
};

/// The items of a product, c = a·b or c += factor · (a·b), by the libraries. done(where, rows, columns) follows on each
/// part of the result, in which rows lie n apart, from whatever thread made it.
template <class T, class Done>
void multiply_blocks(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
                     std::int64_t flags, T* c, std::optional<T> factor, Scratch& scratch, const Done& done) {
  const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
  const MatrixAt<const T> first{a, ta ? m : k, ta}, second{b, tb ? k : n, tb};
  const MatrixAt<T> result{c, n};
  const Blocks blocks = Blocks::of(items, m, n, k);
  if (blocks.of_item.count == 1) {
    const Gemm<T> product(m, n, k, first, second, result, factor);
    in_chunks(blocks.of_items.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
      const std::int64_t begin = blocks.of_items.begin(chunk), end = blocks.of_items.end(chunk);
      for (std::int64_t item = begin; item < end; ++item)
        product(a + item * m * k, b + item * k * n, c + item * m * n, mine);
      done(c + begin * m * n, (end - begin) * m, n);
    });
    return;
  }
  in_chunks(items * blocks.of_item.count, scratch, [&](std::int64_t chunk, Scratch& mine) {
    const std::int64_t item = chunk / blocks.of_item.count, block = chunk % blocks.of_item.count;
    const std::int64_t begin = blocks.of_item.begin(block), length = blocks.of_item.end(block) - begin;
    const T *from_a = a + item * m * k, *from_b = b + item * k * n;
    T* to = c + item * m * n;
    if (blocks.by_rows) {
      from_a += ta ? begin : begin * k;
      to += begin * n;
    } else {
      from_b += tb ? begin * k : begin;
      to += begin;
    }
    const std::int64_t rows = blocks.by_rows ? length : m, columns = blocks.by_rows ? n : length;
    const Gemm<T> product(rows, columns, k, first, second, result, factor);
    product(from_a, from_b, to, mine);
    done(to, rows, columns);
  });
}

/// The items of a product.
template <class T>
void multiply(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
              std::int64_t flags, T* c, Scratch& scratch) {
  const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
  const bool masked = (flags & (mask_first | mask_second)) != 0;
  const auto plainly = [&]<int Masked>(std::int64_t item) {
    multiply_plainly<Masked>(m, n, k, matrix(a + item * m * k, m, k, ta), matrix(b + item * k * n, k, n, tb),
                             c + item * m * n);
  };
  std::atomic<bool> strange{false};
  if (static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) <= tiny) {
    for (std::int64_t item = 0; item < items; ++item) plainly.template operator()<0>(item);
    strange = true;
  } else {
    multiply_blocks<T>(items, m, n, k, a, b, flags, c, std::nullopt, scratch,
                       [&](const T* part, std::int64_t rows, std::int64_t columns) {
                         if (!masked) return;
                         if (columns == n) columns *= rows, rows = 1;
                         for (std::int64_t i = 0; i < rows; ++i)
                           if (!finite(part + i * n, columns)) strange = true;
                       });
  }
  if (!masked || !strange) return;
  for (std::int64_t item = 0; item < items; ++item) {
    if (finite(c + item * m * n, m * n)) continue;
    if ((flags & mask_first) != 0)
      plainly.template operator()<1>(item);
    else
      plainly.template operator()<2>(item);
  }
}

/// to[i] += factor · x[i].
template <class T>
struct AddLoop {
  static WENGERT_INLINE void run(T* __restrict to, const T* __restrict x, T factor, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += factor * x[i];
  }
};

template <class T>
void multiply_and_add(std::int64_t items, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
                      std::int64_t flags, T factor, T* c, Scratch& scratch) {
  // A zero of the cotangent meets nothing but numbers, or else the product is made by itself.
  const bool clean = (flags & mask_first) != 0    ? finite(b, items * k * n)
                     : (flags & mask_second) != 0 ? finite(a, items * m * k)
                                                  : true;
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const Scratch::Mark mark(scratch);
  if (!clean || work <= tiny) {
    T* const product = scratch.take<T>(items * m * n);
    multiply(items, m, n, k, a, b, flags, product, scratch);
    detail::run_at_simd_level<AddLoop<T>>(c, product, factor, items * m * n);
    return;
  }
  if (k == 1) {  // as many loads and stores as there can be
    for (std::int64_t item = 0; item < items; ++item)
      for (std::int64_t i = 0; i < m; ++i)
        detail::run_at_simd_level<AddLoop<T>>(c + (item * m + i) * n, b + item * n, factor * a[item * m + i], n);
    return;
  }
  multiply_blocks<T>(items, m, n, k, a, b, flags, c, factor, scratch, [](const T*, std::int64_t, std::int64_t) {});
}

}  // namespace

bool all_finite(const float* elements, std::int64_t count) { return finite(elements, count); }
bool all_finite(const double* elements, std::int64_t count) { return finite(elements, count); }

void matmul(const Array& a, const Array& b, std::int64_t flags, Array& to, Scratch& scratch) {
  const Shape& result = to.shape();
  const std::size_t rank = result.rank();
  const std::int64_t m = result[rank - 2], n = result[rank - 1];
  const std::int64_t k = a.shape()[(flags & transpose_first) != 0 ? rank - 2 : rank - 1];
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    T* const c = to.mutable_data<T>().data();
    if (result.size() == 0 || k == 0) return static_cast<void>(std::fill_n(c, result.size(), T(0)));
    const T *const from_a = dense_elements<T>(a, scratch), *const from_b = dense_elements<T>(b, scratch);
    const std::int64_t items = result.size() / (m * n);
    multiply(items, m, n, k, from_a, from_b, flags, c, scratch);
  });
}

void matmul_add(const Array& a, const Array& b, std::int64_t flags, double factor, Array& to, Scratch& scratch) {
  const Shape& result = to.shape();
  const std::size_t rank = result.rank();
  const std::int64_t m = result[rank - 2], n = result[rank - 1];
  const std::int64_t k = a.shape()[(flags & transpose_first) != 0 ? rank - 2 : rank - 1];
  if (result.size() == 0 || k == 0) return;
  with_real_type(to.dtype(), [&]<class T>(std::type_identity<T>) {
    const T *const from_a = dense_elements<T>(a, scratch), *const from_b = dense_elements<T>(b, scratch);
    multiply_and_add(result.size() / (m * n), m, n, k, from_a, from_b, flags, static_cast<T>(factor),
                     to.mutable_data<T>().data(), scratch);
  });
}

}  // namespace wengert::kernels
