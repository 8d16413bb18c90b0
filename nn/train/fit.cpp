// The loop of fit. Run has what one call knows; TrainingState is what of it outlives the call.
#include "wengert/nn/train/fit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/safetensors.hpp"
#include "wengert/nn/optim/clip.hpp"
#include "wengert/nn/train/checkpoint.hpp"
#include "wengert/nn/train/compiled_step.hpp"
#include "wengert/nn/train/log.hpp"
#include "wengert/nn/train/means.hpp"

namespace wengert::nn {
namespace {

using detail::Means;

[[noreturn]] void refuse(std::string problem, std::string expected, std::source_location where, std::string hint = {}) {
  throw ArgumentError{{.operation = "fit",
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = std::move(hint)}};
}

/// The number of samples of a batch: how much it counts in means.
double samples_of(const Batch& batch) { return batch.x.rank() == 0 ? 1.0 : static_cast<double>(batch.x.shape()[0]); }

double number_of_loss(const Tensor& loss, std::source_location where) {
  if (loss.size() == 1 && is_real(loss.dtype())) return loss.item();
  ErrorDetail detail{.operation = "fit",
                     .operands = {to_string(loss.type())},
                     .problem = "the loss is " + to_string(loss.type()),
                     .expected = "one element, f32 or f64",
                     .where = where,
                     .hint = loss.size() == 1 ? "" : "take its mean over the samples"};
  if (loss.size() != 1) throw ShapeError{std::move(detail)};
  throw DtypeError{std::move(detail)};
}

void measure(std::span<const Metric> metrics, const Tensor& output, const Tensor& target, std::vector<double>& into) {
  into.clear();
  if (metrics.empty()) return;
  const Tensor constant(output.value());  // what metrics compute is not recorded
  for (const Metric& metric : metrics) into.push_back(metric.of(constant, target));
}

void check_metrics(std::span<const Metric> metrics, std::source_location where) {
  History known;
  for (const Metric& metric : metrics) {
    const std::vector<std::string> columns = columns_of(known);
    const auto taken = [&](const std::string& name) {
      return name == "kind" || std::find(columns.begin(), columns.end(), name) != columns.end();
    };
    if (metric.name.empty() || metric.name.find_first_of("\r\n") != std::string::npos)
      refuse("a metric has the name '" + metric.name + "'", "a name of one line", where);
    if (taken(metric.name) || taken("validation_" + metric.name))
      refuse("a metric has the name '" + metric.name + "', which another column has", "names of their own", where);
    if (!metric.of) refuse("the metric '" + metric.name + "' has no function", "one", where);
    known.metrics.push_back(metric.name);
  }
}

/// Means over an epoch of a loader; none when `stop` was set on the way.
std::optional<Means> means_over(const std::function<Trainee::Outcome(const Batch&)>& outcome, const Loader& data,
                                std::span<const Metric> metrics, const std::atomic<bool>* stop,
                                std::source_location where) {
  Means means(metrics.size());
  std::vector<double> values;
  Epoch epoch = data.epoch(0);
  for (const Batch& batch : epoch) {
    const Trainee::Outcome result = outcome(batch);
    measure(metrics, result.output, batch.y, values);
    means.add(number_of_loss(result.loss, where), values, samples_of(batch));
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return std::nullopt;
  }
  return means;
}

class Run {
 public:
  Run(Trainee& trainee, const Loader& data, Optimiser& optimiser, const FitOptions& options, std::source_location where)
      : trainee_(trainee),
        data_(data),
        optimiser_(optimiser),
        options_(options),
        where_(where),
        batches_(data.batches()),
        record_every_(options.record_every > 0 ? options.record_every : std::max<std::int64_t>(1, data.batches() / 20)),
        rules_(options.monitor, options.loss_rules, options.early_stopping, where),
        progress_(options.progress),
        parameters_(trainee.parameters()),
        epoch_means_(options.metrics.size()),
        stretch_means_(options.metrics.size()) {
    check_options();
    for (const Metric& metric : options.metrics) state_.history.metrics.push_back(metric.name);
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      if (!options.trained || options.trained(parameters_[k].name)) trained_.push_back(k);
    if (trained_.empty()) refuse("no parameter is trained", "one at least", where);
    for (const std::size_t k : trained_) trained_parameters_.push_back(parameters_[k]);
    state_.batches = batches_;
    state_.seed = options.seed;
    state_.base_rate = optimiser.rate();
    begin_plateau(state_.base_rate);
  }

