#include "wengert/autodiff/record/tensor_sweep.hpp"

#include <string>
#include <utility>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

bool flows_into(const TensorEntries& entries, const TensorEntry& entry, std::size_t k) {
  if (entry.primitive == nullptr) return false;
  const TensorOperand& operand = entries.operands[entry.first_operand + k];
  if (WENGERT_HOLDS("tensors: operand is a constant", operand.id == 0)) return false;
  const unsigned mask = entry.primitive->differentiable;
  if (WENGERT_HOLDS("tensors: operand has no derivative", mask != ~0u && !(mask >> k & 1u))) return false;
  const auto differentiable_in = entry.primitive->on_tensors.differentiable_in;
  if (differentiable_in != nullptr && !differentiable_in(k, entry.attribute)) return false;
  return WENGERT_HOLDS("tensors: operand and result are real",
                       (operand.scalar || is_real(entries.arrays[entry.first_operand + k].dtype())) &&
                           (entry.scalar || is_real(entry.result.dtype())));
}

namespace {

/// Runs a rule. What it throws (there is no derivative at a singular matrix) gets the line of the entry.
template <class F>
void with_line_of(const TensorEntry& entry, const F& rule) {
  try {
    rule();
  } catch (const Error& error) {
    error.rethrow_at(location_of(entry.location));
  }
}

bool is_zero(const Array& array) { return (array.is_uniform() || array.size() == 1) && array.element(0) == 0.0; }

}  // namespace

// `add` receives an Accumulator with what is there.
template <class F>
void TensorSweep::accumulate(Id id, const Type& type, std::string_view operation, const F& add) {
  const Array* const there = slot(id);
  if (there == nullptr) {
    kernels::Accumulator sum;
    add(sum);
    if (!sum.any()) return;
    // Against rules that give another shape than the operand's, which a later broadcast would hide.
    if (!(sum.sum().type() == type)) {
      throw InternalError{{.operation = std::string(operation),
                           .operands = {to_string(type), to_string(sum.sum().type())},
                           .problem = "the rule contributed " + to_string(sum.sum().type()) + " to an adjoint",
                           .expected = to_string(type) + ", the type of the operand"}};
    }
    slots_.push_back(sum.sum());
    by_id_[id] = static_cast<double>(slots_.size());
    return;
  }
  Array& place = slots_[static_cast<std::size_t>(by_id_[id]) - 1];
  kernels::Accumulator sum(std::exchange(place, Array()));
  add(sum);
  place = sum.sum();
}

void TensorSweep::add(Id id, const Array& contribution, std::string_view operation) {
  accumulate(id, contribution.type(), operation, [&](kernels::Accumulator& sum) { sum.add(contribution, operation); });
}

void TensorSweep::reverse(std::uint32_t index, Id id) {
  if (WENGERT_HOLDS("reverse: tensor has no adjoint", by_id_[id] == 0.0)) return;
  const TensorEntries& tensors = *s_.tensors;
  const TensorEntry& entry = tensors.entries[index];
  if (entry.primitive == nullptr) return;
  const Array cotangent =
      entry.scalar ? Array::scalar(WENGERT_NUMBER("reverse: scalar taken from a tensor", by_id_[id])) : *slot(id);
  if (WENGERT_HOLDS("reverse: tensor's adjoint is 0", is_zero(cotangent))) return;
  const auto operands = tensors.operands_of(entry);
  const auto x = tensors.arrays_of(entry);
  const TensorRules& rules = entry.primitive->on_tensors;
  if (rules.vjp_of_all != nullptr) return reverse_all(entry, cotangent);
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (!flows_into(tensors, entry, k)) continue;
    if (operands[k].scalar) {
      WENGERT_ADD("reverse: scalar put into a tensor", by_id_[operands[k].id],
                  cotangent.element(WENGERT_INDEX("reverse: place of a scalar in a tensor",
                                                  rules.scalar_position(k, entry.attribute))));
      continue;
    }
    accumulate(operands[k].id, x[k].type(), entry.primitive->name, [&](kernels::Accumulator& sum) {
      with_line_of(entry, [&] { rules.accumulate(k, cotangent, entry.result, x, entry.attribute, sum); });
    });
  }
}

void TensorSweep::reverse_all(const TensorEntry& entry, const Array& cotangent) {
  const TensorEntries& tensors = *s_.tensors;
  const auto operands = tensors.operands_of(entry);
  const auto arrays = tensors.arrays_of(entry);
  std::vector<char> wanted(operands.size());
  std::vector<Tensor> x;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    wanted[k] = flows_into(tensors, entry, k) ? 1 : 0;
    x.emplace_back(arrays[k]);
  }
  const std::vector<Tensor> contribution =
      entry.primitive->on_tensors.vjp_of_all(Tensor(cotangent), Tensor(entry.result), x, entry.attribute, wanted);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (WENGERT_HOLDS("reverse: an operand of a function is wanted", wanted[k] != 0))
      add(operands[k].id, contribution[k].value(), entry.primitive->name);
}

void TensorSweep::forward(std::uint32_t index, Id id) {
  const TensorEntries& tensors = *s_.tensors;
  const TensorEntry& entry = tensors.entries[index];
  const auto operands = tensors.operands_of(entry);
  bool moves = false;
  for (std::size_t k = 0; k < operands.size() && !moves; ++k)
    moves = WENGERT_HOLDS("forward: tensor moves", flows_into(tensors, entry, k) && by_id_[operands[k].id] != 0.0);
  if (!moves) return;
  const auto x = tensors.arrays_of(entry);
  const Primitive& primitive = *entry.primitive;
  if (primitive.elementwise) {
    accumulate(id, entry.result.type(), primitive.name, [&](kernels::Accumulator& sum) {
      for (std::size_t k = 0; k < operands.size(); ++k) {
        if (!flows_into(tensors, entry, k)) continue;
        if (const Array* const tangent = slot(operands[k].id);
            WENGERT_HOLDS("forward: operand of a tensor moves", tangent != nullptr)) {
          primitive.on_tensors.accumulate(k, *tangent, entry.result, x, entry.attribute, sum);
        }
      }
    });
    return;
  }
  std::vector<Tensor> tangents(operands.size()), values(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const bool flows = flows_into(tensors, entry, k);
    if (operands[k].scalar) {
      tangents[k] = Tensor(
          Array::scalar(flows ? WENGERT_NUMBER("forward: scalar put into a tensor", by_id_[operands[k].id]) : 0.0));
      values[k] = Tensor(Array::scalar(operands[k].number));
    } else {
      const Array* const tangent =
          WENGERT_HOLDS("forward: derivative flows into a tensor", flows) ? slot(operands[k].id) : nullptr;
      tangents[k] = Tensor(tangent != nullptr ? *tangent : Array::uniform(x[k].type(), 0.0));
      values[k] = Tensor(x[k]);
    }
  }
  Tensor result;
  with_line_of(entry,
               [&] { result = primitive.on_tensors.jvp(tangents, Tensor(entry.result), values, entry.attribute); });
  if (entry.scalar)
    WENGERT_ADD("forward: scalar taken from a tensor", by_id_[id], result.value().element(0));
  else
    add(id, result.value(), primitive.name);
}

}  // namespace wengert::detail
