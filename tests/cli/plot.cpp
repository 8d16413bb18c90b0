// Plots: axes, gaps, contour lines, places of labels, and SVG that is well-formed whatever the texts are.

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <numbers>
#include <random>
#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "run_command.hpp"
#include "wengert/cli/plot/contours.hpp"
#include "wengert/cli/plot/figure.hpp"
#include "wengert/cli/plot/labels.hpp"
#include "wengert/cli/plot/sample.hpp"
#include "wengert/cli/plot/svg.hpp"
#include "wengert/cli/plot/ticks.hpp"
#include "xml.hpp"

namespace {

using namespace wengert::cli::plot;
using wengert::test::XmlJudge;

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++count;
  return count;
}

std::string labels_of(const std::vector<Tick>& ticks) {
  std::string text;
  for (const Tick& tick : ticks)
    text += (text.empty() ? "" : " ") + tick.label + (tick.exponent.empty() ? "" : "^" + tick.exponent);
  return text;
}

BOOST_AUTO_TEST_SUITE(plot)

BOOST_AUTO_TEST_CASE(the_judge_of_xml_finds_planted_errors) {
  BOOST_TEST(XmlJudge("<a b=\"1\"><c/>x &amp; y<d>z</d></a>\n").problem() == "");
  for (const char* wrong :
       {"", "x", "<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a b=\"<\"/>", "<a>&nbsp;</a>", "<a>&</a>", "<a>\x01</a>",
        "<a>\xff</a>", "<a>\xEF\xBF\xBF</a>", "<a b=\"1\" b=\"2\"/>", "<a></a>x"})
    BOOST_TEST(XmlJudge(wrong).problem() != "", "'" << wrong << "' was accepted");
}

// --- Axes ---

