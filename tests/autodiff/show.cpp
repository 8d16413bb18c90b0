/// show(): the data of the page. What the page does with it is tested in a browser (tests/theatre).
#include "wengert/autodiff/transform/show.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/graph/theatre/write_html.hpp"

using namespace wengert;
using graph::NodeId;
using graph::Theatre;
using graph::TheatreAct;
using graph::TheatreStep;

namespace {

Theatre theatre(const detail::AnyHandle& y, std::initializer_list<detail::AnyHandle> x,
                const ShowOptions& options = {}) {
  return theatre_of(y, std::span(x.begin(), x.size()), options);
}

NodeId node_named(const TheatreAct& act, std::string_view name) { return act.graph.find(name).value(); }

/// What the steps bring to a node, added up.
std::vector<double> sum_of_steps(const TheatreAct& act, NodeId node) {
  std::vector<double> sum(static_cast<std::size_t>(act.graph.type(node).shape.size()), 0.0);
  for (const TheatreStep& step : act.steps) {
    if (act.graph.operands(step.user)[step.position] != node) continue;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += step.contribution.elements.at(i);
  }
  return sum;
}

void check_sums(const TheatreAct& act, std::string_view name, const std::vector<double>& gradient) {
  const NodeId node = node_named(act, name);
  BOOST_TEST_CONTEXT(name) {
    const std::vector<double> sum = sum_of_steps(act, node);
    BOOST_REQUIRE(sum.size() == gradient.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      BOOST_TEST(sum[i] == gradient[i], boost::test_tools::tolerance(1e-14));
      BOOST_TEST(act.adjoint[node].value().elements.at(i) == gradient[i], boost::test_tools::tolerance(1e-14));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(show_page)

BOOST_AUTO_TEST_CASE(the_steps_add_up_to_the_gradient) {
  Recording r;
  const Scalar x = r.variable(0.7, "x"), w = r.variable(-1.2, "w"), b = r.variable(0.4, "b");
  Scalar h = tanh(w * x + b);
  r.name(h, "h");
  const Scalar loss = h * h + sin(h) * x;
  const Adjoints adjoints = backward(loss);
  const Theatre page = theatre(loss, {x, w, b});
  BOOST_REQUIRE(page.acts.size() == 1);
  for (const auto& [name, handle] : {std::pair("x", x), std::pair("w", w), std::pair("b", b), std::pair("h", h)})
    check_sums(page.acts[0], name, {adjoints[handle]});
}

BOOST_AUTO_TEST_CASE(the_steps_are_in_the_order_of_the_sweep) {
  Recording r;
  const Scalar x = r.variable(0.7, "x");
  const Scalar loss = exp(x) * sin(x) + x;
  const TheatreAct act = std::move(theatre(loss, {x}).acts[0]);
  BOOST_REQUIRE(!act.steps.empty());
  BOOST_TEST(act.steps.front().user == act.output);
  for (std::size_t k = 1; k < act.steps.size(); ++k) {
    const TheatreStep &before = act.steps[k - 1], &step = act.steps[k];
    BOOST_TEST((before.user > step.user || (before.user == step.user && before.position < step.position)));
  }
}

BOOST_AUTO_TEST_CASE(the_steps_of_tensors_add_up_to_the_gradient) {
  Recording r;
  const Tensor x = r.variable(tensor({0.2, -0.4, 0.9, 0.1, 0.5, -0.7}, Shape{2, 3}), "x");
  const Tensor w = r.variable(tensor({0.1, 0.6, -0.3, 0.8, 0.4, -0.2}, Shape{3, 2}), "w");
  const Tensor b = r.variable(tensor({0.05, -0.1}, Shape{2}), "b");
  const Tensor loss = sum(softmax(tanh(matmul(x, w) + b)) * 2.0) + logsumexp(x * x);
  const Adjoints adjoints = backward(loss);
  const Theatre page = theatre(loss, {x, w, b});
  check_sums(page.acts[0], "x", adjoints[x].to_vector());
  check_sums(page.acts[0], "w", adjoints[w].to_vector());
  check_sums(page.acts[0], "b", adjoints[b].to_vector());
}

BOOST_AUTO_TEST_CASE(a_value_that_was_chosen_by_a_condition_can_be_shown) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  const Tensor v = r.variable(tensor({1.0, -2.0}), "v");
  const Scalar chosen = where(x > y, x * y, y * y);
  const Tensor squares = sum(where(v > 0.0, v, v * v));
  const Scalar z = chosen + to_scalar(squares);
  const TheatreAct act = theatre(z, {x, y, v}).acts[0];
  check_sums(act, "x", {0.0});
  check_sums(act, "y", {6.0});
  check_sums(act, "v", {1.0, -4.0});
}

BOOST_AUTO_TEST_CASE(without_a_choice_the_page_is_by_every_variable_of_the_value) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), unused = r.variable(1.0, "unused");
  const Tensor t = r.variable(tensor({1, 2}, Shape{2}), "t");
  const Scalar loss = x * to_scalar(sum(t));
  static_cast<void>(unused);
  const TheatreAct act = std::move(theatre(loss, {}).acts[0]);
  BOOST_TEST(bool{act.parameter[node_named(act, "x")]});
  BOOST_TEST(bool{act.parameter[node_named(act, "t")]});
  BOOST_TEST(!act.graph.find("unused").has_value());
  BOOST_TEST(act.adjoint_node[node_named(act, "x")] != graph::no_node);
}

BOOST_AUTO_TEST_CASE(each_pass_has_an_act) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar loss = x * 1.0 + 0.0 * x;
  const Theatre page = theatre(loss, {x}, {.passes = {passes::find("simplify")}});
  BOOST_REQUIRE(page.acts.size() == 2);
  BOOST_TEST(page.acts[0].title == "recorded");
  BOOST_TEST(page.acts[1].title == "after simplify");
  BOOST_TEST(page.acts[1].graph.size() < page.acts[0].graph.size());
}

