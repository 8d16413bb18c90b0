/// `wengert graph`: the graph of an expression, or of a file, in every format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

struct GraphOptions : PointOptions {
  std::string file;                    ///< a graph in its text form, instead of an expression; empty: none
  std::string model;                   ///< a network whose step of training is drawn, instead of an expression
  std::string input;                   ///< the shape of one of its examples
  std::int64_t outputs = 2;            ///< numbers that it gives
  std::string loss = "cross-entropy";  ///< of them; or squared-error
  std::string out;                     ///< empty: standard output
  std::string html;                    ///< a page to walk through, beside what `out` names; empty: none
  std::string format;                  ///< one of graph_formats(); empty: what `out` ends with, else dot
  std::string theme = "light";         ///< one of theme_names()
  std::string view = "both";           ///< one of view_names()
  std::string ties = "nodes";          ///< one of tie_names()
  std::vector<std::string> pass;       ///< of pass_names(), one after the other
  bool before = false;                 ///< what the last of them gets, instead of what it makes
  bool compare = false;                ///< before and after the passes (simplify, if none is named), side by side
  std::string around;                  ///< name of a node; empty: none
  std::size_t distance = 2;            ///< from it
  std::vector<std::string> between;    ///< two names, or none
  DrawOptions draw;
  std::string link = graph::DotOptions{}.link;
};

[[nodiscard]] const std::vector<std::string>& graph_formats();
[[nodiscard]] std::vector<std::string> pass_names();
[[nodiscard]] const std::vector<std::string>& theme_names();
[[nodiscard]] const std::vector<std::string>& view_names();
[[nodiscard]] const std::vector<std::string>& tie_names();

/// The theme of that name, one of theme_names().
[[nodiscard]] graph::Theme theme_of(const std::string& name);

/// Throws UsageError for an expression, a point or a name that cannot be, WorkError for a file.
void run_graph(const GraphOptions& options, const Streams& streams);

}  // namespace wengert::cli
