// Derivatives of the user's own: primitives made of lambdas, rules for whole functions, and none at all.
//
//     inline constexpr auto softsign = custom_primitive<"softsign",
//         [](auto x) { return x / (1.0 + abs(x)); },
//         [](auto, auto x) { return 1.0 / square(1.0 + abs(x)); }>;        // ∂value/∂x, of the value and the operands
//
//     auto log1pexp = with_custom_vjp([](auto x) { return log(1.0 + exp(x)); },
//                                     [](auto cotangent, auto, auto x) { return cotangent / (1.0 + exp(-x)); });
//     Scalar y = log1pexp(x);
//
//     Scalar z = x * stop_gradient(x);                                     // ∂z/∂x = stop_gradient(x)
//
// Which to take: a custom primitive for one formula of one to three operands, on Scalars and tensors alike (as fast as
// the library's own); with_custom_vjp or with_custom_jvp for a whole function, of any structures, which is one entry of
// the recording. A rule is a function of handles: what it computes is recorded when a gradient is, so second and higher
// orders follow from it. Only one of the two directions has to be given; the other is its transpose.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/transform/parts_function.hpp"

namespace wengert {

// --- A primitive of lambdas ------------------------------------------------------------------------------------------

namespace detail {

/// A name as a template argument.
template <std::size_t N>
struct FixedText {
  char text[N]{};
  consteval FixedText(const char (&from)[N]) { std::copy_n(from, N, text); }  // NOLINT: from a literal
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

template <FixedText Name, auto Value, auto... Partial>
struct CustomPrimitive : ops::Elementwise<sizeof...(Partial)> {
  static_assert(
      sizeof...(Partial) >= 1 && sizeof...(Partial) <= 3,
      "a custom primitive has one to three operands, and a partial derivative by each: custom_primitive<name, "
      "value, d0, d1, d2>");
  static constexpr std::string_view name = Name.view(), symbol = Name.view(), reference = "",
                                    doc = "A primitive of the program's own.";
  template <class V, class... More>
  static constexpr auto value(const V& x, const More&... more) {
    return V(Value(x, more...));
  }
  template <class V, class... X>
  static auto d0(const V& y, const X&... x) {
    return partial<0>(y, x...);
  }
  template <class V, class... X>
    requires(sizeof...(Partial) >= 2)
  static auto d1(const V& y, const X&... x) {
    return partial<1>(y, x...);
  }
  template <class V, class... X>
    requires(sizeof...(Partial) >= 3)
  static auto d2(const V& y, const X&... x) {
    return partial<2>(y, x...);
  }
  static constexpr auto points() { return std::array<ops::Point<sizeof...(Partial)>, 0>{}; }

 private:
  template <std::size_t K, class V, class... X>
  static auto partial(const V& y, const X&... x) {
    const auto d = std::get<K>(std::tuple{Partial...})(y, x...);
    if constexpr (Number<decltype(d)>)
      return V(d);  // a literal 1.0 makes a double of a float
    else
      return d;
  }
};

/// What custom_primitive is: called like a function.
template <class P>
struct PrimitiveFunction {
  template <class... X>
    requires(sizeof...(X) == P::arity && HandleOperands<X...>)
  [[nodiscard]] auto operator()(const X&... x) const {
    return apply<P>(x...);
  }
  template <Number... X>
    requires(sizeof...(X) == P::arity)
  [[nodiscard]] double operator()(X... x) const {
    return P::value(static_cast<double>(x)...);
  }
};

}  // namespace detail

/// An elementwise primitive made of lambdas that capture nothing: its value of the operands, and for each operand the
/// partial derivative, of the value and the operands. All are generic: called with double and float, and with handles
/// that record (for which operators, comparisons with `where`, and the library's functions found by argument-dependent
/// look-up are what there is; numbers need `using std::exp;`). A partial that is 0, 1 or -1 always may be given as
/// ops::Zero{}, ops::One{} or ops::MinusOne{}. Names are unique in a process, [a-z][a-z0-9_.]*: put a prefix before
/// yours. A struct says more (documentation, where it is checked; record/primitive.hpp), this is the short way.
template <detail::FixedText Name, auto Value, auto... Partial>
inline constexpr detail::PrimitiveFunction<detail::CustomPrimitive<Name, Value, Partial...>> custom_primitive{};

// --- No derivative ---------------------------------------------------------------------------------------------------

namespace detail {
struct StopGradient : ops::Elementwise<1> {
  static constexpr auto name = "stop_gradient", symbol = "stop", reference = "x";
  static constexpr auto doc = "x, as a constant to every derivative.";
  static constexpr bool partials_use_value = false;
  template <class V>
  static constexpr V value(const V& x) {
    return x;
  }
  template <class V>
  static constexpr ops::Zero d0(const V&, const V&) {
    return {};
  }
  static constexpr auto points() { return std::array{ops::Point<1>{{0.5}, 0}}; }
};
}  // namespace detail

/// x, a constant to every derivative: nothing flows through it, of any order. Unlike value() it stays in the recording,
/// so that a replay computes it anew.
template <Handle X>
[[nodiscard]] auto stop_gradient(const X& x, std::source_location where = std::source_location::current()) {
  return apply_at<detail::StopGradient>(where, x);
}
template <Number X>
[[nodiscard]] X stop_gradient(X x) {
  return x;
}

// --- A rule for a whole function -------------------------------------------------------------------------------------

namespace detail {

/// y = f(x…), with a rule for one direction; the other is its transpose. Reverse: the rule gives the cotangents of the
/// arguments that have handles, from cotangent, y and the arguments. Forward: the tangent of y, from the tangents of
/// those arguments, y and the arguments.
template <bool Reverse, class F, class Rule, class... X>
class CustomRule : public PartsOf<F, X...> {
  using Result = ResultOn<F, X...>;

