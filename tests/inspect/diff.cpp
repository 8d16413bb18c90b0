// Two graphs matched: what was added, removed, changed; where values begin to differ; in linear time.
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/inspect/diff.hpp"
#include "wengert/graph/drawing/dot.hpp"

namespace {

using namespace wengert;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(diff_of_graphs)

struct Model {
  Recording r{{.locations = false}};
  Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
};

BOOST_AUTO_TEST_CASE(the_same_is_the_same) {
  Model a, b;
  const Scalar f = sin(a.x) * a.y + exp(a.x), g = sin(b.x) * b.y + exp(b.x);
  const GraphDiff d = diff(f, g);
  BOOST_TEST(d.identical());
  BOOST_TEST(d.same == d.before().size());
  BOOST_TEST(d.text() == "0 added, 0 removed, 0 changed, " + std::to_string(d.same) + " the same\n");
  BOOST_TEST(d.first() == nullptr);
  BOOST_TEST(draw(d).nodes.size() == 2 * d.same);
}

BOOST_AUTO_TEST_CASE(factors_may_change_places_and_what_is_subtracted_may_not) {
  Model a, b;
  const Scalar s = tanh(a.x), f = s * a.y, t = tanh(b.x), g = b.y * t;
  const GraphDiff turned = diff(f, g);
  BOOST_TEST(turned.identical(), turned.text());
  const Scalar p = a.x - a.y, q = b.y - b.x;
  BOOST_TEST(!diff(p, q).identical());
}

BOOST_AUTO_TEST_CASE(an_operation_put_in_between_is_added_and_nothing_else) {
  Model a, b;
  const Scalar u = sin(a.x) * a.y, f = exp(u) * 2.0;
  const Scalar v = sin(b.x) * b.y, w = tanh(v), g = exp(w) * 2.0;
  const GraphDiff d = diff(expand(a.r, {f}), expand(b.r, {g}));
  BOOST_TEST(d.added == 1U);
  BOOST_TEST(d.removed == 0U);
  const Difference* const begin = d.first();
  BOOST_TEST_REQUIRE(begin != nullptr);
  BOOST_TEST(contains(begin->name, "exp"), begin->name);
  BOOST_TEST(begin->operands);
  bool found = false;
  for (const Difference& difference : d.differences)
    if (difference.change == Change::added) {
      found = true;
      BOOST_TEST(contains(difference.name, "tanh"));
      BOOST_TEST(difference.before == graph::no_node);
    }
  BOOST_TEST(found);
  // Back the other way it is removed.
  const GraphDiff back = diff(expand(b.r, {g}), expand(a.r, {f}));
  BOOST_TEST(back.added == 0U);
  BOOST_TEST(back.removed == 1U);
}

BOOST_AUTO_TEST_CASE(another_constant_is_a_changed_attribute_and_what_follows_changes_in_value) {
  Model a, b;
  Scalar f = a.x, g = b.x;
  for (int k = 0; k < 5; ++k) {
    f = f * 0.5 + a.y;
    g = g * (k == 2 ? 0.25 : 0.5) + b.y;
  }
  const GraphDiff d = diff(expand(a.r, {f}), expand(b.r, {g}));
  BOOST_TEST(d.removed <= 1U);
  BOOST_TEST(d.added <= 1U);
  // Two of each of the last three rounds.
  BOOST_TEST(d.changed >= 6U);
  BOOST_TEST(d.changed <= 8U);
  BOOST_TEST_REQUIRE(d.first() != nullptr);
}

BOOST_AUTO_TEST_CASE(two_runs_of_one_program_differ_in_values_from_the_first_on) {
  Model a, b;
  b.y = b.r.variable(4.0, "y");
  const auto f = [](const Scalar& x, const Scalar& y, Recording& r) {
    const Scalar u = sin(x);
    const Scalar v = u * y;
    r.name(u, "u");
    r.name(v, "v");
    return Scalar(v * v);
  };
  const GraphDiff d = diff(f(a.x, a.y, a.r), f(b.x, b.y, b.r));
  BOOST_TEST(d.added + d.removed == 0U);
  BOOST_TEST(d.changed == 3U);
  const Difference* const begin = d.first();
  BOOST_TEST_REQUIRE(begin != nullptr);
  BOOST_TEST(begin->name == "y");
  BOOST_TEST(begin->value_before == 3.0);
  BOOST_TEST(begin->value_after == 4.0);
  BOOST_TEST(begin->relative == 0.25);
  BOOST_TEST(contains(d.text(), "values begin to differ at y: 3 → 4, by 25 %"), d.text());
  BOOST_TEST(diff(expand(a.r, {f(a.x, a.y, a.r)}), expand(b.r, {f(b.x, b.y, b.r)}), {.tolerance = 0.5}).identical());
}

BOOST_AUTO_TEST_CASE(tensors_are_compared_by_elements_and_nan_equals_nan) {
  Recording a, b;
  const Tensor x = a.variable(tensor({1, 2, std::nan("")}), "x"), y = b.variable(tensor({1, 2, std::nan("")}), "x");
  BOOST_TEST(diff(x * 2.0, y * 2.0).identical());
  Recording c, e;
  const Tensor z = c.variable(tensor({1, 2, 4}), "x"), w = e.variable(tensor({2, 1, 4}), "x");  // of the same norm
  const GraphDiff d = diff(z * 2.0, w * 2.0);
  BOOST_TEST(d.changed == 2U);
  BOOST_TEST_REQUIRE(d.first() != nullptr);
  BOOST_TEST(d.first()->relative > 0.1);
}

BOOST_AUTO_TEST_CASE(a_name_finds_its_partner_although_all_else_is_another) {
  Model a, b;
  const Scalar f = sin(a.x) * a.y, g = exp(b.y) + b.x;
  a.r.name(f, "loss");
  b.r.name(g, "loss");
  const GraphDiff d = diff(f, g);
  bool found = false;
  for (const Difference& difference : d.differences)
    if (difference.change == Change::changed && difference.name == "loss") found = difference.attribute;
  BOOST_TEST(found);
  BOOST_TEST(d.added == 1U);
  BOOST_TEST(d.removed == 1U);
}

BOOST_AUTO_TEST_CASE(graphs_without_values_and_empty_ones) {
  Model a;
  const Scalar f = sin(a.x);
  const graph::Graph graph = expand(a.r, {f}).graph;
  BOOST_TEST(diff(graph, graph).identical());
  BOOST_TEST(diff(graph::Graph(), graph::Graph()).identical());
  const GraphDiff d = diff(graph::Graph(), graph);
  BOOST_TEST(d.added == graph.size());
  BOOST_TEST(!d.text().empty());
  BOOST_TEST(!draw(d).nodes.empty());
}

BOOST_AUTO_TEST_CASE(the_drawing_says_in_words_and_marks_what_differs) {
  Model a, b;
  const Scalar f = sin(a.x) * a.y, g = tanh(sin(b.x)) * b.y;
  const graph::Drawing drawing = draw(diff(f, g));
  std::size_t added = 0, changed = 0;
  for (const graph::DrawnNode& node : drawing.nodes) {
    added += node.mark == graph::Mark::added ? 1 : 0;
    changed += node.mark == graph::Mark::changed ? 1 : 0;
  }
  BOOST_TEST(added == 1U);
  BOOST_TEST(changed == 2U);  // the product, on both sides
  BOOST_TEST(contains(graph::to_dot(drawing), "added"));
}

BOOST_AUTO_TEST_CASE(long_chains_are_matched_in_linear_time_without_recursion) {
  const auto seconds = [](int length) {
    Recording a({.locations = false}), b({.locations = false});
    Scalar f = a.variable(1.0, "x"), g = b.variable(1.0, "x");
    const Scalar p = a.variable(0.1, "p"), q = b.variable(0.1, "p");
    for (int k = 0; k < length; ++k) {
      f = f * 0.5 + p;
      g = g * 0.5 + q;
      if (k == length / 2) g = tanh(g);
    }
    const Expansion before = expand(a, {f}), after = expand(b, {g});
    const auto begin = std::chrono::steady_clock::now();
    const GraphDiff d = diff(before, after);
    BOOST_TEST(d.added == 1U);
    BOOST_TEST(d.removed == 0U);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const double small = seconds(20'000), large = seconds(200'000);
  BOOST_TEST(large < 60 * small + 0.5, large << " s for ten times what takes " << small << " s");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