BOOST_AUTO_TEST_CASE(a_graph_that_is_too_large_is_drawn_folded) {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  Scalar h = x;
  for (int k = 0; k < 20000; ++k) h = sin(h);
  const TheatreAct act = std::move(theatre(h, {x}).acts[0]);
  BOOST_TEST(!act.walk);
  BOOST_TEST(act.steps.empty());
  BOOST_TEST(act.drawing.nodes.size() <= 1000U);
  BOOST_TEST(act.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_a_value_with_many_elements_the_calculation_alone_is_told) {
  Recording r;
  const Tensor t = r.variable(tensor({1, 2}, Shape{2}), "t");
  const TheatreAct act = std::move(theatre(t * t, {}).acts[0]);
  BOOST_TEST(act.steps.empty());
  BOOST_TEST(act.value[act.output].value().elements == std::vector<double>({1, 4}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_shown_is_an_error) {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  const Scalar y = x * x;
  BOOST_CHECK_THROW(static_cast<void>(theatre(Scalar(2.0), {})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(theatre(y, {Scalar(1.0)})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(theatre(y, {x}, {.most_nodes = 0})), ArgumentError);
  BOOST_CHECK_THROW(show(y, "/no/such/folder/page.html"), EnvironmentError);
}

BOOST_AUTO_TEST_CASE(the_recording_stays_as_it_is) {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  const Scalar y = sin(x) * x;
  const std::uint64_t before = r.statistics().values;
  static_cast<void>(theatre(y, {x}));
  BOOST_TEST(r.statistics().values == before);
}

BOOST_AUTO_TEST_CASE(names_stay_text_in_the_page) {
  Recording r;
  const std::string name = "</script><img src=x onerror=alert(1)>\"\\\n";
  const Scalar x = r.variable(0.5, name);
  const Scalar y = sin(x);
  const Theatre page = theatre(y, {x}, {.title = "</title>" + name});
  const std::string json = graph::to_json(page), html = graph::to_html(page);
  BOOST_TEST(json.find('<') == json.npos);
  BOOST_TEST(html.find("<img") == html.npos);
  const auto data = nlohmann::json::parse(json);
  BOOST_TEST(data["acts"][0]["nodes"]["0"]["name"].get<std::string>() ==
             "</script><img src=x onerror=alert(1)>\"\\\\\\n");  // as graph/escape.hpp shows it
  // Everything that the page needs stands in it, behind a policy that allows nothing else.
  BOOST_TEST(html.find("default-src 'none'") != html.npos);
  BOOST_TEST(html.find("unsafe") == html.npos);
  BOOST_TEST(html.find("http://www.w3.org/") != html.npos);  // the namespaces of SVG and MathML
  BOOST_TEST(html.find("{{") == html.npos);
}

BOOST_AUTO_TEST_SUITE_END()
