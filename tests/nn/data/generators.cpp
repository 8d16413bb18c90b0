// Generators: the definition of each set, checked point by point.
#include "wengert/nn/data/generators.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using namespace wengert;
using nn::Batch;
using nn::Random;
using Numbers = std::vector<double>;

bool here(const Error& e) { return e.where().line() != 0; }

BOOST_AUTO_TEST_SUITE(generators)

BOOST_AUTO_TEST_CASE(truth_tables) {
  BOOST_TEST((nn::logical_and().x.to_vector() == Numbers{0, 0, 0, 1, 1, 0, 1, 1}));
  BOOST_TEST((nn::logical_and().y.to_vector() == Numbers{0, 0, 0, 1}));
  BOOST_TEST((nn::logical_xor(Dtype::f64).y.to_vector() == Numbers{0, 1, 1, 0}));
  BOOST_TEST((nn::logical_xor(Dtype::f64).y.type() == Type{Dtype::f64, Shape{4, 1}}));
}

BOOST_AUTO_TEST_CASE(the_parabola_and_random_points) {
  const std::int64_t n = 2000;
  const auto draw = [](nn::PointOrder order) {
    Random random(3);
    return nn::parabola(random, n, order, Dtype::f64);
  };
  const Batch first = draw(nn::PointOrder::parabola_first);
  BOOST_TEST((first.x.shape() == Shape{2 * n, 2}));
  BOOST_TEST((first.y.type() == Type{Dtype::i64, Shape{2 * n}}));
  const auto x = first.x.to_vector(), labels = first.y.to_vector();
  double near = 0;
  for (std::size_t k = 0; k < 2 * n; ++k) {
    BOOST_REQUIRE((x[2 * k] >= 0 && x[2 * k] < 100 && x[2 * k + 1] >= 0 && x[2 * k + 1] < 10000));
    BOOST_REQUIRE(labels[k] == (k < n ? 1 : 0));
    const double distance = std::abs(x[2 * k + 1] - x[2 * k] * x[2 * k]);
    if (k < n) BOOST_REQUIRE(distance < 1e-9);
    near += k >= n && distance < 100 ? 1 : 0;
  }
  // Of the points anywhere about two hundredths lie within 100 of the parabola.
  BOOST_TEST(std::abs(near / n - 0.02) < 5 * std::sqrt(0.02 / n));
  // The same points in other orders.
  const auto sorted = [](const Batch& b) {
    auto v = b.x.to_vector();
    std::sort(v.begin(), v.end());
    return v;
  };
  const Batch random_first = draw(nn::PointOrder::random_first), shuffled = draw(nn::PointOrder::shuffled);
  BOOST_TEST((sorted(random_first) == sorted(first)));
  BOOST_TEST((sorted(shuffled) == sorted(first)));
  const auto a = random_first.y.to_vector(), b = shuffled.y.to_vector();
  BOOST_TEST((std::is_sorted(a.begin(), a.end()) && a.front() == 0 && a.back() == 1));
  BOOST_TEST(std::abs(std::accumulate(b.begin(), b.begin() + n, 0.0) - n / 2.0) < 5 * std::sqrt(n / 8.0));
  const auto xs = shuffled.x.to_vector();
  for (std::size_t k = 0; k < 2 * n; ++k) {
    if (b[k] == 1) BOOST_REQUIRE(std::abs(xs[2 * k + 1] - xs[2 * k] * xs[2 * k]) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(curves) {
  using nn::Curve;
  BOOST_TEST(nn::value_of(Curve::smooth, 0.5) == 0.5 - 0.2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(nn::value_of(Curve::kinked, -1) == 0.5);
  BOOST_TEST(nn::value_of(Curve::kinked, 0.5) == -0.5);
  BOOST_TEST(nn::value_of(Curve::kinked, 0) == 0.5);
  const Batch b = nn::samples_of(Curve::discontinuous, 5, Dtype::f64);
  BOOST_TEST((b.x.to_vector() == Numbers{-1, -0.5, 0, 0.5, 1}));
  BOOST_TEST((b.y.to_vector() == Numbers{-0.4, 0.5, 0.5, -0.2, 0.3}));
  BOOST_TEST((b.y.shape() == Shape{5, 1}));
  BOOST_TEST(nn::to_string(Curve::kinked) == "kinked");
  BOOST_TEST((nn::samples_of(Curve::smooth, 1).x.to_vector() == Numbers{0}));
}

BOOST_AUTO_TEST_CASE(the_adding_problem_has_two_marks_and_their_sum) {
  Random random(4);
  for (const std::int64_t length : {2, 3, 11}) {
    const Batch b = nn::adding_problem(random, 500, length, Dtype::f64);
    BOOST_TEST((b.x.shape() == Shape{500, length, 2}));
    const auto x = b.x.to_vector(), y = b.y.to_vector();
    const auto steps = static_cast<std::size_t>(length);
    std::vector<double> marks(steps);
    for (std::size_t k = 0; k < 500; ++k) {
      double sum = 0, first = 0, second = 0;
      for (std::size_t t = 0; t < steps; ++t) {
        const double value = x[2 * (k * steps + t)], mark = x[2 * (k * steps + t) + 1];
        BOOST_REQUIRE((value >= 0 && value < 1 && (mark == 0 || mark == 1)));
        sum += value * mark;
        (t < steps / 2 ? first : second) += mark;
        marks[t] += mark;
      }
      BOOST_REQUIRE((first == 1 && second == 1 && sum == y[k]));
    }
    for (const double m : marks) BOOST_TEST(m > 0);
  }
  const Tensor y = nn::adding_problem(random, 20000, 4, Dtype::f64).y;
  BOOST_TEST(std::abs(sum((y - 1) * (y - 1)).item() / 20000 - 1.0 / 6) < 0.006);
}

BOOST_AUTO_TEST_CASE(moons_and_spirals_without_noise_are_curves) {
  Random random(5);
  const Batch moons = nn::two_moons(random, 300, 0, Dtype::f64), arms = nn::spirals(random, 300, 3, 0, Dtype::f64);
  const auto m = moons.x.to_vector(), a = arms.x.to_vector(), labels = arms.y.to_vector();
  for (std::size_t k = 0; k < 300; ++k) {
    const bool upper = k % 2 == 0;
    const double x = upper ? m[2 * k] : 1 - m[2 * k], y = upper ? m[2 * k + 1] : 0.5 - m[2 * k + 1];
    BOOST_REQUIRE((std::abs(std::hypot(x, y) - 1) < 1e-12 && y > -1e-12));
    const double radius = std::hypot(a[2 * k], a[2 * k + 1]);
    BOOST_REQUIRE((radius < 1 && labels[k] == static_cast<double>(k % 3)));
    const double turns = std::atan2(a[2 * k + 1], a[2 * k]) / (2 * std::acos(-1.0)) - radius - labels[k] / 3;
    BOOST_REQUIRE(std::abs(turns - std::round(turns)) < 1e-9);
  }
  // Noise has the deviation that was asked for.
  const auto noisy = nn::two_moons(random, 20000, 0.01, Dtype::f64).x.to_vector();
  double squares = 0;
  for (std::size_t k = 0; k < 20000; k += 2) {
    const double off = std::hypot(noisy[2 * k], noisy[2 * k + 1]) - 1;
    squares += off * off;
  }
  BOOST_TEST(std::sqrt(squares / 10000) == 0.01, boost::test_tools::tolerance(0.05));
}

// The class is the direction in which a picture changes least: compared by sums of squared differences of neighbours.
BOOST_AUTO_TEST_CASE(strokes_run_in_the_direction_of_their_class) {
  Random random(6);
  const std::int64_t extent = 12, n = 400;
  const Batch b = nn::strokes(random, n, extent, Dtype::f64);
  BOOST_TEST((b.x.shape() == Shape{n, 1, extent, extent}));
  const auto x = b.x.to_vector(), labels = b.y.to_vector();
  double right = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    const auto at = [&](std::int64_t i, std::int64_t j) {
      return x[static_cast<std::size_t>((k * extent + i) * extent + j)];
    };
    constexpr std::array<std::array<std::int64_t, 2>, 4> steps{{{0, 1}, {1, 0}, {-1, 1}, {1, 1}}};
    std::array<double, 4> changes{};
    for (std::size_t d = 0; d < 4; ++d) {
      for (std::int64_t i = 1; i + 1 < extent; ++i) {
        for (std::int64_t j = 1; j + 1 < extent; ++j) {
          const double change = at(i + steps[d][0], j + steps[d][1]) - at(i, j);
          changes[d] += change * change;
        }
      }
    }
    const auto least = std::min_element(changes.begin(), changes.end()) - changes.begin();
    right += static_cast<double>(least) == labels[static_cast<std::size_t>(k)] ? 1 : 0;
  }
  BOOST_TEST(right / n > 0.9);
}

BOOST_AUTO_TEST_CASE(sets_are_functions_of_the_generators_state) {
  Random a(7), b(7);
  BOOST_TEST((nn::strokes(a, 8).x.value() == nn::strokes(b, 8).x.value()));
  BOOST_TEST((a.state() == b.state()));
  BOOST_TEST((nn::strokes(a, 8).x.value() != nn::strokes(a, 8).x.value()));
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_with_the_line) {
  Random random(1);
  BOOST_CHECK_EXCEPTION((void)nn::logical_and(Dtype::i64), DtypeError, here);
  BOOST_CHECK_EXCEPTION((void)nn::parabola(random, -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::samples_of(nn::Curve::smooth, -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::adding_problem(random, 1, 1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::two_moons(random, 1, 0, Dtype::boolean), DtypeError, here);
  BOOST_CHECK_EXCEPTION((void)nn::spirals(random, 1, 0), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)nn::strokes(random, 1, 4), ArgumentError, here);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
