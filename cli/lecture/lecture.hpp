/// `wengert lecture`: the lecture's examples, worked on the board.
#pragma once

#include <cstdint>
#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/lecture/network.hpp"

namespace wengert::cli::lecture {

enum class Chapter : std::uint8_t { all, forward, loss, backprop, train, logical_and, logical_xor };

struct Options {
  Chapter chapter = Chapter::all;
  double rate = default_rate;
  long steps = 10'000;
  std::string folder = ".";  ///< for pictures
};

/// Throws WorkError when a picture cannot be written.
void run(const Options& options, const Streams& streams);

}  // namespace wengert::cli::lecture
