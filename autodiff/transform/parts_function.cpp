#include "wengert/autodiff/transform/parts_function.hpp"

#include <algorithm>

#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

PartsLayout PartsLayout::of(const Parts& parts) {
  PartsLayout layout{.scalars = parts.scalars.size(), .tensors = {}};
  for (const Tensor& tensor : parts.tensors) layout.tensors.push_back(tensor.type());
  return layout;
}

namespace {

bool is_one_tensor(const PartsLayout& layout) { return layout.scalars == 0 && layout.tensors.size() == 1; }

/// The type of everything packed into one tensor.
Type packed_type(const PartsLayout& layout) {
  if (is_one_tensor(layout)) return layout.tensors[0];
  auto size = static_cast<std::int64_t>(layout.scalars);
  for (const Type& type : layout.tensors) size += type.shape.size();
  return {Dtype::f64, Shape{size}};
}

Tensor packed(const Parts& parts, std::source_location where) {
  return parts.scalars.empty() && parts.tensors.size() == 1 ? parts.tensors[0] : flattened(parts, where);
}

Parts unpacked(const Tensor& whole, const PartsLayout& layout, std::source_location where) {
  if (!is_one_tensor(layout)) return unflattened(whole, layout, where);
  Parts parts;
  parts.tensors.push_back(whole);
  return parts;
}

std::vector<Tensor> operands_of(const Parts& x, std::source_location where) {
  std::vector<Tensor> operands;
  if (!x.scalars.empty()) operands.push_back(stack(std::span<const Scalar>(x.scalars), where));
  operands.insert(operands.end(), x.tensors.begin(), x.tensors.end());
  return operands;
}

/// The parts that these operands hold.
Parts parts_of(std::span<const Tensor> operands, const PartsLayout& layout) {
  Parts parts;
  std::size_t at = 0;
  if (layout.scalars > 0) {
    const Tensor& scalars = operands[at++];
    for (std::size_t k = 0; k < layout.scalars; ++k)
      parts.scalars.push_back(element(scalars, {static_cast<std::int64_t>(k)}, {}));
  }
  parts.tensors.assign(operands.begin() + static_cast<std::ptrdiff_t>(at), operands.end());
  return parts;
}

/// Tangents of operands that are not real mean nothing; zeros of their kind stand for them.
Parts tangent_parts(std::span<const Tensor> tangents, std::span<const Tensor> x, const PartsLayout& layout) {
  Parts parts = parts_of(tangents, layout);
  const std::size_t first = layout.scalars > 0 ? 1 : 0;
  for (std::size_t k = 0; k < parts.tensors.size(); ++k)
    if (!is_real(x[first + k].dtype())) parts.tensors[k] = zeros(x[first + k].shape(), x[first + k].dtype(), {});
  return parts;
}

}  // namespace

Tensor flattened(const Parts& parts, std::source_location where) {
  std::vector<Tensor> pieces;
  if (!parts.scalars.empty()) pieces.push_back(stack(std::span<const Scalar>(parts.scalars), where));
  for (const Tensor& tensor : parts.tensors) {
    const Tensor flat = reshape(tensor, Shape{tensor.size()}, where);
    pieces.push_back(tensor.dtype() == Dtype::f64 ? flat : convert(flat, Dtype::f64, where));
  }
  if (pieces.empty()) return zeros(Shape{0}, Dtype::f64, where);
  return pieces.size() == 1 ? pieces[0] : concatenate(pieces, 0, where);
}

Parts unflattened(const Tensor& whole, const PartsLayout& layout, std::source_location where) {
  Parts parts;
  std::int64_t at = 0;
  for (std::size_t k = 0; k < layout.scalars; ++k) parts.scalars.push_back(element(whole, {at++}, where));
  for (const Type& type : layout.tensors) {
    const std::int64_t size = type.shape.size();
    const Tensor flat = slice(whole, {at}, {at + size}, {}, where);
    const Tensor shaped = reshape(flat, type.shape, where);
    parts.tensors.push_back(type.dtype == Dtype::f64 ? shaped : convert(shaped, type.dtype, where));
    at += size;
  }
  return parts;
}

PartsFunction::PartsFunction(std::string name, PartsLayout from, PartsLayout to)
    : name_(std::move(name)), from_(std::move(from)), to_(std::move(to)) {
  if (is_one_tensor(to_)) return;
  for (const Type& type : to_.tensors) {
    if (is_real(type.dtype)) continue;
    throw DtypeError{{.operation = name_,
                      .operands = {to_string(type)},
                      .problem = "one of several results has " + to_string(type),
                      .expected = "f32 or f64, unless it is the only result"}};
  }
}

Type PartsFunction::type(std::span<const Type> operands) const {
  std::vector<Type> expected;
  if (from_.scalars > 0) expected.push_back({Dtype::f64, Shape{static_cast<std::int64_t>(from_.scalars)}});
  expected.insert(expected.end(), from_.tensors.begin(), from_.tensors.end());
  if (!std::ranges::equal(operands, expected)) {
    std::string texts;
    for (const Type& each : expected) texts += (texts.empty() ? "" : ", ") + to_string(each);
    throw ShapeError{{.problem = "the operands are not those that the function was made for", .expected = texts}};
  }
  return packed_type(to_);
}

