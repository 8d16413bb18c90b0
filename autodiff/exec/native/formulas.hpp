// Functions as steps of native code: the formulas of the vector functions, written down instead of computed.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "wengert/autodiff/exec/native/native.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::exec {

/// Appends steps to a block, and constants, each number once.
class NativeRecorder {
 public:
  using Value = std::uint32_t;

  explicit NativeRecorder(NativeBlock& block) : block_(block) {}

  Value constant(double number);
  Value apply(NativeOperation operation, Value x);
  Value apply(NativeOperation operation, Value x, Value y);
  Value apply(NativeOperation operation, Value x, Value y, Value z);

 private:
  Value append(const NativeBlock::Step& step);
  NativeBlock& block_;
  std::unordered_map<std::uint64_t, Value> constants_;  // by bits
};

/// A function of one value, as steps on elements of one type: the bits are those of its vector function.
using NativeFormula = NativeRecorder::Value (*)(NativeRecorder& recorder, NativeRecorder::Value x);

/// That of a primitive whose value is NaN where its operand is; null if there is none, or no vector function either.
template <class T>
[[nodiscard]] NativeFormula native_formula(const Primitive& primitive);

/// About how many steps it takes.
inline constexpr std::size_t steps_of_formula = 20;

}  // namespace wengert::exec
