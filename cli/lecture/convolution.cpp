// Slides 36 and 37: a convolutional network, and what its layers have learned to see: filters, feature maps, and inputs
// that excite a unit most.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::int64_t extent = 12, training_pictures = 1000, test_pictures = 400, batch = 20, filters = 6, seconds = 8;
constexpr long default_epochs = 8;
constexpr std::array classes{"lies", "stands", "rises", "falls"};

/// Two layers of convolutions and a linear one; every part is a composition of primitives.
struct Network {
  nn::Conv2d first, second;
  nn::Linear out;

  static auto members(auto& self) { return std::tie(self.first, self.second, self.out); }
  static constexpr std::array names{"first", "second", "out"};

  explicit Network(nn::Random& random)
      : first(1, filters, 5, random, {.padding = {2}}),
        second(filters, seconds, 3, random, {.padding = {1}}),
        out(seconds * 9, 4, random) {}

  [[nodiscard]] Tensor first_maps(const Tensor& x) const { return relu(first(x)); }  // 12×12
  [[nodiscard]] Tensor second_maps(const Tensor& x) const {
    return relu(second(nn::MaxPool2d(2)(first_maps(x))));
  }  // 6×6
  [[nodiscard]] Tensor operator()(const Tensor& x) const {
    const Tensor pooled = nn::MaxPool2d(2)(second_maps(x));  // 3×3
    return out(reshape(pooled, Shape{x.shape()[0], seconds * 9}));
  }
};

/// -log of the probability of the right class, softmax of the outputs; the mean over the batch.
Tensor cross_entropy(const Tensor& outputs, const Tensor& labels) {
  return -mean(take_along(log_softmax(outputs), reshape(labels, Shape{labels.size(), 1}), 1));
}

double accuracy(const Network& network, const nn::Batch& data) {
  const Tensor right = argmax(network(data.x), 1) == data.y;
  return sum(convert(right, Dtype::f64)).item() / static_cast<double>(data.y.size());
}

plot::Tile tile(const Tensor& picture, plot::Tone tone, std::string label = {}) {
  const auto rank = picture.rank();
  return {std::move(label), static_cast<std::size_t>(picture.shape()[rank - 2]),
          static_cast<std::size_t>(picture.shape()[rank - 1]), picture.to_vector(), tone};
}

/// Element k of an axis, without the axis before it.
Tensor part(const Tensor& t, std::int64_t axis, std::int64_t k) { return slice_along(t, axis, k, k + 1); }

/// The picture for which the unit gives most, at a given brightness: steps along the gradient by the *input*, the
/// network held as it is. A little of the picture is taken away at each step, so that what does not help vanishes.
template <class Unit>
Tensor exciting(const Unit& unit, nn::Random random) {
  Tensor x = random.normal(Shape{1, 1, extent, extent}, 0, 0.05);
  Recording recording(RecordingOptions{.locations = false});
  for (int step = 0; step < 120; ++step) {
    recording.clear();
    const Tensor live = recording.variable(x);
    const Tensor slope = backward(unit(live))[live];
    const double length = std::sqrt(sum(slope * slope).item());
    if (length == 0) break;
    x = x * 0.97 + slope * (0.3 / length);
  }
  return x;
}

plot::TileFigure features(const Network& network, const nn::Batch& shown) {
  plot::TileFigure figure{.title = "What the layers see",
                          .description =
                              "The filters of the first layer, which are pieces of strokes in several "
                              "directions, and for one picture of each class the maps of both layers.",
                          .rows = {},
                          .width = 60};
  plot::TileRow learned{.label = "filters, layer 1"};
  for (std::int64_t k = 0; k < filters; ++k)
    learned.tiles.push_back(tile(part(network.first.weight, 0, k), plot::Tone::signed_, std::to_string(k + 1)));
  figure.rows.push_back(std::move(learned));
  for (std::int64_t k = 0; k < 4; ++k) {
    plot::TileRow row{.label = "it " + std::string(classes[static_cast<std::size_t>(k)])};
    const Tensor x = part(shown.x, 0, k), first = network.first_maps(x), second = network.second_maps(x);
    row.tiles.push_back(tile(x, plot::Tone::ink, k == 0 ? "picture" : ""));
    for (std::int64_t j = 0; j < filters; ++j)
      row.tiles.push_back(tile(part(first, 1, j), plot::Tone::ink, k == 0 ? "map " + std::to_string(j + 1) : ""));
    for (std::int64_t j = 0; j < seconds; ++j)
      row.tiles.push_back(tile(part(second, 1, j), plot::Tone::ink, k == 0 ? "2nd " + std::to_string(j + 1) : ""));
    figure.rows.push_back(std::move(row));
  }
  return figure;
}

