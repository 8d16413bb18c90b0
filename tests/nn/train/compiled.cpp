// FitOptions::compile: steps as programs, against steps without.
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "network.hpp"
#include "wengert/nn/nn.hpp"
#include "wengert/nn/train/compiled_step.hpp"
#include "wengert/tests/tensor/allocation_count.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;
using test::bits_of;
using test::bits_of_history;
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

template <class Model, class Loss>
FitResult trained(Model& model, const Loss& loss, Optimiser& optimiser, FitOptions options, bool compile) {
  const Loader data(parabola(50), {.batch = 8, .seed = 5});  // the last batch of an epoch has 2
  options.compile = compile;
  return fit(model, data, loss, optimiser, options);
}

/// Numbers of the two agree within `bound` of the largest of each tensor.
void check_states(const std::string& what, const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b,
                  double bound) {
  BOOST_TEST_REQUIRE(a.size() == b.size(), what);
  for (std::size_t k = 0; k < a.size(); ++k) {
    BOOST_TEST_REQUIRE(a[k].name == b[k].name, what);
    const std::vector<double> x = a[k].value.to_vector(), y = b[k].value.to_vector();
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      largest = std::max(largest, std::abs(y[i]));
      difference = std::max(difference, std::abs(x[i] - y[i]));
    }
    BOOST_TEST(difference <= bound * std::max(largest, 1e-3), what << ", " << a[k].name << ": " << difference);
  }
}
void check_losses(const std::string& what, const History& a, const History& b, double bound) {
  BOOST_TEST_REQUIRE(a.epochs.size() == b.epochs.size(), what);
  for (std::size_t k = 0; k < a.epochs.size(); ++k)
    BOOST_TEST(std::abs(a.epochs[k].loss - b.epochs[k].loss) <= bound * (1 + std::abs(b.epochs[k].loss)),
               what << ", epoch " << k << ": " << a.epochs[k].loss << " and " << b.epochs[k].loss);
}

/// Both ways: losses, parameters, buffers and the optimiser's state agree, and all steps of one were programs.
template <class Model, class Loss, class O>
void compare(const std::string& what, const Model& model, const Loss& loss, const O& optimiser,
             const FitOptions& options, double bound) {
  Model with = model, without = model;
  O one = optimiser, other = optimiser;
  const FitResult compiled = trained(with, loss, one, options, true);
  const FitResult immediate = trained(without, loss, other, options, false);
  BOOST_TEST(compiled.not_compiled == "", what << ": " << compiled.not_compiled);
  BOOST_TEST(compiled.compiled == compiled.steps, what);
  BOOST_TEST(immediate.compiled == 0, what);
  check_losses(what, compiled.history, immediate.history, bound);
  check_states(what, state(with), state(without), bound);
  check_states(what, one.state(), other.state(), bound);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compiled_steps)

BOOST_AUTO_TEST_CASE(every_optimiser_trains_the_same_as_a_program) {
  const FitOptions options{.epochs = 3};
  constexpr double bound = 1e-11;
  const std::vector<Group> groups{{.has = named_with_end("bias"), .rate_factor = 2.0, .weight_decay = 0.0}};
  const std::vector<Group> frozen{{.has = named("out."), .trained = false}};
  compare("SGD", plain(), squared_error, SGD({.rate = 0.05}), options, bound);
  compare("SGD, decay, upward", plain(), squared_error, SGD({.rate = 1e-3, .weight_decay = 0.1, .maximise = true}),
          options, bound);
  compare("SGD, momentum", plain(), squared_error, SGD({.rate = 0.02, .momentum = 0.9}), options, bound);
  compare("SGD, dampening", plain(), squared_error, SGD({.rate = 0.02, .momentum = 0.9, .dampening = 0.3}), options,
          bound);
  compare("SGD, Nesterov", plain(), squared_error, SGD({.rate = 0.02, .momentum = 0.9, .nesterov = true}), options,
          bound);
  compare("SGD, groups", plain(), squared_error, SGD({.rate = 0.02, .weight_decay = 0.1, .groups = groups}), options,
          bound);
  compare("SGD, frozen", plain(), squared_error, SGD({.rate = 0.02, .momentum = 0.9, .groups = frozen}), options,
          bound);
  compare("Adam", plain(), squared_error, Adam({.rate = 0.01}), options, bound);
  compare("Adam, amsgrad", plain(), squared_error, Adam({.rate = 0.01, .weight_decay = 0.1, .amsgrad = true}), options,
          bound);
  compare("AdamW", plain(), squared_error, AdamW({.rate = 0.01, .weight_decay = 0.1, .groups = groups}), options,
          bound);
  compare("RMSProp", plain(), squared_error, RMSProp({.rate = 0.01, .weight_decay = 0.1}), options, bound);
  compare("RMSProp, momentum", plain(), squared_error, RMSProp({.rate = 0.01, .momentum = 0.5}), options, bound);
  compare("RMSProp, centred", plain(), squared_error, RMSProp({.rate = 0.01, .centred = true}), options, 1e-9);
  compare("RMSProp, both", plain(), squared_error, RMSProp({.rate = 0.01, .momentum = 0.5, .centred = true}), options,
          1e-9);
  compare("Adagrad", plain(), squared_error, Adagrad({.rate = 0.05, .rate_decay = 0.1, .weight_decay = 0.1}), options,
          bound);
}

