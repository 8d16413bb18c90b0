// Every elementwise primitive on tensors, at its points: what it is on Scalars, in f64, bit for bit or (exp, sin …,
// which are vector functions) to their stated error; the recorded gradient and the numeric one bit for bit.
#include <boost/test/unit_test.hpp>

#include <bit>
#include <limits>

#include "points.hpp"
#include "tensor_helpers.hpp"
#include "vector_oracle.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (a != a && b != b);
}

/// How far a value may be from the C library's, in units in the last place: 0, or the stated error of the vector
/// function and one unit for the library's.
double stated_distance(const Primitive& p) {
  for (const kernels::VectorAccuracy& a : kernels::vector_accuracy)
    if (a.name == p.name) return a.f64 + 1;
  return 0;
}

/// The primitives whose partials call functions, which may be vector functions.
bool has_dear_partials(const Primitive& p) {
  bool dear = false;
  ops::ElementwisePrimitives::for_each([&]<class P> {
    if (p.name == P::name) dear = P::partial_cost == ops::Cost::dear;
  });
  return dear;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(elementwise)

BOOST_AUTO_TEST_CASE(f64_is_the_scalar_rule_bit_for_bit_or_to_the_stated_error) {
  std::mt19937 random(21);
  for (const Primitive* p : elementwise_primitives()) {
    BOOST_TEST_CONTEXT(p->name) {
      // 300 points or more: several tiles, and an odd rest.
      const auto at = operands_of(*p, 301 / p->point_count + 1, Dtype::f64);
      const auto arity = static_cast<std::size_t>(p->arity);
      Recording r;
      std::vector<Tensor> x;
      for (const Tensor& t : at) x.push_back(r.variable(t));
      const Tensor y = detail::record_tensor(*p, x, {}, {});
      BOOST_TEST(y.dtype() == (p->truth ? Dtype::boolean : Dtype::f64));
      const auto value = y.to_vector();
      std::vector<std::vector<double>> column;
      for (const Tensor& t : at) column.push_back(t.to_vector());
      for (std::size_t i = 0; i < value.size(); ++i) {
        double operands[3] = {};
        for (std::size_t k = 0; k < arity; ++k) operands[k] = column[k][i];
        const double wanted = p->value(operands);
        BOOST_TEST((same(value[i], wanted) || ulp_error<double>(value[i], wanted) <= stated_distance(*p)));
      }
      if (p->truth) continue;
      const Tensor g = random_tensor(y.type(), random);
      const auto cotangent = g.to_vector();
      const Adjoints adjoint = backward(y, g);
      for (std::size_t k = 0; k < arity; ++k) {
        if (p->truth_operands >> k & 1u) continue;
        const auto got = adjoint[x[k]].to_vector();
        for (std::size_t i = 0; i < value.size(); ++i) {
          double operands[3] = {};
          for (std::size_t j = 0; j < arity; ++j) operands[j] = column[j][i];
          const double wanted =
              p->differentiable >> k & 1u ? p->contribution(k, cotangent[i], value[i], operands) : 0.0;
          BOOST_TEST((same(got[i], wanted) || (has_dear_partials(*p) && ulp_error<double>(got[i], wanted) <= 8)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_recorded_gradient_is_the_numeric_one) {
  std::mt19937 random(22);
  for (const Primitive* p : elementwise_primitives()) {
    if (p->truth) continue;
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      BOOST_TEST_CONTEXT(p->name << " " << to_string(dtype)) {
        Recording r;
        std::vector<Tensor> x, real;
        for (const Tensor& t : operands_of(*p, 1, dtype)) {
          x.push_back(r.variable(t));
          if (is_real(t.dtype())) real.push_back(x.back());
        }
        const Tensor y = detail::record_tensor(*p, x, {}, {});
        BOOST_TEST(y.dtype() == dtype);
        const Tensor g = random_tensor(y.type(), random);
        const Adjoints numeric = backward(y, g);
        const std::vector<Tensor> recorded = gradient(y, g, real);
        for (std::size_t k = 0; k < real.size(); ++k) {
          BOOST_TEST(recorded[k].type() == real[k].type());
          const auto a = recorded[k].to_vector(), b = numeric[real[k]].to_vector();
          for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST((a[i] == b[i] || (a[i] != a[i] && b[i] != b[i])));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(forward_agrees_with_reverse) {
  std::mt19937 random(23);
  for (const Primitive* p : elementwise_primitives()) {
    if (p->truth) continue;
    BOOST_TEST_CONTEXT(p->name) {
      Recording r;
      std::vector<Tensor> x, real, direction;
      for (const Tensor& t : operands_of(*p, 1, Dtype::f64)) {
        x.push_back(r.variable(t));
        if (!is_real(t.dtype())) continue;
        real.push_back(x.back());
        direction.push_back(random_tensor(t.type(), random));
      }
      const Tensor y = detail::record_tensor(*p, x, {}, {});
      const Tensor g = random_tensor(y.type(), random);
      const Adjoints adjoint = backward(y, g);
      double by_reverse = 0, scale = 1;
      for (std::size_t k = 0; k < real.size(); ++k) {
        by_reverse += dot(adjoint[real[k]], direction[k]);
        for (const double v : adjoint[real[k]].to_vector()) scale += std::abs(v);
      }
      BOOST_TEST(std::abs(by_reverse - dot(g, forward(real, direction)[y])) < 1e-14 * scale);
      // The same rule on handles.
      std::vector<Tensor> tangents;
      std::size_t next = 0;
      for (const Tensor& t : x)
        tangents.push_back(is_real(t.dtype()) ? direction[next++] : zeros(t.shape(), t.dtype()));
      const auto a = p->on_tensors.jvp(tangents, y, x, {}).to_vector(), b = forward(real, direction)[y].to_vector();
      for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) <= 1e-15 * scale);
    }
  }
}

BOOST_AUTO_TEST_CASE(uniform_operands_give_what_dense_ones_give) {
  std::mt19937 random(24);
  for (const Primitive* p : elementwise_primitives()) {
    BOOST_TEST_CONTEXT(p->name) {
      const auto arity = static_cast<std::size_t>(p->arity);
      const Shape shape{300};
      for (unsigned mask = 0; mask < 1u << arity; ++mask) {
        Recording r;
        std::vector<Tensor> uniform, dense;
        for (std::size_t k = 0; k < arity; ++k) {
          double x[3];
          int order = 0;
          p->point(0, x, order);
          const Dtype dtype = p->truth_operands >> k & 1u ? Dtype::boolean : Dtype::f64;
          const Tensor t = full(shape, x[k], dtype);
          dense.push_back(r.variable(t.value().dense()));
          uniform.push_back(r.variable(mask >> k & 1u ? t.value() : t.value().dense()));
        }
        const Tensor a = detail::record_tensor(*p, uniform, {}, {}), b = detail::record_tensor(*p, dense, {}, {});
        BOOST_TEST((a.value().dense() == b.value()));
        if (p->truth) continue;
        for (const bool one_for_all : {true, false}) {
          const Tensor g = one_for_all ? full(shape, 0.75) : random_tensor({Dtype::f64, shape}, random);
          const Adjoints da = backward(a, g), db = backward(b, g);
          for (std::size_t k = 0; k < arity; ++k)
            if (!(p->truth_operands >> k & 1u))
              BOOST_TEST((da[uniform[k]].value().dense() == db[dense[k]].value().dense()));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(contributions_add_up) {
  Recording r;
  const Tensor x = r.variable(tensor({1, 2, 3}));
  const Tensor y = x * x + sin(x) + x + x * 2.0 + sum(x);  // five ways, one of them broadcast
  const auto g = backward(sum(y))[x].to_vector();
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = static_cast<double>(i) + 1;
    BOOST_TEST(std::abs(g[i] - (2 * v + std::cos(v) + 1 + 2 + 3)) < 1e-14);
  }
  // Nothing accumulates from one call to the next, and what was handed out does not change.
  Adjoints a;
  backward(sum(y), a);
  const Tensor kept = a[x];
  const auto before = kept.to_vector();
  backward(sum(y * 2.0), a);
  BOOST_TEST(kept.to_vector() == before, boost::test_tools::per_element());
  BOOST_TEST(a[x].to_vector()[0] == 2 * before[0]);
}

// The type was read from an array that spreading had freed; under AddressSanitizer this ends the test.
BOOST_AUTO_TEST_CASE(a_uniform_adjoint_is_spread_before_it_is_added_to) {
  Recording r;
  const Tensor x = r.variable(tensor({1, 2, 3}));
  const Tensor dense = sum((x + 1.0) * tensor({4, 5, 6}));
  const Tensor uniform = 2.0 * sum(x);  // swept first
  BOOST_TEST(backward(dense + uniform)[x].to_vector() == (std::vector<double>{6, 7, 8}),
             boost::test_tools::per_element());
}

// Trap T14.
BOOST_AUTO_TEST_CASE(where_does_not_leak_from_the_side_not_chosen) {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    Recording r;
    const Tensor x = r.variable(convert(tensor({-1, 0, 4}), dtype));
    const auto check = [&](const Tensor& y, std::vector<double> wanted) {
      const auto numeric = backward(sum(y))[x].to_vector(), recorded = gradient(sum(y), x).to_vector();
      BOOST_TEST(numeric == wanted, boost::test_tools::per_element());
      BOOST_TEST(recorded == wanted, boost::test_tools::per_element());
    };
    check(where(x > 0.0, sqrt(x), 0.0), {0, 0, 0.25});
    check(where(x > 0.0, log(x), x), {1, 1, 0.25});
    check(where(x == 0.0, 1.0, 1.0 / x), {-1, 0, -0.0625});
    check(where(x < 1.0, x, exp(x * 1e3)), {1, 1, std::numeric_limits<double>::infinity()});
    check(where(true, x, sqrt(x)), {1, 1, 1});
  }
}

// Numeric sweeps gave 0 where the recorded gradient was ∞ · 0.
BOOST_AUTO_TEST_CASE(a_constant_partial_of_zero_stops_an_infinite_cotangent) {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    Recording r;
    const Tensor x = r.variable(convert(tensor({1, 4}), dtype));
    const Tensor y = sum(sqrt(x * convert(tensor({0, 1}), dtype)));
    const Tensor g = gradient(y, x);
    const std::vector<double> first{0, 0.25}, second{0, -0.03125};
    BOOST_TEST(backward(y)[x].to_vector() == first, boost::test_tools::per_element());
    BOOST_TEST(g.to_vector() == first, boost::test_tools::per_element());
    BOOST_TEST(backward(sum(g))[x].to_vector() == second, boost::test_tools::per_element());
    BOOST_TEST(gradient(sum(g), x).to_vector() == second, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(second_derivatives_of_a_composition) {
  Recording r;
  const std::vector<double> at{0.3, 0.7, 1.9};
  const Tensor x = r.variable(tensor(at, Shape{3}));
  const Tensor y =
      sum(tanh(x) * exp(x) / (1.0 + pow(x, 3)) + where(x > 1.0, log(x) * x, pow(x, 2.5)) + max(x, 0.5) * abs(x));
  const Tensor g = gradient(y, x);
  const Tensor v = tensor({0.4, -1.0, 0.6});
  const auto hv = backward(sum(g * v))[x].to_vector();
  const double step = 1e-5;
  const auto gradient_at = [&](double sign) {
    Recording other;
    const Tensor z = other.variable(moved(x, v, sign * step));
    return backward(sum(tanh(z) * exp(z) / (1.0 + pow(z, 3)) + where(z > 1.0, log(z) * z, pow(z, 2.5)) +
                        max(z, 0.5) * abs(z)))[z]
        .to_vector();
  };
  const auto high = gradient_at(1), low = gradient_at(-1);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::abs(hv[i] - (high[i] - low[i]) / (2 * step)) < 1e-8);
  // And a third, against the derivative of x³ by hand.
  const Tensor h = gradient(sum(gradient(sum(pow(x, 3)), x)), x);
  const auto third = backward(sum(h))[x].to_vector();
  for (const double d : third) BOOST_TEST(std::abs(d - 6) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
