// Slide 21: a network can be fooled by the order of its data. 5 000 points on a parabola, 5 000 anywhere, a hidden
// layer of 3 units; shuffled, all random points first, all parabola points first.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/plot/contours.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/nn.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::int64_t seeds = 10, of_each = 5000, points = 2 * of_each, batch = 32, units = 3;
constexpr double default_rate = 3;
constexpr long default_epochs = 40;

struct Ordered {
  nn::PointOrder order;
  const char *name, *key;
  int lecture;  ///< its accuracy on the slide, in percent
};
constexpr std::array<Ordered, 3> orders{{{nn::PointOrder::shuffled, "shuffled", "shuffled", 95},
                                         {nn::PointOrder::random_first, "all random first", "random first", 75},
                                         {nn::PointOrder::parabola_first, "all parabola first", "parabola first", 50}}};
constexpr std::int64_t networks = seeds * static_cast<std::int64_t>(orders.size());

/// Networks side by side: the first axis of every tensor counts them, so that one recording trains them all. Nothing
/// passes from one to another.
struct Networks {
  Tensor by_x, by_y, bias;  ///< of the hidden units, [networks, 1, units]
  Tensor weight, out_bias;  ///< of the output, [networks, 1, units] and [networks, 1]

  static auto members(auto& self) { return std::tie(self.by_x, self.by_y, self.bias, self.weight, self.out_bias); }
  static constexpr std::array names{"by_x", "by_y", "bias", "weight", "out_bias"};

  /// x, y [networks, n, 1]; the outputs are [networks, n].
  [[nodiscard]] Tensor operator()(const Tensor& x, const Tensor& y) const {
    const Tensor hidden = sigmoid(by_x * x + by_y * y + bias);
    return sigmoid(sum(weight * hidden, {2}) + out_bias);
  }
};

struct Experiment {
  Tensor x, y, truth;  ///< [networks, points], in the order in which they are learned; x and y scaled
  Networks trained;
  std::array<std::array<double, seeds>, orders.size()> accuracy{};
};

/// A coordinate as the network sees it: of mean 0 and deviation 1 over the points of both classes.
struct Scale {
  double mean, deviation;
  [[nodiscard]] auto operator()(const auto& value) const { return (value - mean) / deviation; }
  [[nodiscard]] double back(double value) const { return value * deviation + mean; }
};
// x is uniform; y is t² of a uniform t (mean 1/3, variance 4/45), or uniform (1/2, 1/12), in units of 10 000.
const Scale x_scale{50, 100 / std::sqrt(12.0)};
const Scale y_scale{10000 * 5 / 12.0, 10000 * std::sqrt((4.0 / 45 + 1.0 / 12) / 2 + 1.0 / 144)};

Experiment prepared() {
  Experiment e;
  std::vector<Tensor> x, y, truth;
  std::vector<double> hidden, out;
  for (const Ordered& order : orders) {
    for (std::int64_t seed = 0; seed < seeds; ++seed) {
      // The points of a seed are the same in every order, and so are the first weights.
      nn::Random random(static_cast<std::uint64_t>(seed));
      const nn::Batch all = nn::parabola(random, of_each, order.order, Dtype::f64);
      x.push_back(x_scale(slice_along(all.x, 1, 0, 1)));
      y.push_back(y_scale(slice_along(all.x, 1, 1, 2)));
      truth.push_back(convert(all.y, Dtype::f64));
      nn::Random weights = random.child(1);
      // As Linear begins: ±1/√inputs.
      for (const double v : weights.uniform(Shape{3 * units}, -std::sqrt(0.5), std::sqrt(0.5), Dtype::f64).to_vector())
        hidden.push_back(v);
      for (const double v :
           weights.uniform(Shape{units + 1}, -1 / std::sqrt(3.0), 1 / std::sqrt(3.0), Dtype::f64).to_vector())
        out.push_back(v);
    }
  }
  const auto side_by_side = [](const std::vector<Tensor>& rows) {
    return reshape(stack(rows), Shape{networks, points});
  };
  e.x = side_by_side(x);
  e.y = side_by_side(y);
  e.truth = side_by_side(truth);
  const Tensor h = tensor(hidden, Shape{networks, 1, 3 * units}), o = tensor(out, Shape{networks, 1, units + 1});
  const auto part = [](const Tensor& t, std::int64_t from, std::int64_t to) { return slice_along(t, 2, from, to); };
  e.trained = {part(h, 0, units), part(h, units, 2 * units), part(h, 2 * units, 3 * units), part(o, 0, units),
               reshape(part(o, units, units + 1), Shape{networks, 1})};
  return e;
}

