// What a program will do, in words: Program::report().
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>

#include "wengert/autodiff/exec/plan_places.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/exec/program_data.hpp"

namespace wengert {

using namespace exec;
using graph::NodeId;

namespace {

std::string number(double value, int digits = 3) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits);
  return {buffer.data(), end.ptr};
}
/// "1.5 MiB".
std::string bytes_text(std::size_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  const auto value = static_cast<double>(bytes);
  if (bytes < std::size_t{1024} * 1024) return number(value / 1024) + " KiB";
  return number(value / (1024 * 1024), 4) + " MiB";
}
std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::size_t code_steps(const FusedStep& group) {
  return std::visit([](const auto& code) { return code.steps.size(); }, group.code);
}

ProgramStep described(const graph::Graph& graph, const Plan& plan, const PlanStep& step) {
  ProgramStep result{.bytes = moved_by(plan, step)};
  std::string& text = result.text;
  if (const auto* group = std::get_if<FusedStep>(&step)) {
    result.operation = group->rows ? "fused rows" : "fused";
    result.nodes = group->nodes;
    text = result.operation + " " + to_string(group->axes) + " " + std::string(to_string(group->dtype)) + ", " +
           std::to_string(group->loads.size()) + " in, " + std::to_string(group->stores.size()) + " out, " +
           counted(code_steps(*group), "loop") + ":";
    constexpr std::size_t most_named = 12;
    for (std::size_t k = 0; k < std::min(group->nodes.size(), most_named); ++k)
      text += " " + std::string(graph.operation(group->nodes[k]).name);
    if (group->nodes.size() > most_named) text += " ...";
  } else if (const auto* kernel = std::get_if<KernelStep>(&step)) {
    result.operation = kernel->primitive->name;
    result.nodes = {kernel->node};
    text = result.operation;
    for (const SlotId slot : kernel->operands) text += " " + to_string(plan.slots[slot].type);
    text += " -> " + to_string(plan.slots[kernel->result].type);
  } else if (const auto* update = std::get_if<UpdateStep>(&step)) {
    result.operation = "update";
    result.nodes = {update->node};
    text = "matmul " + to_string(plan.slots[update->a].type) + " " + to_string(plan.slots[update->b].type) +
           " added to " + to_string(plan.slots[update->state].type);
  } else if (const auto* total = std::get_if<TotalStep>(&step)) {
    result.operation = "sum of tiles";
    result.nodes = {total->node};
    text = "sum of the tiles of step " + std::to_string(total->group + 1);
  } else {
    const auto& copy = std::get<CopyStep>(step);
    result.operation = "copy";
    // What a concatenation copies is its own work; what becomes a state, whose node is a variable, is the value's.
    const bool to_state = plan.slots[copy.to].home == Slot::Home::state;
    if (const NodeId node = plan.slots[to_state ? copy.from : copy.to].node; node != graph::no_node)
      result.nodes = {node};
    text = "copy " + to_string(plan.slots[copy.from].type);
  }
  return result;
}

void write_passes(const ProgramData& data, std::string& text) {
  text += "recorded: " + counted(data.captured.graph.size(), "node") + ", " +
          counted(data.input_types.size(), "input") + ", " + counted(data.output_types.size(), "output") + ", " +
          counted(data.captured.guards.size(), "guard") + "\n";
  for (const PassRecord& pass : data.passes)
    if (pass.before != pass.after)
      text += "  " + std::string(pass.name) + ": " + std::to_string(pass.before) + " -> " + std::to_string(pass.after) +
              " nodes\n";
  text += "run: " + counted(data.graph.size(), "node") + "\n";
}

std::string native_text(const NativeCode* code) { return code == nullptr ? "none" : bytes_text(code->bytes()); }

void write_lanes(const Lanes& lanes, int threads, std::string& text) {
  const auto& code = lanes.columns();
  text += "numbers, in batches of " + std::to_string(lanes.tile()) +
          " samples: " + counted(code.operations, "operation") + " in " + counted(code.steps.size(), "loop") + ", " +
          counted(code.registers, "column") + " of " +
          bytes_text(sizeof(double) * static_cast<std::size_t>(lanes.tile())) + ", " +
          counted(code.constants.size(), "constant") + "\n";
  const SampleCode& sample = lanes.samples();
  text += "one sample: " + counted(sample.operations, "operation") + ", " +
          bytes_text(sizeof(double) * sample.slots()) + "\n";
  text += "native code: " + native_text(code.native.get()) + " for batches, " + native_text(sample.native.get()) +
          " for one sample\n";
  text += "threads: " + std::to_string(threads);
  if (threads > 1) {
    std::int64_t tiles = 1;
    while (tiles < 1 << 20 && lanes.chunks(tiles * lanes.tile()).count < 2) tiles *= 2;
    text += ", batches of " + std::to_string(tiles * lanes.tile()) + " samples and more are divided";
  }
  text += "\n";
}

