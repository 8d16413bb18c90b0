// Every structural primitive at its cases (structural_cases.hpp): values against plain loops, forward against central
// differences, reverse against forward by the inner product, recorded against numeric, and all of it once more for the
// derivative of the derivative.
#include <boost/test/unit_test.hpp>

#include <map>

#include "naive.hpp"
#include "structural_cases.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr std::size_t many = 100, few = 20;

double tolerance_of(const StructuralCase& c) { return c.f32 ? 2e-5 : 1e-9; }

double scale_of(const Tensor& t) {
  double sum = 1.0;
  for (const double v : t.to_vector()) sum += std::abs(v);
  return sum;
}

/// Variables of the operands; the real ones are also in `real`, their places in `at`.
struct Operands {
  std::vector<Tensor> all, real;
  std::vector<std::size_t> at;

  Operands(Recording& r, const std::vector<Tensor>& values) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      all.push_back(r.variable(values[k]));
      if (!is_real(values[k].dtype())) continue;
      real.push_back(all.back());
      at.push_back(k);
    }
  }
  [[nodiscard]] std::vector<Tensor> of_real(const std::vector<Tensor>& values) const {
    std::vector<Tensor> result;
    for (const std::size_t k : at) result.push_back(values[k]);
    return result;
  }
};

std::vector<Tensor> moved_along(const std::vector<Tensor>& x, const std::vector<Tensor>& direction, double step) {
  std::vector<Tensor> result = x;
  for (std::size_t k = 0; k < x.size(); ++k)
    if (is_real(x[k].dtype())) result[k] = moved(x[k], direction[k], step);
  return result;
}

/// d f(x + s·direction)/ds at 0 by five points: the error is of order step⁴.
template <class F>
std::vector<double> difference(const std::vector<Tensor>& x, const std::vector<Tensor>& direction, double step,
                               const F& f) {
  const auto value = [&](double s) -> std::vector<double> { return f(moved_along(x, direction, s * step)); };
  const auto a = value(1), b = value(-1), c = value(2), d = value(-2);
  std::vector<double> result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = (8 * (a[i] - b[i]) - (c[i] - d[i])) / (12 * step);
  return result;
}

void close(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance) {
  BOOST_REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    BOOST_TEST(std::abs(got[i] - wanted[i]) <= tolerance * (1 + std::abs(wanted[i])),
               "element " << i << ": " << got[i] << " for " << wanted[i]);
}

/// φ = Σ (w · p(x))², whose Hessian is not 0 even where p is linear (trap T38), and its recorded gradient.
std::vector<Tensor> gradient_of_squares(const StructuralCase& c, const Operands& x, const Tensor& w) {
  const Tensor wy = w * c(x.all);
  return gradient(sum(wy * wy), x.real);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(structural)

BOOST_AUTO_TEST_CASE(every_primitive_has_samples_documentation_and_one_family) {
  BOOST_TEST(structural_primitives().size() == ops::StructuralPrimitives::size);
  ops::StructuralPrimitives::for_each([]<class P> {
    static_assert(ops::LinearPrimitive<P, Tensor> + ops::GeneralPrimitive<P, Tensor> + ops::ChoosingPrimitive<P> == 1);
    BOOST_TEST(P::samples().size() >= 3u, P::name);
    BOOST_TEST(std::string_view(P::doc).size() > 20u, P::name);
  });
}

BOOST_AUTO_TEST_CASE(there_are_a_hundred_cases_for_each) {
  std::map<std::string_view, std::size_t> count;
  for (const StructuralCase& c : structural_cases(many)) ++count[c.primitive->name];
  BOOST_TEST(count.size() == ops::StructuralPrimitives::size);
  for (const auto& [name, n] : count) BOOST_TEST(n >= 100u, name);
}

BOOST_AUTO_TEST_CASE(values_are_those_of_plain_loops) {
  for (const StructuralCase& c : structural_cases(many)) {
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      std::vector<Naive> x;
      const std::vector<Tensor> operands = sample_operands(c.sample, random);
      for (const Tensor& t : operands) x.push_back(naive(t));
      const Tensor y = c(operands);
      close(y.to_vector(), naive_value(c.primitive->name, x, c.sample.attribute, y.shape()).at,
            c.f32 ? (c.decomposes ? 2e-5 : 2e-6) : (c.decomposes ? 1e-12 : 1e-14));
    }
  }
}

