// Control flow that is decided when the program runs, and is one entry of the recording: cond, scan, while_loop.
//
//     Scalar y = cond(x < 3.0, [](const Scalar& x) { return x * x; }, [](const Scalar& x) { return log(x); }, x);
//     auto [last, path] = scan([](const Scalar& v, const Scalar& push) { ... return std::pair{next, next}; }, v0,
//     pushes); Scalar root = while_loop([](const Scalar& x, const Scalar& a) { return abs(x * x - a) > 1e-12; },
//                              [](const Scalar& x, const Scalar& a) { return 0.5 * (x + a / x); }, a, a);
//
// Plain C++ control flow needs none of this: recording computes, so `if` and `for` work, and a replay with other inputs
// says when a branch would have gone the other way (replay.hpp). These are for programs that are to be replayed on any
// path, and for loops that are too long to be recorded step by step: a body is recorded once, whatever the number of
// steps, and the reverse sweep holds as many states as fit into a stated amount of memory and computes the others
// again.
//
// What goes in and out are structures (tree.hpp): Scalars, Tensors, numbers (which are constants), vectors, spans,
// arrays, pairs, tuples, optionals of these, structs with members(). A body is called with Scalars in the place of
// numbers, and a span becomes a vector. The size of a vector, whether an optional has a value, and the members that a
// struct carries along are fixed: both sides of a cond give the same ones, a step gives those it was given. What a body
// uses of what is recorded outside has to be among its operands, else it is a ForeignRecording error: an operand of
// cond, the `parameters` of scan and while_loop.
//
// The body may branch, too. Its comparisons are guards, and a step at which one decides otherwise is a GuardFailed
// error with its line; or the body is recorded again, for that path, and every path is kept (LoopOptions::on_guard).
// With OnGuard::rerecord what the body refers to has to live as long as the recording, and its replays.
//
// Derivatives of every order and kind follow: those of cond are a cond, the tangents of a loop are a loop, and the
// gradient of a loop is a loop that runs backwards. Where that gradient is differentiated again, its steps are written
// out while it is done: second derivatives take memory for every step. What has no derivative: the predicate, and the
// number of steps.
//
// Reading order: LoopOptions, cond, scan, while_loop.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/body.hpp"

namespace wengert {

struct LoopOptions {
  /// What is done when a comparison inside the body decides otherwise than it was recorded.
  OnGuard on_guard = OnGuard::fail;
  /// Bytes for the states that the reverse sweep keeps: all of them if they fit, else some, from which the others are
  /// computed again, at the least number of steps that allows. At least two are kept.
  std::uint64_t memory = std::uint64_t{64} << 20;
  /// A while_loop that takes more throws CapacityError.
  std::uint64_t most_steps = std::numeric_limits<std::uint64_t>::max();
  /// For drawings and messages.
  std::string name{};
};

/// A truth value that is recorded: a comparison of Scalars (which here is an operand, not a guard), a Scalar (true
/// unless 0), a tensor of one boolean; or a bool, which is a constant.
class Predicate {
 public:
  template <detail::ScalarCondition C>
  Predicate(const C& condition, std::source_location where = std::source_location::current())  // NOLINT: converts
      : truth_(wengert::where(condition, Scalar(1.0), Scalar(0.0)), where), where_(where) {}
  Predicate(const Scalar& truth, std::source_location where = std::source_location::current())  // NOLINT
      : truth_(truth), where_(where) {}
  Predicate(const Tensor& truth, std::source_location where = std::source_location::current());  // NOLINT
  Predicate(bool truth, std::source_location where = std::source_location::current())            // NOLINT
      : truth_(truth ? 1.0 : 0.0), where_(where) {}
  [[nodiscard]] const Scalar& truth() const noexcept { return truth_; }
  [[nodiscard]] std::source_location where() const noexcept { return where_; }