void write_plan(const ProgramData& data, const Plan& plan, std::string& text) {
  std::size_t groups = 0, fused = 0, moved = 0, divided = 0, native = 0;
  std::map<std::string_view, std::size_t> kernels;
  for (const PlanStep& step : plan.steps) {
    moved += moved_by(plan, step);
    if (const auto* group = std::get_if<FusedStep>(&step)) {
      ++groups;
      fused += group->nodes.size();
      divided += chunks_of(*group).count > 1 ? 1 : 0;
      native +=
          std::visit([](const auto& code) { return code.native == nullptr ? 0 : code.native->bytes(); }, group->code);
    } else if (const auto* kernel = std::get_if<KernelStep>(&step)) {
      ++kernels[kernel->primitive->name];
    }
  }
  text +=
      counted(plan.steps.size(), "step") + ": " + counted(groups, "fused group") + " of " + counted(fused, "operation");
  for (const auto& [name, count] : kernels) text += ", " + std::to_string(count) + " " + std::string(name);
  text += "\nmemory: " + bytes_text(plan.arena_bytes) + " for values (at least " + bytes_text(plan.least_bytes) +
          " are needed at once), " + bytes_text(plan.register_bytes) + " for tiles\n";
  if (const auto& budget = data.options.memory; budget && data.options.passes)
    text += "budget: " + bytes_text(*budget) +
            (plan.arena_bytes <= *budget ? ", met" : ", not met: nothing more can be computed again") + "\n";
  if (!data.again.empty()) {
    const auto views =
        std::ranges::count_if(data.again, [&](NodeId node) { return !data.graph.operation(node).elementwise; });
    text += "computed again: " + counted(data.again.size() - static_cast<std::size_t>(views), "operation") +
            ", where what they give is read\n";
  }
  text += "moved: " + bytes_text(moved) + " a run\n";
  text += "native code: " + (native == 0 ? "none" : bytes_text(native)) + "\n";
  text += "threads: " + std::to_string(data.options.threads);
  if (data.options.threads > 1)
    text += ", " + std::to_string(divided) + " of " + counted(groups, "fused group") +
            " divided; kernels divide their work by its shape";
  text += "\n";
  if (!plan.states.empty()) {
    const auto copied = std::ranges::count_if(plan.steps, [&](const PlanStep& step) {
      const auto* copy = std::get_if<CopyStep>(&step);
      return copy != nullptr && plan.slots[copy->to].home == Slot::Home::state;
    });
    text += counted(plan.states.size(), "state") + " in place, " + std::to_string(copied) + " of them by a copy\n";
  }
  std::size_t index = 0;
  for (const PlanStep& step : plan.steps)
    text += "  " + std::to_string(++index) + ". " + described(data.graph, plan, step).text + "\n";
}

}  // namespace

std::vector<ProgramStep> Program::steps() const {
  std::vector<ProgramStep> steps;
  const graph::Graph& g = data_->graph;
  if (!data_->lanes) {
    for (const PlanStep& step : data_->plan->steps) steps.push_back(described(g, *data_->plan, step));
    return steps;
  }
  const std::size_t numbers = input_count() + g.outputs().size();
  ProgramStep step{.operation = "numbers",
                   .text = "numbers, " + counted(data_->lanes->columns().steps.size(), "loop"),
                   .bytes = sizeof(double) * numbers};
  for (NodeId node = 0; node < g.size(); ++node)
    if (!g.operands(node).empty()) step.nodes.push_back(node);
  steps.push_back(std::move(step));
  return steps;
}

std::string Program::report() const {
  std::string text;
  write_passes(*data_, text);
  if (data_->lanes) write_lanes(*data_->lanes, data_->options.threads, text);
  if (data_->plan) write_plan(*data_, *data_->plan, text);
  return text;
}

}  // namespace wengert
