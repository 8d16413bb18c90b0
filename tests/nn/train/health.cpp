// Health: each warning from a network that has exactly that defect, and none from a healthy one.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"
#include "wengert/nn/train/health.hpp"

namespace {

using namespace wengert;
using nn::HealthKind;
using nn::Random;

const std::string nothing = "healthy";

/// What is told, as "kind where; kind where".
std::string told(const std::vector<nn::HealthWarning>& warnings) {
  std::string text;
  for (const auto& w : warnings) {
    BOOST_TEST(w.text.size() > 40u);
    BOOST_TEST(w.text.find(w.where.substr(0, w.where.find(" at "))) != std::string::npos, w.text);
    text += (text.empty() ? "" : "; ") + std::string(to_string(w.kind)) + " " + w.where;
  }
  return text.empty() ? nothing : text;
}

struct Deep {
  std::vector<nn::Linear> layers;
  static auto members(auto& self) { return std::tie(self.layers); }
  static constexpr std::array names{"layers"};
};

Deep deep(std::initializer_list<std::int64_t> widths, Random random) {
  Deep net;
  const std::vector<std::int64_t> w(widths);
  for (std::size_t k = 0; k + 1 < w.size(); ++k) {
    net.layers.emplace_back(w[k], w[k + 1], random, nn::LinearOptions{.dtype = Dtype::f64});
    const Shape& shape = net.layers.back().weight.shape();
    net.layers.back().weight = random.normal(shape, 0, std::sqrt(2.0 / static_cast<double>(shape[1])), Dtype::f64);
  }
  return net;
}

/// One step of a model: `call` gives its output, the loss is the mean of the output's square after a cosine.
template <class M, class Call>
std::vector<nn::HealthWarning> examined(const M& model, const Call& call, const nn::HealthOptions& options = {}) {
  Recording r;
  const M live = nn::lifted(model, r);
  const Tensor y = call(live);
  const Tensor loss = mean((y - 0.5) * (y - 0.5));
  return nn::check_health(r, loss, live, nn::adjoints_of(live, backward(loss)), options);
}

Tensor inputs(std::int64_t count, std::int64_t width) { return Random(7).normal({count, width}, 0, 1, Dtype::f64); }

Tensor with_relu(const Deep& net, Tensor x) {
  for (std::size_t k = 0; k < net.layers.size(); ++k) {
    x = net.layers[k](x);
    if (k + 1 < net.layers.size()) x = relu(x);
  }
  return x;
}

/// x with element `at` set.
Tensor with_element(const Tensor& x, std::size_t at, double value) {
  std::vector<double> elements = x.to_vector();
  elements[at] = value;
  return tensor(elements, x.shape());
}

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(nothing_is_told_of_healthy_networks) {
  const Deep net = deep({20, 32, 32, 32, 1}, Random(3));
  BOOST_TEST(told(examined(net, [](const Deep& live) { return with_relu(live, inputs(64, 20)); })) == nothing);
  const Deep small = deep({8, 16, 1}, Random(3));
  BOOST_TEST(told(examined(small, [](const Deep& live) {
               return live.layers[1](sigmoid(live.layers[0](inputs(32, 8))));
             })) == nothing);
  // An output that is sure of itself is no defect.
  BOOST_TEST(told(examined(small, [](const Deep& live) {
               return sigmoid(1000.0 * live.layers[1](tanh(live.layers[0](inputs(32, 8)))));
             })) == nothing);
}

BOOST_AUTO_TEST_CASE(units_that_are_zero_for_the_whole_batch) {
  Deep net = deep({8, 10, 1}, Random(3));
  Tensor& bias = net.layers[0].bias.value();
  for (const std::size_t unit : {2u, 5u, 6u}) bias = with_element(bias, unit, -1000);
  const auto call = [](const Deep& live) { return with_relu(live, inputs(64, 8)); };
  const auto warnings = examined(net, call);
  BOOST_TEST_REQUIRE(warnings.size() == 1u, told(warnings));
  BOOST_TEST((warnings[0].kind == HealthKind::dead_units));
  BOOST_TEST(warnings[0].value == 0.3);
  BOOST_TEST(warnings[0].text.find("3 of 10 units") != std::string::npos, warnings[0].text);
  BOOST_TEST(warnings[0].where.starts_with("relu at health.cpp:"), warnings[0].where);
  BOOST_TEST(told(examined(net, call, {.dead = 0.5})) == nothing);
  // max(x, 0) is the same; so is a batch of one, of which nothing can be said.
  const auto by_max =
      examined(net, [](const Deep& live) { return live.layers[1](max(live.layers[0](inputs(64, 8)), 0.0)); });
  BOOST_TEST_REQUIRE(by_max.size() == 1u);
  BOOST_TEST(by_max[0].value == 0.3);
  BOOST_TEST(told(examined(net, [](const Deep& live) { return with_relu(live, inputs(1, 8)); })) == nothing);
}

struct Convolving {
  Tensor filter = Random(5).normal({4, 1, 3, 3}, 0, 0.4, Dtype::f64), bias = zeros({4, 1, 1});
  nn::Linear out = deep({4, 1}, Random(3)).layers[0];
  static auto members(auto& self) { return std::tie(self.filter, self.bias, self.out); }
  static constexpr std::array names{"filter", "bias", "out"};
};

BOOST_AUTO_TEST_CASE(channels_that_are_zero_for_the_whole_batch) {
  Convolving net;
  net.bias = with_element(net.bias, 1, -1000);
  const auto warnings = examined(net, [](const Convolving& live) {
    const Tensor x = Random(9).normal({16, 1, 6, 6}, 0, 1, Dtype::f64);
    return live.out(mean(relu(conv2d(x, live.filter) + live.bias), {2, 3}));
  });
  BOOST_TEST_REQUIRE(warnings.size() == 1u, told(warnings));
  BOOST_TEST((warnings[0].kind == HealthKind::dead_units));
  BOOST_TEST(warnings[0].value == 0.25);
}

BOOST_AUTO_TEST_CASE(gradients_that_vanish_on_the_way_back) {
  Deep net = deep({8, 16, 16, 16, 16, 16, 16, 16, 16, 1}, Random(3));
  for (nn::Linear& layer : net.layers) layer.weight = layer.weight * 0.1;
  const auto warnings = examined(net, [](const Deep& live) {
    Tensor x = inputs(64, 8);
    for (std::size_t k = 0; k < live.layers.size(); ++k) x = live.layers[k](k == 0 ? x : sigmoid(x));
    return x;
  });
  BOOST_TEST_REQUIRE(!warnings.empty());
  for (const auto& w : warnings) BOOST_TEST((w.kind == HealthKind::vanishing_gradient), w.text);
  BOOST_TEST(warnings[0].where == "layers.0");
  BOOST_TEST(warnings.size() < 8u);  // not the last ones
}

BOOST_AUTO_TEST_CASE(gradients_that_explode) {
  Deep net = deep({8, 16, 16, 16, 16, 1}, Random(3));
  for (nn::Linear& layer : net.layers) layer.weight = layer.weight * 10.0;
  const auto warnings = examined(net, [](const Deep& live) {
    Tensor x = inputs(64, 8);
    for (const nn::Linear& layer : live.layers) x = layer(x);
    return x;
  });
  BOOST_TEST(warnings.size() == 5u);
  for (const auto& w : warnings) {
    BOOST_TEST((w.kind == HealthKind::exploding_gradient), w.text);
    BOOST_TEST(w.value > 100);
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none_with_the_name_of_the_parameter) {
  const Deep good = deep({8, 16, 1}, Random(3));
  Deep net = good;
  net.layers[1].weight = with_element(net.layers[1].weight, 4, std::nan(""));
  const auto call = [](const Deep& live) { return with_relu(live, inputs(16, 8)); };
  const auto warnings = examined(net, call);
  BOOST_TEST_REQUIRE(!warnings.empty());
  BOOST_TEST((warnings[0].kind == HealthKind::non_finite_parameter));
  BOOST_TEST(warnings[0].where == "layers.1.weight");
  BOOST_TEST(warnings[0].text.find("1 of 16 elements") != std::string::npos, warnings[0].text);

  // NaN from finite parameters: where it arises, and whose gradients have it.
  const auto of_log = examined(good, [](const Deep& live) { return log(with_relu(live, inputs(16, 8)) - 100.0); });
  BOOST_TEST_REQUIRE(of_log.size() >= 2u);
  BOOST_TEST((of_log[0].kind == HealthKind::non_finite_gradient));
  BOOST_TEST(told(of_log).find("non_finite_value log at health.cpp:") != std::string::npos, told(of_log));

  const auto infinite = examined(good, [](const Deep& live) { return exp(with_relu(live, inputs(16, 8)) + 2000.0); });
  BOOST_TEST(told(infinite).find("non_finite_value loss") != std::string::npos, told(infinite));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_the_loss_does_not_depend_on) {
  const Deep net = deep({8, 16, 1, 5}, Random(3));
  const auto first_two = [](const Deep& live) { return live.layers[1](relu(live.layers[0](inputs(64, 8)))); };
  BOOST_TEST(told(examined(net, first_two)) == "outside_graph layers.2.weight; outside_graph layers.2.bias");
  // Through a comparison nothing flows; a gradient that happens to be 0 is another thing.
  BOOST_TEST(told(examined(net, [&](const Deep& live) {
               return where(sum(live.layers[2].weight) + sum(live.layers[2].bias.value()) > 0.0, first_two(live),
                            1.0 * first_two(live));
             })) == "outside_graph layers.2.weight; outside_graph layers.2.bias");
  BOOST_TEST(told(examined(net, [&](const Deep& live) {
               return first_two(live) + 0.0 * (sum(live.layers[2].weight) + sum(live.layers[2].bias.value()));
             })).find("outside_graph") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_frozen_parameter_is_no_defect) {
  const Deep net = deep({8, 16, 1, 5}, Random(3));
  Recording r;
  const Deep live = nn::lifted(net, r, [](std::string_view name) { return !name.starts_with("layers.2"); });
  const Tensor y = live.layers[1](relu(live.layers[0](inputs(64, 8)))), loss = mean((y - 0.5) * (y - 0.5));
  BOOST_TEST(told(nn::check_health(r, loss, live, nn::adjoints_of(live, backward(loss)))) == nothing);
}

BOOST_AUTO_TEST_CASE(hidden_sigmoids_and_tanhs_at_their_bounds) {
  for (const bool is_tanh : {false, true}) {
    Deep net = deep({8, 16, 1}, Random(3));
    net.layers[0].weight = net.layers[0].weight * 30.0;
    const auto warnings = examined(net, [&](const Deep& live) {
      const Tensor x = live.layers[0](inputs(64, 8));
      return live.layers[1](is_tanh ? tanh(x) : sigmoid(x));
    });
    BOOST_TEST_REQUIRE(warnings.size() == 1u, told(warnings));
    BOOST_TEST((warnings[0].kind == HealthKind::saturated));
    BOOST_TEST(warnings[0].value > 0.8);
    BOOST_TEST(warnings[0].where.starts_with(is_tanh ? "tanh at " : "sigmoid at "));
  }
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused) {
  Recording r;
  const Deep live = nn::lifted(deep({8, 1}, Random(3)), r);
  const Tensor loss = mean(live.layers[0](inputs(16, 8)));
  BOOST_CHECK_THROW((void)nn::check_health(r, loss, live, {}), ArgumentError);
  Recording other;
  const Tensor foreign = other.variable(ones({}), "x");
  BOOST_CHECK_THROW((void)nn::check_health(r, foreign, live, nn::adjoints_of(live, backward(loss))), ForeignRecording);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
