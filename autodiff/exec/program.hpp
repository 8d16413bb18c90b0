// Program: what was recorded once, planned, and run many times with new inputs.
//
//     Recording r;
//     const Scalar x = r.variable(2.0, "x"), y = r.variable(3.0, "y");
//     const Scalar z = sin(x) * y;
//     const Program program(r, {x, y}, {z, gradient(z, x), gradient(z, y)});
//     Program::Workspace w(program);                       // memory of one caller
//     program.run(w, std::array{0.5, 2.0}, result);        // z and its gradient at another point
//     program.run_batch(w, inputs, outputs, 100'000);      // at a hundred thousand points
//
// A program needs its recording no more. It is const and may be shared by threads, each with a workspace of its own;
// and it may use several threads itself (ProgramOptions::threads). While it runs it allocates nothing.
//
// Comparisons that decided branches of what was recorded are guards: a run at inputs at which one of them decides
// otherwise throws GuardFailed with the line of the comparison (or says so, try_run). What left the recording by
// value() is a constant.
//
// Reading order: ProgramOptions, Program, Program::Workspace; ProgramStep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/exec/batch_layout.hpp"
#include "wengert/autodiff/record/guards.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/graph/graph.hpp"

namespace wengert {

/// How a program is made.
struct ProgramOptions {
  /// Values that are kept from run to run: input `input` is the value of output `output` of the run before. It lives in
  /// the workspace, or where Workspace::place says, and is written in place. A run that ends with a failed guard leaves
  /// all of them as they were.
  struct State {
    std::size_t input = 0, output = 0;
  };
  std::vector<State> states{};
  /// Only rewrites that keep every bit of every result. The others (docs/passes.md) stabilise, and take common factors
  /// out of sums, within stated bounds.
  bool exact = false;
  /// No rewrites at all: the graph as it was recorded.
  bool passes = true;
  /// Arithmetic by native code: assembled for this machine when the program is made, where it has AVX2 or AVX-512, the
  /// library was built with Xbyak and the system lets memory be executed; report() tells. Without it, by loops that the
  /// library has for each primitive: the same bits.
  bool native = true;
  /// Bytes that the values of a run may take, of a program that is not of numbers. Where they take more, tensors that
  /// wait long for a reader are computed again there instead (passes::rematerialise; the same bits), functions such as
  /// exp and tanh too, until the budget is met or nothing more helps: report() tells. 0: as few bytes as that way can
  /// reach. Without a budget only arithmetic is done again, and only over what lies in memory anyway, which takes
  /// hardly any time. States, inputs and the work space of kernels are not counted.
  std::optional<std::size_t> memory{};
  /// Threads that a run may use, the caller's among them; 0: as many as the machine runs side by side. They are those
  /// of the process's one pool; while another run has them, a run goes on alone. Work that takes less than some tens of
  /// microseconds is not divided. Results are the same, bit for bit, for any number of threads. A workspace has memory
  /// for each of them.
  int threads = 1;
};

enum class RunStatus : std::uint8_t { ok, guard_failed };

/// One of the things that a run does one after the other; a program of numbers is one step.
struct ProgramStep {
  std::string operation{};  ///< "fused", "fused rows", "matmul" …, "update", "sum of tiles", "copy"; "numbers"
  std::string text{};       ///< in words, as report() has it: "fused [64,256] f32, 2 in, 1 out, 3 loops: mul add tanh"
  std::vector<graph::NodeId> nodes{};  ///< of Program::graph(), what it computes, or copies
  std::size_t bytes = 0;               ///< that it reads and writes; of a program of numbers, per sample
};

/// How long something took in the runs that were timed, in seconds.
struct StepTime {
  double least = 0, all = 0;
  std::int64_t runs = 0;

  void add(double seconds) noexcept {
    least = runs == 0 || seconds < least ? seconds : least;
    all += seconds;
    ++runs;
  }
};

namespace exec {
struct ProgramData;
struct WorkspaceData;
}  // namespace exec

class Program {
 public:
  class Workspace;

  /// `inputs` are variables of the recording, `outputs` any values of it, or constants. Variables that are no inputs
  /// keep their values. Throws StaleHandle, ForeignRecording; ArgumentError for an input that is a constant, computed
  /// or there twice, for states that do not fit, and for less than 0 threads.
  Program(const Recording& recording, const detail::HandleList& inputs, const detail::HandleList& outputs,
          const ProgramOptions& options = {}, std::source_location where = std::source_location::current());
  /// Of a graph: its variables are the inputs, in their order. Throws ArgumentError for a graph with operations that
  /// have no value.
  explicit Program(graph::Graph graph, const ProgramOptions& options = {},
                   std::source_location where = std::source_location::current());

  [[nodiscard]] std::size_t input_count() const noexcept;
  [[nodiscard]] std::size_t output_count() const noexcept;
  [[nodiscard]] const Type& input_type(std::size_t k) const;
  [[nodiscard]] const Type& output_type(std::size_t k) const;
  [[nodiscard]] std::size_t guard_count() const noexcept;
  /// All values are numbers (f64 of rank 0): it can run over batches.
  [[nodiscard]] bool is_scalar() const noexcept;

