// cond: a branch that is an entry; against plain C++ branches, and against itself in a replay.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "same_function.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/replay.hpp"

namespace wengert {
namespace {

const auto curved = [](const Scalar& x, const Scalar& y) { return sin(x * y) + x * x * x; };
const auto logarithmic = [](const Scalar& x, const Scalar& y) { return log(x) * y * y; };

Scalar structured(const std::vector<Scalar>& x) { return cond(x[0] < 1.0, curved, logarithmic, x[0], x[1]) * x[1]; }
Scalar plain(const std::vector<Scalar>& x) {
  if (x[0] < 1.0) return Scalar(curved(x[0], x[1])) * x[1];
  return Scalar(logarithmic(x[0], x[1])) * x[1];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conds)

BOOST_AUTO_TEST_CASE(both_sides_to_third_order) {
  check_same_function(structured, plain, {0.5, 1.25});
  check_same_function(structured, plain, {2.5, -0.75});
}

BOOST_AUTO_TEST_CASE(a_replay_takes_the_other_side) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{0.5, 1.25});
  const Scalar y = structured(x);
  const std::vector<Scalar> g = gradient(y, x);
  BOOST_TEST(r.statistics().guards == 0u);
  Replay replay(r, x, std::vector<Scalar>{y, g[0], g[1], gradient(g[0], x[1])});
  for (const std::vector<double>& at : {std::vector{0.5, 1.25}, {2.5, -0.75}, {-1.0, 2.0}, {1.0, 3.0}}) {
    const Everything expected = everything(plain, at, false);
    const std::vector<ReplayValue>& found = replay.run(at);
    check_close(found[0].number(), expected.value, "value");
    check_close(found[1].number(), expected.gradient[0], "gradient");
    check_close(found[2].number(), expected.gradient[1], "gradient");
    check_close(found[3].number(), expected.reverse_over_reverse[1], "second");
  }
}

BOOST_AUTO_TEST_CASE(the_side_that_is_not_chosen_lets_no_nan_through) {
  Recording r;
  const Scalar x = r.variable(-1.0);
  const Scalar y = cond(
      x > 0.0, [](const Scalar& v) { return log(v) + sqrt(v); }, [](const Scalar& v) { return v * v; }, x);
  BOOST_TEST(y.value() == 1.0);
  BOOST_TEST(backward(y)[x] == -2.0);
  BOOST_TEST(gradient(gradient(y, x), x).value() == 2.0);
}

BOOST_AUTO_TEST_CASE(predicates_of_every_kind) {
  Recording r;
  const Scalar x = r.variable(2.0);
  const Tensor t = r.variable(tensor({1.0, 5.0}));
  const auto twice = [](const Scalar& v) { return 2.0 * v; };
  const auto square = [](const Scalar& v) { return v * v * v; };
  BOOST_TEST(cond((0.0 < x) & (x < 1.0), twice, square, x).value() == 8.0);
  BOOST_TEST(cond(x, twice, square, x).value() == 4.0);
  BOOST_TEST(cond(Scalar(0.0), twice, square, x).value() == 8.0);
  BOOST_TEST(cond(Scalar(std::numeric_limits<double>::quiet_NaN()), twice, square, x).value() == 4.0);
  BOOST_TEST(cond(true, twice, square, x).value() == 4.0);
  BOOST_TEST(cond(sum(t) > 4.0, twice, square, x).value() == 4.0);
  BOOST_CHECK_THROW(static_cast<void>(cond(t > 4.0, twice, square, x)), ShapeError);
  BOOST_TEST(r.statistics().guards == 0u);
  // The predicate has no derivative.
  const Scalar y = cond(x, twice, square, Scalar(3.0));
  BOOST_TEST(backward(y)[x] == 0.0);
}

BOOST_AUTO_TEST_CASE(structures_tensors_and_dtypes) {
  const auto f = [](const Tensor& t, const std::pair<Scalar, std::vector<Scalar>>& p) {
    return std::tuple{tanh(t) * 2.0f, p.first * p.second[1], std::array<Scalar, 2>{p.second[0], p.second[0] * 3.0}};
  };
  const auto g = [](const Tensor& t, const std::pair<Scalar, std::vector<Scalar>>& p) {
    return std::tuple{t * t, p.second[1] / p.first, std::array<Scalar, 2>{p.first, 7.0}};
  };
  using Expected = std::tuple<Tensor, Scalar, std::array<Scalar, 2>>;
  for (const double choice : {1.0, -1.0}) {
    Recording r;
    const Scalar c = r.variable(choice), a = r.variable(1.5), b = r.variable(2.5);
    const Tensor t = r.variable(convert(tensor({0.5, -1.0, 2.0}), Dtype::f32));
    const std::pair<Scalar, std::vector<Scalar>> p{a, {b, c}};
    const auto [u, v, w] = cond(c > 0.0, f, g, t, p);
    const auto [eu, ev, ew] = choice > 0.0 ? Expected(f(t, p)) : Expected(g(t, p));
    BOOST_TEST((u.type() == eu.type()));
    BOOST_TEST((u.to_vector() == eu.to_vector()));
    BOOST_TEST(v.value() == ev.value());
    BOOST_TEST(w[1].value() == ew[1].value());
    const Scalar y = to_scalar(sum(u * u)) + v * w[0] + w[1];
    const Scalar ey = to_scalar(sum(eu * eu)) + ev * ew[0] + ew[1];
    BOOST_TEST((backward(y)[t].to_vector() == backward(ey)[t].to_vector()));
    BOOST_TEST((backward(y)[t].dtype() == Dtype::f32));
    for (const Scalar& x : {a, b, c}) check_close(backward(y)[x], backward(ey)[x], "gradient");
  }
}

