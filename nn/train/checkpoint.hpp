// Training states on disk, each complete or not there at all.
//
//     folder/000007-step-3500/model.safetensors        parameters and buffers by name, for anybody
//     folder/000007-step-3500/training.safetensors     optimiser, place in the data, history, best parameters, seed
//     folder/000008-step-4000/ …
//     folder/best.safetensors
//
// A state is written into <name>.unfinished, brought to the disk, and gets its name by one rename. So the folder with
// the highest serial is whole whenever the process was killed, and so are the ones before it. What a killed process
// left in a .unfinished is removed by the next save.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/train/history.hpp"

namespace wengert::nn {

/// Everything that a training goes on from. Random numbers are functions of the seed, the epoch and the step, so these
/// three are their state.
struct TrainingState {
  std::vector<NamedTensor> model{};
  std::vector<NamedTensor> optimiser{};
  std::vector<NamedTensor> best{};  ///< parameters and buffers of the best epoch, where they will be wanted; else empty
  History history{};
  std::int64_t epoch = 0;    ///< epochs finished
  std::int64_t batch = 0;    ///< batches of the running epoch that were used
  std::int64_t step = 0;     ///< steps made
  std::int64_t skipped = 0;  ///< steps left out
  std::int64_t batches = 0;  ///< of an epoch
  std::uint64_t seed = 0;
  double base_rate = 0;
  double seconds = 0;
  std::vector<double> epoch_means{}, stretch_means{};  ///< Means::state
};

/// Makes the folder and those above it that are not there. Throws EnvironmentError.
void make_checkpoint_folder(const std::string& folder, std::source_location where = std::source_location::current());

/// Writes a state as the newest of `folder`, which is made if it is not there, and removes all but the newest `keep`
/// (0: none). Returns the path of its folder. Throws EnvironmentError; the states that were there before are then still
/// there. One process at a time may save into a folder.
std::string save_training_state(const std::string& folder, const TrainingState& state, std::int64_t keep,
                                std::source_location where = std::source_location::current());

/// The path of the newest state in `folder`; none without one, or without the folder.
[[nodiscard]] std::optional<std::string> newest_training_state(const std::string& folder);

/// Reads a state from its own folder. Throws EnvironmentError, FormatError, or ArgumentError when a file does not hold
/// what a training state does.
[[nodiscard]] TrainingState load_training_state(const std::string& path,
                                                std::source_location where = std::source_location::current());

}  // namespace wengert::nn
