// The value of one node of a graph, by its primitive: numbers as Scalars compute them, arrays by the kernels.
#pragma once

#include <optional>
#include <span>

#include "wengert/graph/graph.hpp"

namespace wengert::passes {

/// What a primitive gives for these operands; `type` is the type of its result. An elementwise primitive on numbers
/// (rank 0, f64 and truth values) computes as a Scalar does. Not for variables and constants. Throws what the kernel
/// throws.
[[nodiscard]] Array value_of(const graph::Operation& operation, std::span<const Array> operands,
                             const graph::Attribute& attribute, const Type& type);

/// The elements of a constant from its attribute.
[[nodiscard]] Array constant_elements(const graph::Attribute& attribute);

/// The element that all elements of a constant equal, if they are known to without looking at each: a number, a uniform
/// array, an array of one element. As a double (exact, but for integers beyond 2^53).
[[nodiscard]] std::optional<double> uniform_element(const graph::Attribute& attribute);

}  // namespace wengert::passes
