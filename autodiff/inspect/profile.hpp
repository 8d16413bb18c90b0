// profile: what each value and its adjoint take, in time and in bytes.
//
//     const Profile p = profile(loss);
//     std::cout << p.text();                                    // a table: operations, scopes, lines
//     write_file("flame.svg", flame_graph(p));
//     write_file("trace.json", chrome_trace(p));                // chrome://tracing, Perfetto
//     graph::save(draw(p), "hot.svg");                          // the darker, the more time
//
// What is measured is the graph of the recording, computed node by node by the primitives' own rules, forward and
// backward, as often as the budget allows; of each node the least time counts. Tensors take here what they take in a
// recording. Scalars do not: a recording composes them at compile time, and what is measured is the rule behind a
// pointer, some tens of nanoseconds, most of them the clock's.
//
// A Program fuses, and is measured as it runs, step by step, in its user's own runs:
//
//     workspace.time_steps();
//     … program.run(workspace) …
//     std::cout << profile(program, workspace).text();
//
// A group of fused nodes is one pass over memory, and its time is one number. Where scopes, lines and nodes are told
// apart in it, they have shares of it in proportion to the elements that they compute: so much is an estimate.
//
// Reading order: NodeProfile, Profile, profile, the writers.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/drawing/draw.hpp"
#include "wengert/graph/drawing/theme.hpp"
#include "wengert/graph/text.hpp"

namespace wengert {

/// Of a program, whose graph may hold a gradient, a node of that is `backward` and any other `forward`, and bytes are
/// its share of what its step moves.
struct NodeProfile {
  double forward = 0, backward = 0;                ///< seconds: its value; what its adjoint makes of its operands'
  std::size_t value_bytes = 0, adjoint_bytes = 0;  ///< 0 where there is no adjoint
  double flops = 0;                                ///< of the value (flops_of), 0 where it is not known
};

/// A step of a program as it ran.
struct ProfileStep {
  ProgramStep what{};
  double seconds = 0;  ///< the least of its runs
};

/// A sum over nodes: of an operation, a scope, a line.
struct ProfileRow {
  std::string name{};
  std::size_t nodes = 0;
  double forward = 0, backward = 0;
  std::size_t bytes = 0;  ///< of values and adjoints
  double flops = 0;
};

struct Profile {
  std::shared_ptr<const graph::Graph> graph{};
  std::vector<NodeProfile> nodes{};  ///< by node of the graph
  std::size_t rounds = 0;            ///< measurements of each, of which the least counts
  double clock = 0;                  ///< seconds that a look at the clock takes; they have been taken off
  std::vector<ProfileStep> steps{};  ///< of a program, in the order of a run; none of a recording
  double run = 0;                    ///< of a program: seconds of a whole run, looks at the clock included
  /// Of a program: the graph as it was recorded, and by node of `graph` the node of it whose scope and line are its
  /// own. Nodes of a gradient have those of what they are derivatives by. no_node: none.
  std::shared_ptr<const graph::Graph> recorded{};
  std::vector<graph::NodeId> places{};

  [[nodiscard]] double forward() const noexcept;
  [[nodiscard]] double backward() const noexcept;
  /// The graph that scopes and lines are those of.
  [[nodiscard]] const graph::Graph& source() const noexcept { return recorded ? *recorded : *graph; }
  [[nodiscard]] graph::ScopeId scope(graph::NodeId node) const;
  /// "model.cpp:12"; empty when unknown.
  [[nodiscard]] std::string line(graph::NodeId node) const;
  /// By what they are of, the dearest first: by primitive, of a program by ProgramStep::operation.
  [[nodiscard]] std::vector<ProfileRow> by_operation() const;
  /// By scope, with the scopes in it; in the order of the graph. Nodes outside of scopes are "(outside)".
  [[nodiscard]] std::vector<ProfileRow> by_scope() const;
  [[nodiscard]] std::vector<ProfileRow> by_line() const;
  /// The single nodes that take most; of a program the steps.
  [[nodiscard]] std::vector<ProfileRow> dearest(std::size_t most = 10) const;
  /// Tables of all of these; without `lines`, not of lines.
  [[nodiscard]] std::string text(bool lines = true) const;
};

struct ProfileOptions {
  double seconds = 0.2;           ///< measured for about so long; once at least
  std::size_t most_rounds = 100;  ///< and not more often
};

/// Of what y is computed from; backward too if y is a number (or a tensor: of the sum of its elements) of f32 or f64.
/// Throws as expand(), UnknownValue for a trace, and what rules throw; ArgumentError for a constant.
[[nodiscard]] Profile profile(const detail::AnyHandle& y, const ProfileOptions& options = {},
                              std::source_location where = std::source_location::current());

/// Of the runs of a program that were timed (Program::Workspace::time_steps). Backward is what belongs to a gradient by
/// its ties, and what is computed from that, as an update of parameters. Throws ArgumentError where no run was timed,
/// and for the workspace of another program.
[[nodiscard]] Profile profile(const Program& program, const Program::Workspace& workspace,
                              std::source_location where = std::source_location::current());

/// A flame graph as SVG: the width of a box is its share of the time; below all of it forward and backward, below those
/// scopes in scopes, and operations in them. Tooltips have numbers. Needs nothing, and has no script.
[[nodiscard]] std::string flame_graph(const Profile& profile, graph::Theme theme = graph::Theme::light);

/// The trace format of Chrome and Perfetto ("Trace Event Format", JSON): the nodes one after the other, forward, then
/// backward, in the scopes that they lie in; of a program the steps in the order of a run. Times in microseconds.
void write_chrome_trace(const Profile& profile, const graph::TextSink& sink);
[[nodiscard]] std::string chrome_trace(const Profile& profile);

/// The graph with times in its boxes; the darker, the more.
[[nodiscard]] graph::Drawing draw(const Profile& profile, const graph::DrawingOptions& options = {});

}  // namespace wengert
