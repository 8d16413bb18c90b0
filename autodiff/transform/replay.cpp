#include "wengert/autodiff/transform/replay.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;
using graph::no_node;
using graph::NodeId;

namespace {

constexpr std::uint32_t no_slot = 0xFFFFFFFFu;

/// A primitive of numbers; or (value null) tensor operation number operand[0].
struct Instruction {
  double (*value)(const double* x) = nullptr;
  std::array<std::uint32_t, 3> operand{};  // slots of numbers; those that there are not are 0, which may be read
  std::uint32_t result = 0;
};

enum class TensorKind : std::uint8_t {
  operation,  // tensors in, a tensor out
  gather,     // Scalars in, a tensor out: each to its place
  pick,       // a tensor in, a Scalar out
};

struct TensorInstruction {
  TensorKind kind = TensorKind::operation;
  const Primitive* primitive = nullptr;
  graph::Attribute attribute{};
  Type type{};
  std::vector<std::uint32_t> operands{};  // slots
  std::vector<std::uint32_t> released{};  // slots of tensors that nothing needs after this
  std::uint32_t result = 0;
  const void* location = nullptr;
};

/// One guard, to be looked at before instruction `before` runs.
struct GuardCheck {
  std::uint32_t before = 0;
  std::array<std::uint32_t, 2> side{};  // slots of numbers
  std::uint32_t guard = 0;
  std::uint32_t place = 0;  // among those in a row
};

struct Place {
  std::uint32_t slot = no_slot;
  bool is_tensor = false;
};

struct Guarded {
  GuardInfo info;
  std::array<bool, 2> same_side{};  // of all in a row
  double (*compare)(const double* x) = nullptr;
};

[[noreturn]] void refuse_input(std::size_t k, const std::string& problem, std::source_location where,
                               const std::string& hint = {}) {
  throw ArgumentError{{.operation = "replay",
                       .problem = "input " + std::to_string(k) + " " + problem,
                       .expected = "variables of the recording, each once",
                       .where = where,
                       .hint = hint}};
}

}  // namespace

struct detail::ReplayProgram {
  std::vector<Instruction> code;
  std::vector<TensorInstruction> tensor_code;
  std::vector<GuardCheck> checks;  // in the order of the program
  std::vector<Guarded> guards;
  std::vector<Place> inputs, outputs;
  std::vector<std::optional<Type>> input_types;  // none: a Scalar
  std::vector<double> numbers;                   // what the slots held when it was recorded
  std::vector<Array> arrays;
  std::size_t most_operands = 0;
};

