// The loop: what it does with a model, when it ends, what it measures, what it refuses.

#include <atomic>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "network.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/nn/train/fit.hpp"
#include "wengert/nn/train/report.hpp"
#include "wengert/nn/train/summary.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;
using test::bits_of;
using test::Network;
using test::parabola;
using test::squared_error;
using Kind = FitEvent::Kind;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// y = a x, one parameter.
struct Line {
  Tensor a = tensor({0.0}, Shape{1});
  static auto members(auto& self) { return std::tie(self.a); }
  static constexpr std::array names{"a"};
  Tensor operator()(const Tensor& x) const { return x * a; }
};

struct Plain {
  Linear hidden, out;
  static auto members(auto& self) { return std::tie(self.hidden, self.out); }
  static constexpr std::array names{"hidden", "out"};
  Tensor operator()(const Tensor& x) const { return out(tanh(hidden(x))); }
};

DatasetPointer line_of(const std::vector<double>& x, const std::vector<double>& y) {
  const Shape shape{static_cast<std::int64_t>(x.size()), 1};
  return std::make_shared<TensorDataset>(tensor(x, shape), tensor(y, shape));
}

template <class E, class F>
std::string refusal(const F& work) {
  try {
    work();
  } catch (const E& error) {
    BOOST_TEST(std::string(error.where().file_name()).ends_with("fit.cpp"));
    BOOST_TEST(error.where().line() > 0u);
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(fitting)

BOOST_AUTO_TEST_CASE(it_does_what_the_loop_written_out_does_to_the_last_bit) {
  const Loader data(parabola(22), {.batch = 8, .seed = 3});
  Network by_hand(Random(1)), by_fit(Random(1));
  SGD one{{.rate = 0.1, .momentum = 0.9}}, other = one;
  const FitResult result = fit(by_fit, data, squared_error, other, {.epochs = 4, .seed = 7});

  std::int64_t step = 0;
  Recording r;
  double loss_of_epoch = 0;
  for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
    loss_of_epoch = 0;
    for (const Batch& batch : data.epoch(epoch)) {
      r.clear();
      Network live = lifted(by_hand, r);
      Pass pass = Pass::training(Random(7).child(static_cast<std::uint64_t>(step++)));
      const Tensor loss = squared_error(live(batch.x, pass), batch.y);
      loss_of_epoch += loss.item() * static_cast<double>(batch.x.shape()[0]);
      one.step(by_hand, adjoints_of(live, backward(loss)));
      copy_buffers(by_hand, live);
    }
  }
  BOOST_CHECK(bits_of(by_fit) == bits_of(by_hand));
  BOOST_CHECK(result.ending == Ending::epochs);
  BOOST_TEST(result.epochs == 4);
  BOOST_TEST(result.steps == 12);
  BOOST_TEST(result.history.epochs.size() == 4u);
  BOOST_TEST(result.history.epochs.back().loss == loss_of_epoch / 22);  // the last batch has 6 samples only
  BOOST_TEST(result.history.steps.size() == 12u);
  BOOST_TEST(!result.best_restored);
  BOOST_TEST(result.monitored == "loss");
}

BOOST_AUTO_TEST_CASE(it_learns_a_parabola) {
  Random random(1);
  Plain network{Linear(1, 8, random, {.dtype = Dtype::f64}), Linear(8, 1, random, {.dtype = Dtype::f64})};
  Adam adam{{.rate = 0.02}};
  const Loader data(parabola(64), {.batch = 16, .seed = 1}), all(parabola(64), {.batch = 64, .shuffle = false});
  const FitResult result = fit(network, data, squared_error, adam, {.epochs = 500, .loss_rules = {.below = 1e-4}});
  BOOST_CHECK(result.ending == Ending::small_loss);
  const Evaluation evaluation = evaluate(network, all, squared_error);
  BOOST_TEST(evaluation.loss < 5e-4);
  BOOST_TEST(evaluation.samples == 64);
}

BOOST_AUTO_TEST_CASE(limits_and_rules_end_it) {
  const Loader data(line_of({1, 2, 3, 4, 5}, {2, 4, 6, 8, 10}), {.batch = 1});
  const auto run = [&](FitOptions options, double rate = 0.01) {
    Line line;
    SGD sgd{{.rate = rate}};
    return fit(line, data, squared_error, sgd, options);
  };
  const FitResult steps = run({.steps = 12});
  BOOST_CHECK(steps.ending == Ending::steps);
  BOOST_TEST(steps.steps == 12);
  BOOST_TEST(steps.epochs == 2);
  BOOST_TEST(run({.epochs = 0, .steps = 10}).epochs == 2);  // an epoch that is complete counts
  const FitResult time = run({.epochs = 0, .seconds = 1e-9});
  BOOST_CHECK(time.ending == Ending::seconds);
  BOOST_TEST(time.steps == 0);
  const FitResult still = run({.loss_rules = {.change = 0}}, 0);
  BOOST_CHECK(still.ending == Ending::unchanged_loss);
  BOOST_TEST(still.epochs == 2);
  const FitResult asked = run({.callbacks = {[](FitEvent& event) { event.stop = event.step == 7; }}});
  BOOST_CHECK(asked.ending == Ending::callback);
  BOOST_TEST(asked.steps == 7);
  const FitResult never = run({.callbacks = {[](FitEvent& event) { event.stop = event.kind == Kind::begin; }}});
  BOOST_CHECK(never.ending == Ending::callback);
  BOOST_TEST(never.steps == 0);
  std::atomic<bool> stop = false;
  const FitResult interrupted =
      run({.callbacks = {[&](FitEvent& event) { stop = stop || event.step == 5; }}, .stop = &stop});
  BOOST_CHECK(interrupted.ending == Ending::interrupted);
  BOOST_TEST(interrupted.steps == 5);
  BOOST_TEST(interrupted.epochs == 0);  // at once: its measurements wait for the continuation
  BOOST_TEST(to_string(interrupted.ending) == "interrupted");
}

BOOST_AUTO_TEST_CASE(early_stopping_gives_back_the_best_epoch) {
  const Loader data(parabola(16), {.batch = 4}), held_out(parabola(9), {.batch = 4, .shuffle = false});
  Network network(Random(2));
  SGD sgd{{.rate = 0.05}};
  std::vector<std::vector<std::uint64_t>> after_epoch;
  FitOptions options{.epochs = 0, .early_stopping = {.patience = 3}, .validation = &held_out};
  // Better at first, then worse and worse.
  options.rate_per_epoch = [](std::int64_t epoch) { return epoch < 3 ? 0.05 : 0.9; };
  options.callbacks = {[&](FitEvent& event) {
    if (event.kind == Kind::epoch) after_epoch.push_back(bits_of(network));
  }};
  const FitResult result = fit(network, data, squared_error, sgd, options);
  BOOST_CHECK(result.ending == Ending::early_stopping);
  BOOST_TEST(result.monitored == "validation_loss");
  BOOST_TEST(result.epochs == result.best_epoch + 3);
  BOOST_TEST(result.best_restored);
  BOOST_CHECK(bits_of(network) == after_epoch.at(static_cast<std::size_t>(result.best_epoch - 1)));
  BOOST_CHECK(bits_of(network) != after_epoch.back());
  BOOST_TEST(evaluate(network, held_out, squared_error).loss == result.best);
  for (const TrainingRecord& record : result.history.epochs) BOOST_TEST(*record.validation_loss >= result.best);
}

BOOST_AUTO_TEST_CASE(metrics_are_means_over_samples) {
  const Loader data(line_of({1, 2, 3, 4, 5}, {2, 4, 6, 8, 10}), {.batch = 2, .shuffle = false});
  Line line;
  SGD sgd{{.rate = 0}};
  const Metric first{"first target", [](const Tensor&, const Tensor& target) { return target.value().element(0); }};
  const FitResult result =
      fit(line, data, squared_error, sgd, {.epochs = 1, .validation = &data, .metrics = {first}, .record_every = 2});
  const TrainingRecord& epoch = result.history.epochs.at(0);
  const double mean = (2 * 2 + 2 * 6 + 1 * 10) / 5.0;
  BOOST_TEST(epoch.metrics.at(0) == mean);
  BOOST_TEST(epoch.validation_metrics.at(0) == mean);
  BOOST_TEST(epoch.loss == 44.0);  // the mean of 4 16 36 64 100
  BOOST_TEST(*epoch.validation_loss == 44.0);
  BOOST_REQUIRE(result.history.steps.size() == 1u);
  BOOST_TEST(result.history.steps[0].metrics.at(0) == 4.0);
  BOOST_TEST(result.history.steps[0].loss == 30.0);
  BOOST_TEST(evaluate(line, data, squared_error, std::vector{first}).metrics.at(0) == mean);
}

BOOST_AUTO_TEST_CASE(accuracies) {
  const Tensor logits = tensor({0.1, 0.9, 0.5, 0.5, nan, 1.0, 2.0, 1.0}, Shape{4, 2});
  const std::vector<std::int64_t> labels{1, 0, 1, 7};
  BOOST_TEST(accuracy().of(logits, tensor(labels, Shape{4})) == 0.5);
  BOOST_TEST(accuracy().of(reshape(logits, Shape{2, 2, 2}), tensor(labels, Shape{2, 2})) == 0.5);
  BOOST_TEST(binary_accuracy().of(tensor({-1, 0, 2, nan}), tensor({0, 1, 0, 1})) == 0.5);
  BOOST_TEST(binary_accuracy(0.5).of(tensor({0.25, 0.75}), tensor({0, 1})) == 1.0);
  BOOST_CHECK_THROW(accuracy().of(logits, tensor(labels, Shape{2, 2})), ShapeError);
  BOOST_CHECK_THROW(accuracy().of(logits, tensor({1, 0, 1, 7})), DtypeError);
  BOOST_CHECK_THROW(binary_accuracy().of(logits, tensor({1, 0})), ShapeError);
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_not_finite_ends_it_before_the_step) {
  const Loader data(line_of({1, 2, nan, 4}, {2, 4, 6, 8}), {.batch = 1, .shuffle = false});
  Line line;
  SGD sgd{{.rate = 0.01}};
  std::ostringstream out;
  std::vector<double> after;
  FitOptions options{.epochs = 2};
  options.progress.write = written_to(out);
  options.callbacks = {[&](FitEvent& event) {
    if (event.kind == Kind::step) after.push_back(line.a.item());
  }};
  const FitResult result = fit(line, data, squared_error, sgd, options);
  BOOST_CHECK(result.ending == Ending::not_finite);
  BOOST_REQUIRE(result.not_finite.has_value());
  BOOST_TEST(result.not_finite->epoch == 1);
  BOOST_TEST(result.not_finite->batch == 2);
  BOOST_TEST(result.not_finite->step == 2);
  BOOST_TEST(std::isnan(result.not_finite->loss));
  BOOST_TEST(result.not_finite->what == "the loss is nan");
  BOOST_TEST(result.steps == 2);
  BOOST_TEST(line.a.item() == after.back());
  BOOST_TEST(contains(out.str(), "epoch 1, batch 2 (step 2): the loss is nan; nan is born in "), out.str());
  BOOST_TEST(contains(out.str(), "; the training ends\n"));
  BOOST_TEST(contains(result.not_finite->born, "cause: a constant operand of "), result.not_finite->born);

  BOOST_TEST(!result.health.empty());
  BOOST_CHECK(result.health.at(0).kind == HealthKind::non_finite_gradient ||
              result.health.at(0).kind == HealthKind::non_finite_value);

  options.not_finite = NotFinite::skip;
  const FitResult skipping = fit(line, data, squared_error, sgd, options);
  BOOST_CHECK(skipping.ending == Ending::epochs);
  BOOST_TEST(skipping.steps == 8);
  BOOST_TEST(skipping.skipped == 2);
  BOOST_TEST(skipping.not_finite->step == 6);
  for (const TrainingRecord& record : skipping.history.epochs) BOOST_TEST(std::isfinite(record.loss));
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_not_finite_likewise) {
  const Loader data(line_of({1, 2}, {0, 0}), {.batch = 1, .shuffle = false});
  const auto root = [](const Tensor& output, const Tensor&) { return mean(sqrt(output)); };  // ∞ at 0
  for (const bool clipped : {false, true}) {
    Line line;
    SGD sgd{{.rate = 0.01}};
    FitOptions options;
    if (clipped) options.clip_norm = 1.0;
    const FitResult result = fit(line, data, root, sgd, options);
    BOOST_CHECK(result.ending == Ending::not_finite);
    BOOST_TEST(result.not_finite->loss == 0.0);
    BOOST_TEST(contains(result.not_finite->what, "gradient"), result.not_finite->what);
    BOOST_TEST(line.a.item() == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(clipping_bounds_the_step) {
  const Loader data(line_of({10}, {10}), {.batch = 1});
  const auto moved = [&](const FitOptions& options) {
    Line line;
    SGD sgd{{.rate = 1}};
    static_cast<void>(fit(line, data, squared_error, sgd, options));
    return line.a.item();
  };
  BOOST_TEST(moved({.epochs = 1}) == 200.0);
  BOOST_TEST(moved({.epochs = 1, .clip_value = 0.5}) == 0.5);
  BOOST_TEST(moved({.epochs = 1, .clip_norm = 3.0}) == 3.0, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(what_is_not_trained_stays) {
  const Loader data(parabola(16), {.batch = 4});
  Network network(Random(1));
  const Network before = network;
  SGD sgd{{.rate = 0.1, .momentum = 0.9, .weight_decay = 0.1}};
  const auto result = fit(network, data, squared_error, sgd,
                          {.epochs = 2, .trained = [](std::string_view name) { return !name.starts_with("hidden."); }});
  BOOST_TEST(result.steps == 8);
  BOOST_CHECK(bits_of(network.hidden) == bits_of(before.hidden));
  BOOST_CHECK(bits_of(network.out) != bits_of(before.out));
  const std::string none = refusal<ArgumentError>([&] {
    static_cast<void>(fit(network, data, squared_error, sgd, {.trained = [](std::string_view) { return false; }}));
  });
  BOOST_TEST(contains(none, "fit: no parameter is trained"), none);
}

BOOST_AUTO_TEST_CASE(parameters_are_written_in_place) {
  const Loader data(parabola(16), {.batch = 4});
  Network network(Random(1));
  const void* const elements = network.hidden.weight.value().bytes().data();
  SGD sgd{{.rate = 0.1, .momentum = 0.9}};
  static_cast<void>(fit(network, data, squared_error, sgd, {.epochs = 2, .validation = &data}));
  BOOST_TEST(network.hidden.weight.value().bytes().data() == elements);
  // But not those that somebody else holds.
  const Network copy = network;
  const auto before = bits_of(copy);
  static_cast<void>(fit(network, data, squared_error, sgd, {.epochs = 1}));
  BOOST_CHECK(bits_of(copy) == before);
  BOOST_CHECK(bits_of(network) != before);
}

BOOST_AUTO_TEST_CASE(rates_follow_their_schedules) {
  const Loader data(line_of({1, 2}, {2, 4}), {.batch = 1});
  const auto rates = [&](const FitOptions& options) {
    Line line;
    SGD sgd{{.rate = 1}};
    std::vector<double> result;
    for (const TrainingRecord& record : fit(line, data, squared_error, sgd, options).history.steps)
      result.push_back(record.rate);
    return result;
  };
  const Schedule halving = [](std::int64_t t) { return 0.01 / static_cast<double>(1 << t); };
  BOOST_TEST(rates({.epochs = 2, .rate_per_step = halving}) == (std::vector{0.01, 0.005, 0.0025, 0.00125}));
  BOOST_TEST(rates({.epochs = 2, .rate_per_epoch = halving}) == (std::vector{0.01, 0.01, 0.005, 0.005}));
  // Rate 1 makes this loss grow: a rise in epochs 2 and 3 halves the rate of epoch 4.
  BOOST_TEST(rates({.epochs = 4, .plateau = PlateauOptions{.factor = 0.5, .patience = 1}}) ==
             (std::vector{1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5}));
}

/// Beside a parameter that nothing uses.
struct Forgetful {
  Tensor a = tensor({0.5}, Shape{1}), unused = tensor({0.0}, Shape{1});
  static auto members(auto& self) { return std::tie(self.a, self.unused); }
  static constexpr std::array names{"a", "unused"};
  Tensor operator()(const Tensor& x) const { return x * a; }
};

BOOST_AUTO_TEST_CASE(health_is_checked_when_it_is_asked_for) {
  const Loader data(line_of({1, 2}, {2, 4}), {.batch = 1});
  Forgetful model;
  SGD sgd{{.rate = 0.01}};
  BOOST_TEST(fit(model, data, squared_error, sgd).health.empty());
  const FitResult result = fit(model, data, squared_error, sgd, {.health_every = 4});
  BOOST_REQUIRE(result.health.size() == 1u);
  BOOST_CHECK(result.health[0].kind == HealthKind::outside_graph);
  BOOST_TEST(result.health[0].where == "unused");
  BOOST_TEST(contains(report_of(result).warnings.at(0), "unused: "));
}

BOOST_AUTO_TEST_CASE(callbacks_hear_everything_in_order) {
  const Loader data(line_of({1, 2}, {2, 4}), {.batch = 1, .shuffle = false});
  Line line;
  SGD sgd{{.rate = 0.01}};
  std::string heard;
  FitOptions options{.epochs = 2};
  options.callbacks = {[&](const FitEvent& event) {
                         constexpr const char* names[]{"begin", "step", "epoch", "checkpoint", "end"};
                         heard += std::string(names[static_cast<int>(event.kind)]) + " " + std::to_string(event.epoch) +
                                  "." + std::to_string(event.batch) + "/" + std::to_string(event.step) + "; ";
                       },
                       [&](const FitEvent&) { heard += "| "; }};
  static_cast<void>(fit(line, data, squared_error, sgd, options));
  BOOST_TEST(heard ==
             "begin 1.0/0; | step 1.1/1; | step 1.2/2; | epoch 1.2/2; | step 2.1/3; | step 2.2/4; | epoch 2.2/4; | "
             "end 3.0/4; | ");
}

BOOST_AUTO_TEST_CASE(its_report_knows_what_happened) {
  const Loader data(line_of({1, nan, 3, 4}, {2, 4, 6, 8}), {.batch = 1, .shuffle = false});
  Line line;
  SGD sgd{{.rate = 0.01}};
  const TrainingReport report =
      report_of(fit(line, data, squared_error, sgd,
                    {.epochs = 3, .early_stopping = {.patience = 9}, .seed = 5, .not_finite = NotFinite::skip}));
  BOOST_TEST(report.ending == "epochs");
  BOOST_TEST(report.best_epoch == 3);
  BOOST_TEST(report.history.epochs.size() == 3u);
  BOOST_TEST(report.facts.at(0).second == "5");
  BOOST_TEST(report.facts.at(2).second == "those of the best epoch, 3");
  BOOST_TEST(report.warnings.at(0) == "epoch 3, batch 1 (step 9): the loss is nan");
  BOOST_TEST(report.warnings.at(1) == "3 steps were left out");
  BOOST_TEST(report.created.ends_with(" UTC"));
  TrainingReport whole = report;
  whole.tables.push_back(table_of(summarise(line, zeros(Shape{3, 1}))));
  BOOST_TEST(contains(html_of(whole), "<td class=\"name\">in all</td>"));
  BOOST_TEST(contains(html_of(report), "<td class=\"name\">monitored</td>"));
}

BOOST_AUTO_TEST_CASE(a_terminal_shows_one_line_that_ends_in_a_line_break) {
  const Loader data(parabola(16), {.batch = 4});
  Network network(Random(1));
  SGD sgd{{.rate = 0.1}};
  std::string out;
  FitOptions options{.epochs = 3};
  options.progress = {.write = [&](std::string_view bytes) { out += bytes; }, .terminal = true, .redraw = 0};
  options.callbacks = {[](FitEvent& event) {
    if (event.kind == Kind::epoch && event.epoch == 2) event.progress.log("half way");
  }};
  static_cast<void>(fit(network, data, squared_error, sgd, options));
  BOOST_TEST(contains(out, "\r\x1b[Khalf way\nepoch 2/3  [====================]"));
  BOOST_TEST(contains(out, "epoch 3/3  [====================]  loss "));
  BOOST_TEST(out.ends_with("ended: epochs\n"));
  // Every line break belongs to a log line or to the end.
  BOOST_TEST(std::count(out.begin(), out.end(), '\n') == 2);
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused_with_the_line) {
  const Loader data(parabola(16), {.batch = 4});
  const Loader none(parabola(2), {.batch = 4, .drop_last = true});
  Network network(Random(1));
  SGD sgd{{.rate = 0.1}};
  const auto refused = [&](const FitOptions& options) {
    return refusal<ArgumentError>([&] { static_cast<void>(fit(network, data, squared_error, sgd, options)); });
  };
  BOOST_TEST(contains(refused({.epochs = -1}), "fit: the number of epochs is negative"));
  BOOST_TEST(contains(refused({.seconds = nan}), "fit: the time is negative or NaN"));
  BOOST_TEST(contains(refused({.early_stopping = {.patience = -1}}), "the patience of early stopping is negative"));
  BOOST_TEST(contains(refused({.monitor = {.column = "accuracy"}}), "no column 'accuracy' to monitor"));
  BOOST_TEST(contains(refused({.validation = &none}), "the data for validation have no batches"));
  BOOST_TEST(contains(refused({.checkpoints = {.resume = true}}), "there is no folder to resume from"));
  const Metric loss{"loss", [](const Tensor&, const Tensor&) { return 0.0; }};
  BOOST_TEST(contains(refused({.metrics = {loss}}), "a metric has the name 'loss', which another column has"));
  BOOST_TEST(contains(refused({.metrics = {accuracy(), accuracy()}}), "the name 'accuracy', which another column has"));
  BOOST_TEST(contains(refused({.metrics = {accuracy("a\nb")}}), "expected a name of one line"));
  BOOST_TEST(contains(refused({.rate_per_step = constant(1), .plateau = PlateauOptions{}}), "several schedules"));
  const std::string empty = refusal<ArgumentError>([&] { static_cast<void>(fit(network, none, squared_error, sgd)); });
  BOOST_TEST(contains(empty, "fit: the data have no batches; expected one at least"), empty);

  const auto loss_refused = [&]<class E>(std::type_identity<E>, const auto& wrong) {
    return refusal<E>([&] { static_cast<void>(fit(network, data, wrong, sgd)); });
  };
  BOOST_TEST(
      contains(loss_refused(std::type_identity<ShapeError>{}, [](const Tensor& o, const Tensor& t) { return o - t; }),
               "fit: the loss is f64[4,1]; expected one element, f32 or f64"));
  BOOST_TEST(contains(
      loss_refused(std::type_identity<ArgumentError>{}, [](const Tensor&, const Tensor& t) { return mean(t); }),
      "fit: the loss depends on no parameter that is trained"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
