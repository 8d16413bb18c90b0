/// `wengert profile` and `wengert stats`: what an expression, or a step of training of a network, takes; and how large
/// its graph is.
#pragma once

#include <cstdint>
#include <string>

#include "wengert/cli/command.hpp"
#include "wengert/cli/point.hpp"

namespace wengert::cli {

/// An expression at a point, or a network.
struct SubjectOptions : PointOptions {
  std::string model;                   ///< a network whose step of training it is, instead of an expression
  std::string input;                   ///< the shape of one of its examples
  std::int64_t outputs = 10;           ///< numbers that it gives
  std::int64_t batch = 32;             ///< examples
  std::string loss = "cross-entropy";  ///< of them; or squared-error
  bool json = false;
};

struct ProfileCommandOptions : SubjectOptions {
  double seconds = 0.2;  ///< measured for about so long
  bool program = false;  ///< of value and gradient as a program, instead of node by node
  std::string flame;     ///< SVG file; empty: none
  std::string trace;     ///< JSON file
  std::string out;       ///< picture
  std::string theme = "light";
};

struct StatsOptions : SubjectOptions {
  std::string file;       ///< a graph in its text form, instead
  bool gradient = false;  ///< the graph of the gradient too
};

/// Throws as run_graph does.
void run_profile(const ProfileCommandOptions& options, const Streams& streams);
void run_stats(const StatsOptions& options, const Streams& streams);

}  // namespace wengert::cli
