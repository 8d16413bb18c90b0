// Operators whose line is the caller's, for the .cpp files of nn: at(x, where) * 0.5 records, and refuses, at `where`.
#pragma once

#include <source_location>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert {

// The friends of Tensor, which are found for a TensorArgument beside a number only if they are declared here.
Tensor operator+(const TensorArgument& a, const TensorArgument& b);
Tensor operator-(const TensorArgument& a, const TensorArgument& b);
Tensor operator*(const TensorArgument& a, const TensorArgument& b);
Tensor operator/(const TensorArgument& a, const TensorArgument& b);
Tensor operator-(const TensorArgument& a);
Tensor operator<(const TensorArgument& a, const TensorArgument& b);
Tensor operator<=(const TensorArgument& a, const TensorArgument& b);
Tensor operator>(const TensorArgument& a, const TensorArgument& b);
Tensor operator>=(const TensorArgument& a, const TensorArgument& b);
Tensor operator==(const TensorArgument& a, const TensorArgument& b);
Tensor operator!=(const TensorArgument& a, const TensorArgument& b);
Tensor operator&(const TensorArgument& a, const TensorArgument& b);
Tensor operator|(const TensorArgument& a, const TensorArgument& b);
Tensor operator!(const TensorArgument& a);
Tensor where(const TensorArgument& condition, const TensorArgument& a, const TensorArgument& b);

namespace nn::detail {

/// The left operand of an operator, or a condition, with the line that the entry is to have. Lives as long as the
/// expression it stands in.
[[nodiscard]] inline TensorArgument at(const Tensor& x, std::source_location where) { return {x, where}; }

/// wengert::where with a line, where `where` is the line.
[[nodiscard]] inline Tensor select(const Tensor& condition, const TensorArgument& a, const TensorArgument& b,
                                   std::source_location line) {
  return wengert::where(TensorArgument(condition, line), a, b);
}

}  // namespace nn::detail
}  // namespace wengert
