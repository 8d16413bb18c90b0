// What softmax and its kin are made of (vector_functions.hpp: RowFunctions), for every instruction set of the machine.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/kernels_rows.hpp"
#include "wengert/autodiff/ops/vector_functions.hpp"

using namespace wengert;
using namespace wengert::kernels;

namespace {

using Reals = std::tuple<float, double>;
template <class T>
using limits = std::numeric_limits<T>;

template <class T>
std::vector<T> random_row(std::size_t count, std::uint64_t seed, double spread = 20.0) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> of(-spread, spread);
  std::vector<T> row(count);
  for (T& x : row) x = static_cast<T>(of(random));
  return row;
}
template <class T>
std::int64_t size_of(const std::vector<T>& row) {
  return static_cast<std::int64_t>(row.size());
}

/// |a - b| in units of the last place of b.
template <class T>
double ulps(T a, long double b) {
  if (static_cast<long double>(a) == b) return 0.0;
  const long double size = std::max(std::abs(b), static_cast<long double>(limits<T>::min()));
  const long double unit = std::ldexp(1.0L, std::ilogb(size) - (limits<T>::digits - 1));
  return static_cast<double>(std::abs(static_cast<long double>(a) - b) / unit);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_functions)

BOOST_AUTO_TEST_CASE_TEMPLATE(the_largest_element_wherever_it_stands, T, Reals) {
  for (const VectorLevel& level : vector_levels()) {
    const RowFunctions<T>& rows = level.functions->rows<T>();
    const auto largest = rows.largest;
    for (std::size_t count = 1; count < 150; ++count) {
      std::vector<T> row = random_row<T>(count, count);
      for (std::size_t at = 0; at < count; ++at) {
        const T before = row[at];
        row[at] = T(21) + static_cast<T>(at);
        BOOST_TEST(largest(row.data(), size_of(row)) == row[at], level.name << ", " << at << " of " << count);
        row[at] = before;
      }
    }
    const std::vector<T> low(77, -limits<T>::infinity());
    BOOST_TEST(largest(low.data(), 77) == -limits<T>::infinity());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_nan_wherever_it_stands_is_one_of_the_sum, T, Reals) {
  for (const VectorLevel& level : vector_levels()) {
    const RowFunctions<T>& rows = level.functions->rows<T>();
    for (std::size_t count = 1; count < 150; count += count < 40 ? 1 : 13)
      for (const double spread : {3.0, 2000.0}) {  // near the largest element, and far from it
        std::vector<T> row = random_row<T>(count, count, spread), powers(count);
        for (std::size_t at = 0; at < count; ++at) {
          const T before = std::exchange(row[at], limits<T>::quiet_NaN());
          for (const T m : {T(0), T(spread)})
            BOOST_TEST(std::isnan(rows.powers(row.data(), m, powers.data(), size_of(row)).others),
                       level.name << ", NaN at " << at << " of " << count << ", " << m);
          std::vector<T> given(count);
          const auto sum = exponentials(row.data(), size_of(row), given.data());
          BOOST_TEST(std::isnan(sum.maximum));
          BOOST_TEST(std::isnan(sum.logarithm()));
          BOOST_TEST(std::ranges::all_of(given, [](T x) { return std::isnan(x); }));
          row[at] = before;
        }
      }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(powers_and_their_sum_are_those_of_long_double, T, Reals) {
  for (const VectorLevel& level : vector_levels()) {
    const RowFunctions<T>& rows = level.functions->rows<T>();
    for (std::size_t count = 1; count < 200; count += count < 70 ? 1 : 17) {
      std::vector<T> row = random_row<T>(count, 3 * count, count % 2 == 0 ? 3.0 : 60.0);
      if (count > 5) row[count / 3] = -limits<T>::infinity(), row[count / 4] = T(-1e30);
      const T m = rows.largest(row.data(), size_of(row));
      if (count > 9) row[count / 2] = row[count / 5] = m;
      std::vector<T> powers(count + 1, T(77));
      const auto sum = rows.powers(row.data(), m, powers.data(), size_of(row));
      long double others = 0;
      std::int64_t largest = 0;
      double worst = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const long double exact = std::exp(static_cast<long double>(row[i] - m));
        worst = std::max(worst, ulps(powers[i], exact));
        if (row[i] == m) {
          ++largest;
          BOOST_TEST(powers[i] == T(1));
        } else {
          others += exact;
        }
      }
      BOOST_TEST(worst <= 1.5, level.name << ", of " << count << ": " << worst);  // docs/accuracy.md: exp
      BOOST_TEST(powers[count] == T(77), "written behind the row");
      BOOST_TEST(sum.largest == largest);
      BOOST_TEST(std::abs(sum.others - static_cast<double>(others)) <=
                     static_cast<double>(others) * 2.0 * static_cast<double>(limits<T>::epsilon()),
                 level.name << ", of " << count);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_row_by_a_factor_that_is_not_rounded, T, Reals) {
  for (const VectorLevel& level : vector_levels()) {
    const bool fused = level.name != "SSE4" && level.name != "SSE2";
    const auto scaled = level.functions->rows<T>().scaled;
    for (std::size_t count = 1; count < 100; ++count) {
      std::vector<T> row = random_row<T>(count, count), out(count + 1, T(77));
      const double factor = 1.0 / (1.0 + static_cast<double>(count) / 7);
      scaled(row.data(), factor, out.data(), size_of(row));
      for (std::size_t i = 0; i < count; ++i)
        BOOST_TEST(
            ulps(out[i], static_cast<long double>(row[i]) * static_cast<long double>(factor)) <= (fused ? 0.5001 : 1.0),
            level.name << ", " << i << " of " << count);
      BOOST_TEST(out[count] == T(77), "written behind the row");
      scaled(row.data(), factor, row.data(), size_of(row));  // in its place
      out.pop_back();
      BOOST_TEST(row == out, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(instruction_sets_with_fused_multiply_add_give_the_same_bits_of_rows, T, Reals) {
  const std::vector<T> row = random_row<T>(333, 8);
  std::vector<std::vector<T>> powers;
  std::vector<double> sums;
  for (const VectorLevel& level : vector_levels()) {
    if (level.name != "AVX2" && level.name != "AVX-512") continue;
    powers.emplace_back(row.size());
    sums.push_back(level.functions->rows<T>().powers(row.data(), T(20), powers.back().data(), size_of(row)).others);
  }
  for (std::size_t k = 1; k < sums.size(); ++k) {
    BOOST_TEST(sums[k] == sums[0]);
    BOOST_TEST(powers[k] == powers[0], boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_small_rest_keeps_its_digits, T, Reals) {
  const T low = sizeof(T) == 4 ? T(-60) : T(-100);
  for (const std::size_t count : {2u, 33u, 300u, 5000u}) {
    std::vector<T> row(count, low);
    row[count / 2] = 0;
    const auto sum = exponentials<T>(row.data(), size_of(row), nullptr);
    const double exact = static_cast<double>(count - 1) * std::exp(static_cast<double>(low));
    BOOST_TEST(std::abs(sum.rest - exact) <= 2 * static_cast<double>(limits<T>::epsilon()) * exact);
    // Of the element that nearly has it all, log softmax is as small as the rest.
    BOOST_TEST(ulps(sum.log_share(T(0)), -std::log1p(static_cast<long double>(exact))) <= 2.0);
    row[0] = 0;  // twice the largest
    BOOST_TEST(std::abs(exponentials<T>(row.data(), size_of(row), nullptr).rest - 1.0) <= 1e-6);
  }
}

BOOST_AUTO_TEST_SUITE_END()
