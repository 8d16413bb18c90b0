#include "wengert/autodiff/transform/sparse/coloring.hpp"

#include <algorithm>
#include <boost/graph/graph_traits.hpp>
#include <boost/graph/sequential_vertex_coloring.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/iterator/iterator_facade.hpp>
#include <boost/property_map/property_map.hpp>
#include <numeric>
#include <ranges>
#include <string>
#include <utility>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/transform/sparse/neighbors.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using detail::ColumnGraph;
using detail::SymmetricGraph;

// --- Columns, by Boost's greedy colouring ---------------------------------------------------------------------------

namespace {

/// A ColumnGraph as Boost's algorithms read it (VertexListGraph, AdjacencyGraph); a neighbour comes once for every row
/// that is shared.
struct BoostColumns {
  ColumnGraph graph;

  class Neighbor : public boost::iterator_facade<Neighbor, std::uint32_t, boost::forward_traversal_tag, std::uint32_t> {
   public:
    Neighbor() = default;
    Neighbor(const ColumnGraph& graph, std::uint32_t column, std::size_t row)
        : graph_(&graph), column_(column), row_(row) {
      settle();
    }

   private:
    friend class boost::iterator_core_access;
    [[nodiscard]] std::span<const std::uint32_t> rows() const { return graph_->by_column.row(column_); }
    [[nodiscard]] std::span<const std::uint32_t> row() const { return graph_->by_row.row(rows()[row_]); }
    void settle() {
      for (; row_ < rows().size(); ++row_, at_ = 0)
        for (; at_ < row().size(); ++at_)
          if (row()[at_] != column_) return;
    }
    void increment() {
      ++at_;
      settle();
    }
    [[nodiscard]] bool equal(const Neighbor& other) const { return row_ == other.row_ && at_ == other.at_; }
    [[nodiscard]] std::uint32_t dereference() const { return row()[at_]; }

    const ColumnGraph* graph_ = nullptr;
    std::uint32_t column_ = 0;
    std::size_t row_ = 0, at_ = 0;
  };
};

using Vertices = std::pair<boost::counting_iterator<std::uint32_t>, boost::counting_iterator<std::uint32_t>>;
Vertices vertices(const BoostColumns& g) {
  return {boost::counting_iterator<std::uint32_t>(0),
          boost::counting_iterator<std::uint32_t>(static_cast<std::uint32_t>(g.graph.size()))};
}
std::size_t num_vertices(const BoostColumns& g) { return g.graph.size(); }
std::pair<BoostColumns::Neighbor, BoostColumns::Neighbor> adjacent_vertices(std::uint32_t v, const BoostColumns& g) {
  return {{g.graph, v, 0}, {g.graph, v, g.graph.by_column.row(v).size()}};
}

}  // namespace
}  // namespace wengert

namespace boost {
template <>
struct graph_traits<wengert::BoostColumns> {
  using vertex_descriptor = std::uint32_t;
  using vertices_size_type = std::size_t;
  using vertex_iterator = boost::counting_iterator<std::uint32_t>;
  using adjacency_iterator = wengert::BoostColumns::Neighbor;
  using directed_category = undirected_tag;
  using edge_parallel_category = allow_parallel_edge_tag;
  struct traversal_category : vertex_list_graph_tag, adjacency_graph_tag {};
  static std::uint32_t null_vertex() { return wengert::Coloring::none; }
};
}  // namespace boost