// Any shapes, axes and places: value against plain loops, reverse against forward, recorded against numeric, to second
// order (forward over the gradient against reverse over it).
BOOST_AUTO_TEST_CASE(random_shapes_and_attributes) {
  for (const StructuralCase& c : random_cases(many)) {
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> at = sample_operands(c.sample, random), v = sample_directions(c.sample, random);
      Recording r;
      const Operands x(r, at);
      std::vector<Naive> plain;
      for (const Tensor& t : at) plain.push_back(naive(t));
      const Tensor y = c(x.all);
      close(y.to_vector(), naive_value(c.primitive->name, plain, c.sample.attribute, y.shape()).at,
            c.f32 ? 2e-5 : (c.decomposes ? 1e-12 : 1e-13));
      if (c.chooses) continue;
      const Tensor w = random_tensor(y.type(), random);
      const Tensor wy = w * y;
      const std::vector<Tensor> g = gradient(sum(wy * wy), x.real);
      Tensor along = zeros(Shape{}, g[0].dtype());
      for (std::size_t k = 0; k < g.size(); ++k) along = along + sum(v[x.at[k]] * g[k]);
      const Adjoints first = backward(sum(wy * wy)), second = backward(along);
      const Tangents tangents = forward(x.real, x.of_real(v));
      double by_reverse = 0;
      for (std::size_t k = 0; k < g.size(); ++k) {
        const double tolerance = c.f32 ? 1e-4 : 1e-12;
        close(first[x.real[k]].to_vector(), g[k].to_vector(), tolerance);
        close(tangents[g[k]].to_vector(), second[x.real[k]].to_vector(), tolerance);
        by_reverse += dot(g[k], v[x.at[k]]);
      }
      const double by_forward = 2 * dot(wy, w * tangents[y]);
      BOOST_TEST(std::abs(by_reverse - by_forward) < (c.f32 ? 1e-4 : 1e-11) * (1 + std::abs(by_forward)));
    }
  }
}

