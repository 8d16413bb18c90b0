// What a recording learns of the program: loops around loops, operands that jump, programs that are recorded again.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {

namespace {

/// A mixture of Gaussians in one dimension: loops over components inside a loop over points, the largest exponent found
/// by comparing, so that one operand jumps from point to point.
template <class T>
T log_likelihood(const std::vector<T>& mean, const std::vector<T>& weight, const std::vector<double>& points) {
  using std::exp;
  using std::log;
  T total = 0.0;
  std::vector<T> exponent(mean.size());
  for (const double point : points) {
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const T centred = point - mean[k];
      exponent[k] = weight[k] - 0.5 * centred * centred;
    }
    T largest = exponent[0];
    for (std::size_t k = 1; k < exponent.size(); ++k)
      if (largest < exponent[k]) largest = exponent[k];
    T sum = 0.0;
    for (std::size_t k = 0; k < exponent.size(); ++k) sum = sum + exp(exponent[k] - largest);
    total = total + log(sum) + largest;
  }
  return total;
}

std::vector<double> points_of(std::size_t count) {
  std::vector<double> points;
  for (std::size_t i = 0; i < count; ++i) points.push_back(4 * std::sin(1.7 * static_cast<double>(i * i % 1013)));
  return points;
}

struct Mixture {
  std::vector<double> mean{-2.0, -0.5, 0.7, 2.2, 3.0}, weight{0.1, -0.3, 0.4, 0.2, -0.8};

