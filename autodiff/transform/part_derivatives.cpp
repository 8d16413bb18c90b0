#include "wengert/autodiff/transform/part_derivatives.hpp"

#include <algorithm>
#include <span>
#include <string>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/jvp.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/autodiff/transform/hessian.hpp"
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

Stream& stream_of_tag(Tag tag, const char* operation, std::source_location where) {
  StreamHead& head = Stream::of(tag);
  if (&head == &no_stream) Stream::throw_bad_handle(tag, operation, where);
  return static_cast<Stream&>(head);
}
Tag first_tag(const Parts& parts) {
  for (const Scalar& x : parts.scalars)
    if (x.tag() != 0) return x.tag();
  for (const Tensor& x : parts.tensors)
    if (x.tag() != 0) return x.tag();
  return 0;
}
void check_all(const Stream& s, const Parts& parts, const char* operation, std::source_location where) {
  for (const Scalar& x : parts.scalars) s.check(x.id(), x.tag(), operation, where);
  for (const Tensor& x : parts.tensors) s.check(x.id(), x.tag(), operation, where);
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

// --- Jacobians
// --------------------------------------------------------------------------------------------------------

Shape joined(const Shape& a, const Shape& b) {
  std::vector<std::int64_t> extents(a.extents().begin(), a.extents().end());
  extents.insert(extents.end(), b.extents().begin(), b.extents().end());
  return Shape(extents);
}
std::size_t element_count(const Tensor& x) { return static_cast<std::size_t>(x.size()); }

/// Rows [row, row + rows) and columns [column, column + columns) of a matrix as a tensor.
Tensor block(const Matrix& m, std::size_t row, std::size_t rows, std::size_t column, std::size_t columns,
             const Shape& shape, Dtype dtype, std::source_location where) {
  std::vector<double> elements;
  elements.reserve(rows * columns);
  for (std::size_t i = row; i < row + rows; ++i) {
    const std::span<const double> part = m.row(i).subspan(column, columns);
    elements.insert(elements.end(), part.begin(), part.end());
  }
  return convert(tensor(elements, shape, where), dtype, where);
}

/// A Jacobian as numbers, taken apart. Rows are those of y, columns those of x.
JacobianParts cut(const Matrix& m, const Parts& y, const Parts& x, std::source_location where) {
  JacobianParts result;
  std::size_t row = 0;
  for (; row < y.scalars.size(); ++row) {
    Parts& parts = result.of_scalars.emplace_back();
    std::size_t column = 0;
    for (; column < x.scalars.size(); ++column) parts.scalars.emplace_back(m(row, column));
    for (const Tensor& each : x.tensors) {
      parts.tensors.push_back(block(m, row, 1, column, element_count(each), each.shape(), each.dtype(), where));
      column += element_count(each);
    }
  }
  for (const Tensor& output : y.tensors) {
    JacobianParts::OfTensor& parts = result.of_tensors.emplace_back();
    const std::size_t rows = element_count(output);
    std::size_t column = 0;
    for (; column < x.scalars.size(); ++column)
      parts.by_scalars.push_back(block(m, row, rows, column, 1, output.shape(), output.dtype(), where));
    for (const Tensor& each : x.tensors) {
      parts.by_tensors.push_back(
          block(m, row, rows, column, element_count(each), joined(output.shape(), each.shape()), each.dtype(), where));
      column += element_count(each);
    }
    row += rows;
  }
  return result;
}

/// The derivatives of tensor y, recorded, by a reverse sweep from each element.
JacobianParts::OfTensor recorded_rows(const Tensor& y, const Inputs& x, std::source_location where) {
  std::vector<std::vector<Scalar>> by_scalar(x.parts.scalars.size());
  std::vector<std::vector<Tensor>> by_tensor(x.parts.tensors.size());
  for (std::int64_t k = 0; k < y.size(); ++k) {
    std::vector<double> one(element_count(y));
    one[static_cast<std::size_t>(k)] = 1.0;
    Parts output, cotangent;
    output.tensors.push_back(y);
    cotangent.tensors.push_back(convert(tensor(one, y.shape(), where), y.dtype(), where));
    const Parts row = recorded_pull_back(output, cotangent, x, where);
    for (std::size_t j = 0; j < by_scalar.size(); ++j) by_scalar[j].push_back(row.scalars[j]);
    for (std::size_t j = 0; j < by_tensor.size(); ++j) by_tensor[j].push_back(row.tensors[j]);
  }
  JacobianParts::OfTensor result;
  for (const auto& each : by_scalar)
    result.by_scalars.push_back(convert(reshape(stack(each, where), y.shape(), where), y.dtype(), where));
  for (std::size_t j = 0; j < by_tensor.size(); ++j) {
    const Tensor& input = x.parts.tensors[j];
    const Shape shape = joined(y.shape(), input.shape());
    result.by_tensors.push_back(y.size() == 0 ? zeros(shape, input.dtype(), where)
                                              : reshape(stack(by_tensor[j], 0, where), shape, where));
  }
  return result;
}

/// All derivatives by the x of a point without tensors, recorded, by a forward sweep along each of them.
JacobianParts recorded_columns(const Parts& y, const Inputs& x, std::source_location where) {
  JacobianParts result;
  result.of_scalars.resize(y.scalars.size());
  result.of_tensors.resize(y.tensors.size());
  for (std::size_t j = 0; j < x.parts.scalars.size(); ++j) {
    Parts tangent;
    tangent.scalars.assign(x.parts.scalars.size(), Scalar(0.0));
    tangent.scalars[j] = 1.0;
    Parts column = push_forward(y, x, tangent, where);
    for (std::size_t i = 0; i < y.scalars.size(); ++i) result.of_scalars[i].scalars.push_back(column.scalars[i]);
    for (std::size_t i = 0; i < y.tensors.size(); ++i)
      result.of_tensors[i].by_scalars.push_back(std::move(column.tensors[i]));
  }
  return result;
}

JacobianParts recorded_jacobian(const Parts& y, const Inputs& x, const JacobianOptions& options,
                                std::source_location where) {
  std::size_t rows = y.scalars.size();
  for (const Tensor& each : y.tensors) rows += element_count(each);
  const bool shorter = x.parts.scalars.size() < rows;
  if (x.parts.tensors.empty() && options.mode != JacobianMode::reverse &&
      (shorter || options.mode == JacobianMode::forward))
    return recorded_columns(y, x, where);
  JacobianParts result;
  for (const Scalar& each : y.scalars) {
    Parts output, one;
    output.scalars.push_back(each);
    one.scalars.emplace_back(1.0);
    result.of_scalars.push_back(recorded_pull_back(output, one, x, where));
  }
  for (const Tensor& each : y.tensors) result.of_tensors.push_back(recorded_rows(each, x, where));
  return result;
}

}  // namespace

