// Implicit functions: derivatives of roots and fixed points, whatever solver found them.
//
//     // x(p) with x³ + p·x = 1
//     const auto residual = [](const auto& x, const auto& p) { return x * x * x + p * x - 1.0; };
//     const auto x_of = implicit_root(residual, [](double p) { return newton(p); });
//     Scalar x = x_of(p);                          // one entry; nothing of the solver is recorded
//
//     const auto y_of = fixed_point(step, solver); // x(p) with x = step(x, p)
//
// The implicit function theorem gives dx/dp = -(∂F/∂x)⁻¹ ∂F/∂p where F(x, p) = 0, so that a sweep costs one derivative
// of the residual and one linear solve, not the iterations of the solver. Derivatives of every order follow: the rule
// is recorded when a gradient is.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/transform/parts_function.hpp"

namespace wengert {

struct ImplicitOptions {
  /// The largest |F(x, p)| at the solver's answer, relative to 1 and to max|∂F/∂x|·max|x|: the rule is wrong where F is
  /// not 0. 0 turns the check off.
  double tolerance = 1e-6;
  /// For drawings and messages.
  std::string name = "implicit_root";
};

namespace detail {

/// F of x and p, for parts of both: parts like x.
using Residual = std::function<Parts(const Parts& x, const Parts& p)>;

/// Cotangents of p, and tangents of x, by the implicit function theorem at a root x. Throws DomainError where ∂F/∂x has
/// no inverse.
[[nodiscard]] Parts implicit_pull(const Residual& residual, const Parts& cotangent, const Parts& x, const Parts& p);
[[nodiscard]] Parts implicit_push(const Residual& residual, const Parts& tangent, const Parts& x, const Parts& p);
/// Throws ArgumentError unless F(x, p) has as many elements as x; DomainError unless it is 0 within the tolerance.
void check_root(const Residual& residual, const Parts& x, const Parts& p, const ImplicitOptions& options,
                std::source_location where);

template <class F, class Solver, class X, class... P>
class ImplicitFunction : public PartsFunction {
 public:
  ImplicitFunction(ImplicitOptions options, F f, Solver solver, Arguments<P...> arguments, X like,
                   const PartsLayout& to)
      : PartsFunction(options.name, PartsLayout::of(arguments.parts()), to),
        options_(std::move(options)),
        f_(std::move(f)),
        solver_(std::move(solver)),
        arguments_(std::move(arguments)),
        like_(std::move(like)) {
    arguments_.forget_parts();
  }

  /// The solver called with numbers for Scalars, and constant tensors.
  static auto solved(const Solver& solver, const Arguments<P...>& arguments, const Parts& p) {
    const auto with_numbers = [&](const auto&... argument) { return solver(plain(argument)...); };
    return arguments.apply(with_numbers, p);
  }
  [[nodiscard]] Parts residual(const Parts& x, const Parts& p) const {
    PartReader<Scalar> read(x);
    const X root = rebuilt<X>(like_, read);
    const auto at_root = [&](const auto&... argument) { return f_(root, argument...); };
    Parts result;
    flatten(arguments_.apply(at_root, p), result, {});
    return result;
  }

 protected:
  // Whoever runs this runs the solver: on constants, that is. A recording of it has no use.
  [[nodiscard]] Parts run(const Parts& p) const override {
    Parts x;
    flatten(solved(solver_, arguments_, p), x, {});
    check_root(bound(), x, p, options_, {});
    return x;
  }
  [[nodiscard]] Parts pull(const Parts& cotangent, const Parts& x, const Parts& p) const override {
    return implicit_pull(bound(), cotangent, x, p);
  }
  [[nodiscard]] Parts push(const Parts& tangent, const Parts& x, const Parts& p) const override {
    return implicit_push(bound(), tangent, x, p);
  }

