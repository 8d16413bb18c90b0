// Trainings that are interrupted, killed and resumed: bit for bit as if nothing had happened. And the files: whole or
// not there, whenever the process is killed.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "network.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/safetensors.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/nn/train/checkpoint.hpp"
#include "wengert/tests/nn/files/temporary_folder.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;
using test::bits_of;
using test::bits_of_history;
using test::Network;
using test::parabola;
using test::squared_error;
using test::TemporaryFolder;
using Kind = FitEvent::Kind;
namespace fs = std::filesystem;

struct Outcome {
  std::vector<std::uint64_t> weights, history;
  FitResult result;
};

/// Six epochs of five batches (the last one smaller), with everything that could be forgotten: shuffling, a dropout,
/// buffers, momentum, a rate that changes, validation, early stopping, records that run across the ends of epochs.
class Training {
 public:
  explicit Training(std::int64_t prefetch = 2, std::int64_t threads = 1)
      : data_(parabola(19), {.batch = 4, .seed = 5, .prefetch = prefetch, .threads = threads}),
        held_out_(parabola(7), {.batch = 4, .shuffle = false}) {
    options.epochs = 6;
    options.early_stopping = {.patience = 50};
    options.seed = 11;
    options.plateau = PlateauOptions{.factor = 0.5, .patience = 0};
    options.clip_norm = 0.5;
    options.validation = &held_out_;
    options.metrics = {{"error", [](const Tensor& o, const Tensor& t) {
                          return std::abs(o.value().element(0) - t.value().element(0));
                        }}};
    options.record_every = 3;
  }

  Outcome run() {
    Network network(Random(1));
    SGD sgd{{.rate = 0.2, .momentum = 0.9}};
    FitResult result = fit(network, data_, squared_error, sgd, options);
    return {bits_of(network), bits_of_history(result.history), std::move(result)};
  }
  /// Ended by a flag that is set when `step` steps are made (in the middle of the validation if it was an epoch's last
  /// and `validating`), then resumed.
  Outcome interrupted_at(std::int64_t step, const std::string& folder, bool validating = false) {
    std::atomic<bool> stop = false;
    options.checkpoints = {.folder = folder, .every_epochs = 0, .resume = true};
    options.stop = &stop;
    const auto metrics = options.metrics;
    if (validating) {
      options.metrics[0].of = [&, of = metrics[0].of, calls = std::int64_t{0}](const Tensor& o,
                                                                               const Tensor& t) mutable {
        if (++calls > step) stop = true;
        return of(o, t);
      };
    } else {
      options.callbacks = {[&](FitEvent& event) { stop = event.kind == Kind::step && event.step == step; }};
    }
    const FitResult first = run().result;
    BOOST_CHECK(first.ending == Ending::interrupted);
    BOOST_TEST(first.steps == step);
    options.callbacks.clear();
    options.metrics = metrics;
    stop = false;
    Outcome outcome = run();
    options.stop = nullptr;
    BOOST_TEST(outcome.result.resumed_at == step);
    return outcome;
  }

  FitOptions options;

 private:
  Loader data_, held_out_;
};

void check_same(const Outcome& a, const Outcome& b) {
  BOOST_CHECK(a.weights == b.weights);
  BOOST_CHECK(a.history == b.history);
  BOOST_CHECK(a.result.ending == b.result.ending);
  BOOST_TEST(a.result.best_epoch == b.result.best_epoch);
  BOOST_TEST(a.result.best == b.result.best);
  BOOST_TEST(a.result.steps == b.result.steps);
}

