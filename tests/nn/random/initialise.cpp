// Initialisers: means and deviations at fixed seeds with bounds of five standard errors, supports, orthogonality, and
// how far they move the generator.

#include <cmath>
#include <functional>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/nn/random/initialise.hpp"

namespace {

using namespace wengert;
using nn::Random;
namespace initialise = nn::initialise;

// Kurtosis 9/5 (uniform) or 3 (normal): the variance of a sample of n has the relative error √((kurtosis - 1)/n).
void check_moments(const Tensor& x, double deviation, double kurtosis) {
  const Tensor d = convert(x, Dtype::f64);
  const auto n = static_cast<double>(d.size());
  BOOST_TEST(std::abs(sum(d).item() / n) < 5 * deviation / std::sqrt(n));
  BOOST_TEST(std::abs(sum(d * d).item() / n / (deviation * deviation) - 1) < 5 * std::sqrt((kurtosis - 1) / n));
}

void check_uniform(const Tensor& x, double deviation) {
  check_moments(x, deviation, 1.8);
  const double most = amax(abs(x)).item(), bound = std::sqrt(3.0) * deviation;
  BOOST_TEST(most <= bound * (1 + 1e-6));
  BOOST_TEST(most > 0.999 * bound);
}

void check_normal(const Tensor& x, double deviation) {
  check_moments(x, deviation, 3);
  BOOST_TEST(amax(abs(x)).item() > 3 * deviation);
}

BOOST_AUTO_TEST_SUITE(initialisers)

BOOST_AUTO_TEST_CASE(fans_of_linear_and_convolution) {
  const auto check = [](const Shape& shape, std::int64_t in, std::int64_t out) {
    BOOST_TEST(initialise::fans(shape).in == in);
    BOOST_TEST(initialise::fans(shape).out == out);
  };
  check({100, 784}, 784, 100);
  check({16, 3, 5, 5}, 75, 400);
  check({16, 1, 3}, 3, 48);
  check({0, 4}, 4, 0);
}

// torch.nn.init.calculate_gain.
BOOST_AUTO_TEST_CASE(gains_are_those_of_pytorch) {
  using initialise::gain;
  for (const char* name : {"linear", "identity", "conv", "sigmoid"}) BOOST_TEST(gain(name) == 1);
  BOOST_TEST(gain("tanh") == 5.0 / 3);
  BOOST_TEST(gain("relu") == std::sqrt(2.0));
  BOOST_TEST(gain("leaky_relu") == std::sqrt(2 / (1 + 0.0001)));
  BOOST_TEST(gain("leaky_relu", std::sqrt(5.0)) == std::sqrt(1.0 / 3), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(gain("selu") == 0.75);
  BOOST_CHECK_EXCEPTION((void)gain("swish"), ArgumentError, [](const Error& e) { return e.where().line() != 0; });
}

BOOST_AUTO_TEST_CASE(deviations) {
  Random random(31);
  const Shape linear{300, 500}, convolution{64, 32, 5, 5};  // fans 500, 300 and 800, 1600
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    check_uniform(initialise::xavier_uniform(random, linear, 1, dtype), std::sqrt(2.0 / 800));
    check_uniform(initialise::xavier_uniform(random, convolution, 5.0 / 3, dtype), 5.0 / 3 * std::sqrt(2.0 / 2400));
    check_normal(initialise::xavier_normal(random, linear, 2, dtype), 2 * std::sqrt(2.0 / 800));
    check_uniform(initialise::he_uniform(random, linear, std::sqrt(2.0), dtype), std::sqrt(2.0 / 500));
    check_normal(initialise::he_normal(random, convolution, std::sqrt(2.0), dtype), std::sqrt(2.0 / 800));
    check_normal(initialise::he_normal(random, convolution, 1, dtype, initialise::Fan::out), std::sqrt(1.0 / 1600));
    check_uniform(initialise::he_uniform(random, convolution, 1, dtype, initialise::Fan::out), std::sqrt(1.0 / 1600));
    check_uniform(initialise::lecun_uniform(random, linear, 1, dtype), std::sqrt(1.0 / 500));
    check_normal(initialise::lecun_normal(random, linear, 1, dtype), std::sqrt(1.0 / 500));
  }
  check_normal(initialise::he_normal(random, linear), std::sqrt(2.0 / 500));
  // What PyTorch's layers begin with.
  const Tensor w = initialise::he_uniform(random, linear, initialise::gain("leaky_relu", std::sqrt(5.0)));
  check_uniform(w, 1 / std::sqrt(3.0 * 500));
  BOOST_TEST(initialise::he_normal(random, Shape{3, 0}).size() == 0);
}

BOOST_AUTO_TEST_CASE(rows_or_columns_are_orthonormal) {
  Random random(7);
  for (const Shape& shape :
       {Shape{40, 40}, Shape{60, 20}, Shape{20, 60}, Shape{8, 3, 3, 3}, Shape{1, 5}, Shape{5, 1}}) {
    BOOST_TEST_CONTEXT(to_string(shape)) {
      const Tensor x = initialise::orthogonal(random, shape, 2, Dtype::f64);
      BOOST_TEST((x.shape() == shape));
      const std::int64_t rows = shape[0], columns = shape.size() / rows;
      const Tensor m = reshape(x, Shape{rows, columns}) / 2;
      const Tensor gram = rows <= columns ? matmul(m, transpose(m)) : matmul(transpose(m), m);
      BOOST_TEST(amax(abs(gram - identity(gram.shape()[0]))).item() < 1e-12);
    }
  }
  const Tensor single = initialise::orthogonal(random, Shape{16, 16});
  BOOST_TEST((single.dtype() == Dtype::f32));
  BOOST_TEST(amax(abs(matmul(single, transpose(single)) - identity(16, Dtype::f32))).item() < 1e-6);
  BOOST_TEST(initialise::orthogonal(random, Shape{0, 3}).size() == 0);
}

// Uniform among orthogonal matrices: either sign of the determinant; elements of mean 0 and variance 1/n. A
// decomposition with LAPACK's own signs has q(0, 0) < 0 always.
BOOST_AUTO_TEST_CASE(orthogonal_matrices_are_uniform) {
  Random random(8);
  const int draws = 2000;
  double positive = 0, sum_of_corner = 0, squares = 0;
  for (int k = 0; k < draws; ++k) {
    const Tensor q = initialise::orthogonal(random, Shape{3, 3}, 1, Dtype::f64);
    positive += determinant(q).item() > 0 ? 1 : 0;
    const double corner = q.value().data<double>()[0];
    sum_of_corner += corner;
    squares += corner * corner;
  }
  const double n = draws;
  BOOST_TEST(std::abs(positive - n / 2) < 5 * std::sqrt(n / 4));
  BOOST_TEST(std::abs(sum_of_corner / n) < 5 * std::sqrt(1.0 / 3 / n));
  BOOST_TEST(std::abs(squares / n - 1.0 / 3) < 5 * std::sqrt((1.0 / 5 - 1.0 / 9) / n));
}

BOOST_AUTO_TEST_CASE(truncated_normals_lie_between_the_bounds) {
  Random random(9);
  // Variance of the normal between ±2: 1 - 4φ(2)/(2Φ(2) - 1).
  const Tensor x = initialise::truncated_normal(random, Shape{200000}, 0, 1, -2, 2, Dtype::f64);
  BOOST_TEST(amax(abs(x)).item() <= 2);
  BOOST_TEST(amax(abs(x)).item() > 1.999);
  check_moments(x, std::sqrt(0.7737413035499232), 2.1);
  const Tensor moved = initialise::truncated_normal(random, Shape{100000}, 3, 2, 3, 4);
  BOOST_TEST(amin(moved).item() >= 3);
  BOOST_TEST(amax(moved).item() <= 4);
  BOOST_TEST(amax(initialise::truncated_normal(random, Shape{10}, 1, 0, 0, 2)).item() == 1);
  // A window of two hundredths.
  const Tensor narrow = initialise::truncated_normal(random, Shape{1000}, 0, 1, 2.05, 9);
  BOOST_TEST(amin(narrow).item() >= 2.05);
}

BOOST_AUTO_TEST_CASE(truncated_normals_move_the_generator_by_their_shape_alone) {
  Random a(10), b(10), c(10);
  const Tensor first = initialise::truncated_normal(a, Shape{1001}, 0, 1, -0.1, 0.1);
  BOOST_TEST((initialise::truncated_normal(b, Shape{1001}, 0, 1, -0.1, 0.1).value() == first.value()));
  (void)c.normal(Shape{1001});
  BOOST_TEST((a.state() == c.state()));
  // The next fill redraws other numbers.
  const Tensor second = initialise::truncated_normal(a, Shape{1001}, 0, 1, -0.1, 0.1);
  double same = 0;
  for (std::size_t k = 0; k < 1001; ++k) {
    same += first.value().data<float>()[k] == second.value().data<float>()[k] ? 1 : 0;
  }
  BOOST_TEST(same < 3);
}

BOOST_AUTO_TEST_CASE(constants) {
  const Tensor x = initialise::constant(Shape{2, 3}, 0.5);
  BOOST_TEST((x.dtype() == Dtype::f32));
  BOOST_TEST((x.to_vector() == std::vector<double>(6, 0.5)));
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_with_the_line) {
  Random random(1);
  const auto here = [](const Error& e) { return e.where().line() != 0; };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION((void)initialise::fans(Shape{3}), ShapeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::xavier_normal(random, Shape{3}), ShapeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::he_normal(random, Shape{}), ShapeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::orthogonal(random, Shape{3}), ShapeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::he_uniform(random, Shape{2, 3}, -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::lecun_normal(random, Shape{2, 3}, nan), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::orthogonal(random, Shape{2, 3}, nan), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::he_uniform(random, Shape{2, 3}, 1, Dtype::i32), DtypeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::orthogonal(random, Shape{2, 3}, 1, Dtype::i64), DtypeError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::truncated_normal(random, Shape{2}, 0, 1, 3, 9), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::truncated_normal(random, Shape{2}, 0, 1, 2, -2), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::truncated_normal(random, Shape{2}, nan), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)initialise::truncated_normal(random, Shape{2}, 0, -1), ArgumentError, here);
  BOOST_TEST((random.state() == Random(1).state()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
