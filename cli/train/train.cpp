#include "wengert/cli/train/train.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <filesystem>
#include <memory>
#include <ostream>
#include <utility>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/cli/train/interrupt.hpp"
#include "wengert/cli/train/loss.hpp"
#include "wengert/cli/train/model.hpp"
#include "wengert/cli/train/saved.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/transforms.hpp"
#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/sgd.hpp"
#include "wengert/nn/train/checkpoint.hpp"
#include "wengert/nn/train/fit.hpp"
#include "wengert/nn/train/report.hpp"
#include "wengert/nn/train/summary.hpp"

namespace wengert::cli::train {
namespace {

using Json = nlohmann::ordered_json;

std::unique_ptr<nn::Optimiser> optimiser_of(const TrainOptions& o) {
  const auto rate = [&](double otherwise) { return o.rate > 0 ? o.rate : otherwise; };
  // Biases and the weights of normalisations do not decay.
  const std::vector<nn::Group> groups{{.has = nn::of_rank_below(2), .weight_decay = 0.0}};
  if (o.optimiser == "sgd")
    return std::make_unique<nn::SGD>(
        nn::SGDOptions{.rate = rate(0.05), .momentum = o.momentum, .weight_decay = o.weight_decay, .groups = groups});
  if (o.optimiser == "adamw")
    return std::make_unique<nn::AdamW>(nn::AdamWOptions{
        .rate = rate(1e-3), .weight_decay = o.weight_decay > 0 ? o.weight_decay : 1e-2, .groups = groups});
  if (o.optimiser == "rmsprop")
    return std::make_unique<nn::RMSProp>(
        nn::RMSPropOptions{.rate = rate(1e-3), .weight_decay = o.weight_decay, .groups = groups});
  if (o.optimiser == "adagrad")
    return std::make_unique<nn::Adagrad>(
        nn::AdagradOptions{.rate = rate(1e-2), .weight_decay = o.weight_decay, .groups = groups});
  return std::make_unique<nn::Adam>(
      nn::AdamOptions{.rate = rate(1e-3), .weight_decay = o.weight_decay, .groups = groups});
}

nn::Schedule schedule_of(const std::string& name, double rate, std::int64_t steps) {
  if (name == "cosine") return nn::cosine(rate, steps);
  if (name == "linear") return nn::polynomial(rate, steps);
  if (name == "step") return nn::step_decay(rate, std::max<std::int64_t>(1, steps / 3));
  if (name == "one-cycle") return nn::one_cycle(rate, steps);
  return {};
}

std::size_t terminal_width() {
  struct winsize size {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

nn::ProgressOptions progress_of(const TrainOptions& options, const Streams& streams) {
  if (options.quiet) return {};
  nn::ProgressOptions progress;
  progress.write = nn::written_to(streams.err);
  progress.terminal = streams.colour_err;  // a terminal that can, and NO_COLOR is not set
  if (progress.terminal) progress.width = terminal_width;
  return progress;
}

/// Examples to train with and to validate with, and others to test with (null: none).
struct Parts {
  nn::DatasetPointer training, validation, test;
};
Parts parts_of(const Data& data, double validation, std::uint64_t seed) {
  if (validation == 0) return {data.training, nullptr, data.test};
  const nn::Split split = nn::split(data.training, 1 - validation, seed);
  if (split.first->size() == 0 || split.second->size() == 0)
    throw UsageError("--validation leaves nothing on one side of " + std::to_string(data.training->size()) +
                     " examples");
  return {split.first, split.second, data.test};
}

nn::Loader evaluated(const nn::DatasetPointer& data) { return nn::Loader(data, {.batch = 256, .shuffle = false}); }

std::string percent(double share) { return rounded(100 * share, 4) + " %"; }

/// "loss 0.31, accuracy 88.9 %"
std::string told(double loss, const std::vector<double>& metrics) {
  return "loss " + rounded(loss, 5) + (metrics.empty() ? "" : ", accuracy " + percent(metrics[0]));
}
Json numbers_of(double loss, const std::vector<double>& metrics) {
  Json json{{"loss", json_number(loss)}};
  if (!metrics.empty()) json["accuracy"] = json_number(metrics[0]);
  return json;
}

void write_report(const TrainOptions& options, const nn::FitResult& result, const nn::Layers& network,
                  const Saved& saved, const Parts& parts) {
  nn::TrainingReport report = nn::report_of(result);
  report.title = options.model + " on " + options.data;
  report.facts.emplace_back("model", options.model);
  report.facts.emplace_back("data", options.data);
  report.facts.emplace_back("examples to train with", std::to_string(parts.training->size()));
  if (parts.validation != nullptr)
    report.facts.emplace_back("examples to validate with", std::to_string(parts.validation->size()));
  report.facts.emplace_back("optimiser", options.optimiser);
  report.facts.emplace_back("schedule", options.schedule);
  report.facts.emplace_back("batch", std::to_string(options.batch));
  report.tables.push_back(nn::table_of(nn::summarise(network, example_of(saved.form, 1))));
  nn::write_atomically(options.report, nn::html_of(report));
}

Json history_of(const nn::FitResult& result) {
  Json epochs = Json::array();
  for (const nn::TrainingRecord& record : result.history.epochs) {
    Json one{{"epoch", record.epoch}};
    one.update(numbers_of(record.loss, record.metrics));
    if (record.validation_loss) one["validation"] = numbers_of(*record.validation_loss, record.validation_metrics);
    epochs.push_back(std::move(one));
  }
  return epochs;
}

void check(const TrainOptions& options) {
  if (options.resume && options.checkpoint.empty()) throw UsageError("--resume goes with --checkpoint FOLDER");
  if (!options.log.empty() && !options.log.ends_with(".jsonl") && !options.log.ends_with(".csv"))
    throw UsageError("--log '" + options.log + "': expected a name that ends with .jsonl or .csv");
  if (options.patience > 0 && options.validation == 0) throw UsageError("--patience goes with --validation");
}

/// The folder of checkpoints: empty at the beginning, of the same network when it is gone on from.
void prepare_folder(const TrainOptions& options, const Saved& saved) {
  const std::string path = options.checkpoint + "/" + description_name;
  nn::make_checkpoint_folder(options.checkpoint);
  const bool there = nn::newest_training_state(options.checkpoint).has_value();
  if (there && !options.resume)
    throw WorkError("'" + options.checkpoint + "' has checkpoints already\n  hint: --resume goes on from them");
  const std::string description = description_of(saved);
  if (there && nn::file_bytes(path) != description)
    throw WorkError("'" + options.checkpoint + "' has checkpoints of another network, other data or another seed");
  nn::write_atomically(path, description);
}

}  // namespace

int run_train(const TrainOptions& options, const Streams& streams) {
  check(options);
  const Data data = load(options);
  const Parts parts = parts_of(data, options.validation, options.seed);
  Saved saved{.model = options.model,
              .layers = layers_of(options.model, data.form.outputs, options.dropout),
              .form = data.form,
              .seed = options.seed,
              .validation = options.validation};
  nn::Layers network = build(saved.layers, data.form.sample, nn::Random(options.seed));
  check_output(network, data.form);

  nn::DatasetPointer training = parts.training;
  if ((options.flip || options.shift > 0) && data.form.sample.rank() != 3)
    throw UsageError("--flip and --shift are for pictures");
  if (options.smoothing > 0 && !data.form.classes) throw UsageError("--smoothing is for classes");
  if (options.shift > 0) training = nn::varied(training, nn::shifted_at_random(options.shift, data.background));
  if (options.flip) training = nn::varied(training, nn::flipped_at_random());
  const nn::Loader loader(training, {.batch = options.batch, .seed = options.seed});
  std::optional<nn::Loader> validation;
  if (parts.validation != nullptr) validation.emplace(evaluated(parts.validation));

  const InterruptGuard guard;
  const auto optimiser = optimiser_of(options);
  nn::FitOptions fit_options;
  fit_options.epochs = options.epochs;
  fit_options.seed = options.seed;
  fit_options.rate_per_step = schedule_of(options.schedule, optimiser->rate(), options.epochs * loader.batches());
  if (validation) fit_options.validation = &*validation;
  if (data.form.classes) fit_options.metrics = {nn::accuracy()};
  if (options.clip > 0) fit_options.clip_norm = options.clip;
  fit_options.early_stopping.patience = options.patience;
  fit_options.progress = progress_of(options, streams);
  if (options.log.ends_with(".csv"))
    fit_options.csv = options.log;
  else
    fit_options.jsonl = options.log;
  if (!options.checkpoint.empty()) {
    prepare_folder(options, saved);
    fit_options.checkpoints.folder = options.checkpoint;
    fit_options.checkpoints.resume = options.resume;
  }
  fit_options.stop = guard.flag();
  fit_options.compile = options.compile;
  const Loss loss{data.form.classes, options.smoothing};
  const nn::FitResult result = nn::fit(network, loader, loss, *optimiser, fit_options);

  if (!options.out.empty()) save(options.out, network, saved);
  if (!options.report.empty()) write_report(options, result, network, saved, parts);
  std::optional<nn::Evaluation> test;
  const bool interrupted = result.ending == nn::Ending::interrupted;
  if (parts.test != nullptr && !interrupted)
    test = nn::evaluate(network, evaluated(parts.test), Loss{data.form.classes}, fit_options.metrics);

  const std::int64_t parameters = nn::parameter_count(network);
  if (options.json) {
    Json json{{"schema", 1},
              {"model", options.model},
              {"data", options.data},
              {"parameters", parameters},
              {"ending", std::string(nn::to_string(result.ending))},
              {"epochs", history_of(result)},
              {"steps", result.steps},
              {"compiled_steps", result.compiled}};
    if (!result.not_compiled.empty()) json["not_compiled"] = result.not_compiled;
    if (test) json["test"] = numbers_of(test->loss, test->metrics);
    json["seconds"] = json_number(result.seconds);
    streams.out << json_line(json);
  } else {
    streams.out << "model       " << options.model << ", " << nn::counted(parameters) << " parameters\n"
                << "data        " << options.data << ", " << nn::counted(parts.training->size()) << " examples\n"
                << "ended       " << nn::to_string(result.ending) << ", after " << result.epochs
                << (result.epochs == 1 ? " epoch" : " epochs") << " and " << nn::counted(result.steps) << " steps\n";
    if (!result.not_compiled.empty() && options.compile)
      streams.out << "programs    none: " << result.not_compiled << "\n";
    if (!result.history.epochs.empty()) {
      const nn::TrainingRecord& last = result.history.epochs.back();
      streams.out << "training    " << told(last.loss, last.metrics) << "\n";
      if (last.validation_loss)
        streams.out << "validation  " << told(*last.validation_loss, last.validation_metrics) << "\n";
    }
    if (test) streams.out << "test        " << told(test->loss, test->metrics) << "\n";
    for (const std::string& warning : nn::report_of(result).warnings) streams.err << "warning: " << warning << "\n";
  }
  if (result.ending == nn::Ending::not_finite) {
    if (result.not_finite) streams.err << result.not_finite->born;
    throw WorkError("the training ended: " + (result.not_finite ? result.not_finite->what : "a number is not finite") +
                    "\n  hint: a smaller --rate, or --clip 1");
  }
  return interrupted ? interrupted_status : static_cast<int>(done);
}

void run_eval(const EvalOptions& options, const Streams& streams) {
  const Loaded loaded = load_network(options.network, options.last);
  DataOptions where = options;
  where.seed = loaded.saved.seed;
  const bool own = where.data.empty() || where.data == loaded.saved.form.data;
  if (own) where.data = loaded.saved.form.data;
  const Data data = load(where, &loaded.saved.form);
  // Of its own data the examples that it was not trained with.
  nn::DatasetPointer examples = data.test;
  std::string part = "test";
  if (examples == nullptr) {
    const Parts parts = parts_of(data, own ? loaded.saved.validation : 0, loaded.saved.seed);
    examples = parts.validation != nullptr ? parts.validation : parts.training;
    part = parts.validation != nullptr ? "validation" : own ? "training" : "all";
  }
  std::vector<nn::Metric> metrics;
  if (data.form.classes) metrics = {nn::accuracy()};
  const nn::Evaluation result = nn::evaluate(loaded.network, evaluated(examples), Loss{data.form.classes}, metrics);
  if (options.json) {
    Json json{{"schema", 1},
              {"model", loaded.saved.model},
              {"data", where.data},
              {"part", part},
              {"examples", result.samples}};
    json.update(numbers_of(result.loss, result.metrics));
    streams.out << json_line(json);
    return;
  }
  streams.out << "model     " << loaded.saved.model << "\n"
              << "weights   " << loaded.path << "\n"
              << "data      " << where.data << " (" << part << "), " << nn::counted(result.samples) << " examples\n"
              << "result    " << told(result.loss, result.metrics) << "\n";
}

Shape shape_of(const std::string& text) {
  std::vector<std::int64_t> extents;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = std::min(text.find('x', at), text.size());
    const std::string number = text.substr(at, end - at);
    if (number.empty() || number.size() > 7 || number.find_first_not_of("0123456789") != number.npos || number == "0")
      throw UsageError("'" + text + "' is no shape; expected numbers such as 784 or 1x28x28");
    extents.push_back(std::stoll(number));
    if (end == text.size()) break;
    at = end + 1;
  }
  if (extents.size() > 4) throw UsageError("'" + text + "' has more than 4 axes");
  return Shape(std::span<const std::int64_t>(extents));
}

void run_summary(const SummaryOptions& options, const Streams& streams) {
  std::optional<nn::Layers> network;
  Shape sample;
  if (std::filesystem::exists(options.model) && !options.model.ends_with(".toml")) {
    Loaded loaded = load_network(options.model);
    sample = loaded.saved.form.sample;
    network = std::move(loaded.network);
  } else {
    if (options.input.empty()) throw UsageError("--input says what one example is: --input 784, --input 1x28x28");
    sample = shape_of(options.input);
    network = build(layers_of(options.model, options.outputs), sample, nn::Random(0));
  }
  const nn::Summary summary = nn::summarise(*network, example_of(sample, options.batch));
  if (!options.json) {
    streams.out << nn::to_string(summary);
    return;
  }
  Json rows = Json::array();
  for (const nn::SummaryRow& row : summary.rows)
    rows.push_back({{"name", row.name},
                    {"kind", row.kind},
                    {"output", to_string(row.output)},
                    {"parameters", row.parameter_count},
                    {"activation_bytes", row.activation_bytes},
                    {"flops", json_number(row.flops)}});
  streams.out << json_line({{"schema", 1},
                            {"model", options.model},
                            {"layers", rows},
                            {"parameters", summary.parameter_count},
                            {"activation_bytes", summary.activation_bytes},
                            {"flops", json_number(summary.flops)}});
}

}  // namespace wengert::cli::train
