// The mutants behind the hooks (hook.hpp), in builds with WENGERT_MUTATION only.
//
// Every hook that is compiled in is a Site of a list that is complete before main(). A test executable names them, and
// switches one mutant of one of them on (tests/mutation.cpp); scripts/mutation runs the tests against each.
#pragma once

#if defined(WENGERT_MUTATION)

#  include <array>
#  include <cstddef>
#  include <initializer_list>
#  include <string>
#  include <string_view>
#  include <type_traits>
#  include <utility>
#  include <vector>

namespace wengert::ops {
struct One;
struct MinusOne;
struct Zero;
template <class Condition, class Partial>
struct When;
template <class Condition, class Partial>
struct Unless;
}  // namespace wengert::ops

namespace wengert::hook {

/// The ways in which a place can be wrong.
enum class Mutant : unsigned char {
  none,
  // terms, factors, partials
  sign,     // negated
  factor,   // times 2
  inexact,  // times 1 + 2^-20
  missing,  // 0
  other,    // the partial of another operand; the rule of another operand
  // sums
  overwritten,  // = instead of +=
  // indices and counts
  one_more,
  one_less,
  // conditions
  negated,
  dropped,  // always true
  // tensors
  shifted,    // every element one place on
  exchanged,  // the order of the axes reversed
  attribute,  // the first number of the attribute one more
};
[[nodiscard]] constexpr std::string_view to_string(Mutant mutant) noexcept {
  constexpr std::array<std::string_view, 14> names{"none",    "sign",        "factor",    "inexact",  "missing",
                                                   "other",   "overwritten", "one more",  "one less", "negated",
                                                   "dropped", "shifted",     "exchanged", "attribute"};
  return names[static_cast<std::size_t>(mutant)];
}

/// What a hook is called in the report of the mutation run.
template <std::size_t Size>
struct Name {
  char text[Size]{};
  consteval Name(const char (&from)[Size]) {  // NOLINT: a literal is a name
    for (std::size_t k = 0; k < Size; ++k) text[k] = from[k];
  }
};

/// A hook of the program.
struct Site {
  Site(std::string site_name, std::initializer_list<Mutant> of)
      : name(std::move(site_name)), mutants(of), next(std::exchange(first(), this)) {}
  Site(std::string site_name, std::vector<Mutant> of)
      : name(std::move(site_name)), mutants(std::move(of)), next(std::exchange(first(), this)) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] static Site*& first() noexcept {
    static Site* list = nullptr;
    return list;
  }
  /// The mutant that is on, which has now been reached.
  [[nodiscard]] Mutant reach() noexcept {
    if (active != Mutant::none) reached = true;
    return active;
  }

  std::string name;
  std::vector<Mutant> mutants;
  Site* next;
  Mutant active = Mutant::none;
  bool reached = false;
};

template <Name N>
struct AddSite {
  static inline Site site{N.text, {Mutant::missing, Mutant::overwritten, Mutant::sign, Mutant::factor}};
};
template <Name N>
struct NumberSite {
  static inline Site site{N.text, {Mutant::missing, Mutant::sign, Mutant::factor}};
};
template <Name N>
struct IndexSite {
  static inline Site site{N.text, {Mutant::one_more, Mutant::one_less}};
};
template <Name N>
struct ConditionSite {
  static inline Site site{N.text, {Mutant::negated}};
};

/// x with one of the mutants of a number. V is a number or a handle.
template <class V>
[[nodiscard]] V mutated(const V& x, Mutant mutant) {
  const auto times = [&x](double factor) {
    if constexpr (std::is_arithmetic_v<V>)
      return static_cast<V>(x * static_cast<V>(factor));
    else
      return static_cast<V>(x * factor);
  };
  switch (mutant) {
    case Mutant::sign:
      return static_cast<V>(-x);
    case Mutant::factor:
      return times(2.0);
    case Mutant::inexact:
      return times(1.0 + 0x1p-20);
    case Mutant::missing:
      return times(0.0);
    default:
      return x;
  }
}

template <Name N, class V>
void add(V& to, V term) {
  switch (AddSite<N>::site.reach()) {
    case Mutant::missing:
      return;
    case Mutant::overwritten:
      to = term;
      return;
    default:
      to += mutated(term, AddSite<N>::site.active);
  }
}
template <Name N, class V>
[[nodiscard]] V number(const V& x) {
  return mutated(x, NumberSite<N>::site.reach());
}
template <Name N, class I>
[[nodiscard]] I index(I i) {
  const Mutant mutant = IndexSite<N>::site.reach();
  if (mutant == Mutant::one_more) return static_cast<I>(i + 1);
  if (mutant == Mutant::one_less) return static_cast<I>(i - 1);
  return i;
}
template <Name N>
[[nodiscard]] bool holds(bool condition) {
  return (ConditionSite<N>::site.reach() == Mutant::negated) != condition;
}

// --- Partials -------------------------------------------------------------------------------------------------------