BOOST_AUTO_TEST_CASE(uniform_operands_give_what_dense_ones_give) {
  for (const StructuralCase& c : structural_cases(few)) {
    if (c.decomposes) continue;  // a matrix of equal elements is singular
    BOOST_TEST_CONTEXT(c.text) {
      Recording r;
      std::vector<Tensor> uniform, dense;
      for (const Type& type : c.sample.operands) {
        uniform.push_back(full(type.shape, is_real(type.dtype) ? 0.75 : 0.0, type.dtype));
        dense.emplace_back(uniform.back().value().dense());
      }
      const Operands u(r, uniform), d(r, dense);
      const Tensor of_uniform = c(u.all), of_dense = c(d.all);
      close(of_uniform.to_vector(), of_dense.to_vector(), c.f32 ? 1e-6 : 1e-14);
      if (c.chooses) continue;
      std::mt19937 random(c.seed);
      const Tensor g = random_tensor(of_dense.type(), random);
      for (const Tensor& cotangent : {g, full(g.shape(), 0.5, g.dtype())}) {
        const Adjoints a = backward(of_uniform, cotangent), b = backward(of_dense, cotangent);
        for (std::size_t k = 0; k < u.real.size(); ++k)
          close(a[u.real[k]].to_vector(), b[d.real[k]].to_vector(), c.f32 ? 1e-6 : 1e-14);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_operand_in_several_places_gets_the_sum) {
  std::size_t found = 0;
  for (const StructuralCase& c : structural_cases(few)) {
    const auto& types = c.sample.operands;
    if (c.chooses || types.size() < 2 ||
        !std::all_of(types.begin(), types.end(), [&](const Type& t) { return t == types[0]; }))
      continue;
    ++found;
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const Tensor at = sample_operands(c.sample, random)[0];
      Recording r;
      const Operands apart(r, std::vector<Tensor>(types.size(), at));
      const Tensor x = r.variable(at), y = c(apart.all), shared = c(std::vector<Tensor>(types.size(), x));
      BOOST_TEST((shared.value() == y.value()));
      const Tensor g = random_tensor(y.type(), random);
      const Adjoints a = backward(y, g);
      std::vector<double> wanted(static_cast<std::size_t>(at.size()));
      for (const Tensor& part : apart.real) {
        const auto adjoint = a[part].to_vector();
        for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] += adjoint[i];
      }
      close(backward(shared, g)[x].to_vector(), wanted, tolerance_of(c));
      close(gradient(shared, g, std::vector{x})[0].to_vector(), wanted, tolerance_of(c));
    }
  }
  BOOST_TEST(found >= 20u);  // stack, concatenate, matmul
}

BOOST_AUTO_TEST_CASE(forward_agrees_with_differences_and_reverse_with_forward) {
  for (const StructuralCase& c : structural_cases(many)) {
    if (c.chooses) continue;
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> at = sample_operands(c.sample, random), direction = sample_directions(c.sample, random);
      Recording r;
      const Operands x(r, at);
      const Tensor y = c(x.all);
      const Tensor tangent = forward(x.real, x.of_real(direction))[y];
      BOOST_TEST(tangent.type() == y.type());
      if (c.f32 && c.smooth) {  // differences of f32 prove nothing; what f64 gives is held against them
        std::vector<Tensor> wide, wide_direction;
        for (std::size_t k = 0; k < at.size(); ++k) {
          const bool real = is_real(at[k].dtype());
          wide.push_back(real ? convert(at[k], Dtype::f64) : at[k]);
          wide_direction.push_back(real ? convert(direction[k], Dtype::f64) : direction[k]);
        }
        const Operands w(r, wide);
        const Tensor wide_y = c(w.all);
        close(tangent.to_vector(), forward(w.real, w.of_real(wide_direction))[wide_y].to_vector(), 1e-5);
      } else {
        // Where there is no truncation error to speak of, a step of 1/4.
        const auto wanted = difference(at, direction, c.smooth ? 1e-3 : 0.25,
                                       [&](const std::vector<Tensor>& moved) { return c(moved).to_vector(); });
        close(tangent.to_vector(), wanted, 10 * tolerance_of(c));
      }

      const Tensor g = random_tensor(y.type(), random);
      const Adjoints adjoint = backward(y, g);
      double by_reverse = 0;
      for (std::size_t k = 0; k < x.real.size(); ++k) {
        BOOST_TEST(adjoint[x.real[k]].type() == x.real[k].type());
        by_reverse += dot(adjoint[x.real[k]], direction[x.at[k]]);
      }
      BOOST_TEST(std::abs(by_reverse - dot(g, tangent)) < tolerance_of(c) * scale_of(g));
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_passes_a_choice) {
  for (const StructuralCase& c : structural_cases(few)) {
    if (!c.chooses) continue;
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      Recording r;
      const Operands x(r, sample_operands(c.sample, random));
      const Tensor y = convert(c(x.all), Dtype::f64);
      const Tensor also = sum(y * y) + sum(convert(x.real[0], Dtype::f64));
      BOOST_TEST(
          backward(also)[x.real[0]].to_vector() == std::vector<double>(static_cast<std::size_t>(x.real[0].size()), 1.0),
          boost::test_tools::per_element());
      BOOST_TEST((gradient(also, x.real)[0].value() == backward(also)[x.real[0]].value()));
      const Tensor tangent = forward(x.real, x.real)[y];
      BOOST_TEST(tangent.to_vector() == std::vector<double>(static_cast<std::size_t>(y.size())),
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_subset_of_active_operands_gives_the_same_derivatives) {
  for (const StructuralCase& c : structural_cases(few)) {
    if (c.chooses) continue;
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> at = sample_operands(c.sample, random);
      const std::size_t n = at.size();
      Recording all;
      const Operands x(all, at);
      const Tensor y = c(x.all);
      const Tensor g = random_tensor(y.type(), random);
      const Adjoints whole = backward(y, g);
      for (unsigned mask = 1; mask < 1u << n; ++mask) {
        Recording r;
        std::vector<Tensor> some;
        for (std::size_t k = 0; k < n; ++k) some.push_back(mask >> k & 1u ? r.variable(at[k]) : at[k]);
        const Adjoints part = backward(c(some), g);
        for (std::size_t k = 0; k < n; ++k)
          if ((mask >> k & 1u) && is_real(at[k].dtype()))
            BOOST_TEST((part[some[k]].value() == whole[x.all[k]].value()));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_recorded_gradient_is_the_numeric_one) {
  for (const StructuralCase& c : structural_cases(many)) {
    if (c.chooses) continue;
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      Recording r;
      const Operands x(r, sample_operands(c.sample, random));
      const Tensor y = c(x.all);
      const Tensor g = r.variable(random_tensor(y.type(), random));
      const Adjoints numeric = backward(y, g);
      const std::vector<Tensor> recorded = gradient(y, g, x.real);
      for (std::size_t k = 0; k < x.real.size(); ++k) {
        BOOST_TEST(recorded[k].type() == x.real[k].type());
        const auto a = recorded[k].to_vector(), b = numeric[x.real[k]].to_vector();
        BOOST_TEST(a == b, boost::test_tools::per_element());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(second_derivatives_agree_with_differences) {
  for (const StructuralCase& c : structural_cases(many)) {
    if (c.f32 || c.chooses) continue;  // differences of f32 prove nothing
    BOOST_TEST_CONTEXT(c.text) {
      std::mt19937 random(c.seed);
      const std::vector<Tensor> at = sample_operands(c.sample, random), v = sample_directions(c.sample, random);
      const Tensor w = random_tensor(c(at).type(), random);
      Recording r;
      const Operands x(r, at);
      const std::vector<Tensor> g = gradient_of_squares(c, x, w);
      // ∇(v·∇φ) = H·v
      Tensor along = zeros(Shape{});
      for (std::size_t k = 0; k < x.real.size(); ++k) along = along + sum(v[x.at[k]] * g[k]);
      const Adjoints hv = backward(along);
      const Tangents tangents = forward(x.real, x.of_real(v));
      for (std::size_t k = 0; k < x.real.size(); ++k) {
        const auto wanted = difference(at, v, 1e-3, [&](const std::vector<Tensor>& point) {
          Recording there;
          return gradient_of_squares(c, Operands(there, point), w)[k].to_vector();
        });
        const auto got = hv[x.real[k]].to_vector();
        close(got, wanted, 1e-8);
        close(tangents[g[k]].to_vector(), got, 1e-12);  // forward over reverse
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_primitive_of_several_operands_refuses_what_does_not_fit) {
  const Tensor a = ones(Shape{2, 3});
  BOOST_CHECK_THROW((void)stack(std::vector<Tensor>{}), ArgumentError);
  BOOST_CHECK_THROW((void)stack({a, ones(Shape{3})}), ShapeError);
  BOOST_CHECK_THROW((void)stack({a, ones(Shape{2, 3}, Dtype::f32)}), DtypeError);
  BOOST_CHECK_THROW((void)stack({a, a}, 3), ShapeError);
  BOOST_CHECK_THROW((void)concatenate({a, ones(Shape{2, 3, 1})}), ShapeError);
  BOOST_CHECK_THROW((void)concatenate({a, ones(Shape{3, 3})}, 1), ShapeError);
  BOOST_CHECK_THROW((void)concatenate({ones(Shape{})}), ShapeError);
  BOOST_CHECK_THROW((void)permute(a, {0, 0}), ShapeError);
  BOOST_CHECK_THROW((void)permute(a, {0}), ShapeError);
  BOOST_CHECK_THROW((void)reshape(a, Shape{4}), ShapeError);
  BOOST_CHECK_THROW((void)broadcast(a, Shape{3, 2}), ShapeError);
  BOOST_CHECK_THROW((void)broadcast(a, Shape{3}), ShapeError);
  BOOST_CHECK_THROW((void)slice(a, {0, 0}, {3, 3}), ShapeError);
  BOOST_CHECK_THROW((void)slice(a, {0}, {2}), ShapeError);
  BOOST_CHECK_THROW((void)slice(a, {0, 0}, {2, 3}, {0, 1}), ShapeError);
  BOOST_CHECK_THROW((void)embed(a, Shape{2, 3}, {1, 0}), ShapeError);
  BOOST_CHECK_THROW((void)sum(a, {2}), ShapeError);
  BOOST_CHECK_THROW((void)sum(a, {0, -2}), ShapeError);
  BOOST_CHECK_THROW((void)matmul(a, a), ShapeError);
  BOOST_CHECK_THROW((void)matmul(a, ones(Shape{})), ShapeError);
  BOOST_CHECK_THROW((void)matmul(ones(Shape{2, 2, 3}), ones(Shape{3, 3, 1})), ShapeError);
  BOOST_CHECK_THROW((void)transpose(ones(Shape{3})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