Scalar variable_beside(const Scalar& x, double value, std::source_location where) {
  if (x.is_constant()) return value;
  Stream& s = stream_of_tag(x.tag(), "constant_beside", where);
  s.check(x.id(), x.tag(), "constant_beside", where);
  return own_value(Scalar(value), s, where);
}

Inputs inputs_for(const Parts& point, bool plain, Recording& own, const char* operation, std::source_location where,
                  const Parts* beside) {
  for (const Tensor& x : point.tensors) {
    if (is_real(x.dtype())) continue;
    throw DtypeError{{.operation = operation,
                      .operands = {to_string(x.type())},
                      .problem = "a tensor of " + to_string(x.type()) + " has no derivative",
                      .expected = "f32 or f64",
                      .where = where,
                      .hint = "choose what to differentiate by: grad<0>(f)(x, indices)"}};
  }
  Tag tag = first_tag(point);
  if (tag == 0 && beside != nullptr) tag = first_tag(*beside);
  if (tag != 0 && plain) {
    throw ArgumentError{{.operation = operation,
                         .problem = "a point of plain numbers has a tensor of a recording",
                         .expected = "only handles, or only numbers and constant tensors",
                         .where = where,
                         .hint = "make the numbers Scalars: the derivative is recorded then"}};
  }
  Stream& s = tag == 0 ? own.stream() : stream_of_tag(tag, operation, where);
  check_all(s, point, operation, where);
  if (beside != nullptr) check_all(s, *beside, operation, where);
  Inputs inputs{.parts = {}, .recorded = tag != 0};
  inputs.parts.sizes = point.sizes;
  inputs.parts.scalars.reserve(point.scalars.size());
  inputs.parts.tensors.reserve(point.tensors.size());
  for (const Scalar& x : point.scalars) inputs.parts.scalars.push_back(own_value(x, s, where));
  for (const Tensor& x : point.tensors) inputs.parts.tensors.push_back(own_value(x, s, where));
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

Parts pull_back(const Parts& y, const Parts& cotangent, const Inputs& x, Adjoints& work, std::source_location where) {
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
  if (x.recorded) return parts_of(jvp_of(handles_of(y), handles_of(x.parts), handles_of(tangent), where), y);
  const Tangents t = forward(x.parts.scalars, numbers_of(tangent.scalars), x.parts.tensors, tangent.tensors, where);
  Parts result;
  result.sizes = y.sizes;
  for (const Scalar& each : y.scalars) result.scalars.emplace_back(t[each]);
  for (const Tensor& each : y.tensors) result.tensors.push_back(t[each]);
  return result;
}

Matrix jacobian_matrix(const Parts& y, const Inputs& x, const JacobianOptions& options, std::source_location where) {
  return jacobian_of(handles_of(y), handles_of(x.parts), options, "jacobian", where);
}
Matrix hessian_matrix(const Parts& y, const Inputs& x, std::source_location where) {
  return hessian_of(handles_of(y).front(), handles_of(x.parts), {}, where);
}
JacobianParts jacobian_parts(const Parts& y, const Inputs& x, const JacobianOptions& options,
                             std::source_location where) {
  if (x.recorded) return recorded_jacobian(y, x, options, where);
  return cut(jacobian_matrix(y, x, options, where), y, x.parts, where);
}
JacobianParts hessian_parts(const Parts& y, const Inputs& x, std::source_location where) {
  if (!x.recorded) return cut(hessian_matrix(y, x, where), x.parts, x.parts, where);
  return recorded_jacobian(recorded_pull_back(y, one_for(y, "hessian", where), x, where), x, {}, where);
}

Parts pull_back_from(PullbackState& state, const Parts& cotangent, std::source_location where) {
  want_alike(cotangent, state.y, "cotangent", "vjp", where);
  if (!state.inputs.recorded && first_tag(cotangent) != 0) {
    throw ArgumentError{{.operation = "vjp",
                         .problem = "the cotangent is of a recording, and the point was not",
                         .expected = "a constant cotangent, or a point of the same recording",
                         .where = where}};
  }
  return pull_back(state.y, cotangent, state.inputs, state.adjoints, where);
}

}  // namespace wengert::detail
