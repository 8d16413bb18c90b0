#include "wengert/autodiff/exec/native/native.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "wengert/autodiff/ops/elementwise.hpp"

namespace wengert::exec {

NativeOperation native_operation(const Primitive& primitive) {
  using enum NativeOperation;
  static const std::pair<const Primitive*, NativeOperation> table[]{
      {&PrimitiveOf<ops::Add>::record, add},
      {&PrimitiveOf<ops::Sub>::record, sub},
      {&PrimitiveOf<ops::Mul>::record, mul},
      {&PrimitiveOf<ops::Scale>::record, scale},
      {&PrimitiveOf<ops::Div>::record, divide},
      {&PrimitiveOf<ops::Neg>::record, negate},
      {&PrimitiveOf<ops::Reciprocal>::record, reciprocal},
      {&PrimitiveOf<ops::Square>::record, square},
      {&PrimitiveOf<ops::Sqrt>::record, square_root},
      {&PrimitiveOf<ops::Rsqrt>::record, reciprocal_root},
      {&PrimitiveOf<ops::Abs>::record, absolute},
      {&PrimitiveOf<ops::Relu>::record, relu},
      {&PrimitiveOf<ops::Max>::record, larger},
      {&PrimitiveOf<ops::Min>::record, smaller},
      {&PrimitiveOf<ops::Less>::record, less},
      {&PrimitiveOf<ops::LessEqual>::record, less_equal},
      {&PrimitiveOf<ops::Equal>::record, equal},
      {&PrimitiveOf<ops::NotEqual>::record, not_equal},
      {&PrimitiveOf<ops::Greater>::record, greater},
      {&PrimitiveOf<ops::GreaterEqual>::record, greater_equal},
      {&PrimitiveOf<ops::LogicalAnd>::record, both},
      {&PrimitiveOf<ops::LogicalOr>::record, either},
      {&PrimitiveOf<ops::LogicalXor>::record, one_of_two},
      {&PrimitiveOf<ops::LogicalNot>::record, opposite},
      {&PrimitiveOf<ops::Where>::record, choose},
  };
  for (const auto& [record, operation] : table)
    if (record == &primitive) return operation;
  return none;
}

NativeBlock NativeBlock::doubled() const {
  NativeBlock result;
  // Constants and uniform values serve both.
  std::vector<std::array<std::uint32_t, 2>> number(values.size());
  for (std::size_t v = 0; v < values.size(); ++v) {
    const bool shared = values[v].kind == Value::Kind::constant || values[v].kind == Value::Kind::uniform;
    for (std::uint8_t vector = 0; vector < 2; ++vector) {
      if (vector == 0 || !shared) {
        result.values.push_back(values[v]);
        result.values.back().vector = vector;
      }
      number[v][vector] = static_cast<std::uint32_t>(result.values.size() - 1);
    }
  }
  result.over = over;
  for (const Step& step : steps)
    for (std::uint8_t vector = 0; vector < 2; ++vector) {
      Step& each = result.steps.emplace_back(step);
      each.vector = vector;
      each.out = number[step.out][vector];
      for (std::size_t k = 0; k < step.arity; ++k) each.operand[k] = number[step.operand[k]][vector];
    }
  return result;
}

std::size_t NativeBlock::pressure() const {
  constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> last(values.size(), never);
  for (std::size_t n = 0; n < steps.size(); ++n)
    for (std::size_t k = 0; k < steps[n].arity; ++k) last[steps[n].operand[k]] = n;
  std::vector<bool> held(values.size(), false);
  std::size_t now = 0, most = 0;
  const auto hold = [&](std::uint32_t v) {
    if (held[v] || values[v].kind == Value::Kind::constant) return;
    held[v] = true;
    ++now;
  };
  for (std::size_t n = 0; n < steps.size(); ++n) {
    const Step& step = steps[n];
    for (std::size_t k = 0; k < step.arity; ++k) hold(step.operand[k]);
    most = std::max(most, now);
    for (std::size_t k = 0; k < step.arity; ++k) {
      const std::uint32_t v = step.operand[k];
      if (last[v] != n || !held[v]) continue;
      held[v] = false;
      --now;
    }
    if (step.has_result() && last[step.out] != never) hold(step.out);
    most = std::max(most, now);
  }
  return most;
}

}  // namespace wengert::exec
