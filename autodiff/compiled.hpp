// compiled: a function that is recorded at its first call and runs as a Program afterwards.
//
//     auto g = compiled(value_and_grad(f));
//     auto [y, slope] = g(2.0);              // records f and its gradient, and compiles
//     auto [z, other] = g(3.0);              // runs the program, at another number
//
// It takes and gives what replayed() does (transform/replayed.hpp): numbers, Scalars, Tensors, and structures of them.
// What it runs is rewritten, planned and fused (exec/program.hpp), so that results may differ from f's in the last
// places; replayed() gives f's bits. Where a comparison in f decides otherwise than it was recorded, GuardFailed is
// thrown, or f is recorded and compiled once more (OnGuard::rerecord).
//
// f is traced: operations on tensors are recorded with their types and not computed, so that compiling takes neither
// the time nor the memory of a run, and a type is example enough,
//
//     auto step = compile(value_and_grad(loss), unknown(Shape{64, 784}, Dtype::f32));
//
// Scalars are computed as ever, from the numbers given. If f asks for elements of a tensor (item, to_vector, a Scalar
// made of it, a loop, a branch) it is called once more and recorded with the values of the examples; where
// those are unknown, UnknownValue has the line that asks.
//
// Reading order: compiled, CompiledEngine.
#pragma once

#include <cstddef>
#include <source_location>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/transform/replay.hpp"
#include "wengert/autodiff/transform/replayed.hpp"

namespace wengert {

/// A Program with a workspace, behind the interface of Replay.
class CompiledEngine {
 public:
  static constexpr bool traces = true;

  CompiledEngine(const Recording& recording, const detail::HandleList& inputs, const detail::HandleList& outputs,
                 std::source_location where = std::source_location::current());

  /// Copies share the program; each has a workspace of its own.
  CompiledEngine(const CompiledEngine& other);
  CompiledEngine& operator=(const CompiledEngine&) = delete;
  CompiledEngine(CompiledEngine&&) = default;
  CompiledEngine& operator=(CompiledEngine&&) = default;
  ~CompiledEngine() = default;

  [[nodiscard]] const Program& program() const noexcept { return program_; }
  [[nodiscard]] bool fits(std::span<const ReplayValue> inputs) const noexcept;
  ReplayStatus try_run(std::span<const ReplayValue> inputs,
                       std::source_location where = std::source_location::current());
  const std::vector<ReplayValue>& run(std::span<const ReplayValue> inputs,
                                      std::source_location where = std::source_location::current());
  [[nodiscard]] const std::vector<ReplayValue>& outputs() const noexcept { return outputs_; }
  [[noreturn]] void throw_guard_failed() const;

 private:
  Program program_;
  Program::Workspace workspace_;
  std::vector<bool> is_tensor_;  // by input
  std::vector<bool> gives_tensor_;
  std::vector<ReplayValue> outputs_;
};

template <class F>
using Compiled = Replayed<F, CompiledEngine>;

/// The function f, recorded and compiled at its first call for arguments of these shapes.
template <class F>
[[nodiscard]] Compiled<std::decay_t<F>> compiled(F&& f, const ReplayOptions& options = {},
                                                 std::source_location where = std::source_location::current()) {
  return Compiled<std::decay_t<F>>(std::forward<F>(f), options, where);
}

/// The same, compiled now, for arguments like the examples; tensors among these may be unknown(). Nothing is run.
/// Throws UnknownValue where f needs elements that the examples do not have.
template <class F, class... X>
  requires(sizeof...(X) > 0 && std::is_invocable_v<Compiled<std::decay_t<F>>&, const X&...>)
[[nodiscard]] Compiled<std::decay_t<F>> compile(F&& f, const X&... examples) {
  Compiled<std::decay_t<F>> result(std::forward<F>(f), ReplayOptions{});
  result.prepare(examples...);
  return result;
}

}  // namespace wengert
