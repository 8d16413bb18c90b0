// The derivatives of functions: each takes a function and gives a function.
//
//     grad(f)(x), value_and_grad(f)(x)      ∇f of a function that gives one number (value_and_grad.hpp)
//     jacobian(f)(x)                        all derivatives of all that f gives
//     hessian(f)(x)                         the second derivatives of one number
//     hvp(f)(x, v)                          the Hessian times v, without the Hessian
//     jvp(f)(x, t)                          {f(x), J·t}: value and tangent
//     vjp(f)(x)                             {f(x), pullback}: pullback(c) is cᵀ·J
//
// f is any callable of any number of arguments; each argument, and what f gives, is a structure (tree.hpp): numbers,
// Scalars, Tensors, and vectors, spans, arrays, pairs, tuples, optionals and structs of them. Tangents
// follow the point in the same order: jvp(f)(x, y, tx, ty).
// Numbers K… choose the arguments to differentiate by, counted from 0; the others may be anything and go to f as they
// are: jvp<0>(f)(x, data, tx).
//
// What one gets has the structure of what it belongs to. A gradient is like the point: by one argument it has its
// structure, by several it is a std::array if they are numbers, else a std::tuple. A tangent is like what f gives.
//
// Derivatives nest. Of numbers they are numbers. Of Scalars and tensors of a recording they are recorded there, and can
// be differentiated again, by any of these. f is given values of its own, equal to x, so that what it captured of x is
// a constant to this derivative and to no other: d/dx [x · d/dy (x + y)] is 1. What f captures has to come from the
// recording of the point; if the inner point is a number, make it a handle with constant_beside(x, number).
//
// The results here hold what they need, and may be copied and moved. They keep a recording, which they clear and use
// again at every call that is not const; so they are not to be called from two threads at once. const ones may be, if f
// may.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/evaluation.hpp"
#include "wengert/autodiff/transform/value_and_grad.hpp"

namespace wengert {

/// Value and directional derivative of a function, each of the structure of what it gives.
template <class V>
struct ValueAndTangent {
  V value;
  V tangent;
};
/// Value of a function and its pullback.
template <class V, class P>
struct ValueAndPullback {
  V value;
  P pullback;
};

/// A value of the recording of x that depends on nothing: the point of a derivative inside a function of x. Of numbers
/// and constants a number or constant, so that the function may be generic.
[[nodiscard]] inline Scalar constant_beside(const Scalar& x, double value,
                                            std::source_location where = std::source_location::current()) {
  return detail::variable_beside(x, value, where);
}
template <Number N>
[[nodiscard]] double constant_beside(N, double value) {
  return value;
}

namespace detail {

/// The function that transform T makes of f: called with a point (and what else T takes).
template <class T, class F>
class Transformed {
 public:
  Transformed(T transform, F f, std::source_location where) : transform_(transform), f_(std::move(f)), where_(where) {}

  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) {
    return transform_(f_, &own_, where_, x...);
  }
  template <class... X>
    requires(sizeof...(X) > 0)
  auto operator()(const X&... x) const {
    return transform_(f_, nullptr, where_, x...);
  }
  // So that the point may be written in braces.
  auto operator()(const std::vector<double>& x) { return transform_(f_, &own_, where_, x); }
  auto operator()(const std::vector<double>& x) const { return transform_(f_, nullptr, where_, x); }

 private:
  T transform_;
  F f_;
  std::source_location where_;
  OwnRecording own_;
};
template <class T, class F>
[[nodiscard]] auto transformed(T transform, F&& f, std::source_location where) {
  return Transformed<T, std::decay_t<F>>(transform, std::forward<F>(f), where);
}

/// Splits the arguments of a call: the first Count are the point, the rest directions, one for each chosen argument.
template <std::size_t Count, class... X>
[[nodiscard]] auto split(const X&... x) {
  const std::tuple<const X&...> all(x...);
  return [&]<std::size_t... P, std::size_t... D>(std::index_sequence<P...>, std::index_sequence<D...>) {
    return std::pair(std::tie(std::get<P>(all)...), std::tie(std::get<Count + D>(all)...));
  }(std::make_index_sequence<Count>{}, std::make_index_sequence<sizeof...(X) - Count>{});
}

/// J·t, or H·t if Second, at a point x… along t….
template <bool Second, std::size_t... K>
struct Along {
  template <class F, class... A>
  auto operator()(F& f, OwnRecording* own, std::source_location where, const A&... arguments) const {
    static_assert(sizeof...(K) != 0 || sizeof...(A) % 2 == 0,
                  "give the point, then a tangent for each of its arguments: jvp(f)(x, y, tx, ty)");
    static_assert(sizeof...(A) > sizeof...(K), "give the point, then a tangent for each chosen argument");
    constexpr std::size_t count = sizeof...(K) == 0 ? sizeof...(A) / 2 : sizeof...(A) - sizeof...(K);
    const auto [x, t] = split<count>(arguments...);
    return std::apply([&](const auto&... each) { return at<count>(f, own, where, t, each...); }, x);
  }

 private:
  static constexpr const char* name = Second ? "hvp" : "jvp";

