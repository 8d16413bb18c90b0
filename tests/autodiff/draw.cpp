// Drawings of recordings: what stands in the boxes, beside the arrows, and what is left out when only a part is asked
// for.
#include "wengert/autodiff/transform/draw.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/graph/extract.hpp"

namespace {

using namespace wengert;
using graph::Drawing;
using graph::DrawnEdge;
using graph::DrawnNode;
using graph::EdgeKind;
using graph::NodeRole;
using graph::TextKind;

std::string text_of(const DrawnNode& node, TextKind kind) {
  for (const graph::DrawnText& text : node.texts) {
    if (text.kind == kind) return text.text;
  }
  return {};
}

/// The node of that name; fails when there is none.
const DrawnNode& named(const Drawing& drawing, const std::string& name) {
  const auto found = std::find_if(drawing.nodes.begin(), drawing.nodes.end(),
                                  [&](const DrawnNode& node) { return text_of(node, TextKind::name) == name; });
  BOOST_TEST_REQUIRE((found != drawing.nodes.end()), "no box is named " << name);
  return *found;
}

bool has(const Drawing& drawing, const std::string& name) {
  return std::any_of(drawing.nodes.begin(), drawing.nodes.end(),
                     [&](const DrawnNode& node) { return text_of(node, TextKind::name) == name; });
}

/// What is written beside the arrow between two named boxes.
std::string label(const Drawing& drawing, const std::string& from, const std::string& to) {
  for (const DrawnEdge& edge : drawing.edges) {
    if (edge.kind == EdgeKind::tie) continue;
    if (text_of(drawing.nodes[edge.from], TextKind::name) == from &&
        text_of(drawing.nodes[edge.to], TextKind::name) == to)
      return edge.label;
  }
  return "no such arrow";
}

std::size_t count(const Drawing& drawing, NodeRole role) {
  return static_cast<std::size_t>(std::count_if(drawing.nodes.begin(), drawing.nodes.end(),
                                                [&](const DrawnNode& node) { return node.role == role; }));
}

struct Neuron {
  Recording r;
  Scalar x = r.variable(0.05, "x"), w = r.variable(0.15, "w"), b = r.variable(0.35, "b"), t = r.variable(0.01, "t");
  Scalar out = sigmoid(w * x + b);
  Scalar loss = pow(t - out, 2);
  Neuron() {
    r.name(out, "out");
    r.name(loss, "loss");
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(drawings)

BOOST_AUTO_TEST_CASE(values_adjoints_and_local_derivatives_stand_where_they_belong) {
  Neuron n;
  const Drawing d = draw(n.loss, {n.w, n.b});
  BOOST_TEST(text_of(named(d, "out"), TextKind::operation) == "σ");
  BOOST_TEST(text_of(named(d, "out"), TextKind::value) == "0.5884");
  BOOST_TEST(text_of(named(d, "out"), TextKind::adjoint) == "∂ 1.157");
  BOOST_TEST(text_of(named(d, "x"), TextKind::adjoint) == "∂ 0.04203");
  BOOST_TEST(text_of(named(d, "loss"), TextKind::operation) == "^ 2");  // the constant is written into the box
  BOOST_TEST(text_of(named(d, "∂loss/∂w"), TextKind::value) == "0.01401");
  BOOST_TEST(count(d, NodeRole::constant) == 0U);
  BOOST_TEST(named(d, "loss").output);
  BOOST_TEST(named(d, "∂loss/∂w").order == 1);
}

BOOST_AUTO_TEST_CASE(what_is_differentiated_by_is_a_parameter) {
  Neuron n;
  const Drawing d = draw(n.loss, {n.w, n.b});
  for (const char* name : {"w", "b"}) BOOST_TEST((named(d, name).role == NodeRole::parameter));
  for (const char* name : {"x", "t"}) BOOST_TEST((named(d, name).role == NodeRole::input));
}

BOOST_AUTO_TEST_CASE(drawing_leaves_the_recording_as_it_was) {
  Neuron n;
  const auto before = n.r.statistics().values;
  static_cast<void>(draw(n.loss, {n.w, n.b}));
  BOOST_TEST(n.r.statistics().values == before);
}

BOOST_AUTO_TEST_CASE(equal_drawings_are_equal_byte_for_byte) {
  Neuron a, b;
  BOOST_TEST((draw(a.loss, {a.w}) == draw(a.loss, {a.w})));
  BOOST_TEST(graph::to_dot(draw(a.loss, {a.w})) == graph::to_dot(draw(b.loss, {b.w})));
}

BOOST_AUTO_TEST_CASE(views_show_one_graph_or_both) {
  Neuron n;
  const Drawing forward = draw(n.loss, {n.w}, {.view = View::forward});
  BOOST_TEST(
      std::all_of(forward.nodes.begin(), forward.nodes.end(), [](const DrawnNode& node) { return node.order == 0; }));
  BOOST_TEST(text_of(named(forward, "w"), TextKind::adjoint) == "∂ 0.01401");
  const Drawing gradient = draw(n.loss, {n.w}, {.view = View::gradient});
  BOOST_TEST(text_of(named(gradient, "∂loss/∂w"), TextKind::value) == "0.01401");
  for (const DrawnNode& node : gradient.nodes) {
    BOOST_TEST((node.order == 1 || node.role == NodeRole::elsewhere));
  }
  BOOST_TEST((named(gradient, "out").role == NodeRole::elsewhere));
  BOOST_TEST(!has(gradient, "b"));
}

BOOST_AUTO_TEST_CASE(statements_are_boxes_with_formulas_and_whole_derivatives) {
  Neuron n;
  const Drawing d = draw(n.loss, {n.w}, {.view = View::forward, .statements = true});
  BOOST_TEST(d.nodes.size() == 6U);
  BOOST_TEST(text_of(named(d, "out"), TextKind::operation) == "σ(w·x + b)");
  BOOST_TEST(text_of(named(d, "loss"), TextKind::operation) == "(t − out)^2");
  // σ'(0.3575) · x
  const double slope = n.out.value() * (1 - n.out.value());
  BOOST_TEST(std::abs(std::stod(label(d, "w", "out")) - slope * 0.05) < 1e-5);
  BOOST_TEST(std::abs(std::stod(label(d, "b", "out")) - slope) < 1e-4);
}

BOOST_AUTO_TEST_CASE(a_statement_that_uses_an_operand_twice_adds_both_ways) {
  Recording r;
  const Scalar x = r.variable(3.0, "x");
  Scalar y = x * x + 5.0 * x;
  r.name(y, "y");
  const Drawing d = draw(y, {x}, {.view = View::forward, .statements = true});
  BOOST_TEST(label(d, "x", "y") == "11");
  BOOST_TEST(text_of(named(d, "y"), TextKind::operation) == "x·x + 5·x");
}

BOOST_AUTO_TEST_CASE(unnamed_statements_get_names_that_formulas_use) {
  Recording r;
  const Scalar x = r.variable(3.0, "x");
  const Scalar a = sin(x) * 2.0;
  Scalar y = a - x / a;
  r.name(y, "y");
  const Drawing d = draw(y, {}, {.statements = true});
  BOOST_TEST(text_of(named(d, "v1"), TextKind::operation) == "sin(x)·2");
  BOOST_TEST(text_of(named(d, "y"), TextKind::operation) == "v1 − x/v1");
}

BOOST_AUTO_TEST_CASE(named_values_hold_what_only_they_are_computed_from) {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  const Scalar inner = sin(x);
  const Scalar more = exp(inner);
  Scalar u = more * 2.0, v = cos(x) + inner;
  r.name(u, "u");
  r.name(v, "v");
  Scalar f = u / v;
  r.name(f, "f");
  const Drawing d = draw(f, {x}, {.view = View::forward, .named_values = true});
  BOOST_TEST(d.nodes.size() == 5U);
  BOOST_TEST(text_of(named(d, "v1"), TextKind::operation) == "sin(x)");  // u and v need it
  BOOST_TEST(text_of(named(d, "u"), TextKind::operation) == "exp(v1)·2");
  BOOST_TEST(text_of(named(d, "v"), TextKind::operation) == "cos(x) + v1");
  BOOST_TEST(std::abs(std::stod(label(d, "v1", "u")) - u.value()) < 1e-3);
}

BOOST_AUTO_TEST_CASE(only_paths_to_a_parameter_on_demand) {
  Recording r;
  const Scalar x = r.variable(1.0, "x"), z = r.variable(2.0, "z");
  Scalar left = sin(x), right = exp(z);
  r.name(left, "left");
  r.name(right, "right");
  Scalar y = left * right;
  r.name(y, "y");
  const Drawing d = draw(y, {x}, {.paths_only = true});
  BOOST_TEST(has(d, "left"));
  BOOST_TEST((named(d, "right").role == NodeRole::elsewhere));
  BOOST_TEST(!has(d, "z"));
}

BOOST_AUTO_TEST_CASE(surroundings_of_a_value) {
  Recording r;
  Scalar x = r.variable(1.0, "x");
  Scalar at = x;
  std::vector<Scalar> chain;
  for (int k = 0; k < 9; ++k) {
    at = k % 2 == 0 ? Scalar(sin(at)) : Scalar(exp(at));
    r.name(at, "c" + std::to_string(k));
    chain.push_back(at);
  }
  const Drawing d = draw(at, {}, {.around = chain[4], .distance = 1});
  for (const char* name : {"c3", "c4", "c5"}) BOOST_TEST((named(d, name).role == NodeRole::operation));
  BOOST_TEST((named(d, "c2").role == NodeRole::elsewhere));
  BOOST_TEST(!has(d, "c6"));
  const Scalar other = cos(x);
  BOOST_CHECK_THROW(static_cast<void>(draw(at, {}, {.around = other})), ArgumentError);
}

BOOST_AUTO_TEST_CASE(choices_of_a_part_add_up) {
  Neuron n;
  const auto around_out = [&](const graph::Graph& g) {
    return graph::with_adjoints(g, graph::around(g, *g.find("out"), 1));
  };
  const Drawing both = draw(n.loss, {n.w, n.b}, {.select = around_out});
  BOOST_TEST(has(both, "∂loss/∂out"));
  BOOST_TEST(!has(both, "w"));
  const Drawing forward = draw(n.loss, {n.w, n.b}, {.view = View::forward, .select = around_out});
  BOOST_TEST(has(forward, "out"));
  BOOST_TEST(!has(forward, "w"));
  for (const DrawnNode& node : forward.nodes) BOOST_TEST(node.order == 0);
  // No answer: everything.
  const auto all = [](const graph::Graph&) { return std::vector<bool>{}; };
  BOOST_TEST((draw(n.loss, {n.w}, {.select = all}) == draw(n.loss, {n.w})));
}

BOOST_AUTO_TEST_CASE(a_loop_is_drawn_once_with_its_first_and_last_numbers) {
  Recording r;
  const Scalar w = r.variable(0.5, "w"), start = r.variable(0.25, "h0");
  Scalar h = start;
  for (int k = 0; k < 300; ++k) {
    const auto scope = r.scope("step " + std::to_string(k));
    h = tanh(h * w) + 0.1;
    r.name(h, "h." + std::to_string(k));
  }
  const Drawing d = draw(h, {});
  BOOST_TEST(d.nodes.size() == 5U);
  const DrawnNode& node = named(d, "h.0 … h.299");
  BOOST_TEST(node.copies == 300U);
  BOOST_TEST(node.output);
  BOOST_TEST(text_of(node, TextKind::operation) == "+ 0.1");
  BOOST_TEST(text_of(node, TextKind::value).find(" … ") != std::string::npos);
  BOOST_TEST_REQUIRE(d.frames.size() == 2U);
  BOOST_TEST((d.frames[0].kind == graph::FrameKind::repetition && d.frames[0].times == 300));
  BOOST_TEST(d.frames[1].label == "step 0 … step 299");
  BOOST_TEST(std::count_if(d.edges.begin(), d.edges.end(),
                           [](const DrawnEdge& e) { return e.kind == EdgeKind::carried; }) == 1);
  BOOST_TEST(!d.notes.empty());
}

BOOST_AUTO_TEST_CASE(statements_that_repeat_are_drawn_once_with_the_numbers_of_the_last) {
  Recording r;
  const Scalar w = r.variable(0.5, "w");
  Scalar h = r.variable(0.25, "h");
  for (int k = 0; k < 40; ++k) {
    h = tanh(h * w) + 0.1;
    r.name(h, "h." + std::to_string(k));
  }
  const Drawing d = draw(h, {}, {.drawing = {.repetitions = true}, .statements = true});
  BOOST_TEST_REQUIRE(d.nodes.size() == 3U);
  const DrawnNode& node = named(d, "h.0 … h.39");
  BOOST_TEST(node.copies == 40U);
  BOOST_TEST(node.count == 120U);
  BOOST_TEST(text_of(node, TextKind::operation) == "tanh(h·w) + 0.1");
  const std::string value = text_of(node, TextKind::value);
  BOOST_TEST(std::abs(std::stod(value.substr(value.rfind(' '))) - h.value()) < 1e-4);
  BOOST_TEST(node.output);
}

BOOST_AUTO_TEST_CASE(tensors_show_shape_norm_and_magnitude) {
  Recording r;
  const Tensor w = r.variable(Array::from({3.0, 4.0}, Shape{2}), "w"),
               x = r.variable(Array::from({1.0, 2.0}, Shape{2}), "x");
  const Tensor y = sum(w * x);
  r.name(y, "y");
  const Drawing d = draw(y, {w});
  BOOST_TEST(text_of(named(d, "w"), TextKind::type) == "f64[2]");
  BOOST_TEST(text_of(named(d, "w"), TextKind::value) == "‖·‖ 5");
  BOOST_TEST(text_of(named(d, "w"), TextKind::adjoint) == "∂ ‖·‖ 2.236");
  BOOST_TEST(text_of(named(d, "y"), TextKind::value) == "11");  // one element is a number
  BOOST_TEST((named(d, "x").magnitude == 0.0));
  BOOST_TEST(std::any_of(d.nodes.begin(), d.nodes.end(), [](const DrawnNode& node) { return node.magnitude == 1.0; }));
}

BOOST_AUTO_TEST_CASE(norms_neither_overflow_nor_vanish) {
  Recording r;
  const Tensor large = r.variable(Array::from({3e300, 4e300}, Shape{2}), "large");
  const Tensor small = r.variable(Array::from({3e-300, 4e-300}, Shape{2}), "small");
  const Drawing d = draw(sum(large * small), {});
  BOOST_TEST(text_of(named(d, "large"), TextKind::value) == "‖·‖ 5e300");
  BOOST_TEST(text_of(named(d, "small"), TextKind::value) == "‖·‖ 5e-300");
}

BOOST_AUTO_TEST_CASE(the_first_nan_is_said) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(-1.0, "y");
  Scalar bad = sqrt(x + 3.0 * y);
  r.name(bad, "bad");
  Scalar f = bad * x + y;
  r.name(f, "f");
  const Drawing d = draw(f, {}, {});
  BOOST_TEST(text_of(named(d, "bad"), TextKind::note) == "not finite from here");
  BOOST_TEST(named(d, "f").not_finite);
  BOOST_TEST(text_of(named(d, "f"), TextKind::note) == "");
  // At 0 the value of √ is fine and its derivative is not.
  const Scalar zero = r.variable(0.0, "zero");
  Scalar root = sqrt(zero);
  r.name(root, "root");
  const Drawing slope = draw(root, {}, {});
  BOOST_TEST(text_of(named(slope, "zero"), TextKind::note) == "∂ not finite from here");
  BOOST_TEST(text_of(named(slope, "zero"), TextKind::adjoint) == "∂ inf");
}

// The rule of log_softmax compares with -∞; every drawing of a cross entropy had an alarm there.
BOOST_AUTO_TEST_CASE(an_infinite_constant_that_spoils_nothing_is_no_alarm) {
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0}), "x");
  const Tensor loss = -sum(log_softmax(x));
  const Drawing d = draw(to_scalar(loss), std::vector{x});
  for (const DrawnNode& node : d.nodes) BOOST_TEST(!node.not_finite);

  // One that does is.
  Recording other;
  const Tensor y = other.variable(tensor({1.0, 2.0}), "y");
  const Drawing spoiled = draw(to_scalar(sum(y * std::numeric_limits<double>::infinity())), std::vector{y});
  BOOST_TEST(std::any_of(spoiled.nodes.begin(), spoiled.nodes.end(),
                         [](const DrawnNode& node) { return node.role == NodeRole::constant && node.not_finite; }));
}

