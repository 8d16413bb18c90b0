// The mutants of structural rules (ops/mutants.hpp), in builds with WENGERT_MUTATION only: of what a rule gives, of the
// operand it is asked for, of the attribute it reads.
#pragma once

#if defined(WENGERT_MUTATION)

#  include <cstddef>
#  include <cstdint>
#  include <span>
#  include <string>
#  include <utility>
#  include <variant>
#  include <vector>

#  include "wengert/autodiff/ops/hook.hpp"
#  include "wengert/autodiff/record/tensor.hpp"

namespace wengert::hook {

template <class P, Name N>
struct ResultSite {
  static inline Site site{
      "rule: " + std::string(P::name) + ", " + N.text,
      {Mutant::sign, Mutant::factor, Mutant::inexact, Mutant::missing, Mutant::shifted, Mutant::exchanged}};
};
template <class P, Name N>
struct OperandSite {
  static inline Site site{"rule: " + std::string(P::name) + ", operand of the " + N.text,
                          P::arity == 1 ? std::vector<Mutant>{} : std::vector<Mutant>{Mutant::other}};
};
template <class P, Name N>
struct AttributeSite {
  static inline Site site{"rule: " + std::string(P::name) + ", attribute of the " + N.text, {Mutant::attribute}};
};

/// A tensor with one of the mutants of a result; `reached` only where that can make a difference.
[[nodiscard]] inline Tensor mutated(const Tensor& t, Site& site) {
  switch (site.active) {
    case Mutant::shifted: {
      if (t.size() < 2) return t;
      site.reached = true;
      const Tensor flat = reshape(t, Shape{t.size()}, {});
      const std::int64_t last = t.size() - 1;
      return reshape(concatenate({slice_along(flat, 0, last, last + 1), slice_along(flat, 0, 0, last)}), t.shape());
    }
    case Mutant::exchanged: {
      std::size_t wide = 0;
      for (std::size_t axis = 0; axis < t.rank(); ++axis) wide += t.shape()[axis] > 1 ? 1u : 0u;
      if (wide < 2) return t;
      site.reached = true;
      Indices axes;
      for (std::size_t axis = t.rank(); axis-- > 0;) axes.push(static_cast<std::int64_t>(axis));
      return reshape(permute(t, axes), t.shape());
    }
    case Mutant::none:
      return t;
    default:
      if (t.size() > 0) site.reached = true;
      return mutated(t, site.active);
  }
}

template <class P, Name N>
[[nodiscard]] Tensor result(const Tensor& t) {
  return mutated(t, ResultSite<P, N>::site);
}
template <class P, Name N>
[[nodiscard]] Array cotangent(const Array& array) {
  return mutated(Tensor(array), ResultSite<P, N>::site).value();
}
template <class P, Name N>
[[nodiscard]] std::size_t operand(std::size_t k, std::size_t count) {
  Site& site = OperandSite<P, N>::site;
  if (site.active == Mutant::none || count < 2) return k;
  site.reached = true;
  return (k + 1) % count;
}
template <class P, Name N>
[[nodiscard]] graph::Attribute attribute(const graph::Attribute& a) {
  graph::Attribute result = a;
  if (AttributeSite<P, N>::site.reach() == Mutant::none) return result;
  if (auto* const number = std::get_if<std::int64_t>(&result)) ++*number;
  if (auto* const numbers = std::get_if<std::vector<std::int64_t>>(&result); numbers != nullptr && !numbers->empty())
    ++numbers->front();
  return result;
}

/// The rules of P with their mutants.
template <class P>
struct Rules : P {
  template <class X>
  static Tensor transpose(std::size_t k, const Tensor& cotangent, std::span<const X> x, const graph::Attribute& a) {
    return result<P, "transpose">(
        P::transpose(operand<P, "transpose">(k, x.size()), cotangent, x, attribute<P, "transpose">(a)));
  }
  static void add_transposed(std::size_t k, const Array& given, std::span<const Array> x, const graph::Attribute& a,
                             kernels::Accumulator& adjoint) {
    P::add_transposed(k, cotangent<P, "transpose in place">(given), x, attribute<P, "transpose in place">(a), adjoint);
  }
  static bool add_contribution(std::size_t k, const Array& given, const Array& y, std::span<const Array> x,
                               const graph::Attribute& a, kernels::Accumulator& adjoint) {
    return P::add_contribution(k, cotangent<P, "vjp in place">(given), y, x, attribute<P, "vjp in place">(a), adjoint);
  }
  static Tensor vjp(std::size_t k, const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute& a) {
    return result<P, "vjp">(P::vjp(operand<P, "vjp">(k, x.size()), cotangent, y, x, attribute<P, "vjp">(a)));
  }
  static Tensor jvp(std::size_t k, const Tensor& tangent, const Tensor& y, std::span<const Tensor> x,
                    const graph::Attribute& a) {
    return result<P, "jvp">(P::jvp(operand<P, "jvp">(k, x.size()), tangent, y, x, attribute<P, "jvp">(a)));
  }
};

}  // namespace wengert::hook

#endif