BOOST_AUTO_TEST_CASE(steps_are_1_2_or_5_times_a_power_of_10) {
  const std::array<std::array<double, 2>, 7> cases{
      {{10, 1}, {9.9, 1}, {11, 2}, {21, 5}, {51, 10}, {0.3, 0.05}, {1e-7, 1e-8}}};
  for (const auto& [span, step] : cases) BOOST_TEST(nice_step(span, 10) == step, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(ticks_say_what_they_are_at) {
  BOOST_TEST(labels_of(linear_ticks({-1, 1}, 4)) == "−1.0 −0.5 0.0 0.5 1.0");
  BOOST_TEST(labels_of(linear_ticks({0, 0.7}, 7)) == "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7");
  BOOST_TEST(linear_ticks({0, 0.7}, 7)[3].at == 0.3);
  BOOST_TEST(labels_of(linear_ticks({-3e7, 3e7}, 3)) == "−2e7 0 2e7");
  BOOST_TEST(labels_of(linear_ticks({-3e-7, 3e-7}, 3)) == "−2e−7 0 2e−7");
  BOOST_TEST(labels_of(linear_ticks({1e7, 1.1e7}, 4)) == "1.00e7 1.05e7 1.10e7");
  BOOST_TEST(labels_of(log_ticks({2e-5, 0.5}, 8)) == "10^−4 10^−3 10^−2 10^−1");
  BOOST_TEST(labels_of(log_ticks({0.01, 100}, 8)) == "0.01 0.1 1 10 100");
  BOOST_TEST(labels_of(log_ticks({1e-20, 1}, 5)) == "10^−20 10^−16 10^−12 10^−8 10^−4 10^0");
  BOOST_TEST(labels_of(log_ticks({1.5, 8}, 8)) == "2 5");
  BOOST_TEST(labels_of(log_ticks({1.5, 2}, 5)) == "1.5 1.6 1.7 1.8 1.9 2.0");
}

BOOST_AUTO_TEST_CASE(ticks_of_any_range_lie_in_it_and_differ) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-280, 280), share(-1, 1);
  for (int trial = 0; trial < 5000; ++trial) {
    const double scale = std::pow(10, exponent(random)), a = share(random) * scale, b = share(random) * scale;
    const Range range = drawable({std::min(a, b), std::max(a, b)}, Scale::linear);
    const std::vector<Tick> ticks = linear_ticks(range, 6);
    const double slack = 1e-8 * (range.high - range.low);
    BOOST_TEST_CONTEXT(range.low << " … " << range.high << ": " << labels_of(ticks)) {
      BOOST_TEST((ticks.size() >= 2 && ticks.size() <= 7));
      std::set<std::string> labels;
      for (const Tick& tick : ticks) {
        BOOST_TEST((tick.at >= range.low - slack && tick.at <= range.high + slack));
        labels.insert(tick.label);
      }
      BOOST_TEST(labels.size() == ticks.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(ranges_that_cannot_be_drawn_are_widened) {
  for (const Scale scale : {Scale::linear, Scale::log}) {
    for (const Range range : {Range{0, 0},
                              {1, 1},
                              {-3, -3},
                              {inf, -inf},
                              {-inf, inf},
                              {nan, nan},
                              {1e308, -1e308},
                              {1e16, 1e16 + 2},
                              {-1, 5},
                              {0, 1e-320},
                              {1e300, 1e300}}) {
      const Range r = padded(drawable(range, scale), scale);
      BOOST_TEST_CONTEXT(range.low << " … " << range.high << " became " << r.low << " … " << r.high) {
        BOOST_TEST(r.low < r.high);
        BOOST_TEST(std::isfinite(r.high - r.low));
        BOOST_TEST((scale == Scale::linear || r.low > 0));
      }
    }
  }
}

// --- Lines ---

BOOST_AUTO_TEST_CASE(lines_end_at_the_box) {
  const Box box{0, 0, 10, 10};
  const auto parts = clipped(Polyline{{-5, 5}, {5, 5}, {5, 15}, {7, 15}, {7, 5}, {1e300, 5}}, box);
  BOOST_REQUIRE(parts.size() == 2U);
  BOOST_TEST((parts[0] == Polyline{{0, 5}, {5, 5}, {5, 10}}));
  BOOST_TEST((parts[1] == Polyline{{7, 10}, {7, 5}, {10, 5}}));
  BOOST_TEST(clipped(Polyline{{-5, -5}, {-1, 20}}, box).empty());
  BOOST_TEST((clipped_polygon({{-5, -5}, {20, -5}, {20, 5}, {-5, 5}}, box).size() == 4U));
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_a_gap) {
  const Box box{0, 0, 10, 10};
  for (const double gap : {nan, inf, -inf}) {
    const auto parts = clipped(Polyline{{1, 1}, {2, 2}, {3, gap}, {4, 4}, {5, 5}}, box);
    BOOST_REQUIRE(parts.size() == 2U);
    BOOST_TEST((parts[0] == Polyline{{1, 1}, {2, 2}}));
    BOOST_TEST((parts[1] == Polyline{{4, 4}, {5, 5}}));
  }
}

BOOST_AUTO_TEST_CASE(a_jump_is_a_gap_and_a_steep_slope_is_none) {
  const auto gaps = [](const Sampled& s) {
    return std::count_if(s.line.begin(), s.line.end(), [](Point p) { return !std::isfinite(p.y); });
  };
  const Sampled step = sampled([](double x) { return x < 0 ? 0.0 : 1.0; }, {-4, 4}, 160);
  BOOST_TEST(gaps(step) == 1);
  BOOST_TEST((step.taken == Polyline{{0, 1}}));
  BOOST_TEST((step.left_out == Polyline{{0, 0}}));
  // Where a sample misses the jump nothing is known of the value there.
  const Sampled missed = sampled([](double x) { return x < 0.123 ? 0.0 : 1.0; }, {-4, 4}, 160);
  BOOST_TEST(gaps(missed) == 1);
  BOOST_TEST(missed.taken.empty());
  BOOST_TEST(gaps(sampled([](double x) { return std::tanh(1e5 * x); }, {-4, 4.1}, 160)) == 0);
  BOOST_TEST(gaps(sampled([](double x) { return std::cbrt(x); }, {-4, 4.1}, 160)) == 0);
  BOOST_TEST(gaps(sampled([](double x) { return std::tan(x); }, {-4, 4}, 160)) == 2);
  BOOST_TEST(gaps(sampled([](double x) { return 1 / x; }, {-1, 1.1}, 160)) == 1);
  BOOST_TEST(gaps(sampled([](double x) { return std::log(x); }, {-1, 1}, 10)) == 6);
}

// --- Contour lines ---

BOOST_AUTO_TEST_CASE(the_contour_of_a_round_hill_is_one_closed_circle) {
  const Grid grid = sampled_grid([](double x, double y) { return x * x + y * y; }, {-2, 2}, {-2, 2}, 101, 101);
  const auto lines = contour_lines(grid, 1);
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST((lines[0].front() == lines[0].back()));
  for (const Point& p : lines[0]) BOOST_TEST(std::hypot(p.x, p.y) == 1, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(length_of(lines[0]) == 2 * std::numbers::pi, boost::test_tools::tolerance(1e-3));
  BOOST_TEST(contour_lines(grid, -1).empty());
  BOOST_TEST(contour_lines(grid, 9).empty());
  // Larger than the grid: four open arcs, each between two borders.
  const auto arcs = contour_lines(grid, 6);
  BOOST_REQUIRE(arcs.size() == 4U);
  for (const Polyline& arc : arcs)
    for (const Point& end : {arc.front(), arc.back()})
      BOOST_TEST(std::max(std::abs(end.x), std::abs(end.y)) == 2, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(every_segment_of_a_contour_is_in_one_line) {
  // Random values: many saddles, many lines. Each crossed edge of the grid is one point of one line.
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> value(-1, 1);
  const Grid grid = sampled_grid([&](double, double) { return value(random); }, {0, 1}, {0, 1}, 23, 17);
  std::size_t crossed = 0;
  const auto above = [&](std::size_t i, std::size_t j) { return grid.value(i, j) >= 0; };
  for (std::size_t j = 0; j < grid.rows; ++j) {
    for (std::size_t i = 0; i < grid.columns; ++i) {
      if (i + 1 < grid.columns && above(i, j) != above(i + 1, j)) ++crossed;
      if (j + 1 < grid.rows && above(i, j) != above(i, j + 1)) ++crossed;
    }
  }
  std::size_t points = 0;
  for (const Polyline& line : contour_lines(grid, 0)) points += line.size() - (line.front() == line.back() ? 1 : 0);
  BOOST_TEST(points == crossed);
}

BOOST_AUTO_TEST_CASE(a_saddle_is_decided_by_its_middle) {
  const auto lines_at = [](double level) {
    return contour_lines({{0, 1}, {0, 1}, 2, 2, {1, 0, 0, 1}}, level);  // corners (0,0) and (1,1) are high
  };
  BOOST_REQUIRE(lines_at(0.75).size() == 2U);
  // The middle, 0.5, is below 0.75: each high corner is cut off by itself.
  BOOST_TEST((lines_at(0.75)[0] == Polyline{{0.25, 0}, {0, 0.25}}));
  // It is above 0.25: each low corner is.
  BOOST_TEST((lines_at(0.25)[0] == Polyline{{0.75, 0}, {1, 0.25}}));
}

BOOST_AUTO_TEST_CASE(contours_end_beside_what_is_not_finite) {
  const Grid grid = sampled_grid([](double x, double y) { return std::abs(x) < 0.1 ? nan : x * x + y * y; }, {-2, 2},
                                 {-2, 2}, 41, 41);
  BOOST_TEST(contour_lines(grid, 1).size() == 2U);
}

// --- Labels ---

BOOST_AUTO_TEST_CASE(labels_lie_on_nothing_where_there_is_room) {
  LabelPlacer placer({0, 0, 400, 300});
  const Polyline up{{0, 300}, {400, 0}}, down{{0, 0}, {400, 300}};
  placer.avoid(up);
  placer.avoid(down);
  std::vector<Box> boxes{placer.beside({up}, 80, 18), placer.beside({down}, 80, 18), placer.around({200, 150}, 60, 18),
                         placer.around({200, 150}, 60, 18)};
  for (std::size_t k = 0; k < boxes.size(); ++k) {
    BOOST_TEST((Box{0, 0, 400, 300}.contains(boxes[k])));
    BOOST_TEST(!meets(up, boxes[k]));
    BOOST_TEST(!meets(down, boxes[k]));
    for (std::size_t other = 0; other < k; ++other) BOOST_TEST(!boxes[k].overlaps(boxes[other]));
  }
}

// --- The document ---

Figure small_figure(const std::string& text) {
  Panel panel{.title = text, .x = {.label = text}, .y = {.label = text, .scale = Scale::log}};
  panel.areas.push_back({.corners = {{0, 0.5}, {1, 0.5}, {1, 2}}, .style = 1, .label = text});
  panel.contours.push_back({.label = text, .lines = {{{0, 1}, {1, 10}}}});
  panel.curves.push_back({.label = text, .points = {{0, 1}, {1, 10}, {2, -1}, {3, 10}, {4, 1}}, .arrows = true});
  panel.curves.push_back({.points = {{0, 2}, {4, 3}}, .style = 1, .mark = Mark::cross});
  panel.marks.push_back({.label = text, .points = {{1, 10}, {nan, 1}, {3, 0}}, .mark = Mark::ring});
  return {.title = text,
          .description = text,
          .panels = {panel, panel, panel},
          .columns = 2,
          .width = 200,
          .height = 120,
          .legend = {{text, 0}, {text, 1}}};
}

BOOST_AUTO_TEST_CASE(any_text_stays_text) {
  const std::string hostile[] = {"</text><script>alert(1)</script>",
                                 "\"'&<>&amp;",
                                 std::string("a\0b\x01\x1f\x7f", 6),
                                 "\xff\xfe\xc0\xaf",
                                 "\xEF\xBF\xBE\xEF\xBF\xBF",
                                 "]]>",
                                 "line\nline\r\t",
                                 "x\\y",
                                 "∂L/∂w₅ ünï",
                                 "\xE2\x80\xAEgnp",
                                 ""};
  for (const std::string& text : hostile) {
    const std::string svg = svg_of(small_figure(text), Theme::light);
    const XmlJudge judge(svg);
    BOOST_TEST(judge.problem() == "");
    BOOST_TEST(svg.find("<script") == svg.npos);
    BOOST_TEST(judge.texts("title").size() == 1U);
    BOOST_TEST(judge.texts("desc").size() == 1U);
  }
  BOOST_TEST(XmlJudge(svg_of(small_figure(hostile[0]), Theme::light)).texts("title")[0] == hostile[0]);
  BOOST_TEST(xml_text(std::string("a\0<", 3)) == "a\\x00&lt;");
  BOOST_TEST(xml_text("\xEF\xBF\xBF") == "\\xef\\xbf\\xbf");
}

BOOST_AUTO_TEST_CASE(the_same_figure_gives_the_same_bytes) {
  for (const Theme theme : {Theme::light, Theme::dark, Theme::print}) {
    const std::string svg = svg_of(small_figure("x"), theme);
    BOOST_TEST(svg == svg_of(small_figure("x"), theme));
    BOOST_TEST(XmlJudge(svg).problem() == "");
    // Nothing that two drawings on one page could have in common, nothing from elsewhere, no number that is none.
    for (const char* absent : {" id=", "url(", "href", "style=", "nan", "inf"})
      BOOST_TEST(svg.find(absent) == svg.npos, absent << " is in\n" << svg);
  }
}

BOOST_AUTO_TEST_CASE(a_plot_byte_for_byte) {
  const std::string path = std::string(WENGERT_SOURCE_DIR) + "/tests/cli/expected/plot.svg";
  Figure figure = small_figure("a & b");
  figure.panels.resize(1);
  const std::string svg = svg_of(figure, Theme::light);
  if (std::getenv("WENGERT_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << svg;
  BOOST_TEST(svg == wengert::test::contents(path), "plot.svg differs; drawn was\n" << svg);
}

/// The numbers of every attribute points="…", as points.
std::vector<Point> drawn_points(const std::string& svg) {
  std::vector<Point> points;
  for (std::size_t at = 0; (at = svg.find(" points=\"", at)) != svg.npos;) {
    at += 9;
    std::istringstream text(svg.substr(at, svg.find('"', at) - at));
    for (char comma = 0; text.good();) {
      Point p;
      text >> p.x >> comma >> p.y;
      if (!text.fail()) points.push_back(p);
    }
  }
  return points;
}

BOOST_AUTO_TEST_CASE(whatever_the_numbers_are_the_drawing_stays_in_its_frame) {
  std::mt19937_64 random(3);
  const std::array<double, 10> odd{nan, inf, -inf, 0, -0.0, 1e308, -1e308, 5e-324, 1e-300, 1e16};
  const auto number = [&] {
    const auto choice = random() % 20;
    if (choice < odd.size()) return odd[choice];
    return std::uniform_real_distribution<double>(-1, 1)(random) * std::pow(10, static_cast<double>(random() % 12) - 4);
  };
  for (int trial = 0; trial < 300; ++trial) {
    const auto scale = [&] { return random() % 2 == 0 ? Scale::linear : Scale::log; };
    const auto polyline = [&] {
      Polyline line;
      for (auto k = random() % 12; k > 0; --k) line.push_back({number(), number()});
      return line;
    };
    Panel panel{.title = "t", .x = {.label = "x", .scale = scale()}, .y = {.label = "y", .scale = scale()}};
    if (random() % 2 == 0) panel.x.range = {number(), number()};
    panel.curves.push_back({.label = "curve", .points = polyline(), .arrows = true, .mark = Mark::dot});
    panel.marks.push_back({.label = "marks", .points = polyline(), .mark = Mark::square});
    panel.contours.push_back({.label = "1", .lines = {polyline(), polyline()}});
    const std::string svg = svg_of({.title = "t", .description = "d", .panels = {panel}}, Theme::light);
    const XmlJudge judge(svg);
    BOOST_TEST_REQUIRE(judge.problem() == "");
    for (const char* absent : {"nan", "inf"})
      BOOST_REQUIRE_MESSAGE(svg.find(absent) == svg.npos, absent << " is in trial " << trial << "\n" << svg);
    for (const Point& p : drawn_points(svg)) BOOST_TEST_REQUIRE((p.x >= 0 && p.y >= 0 && p.x < 900 && p.y < 600));
  }
}

BOOST_AUTO_TEST_CASE(long_texts_are_shortened_to_what_fits) {
  BOOST_TEST(fitted_text("short", 16, 100) == "short");
  const std::string cut = fitted_text(std::string(100, 'x'), 16, 100);
  BOOST_TEST(cut.ends_with("x…"));
  BOOST_TEST(text_width(cut, 16) <= 100);
  BOOST_TEST(text_width(cut, 16) > 80);
  BOOST_TEST(fitted_text("ééééééééééééééé", 16, 60) == "éééé…");
  std::string text = "word ";
  while (text.size() < 100'000) text += text;
  const std::string svg = svg_of(small_figure(text), Theme::light);
  for (const std::string& drawn : XmlJudge(svg).texts("text")) BOOST_TEST(drawn.size() < 100'000);
}

BOOST_AUTO_TEST_CASE(a_gap_is_no_line_in_the_document) {
  Panel panel;
  panel.curves.push_back({.points = {{0, 0}, {1, 0}, {2, nan}, {3, 1}, {4, 1}}, .width = 7});
  const std::string svg = svg_of({.title = "", .description = "", .panels = {panel}}, Theme::light);
  BOOST_TEST(count_of(svg, "stroke-width=\"7\"") == 2U);
}

BOOST_AUTO_TEST_CASE(empty_figures_and_panels_are_drawn) {
  BOOST_TEST(XmlJudge(svg_of({}, Theme::light)).problem() == "");
  Figure figure{.title = "empty", .description = "", .panels = {Panel{}}};
  BOOST_TEST(XmlJudge(svg_of(figure, Theme::light)).problem() == "");
  figure.panels[0].curves.push_back({.label = "none", .points = {{nan, nan}, {inf, 1}}});
  figure.panels[0].curves.push_back({.label = "one", .points = {{1, 1}}});
  figure.panels[0].curves.push_back({.label = "huge", .points = {{-1e308, 1e308}, {1e308, -1e308}}});
  const std::string svg = svg_of(figure, Theme::light);
  BOOST_TEST(XmlJudge(svg).problem() == "");
  BOOST_TEST(svg.find("nan") == svg.npos);
  BOOST_TEST(svg.find("inf") == svg.npos);
}

BOOST_AUTO_TEST_CASE(series_are_told_apart_without_colour_and_texts_can_be_read) {
  std::set<std::string_view> dashes;
  for (std::size_t style = 0; style < 6; ++style) dashes.insert(series_dashes(style));
  BOOST_TEST(dashes.size() == 6U);
  BOOST_TEST(contrast("#000000", "#ffffff") == 21, boost::test_tools::tolerance(1e-12));
  for (const Theme theme : {Theme::light, Theme::dark, Theme::print}) {
    const Surroundings colours = surroundings(theme);
    BOOST_TEST(contrast(colours.ink, colours.background) >= 7);
    BOOST_TEST(contrast(colours.muted, colours.background) >= 4.5);
    for (std::size_t style = 0; style < 6; ++style) {
      BOOST_TEST(contrast(text_colour(theme, style), colours.background) >= 4.5);
      const std::string_view colour = series_colour(theme, style);
      BOOST_TEST(contrast(colour, colours.background) >= 2);
      if (theme == Theme::print)
        BOOST_TEST((colour.substr(1, 2) == colour.substr(3, 2) && colour.substr(1, 2) == colour.substr(5)));
    }
    for (const double t : {0.0, 0.5, 1.0}) BOOST_TEST(contrast(graded_colour(theme, t), colours.background) >= 1.4);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