 private:
  [[nodiscard]] Residual bound() const {
    return [this](const Parts& x, const Parts& p) { return residual(x, p); };
  }
  template <class A>
  static auto plain(const A& argument) {
    if constexpr (HasHandles<A>) {
      Parts parts;
      flatten(argument, parts, {});
      PartReader<double> read(parts);
      return rebuilt<Replaced<A, double>>(argument, read);
    } else {
      return argument;
    }
  }

  const ImplicitOptions options_;
  const F f_;
  const Solver solver_;
  Arguments<P...> arguments_;
  X like_;
};

/// Part by part; the structure does not matter to a residual. Throws ArgumentError if the two are not alike.
[[nodiscard]] std::pair<std::vector<Scalar>, std::vector<Tensor>> parts_difference(const Parts& x, const Parts& next);

/// x - g(x, p…).
template <class G>
struct FixedPointResidual {
  G g;
  template <class X, class... P>
  auto operator()(const X& x, const P&... p) const {
    Parts from, to;
    flatten(x, from, {});
    flatten(g(x, p...), to, {});
    return parts_difference(from, to);
  }
};

}  // namespace detail

/// See implicit_root.
template <class F, class Solver>
class ImplicitRoot {
 public:
  ImplicitRoot(F f, Solver solver, ImplicitOptions options, std::source_location where)
      : f_(std::move(f)), solver_(std::move(solver)), options_(std::move(options)), where_(where) {}

  template <class... P>
  auto operator()(const P&... p) const {
    detail::Arguments<P...> arguments(where_, p...);
    const detail::Parts in = arguments.parts(), numbers = detail::constants(in);
    using Plain = decltype(detail::ImplicitFunction<F, Solver, int, P...>::solved(solver_, arguments, numbers));
    using X = detail::Handles<Plain>;
    const Plain solution = detail::ImplicitFunction<F, Solver, int, P...>::solved(solver_, arguments, numbers);
    detail::Parts value;
    detail::flatten(solution, value, where_);
    X like = detail::hollow_structure(solution);
    const auto function = std::make_shared<const detail::ImplicitFunction<F, Solver, X, P...>>(
        options_, f_, solver_, std::move(arguments), like, detail::PartsLayout::of(value));
    const auto residual = [&](const detail::Parts& x, const detail::Parts& q) { return function->residual(x, q); };
    detail::check_root(residual, value, numbers, options_, where_);
    const detail::Parts x = detail::call_parts(function, in, value, where_);
    detail::PartReader<Scalar> read(x);
    return detail::rebuilt<X>(like, read);
  }

 private:
  F f_;
  Solver solver_;
  ImplicitOptions options_;
  std::source_location where_;
};

/// The function p… -> x with residual(x, p…) = 0, as one entry. `solver(p…)` finds x: it is called with numbers (double
/// for Scalar, constants for tensors) and gives a structure of numbers or tensors; how it gets there is its business.
/// `residual(x, p…)` is called with handles and gives as many elements as x has. x has to be a root (options.tolerance;
/// DomainError says by how much it is not), and ∂residual/∂x needs an inverse there (DomainError of `solve`). Where the
/// equation has several roots, the derivative is that of the branch on which the solver's answer lies.
template <class F, class Solver>
[[nodiscard]] ImplicitRoot<std::decay_t<F>, std::decay_t<Solver>> implicit_root(
    F&& residual, Solver&& solver, ImplicitOptions options = {},
    std::source_location where = std::source_location::current()) {
  return {std::forward<F>(residual), std::forward<Solver>(solver), std::move(options), where};
}

/// The function p… -> x with x = step(x, p…); all as implicit_root of x - step(x, p…).
template <class G, class Solver>
[[nodiscard]] auto fixed_point(G&& step, Solver&& solver, ImplicitOptions options = {.name = "fixed_point"},
                               std::source_location where = std::source_location::current()) {
  return implicit_root(detail::FixedPointResidual<std::decay_t<G>>{std::forward<G>(step)}, std::forward<Solver>(solver),
                       std::move(options), where);
}

}  // namespace wengert