/// The names in a folder, in order.
std::string listing(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

BOOST_AUTO_TEST_SUITE(checkpoints)

BOOST_AUTO_TEST_CASE(a_resumed_training_is_the_one_that_was_not_interrupted) {
  const Outcome through = Training().run();
  BOOST_TEST(through.result.history.epochs.size() == 6u);
  BOOST_TEST(through.result.history.epochs.back().rate < 0.2);  // the plateau acted
  // Before the first step of an epoch, in the middle of one, after the last, and at the very end.
  for (const std::int64_t step : {1, 2, 5, 7, 10, 14, 25, 29, 30}) {
    BOOST_TEST_CONTEXT("step " << step) {
      const TemporaryFolder folder(test::in_memory());
      check_same(Training().interrupted_at(step, folder.path().string()), through);
    }
  }
  BOOST_TEST_CONTEXT("validation") {
    const TemporaryFolder folder(test::in_memory());
    check_same(Training().interrupted_at(5, folder.path().string(), true), through);
  }
}

BOOST_AUTO_TEST_CASE(threads_that_make_batches_change_no_bit) {
  const Outcome through = Training(0).run();
  for (const std::int64_t threads : {1, 2, 4}) check_same(Training(4, threads).run(), through);
  const TemporaryFolder folder(test::in_memory());
  check_same(Training(3, 2).interrupted_at(13, folder.path().string()), through);
}

BOOST_AUTO_TEST_CASE(interrupted_at_every_step_in_turn) {
  const Outcome through = Training().run();
  const TemporaryFolder folder(test::in_memory());
  Training training;
  std::atomic<bool> stop = false;
  training.options.checkpoints = {.folder = folder.path().string(), .every_epochs = 0, .resume = true};
  training.options.stop = &stop;
  training.options.callbacks = {[&](FitEvent& event) { stop = event.kind == Kind::step; }};
  Outcome last;
  int runs = 0;
  do {
    stop = false;
    last = training.run();
    ++runs;
  } while (last.result.ending == Ending::interrupted && runs < 100);
  BOOST_TEST(runs == 31);
  check_same(last, through);
}

BOOST_AUTO_TEST_CASE(adam_and_a_schedule_by_step_resume_too) {
  const Loader data(parabola(19), {.batch = 4, .seed = 5});
  const auto run = [&](const FitOptions& options) {
    Network network(Random(1));
    Adam adam{{.rate = 0.01, .amsgrad = true}};
    const FitResult result = fit(network, data, squared_error, adam, options);
    return std::pair(bits_of(network), bits_of_history(result.history));
  };
  FitOptions options{.epochs = 3, .rate_per_step = warm_up(4, cosine(0.05, 12))};
  const auto through = run(options);
  const TemporaryFolder folder(test::in_memory());
  options.checkpoints = {.folder = folder.path().string(), .resume = true};
  options.steps = 7;
  static_cast<void>(run(options));
  options.steps = 0;
  BOOST_CHECK(run(options) == through);
}

BOOST_AUTO_TEST_CASE(a_training_that_broke_off_goes_on_from_its_last_checkpoint_and_so_do_its_logs) {
  const TemporaryFolder folder(test::in_memory());
  Training training;
  training.options.csv = folder.path() / "through.csv";
  const Outcome through = training.run();
  training.options.csv = folder.path() / "resumed.csv";
  training.options.checkpoints = {.folder = (folder.path() / "states").string(), .every_steps = 4, .resume = true};
  training.options.callbacks = {[](FitEvent& event) {
    if (event.kind == Kind::step && event.step == 23) throw std::runtime_error("broken off");
  }};
  BOOST_CHECK_THROW(training.run(), std::runtime_error);
  training.options.callbacks.clear();
  const Outcome resumed = training.run();
  BOOST_TEST(resumed.result.resumed_at == 20);
  check_same(resumed, through);
  // All columns but the last, the time.
  const auto lines = [&](const char* name) {
    std::string text, line;
    for (std::istringstream in(file_bytes(folder.path() / name)); std::getline(in, line);)
      text += line.substr(0, line.rfind(',')) + "\n";
    return text;
  };
  BOOST_TEST(lines("resumed.csv") == lines("through.csv"));
}

BOOST_AUTO_TEST_CASE(a_training_may_be_made_longer) {
  const TemporaryFolder folder(test::in_memory());
  const Outcome through = Training().run();
  Training training;
  training.options.checkpoints = {.folder = folder.path().string(), .resume = true};
  training.options.epochs = 2;
  static_cast<void>(training.run());
  training.options.epochs = 6;
  check_same(training.run(), through);
  // And one that has ended ends at once.
  const Outcome again = training.run();
  BOOST_TEST(again.result.resumed_at == 30);
  check_same(again, through);
}

BOOST_AUTO_TEST_CASE(checkpoints_counted_the_time_several_times) {
  const auto start = std::chrono::steady_clock::now();
  const TemporaryFolder folder(test::in_memory());
  Training training;
  training.options.checkpoints = {.folder = folder.path().string(), .every_steps = 1, .resume = true};
  training.options.epochs = 3;
  const double first = training.run().result.seconds;
  training.options.epochs = 6;
  const double both = training.run().result.seconds;
  const double real = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  BOOST_TEST(first > 0);
  BOOST_TEST(both > first);
  BOOST_TEST(both <= real);
}

BOOST_AUTO_TEST_CASE(the_newest_and_the_best_are_kept) {
  const TemporaryFolder folder(test::in_memory());
  Training training;
  const std::string states = (folder.path() / "a/b").string();
  training.options.checkpoints = {.folder = states, .keep = 2};
  std::vector<std::string> told;
  training.options.callbacks = {[&](const FitEvent& event) {
    if (event.kind == Kind::checkpoint) told.push_back(event.checkpoint);
  }};
  const Outcome outcome = training.run();
  BOOST_TEST(listing(states) == "000005-step-25 000006-step-30 best.safetensors");
  BOOST_REQUIRE(told.size() == 6u);
  BOOST_TEST(told.back() == newest_training_state(states).value());
  // The parameters of the best epoch are what the training ended with; anybody can read them.
  Network network(Random(99));
  load_state(network, read_safetensors(states + "/best.safetensors"));
  BOOST_CHECK(bits_of(network) == outcome.weights);
  const TrainingState state = load_training_state(told.back());
  load_state(network, state.model);
  BOOST_TEST(state.step == 30);
  BOOST_TEST(state.epoch == 6);
  BOOST_TEST(state.batch == 0);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_another_training_is_refused) {
  const TemporaryFolder folder(test::in_memory());
  Training training;
  training.options.checkpoints = {.folder = folder.path().string(), .resume = true};
  training.options.epochs = 1;
  static_cast<void>(training.run());
  const auto refusal = [](const auto& work) -> std::string {
    try {
      work();
    } catch (const ArgumentError& error) {
      BOOST_TEST(error.where().line() > 0u);
      return error.what();
    }
    return "no error";
  };
  const auto contains = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  Training other = training;
  other.options.seed = 12;
  const std::string seed = refusal([&] { other.run(); });
  BOOST_TEST(contains(seed, "has seed 11; expected 12"), seed);
  other = training;
  other.options.metrics.clear();
  const std::string metrics = refusal([&] { other.run(); });
  BOOST_TEST(contains(metrics, "has metrics: error; expected none"), metrics);
  const Loader data(parabola(40), {.batch = 4});
  Network network(Random(1));
  SGD sgd{{.rate = 0.1}};
  const std::string batches =
      refusal([&] { static_cast<void>(fit(network, data, squared_error, sgd, training.options)); });
  BOOST_TEST(contains(batches, "has batches an epoch: 5; expected 10"), batches);
  Linear line(tensor({1.0}, Shape{1, 1}));
  const Loader same(parabola(19), {.batch = 4});
  BOOST_TEST(contains(refusal([&] { static_cast<void>(fit(line, same, squared_error, sgd, training.options)); }),
                      "hidden.weight"));
}

// --- Files
// ------------------------------------------------------------------------------------------------------------

TrainingState some_state(std::int64_t step) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  TrainingState state;
  const auto filled = [&](std::int64_t n) { return full(Shape{n}, static_cast<double>(step), Dtype::f64); };
  state.model = {{"weight", filled(50)}, {"bias", filled(3)}};
  state.optimiser = {{"rate", Tensor(Array::scalar(0.1))}, {"weight.momentum_buffer", filled(50)}};
  state.best = {{"weight", filled(50)}, {"bias", filled(3)}};
  state.history.metrics = {"a", "b"};
  for (std::int64_t k = 0; k < 5; ++k) {
    TrainingRecord record{.epoch = 1, .step = k, .loss = k == 2 ? nan : 0.5, .metrics = {1.0, nan}};
    state.history.steps.push_back(record);
    if (k % 2 == 0) record.validation_loss = nan;
    if (k % 2 == 0) record.validation_metrics = {0.25, 0.5};
    state.history.epochs.push_back(record);
  }
  state.step = step;
  state.batches = 7;
  state.seed = ~std::uint64_t{0};
  state.epoch_means = {1, 2, 3, 4};
  state.stretch_means = {5, 6, 7, 8};
  return state;
}

