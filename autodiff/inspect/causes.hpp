// Why an operation gave a number that is not finite, and what to write instead.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wengert/graph/types.hpp"

namespace wengert::inspect {

struct Diagnosis {
  std::string cause{};  ///< a sentence
  std::string cure{};   ///< a sentence
};

/// Of a value: the operation's name, its operands as numbers where they are known (elementwise operations; of others
/// none), what it gave.
[[nodiscard]] Diagnosis cause_of_value(std::string_view operation, std::span<const double> operands, double result,
                                       Dtype dtype);
/// Of a constant operand that is not finite, in words.
[[nodiscard]] Diagnosis cause_of_constant(std::string_view operation, const std::string& operand);
/// Of a derivative: by operand `position`, with the cotangent that came in and what it became.
[[nodiscard]] Diagnosis cause_of_derivative(std::string_view operation, std::span<const double> operands,
                                            std::size_t position, double cotangent, double result, Dtype dtype);
/// Of a variable.
[[nodiscard]] Diagnosis cause_of_input(bool parameter);

}  // namespace wengert::inspect