  FitResult run() {
    if (options_.checkpoints.resume) resume();
    begin_logs();
    start_ = Clock::now();
    steps_at_start_ = state_.step;
    tell(FitEvent::Kind::begin);
    try {
      const Ending ending = stop_asked_ ? Ending::callback : train();
      finish(ending);
    } catch (...) {
      progress_.clear();
      throw;
    }
    return std::move(result_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void check_options() const {
    const auto not_negative = [&](double value, const char* what) {
      if (!(value >= 0)) refuse(std::string(what) + " is negative or NaN", "0 (none) or more", where_);
    };
    not_negative(static_cast<double>(options_.epochs), "the number of epochs");
    not_negative(static_cast<double>(options_.steps), "the number of steps");
    not_negative(options_.seconds, "the time");
    not_negative(static_cast<double>(options_.record_every), "record_every");
    not_negative(static_cast<double>(options_.health_every), "health_every");
    not_negative(static_cast<double>(options_.checkpoints.every_epochs), "checkpoints.every_epochs");
    not_negative(static_cast<double>(options_.checkpoints.every_steps), "checkpoints.every_steps");
    not_negative(static_cast<double>(options_.checkpoints.keep), "checkpoints.keep");
    if (batches_ == 0) refuse("the data have no batches", "one at least", where_);
    if (options_.validation != nullptr && options_.validation->batches() == 0)
      refuse("the data for validation have no batches", "one at least", where_);
    if (options_.checkpoints.resume && options_.checkpoints.folder.empty())
      refuse("there is no folder to resume from", "checkpoints.folder", where_);
    if ((options_.rate_per_step ? 1 : 0) + (options_.rate_per_epoch ? 1 : 0) + (options_.plateau ? 1 : 0) > 1)
      refuse("the rate is to follow several schedules", "one of rate_per_step, rate_per_epoch, plateau", where_);
    check_metrics(options_.metrics, where_);
  }

  // --- The loop -----------------------------------------------------------------------------------------------------

  Ending train() {
    if (const auto ending = rules_.verdict()) return *ending;  // what was resumed had ended by these rules
    while (true) {
      if (options_.epochs > 0 && state_.epoch >= options_.epochs) return Ending::epochs;
      std::optional<Ending> ending;
      if (state_.batch < batches_) {  // else only its validation is missing, in which it was interrupted
        ending = limit();
        if (!ending) ending = train_epoch();
      }
      const bool at_once = ending == Ending::interrupted || ending == Ending::not_finite;
      if (at_once || (ending && state_.batch < batches_)) return *ending;
      if (!end_epoch()) return Ending::interrupted;
      if (const auto rule = rules_.verdict()) return *rule;
      if (ending) return *ending;
    }
  }

  std::optional<Ending> train_epoch() {
    Epoch epoch = data_.epoch(state_.epoch, state_.batch);
    for (const Batch& batch : epoch) {
      if (!step(batch)) return Ending::not_finite;
      if (state_.step % record_every_ == 0) record_stretch();
      show_progress();
      if (const auto ending = limit()) return ending;
      const std::int64_t every = options_.checkpoints.every_steps;
      if (every > 0 && state_.step % every == 0) save();
    }
    return std::nullopt;
  }

  /// What ends a training after any step.
  [[nodiscard]] std::optional<Ending> limit() const {
    if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) return Ending::interrupted;
    if (stop_asked_) return Ending::callback;
    if (options_.steps > 0 && state_.step >= options_.steps) return Ending::steps;
    if (options_.seconds > 0 && elapsed() >= options_.seconds) return Ending::seconds;
    return std::nullopt;
  }

  /// One step on a batch. False when it was not made, and the training is to end for it.
  bool step(const Batch& batch) {
    if (options_.rate_per_step) optimiser_.set_rate(options_.rate_per_step(state_.step), where_);
    if (options_.rate_per_epoch) optimiser_.set_rate(options_.rate_per_epoch(state_.epoch), where_);
    const bool health = options_.health_every > 0 && state_.batch == 0 && state_.epoch % options_.health_every == 0;
    differentiated_.reset();
    std::optional<double> loss = health ? std::nullopt : run_program(batch);
    if (!loss) {
      loss = differentiated_ ? *differentiated_ : differentiate(batch, health);
      if (!std::isfinite(*loss))
        return left_out(batch, *loss,
                        std::string("the loss is ") + (std::isnan(*loss) ? "nan"
                                                       : *loss > 0       ? "inf"
                                                                         : "-inf"));
      try {
        if (options_.clip_norm) clip_norm(gradients_, *options_.clip_norm, {}, where_);
        if (options_.clip_value) clip_value(gradients_, *options_.clip_value, where_);
        optimiser_.step(std::span<const Parameter>(trained_parameters_), gradients_, where_);
      } catch (const DomainError& error) {
        return left_out(batch, *loss, error.detail().problem);
      }
      gradients_.clear();  // so that the next ones come to lie where these were, which is in the cache
      trainee_.finish_step();
    }
    epoch_means_.add(*loss, metrics_, samples_of(batch));
    stretch_means_.add(*loss, metrics_, samples_of(batch));
    ++state_.batch;
    ++state_.step;
    if (!options_.callbacks.empty()) tell(FitEvent::Kind::step, *loss, metrics_);
    return true;
  }

  [[nodiscard]] Random random_of_step() const {
    return Random(state_.seed).child(static_cast<std::uint64_t>(state_.step));
  }

  // --- Steps as programs --------------------------------------------------------------------------------------------

  /// The step by a program: its loss, and metrics_. None where it was not made so; the gradients may then be there
  /// already, with their loss in differentiated_.
  std::optional<double> run_program(const Batch& batch) {
    if (!options_.compile || !result_.not_compiled.empty()) return std::nullopt;
    CompiledStep* const step = program_for(batch);
    if (step == nullptr || (is_to_be_checked(*step) && !is_right(*step, batch))) return std::nullopt;
    if (!step->run(batch, random_of_step(), where_)) return std::nullopt;
    ++result_.compiled;
    gradients_.clear();
    metrics_.clear();
    if (!options_.metrics.empty()) measure(options_.metrics, step->output(), batch.y, metrics_);
    return step->loss();
  }

  CompiledStep* program_for(const Batch& batch) {
    if (!programs_.empty() && !programs_.front()->is_current()) programs_.clear();  // groups were changed
    for (const auto& each : programs_)
      if (each->fits(batch)) return each.get();
    constexpr std::size_t most_programs = 8;
    if (programs_.size() == most_programs) {
      give_programs_up("batches are of more than " + std::to_string(most_programs) + " types");
      return nullptr;
    }
    CompiledStep::Refusal refusal;
    std::unique_ptr<CompiledStep> made;
    try {
      const StepOptions step{options_.clip_norm, options_.clip_value, !options_.metrics.empty()};
      made = CompiledStep::make(trainee_, batch, random_of_step(), trained_, optimiser_, step, refusal, where_);
    } catch (const Error& error) {  // if the model is at fault it will say so again
      refusal.why = "what a program needs cannot be recorded: " + error.detail().problem;
    }
    if (made == nullptr) {
      if (!refusal.for_now) give_programs_up(refusal.why);
      return nullptr;
    }
    programs_.push_back(std::move(made));
    return programs_.back().get();
  }

  /// The first batches, and the first of an epoch now and then, or of each where callbacks may change what a loss takes
  /// from elsewhere.
  [[nodiscard]] bool is_to_be_checked(const CompiledStep& step) const {
    constexpr std::int64_t steps_between = 128;
    const int first = &step == programs_.front().get() ? 2 : 1;
    if (step.checks < first) return true;
    return state_.batch == 0 && (!options_.callbacks.empty() || state_.step - checked_at_ >= steps_between);
  }
  bool is_right(CompiledStep& step, const Batch& batch) {
    checked_at_ = state_.step;
    const std::optional<CompiledStep::Gradients> found = step.check(batch, random_of_step(), where_);
    differentiated_ = differentiate(batch, false);
    if (!found || step.agrees(*found, *differentiated_, gradients_)) return true;
    give_programs_up(
        "a batch gives other numbers by the program than by the model: something of a step is not in its "
        "recording");
    return false;
  }
  void give_programs_up(const std::string& why) {
    result_.not_compiled = why;
    programs_.clear();
  }

  /// Runs the model on a batch with the random numbers of this step: loss, gradients_ of what is trained, metrics_.
  double differentiate(const Batch& batch, bool checked) {
    Pass pass = Pass::training(random_of_step());
    double loss = 0;
    {
      const Trainee::Outcome outcome = trainee_.begin_step(recording_, batch, pass, options_.trained);
      loss = number_of_loss(outcome.loss, where_);
      if (outcome.loss.is_constant())
        refuse("the loss depends on no parameter that is trained", "a loss of the network's output", where_);
      backward(outcome.loss, adjoints_, where_);
      measure(options_.metrics, outcome.output, batch.y, metrics_);
      if (checked) check_health_of(outcome.loss);
    }
    std::vector<Tensor> all = trainee_.gradients(adjoints_);
    // Nobody but the model holds its parameters now, so that they are written in place.
    recording_.clear();
    gradients_.clear();
    for (const std::size_t k : trained_) gradients_.push_back(std::move(all[k]));
    return loss;
  }

  void check_health_of(const Tensor& loss) {
    const std::vector<Parameter> live = trainee_.live_parameters();
    std::vector<Tensor> gradients;
    gradients.reserve(live.size());
    for (const Parameter& parameter : live)
      gradients.push_back(parameter.value->is_constant() ? zeros(parameter.value->shape(), parameter.value->dtype())
                                                         : adjoints_[*parameter.value]);
    result_.health = check_health(recording_, loss, live, gradients, {}, where_);
    std::vector<wengert::detail::AnyHandle> parameters;
    for (const Parameter& parameter : live)
      if (!parameter.value->is_constant()) parameters.emplace_back(*parameter.value);
    // In words: what it is found in holds the parameters, which are to be written in place.
    if (const auto birth = first_non_finite(loss, parameters, adjoints_, {}, where_))
      born_ = {birth->summary(), birth->explain()};
  }

  /// A step that is not made. False when the training is to end for it.
  bool left_out(const Batch& batch, double loss, const std::string& what) {
    const bool ends = options_.not_finite == NotFinite::stop;
    born_ = {};
    if (ends) differentiate(batch, true);  // once more, to see where it comes from
    result_.not_finite = NotFiniteReport{state_.epoch + 1, state_.batch, state_.step, loss, what, born_.second};
    progress_.log("epoch " + std::to_string(state_.epoch + 1) + ", batch " + std::to_string(state_.batch) + " (step " +
                  std::to_string(state_.step) + "): " + what + (born_.first.empty() ? "" : "; " + born_.first) +
                  (ends ? "; the training ends" : "; the step is left out"));
    if (ends) return false;
    ++state_.skipped;
    ++state_.batch;
    ++state_.step;
    return true;
  }

  void record_stretch() {
    if (stretch_means_.samples() > 0) {
      state_.history.steps.push_back({.epoch = state_.epoch + 1,
                                      .step = state_.step,
                                      .loss = stretch_means_.loss(),
                                      .metrics = stretch_means_.metrics(),
                                      .rate = optimiser_.rate(),
                                      .seconds = seconds()});
      log(RecordKind::step, state_.history.steps.back());
    }
    stretch_means_.clear();
  }

  /// Validation, history, rules. False when the validation was interrupted.
  bool end_epoch() {
    TrainingRecord record{.epoch = state_.epoch + 1,
                          .step = state_.step,
                          .loss = epoch_means_.loss(),
                          .metrics = epoch_means_.metrics(),
                          .rate = optimiser_.rate()};
    if (options_.validation != nullptr) {
      const auto outcome = [&](const Batch& batch) { return trainee_.evaluate(batch); };
      const auto means = means_over(outcome, *options_.validation, options_.metrics, options_.stop, where_);
      if (!means) return false;
      record.validation_loss = means->loss();
      record.validation_metrics = means->metrics();
    }
    record.seconds = seconds();
    state_.history.epochs.push_back(std::move(record));
    const TrainingRecord& last = state_.history.epochs.back();
    log(RecordKind::epoch, last);
    if (rules_.add_epoch(state_.history)) keep_best();
    ++state_.epoch;
    state_.batch = 0;
    epoch_means_.clear();
    tell(FitEvent::Kind::epoch, last.loss, last.metrics);
    if (plateau_) optimiser_.set_rate(plateau_->step(monitored(state_.history)), where_);
    const std::int64_t every = options_.checkpoints.every_epochs;
    if (every > 0 && state_.epoch % every == 0) save();
    return true;
  }

  [[nodiscard]] double monitored(const History& history) const {
    return number_of(history, history.epochs.back(), rules_.column(history))
        .value_or(std::numeric_limits<double>::quiet_NaN());
  }

  [[nodiscard]] bool restores_best() const {
    return options_.early_stopping.patience > 0 && options_.early_stopping.restore_best;
  }

  void keep_best() {
    if (options_.checkpoints.folder.empty() && !restores_best()) return;
    // Shares the elements with the model, whose next step writes into new ones.
    best_ = trainee_.state();
    best_step_ = state_.step;
    best_written_ = false;
  }

  void write_best() {
    if (best_written_) return;
    make_checkpoint_folder(options_.checkpoints.folder, where_);
    write_safetensors(options_.checkpoints.folder + "/best.safetensors", best_,
                      {{"epoch", std::to_string(rules_.best_epoch())}, {"step", std::to_string(best_step_)}}, where_);
    best_written_ = true;
    if (!restores_best()) best_.clear();
  }

  // --- Beginning and end --------------------------------------------------------------------------------------------

  void resume() {
    const std::optional<std::string> path = newest_training_state(options_.checkpoints.folder);
    if (!path) return;
    TrainingState loaded = load_training_state(*path, where_);
    const auto differs = [&](const std::string& what, const std::string& there, const std::string& here) {
      refuse("the checkpoint '" + *path + "' has " + what + " " + there, here, where_,
             "resume with the options and data of the training that it is of, or use another folder");
    };
    if (loaded.batches != batches_)
      differs("batches an epoch:", std::to_string(loaded.batches), std::to_string(batches_));
    if (loaded.seed != options_.seed) differs("seed", std::to_string(loaded.seed), std::to_string(options_.seed));
    if (loaded.batch > batches_) differs("batch", std::to_string(loaded.batch), "at most " + std::to_string(batches_));
    if (loaded.history.metrics != state_.history.metrics) {
      const auto list = [](const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
        return names.empty() ? "none" : text;
      };
      differs("metrics:", list(loaded.history.metrics), list(state_.history.metrics));
    }
    trainee_.load_state(loaded.model, where_);
    optimiser_.load_state(trained_parameters_, loaded.optimiser, where_);
    begin_plateau(loaded.base_rate);
    History so_far{.metrics = loaded.history.metrics};
    for (const TrainingRecord& record : loaded.history.epochs) {
      so_far.epochs.push_back(record);
      rules_.add_epoch(so_far);
      if (plateau_) plateau_->step(monitored(so_far));
    }
    epoch_means_ = Means::from(loaded.epoch_means);
    stretch_means_ = Means::from(loaded.stretch_means);
    state_ = std::move(loaded);
    state_.model.clear();
    state_.optimiser.clear();
    best_ = std::exchange(state_.best, {});
    result_.resumed_at = state_.step;
    saved_at_ = {state_.epoch, state_.step};
  }

  void begin_plateau(double rate) {
    if (options_.plateau) plateau_.emplace(rate, *options_.plateau, where_);
  }

  void begin_logs() {
    if (!options_.csv.empty()) logs_.emplace_back(options_.csv, LogFormat::csv, state_.history);
    if (!options_.jsonl.empty()) logs_.emplace_back(options_.jsonl, LogFormat::jsonl, state_.history);
  }
  void log(RecordKind kind, const TrainingRecord& record) {
    for (TrainingLog& one : logs_) one.write(kind, state_.history, record);
  }

  void save() {
    if (options_.checkpoints.folder.empty()) return;
    if (saved_at_ == std::pair(state_.epoch, state_.step)) return;
    state_.model = trainee_.state();
    state_.optimiser = optimiser_.state();
    state_.epoch_means = epoch_means_.state();
    state_.stretch_means = stretch_means_.state();
    if (restores_best()) state_.best = best_;
    write_best();  // first: a best.safetensors that is newer than the newest state does no harm
    const double before = std::exchange(state_.seconds, seconds());
    const std::string path =
        save_training_state(options_.checkpoints.folder, state_, options_.checkpoints.keep, where_);
    state_.seconds = before;
    state_.best.clear();
    state_.model.clear();
    state_.optimiser.clear();
    saved_at_ = {state_.epoch, state_.step};
    tell(FitEvent::Kind::checkpoint, std::numeric_limits<double>::quiet_NaN(), {}, path);
  }

  void finish(Ending ending) {
    result_.ending = ending;
    save();
    if (restores_best() && ending != Ending::interrupted && !best_.empty()) {
      trainee_.load_state(best_, where_);
      result_.best_restored = true;
    }
    result_.epochs = state_.epoch;
    result_.steps = state_.step;
    result_.best_epoch = rules_.best_epoch();
    result_.best = rules_.best();
    if (!state_.history.epochs.empty()) result_.monitored = rules_.column(state_.history);
    result_.skipped = state_.skipped;
    result_.seconds = seconds();
    result_.seed = state_.seed;
    ProgressState last = progress_state();
    last.ending = to_string(ending);
    progress_.finish(last);
    tell(FitEvent::Kind::end);
    result_.history = std::move(state_.history);
  }

  // --- Telling ------------------------------------------------------------------------------------------------------

  [[nodiscard]] double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  [[nodiscard]] double seconds() const { return state_.seconds + elapsed(); }

  void tell(FitEvent::Kind kind, double loss = std::numeric_limits<double>::quiet_NaN(),
            std::span<const double> metrics = {}, const std::string& checkpoint = {}) {
    if (options_.callbacks.empty()) return;
    FitEvent event{.kind = kind,
                   .epoch = state_.epoch + (kind == FitEvent::Kind::epoch ? 0 : 1),
                   .batch = kind == FitEvent::Kind::epoch ? batches_ : state_.batch,
                   .step = state_.step,
                   .loss = loss,
                   .metrics = metrics,
                   .rate = optimiser_.rate(),
                   .history = state_.history,
                   .checkpoint = checkpoint,
                   .progress = progress_};
    for (const auto& callback : options_.callbacks) callback(event);
    stop_asked_ = stop_asked_ || event.stop;
  }

  void show_progress() {
    if (!options_.progress.write) return;
    if (progress_.is_due(elapsed())) progress_.update(progress_state());
  }

  [[nodiscard]] ProgressState progress_state() const {
    ProgressState state{.epoch = state_.epoch + 1,
                        .epochs = options_.epochs,
                        .batch = state_.batch,
                        .batches = batches_,
                        .loss = epoch_means_.loss(),
                        .metric_names = state_.history.metrics,
                        .metrics = epoch_means_.metrics(),
                        .rate = optimiser_.rate(),
                        .seconds = elapsed()};
    if (!state_.history.epochs.empty()) {
      const TrainingRecord& last = state_.history.epochs.back();
      state.validation_loss = last.validation_loss;
      state.validation_metrics = last.validation_metrics;
      if (state_.batch == 0) {  // between epochs: the one that was finished
        state.epoch = last.epoch;
        state.batch = batches_;
        state.loss = last.loss;
        state.metrics = last.metrics;
      }
    }
    const std::int64_t made = state_.step - steps_at_start_;
    if (made > 0) state.step_seconds = elapsed() / static_cast<double>(made);
    std::int64_t all = options_.epochs > 0 ? options_.epochs * batches_ : 0;
    if (options_.steps > 0) all = all > 0 ? std::min(all, options_.steps) : options_.steps;
    if (state.step_seconds && all > 0) state.left = *state.step_seconds * static_cast<double>(all - state_.step);
    if (options_.seconds > 0)
      state.left = std::min(state.left.value_or(options_.seconds), options_.seconds - elapsed());
    return state;
  }

  Trainee& trainee_;
  const Loader& data_;
  Optimiser& optimiser_;
  const FitOptions& options_;
  std::source_location where_;
  std::int64_t batches_, record_every_;
  StoppingRules rules_;
  std::optional<Plateau> plateau_{};
  ProgressLine progress_;
  std::vector<Parameter> parameters_;
  std::vector<std::size_t> trained_;
  std::vector<Parameter> trained_parameters_;
  TrainingState state_{};  // its seconds are those before this call
  Means epoch_means_, stretch_means_;
  std::vector<TrainingLog> logs_;
  std::optional<std::pair<std::int64_t, std::int64_t>> saved_at_{};  // epoch and step of the newest checkpoint
  std::vector<NamedTensor> best_;  // parameters and buffers of the best epoch, where they are wanted
  std::int64_t best_step_ = 0;
  bool best_written_ = true;  // into best.safetensors
  FitResult result_{};
  bool stop_asked_ = false;
  Clock::time_point start_{};
  std::int64_t steps_at_start_ = 0;

  // Work space of a step.
  Recording recording_;
  Adjoints adjoints_;
  std::pair<std::string, std::string> born_;  // where what is not finite came from, in a line and in all
  std::vector<Tensor> gradients_;
  std::vector<double> metrics_;

  // Programs of the step, one for each type of batch, the first one's first.
  std::vector<std::unique_ptr<CompiledStep>> programs_;
  std::int64_t checked_at_ = 0;             // the step at which one was held against the model last
  std::optional<double> differentiated_{};  // loss of this step's batch, where gradients_ are those of it
};

}  // namespace

FitResult fit(Trainee& trainee, const Loader& data, Optimiser& optimiser, const FitOptions& options,
              std::source_location where) {
  return Run(trainee, data, optimiser, options, where).run();
}

Evaluation evaluate(const std::function<Trainee::Outcome(const Batch&)>& outcome, const Loader& data,
                    std::span<const Metric> metrics, std::source_location where) {
  if (data.batches() == 0) refuse("the data have no batches", "one at least", where);
  const Means means = means_over(outcome, data, metrics, nullptr, where).value_or(Means());
  return {means.loss(), means.metrics(), static_cast<std::int64_t>(means.samples())};
}

}  // namespace wengert::nn
