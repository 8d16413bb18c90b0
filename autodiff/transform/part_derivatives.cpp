#include "wengert/autodiff/transform/part_derivatives.hpp"

#include <span>
#include <string>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

std::vector<AnyHandle> handles_of(const Parts& parts) {
  std::vector<AnyHandle> handles(parts.scalars.begin(), parts.scalars.end());
  handles.insert(handles.end(), parts.tensors.begin(), parts.tensors.end());
  return handles;
}

/// The parts are those of `x` in number and kind.
Parts parts_of(std::vector<AnyGradient>&& gradients, const Parts& x) {
  Parts parts;
  parts.sizes = x.sizes;
  parts.scalars.reserve(x.scalars.size());
  parts.tensors.reserve(x.tensors.size());
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (k < x.scalars.size())
      parts.scalars.push_back(gradients[k].scalar);
    else
      parts.tensors.push_back(std::move(gradients[k].tensor));
  }
  return parts;
}

/// The stream of what is recorded in the point; null if nothing is.
Stream* stream_among(const Parts& point, const char* operation, std::source_location where) {
  Tag tag = 0;
  for (const Scalar& x : point.scalars)
    if (tag == 0) tag = x.tag();
  for (const Tensor& x : point.tensors)
    if (tag == 0) tag = x.tag();
  if (tag == 0) return nullptr;
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, operation, where);
  Stream& s = static_cast<Stream&>(head);
  for (const Scalar& x : point.scalars) s.check(x.id(), x.tag(), operation, where);
  for (const Tensor& x : point.tensors) s.check(x.id(), x.tag(), operation, where);
  return &s;
}

/// A value of the stream equal to x: of a recorded one a copy, of a constant a variable.
Scalar own_value(const Scalar& x, Stream& s, std::source_location where) {
  if (x.is_constant()) return Scalar::from_parts(x.value(), s.add_variable(x.value(), where), s.tag());
  return Scalar(x * 1.0, where);  // with the bits of x
}
Tensor own_value(const Tensor& x, Stream& s, std::source_location where) {
  if (!x.is_constant()) return record_one<ops::Reshape>(x, ops::attribute_of(x.shape().extents()), where);
  return Tensor::from_parts(x.value(), append_tensor_entry(s, {.result = x.value()}, {}, {}, 0.0, where), s.tag());
}

std::vector<double> numbers_of(const std::vector<Scalar>& x) {
  std::vector<double> numbers;
  numbers.reserve(x.size());
  for (const Scalar& each : x) numbers.push_back(each.value());
  return numbers;
}

/// Adds what a sweep found.
void add_adjoints(const Adjoints& adjoints, const Parts& x, Parts& to) {
  for (std::size_t k = 0; k < x.scalars.size(); ++k) to.scalars[k] = to.scalars[k].value() + adjoints[x.scalars[k]];
  for (std::size_t k = 0; k < x.tensors.size(); ++k) to.tensors[k] += adjoints[x.tensors[k]];
}

}  // namespace

Inputs inputs_for(const Parts& point, bool plain, Recording& own, const char* operation, std::source_location where) {
  for (const Tensor& x : point.tensors) {
    if (is_real(x.dtype())) continue;
    throw DtypeError{{.operation = operation,
                      .operands = {to_string(x.type())},
                      .problem = "a tensor of " + to_string(x.type()) + " has no derivative",
                      .expected = "f32 or f64",
                      .where = where,
                      .hint = "choose what to differentiate by: grad<0>(f)(x, indices)"}};
  }
  Stream* s = stream_among(point, operation, where);
  if (s != nullptr && plain) {
    throw ArgumentError{{.operation = operation,
                         .problem = "a point of plain numbers has a tensor of a recording",
                         .expected = "only handles, or only numbers and constant tensors",
                         .where = where,
                         .hint = "make the numbers Scalars: the derivative is recorded then"}};
  }
  Inputs inputs{.parts = {}, .recorded = s != nullptr};
  inputs.parts.sizes = point.sizes;
  inputs.parts.scalars.reserve(point.scalars.size());
  inputs.parts.tensors.reserve(point.tensors.size());
  if (s == nullptr) s = &own.stream();
  for (const Scalar& x : point.scalars) inputs.parts.scalars.push_back(own_value(x, *s, where));
  for (const Tensor& x : point.tensors) inputs.parts.tensors.push_back(own_value(x, *s, where));
  return inputs;
}

