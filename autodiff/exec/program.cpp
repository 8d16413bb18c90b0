#include "wengert/autodiff/exec/program.hpp"

#include <algorithm>
#include <utility>

#include "wengert/autodiff/exec/program_data.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace exec;
using graph::Graph;
using graph::NodeId;

namespace {

std::shared_ptr<const ProgramData> made(Captured captured, const ProgramOptions& options, std::source_location where) {
  static_cast<void>(where);
  auto data = std::make_shared<ProgramData>();
  data->options = options;
  data->captured = std::move(captured);
  data->graph = data->captured.graph;
  for (const NodeId input : data->graph.variables()) data->input_types.push_back(data->graph.type(input));
  for (std::size_t k = 0; k < data->captured.outputs; ++k)
    data->output_types.push_back(data->graph.type(data->graph.outputs()[k]));
  if (Lanes::can_run(data->graph)) data->lanes.emplace(data->graph);
  return data;
}

void check_count(std::string_view what, std::size_t given, std::size_t wanted, std::source_location where) {
  if (given == wanted) return;
  throw ArgumentError{{.operation = "program",
                       .problem = std::to_string(given) + " numbers are given for " + std::string(what),
                       .expected = std::to_string(wanted),
                       .where = where}};
}

}  // namespace

Program::Program(const Recording& recording, const detail::HandleList& inputs, const detail::HandleList& outputs,
                 const ProgramOptions& options, std::source_location where)
    : data_(made(capture(recording, inputs.span(), outputs.span(), "program", where), options, where)) {}

Program::Program(Graph graph, const ProgramOptions& options, std::source_location where) {
  const std::size_t outputs = graph.outputs().size();
  data_ = made({.graph = std::move(graph), .outputs = outputs}, options, where);
}

std::size_t Program::input_count() const noexcept { return data_->input_types.size(); }
std::size_t Program::output_count() const noexcept { return data_->output_types.size(); }
const Type& Program::input_type(std::size_t k) const { return data_->input_types.at(k); }
const Type& Program::output_type(std::size_t k) const { return data_->output_types.at(k); }
std::size_t Program::guard_count() const noexcept { return data_->captured.guards.size(); }
bool Program::is_scalar() const noexcept { return data_->lanes.has_value(); }
const Graph& Program::graph() const noexcept { return data_->graph; }

// --- Numbers --------------------------------------------------------------------------------------------------------

void Program::run(Workspace& w, std::span<const double> x, std::span<double> y, std::source_location where) const {
  if (try_run(w, x, y, where) != RunStatus::ok) detail::throw_guard_failed(w.failed_guard().value(), "program");
}

RunStatus Program::try_run(Workspace& w, std::span<const double> x, std::span<double> y,
                           std::source_location where) const {
  check_count("inputs", x.size(), input_count(), where);
  check_count("outputs", y.size(), output_count(), where);
  WorkspaceData& d = *w.data_;
  d.failed_at.clear();
  const SampleCode& code = data_->lanes->samples();
  std::copy(x.begin(), x.end(), d.slots.begin());
  code.run(d.slots.data());
  for (std::size_t k = 0; k < y.size(); ++k) y[k] = d.slots[code.stores[k]];
  if (guard_count() == 0 || d.slots[code.stores.back()] == 0.0) return RunStatus::ok;
  d.failed_at.assign(x.begin(), x.end());
  return RunStatus::guard_failed;
}

void Program::run_batch(Workspace& w, std::span<const double> x, std::span<double> y, std::int64_t count,
                        std::source_location where) const {
  if (try_run_batch(w, x, y, count, {}, where) != RunStatus::ok)
    detail::throw_guard_failed(w.failed_guard().value(), "program");
}

RunStatus Program::try_run_batch(Workspace& w, std::span<const double> x, std::span<double> y, std::int64_t count,
                                 std::span<std::uint8_t> failed, std::source_location where) const {
  const auto n = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  check_count("inputs", x.size(), n * input_count(), where);
  check_count("outputs", y.size(), n * output_count(), where);
  WorkspaceData& d = *w.data_;
  d.failed_at.clear();
  RunStatus status = RunStatus::ok;
  const bool guarded = guard_count() != 0;
  const std::size_t inputs = input_count(), outputs = output_count();
  for (std::int64_t begin = 0; begin < count; begin += d.frame.tile()) {
    const std::int64_t lanes = std::min(d.frame.tile(), count - begin);
    for (std::size_t k = 0; k < inputs; ++k) d.frame.bind_load(k, x.data() + k * n + begin);
    for (std::size_t k = 0; k < outputs; ++k) d.frame.bind_store(k, y.data() + k * n + begin);
    if (guarded) d.frame.bind_store(outputs, d.failures.data());
    d.frame.run(lanes);
    if (!guarded) continue;
    for (std::int64_t i = 0; i < lanes; ++i) {
      const bool fails = d.failures[static_cast<std::size_t>(i)] != 0.0;
      if (!failed.empty()) failed[static_cast<std::size_t>(begin + i)] = fails ? 1 : 0;
      if (!fails || status != RunStatus::ok) continue;
      status = RunStatus::guard_failed;
      for (std::size_t k = 0; k < inputs; ++k) d.failed_at.push_back(x[k * n + static_cast<std::size_t>(begin + i)]);
    }
  }
  return status;
}

// --- Workspace ------------------------------------------------------------------------------------------------------

WorkspaceData::WorkspaceData(std::shared_ptr<const ProgramData> of) : program(std::move(of)) {
  if (!program->lanes) return;
  const Lanes& lanes = *program->lanes;
  frame = ColumnFrame<double>(lanes.columns(), lanes.tile());
  slots.resize(std::max<std::size_t>(lanes.samples().slots(), 1));
  std::ranges::copy(lanes.samples().constants, slots.begin() + lanes.samples().loads);
  failures.resize(static_cast<std::size_t>(lanes.tile()));
  failed_at.reserve(program->input_types.size());
}

Program::Workspace::Workspace(const Program& program) : data_(std::make_unique<WorkspaceData>(program.data_)) {}
Program::Workspace::Workspace(Workspace&&) noexcept = default;
Program::Workspace& Program::Workspace::operator=(Workspace&&) noexcept = default;
Program::Workspace::~Workspace() = default;

std::optional<FailedGuard> Program::Workspace::failed_guard() const { return std::nullopt; }

std::string Program::report() const { return {}; }

}  // namespace wengert
