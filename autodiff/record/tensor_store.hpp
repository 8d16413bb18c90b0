// TensorEntries: the entries of tensor operations in a stream, in the order of their ids.
//
// Each entry has one id. The ids lie in the stream's one sequence, so that Scalars and tensors are swept together; the
// word of an entry in the stream holds its index here, and `values[id]` that index again as a number, so that an id
// leads to its entry (values[id] of an entry whose result is a Scalar is that Scalar's value, as for every Scalar).
//
// What an entry refers to is held by reference count: arrays are shared with the handles and with the entries that use
// them, and an operand never refers to an entry, so freeing is a loop. Everything is reachable by index; nothing
// recurses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/array.hpp"
#include "wengert/graph/operation.hpp"

namespace wengert::detail {

/// Where an operand comes from. Its elements lie beside it, in TensorEntries::arrays.
struct TensorOperand {
  Id id = 0;            ///< 0: a constant
  bool scalar = false;  ///< a Scalar: `number` is its value, and its array is empty
  double number = 0.0;
};

struct TensorEntry {
  const Primitive* primitive = nullptr;  ///< null: a variable
  graph::Attribute attribute{};
  Array result{};                  ///< the elements; empty when the result is a Scalar
  const void* location = nullptr;  ///< as Stream::location_to_store gives it
  std::size_t first_operand = 0;
  std::uint32_t operand_count = 0;
  Id id = 0;
  bool scalar = false;  ///< the result is a Scalar, values[id]
};

struct TensorEntries {
  std::vector<TensorEntry> entries;
  std::vector<TensorOperand> operands;  ///< of all entries, one after the other
  std::vector<Array> arrays;            ///< parallel to `operands`

  [[nodiscard]] std::size_t size() const noexcept { return entries.size(); }
  [[nodiscard]] std::span<const TensorOperand> operands_of(const TensorEntry& entry) const noexcept {
    return {operands.data() + entry.first_operand, entry.operand_count};
  }
  [[nodiscard]] std::span<const Array> arrays_of(const TensorEntry& entry) const noexcept {
    return {arrays.data() + entry.first_operand, entry.operand_count};
  }
  /// Forgets the entries from index `count` on.
  void truncate(std::size_t count) noexcept;
  [[nodiscard]] std::uint64_t bytes_used() const noexcept;
};

/// Appends an entry to a stream and gives it an id; its id and operand range are filled in here. `value`: of a Scalar
/// result. `arrays`: the elements of the operands, which are moved from. On an exception the stream is as it was.
Id append_tensor_entry(Stream& stream, TensorEntry&& entry, std::span<const TensorOperand> operands,
                       std::span<Array> arrays, double value, std::source_location where);

/// The index of the entry whose result is the tensor of this id.
[[nodiscard]] inline std::uint32_t tensor_index(const Stream& stream, Id id) noexcept {
  return static_cast<std::uint32_t>(stream.values[id]);
}

}  // namespace wengert::detail
