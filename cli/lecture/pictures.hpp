/// The pictures of a topic: collected while it is worked out, written after its text has been printed.
#pragma once

#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/lecture/lecture.hpp"
#include "wengert/cli/plot/figure.hpp"
#include "wengert/cli/plot/tiles.hpp"
#include "wengert/graph/drawing/drawing.hpp"

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

  /// Writes what was added since and says where; to nobody when `out` is null. Throws WorkError.
  void write(std::ostream* out);

 private:
  struct Picture {
    std::string name, caption, text;
    bool dot = false;
  };
  const Options& options_;
  std::vector<Picture> pending_;
};

}  // namespace wengert::cli::lecture
