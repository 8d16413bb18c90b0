// One matrix product (kernels_gemm.hpp) against plain loops: every way that a shape can go, wherever the matrices lie.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#  include <cpuid.h>
#endif

#include "allocation_count.hpp"
#include "wengert/autodiff/ops/kernels_gemm.hpp"

using namespace wengert::kernels;
using wengert::test::allocations;
using wengert::test::counts_allocations;

namespace {

/// A matrix of m×n, or its transpose, with `gap` elements between its rows that nobody may read (NaN) or write.
template <class T>
struct Lying {
  std::int64_t rows, columns, pitch;
  bool transposed;
  std::vector<T> elements;

  Lying(std::int64_t m, std::int64_t n, bool transposes, std::int64_t gap, std::mt19937& random)
      : rows(transposes ? n : m),
        columns(transposes ? m : n),
        pitch(columns + gap),
        transposed(transposes),
        elements(static_cast<std::size_t>(rows * pitch), std::numeric_limits<T>::quiet_NaN()) {
    std::uniform_real_distribution<double> within(-1.0, 1.0);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) lying(i, j) = static_cast<T>(within(random));
  }
  T& lying(std::int64_t i, std::int64_t j) { return elements[static_cast<std::size_t>(i * pitch + j)]; }
  T& at(std::int64_t i, std::int64_t j) { return transposed ? lying(j, i) : lying(i, j); }
  [[nodiscard]] MatrixAt<const T> matrix() const { return {elements.data(), pitch, transposed}; }
};

struct Way {
  std::int64_t m, n, k;
  bool ta, tb;
  double factor;  ///< of what is added; 0: nothing is, the product is written
  std::int64_t gap;
};

template <class T>
std::optional<T> factor_of(const Way& w) {
  return w.factor == 0 ? std::nullopt : std::optional(static_cast<T>(w.factor));
}

template <class T>
void check(const Way& w, Scratch& scratch, std::mt19937& random) {
  Lying<T> a(w.m, w.k, w.ta, w.gap, random), b(w.k, w.n, w.tb, w.gap, random), c(w.m, w.n, false, w.gap, random);
  Lying<T> before = c;
  if (w.factor == 0)
    for (std::int64_t i = 0; i < w.m; ++i)
      for (std::int64_t j = 0; j < w.n; ++j) c.at(i, j) = std::numeric_limits<T>::quiet_NaN();
  gemm<T>(w.m, w.n, w.k, a.matrix(), b.matrix(), {c.elements.data(), c.pitch}, scratch, factor_of<T>(w));
  // Higham, Accuracy and Stability of Numerical Algorithms, §3.1: (k + 1)·u·Σ|a·b| for any order of the sum; twice, for
  // the sum here rounds, too.
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
  bool gaps = true, near = true;
  for (std::int64_t i = 0; i < w.m; ++i) {
    for (std::int64_t j = 0; j < w.n; ++j) {
      double sum = w.factor != 0 ? static_cast<double>(before.at(i, j)) : 0.0, size = std::abs(sum);
      const double factor = w.factor == 0 ? 1 : static_cast<double>(static_cast<T>(w.factor));
      for (std::int64_t p = 0; p < w.k; ++p) {
        const double term = factor * static_cast<double>(a.at(i, p)) * static_cast<double>(b.at(p, j));
        sum += term;
        size += std::abs(term);
      }
      near = near && std::abs(sum - static_cast<double>(c.at(i, j))) <= 2 * static_cast<double>(w.k + 2) * unit * size;
    }
    for (std::int64_t j = w.n; j < c.pitch; ++j) gaps = gaps && std::isnan(c.lying(i, j));
  }
  BOOST_TEST(gaps);
  BOOST_TEST(near);
}

template <class T>
void check_shape(std::int64_t m, std::int64_t n, std::int64_t k, Scratch& scratch, std::mt19937& random) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const double factor : {0.0, 1.0, -0.3})
        for (const std::int64_t gap : {0, 3}) {
          BOOST_TEST_CONTEXT(m << "×" << n << "×" << k << " " << ta << tb << " factor " << factor << " gap " << gap
                               << " of " << sizeof(T)) {
            check<T>({m, n, k, ta, tb, factor, gap}, scratch, random);
          }
        }
}

