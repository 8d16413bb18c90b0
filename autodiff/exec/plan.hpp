// Plan: a graph of tensors as a list of steps over memory that is known before anything runs.
//
// Elementwise primitives that can run together become one *fused group*: one pass over memory, tile by tile, in column
// code. What only moves elements (broadcast, slice, permute, reshape) in front of a group is a way of reading, and is
// not computed at all. Everything else is a step of its own, a *kernel*. Values that steps leave for others have places
// in one arena; a place is used again when nobody needs what lies there, and a group writes over an operand that it is
// the last to read.
//
// A group may also work along the last axis (row_kernels.hpp): its tiles are rows then, and what there is of a number
// for each row - a sum, and what is made of sums alone - stays in the group too. So softmax, its cross entropy, a
// normalisation with their derivatives are one pass each.
//
// How it is found: every node has a *stage*, one more than its operands' where a kernel or a change of shape lies
// between. The *space* of a node is the shape over which the group runs that computes it: its own, or that of the rows.
// Nodes of one stage, space and dtype can be computed together, in whatever order their kernels run; so steps are the
// stages one after the other, kernels first. All of it is a few loops over the nodes.
//
// Reading order: Slot, Load, FusedStep, KernelStep, Plan; plan.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/graph/array.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert::exec {

using SlotId = std::uint32_t;
inline constexpr SlotId no_slot = 0xFFFFFFFFu;

/// Where a value lies that steps read or write.
struct Slot {
  enum class Home : std::uint8_t {
    arena,     // from `offset` on
    input,     // the caller's: input `index`
    state,     // kept from run to run: state `index`
    constant,  // `constant`
    alias,     // the elements of slot `index`, in another shape
    part,      // in slot `index`, from `offset` on
  };
  Home home = Home::arena;
  Type type{};
  std::size_t offset = 0, index = 0;
  Array constant{};
  graph::NodeId node = graph::no_node;
};

/// How a group reads a slot: element (i, j, …) of the group's axes lies at start + i·stride[0] + j·stride[1] + ….
struct Load {
  enum class Mode : std::uint8_t {
    direct,    // elements one after the other along the last axis
    uniform,   // one element for all of the last axis
    moved,     // by any strides, or truth values: brought into a column first
    converted  // one position or truth value for all of the last axis: brought in as a number of the group
  };
  SlotId slot = no_slot;
  Mode mode = Mode::direct;
  std::int64_t start = 0;
  std::array<std::int64_t, Shape::max_rank> stride{};
};

struct Store {
  SlotId slot = no_slot;
  bool over = false;  ///< it takes the place of what the group reads, element for element
  bool once = false;  ///< one element for each row, or for each tile of what is `flat`
};

/// Elementwise work in one pass, in numbers of type `dtype`.
struct FusedStep {
  Dtype dtype = Dtype::f64;
  std::variant<ColumnCode<float>, ColumnCode<double>> code{};
  std::vector<Load> loads{};
  std::vector<Store> stores{};
  /// Axes over which it runs, those that all loads walk through alike put together; the last one is run in tiles.
  /// `flat`: moved loads apart, everything lies in a row, and tiles may cross the last axis. `rows`: tiles are all of
  /// the last axis.
  Shape axes{};
  std::int64_t tile = 0;
  bool flat = false, rows = false;
  std::size_t turns = 1;    // rows whose steps take turns, so that none waits for its own results as long
  bool has_totals = false;  // tiles are whole runs of kernels::sum
  bool streams = false;     // what it writes passes by the caches
  std::vector<graph::NodeId> nodes{};
  /// What reads positions has their range checked, row by row: 0 … extent - 1. Outside, the primitive says what is
  /// wrong.
  struct Positions {
    std::size_t load = 0;
    std::int64_t extent = 0;
    graph::NodeId node = graph::no_node;
    const Primitive* primitive = nullptr;
    graph::Attribute attribute{};
    Type operand{}, result{};  // of operand 0; of the primitive
  };
  std::vector<Positions> positions{};
};

/// A primitive by its own kernel.
struct KernelStep {
  const Primitive* primitive = nullptr;
  graph::Attribute attribute{};
  std::vector<SlotId> operands;
  SlotId result = no_slot;
  graph::NodeId node = graph::no_node;
};

/// The elements of one slot to another.
struct CopyStep {
  SlotId from = no_slot, to = no_slot;
};

/// The sum of all elements of a value that a group computes and does not store: of the sums of its tiles.
struct TotalStep {
  SlotId tiles = no_slot, result = no_slot;
  std::size_t group = 0;  // the step that leaves them, tile by tile
  graph::NodeId node = graph::no_node;
};

/// state ← state + factor · (a product), which is never written down.
struct UpdateStep {
  SlotId a = no_slot, b = no_slot;
  std::int64_t flags = 0;  // kernels::Product
  SlotId state = no_slot;
  double factor = 1.0;
  SlotId scale = no_slot;  // of one element: another factor
  graph::NodeId node = graph::no_node;
};

using PlanStep = std::variant<FusedStep, KernelStep, TotalStep, UpdateStep, CopyStep>;

struct Plan {
  std::vector<Slot> slots;
  std::vector<PlanStep> steps;
  std::vector<SlotId> inputs;    // by input; no_slot: nothing needs it
  std::vector<SlotId> outputs;   // by output of the graph
  std::vector<SlotId> states;    // by state
  bool guarded = false;          // the last output is the truth value of the guards
  std::size_t guards_known = 0;  // before this step; no state is written earlier
  std::size_t arena_bytes = 0;
  std::size_t least_bytes = 0;       // of the largest set of values that are needed at once
  std::size_t register_bytes = 0;    // of the group that needs most
  std::size_t largest_operands = 0;  // of a kernel
};

struct PlanOptions {
  bool guarded = false;  ///< the last output says whether a guard failed; no state is written before that is known
  bool exact = false;    ///< nothing is rounded otherwise than node by node
  bool native = true;    ///< arithmetic by native code, where there is any
  bool code = true;      ///< false: steps and places alone, to see what memory they take; such a plan does not run
  /// Nodes that are there for a second time (passes::rematerialise): computed where they are read, not earlier.
  std::vector<graph::NodeId> again{};
};
/// Throws ArgumentError for an operation that has no value.
[[nodiscard]] Plan plan(const graph::Graph& graph, std::span<const ProgramOptions::State> states,
                        const PlanOptions& options);

}  // namespace wengert::exec
