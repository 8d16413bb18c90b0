// What the front functions on tensors share: checking handles and axes, refusing, recording one entry or all of
// several. For their .cpp files only.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

/// Tensors, or pointers to tensors, in a row. (A copy of a tensor takes as long as the arithmetic of a small one.)
class TensorOperands {
 public:
  TensorOperands(std::span<const Tensor> tensors) : tensors_(tensors.data()), size_(tensors.size()) {}
  TensorOperands(std::span<const Tensor* const> pointers) : pointers_(pointers.data()), size_(pointers.size()) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const Tensor& operator[](std::size_t k) const noexcept {
    return pointers_ == nullptr ? tensors_[k] : *pointers_[k];
  }
  [[nodiscard]] std::vector<Tensor> copies() const {
    std::vector<Tensor> all;
    for (std::size_t k = 0; k < size_; ++k) all.push_back((*this)[k]);
    return all;
  }

 private:
  const Tensor* tensors_ = nullptr;
  const Tensor* const* pointers_ = nullptr;
  std::size_t size_ = 0;
};

/// The stream of the operands, null if all are constants; every handle is checked.
template <class Handles>
Stream* stream_of(const Handles& operands, std::string_view operation, std::source_location where) {
  Tag tag = 0;
  for (std::size_t k = 0; k < std::size(operands) && tag == 0; ++k) tag = operands[k].tag();
  if (tag == 0) return nullptr;
  const std::string name(operation);
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, name.c_str(), where);
  Stream& s = static_cast<Stream&>(head);
  for (std::size_t k = 0; k < std::size(operands); ++k)
    s.check(operands[k].id(), operands[k].tag(), name.c_str(), where);
  return &s;
}

/// Runs f, which may append several tensor entries; when it throws, none of them stays.
template <class F>
auto all_or_nothing(Stream* s, F&& f) {
  if (s == nullptr) return f();
  s->settle();
  const Id next_id = s->next_id();
  const std::uint32_t words = s->word_count;
  const std::size_t entries = s->tensors ? s->tensors->size() : 0;
  try {
    return f();
  } catch (...) {
    // Handles of these ids have not left f.
    s->take_back(next_id, words);
    if (s->tensors) s->tensors->truncate(entries);
    throw;
  }
}

inline std::vector<std::string> texts(std::span<const Tensor> x) {
  std::vector<std::string> result;
  for (const Tensor& t : x) result.push_back(to_string(t.type()));
  return result;
}

template <class Kind>
[[noreturn]] void refuse(std::string_view operation, std::span<const Tensor> x, const std::string& problem,
                         const std::string& expected, std::source_location where, const std::string& hint = {}) {
  throw Kind{{.operation = std::string(operation),
              .operands = texts(x),
              .problem = problem,
              .expected = expected,
              .where = where,
              .hint = hint}};
}

/// Throws UnknownValue: `operation` needs the elements of x.
[[noreturn]] inline void refuse_unknown(std::string_view operation, const Tensor& x, std::source_location where) {
  refuse<UnknownValue>(operation, std::span(&x, 1),
                       "the elements of " + to_string(x.type()) + " are not known: it is traced from its type",
                       "a value that is computed", where,
                       "trace with example values; or choose with where(…), which needs none");
}

/// An axis counted from 0, from one that may be counted from the end.
[[nodiscard]] std::size_t axis_of(std::int64_t axis, std::size_t rank, std::string_view operation, const Tensor& x,
                                  std::source_location where);
/// The axes given, counted from 0 and ascending. Throws ShapeError if one is not there or occurs twice.
[[nodiscard]] Indices ascending_axes(const Indices& axes, std::string_view operation, const Tensor& x,
                                     std::source_location where);
[[nodiscard]] Indices all_axes(const Tensor& x);

/// An entry of operands that were checked, with their elements and the result's. Throws DomainError for a NaN that the
/// recording is to stop at.
Tensor append_tensor(Stream& s, const Primitive& primitive, std::span<const Tensor> x, std::vector<Array> arrays,
                     graph::Attribute attribute, Array y, std::source_location where);

template <class P>
Tensor record_one(const Tensor& x, graph::Attribute attribute, std::source_location where) {
  return record_tensor(PrimitiveOf<P>::record, std::span(&x, 1), std::move(attribute), where);
}

/// An elementwise primitive; each operand is a Tensor or a number.
template <class P, class A, class B>
Tensor elementwise(const A& a, const B& b, std::source_location where) {
  const TensorArgument operands[]{TensorArgument(a, where), TensorArgument(b, where)};
  return apply_to_tensors(PrimitiveOf<P>::record, operands, where);
}

}  // namespace wengert::detail
