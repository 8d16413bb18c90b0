/// The pictures of a topic: collected while it is worked out, written after its text has been printed.
#pragma once

#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/cli/command.hpp"
#include "wengert/cli/lecture/lecture.hpp"
#include "wengert/cli/plot/figure.hpp"
#include "wengert/cli/plot/tiles.hpp"
#include "wengert/graph/drawing/drawing.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {

class Pictures {
 public:
  explicit Pictures(const Options& options) : options_(options) {}

  /// Will anything that is added be written? Nobody needs to draw what is not.
  [[nodiscard]] bool wanted() const noexcept { return options_.pictures; }
  /// A plot, to be lecture_<name>.svg. `caption` begins the line that says where it is.
  void plot(const std::string& name, const std::string& caption, const plot::Figure& figure);
  /// Small pictures in rows, likewise.
  void tiles(const std::string& name, const std::string& caption, const plot::TileFigure& figure);
  /// A graph, to be lecture_<name>.dot and, where Graphviz is installed, lecture_<name>.svg.
  void graph(const std::string& name, const std::string& caption, const wengert::graph::Drawing& drawing);

  /// Is there a page to be written? Nobody needs to record what it shows otherwise.
  [[nodiscard]] bool page_wanted() const noexcept { return !options_.html.empty(); }
  /// The page that walks through the topic's calculation and its gradient, where Options::html asks for it. Written at
  /// once.
  void page(const std::string& title, const wengert::detail::AnyHandle& y,
            const std::vector<wengert::detail::AnyHandle>& x);
  /// The same, by every parameter of a network that was lifted into the recording of y.
  template <class Network>
  void page_of(const std::string& title, const Tensor& y, Network& live) {
    std::vector<wengert::detail::AnyHandle> x;
    for (const nn::Parameter& parameter : nn::parameters(live)) x.emplace_back(*parameter.value);
    page(title, y, x);
  }

  /// Writes what was added since and says where; to nobody when `out` is null. Throws WorkError.
  void write(std::ostream* out);

 private:
  struct Picture {
    std::string name, caption, text;
    bool dot = false;
  };
  const Options& options_;
  std::vector<Picture> pending_;
  std::string page_;  // where it was written, until that was said
};

}  // namespace wengert::cli::lecture