Tensor PartsFunction::value(std::span<const Tensor> x) const {
  const Parts y = run(parts_of(x, from_));
  if (!(PartsLayout::of(y) == to_)) {
    throw ShapeError{{.operation = name_,
                      .problem = "the function gives something else than when it was recorded",
                      .expected = "results of the same number and types"}};
  }
  return packed(y, {});
}

std::vector<Tensor> PartsFunction::vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                       std::span<const char>) const {
  return operands_of(pull(unpacked(cotangent, to_, {}), unpacked(y, to_, {}), parts_of(x, from_)), {});
}

Tensor PartsFunction::jvp(std::span<const Tensor> tangents, const Tensor& y, std::span<const Tensor> x) const {
  return packed(push(tangent_parts(tangents, x, from_), unpacked(y, to_, {}), parts_of(x, from_)), {});
}

Parts PartsFunction::pull(const Parts& cotangent, const Parts&, const Parts& x) const {
  return pull_through([this](const Parts& inputs) { return run(inputs); }, cotangent, x, {});
}

Parts PartsFunction::push(const Parts& tangent, const Parts&, const Parts& x) const {
  return push_through([this](const Parts& inputs) { return run(inputs); }, tangent, x, {});
}

Parts call_parts(const std::shared_ptr<const PartsFunction>& function, const Parts& x, const Parts& value,
                 std::source_location where) {
  const std::vector<Tensor> operands = operands_of(x, where);
  Parts y = unpacked(call_with_value(function, operands, packed(value, where), where), function->to(), where);
  y.sizes = value.sizes;
  return y;
}

void throw_wrong_rule(const std::string& function, const char* what, const char* whose, const PartsLayout& got,
                      const PartsLayout& expected) {
  const auto text = [](const PartsLayout& layout) {
    std::string parts = std::to_string(layout.scalars) + (layout.scalars == 1 ? " Scalar" : " Scalars");
    for (const Type& type : layout.tensors) parts += ", " + to_string(type);
    return parts;
  };
  throw ArgumentError{
      {.operation = function,
       .problem = "the rule gives " + std::string(what) + " of " + text(got),
       .expected = text(expected) + ", as the " + whose + (whose == std::string("result") ? " has" : " have")}};
}

Parts hollow(const Parts& parts) {
  Parts nothing;
  nothing.sizes = parts.sizes;
  nothing.scalars.resize(parts.scalars.size());
  nothing.tensors.resize(parts.tensors.size());
  return nothing;
}

bool is_recorded(const Parts& parts) {
  const auto recorded = [](const auto& x) { return !x.is_constant(); };
  return std::ranges::any_of(parts.scalars, recorded) || std::ranges::any_of(parts.tensors, recorded);
}

namespace {

/// Parts whose tensors are split: the real ones, which have derivatives, and the rest.
class Split {
 public:
  explicit Split(const Parts& x) : x_(x) {
    real.scalars = x.scalars;
    for (const Tensor& tensor : x.tensors)
      if (is_real(tensor.dtype())) real.tensors.push_back(tensor);
  }
  Parts real;

  /// Of other parts of the same kinds, those that belong to `real`.
  [[nodiscard]] Parts only_real(const Parts& other) const {
    Parts result;
    result.scalars = other.scalars;
    for (std::size_t k = 0; k < x_.tensors.size(); ++k)
      if (is_real(x_.tensors[k].dtype())) result.tensors.push_back(other.tensors[k]);
    return result;
  }
  /// All parts: `inputs` for the real ones. `zero`: the rest are zeros, not what they are in x.
  [[nodiscard]] Parts whole(const Parts& inputs, bool zero) const {
    Parts result;
    result.scalars = inputs.scalars;
    std::size_t next = 0;
    for (const Tensor& tensor : x_.tensors) {
      if (is_real(tensor.dtype()))
        result.tensors.push_back(inputs.tensors[next++]);
      else
        result.tensors.push_back(zero ? zeros(tensor.shape(), tensor.dtype(), {}) : tensor);
    }
    return result;
  }

 private:
  const Parts& x_;
};

}  // namespace

Parts pull_through(const std::function<Parts(const Parts&)>& run, const Parts& cotangent, const Parts& x,
                   std::source_location where) {
  const Split split(x);
  Recording own;
  Adjoints work;
  const Inputs inputs = inputs_for(split.real, false, own, "vjp", where);
  const Parts y = run(split.whole(inputs.parts, false));
  const Split outputs(y);
  return split.whole(pull_back(outputs.real, outputs.only_real(cotangent), inputs, work, where), true);
}

Parts push_through(const std::function<Parts(const Parts&)>& run, const Parts& tangent, const Parts& x,
                   std::source_location where) {
  const Split split(x);
  Recording own;
  const Inputs inputs = inputs_for(split.real, false, own, "jvp", where);
  const Parts y = run(split.whole(inputs.parts, false));
  return push_forward(y, inputs, split.only_real(tangent), where);
}

}  // namespace wengert::detail
