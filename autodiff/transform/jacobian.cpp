#include "wengert/autodiff/transform/jacobian.hpp"

#include <algorithm>
#include <string>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/vector_sweep.hpp"

namespace wengert {

using namespace detail;

namespace {

constexpr std::size_t lanes = 8;

// What sweeps cost, in reverse sweeps alone, as benchmarks/vector measures it on three kinds of recordings: eight at
// once 2.5 to 3 in reverse, 1.5 to 4 forward; one forward 0.7 to 4. From these follow the shapes at which one mode
// or the other is taken, and below how many seeds sweeps alone are cheaper than eight at once.
constexpr std::size_t cost_of_eight = 3, cost_of_one_forward = 2;
constexpr std::size_t fewest_forward = 2, fewest_reverse = 3;

std::size_t cost_of_forward(std::size_t seeds) {
  const std::size_t rest = seeds % lanes;
  return seeds / lanes * cost_of_eight + (rest < fewest_forward ? rest * cost_of_one_forward : cost_of_eight);
}
std::size_t cost_of_reverse(std::size_t seeds) {
  const std::size_t rest = seeds % lanes;
  return seeds / lanes * cost_of_eight + (rest < fewest_reverse ? rest : cost_of_eight);
}

std::size_t size_of(const AnyHandle& handle) {
  return handle.tensor == nullptr ? 1 : static_cast<std::size_t>(handle.tensor->size());
}
std::size_t size_of(std::span<const AnyHandle> handles) {
  std::size_t size = 0;
  for (const AnyHandle& one : handles) size += size_of(one);
  return size;
}
bool all_scalars(std::span<const AnyHandle> handles) {
  return std::none_of(handles.begin(), handles.end(), [](const AnyHandle& one) { return one.tensor != nullptr; });
}
std::vector<Scalar> scalars_of(std::span<const AnyHandle> handles) {
  std::vector<Scalar> result;
  for (const AnyHandle& one : handles) result.push_back(one.scalar);
  return result;
}

void want_real(const AnyHandle& x, const char* operation, std::source_location where) {
  if (x.tensor == nullptr || is_real(x.tensor->dtype())) return;
  throw DtypeError{{.operation = operation,
                    .operands = {to_string(x.tensor->type())},
                    .problem = "a tensor of " + to_string(x.tensor->type()) + " has no derivative",
                    .expected = "f32 or f64",
                    .where = where}};
}

/// The stream of y and x, all of which are checked; null if there is nothing to differentiate.
Stream* checked_stream(std::span<const AnyHandle> y, std::span<const AnyHandle> x, const char* operation,
                       std::source_location where) {
  Tag tag = 0;
  for (const AnyHandle& input : x) {
    if (input.tag() == 0) {
      throw ArgumentError{{.operation = operation,
                           .problem = "a value to differentiate by is a constant",
                           .expected = "a value of the recording",
                           .where = where,
                           .hint = "make it with Recording::variable"}};
    }
    want_real(input, operation, where);
    tag = tag == 0 ? input.tag() : tag;
  }
  for (const AnyHandle& output : y) {
    want_real(output, operation, where);
    tag = tag == 0 ? output.tag() : tag;
  }
  if (tag == 0) return nullptr;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, operation, where);
  Stream& s = static_cast<Stream&>(head);
  for (const std::span<const AnyHandle> handles : {y, x})
    for (const AnyHandle& one : handles) s.check(one.id(), one.tag(), operation, where);
  return &s;
}

/// A tensor of x's type that is 1 at one element and else 0.
Tensor unit(const Tensor& x, std::size_t element) {
  std::vector<double> numbers(static_cast<std::size_t>(x.size()));
  numbers[element] = 1.0;
  return convert(tensor(numbers, x.shape()), x.dtype());
}

/// What a sweep has for every element of some handles, one after the other.
template <class Results, class Put>
void for_each_element(const Results& results, std::span<const AnyHandle> handles, const Put& put) {
  std::size_t at = 0;
  for (const AnyHandle& one : handles) {
    if (one.tensor == nullptr) {
      put(at++, results[one.scalar]);
    } else {
      for (const double number : results[*one.tensor].to_vector()) put(at++, number);
    }
  }
}

// --- One sweep after the other
// ----------------------------------------------------------------------------------------

/// The columns of x, which begin with `column`.
void forward_one_by_one(std::span<const AnyHandle> y, std::span<const AnyHandle> x, std::size_t column, Matrix& result,
                        std::source_location where) {
  for (const AnyHandle& input : x) {
    for (std::size_t element = 0; element < size_of(input); ++element, ++column) {
      const double one = WENGERT_NUMBER("jacobian: direction", 1.0);
      Tangents tangents;
      if (input.tensor == nullptr) {
        tangents = forward(std::span(&input.scalar, 1), std::span(&one, 1), where);
      } else {
        const Tensor direction = unit(*input.tensor, WENGERT_INDEX("jacobian: element of an input", element));
        tangents = forward(std::span(input.tensor, 1), std::span(&direction, 1), where);
      }
      for_each_element(tangents, y, [&](std::size_t row, double number) { result(row, column) = number; });
    }
  }
}
/// The rows of y, which begin with `row`.
void reverse_one_by_one(std::span<const AnyHandle> y, std::span<const AnyHandle> x, std::size_t row, Matrix& result,
                        std::source_location where) {
  Adjoints adjoints;
  for (const AnyHandle& output : y) {
    for (std::size_t element = 0; element < size_of(output); ++element, ++row) {
      if (output.tag() == 0) continue;  // a constant: its row stays 0
      if (output.tensor == nullptr)
        backward(output.scalar, adjoints, where);
      else
        backward(*output.tensor, unit(*output.tensor, WENGERT_INDEX("jacobian: element of an output", element)),
                 adjoints, where);
      for_each_element(adjoints, x, [&](std::size_t column, double number) { result(row, column) = number; });
    }
  }
}

// --- Eight sweeps at once
// ---------------------------------------------------------------------------------------------

void forward_in_lanes(std::span<const AnyHandle> y, std::span<const AnyHandle> x, Matrix& result,
                      std::source_location where) {
  const std::vector<Scalar> outputs = scalars_of(y), inputs = scalars_of(x);
  VectorTangents tangents;
  std::vector<double> directions;
  for (std::size_t first = 0; first < x.size(); first += lanes) {
    const std::size_t count = std::min(lanes, x.size() - first);
    if (count < fewest_forward) {
      forward_one_by_one(y, x.subspan(first, count), first, result, where);
      continue;
    }
    directions.assign(count * count, 0.0);
    for (std::size_t k = 0; k < count; ++k) directions[k * count + k] = WENGERT_NUMBER("jacobian: unit direction", 1.0);
    forward_each(std::span(inputs).subspan(first, count), directions, tangents, where);
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t k = 0; k < count; ++k)
        result(i, first + k) = tangents(WENGERT_INDEX("jacobian: column in lanes", k), outputs[i]);
  }
}
void reverse_in_lanes(std::span<const AnyHandle> y, std::span<const AnyHandle> x, Matrix& result,
                      std::source_location where) {
  const std::vector<Scalar> outputs = scalars_of(y), inputs = scalars_of(x);
  VectorAdjoints adjoints;
  for (std::size_t first = 0; first < y.size(); first += lanes) {
    const std::size_t count = std::min(lanes, y.size() - first);
    if (count < fewest_reverse) {
      reverse_one_by_one(y.subspan(first, count), x, first, result, where);
      continue;
    }
    backward_each(std::span(outputs).subspan(first, count), adjoints, where);
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t j = 0; j < x.size(); ++j)
        result(first + k, j) = adjoints(WENGERT_INDEX("jacobian: row in lanes", k), inputs[j]);
  }
}

}  // namespace

Matrix detail::jacobian_of(std::span<const AnyHandle> y, std::span<const AnyHandle> x, const JacobianOptions& options,
                           const char* operation, std::source_location where) {
  Matrix result(size_of(y), size_of(x));
  const Stream* const s = checked_stream(y, x, operation, where);
  if (s == nullptr || result.rows() == 0 || result.cols() == 0) return result;
  const bool together = s->tensors == nullptr && all_scalars(y) && all_scalars(x);
  const bool cheaper_forward =
      together ? cost_of_forward(x.size()) <= cost_of_reverse(y.size()) : result.cols() <= result.rows();
  const bool forward =
      options.mode == JacobianMode::automatic ? cheaper_forward : options.mode == JacobianMode::forward;
  if (together && forward)
    forward_in_lanes(y, x, result, where);
  else if (together)
    reverse_in_lanes(y, x, result, where);
  else if (forward)
    forward_one_by_one(y, x, 0, result, where);
  else
    reverse_one_by_one(y, x, 0, result, where);
  return result;
}

}  // namespace wengert
