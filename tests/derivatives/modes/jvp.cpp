// jvp, the recorded forward sweep: what it records, rules of zeros, loops, values from inside, tensors, errors.
// (orders.cpp: its numbers, against every other mode.)
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/function.hpp"
#include "wengert/tests/autodiff/program.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

std::uint64_t values(const Recording& r) { return r.statistics().values; }
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// x³·z, element by element, as one entry.
class Cubic : public Function {
 public:
  [[nodiscard]] std::string name() const override { return "cubic"; }
  [[nodiscard]] Type type(std::span<const Type> x) const override { return x[0]; }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override { return x[0] * x[0] * x[0] * x[1]; }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                        std::span<const char>) const override {
    return {cotangent * 3.0 * x[0] * x[0] * x[1], cotangent * x[0] * x[0] * x[0]};
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> t, const Tensor&, std::span<const Tensor> x) const override {
    return t[0] * 3.0 * x[0] * x[0] * x[1] + t[1] * x[0] * x[0] * x[0];
  }
};

std::string text_of(const auto& wrong) {
  try {
    wrong();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recorded_forward)

BOOST_AUTO_TEST_CASE(along_constants_and_along_values) {
  Recording r;
  const Scalar x = r.variable(0.7), z = r.variable(-1.3), v = r.variable(2.0);
  const Scalar y = sin(x) * z + x * x;
  const Scalar d = jvp(y, {x, z}, {0.5, -2.0});
  BOOST_TEST(d.value() == (std::cos(0.7) * -1.3 + 1.4) * 0.5 - 2.0 * std::sin(0.7),
             boost::test_tools::tolerance(1e-14));
  // A tangent may be a value: the result depends on it, too.
  const Scalar t = jvp(y, x, v);
  BOOST_TEST(t.value() == 2.0 * (std::cos(0.7) * -1.3 + 1.4), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(backward(t)[v] == std::cos(0.7) * -1.3 + 1.4, boost::test_tools::tolerance(1e-14));
  // Perturbations are not confused: the tangent is x itself, and d/dx sees both places.
  const Scalar square = x * x, along_itself = jvp(square, x, x);  // 2x·x
  BOOST_TEST(gradient(along_itself, x).value() == 4 * 0.7, boost::test_tools::tolerance(1e-14));
  const std::vector<Scalar> both = jvp({y, square}, {x}, {1.0});
  BOOST_TEST(both[1].value() == 1.4, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(only_what_moves_and_is_needed_is_recorded) {
  Recording r;
  const Scalar x = r.variable(0.7), z = r.variable(-1.3);
  const Scalar moves = sin(x), rests = exp(z), after = moves * rests, unused = cos(moves);
  const std::uint64_t before = values(r);
  BOOST_TEST(jvp(after, x, 0.0).is_constant());  // a tangent that is the constant 0
  BOOST_TEST(jvp(rests, x, 1.0).is_constant());  // y that does not depend on x
  BOOST_TEST(jvp(x, after, 1.0).is_constant());  // x after y
  BOOST_TEST(jvp(x, x, 3.0).value() == 3.0);
  BOOST_TEST(jvp(Scalar(2.0), x, 1.0).is_constant());
  const Scalar linear = 2.0 * x + z;
  BOOST_TEST(jvp(linear, {x, z}, {1.0, 4.0}).is_constant());
  BOOST_TEST(jvp(linear, {x, z}, {1.0, 4.0}).value() == 6.0);
  BOOST_TEST(values(r) == before + 1);
  static_cast<void>(jvp(after, x, 1.0));  // cos(x), and that times exp(z): nothing of `unused`
  BOOST_TEST(values(r) == before + 3);
  static_cast<void>(unused);
}

BOOST_AUTO_TEST_CASE(values_from_inside_add_their_tangent_to_what_flows_in) {
  Recording r;
  const Scalar x = r.variable(0.7), u = sin(x), y = u * u * x;
  for (const double at : {0.0, 1.0, -0.5}) {
    const Scalar d = jvp(y, {x, u}, {1.0, at});
    BOOST_TEST(d.value() == forward({x, u}, {1.0, at})[y], boost::test_tools::tolerance(1e-14));
  }
  BOOST_TEST(jvp(y, {x, x}, {1.0, 1.0}).value() == 2 * jvp(y, x, 1.0).value(), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(jvp(u, u, 5.0).value() == 5.0);
}

// Infinite partials and tangents, NaN, and both kinds of zero: the numeric sweep's rules.
BOOST_AUTO_TEST_CASE(zeros_mask_what_is_not_finite_as_in_the_numeric_sweep) {
  const auto compare = [](const char* what, const auto& f) {
    for (const double at : {0.0, -0.0, 1.0, -1.0, infinity, nan}) {
      for (const double along : {0.0, -0.0, 1.0, -3.0, infinity, nan}) {
        Recording r;
        const Scalar x = r.variable(at), z = r.variable(0.0), v = r.variable(along);
        const Scalar y = f(x, z);
        const double numeric = forward({x, z}, {along, 1.0})[y];
        BOOST_TEST(same(jvp(y, {x, z}, {along, 1.0}).value(), numeric),
                   what << " at " << at << " along " << along << ": " << jvp(y, {x, z}, {along, 1.0}).value() << " and "
                        << numeric);
        BOOST_TEST(same(jvp(y, {x, z}, {v, Scalar(1.0)}).value(), numeric), what << ", along a value");
      }
    }
  };
  compare("sqrt", [](const Scalar& x, const Scalar&) { return Scalar(sqrt(x)); });
  compare("a product with 0", [](const Scalar& x, const Scalar& z) { return Scalar(sqrt(x) * z); });
  compare("in two statements", [](const Scalar& x, const Scalar& z) {
    const Scalar root = sqrt(x);
    return Scalar(root * z + x);
  });
  compare("log", [](const Scalar& x, const Scalar& z) { return Scalar(where(x > 0.0, log(x), z)); });
  compare("where, then log", [](const Scalar& x, const Scalar& z) {
    const Scalar chosen = where(x > 0.0, x, z + 1.0);
    return Scalar(log(chosen) * z);
  });
  compare("max", [](const Scalar& x, const Scalar& z) { return Scalar(max(x * x, z)); });
  compare("division", [](const Scalar& x, const Scalar& z) { return Scalar(1.0 / x + z); });
  compare("abs", [](const Scalar& x, const Scalar& z) { return Scalar(abs(x) + abs(z)); });
  compare("exp", [](const Scalar& x, const Scalar& z) { return Scalar(exp(x) * z); });
}

BOOST_AUTO_TEST_CASE(loops_rolled_up_and_not) {
  std::uint64_t rolled = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(120);
    const oracle::Oracle<double> oracle(program, [&](std::size_t i) { return program.inputs[i]; });
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      rolled += r.statistics().rolled;
      const std::size_t i = static_cast<std::size_t>(random.uniform(0, static_cast<int>(program.inputs.size()) - 1));
      for (const int at : {program.size() - 1, random.uniform(0, program.size() - 1)}) {
        const double want = oracle.adjoints(at)[i], scale = oracle.adjoints(at, true)[i];
        const double got = jvp(value[static_cast<std::size_t>(at)], value[i], 1.0).value();
        if (!same(got, want) && !(std::abs(got - want) <= 1e-15 * (10 + program.size()) * scale))
          BOOST_ERROR("seed " << seed << ": " << got << ", expected " << want);
      }
    }
  }
  BOOST_TEST(rolled > 2000u);
  // What a rolled loop's derivative records rolls up, too.
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(500, 0.3));
  Scalar sum = 0.0;
  for (const Scalar& v : x) sum = sum + sin(v) * v;
  const std::uint64_t before = r.statistics().rolled;
  const Scalar d = jvp(sum, x, std::vector<Scalar>(500, 1.0));
  BOOST_TEST(r.statistics().rolled > before + 400);
  BOOST_TEST(d.value() == 500 * (std::cos(0.3) * 0.3 + std::sin(0.3)), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(tensors_and_crossings) {
  Recording r;
  const Scalar a = r.variable(0.5);
  const Tensor w = r.variable(tensor({1.0, 2.0, 3.0, 4.0}, Shape{2, 2})),
               dw = tensor({0.1, -0.2, 0.3, 0.4}, Shape{2, 2});
  const Tensor t = matmul(w, stack({a, Scalar(a * a)})), s = to_tensor(a) * w;
  const Scalar y = element(t, {1}) * a, da = 2.0;
  const auto [dy, dt, ds] = jvp(std::tie(y, t, s), std::tie(a, w), std::tie(da, dw));
  const std::vector<double> two{2.0};
  const Tangents numeric = forward(std::span(&a, 1), two, std::span(&w, 1), std::span(&dw, 1));
  BOOST_TEST(dy.value() == numeric[y], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(dt.to_vector() == numeric[t].to_vector(), boost::test_tools::per_element());
  BOOST_TEST(ds.to_vector() == numeric[s].to_vector(), boost::test_tools::per_element());
  BOOST_TEST(jvp(s, w, dw).to_vector() == forward({w}, {dw})[s].to_vector(), boost::test_tools::per_element());
  BOOST_TEST(jvp(t, a, 1.0).shape() == (Shape{2}));
  BOOST_TEST(jvp(y, w, zeros(Shape{2, 2})).is_constant());
  BOOST_TEST(jvp(t, w, zeros(Shape{2, 2})).to_vector() == (std::vector<double>{0, 0}),
             boost::test_tools::per_element());
  // f32 stays f32.
  const Tensor f = r.variable(convert(dw, Dtype::f32)), df = jvp(f * f, f, ones(Shape{2, 2}, Dtype::f32));
  BOOST_TEST((df.dtype() == Dtype::f32));
}

BOOST_AUTO_TEST_CASE(tensors_from_inside_add_their_tangent_to_what_flows_in) {
  Recording r;
  const Tensor x = r.variable(tensor({0.3, -0.7}, Shape{2})), u = sin(x), y = u * u * x;
  const Tensor dx = tensor({1.0, 2.0}, Shape{2}), du = tensor({-0.5, 0.25}, Shape{2});
  const Tensor d = jvp(y, {x, u}, {dx, du});
  BOOST_TEST(d.to_vector() == forward({x, u}, {dx, du})[y].to_vector(), boost::test_tools::per_element());
  BOOST_TEST(jvp(y, {x, x}, {dx, dx}).to_vector() == (2.0 * jvp(y, x, dx)).to_vector(),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(functions_by_their_own_rule_to_second_order) {
  Recording r;
  const Scalar a = r.variable(0.6), b = r.variable(1.1);
  const Scalar y = to_scalar(sum(call(std::make_shared<const Cubic>(), {stack({a, b}), stack({b, b})})));  // a³b + b⁴
  const auto tolerance = boost::test_tools::tolerance(1e-13);
  const double first = 3 * 0.36 * 1.1, second = 0.216 + 4 * 1.331;
  BOOST_TEST(jvp(y, {a, b}, {2.0, -1.0}).value() == 2 * first - second, tolerance);
  const double want[2][2]{{6 * 0.6 * 1.1, 3 * 0.36}, {3 * 0.36, 12 * 1.21}};
  for (const HessianMode mode : {HessianMode::forward_over_reverse, HessianMode::reverse_over_reverse,
                                 HessianMode::reverse_over_forward, HessianMode::forward_over_forward}) {
    const Matrix h = hessian(y, {a, b}, {.mode = mode});
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) BOOST_TEST(h(i, j) == want[i][j], tolerance);
  }
}

// What lies before the earliest input is passed over, and what lies after the last output.
BOOST_AUTO_TEST_CASE(inputs_and_outputs_far_inside_a_recording) {
  Recording r;
  const std::vector<Scalar> before = r.variables(std::vector<double>(100, 0.4));
  Scalar sum = 0.0;
  for (const Scalar& v : before) sum = sum + sin(v) * v;
  const Tensor early = stack({sum, sum});
  const Tensor t = r.variable(tensor({2.0, 3.0}, Shape{2}));
  const Scalar x = r.variable(0.7), y = x * sum + element(t * early, {1});
  const Scalar late = sin(y);
  const double s = sum.value();
  BOOST_TEST(jvp(y, x, 2.0).value() == 2 * s, boost::test_tools::tolerance(1e-14));
  const Tensor dt = tensor({1.0, 5.0}, Shape{2});
  BOOST_TEST(jvp(y, t, dt).value() == 5 * s, boost::test_tools::tolerance(1e-14));
  const std::vector<Scalar> outputs{sum, y, late};
  const std::vector<Scalar> d = jvp(outputs, {x}, {1.0});
  BOOST_TEST(d[0].is_constant());
  BOOST_TEST(d[0].value() == 0.0);
  BOOST_TEST(d[1].value() == s, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(d[2].value() == std::cos(y.value()) * s, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(jvp(y, before[3], 1.0).value() == backward(y)[before[3]], boost::test_tools::tolerance(1e-14));
  const auto [nothing] = jvp(std::tie(early), std::tie(x), std::tie(x));
  BOOST_TEST(nothing.to_vector() == (std::vector<double>{0, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(third_order_by_composition) {
  Recording r;
  const Scalar x = r.variable(0.6), z = r.variable(1.1);
  const Scalar y = exp(x * z) + sin(x) * z * z;
  const std::vector<Scalar> in{x, z};
  // D³y[u, v, w], the derivatives along three directions, in every mixture of modes.
  const std::vector<double> u{1.0, 0.5}, v{-0.3, 2.0}, w{0.7, 0.2};
  const auto scalars = [](const std::vector<double>& d) { return std::vector<Scalar>(d.begin(), d.end()); };
  const auto dot = [](const std::vector<Scalar>& g, const std::vector<double>& d) {
    return Scalar(g[0] * d[0] + g[1] * d[1]);
  };
  const double fff = jvp(jvp(jvp(y, in, scalars(u)), in, scalars(v)), in, scalars(w)).value();
  const double rff = dot(gradient(jvp(jvp(y, in, scalars(u)), in, scalars(v)), in), w).value();
  const double frf = jvp(dot(gradient(jvp(y, in, scalars(u)), in), v), in, scalars(w)).value();
  const double rrr = dot(gradient(dot(gradient(dot(gradient(y, in), u), in), v), in), w).value();
  const std::vector<double> last = hvp(dot(gradient(y, in), u), in, v);
  const double by_hvp = last[0] * w[0] + last[1] * w[1];
  // By hand: ∂x³, ∂x²∂z, ∂x∂z², ∂z³ of exp(xz) + sin(x)·z².
  const double a = 0.6, b = 1.1, q = std::exp(a * b);
  const double xxx = b * b * b * q - std::cos(a) * b * b, xxz = (2 * b + a * b * b) * q - 2 * std::sin(a) * b,
               xzz = (2 * a + a * a * b) * q + 2 * std::cos(a), zzz = a * a * a * q;
  const double want = xxx * u[0] * v[0] * w[0] + xxz * (u[0] * v[0] * w[1] + u[0] * v[1] * w[0] + u[1] * v[0] * w[0]) +
                      xzz * (u[0] * v[1] * w[1] + u[1] * v[0] * w[1] + u[1] * v[1] * w[0]) + zzz * u[1] * v[1] * w[1];
  const auto tolerance = boost::test_tools::tolerance(1e-13);
  BOOST_TEST(fff == want, tolerance);
  BOOST_TEST(rff == want, tolerance);
  BOOST_TEST(frf == want, tolerance);
  BOOST_TEST(rrr == want, tolerance);
  BOOST_TEST(by_hvp == want, tolerance);
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_wrong) {
  Recording r, other;
  const Scalar x = r.variable(1.0), y = x * x, foreign = other.variable(1.0);
  const Tensor t = r.variable(ones(Shape{3})), whole = argmax(t, 0);
  BOOST_TEST(text_of([&] {
               static_cast<void>(jvp(y, Scalar(1.0), 1.0));
             }).starts_with("jvp: the value to differentiate along is a constant; expected a value of the recording"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(jvp(y, {x, x}, {1.0}));
             }).starts_with("jvp: 1 tangents for 2 values; expected one tangent for each value"));
  BOOST_TEST(text_of([&] {
               static_cast<void>(jvp(y, t, ones(Shape{2})));
             }).starts_with("jvp: a tangent of f64[2] for a tensor of f64[3]; expected f64[3]"));
  BOOST_CHECK_THROW(static_cast<void>(jvp(y, t, ones(Shape{2}))), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(jvp(y, t, ones(Shape{3}, Dtype::f32))), DtypeError);
  BOOST_CHECK_THROW(static_cast<void>(jvp(whole, t, ones(Shape{3}))), DtypeError);
  BOOST_CHECK_THROW(static_cast<void>(jvp(y, foreign, 1.0)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(jvp(foreign, x, 1.0)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(jvp(y, x, foreign)), ForeignRecording);
  const std::uint64_t before = values(r);
  BOOST_TEST(jvp(std::vector<Scalar>{}, std::vector<Scalar>{}, std::vector<Scalar>{}).empty());
  BOOST_TEST(jvp(y, std::vector<Scalar>{}, std::vector<Scalar>{}).is_constant());
  BOOST_TEST(values(r) == before);
  const Recording::Mark mark = r.mark();
  const Scalar gone = y * x;
  r.rewind(mark);
  BOOST_CHECK_THROW(static_cast<void>(jvp(gone, x, 1.0)), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(jvp(y, x, gone)), StaleHandle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
