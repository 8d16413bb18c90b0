// The lecture's 2-2-2 network, from nn's compositions: every number that the lecture (slides 12 to 33) prints.

#include <array>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;

constexpr std::array<double, 2> inputs{0.05, 0.10}, targets{0.01, 0.99};
constexpr std::array<double, 8> initial{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55};
const auto close = boost::test_tools::tolerance(1e-12);

struct Network {
  std::vector<Scalar> w;
  std::array<Scalar, 2> net_h, h, net_o, o;
  Scalar loss;
};

Network record(Recording& r, const std::array<double, 8>& weights) {
  Network n;
  n.w = r.variables(weights, "w");
  for (std::size_t k = 0; k < 2; ++k) {
    n.net_h[k] = nn::weighted_sum(std::array{n.w[2 * k], n.w[2 * k + 1]}, inputs, 0.35);
    n.h[k] = sigmoid(n.net_h[k]);
  }
  for (std::size_t k = 0; k < 2; ++k) {
    n.net_o[k] = nn::weighted_sum(std::array{n.w[4 + 2 * k], n.w[5 + 2 * k]}, n.h, 0.60);
    n.o[k] = sigmoid(n.net_o[k]);
  }
  n.loss = nn::half_squared_error(n.o, targets);
  return n;
}

BOOST_AUTO_TEST_SUITE(lecture)

BOOST_AUTO_TEST_CASE(forward_calculation) {
  Recording r;
  const Network n = record(r, initial);
  BOOST_TEST(n.net_h[0].value() == 0.3775, close);
  BOOST_TEST(n.h[0].value() == 0.5932699921071872, close);
  BOOST_TEST(n.net_h[1].value() == 0.3925, close);
  BOOST_TEST(n.h[1].value() == 0.5968843782597671, close);
  BOOST_TEST(n.net_o[0].value() == 1.1059059670597702, close);
  BOOST_TEST(n.o[0].value() == 0.7513650695523157, close);
  BOOST_TEST(n.o[1].value() == 0.7729284653214625, close);
  BOOST_TEST(n.loss.value() == 0.2983711087600027, close);
}

BOOST_AUTO_TEST_CASE(chain_rule_factor_by_factor) {
  Recording r;
  const Network n = record(r, initial);
  const Adjoints a = backward(n.loss);
  const double error = a[n.o[0]], slope = backward(n.o[0])[n.net_o[0]], last = backward(n.net_o[0])[n.w[4]];
  BOOST_TEST(error == 0.7413650695523157, close);
  BOOST_TEST(slope == 0.1868156018089590, close);
  BOOST_TEST(last == 0.5932699921071872, close);
  BOOST_TEST(a[n.w[4]] == 0.0821670405642308, close);
  BOOST_TEST(a[n.w[4]] == error * slope * last, close);
  BOOST_TEST(initial[4] - 0.5 * a[n.w[4]] == 0.3589164797178847, close);
}

BOOST_AUTO_TEST_CASE(whole_network_from_layers) {
  Recording r;
  const auto w = r.variables(initial, "w");
  const auto row = [&](std::size_t first) { return std::vector{w[first], w[first + 1]}; };
  const nn::activation::Sigmoid g;
  const auto h = nn::layer(std::vector{row(0), row(2)}, inputs, std::array{0.35, 0.35}, g);
  const auto o = nn::layer(std::vector{row(4), row(6)}, h, std::array{0.60, 0.60}, g);
  const Scalar loss = nn::mean_squared_error(o, targets);  // two outputs: the lecture's ½ is the mean
  Recording other;
  const Network n = record(other, initial);
  BOOST_TEST(loss.value() == n.loss.value());
  const Adjoints a = backward(loss), b = backward(n.loss);
  for (std::size_t k = 0; k < w.size(); ++k) BOOST_TEST(a[w[k]] == b[n.w[k]], boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(ten_thousand_updates) {
  std::array<double, 8> weights = initial;
  Recording r;
  Adjoints a;
  const auto loss = [&] {
    r.clear();
    return record(r, weights).loss.value();
  };
  const auto step = [&] {
    r.clear();
    const Network n = record(r, weights);
    backward(n.loss, a);
    for (std::size_t k = 0; k < weights.size(); ++k) weights[k] -= 0.5 * a[n.w[k]];
  };
  step();
  BOOST_TEST(loss() == 0.291027773694, boost::test_tools::tolerance(0.5e-12 / 0.291027773694));
  for (int k = 1; k < 9'999; ++k) step();
  BOOST_TEST(loss() == 3.51085481e-05, boost::test_tools::tolerance(0.5e-13 / 3.51085481e-05));
  step();
  BOOST_TEST(loss() == 3.51018778e-05, boost::test_tools::tolerance(0.5e-13 / 3.51018778e-05));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
