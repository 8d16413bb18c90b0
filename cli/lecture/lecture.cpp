#include "wengert/cli/lecture/lecture.hpp"

#include <ostream>

#include "wengert/cli/lecture/chapters.hpp"

namespace wengert::cli::lecture {

void run(const Options& options, const Streams& streams) {
  Recording recording(RecordingOptions{.locations = false});
  const Network network = record(recording, initial_weights);
  const bool all = options.chapter == Chapter::all;
  Board board;
  if (all || options.chapter == Chapter::forward) forward_chapter(board, network);
  if (all || options.chapter == Chapter::loss) loss_chapter(board, network);
  if (all || options.chapter == Chapter::backprop) backprop_chapter(board, network, options.rate);
  if (all || options.chapter == Chapter::train) train_chapter(board, options.steps, options.rate);
  if (options.chapter == Chapter::logical_and) and_chapter(board);
  if (options.chapter == Chapter::logical_xor) xor_chapter(board);
  streams.out << board.text();
}

}  // namespace wengert::cli::lecture
