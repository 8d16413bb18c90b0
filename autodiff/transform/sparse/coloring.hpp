// Colourings of sparsity patterns: which columns (or rows) of a derivative one sweep can compute together.
//
// A sweep along the sum of several columns gives the sum of those columns. What must hold of columns of one colour, so
// that the elements can be told apart afterwards:
//
//     Jacobian               no row has elements in two of them (a distance-2 colouring of the columns; of rows
//     likewise) Hessian, direct        a star colouring of the graph whose edges are the elements off the diagonal:
//     neighbours
//                            differ, and every path of four vertices has three colours
//     Hessian, substitution  an acyclic colouring: neighbours differ, and every cycle has three colours; fewer colours,
//                            but elements are found by subtracting those found before
//
// A. H. Gebremedhin, F. Manne, A. Pothen, What color is your Jacobian? Graph coloring for computing derivatives, SIAM
// Review 47 (2005), 629–705. A. H. Gebremedhin, A. Tarafdar, F. Manne, A. Pothen, New acyclic and star coloring
// algorithms with application to computing Hessians, SIAM J. Sci. Comput. 29 (2007), 1042–1072.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/transform/sparse/pattern.hpp"

namespace wengert {

/// A greedy colouring gives each vertex, in some order, the smallest colour that is allowed. The order decides how many
/// there are. Degree is that in the graph that is coloured: of columns, how many others share a row.
enum class ColoringOrder : std::uint8_t {
  natural,           ///< as they come
  largest_first,     ///< by degree, the largest first
  smallest_last,     ///< the last has the smallest degree, the one before the smallest among the others, and so on
  incidence_degree,  ///< next is the one with most coloured neighbours
};

struct Coloring {
  /// Of a column (row) without elements: it needs no sweep.
  static constexpr std::uint32_t none = 0xFFFFFFFFu;
  std::vector<std::uint32_t> color;  ///< by vertex, from 0
  std::uint32_t count = 0;           ///< of colours
};

/// Columns that share no row may share a colour. At least as many colours as the fullest row has elements. Time is the
/// sum of the squares of the rows' sizes. (For rows: color_columns(pattern.transposed()).)
[[nodiscard]] Coloring color_columns(const SparsityPattern& pattern, ColoringOrder order = ColoringOrder::natural);
/// A star colouring of a symmetric pattern. Throws ShapeError unless it is square, ArgumentError unless symmetric. Time
/// is the sum of the squares of the degrees.
[[nodiscard]] Coloring color_star(const SparsityPattern& pattern, ColoringOrder order = ColoringOrder::natural,
                                  std::source_location where = std::source_location::current());
/// An acyclic colouring of a symmetric pattern; likewise.
[[nodiscard]] Coloring color_acyclic(const SparsityPattern& pattern, ColoringOrder order = ColoringOrder::natural,
                                     std::source_location where = std::source_location::current());

/// What the above promise, looked at by definition.
[[nodiscard]] bool is_column_coloring(const SparsityPattern& pattern, const Coloring& coloring);
[[nodiscard]] bool is_star_coloring(const SparsityPattern& pattern, const Coloring& coloring);
[[nodiscard]] bool is_acyclic_coloring(const SparsityPattern& pattern, const Coloring& coloring);

namespace detail {
/// Throws ShapeError unless the pattern is square, ArgumentError unless it is symmetric.
void want_symmetric(const SparsityPattern& pattern, const char* operation, std::source_location where);
/// The largest number of elements in a row.
[[nodiscard]] std::size_t fullest_row(const SparsityPattern& pattern) noexcept;
}  // namespace detail

}  // namespace wengert