  template <std::size_t Count, class F, class... T, class... X>
  static auto at(F& f, OwnRecording* own, std::source_location where, const std::tuple<const T&...>& t, const X&... x) {
    using Indices = Chosen<Count, K...>;
    static_assert((Structure<T> && ...), "a tangent has the structure of the argument that it belongs to");
    using Point = PointOf<Indices, (0u | ... | (contents_of<T> & scalars)), X...>;
    static_assert(std::is_same_v<typename Point::template Chosen<double>, std::tuple<Replaced<T, double>...>>,
                  "a tangent has the structure of the argument that it belongs to");
    OwnRecording::Use use(own);
    Parts tangent;
    std::apply([&](const auto&... each) { (flatten(each, tangent, where), ...); }, t);
    const auto evaluated = evaluate<Point>(f, use.recording(), name, where, &tangent, x...);
    want_alike(tangent, evaluated.inputs.parts, "tangent", name, where);
    if constexpr (Second) {
      want_one<std::remove_cvref_t<decltype(evaluated.result)>>();
      const Parts gradient =
          recorded_pull_back(evaluated.y, one_for(evaluated.y, name, where), evaluated.inputs, where);
      return like_point<Point>(push_forward(gradient, evaluated.inputs, tangent, where), x...);
    } else {
      auto value = like_result<Point>(evaluated.result, for_caller(evaluated.y, evaluated.inputs));
      auto moved = like_result<Point>(evaluated.result, push_forward(evaluated.y, evaluated.inputs, tangent, where));
      return ValueAndTangent<decltype(value)>{std::move(value), std::move(moved)};
    }
  }
};

}  // namespace detail

/// cᵀ·J: from a cotangent, which has the structure of what the function gave, to one of the structure of the point. May
/// be called many times, copied (copies share what was recorded) and moved; not from two threads at once. If the point
/// was of a recording, it is good as long as that, and what it gives is recorded there.
template <class Gradient, class Result, class Number>
class Pullback {
 public:
  Pullback(std::shared_ptr<detail::PullbackState> state, Gradient like)
      : state_(std::move(state)), like_(std::move(like)) {}

  /// Throws ShapeError for a cotangent of other sizes; ArgumentError for a recorded one if the point was constant.
  template <class C>
  Gradient operator()(const C& cotangent, std::source_location where = std::source_location::current()) const {
    static_assert(detail::Structure<C>, "a cotangent has the structure of what the function gives");
    if constexpr (detail::Structure<C>)
      static_assert(std::is_same_v<detail::Replaced<C, double>, detail::Replaced<Result, double>>,
                    "a cotangent has the structure of what the function gives");
    detail::Parts parts;
    detail::flatten(cotangent, parts, where);
    const detail::Parts gradient = detail::pull_back_from(*state_, parts, where);
    detail::PartReader<Number> read(gradient);
    return detail::rebuilt<Gradient>(like_, read);
  }

 private:
  std::shared_ptr<detail::PullbackState> state_;
  Gradient like_;  ///< the point: its sizes, and what it carries along
};

namespace detail {

template <std::size_t... K>
struct PullbackOf {
  template <class F, class... X>
  auto operator()(F& f, OwnRecording*, std::source_location where, const X&... x) const {
    using Point = PointOf<Chosen<sizeof...(X), K...>, 0u, X...>;
    using Number = typename Point::Number;
    const auto state = std::make_shared<PullbackState>();
    auto evaluated = evaluate<Point>(f, state->recording, "vjp", where, nullptr, x...);
    using Result = std::remove_cvref_t<decltype(evaluated.result)>;
    auto value = like_result<Point>(evaluated.result, for_caller(evaluated.y, evaluated.inputs));
    auto like = like_point<Point>(evaluated.inputs.parts, x...);
    state->inputs = std::move(evaluated.inputs);
    state->y = std::move(evaluated.y);
    using P = Pullback<decltype(like), Result, Number>;
    return ValueAndPullback<decltype(value), P>{std::move(value), P(state, std::move(like))};
  }
};

/// Numbers in a row, and nothing else.
template <class T>
inline constexpr bool is_list = false;
template <class T>
  requires Structure<T> && (kind_of<T> == Kind::vector || kind_of<T> == Kind::array)
inline constexpr bool is_list<T> = kind_of<typename T::value_type> == Kind::number;

/// The parts of a Jacobian, as the structure of what was differentiated wants them: for each of its parts a structure
/// like the point.
template <class Point, class... X>
class JacobianReader {
 public:
  JacobianReader(const JacobianParts& parts, const X&... x) : parts_(&parts), x_(x...) {}
  [[nodiscard]] auto number() {
    PartReader<typename Point::Number> read(parts_->of_scalars[scalar_++]);
    return Point::template rebuild<typename Point::Number>(x_, read);
  }
  [[nodiscard]] auto tensor() {
    struct {
      const JacobianParts::OfTensor& of;
      std::size_t scalar_count = 0, tensor_count = 0;
      Tensor number() { return of.by_scalars[scalar_count++]; }
      Tensor tensor() { return of.by_tensors[tensor_count++]; }
    } read{parts_->of_tensors[tensor_++]};
    return Point::template rebuild<Tensor>(x_, read);
  }