// Batch after batch as the points lie, the same in every epoch.
void train(Experiment& e, double rate, long epochs) {
  struct Batch {
    Tensor x, y, truth;
  };
  std::vector<Batch> batches;
  for (std::int64_t begin = 0; begin < points; begin += batch) {
    const std::int64_t end = std::min(begin + batch, points);
    const auto column = [&](const Tensor& t) {
      return reshape(slice_along(t, 1, begin, end), Shape{networks, end - begin, 1});
    };
    batches.push_back({column(e.x), column(e.y), slice_along(e.truth, 1, begin, end)});
  }
  nn::SGD descent({.rate = rate});
  Recording recording(RecordingOptions{.locations = false});
  for (long epoch = 0; epoch < epochs; ++epoch) {
    for (const Batch& b : batches) {
      recording.clear();
      const Networks live = nn::lifted(e.trained, recording);
      const Tensor difference = live(b.x, b.y) - b.truth;
      // The sum over the networks of the mean squared error of each.
      const Tensor loss = sum(difference * difference) / static_cast<double>(b.truth.shape()[1]);
      descent.step(e.trained, nn::adjoints_of(live, backward(loss)));
    }
  }
  const Shape columns{networks, points, 1};
  const Tensor right = (e.trained(reshape(e.x, columns), reshape(e.y, columns)) > 0.5) == (e.truth > 0.5);
  const std::vector<double> counts = sum(convert(right, Dtype::f64), {1}).to_vector();
  for (std::size_t k = 0; k < counts.size(); ++k)
    e.accuracy[k / seeds][k % seeds] = counts[k] / static_cast<double>(points);
}

double mean_of(const std::array<double, seeds>& numbers) {
  double total = 0;
  for (const double v : numbers) total += v;
  return total / seeds;
}

std::string percent(double share) { return fixed(100 * share, 0); }

/// The points that one sees, and where the network of a seed says one half.
plot::Panel panel_of(const Experiment& e, std::size_t order, std::int64_t seed) {
  plot::Panel panel{.title = std::string(orders[order].name) + ": " +
                             percent(e.accuracy[order][static_cast<std::size_t>(seed)]) + " %",
                    .x = {.label = "x", .range = {0, 100}},
                    .y = {.label = "y", .range = {0, 10000}}};
  const auto network = static_cast<std::int64_t>(order) * seeds + seed;
  constexpr std::int64_t shown = 100;
  plot::Marks on{.label = {}, .points = {}, .style = 0}, anywhere{.label = {}, .points = {}, .style = 1};
  anywhere.mark = plot::Mark::cross;
  const auto at = [&](const Tensor& t, std::int64_t k) {
    return t.value().data<double>()[static_cast<std::size_t>(network * points + k)];
  };
  for (std::int64_t k = 0; k < points; k += points / (2 * shown)) {
    const plot::Point p{x_scale.back(at(e.x, k)), y_scale.back(at(e.y, k))};
    (at(e.truth, k) > 0.5 ? on : anywhere).points.push_back(p);
  }
  const auto weights = [&](const Tensor& t, std::int64_t k) {
    return t.value().data<double>()[static_cast<std::size_t>(network * units + k)];
  };
  const auto logit = [&](double x, double y) {
    double total = e.trained.out_bias.value().data<double>()[static_cast<std::size_t>(network)];
    for (std::int64_t k = 0; k < units; ++k) {
      const double net = weights(e.trained.by_x, k) * x_scale(x) + weights(e.trained.by_y, k) * y_scale(y) +
                         weights(e.trained.bias, k);
      total += weights(e.trained.weight, k) / (1 + std::exp(-net));
    }
    return total;
  };
  const plot::Grid grid = plot::sampled_grid(logit, panel.x.range, panel.y.range, 101, 101);
  for (const plot::Polyline& line : plot::contour_lines(grid, 0)) {
    panel.curves.push_back({.points = line, .style = 2, .width = 3, .solid = true});
  }
  panel.marks = {anywhere, on};
  return panel;
}