BOOST_AUTO_TEST_CASE(constants_record_nothing) {
  const Scalar y = cond(Scalar(2.0) < 1.0, curved, logarithmic, Scalar(2.0), Scalar(3.0));
  BOOST_TEST(y.is_constant());
  BOOST_TEST(y.value() == std::log(2.0) * 3.0 * 3.0);
  BOOST_TEST(cond(Scalar(2.0) > 1.0, curved, logarithmic, 2.0, 3).value() == std::sin(6.0) + 8.0);
}

BOOST_AUTO_TEST_CASE(what_is_captured_of_the_recording_is_refused) {
  Recording r;
  const Scalar x = r.variable(2.0), outside = r.variable(3.0);
  const auto uses = [&](const Scalar& v) { return v * outside; };
  const auto gives = [&](const Scalar&) { return outside; };
  const auto takes_out = [&](const Scalar& v) { return v * outside.value(); };
  const auto other = [](const Scalar& v) { return v + 0.0; };
  BOOST_CHECK_THROW(static_cast<void>(cond(x > 0.0, uses, other, x)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(cond(x > 0.0, other, uses, x)), ForeignRecording);
  try {
    static_cast<void>(cond(x > 0.0, gives, other, x));
    BOOST_ERROR("not thrown");
  } catch (const ForeignRecording& error) {
    BOOST_TEST(error.operation() == "cond");
    BOOST_TEST(error.hint().find("operands") != std::string::npos);
    BOOST_TEST(std::string(error.where().file_name()).ends_with("cond.cpp"));
  }
  BOOST_TEST(cond(x > 0.0, takes_out, other, x).value() == 6.0);
  BOOST_TEST(r.statistics().guards == 0u);
}

BOOST_AUTO_TEST_CASE(sides_of_different_types_are_refused) {
  Recording r;
  const Tensor t = r.variable(tensor({1.0, 2.0}));
  const unsigned line = std::source_location::current().line() + 2;
  try {
    static_cast<void>(cond(
        sum(t) > 0.0, [](const Tensor& x) { return x * x; }, [](const Tensor& x) { return sum(x); }, t));
    BOOST_ERROR("not thrown");
  } catch (const ShapeError& error) {
    BOOST_TEST(error.where().line() == line);
  }
  BOOST_CHECK_THROW(static_cast<void>(cond(
                        sum(t) > 0.0, [](const Tensor& x) { return x * x; },
                        [](const Tensor& x) { return convert(x, Dtype::f32); }, t)),
                    DtypeError);
}

BOOST_AUTO_TEST_CASE(conds_nest) {
  const auto nested = [](const std::vector<Scalar>& x) -> Scalar {
    return cond(
        x[0] > 0.0,
        [](const Scalar& a, const Scalar& b) {
          return cond(
              b > 0.0, [](const Scalar& u, const Scalar& v) { return u * exp(v); }, logarithmic, a, b);
        },
        [](const Scalar& a, const Scalar& b) { return a * a * b; }, x[0], x[1]);
  };
  const auto branches = [](const std::vector<Scalar>& x) -> Scalar {
    if (x[0] > 0.0) return x[1] > 0.0 ? Scalar(x[0] * exp(x[1])) : Scalar(logarithmic(x[0], x[1]));
    return x[0] * x[0] * x[1];
  };
  check_same_function(nested, branches, {0.5, 1.25});
  check_same_function(nested, branches, {0.5, -1.25});
  check_same_function(nested, branches, {-0.5, -1.25});
}

BOOST_AUTO_TEST_CASE(a_branch_inside_a_side_is_guarded) {
  const auto kinked = [](const Scalar& x) -> Scalar { return x < 5.0 ? Scalar(x * x) : Scalar(10.0 * x); };
  const auto other = [](const Scalar& x) { return -x; };
  Recording r;
  const Scalar x = r.variable(2.0);
  const Scalar y = cond(x > 0.0, kinked, other, x);
  const Scalar slope = gradient(y, x);
  Replay replay(r, {x}, {y, slope});
  BOOST_TEST(replay.run({3.0})[1].number() == 6.0);
  BOOST_TEST(replay.run({-3.0})[1].number() == -1.0);
  BOOST_CHECK_THROW(replay.run({6.0}), GuardFailed);
  Recording again;
  const Scalar z = again.variable(2.0);
  const Scalar w = cond(OnGuard::rerecord, z > 0.0, kinked, other, z);
  Replay either(again, {z}, {w, gradient(w, z)});
  for (const double at : {3.0, 6.0, -3.0, 4.0, 7.0}) {
    const std::vector<ReplayValue>& found = either.run({at});
    BOOST_TEST(found[0].number() == (at < 0.0 ? -at : at < 5.0 ? at * at : 10.0 * at));
    BOOST_TEST(found[1].number() == (at < 0.0 ? -1.0 : at < 5.0 ? 2.0 * at : 10.0));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
