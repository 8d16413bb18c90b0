// show: a value and its gradient as a page to walk through, one self-contained HTML file.
//
//     show(loss, "loss.html");                     // by every variable that the loss depends on
//     show(loss, "loss.html", {w1, w2});           // by these
//     show(loss, "loss.html", {w1, w2}, {.title = "one step", .passes = {passes::find("simplify")}});
//
// The page shows the forward graph and the gradient's graph tied, walks through the calculation and the reverse sweep
// step by step, and computes them again when an input is edited. docs/howto/theatre.md says what it does and where it
// stops. The recording stays as it is.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/theatre/theatre.hpp"

namespace wengert {

struct ShowOptions {
  std::string title{};
  /// An act of its own for the graph after each of them, one applied to what the one before made.
  std::vector<const passes::Pass*> passes{};
  graph::Direction direction = graph::Direction::left_to_right;
  /// Where a box leads: a URL with {file} and {line}; empty: nowhere.
  std::string link = "file://{file}#L{line}";
  int digits = 4;                    ///< significant digits in boxes, 1 to 17
  std::size_t most_boxes = 1000;     ///< beyond them the page folds what repeats, and scopes
  std::size_t most_nodes = 6000;     ///< beyond them the graph is drawn folded and not walked through
  std::size_t most_elements = 1024;  ///< of an array; a larger one is told by statistics and stops recomputation
};

/// What show() writes, as data. `x`: what the gradient is taken by; empty: every real variable that y depends on. Of a
/// y with more than one element there is no gradient: then the page tells the forward calculation alone.
///
/// Throws StaleHandle, ForeignRecording; UnknownValue for what was traced from types alone; ArgumentError when y or one
/// of x is a constant, or an option is out of range.
[[nodiscard]] graph::Theatre theatre_of(const detail::AnyHandle& y, std::span<const detail::AnyHandle> x,
                                        const ShowOptions& options = {},
                                        std::source_location where = std::source_location::current());

/// Writes the page. Throws as theatre_of does; EnvironmentError when the file cannot be written.
void show(const detail::AnyHandle& y, const std::string& path, std::span<const detail::AnyHandle> x,
          const ShowOptions& options = {}, std::source_location where = std::source_location::current());
inline void show(const detail::AnyHandle& y, const std::string& path, std::initializer_list<detail::AnyHandle> x = {},
                 const ShowOptions& options = {}, std::source_location where = std::source_location::current()) {
  show(y, path, std::span(x.begin(), x.size()), options, where);
}
/// The same by a list of Scalars, or of Tensors.
template <class X>
  requires std::same_as<X, Scalar> || std::same_as<X, Tensor>
void show(const detail::AnyHandle& y, const std::string& path, const std::vector<X>& x, const ShowOptions& options = {},
          std::source_location where = std::source_location::current()) {
  const std::vector<detail::AnyHandle> handles(x.begin(), x.end());
  show(y, path, std::span<const detail::AnyHandle>(handles), options, where);
}

}  // namespace wengert
