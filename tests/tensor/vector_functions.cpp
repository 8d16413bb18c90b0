// Vector functions: the error that is stated, special values, that an element's bits depend on it alone.
#include <boost/test/unit_test.hpp>

#include <cfloat>
#include <fstream>
#include <iterator>
#include <sstream>

#include "vector_oracle.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/autodiff/ops/vector_pairs.hpp"

using namespace wengert;
using namespace wengert::kernels;
using namespace wengert::test;

namespace {

template <class T>
double stated(const VectorAccuracy& a) {
  return sizeof(T) == sizeof(float) ? a.f32 : a.f64;
}

template <class T>
std::vector<T> special_values() {
  using limits = std::numeric_limits<T>;
  std::vector<T> positive{0,
                          limits::denorm_min(),
                          3 * limits::denorm_min(),
                          limits::min() / 2,
                          limits::min(),
                          limits::min() * 3,
                          limits::epsilon() / 4,
                          limits::epsilon(),
                          T(0.25),
                          T(0.34657359027997264),
                          T(0.5),
                          std::nextafter(T(1), T(0)),
                          1,
                          std::nextafter(T(1), T(2)),
                          2,
                          3,
                          10,
                          1000,
                          T(86.5),
                          T(88.7),
                          T(88.8),
                          T(103),
                          T(105),
                          T(126.9),
                          T(127.5),
                          T(128),
                          T(150),
                          T(160),
                          T(704.5),
                          T(709.7),
                          T(709.8),
                          T(745),
                          T(746),
                          T(1022.5),
                          T(1023.5),
                          T(1025),
                          T(1074),
                          T(1080),
                          T(32767.5),
                          T(32768.5),
                          T(1e6),
                          T(1e9),
                          T(1e22),
                          T(1e37),
                          limits::max() / 2,
                          limits::max(),
                          limits::infinity(),
                          limits::quiet_NaN()};
  for (int k = 1; k < 20; ++k) positive.push_back(T(k) * T(1.57079632679489661923));
  std::vector<T> all = positive;
  for (const T x : positive) all.push_back(-x);
  return all;
}

/// Where the C library is not exact either (a cosine at the double nearest to π/2 is not 0), the stated error holds.
template <class T>
void check_special_values() {
  const std::vector<T> x = special_values<T>();
  for (const VectorLevel& level : vector_levels())
    for (const VectorAccuracy& a : vector_accuracy) {
      std::vector<T> y(x.size());
      level.functions->of<T>(a.function)(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
      for (std::size_t i = 0; i < x.size(); ++i)
        BOOST_TEST(ulp_error<T>(y[i], exact<Wide<T>>(a.function, x[i])) <= stated<T>(a),
                   level.name << " " << a.name << "(" << x[i] << ") = " << y[i]);
    }
}

template <class T>
void check_places() {
  std::mt19937 random(5);
  std::vector<T> x = special_values<T>();
  std::uniform_real_distribution<T> ordinary(T(-3), T(3));
  for (int i = 0; i < 100; ++i) x.push_back(ordinary(random));
  std::shuffle(x.begin(), x.end(), random);
  const auto bits = [](T v) {
    return std::bit_cast<std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>(v);
  };
  for (const VectorLevel& level : vector_levels())
    for (const VectorAccuracy& a : vector_accuracy) {
      const auto f = level.functions->of<T>(a.function);
      std::vector<T> alone(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) f(&x[i], &alone[i], 1);
      int wrong = 0;
      for (std::size_t begin = 0; begin < 20; ++begin)
        for (std::size_t count = 0; count < 40; ++count) {
          std::vector<T> y(count + 1, T(77));
          f(&x[begin], y.data(), static_cast<std::int64_t>(count));
          for (std::size_t i = 0; i < count; ++i) wrong += bits(y[i]) != bits(alone[begin + i]);
          wrong += y[count] != T(77);  // nothing is written behind the column
        }
      BOOST_TEST(wrong == 0, level.name << " " << a.name);
    }
}

/// Columns in which no element is far from 0, some are, and all are; of every length of a rest.
template <class T>
void check_pairs() {
  std::mt19937 random(6);
  std::vector<T> x;
  for (const T size : {T(0.4), T(4), T(20)}) {
    std::uniform_real_distribution<T> near(-size, size);
    for (int i = 0; i < 64; ++i) x.push_back(near(random));
  }
  for (const T special : special_values<T>()) x.push_back(special);
  const auto bits = [](T v) {
    return std::bit_cast<std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>(v);
  };
  for (const VectorLevel& level : vector_levels())
    for (std::size_t k = 0; k < vector_pairs.size(); ++k) {
      const auto [whole, part] = vector_pairs[k];
      std::size_t wrong = 0;
      for (std::size_t begin = 0; begin < x.size(); begin += 7) {
        const std::size_t count = std::min((3 * begin) % 41, x.size() - begin);
        std::vector<T> y(count + 1, T(77)), z = y, y_alone = y, z_alone = y;
        const auto n = static_cast<std::int64_t>(count);
        level.functions->of<T>(whole)(&x[begin], y_alone.data(), n);
        level.functions->of<T>(part)(&x[begin], z_alone.data(), n);
        pair_functions(*level.functions).of<T>(k)(&x[begin], y.data(), z.data(), n);
        for (std::size_t i = 0; i <= count; ++i)
          wrong += (bits(y[i]) != bits(y_alone[i])) + (bits(z[i]) != bits(z_alone[i]));
      }
      BOOST_TEST(wrong == 0u, level.name << " " << vector_accuracy[static_cast<std::size_t>(whole)].name);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vector_functions_suite)

BOOST_AUTO_TEST_CASE(f32_errors_are_at_most_the_stated_ones) {
  for (const VectorAccuracy& a : vector_accuracy) {
    const auto worst = worst_errors<float>(a.function, EveryFloat{.stride = 8191});
    for (std::size_t k = 0; k < worst.size(); ++k)
      BOOST_TEST(worst[k].ulp <= a.f32,
                 vector_levels()[k].name << " " << a.name << " f32: " << worst[k].ulp << " at " << worst[k].at);
  }
}

BOOST_AUTO_TEST_CASE(f64_errors_are_at_most_the_stated_ones) {
  for (const VectorAccuracy& a : vector_accuracy) {
    const auto worst =
        worst_errors<double>(a.function, EachBinade{.per_binade = 50, .dense = 200, .random = std::mt19937_64(3)});
    for (std::size_t k = 0; k < worst.size(); ++k)
      BOOST_TEST(worst[k].ulp <= a.f64,
                 vector_levels()[k].name << " " << a.name << " f64: " << worst[k].ulp << " at " << worst[k].at);
  }
}

BOOST_AUTO_TEST_CASE(special_values_are_those_of_the_c_library) {
  check_special_values<float>();
  check_special_values<double>();
}

BOOST_AUTO_TEST_CASE(bits_depend_on_the_element_alone) {
  check_places<float>();
  check_places<double>();
}

BOOST_AUTO_TEST_CASE(two_functions_at_once_have_the_bits_of_each_alone) {
  check_pairs<float>();
  check_pairs<double>();
}

BOOST_AUTO_TEST_CASE(powers_of_two_and_logarithms_of_them_are_exact) {
  for (const VectorLevel& level : vector_levels()) {
    for (int k = -1022; k <= 1023; ++k) {
      double n = k, power = 0, back = 0;
      level.functions->of<double>(VectorFunction::exp2)(&n, &power, 1);
      level.functions->of<double>(VectorFunction::log2)(&power, &back, 1);
      BOOST_TEST(power == std::ldexp(1.0, k));
      BOOST_TEST(back == n);
    }
    for (int k = -126; k <= 127; ++k) {
      float n = static_cast<float>(k), power = 0, back = 0;
      level.functions->of<float>(VectorFunction::exp2)(&n, &power, 1);
      level.functions->of<float>(VectorFunction::log2)(&power, &back, 1);
      BOOST_TEST(power == std::ldexp(1.0f, k));
      BOOST_TEST(back == n);
    }
  }
}

BOOST_AUTO_TEST_CASE(instruction_sets_with_fused_multiply_add_give_the_same_bits) {
  std::vector<VectorLevel> fused;
  for (const VectorLevel& level : vector_levels())
    if (level.name.starts_with("AVX")) fused.push_back(level);
  const auto compare = [&]<class T>(std::vector<T> x) {
    for (std::size_t k = 1; k < fused.size(); ++k)
      for (const VectorAccuracy& a : vector_accuracy) {
        std::vector<T> one(x.size()), other(x.size());
        fused[0].functions->of<T>(a.function)(x.data(), one.data(), static_cast<std::int64_t>(x.size()));
        fused[k].functions->of<T>(a.function)(x.data(), other.data(), static_cast<std::int64_t>(x.size()));
        int different = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
          different += !(one[i] == other[i] && std::signbit(one[i]) == std::signbit(other[i])) &&
                       !(std::isnan(one[i]) && std::isnan(other[i]));
        BOOST_TEST(different == 0, fused[0].name << " and " << fused[k].name << ": " << a.name);
      }
  };
  std::vector<float> f32(1 << 16);
  EveryFloat{.stride = 65521}(f32);
  compare(f32);
  std::vector<double> f64(1 << 16);
  EachBinade{.per_binade = 2, .dense = 1000, .random = std::mt19937_64(8)}(f64);
  compare(f64);
}

// A primitive that is renamed would lose its vector function without a word.
BOOST_AUTO_TEST_CASE(every_vector_function_is_that_of_the_primitive_of_its_name) {
  std::size_t found = 0;
  ops::ElementwisePrimitives::for_each([&]<class P> {
    if constexpr (vector_function<P> != VectorFunction::none) {
      const VectorAccuracy& a = vector_accuracy[static_cast<std::size_t>(vector_function<P>)];
      BOOST_TEST((a.function == vector_function<P>));
      BOOST_TEST(a.name == P::name);
      ++found;
    }
  });
  BOOST_TEST(found == vector_function_count);
}

/// The checks above find a function that is wrong.
BOOST_AUTO_TEST_CASE(the_distance_in_units_of_the_last_place) {
  BOOST_TEST(ulp_error<float>(1.0f, 1.0) == 0);
  BOOST_TEST(ulp_error<float>(1.0f + FLT_EPSILON, 1.0) == 1);
  BOOST_TEST(ulp_error<float>(1.0f - FLT_EPSILON / 2, 1.0) == 0.5);
  BOOST_TEST(ulp_error<double>(2.0, 2.0L + 3 * DBL_EPSILON) == 1.5);
  BOOST_TEST(ulp_error<double>(5e-324, 0.0L) == 1);
  BOOST_TEST(ulp_error<double>(0.0, -0.0L) == INFINITY);
  BOOST_TEST(ulp_error<double>(NAN, 1.0L) == INFINITY);
  BOOST_TEST(ulp_error<double>(1.0, NAN) == INFINITY);
  BOOST_TEST(ulp_error<double>(INFINITY, 1e300L) == INFINITY);
  BOOST_TEST(ulp_error<double>(-INFINITY, INFINITY) == INFINITY);
  BOOST_TEST(ulp_error<double>(DBL_MAX, INFINITY) == 1);
}

BOOST_AUTO_TEST_CASE(the_page_states_the_same_errors) {
  std::ifstream file(WENGERT_SOURCE_DIR "/docs/accuracy.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const VectorAccuracy& a : vector_accuracy) {
    std::ostringstream row;
    row << "\n| " << a.name << " | " << a.f32 << " | " << a.f64 << " |";
    BOOST_TEST(page.find(row.str()) != std::string::npos, "no row" << row.str());
  }
}

BOOST_AUTO_TEST_SUITE_END()