  /// ∂/∂mean[k] by the formula, not by the library.
  [[nodiscard]] double by_mean(std::size_t k, const std::vector<double>& points) const {
    double sum = 0;
    for (const double x : points) {
      double all = 0, one = 0;
      for (std::size_t j = 0; j < mean.size(); ++j) {
        const double p = std::exp(weight[j] - 0.5 * (x - mean[j]) * (x - mean[j]));
        all += p;
        if (j == k) one = p;
      }
      sum += one / all * (x - mean[k]);
    }
    return sum;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(foresight)

BOOST_AUTO_TEST_CASE(a_loop_with_loops_inside_and_an_operand_that_jumps_is_one_loop) {
  const std::vector<double> points = points_of(1000);
  const Mixture mixture;
  Recording r;
  for (int again = 0; again < 4; ++again) {
    r.clear();
    const std::vector<Scalar> mean = r.variables(mixture.mean), weight = r.variables(mixture.weight);
    const Scalar y = log_likelihood(mean, weight, points);
    BOOST_TEST(y.value() == log_likelihood(mixture.mean, mixture.weight, points));
    const RecordingStatistics s = r.statistics();
    BOOST_TEST(s.rolled > s.values * 8 / 10);
    BOOST_TEST(s.loops < 20u);
    const Adjoints a = backward(y);
    const std::vector<Scalar> g = gradient(y, mean);
    for (std::size_t k = 0; k < mean.size(); ++k) {
      const double want = mixture.by_mean(k, points);
      BOOST_TEST(a[mean[k]] == want, boost::test_tools::tolerance(1e-11));
      BOOST_TEST(g[k].value() == want, boost::test_tools::tolerance(1e-11));
      BOOST_TEST(forward({mean[k]}, {1.0})[y] == want, boost::test_tools::tolerance(1e-11));
    }
  }
}

// One loop around all: the short ones inside must not be rolled up before it is seen.
BOOST_AUTO_TEST_CASE(a_matrix_times_a_vector_row_by_row) {
  const std::size_t rows = 200, columns = 20;
  Recording r;
  const std::vector<Scalar> w = r.variables(std::vector<double>(rows * columns, 0.25)),
                            x = r.variables(std::vector<double>(columns, 2.0));
  Scalar total = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    Scalar sum = w[i * columns] * x[0];
    for (std::size_t j = 1; j < columns; ++j) sum = sum + w[i * columns + j] * x[j];
    total = total + tanh(sum);
  }
  BOOST_TEST(r.statistics().rolled > rows * columns / 2);
  const double slope = 1 - std::pow(std::tanh(0.5 * static_cast<double>(columns)), 2);
  const Adjoints a = backward(total);
  for (const Scalar& each : w) BOOST_TEST(a[each] == 2.0 * slope, boost::test_tools::tolerance(1e-13));
  for (const Scalar& each : x)
    BOOST_TEST(a[each] == 0.25 * slope * static_cast<double>(rows), boost::test_tools::tolerance(1e-12));
}

// An operand that jumps may lead to a value of an earlier repetition: such a loop has to end, or the sweep would pass
// it by.
BOOST_AUTO_TEST_CASE(an_operand_that_jumps_back_into_the_loop) {
  for (const std::size_t from : {30u, 61u, 99u}) {
    Recording r;
    const std::vector<Scalar> x = r.variables(std::vector<double>(9, 1.5));
    std::vector<Scalar> kept;
    Scalar sum = x[0];
    for (std::size_t i = 0; i < 200; ++i) {
      // Eight operands that stay, and one that jumps: to an input, or once to what was computed before.
      const Scalar& jumping = i == from + 50 ? kept[from] : x[i * i % 7];
      const Scalar t = x[1] * x[2] + x[3] * x[4] + x[5] * x[6] + x[7] * x[8];
      const Scalar u = t * jumping + x[0] * x[1];
      kept.push_back(u);
      sum = sum + u;
    }
    // The same without recording, by central differences of a polynomial of low degree.
    const auto f = [&](std::size_t moved, double h) {
      std::vector<double> v(9, 1.5);
      v[moved] += h;
      std::vector<double> values;
      double s = v[0];
      for (std::size_t i = 0; i < 200; ++i) {
        const double jumping = i == from + 50 ? values[from] : v[i * i % 7];
        const double t = v[1] * v[2] + v[3] * v[4] + v[5] * v[6] + v[7] * v[8];
        values.push_back(t * jumping + v[0] * v[1]);
        s += values.back();
      }
      return s;
    };
    const Adjoints a = backward(sum);
    for (std::size_t k = 0; k < x.size(); ++k)
      BOOST_TEST(a[x[k]] == (f(k, 1e-4) - f(k, -1e-4)) / 2e-4, boost::test_tools::tolerance(1e-6));
  }
}

// Sweeps do not keep the adjoints of what was recorded in loops; asking for one makes another sweep, which does.
BOOST_AUTO_TEST_CASE(adjoints_of_values_inside_a_loop) {
  Recording r;
  const Scalar x = r.variable(0.999), b = r.variable(0.001);
  std::vector<Scalar> v{x};
  for (int i = 0; i < 2000; ++i) v.push_back(v.back() * x + b);
  const Scalar y = v.back() * 2.0;
  BOOST_TEST(r.statistics().rolled > 1900u);
  const Adjoints a = backward(y);
  const Adjoints copy = a;
  for (const std::size_t i : {0u, 5u, 17u, 100u, 1000u, 1999u, 2000u}) {
    const double want = 2.0 * std::pow(0.999, 2000.0 - static_cast<double>(i));
    if (i > 0) BOOST_TEST(a[v[i]] == want, boost::test_tools::tolerance(1e-12));
    if (i > 0) BOOST_TEST(copy[v[i]] == want, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(a[y] == 1.0);

  // The output inside the loop.
  const Adjoints inside = backward(v[1000]);
  BOOST_TEST(inside[v[1000]] == 1.0);
  BOOST_TEST(inside[v[990]] == std::pow(0.999, 10), boost::test_tools::tolerance(1e-13));
  BOOST_TEST(inside[v[1001]] == 0.0);

  // More may be recorded meanwhile; but what is gone cannot be swept again.
  const Scalar more = y * y;
  BOOST_TEST(more.value() == y.value() * y.value());
  const Adjoints later = backward(y);
  BOOST_TEST(later[v[1999]] == 2.0 * 0.999, boost::test_tools::tolerance(1e-13));
  r.clear();
  BOOST_TEST(a[v[1500]] == 2.0 * std::pow(0.999, 500), boost::test_tools::tolerance(1e-12));  // kept by now
  BOOST_TEST(inside[x] > 0.0);                                                                // an input
  const Adjoints never_asked = [&] {
    const Scalar z = r.variable(0.5);
    Scalar w = z;
    for (int i = 0; i < 300; ++i) w = w * z;
    Adjoints result = backward(w);
    v.assign(1, w);
    return result;
  }();
  r.clear();
  BOOST_CHECK_THROW(static_cast<void>(never_asked[v[0]]), StaleHandle);
}

// A place whose literals change is taken over by another; and back in the first program nothing of it may show.
BOOST_AUTO_TEST_CASE(programs_that_take_turns_in_one_recording) {
  Recording r;
  const auto program = [&](int which) {
    r.clear();
    const Scalar x = r.variable(1.25), z = r.variable(0.5);
    Scalar v = x;
    double expected = 1.25;
    for (int i = 0; i < 40 + which; ++i) {
      const double c = which % 3 == 0 ? 0.5 : 0.5 + 0.001 * i;
      v = v * c + z;
      expected = expected * c + 0.5;
      if (which % 2 == 1 && i % 7 == 3) {
        v = sin(v);
        expected = std::sin(expected);
      }
    }
    BOOST_TEST(v.value() == expected);
    const double by_x = backward(v)[x];
    const std::optional<double> by_tangent = forward({x}, {1.0})[v];
    BOOST_TEST(by_x == *by_tangent, boost::test_tools::tolerance(1e-13));
    return by_x;
  };
  std::vector<double> first;
  for (int which = 0; which < 6; ++which) first.push_back(program(which));
  for (int round = 0; round < 5; ++round)
    for (int which = 0; which < 6; ++which)
      BOOST_TEST(program(5 - which) == first[static_cast<std::size_t>(5 - which)], boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
