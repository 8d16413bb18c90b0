/// A network in a file: its weights, and beside them as text what it takes to build it and to prepare its inputs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "wengert/cli/train/data.hpp"
#include "wengert/nn/module/any.hpp"

namespace wengert::cli::train {

struct Saved {
  std::string model;              ///< the text it was made by
  nlohmann::ordered_json layers;  ///< what that meant
  DataForm form;
  std::uint64_t seed = 0;
  double validation = 0;  ///< the part of the examples that it was not trained with
};

/// The text beside the weights.
[[nodiscard]] std::string description_of(const Saved& saved);
/// Name of the file with that text in a folder of checkpoints.
inline constexpr const char* description_name = "network.json";

/// Writes weights and description as one safetensors file.
void save(const std::string& path, const nn::Layers& network, const Saved& saved);

struct Loaded {
  Saved saved;
  nn::Layers network;
  std::string path;  ///< of the file that the weights come from
};
/// Reads a file that save() wrote, or a folder of checkpoints: its best weights, or the last ones. Throws WorkError.
[[nodiscard]] Loaded load_network(const std::string& path, bool last = false);

}  // namespace wengert::cli::train
