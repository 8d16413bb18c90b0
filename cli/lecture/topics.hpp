/// The topics of the lecture: what `wengert lecture …` shows.
#pragma once

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "wengert/cli/lecture/board.hpp"
#include "wengert/cli/lecture/lecture.hpp"
#include "wengert/cli/lecture/pictures.hpp"

namespace wengert::cli::lecture {

/// What a topic reads and where it writes.
struct Desk {
  const Options& options;
  Board& board;
  Pictures& pictures;
  nlohmann::ordered_json& numbers;  ///< an object: what the board shows, for programs
};

struct Topic {
  std::string_view name;
  std::string_view slides;
  std::string_view about;
  void (*show)(const Desk& desk);
};

/// In the order of the lecture.
[[nodiscard]] std::span<const Topic> topics();

void show_neuron(const Desk& desk);
void show_and(const Desk& desk);
void show_xor(const Desk& desk);
void show_activations(const Desk& desk);
void show_forward(const Desk& desk);
void show_approximation(const Desk& desk);
void show_order(const Desk& desk);
void show_loop(const Desk& desk);
void show_loss(const Desk& desk);
void show_gradient(const Desk& desk);
void show_optimisers(const Desk& desk);
void show_backprop(const Desk& desk);
void show_update(const Desk& desk);
void show_train(const Desk& desk);
void show_matrix(const Desk& desk);
void show_convolution(const Desk& desk);
void show_memory(const Desk& desk);

}  // namespace wengert::cli::lecture