 private:
  Scalar truth_;
  std::source_location where_;
};

/// In place of parameters: none.
struct NoParameters {};
/// In place of a sequence: so many steps.
struct Steps {
  std::int64_t count = 0;
};

namespace detail {

[[nodiscard]] std::vector<AnyValue> run_cond(const Predicate& predicate, const Recorder& then,
                                             const Recorder& otherwise, const std::vector<AnyValue>& operands,
                                             OnGuard on_guard);
/// `sequence`: a tensor for each leaf of an element, with a leading axis of `steps`; inputs of the body: carry,
/// element, parameters. The result: the
/// leaves of the last carry, then of what every step gave, stacked along a leading axis.
[[nodiscard]] std::vector<AnyValue> run_scan(const Recorder& body, const std::vector<AnyValue>& carry,
                                             const std::vector<AnyValue>& sequence, const LeafTypes& element_types,
                                             std::int64_t steps, const std::vector<AnyValue>& parameters,
                                             const LoopOptions& options, std::source_location where);
[[nodiscard]] std::vector<AnyValue> run_while(const Recorder& condition, const Recorder& body,
                                              const std::vector<AnyValue>& state,
                                              const std::vector<AnyValue>& parameters, const LoopOptions& options,
                                              std::source_location where);

// --- Structures -----------------------------------------------------------------------------------------------------

/// Throws ShapeError: what a body gives differs from `expected` in the size of a vector, in whether an optional has a
/// value, or in a member that is carried along.
[[noreturn]] void throw_unlike(const std::string& operation, const char* expected, std::source_location where);

/// What a function of structures gives, as handles.
template <class F, class... X>
using ResultOf = Handles<std::remove_cvref_t<std::invoke_result_t<const F&, const X&...>>>;

/// The structure of a result, hollow, once it is known.
template <class Result>
using ResultSlot = std::shared_ptr<std::optional<Result>>;
template <class Result>
[[nodiscard]] ResultSlot<Result> result_slot() {
  return std::make_shared<std::optional<Result>>();
}

template <class T>
[[nodiscard]] std::vector<AnyValue> leaves_in(const T& structure, std::source_location where) {
  Parts parts;
  flatten(structure, parts, where);
  return leaves_of(parts);
}
/// A structure of these leaves.
template <class T>
[[nodiscard]] T with_leaves(const T& structure, std::span<const AnyValue> leaves) {
  const Parts parts = parts_of(leaves);
  PartReader<Scalar> read(parts);
  return rebuilt<T>(structure, read);
}

/// f as a Recorder: of inputs of these structures. Remembers the structure of the result. `apart`: that is a pair, the
/// leaves of its first member come first.
template <bool apart = false, class Result, class F, class... X>
[[nodiscard]] Recorder recorder_of(F f, ResultSlot<Result> result, std::source_location where, const X&... x) {
  return [f = std::move(f), result = std::move(result), where,
          like = std::tuple<X...>{hollow_structure(x)...}](const std::vector<AnyValue>& inputs) {
    const std::tuple<X...> arguments = with_leaves(like, inputs);
    const Result found = as_handles(std::apply(f, arguments), where);
    if (!*result)
      *result = hollow_structure(found);
    else if (!alike(**result, found))
      throw_unlike("a body that is recorded again", "what it gave when it was recorded first", where);
    if constexpr (apart) {
      std::vector<AnyValue> leaves = leaves_in(found.first, where);
      const std::vector<AnyValue> others = leaves_in(found.second, where);
      leaves.insert(leaves.end(), others.begin(), others.end());
      return leaves;
    } else {
      return leaves_in(found, where);
    }
  };
}

/// Sequences, and what a step is given of them: of a Tensor a slice along its leading axis, of a vector or span of
/// numbers or Scalars an element, of tuples of these a tuple. `columns`: tensors with all that becomes Scalars, and all
/// that becomes tensors, each in order.
struct SequenceColumns {
  std::vector<AnyValue> of_scalars, of_tensors;
};
template <class X>
struct SequenceOf;
template <>
struct SequenceOf<Tensor> {
  static Tensor element(const Tensor& x) {
    // Of a tensor without axes there is no element; run_scan says so.
    std::vector<std::int64_t> extents;
    for (std::size_t axis = 1; axis < x.rank(); ++axis) extents.push_back(x.shape()[axis]);
    return zeros(Shape(extents), x.dtype(), {});
  }
  static void columns(const Tensor& x, SequenceColumns& to) { to.of_tensors.emplace_back(x); }
};
template <class T>
  requires(Number<T> || std::same_as<std::remove_const_t<T>, Scalar>)
struct SequenceOf<std::span<T>> {
  static Scalar element(std::span<T>) { return {}; }
  static void columns(std::span<T> x, SequenceColumns& to) {
    to.of_scalars.emplace_back(stack(std::vector<Scalar>(x.begin(), x.end()), std::source_location{}));
  }
};
template <class T>
  requires(Number<T> || std::same_as<T, Scalar>)
struct SequenceOf<std::vector<T>> {
  static Scalar element(const std::vector<T>&) { return {}; }
  static void columns(const std::vector<T>& x, SequenceColumns& to) {
    to.of_scalars.emplace_back(stack(std::vector<Scalar>(x.begin(), x.end()), std::source_location{}));
  }
};
template <class... X>
struct SequenceOf<std::tuple<X...>> {
  static auto element(const std::tuple<X...>& x) {
    return std::apply([](const X&... each) { return std::make_tuple(SequenceOf<X>::element(each)...); }, x);
  }
  static void columns(const std::tuple<X...>& x, SequenceColumns& to) {
    std::apply([&](const X&... each) { (SequenceOf<X>::columns(each, to), ...); }, x);
  }
};
template <class A, class B>
struct SequenceOf<std::pair<A, B>> {
  static auto element(const std::pair<A, B>& x) {
    return std::pair{SequenceOf<A>::element(x.first), SequenceOf<B>::element(x.second)};
  }
  static void columns(const std::pair<A, B>& x, SequenceColumns& to) {
    SequenceOf<A>::columns(x.first, to);
    SequenceOf<B>::columns(x.second, to);
  }
};

/// Leaves that are all tensors, as a structure wants them of which some are Scalars.
class StackedReader {
 public:
  StackedReader(std::span<const AnyValue> leaves, std::size_t scalars) : leaves_(leaves), tensor_(scalars) {}
  [[nodiscard]] Tensor number() { return leaves_[number_++].tensor; }
  [[nodiscard]] Tensor tensor() { return leaves_[tensor_++].tensor; }

