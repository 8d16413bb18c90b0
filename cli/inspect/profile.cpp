#include "wengert/cli/inspect/profile.hpp"

#include <chrono>
#include <optional>
#include <ostream>
#include <source_location>
#include <vector>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/inspect/profile.hpp"
#include "wengert/autodiff/inspect/statistics.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/graph.hpp"
#include "wengert/cli/graph_file.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/cli/train/step.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

using wengert::detail::AnyHandle;

/// What is looked at, kept alive.
class Subject {
 public:
  Subject(const SubjectOptions& options, const std::string& command) {
    if (options.model.empty() == options.expression.empty())
      throw UsageError(command + " wants an expression, or --model with a network");
    if (!options.model.empty()) {
      if (!options.at.empty() || !options.wrt.empty()) throw UsageError("--at and --wrt go with an expression");
      step_ = train::training_step(options.model, options.input, options.outputs, options.loss == "cross-entropy",
                                   options.batch);
      return;
    }
    const Problem problem = read_problem(options);
    recorded_.emplace(record(problem));
    if (recorded_->value.id() == 0) throw WorkError("the expression is a constant; nothing is computed in it");
    for (const std::size_t k : problem.chosen) chosen_.push_back(k);
  }

  [[nodiscard]] AnyHandle value() const { return recorded_ ? recorded_->value.handle() : AnyHandle(step_.loss); }
  [[nodiscard]] std::vector<AnyHandle> variables(const std::string& option) const {
    if (!recorded_) return {step_.parameters.begin(), step_.parameters.end()};
    if (recorded_->value.is_array()) throw UsageError(option + ": the value is " + recorded_->value.description());
    std::vector<AnyHandle> x;
    for (const std::size_t k : chosen_) x.push_back(recorded_->variables[k].handle());
    return x;
  }
  [[nodiscard]] const Recording& recording() const { return recorded_ ? recorded_->recording : *step_.recording; }
  /// What a program of it gets: all variables, the parameters of a network before its examples.
  [[nodiscard]] std::vector<AnyHandle> inputs() const {
    std::vector<AnyHandle> inputs(step_.parameters.begin(), step_.parameters.end());
    if (!recorded_) inputs.emplace_back(step_.input);
    if (recorded_)
      for (const Value& variable : recorded_->variables) inputs.push_back(variable.handle());
    return inputs;
  }

 private:
  std::optional<RecordedExpression> recorded_;
  std::vector<std::size_t> chosen_;
  train::Step step_;
};

/// A program of value and gradient, run at the point for about so long.
Profile profile_of_program(const Subject& subject, double seconds) {
  const std::vector<AnyHandle> x = subject.variables("--program"), inputs = subject.inputs();
  std::vector<AnyHandle> outputs{subject.value()};
  const auto slopes = wengert::detail::gradient_of(subject.value(), nullptr, x, std::source_location::current());
  for (std::size_t k = 0; k < x.size(); ++k)
    outputs.push_back(x[k].tensor != nullptr ? AnyHandle(slopes[k].tensor) : AnyHandle(slopes[k].scalar));
  const Program program(subject.recording(), wengert::detail::HandleList(inputs), wengert::detail::HandleList(outputs));
  Program::Workspace workspace(program);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k].tensor != nullptr)
      workspace.set(k, *inputs[k].tensor);
    else
      workspace.set(k, inputs[k].scalar.value());
  }
  workspace.time_steps();
  const auto begin = std::chrono::steady_clock::now();
  do {
    program.run(workspace);
  } while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds);
  return profile(program, workspace);
}

nlohmann::ordered_json json_of(const std::vector<ProfileStep>& steps) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ProfileStep& step : steps) {
    json.push_back({{"operation", step.what.operation},
                    {"text", step.what.text},
                    {"nodes", step.what.nodes},
                    {"seconds", json_number(step.seconds)},
                    {"bytes", step.what.bytes}});
  }
  return json;
}

nlohmann::ordered_json json_of(const std::vector<ProfileRow>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ProfileRow& row : rows) {
    json.push_back({{"name", row.name},
                    {"nodes", row.nodes},
                    {"forward", json_number(row.forward)},
                    {"backward", json_number(row.backward)},
                    {"bytes", row.bytes},
                    {"operations", json_number(row.flops)}});
  }
  return json;
}

std::string json_of(const GraphStatistics& s) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::object();
  for (const auto& [name, count] : s.operations) operations[name] = count;
  return json_line({{"schema", 1},
                    {"nodes", s.nodes},
                    {"edges", s.edges},
                    {"variables", s.variables},
                    {"constants", s.constants},
                    {"outputs", s.outputs},
                    {"scopes", s.scopes},
                    {"depth", s.depth},
                    {"width", s.width},
                    {"work", json_number(s.work)},
                    {"span", json_number(s.span)},
                    {"bytes", json_number(s.bytes)},
                    {"live_bytes", json_number(s.live_bytes)},
                    {"operations", operations}});
}

}  // namespace

void run_profile(const ProfileCommandOptions& options, const Streams& streams) {
  const Subject subject(options, "profile");
  const Profile result = options.program ? profile_of_program(subject, options.seconds)
                                         : profile(subject.value(), {.seconds = options.seconds});
  const graph::Theme theme = theme_of(options.theme);
  if (!options.flame.empty()) graph::write_file(options.flame, flame_graph(result, theme));
  if (!options.trace.empty()) graph::write_file(options.trace, chrome_trace(result));
  if (!options.out.empty())
    graph::write_file(options.out,
                      graph::written(draw(result), graph::format_of(options.out), {.theme = theme, .link = ""}));
  if (!options.json) {
    streams.out << result.text(false);  // the lines are those of the command
    return;
  }
  nlohmann::ordered_json json{{"schema", 1},
                              {"nodes", result.nodes.size()},
                              {"rounds", result.rounds},
                              {"forward", json_number(result.forward())},
                              {"backward", json_number(result.backward())},
                              {"operations", json_of(result.by_operation())},
                              {"scopes", json_of(result.by_scope())}};
  if (options.program) {
    json["run"] = json_number(result.run);
    json["steps"] = json_of(result.steps);
  }
  streams.out << json_line(json);
}

void run_stats(const StatsOptions& options, const Streams& streams) {
  const auto tell = [&](const graph::Graph& graph) {
    const GraphStatistics s = statistics(graph);
    streams.out << (options.json ? json_of(s) : s.text());
  };
  if (!options.file.empty()) {
    if (!options.expression.empty() || !options.model.empty() || !options.at.empty() || options.gradient)
      throw UsageError("--file goes alone: in a file is what there is");
    return tell(read_graph(options.file));
  }
  const Subject subject(options, "stats");
  const std::vector<AnyHandle> x = options.gradient ? subject.variables("--gradient") : std::vector<AnyHandle>{};
  tell(graph_of(subject.value(), x, {.view = options.gradient ? View::both : View::forward}));
}

}  // namespace wengert::cli
