// Eight sweeps at once: forward_each and backward_each with rows of cotangents, against sweeps one by one.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/tests/autodiff/program.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool near(double a, double b, double bound) { return same(a, b) || std::abs(a - b) <= bound; }

/// A matrix with zeros among its numbers.
std::vector<double> numbers(oracle::Generator& random, std::size_t count) {
  std::vector<double> result(count);
  for (double& x : result) x = random.uniform(0, 2) == 0 ? 0.0 : random.real(-1, 1);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vector)

// Sums are made in the same order: the same bits.
BOOST_AUTO_TEST_CASE(forward_each_is_forward_along_every_direction) {
  std::uint64_t rolled = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(seed % 10 == 0 ? 600 : 150);
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      rolled += r.statistics().rolled;
      // Inputs, and now and then a value from inside.
      std::vector<Scalar> x(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(program.inputs.size()));
      const Scalar inner = value[static_cast<std::size_t>(random.uniform(0, program.size() - 1))];
      if (!inner.is_constant()) x.push_back(inner);
      const std::size_t count = static_cast<std::size_t>(random.uniform(1, 20));
      const std::vector<double> directions = numbers(random, count * x.size());
      const VectorTangents each = forward_each(x, directions);
      BOOST_REQUIRE_EQUAL(each.directions(), count);
      for (std::size_t k = 0; k < count; ++k) {
        const Tangents alone = forward(x, std::span(directions).subspan(k * x.size(), x.size()));
        for (std::size_t v = 0; v < value.size(); ++v)
          if (!same(each(k, value[v]), alone[value[v]]))
            BOOST_ERROR("seed " << seed << ", direction " << k << ", value " << v << ": " << each(k, value[v])
                                << " and " << alone[value[v]]);
      }
    }
  }
  BOOST_TEST(rolled > 5000u);
}

