// Products of tensors that are not elementwise. The contract: structural_contract.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"

namespace wengert::ops {

struct MatMul : Structural {
  static constexpr auto name = "matmul", symbol = "@";
  static constexpr auto doc =
      "Σ_p a[…,i,p]·b[…,p,j], with equal leading axes. The attribute is a set (kernels::Product): 1 and 2 exchange the "
      "last two "
      "axes of a and b; 4 and 8 mark the operand that is a cotangent, whose zeros contribute 0 whatever they meet. "
      "dA = G·Bᵀ, dB = Aᵀ·G. The order of the sums is fixed.";
  static constexpr int arity = 2;
  static constexpr AttributeKind attribute = AttributeKind::integer;
  static Type type(std::span<const Type> x, const Attribute& flags);
  static Array value(std::span<const Array> x, const Attribute& flags, const Type& result);
  static void value_into(std::span<const Array> x, const Attribute& flags, Array& to, kernels::Scratch& scratch);
  /// "@", "ᵀ@", "@ᵀ", "ᵀ@ᵀ".
  static std::string label(const Attribute& flags);
  template <class T>
  static T vjp(std::size_t operand, const T& cotangent, const T&, std::span<const T> x, const Attribute& flag_set) {
    using namespace kernels;
    const std::int64_t flags = std::get<std::int64_t>(flag_set);
    const bool ta = (flags & transpose_first) != 0, tb = (flags & transpose_second) != 0;
    if (operand == 0) {
      if (ta) return product(x[1], cotangent, (tb ? transpose_first : plain) | transpose_second | mask_second);
      return product(cotangent, x[1], (tb ? plain : transpose_second) | mask_first);
    }
    if (tb) return product(cotangent, x[0], transpose_first | (ta ? transpose_second : plain) | mask_first);
    return product(x[0], cotangent, (ta ? plain : transpose_first) | mask_second);
  }
  template <class T>
  static T jvp(std::size_t operand, const T& tangent, const T&, std::span<const T> x, const Attribute& flag_set) {
    using namespace kernels;
    const std::int64_t flags = std::get<std::int64_t>(flag_set) & (transpose_first | transpose_second);
    return operand == 0 ? product(tangent, x[1], flags | mask_first) : product(x[0], tangent, flags | mask_second);
  }
  static std::vector<Sample> samples();
};

/// The place in the list means nothing.
using ProductPrimitives = List<MatMul>;

}  // namespace wengert::ops