namespace wengert {

std::size_t detail::fullest_row(const SparsityPattern& pattern) noexcept {
  std::size_t most = 0;
  for (std::size_t i = 0; i < pattern.rows(); ++i) most = std::max(most, pattern.row(i).size());
  return most;
}

namespace {

/// Colours of vertices with elements, counted anew without gaps; none for the others.
template <class Empty>
Coloring finished(std::vector<std::uint32_t> color, const Empty& empty) {
  Coloring result;
  result.color = std::move(color);
  for (std::size_t v = 0; v < result.color.size(); ++v) {
    if (empty(v))
      result.color[v] = Coloring::none;
    else
      result.count = std::max(result.count, result.color[v] + 1);
  }
  return result;
}

}  // namespace

Coloring color_columns(const SparsityPattern& pattern, ColoringOrder order) {
  const detail::Phase phase("columns coloured");
  const SparsityPattern by_column = pattern.transposed();
  const auto empty = [&](std::size_t column) { return by_column.row(column).empty(); };
  const std::size_t columns = pattern.cols();
  const auto filled = static_cast<std::size_t>(
      std::ranges::count_if(std::views::iota(std::size_t{0}, columns), [&](std::size_t j) { return !empty(j); }));
  std::vector<std::uint32_t> color(columns, 0);
  if (detail::fullest_row(pattern) == filled) {
    // One row has them all, so each needs a colour of its own: nothing to search for.
    std::uint32_t next = 0;
    for (std::size_t j = 0; j < columns; ++j)
      if (!empty(j)) color[j] = next++;
  } else {
    const BoostColumns graph{{pattern, by_column}};
    const std::vector<std::uint32_t> sequence = detail::ordered(graph.graph, order);
    boost::sequential_vertex_coloring(
        graph, boost::make_iterator_property_map(sequence.begin(), boost::identity_property_map()),
        boost::make_iterator_property_map(color.begin(), boost::identity_property_map()));
  }
  Coloring result = finished(std::move(color), empty);
  phase.finished({{"columns", columns}, {"colours", result.count}});
  return result;
}

bool is_column_coloring(const SparsityPattern& pattern, const Coloring& coloring) {
  if (coloring.color.size() != pattern.cols()) return false;
  std::vector<std::size_t> met(coloring.count, pattern.rows());
  for (std::size_t i = 0; i < pattern.rows(); ++i)
    for (const std::uint32_t column : pattern.row(i)) {
      const std::uint32_t color = coloring.color[column];
      if (color >= coloring.count || met[color] == i) return false;
      met[color] = i;
    }
  return true;
}

// --- Symmetric patterns ---------------------------------------------------------------------------------------------

void detail::want_symmetric(const SparsityPattern& pattern, const char* operation, std::source_location where) {
  if (pattern.symmetric(where) == pattern) return;
  throw ArgumentError{{.operation = operation,
                       .problem = "the pattern is not symmetric",
                       .expected = "that of a symmetric matrix",
                       .where = where,
                       .hint = "pattern.symmetric() adds what is missing"}};
}

namespace {

constexpr std::uint32_t nobody = 0xFFFFFFFFu;

/// An edge, as the vertex that looked and the neighbour it saw.
struct Seen {
  std::uint32_t from = nobody, to = nobody;
};

/// What the two greedy algorithms share: the graph with its edges numbered, and the colours so far.
class SymmetricColoring {
 public:
  explicit SymmetricColoring(const SparsityPattern& pattern)
      : pattern_(pattern), edge_(pattern.nonzeros()), color_(pattern.rows(), nobody), forbidden_(1, nobody) {
    // (i, j) and (j, i) have one number. In row order, the partners of column i come in the order of i's own row.
    std::vector<std::size_t> next(pattern.row_starts().begin(), pattern.row_starts().end() - 1);
    for (std::uint32_t i = 0; i < pattern.rows(); ++i)
      for (std::size_t at = pattern.row_starts()[i]; at < pattern.row_starts()[i + 1]; ++at) {
        const std::uint32_t j = pattern.column_indices()[at];
        const std::size_t partner = next[j]++;
        if (i < j) edge_[at] = edges_++;
        if (j < i) edge_[at] = edge_[partner];
      }
  }

 protected:
  /// f(neighbour, edge) for the coloured neighbours of v.
  template <class F>
  void colored_neighbors(std::uint32_t v, const F& f) const {
    const auto columns = pattern_.column_indices();
    for (std::size_t at = pattern_.row_starts()[v]; at < pattern_.row_starts()[v + 1]; ++at)
      if (const std::uint32_t w = columns[at]; w != v && color_[w] != nobody) f(w, edge_[at]);
  }
  void forbid(std::uint32_t color, std::uint32_t v) { forbidden_[color] = v; }
  [[nodiscard]] bool is_forbidden(std::uint32_t color, std::uint32_t v) const { return forbidden_[color] == v; }
  void choose(std::uint32_t v) {
    std::uint32_t color = 0;
    while (forbidden_[color] == v) ++color;
    color_[v] = color;
    // Always one more than was given out, so that the search ends.
    if (color + 1 == forbidden_.size()) {
      forbidden_.push_back(nobody);
      first_neighbor_.resize(forbidden_.size());
    }
  }
  [[nodiscard]] Coloring result() {
    return finished(std::move(color_), [&](std::size_t v) { return pattern_.row(v).empty(); });
  }

