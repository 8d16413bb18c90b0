// Less memory for a reverse sweep: parts of the program are computed again instead of stored.
//
//     auto layer = checkpoint(f);
//     Tensor y = layer(x, w);                                  // one entry; f runs again in the reverse sweep
//
//     auto x_end = iterate(step, 100000, x, {.saved_states = 50}, w);     // x = step(k, x, w), k = 0 … 99999
//
//     ReversePlan plan;
//     Tensor y = chain(x).then(f1, w1).then(f2, w2).then(f3, w3).within(2'000'000'000, &plan);
//     std::cout << plan.report();                              // what is stored and what is computed again
//
// Arguments and results are structures (tree.hpp): Scalars, Tensors, vectors, tuples … of them; other arguments are
// carried along as they are (so are plain numbers). Everything that a derivative is wanted by has to be an argument: a
// function that captures a value of the recording is refused (ForeignRecording).
//
// What the functions compute must be the same each time: no state, no random numbers but from a seed that is an
// argument. Branches may differ from point to point, as they are recorded afresh at each; they leave no guards in the
// recording around them, which computes what it calls.
//
// Numeric sweeps (backward, forward) keep the promise of memory. A recorded derivative (gradient, jvp) of such an entry
// records all of its inside: it can be differentiated again, and takes the memory of all stages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/parts_function.hpp"
#include "wengert/autodiff/transform/reverse_plan.hpp"

namespace wengert {

/// See checkpoint.
template <class F>
class Checkpoint {
 public:
  Checkpoint(F f, std::string name, std::source_location where)
      : f_(std::move(f)), name_(std::move(name)), where_(where) {}

  template <class... X>
  auto operator()(const X&... x) const {
    using Result = detail::ResultOn<F, X...>;
    detail::Arguments<X...> arguments(where_, x...);
    const detail::Parts in = arguments.parts();
    const auto plain = arguments.apply(f_, detail::constants(in));
    detail::Parts value;
    detail::flatten(plain, value, where_);
    const auto function = std::make_shared<const detail::PartsOf<F, X...>>(name_, f_, std::move(arguments),
                                                                           detail::PartsLayout::of(value));
    const detail::Parts y = detail::call_parts(function, in, value, where_);
    detail::PartReader<Scalar> read(y);
    return detail::rebuilt<Result>(plain, read);
  }

 private:
  F f_;
  std::string name_;
  std::source_location where_;
};

/// f as a single entry of the recording: what f computes inside is not stored, and computed again when a sweep needs
/// it. Memory of f's inside for the time of one sweep through it; one computation of f more. f must be const-callable.
template <class F>
[[nodiscard]] Checkpoint<std::decay_t<F>> checkpoint(F&& f, std::string name = "checkpoint",
                                                     std::source_location where = std::source_location::current()) {
  return {std::forward<F>(f), std::move(name), where};
}

/// How `iterate` keeps its reverse sweep small. Without either limit every state is saved: n states, but the recording
/// of a single step.
struct IterateOptions {
  /// States saved at one time, beside the first one.
  std::size_t saved_states = static_cast<std::size_t>(-1);
  /// Bytes for saved states and the recording of a step, as the first step needs them.
  std::uint64_t memory = 0;
  /// Receives the plan.
  ReversePlan* plan = nullptr;
};

namespace detail {

/// A chain of stages: the parts of the next state from those of this state and of the stage's parameters.
struct ChainBody {
  using Stage = std::function<Parts(std::size_t k, const Parts& state, const Parts& parameters)>;
  /// Where parts lie among all parts of the chain.
  struct Places {
    std::vector<std::uint32_t> scalars, tensors;
  };

  std::size_t count = 0;
  Stage stage;
  PartsLayout state;               ///< the first state: the first parts
  std::vector<Places> parameters;  ///< of each stage, or the same for all

