// PartsFunction: a Function of structures. Scalars come and go packed into tensors; the rest of the library writes its
// functions of the parts of structures (tree.hpp), and leaves the packing to this file.
//
// Packed, the operands are one f64 tensor of all Scalars, if there are any, and the tensors as they are. A result that
// is a single tensor is the result; any other is one f64 tensor with everything in it, one after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/function.hpp"
#include "wengert/autodiff/transform/part_derivatives.hpp"
#include "wengert/autodiff/transform/tree.hpp"

namespace wengert::detail {

/// What parts there are.
struct PartsLayout {
  std::size_t scalars = 0;
  std::vector<Type> tensors;

  [[nodiscard]] static PartsLayout of(const Parts& parts);
  friend bool operator==(const PartsLayout&, const PartsLayout&) = default;
};

class PartsFunction : public wengert::Function {
 public:
  /// Throws DtypeError for a result of several parts with one that is not real among them.
  PartsFunction(std::string name, PartsLayout from, PartsLayout to);

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Type type(std::span<const Type> operands) const final;
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const final;
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                        std::span<const char> wanted) const final;
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x) const final;

  [[nodiscard]] const PartsLayout& from() const noexcept { return from_; }
  [[nodiscard]] const PartsLayout& to() const noexcept { return to_; }

 protected:
  /// The parts of y for those of x: constants of constants, values of a recording of such.
  [[nodiscard]] virtual Parts run(const Parts& x) const = 0;
  /// The cotangents of x. By default `run` is recorded, and that is swept.
  [[nodiscard]] virtual Parts pull(const Parts& cotangent, const Parts& y, const Parts& x) const;
  /// The tangents of y; likewise.
  [[nodiscard]] virtual Parts push(const Parts& tangent, const Parts& y, const Parts& x) const;

 private:
  std::string name_;
  PartsLayout from_, to_;
};

/// All elements, one after the other, as one f64 tensor; and the parts of a layout back from such.
[[nodiscard]] Tensor flattened(const Parts& parts, std::source_location where);
[[nodiscard]] Parts unflattened(const Tensor& whole, const PartsLayout& layout, std::source_location where);

/// One entry: the function applied to x, its value known already; y is that, of a recording unless all x are constants.
[[nodiscard]] Parts call_parts(const std::shared_ptr<const PartsFunction>& function, const Parts& x, const Parts& value,
                               std::source_location where);

/// Throws ArgumentError: a rule that the user gave has another structure than what it belongs to.
[[noreturn]] void throw_wrong_rule(const std::string& function, const char* what, const char* whose,
                                   const PartsLayout& got, const PartsLayout& expected);

/// Something in the parts is of a recording.
[[nodiscard]] bool is_recorded(const Parts& parts);

/// Jᵀ·cotangent and J·tangent of `run`, a function of parts, at x: numbers of constants (recorded and swept in a
/// recording of its own), values of a recording of such. Tensors that are not real go through as they are, and get
/// zeros.
[[nodiscard]] Parts pull_through(const std::function<Parts(const Parts&)>& run, const Parts& cotangent, const Parts& x,
                                 std::source_location where);
[[nodiscard]] Parts push_through(const std::function<Parts(const Parts&)>& run, const Parts& tangent, const Parts& x,
                                 std::source_location where);

/// A structure with a Scalar or a Tensor in it.
template <class T>
concept HasHandles = Structure<T> && (contents_of<T> & (scalars | tensors)) != 0;

/// As many parts, with nothing in them: what a structure is made of that is kept for its shape. It holds no elements.
[[nodiscard]] Parts hollow(const Parts& parts);
/// A structure like x of such.
template <Structure T>
[[nodiscard]] Handles<T> hollow_structure(const T& x) {
  Parts parts;
  flatten(x, parts, {});
  const Parts nothing = hollow(parts);
  PartReader<Scalar> read(nothing);
  return rebuilt<Handles<T>>(x, read);
}

/// The structure with handles for numbers.
template <Structure T>
[[nodiscard]] Handles<T> as_handles(const T& x, std::source_location where) {
  Parts parts;
  flatten(x, parts, where);
  PartReader<Scalar> read(parts);
  return rebuilt<Handles<T>>(x, read);
}

/// Arguments of which some are structures with handles. Those go through parts; the rest, plain numbers and options, is
/// carried along as it is.
template <class... X>
class Arguments {
 public:
  /// Expressions are stored in Scalars, with this line.
  explicit Arguments([[maybe_unused]] std::source_location where, const X&... x) {
    (append(x, parts_, where), ...);
    const Parts nothing = hollow(parts_);
    PartReader<Scalar> read(nothing);
    prototype_.emplace(std::tuple<Given<X>...>{argument(x, read)...});
  }
  /// Those of the structures, as they were given.
  [[nodiscard]] const Parts& parts() const noexcept { return parts_; }
  /// f with arguments of the same structure that have these parts.
  template <class F>
  auto apply(const F& f, const Parts& parts) const {
    PartReader<Scalar> read(parts);
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      // In braces: from the first to the last.
      const std::tuple<Given<X>...> arguments{argument(std::get<K>(*prototype_), read)...};
      return std::apply(f, arguments);
    }(std::index_sequence_for<X...>{});
  }
  /// Forgets what belongs to a recording; apply() goes on working.
  void forget_parts() { parts_ = {}; }

 private:
  template <class A>
  struct GivenAs {
    using type = A;
  };
  template <HasHandles A>
  struct GivenAs<A> {
    using type = Handles<A>;
  };
  template <class A>
  using Given = typename GivenAs<A>::type;
  template <class A>
  static void append(const A& x, Parts& to, std::source_location where) {
    if constexpr (HasHandles<A>) flatten(x, to, where);
  }
  template <class A>
  static Given<A> argument(const A& x, PartReader<Scalar>& read) {
    if constexpr (HasHandles<A>)
      return rebuilt<Handles<A>>(x, read);
    else
      return x;
  }
  Parts parts_;
  std::optional<std::tuple<Given<X>...>> prototype_;  // hollow
};

/// The result of f for arguments of these types, with its expressions stored: numbers are Scalars.
template <class F, class... X>
using ResultOn = Handles<std::remove_cvref_t<decltype(std::declval<const Arguments<X...>&>().apply(
    std::declval<const F&>(), std::declval<const Parts&>()))>>;

/// f with a structure of arguments, as a function of parts.
template <class F, class... X>
class PartsOf : public PartsFunction {
 public:
  PartsOf(std::string name, F f, Arguments<X...> arguments, const PartsLayout& to)
      : PartsFunction(std::move(name), PartsLayout::of(arguments.parts()), to),
        f_(std::move(f)),
        arguments_(std::move(arguments)) {
    arguments_.forget_parts();
  }

 protected:
  [[nodiscard]] Parts run(const Parts& x) const override {
    Parts y;
    flatten(arguments_.apply(f_, x), y, {});
    return y;
  }

 private:
  const F f_;

 protected:
  Arguments<X...> arguments_;
};

}  // namespace wengert::detail
