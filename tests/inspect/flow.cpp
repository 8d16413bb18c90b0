// Gradients that vanish, explode, die or never arrive are named, by layer or by variable; healthy ones are not.
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/inspect/flow.hpp"

namespace {

using namespace wengert;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Layers tanh(w·h), as deep as asked for.
Flow flow_of_layers(int depth, double weight) {
  Recording r;
  Tensor h = r.variable(tensor({0.1, -0.2, 0.3}), "x");
  std::vector<Tensor> w;
  for (int k = 0; k < depth; ++k) {
    const auto scope = r.scope("layer " + std::to_string(k));
    w.push_back(r.variable(tensor({weight, weight, weight}), "w" + std::to_string(k)));
    h = w.back() * h;
  }
  const Tensor loss = sum(h);
  return gradient_flow(loss, w);
}

BOOST_AUTO_TEST_SUITE(flow)

BOOST_AUTO_TEST_CASE(a_healthy_recording_has_no_findings) {
  const Flow flow = flow_of_layers(6, 0.9);
  BOOST_TEST(flow.findings.empty(), flow.text());
  BOOST_TEST(flow.layers.size() == 6U);
  BOOST_TEST(flow.layers[0].layer == "layer 0");
  BOOST_TEST(contains(flow.text(), "layer 5"));
}

BOOST_AUTO_TEST_CASE(layers_have_the_root_mean_squares_of_values_and_adjoints) {
  Recording r;
  const Scalar x = r.variable(3.0, "x");
  const Tensor t = r.variable(tensor({3, 4}), "t");
  Scalar u, v;
  Tensor h;
  {
    const auto scope = r.scope("numbers");
    u = x * 2.0;  // 6
    v = u + 1.0;  // 7
  }
  {
    const auto scope = r.scope("tensors");
    h = -t;  // ‖h‖ = 5
  }
  const Scalar loss = v * v + 3.0 * to_scalar(sum(h));
  const Flow flow = gradient_flow(loss, {x});
  BOOST_TEST_REQUIRE(flow.layers.size() == 2U);
  const auto tolerance = boost::test_tools::tolerance(1e-12);
  BOOST_TEST(flow.layers[0].nodes == 2U);
  BOOST_TEST(flow.layers[0].value == std::sqrt((36.0 + 49.0) / 2), tolerance);
  BOOST_TEST(flow.layers[0].adjoint == 14.0, tolerance);  // both
  BOOST_TEST(flow.layers[1].nodes == 1U);
  BOOST_TEST(flow.layers[1].value == 5 / std::sqrt(2.0), tolerance);
  BOOST_TEST(flow.layers[1].adjoint == 3.0, tolerance);
}

BOOST_AUTO_TEST_CASE(vanishing_and_exploding_name_the_layer) {
  const Flow vanishing = flow_of_layers(10, 0.1);
  BOOST_TEST_REQUIRE(!vanishing.findings.empty());
  BOOST_TEST((vanishing.findings[0].kind == FlowKind::vanishing));
  BOOST_TEST(vanishing.findings[0].where == "layer 0");
  BOOST_TEST(vanishing.findings[0].value < 1e-5);
  const Flow exploding = flow_of_layers(10, 10);
  BOOST_TEST_REQUIRE(!exploding.findings.empty());
  BOOST_TEST((exploding.findings[0].kind == FlowKind::exploding));
  BOOST_TEST(exploding.findings[0].where == "layer 0");
}

BOOST_AUTO_TEST_CASE(dead_and_disconnected_variables_name_what_stops_them) {
  Recording r;
  const Scalar x = r.variable(-1.0, "x"), w = r.variable(2.0, "w"), s = r.variable(3.0, "s"),
               lost = r.variable(1.0, "lost");
  const Scalar u = x * w;
  r.name(u, "u");
  const Scalar dead = relu(u);
  const auto line = std::to_string(__LINE__ - 1);
  const Scalar loss = dead + 0.0 * s + s * s;
  const Flow flow = gradient_flow(loss, {w, s, lost});
  BOOST_TEST_REQUIRE(flow.findings.size() == 2U, flow.text());
  BOOST_TEST((flow.findings[0].kind == FlowKind::disconnected));
  BOOST_TEST(contains(flow.findings[0].text, "does not depend on lost: "), flow.findings[0].text);
  BOOST_TEST((flow.findings[1].kind == FlowKind::dead));
  BOOST_TEST(flow.findings[1].where == "w");
  BOOST_TEST(contains(flow.findings[1].text, "relu(u), at flow.cpp:" + line), flow.findings[1].text);
  BOOST_TEST(contains(flow.findings[1].text, "u = -2"), flow.findings[1].text);
}

BOOST_AUTO_TEST_CASE(what_lets_nothing_pass_is_named) {
  Recording r;
  const Scalar x = r.variable(2.3, "x"), y = r.variable(1.0, "y");
  const Scalar stepped = heaviside(x) * y;
  const Flow flow = gradient_flow(stepped, {x, y});
  BOOST_TEST_REQUIRE(flow.findings.size() == 1U, flow.text());
  BOOST_TEST(flow.findings[0].where == "x");
  BOOST_TEST(contains(flow.findings[0].text, "H(x)"), flow.findings[0].text);
}

BOOST_AUTO_TEST_CASE(a_variable_without_a_name_is_told_by_its_place) {
  Recording r;
  const Scalar x = r.variable(1.0), lost = r.variable(2.0);
  const Flow flow = gradient_flow(Scalar(x * x), {x, lost});
  BOOST_TEST_REQUIRE(flow.findings.size() == 1U);
  BOOST_TEST(flow.findings[0].where == "variable 2");
  BOOST_TEST(contains(flow.findings[0].text, "does not depend on variable 2 of those given"));
}

BOOST_AUTO_TEST_CASE(parts_that_cancel_are_told_as_such) {
  Recording r;
  const Scalar x = r.variable(1.0, "x"), y = r.variable(2.0, "y");
  const Flow flow = gradient_flow(Scalar(x * y - x * y + y), {x});
  BOOST_TEST_REQUIRE(flow.findings.size() == 1U, flow.text());
  BOOST_TEST((flow.findings[0].kind == FlowKind::dead));
  BOOST_TEST(contains(flow.findings[0].text, "adds up to nothing"), flow.findings[0].text);
}

// A search for each variable would look at 400 million edges, at each of them among 20 000 zeros.
BOOST_AUTO_TEST_CASE(many_dead_variables_are_told_in_one_pass) {
  constexpr std::size_t count = 20'000;
  Recording r({.locations = false});
  const std::vector<Scalar> w = r.variables(std::vector<double>(count, -1.0));
  Scalar loss = 0.0;
  for (const Scalar& each : w) loss = loss + relu(each);
  const auto begin = std::chrono::steady_clock::now();
  const Flow flow = gradient_flow(loss, w);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  BOOST_TEST(flow.findings.size() == count);
  BOOST_TEST(contains(flow.findings[count - 1].text, "relu"), flow.findings[count - 1].text);
  BOOST_TEST(seconds < 5.0);
}

BOOST_AUTO_TEST_CASE(not_finite_and_wrong_use) {
  Recording r;
  const Scalar x = r.variable(0.0, "x");
  const Scalar loss = sqrt(x) + x;
  const Flow flow = gradient_flow(loss, {x});
  BOOST_TEST_REQUIRE(flow.findings.size() == 1U);
  BOOST_TEST((flow.findings[0].kind == FlowKind::non_finite));
  BOOST_CHECK_THROW(static_cast<void>(gradient_flow(Scalar(1.0), {x})), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
