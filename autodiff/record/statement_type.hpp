// StatementType: what a recording knows of one kind of statement. One constant record per expression type, made by the
// compiler (record/statement.hpp); its address identifies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace wengert {

struct Primitive;  // record/primitive.hpp

namespace detail {

/// Operands a statement may have. An expression with more is cut: its largest part becomes a statement of its own.
inline constexpr std::size_t max_leaves = 16;
/// Primitives a statement may be composed of; keeps types, and the time to compile them, bounded.
inline constexpr std::size_t max_operations = 40;
/// Repetitions that one call of StatementType::products works on at most.
inline constexpr std::size_t block_size = 64;
/// Repetitions between a value and its use from which on a loop is swept in columns (of that many).
inline constexpr std::uint32_t shortest_lag = 8;

/// One step of a statement in postfix order: push leaf `leaf`, or (primitive not null) apply it to the topmost values.
struct Step {
  const Primitive* primitive = nullptr;
  std::uint8_t leaf = 0;
};

/// Statement kinds are told apart by address; everything here is constant.
struct StatementType {
  std::uint8_t leaves = 0;           ///< operand slots, literals included
  std::uint8_t step_count = 0;       ///< length of `steps`
  std::uint16_t literal_leaves = 0;  ///< bit k: slot k holds a literal, which is constant by its type
  std::uint16_t passive_leaves = 0;  ///< bit k: no derivative flows into slot k (operands of comparisons, exponents)
  /// The partials are cheap to compute again from the values, so that a rolled-up entry need not store them.
  bool recomputes = false;

  bool reads_value = true;        ///< `products` looks at `value`
  std::uint16_t unit_leaves = 0;  ///< bit k: the partial by slot k is 1 whatever the values are
  const Step* steps = nullptr;    ///< postfix code: how to expand a statement into primitives

  /// What `count` repetitions contribute to their operands: leaf[k] points to the values of operand slot k, `value` to
  /// those of the statement, `cotangent` to its adjoints; product[k] receives cotangent · ∂value/∂slot k (untouched for
  /// literals and passive slots). No column overlaps another that is written. At most block_size. Cotangents of 1 give
  /// the partials. Zeros are not masked: check[i] receives the sum of the products of repetition i, and where that is
  /// not finite, masked_products is to be called. By simd_level; null unless `recomputes`.
  using Products = void (*)(const double* const* leaf, const double* value, const double* cotangent,
                            double* const* product, double* check, std::size_t count);
  Products products[3] = {};
  /// The same with the rules "a zero cotangent contributes zero" and "a zero partial lets nothing pass", at every step
  /// inside the statement and at its end; slower. Leaves `check` alone.
  Products masked_products = nullptr;
};

/// Finite, by the sum of what is asked about: ∞ and NaN survive additions (a sum that overflows errs on the safe side).
[[nodiscard]] inline bool is_finite(double sum) noexcept { return sum - sum == 0.0; }

}  // namespace detail
}  // namespace wengert
