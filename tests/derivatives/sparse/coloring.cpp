// Colourings of random patterns, held against their definitions and against Boost's greedy colouring.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/sequential_vertex_coloring.hpp>

#include "support.hpp"
#include "wengert/autodiff/transform/sparse/neighbors.hpp"

namespace wengert::sparse_tests {
namespace {

constexpr ColoringOrder orders[]{ColoringOrder::natural, ColoringOrder::largest_first, ColoringOrder::smallest_last,
                                 ColoringOrder::incidence_degree};

SparsityPattern random_pattern(std::mt19937_64& random, std::size_t rows, std::size_t cols, double density) {
  Positions where;
  std::bernoulli_distribution there(density);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < cols; ++j)
      if (there(random)) where.emplace(i, j);
  return pattern_of(rows, cols, where);
}
std::size_t uniform(std::mt19937_64& random, std::size_t low, std::size_t high) {
  return std::uniform_int_distribution<std::size_t>(low, high)(random);
}

/// Colours of columns by Boost, on the graph of columns that share a row, written down.
std::size_t colors_by_boost(const SparsityPattern& pattern, std::vector<std::size_t>& color) {
  using Graph = boost::adjacency_list<boost::setS, boost::vecS, boost::undirectedS>;
  Graph graph(pattern.cols());
  for (std::size_t i = 0; i < pattern.rows(); ++i)
    for (const std::uint32_t a : pattern.row(i))
      for (const std::uint32_t b : pattern.row(i))
        if (a < b) boost::add_edge(a, b, graph);
  color.assign(pattern.cols(), 0);
  return boost::sequential_vertex_coloring(
      graph, boost::make_iterator_property_map(color.begin(), boost::get(boost::vertex_index, graph)));
}

/// The band |i - j| <= width.
SparsityPattern band(std::size_t n, std::size_t width) {
  Positions where;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i > width ? i - width : 0; j < std::min(n, i + width + 1); ++j) where.emplace(i, j);
  return pattern_of(n, n, where);
}
/// A full first row and column, and the diagonal.
SparsityPattern arrow(std::size_t n) {
  Positions where;
  for (std::size_t i = 0; i < n; ++i) where.insert({{0, i}, {i, 0}, {i, i}});
  return pattern_of(n, n, where);
}
SparsityPattern grid(std::size_t side) {
  Positions where;
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = 0; j < side; ++j) {
      const std::size_t v = i * side + j;
      where.emplace(v, v);
      if (j + 1 < side) where.insert({{v, v + 1}, {v + 1, v}});
      if (i + 1 < side) where.insert({{v, v + side}, {v + side, v}});
    }
  return pattern_of(side * side, side * side, where);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coloring)