  const SparsityPattern& pattern_;
  std::vector<std::uint32_t> edge_;  // by position in the pattern
  std::uint32_t edges_ = 0;
  std::vector<std::uint32_t> color_;
  std::vector<std::uint32_t> forbidden_;                    // by colour: for whom
  std::vector<Seen> first_neighbor_{std::vector<Seen>(1)};  // by colour: the first neighbour of that colour, of whom
};

/// Algorithm 4.1 of Gebremedhin, Tarafdar, Manne, Pothen (2007). The edges between two colours form stars, which are
/// kept: a star's hub is the vertex that its edges share, none as long as there is one edge.
class StarColoring : SymmetricColoring {
 public:
  explicit StarColoring(const SparsityPattern& pattern)
      : SymmetricColoring(pattern), star_(edges_), hub_(edges_, nobody), treated_(pattern.rows(), nobody) {
    std::iota(star_.begin(), star_.end(), 0u);
  }
  Coloring run(ColoringOrder order) && {
    for (const std::uint32_t v : detail::ordered(SymmetricGraph{pattern_}, order)) {
      forbid_for(v);
      choose(v);
      update_stars(v);
    }
    return result();
  }

 private:
  void forbid_for(std::uint32_t v) {
    colored_neighbors(v, [&](std::uint32_t w, std::uint32_t) { forbid(color_[w], v); });
    colored_neighbors(v, [&](std::uint32_t w, std::uint32_t) {
      Seen& first = first_neighbor_[color_[w]];
      if (first.from == v) {
        // Two neighbours of one colour: none of their neighbours' colours, or v would lie on a path of two colours.
        if (treated_[first.to] != v) forbid_neighbors_of(first.to, v);
        forbid_neighbors_of(w, v);
      } else {
        first = {v, w};
        // w has a neighbour x in a star; v may join it only if w is the hub.
        colored_neighbors(w, [&](std::uint32_t x, std::uint32_t edge) {
          if (hub_[star_[edge]] == x) forbid(color_[x], v);
        });
      }
    });
  }
  void forbid_neighbors_of(std::uint32_t w, std::uint32_t v) {
    colored_neighbors(w, [&](std::uint32_t x, std::uint32_t) { forbid(color_[x], v); });
    treated_[w] = v;
  }
  void update_stars(std::uint32_t v) {
    colored_neighbors(v, [&](std::uint32_t w, std::uint32_t vw) {
      // An edge wx to a vertex of v's colour: w becomes the hub of both.
      std::uint32_t other = nobody;
      colored_neighbors(w, [&](std::uint32_t x, std::uint32_t wx) {
        if (x != v && color_[x] == color_[v]) other = wx;
      });
      if (other != nobody) {
        hub_[star_[other]] = w;
        star_[vw] = star_[other];
        return;
      }
      // A neighbour before w of w's colour: v is the hub.
      const Seen& first = first_neighbor_[color_[w]];
      if (first.from == v && first.to != w) {
        hub_[star_[edge_to_first_[color_[w]]]] = v;
        star_[vw] = star_[edge_to_first_[color_[w]]];
      } else {
        if (edge_to_first_.size() <= color_[w]) edge_to_first_.resize(color_[w] + std::size_t{1});
        edge_to_first_[color_[w]] = vw;
      }
    });
  }

  std::vector<std::uint32_t> star_;           // by edge
  std::vector<std::uint32_t> hub_;            // by star
  std::vector<std::uint32_t> treated_;        // by vertex: for whom
  std::vector<std::uint32_t> edge_to_first_;  // by colour: from the vertex at hand to its first neighbour of it
};

/// Sets of edges, merged.
class Forest {
 public:
  explicit Forest(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0u); }
  std::uint32_t find(std::uint32_t e) {
    while (parent_[e] != e) e = parent_[e] = parent_[parent_[e]];
    return e;
  }
  void merge(std::uint32_t a, std::uint32_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::uint32_t> parent_;
};

/// Algorithm 3.1 there. The edges between two colours form trees, which are kept as disjoint sets.
class AcyclicColoring : SymmetricColoring {
 public:
  explicit AcyclicColoring(const SparsityPattern& pattern)
      : SymmetricColoring(pattern), trees_(edges_), first_visit_(edges_) {}
  Coloring run(ColoringOrder order) && {
    for (const std::uint32_t v : detail::ordered(SymmetricGraph{pattern_}, order)) {
      colored_neighbors(v, [&](std::uint32_t w, std::uint32_t) { forbid(color_[w], v); });
      colored_neighbors(v, [&](std::uint32_t w, std::uint32_t) {
        colored_neighbors(w, [&](std::uint32_t x, std::uint32_t wx) {
          if (x != v && !is_forbidden(color_[x], v)) prevent_cycle(v, w, color_[x], trees_.find(wx));
        });
      });
      choose(v);
      colored_neighbors(v, [&](std::uint32_t w, std::uint32_t vw) { grow(v, w, vw); });
      colored_neighbors(v, [&](std::uint32_t w, std::uint32_t vw) {
        colored_neighbors(w, [&](std::uint32_t x, std::uint32_t wx) {
          if (x != v && color_[x] == color_[v]) trees_.merge(vw, wx);
        });
      });
    }
    return result();
  }

