/// Operation: what a node does, as far as a graph needs to know; and the process-wide table of operations.
///
/// An Operation is plain data (views of literals, numbers, function pointers), so that it can be `constinit` and
/// the base of richer records (the primitives of autodiff derive from it), and no order of static initialisation
/// matters. Nodes refer to it by a 16-bit id that `register_operation` hands out.
///
///     constinit const Operation sine{.name = "sin", .symbol = "sin", .doc = "sin(x)", .arity = 1,
///                                    .type_rule = &same_type, .elementwise = true};
///     const OperationId id = register_operation(sine);
///
/// Reading order: Attribute, Operation, the table, result_type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wengert/graph/array.hpp"
#include "wengert/graph/function.hpp"
#include "wengert/graph/types.hpp"

namespace wengert::graph {

/// What a node knows besides its operands: the value of a constant, the axes of a sum, a target shape, a function.
using Attribute = std::variant<std::monostate, double, std::int64_t, std::vector<std::int64_t>, Array, std::string,
                               std::shared_ptr<const Function>>;

/// Same alternative, same bits: 0.0 differs from -0.0, a NaN equals itself and no NaN of another payload.
/// (The == of std::variant compares doubles by value; do not use it on attributes.)
[[nodiscard]] bool identical(const Attribute& a, const Attribute& b) noexcept;
/// Hash that goes with identical().
[[nodiscard]] std::size_t hash_value(const Attribute& attribute) noexcept;
/// For messages: "", "2.5", "3", "[0,1]", the short text of an array, the string in quotes, or the name of the
/// function.
[[nodiscard]] std::string to_string(const Attribute& attribute);

/// Which alternatives of Attribute an operation takes; a set.
enum class AttributeKind : std::uint8_t {
  none = 1,
  real = 2,
  integer = 4,
  integers = 8,
  array = 16,
  text = 32,
  function = 64,
};
[[nodiscard]] constexpr AttributeKind operator|(AttributeKind a, AttributeKind b) noexcept {
  return static_cast<AttributeKind>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
/// True when `set` and `kind` have an alternative in common.
[[nodiscard]] constexpr bool contains(AttributeKind set, AttributeKind kind) noexcept {
  return (static_cast<std::uint8_t>(set) & static_cast<std::uint8_t>(kind)) != 0;
}
/// The one alternative that `attribute` holds.
[[nodiscard]] AttributeKind kind_of(const Attribute& attribute) noexcept;
/// "none", "real or integer", ...
[[nodiscard]] std::string to_string(AttributeKind set);

/// Arity of an operation that takes any number of operands, none included; its type rule may ask for more.
inline constexpr int variadic = -1;

/// The type of a result from the types of the operands. Called with the right number of operands and an attribute
/// of a right kind. Throws ShapeError, DtypeError or ArgumentError without a location (result_type adds it).
using TypeRule = Type (*)(std::span<const Type> operands, const Attribute& attribute);

/// What a node does. An aggregate; lives as long as the process.
struct Operation {
  std::string_view name{};                        ///< unique, [a-z][a-z0-9_.]*; what text forms and messages use
  std::string_view symbol{};                      ///< for drawings, UTF-8, e.g. "×"; empty: the name
  std::string_view doc{};                         ///< one line: the formula
  int arity = 0;                                  ///< number of operands, or `variadic`
  AttributeKind attribute = AttributeKind::none;  ///< what it takes
  TypeRule type_rule = nullptr;                   ///< null: the caller states the type (variable, constant)
  bool commutative = false;                       ///< operands may change places
  bool elementwise = false;                       ///< element i of the result needs element i of each operand only
  bool linear = false;                            ///< linear in all operands together
  bool pure = true;                               ///< equal operands and attributes give equal results: may be merged
  /// How it is drawn with an attribute: "aᵀ @ b", "slice [0:2]"; null: the symbol, and the attribute as it is.
  std::string (*label)(const Attribute& attribute) = nullptr;
};

/// Place of an operation in the process-wide table.
enum class OperationId : std::uint16_t {};
[[nodiscard]] constexpr std::size_t index_of(OperationId id) noexcept { return static_cast<std::size_t>(id); }

/// Enters an operation into the table, or finds it there; thread-safe. The table only grows.
/// Throws ArgumentError when another Operation has that name, the name is malformed, or a rule is missing;
/// CapacityError after 65 536 operations.
OperationId register_operation(const Operation& operation);
/// Throws InternalError for an id that was never handed out.
[[nodiscard]] const Operation& operation(OperationId id);
/// Null when there is none of that name. `id`, if given, receives its id.
[[nodiscard]] const Operation* find_operation(std::string_view name, OperationId* id = nullptr) noexcept;
/// Ids 0 .. count-1 are in use.
[[nodiscard]] std::size_t operation_count() noexcept;

/// The two operations that the graph layer itself defines, in the table from the start.
extern const Operation variable_operation_record;
extern const Operation constant_operation_record;
/// An input: no operands, no attribute, never merged.
inline constexpr OperationId variable_operation{0};
/// A number or an Array: attribute double (an f64), std::int64_t (an i64), or Array (its type).
inline constexpr OperationId constant_operation{1};

/// The type of `operation` applied to operands of these types: checks arity and kind of the attribute, then asks the
/// type rule. Every error names `where` and the operands. Not for variables (they have no rule).
[[nodiscard]] Type result_type(const Operation& operation, std::span<const Type> operands, const Attribute& attribute,
                               std::source_location where = {});

}  // namespace wengert::graph