void check_state(const TrainingState& state, std::int64_t step) {
  BOOST_TEST(state.step == step);
  BOOST_REQUIRE(state.model.size() == 2u);
  BOOST_TEST(state.model[0].value.value().element(49) == static_cast<double>(step));
  BOOST_TEST(state.optimiser.at(1).value.value().element(49) == static_cast<double>(step));
}

BOOST_AUTO_TEST_CASE(a_state_is_read_as_it_was_written) {
  const TemporaryFolder folder(test::in_memory());
  const TrainingState state = some_state(42);
  const TrainingState read = load_training_state(save_training_state(folder.path().string(), state, 1));
  check_state(read, 42);
  BOOST_TEST(read.seed == state.seed);
  BOOST_TEST(read.batches == 7);
  BOOST_TEST(read.best.size() == 2u);
  BOOST_TEST(read.epoch_means == state.epoch_means);
  BOOST_TEST(read.stretch_means == state.stretch_means);
  BOOST_TEST(read.history.metrics == state.history.metrics);
  BOOST_TEST(read.history.epochs[0].validation_loss.has_value());
  BOOST_TEST(!read.history.epochs[1].validation_loss.has_value());
  BOOST_CHECK(bits_of_history(read.history) == bits_of_history(state.history));
  BOOST_TEST(!newest_training_state((folder.path() / "none").string()).has_value());
}