plot::Figure figure_of(const Experiment& e) {
  plot::Figure figure{.title = "The same points in three orders: what the network of the first seed learned",
                      .description =
                          "Points on a parabola and points anywhere, and the line at which the network "
                          "decides between them, after training in three orders of the data.",
                      .panels = {},
                      .columns = 3,
                      .width = 300,
                      .height = 300,
                      .legend = {{"where the network says one half", 2}}};
  for (std::size_t k = 0; k < orders.size(); ++k) figure.panels.push_back(panel_of(e, k, 0));
  return figure;
}

/// The first network by itself, on the first points that it was given.
void page(const Desk& desk, const Experiment& e) {
  if (!desk.pictures.page_wanted()) return;
  const auto first = [](const Tensor& t) { return slice_along(t, 0, 0, 1); };
  const auto points_of = [&](const Tensor& t) { return slice_along(first(t), 1, 0, batch); };
  const auto column = [&](const Tensor& t) { return reshape(points_of(t), Shape{1, batch, 1}); };
  const Networks& all = e.trained;
  Recording recording(RecordingOptions{.locations = false});
  Networks live = nn::lifted(
      Networks{first(all.by_x), first(all.by_y), first(all.bias), first(all.weight), first(all.out_bias)}, recording);
  const Tensor difference = live(column(e.x), column(e.y)) - points_of(e.truth);
  const Tensor loss = mean(difference * difference);
  recording.name(loss, "loss");
  desk.pictures.page_of("A batch of " + std::to_string(batch) + " points, shuffled", loss, live);
}

}  // namespace

void show_order(const Desk& desk) {
  const bool alone = !desk.options.topic.empty();  // the options are for the 2-2-2 network where all is shown
  const double rate = alone ? desk.options.rate.value_or(default_rate) : default_rate;
  const long epochs = alone ? desk.options.steps.value_or(default_epochs) : default_epochs;
  Experiment e = prepared();
  train(e, rate, epochs);

  Board& board = desk.board;
  board.heading("A network can be fooled by the order of its data");
  board.say("5000 points on the parabola (t, t²), class 1, and 5000 anywhere in the same box, 0 ≤ x < 100,");
  board.say(
      "0 ≤ y < 10000, class 0. One hidden layer of 3 units and a bias, one output; sigmoids; the mean squared error.");
  board.say("The points are taken in batches of " + std::to_string(batch) + " as they lie, " + std::to_string(epochs) +
            " times, with learning rate " + on_board(rate) + ".");
  board.say("Ten seeds: each has points and first weights of its own, the same in all three orders.");
  board.say("");
  board.say("Accuracy on all 10000 points, in percent:");
  board.say("");
  Cells rows{{"order", "lecture", "mean", "least", "most", "the ten seeds"}};
  for (std::size_t k = 0; k < orders.size(); ++k) {
    const auto& a = e.accuracy[k];
    const auto [least, most] = std::minmax_element(a.begin(), a.end());
    std::string each;
    for (const double v : a) each += (each.empty() ? "" : " ") + percent(v);
    rows.push_back({orders[k].name, std::to_string(orders[k].lecture), percent(mean_of(a)), percent(*least),
                    percent(*most), each});
    desk.numbers[orders[k].key] = {{"lecture", orders[k].lecture / 100.0}, {"mean", mean_of(a)}, {"seeds", a}};
  }
  board.table(rows);
  board.say("");
  board.say("What comes last is what the network knows. With the parabola first, the points anywhere, which come");
  board.say("last, lie on the parabola too, and overwrite it: everything is class 0, and half of that is right. With");
  board.say("them first, the parabola overwrites only what lies near it.");
  board.say("");
  board.say("The lecture does not say how it trained; how the inputs are scaled (mean 0, deviation 1), the rate, the");
  board.say("batches and the epochs are ours, and the middle figure depends on them: with fewer epochs or smaller");
  board.say("batches it comes near 50. The first and the last do not.");
  page(desk, e);
  if (desk.pictures.wanted()) desk.pictures.plot("order", "What was learned in each order", figure_of(e));
}

}  // namespace wengert::cli::lecture
