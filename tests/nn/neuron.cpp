// Compositions of nn: values against sums written out, on plain numbers and on Scalars alike; gradients against the
// engine-free derivative of the same formulas.

#include <array>
#include <cmath>
#include <list>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;
namespace activation = nn::activation;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

BOOST_AUTO_TEST_SUITE(neuron)

BOOST_AUTO_TEST_CASE(weighted_sum_runs_in_the_order_of_the_inputs) {
  const std::array<double, 3> w{0.1, 1e16, -1e16}, x{1.0, 1.0, 1.0};
  const double bias = 0.2;
  BOOST_TEST(nn::weighted_sum(w, x, bias) == ((0.1 * 1.0 + 1e16 * 1.0) + -1e16 * 1.0) + 0.2);
}

BOOST_AUTO_TEST_CASE(without_inputs_it_is_the_bias) {
  BOOST_TEST(nn::weighted_sum(std::vector<double>{}, std::vector<double>{}, 0.25) == 0.25);
}

BOOST_AUTO_TEST_CASE(plain_numbers_and_scalars_agree_to_the_last_bit) {
  const std::array<double, 3> w{0.3, -0.7, 1.1}, x{0.5, 2.0, -0.25};
  Recording r;
  const auto ws = r.variables(w), xs = r.variables(x);
  const Scalar bias = r.variable(0.125);
  const auto check = [&](const auto& g) {
    BOOST_TEST(nn::neuron(ws, xs, bias, g).value() == nn::neuron(w, x, 0.125, g));
    // Scalars among plain numbers.
    BOOST_TEST(nn::neuron(ws, x, 0.125, g).value() == nn::neuron(w, x, 0.125, g));
    BOOST_TEST(nn::neuron(w, xs, bias, g).value() == nn::neuron(w, x, 0.125, g));
  };
  check(activation::Sigmoid{});
  check(activation::Tanh{});
  check(activation::Relu{});
  check(activation::Heaviside{});
  check(activation::Identity{});
  check([](const auto& net) { return net * net; });
}

BOOST_AUTO_TEST_CASE(gradient_of_a_neuron) {
  const std::array<double, 2> w{0.3, -0.7}, x{0.5, 2.0};
  Recording r;
  const auto ws = r.variables(w), xs = r.variables(x);
  const Scalar bias = r.variable(0.125);
  const Scalar y = nn::neuron(ws, xs, bias, activation::Sigmoid{});
  const Adjoints a = backward(y);
  const double o = logistic(0.3 * 0.5 - 0.7 * 2.0 + 0.125), slope = o * (1 - o);
  const auto close = boost::test_tools::tolerance(1e-14);
  for (std::size_t k = 0; k < 2; ++k) {
    BOOST_TEST(a[ws[k]] == slope * x[k], close);
    BOOST_TEST(a[xs[k]] == slope * w[k], close);
  }
  BOOST_TEST(a[bias] == slope, close);
}

BOOST_AUTO_TEST_CASE(layer_is_its_neurons) {
  const std::vector<std::vector<double>> w{{0.1, 0.2}, {0.3, 0.4}, {0.5, 0.6}};
  const std::list<double> x{2.0, -1.0}, biases{0.0, 1.0, -1.0};  // any forward range
  const std::vector<double> y = nn::layer(w, x, biases, activation::Tanh{});
  BOOST_TEST(
      y == (std::vector{std::tanh(0.1 * 2 - 0.2 + 0.0), std::tanh(0.3 * 2 - 0.4 + 1), std::tanh(0.5 * 2 - 0.6 - 1)}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrong_counts_are_shape_errors) {
  const auto says = [](const std::string& text) {
    return [text](const ShapeError& error) { return std::string(error.what()).find(text) != std::string::npos; };
  };
  const std::vector<double> two{1, 2}, three{1, 2, 3};
  BOOST_CHECK_EXCEPTION((void)nn::weighted_sum(two, three, 0.0), ShapeError,
                        says("weighted_sum: 2 weights for 3 inputs; expected as many"));
  BOOST_CHECK_EXCEPTION((void)nn::layer(std::vector{two, two}, two, three, activation::Relu{}), ShapeError,
                        says("layer: 2 rows of weights for 3 biases"));
  BOOST_CHECK_EXCEPTION((void)nn::half_squared_error(two, three), ShapeError,
                        says("half_squared_error: 3 targets for 2 outputs"));
  BOOST_CHECK_EXCEPTION((void)nn::mean_squared_error(std::vector<double>{}, std::vector<double>{}), ShapeError,
                        says("mean_squared_error: no outputs"));
  // The line is the caller's.
  BOOST_CHECK_EXCEPTION((void)nn::neuron(two, three, 0.0, activation::Relu{}), ShapeError, says("neuron.cpp:"));
}

BOOST_AUTO_TEST_CASE(squared_errors) {
  const std::array<double, 3> o{0.5, -1.0, 2.0}, t{1.0, 1.0, 2.5};
  BOOST_TEST(nn::half_squared_error(o, t) == 0.5 * 0.25 + 0.5 * 4 + 0.5 * 0.25);
  BOOST_TEST(nn::mean_squared_error(o, t) == (0.25 + 4 + 0.25) / 3);

  Recording r;
  const auto os = r.variables(o);
  const Scalar half = nn::half_squared_error(os, t), mean = nn::mean_squared_error(os, t);
  BOOST_TEST(half.value() == nn::half_squared_error(o, t));
  BOOST_TEST(mean.value() == nn::mean_squared_error(o, t));
  for (std::size_t k = 0; k < 3; ++k) {
    BOOST_TEST(backward(half)[os[k]] == o[k] - t[k]);
    BOOST_TEST(backward(mean)[os[k]] == 2 * (o[k] - t[k]) / 3, boost::test_tools::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