void want_alike(const Parts& given, const Parts& x, const char* what, const char* operation,
                std::source_location where) {
  const auto refuse = [&](std::string problem, std::string expected) {
    throw ShapeError{{.operation = operation,
                      .problem = "the " + std::string(what) + " has " + std::move(problem),
                      .expected = std::move(expected) + ", as has what it belongs to",
                      .where = where}};
  };
  const auto elements = [](std::size_t count) {
    return std::to_string(count) + (count == 1 ? " element" : " elements");
  };
  for (std::size_t k = 0; k < std::min(given.sizes.size(), x.sizes.size()); ++k)
    if (given.sizes[k] != x.sizes[k]) refuse("a part of " + elements(given.sizes[k]), elements(x.sizes[k]));
  if (given.scalars.size() != x.scalars.size() || given.tensors.size() != x.tensors.size())
    refuse(elements(given.scalars.size() + given.tensors.size()), elements(x.scalars.size() + x.tensors.size()));
  for (std::size_t k = 0; k < x.tensors.size(); ++k)
    if (!(given.tensors[k].type() == x.tensors[k].type()))
      refuse(to_string(given.tensors[k].type()), to_string(x.tensors[k].type()));
}

Parts constants(const Parts& x) {
  Parts result;
  result.sizes = x.sizes;
  for (const Scalar& each : x.scalars) result.scalars.emplace_back(each.value());
  for (const Tensor& each : x.tensors) result.tensors.emplace_back(each.value());
  return result;
}

Parts one_for(const Parts& y, const char* operation, std::source_location where) {
  Parts one;
  for (const Tensor& each : y.tensors) {
    if (each.size() != 1) {
      throw ShapeError{{.operation = operation,
                        .operands = {to_string(each.type())},
                        .problem = "the function gives " + to_string(each.type()),
                        .expected = "a single element",
                        .where = where,
                        .hint = "let it give sum(y), or take jacobian(f), or vjp(f) with a cotangent"}};
    }
    one.tensors.push_back(full(each.shape(), 1.0, is_real(each.dtype()) ? each.dtype() : Dtype::f64, where));
  }
  one.scalars.assign(y.scalars.size(), Scalar(1.0));
  return one;
}

Parts recorded_pull_back(const Parts& y, const Parts& cotangent, const Inputs& x, std::source_location where) {
  return parts_of(gradient_of(handles_of(y), handles_of(cotangent), handles_of(x.parts), where), x.parts);
}

Parts pull_back(const Parts& y, const Parts& cotangent, const Inputs& x, Adjoints& work,
                 std::source_location where) {
  if (x.recorded) return recorded_pull_back(y, cotangent, x, where);
  Parts sum;
  sum.sizes = x.parts.sizes;
  sum.scalars.assign(x.parts.scalars.size(), Scalar(0.0));
  for (const Tensor& each : x.parts.tensors) sum.tensors.push_back(zeros(each.shape(), each.dtype(), where));
  if (!y.scalars.empty()) {
    backward(y.scalars, numbers_of(cotangent.scalars), work, where);
    add_adjoints(work, x.parts, sum);
  }
  for (std::size_t k = 0; k < y.tensors.size(); ++k) {
    backward(y.tensors[k], cotangent.tensors[k], work, where);
    add_adjoints(work, x.parts, sum);
  }
  return sum;
}

Parts push_forward(const Parts& y, const Inputs& x, const Parts& tangent, std::source_location where) {
  Parts result;
  result.sizes = y.sizes;
  if (!x.recorded) {
    const Tangents t = forward(x.parts.scalars, numbers_of(tangent.scalars), x.parts.tensors, tangent.tensors, where);
    for (const Scalar& each : y.scalars) result.scalars.emplace_back(t[each]);
    for (const Tensor& each : y.tensors) result.tensors.push_back(t[each]);
    return result;
  }
  // Jᵀc is linear in c, and J·tangent the gradient of tangent·Jᵀc by c, whatever c is.
  Inputs c{.parts = {}, .recorded = true};
  Stream& s = *stream_among(x.parts, "jvp", where);
  for (std::size_t k = 0; k < y.scalars.size(); ++k) c.parts.scalars.push_back(own_value(Scalar(0.0), s, where));
  for (const Tensor& each : y.tensors)
    c.parts.tensors.push_back(own_value(zeros(each.shape(), each.dtype(), where), s, where));
  result = recorded_pull_back(recorded_pull_back(y, c.parts, x, where), tangent, c, where);
  result.sizes = y.sizes;
  return result;
}

}  // namespace wengert::detail
