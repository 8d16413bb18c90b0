/// `wengert exercise`: exercises on backpropagation with their answer keys, the same for the same seed on every
/// machine.
#pragma once

#include <cstdint>
#include <string>

#include "wengert/cli/command.hpp"

namespace wengert::cli {

struct ExerciseOptions {
  std::uint64_t seed = 1;
  int difficulty = 1;  ///< 1 chain; 2 fan-outs; 3 a network of neurons; 4 tensors
  int count = 1;
  int decimals = 4;       ///< of the keys
  bool solution = false;  ///< the worked derivation too
  std::string folder;     ///< exercise-1.txt, exercise-1-key.csv, exercise-1-solution.md, …; empty: standard output
};

/// The text of an exercise: what `wengert derive` and `wengert mark` take.
struct Exercise {
  std::string expression;
  std::string point;
};
[[nodiscard]] Exercise make_exercise(std::uint64_t seed, int difficulty);

/// Throws WorkError for a file that cannot be written.
void run_exercise(const ExerciseOptions& options, const Streams& streams);

}  // namespace wengert::cli
