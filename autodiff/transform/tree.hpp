// Structures: what the functional form differentiates by, and what functions give.
//
// A structure is a number (int, double …), a Scalar, a Tensor, or a vector, span, array, pair, tuple or optional of
// structures, or a struct that names its members. Its parts are the numbers, Scalars and tensors in it, in order.
//
//     template <class T>
//     struct Circle {
//       T radius{};
//       std::vector<T> centre;
//       static auto members(auto& self) { return std::tie(self.radius, self.centre); }
//     };
//
// A function of a Circle<double> is called with a Circle<Scalar>, and its gradient is a Circle<double>. A struct of
// tensors alone need not be a template. One with other template parameters says what it is with another number:
// `template <class U> using with_number = Grid<U, 3>;`. Members that `members` names and whose type does not change
// with the number (an int, a bool, a name, a struct without `members`) are carried along as they are; those it does not
// name are copied in a struct that is no template, and begin with their default in one that is. A `double` in a
// template that is always a double is refused: nobody could tell whether its derivative is wanted.
//
// What is composed at run time gives a list of its tensors: `static auto tensors(auto& self)` (see WithTensors).
//
// Two mappings keep the structure and change the parts: from numbers to handles (a std::vector<double> becomes a
// std::vector<Scalar>, and so does a span), and back.
//
// Reading order: Replaced (types), flatten (a structure to its parts), rebuild (parts to a structure), alike.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <source_location>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/expression.hpp"
#include "wengert/autodiff/record/tensor.hpp"

