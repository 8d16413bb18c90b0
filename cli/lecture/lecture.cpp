#include "wengert/cli/lecture/lecture.hpp"

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/lecture/chapters.hpp"
#include "wengert/cli/picture.hpp"

namespace wengert::cli::lecture {

namespace {

/// The network with its gradient by the weights, as DOT and, where Graphviz is installed, as SVG; says where.
void draw_network(const Network& network, const std::string& folder, const Streams& streams) {
  const std::vector<wengert::detail::AnyHandle> weights(network.w.begin(), network.w.end());
  const std::string dot = to_dot(network.loss, weights);
  const std::string base = (std::filesystem::path(folder) / "lecture").string();
  write_file(base + ".dot", dot);
  const bool drawn = draw(dot, "svg", base + ".svg") == Drawing::drawn;
  streams.out << "\nThe graph of the loss and of its gradient: "
              << (drawn ? base + ".svg" : base + ".dot (Graphviz makes a picture of it: dot -Tsvg)") << "\n";
}

}  // namespace

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
  if (all || options.chapter == Chapter::backprop) draw_network(network, options.folder, streams);
}

}  // namespace wengert::cli::lecture
