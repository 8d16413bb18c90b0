// Every structural primitive at its samples: forward against central differences, reverse against forward by the inner
// product, recorded against numeric, and all of it once more for the derivative of the derivative.
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "tensor_helpers.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

Tensor apply_primitive(const Primitive& p, std::span<const Tensor> x, const graph::Attribute& attribute) {
  return detail::record_tensor(p, x, attribute, std::source_location::current());
}

struct Case {
  std::string text;
  const Primitive* primitive;
  ops::Sample sample;
  double tolerance;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  ops::StructuralPrimitives::for_each([&]<class P> {
    for (const ops::Sample& sample : P::samples()) {
      bool f32 = false;
      std::string text(P::name);
      for (const Type& type : sample.operands) {
        f32 = f32 || type.dtype == Dtype::f32;
        text += " " + to_string(type);
      }
      f32 = f32 || P::type(sample.operands, sample.attribute).dtype == Dtype::f32;
      cases.push_back(
          {text + " " + graph::to_string(sample.attribute), &PrimitiveOf<P>::record, sample, f32 ? 2e-5 : 1e-9});
    }
  });
  return cases;
}

std::vector<Tensor> random_operands(const ops::Sample& sample, std::mt19937& random) {
  std::vector<Tensor> x;
  for (const Type& type : sample.operands) x.push_back(random_tensor(type, random));
  return x;
}

