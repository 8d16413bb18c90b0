// fit: trains a model.
//
//     nn::Random random(1);
//     nn::Sequential network(nn::Linear(2, 16, random), nn::Tanh{}, nn::Linear(16, 1, random));
//     nn::Adam adam{{.rate = 1e-2}};
//     const nn::FitResult result = nn::fit(network, loader, loss, adam, {.epochs = 20, .validation = &held_out});
//
// loss(output, target) gives a tensor of one element, the mean over the samples of a batch. Everything else is an
// option: limits and stopping rules, validation, metrics, the rate, clipping, logs, checkpoints, progress. Nothing is
// printed or written unless an option says so.
//
// The same model, data, options and seed give the same bits, with any number of threads, and whether the training ran
// through or was interrupted and resumed.
//
// Reading order: FitOptions, FitResult, FitEvent, fit. The loop is in fit.cpp, what it trains in train/trainee.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/nn/data/loader.hpp"
#include "wengert/nn/optim/optimiser.hpp"
#include "wengert/nn/optim/schedule.hpp"
#include "wengert/nn/train/health.hpp"
#include "wengert/nn/train/history.hpp"
#include "wengert/nn/train/metrics.hpp"
#include "wengert/nn/train/progress.hpp"
#include "wengert/nn/train/stopping.hpp"
#include "wengert/nn/train/trainee.hpp"

namespace wengert::nn {

/// What happens when a loss, or a gradient on its way to the optimiser, is NaN or infinite.
enum class NotFinite : std::uint8_t {
  stop,  ///< the training ends before the step, with FitResult::not_finite
  skip,  ///< the step is left out (the batch counts as used, not in the means), and is counted
};

/// Where training states are kept, so that a training can go on after an interruption or a crash.
///
/// A checkpoint is a folder in `folder`, named <serial>-step-<steps>, with model.safetensors (parameters and buffers by
/// name) and training.safetensors (everything else). It appears there complete or not at all, whenever the process is
/// killed. One is written after every so many steps or epochs, and when the training ends, interrupted or not.
/// best.safetensors beside them, written with them, has the parameters and buffers of the best epoch.
struct Checkpoints {
  std::string folder{};           ///< made if it is not there; empty: no checkpoints
  std::int64_t every_epochs = 1;  ///< 0: none at the end of an epoch
  std::int64_t every_steps = 0;   ///< 0: none within an epoch
  std::int64_t keep = 2;          ///< the newest so many stay; 0: all
  bool resume = false;            ///< go on from the newest, if there is one
};

struct FitEvent;

struct FitOptions {
  // When it ends.
  std::int64_t epochs = 10;  ///< in all, those before a resumption included; 0: no limit
  std::int64_t steps = 0;    ///< likewise
  double seconds = 0;        ///< of this call; 0: no limit. The only rule by which the result depends on the machine
  LossRules loss_rules{};
  Monitor monitor{};
  EarlyStopping early_stopping{};

  // What a step does.
  std::uint64_t seed = 0;     ///< of the random numbers in training (dropout): step k draws from Random(seed).child(k)
  Schedule rate_per_step{};   ///< of the number of steps made, sets the optimiser's rate before each
  Schedule rate_per_epoch{};  ///< of the number of epochs finished
  std::optional<PlateauOptions> plateau{};  ///< lowers the optimiser's rate by what is monitored, after each epoch
  std::function<bool(std::string_view)> trained{};  ///< by a parameter's name; empty: all
  std::optional<double> clip_norm{};                ///< the most that the norm of all gradients together may be
  std::optional<double> clip_value{};               ///< the most that each element may be, up or down
  NotFinite not_finite = NotFinite::stop;

  /// Steps run as a Program (autodiff/exec/program.hpp): forward, backward, clipping and the optimiser's update,
  /// compiled at the first batch of its types. Results differ from those without by rounding; the same seed gives the
  /// same bits, and so does a resumed training. Where a step cannot be a program it runs as it would without, and
  /// FitResult::not_compiled says why. What a loss takes from elsewhere than its operands is a constant of the program;
  /// the program is held against the model at the first two batches, and at the beginning of an epoch after 128 steps
  /// (with callbacks, of every epoch), and given up where it gives other numbers.
  bool compile = true;

  // What is measured.
  const Loader* validation = nullptr;  ///< evaluated after each epoch; its epoch 0
  std::vector<Metric> metrics{};       ///< of training batches as they are trained with, and of validation
  std::int64_t health_every = 0;       ///< check_health at the first step of every so many epochs; 0: never
  std::int64_t record_every = 0;       ///< steps from one record of History::steps to the next; 0: a 20th of an epoch

