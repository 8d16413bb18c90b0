// TensorSweep: the tensor entries' part of a numeric sweep over a stream.
//
// A sweep has one number per id: the adjoint (or tangent) of a Scalar, and for a tensor 1 + the slot where its array
// lies, 0 when there is none yet. Arrays come into being when something is first added to them.
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/array.hpp"

namespace wengert::detail {

class TensorSweep {
 public:
  /// `by_id` is indexed by id; `slots` starts empty.
  TensorSweep(const Stream& stream, double* by_id, std::vector<Array>& slots)
      : s_(stream), by_id_(by_id), slots_(slots) {}

  /// Adds to the array of a tensor's id.
  void add(Id id, const Array& contribution, std::string_view operation);
  /// Adds what the adjoint of entry `index`, of id `id`, contributes to those of its operands.
  void reverse(std::uint32_t index, Id id);
  /// Adds to the tangent of entry `index`, of id `id`, what those of its operands make of it.
  void forward(std::uint32_t index, Id id);

 private:
  /// For primitives whose rule gives the cotangents of all operands at once.
  void reverse_all(const TensorEntry& entry, const Array& cotangent);
  template <class F>
  void accumulate(Id id, const Type& type, std::string_view operation, const F& add);
  [[nodiscard]] const Array* slot(Id id) const {
    return by_id_[id] == 0.0 ? nullptr : &slots_[static_cast<std::size_t>(by_id_[id]) - 1];
  }

  const Stream& s_;
  double* by_id_;
  std::vector<Array>& slots_;
};

/// A derivative can flow from the result of an entry into operand k.
[[nodiscard]] bool flows_into(const TensorEntries& entries, const TensorEntry& entry, std::size_t k);

}  // namespace wengert::detail
