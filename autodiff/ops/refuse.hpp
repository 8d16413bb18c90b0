// What type rules and values of structural primitives throw, and the checks that several of them share. Errors leave
// without the user's line: who calls a rule adds it (graph::result_type, record_tensor).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/ops/structural_contract.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::ops {

[[nodiscard]] constexpr std::size_t position_of(std::int64_t axis) noexcept { return static_cast<std::size_t>(axis); }

[[nodiscard]] std::vector<std::string> texts(std::span<const Type> types);

template <class Kind>
[[noreturn]] void refuse(const char* operation, std::span<const Type> x, const std::string& problem,
                         const std::string& expected, const std::string& hint = {}) {
  throw Kind{{.operation = operation, .operands = texts(x), .problem = problem, .expected = expected, .hint = hint}};
}

/// All operands are f32 or f64.
void want_real(const char* operation, std::span<const Type> x);
/// Operand k is i64.
void want_index(const char* operation, std::span<const Type> x, std::size_t k);
/// `axis` is one of `axes` axes, counted from 0.
void want_axis(const char* operation, std::span<const Type> x, std::int64_t axis, std::size_t axes);
/// `axes` are axes of operand 0, ascending, no two alike.
void want_axes(const char* operation, std::span<const Type> x, std::span<const std::int64_t> axes);
/// The numbers of an attribute that must come in `groups` groups of `rank`.
[[nodiscard]] std::span<const std::int64_t> groups_of(const char* operation, std::span<const Type> x,
                                                      const Attribute& attribute, std::size_t groups, std::size_t rank);

}  // namespace wengert::ops
