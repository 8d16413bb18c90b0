// Calling a function on inputs of its own: the part that every transform of the functional form begins with. For the
// library; users see value_and_grad.hpp and functional.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "wengert/autodiff/transform/part_derivatives.hpp"
#include "wengert/autodiff/transform/tree.hpp"

namespace wengert::detail {

/// What may be differentiated: neither a handle nor a structure.
template <class F>
concept Function = !Handle<F> && !Structure<F>;

/// The arguments that are differentiated by: K…, or all of `count` if there are no K.
template <std::size_t Count, std::size_t... K>
using Chosen = std::conditional_t<sizeof...(K) == 0, std::make_index_sequence<Count>, std::index_sequence<K...>>;

template <class Indices, unsigned Also, class... X>
struct PointOf;
/// What is known of the point of a call with arguments X…, differentiated by those numbered K. Also: contents of what
/// stands beside it, tangents.
template <std::size_t... K, unsigned Also, class... X>
struct PointOf<std::index_sequence<K...>, Also, X...> {
  static_assert(((K < sizeof...(X)) && ...), "the function is not called with that many arguments");
  template <std::size_t J>
  using Argument = std::tuple_element_t<J, std::tuple<X...>>;
  static_assert(
      (Structure<Argument<K>> && ...),
      "wengert cannot differentiate by an argument of this type: it is none of numbers, Scalars, Tensors, and "
      "vectors, arrays, pairs, tuples, optionals and structs with members() of these (transform/tree.hpp); to "
      "leave it out, choose the others: grad<0>(f)(x, options)");
  static constexpr unsigned contents = (Also | ... | contents_of<Argument<K>>);
  /// Numbers in, numbers out. With a Scalar among the parts, or with tensors alone, results are handles.
  static constexpr bool plain = (contents & (integers | reals)) != 0 && (contents & scalars) == 0;
  using Number = std::conditional_t<plain, double, Scalar>;
  template <std::size_t J>
  static constexpr bool chosen = ((J == K) || ...);
  /// Where argument J stands among the chosen ones.
  template <std::size_t J>
  static constexpr std::size_t place = [] {
    const std::size_t order[]{K...};
    std::size_t at = 0;
    while (order[at] != J) ++at;
    return at;
  }();
  static_assert((0 + ... + place<K>) == sizeof...(K) * (sizeof...(K) - 1) / 2, "an argument is chosen twice");
  static constexpr bool all_numbers = ((kind_of<Argument<K>> == Kind::number) && ...);
  static constexpr bool single = sizeof...(K) == 1;
  /// The chosen arguments, each with its numbers replaced.
  template <class N>
  using Chosen = std::tuple<Replaced<Argument<K>, N>...>;
  /// A structure of all chosen arguments: the argument itself if it is one, an array if they are numbers, else a tuple.
  template <class N, class T = Tensor>
  using Like = typename std::conditional_t<
      single, std::tuple_element<0, std::tuple<Replaced<Argument<K>, N, T>...>>,
      std::conditional_t<all_numbers, std::type_identity<std::array<N, sizeof...(K)>>,
                         std::type_identity<std::tuple<Replaced<Argument<K>, N, T>...>>>>::type;

  /// Parts of the chosen ones among `x`.
  static Parts parts(const std::tuple<const X&...>& x, std::source_location where) {
    Parts to;
    (flatten(std::get<K>(x), to, where), ...);
    return to;
  }
  /// The chosen arguments with the handles that `read` gives, in the order of K.
  static Chosen<Scalar> handles(const std::tuple<const X&...>& x, PartReader<Scalar>& read) {
    return {rebuilt<Handles<Argument<K>>>(std::get<K>(x), read)...};  // in braces: from the first to the last
  }
  /// A structure like the point from parts like its own: Like<N>.
  template <class N, class T = Tensor, class Reader>
  static Like<N, T> rebuild(const std::tuple<const X&...>& x, Reader& read) {
    if constexpr (single) {
      return (rebuilt<Like<N, T>>(std::get<K>(x), read), ...);
    } else {
      return [&]<std::size_t... J>(std::index_sequence<J...>) {
        return Like<N, T>{
            rebuilt<std::tuple_element_t<J, Like<N, T>>>(std::get<K>(x), read)...};  // in braces, as above
      }(std::make_index_sequence<sizeof...(K)>{});
    }
  }
};

/// A function's result, and what it was computed from.
template <class Result>
struct Evaluated {
  Inputs inputs;
  Result result;
  Parts y;  ///< of the result
};

/// f(x…) with inputs in the place of the chosen arguments; the others go to f as they are. `beside`: see inputs_for.
template <class Point, class F, class... X>
[[nodiscard]] auto evaluate(F& f, Recording& own, const char* operation, std::source_location where,
                            const Parts* beside, const X&... x) {
  const std::tuple<const X&...> all(x...);
  Inputs inputs = inputs_for(Point::parts(all, where), Point::plain, own, operation, where, beside);
  PartReader<Scalar> read(inputs.parts);
  const typename Point::template Chosen<Scalar> handles = Point::handles(all, read);
  return [&]<std::size_t... J>(std::index_sequence<J...>) {
    const auto argument = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) -> const auto& {
      if constexpr (Point::template chosen<I>)
        return std::get<Point::template place<I>>(handles);
      else
        return std::get<I>(all);
    };
    const auto arguments = std::tie(argument(std::integral_constant<std::size_t, J>{})...);
    static_assert(std::is_invocable_v<F&, decltype(argument(std::integral_constant<std::size_t, J>{}))...>,
                  "the function cannot be called with handles in the place of the numbers of the point: Scalars for "
                  "numbers, a std::vector<Scalar> for a vector or span of them; let it be generic in its number type");
    using Result = std::remove_cvref_t<decltype(std::apply(f, arguments))>;
    static_assert(!std::is_void_v<Result>, "the function gives nothing to differentiate");
    static_assert(std::is_void_v<Result> || Structure<Result>,
                  "the function gives something that has no derivative: it is none of Scalars, Tensors, numbers, and "
                  "vectors, arrays, pairs, tuples, optionals and structs with members() of these");
    Evaluated<Result> evaluated{std::move(inputs), std::apply(f, arguments), {}};
    flatten(evaluated.result, evaluated.y, where);
    return evaluated;
  }(std::index_sequence_for<X...>{});
}

/// Parts as the structure of a result: numbers of the kind that the point has.
template <class Point, class Result>
[[nodiscard]] Replaced<Result, typename Point::Number> like_result(const Result& result, const Parts& parts) {
  PartReader<typename Point::Number> read(parts);
  return rebuilt<Replaced<Result, typename Point::Number>>(result, read);
}
template <class Point, class... X>
[[nodiscard]] auto like_point(const Parts& parts, const X&... x) {
  PartReader<typename Point::Number> read(parts);
  return Point::template rebuild<typename Point::Number>(std::tuple<const X&...>(x...), read);
}
/// Refuses what has no gradient but a Jacobian.
template <class Result>
constexpr void want_one() {
  static_assert(kind_of<Result> == Kind::number || kind_of<Result> == Kind::tensor,
                "the function gives several numbers, and a gradient is of one: take jacobian(f), or vjp(f) with a "
                "cotangent");
}
/// What the caller gets of parts of a function: constants, unless they are in the caller's recording.
[[nodiscard]] inline Parts for_caller(const Parts& y, const Inputs& inputs) {
  return inputs.recorded ? y : constants(y);
}

}  // namespace wengert::detail
