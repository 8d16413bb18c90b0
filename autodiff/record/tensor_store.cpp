#include "wengert/autodiff/record/tensor_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wengert::detail {

void TensorEntries::truncate(std::size_t count) noexcept {
  if (count >= entries.size()) return;
  const auto first = static_cast<std::ptrdiff_t>(entries[count].first_operand);
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(count), entries.end());
  operands.erase(operands.begin() + first, operands.end());
  arrays.erase(arrays.begin() + first, arrays.end());
}

std::uint64_t TensorEntries::bytes_used() const noexcept {
  std::uint64_t bytes =
      entries.size() * sizeof(TensorEntry) + operands.size() * (sizeof(TensorOperand) + sizeof(Array));
  for (const TensorEntry& entry : entries) bytes += entry.result.is_unknown() ? 0 : entry.result.bytes().size();
  return bytes;
}

Id append_tensor_entry(Stream& stream, TensorEntry&& entry, std::span<const TensorOperand> operands,
                       std::span<Array> arrays, double value, std::source_location where) {
  if (!stream.tensors) stream.tensors.reset(new TensorEntries);
  TensorEntries& tensors = *stream.tensors;
  const std::size_t index = tensors.entries.size();
  entry.first_operand = tensors.operands.size();
  entry.operand_count = static_cast<std::uint32_t>(operands.size());
  entry.location = stream.location_to_store(where);
  const bool scalar = entry.scalar;
  tensors.entries.push_back(std::move(entry));
  try {
    tensors.operands.insert(tensors.operands.end(), operands.begin(), operands.end());
    tensors.arrays.insert(tensors.arrays.end(), std::move_iterator(arrays.begin()), std::move_iterator(arrays.end()));
    const Id id =
        stream.add_tensor_word(static_cast<std::uint32_t>(index), scalar ? value : static_cast<double>(index), where);
    tensors.entries.back().id = id;
    return id;
  } catch (...) {
    tensors.arrays.resize(std::min(tensors.arrays.size(), tensors.entries.back().first_operand));
    tensors.operands.resize(tensors.entries.back().first_operand);
    tensors.entries.pop_back();
    throw;
  }
}

}  // namespace wengert::detail