/// The bits of a product whose operands and result begin so many elements behind where memory does.
template <class T>
std::vector<T> bits_at(const Way& w, std::size_t a_at, std::size_t b_at, std::size_t c_at, Scratch& scratch) {
  std::mt19937 random(6);
  const Lying<T> a(w.m, w.k, w.ta, w.gap, random), b(w.k, w.n, w.tb, w.gap, random);
  std::vector<T> at_a(a_at), at_b(b_at), c(c_at + static_cast<std::size_t>(w.m * w.n));
  at_a.insert(at_a.end(), a.elements.begin(), a.elements.end());
  at_b.insert(at_b.end(), b.elements.begin(), b.elements.end());
  gemm<T>(w.m, w.n, w.k, {at_a.data() + a_at, a.pitch, w.ta}, {at_b.data() + b_at, b.pitch, w.tb},
          {c.data() + c_at, w.n}, scratch, factor_of<T>(w));
  return {c.begin() + static_cast<std::ptrdiff_t>(c_at), c.end()};
}

template <class T>
void check_bits(std::int64_t m, std::int64_t n, std::int64_t k) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const std::int64_t gap : {0, 3}) {
        Scratch scratch;
        const Way way{m, n, k, ta, tb, 0.0, gap};
        const std::vector<T> once = bits_at<T>(way, 0, 0, 0, scratch);
        for (const std::size_t at : {1U, 2U, 4U, 7U, 8U, 13U}) {
          bits_at<T>({m + 1, n + 2, k + 3, ta, tb, 1.0, gap}, 0, 0, 0, scratch);
          const std::vector<T> again = bits_at<T>(way, at, at / 2, 3 * at % 16, scratch);
          BOOST_TEST_CONTEXT(m << "×" << n << "×" << k << " " << ta << tb << " gap " << gap << " of " << sizeof(T)
                               << ", " << at << " elements on") {
            BOOST_TEST(std::memcmp(once.data(), again.data(), once.size() * sizeof(T)) == 0);
          }
        }
      }
}

#if defined(__x86_64__) && defined(__OPTIMIZE__)  // without, compilers leave upper halves in use everywhere
/// Whether upper halves of the vector registers hold anything; empty: the machine does not tell.
std::optional<bool> upper_halves_in_use() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0 || (c & bit_AVX) == 0) return std::nullopt;
  if (__get_cpuid_count(0xd, 1, &a, &b, &c, &d) == 0 || (a & 4U) == 0) return std::nullopt;
  unsigned in_use = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(in_use), "=d"(high) : "c"(1));
  return (in_use & 4U) != 0;  // Intel SDM, volume 1, §13.6: XINUSE, of which bit 2 is the upper halves of ymm
}
#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(products)

BOOST_AUTO_TEST_CASE(every_layout_of_small_shapes) {
  std::mt19937 random(1);
  Scratch scratch;
  const std::int64_t sizes[]{0, 1, 2, 5, 8, 10, 17, 33};
  for (const std::int64_t m : sizes)
    for (const std::int64_t n : sizes)
      for (const std::int64_t k : sizes) {
        check_shape<float>(m, n, k, scratch, random);
        check_shape<double>(m, n, k, scratch, random);
      }
}

// Too large for one panel of b (or of aᵀ, where the product is turned), and so large that it is left to the BLAS.
BOOST_AUTO_TEST_CASE(every_layout_of_large_shapes) {
  std::mt19937 random(2);
  Scratch scratch;
  check_shape<float>(40, 600, 520, scratch, random);
  check_shape<double>(300, 40, 530, scratch, random);
  check_shape<double>(40, 290, 530, scratch, random);
  check_shape<double>(3, 530, 610, scratch, random);
}