BOOST_AUTO_TEST_CASE(clipping_and_schedules_are_the_same_as_a_program) {
  constexpr double bound = 1e-11;
  const Adam adam({.rate = 0.01});
  compare("norm", plain(), squared_error, SGD({.rate = 0.05}), {.epochs = 3, .clip_norm = 0.05}, bound);
  compare("value", plain(), squared_error, SGD({.rate = 0.05}), {.epochs = 3, .clip_value = 0.01}, bound);
  compare("both", plain(), squared_error, adam, {.epochs = 3, .clip_norm = 0.1, .clip_value = 0.02}, bound);
  compare("each step", plain(), squared_error, adam, {.epochs = 3, .rate_per_step = cosine(0.02, 21)}, bound);
  compare("each epoch", plain(), squared_error, adam, {.epochs = 3, .rate_per_epoch = step_decay(0.02, 1, 0.5)}, bound);
  compare("some", plain(), squared_error, adam,
          {.epochs = 3, .trained = [](std::string_view name) { return !name.starts_with("out"); }}, bound);
}

BOOST_AUTO_TEST_CASE(a_step_that_draws_random_numbers_draws_those_of_the_step) {
  Random random(3);
  const auto model =
      converted(Sequential(Linear(1, 16, random), Dropout(0.5), RReLU{}, Linear(16, 1, random)), Dtype::f64);
  compare("dropout", model, squared_error, SGD({.rate = 0.05}), {.epochs = 3}, 1e-11);
}

