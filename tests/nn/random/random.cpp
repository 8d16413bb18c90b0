// Random against what it is defined by: the known answers of Random123, its own words, and, for the distributions,
// their moments and distribution functions at fixed seeds, with bounds of several standard errors.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/random/random.hpp"

namespace {

using namespace wengert;
using nn::Random;
using Words = std::array<std::uint32_t, 4>;

std::uint64_t hash_of(const Tensor& x) {
  std::uint64_t h = 0;
  for (const std::byte b : x.value().bytes()) h = mix_hash(h, static_cast<std::uint64_t>(b));
  return h;
}

// The words from a block on, one by one.
std::vector<std::uint32_t> words_of(const Random::State& state, std::size_t count) {
  Random random = Random::from(state);
  std::vector<std::uint32_t> words(count);
  for (auto& w : words) w = random.bits();
  return words;
}

// √n · the largest distance between the distribution of a sample and F; above 1.95 once in a thousand (Kolmogorov).
template <class F>
double kolmogorov(std::vector<double> x, const F& distribution) {
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  double most = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double f = distribution(x[k]);
    most = std::max({most, f - static_cast<double>(k) / n, static_cast<double>(k + 1) / n - f});
  }
  return most * std::sqrt(n);
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

BOOST_AUTO_TEST_SUITE(random)

// Random123 1.14, examples/kat_vectors: philox4x32 10.
BOOST_AUTO_TEST_CASE(known_answers_of_random123) {
  using nn::detail::philox;
  BOOST_TEST((philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ff = 0xffffffff;
  BOOST_TEST((philox({ff, ff, ff, ff}, {ff, ff}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(words_are_those_of_the_blocks_of_seed_and_stream) {
  const Random::State state{0x299f31d0a4093822, 0x0370734413198a2e, 0x1fffffffeULL * 4 + 2};
  const auto words = words_of(state, 12);  // across the carry into the second word of the counter
  for (std::size_t k = 0; k < words.size(); ++k) {
    const std::uint64_t position = state.position + k, block = position / 4;
    const auto expected = nn::detail::philox(
        {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32U), 0x13198a2e, 0x03707344},
        {0xa4093822, 0x299f31d0});
    BOOST_TEST(words[k] == expected[position % 4]);
  }
}

BOOST_AUTO_TEST_CASE(fills_are_made_of_the_same_words) {
  // From a position in a block: the next block begins the fill. The carry lies inside.
  const Random::State state{3, 5, 0xfffffff0ULL * 4 + 1}, begin{3, 5, state.position + 3};
  const auto words = words_of(begin, 8400);
  for (const std::int64_t size : {0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 4099}) {
    BOOST_TEST_CONTEXT("size " << size) {
      const auto n = static_cast<std::size_t>(size);
      Random a = Random::from(state), b = a, c = a;
      const Tensor f = a.uniform(Shape{size}), d = b.uniform(Shape{size}, 0, 1, Dtype::f64),
                   k = c.keep(Shape{size}, 0.25, Dtype::boolean);
      bool same = true;
      for (std::size_t i = 0; i < n; ++i) {
        same = same && f.value().data<float>()[i] == static_cast<float>(words[i] >> 8U) * 0x1p-24F;
        same = same && k.value().data<bool>()[i] == (words[i] < 0x40000000U);
        same = same && d.value().data<double>()[i] ==
                           (static_cast<double>(words[2 * i] >> 5U) * 0x1p26 + (words[2 * i + 1] >> 6U)) * 0x1p-53;
      }
      BOOST_TEST(same);
      BOOST_TEST(a.state().position == begin.position + (n + 3) / 4 * 4);
      BOOST_TEST(b.state().position == begin.position + (n + 1) / 2 * 4);
      BOOST_TEST(c.state().position == a.state().position);
    }
  }
}

// Box and Muller with the C library's functions, for comparison; swap and signs as blocks.cpp has them.
void expected_pair(double u, double quarter, std::uint32_t two_bits, double& first, double& second) {
  const double radius = std::sqrt(-2 * std::log(u)) * (two_bits % 2 != 0 ? -1 : 1);
  const double angle = quarter * std::acos(-1.0) / 2;
  first = radius * (two_bits / 2 != 0 ? std::sin(angle) : std::cos(angle));
  second = radius * (two_bits / 2 != 0 ? std::cos(angle) : std::sin(angle));
}

BOOST_AUTO_TEST_CASE(normals_are_box_and_mullers_to_the_last_bits) {
  const Random::State state{17, 0, 0};
  const std::size_t n = 20000;
  const auto words = words_of(state, 2 * n);
  Random a = Random::from(state), b = a;
  const Tensor f = a.normal(Shape{n}), d = b.normal(Shape{n}, 0, 1, Dtype::f64);
  BOOST_TEST(a.state().position == n);
  BOOST_TEST(b.state().position == 2 * n);
  double worst_f = 0, worst_d = 0;
  for (std::size_t i = 0; i < n; i += 2) {
    double first, second;
    const std::uint32_t w = words[i + 1];
    expected_pair((words[i] + 1.0) * 0x1p-32, (w & 0x3fffffffU) * 0x1p-30 - 0.5, w >> 30U, first, second);
    worst_f = std::max({worst_f, std::abs(f.value().data<float>()[i] - first) / std::max(1.0, std::abs(first)),
                        std::abs(f.value().data<float>()[i + 1] - second) / std::max(1.0, std::abs(second))});
    const std::uint32_t* const v = &words[2 * i];
    const double u = (static_cast<double>(v[0] >> 5U) * 0x1p26 + (v[1] >> 6U) + 1) * 0x1p-53;
    const double x = (static_cast<double>(v[2] >> 3U & 0x7ffffffU) * 0x1p26 + (v[3] >> 6U)) * 0x1p-53 - 0.5;
    expected_pair(u, x, v[2] >> 30U, first, second);
    worst_d = std::max({worst_d, std::abs(d.value().data<double>()[i] - first) / std::max(1.0, std::abs(first)),
                        std::abs(d.value().data<double>()[i + 1] - second) / std::max(1.0, std::abs(second))});
  }
  BOOST_TEST(worst_f < 0x1p-24);
  BOOST_TEST(worst_d < 1e-15);
}

// The same bits on every machine, whatever instructions it has. From the first run, checked against the test above.
BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_the_machine) {
  Random random(2024);
  BOOST_TEST(hash_of(random.uniform(Shape{5000}, -1, 3)) == 13584915918973076063ULL);
  BOOST_TEST(hash_of(random.uniform(Shape{5000}, -1, 3, Dtype::f64)) == 6337539069516495062ULL);
  BOOST_TEST(hash_of(random.normal(Shape{5000}, 1, 2)) == 9645520161954645026ULL);
  BOOST_TEST(hash_of(random.normal(Shape{5000}, 1, 2, Dtype::f64)) == 15933068286162062504ULL);
}

BOOST_AUTO_TEST_CASE(a_state_resumes_bit_for_bit) {
  Random random = Random(9).child(4);
  for (int k = 0; k < 7; ++k) {
    random.bits();
    const Random::State state = random.state();
    Random resumed = Random::from(state), copy = random;
    const auto draw = [](Random& r) {
      std::vector<double> x{static_cast<double>(r.bits()), r.uniform(), r.normal(), static_cast<double>(r.below(1000))};
      for (const double v : r.normal(Shape{3, 5}, 0, 1, Dtype::f64).to_vector()) x.push_back(v);
      x.push_back(r.uniform());
      return x;
    };
    const auto expected = draw(random);
    BOOST_TEST((draw(resumed) == expected));
    BOOST_TEST((draw(copy) == expected));
    BOOST_TEST((resumed.state() == random.state()));
  }
}

BOOST_AUTO_TEST_CASE(a_single_normal_is_the_first_of_a_fill) {
  Random a(8), b(8);
  a.bits();
  b.bits();
  BOOST_TEST(a.normal() == b.normal(Shape{1}, 0, 1, Dtype::f64).item());
  BOOST_TEST((a.state() == b.state()));
}

BOOST_AUTO_TEST_CASE(children_are_functions_of_seed_and_stream_alone) {
  Random parent(11);
  const Random before = parent.child(3);
  parent.normal(Shape{100});
  BOOST_TEST((parent.child(3).state() == before.state()));
  std::set<std::uint64_t> streams{parent.state().stream};
  for (std::uint64_t k = 0; k < 1000; ++k) {
    streams.insert(parent.child(k).state().stream);
    streams.insert(parent.child(k).child(0).state().stream);
    streams.insert(parent.child(0).child(k + 1).state().stream);
  }
  BOOST_TEST(streams.size() == 3001U);
  BOOST_TEST(Random(12).child(3).state().stream != before.state().stream);
  BOOST_TEST(parent.child(3).child(5).state().stream != parent.child(5).child(3).state().stream);
}

BOOST_AUTO_TEST_CASE(neighbouring_streams_and_seeds_are_not_correlated) {
  const std::int64_t n = 100000;
  const Tensor x = Random(1).child(1).normal(Shape{n}, 0, 1, Dtype::f64);
  for (Random other : {Random(1).child(2), Random(2).child(1), Random(1), Random(1).child(1).child(0)}) {
    const Tensor y = other.normal(Shape{n}, 0, 1, Dtype::f64);
    BOOST_TEST(std::abs(sum(x * y).item()) / std::sqrt(static_cast<double>(n)) < 4);
  }
}

BOOST_AUTO_TEST_CASE(distributions) {
  Random random(5);
  const std::int64_t n = 200000;
  const auto uniform = [](double x) { return x; };
  BOOST_TEST(kolmogorov(random.uniform(Shape{n}).to_vector(), uniform) < 1.95);
  BOOST_TEST(kolmogorov(random.uniform(Shape{n}, 0, 1, Dtype::f64).to_vector(), uniform) < 1.95);
  BOOST_TEST(kolmogorov(random.normal(Shape{n}).to_vector(), normal_distribution) < 1.95);
  BOOST_TEST(kolmogorov(random.normal(Shape{n}, 0, 1, Dtype::f64).to_vector(), normal_distribution) < 1.95);
  const auto moved = random.normal(Shape{n}, 3, 0.5, Dtype::f64).to_vector();
  BOOST_TEST(kolmogorov(moved, [](double x) { return normal_distribution((x - 3) / 0.5); }) < 1.95);
  // The test would notice a deviation that is wrong by three hundredths.
  BOOST_TEST(kolmogorov(moved, [](double x) { return normal_distribution((x - 3) / 0.515); }) > 1.95);
  std::vector<double> single(20000), singles(20000);
  for (double& x : single) x = random.uniform();
  for (double& x : singles) x = random.normal();
  BOOST_TEST(kolmogorov(single, uniform) < 1.95);
  BOOST_TEST(kolmogorov(singles, normal_distribution) < 1.95);
}

// Moments to the fourth, and of the tails; bounds are five standard errors.
BOOST_AUTO_TEST_CASE(moments_of_normals) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    const double n = 1 << 20;
    const Tensor x = convert(Random(77).normal(Shape{1 << 20}, 0, 1, dtype), Dtype::f64), x2 = x * x;
    BOOST_TEST(std::abs(sum(x).item() / n) < 5 / std::sqrt(n));
    BOOST_TEST(std::abs(sum(x2).item() / n - 1) < 5 * std::sqrt(2 / n));
    BOOST_TEST(std::abs(sum(x2 * x).item() / n) < 5 * std::sqrt(15 / n));
    BOOST_TEST(std::abs(sum(x2 * x2).item() / n - 3) < 5 * std::sqrt(96 / n));
    const double beyond = 2 * normal_distribution(-4);
    BOOST_TEST(std::abs(sum(convert(x2 > 16, Dtype::f64)).item() - n * beyond) < 5 * std::sqrt(n * beyond));
    // Both of a pair, and each with its neighbour.
    const Tensor even = slice(x, {0}, {1 << 20}, {2}), odd = slice(x, {1}, {1 << 20}, {2});
    BOOST_TEST(std::abs(sum(even * odd).item()) < 5 * std::sqrt(n / 2));
    BOOST_TEST(std::abs(sum((even * even - 1) * (odd * odd - 1)).item()) < 5 * 2 * std::sqrt(n / 2));
  }
}

BOOST_AUTO_TEST_CASE(uniforms_stay_below_the_high_end) {
  Random random(1);
  // The width rounds so that low + width·u would reach high.
  const Tensor x = random.uniform(Shape{100000}, 1.0, 1.0 + 0x1p-20);
  for (const float v : x.value().data<float>()) BOOST_REQUIRE((v >= 1.0F && v < 1.0F + 0x1p-20F));
  BOOST_TEST(amax(random.uniform(Shape{10}, 2.5, 2.5)).item() == 2.5);
  const Tensor wide = random.uniform(Shape{1000}, -1e300, 1e300 / 2, Dtype::f64);
  BOOST_TEST(amin(wide).item() < -9e299);
}

BOOST_AUTO_TEST_CASE(below_is_unbiased) {
  Random random(6);
  std::array<double, 7> counts{};
  for (int k = 0; k < 70000; ++k) counts[static_cast<std::size_t>(random.below(7))] += 1;
  double chi = 0;
  for (const double c : counts) chi += (c - 10000) * (c - 10000) / 10000;
  BOOST_TEST(chi < 22.5);  // once in a thousand, with 6 degrees of freedom
  // n = 3·2⁶¹: without rejection, residues modulo 3 of the 64-bit words would favour every third value by a third.
  const std::int64_t n = 3 * (std::int64_t{1} << 61);
  std::array<double, 3> residues{};
  for (int k = 0; k < 30000; ++k) residues[static_cast<std::size_t>(random.below(n) % 3)] += 1;
  chi = 0;
  for (const double c : residues) chi += (c - 10000) * (c - 10000) / 10000;
  BOOST_TEST(chi < 13.8);
  BOOST_TEST(random.below(1) == 0);
}

BOOST_AUTO_TEST_CASE(permutations_are_uniform) {
  Random random(3);
  std::array<double, 24> counts{};
  for (int k = 0; k < 24000; ++k) {
    const auto p = random.permutation(4);
    const auto rank = [&](std::size_t i) {
      return std::count_if(p.begin() + static_cast<std::ptrdiff_t>(i) + 1, p.end(), [&](auto q) { return q < p[i]; });
    };
    counts[static_cast<std::size_t>(rank(0) * 6 + rank(1) * 2 + rank(2))] += 1;
  }
  double chi = 0;
  for (const double c : counts) chi += (c - 1000) * (c - 1000) / 1000;
  BOOST_TEST(chi < 49.7);  // once in a thousand, with 23 degrees of freedom
  auto p = random.permutation(1000);
  std::sort(p.begin(), p.end());
  for (std::int64_t k = 0; k < 1000; ++k) BOOST_REQUIRE(p[static_cast<std::size_t>(k)] == k);
  BOOST_TEST(random.permutation(0).empty());
}

BOOST_AUTO_TEST_CASE(keep_keeps_with_its_probability) {
  Random random(2);
  const double n = 100000;
  for (const double p : {0.1, 0.5, 0.8}) {
    const Tensor kept = random.keep(Shape{100000}, p, Dtype::f64);
    BOOST_TEST(std::abs(sum(kept).item() - n * p) < 5 * std::sqrt(n * p * (1 - p)));
  }
  BOOST_TEST(sum(random.keep(Shape{1000}, 1)).item() == 1000);
  BOOST_TEST(sum(random.keep(Shape{1000}, 0)).item() == 0);
  Random a(4), b(4), c(4);
  BOOST_TEST((a.keep(Shape{10, 10}, 0.3, Dtype::boolean).to_vector() == b.keep(Shape{10, 10}, 0.3).to_vector()));
  BOOST_TEST((c.keep(Shape{2}, 0.3).dtype() == Dtype::f32));
}

BOOST_AUTO_TEST_CASE(bad_parameters_are_refused_with_the_line) {
  Random random(1);
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const auto here = [](const Error& e) { return e.where().line() != 0 && e.operation().starts_with("Random::"); };
  BOOST_CHECK_EXCEPTION(random.below(0), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.permutation(-1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.uniform(Shape{2}, 1, 0), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.uniform(Shape{2}, nan, 0), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.uniform(Shape{2}, -1.7e308, 1.7e308, Dtype::f64), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.uniform(Shape{2}, 0, 1e39), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.normal(Shape{2}, infinity), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.normal(Shape{2}, 0, -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.keep(Shape{2}, 1.5), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.keep(Shape{2}, nan), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(random.uniform(Shape{2}, 0, 1, Dtype::i64), DtypeError, here);
  BOOST_CHECK_EXCEPTION(random.normal(Shape{2}, 0, 1, Dtype::boolean), DtypeError, here);
  BOOST_CHECK_EXCEPTION(random.keep(Shape{2}, 0.5, Dtype::i32), DtypeError, here);
  BOOST_TEST((random.state() == Random(1).state()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