  [[nodiscard]] const Places& parameters_of(std::size_t k) const { return parameters[parameters.size() == 1 ? 0 : k]; }
};

/// Puts parameters behind the parts there are, each value of a recording once.
[[nodiscard]] ChainBody::Places add_parameters(Parts& all, const Parts& parameters);

/// The last state, as one entry that is reversed by a plan.
[[nodiscard]] Parts call_chain(std::string name, ChainBody body, ReversePlan plan, const Parts& x, const Parts& value,
                               std::source_location where);

/// Bytes of a recording of one stage, of the state it begins with, and of the adjoints while it is swept.
struct StageSizes {
  std::uint64_t state = 0, recording = 0, sweep = 0;
};
/// Records one stage and says what that takes.
[[nodiscard]] StageSizes measure_stage(const ChainBody::Stage& stage, const Parts& state, const Parts& parameters);

/// The plan for `count` steps like the first.
[[nodiscard]] ReversePlan plan_iteration(std::size_t count, const StageSizes& each, const IterateOptions& options,
                                         std::source_location where);
/// The plan for stages of these sizes; the sweep through one of them has to fit as well.
[[nodiscard]] ReversePlan plan_stages(const std::vector<StageSizes>& stages, std::uint64_t memory,
                                      std::source_location where);

[[noreturn]] void throw_state_changed(const char* operation, std::size_t k, std::source_location where);

}  // namespace detail

/// state = step(k, state, parameters…) for k = 0 … count-1, as a single entry. step gives a structure like the state,
/// of the same types. The reverse sweep saves some of the states and computes the steps between them again, in the
/// order that needs the fewest (plan_uniform_chain); with n steps and s saved states about n·r computations more, where
/// C(s+1+r, r) ≥ n. Throws ArgumentError if the state changes its structure; CapacityError if `memory` is too little
/// for one step.
template <class Step, class State, class... Parameter>
[[nodiscard]] auto iterate(Step step, std::size_t count, const State& state, const IterateOptions& options,
                           const Parameter&... parameters) {
  using Handle = detail::Handles<State>;
  const std::source_location where{};
  const detail::Arguments<Handle> first(where, detail::as_handles(state, where));
  const detail::Arguments<Parameter...> others(where, parameters...);
  detail::Parts x = first.parts();
  const detail::PartsLayout layout = detail::PartsLayout::of(x);
  const detail::Parts& p = others.parts();
  detail::ChainBody::Places places = detail::add_parameters(x, p);

  const Handle like = first.apply(std::identity{}, detail::hollow(first.parts()));
  detail::Arguments<Parameter...> prototypes = others;
  prototypes.forget_parts();
  const auto stage = [step, like, prototypes](std::size_t k, const detail::Parts& now,
                                              const detail::Parts& of_parameters) {
    detail::PartReader<Scalar> read(now);
    const Handle before = detail::rebuilt<Handle>(like, read);
    const auto with_parameters = [&](const auto&... parameter) { return step(k, before, parameter...); };
    detail::Parts next;
    detail::flatten(prototypes.apply(with_parameters, of_parameters), next, {});
    return next;
  };

  detail::Parts value = detail::constants(first.parts());
  const detail::Parts numbers = detail::constants(p);
  detail::StageSizes sizes;
  for (std::size_t k = 0; k < count; ++k) {
    if (k == 0) sizes = detail::measure_stage(stage, value, numbers);
    detail::Parts next = stage(k, value, numbers);
    if (!(detail::PartsLayout::of(next) == layout)) detail::throw_state_changed("iterate", k, where);
    value = std::move(next);
  }
  ReversePlan plan = detail::plan_iteration(count, sizes, options, where);
  if (options.plan != nullptr) *options.plan = plan;
  const detail::Parts y = detail::call_chain(
      "iterate", {.count = count, .stage = stage, .state = layout, .parameters = {std::move(places)}}, std::move(plan),
      x, value, where);
  detail::PartReader<Scalar> read(y);
  return detail::rebuilt<Handle>(like, read);
}

/// See chain.
template <class State>
class Chain {
 public:
  /// The next stage: f(state, parameters…).
  template <class F, class... Parameter>
  [[nodiscard]] auto then(F f, const Parameter&... parameters) && {
    using Next = detail::ResultOn<F, State, Parameter...>;
    detail::Arguments<Parameter...> others(where_, parameters...);
    const detail::Parts p = others.parts();
    body_.parameters.push_back(detail::add_parameters(x_, p));
    others.forget_parts();
    const auto on = [f = std::move(f), like = like_, others](const detail::Parts& now,
                                                             const detail::Parts& of_parameters) {
      detail::PartReader<Scalar> read(now);
      const State before = detail::rebuilt<State>(like, read);
      const auto with_parameters = [&](const auto&... parameter) { return f(before, parameter...); };
      return others.apply(with_parameters, of_parameters);
    };
    const auto stage = [on](std::size_t, const detail::Parts& now, const detail::Parts& of_parameters) {
      detail::Parts parts;
      detail::flatten(on(now, of_parameters), parts, {});
      return parts;
    };
    const detail::Parts numbers = detail::constants(p);
    const auto result = on(value_, numbers);
    detail::Parts next;
    detail::flatten(result, next, where_);
    sizes_.push_back(detail::measure_stage(stage, value_, numbers));
    stages_.push_back(stage);
    Next like = detail::hollow_structure(result);
    return Chain<Next>(std::move(x_), std::move(body_), std::move(stages_), std::move(sizes_), std::move(next),
                       std::move(like), where_);
  }

