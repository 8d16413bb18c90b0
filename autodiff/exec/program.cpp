#include "wengert/autodiff/exec/program.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/exec/plan_graph.hpp"
#include "wengert/autodiff/exec/program_data.hpp"
#include "wengert/autodiff/exec/step_clock.hpp"
#include "wengert/autodiff/ops/threads.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/graph/blocks.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace exec;
using graph::Graph;
using graph::NodeId;

namespace {

/// The products that steps of gradient descent add to a state.
std::vector<NodeId> added_to_states(const Graph& g, const ProgramOptions& options) {
  std::vector<NodeId> products;
  if (options.states.empty()) return products;
  const std::vector<std::uint32_t> uses = uses_of(g);
  for (const ProgramOptions::State& state : options.states)
    if (const auto update = find_update(g, uses, g.variables()[state.input], g.outputs()[state.output]))
      products.push_back(update->product);
  return products;
}

bool runs_on_numbers(const ProgramData& data) { return data.options.states.empty() && Lanes::can_run(data.graph); }

PlanOptions plan_options(const ProgramData& data) {
  return {.guarded = !data.captured.guards.empty(),
          .exact = data.options.exact || !data.options.passes,
          .native = data.options.native,
          .again = data.again};
}

/// The nodes that a rewrite has put there beside those that compute what was there before.
std::vector<NodeId> added_by(const passes::Rewrite& rewrite) {
  std::vector<bool> before(rewrite.graph.size(), false);
  for (const NodeId node : rewrite.node_of)
    if (node != graph::no_node) before[node] = true;
  std::vector<NodeId> added;
  for (NodeId node = 0; node < before.size(); ++node)
    if (!before[node]) added.push_back(node);
  return added;
}

/// Computes values again where that lowers the bytes of the plan, which the pass only estimates. Returns what became of
/// the nodes.
std::vector<NodeId> rematerialise(ProgramData& data, std::vector<NodeId> node_of) {
  const std::size_t wanted = data.options.memory.value_or(0);
  PlanOptions options = plan_options(data);
  options.code = false;
  std::size_t least = plan(data.graph, data.options.states, options).arena_bytes;
  std::optional<passes::Rewrite> best;
  const auto attempt = [&](const passes::Rematerialisation& how) {
    passes::Rewrite rewrite = passes::rematerialise(data.graph, how);
    options.again = added_by(rewrite);
    if (options.again.empty()) return;
    // What a node itself takes in the program, about: small values may as well wait.
    constexpr std::size_t of_node = 256;
    const std::size_t bytes = plan(rewrite.graph, data.options.states, options).arena_bytes;
    if (bytes + of_node * options.again.size() >= least) return;
    least = bytes;
    best = std::move(rewrite);
  };
  // With less of a budget than was asked for, where the estimate was too low; by arithmetic first.
  for (const bool dear : {false, true}) {
    if (dear && !data.options.memory) break;
    for (std::size_t budget = wanted; least > wanted; budget = budget / 4 * 3) {
      attempt({.budget = budget, .dear = dear});
      if (budget < wanted / 2 || budget == 0) break;
    }
  }
  const std::size_t before = data.graph.size();
  if (best) {
    data.again = added_by(*best);
    for (NodeId& node : node_of)
      if (node != graph::no_node) node = best->node_of[node];
    data.graph = std::move(best->graph);
  }
  data.passes.push_back({"rematerialise", before, data.graph.size()});
  return node_of;
}

/// Runs the passes until none changes anything, and once the last. A product that a state's step adds stays one: the
/// plan has a kernel for such steps.
void rewrite(ProgramData& data) {
  constexpr int most_rounds = 4;
  constexpr passes::Rewrite (*outer)(const Graph&) = &passes::outer;
  std::vector<NodeId> node_of(data.graph.size());
  std::iota(node_of.begin(), node_of.end(), NodeId{0});
  for (int round = 0; round < most_rounds; ++round) {
    bool changed = false;
    for (const passes::Pass* pass : passes::all()) {
      if (data.options.exact && !pass->exact) continue;
      passes::Rewrite result = pass->run == outer ? passes::outer(data.graph, added_to_states(data.graph, data.options))
                                                  : pass->run(data.graph);
      data.passes.push_back({pass->name, data.graph.size(), result.graph.size()});
      changed = changed || result.graph.size() != data.graph.size();
      for (NodeId& node : node_of)
        if (node != graph::no_node) node = result.node_of[node];
      data.graph = std::move(result.graph);
    }
    if (!changed) break;
  }
  if (!runs_on_numbers(data)) node_of = rematerialise(data, std::move(node_of));
  data.origins.assign(data.graph.size(), graph::no_node);
  for (NodeId node = 0; node < node_of.size(); ++node)
    if (node_of[node] != graph::no_node && data.origins[node_of[node]] == graph::no_node)
      data.origins[node_of[node]] = node;
  for (const auto& [node, line] : data.captured.lines)
    if (node_of[node] != graph::no_node) data.lines.emplace(node_of[node], line);
}

void check_states(const ProgramData& data, std::source_location where) {
  const auto refuse = [&](const std::string& problem) {
    throw ArgumentError{{.operation = "program",
                         .problem = problem,
                         .expected = "an input and an output of one type, each once",
                         .where = where}};
  };
  std::vector<bool> seen(data.input_types.size(), false);
  for (const ProgramOptions::State& state : data.options.states) {
    const std::string pair = std::to_string(state.input) + " and output " + std::to_string(state.output);
    if (state.input >= data.input_types.size() || state.output >= data.output_types.size())
      refuse("a state of input " + pair + ", which there are not");
    if (!(data.input_types[state.input] == data.output_types[state.output]))
      refuse("a state of input " + pair + ": " + to_string(data.input_types[state.input]) + " becomes " +
             to_string(data.output_types[state.output]));
    if (seen[state.input]) refuse("two states of input " + std::to_string(state.input));
    seen[state.input] = true;
  }
}

std::shared_ptr<const ProgramData> made(Captured captured, const ProgramOptions& options, std::source_location where) {
  if (options.threads < 0)
    throw ArgumentError{{.operation = "program",
                         .problem = std::to_string(options.threads) + " threads",
                         .expected = "1 or more, or 0: as many as the machine runs side by side",
                         .where = where}};
  auto data = std::make_shared<ProgramData>();
  data->options = options;
  data->options.threads =
      std::min(options.threads == 0 ? kernels::machine_threads() : options.threads, kernels::most_threads);
  data->captured = std::move(captured);
  data->graph = data->captured.graph;
  for (const NodeId input : data->graph.variables()) data->input_types.push_back(data->graph.type(input));
  for (std::size_t k = 0; k < data->captured.outputs; ++k)
    data->output_types.push_back(data->graph.type(data->graph.outputs()[k]));
  check_states(*data, where);
  if (options.passes) {
    rewrite(*data);
  } else {
    data->origins.resize(data->graph.size());
    std::iota(data->origins.begin(), data->origins.end(), NodeId{0});
    for (const auto& [node, line] : data->captured.lines) data->lines.emplace(node, line);
  }
  if (runs_on_numbers(*data))
    data->lanes.emplace(data->graph, options.native);
  else
    data->plan = plan(data->graph, options.states, plan_options(*data));
  return data;
}

/// Of a run that comes to its end, where times are kept: those of whole runs are the last.
StepTime* time_of_runs(std::vector<StepTime>& times) { return times.empty() ? nullptr : &times.back(); }

void check_is_scalar(const ProgramData& data, std::source_location where) {
  if (data.lanes) return;
  throw ArgumentError{{.operation = "program",
                       .problem = "numbers are given to a program of tensors",
                       .expected = "Workspace::set for each input, and run(workspace)",
                       .where = where}};
}

/// Samples by which the first tile is shorter, so that all others begin at a line of the cache where columns of y do:
/// a line that is written in two halves, with the other columns in between, is fetched twice.
std::int64_t lead(const double* y, const BatchLayout& layout, std::int64_t tile) {
  constexpr std::int64_t line = 64 / sizeof(double);
  constexpr std::int64_t few = 512;  // samples, for which one more tile costs more than it saves
  if (layout.count < std::max(2 * tile, few) || layout.stride % line != 0) return 0;
  const auto begin = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(y) / sizeof(double) % line);
  return begin == 0 ? 0 : tile - (line - begin);
}