/// A partial as it can be mutated: 1 and -1 as numbers, conditions kept. Zero has no mutants.
template <class V, class R>
[[nodiscard]] auto lifted(const R& rule) {
  if constexpr (std::is_same_v<R, ops::One>)
    return V(1.0);
  else if constexpr (std::is_same_v<R, ops::MinusOne>)
    return V(-1.0);
  else
    return rule;
}
template <class V, class C, class R>
[[nodiscard]] auto lifted(const ops::When<C, R>& rule) {
  auto partial = lifted<V>(rule.partial);
  return ops::When<C, decltype(partial)>{rule.condition, std::move(partial)};
}
template <class V, class C, class R>
[[nodiscard]] auto lifted(const ops::Unless<C, R>& rule) {
  auto partial = lifted<V>(rule.partial);
  return ops::Unless<C, decltype(partial)>{rule.condition, std::move(partial)};
}

template <class R>
inline constexpr bool is_conditional = false;
template <class C, class R>
inline constexpr bool is_conditional<ops::When<C, R>> = true;
template <class C, class R>
inline constexpr bool is_conditional<ops::Unless<C, R>> = true;

template <class R>
inline constexpr bool is_unless = false;
template <class C, class R>
inline constexpr bool is_unless<ops::Unless<C, R>> = true;

/// A condition that is `negated`, or else replaced by `value`: of numbers, or of handles (which keep it as `truth`).
template <class C>
[[nodiscard]] C mutated_condition(const C& condition, bool negated, bool value) {
  if constexpr (requires { condition.truth; }) {
    using V = std::remove_cvref_t<decltype(condition.truth)>;
    const V truth = negated ? (condition.truth == V(0.0)).truth : V(value ? 1.0 : 0.0);
    if constexpr (requires { condition.compared; })
      return C{truth, condition.compared};
    else
      return C{truth};
  } else {
    return negated ? C(!condition) : C(value);
  }
}

template <class R>
[[nodiscard]] R mutated_rule(const R& rule, Mutant mutant) {
  if constexpr (is_conditional<R>) {
    if (mutant == Mutant::negated || mutant == Mutant::dropped)
      return R{mutated_condition(rule.condition, mutant == Mutant::negated, !is_unless<R>), rule.partial};
    return R{rule.condition, mutated_rule(rule.partial, mutant)};
  } else {
    return mutated(rule, mutant);
  }
}

template <class P, std::size_t K, class V, class... X>
[[nodiscard]] auto rule(const V& y, const X&... x) {
  if constexpr (K == 0)
    return P::d0(y, x...);
  else if constexpr (K == 1)
    return P::d1(y, x...);
  else
    return P::d2(y, x...);
}
template <class P, std::size_t K>
auto rule_at_numbers() {
  return []<std::size_t... J>(std::index_sequence<J...>) {
    return rule<P, K>(0.0, (static_cast<void>(J), 0.0)...);
  }(std::make_index_sequence<P::arity>{});
}

/// The operand whose partial stands for that of operand K in the mutant `other`.
template <class P, std::size_t K>
inline constexpr std::size_t other_operand = K + 1 < P::arity ? K + 1 : K - 1;

/// The partials of K and of the other operand can be confused, and it matters.
template <class P, std::size_t K>
inline constexpr bool has_other = [] {
  if constexpr (P::arity == 1) {
    return false;
  } else {
    using A = decltype(rule_at_numbers<P, K>());
    using B = decltype(rule_at_numbers<P, other_operand<P, K>>());
    using Lifted = decltype(lifted<double>(std::declval<A>()));
    return std::is_same_v<Lifted, decltype(lifted<double>(std::declval<B>()))> &&
           !(std::is_same_v<A, B> && std::is_empty_v<A>);
  }
}();

template <class P, std::size_t K>
struct RuleSite {
  static std::vector<Mutant> mutants() {
    std::vector<Mutant> all{Mutant::sign, Mutant::factor, Mutant::inexact, Mutant::missing};
    if (has_other<P, K>) all.push_back(Mutant::other);
    if (is_conditional<decltype(rule_at_numbers<P, K>())>) all.insert(all.end(), {Mutant::negated, Mutant::dropped});
    return all;
  }
  static inline Site site{"rule: " + std::string(P::name) + ", partial " + std::to_string(K), mutants()};
};

/// The partials of P with their mutants.
template <class P>
struct Partials {
  template <class V, class... X>
  [[nodiscard]] static auto d0(const V& y, const X&... x) {
    return partial<0>(y, x...);
  }
  template <class V, class... X>
  [[nodiscard]] static auto d1(const V& y, const X&... x) {
    return partial<1>(y, x...);
  }
  template <class V, class... X>
  [[nodiscard]] static auto d2(const V& y, const X&... x) {
    return partial<2>(y, x...);
  }

 private:
  template <std::size_t K, class V, class... X>
  [[nodiscard]] static auto partial(const V& y, const X&... x) {
    const auto right = rule<P, K>(y, x...);
    if constexpr (std::is_same_v<decltype(right), const ops::Zero>) {
      return right;
    } else {
      const Mutant mutant = RuleSite<P, K>::site.reach();
      if constexpr (has_other<P, K>) {
        if (mutant == Mutant::other) return lifted<V>(rule<P, other_operand<P, K>>(y, x...));
      }
      return mutated_rule(lifted<V>(right), mutant);
    }
  }
};

/// The rules of structural primitive P with theirs: specialised in record/tensor_mutants.hpp.
template <class P>
struct Rules;

}  // namespace wengert::hook

#endif