 private:
  /// v would touch a tree a second time, through another neighbour: that would close a cycle.
  void prevent_cycle(std::uint32_t v, std::uint32_t w, std::uint32_t color, std::uint32_t tree) {
    Seen& first = first_visit_[tree];
    if (first.from != v)
      first = {v, w};
    else if (first.to != w)
      forbid(color, v);
  }
  void grow(std::uint32_t v, std::uint32_t w, std::uint32_t vw) {
    Seen& first = first_neighbor_[color_[w]];
    if (first.from != v)
      first = {v, vw};
    else
      trees_.merge(vw, first.to);
  }

  Forest trees_;                   // of edges
  std::vector<Seen> first_visit_;  // by tree: of whom, through which neighbour
};

/// Diagonal-free neighbours with the colours that the checks below want: every vertex with elements has one, and
/// neighbours differ.
bool is_proper(const SparsityPattern& pattern, const Coloring& coloring) {
  if (pattern.rows() != pattern.cols() || coloring.color.size() != pattern.rows()) return false;
  for (std::uint32_t i = 0; i < pattern.rows(); ++i)
    for (const std::uint32_t j : pattern.row(i))
      if (coloring.color[i] >= coloring.count || coloring.color[j] >= coloring.count ||
          (i != j && coloring.color[i] == coloring.color[j]))
        return false;
  return true;
}

}  // namespace

Coloring color_star(const SparsityPattern& pattern, ColoringOrder order, std::source_location where) {
  detail::want_symmetric(pattern, "color_star", where);
  const detail::Phase phase("star colouring");
  Coloring result = StarColoring(pattern).run(order);
  phase.finished({{"vertices", pattern.rows()}, {"colours", result.count}});
  return result;
}

Coloring color_acyclic(const SparsityPattern& pattern, ColoringOrder order, std::source_location where) {
  detail::want_symmetric(pattern, "color_acyclic", where);
  const detail::Phase phase("acyclic colouring");
  Coloring result = AcyclicColoring(pattern).run(order);
  phase.finished({{"vertices", pattern.rows()}, {"colours", result.count}});
  return result;
}

bool is_star_coloring(const SparsityPattern& pattern, const Coloring& coloring) {
  if (!is_proper(pattern, coloring)) return false;
  const auto& color = coloring.color;
  const SymmetricGraph graph{pattern};
  bool good = true;
  // No path a–b–c–d with color[a] = color[c] and color[b] = color[d].
  for (std::uint32_t b = 0; b < pattern.rows(); ++b)
    graph.neighbors(b, [&](std::uint32_t c) {
      bool left = false, right = false;
      graph.neighbors(b, [&](std::uint32_t a) { left = left || (a != c && color[a] == color[c]); });
      if (!left) return;
      graph.neighbors(c, [&](std::uint32_t d) { right = right || (d != b && color[d] == color[b]); });
      good = good && !right;
    });
  return good;
}

bool is_acyclic_coloring(const SparsityPattern& pattern, const Coloring& coloring) {
  if (!is_proper(pattern, coloring)) return false;
  // The vertices of every two colours: an edge inside one component closes a cycle.
  const auto count = static_cast<std::uint32_t>(pattern.rows());
  for (std::uint32_t p = 0; p < coloring.count; ++p)
    for (std::uint32_t q = p + 1; q < coloring.count; ++q) {
      Forest components(count);
      for (std::uint32_t i = 0; i < count; ++i)
        for (const std::uint32_t j : pattern.row(i)) {
          const std::uint32_t a = coloring.color[i], b = coloring.color[j];
          if (i >= j || std::min(a, b) != p || std::max(a, b) != q) continue;
          if (components.find(i) == components.find(j)) return false;
          components.merge(i, j);
        }
    }
  return true;
}

}  // namespace wengert