namespace wengert {

/// A struct whose members belong to a structure: T::members(x) is a std::tie of them.
template <class T>
concept WithMembers = requires(T& x) { T::members(x); };

/// A structure whose tensors are known at run time only: T::tensors(x) is a std::vector of pointers to them, and
/// x.has_form_of(y) says whether the two are alike but for the elements of those.
template <class T>
concept WithTensors = requires(T& x, const T& y) {
  { T::tensors(x) } -> std::same_as<std::vector<Tensor*>>;
  { T::tensors(y) } -> std::same_as<std::vector<const Tensor*>>;
  { x.has_form_of(y) } -> std::same_as<bool>;
};

namespace detail {

/// The parts of a structure, by kind, as handles; and the number of elements of each vector and optional in it. Two
/// structures of one type are alike if their sizes are.
struct Parts {
  std::vector<Scalar> scalars;
  std::vector<Tensor> tensors;
  std::vector<std::size_t> sizes;
};

// --- Types
// ------------------------------------------------------------------------------------------------------------

enum class Kind : unsigned char { number, tensor, vector, array, tuple, optional, members, tensors };

/// What is among the parts of a type; bits.
enum Content : unsigned { integers = 1, reals = 2, scalars = 4, tensors = 8 };

/// The type in which every number of T is an N and every tensor an X. No such type: T is no structure.
template <class T, class N, class X>
struct Replace {};

template <class T>
concept Structure = requires { typename Replace<std::remove_cvref_t<T>, Scalar, Tensor>::type; };
template <class T, class N, class X = Tensor>
using Replaced = typename Replace<std::remove_cvref_t<T>, N, X>::type;
template <class T>
inline constexpr Kind kind_of = Replace<std::remove_cvref_t<T>, Scalar, Tensor>::kind;
template <class T>
inline constexpr unsigned contents_of = Replace<std::remove_cvref_t<T>, Scalar, Tensor>::contents;
/// With Scalars for numbers: what a function is called with.
template <class T>
using Handles = Replaced<T, Scalar>;

template <class T, class N, class X>
  requires(Number<T> && !std::same_as<T, bool>)
struct Replace<T, N, X> {
  using type = N;
  static constexpr Kind kind = Kind::number;
  static constexpr unsigned contents = std::floating_point<T> ? reals : integers;
};
template <ScalarExpression T, class N, class X>
struct Replace<T, N, X> {
  using type = N;
  static constexpr Kind kind = Kind::number;
  static constexpr unsigned contents = scalars;
};
template <class N, class X>
struct Replace<Tensor, N, X> {
  using type = X;
  static constexpr Kind kind = Kind::tensor;
  static constexpr unsigned contents = tensors;
};
template <Structure T, class A, class N, class X>
struct Replace<std::vector<T, A>, N, X> {
  using type = std::vector<Replaced<T, N, X>>;
  static constexpr Kind kind = Kind::vector;
  static constexpr unsigned contents = contents_of<T>;
};
template <Structure T, std::size_t E, class N, class X>
struct Replace<std::span<T, E>, N, X> : Replace<std::vector<std::remove_const_t<T>>, N, X> {};
template <Structure T, std::size_t E, class N, class X>
struct Replace<std::array<T, E>, N, X> {
  using type = std::array<Replaced<T, N, X>, E>;
  static constexpr Kind kind = Kind::array;
  static constexpr unsigned contents = contents_of<T>;
};
template <Structure A, Structure B, class N, class X>
struct Replace<std::pair<A, B>, N, X> {
  using type = std::pair<Replaced<A, N, X>, Replaced<B, N, X>>;
  static constexpr Kind kind = Kind::tuple;
  static constexpr unsigned contents = contents_of<A> | contents_of<B>;
};
template <Structure... T, class N, class X>
struct Replace<std::tuple<T...>, N, X> {
  using type = std::tuple<Replaced<T, N, X>...>;
  static constexpr Kind kind = Kind::tuple;
  static constexpr unsigned contents = (0u | ... | contents_of<T>);
};
template <Structure T, class N, class X>
struct Replace<std::optional<T>, N, X> {
  using type = std::optional<Replaced<T, N, X>>;
  static constexpr Kind kind = Kind::optional;
  static constexpr unsigned contents = contents_of<T>;
};

template <class T, class N, class X>
struct ReplaceNumber {};
template <template <class> class P, class T, class N, class X>
  requires Structure<T>
struct ReplaceNumber<P<T>, N, X> {
  using type = P<Replaced<T, N, X>>;
};
template <class T, class N, class X>
  requires requires { typename T::template with_number<N>; }
struct ReplaceNumber<T, N, X> {
  using type = typename T::template with_number<N>;
};
template <class T>
concept Numbered = requires { typename ReplaceNumber<T, Scalar, Tensor>::type; };

template <class T>
struct MemberTypes;
template <class T>
  requires Numbered<T>
struct MemberTypes<T> {
  // The same struct with another number, which shows the members that depend on it.
  using AsScalar = typename ReplaceNumber<T, Scalar, Tensor>::type;
  using Other =
      std::conditional_t<std::same_as<AsScalar, T>, typename ReplaceNumber<T, double, Tensor>::type, AsScalar>;
  using type = decltype(T::members(std::declval<T&>()));
  using other = decltype(Other::members(std::declval<Other&>()));
};
template <class T>
  requires(!Numbered<T>)
struct MemberTypes<T> {
  using type = decltype(T::members(std::declval<T&>()));
  using other = type;
};
template <class T, std::size_t K>
using Member = std::remove_cvref_t<std::tuple_element_t<K, typename MemberTypes<T>::type>>;
template <class T>
inline constexpr std::size_t member_count = std::tuple_size_v<typename MemberTypes<T>::type>;

/// Member K of T does not belong to the structure: its type does not change with the number, and it has no handles.
template <class T, std::size_t K>
[[nodiscard]] consteval bool is_carried() {
  using M = Member<T, K>;
  if constexpr (!Structure<M>) {
    return true;
  } else {
    constexpr bool fixed =
        std::same_as<M, std::remove_cvref_t<std::tuple_element_t<K, typename MemberTypes<T>::other>>> &&
        (contents_of<M> & (scalars | tensors)) == 0;
    static_assert(!fixed || (contents_of<M> & reals) == 0,
                  "this struct has a double that does not become a Scalar: make the struct a template of its number "
                  "type, or put what is not to be differentiated by into a struct of its own, without members()");
    return fixed;
  }
}
template <class T>
[[nodiscard]] consteval unsigned member_contents() {
  return []<std::size_t... K>(std::index_sequence<K...>) {
    const auto of = []<std::size_t J>(std::integral_constant<std::size_t, J>) {
      if constexpr (is_carried<T, J>())
        return 0u;
      else
        return contents_of<Member<T, J>>;
    };
    return (0u | ... | of(std::integral_constant<std::size_t, K>{}));
  }(std::make_index_sequence<member_count<T>>{});
}

template <WithMembers T, class N, class X>
  requires Numbered<T>
struct Replace<T, N, X> {
  using type = typename ReplaceNumber<T, N, X>::type;
  static constexpr Kind kind = Kind::members;
  static constexpr unsigned contents = member_contents<T>();
};
template <WithMembers T, class N, std::same_as<Tensor> X>
  requires(!Numbered<T>)
struct Replace<T, N, X> {
  using type = T;
  static constexpr Kind kind = Kind::members;
  static constexpr unsigned contents = member_contents<T>();
};

template <WithTensors T, class N, std::same_as<Tensor> X>
struct Replace<T, N, X> {
  using type = T;
  static constexpr Kind kind = Kind::tensors;
  static constexpr unsigned contents = tensors;
};

// --- A structure to its parts ----------------------------------------------------------------------------------------

/// Appends the parts of `from`. Expressions are stored in Scalars, with this line.
template <class T>
void flatten(const T& from, Parts& to, std::source_location where) {
  constexpr Kind kind = kind_of<T>;
  if constexpr (kind == Kind::number) {
    if constexpr (Number<T>)
      to.scalars.emplace_back(static_cast<double>(from));
    else if constexpr (CompositeExpression<T>)
      to.scalars.emplace_back(from, where);
    else
      to.scalars.emplace_back(from);
  } else if constexpr (kind == Kind::tensor) {
    to.tensors.push_back(from);
  } else if constexpr (kind == Kind::vector || kind == Kind::array) {
    if constexpr (kind == Kind::vector) to.sizes.push_back(from.size());
    for (const auto& element : from) flatten(element, to, where);
  } else if constexpr (kind == Kind::optional) {
    to.sizes.push_back(from.has_value() ? 1 : 0);
    if (from) flatten(*from, to, where);
  } else if constexpr (kind == Kind::tuple) {
    std::apply([&](const auto&... element) { (flatten(element, to, where), ...); }, from);
  } else if constexpr (kind == Kind::tensors) {
    const auto all = T::tensors(from);
    to.sizes.push_back(all.size());
    for (const Tensor* tensor : all) to.tensors.push_back(*tensor);
  } else {
    const auto members = T::members(from);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
        if constexpr (!is_carried<T, J>()) flatten(std::get<J>(members), to, where);
      };
      (one(std::integral_constant<std::size_t, K>{}), ...);
    }(std::make_index_sequence<member_count<T>>{});
  }
}