// What was recorded before the earliest of them is passed over.
BOOST_AUTO_TEST_CASE(forward_each_from_values_inside) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(150);
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      const Scalar inner = value[static_cast<std::size_t>(random.uniform(0, program.size() - 1))];
      if (inner.is_constant()) continue;
      const std::vector<Scalar> x{inner, inner};
      const VectorTangents each = forward_each(x, std::vector<double>{1.0, 0.0, 0.5, 1.5});
      const Tangents alone = forward({inner}, {1.0});
      for (std::size_t v = 0; v < value.size(); ++v)
        if (!same(each(0, value[v]), alone[value[v]]) || !near(each(1, value[v]), 2 * alone[value[v]], 0.0))
          BOOST_ERROR("seed " << seed << ", value " << v << ": " << each(0, value[v]) << ", " << each(1, value[v])
                              << " and " << alone[value[v]]);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_of_cotangents_are_weighted_sums_of_the_outputs) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(150);
    const oracle::Oracle<double> oracle(program, [&](std::size_t i) { return program.inputs[i]; });
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      std::vector<Scalar> y;
      std::vector<double> scale(value.size());
      for (int k = random.uniform(1, 12); k > 0; --k) {
        const int at = random.uniform(0, program.size() - 1);
        y.push_back(value[static_cast<std::size_t>(at)]);
        const std::vector<double> more = oracle.adjoints(at, true);
        for (std::size_t v = 0; v < scale.size(); ++v) scale[v] += more[v];
      }
      const std::size_t count = static_cast<std::size_t>(random.uniform(1, 20));
      const std::vector<double> rows = numbers(random, count * y.size());
      const VectorAdjoints each = backward_each(y, rows);
      BOOST_REQUIRE_EQUAL(each.outputs(), count);
      Adjoints alone;
      for (std::size_t k = 0; k < count; ++k) {
        backward(y, std::span(rows).subspan(k * y.size(), y.size()), alone);
        for (std::size_t v = 0; v < value.size(); ++v)
          if (!near(each(k, value[v]), alone[value[v]], 1e-15 * (10 + program.size()) * scale[v]))
            BOOST_ERROR("seed " << seed << ", row " << k << ", value " << v << ": " << each(k, value[v]) << " and "
                                << alone[value[v]]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(one_object_serves_recordings_of_every_size) {
  VectorTangents tangents;
  VectorAdjoints adjoints;
  for (const std::uint32_t first_id : {1u, 0xFFFFFFFEu - 60}) {
    for (const int size : {40, 3, 17}) {
      Recording r({.first_id = first_id});
      const Scalar a = r.variable(0.7), b = r.variable(-0.4);
      Scalar v = a;
      for (int i = 0; i < size; ++i) v = i % 3 == 0 ? Scalar(sin(v) * b) : i % 3 == 1 ? Scalar(v + a) : Scalar(v * v);
      const std::vector<Scalar> x{a, b};
      for (const std::size_t count : {1u, 8u, 9u, 17u}) {
        std::vector<double> directions(2 * count);
        for (std::size_t k = 0; k < directions.size(); ++k) directions[k] = 0.1 * static_cast<double>(k) - 0.3;
        forward_each(x, directions, tangents);
        const std::vector<Scalar> y{v, a};
        backward_each(y, directions, adjoints);
        BOOST_TEST(tangents.directions() == count);
        BOOST_TEST(adjoints.outputs() == count);
        const Adjoints g = backward(v);
        for (std::size_t k = 0; k < count; ++k) {
          BOOST_TEST(tangents(k, v) == forward(x, std::span(directions).subspan(2 * k, 2))[v]);
          BOOST_TEST(adjoints(k, b) == directions[2 * k] * g[b], boost::test_tools::tolerance(1e-14));
          BOOST_TEST(adjoints(k, a) == directions[2 * k] * g[a] + directions[2 * k + 1],
                     boost::test_tools::tolerance(1e-13));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(zeros_mask_what_is_not_finite_lane_by_lane) {
  Recording r;
  const Scalar x = r.variable(0.0), z = r.variable(2.0);
  const Scalar root = sqrt(x);          // partial ∞
  const Scalar y = root * 0.0 + z * z;  // a partial of exactly 0 lets nothing pass
  std::vector<Scalar> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(sqrt(x) * z);  // the same in a loop
  const std::vector<Scalar> in{x, z};
  const VectorTangents t = forward_each(in, std::vector<double>{0, 1, 1, 0});
  BOOST_TEST(t(0, root) == 0.0);  // a tangent of exactly 0
  BOOST_TEST(t(1, root) == infinity);
  BOOST_TEST(t(0, y) == 4.0);
  BOOST_TEST(t(1, y) == 0.0);
  BOOST_TEST(t(0, rows.back()) == 0.0);
  BOOST_TEST(t(1, rows.back()) == infinity);
  const std::vector<Scalar> out{rows.back(), y};
  const VectorAdjoints a = backward_each(out, std::vector<double>{0, 1, 1, 0, 1, 1});
  BOOST_TEST(a(0, x) == 0.0);  // a cotangent of exactly 0
  BOOST_TEST(a(1, x) == infinity);
  BOOST_TEST(a(0, z) == 4.0);
  BOOST_TEST(a(2, z) == 4.0);
}

BOOST_AUTO_TEST_CASE(recordings_with_tensors_are_swept_one_by_one) {
  Recording r;
  const Scalar a = r.variable(0.5), b = r.variable(1.5);
  const Tensor t = stack({a, Scalar(a * b), b});
  const Scalar y = to_scalar(sum(t * t * t)), z = element(sin(t), {1});
  const std::vector<Scalar> x{a, b}, out{y, z};
  const std::vector<double> directions{1, 0, 0, 1, 0.5, -2};
  const VectorTangents each = forward_each(x, directions);
  const VectorAdjoints rows = backward_each(out, directions);
  Adjoints alone;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto row = std::span(directions).subspan(2 * k, 2);
    const Tangents tangents = forward(x, row);
    BOOST_TEST(each(k, y) == tangents[y]);
    BOOST_TEST(each(k, z) == tangents[z]);
    backward(out, row, alone);
    BOOST_TEST(rows(k, a) == alone[a]);
    BOOST_TEST(rows(k, b) == alone[b]);
  }
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_wrong) {
  const auto text_of = [](const auto& wrong) -> std::string {
    try {
      wrong();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  Recording r, other;
  const Scalar x = r.variable(1.0), y = x * x, foreign = other.variable(1.0);
  const std::vector<Scalar> in{x}, constant{Scalar(1.0)}, two{x, y}, mixed{x, foreign};
  const std::vector<double> one{1.0}, three{1.0, 2.0, 3.0}, pair{1.0, 2.0};
  BOOST_TEST(text_of([&] {
               static_cast<void>(forward_each(two, three));
             }).starts_with("forward_each: 3 numbers for rows of 2 values; expected whole rows, one number for each"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(backward_each(two, three));
             }).starts_with("backward_each: 3 numbers for rows of 2 outputs; expected whole rows"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(forward_each({}, one));
             }).starts_with("forward_each: 1 numbers for rows of 0 values"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(forward_each(constant, one));
             }).starts_with("forward_each: a value to differentiate along is a constant"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(forward_each(in, one)(1, y));
             }).starts_with("tangent: direction 1 of 1; expected a direction that was swept"));
  BOOST_CHECK_THROW(static_cast<void>(forward_each(mixed, pair)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(backward_each(mixed, pair)), ForeignRecording);
  const VectorTangents tangents = forward_each(in, one);
  BOOST_CHECK_THROW(static_cast<void>(tangents(0, foreign)), ForeignRecording);
  BOOST_TEST(tangents(0, Scalar(3.0)) == 0.0);
  BOOST_TEST(tangents(0, Scalar(y * y)) == 0.0);  // recorded after the sweep
  BOOST_TEST(forward_each({}, {}).directions() == 0u);
  BOOST_TEST(backward_each(two, std::vector<double>{}).outputs() == 0u);
  BOOST_TEST(backward_each(constant, one)(0, x) == 0.0);
  r.clear();
  BOOST_CHECK_THROW(static_cast<void>(forward_each(in, one)), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(backward_each(in, one)), StaleHandle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