namespace {

class ProgramMaker {
 public:
  ProgramMaker(Stream& s, std::span<const AnyHandle> inputs, std::span<const AnyHandle> outputs,
               std::source_location where)
      : s_(s), where_(where) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k].id() == 0) refuse_input(k, "is a constant", where);
      s.check(inputs[k].id(), inputs[k].tag(), "replay", where);
    }
    s.settle();
    std::vector<AnyHandle> wanted(outputs.begin(), outputs.end());
    append_guard_sides(s, wanted);
    expansion_ = expand_stream(s, wanted, {.ties = false}, where);
    p_.numbers.push_back(0.0);
    places_.resize(expansion_.graph.size());
    varies_.resize(expansion_.graph.size());
    for (std::size_t k = 0; k < inputs.size(); ++k) add_input(k, inputs[k]);
  }

  ReplayProgram run(std::size_t output_count) && {
    const graph::Graph& g = expansion_.graph;
    note_tensor_locations();
    instruction_of_.assign(g.size(), 0);
    for (NodeId node = 0; node < g.size(); ++node) {
      if (!varies_[node]) {
        const auto operands = g.operands(node);
        varies_[node] = WENGERT_HOLDS("replay: depends on an input", std::any_of(operands.begin(), operands.end(),
                                                                                 [&](NodeId n) { return varies_[n]; }));
        if (varies_[node])
          add_instruction(node);
        else
          add_constant(node);
      }
    }
    for (std::size_t k = 0; k < output_count; ++k) p_.outputs.push_back(places_[g.outputs()[k]]);
    add_checks();
    add_releases();
    return std::move(p_);
  }

 private:
  std::uint32_t new_number(double value) {
    p_.numbers.push_back(value);
    return static_cast<std::uint32_t>(p_.numbers.size() - 1);
  }
  std::uint32_t new_array(Array value) {
    p_.arrays.push_back(std::move(value));
    return static_cast<std::uint32_t>(p_.arrays.size() - 1);
  }
  [[nodiscard]] bool is_tensor(NodeId node) const { return expansion_.arrays.contains(node); }

  void add_input(std::size_t k, const AnyHandle& input) {
    p_.input_types.push_back(input.tensor == nullptr ? std::nullopt : std::optional(input.tensor->type()));
    const NodeId node = expansion_.find(input);
    // Of an input that nothing depends on, a place all the same: what is given for it has a type.
    const bool tensor = input.tensor != nullptr;
    const Place place{tensor ? new_array({}) : new_number(input.scalar.value()), tensor};
    p_.inputs.push_back(place);
    if (node == no_node) return;
    if (expansion_.graph.operation_id(node) != graph::variable_operation) {
      refuse_input(k, "was computed, it is no variable", where_,
                   "record what comes after it with variables of its own");
    }
    if (varies_[node]) refuse_input(k, "is given twice", where_);
    varies_[node] = true;
    places_[node] = place;
  }

  void add_constant(NodeId node) {
    places_[node] = is_tensor(node) ? Place{new_array(expansion_.arrays.at(node)), true}
                                    : Place{new_number(expansion_.values[node]), false};
  }

  void note_tensor_locations() {
    if (!s_.tensors) return;
    for (const TensorEntry& entry : s_.tensors->entries) {
      const NodeId node = expansion_.find(Scalar::from_parts(0.0, entry.id, s_.tag()));
      if (node != no_node) tensor_location_.emplace(node, entry.location);
    }
  }

  void add_instruction(NodeId node) {
    const graph::Graph& g = expansion_.graph;
    // Every operation of an expanded recording is a Primitive, but for variables and constants.
    const auto& primitive = static_cast<const Primitive&>(g.operation(node));
    const auto operands = g.operands(node);
    const bool tensor = is_tensor(node);
    const bool of_tensors =
        std::any_of(operands.begin(), operands.end(), [&](NodeId n) { return places_[n].is_tensor; });
    const Place place{tensor ? new_array({}) : new_number(expansion_.values[node]), tensor};
    places_[node] = place;
    Instruction instruction;
    instruction.result = place.slot;
    if (!tensor && !of_tensors) {
      instruction.value = primitive.value;
      for (std::size_t k = 0; k < operands.size(); ++k)
        instruction.operand[k] = WENGERT_INDEX("replay: slot of an operand", places_[operands[k]].slot);
    } else {
      instruction.operand[0] = static_cast<std::uint32_t>(p_.tensor_code.size());
      TensorInstruction there{.kind = !tensor      ? TensorKind::pick
                                      : of_tensors ? TensorKind::operation
                                                   : TensorKind::gather,
                              .primitive = &primitive,
                              .attribute = g.attribute(node),
                              .type = g.type(node),
                              .result = place.slot};
      for (const NodeId operand : operands) there.operands.push_back(places_[operand].slot);
      if (const auto at = tensor_location_.find(node); at != tensor_location_.end()) there.location = at->second;
      if (there.kind == TensorKind::operation) p_.most_operands = std::max(p_.most_operands, operands.size());
      p_.tensor_code.push_back(std::move(there));
    }
    p_.code.push_back(instruction);
    instruction_of_[node] = static_cast<std::uint32_t>(p_.code.size());
  }

  void add_checks() {
    // In the order of the program: none before the one that decided whether it is met at all.
    std::uint32_t before = 0;
    for (const Guard& guard : s_.guards) {
      bool any = false;
      for (std::uint32_t place = 0; place < guard.count; ++place) {
        GuardCheck check{.guard = static_cast<std::uint32_t>(p_.guards.size()), .place = place};
        bool varies = false;
        for (std::size_t k = 0; k < 2; ++k) {
          const Scalar value = side_of(s_, guard, k, place);
          if (value.is_constant()) {
            check.side[k] = new_number(value.value());
            continue;
          }
          const NodeId node = expansion_.find(value);
          check.side[k] = places_[node].slot;
          before = std::max(before, instruction_of_[node]);
          if (varies_[node]) varies = true;
        }
        check.before = before;
        if (WENGERT_HOLDS("replay: guard depends on an input", varies)) {
          p_.checks.push_back(check);
          any = true;
        }
      }
      if (any)
        p_.guards.push_back({info_of(s_, guard, 0), {guard.step[0] == 0, guard.step[1] == 0}, guard.comparison->value});
    }
  }

  /// Where each tensor is needed last, unless it is a constant, an input or an output.
  void add_releases() {
    std::vector<std::uint32_t> last(p_.arrays.size(), no_slot);
    for (std::uint32_t n = 0; n < p_.tensor_code.size(); ++n) {
      const TensorInstruction& instruction = p_.tensor_code[n];
      if (instruction.kind != TensorKind::pick) last[instruction.result] = n;
      if (instruction.kind == TensorKind::gather) continue;
      for (const std::uint32_t operand : instruction.operands)
        if (last[operand] != no_slot) last[operand] = n;
    }
    for (const Place& output : p_.outputs)
      if (output.is_tensor) last[output.slot] = no_slot;
    for (std::uint32_t slot = 0; slot < last.size(); ++slot)
      if (last[slot] != no_slot) p_.tensor_code[last[slot]].released.push_back(slot);
  }

  Stream& s_;
  std::source_location where_;
  Expansion expansion_;
  ReplayProgram p_;
  std::vector<Place> places_;                  // by node
  std::vector<bool> varies_;                   // by node: depends on an input
  std::vector<std::uint32_t> instruction_of_;  // by node: 1 + its place in the code
  std::unordered_map<NodeId, const void*> tensor_location_;
};