 public:
  CustomRule(std::string name, F f, Rule rule, Arguments<X...> arguments, Result like, const PartsLayout& to)
      : PartsOf<F, X...>(std::move(name), std::move(f), std::move(arguments), to),
        rule_(std::move(rule)),
        like_(std::move(like)) {}

 protected:
  // Cotangents are linear in the cotangent of y, tangents in those of x: the transpose is their derivative by it, and
  // where that is taken does not matter.
  [[nodiscard]] Parts pull(const Parts& cotangent, const Parts& y, const Parts& x) const override {
    if constexpr (Reverse)
      return by_rule(cotangent, y, x);
    else
      return pull_through([&](const Parts& t) { return by_rule(t, y, x); }, cotangent, x, {});
  }
  [[nodiscard]] Parts push(const Parts& tangent, const Parts& y, const Parts& x) const override {
    if constexpr (Reverse)
      return pull_through([&](const Parts& c) { return by_rule(c, y, x); }, tangent, y, {});
    else
      return by_rule(tangent, y, x);
  }

 private:
  [[nodiscard]] Result value_like(const Parts& y) const {
    PartReader<Scalar> read(y);
    return rebuilt<Result>(like_, read);
  }
  [[nodiscard]] Parts by_rule(const Parts& direction, const Parts& y, const Parts& x) const {
    const Result value = value_like(y);
    Parts result;
    if constexpr (Reverse) {
      const Result cotangent = value_like(direction);
      const auto rule = [&](const auto&... argument) { return rule_(cotangent, value, argument...); };
      flatten(this->arguments_.apply(rule, x), result, {});
      check(result, this->from(), "cotangents", "arguments");
    } else {
      const auto rule = [&](const auto&... argument) {
        const auto tangents = [&](const auto&... tangent) {
          if constexpr ((0 + ... + (HasHandles<X> ? 1 : 0)) == 1)
            return rule_(first_structure(tangent...), value, argument...);
          else
            return rule_(structures(tangent...), value, argument...);
        };
        return this->arguments_.apply(tangents, direction);
      };
      flatten(this->arguments_.apply(rule, x), result, {});
      check(result, this->to(), "tangents", "result");
    }
    return result;
  }
  /// Of the arguments those that have handles, which are those that move.
  template <class A>
  static auto only_structure(const A& x) {
    if constexpr (HasHandles<A>)
      return std::tuple<A>(x);
    else
      return std::tuple<>();
  }
  template <class... A>
  static auto structures(const A&... x) {
    return std::tuple_cat(only_structure(x)...);
  }
  template <class... A>
  static auto first_structure(const A&... x) {
    return std::get<0>(structures(x...));
  }
  void check(const Parts& got, const PartsLayout& expected, const char* what, const char* whose) const {
    const PartsLayout layout = PartsLayout::of(got);
    if (layout.scalars == expected.scalars && layout.tensors == expected.tensors) return;
    throw_wrong_rule(this->name(), what, whose, layout, expected);
  }

  const Rule rule_;
  Result like_;
};

}  // namespace detail

/// See with_custom_vjp and with_custom_jvp.
template <bool Reverse, class F, class Rule>
class WithCustomRule {
 public:
  WithCustomRule(F f, Rule rule, std::string name, std::source_location where)
      : f_(std::move(f)), rule_(std::move(rule)), name_(std::move(name)), where_(where) {}

  template <class... X>
  auto operator()(const X&... x) const {
    using Result = detail::ResultOn<F, X...>;
    detail::Arguments<X...> arguments(where_, x...);
    const detail::Parts in = arguments.parts();
    const auto plain = arguments.apply(f_, detail::constants(in));
    detail::Parts value;
    detail::flatten(plain, value, where_);
    Result like = detail::hollow_structure(plain);
    const auto function = std::make_shared<const detail::CustomRule<Reverse, F, Rule, X...>>(
        name_, f_, rule_, std::move(arguments), std::move(like), detail::PartsLayout::of(value));
    const detail::Parts y = detail::call_parts(function, in, value, where_);
    detail::PartReader<Scalar> read(y);
    return detail::rebuilt<Result>(plain, read);
  }

 private:
  F f_;
  Rule rule_;
  std::string name_;
  std::source_location where_;
};

/// f with its reverse rule given: `vjp(cotangent, y, x…)`, where cotangent has the structure of y = f(x…), gives the
/// cotangent of the argument that has handles, or a std::tuple of one for each of them in their order. The rule has to
/// be linear in the cotangent: forward mode is its transpose. f computes on constants and is not recorded. Throws
/// ArgumentError when the rule gives something of another structure; ForeignRecording when f captures a value of a
/// recording.
template <class F, class Vjp>
[[nodiscard]] WithCustomRule<true, std::decay_t<F>, std::decay_t<Vjp>> with_custom_vjp(
    F&& f, Vjp&& vjp, std::string name = "custom_vjp", std::source_location where = std::source_location::current()) {
  return {std::forward<F>(f), std::forward<Vjp>(vjp), std::move(name), where};
}

/// The same with the forward rule given: `jvp(tangent, y, x…)` gives the tangent of y, from that of the argument that
/// has handles, or from a std::tuple of one for each of them. Reverse mode is its transpose.
template <class F, class Jvp>
[[nodiscard]] WithCustomRule<false, std::decay_t<F>, std::decay_t<Jvp>> with_custom_jvp(
    F&& f, Jvp&& jvp, std::string name = "custom_jvp", std::source_location where = std::source_location::current()) {
  return {std::forward<F>(f), std::forward<Jvp>(jvp), std::move(name), where};
}

}  // namespace wengert