BOOST_AUTO_TEST_CASE(columns_of_random_patterns) {
  std::mt19937_64 random(1);
  for (int run = 0; run < 300; ++run) {
    const std::size_t rows = uniform(random, 0, 25), cols = uniform(random, 0, 25);
    const SparsityPattern p = random_pattern(random, rows, cols, 0.05 * static_cast<double>(uniform(random, 0, 8)));
    for (const ColoringOrder order : orders) {
      const Coloring c = color_columns(p, order);
      BOOST_TEST(is_column_coloring(p, c));
      BOOST_TEST(c.count >= detail::fullest_row(p));
      const SparsityPattern transposed = p.transposed();
      for (std::size_t j = 0; j < cols; ++j) BOOST_TEST((c.color[j] == Coloring::none) == transposed.row(j).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(columns_in_natural_order_as_boost_colours_the_graph_written_down) {
  std::mt19937_64 random(2);
  std::vector<std::size_t> want;
  for (int run = 0; run < 100; ++run) {
    const SparsityPattern p = random_pattern(random, 20, 30, 0.08);
    const std::size_t count = colors_by_boost(p, want);
    const Coloring got = color_columns(p);
    BOOST_TEST(got.count == count);
    for (std::size_t j = 0; j < p.cols(); ++j)
      if (got.color[j] != Coloring::none) BOOST_TEST(got.color[j] == want[j]);
  }
}

BOOST_AUTO_TEST_CASE(star_and_acyclic_of_random_symmetric_patterns) {
  std::mt19937_64 random(3);
  std::size_t star_colors = 0, acyclic_colors = 0, column_colors = 0;
  for (int run = 0; run < 400; ++run) {
    const std::size_t n = uniform(random, 0, 30);
    const SparsityPattern p =
        random_pattern(random, n, n, 0.02 * static_cast<double>(uniform(random, 0, 10))).symmetric();
    for (const ColoringOrder order : orders) {
      const Coloring star = color_star(p, order), acyclic = color_acyclic(p, order);
      BOOST_TEST(is_star_coloring(p, star), "run " << run);
      BOOST_TEST(is_acyclic_coloring(p, acyclic), "run " << run);
      BOOST_TEST(is_acyclic_coloring(p, star));  // a path of four that is no star is no cycle either
      star_colors += star.count;
      acyclic_colors += acyclic.count;
      column_colors += color_columns(p, order).count;
    }
  }
  BOOST_TEST(acyclic_colors < star_colors);
  BOOST_TEST(star_colors < column_colors);
}

BOOST_AUTO_TEST_CASE(known_patterns) {
  BOOST_TEST(color_columns(band(50, 1)).count == 3u);
  BOOST_TEST(color_columns(band(50, 4)).count == 9u);
  BOOST_TEST(color_star(band(50, 1)).count == 3u);
  BOOST_TEST(color_acyclic(band(50, 1)).count == 2u);  // a path is a tree
  BOOST_TEST(color_acyclic(band(50, 4)).count == 5u);
  BOOST_TEST(color_columns(arrow(50)).count == 50u);
  BOOST_TEST(color_star(arrow(50)).count == 2u);
  BOOST_TEST(color_acyclic(arrow(50)).count == 2u);
  for (const ColoringOrder order : orders) {
    BOOST_TEST(is_star_coloring(grid(12), color_star(grid(12), order)));
    BOOST_TEST(is_acyclic_coloring(grid(12), color_acyclic(grid(12), order)));
    BOOST_TEST(color_acyclic(grid(12), order).count <= 5u);
  }
  // Without elements there is nothing to colour.
  BOOST_TEST(color_columns(pattern_of(3, 4, {})).count == 0u);
  BOOST_TEST(color_star(pattern_of(3, 3, {})).count == 0u);
  BOOST_TEST(color_star(pattern_of(2, 2, {{0, 0}, {1, 1}})).count == 1u);
}

BOOST_AUTO_TEST_CASE(orders_are_what_they_say) {
  // A path 0–1–2–3 and vertex 1 joined with 4: degrees 1 3 2 1 1.
  Positions edges;
  for (const auto& [a, b] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}, {2, 3}, {1, 4}})
    edges.insert({{a, b}, {b, a}});
  const SparsityPattern p = pattern_of(5, 5, edges);
  const detail::SymmetricGraph graph{p};
  const auto order = [&](ColoringOrder by) { return detail::ordered(graph, by); };
  BOOST_TEST((order(ColoringOrder::natural) == std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  BOOST_TEST((order(ColoringOrder::largest_first) == std::vector<std::uint32_t>{1, 2, 0, 3, 4}));
  // From the back: 0 (degree 1), then 3, 2, 1 or 4 as their degrees fall to 1.
  const auto last = order(ColoringOrder::smallest_last);
  std::vector<std::size_t> left{1, 3, 2, 1, 1};
  std::vector<bool> gone(5, false);
  for (std::size_t at = 5; at-- > 0;) {
    std::size_t least = 9;
    for (std::size_t v = 0; v < 5; ++v)
      if (!gone[v]) least = std::min(least, left[v]);
    BOOST_TEST(left[last[at]] == least);
    gone[last[at]] = true;
    graph.neighbors(last[at], [&](std::uint32_t w) { --left[w]; });
  }
  const auto incidence = order(ColoringOrder::incidence_degree);
  std::vector<std::size_t> colored(5, 0);
  std::fill(gone.begin(), gone.end(), false);
  for (const std::uint32_t v : incidence) {
    std::size_t most = 0;
    for (std::size_t w = 0; w < 5; ++w)
      if (!gone[w]) most = std::max(most, colored[w]);
    BOOST_TEST(colored[v] == most);
    gone[v] = true;
    graph.neighbors(v, [&](std::uint32_t w) { ++colored[w]; });
  }
}

BOOST_AUTO_TEST_CASE(wrong_colourings_are_found) {
  const SparsityPattern path = band(6, 1);
  BOOST_TEST(is_star_coloring(path, {{0, 1, 2, 0, 1, 2}, 3}));
  BOOST_TEST(!is_star_coloring(path, {{0, 1, 0, 1, 2, 0}, 3}));  // a path of four in two colours
  BOOST_TEST(is_acyclic_coloring(path, {{0, 1, 0, 1, 2, 0}, 3}));
  BOOST_TEST(!is_acyclic_coloring(path, {{0, 0, 1, 0, 1, 0}, 2}));            // neighbours alike
  BOOST_TEST(!is_star_coloring(path, {{0, 1, 2, 0, 1, Coloring::none}, 3}));  // one without a colour
  BOOST_TEST(!is_star_coloring(path, {{0, 1, 2, 0, 1}, 3}));                  // one too few
  BOOST_TEST(is_column_coloring(path, {{0, 1, 2, 0, 1, 2}, 3}));
  BOOST_TEST(!is_column_coloring(path, {{0, 1, 0, 2, 1, 2}, 3}));
  BOOST_TEST(!is_column_coloring(path, {{0, 1, 2, 0, 1, 3}, 3}));
  Positions square;
  for (std::size_t i = 0; i < 4; ++i) square.insert({{i, (i + 1) % 4}, {(i + 1) % 4, i}});
  const SparsityPattern cycle = pattern_of(4, 4, square);
  BOOST_TEST(!is_acyclic_coloring(cycle, {{0, 1, 0, 1}, 2}));
  BOOST_TEST(is_acyclic_coloring(cycle, {{0, 1, 0, 2}, 3}));
}

BOOST_AUTO_TEST_CASE(patterns_that_are_not_symmetric_are_refused) {
  BOOST_CHECK_THROW(static_cast<void>(color_star(pattern_of(2, 3, {}))), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(color_star(pattern_of(2, 2, {{0, 1}}))), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(color_acyclic(pattern_of(2, 2, {{0, 1}}))), ArgumentError);
  BOOST_CHECK_THROW(SparseHessian(pattern_of(2, 2, {{0, 1}})), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::sparse_tests
