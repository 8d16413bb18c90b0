/// The data of the page: figures of arrays, places, JSON.
#include "wengert/graph/theatre/theatre.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "drawing_samples.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/theatre/place.hpp"
#include "wengert/graph/theatre/write_html.hpp"

using namespace wengert;
using namespace wengert::graph;

BOOST_AUTO_TEST_SUITE(theatre)

BOOST_AUTO_TEST_CASE(small_arrays_are_told_element_by_element) {
  const Figure figure = figure_of(Array::from({1, 2, 3, 4}, Shape{2, 2}), 4);
  BOOST_TEST(figure.elements == std::vector<double>({1, 2, 3, 4}));
  BOOST_TEST(figure_of(Array::scalar(2.5), 1).elements == std::vector<double>({2.5}));
  BOOST_TEST(figure_of(Array::zeros({Dtype::f64, Shape{0, 3}}), 4).elements.empty());
}

BOOST_AUTO_TEST_CASE(large_arrays_are_told_by_statistics) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Figure figure = figure_of(Array::from({3, -4, 0, infinity, 0}, Shape{5}), 4);
  BOOST_TEST(figure.elements.empty());
  BOOST_TEST(figure.norm == 5.0);
  BOOST_TEST(figure.least == -4.0);
  BOOST_TEST(figure.most == 3.0);
  BOOST_TEST(figure.mean == -0.25);
  BOOST_TEST(figure.zeros == 2U);
  BOOST_TEST(figure.not_finite == 1U);
  std::uint32_t counted = 0;
  for (const std::uint32_t count : figure.histogram) counted += count;
  BOOST_TEST(counted == 4U);
  BOOST_TEST(figure.histogram.front() == 1U);
  BOOST_TEST(figure.histogram.back() == 1U);
  BOOST_TEST(figure.heat == std::vector<double>({3, -4, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(neither_norm_nor_histogram_overflow) {
  const double large = std::numeric_limits<double>::max();
  const Figure figure = figure_of(Array::from({large, -large}, Shape{2}), 1);
  BOOST_TEST(std::isinf(figure.norm));
  BOOST_TEST(figure.histogram.front() == 1U);
  BOOST_TEST(figure.histogram.back() == 1U);
  BOOST_TEST(figure_of(Array::from({1e-200, 1e-200}, Shape{2}), 1).norm == std::sqrt(2) * 1e-200);
  BOOST_TEST(figure_of(Array::uniform({Dtype::f64, Shape{7}}, 2), 1).histogram.front() == 7U);
}

BOOST_AUTO_TEST_CASE(boxes_keep_their_sizes_wherever_they_are_placed) {
  const Drawing drawing = sample::network();
  const Placed ours = place(drawing, {.graphviz = false}), best = place(drawing);
  BOOST_TEST(!ours.curved);
  BOOST_REQUIRE(best.layout.nodes.size() == drawing.nodes.size());
  for (std::size_t k = 0; k < drawing.nodes.size(); ++k) {
    BOOST_TEST(best.layout.nodes[k].width == ours.layout.nodes[k].width);
    BOOST_TEST(best.layout.nodes[k].height == ours.layout.nodes[k].height);
  }
  for (std::size_t f = 0; f < drawing.frames.size(); ++f) {
    for (std::size_t k = 0; k < drawing.nodes.size(); ++k) {
      if (drawing.nodes[k].frame != f) continue;
      const LayoutBox &frame = best.layout.frames[f], &box = best.layout.nodes[k];
      BOOST_TEST((frame.x < box.x && frame.y < box.y && frame.x + frame.width > box.x + box.width &&
                  frame.y + frame.height > box.y + box.height));
    }
  }
  if (best.curved)
    for (const LayoutLine& line : best.layout.edges) BOOST_TEST(line.points.size() % 3 == 1U);
}

BOOST_AUTO_TEST_CASE(a_page_wants_an_act_whose_columns_fit) {
  BOOST_CHECK_THROW(static_cast<void>(to_html({})), ArgumentError);
  Theatre theatre;
  GraphBuilder builder;
  builder.output(builder.variable({}, "x"));
  theatre.acts.push_back({.graph = std::move(builder).build(), .output = 0});
  BOOST_CHECK_THROW(static_cast<void>(to_html(theatre)), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()