// --- Parts to a structure --------------------------------------------------------------------------------------------

/// Parts, one after the other, as a structure wants them: its numbers are N (double or Scalar).
template <class N>
class PartReader {
 public:
  explicit PartReader(const Parts& parts) : parts_(&parts) {}
  [[nodiscard]] N number() {
    const Scalar& next = parts_->scalars[number_++];
    if constexpr (std::same_as<N, double>)
      return next.value();
    else
      return next;
  }
  [[nodiscard]] Tensor tensor() { return parts_->tensors[tensor_++]; }

 private:
  const Parts* parts_;
  std::size_t number_ = 0, tensor_ = 0;
};

/// Fills `to`, which has the structure of `from` with other parts: those that `read` gives.
template <class To, class From, class Reader>
void rebuild(To& to, const From& from, Reader& read) {
  constexpr Kind kind = kind_of<From>;
  if constexpr (kind == Kind::number) {
    to = read.number();
  } else if constexpr (kind == Kind::tensor) {
    to = read.tensor();
  } else if constexpr (kind == Kind::vector || kind == Kind::array) {
    if constexpr (std::same_as<To, From>)
      to = from;
    else if constexpr (kind == Kind::vector)
      to.resize(from.size());
    for (std::size_t k = 0; k < from.size(); ++k) rebuild(to[k], from[k], read);
  } else if constexpr (kind == Kind::optional) {
    if constexpr (std::same_as<To, From>) {
      to = from;
      if (to) rebuild(*to, *from, read);
    } else {
      to.reset();
      if (from) rebuild(to.emplace(), *from, read);
    }
  } else if constexpr (kind == Kind::tuple) {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      (rebuild(std::get<K>(to), std::get<K>(from), read), ...);
    }(std::make_index_sequence<std::tuple_size_v<From>>{});
  } else if constexpr (kind == Kind::tensors) {
    to = from;
    for (Tensor* tensor : To::tensors(to)) *tensor = read.tensor();
  } else {
    if constexpr (std::same_as<To, From>) to = from;
    const auto to_members = To::members(to);
    const auto from_members = From::members(from);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
        if constexpr (is_carried<From, J>())
          std::get<J>(to_members) = std::get<J>(from_members);
        else
          rebuild(std::get<J>(to_members), std::get<J>(from_members), read);
      };
      (one(std::integral_constant<std::size_t, K>{}), ...);
    }(std::make_index_sequence<member_count<From>>{});
  }
}
template <class To, class From, class Reader>
[[nodiscard]] To rebuilt(const From& from, Reader& read) {
  if constexpr (std::same_as<To, From>) {
    To to = from;  // a struct of tensors need not be made of nothing
    rebuild(to, from, read);
    return to;
  } else {
    To to{};
    rebuild(to, from, read);
    return to;
  }
}