void check_count(std::string_view what, std::size_t given, std::size_t wanted, std::source_location where) {
  if (given == wanted) return;
  throw ArgumentError{{.operation = "program",
                       .problem = std::to_string(given) + " numbers are given for " + std::string(what),
                       .expected = std::to_string(wanted),
                       .where = where}};
}

void check_columns(std::string_view what, std::size_t given, std::size_t columns, const BatchLayout& layout,
                   std::source_location where) {
  if (!layout.fits(given, columns)) check_count(what, given, layout.size(columns), where);
}

void check_layout(const BatchLayout& layout, std::source_location where) {
  if (layout.is_valid()) return;
  throw ArgumentError{{.operation = "program",
                       .problem = "columns of " + std::to_string(layout.count) + " samples, " +
                                  std::to_string(layout.stride) + " numbers from each other",
                       .expected = "a stride of the number of samples, or more",
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
const Graph& Program::recorded() const noexcept { return data_->captured.graph; }
std::span<const NodeId> Program::origins() const noexcept { return data_->origins; }

// --- Numbers --------------------------------------------------------------------------------------------------------

void Program::run(Workspace& w, std::span<const double> x, std::span<double> y, std::source_location where) const {
  if (try_run(w, x, y, where) != RunStatus::ok) detail::throw_guard_failed(w.failed_guard().value(), "program");
}

RunStatus Program::try_run(Workspace& w, std::span<const double> x, std::span<double> y,
                           std::source_location where) const {
  check_is_scalar(*data_, where);
  check_count("inputs", x.size(), input_count(), where);
  check_count("outputs", y.size(), output_count(), where);
  WorkspaceData& d = *w.data_;
  const StepClock clock(time_of_runs(d.times));
  d.failed_at.clear();
  const double last = data_->lanes->samples().run(d.slots.data(), x, y);
  clock.finished();
  if (guard_count() == 0 || last == 0.0) return RunStatus::ok;
  d.failed_at.assign(x.begin(), x.end());
  return RunStatus::guard_failed;
}

void Program::run_batch(Workspace& w, std::span<const double> x, std::span<double> y, const BatchLayout& layout,
                        std::source_location where) const {
  if (try_run_batch(w, x, y, layout, {}, where) != RunStatus::ok)
    detail::throw_guard_failed(w.failed_guard().value(), "program");
}

RunStatus Program::try_run_batch(Workspace& w, std::span<const double> x, std::span<double> y,
                                 const BatchLayout& layout, std::span<std::uint8_t> failed,
                                 std::source_location where) const {
  check_is_scalar(*data_, where);
  check_layout(layout, where);
  check_columns("inputs", x.size(), input_count(), layout, where);
  check_columns("outputs", y.size(), output_count(), layout, where);
  if (!failed.empty()) check_count("samples", failed.size(), static_cast<std::size_t>(layout.count), where);
  const std::int64_t count = layout.count;
  const auto stride = static_cast<std::size_t>(layout.stride);
  WorkspaceData& d = *w.data_;
  const StepClock clock(time_of_runs(d.times));
  d.failed_at.clear();
  const bool guarded = guard_count() != 0;
  const std::size_t inputs = input_count(), outputs = output_count();
  const std::int64_t tile = data_->lanes->tile(), ahead = lead(y.data(), layout, tile);
  // Columns of inputs and outputs that are whole pages apart share a few sets of the cache, and a load waits for a
  // store to the same place of another page. So inputs are copied to columns that lie otherwise.
  constexpr std::size_t page = 4096 / sizeof(double), ways = 8;
  const bool apart = stride % page == 0 && inputs + outputs > ways;
  std::atomic<std::int64_t> first_failed = count;
  const auto run_tile = [&](std::int64_t at, WorkspaceData::Lane& lane) {
    const std::int64_t begin = std::max<std::int64_t>(at, 0);
    const std::int64_t samples = std::min(at + tile, count) - begin;
    for (std::size_t k = 0; k < inputs; ++k) {
      const double* column = x.data() + k * stride + begin;
      if (apart) {
        double* const copy = lane.inputs.data() + k * static_cast<std::size_t>(data_->lanes->columns().stride());
        std::copy_n(column, samples, copy);
        column = copy;
      }
      lane.frame.bind_load(k, column);
    }
    for (std::size_t k = 0; k < outputs; ++k) lane.frame.bind_store(k, y.data() + k * stride + begin);
    if (guarded) lane.frame.bind_store(outputs, lane.failures.data());
    lane.frame.run(samples);
    if (!guarded) return;
    const auto fails = [&](std::int64_t i) { return lane.failures[static_cast<std::size_t>(i)] != 0.0; };
    if (!failed.empty())
      for (std::int64_t i = 0; i < samples; ++i) failed[static_cast<std::size_t>(begin + i)] = fails(i) ? 1 : 0;
    std::int64_t first = 0;
    while (first < samples && !fails(first)) ++first;
    if (first == samples) return;
    std::int64_t known = first_failed.load();
    while (begin + first < known && !first_failed.compare_exchange_weak(known, begin + first)) {
    }
  };
  const bool streams = sizeof(double) * static_cast<std::size_t>(count) * (inputs + outputs) >= kernels::far_bytes;
  const kernels::Chunks chunks = data_->lanes->chunks(count + ahead);
  kernels::run_chunks(chunks.count, data_->options.threads, [&](std::int64_t chunk, int worker) {
    WorkspaceData::Lane& lane = d.lanes[static_cast<std::size_t>(worker)];
    lane.frame.stream(streams);
    for (std::int64_t k = chunks.begin(chunk); k < chunks.end(chunk); ++k) run_tile(k * tile - ahead, lane);
    lane.frame.finish_stream();
  });
  clock.finished();
  if (first_failed == count) return RunStatus::ok;
  for (std::size_t k = 0; k < inputs; ++k)
    d.failed_at.push_back(x[k * stride + static_cast<std::size_t>(first_failed)]);
  return RunStatus::guard_failed;
}

// --- Tensors --------------------------------------------------------------------------------------------------------

void Program::run(Workspace& w, std::source_location where) const {
  if (try_run(w, where) != RunStatus::ok) detail::throw_guard_failed(w.failed_guard().value(), "program");
}

RunStatus Program::try_run(Workspace& w, std::source_location where) const {
  WorkspaceData& d = *w.data_;
  d.failed = false;
  if (data_->lanes) return try_run(w, d.given, d.results, where);
  for (std::size_t k = 0; k < input_count(); ++k) {
    if (d.memory->has_input(k)) continue;
    throw ArgumentError{{.operation = "program",
                         .problem = "input " + std::to_string(k) + " was not given",
                         .expected = to_string(input_type(k)),
                         .where = where,
                         .hint = "Workspace::set"}};
  }
  const StepClock clock(time_of_runs(d.memory->times()));
  d.failed = !d.memory->run();
  if (!d.failed) clock.finished();
  return d.failed ? RunStatus::guard_failed : RunStatus::ok;
}

// --- Workspace ------------------------------------------------------------------------------------------------------

WorkspaceData::WorkspaceData(std::shared_ptr<const ProgramData> of) : program(std::move(of)) {
  given.resize(program->input_types.size());
  failed_at.reserve(program->input_types.size());
  if (!program->lanes) {
    // What arrays have used so far, a recording that computed for instance, is no memory of a program.
    detail::release_blocks();
    memory = std::make_unique<PlanMemory>(*program->plan, program->lines, program->options.threads);
    return;
  }
  results.resize(program->output_types.size());
  const Lanes& of_program = *program->lanes;
  for (int worker = 0; worker < program->options.threads; ++worker)
    lanes.push_back({.frame = ColumnFrame<double>(of_program.columns()),
                     .inputs = std::vector<double>(program->input_types.size() *
                                                   static_cast<std::size_t>(of_program.columns().stride())),
                     .failures = std::vector<double>(static_cast<std::size_t>(of_program.tile()))});
  slots.resize(std::max<std::size_t>(of_program.samples().slots(), 1));
  of_program.samples().prepare(slots.data());
}

namespace {

void check_index(std::string_view what, std::size_t k, std::size_t count, std::source_location where) {
  if (k < count) return;
  throw ArgumentError{{.operation = "program",
                       .problem = std::string(what) + " " + std::to_string(k) + " of " + std::to_string(count),
                       .where = where}};
}
void check_type(std::string_view what, std::size_t k, const Array& value, const Type& wanted,
                std::source_location where) {
  if (value.is_unknown()) {
    throw UnknownValue{{.operation = "program",
                        .operands = {to_string(value.type())},
                        .problem = "the elements of " + std::string(what) + " " + std::to_string(k) + " are not known",
                        .expected = "a value that is computed",
                        .where = where}};
  }
  if (value.type() == wanted) return;
  const ErrorDetail error{.operation = "program",
                          .operands = {to_string(value.type())},
                          .problem = std::string(what) + " " + std::to_string(k) + " has " + to_string(value.type()),
                          .expected = to_string(wanted) + ", with which it was recorded",
                          .where = where};
  if (value.dtype() != wanted.dtype) throw DtypeError{error};
  throw ShapeError{error};
}

}  // namespace

Program::Workspace::Workspace(const Program& program) : data_(std::make_unique<WorkspaceData>(program.data_)) {}
Program::Workspace::Workspace(Workspace&&) noexcept = default;
Program::Workspace& Program::Workspace::operator=(Workspace&&) noexcept = default;
Program::Workspace::~Workspace() = default;

void Program::Workspace::set(std::size_t k, const Array& value, std::source_location where) {
  const ProgramData& p = *data_->program;
  check_index("input", k, p.input_types.size(), where);
  check_type("input", k, value, p.input_types[k], where);
  if (p.lanes)
    data_->given[k] = value.element(0);
  else
    data_->memory->set_input(k, value);
}
void Program::Workspace::set(std::size_t k, double value, std::source_location where) {
  const ProgramData& p = *data_->program;
  check_index("input", k, p.input_types.size(), where);
  if (p.lanes)
    data_->given[k] = value;
  else
    set(k, Array::uniform(Type{p.input_types[k].dtype, Shape{}}, value, where), where);
}

void Program::Workspace::release_inputs() noexcept {
  if (data_->memory) data_->memory->release_inputs();
}

Tensor Program::Workspace::get(std::size_t k, std::source_location where) const {
  const ProgramData& p = *data_->program;
  check_index("output", k, p.output_types.size(), where);
  if (p.lanes) return Tensor(Array::scalar(data_->results[k]));
  return Tensor(data_->memory->copy_of(p.plan->outputs[k]));
}
double Program::Workspace::number(std::size_t k, std::source_location where) const {
  const ProgramData& p = *data_->program;
  check_index("output", k, p.output_types.size(), where);
  if (p.lanes) return data_->results[k];
  const Array& elements = data_->memory->elements(p.plan->outputs[k]);
  if (elements.size() == 1) return elements.element(0);
  throw ArgumentError{{.operation = "program",
                       .operands = {to_string(elements.type())},
                       .problem = "output " + std::to_string(k) + " is no number",
                       .expected = "one element",
                       .where = where,
                       .hint = "Workspace::get"}};
}
Tensor Program::Workspace::state(std::size_t k, std::source_location where) const {
  const ProgramData& p = *data_->program;
  check_index("state", k, p.options.states.size(), where);
  return Tensor(data_->memory->state(k));
}
void Program::Workspace::place(std::size_t k, Array& elements, std::source_location where) {
  const ProgramData& p = *data_->program;
  check_index("state", k, p.options.states.size(), where);
  check_type("state", k, elements, p.input_types[p.options.states[k].input], where);
  if (elements.is_uniform() || !elements.unique())
    throw ArgumentError{{.operation = "program",
                         .operands = {to_string(elements.type())},
                         .problem = "state " + std::to_string(k) + " is to lie in elements that " +
                                    (elements.is_uniform() ? "are stored once for all" : "somebody else holds"),
                         .expected = "elements of its own",
                         .where = where}};
  data_->memory->place_state(k, elements);
}
std::size_t Program::Workspace::bytes() const noexcept {
  if (data_->memory) return data_->memory->bytes();
  return data_->lanes.size() * data_->lanes.front().frame.bytes() + sizeof(double) * data_->slots.size();
}

void Program::Workspace::time_steps(bool on) {
  std::vector<StepTime>& times = data_->memory ? data_->memory->times() : data_->times;
  // A program of numbers is one step, which is the whole run.
  const std::size_t steps = data_->memory ? data_->program->plan->steps.size() : 0;
  times.assign(on ? steps + 1 : 0, {});
}
std::span<const StepTime> Program::Workspace::step_times() const noexcept {
  return data_->memory ? data_->memory->times() : data_->times;
}

std::optional<FailedGuard> Program::Workspace::failed_guard() const {
  const ProgramData& p = *data_->program;
  std::vector<Array> inputs;
  if (p.lanes) {
    if (data_->failed_at.empty() || p.captured.guards.empty()) return std::nullopt;
    for (const double x : data_->failed_at) inputs.push_back(Array::scalar(x));
  } else {
    if (!data_->failed) return std::nullopt;
    for (const SlotId slot : p.plan->inputs) inputs.push_back(data_->memory->elements(slot));
  }
  // As it was recorded, value by value: the first in the order of the program is the one that failed. If all hold so,
  // rounding decided, and it is one whose sides are as good as equal.
  const std::vector<Array> values = evaluate_all(p.captured.graph, inputs);
  std::optional<FailedGuard> nearest;
  double least = std::numeric_limits<double>::infinity();
  for (const CapturedGuard& guard : p.captured.guards) {
    const double side[2]{values[guard.side[0]].element(0), values[guard.side[1]].element(0)};
    const FailedGuard failed{.guard = guard.info, .now = {side[0], side[1]}};
    if ((guard.compare(side) != 0.0) != guard.info.outcome) return failed;
    const double distance = std::abs(side[0] - side[1]) / std::max(std::abs(side[0]), std::abs(side[1]));
    if (nearest && !(distance < least)) continue;
    nearest = failed;
    least = distance;
  }
  return nearest;
}

}  // namespace wengert