double scale_of(const Tensor& t) {
  double sum = 1.0;
  for (const double v : t.to_vector()) sum += std::abs(v);
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(structural)

BOOST_AUTO_TEST_CASE(every_primitive_has_samples_documentation_and_one_family) {
  BOOST_TEST(structural_primitives().size() == ops::StructuralPrimitives::size);
  ops::StructuralPrimitives::for_each([]<class P> {
    static_assert(ops::LinearPrimitive<P, Tensor> != ops::GeneralPrimitive<P, Tensor>);
    BOOST_TEST(P::samples().size() >= 3u, P::name);
    BOOST_TEST(std::string_view(P::doc).size() > 20u, P::name);
  });
}

BOOST_AUTO_TEST_CASE(forward_agrees_with_differences_and_reverse_with_forward) {
  std::mt19937 random(11);
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(c.text) {
      Recording r;
      const std::vector<Tensor> at = random_operands(c.sample, random), direction = random_operands(c.sample, random);
      std::vector<Tensor> x;
      for (const Tensor& t : at) x.push_back(r.variable(t));
      const Tensor y = apply_primitive(*c.primitive, x, c.sample.attribute);
      const Tensor g = random_tensor(y.type(), random);

      // The primitives are linear or bilinear: a step of 1/4 has no truncation error to speak of.
      std::vector<Tensor> up, down;
      for (std::size_t k = 0; k < x.size(); ++k) {
        up.push_back(moved(at[k], direction[k], 0.25));
        down.push_back(moved(at[k], direction[k], -0.25));
      }
      const Tensor difference = (apply_primitive(*c.primitive, up, c.sample.attribute) -
                                 apply_primitive(*c.primitive, down, c.sample.attribute)) *
                                2.0;
      const Tensor tangent = forward(x, direction)[y];
      BOOST_TEST(tangent.type() == y.type());
      const auto t = tangent.to_vector(), d = difference.to_vector();
      for (std::size_t i = 0; i < t.size(); ++i)
        BOOST_TEST(std::abs(t[i] - d[i]) < 10 * c.tolerance * (1 + std::abs(d[i])));

      const Adjoints adjoint = backward(y, g);
      double by_reverse = 0;
      for (std::size_t k = 0; k < x.size(); ++k) {
        BOOST_TEST(adjoint[x[k]].type() == x[k].type());
        by_reverse += dot(adjoint[x[k]], direction[k]);
      }
      BOOST_TEST(std::abs(by_reverse - dot(g, tangent)) < c.tolerance * scale_of(g));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_subset_of_active_operands_gives_the_same_derivatives) {
  std::mt19937 random(12);
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(c.text) {
      const std::vector<Tensor> at = random_operands(c.sample, random);
      const std::size_t n = at.size();
      Recording all;
      std::vector<Tensor> x;
      for (const Tensor& t : at) x.push_back(all.variable(t));
      const Tensor y = apply_primitive(*c.primitive, x, c.sample.attribute);
      const Tensor g = random_tensor(y.type(), random);
      const Adjoints whole = backward(y, g);
      for (unsigned mask = 1; mask < 1u << n; ++mask) {
        Recording r;
        std::vector<Tensor> some;
        for (std::size_t k = 0; k < n; ++k) some.push_back(mask >> k & 1u ? r.variable(at[k]) : at[k]);
        const Adjoints part = backward(apply_primitive(*c.primitive, some, c.sample.attribute), g);
        for (std::size_t k = 0; k < n; ++k)
          if (mask >> k & 1u) BOOST_TEST((part[some[k]].value() == whole[x[k]].value()));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_recorded_gradient_is_the_numeric_one) {
  std::mt19937 random(13);
  for (const Case& c : all_cases()) {
    BOOST_TEST_CONTEXT(c.text) {
      Recording r;
      std::vector<Tensor> x;
      for (const Tensor& t : random_operands(c.sample, random)) x.push_back(r.variable(t));
      const Tensor y = apply_primitive(*c.primitive, x, c.sample.attribute);
      const Tensor g = r.variable(random_tensor(y.type(), random));
      const Adjoints numeric = backward(y, g);
      const std::vector<Tensor> recorded = gradient(y, g, x);
      for (std::size_t k = 0; k < x.size(); ++k) {
        BOOST_TEST(recorded[k].type() == x[k].type());
        const auto a = recorded[k].to_vector(), b = numeric[x[k]].to_vector();
        BOOST_TEST(a == b, boost::test_tools::per_element());
      }
    }
  }
}

// φ(x) = Σ (w · p(x))² has a Hessian that is not 0 even where p is linear (trap T38).
BOOST_AUTO_TEST_CASE(second_derivatives_agree_with_differences) {
  std::mt19937 random(14);
  for (const Case& c : all_cases()) {
    if (c.tolerance > 1e-8) continue;  // differences of f32 prove nothing
    BOOST_TEST_CONTEXT(c.text) {
      const std::vector<Tensor> at = random_operands(c.sample, random), v = random_operands(c.sample, random);
      Tensor w;
      const auto gradient_at = [&](const std::vector<Tensor>& point, std::vector<Tensor>& x, Recording& r) {
        x.clear();
        for (const Tensor& t : point) x.push_back(r.variable(t));
        const Tensor y = apply_primitive(*c.primitive, x, c.sample.attribute);
        if (w.size() != y.size() || w.shape() != y.shape()) w = random_tensor(y.type(), random);
        const Tensor wy = w * y;
        return gradient(sum(wy * wy), x);
      };
      Recording r;
      std::vector<Tensor> x;
      const std::vector<Tensor> g = gradient_at(at, x, r);
      // ∇(v·∇φ) = H·v
      Tensor along = zeros(Shape{});
      for (std::size_t k = 0; k < x.size(); ++k) along = along + sum(v[k] * g[k]);
      const Adjoints hv = backward(along);
      const Tangents tangents = forward(x, v);

      std::vector<Tensor> up, down;
      const double step = 1e-4;
      for (std::size_t k = 0; k < x.size(); ++k) {
        up.push_back(moved(at[k], v[k], step));
        down.push_back(moved(at[k], v[k], -step));
      }
      Recording r_up, r_down;
      std::vector<Tensor> ignored;
      const auto g_up = gradient_at(up, ignored, r_up), g_down = gradient_at(down, ignored, r_down);
      for (std::size_t k = 0; k < x.size(); ++k) {
        const auto high = g_up[k].to_vector(), low = g_down[k].to_vector(), got = hv[x[k]].to_vector(),
                   forwards = tangents[g[k]].to_vector();
        for (std::size_t i = 0; i < got.size(); ++i) {
          const double wanted = (high[i] - low[i]) / (2 * step);
          BOOST_TEST(std::abs(got[i] - wanted) < 1e-6 * (1 + std::abs(wanted)));
          BOOST_TEST(std::abs(forwards[i] - got[i]) < 1e-12 * (1 + std::abs(got[i])));  // forward over reverse
        }
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
