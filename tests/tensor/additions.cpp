// What sweeps over tensors add to what is there already: in every tile of a large one, and where Scalars cross.
#include <boost/test/unit_test.hpp>

#include "tensor_helpers.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(additions)

BOOST_AUTO_TEST_CASE(every_element_of_every_tile_gets_each_contribution_once) {
  std::mt19937 random(31);
  for (const std::int64_t size : {1, 255, 256, 257, 700, 1024}) {
    for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
      BOOST_TEST_CONTEXT(size << " of " << to_string(dtype)) {
        Recording r;
        const Type type{dtype, Shape{size}};
        const Tensor x = r.variable(random_tensor(type, random)), g = random_tensor(type, random);
        // Of structural primitives, of elementwise ones, and passed on unchanged.
        const Tensor y = concatenate({x * x, x, sin(x), concatenate({x, x * 3.0})});
        const Tensor seed = concatenate({g, g, g, g, g});
        const auto adjoint = backward(y, seed)[x].to_vector(), at = x.to_vector(), weight = g.to_vector();
        const auto recorded = gradient(y, seed, std::vector<Tensor>{x})[0].to_vector();
        const double unit = dtype == Dtype::f32 ? 0x1p-24 : 0x1p-53;
        for (std::size_t i = 0; i < at.size(); ++i) {
          const double partial = 2 * at[i] + 1 + std::cos(at[i]) + 1 + 3;
          BOOST_TEST(std::abs(adjoint[i] - weight[i] * partial) <= 16 * unit * 8 * std::abs(weight[i]));
          BOOST_TEST(adjoint[i] == recorded[i]);
        }
        const Tensor z = x * x + x;
        const auto moved = forward({x}, {g})[z].to_vector();
        for (std::size_t i = 0; i < at.size(); ++i)
          BOOST_TEST(std::abs(moved[i] - weight[i] * (2 * at[i] + 1)) <= 16 * unit * std::abs(weight[i]));
      }
    }
  }
}

// What is one number for all elements is added as one.
BOOST_AUTO_TEST_CASE(contributions_that_are_the_same_everywhere_add_up) {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32}) {
    Recording r;
    const Tensor x = r.variable(full(Shape{300}, 0.5, dtype));
    const Tensor y = sum(x) + sum(x) * 2.0 + sum(x) * 8.0;
    for (const double d : backward(y)[x].to_vector()) BOOST_TEST(d == 11.0);
    for (const double d : gradient(y, x).to_vector()) BOOST_TEST(d == 11.0);
    const Tensor g = full(Shape{300}, 0.25, dtype);
    for (const double d : forward({x, x}, {g, g})[x].to_vector()) BOOST_TEST(d == 0.5);
  }
}

// A tangent or cotangent of its own, besides what flows in.
BOOST_AUTO_TEST_CASE(a_seed_of_a_scalar_that_was_taken_from_a_tensor_is_kept) {
  Recording r;
  const Tensor x = r.variable(tensor({1, 2, 3}));
  const Scalar s = element(x, {1}), y = s * 5.0;
  const Tensor z = stack({s, y});
  const Tensor d = tensor({10, 20, 30});
  const Scalar scalars[]{s};
  const double tangents[]{7.0};
  const Tangents t = forward(scalars, tangents, std::span(&x, 1), std::span(&d, 1));
  BOOST_TEST(t[s] == 27.0);
  BOOST_TEST(t[y] == 135.0);
  BOOST_TEST(t[z].to_vector()[1] == 135.0);
  BOOST_TEST(forward({x, x}, {d, d})[s] == 40.0);
  const Scalar outputs[]{y, s, to_scalar(sum(z))};
  const double cotangents[]{1.0, 2.0, 3.0};
  Adjoints a;
  backward(outputs, cotangents, a);
  BOOST_TEST(a[s] == 5.0 + 2.0 + 3.0 * 6.0);
  BOOST_TEST(a[x].to_vector()[1] == 25.0);
  BOOST_TEST(a[x].to_vector()[0] == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