 private:
  const JacobianParts* parts_;
  std::tuple<const X&...> x_;
  std::size_t scalar_ = 0, tensor_ = 0;
};
template <class Point, class Y, class... X>
[[nodiscard]] auto jacobian_structure(const Y& y, const JacobianParts& parts, const X&... x) {
  JacobianReader<Point, X...> read(parts, x...);
  using G = typename Point::template Like<typename Point::Number>;
  using T = typename Point::template Like<Tensor>;
  static_assert(
      requires { typename Replace<Y, G, T>::type; },
      "a struct of tensors that is no template cannot hold its Jacobian: let the function give a tuple of them");
  return rebuilt<Replaced<Y, G, T>>(y, read);
}

template <std::size_t... K>
struct JacobianOf {
  JacobianOptions options;

  template <class F, class... X>
  auto operator()(F& f, OwnRecording* own, std::source_location where, const X&... x) const {
    using Point = PointOf<Chosen<sizeof...(X), K...>, 0u, X...>;
    OwnRecording::Use use(own);
    const auto evaluated = evaluate<Point>(f, use.recording(), "jacobian", where, nullptr, x...);
    using Result = std::remove_cvref_t<decltype(evaluated.result)>;
    if constexpr (Point::plain && is_list<Result> && is_list<typename Point::template Like<double>>)
      return jacobian_matrix(evaluated.y, evaluated.inputs, options, where);
    else
      return jacobian_structure<Point>(evaluated.result, jacobian_parts(evaluated.y, evaluated.inputs, options, where),
                                       x...);
  }
};
template <std::size_t... K>
struct HessianOf {
  template <class F, class... X>
  auto operator()(F& f, OwnRecording* own, std::source_location where, const X&... x) const {
    using Point = PointOf<Chosen<sizeof...(X), K...>, 0u, X...>;
    OwnRecording::Use use(own);
    const auto evaluated = evaluate<Point>(f, use.recording(), "hessian", where, nullptr, x...);
    want_one<std::remove_cvref_t<decltype(evaluated.result)>>();
    static_cast<void>(one_for(evaluated.y, "hessian", where));  // refuses several elements
    if constexpr (Point::plain && is_list<typename Point::template Like<double>>)
      return hessian_matrix(evaluated.y, evaluated.inputs, where);
    else
      return jacobian_structure<Point>(like_point<Point>(evaluated.inputs.parts, x...),
                                       hessian_parts(evaluated.y, evaluated.inputs, where), x...);
  }
};

}  // namespace detail

/// The function x -> the derivatives of all that f gives by all of x. Of a list of numbers by a list of numbers (a
/// vector, span or array of them, or several arguments that are numbers) a Matrix, a row for each that f gives.
/// Otherwise what f gives, with the gradient of each number in the place of the number: J[i] is a gradient, by Scalars
/// a std::vector<std::vector<Scalar>>. Of a tensor, a structure like the point: a tensor of the shape of f's by a
/// number, and of its shape followed by that of x by a tensor x. `options` as for recordings; recorded derivatives by
/// tensors are computed in reverse in any case.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto jacobian(F&& f, const JacobianOptions& options = {},
                            std::source_location where = std::source_location::current()) {
  return detail::transformed(detail::JacobianOf<K...>{options}, std::forward<F>(f), where);
}
/// The function x -> the second derivatives of f, which gives one number: the Jacobian of its gradient, in the form
/// that jacobian(grad(f)) has. A Matrix for a list of numbers; a number for a number; of x.shape followed by x.shape
/// for a tensor x. Computed in full, so that how far it is from symmetric tells of rounding.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto hessian(F&& f, std::source_location where = std::source_location::current()) {
  return detail::transformed(detail::HessianOf<K...>{}, std::forward<F>(f), where);
}

/// The function (x, t) -> {f(x), J·t}, J the Jacobian of f at x: how what f gives moves when x moves along t. Forward
/// mode, in time proportional to that of f. A tangent has the structure of its argument. Throws ShapeError for a
/// tangent of other sizes, else as value_and_grad.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto jvp(F&& f, std::source_location where = std::source_location::current()) {
  return detail::transformed(detail::Along<false, K...>{}, std::forward<F>(f), where);
}
/// The function (x, v) -> H·v, H the Hessian of f at x, for f that gives one number: the gradient recorded, and moved
/// along v. In time proportional to that of f, whatever the size of x.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto hvp(F&& f, std::source_location where = std::source_location::current()) {
  return detail::transformed(detail::Along<true, K...>{}, std::forward<F>(f), where);
}
/// The function x -> {f(x), c -> cᵀ·J}: see Pullback. Reverse mode, in time proportional to that of f for each c.
template <std::size_t... K, class F>
  requires detail::Function<std::remove_cvref_t<F>>
[[nodiscard]] auto vjp(F&& f, std::source_location where = std::source_location::current()) {
  return detail::transformed(detail::PullbackOf<K...>{}, std::forward<F>(f), where);
}

}  // namespace wengert
