// Scalars and tensors in one recording, swept together.
#include <boost/test/unit_test.hpp>

#include "tensor_helpers.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(crossing)

BOOST_AUTO_TEST_CASE(one_backward_pass_sweeps_both) {
  Recording r;
  const Scalar a = r.variable(0.7), b = r.variable(-1.3);
  const Tensor w = r.variable(tensor({1, 2, 3, 4}, Shape{2, 2}));
  const Tensor v = stack({a * b, sin(a)});
  const Tensor u = matmul(w, v);
  const Scalar y = element(u, {0}) * element(u, {1}) + to_scalar(sum(u)) * a;
  const double u0 = 1 * 0.7 * -1.3 + 2 * std::sin(0.7), u1 = 3 * 0.7 * -1.3 + 4 * std::sin(0.7);
  BOOST_TEST(std::abs(y.value() - (u0 * u1 + (u0 + u1) * 0.7)) < 1e-14);
  const Adjoints g = backward(y);
  const double d0 = u1 + 0.7, d1 = u0 + 0.7;  // ∂y/∂u
  const double dv0 = d0 * 1 + d1 * 3, dv1 = d0 * 2 + d1 * 4;
  BOOST_TEST(std::abs(g[a] - (dv0 * -1.3 + dv1 * std::cos(0.7) + u0 + u1)) < 1e-13);
  BOOST_TEST(std::abs(g[b] - dv0 * 0.7) < 1e-13);
  const std::vector<double> wanted{d0 * 0.7 * -1.3, d0 * std::sin(0.7), d1 * 0.7 * -1.3, d1 * std::sin(0.7)};
  const auto got = g[w].to_vector();
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(std::abs(got[i] - wanted[i]) < 1e-13);

  const auto [ga, gb, gw] = gradient(y, std::tie(a, b, w));
  BOOST_TEST(std::abs(ga.value() - g[a]) < 1e-14);
  BOOST_TEST(std::abs(gb.value() - g[b]) < 1e-14);
  const auto recorded = gw.to_vector();
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(std::abs(recorded[i] - got[i]) < 1e-14);

  // Second order through every crossing: ∂(∂y/∂a)/∂w against the transposed mixed derivative.
  const Adjoints from_a = backward(ga);
  const Tensor direction = tensor({0.3, -0.2, 0.5, 0.1}, Shape{2, 2});
  const Adjoints from_w = backward(sum(gw * direction));
  BOOST_TEST(std::abs(dot(from_a[w], direction) - from_w[a]) < 1e-12);

  const Tangents t =
      forward(std::vector<Scalar>{a}, std::vector<double>{1.0}, std::vector<Tensor>{w}, std::vector<Tensor>{direction});
  BOOST_TEST(std::abs(t[y] - (g[a] + dot(g[w], direction))) < 1e-13);
  BOOST_TEST(std::abs(t[ga] - (from_a[a] + dot(from_a[w], direction))) < 1e-12);
}

BOOST_AUTO_TEST_CASE(rolled_up_scalars_feed_tensors_and_are_fed_by_them) {
  Recording r;
  const std::size_t n = 500;
  const Tensor t =
      r.variable(random_tensor({Dtype::f64, Shape{static_cast<std::int64_t>(n)}}, *std::make_unique<std::mt19937>(3)));
  std::vector<Scalar> in, out;
  for (std::size_t i = 0; i < n; ++i) in.push_back(element(t, {static_cast<std::int64_t>(i)}));
  for (std::size_t i = 0; i < n; ++i) out.push_back(in[i] * in[i] + 3.0);
  BOOST_TEST(r.statistics().rolled > 400u);
  const Tensor y = sum(stack(out) * 2.0);
  const auto g = backward(y)[t].to_vector(), recorded = gradient(y, t).to_vector();
  for (std::size_t i = 0; i < n; ++i) {
    BOOST_TEST(std::abs(g[i] - 4 * in[i].value()) < 1e-14);
    BOOST_TEST(std::abs(recorded[i] - 4 * in[i].value()) < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(f32_crosses_to_f64_scalars_and_back) {
  Recording r;
  const Tensor t = r.variable(tensor(std::vector<float>{1.5F, 2.5F}, Shape{2}));
  const Scalar y = element(t, {1}) * element(t, {1}) * element(t, {0});
  BOOST_TEST(y.value() == 9.375);
  const Tensor g = backward(y)[t];
  BOOST_TEST(g.dtype() == Dtype::f32);
  BOOST_TEST(g.to_vector() == (std::vector<double>{6.25, 7.5}), boost::test_tools::per_element());
  const Tensor recorded = gradient(y, t);
  BOOST_TEST(recorded.dtype() == Dtype::f32);
  BOOST_TEST(recorded.to_vector() == (std::vector<double>{6.25, 7.5}), boost::test_tools::per_element());
  const Tensor wide = convert(t, Dtype::f64);
  BOOST_TEST(backward(sum(wide * wide))[t].dtype() == Dtype::f32);
}

BOOST_AUTO_TEST_CASE(constants_cross_without_a_recording) {
  BOOST_TEST(stack({Scalar(1.0), Scalar(2.0)}).is_constant());
  BOOST_TEST(element(tensor({1, 2}), {1}).is_constant());
  BOOST_TEST(to_tensor(Scalar(3.0)).item() == 3.0);
  Recording r;
  const Scalar x = r.variable(2.0);
  const Tensor t = stack({x, Scalar(5.0), x});
  BOOST_TEST(t.to_vector() == (std::vector<double>{2, 5, 2}), boost::test_tools::per_element());
  BOOST_TEST(backward(sum(t))[x] == 2.0);
  BOOST_TEST(backward(to_tensor(x * x))[x] == 4.0);
  BOOST_TEST(gradient(to_tensor(x * x), x).value() == 4.0);
}

BOOST_AUTO_TEST_CASE(what_y_does_not_depend_on_has_the_gradient_zero) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2})), b = r.variable(ones(Shape{3, 1}, Dtype::f32));
  const Scalar s = r.variable(1.0);
  const Tensor y = sum(a * a);
  const Tensor later = r.variable(tensor({1.0}));
  const Adjoints g = backward(y);
  BOOST_TEST(g[b].type() == b.type());
  BOOST_TEST(g[b].to_vector() == (std::vector<double>{0, 0, 0}), boost::test_tools::per_element());
  BOOST_TEST(g[s] == 0.0);
  BOOST_TEST(g[later].item() == 0.0);
  BOOST_TEST(g[tensor({1, 2, 3})].size() == 3);
  BOOST_TEST(gradient(y, b).type() == b.type());
  BOOST_TEST(gradient(y, s).value() == 0.0);
  BOOST_TEST(gradient(y, later).item() == 0.0);
  BOOST_TEST(gradient(s * 2.0, a).to_vector() == (std::vector<double>{0, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(rewind_and_clear_take_tensors_along) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2}));
  const auto mark = r.mark();
  const Tensor b = a * a;
  r.rewind(mark);
  BOOST_TEST(r.statistics().values == 1u);
  BOOST_CHECK_THROW((void)(b + a), StaleHandle);
  const Tensor c = a * 3.0;
  BOOST_TEST(backward(sum(c))[a].to_vector() == (std::vector<double>{3, 3}), boost::test_tools::per_element());
  r.clear();
  BOOST_CHECK_THROW((void)sum(c), StaleHandle);
  BOOST_CHECK_THROW((void)backward(sum(r.variable(tensor({1.0}))))[a], StaleHandle);
  BOOST_TEST(c.to_vector()[1] == 6.0);  // the elements outlive it
}

BOOST_AUTO_TEST_SUITE_END()
