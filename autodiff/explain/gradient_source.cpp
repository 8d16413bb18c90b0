#include "wengert/autodiff/explain/gradient_source.hpp"

#include <algorithm>
#include <vector>

#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/drawing/writing.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

/// A derivative of higher order than this is called by nothing.
constexpr int deepest_name = 4;

/// What the value is the gradient of, and by what: each pair once, in the order in which they were recorded.
std::vector<GradientTie> pairs_of(const Stream& stream, Id gradient) {
  std::vector<GradientTie> pairs;
  for (const GradientTie& each : stream.gradients) {
    const bool known = std::any_of(pairs.begin(), pairs.end(),
                                   [&](const GradientTie& pair) { return pair.of == each.of && pair.by == each.by; });
    if (each.gradient == gradient && !known) pairs.push_back(each);
  }
  return pairs;
}

std::string name_of(const Stream& stream, Id id, int depth) {
  if (const auto named = stream.names.find(id); named != stream.names.end())
    return graph::detail::printable(named->second);
  if (depth == 0) return {};
  const std::vector<GradientTie> pairs = pairs_of(stream, id);
  if (pairs.size() != 1) return {};
  const std::string of = name_of(stream, pairs[0].of, depth - 1), by = name_of(stream, pairs[0].by, depth - 1);
  if (of.empty() || by.empty()) return {};
  const auto bracketed = [](const std::string& name) { return name.starts_with("∂") ? "(" + name + ")" : name; };
  return "∂" + bracketed(of) + "/∂" + bracketed(by);
}

/// For messages: also of what has no name.
std::string described(const Stream& stream, Id id) {
  const std::string name = name_of(stream, id, deepest_name);
  return name.empty() ? "value " + std::to_string(id) : "'" + name + "'";
}

}  // namespace

GradientSource::GradientSource(const AnyHandle& gradient, const char* operation, std::source_location where) {
  const std::string call = std::string(operation) + "(y, x)";
  if (gradient.id() == 0) {
    throw ArgumentError{{.operation = operation,
                         .problem = "the gradient is a constant, and belongs to no recording",
                         .expected = "a value that gradient() recorded",
                         .where = where,
                         .hint = "a derivative that depends on nothing recorded is a constant; " + call +
                                 " asks for the derivative of y by x"}};
  }
  StreamHead& head = Stream::of(gradient.tag());
  if (&head == &no_stream) Stream::throw_bad_handle(gradient.tag(), operation, where);
  const Stream& stream = static_cast<const Stream&>(head);
  stream.check(gradient.id(), gradient.tag(), operation, where);
  const std::vector<GradientTie> pairs = pairs_of(stream, gradient.id());
  if (pairs.empty()) {
    throw ArgumentError{{.operation = operation,
                         .problem = described(stream, gradient.id()) + " is not known to be a gradient",
                         .expected = "what gradient(y, x) gave for a y of one element, itself",
                         .where = where,
                         .hint = call +
                                 " asks for the derivative of y by x; gradients with a cotangent, what is computed "
                                 "from gradients, and recordings with ties = false do not keep what y was"}};
  }
  if (pairs.size() > 1) {
    std::string text;
    for (std::size_t k = 0; k < std::min<std::size_t>(pairs.size(), 3); ++k)
      text += (k == 0 ? "" : ", ") + described(stream, pairs[k].of) + " by " + described(stream, pairs[k].by);
    throw ArgumentError{
        {.operation = operation,
         .problem = "the value is the gradient of " + text + (pairs.size() > 3 ? ", …" : "") + ": they are one value",
         .expected = "the gradient of one value by one other",
         .where = where,
         .hint = call + " says which is meant"}};
  }
  of_ = value_of(stream, pairs[0].of);
  by_ = value_of(stream, pairs[0].by);
}

GradientSource::Value GradientSource::value_of(const Stream& stream, Id id) {
  if (stream.tensors) {
    const std::vector<TensorEntry>& entries = stream.tensors->entries;
    const auto entry = std::lower_bound(entries.begin(), entries.end(), id,
                                        [](const TensorEntry& each, Id wanted) { return each.id < wanted; });
    if (entry != entries.end() && entry->id == id && !entry->scalar)
      return {.tensor = Tensor::from_parts(entry->result, id, stream.tag()), .is_tensor = true};
  }
  return {.scalar = Scalar::from_parts(stream.values[id], id, stream.tag())};
}

std::string name_of(const AnyHandle& value) {
  const StreamHead& head = Stream::of(value.tag());
  return &head == &no_stream || value.id() == 0 ? std::string()
                                                : name_of(static_cast<const Stream&>(head), value.id(), deepest_name);
}

}  // namespace wengert::detail