/// Runs one tensor operation.
void run_tensor(const TensorInstruction& instruction, std::span<double> numbers, std::span<Array> arrays,
                std::span<Array> operands) {
  const std::size_t count = instruction.operands.size();
  switch (instruction.kind) {
    case TensorKind::operation:
      for (std::size_t k = 0; k < count; ++k) operands[k] = arrays[instruction.operands[k]];
      try {
        arrays[instruction.result] =
            instruction.primitive->on_tensors.value(operands.first(count), instruction.attribute, instruction.type);
      } catch (const Error& error) {
        error.rethrow_at(instruction.location == nullptr ? std::source_location{} : location_of(instruction.location));
      }
      for (std::size_t k = 0; k < count; ++k) operands[k] = Array();
      break;
    case TensorKind::gather: {
      Array result = Array::zeros(instruction.type);
      kernels::with_real_type(instruction.type.dtype, [&]<class T>(std::type_identity<T>) {
        const auto to = result.mutable_data<T>();
        for (std::size_t k = 0; k < count; ++k) {
          const std::int64_t at = instruction.primitive->on_tensors.scalar_position(k, instruction.attribute);
          to[static_cast<std::size_t>(WENGERT_INDEX("replay: place of a number in a tensor", at))] =
              static_cast<T>(numbers[instruction.operands[k]]);
        }
      });
      arrays[instruction.result] = std::move(result);
      break;
    }
    case TensorKind::pick:
      numbers[instruction.result] = arrays[instruction.operands[0]].element(
          WENGERT_INDEX("replay: place of an element", std::get<std::int64_t>(instruction.attribute)));
      break;
  }
  for (const std::uint32_t slot : instruction.released) arrays[slot] = Array();
}

Stream& stream_of_replay(const Recording& recording, std::span<const AnyHandle> outputs, std::source_location where) {
  Stream& s = recording.stream();
  for (const AnyHandle& output : outputs) s.check(output.id(), output.tag(), "replay", where);
  return s;
}

}  // namespace

