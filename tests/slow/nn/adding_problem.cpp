// The adding problem (Hochreiter, Schmidhuber 1997): a task that needs memory. Of a long sequence of numbers two are
// marked; the sum of these two is asked for at the end. Who remembers nothing answers 1 and has a mean squared error of
// 1/6, the variance of a sum of two uniform numbers.

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/clip.hpp"

namespace {

using namespace wengert;

constexpr std::int64_t steps = 60, batch = 64, hidden = 64;

struct Sums {
  Tensor x, y;  // [steps, batch, 2] of number and mark; [batch, 1]
};

Sums some_sums(nn::Random& random) {
  std::vector<float> x(static_cast<std::size_t>(steps * batch * 2)), y;
  for (std::int64_t k = 0; k < batch; ++k) {
    const auto at = [&](std::int64_t t, std::int64_t feature) -> float& {
      return x[static_cast<std::size_t>((t * batch + k) * 2 + feature)];
    };
    for (std::int64_t t = 0; t < steps; ++t) at(t, 0) = static_cast<float>(random.uniform());
    const std::int64_t first = random.below(steps / 2), second = steps / 2 + random.below(steps / 2);
    at(first, 1) = at(second, 1) = 1;
    y.push_back(at(first, 0) + at(second, 0));
  }
  return {tensor(x, Shape{steps, batch, 2}), tensor(y, Shape{batch, 1})};
}

template <class Network>
double error_of(const Network& network, const Sums& data) {
  return mean(square(network(data.x) - data.y)).item();
}

/// Trains until a batch that was never seen has an error below `goal`, or for `most` steps.
template <class Layer>
double train(Layer layer, nn::Random random, double goal, int most, int& taken) {
  nn::Sequential network(std::move(layer), nn::LastStep{}, nn::Linear(hidden, 1, random));
  nn::Adam adam({.rate = 5e-3});
  nn::Random unseen = random.child(1);
  const Sums held_out = some_sums(unseen);
  BOOST_TEST(error_of(network, held_out) > 0.1);
  Recording r(RecordingOptions{.ties = false});
  double error = 1;
  for (taken = 0; taken < most && error > goal;) {
    const Sums data = some_sums(random);
    r.clear();
    const auto live = nn::lifted(network, r);
    const Tensor loss = mean(square(live(data.x) - data.y));
    std::vector<Tensor> gradients = nn::adjoints_of(live, backward(loss));
    (void)nn::clip_norm(gradients, 1.0);
    adam.step(network, gradients);
    if (++taken % 50 == 0) error = error_of(network, held_out);
  }
  return error;
}

BOOST_AUTO_TEST_SUITE(adding_problem)

BOOST_AUTO_TEST_CASE(an_lstm_remembers_two_numbers_over_sixty_steps) {
  nn::Random random(11);
  nn::LSTM lstm(2, hidden, random);
  // The forget gate open at first (Gers and others 2000), as one sets it where memory is needed.
  lstm.weights[0].bias_ih =
      concatenate({slice_along(*lstm.weights[0].bias_ih, 0, 0, hidden), ones(Shape{hidden}, Dtype::f32),
                   slice_along(*lstm.weights[0].bias_ih, 0, 2 * hidden, 4 * hidden)});
  const auto start = std::chrono::steady_clock::now();
  int taken = 0;
  const double error = train(lstm, random, 0.005, 4000, taken);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  BOOST_TEST_MESSAGE("LSTM: mean squared error " << error << " after " << taken << " steps of "
                                                 << 1e3 * seconds.count() / taken << " ms");
  BOOST_TEST(error < 0.01);
}

BOOST_AUTO_TEST_CASE(a_gru_too) {
  nn::Random random(12);
  int taken = 0;
  const double error = train(nn::GRU(2, hidden, random), random, 0.005, 4000, taken);
  BOOST_TEST_MESSAGE("GRU: mean squared error " << error << " after " << taken << " steps");
  BOOST_TEST(error < 0.01);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