BOOST_AUTO_TEST_CASE(running_statistics_are_brought_up_to_date_by_the_program) {
  Random random(3);
  for (const std::optional<double> momentum : {std::optional<double>(0.1), std::optional<double>{}}) {
    const auto model = converted(
        Sequential(Linear(1, 16, random), BatchNorm(16, {.momentum = momentum}), Tanh{}, Linear(16, 1, random)),
        Dtype::f64);
    compare(momentum ? "momentum" : "mean", model, squared_error, Adam({.rate = 0.01}), {.epochs = 3}, 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bits) {
  Plain first = plain(), second = plain();
  Adam one({.rate = 0.01}), other({.rate = 0.01});
  const FitResult a = trained(first, squared_error, one, {.epochs = 3}, true);
  const FitResult b = trained(second, squared_error, other, {.epochs = 3}, true);
  BOOST_TEST(bits_of_history(a.history) == bits_of_history(b.history), boost::test_tools::per_element());
  BOOST_TEST((bits_of(first) == bits_of(second)));
}

BOOST_AUTO_TEST_CASE(callbacks_see_the_parameters_and_the_state_of_every_step) {
  Plain with = plain(), without = plain();
  const auto seen = [](Plain& model, bool compile) {
    Adam adam({.rate = 0.01});
    std::vector<double> numbers;
    FitOptions options{.epochs = 2};
    options.callbacks.push_back([&](FitEvent& event) {
      if (event.kind != FitEvent::Kind::step) return;
      numbers.push_back(event.loss);
      numbers.push_back(model.hidden.weight.value().element(3));
      numbers.push_back(adam.state().back().value.value().element(0));
      if (event.step == 5) model.hidden.weight = Tensor((model.hidden.weight * 0.5).value());  // and may write them
    });
    static_cast<void>(trained(model, squared_error, adam, options, compile));
    return numbers;
  };
  const std::vector<double> a = seen(with, true), b = seen(without, false);
  BOOST_TEST_REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k)
    BOOST_TEST(std::abs(a[k] - b[k]) <= 1e-11 * (1 + std::abs(b[k])), k << ": " << a[k] << " and " << b[k]);
}

BOOST_AUTO_TEST_CASE(what_others_hold_of_a_model_does_not_change) {
  Plain model = plain();
  const Tensor before = model.hidden.weight;
  const std::vector<double> numbers = before.to_vector();
  SGD sgd({.rate = 0.05});
  BOOST_TEST(trained(model, squared_error, sgd, {.epochs = 1}, true).compiled == 7);
  BOOST_TEST(before.to_vector() == numbers, boost::test_tools::per_element());
  BOOST_TEST(model.hidden.weight.to_vector() != numbers, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_that_is_not_finite_is_left_out_or_ends_the_training) {
  // The loss is infinite for the batch with the first point of the parabola.
  const auto loss = [](const Tensor& output, const Tensor& target) {
    return mean(square(output - target)) + sum(relu(target - 0.9999)) * 1e300 * 1e300;
  };
  for (const NotFinite what : {NotFinite::skip, NotFinite::stop}) {
    Plain with = plain(), without = plain();
    Adam one({.rate = 0.01}), other({.rate = 0.01});
    const FitOptions options{.epochs = 3, .not_finite = what};
    const FitResult a = trained(with, loss, one, options, true), b = trained(without, loss, other, options, false);
    BOOST_TEST((a.ending == b.ending));
    BOOST_TEST(a.skipped == b.skipped);
    BOOST_TEST(a.not_compiled == "");
    BOOST_TEST_REQUIRE(a.not_finite.has_value());
    BOOST_TEST(a.not_finite->step == b.not_finite->step);
    check_states("not finite", state(with), state(without), 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(buffers_that_are_written_outside_of_the_recording_keep_steps_from_being_programs) {
  test::Network with(Random(1)), without(Random(1));
  SGD one({.rate = 0.05}), other({.rate = 0.05});
  const FitResult a = trained(with, squared_error, one, {.epochs = 2}, true);
  static_cast<void>(trained(without, squared_error, other, {.epochs = 2}, false));
  BOOST_TEST(a.not_compiled == "the buffer 'mean' is brought up to date outside of the recording");
  BOOST_TEST(a.compiled == 0);
  BOOST_TEST((bits_of(with) == bits_of(without)));
}

BOOST_AUTO_TEST_CASE(a_loss_that_takes_a_number_out_of_its_recording_is_found_out) {
  // Divided by its own value: what leaves the recording is a constant of the program.
  const auto loss = [](const Tensor& output, const Tensor& target) {
    const Tensor error = mean(square(output - target));
    return error * (1.0 / (1.0 + error.item()));
  };
  Plain with = plain(), without = plain();
  SGD one({.rate = 0.05}), other({.rate = 0.05});
  const FitResult a = trained(with, loss, one, {.epochs = 3}, true);
  const FitResult b = trained(without, loss, other, {.epochs = 3}, false);
  BOOST_TEST(a.not_compiled.find("a batch gives other numbers") == 0u);
  check_losses("item", a.history, b.history, 1e-11);
}

BOOST_AUTO_TEST_CASE(a_loss_that_changes_between_epochs_is_found_out) {
  const auto losses = [](bool compile, std::string& why) {
    Plain model = plain();
    SGD sgd({.rate = 0.05});
    double weight = 1;
    const auto loss = [&](const Tensor& output, const Tensor& target) {
      return mean(square(output - target)) * weight;
    };
    FitOptions options{.epochs = 6};
    options.callbacks.push_back([&](FitEvent& event) {
      if (event.kind == FitEvent::Kind::epoch && event.epoch == 4) weight = 0.5;
    });
    const FitResult result = trained(model, loss, sgd, options, compile);
    why = result.not_compiled;
    return result.history;
  };
  std::string why, none;
  const History a = losses(true, why), b = losses(false, none);
  BOOST_TEST(why.find("a batch gives other numbers") == 0u);
  check_losses("weight", a, b, 1e-9);
}

BOOST_AUTO_TEST_CASE(an_optimiser_of_ones_own_steps_outside_of_programs) {
  struct Signs final : Optimiser {
    Signs() : Optimiser({1e-3, 0, false, true, {}}, "Signs", std::source_location::current()) {}
    [[nodiscard]] std::string_view name() const noexcept override { return "Signs"; }
    [[nodiscard]] std::span<const std::string_view> moments() const noexcept override { return {}; }
    void update(const Update& u) const noexcept override {
      for (std::int64_t i = 0; i < u.size; ++i)
        static_cast<double*>(u.parameter)[i] -= u.rate * (static_cast<const double*>(u.gradient)[i] > 0 ? 1 : -1);
    }
  };
  Plain with = plain(), without = plain();
  Signs one, other;
  const FitResult result = trained(with, squared_error, one, {.epochs = 2}, true);
  static_cast<void>(trained(without, squared_error, other, {.epochs = 2}, false));
  BOOST_TEST(result.not_compiled.find("Optimiser::record") != std::string::npos);
  BOOST_TEST((bits_of(with) == bits_of(without)));
}

BOOST_AUTO_TEST_CASE(groups_that_change_are_followed) {
  const auto run = [](Plain& model, bool compile) {
    SGD sgd({.rate = 0.05, .momentum = 0.9, .groups = {{.has = named("hidden."), .trained = false}}});
    FitOptions options{.epochs = 4};
    options.callbacks.push_back([&](FitEvent& event) {
      if (event.kind == FitEvent::Kind::epoch && event.epoch == 2) sgd.set_groups({});
    });
    return trained(model, squared_error, sgd, options, compile);
  };
  Plain with = plain(), without = plain();
  const FitResult a = run(with, true), b = run(without, false);
  BOOST_TEST(a.compiled == a.steps, a.not_compiled);
  check_losses("thawed", a.history, b.history, 1e-11);
  check_states("thawed", state(with), state(without), 1e-11);
}

BOOST_AUTO_TEST_CASE(a_step_writes_every_state_in_place_and_allocates_nothing) {
  Random random(3);
  Sequential model(Linear(8, 16, random), ReLU{}, Linear(16, 4, random));
  const auto loss = [](const Tensor& output, const Tensor& target) { return cross_entropy(output, target); };
  ModelTrainee trainee(model, loss);
  Adam adam({.rate = 1e-3});
  const Batch batch{random.normal(Shape{32, 8}), tensor(std::vector<std::int64_t>(32, 1), Shape{32})};
  const std::vector<std::size_t> all{0, 1, 2, 3};
  CompiledStep::Refusal refusal;
  std::unique_ptr<CompiledStep> step;
  for (const StepOptions& options : {StepOptions{}, StepOptions{.clip_norm = 1.0}}) {
    step = CompiledStep::make(trainee, batch, random, all, adam, options, refusal, std::source_location::current());
    BOOST_TEST_REQUIRE(step != nullptr, refusal.why);
    const std::string report = step->program().report();
    BOOST_TEST(report.find("15 states in place, 0 of them by a copy") != std::string::npos, report);
  }
  for (int k = 0; k < 3; ++k) BOOST_TEST(step->run(batch, random, std::source_location::current()));
  if (!test::counts_allocations) return;
  const std::uint64_t before = test::allocations();
  for (int k = 0; k < 10; ++k) static_cast<void>(step->run(batch, random, std::source_location::current()));
  BOOST_TEST(test::allocations() == before);
}

BOOST_AUTO_TEST_SUITE_END()