// --- Two structures
// ---------------------------------------------------------------------------------------------------

/// Two structures of one form have everything in common but their parts: as many elements in each vector and optional,
/// and equal members where those are carried along. What `members` does not name is not compared.
template <class A, class B>
[[nodiscard]] bool alike(const A& a, const B& b) {
  constexpr Kind kind = kind_of<A>;
  static_assert(kind == kind_of<B>);
  if constexpr (kind == Kind::number || kind == Kind::tensor) {
    return true;
  } else if constexpr (kind == Kind::vector || kind == Kind::array) {
    if (a.size() != b.size()) return false;
    for (std::size_t k = 0; k < a.size(); ++k)
      if (!alike(a[k], b[k])) return false;
    return true;
  } else if constexpr (kind == Kind::optional) {
    return a.has_value() == b.has_value() && (!a.has_value() || alike(*a, *b));
  } else if constexpr (kind == Kind::tuple) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (alike(std::get<K>(a), std::get<K>(b)) && ...);
    }(std::make_index_sequence<std::tuple_size_v<A>>{});
  } else if constexpr (kind == Kind::tensors) {
    return a.has_form_of(b);
  } else {
    const auto members_a = A::members(a);
    const auto members_b = B::members(b);
    const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) -> bool {
      if constexpr (is_carried<A, J>()) {
        static_assert(std::equality_comparable<Member<A, J>>,
                      "a member of this struct that is not differentiated by is a constant of what is recorded: give "
                      "its type operator==, so that another value can be told");
        return std::get<J>(members_a) == std::get<J>(members_b);
      } else {
        return alike(std::get<J>(members_a), std::get<J>(members_b));
      }
    };
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (one(std::integral_constant<std::size_t, K>{}) && ...);
    }(std::make_index_sequence<member_count<A>>{});
  }
}

}  // namespace detail
}  // namespace wengert