// --- ReplayValue -----------------------------------------------------------------------------------------

double ReplayValue::number(std::source_location where) const {
  if (!is_tensor_) return number_;
  throw ArgumentError{{.operation = "number",
                       .operands = {to_string(tensor_.type())},
                       .problem = "the value is a tensor",
                       .expected = "that of a Scalar",
                       .where = where,
                       .hint = "tensor()"}};
}

Tensor ReplayValue::tensor(std::source_location where) const {
  if (is_tensor_) return Tensor(tensor_);
  throw ArgumentError{{.operation = "tensor",
                       .problem = "the value is a number",
                       .expected = "that of a Tensor",
                       .where = where,
                       .hint = "number()"}};
}

std::string detail::explain_difference(const Recording& a, const HandleList& outputs_a, const Recording& b,
                                       const HandleList& outputs_b) {
  const ExpandOptions as_written{.merge_duplicates = false, .ties = false};
  const graph::Graph was = expand(a, outputs_a.span(), as_written).graph;
  const graph::Graph now = expand(b, outputs_b.span(), as_written).graph;
  const auto at = [](const graph::Graph& g, NodeId node) {
    const graph::Location location = g.location(node);
    return location.empty() ? std::string() : " at " + std::string(location.file) + ":" + std::to_string(location.line);
  };
  for (NodeId node = 0; node < std::min(was.size(), now.size()); ++node) {
    const bool same = was.operation_id(node) == now.operation_id(node) &&
                      std::ranges::equal(was.operands(node), now.operands(node)) && was.type(node) == now.type(node);
    if (!same) {
      return "recorded with " + std::string(was.operation(node).name) + at(was, node) + ", now it is " +
             std::string(now.operation(node).name) + at(now, node) + ": something decided that no guard knows of";
    }
    if (graph::identical(was.attribute(node), now.attribute(node))) continue;
    NodeId user = node;
    while (user + 1 < was.size() && std::ranges::find(was.operands(user), node) == was.operands(user).end()) ++user;
    return "the constant " + graph::to_string(was.attribute(node)) + at(was, user) + " is now " +
           graph::to_string(now.attribute(node)) + ": it was taken out of a recording, or computed outside of it";
  }
  return was.size() == now.size() ? std::string() : "more was recorded the one time than the other";
}

// --- Replay ---------------------------------------------------------------------------------------------------------

Replay::Replay(const Recording& recording, const HandleList& inputs, const HandleList& outputs,
               std::source_location where) {
  Stream& s = stream_of_replay(recording, outputs.span(), where);
  ProgramMaker maker(s, inputs.span(), outputs.span(), where);
  program_ = std::make_shared<const ReplayProgram>(std::move(maker).run(outputs.span().size()));
  numbers_ = program_->numbers;
  arrays_ = program_->arrays;
  operands_.resize(program_->most_operands);
  outputs_.reserve(program_->outputs.size());
}

std::size_t Replay::input_count() const noexcept { return program_->inputs.size(); }
std::size_t Replay::size() const noexcept { return program_->code.size(); }
std::size_t Replay::guard_count() const noexcept { return program_->checks.size(); }

bool Replay::fits(std::span<const ReplayValue> inputs) const noexcept {
  if (inputs.size() != program_->inputs.size()) return false;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::optional<Type>& type = program_->input_types[k];
    if (inputs[k].is_tensor() != type.has_value() || (type && !(inputs[k].elements().type() == *type))) return false;
  }
  return true;
}