/// Runs `work` in a process of its own; the signal that ended it, 0 if none did.
template <class F>
int signal_of(const F& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

BOOST_AUTO_TEST_CASE(a_save_that_is_killed_at_any_byte_leaves_a_state_that_loads) {
  const TemporaryFolder folder(test::in_memory());
  const std::string states = folder.path().string();
  std::int64_t newest = 1;
  save_training_state(states, some_state(newest), 2);
  const auto size = static_cast<rlim_t>(fs::file_size(*newest_training_state(states) + "/training.safetensors"));
  int killed = 0;
  for (rlim_t k = 0; k < 200; ++k) {
    // The kernel ends the process when a file of its reaches so many bytes.
    const rlim_t limit = size * k / 190;
    const int signal = signal_of([&] {
      const rlimit bytes{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &bytes);
      save_training_state(states, some_state(newest + 1), 2);
    });
    if (signal == 0)
      ++newest;
    else
      ++killed;
    BOOST_TEST((signal == 0 || signal == SIGXFSZ));
    check_state(load_training_state(newest_training_state(states).value()), newest);
  }
  BOOST_TEST(killed > 150);
  BOOST_TEST(newest > 5);
  save_training_state(states, some_state(newest + 1), 2);
  BOOST_TEST(listing(states).find("unfinished") == std::string::npos);  // nothing of the killed ones is left
}

/// The step that the name of the newest state says.
std::int64_t step_of_newest(const std::string& states) {
  const std::string path = newest_training_state(states).value();
  return std::stoll(path.substr(path.rfind('-') + 1));
}

BOOST_AUTO_TEST_CASE(a_process_killed_at_any_time_leaves_a_state_that_loads) {
  const TemporaryFolder folder(test::in_memory());
  const std::string states = folder.path().string();
  save_training_state(states, some_state(1), 2);
  std::int64_t last = 1;
  for (int k = 0; k < 30; ++k) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (std::int64_t step = last + 1;; ++step) save_training_state(states, some_state(step), 2);
    }
    // Not before it has written one, and at another moment each time.
    for (int wait = 0; wait < 20'000 && step_of_newest(states) == last; ++wait) ::usleep(500);
    ::usleep(static_cast<useconds_t>(57 * k));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const TrainingState state = load_training_state(newest_training_state(states).value());
    BOOST_TEST(state.step > last);
    last = state.step;
    check_state(state, last);
  }
}

BOOST_AUTO_TEST_CASE(files_that_hold_something_else_are_refused) {
  const TemporaryFolder folder(test::in_memory());
  const std::string path = save_training_state(folder.path().string(), some_state(3), 1);
  const std::string file = path + "/training.safetensors";
  Metadata texts;
  const std::vector<NamedTensor> good = read_safetensors(file, &texts);
  const auto refused = [&](const std::vector<NamedTensor>& tensors, const Metadata& metadata) -> std::string {
    write_safetensors(file, tensors, metadata);
    try {
      static_cast<void>(load_training_state(path));
    } catch (const ArgumentError& error) {
      return error.what();
    }
    return "no error";
  };
  const auto contains = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  for (const NamedTensor& tensor : good) {
    std::vector<NamedTensor> less, other;
    for (const NamedTensor& one : good) {
      if (one.name != tensor.name) less.push_back(one);
      other.push_back(
          one.name == tensor.name
              ? NamedTensor{one.name, tensor.value.rank() == 0 ? one.value : full(Shape{3, 4}, 0, Dtype::f64)}
              : one);
    }
    // Model and optimiser know themselves what belongs to them; a history without epochs or steps is one.
    if (tensor.name.starts_with("optimiser.") || tensor.name.starts_with("best.")) continue;
    BOOST_TEST(contains(refused(other, texts), "is no training state"), tensor.name);
    if (tensor.name.ends_with("s.epoch")) continue;
    BOOST_TEST(contains(refused(less, texts), ("it lacks " + tensor.name).c_str()), tensor.name);
  }
  BOOST_TEST(contains(refused(good, {{"kind", "another"}}), "its kind is 'another'"));
  BOOST_TEST(refused(good, texts) == "no error");
  fs::remove(path + "/model.safetensors");
  BOOST_CHECK_THROW(static_cast<void>(load_training_state(path)), EnvironmentError);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_said) {
  BOOST_CHECK_THROW(save_training_state("/dev/null/states", some_state(1), 1), EnvironmentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
