#include "wengert/cli/train/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "wengert/cli/train/model.hpp"

namespace wengert::cli::train {
namespace {

constexpr std::int64_t many = 1'000'000'000;

CLI::Option* add_count(CLI::App& command, const std::string& name, std::int64_t& value, const std::string& text,
                       std::int64_t least) {
  return command.add_option(name, value, text)->type_name("N")->check(CLI::Range(least, many))->capture_default_str();
}
CLI::Option* add_real(CLI::App& command, const std::string& name, double& value, const std::string& text, double most) {
  return command.add_option(name, value, text)->type_name("X")->check(CLI::Range(0.0, most))->capture_default_str();
}
CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value, const std::string& text,
                        const std::vector<std::string>& choices) {
  return command.add_option(name, value, text)->type_name("NAME")->check(CLI::IsMember(choices))->capture_default_str();
}

void add_folder(CLI::App& command, DataOptions& options) {
  command.add_option("--data-folder", options.folder, "Where the files of fashion-mnist are")
      ->type_name("FOLDER")
      ->capture_default_str();
}

void add_train(CLI::App& app, TrainOptions& options) {
  CLI::App* train = app.add_subcommand("train", "Train a network on a set, a table or arrays");
  train
      ->add_option("DATA", options.data,
                   "fashion-mnist, parabola, two-moons, spirals; table.csv with --target; x.npy,y.npy")
      ->required();
  train->add_option("MODEL", options.model, "A text such as 'mlp 784-128-10 relu', or a file model.toml")->required();
  train->add_option("--target", options.target, "Column of the table that is learned: numbers, or texts as classes")
      ->type_name("NAME");
  train->add_flag("--classes", options.classes, "Numbers of the target are classes: 0, 1, 2 …");
  add_count(*train, "--epochs", options.epochs, "Times through the data", 1);
  add_count(*train, "--batch", options.batch, "Examples in a step", 1);
  add_real(*train, "--rate", options.rate, "Learning rate; 0: the optimiser's own", 1e6);
  add_choice(*train, "--optimiser", options.optimiser, "How parameters are stepped",
             {"adam", "adamw", "sgd", "rmsprop", "adagrad"});
  add_real(*train, "--momentum", options.momentum, "Of sgd", 1.0);
  add_real(*train, "--weight-decay", options.weight_decay, "How fast matrices and filters shrink by themselves", 1e3);
  add_choice(*train, "--schedule", options.schedule, "The rate over the training",
             {"constant", "cosine", "linear", "step", "one-cycle"});
  add_real(*train, "--dropout", options.dropout, "Of models given by a text", 0.99);
  add_real(*train, "--smoothing", options.smoothing, "Part of each label that is spread evenly over all classes", 0.99);
  add_real(*train, "--clip", options.clip, "The most that the norm of the gradient may be; 0: no limit", 1e12);
  train->add_flag("--flip", options.flip, "Turn pictures left to right at random");
  add_count(*train, "--shift", options.shift, "Move pictures by so many places at random", 0);
  add_real(*train, "--validation", options.validation, "Part of the examples that is kept apart and measured", 0.99);
  add_count(*train, "--patience", options.patience,
            "End when the validation has not improved for so many epochs, and keep the best; 0: never", 0);
  train->add_option("--seed", options.seed, "Of everything that is random")->type_name("N")->capture_default_str();
  train->add_option("--out", options.out, "Write the trained network to this file (safetensors)")->type_name("FILE");
  train->add_option("--checkpoint", options.checkpoint, "Keep states of the training in this folder")
      ->type_name("FOLDER");
  train->add_flag("--resume", options.resume, "Go on from the newest checkpoint");
  train->add_flag_callback(
      "--no-compile", [&options] { options.compile = false; }, "Compute steps one by one, not as programs");
  train->add_option("--report", options.report, "Write a page of HTML with the curves")->type_name("FILE");
  train->add_option("--log", options.log, "Write the numbers as they come: .jsonl or .csv")->type_name("FILE");
  add_folder(*train, options);
  train->add_flag("--quiet", options.quiet, "No progress on standard error");
  train->add_flag("--json", options.json, "Print one line of JSON");
  train->footer(
      "Models:\n"
      "  mlp 784-256-10 relu        widths from the inputs to the outputs; batchnorm\n"
      "  cnn 32-64 128 relu         channels, then widths; window=3 batchnorm global\n"
      "  lenet                      two convolutions, three linear layers\n"
      "  lstm 64                    over rows; also rnn, gru; layers=2 bidirectional\n"
      "  transformer 64             over rows; heads=4 layers=2\n"
      "  model.toml                 [[layer]] tables, one for each layer\n"
      "  and dropout=0.2 with each.\n"
      "\n"
      "With Debian's dataset-fashion-mnist:\n"
      "  wengert train fashion-mnist 'cnn 32-64 128' --schedule cosine --report r.html\n"
      "\n"
      "Examples:\n"
      "  wengert train two-moons 'mlp 2-16-2 tanh' --epochs 5 --out moons.net\n"
      "  wengert train parabola 'mlp 2-8-2' --epochs 2 --checkpoint run --log run.jsonl");
}

void add_saved(CLI::App& command, EvalOptions& options) {
  command.add_option("NETWORK", options.network, "A file of train --out, or a folder of train --checkpoint")
      ->required();
  command.add_option("DATA", options.data, "As of wengert train; without it what the network was trained with");
  command.add_option("--target", options.target, "Column of the table; without it that of the training")
      ->type_name("NAME");
  command.add_flag("--last", options.last, "Of a folder the newest weights, not the best");
  add_folder(command, options);
  command.add_flag("--json", options.json, "Print one line of JSON");
}

}  // namespace

void describe_options(CLI::App& app, TrainOptions& train, EvalOptions& eval, PredictOptions& predict,
                      SummaryOptions& summary) {
  add_train(app, train);

  CLI::App* evaluating = app.add_subcommand("eval", "Loss and accuracy of a trained network on examples");
  add_saved(*evaluating, eval);
  evaluating->footer("Examples:\n  wengert eval moons.net\n  wengert eval run --last --json");

  CLI::App* predicting = app.add_subcommand("predict", "What a trained network says of examples, a line for each");
  add_saved(*predicting, predict);
  add_count(*predicting, "--first", predict.first, "Only so many; 0: all", 0);
  predicting->add_option("--out", predict.out, "Write probabilities or numbers as NPY file, too")->type_name("FILE");
  predicting->footer("Examples:\n  wengert predict moons.net --first 3\n  wengert predict run --first 2 --json");

  CLI::App* summarising = app.add_subcommand("summary", "The layers of a model: shapes, parameters, memory, work");
  summarising->add_option("MODEL", summary.model, "A text or file as of wengert train, or a trained network")
      ->required();
  summarising->add_option("--input", summary.input, "Shape of an example: 784, 1x28x28")->type_name("SHAPE");
  add_count(*summarising, "--outputs", summary.outputs, "Numbers that the model gives", 1);
  add_count(*summarising, "--batch", summary.batch, "Examples at a time", 1);
  summarising->add_flag("--json", summary.json, "Print one line of JSON");
  summarising->footer(
      "Layers of a TOML file:\n  " + layer_kinds() +
      "\n\nExamples:\n  wengert summary lenet --input 1x28x28\n  wengert summary 'lstm 64' --input 28x28");
}

}  // namespace wengert::cli::train