void Replay::check_inputs(std::span<const ReplayValue> inputs, std::source_location where) const {
  if (fits(inputs)) return;
  if (inputs.size() != program_->inputs.size()) {
    throw ArgumentError{{.operation = "replay",
                         .problem = std::to_string(inputs.size()) + " values are given",
                         .expected = std::to_string(program_->inputs.size()) + ", one for each input",
                         .where = where}};
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::optional<Type>& type = program_->input_types[k];
    const std::string given = "input " + std::to_string(k) + " has " +
                              (inputs[k].is_tensor() ? to_string(inputs[k].elements().type()) : "a number");
    if (inputs[k].is_tensor() != type.has_value()) {
      throw ArgumentError{{.operation = "replay",
                           .problem = given,
                           .expected = type ? to_string(*type) : "a number, it was recorded with a Scalar",
                           .where = where}};
    }
    if (!type || inputs[k].elements().type() == *type) continue;
    const ErrorDetail detail{.operation = "replay",
                             .operands = {to_string(inputs[k].elements().type())},
                             .problem = given,
                             .expected = to_string(*type) + ", with which it was recorded",
                             .where = where};
    if (inputs[k].elements().dtype() != type->dtype) throw DtypeError{detail};
    throw ShapeError{detail};
  }
}

ReplayStatus Replay::try_run(std::span<const ReplayValue> inputs, std::source_location where) {
  check_inputs(inputs, where);
  const ReplayProgram& p = *program_;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (p.inputs[k].is_tensor)
      arrays_[p.inputs[k].slot] = inputs[k].elements();
    else
      numbers_[p.inputs[k].slot] = inputs[k].unchecked_number();
  }
  failed_ = 0;
  double* const numbers = numbers_.data();
  const auto run_up_to = [&](std::size_t from, std::size_t to) {
    for (const Instruction *i = p.code.data() + from, *end = p.code.data() + to; i != end; ++i) {
      if (i->value == nullptr) {
        run_tensor(p.tensor_code[i->operand[0]], numbers_, arrays_, operands_);
        continue;
      }
      const double x[3]{numbers[i->operand[0]], numbers[i->operand[1]], numbers[i->operand[2]]};
      numbers[i->result] = i->value(x);
    }
  };
  std::size_t at = 0;
  for (const GuardCheck& check : p.checks) {
    run_up_to(at, check.before);
    at = check.before;
    const double x[2]{numbers[check.side[0]], numbers[check.side[1]]};
    const Guarded& guard = p.guards[check.guard];
    if (WENGERT_HOLDS("replay: guard decides otherwise", (guard.compare(x) != 0.0) != guard.info.outcome)) {
      failed_ = static_cast<std::size_t>(&check - p.checks.data()) + 1;
      return ReplayStatus::guard_failed;
    }
  }
  run_up_to(at, p.code.size());
  collect();
  return ReplayStatus::ok;
}

void Replay::collect() {
  outputs_.clear();
  for (const Place& place : program_->outputs) {
    if (place.is_tensor)
      outputs_.emplace_back(arrays_[place.slot]);
    else
      outputs_.emplace_back(numbers_[place.slot]);
  }
}

const std::vector<ReplayValue>& Replay::run(std::span<const ReplayValue> inputs, std::source_location where) {
  if (try_run(inputs, where) != ReplayStatus::ok) throw_guard_failed();
  return outputs_;
}

const std::vector<ReplayValue>& Replay::run(std::span<const double> inputs, std::source_location where) {
  const std::vector<ReplayValue> values(inputs.begin(), inputs.end());
  return run(std::span<const ReplayValue>(values), where);
}

std::optional<FailedGuard> Replay::failed_guard() const {
  if (failed_ == 0) return std::nullopt;
  const GuardCheck& check = program_->checks[failed_ - 1];
  FailedGuard result{.guard = program_->guards[check.guard].info};
  result.guard.place = check.place;
  for (std::size_t k = 0; k < 2; ++k) {
    result.guard.recorded[k] = program_->numbers[check.side[k]];
    result.now[k] = numbers_[check.side[k]];
    if (check.place != 0 && !program_->guards[check.guard].same_side[k]) result.guard.side[k].clear();
  }
  return result;
}

void Replay::throw_guard_failed() const {
  const std::optional<FailedGuard> failed = failed_guard();
  if (!failed) throw InternalError{{.operation = "replay", .problem = "no guard failed"}};
  detail::throw_guard_failed(*failed, "replay");
}

}  // namespace wengert