plot::TileFigure excitements(const Network& network) {
  plot::TileFigure figure{.title = "Pictures that excite a unit most",
                          .description =
                              "For each output and for the middle unit of each map, the picture found by "
                              "steps along the gradient by the input: strokes in the direction of the class "
                              "for the outputs, small patterns for the maps.",
                          .rows = {},
                          .width = 96};
  plot::TileRow outputs{.label = "outputs"}, first{.label = "layer 1"}, second{.label = "layer 2"};
  for (std::int64_t k = 0; k < 4; ++k) {
    const auto unit = [&](const Tensor& x) { return sum(part(log_softmax(network(x)), 1, k)); };
    outputs.tiles.push_back(tile(exciting(unit, nn::Random(36).child(static_cast<std::uint64_t>(k))),
                                 plot::Tone::signed_, classes[static_cast<std::size_t>(k)]));
  }
  for (std::int64_t k = 0; k < filters; ++k) {
    const auto unit = [&](const Tensor& x) { return sum(slice(network.first(x), {0, k, 6, 6}, {1, k + 1, 7, 7})); };
    first.tiles.push_back(tile(exciting(unit, nn::Random(37)), plot::Tone::signed_, std::to_string(k + 1)));
  }
  for (std::int64_t k = 0; k < seconds; ++k) {
    const auto unit = [&](const Tensor& x) {
      return sum(slice(network.second(nn::MaxPool2d(2)(network.first_maps(x))), {0, k, 3, 3}, {1, k + 1, 4, 4}));
    };
    second.tiles.push_back(tile(exciting(unit, nn::Random(38)), plot::Tone::signed_, std::to_string(k + 1)));
  }
  figure.rows = {std::move(outputs), std::move(first), std::move(second)};
  return figure;
}

}  // namespace

void show_convolution(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const long epochs = alone ? desk.options.steps.value_or(default_epochs) : default_epochs;
  const double rate = alone ? desk.options.rate.value_or(0.005) : 0.005;
  nn::Random random(36);
  const auto data = std::make_shared<nn::TensorDataset>(nn::strokes(random, training_pictures, extent));
  const nn::Batch test = nn::strokes(random, test_pictures, extent);
  Network network(random);

  Board& board = desk.board;
  board.heading("A convolutional network");
  board.say("Pictures of 12 × 12 points with one stroke, which lies, stands, rises or falls, in noise. " +
            std::to_string(training_pictures) + " to learn");
  board.say("from, " + std::to_string(test_pictures) + " others for the test.");
  board.say("");
  board.say("convolution 5×5, " + std::to_string(filters) + " filters → ReLU → largest of 2×2 → convolution 3×3, " +
            std::to_string(seconds) + " filters → ReLU → largest of 2×2");
  board.say("→ linear, 4 outputs → softmax");
  board.say("");
  board.say(std::to_string(nn::parameter_count(network)) + " weights. From 144 points to the " +
            std::to_string(filters * 144) + " units of the first maps alone, fully connected, there would be " +
            std::to_string(filters * 144 * 145) + ".");
  board.say("");
  Cells rows{{"epoch", "loss", "test: right"}};
  const auto row = [&](long epoch, const std::string& loss) {
    const double right = accuracy(network, test);
    rows.push_back({std::to_string(epoch), loss, fixed(100 * right, 0) + " %"});
    desk.numbers["epochs"].push_back({{"epoch", epoch}, {"accuracy", right}});
  };
  row(0, "");
  const nn::Loader loader(data, {.batch = batch, .seed = 36, .prefetch = 0});
  nn::Adam adam({.rate = rate});
  Recording recording(RecordingOptions{.locations = false});
  for (long epoch = 1; epoch <= epochs; ++epoch) {
    double total = 0;
    for (const nn::Batch& b : loader.epoch(epoch)) {
      recording.clear();
      const Network live = nn::lifted(network, recording);
      const Tensor loss = cross_entropy(live(b.x), b.y);
      total += loss.item();
      adam.step(network, nn::adjoints_of(live, backward(loss)));
    }
    row(epoch, fixed(total / static_cast<double>(loader.batches()), 2));
  }
  board.table(rows);
  board.say("");
  board.say("The layers were not told what to look for. The first one has learned pieces of strokes, the second one");
  board.say("where they meet; the pictures show filters, maps, and what excites each unit most, found by the gradient");
  board.say("by the input.");
  if (desk.pictures.page_wanted()) {
    recording.clear();
    Network live = nn::lifted(network, recording);
    const Tensor picture = recording.variable(part(test.x, 0, 0), "picture");
    const Tensor loss = cross_entropy(live(picture), part(test.y, 0, 0));
    recording.name(loss, "loss");
    desk.pictures.page_of("A picture in the convolutional network", loss, live);
  }
  if (!desk.pictures.wanted()) return;
  desk.pictures.tiles("filters", "Filters and feature maps", features(network, test));
  desk.pictures.tiles("excitement", "Pictures that excite a unit most", excitements(network));
}

}  // namespace wengert::cli::lecture