BOOST_AUTO_TEST_CASE(before_and_after_simplification_stand_side_by_side) {
  Recording r;
  const Scalar x = r.variable(3.0, "x");
  Scalar f = pow(x, 2);
  r.name(f, "f");
  const Drawing d = graph::Drawing(draw_simplification(f, {x}));
  BOOST_TEST(d.frames[0].label == "before");
  BOOST_TEST(draw(f, {x}).nodes.size() == 4U);
  BOOST_TEST(draw(f, {x}, {.simplified = true}).nodes.size() == 3U);
  BOOST_TEST(d.nodes.size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_derivative_that_is_a_forward_value_is_said_there) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
  Scalar f = x * y;
  r.name(f, "f");
  const Drawing d = draw(f, {x, y});
  BOOST_TEST(!named(d, "x").output);
  BOOST_TEST(named(d, "f").output);
  const auto& texts = named(d, "x").texts;
  BOOST_TEST(std::count(texts.begin(), texts.end(), graph::DrawnText{TextKind::adjoint, "= ∂f/∂y"}) == 1);
}

BOOST_AUTO_TEST_CASE(a_gradient_of_a_gradient_has_a_part_of_its_own) {
  Recording r;
  const Scalar x = r.variable(0.5, "x");
  Scalar f = sin(x) * x;
  r.name(f, "f");
  Scalar slope = gradient(f, x);
  r.name(slope, "slope");
  const Drawing d = draw(slope, {x});
  BOOST_TEST(named(d, "slope").order == 0);
  BOOST_TEST(named(d, "∂slope/∂x").order == 1);
}

BOOST_AUTO_TEST_CASE(unknown_endings_are_refused) {
  Neuron n;
  BOOST_CHECK_EXCEPTION(save(draw(n.loss, {}), "picture.bmp"), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()).find("expected a name that ends with one of .dot .gv .svg .png") !=
           std::string::npos;
  });
  BOOST_CHECK_THROW(save(draw(n.loss, {}), "/nowhere/at/all.dot"), EnvironmentError);
}

BOOST_AUTO_TEST_SUITE_END()