BOOST_AUTO_TEST_CASE(a_product_that_was_computed_before_allocates_nothing) {
  std::mt19937 random(3);
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{32, 256, 784},
                                {64, 10, 128},
                                {1, 128, 10},
                                {40, 600, 520},
                                {256, 1, 100},
                                {12, 12, 12}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        Lying<float> a(m, k, ta, 0, random), b(k, n, tb, 0, random), c(m, n, false, 0, random);
        Scratch scratch;
        std::uint64_t before = 0;
        for (int round = 0; round < 2; ++round) {
          before = allocations();
          const Scratch::Mark mark(scratch);
          gemm<float>(m, n, k, a.matrix(), b.matrix(), {c.elements.data(), c.pitch}, scratch);
        }
        BOOST_TEST_CONTEXT(m << "×" << n << "×" << k << " " << ta << tb) {
          if (counts_allocations && !products_ask_for_memory()) BOOST_TEST(allocations() == before);
        }
      }
}

// A kernel that adds to c as it goes rounds every term to what c can tell apart: these are less than half of that.
BOOST_AUTO_TEST_CASE(terms_that_are_small_beside_what_they_are_added_to_are_not_lost) {
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{64, 48, 512},
                                {100, 10, 512},
                                {10, 100, 512},
                                {1, 40, 512},
                                {40, 1, 512},
                                {300, 700, 1024},
                                {3, 3, 512}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const std::vector<float> a(static_cast<std::size_t>(m * k), 0x1p-13F),
            b(static_cast<std::size_t>(k * n), 0x1p-13F);
        std::vector<float> c(static_cast<std::size_t>(m * n), 1.0F);
        Scratch scratch;
        gemm<float>(m, n, k, {a.data(), ta ? m : k, ta}, {b.data(), tb ? k : n, tb}, {c.data(), n}, scratch, 1.0F);
        const float expected = 1.0F + static_cast<float>(k) * 0x1p-26F;
        BOOST_TEST_CONTEXT(m << "×" << n << "×" << k << " " << ta << tb) {
          BOOST_TEST(std::ranges::all_of(c, [&](float x) { return x == expected; }));
        }
      }
}

BOOST_AUTO_TEST_CASE(bits_depend_neither_on_where_matrices_lie_nor_on_what_ran_before) {
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{32, 40, 100},
                                {64, 10, 128},
                                {1, 100, 70},
                                {90, 1, 33},
                                {3, 200, 150},
                                {25, 6, 300},
                                {10, 530, 515}}) {
    check_bits<float>(m, n, k);
    check_bits<double>(m, n, k);
  }
}

// ThreadSanitizer's own code between the two uses the registers.
#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_THREAD__)
// Instructions of SSE keep the upper halves and so wait for them: whatever ran after a product was up to three times as
// slow.
BOOST_AUTO_TEST_CASE(products_leave_upper_halves_of_registers_empty) {
  std::mt19937 random(5);
  Scratch scratch;
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{32, 40, 100}, {64, 10, 128}, {40, 600, 520}}) {
    const Lying<float> a(m, k, false, 0, random), b(k, n, true, 0, random);
    std::vector<float> c(static_cast<std::size_t>(m * n));
    gemm<float>(m, n, k, a.matrix(), b.matrix(), {c.data(), n}, scratch);
    const std::optional<bool> in_use = upper_halves_in_use();
    BOOST_TEST(!in_use.value_or(false), m << "×" << n << "×" << k);
  }
}
#endif

// Kernels are compiled when they are first asked for: here by four threads at once.
BOOST_AUTO_TEST_CASE(threads_that_ask_at_once_get_the_same_bits) {
  std::mt19937 random(4);
  for (std::int64_t m = 18; m < 42; ++m) {
    const Lying<double> a(m, 27, false, 0, random), b(27, 29, true, 0, random);
    std::vector<std::vector<double>> results(4, std::vector<double>(static_cast<std::size_t>(m * 29)));
    {
      std::vector<std::jthread> threads;
      for (std::vector<double>& c : results)
        threads.emplace_back([&] {
          Scratch scratch;
          gemm<double>(m, 29, 27, a.matrix(), b.matrix(), {c.data(), 29}, scratch);
        });
    }
    for (const std::vector<double>& c : results)
      BOOST_TEST(std::memcmp(c.data(), results[0].data(), c.size() * sizeof(double)) == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
