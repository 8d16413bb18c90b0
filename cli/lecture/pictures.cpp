#include "wengert/cli/lecture/pictures.hpp"

#include <filesystem>
#include <ostream>

#include "wengert/autodiff/transform/show.hpp"
#include "wengert/graph/drawing/dot.hpp"
#include "wengert/graph/drawing/graphviz.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::cli::lecture {

void Pictures::plot(const std::string& name, const std::string& caption, const plot::Figure& figure) {
  if (wanted()) pending_.push_back({name, caption, plot::svg_of(figure, options_.theme), false});
}

void Pictures::tiles(const std::string& name, const std::string& caption, const plot::TileFigure& figure) {
  if (wanted()) pending_.push_back({name, caption, plot::svg_of(figure, options_.theme), false});
}

void Pictures::graph(const std::string& name, const std::string& caption, const wengert::graph::Drawing& drawing) {
  if (wanted()) pending_.push_back({name, caption, to_dot(drawing, {.theme = options_.theme}), true});
}

void Pictures::page(const std::string& title, const wengert::detail::AnyHandle& y,
                    const std::vector<wengert::detail::AnyHandle>& x) {
  if (!page_wanted()) return;
  show(y, options_.html, std::span(x), {.title = title, .link = ""});
  page_ = options_.html;
}

void Pictures::write(std::ostream* out) {
  if ((!pending_.empty() || !page_.empty()) && out != nullptr) *out << "\n";
  if (!page_.empty() && out != nullptr) *out << "Step by step, for a browser: " << page_ << "\n";
  page_.clear();
  for (const Picture& picture : pending_) {
    const std::string base = (std::filesystem::path(options_.folder) / ("lecture_" + picture.name)).string();
    std::string written = base + ".svg";
    if (picture.dot) {
      wengert::graph::write_file(base + ".dot", picture.text);
      try {
        wengert::graph::write_file(written, wengert::graph::run_graphviz(picture.text, "svg"));
      } catch (const EnvironmentError&) {
        written = base + ".dot (Graphviz makes a picture of it: dot -Tsvg)";
      }
    } else {
      wengert::graph::write_file(written, picture.text);
    }
    if (out != nullptr) *out << picture.caption << ": " << written << "\n";
  }
  pending_.clear();
}

}  // namespace wengert::cli::lecture