 private:
  std::span<const AnyValue> leaves_;
  std::size_t number_ = 0, tensor_;
};
/// What is stacked along a leading axis becomes a Tensor.
template <class T>
[[nodiscard]] Replaced<T, Tensor> stacked(const T& structure, std::span<const AnyValue> leaves) {
  Parts parts;
  flatten(structure, parts, {});
  StackedReader read(leaves, parts.scalars.size());
  return rebuilt<Replaced<T, Tensor>>(structure, read);
}

/// The result of a condition as a truth value.
template <class C>
[[nodiscard]] Scalar truth_of(const C& condition) {
  static_assert(
      !std::same_as<C, bool>,
      "the condition of a while_loop gives a bool, which is decided when it is recorded: return the comparison "
      "itself (a lambda's result type must not be bool)");
  return Predicate(condition, std::source_location{}).truth();
}

}  // namespace detail

/// then(x...) where the predicate holds, else otherwise(x...): one entry; only the side that is chosen is computed, and
/// a replay chooses anew. Both are recorded once, at these operands, and give one structure, of equal types: ShapeError
/// or DtypeError else. A Scalar predicate that is NaN holds, as in C++. `on_guard`: see LoopOptions; a comparison
/// inside the side that is not chosen is recorded as it comes out at these operands.
template <class Then, class Else, class... X>
[[nodiscard]] auto cond(OnGuard on_guard, const Predicate& predicate, Then then, Else otherwise, const X&... x) {
  using Result = detail::ResultOf<Then, detail::Handles<X>...>;
  static_assert(std::same_as<Result, detail::ResultOf<Else, detail::Handles<X>...>>,
                "both sides of a cond give the same structure");
  const std::source_location where = predicate.where();
  const std::tuple<detail::Handles<X>...> handles{detail::as_handles(x, where)...};
  const auto result = detail::result_slot<Result>(), other = detail::result_slot<Result>();
  const auto [a, b] = std::apply(
      [&](const auto&... each) {
        return std::pair{detail::recorder_of(std::move(then), result, where, each...),
                         detail::recorder_of(std::move(otherwise), other, where, each...)};
      },
      handles);
  const std::vector<detail::AnyValue> leaves =
      detail::run_cond(predicate, a, b, detail::leaves_in(handles, where), on_guard);
  if (!detail::alike(**result, **other)) detail::throw_unlike("cond", "what the other side gives", where);
  return detail::with_leaves(**result, leaves);
}
template <class Then, class Else, class... X>
[[nodiscard]] auto cond(const Predicate& predicate, Then then, Else otherwise, const X&... x) {
  return cond(OnGuard::fail, predicate, std::move(then), std::move(otherwise), x...);
}

/// f step by step along a sequence, handing a carry on: (carry, y_t) = f(carry, x_t). Gives the last carry, and what
/// every step gave: std::pair{carry, ys}, each leaf of ys a Tensor with a leading axis for the steps. An f that gives a
/// carry only makes scan give a carry only. The sequence is a Tensor, sliced along its leading axis, a vector or span
/// of Scalars or numbers, a tuple of such of one length, or Steps{n}, of which f is given nothing. With parameters f is
/// called as f(carry, x_t, parameters).
///
/// One entry. f is recorded once, at the first step, or at zeros if there is none. Throws ShapeError for sequences of
/// different lengths, and where f gives a carry of other types than it was given.
template <class F, class C, class X, class P = NoParameters>
[[nodiscard]] auto scan(F f, const C& carry, const X& sequence, const P& parameters = {},
                        const LoopOptions& options = {}, std::source_location where = std::source_location::current()) {
  constexpr bool with_parameters = !std::same_as<P, NoParameters>;
  constexpr bool with_sequence = !std::same_as<X, Steps>;
  using Carry = detail::Handles<C>;
  const Carry c = detail::as_handles(carry, where);
  std::vector<detail::AnyValue> columns;
  std::int64_t steps = -1;
  const auto x = [&] {
    if constexpr (with_sequence) {
      detail::SequenceColumns found;
      detail::SequenceOf<X>::columns(sequence, found);
      columns = std::move(found.of_scalars);
      columns.insert(columns.end(), found.of_tensors.begin(), found.of_tensors.end());
      return std::make_tuple(detail::SequenceOf<X>::element(sequence));
    } else {
      steps = sequence.count;
      return std::tuple<>{};
    }
  }();
  const auto p = [&] {
    if constexpr (with_parameters)
      return std::make_tuple(detail::as_handles(parameters, where));
    else
      return std::tuple<>{};
  }();
  const auto arguments = std::tuple_cat(std::make_tuple(c), x, p);
  return std::apply(
      [&](const auto&... argument) {
        using Result = detail::ResultOf<F, std::remove_cvref_t<decltype(argument)>...>;
        const auto result = detail::result_slot<Result>();
        constexpr bool with_results = !std::same_as<Result, Carry>;
        if constexpr (with_results) {
          static_assert(std::same_as<std::remove_cvref_t<decltype((*result)->first)>, Carry>,
                        "the body of a scan gives a carry like the one it was given, or a pair of that and a result");
        }
        const std::vector<detail::AnyValue> given = detail::leaves_in(c, where);
        const std::vector<detail::AnyValue> found = detail::run_scan(
            detail::recorder_of<with_results>(std::move(f), result, where, argument...), given, columns,
            detail::types_of(detail::leaves_in(x, where)), steps, detail::leaves_in(p, where), options, where);
        const std::span<const detail::AnyValue> leaves = found;
        const auto last = [&](const Carry& given_back) {
          if (!detail::alike(c, given_back)) detail::throw_unlike("scan", "the carry that it was given", where);
          return detail::with_leaves(c, leaves.first(given.size()));
        };
        if constexpr (!with_results) {
          return last(**result);
        } else {
          auto ys = detail::stacked((*result)->second, leaves.subspan(given.size()));
          return std::pair<Carry, decltype(ys)>{last((*result)->first), std::move(ys)};
        }
      },
      arguments);
}

/// state = body(state) as long as condition(state) holds; with parameters, body(state, parameters) and
/// condition(state, parameters). The condition gives a comparison of Scalars, a Scalar or a tensor of one boolean, not
/// a bool. One entry, whatever the number of steps; a replay takes as many as its inputs need. Condition and body are
/// recorded once, at the first state. Throws ShapeError where the body gives a state of other types; CapacityError
/// beyond options.most_steps.
template <class Condition, class Body, class S, class P = NoParameters>
[[nodiscard]] auto while_loop(Condition condition, Body body, const S& state, const P& parameters = {},
                              const LoopOptions& options = {},
                              std::source_location where = std::source_location::current()) {
  using State = detail::Handles<S>;
  const State s = detail::as_handles(state, where);
  const auto p = [&] {
    if constexpr (!std::same_as<P, NoParameters>)
      return std::make_tuple(detail::as_handles(parameters, where));
    else
      return std::tuple<>{};
  }();
  return std::apply(
      [&](const auto&... argument) {
        static_assert(std::same_as<detail::ResultOf<Body, std::remove_cvref_t<decltype(argument)>...>, State>,
                      "the body of a while_loop gives a state like the one it was given");
        const auto truth = [condition = std::move(condition)](const auto&... each) {
          return detail::truth_of(condition(each...));
        };
        const auto decided = detail::result_slot<Scalar>();
        const auto result = detail::result_slot<State>();
        const std::vector<detail::AnyValue> found =
            detail::run_while(detail::recorder_of(truth, decided, where, argument...),
                              detail::recorder_of(std::move(body), result, where, argument...),
                              detail::leaves_in(s, where), detail::leaves_in(p, where), options, where);
        if (!detail::alike(s, **result)) detail::throw_unlike("while_loop", "the state that it was given", where);
        return detail::with_leaves(s, found);
      },
      std::tuple_cat(std::make_tuple(s), p));
}

}  // namespace wengert