  // Who is told.
  ProgressOptions progress{};
  std::string csv{}, jsonl{};  ///< paths of logs; see train/log.hpp
  Checkpoints checkpoints{};
  std::vector<std::function<void(FitEvent&)>> callbacks{};
  const std::atomic<bool>* stop =
      nullptr;  ///< once it is true the step is finished, a checkpoint written, and fit ends
};

/// A loss or gradient that was not finite.
struct NotFiniteReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t batch = 0;  ///< in the epoch, from 0
  std::int64_t step = 0;   ///< steps made before
  double loss = 0;
  std::string what{};  ///< "the loss is nan", or what the optimiser says of the gradient
  std::string born{};  ///< Birth::explain() (autodiff/inspect/birth.hpp), if the training ended for it
};

struct FitResult {
  Ending ending = Ending::epochs;
  History history{};
  std::int64_t epochs = 0;  ///< finished
  std::int64_t steps = 0;
  std::int64_t best_epoch = 0;                  ///< by the monitored column; 0 if there is none
  double best = 0;                              ///< its number
  std::string monitored{};                      ///< the column; empty before the end of the first epoch
  bool best_restored = false;                   ///< the model has the parameters of the best epoch
  std::optional<NotFiniteReport> not_finite{};  ///< the last one
  /// What the last check found. A training that ends for a loss or gradient that is not finite is checked in that step.
  std::vector<HealthWarning> health{};
  std::int64_t skipped = 0;     ///< steps left out because of those
  std::int64_t resumed_at = 0;  ///< steps of the checkpoint it went on from; 0: it began anew
  double seconds = 0;           ///< of training, those before a resumption included
  std::int64_t compiled = 0;    ///< steps of this call that ran as programs
  std::string not_compiled{};   ///< why steps, all or those from some batch on, did not; empty: they could
  std::uint64_t seed = 0;
};

/// What callbacks are told, in the order in which they are listed.
struct FitEvent {
  enum class Kind : std::uint8_t {
    begin,       ///< before the first step, after a checkpoint was loaded
    step,        ///< after a step (not one that was left out)
    epoch,       ///< after an epoch and its validation: history.epochs.back()
    checkpoint,  ///< after one was written, into `checkpoint`
    end,         ///< before fit returns
  };
  Kind kind{};
  std::int64_t epoch = 0;  ///< the one that is running or was finished, from 1
  std::int64_t batch = 0;  ///< steps made in it
  std::int64_t step = 0;   ///< steps made in all
  double loss = 0;         ///< of the step's batch, or of the epoch
  std::span<const double> metrics{};
  double rate = 0;
  const History& history;
  std::string checkpoint{};
  ProgressLine& progress;  ///< progress.log(text) writes a line above it
  bool stop = false;       ///< set it to end the training
};

/// Trains `trainee` on `data`.
///
/// Each epoch runs through data.epoch(number) and validates. An ending is judged after each step (interruption,
/// callback, steps, seconds) and after each epoch (rules, epochs). With early stopping the model has the parameters of
/// its best epoch afterwards, unless the training was interrupted.
///
/// Throws ArgumentError for options that make no sense, data without batches, a loss that depends on no parameter, and
/// a checkpoint that does not fit the model, the data or the options; ShapeError unless the loss has one element;
/// EnvironmentError when a file cannot be written or read; and what the model, the loss, metrics and callbacks throw.
/// The model is then as after the last step.
[[nodiscard]] FitResult fit(Trainee& trainee, const Loader& data, Optimiser& optimiser, const FitOptions& options = {},
                            std::source_location where = std::source_location::current());

/// The same for a module: loss(output, target) of a batch.
template <class Model, class Loss>
  requires requires(const Loss& loss, const Tensor& t) { Tensor(loss(t, t)); }
[[nodiscard]] FitResult fit(Model& model, const Loader& data, const Loss& loss, Optimiser& optimiser,
                            const FitOptions& options = {},
                            std::source_location where = std::source_location::current()) {
  ModelTrainee<Model, Loss> trainee(model, loss);
  return fit(trainee, data, optimiser, options, where);
}

/// Loss and metrics of a model over a loader's epoch 0, evaluated: what validation measures.
struct Evaluation {
  double loss = 0;
  std::vector<double> metrics{};
  std::int64_t samples = 0;
};
[[nodiscard]] Evaluation evaluate(const std::function<Trainee::Outcome(const Batch&)>& outcome, const Loader& data,
                                  std::span<const Metric> metrics,
                                  std::source_location where = std::source_location::current());
template <class Model, class Loss>
  requires requires(const Loss& loss, const Tensor& t) { Tensor(loss(t, t)); }
[[nodiscard]] Evaluation evaluate(const Model& model, const Loader& data, const Loss& loss,
                                  std::span<const Metric> metrics = {},
                                  std::source_location where = std::source_location::current()) {
  const auto outcome = [&](const Batch& batch) {
    const Tensor output = nn::evaluate(model, batch.x);
    return Trainee::Outcome{output, loss(output, batch.y)};
  };
  return evaluate(outcome, data, metrics, where);
}

}  // namespace wengert::nn
