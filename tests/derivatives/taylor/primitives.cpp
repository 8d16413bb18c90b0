// Taylor coefficients against nested gradients: every elementwise primitive to fourth order, random programs to second
// and third.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <random>

#include "wengert/autodiff/transform/taylor.hpp"
#include "wengert/tests/support/random_scalars.hpp"

namespace wengert::test {

namespace {

/// d^k/dt^k y(x + t·v) at 0, by gradients of gradients.
std::vector<double> nested(Scalar y, const std::vector<Scalar>& x, const std::vector<double>& v, std::size_t order) {
  std::vector<double> result{y.value()};
  for (std::size_t k = 0; k < order; ++k) {
    const std::vector<Scalar> g = gradient(y, x);
    Scalar along = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (v[i] != 0) along = along + g[i] * v[i];
    y = along;
    result.push_back(y.value());
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(primitives)

BOOST_AUTO_TEST_CASE(every_primitive_at_its_points_and_in_its_domain) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> slope(-1.0, 1.0);
  for (const Primitive* p : elementwise_primitives()) {
    const auto arity = static_cast<std::size_t>(p->arity);
    std::size_t compared = 0;
    for (int round = 0; round < 40; ++round) {
      std::array<double, 3> point{};
      int order = 4;
      if (const auto n = static_cast<std::size_t>(round); n < p->point_count)
        p->point(n, point.data(), order);
      else
        point = any_point(*p, random);
      Recording r;
      const std::vector<Scalar> all = r.variables(std::span(point.data(), arity));
      std::array<Eager, 3> operands{Eager(0.0), Eager(0.0), Eager(0.0)};
      std::vector<Scalar> x;
      std::vector<double> v;
      for (std::size_t k = 0; k < arity; ++k) {
        const bool fixed = takes_truth(*p, k) || takes_constant(*p, k);
        operands[k] = Eager(fixed ? Scalar(point[k]) : all[k]);
        if (fixed) continue;
        x.push_back(all[k]);
        v.push_back(slope(random));
      }
      if (x.empty()) continue;
      const Scalar y = p->record(operands.data()).scalar();
      const std::vector<double> wanted = nested(y, x, v, static_cast<std::size_t>(order));
      const std::vector<double> got = derivatives_of(taylor(y, x, v, static_cast<std::size_t>(order)));
      // Rounding is relative to the largest derivative; where one is infinite or has none, both say so.
      double scale = 1e-300;
      for (const double d : wanted)
        if (std::isfinite(d)) scale = std::max(scale, std::abs(d));
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        ++compared;
        const bool same = std::isfinite(wanted[k]) ? std::abs(got[k] - wanted[k]) <= 1e-11 * scale
                                                   : !std::isfinite(got[k]) || got[k] == 0;
        BOOST_TEST(same, p->name << " at (" << point[0] << ", " << point[1] << ", " << point[2] << "), derivative " << k
                                 << ": " << got[k] << " for " << wanted[k]);
      }
    }
    if (p->differentiable != 0) BOOST_TEST(compared > 100u, p->name);
  }
}

BOOST_AUTO_TEST_CASE(random_programs) {
  Counts counts;
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Recording r;
    ScalarProgram program(seed, r);
    const Scalar y = program.record(counts);
    if (y.is_constant()) continue;
    std::mt19937_64 random(seed);
    std::vector<double> v;
    for (std::size_t k = 0; k < program.inputs.size(); ++k)
      v.push_back(std::uniform_real_distribution<double>(-1, 1)(random));
    const std::vector<double> c = taylor(y, program.inputs, v, 3);
    const double first = forward(program.inputs, v)[y];
    const std::vector<double> wanted = nested(y, program.inputs, v, 3);
    double scale = 0;
    for (const double d : wanted) scale = std::max(scale, std::abs(d));
    if (!(scale < 1e8)) continue;  // the programs are tame to first order only
    ++compared;
    BOOST_TEST(c[0] == y.value());
    const std::vector<double> d = derivatives_of(c);
    BOOST_TEST(std::abs(d[1] - first) <= 1e-9 * scale, "program " << seed);
    for (std::size_t k = 1; k <= 3; ++k)
      BOOST_TEST(std::abs(d[k] - wanted[k]) <= 1e-9 * scale,
                 "program " << seed << ", derivative " << k << ": " << d[k] << " for " << wanted[k]);
  }
  BOOST_TEST(compared > 200u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