  /// The last state, by one entry whose reverse sweep keeps at most so many bytes: of states, recordings of stages, and
  /// adjoints while one of them is swept; what the arguments and results take is not counted. Throws CapacityError with
  /// the least that works. `plan` receives what was chosen: the cheapest way there is (plan_chain), each stage costing
  /// what its recording takes.
  [[nodiscard]] State within(std::uint64_t memory, ReversePlan* plan = nullptr) && {
    ReversePlan chosen = detail::plan_stages(sizes_, memory, where_);
    if (plan != nullptr) *plan = chosen;
    body_.count = stages_.size();
    body_.stage = [stages = std::move(stages_)](std::size_t k, const detail::Parts& state,
                                                const detail::Parts& parameters) {
      return stages[k](k, state, parameters);
    };
    const detail::Parts y = detail::call_chain("chain", std::move(body_), std::move(chosen), x_, value_, where_);
    detail::PartReader<Scalar> read(y);
    return detail::rebuilt<State>(like_, read);
  }

  /// For `chain` and `then`.
  Chain(detail::Parts x, detail::ChainBody body, std::vector<detail::ChainBody::Stage> stages,
        std::vector<detail::StageSizes> sizes, detail::Parts value, State like, std::source_location where)
      : x_(std::move(x)),
        body_(std::move(body)),
        stages_(std::move(stages)),
        sizes_(std::move(sizes)),
        value_(std::move(value)),
        like_(std::move(like)),
        where_(where) {}

 private:
  detail::Parts x_;  // the first state, and the parameters of all stages
  detail::ChainBody body_;
  std::vector<detail::ChainBody::Stage> stages_;
  std::vector<detail::StageSizes> sizes_;
  detail::Parts value_;  // of the state reached
  State like_;           // it, for its structure
  std::source_location where_;
};

/// A chain of functions that differ, to be reversed within a limit of memory: chain(x).then(f, w)….within(bytes). It
/// computes as it goes, each stage once more than needed (recorded, to see what it takes).
template <class State>
[[nodiscard]] auto chain(const State& x, std::source_location where = std::source_location::current()) {
  using Handle = detail::Handles<State>;
  const detail::Arguments<Handle> first(where, detail::as_handles(x, where));
  detail::Parts value = detail::constants(first.parts());
  Handle like = first.apply(std::identity{}, detail::hollow(value));
  detail::ChainBody body;
  body.state = detail::PartsLayout::of(value);
  return Chain<Handle>(first.parts(), std::move(body), {}, {}, std::move(value), std::move(like), where);
}

}  // namespace wengert
