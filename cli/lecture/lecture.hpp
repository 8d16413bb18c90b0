/// `wengert lecture [topic]`: the lecture's topics, worked on the board, with pictures.
///
/// Reading order of cli/lecture/: this, topics.hpp, board.hpp, pictures.hpp, network.hpp, then a file per topic or two.
#pragma once

#include <optional>
#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/plot/theme.hpp"

namespace wengert::cli::lecture {

struct Options {
  std::string topic;           ///< empty: all, in the order of the slides
  bool list = false;           ///< only names, slides and what they are about
  bool json = false;           ///< the numbers as one line of JSON instead of the board
  std::optional<double> rate;  ///< learning rate, where a topic has one
  std::optional<long> steps;   ///< updates, where a topic takes some
  bool pictures = true;
  std::string folder = ".";  ///< for pictures
  std::string html;          ///< the page of the topic; empty: not wanted
  plot::Theme theme = plot::Theme::light;
};

/// The topics with their slides, a line each.
[[nodiscard]] std::string topic_list();

/// Throws UsageError for an unknown topic, WorkError when a picture cannot be written.
void run(const Options& options, const Streams& streams);

}  // namespace wengert::cli::lecture
