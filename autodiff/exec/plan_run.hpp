// PlanMemory: the memory in which a plan runs, and running it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

#include "wengert/autodiff/exec/plan.hpp"
#include "wengert/autodiff/ops/scratch.hpp"
#include "wengert/autodiff/ops/threads.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::exec {

/// How the tiles of a group are divided between threads.
[[nodiscard]] kernels::Chunks chunks_of(const FusedStep& step);

class PlanMemory {
 public:
  /// For runs by so many threads. Plan and lines, the user's of each node, outlive it.
  PlanMemory(const Plan& plan, const std::unordered_map<graph::NodeId, const void*>& lines, int threads);
  PlanMemory(const PlanMemory&) = delete;
  PlanMemory& operator=(const PlanMemory&) = delete;

  /// What input k is from now on: every element stored. Of a state, its elements are copied.
  void set_input(std::size_t k, const Array& value);
  [[nodiscard]] bool has_input(std::size_t k) const noexcept;
  void release_inputs() noexcept;
  /// State k lies in these elements from now on, which the caller keeps and nobody else holds.
  void place_state(std::size_t k, Array& elements);
  /// State k, copied.
  [[nodiscard]] Array state(std::size_t k);
  /// All steps; false where a guard failed, before any state was written. Throws what operations throw, with their
  /// line.
  bool run();
  /// The elements of a slot: a view of this memory, or the caller's input.
  [[nodiscard]] const Array& elements(SlotId slot) const { return arrays_[slot]; }
  /// The same in memory of its own.
  [[nodiscard]] Array copy_of(SlotId slot) const;
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Times by step, and behind them that of all; none: runs are not timed. See Program::Workspace::time_steps.
  [[nodiscard]] std::vector<StepTime>& times() noexcept { return times_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept;
  };
  using Memory = std::unique_ptr<std::byte[], Free>;
  static Memory room(std::size_t bytes);

  /// Part of a row, which runs at once: elements `begin` … of the row are elements `first` … of the group.
  struct Tile {
    std::int64_t index = 0, begin = 0, first = 0, count = 0;
  };
  /// What belongs to a frame.
  template <class T>
  struct Turn {
    std::vector<T*> moved;   // by load: its column, where it is moved
    std::vector<T*> truths;  // by store: its column, where truth values are stored
    Tile tile{};
  };
  /// Where one worker runs a group: as many tiles as take turns.
  template <class T>
  struct Group {
    std::vector<ColumnFrame<T>> frames;
    std::vector<Turn<T>> turns;
    bool stores_truths = false;
  };
  using AnyGroup = std::variant<std::monostate, Group<float>, Group<double>>;

  void bind();
  /// The memory of state k, whose slot it is, unless it has some: zeros of its own.
  void give_room(SlotId slot);
  [[nodiscard]] bool guard_failed() const;
  template <class T>
  Group<T> group_of(const FusedStep& step, std::byte* registers);
  void run_step(std::size_t n);
  void run_timed(std::size_t n);
  void run_group(const FusedStep& step, std::size_t n);
  /// Tiles from `tile` to before `end`, row by row.
  template <class T>
  void run_tiles(const FusedStep& step, Group<T>& group, std::int64_t tile, std::int64_t end);
  /// Gives a frame its tile. `offset_of` says where in what a load reads the tile's row begins. Inlined: a
  /// short row takes some tens of nanoseconds.
  template <class T, class Offset>
  void bind_tile(const FusedStep& step, const Offset& offset_of, ColumnFrame<T>& frame, Turn<T>& turn);
  template <class T>
  void store_truths(const FusedStep& step, const Turn<T>& turn);
  void check_positions(const FusedStep& step, const FusedStep::Positions& positions) const;
  void run_kernel(const KernelStep& step);
  [[noreturn]] void rethrow(const Error& error, graph::NodeId node) const;
  void run_total(const TotalStep& step);
  void run_update(const UpdateStep& step);
  void run_copy(const CopyStep& step);

  const Plan& plan_;
  const std::unordered_map<graph::NodeId, const void*>& lines_;
  Memory arena_, registers_;
  std::vector<Memory> states_;  // by state: where it lies, unless the caller keeps it
  std::size_t state_bytes_ = 0;
  std::vector<Array> arrays_;            // by slot
  std::vector<std::byte*> data_;         // by slot: where its elements begin
  std::vector<kernels::Chunks> chunks_;  // by step, of groups
  std::vector<AnyGroup> groups_;         // by step, and in it by worker
  std::vector<Array> operands_;          // of the kernel at hand
  kernels::Scratch scratch_;             // knows the number of threads
  std::vector<StepTime> times_;
  bool bound_ = false, fresh_ = true;
};

}  // namespace wengert::exec