  /// The graph that is run, rewritten.
  [[nodiscard]] const graph::Graph& graph() const noexcept;
  /// The graph as it was recorded; by node of graph() the node of it that it computes, no_node for what a pass has put
  /// between.
  [[nodiscard]] const graph::Graph& recorded() const noexcept;
  [[nodiscard]] std::span<const graph::NodeId> origins() const noexcept;
  /// What was done and what a run will do, a line each: nodes before and after the passes, steps with their shapes,
  /// bytes of memory and the least that could do, bytes moved, what is divided between threads.
  [[nodiscard]] std::string report() const;
  /// The steps of a run, in their order.
  [[nodiscard]] std::vector<ProgramStep> steps() const;

  /// @name Programs of numbers. x has input_count() of them, y gets output_count(); they do not overlap.
  /// @{
  /// One sample. Throws GuardFailed; ArgumentError for other counts, or a program that is not of numbers.
  void run(Workspace& w, std::span<const double> x, std::span<double> y,
           std::source_location where = std::source_location::current()) const;
  [[nodiscard]] RunStatus try_run(Workspace& w, std::span<const double> x, std::span<double> y,
                                  std::source_location where = std::source_location::current()) const;
  /// Many samples; `layout` is that of x and of y, and a number of samples is one: input k of sample i is
  /// x[k·count + i] then, output k is y[k·count + i]. The result of a sample depends on that sample alone, neither on
  /// its place nor on how many there are. What lies between columns is neither read nor written. Throws GuardFailed for
  /// the first sample at which a guard fails; y has then been written. Throws ArgumentError also for a stride of less
  /// than count.
  void run_batch(Workspace& w, std::span<const double> x, std::span<double> y, const BatchLayout& layout,
                 std::source_location where = std::source_location::current()) const;
  /// failed[i] is 1 for the samples at which a guard fails, whose outputs mean nothing, and 0 for the rest; nobody
  /// asks for that if it has no elements. Throws ArgumentError for fewer than there are samples.
  [[nodiscard]] RunStatus try_run_batch(Workspace& w, std::span<const double> x, std::span<double> y,
                                        const BatchLayout& layout, std::span<std::uint8_t> failed,
                                        std::source_location where = std::source_location::current()) const;
  /// @}

  /// @name Any program: inputs are given to the workspace (Workspace::set), outputs lie there (Workspace::get).
  /// @{
  /// Throws GuardFailed; ArgumentError for an input that was not given; what an operation throws, with its line.
  void run(Workspace& w, std::source_location where = std::source_location::current()) const;
  [[nodiscard]] RunStatus try_run(Workspace& w, std::source_location where = std::source_location::current()) const;
  /// @}

 private:
  std::shared_ptr<const exec::ProgramData> data_;
};

/// Memory in which a program runs, for one thread at a time. Keeps the program alive. Making one gives back the memory
/// that the library has kept for arrays to come (256 MiB at most, graph/blocks.hpp).
class Program::Workspace {
 public:
  explicit Workspace(const Program& program);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  /// The next runs' input k; the elements are shared, not copied (those of a state are copied). Throws ShapeError,
  /// DtypeError, ArgumentError when it is not of the input's type, UnknownValue when it has no elements.
  void set(std::size_t k, const Array& value, std::source_location where = std::source_location::current());
  void set(std::size_t k, const Tensor& value, std::source_location where = std::source_location::current()) {
    set(k, value.value(), where);
  }
  void set(std::size_t k, double value, std::source_location where = std::source_location::current());
  /// Forgets the inputs that are no states: nothing of the caller's is held any more.
  void release_inputs() noexcept;
  /// Output k of the last run, copied.
  [[nodiscard]] Tensor get(std::size_t k, std::source_location where = std::source_location::current()) const;
  /// Output k of the last run, an f64 of rank 0 or any tensor of one element.
  [[nodiscard]] double number(std::size_t k, std::source_location where = std::source_location::current()) const;
  /// State k of the options as it is now, copied.
  [[nodiscard]] Tensor state(std::size_t k, std::source_location where = std::source_location::current()) const;
  /// State k of the options lies in these elements from now on: runs write them, and nothing is copied. The caller
  /// keeps them for as long as it runs the program, and alone holds them. Throws as set(); ArgumentError for elements
  /// that somebody else holds, or of which one stands for all.
  void place(std::size_t k, Array& elements, std::source_location where = std::source_location::current());
  /// The guard that failed in the last run, if one did.
  [[nodiscard]] std::optional<FailedGuard> failed_guard() const;
  /// Bytes held.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Runs from now on are timed step by step, or no more; what was measured before is forgotten. Without it a step
  /// costs one look at a flag more.
  void time_steps(bool on = true);
  /// By step of Program::steps(), and behind them that of whole runs; empty unless time_steps() asked for it. Of a
  /// program of numbers the one step is the whole run, of a sample or a batch, and there is one time. Of a run that
  /// ends early, by a failed guard or an exception, there are the times of the steps before its end.
  [[nodiscard]] std::span<const StepTime> step_times() const noexcept;

 private:
  friend class Program;
  std::unique_ptr<exec::WorkspaceData> data_;
};

}  // namespace wengert
