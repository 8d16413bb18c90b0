// FitOptions::compile: steps as programs.
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "network.hpp"
#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;
using test::bits_of;
using test::parabola;
using test::squared_error;

struct Plain {
  Linear hidden, out;
  static auto members(auto& self) { return std::tie(self.hidden, self.out); }
  static constexpr std::array names{"hidden", "out"};
  Tensor operator()(const Tensor& x) const { return out(tanh(hidden(x))); }
};
Plain plain() {
  Random random(3);
  return converted(Plain{Linear(1, 16, random), Linear(16, 1, random)}, Dtype::f64);
}

/// The losses of epochs, and what was written.
template <class Model, class Loss>
std::pair<std::vector<double>, std::string> losses_of(Model& model, const Loss& loss, bool compile, int epochs = 4) {
  std::ostringstream text;
  const Loader data(parabola(50), {.batch = 8, .seed = 5});
  SGD optimiser({.rate = 0.05});
  FitOptions options{.epochs = epochs, .compile = compile};
  options.progress.write = written_to(text);
  const FitResult result = fit(model, data, loss, optimiser, options);
  std::vector<double> losses;
  for (const TrainingRecord& each : result.history.epochs) losses.push_back(each.loss);
  return {losses, text.str()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compiled_steps)

BOOST_AUTO_TEST_CASE(a_compiled_training_is_the_same_but_for_rounding) {
  Plain with = plain(), without = plain();
  const auto [compiled, text] = losses_of(with, squared_error, true);
  const auto [immediate, other] = losses_of(without, squared_error, false);
  BOOST_REQUIRE(compiled.size() == immediate.size());
  for (std::size_t k = 0; k < compiled.size(); ++k)
    BOOST_TEST(std::abs(compiled[k] - immediate[k]) <= 1e-12 * (1 + std::abs(immediate[k])));
  BOOST_TEST(text.find("not compiled") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bits) {
  Plain first = plain(), second = plain();
  BOOST_TEST(losses_of(first, squared_error, true).first == losses_of(second, squared_error, true).first,
             boost::test_tools::per_element());
  BOOST_TEST((bits_of(first) == bits_of(second)));
}

BOOST_AUTO_TEST_CASE(a_step_that_draws_random_numbers_is_not_compiled) {
  const auto model = [] {
    Random random(3);
    return converted(Sequential(Linear(1, 16, random), Dropout(0.5), Linear(16, 1, random)), Dtype::f64);
  };
  auto with = model(), without = model();
  const auto [compiled, text] = losses_of(with, squared_error, true);
  const auto [immediate, other] = losses_of(without, squared_error, false);
  BOOST_TEST(compiled == immediate, boost::test_tools::per_element());
  BOOST_TEST(text.find("steps are not compiled: the step draws random numbers") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_loss_that_takes_a_number_out_of_its_recording_is_found_out) {
  // Divided by its own value: what leaves the recording is a constant of the program.
  const auto loss = [](const Tensor& output, const Tensor& target) {
    const Tensor error = mean(square(output - target));
    return error * (1.0 / (1.0 + error.item()));
  };
  Plain with = plain(), without = plain();
  const auto [compiled, text] = losses_of(with, loss, true);
  BOOST_TEST(text.find("steps are not compiled: a batch gives other numbers") != std::string::npos);
  const auto [immediate, other] = losses_of(without, loss, false);
  for (std::size_t k = 0; k < compiled.size(); ++k)
    BOOST_TEST(std::abs(compiled[k] - immediate[k]) <= 1e-6 * (1 + std::abs(immediate[k])));
}

BOOST_AUTO_TEST_SUITE_END()
