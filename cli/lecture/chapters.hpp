/// The lecture's chapters on the board: what `wengert lecture …` prints.
#pragma once

#include "wengert/cli/lecture/board.hpp"
#include "wengert/cli/lecture/network.hpp"

namespace wengert::cli::lecture {

/// Slides 12 to 18: net inputs and outputs of all neurons.
void forward_chapter(Board& board, const Network& network);
/// Slide 23: the loss.
void loss_chapter(Board& board, const Network& network);
/// Slides 27 to 33: the derivative of the loss by every weight, factor by factor, and one update with this rate.
/// Every factor is an adjoint of the recording; the formulas beside them are there to be read.
void backprop_chapter(Board& board, const Network& network, double rate);
/// Slide 22: the loss after so many updates.
void train_chapter(Board& board, long steps, double rate);

/// Slides 4 and 5: AND is one neuron with a step.
void and_chapter(Board& board);
/// Slides 6 and 7: XOR takes two, and a search that finds no single neuron for it.
void xor_chapter(Board& board);

}  // namespace wengert::cli::lecture
