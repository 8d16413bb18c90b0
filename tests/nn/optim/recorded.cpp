// Every optimiser's update as entries of a recording: the bits of the one that is computed.

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/in_program.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/nn/random/random.hpp"

namespace {

using namespace wengert;

std::vector<std::uint64_t> bits_of(const Tensor& x) {
  std::vector<std::uint64_t> bits;
  for (const double value : x.to_vector()) bits.push_back(std::bit_cast<std::uint64_t>(value + 0.0));  // -0 is 0
  return bits;
}

/// Ten steps of a program of the update alone, without rewrites that round, beside ten of Optimiser::step.
template <class O>
void compare(const std::string& what, const O& optimiser, Dtype dtype) {
  nn::Random random(5);
  const Shape shape{37};  // no multiple of a vector's width
  Tensor with = random.normal(shape, 0, 1, dtype), without = Tensor(with.value());
  O one = optimiser, other = optimiser;
  const std::vector<nn::Parameter> parameters{{"p", &with}}, plain{{"p", &without}};
  nn::Optimiser::InProgram step(one, parameters, std::source_location::current());
  Recording recording;
  nn::RecordedUpdate update{.parameter = recording.variable(with), .gradient = recording.variable(with)};
  const nn::RecordedUpdate before = [&] {
    for (std::size_t m = 0; m < step.moments(); ++m) update.moments[m] = recording.variable(Tensor(step.moment(0, m)));
    for (Tensor& number : update.numbers) number = recording.variable(full(Shape{}, 0.5, dtype));
    return update;
  }();
  BOOST_TEST_REQUIRE(step.record(0, update));
  std::vector<detail::AnyHandle> inputs{before.gradient, before.parameter}, outputs{update.parameter};
  ProgramOptions options{.states = {{1, 0}}, .exact = true};
  for (std::size_t m = 0; m < step.moments(); ++m) {
    options.states.push_back({inputs.size(), outputs.size()});
    inputs.emplace_back(before.moments[m]);
    outputs.emplace_back(update.moments[m]);
  }
  const std::size_t first_number = inputs.size();
  for (const Tensor& number : before.numbers) inputs.emplace_back(number);
  const Program program(recording, inputs, outputs, options);
  Program::Workspace workspace(program);
  workspace.set(1, with);
  for (std::size_t m = 0; m < step.moments(); ++m) workspace.set(2 + m, step.moment(0, m));
  for (int t = 0; t < 10; ++t) {
    const Tensor gradient = random.normal(shape, 0.1, 1, dtype);
    const std::array<double, 3> numbers = step.numbers(0);
    for (std::size_t n = 0; n < 3; ++n) workspace.set(first_number + n, Array::uniform({dtype, Shape{}}, numbers[n]));
    workspace.set(0, gradient);
    program.run(workspace);
    step.made();
    other.step(plain, std::vector{gradient});
    BOOST_TEST_REQUIRE((bits_of(workspace.state(0)) == bits_of(without)), what << ", step " << t);
    const std::vector<nn::NamedTensor> state = other.state();
    for (std::size_t m = 0; m < step.moments(); ++m)
      BOOST_TEST_REQUIRE((bits_of(workspace.state(1 + m)) == bits_of(state[2 + m].value)),
                         what << ", " << state[2 + m].name << ", step " << t);
    BOOST_TEST(one.state().at(1).value.item() == t + 1);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recorded)

BOOST_AUTO_TEST_CASE(updates_as_programs_give_the_bits_of_updates) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    compare("SGD", nn::SGD({.rate = 0.1, .weight_decay = 0.01}), dtype);
    compare("SGD upward", nn::SGD({.rate = 0.1, .maximise = true}), dtype);
    compare("momentum", nn::SGD({.rate = 0.1, .momentum = 0.9, .dampening = 0.2}), dtype);
    compare("Nesterov", nn::SGD({.rate = 0.1, .momentum = 0.9, .nesterov = true}), dtype);
    compare("Adam", nn::Adam({.rate = 0.1, .weight_decay = 0.01}), dtype);
    compare("amsgrad", nn::Adam({.rate = 0.1, .amsgrad = true}), dtype);
    compare("AdamW", nn::AdamW({.rate = 0.1, .weight_decay = 0.1}), dtype);
    compare("RMSProp", nn::RMSProp({.rate = 0.1}), dtype);
    compare("RMSProp momentum", nn::RMSProp({.rate = 0.1, .momentum = 0.5}), dtype);
    compare("RMSProp centred", nn::RMSProp({.rate = 0.1, .centred = true}), dtype);
    compare("RMSProp both", nn::RMSProp({.rate = 0.1, .momentum = 0.5, .centred = true}), dtype);
    compare("Adagrad", nn::Adagrad({.rate = 0.1, .rate_decay = 0.1, .weight_decay = 0.01}), dtype);
  }
}

BOOST_AUTO_TEST_SUITE_END()
