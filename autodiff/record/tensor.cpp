// The functions on tensors: they check and broadcast, then compute and record through record_tensor.
//
// Reading order: record_tensor (one entry), apply_to_tensors (elementwise), then the front functions.
#include "wengert/autodiff/record/tensor.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;
using graph::Attribute;

namespace {

/// f(span of n T, the k-th made of make(k)), without allocating when they are few.
template <class T, class Make, class F>
decltype(auto) with_few(std::size_t n, const Make& make, F&& f) {
  constexpr std::size_t few = 3;
  std::vector<T> many;
  if (n > few) {
    many.reserve(n);
    for (std::size_t k = 0; k < n; ++k) many.push_back(make(k));
    return f(std::span<T>(many));
  }
  // Those that are not needed are not made.
  struct Few {
    union {
      T values[few];
    };
    std::size_t count = 0;
    Few() {}
    Few(const Few&) = delete;
    Few& operator=(const Few&) = delete;
    ~Few() { std::destroy_n(values, count); }
  } storage;
  for (; storage.count < n; ++storage.count) std::construct_at(&storage.values[storage.count], make(storage.count));
  return f(std::span<T>(storage.values, n));
}

bool has_nan(const Array& array) {
  if (!is_real(array.dtype()) || array.is_unknown()) return false;
  return kernels::with_real_type(array.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto elements = array.stored<T>();
    return std::any_of(elements.begin(), elements.end(), [](T x) { return x != x; });
  });
}

/// The result where operands are unknown: so is it. An unknown constant beside values of a recording was taken out of
/// it, and what it stands for would be lost.
Array unknown_result(const Primitive& primitive, const TensorOperands& x, const Type& type, bool recorded,
                     std::source_location where) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!recorded || !x[k].is_constant() || !x[k].value().is_unknown()) continue;
    refuse<UnknownValue>(primitive.name, x.copies(),
                         "operand " + std::to_string(k) + " is a constant of no known elements",
                         "a value of the recording, or a constant that is known", where,
                         "what value() takes out of a recording is known only where it was computed");
  }
  return Array::unknown(type);
}

}  // namespace

std::size_t detail::axis_of(std::int64_t axis, std::size_t rank, std::string_view operation, const Tensor& x,
                            std::source_location where) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count)
    refuse<ShapeError>(operation, std::span(&x, 1), "axis " + std::to_string(axis) + " of " + to_string(x.type()),
                       rank == 0 ? "an operand that has axes"
                                 : "an axis from " + std::to_string(-count) + " to " + std::to_string(count - 1),
                       where);
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

Indices detail::ascending_axes(const Indices& axes, std::string_view operation, const Tensor& x,
                               std::source_location where) {
  std::array<bool, Shape::max_rank> taken{};
  for (const std::int64_t axis : axes) {
    bool& at = taken[axis_of(axis, x.rank(), operation, x, where)];
    if (at)
      refuse<ShapeError>(operation, std::span(&x, 1), "axes " + to_string(axes) + " of " + to_string(x.type()),
                         "each axis once at most", where);
    at = true;
  }
  Indices ascending;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    if (taken[axis]) ascending.push(static_cast<std::int64_t>(axis));
  return ascending;
}

Indices detail::all_axes(const Tensor& x) {
  Indices axes;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) axes.push(static_cast<std::int64_t>(axis));
  return axes;
}

// --- One entry
// --------------------------------------------------------------------------------------------------------

namespace {

/// `arrays` are moved from.
Tensor append(Stream& s, const Primitive& primitive, const TensorOperands& x, std::span<Array> arrays,
              Attribute&& attribute, Array&& y, std::source_location where) {
  if (s.stop_at_nan && has_nan(y)) s.throw_nan(s.location_to_store(where));
  return with_few<TensorOperand>(
      x.size(), [&](std::size_t k) { return TensorOperand{.id = x[k].id()}; },
      [&](std::span<TensorOperand> operands) {
        const Id id = append_tensor_entry(s, {.primitive = &primitive, .attribute = std::move(attribute), .result = y},
                                          operands, arrays, 0.0, where);
        return Tensor::from_parts(std::move(y), id, s.tag());
      });
}

Tensor record_operands(const Primitive& primitive, const TensorOperands& x, Stream* s, Attribute&& attribute,
                       std::source_location where) {
  const auto value_of = [&](std::size_t k) { return x[k].value(); };
  return with_few<Array>(x.size(), value_of, [&](std::span<Array> arrays) {
    const Type type = with_few<Type>(
        x.size(), [&](std::size_t k) { return arrays[k].type(); },
        [&](std::span<Type> types) { return graph::result_type(primitive, types, attribute, where); });
    const bool unknown = std::ranges::any_of(arrays, [](const Array& a) { return a.is_unknown(); });
    Array y;
    try {
      y = unknown ? unknown_result(primitive, x, type, s != nullptr, where)
                  : primitive.on_tensors.value(arrays, attribute, type);
    } catch (const Error& error) {
      // Inside gradient(), that of the primal entry.
      error.rethrow_at(s == nullptr ? where : location_of(s->location_to_store(where)));
    }
    if (s == nullptr) return Tensor(std::move(y));
    return append(*s, primitive, x, arrays, std::move(attribute), std::move(y), where);
  });
}

}  // namespace

Tensor detail::record_tensor(const Primitive& primitive, std::span<const Tensor> x, Attribute attribute,
                             std::source_location where) {
  return record_operands(primitive, x, stream_of(x, primitive.name, where), std::move(attribute), where);
}

Tensor detail::append_tensor(Stream& s, const Primitive& primitive, std::span<const Tensor> x,
                             std::vector<Array> arrays, Attribute attribute, Array y, std::source_location where) {
  return append(s, primitive, x, arrays, std::move(attribute), std::move(y), where);
}

// --- Elementwise
// --------------------------------------------------------------------------------------------------------

Tensor detail::apply_to_tensors(const Primitive& primitive, std::span<const TensorArgument> operands,
                                std::source_location where) {
  const std::size_t count = operands.size();
  const auto is_truth = [&](std::size_t k) { return (primitive.truth_operands >> k & 1u) != 0; };
  std::array<const Tensor*, 3> x{};  // tensors among the operands, one after the other, then all operands
  std::size_t tensors = 0;
  // What the tensors among the operands say of dtype and shape.
  const Tensor* like = nullptr;
  std::size_t like_at = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const Tensor* const tensor = operands[k].tensor();
    if (tensor == nullptr) continue;
    x[tensors++] = tensor;
    if (like != nullptr || is_truth(k)) continue;
    like = tensor;
    like_at = k;
  }
  const Dtype dtype = like == nullptr ? Dtype::f64 : like->dtype();
  const auto given = [&] { return TensorOperands(std::span<const Tensor* const>(x.data(), tensors)); };
  Stream* const s = stream_of(given(), primitive.name, where);

  const auto refused = [&]<class Kind>(std::type_identity<Kind>, std::size_t k, const std::string& beside,
                                       const std::string& expected, const std::string& hint) {
    std::vector<Tensor> all(count);
    for (std::size_t n = 0; n < count; ++n)
      if (operands[n].tensor() != nullptr) all[n] = *operands[n].tensor();
    refuse<Kind>(primitive.name, all, "operand " + std::to_string(k) + " has " + to_string(all[k].type()) + beside,
                 expected, where, hint);
  };
  Shape broad;
  const Shape* shape = nullptr;
  bool alike = tensors == count;
  for (std::size_t k = 0; k < count; ++k) {
    const Tensor* const tensor = operands[k].tensor();
    if (tensor == nullptr) continue;
    const Dtype wanted = is_truth(k) ? Dtype::boolean : dtype;
    if (tensor->dtype() != wanted) {
      if (is_truth(k)) refused(std::type_identity<DtypeError>{}, k, "", "bool", "compare it: t != 0");
      refused(std::type_identity<DtypeError>{}, k, "",
              std::string(to_string(wanted)) + " like operand " + std::to_string(like_at),
              "convert one of them; dtypes are never mixed silently");
    }
    if (!primitive.truth && !is_truth(k) && !is_real(dtype))
      refused(std::type_identity<DtypeError>{}, k, "", "f32 or f64", "convert(t, Dtype::f64) makes real numbers of it");
    if (shape == nullptr) {
      shape = &tensor->shape();
    } else if (!(tensor->shape() == *shape)) {
      Shape both;
      if (!ops::broadcast_shape(*shape, tensor->shape(), both))
        refused(std::type_identity<ShapeError>{}, k, " beside " + to_string(*shape),
                "shapes that broadcast: aligned at the last axis, extents equal or 1", "");
      broad = both;
      shape = &broad;
      alike = false;
    }
  }
  if (shape == nullptr) shape = &broad;  // numbers alone
  if (alike) return record_operands(primitive, given(), s, {}, where);

  return all_or_nothing(s, [&] {
    std::array<Tensor, 3> made;
    for (std::size_t k = 0; k < count; ++k) {
      x[k] = operands[k].tensor();
      if (x[k] == nullptr)
        made[k] = full(*shape, operands[k].number(), is_truth(k) ? Dtype::boolean : dtype, where);
      else if (!(x[k]->shape() == *shape))
        made[k] = broadcast(*x[k], *shape, where);
      else
        continue;
      x[k] = &made[k];
    }
    return record_operands(primitive, TensorOperands(std::span<const Tensor* const>(x.data(), count)), s, {}, where);
  });
}

namespace {

template <class P>
Tensor applied(const TensorArgument& a, const TensorArgument& b) {
  const TensorArgument operands[]{a, b};
  return apply_to_tensors(PrimitiveOf<P>::record, operands, a.where());
}

}  // namespace

Tensor operator+(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Add>(a, b); }
Tensor operator-(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Sub>(a, b); }
Tensor operator*(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Mul>(a, b); }
Tensor operator/(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Div>(a, b); }
Tensor operator-(const TensorArgument& a) {
  return apply_to_tensors(PrimitiveOf<ops::Neg>::record, std::span(&a, 1), a.where());
}
Tensor operator&(const TensorArgument& a, const TensorArgument& b) { return applied<ops::LogicalAnd>(a, b); }
Tensor operator|(const TensorArgument& a, const TensorArgument& b) { return applied<ops::LogicalOr>(a, b); }
Tensor operator^(const TensorArgument& a, const TensorArgument& b) { return applied<ops::LogicalXor>(a, b); }
Tensor operator!(const TensorArgument& a) {
  return apply_to_tensors(PrimitiveOf<ops::LogicalNot>::record, std::span(&a, 1), a.where());
}
Tensor operator<(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Less>(a, b); }
Tensor operator<=(const TensorArgument& a, const TensorArgument& b) { return applied<ops::LessEqual>(a, b); }
Tensor operator>(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Greater>(a, b); }
Tensor operator>=(const TensorArgument& a, const TensorArgument& b) { return applied<ops::GreaterEqual>(a, b); }
Tensor operator==(const TensorArgument& a, const TensorArgument& b) { return applied<ops::Equal>(a, b); }
Tensor operator!=(const TensorArgument& a, const TensorArgument& b) { return applied<ops::NotEqual>(a, b); }
Tensor where(const TensorArgument& condition, const TensorArgument& a, const TensorArgument& b) {
  const TensorArgument operands[]{condition, a, b};
  return apply_to_tensors(PrimitiveOf<ops::Where>::record, operands, condition.where());
}

Tensor& Tensor::operator+=(const TensorArgument& x) { return *this = TensorArgument(*this, x.where()) + x; }
Tensor& Tensor::operator-=(const TensorArgument& x) { return *this = TensorArgument(*this, x.where()) - x; }
Tensor& Tensor::operator*=(const TensorArgument& x) { return *this = TensorArgument(*this, x.where()) * x; }
Tensor& Tensor::operator/=(const TensorArgument& x) { return *this = TensorArgument(*this, x.where()) / x; }

// --- Values and constants
// -----------------------------------------------------------------------------------------------

double Tensor::item(std::source_location where) const {
  if (size() != 1)
    refuse<ShapeError>("item", std::span(this, 1), "the tensor is " + to_string(type()), "a single element", where);
  if (elements_.is_unknown()) refuse_unknown("item", *this, where);
  return elements_.element(0);
}

std::vector<double> Tensor::to_vector(std::source_location where) const {
  if (elements_.is_unknown()) refuse_unknown("to_vector", *this, where);
  std::vector<double> result(static_cast<std::size_t>(size()));
  with_element_type(dtype(), [&]<class T>(std::type_identity<T>) {
    const auto from = elements_.stored<T>();
    const auto stride = static_cast<std::size_t>(elements_.stride());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<double>(from[i * stride]);
  });
  return result;
}

Tensor tensor(std::initializer_list<double> values, std::source_location where) {
  return tensor(values, Shape{static_cast<std::int64_t>(values.size())}, where);
}
Tensor tensor(std::initializer_list<double> values, const Shape& shape, std::source_location where) {
  return Tensor(Array::from(values, shape, where));
}
Tensor tensor(std::span<const double> values, const Shape& shape, std::source_location where) {
  return Tensor(Array::from(values, shape, where));
}
Tensor tensor(std::span<const float> values, const Shape& shape, std::source_location where) {
  return Tensor(Array::from(values, shape, where));
}
Tensor tensor(std::span<const std::int64_t> values, const Shape& shape, std::source_location where) {
  return Tensor(Array::from(values, shape, where));
}
Tensor full(const Shape& shape, double value, Dtype dtype, std::source_location where) {
  return Tensor(Array::uniform({dtype, shape}, value, where));
}

Tensor unknown(const Shape& shape, Dtype dtype) { return Tensor(Array::unknown({dtype, shape})); }

// --- Shapes
// -------------------------------------------------------------------------------------------------------------

Tensor broadcast(const Tensor& x, const Shape& shape, std::source_location where) {
  if (x.shape() == shape) return x;
  return record_one<ops::Broadcast>(x, ops::attribute_of(shape.extents()), where);
}

Tensor reshape(const Tensor& x, const Shape& shape, std::source_location where) {
  if (x.shape() == shape) return x;
  return record_one<ops::Reshape>(x, ops::attribute_of(shape.extents()), where);
}

Tensor permute(const Tensor& x, const Indices& axes, std::source_location where) {
  Indices from_zero = axes;
  bool moves = false;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    from_zero[k] = static_cast<std::int64_t>(axis_of(axes[k], x.rank(), "permute", x, where));
    moves = moves || from_zero[k] != static_cast<std::int64_t>(k);
  }
  if (!moves && axes.size() == x.rank()) return x;
  return record_one<ops::Permute>(x, ops::attribute_of(from_zero), where);
}

Tensor transpose(const Tensor& x, std::source_location where) {
  if (x.rank() < 2)
    refuse<ShapeError>("transpose", std::span(&x, 1), "operand 0 has " + to_string(x.type()), "two axes at least",
                       where);
  Indices axes;
  for (std::size_t k = 0; k < x.rank(); ++k) axes.push(static_cast<std::int64_t>(k));
  std::swap(axes[x.rank() - 2], axes[x.rank() - 1]);
  return permute(x, axes, where);
}

Tensor slice(const Tensor& x, const Indices& start, const Indices& stop, const Indices& step,
             std::source_location where) {
  std::vector<std::int64_t> numbers(start.begin(), start.end());
  numbers.insert(numbers.end(), stop.begin(), stop.end());
  if (step.size() == 0)
    numbers.insert(numbers.end(), start.size(), 1);
  else
    numbers.insert(numbers.end(), step.begin(), step.end());
  if (start.size() != x.rank() || stop.size() != x.rank() || numbers.size() != 3 * x.rank())
    refuse<ShapeError>("slice", std::span(&x, 1),
                       "starts " + to_string(start) + ", stops " + to_string(stop) + ", steps " + to_string(step) +
                           " for " + to_string(x.type()),
                       "one of each for every axis", where);
  return record_one<ops::Slice>(x, std::move(numbers), where);
}

Tensor slice_along(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step,
                   std::source_location where) {
  const std::size_t along = axis_of(axis, x.rank(), "slice", x, where);
  Indices starts, stops(x.shape().extents()), steps;
  for (std::size_t k = 0; k < x.rank(); ++k) {
    starts.push(k == along ? start : 0);
    steps.push(k == along ? step : 1);
  }
  stops[along] = stop;
  return slice(x, starts, stops, steps, where);
}

Tensor embed(const Tensor& x, const Shape& shape, const Indices& start, const Indices& step,
             std::source_location where) {
  std::vector<std::int64_t> numbers(shape.begin(), shape.end());
  numbers.insert(numbers.end(), start.begin(), start.end());
  if (step.size() == 0)
    numbers.insert(numbers.end(), start.size(), 1);
  else
    numbers.insert(numbers.end(), step.begin(), step.end());
  if (shape.rank() != x.rank() || start.size() != x.rank() || numbers.size() != 3 * x.rank())
    refuse<ShapeError>("embed", std::span(&x, 1),
                       "shape " + to_string(shape) + ", starts " + to_string(start) + ", steps " + to_string(step) +
                           " for " + to_string(x.type()),
                       "one of each for every axis", where);
  return record_one<ops::Embed>(x, std::move(numbers), where);
}

Tensor stack(std::span<const Tensor> x, std::int64_t axis, std::source_location where) {
  if (axis < 0 && !x.empty()) axis += static_cast<std::int64_t>(x[0].rank()) + 1;
  return record_tensor(PrimitiveOf<ops::Stack>::record, x, axis, where);
}

Tensor concatenate(std::span<const Tensor> x, std::int64_t axis, std::source_location where) {
  if (axis < 0 && !x.empty()) axis += static_cast<std::int64_t>(x[0].rank());
  return record_tensor(PrimitiveOf<ops::Concatenate>::record, x, axis, where);
}

// --- Crossing
// -----------------------------------------------------------------------------------------------------------

Tensor stack(std::span<const Scalar> x, std::source_location where) {
  Stream* const s = stream_of(x, ops::Stack::name, where);
  Array y = Array::uninitialised({Dtype::f64, Shape{static_cast<std::int64_t>(x.size())}}, where);
  const auto to = y.mutable_data<double>();
  for (std::size_t k = 0; k < x.size(); ++k) to[k] = x[k].value();
  if (s == nullptr) return Tensor(std::move(y));
  std::vector<TensorOperand> operands(x.size());
  for (std::size_t k = 0; k < x.size(); ++k) operands[k] = {.id = x[k].id(), .scalar = true, .number = x[k].value()};
  std::vector<Array> none(x.size());
  const Id id = append_tensor_entry(
      *s, {.primitive = &PrimitiveOf<ops::Stack>::record, .attribute = std::int64_t{0}, .result = y}, operands, none,
      0.0, where);
  return Tensor::from_parts(std::move(y), id, s->tag());
}

Tensor detail::tensor_around(const Scalar& x, const Type& type, std::int64_t position, std::source_location where) {
  Stream* const s = stream_of(std::span(&x, 1), ops::ToTensor::name, where);
  std::vector<std::int64_t> attribute{position, static_cast<std::int64_t>(size_of(type.dtype))};
  attribute.insert(attribute.end(), type.shape.begin(), type.shape.end());
  Array y = Array::zeros(type, where);
  kernels::with_real_type(type.dtype, [&]<class T>(std::type_identity<T>) {
    y.mutable_data<T>()[static_cast<std::size_t>(position)] = static_cast<T>(x.value());
  });
  if (s == nullptr) return Tensor(std::move(y));
  const TensorOperand operand{.id = x.id(), .scalar = true, .number = x.value()};
  Array none;
  const Id id = append_tensor_entry(
      *s, {.primitive = &PrimitiveOf<ops::ToTensor>::record, .attribute = std::move(attribute), .result = y},
      std::span(&operand, 1), std::span(&none, 1), 0.0, where);
  return Tensor::from_parts(std::move(y), id, s->tag());
}

Scalar detail::scalar_at(const Tensor& x, std::int64_t position, std::source_location where) {
  Stream* const s = stream_of(std::span(&x, 1), ops::ToScalar::name, where);
  if (x.value().is_unknown()) refuse_unknown(ops::ToScalar::name, x, where);
  const double value = x.value().element(position);
  if (s == nullptr) return Scalar(value);
  const TensorOperand operand{.id = x.id()};
  Array elements = x.value();
  const Id id =
      append_tensor_entry(*s, {.primitive = &PrimitiveOf<ops::ToScalar>::record, .attribute = position, .scalar = true},
                          std::span(&operand, 1), std::span(&elements, 1), value, where);
  return Scalar::from_parts(value, id, s->tag());
}

Tensor to_tensor(const Scalar& x, std::source_location where) { return tensor_around(x, Type{}, 0, where); }

Scalar to_scalar(const Tensor& x, std::source_location where) {
  if (x.size() != 1)
    refuse<ShapeError>("to_scalar", std::span(&x, 1), "operand 0 has " + to_string(x.type()), "a single element", where,
                       "element(t, {i, j}) takes one of several");
  return scalar_at(x, 0, where);
}

Scalar element(const Tensor& x, const Indices& position, std::source_location where) {
  std::int64_t at = 0;
  bool inside = position.size() == x.rank();
  for (std::size_t k = 0; k < x.rank() && inside; ++k) {
    inside = position[k] >= 0 && position[k] < x.shape()[k];
    at = at * x.shape()[k] + position[k];
  }
  if (!inside)
    refuse<ShapeError>("element", std::span(&x, 1), "position " + to_string(position) + " of " + to_string(x.type()),
                       "one index for every axis, each below its extent", where);
  return scalar_at(x, at, where);
}

Tensor convert(const Tensor& x, Dtype dtype, std::source_location where) {
  if (x.dtype() == dtype) return x;
  return record_one<ops::Convert>(x, std::string(to_string(dtype)), where);
}

Tensor pick(const Tensor& x, std::int64_t position) { return record_one<ops::ToScalar>(x, position, {}); }
Tensor place(const Tensor& x, const Type& type, std::int64_t position) {
  std::vector<std::int64_t> attribute{position, static_cast<std::int64_t>(size_of(type.dtype))};
  attribute.insert(attribute.end(), type.shape.begin(), type.shape.end());
  return record_one<ops::ToTensor>(x, std::move(attribute), {});
}

// --- Products
// -------------------------------------------------------------------------------------------------------------

Tensor product(const Tensor& a, const Tensor& b, std::int64_t flags, std::source_location where) {
  const Tensor x[]{a, b};
  return record_tensor(PrimitiveOf<ops::MatMul>::record, x, flags, where);
}

Tensor matmul_transposed(const Tensor& a, const Tensor& b, std::source_location where) {
  const Tensor both[]{a, b};
  (void)stream_of(both, "matmul_transposed", where);
  const std::string second = "operand 1 has " + to_string(b.type());
  if (!is_real(a.dtype()))
    refuse<DtypeError>("matmul_transposed", both, "operand 0 has " + to_string(a.type()), "f32 or f64", where);
  if (a.dtype() != b.dtype())
    refuse<DtypeError>("matmul_transposed", both, second, std::string(to_string(a.dtype())) + " like operand 0", where,
                       "convert one of them; dtypes are never mixed silently");
  if (a.rank() != 2)
    refuse<ShapeError>("matmul_transposed", both, "operand 0 has " + to_string(a.type()), "a matrix", where);
  if (b.rank() != 2 || b.shape()[1] != a.shape()[1])
    refuse<ShapeError>("matmul_transposed", both, second,
                       std::string(to_string(b.dtype())) + "[*," + std::to_string(a.shape()[1]) + "] to go with " +
                           to_string(a.type()),
                       where);
  return product(a, b, kernels::transpose_second, where);
}

Tensor matmul(const Tensor& a, const Tensor& b, std::source_location where) {
  const Tensor both[]{a, b};
  Stream* const s = stream_of(both, "matmul", where);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::string problem = "operand " + std::to_string(k) + " has " + to_string(both[k].type());
    if (both[k].rank() == 0)
      refuse<ShapeError>("matmul", both, problem, "rank 1 or more", where, "t * s multiplies by a number");
    if (!is_real(both[k].dtype())) refuse<DtypeError>("matmul", both, problem, "f32 or f64", where);
  }
  const std::string second = "operand 1 has " + to_string(b.type());
  if (a.dtype() != b.dtype())
    refuse<DtypeError>("matmul", both, second, std::string(to_string(a.dtype())) + " like operand 0", where,
                       "convert one of them; dtypes are never mixed silently");
  const std::int64_t inner = a.shape()[a.rank() - 1];
  if (b.shape()[b.rank() == 1 ? 0 : b.rank() - 2] != inner)
    refuse<ShapeError>("matmul", both, second,
                       std::string(to_string(b.dtype())) +
                           (b.rank() == 1   ? "["
                            : b.rank() == 2 ? "["
                                            : "[…,") +
                           std::to_string(inner) + (b.rank() == 1 ? "]" : ",*]") + " to go with " + to_string(a.type()),
                       where, "transpose(b) exchanges its last two axes");
  const auto lead = [](const Tensor& x) {
    return x.rank() > 2 ? Shape(x.shape().extents().first(x.rank() - 2), {}) : Shape{};
  };
  Shape leading;
  if (!ops::broadcast_shape(lead(a), lead(b), leading))
    refuse<ShapeError>("matmul", both, "operands " + to_string(a.type()) + " and " + to_string(b.type()),
                       "leading axes that broadcast: extents equal or 1", where);

  const std::int64_t rows = a.rank() == 1 ? 1 : a.shape()[a.rank() - 2];
  const std::int64_t columns = b.rank() == 1 ? 1 : b.shape()[b.rank() - 1];
  Indices result(leading.extents());
  if (a.rank() > 1) result.push(rows);
  if (b.rank() > 1) result.push(columns);
  const Shape shape(result, where);

  return all_or_nothing(s, [&] {
    // `leading` in front of the last two extents.
    const auto matrices = [&](std::int64_t m, std::int64_t n) {
      Indices extents(leading.extents());
      extents.push(m);
      extents.push(n);
      return Shape(extents, where);
    };
    Tensor x = a, y = b;
    if (b.rank() <= 2) {
      // One matrix for all: the rows of all items make one product.
      std::int64_t all_rows = rows;
      for (const std::int64_t extent : leading) all_rows *= extent;
      x = reshape(a, Shape{{all_rows, inner}, where}, where);
      y = reshape(b, Shape{{inner, columns}, where}, where);
    } else {
      if (a.rank() == 1) x = reshape(a, Shape{{1, inner}, where}, where);
      x = broadcast(x, matrices(rows, inner), where);
      y = broadcast(b, matrices(inner, columns), where);
    }
    const Tensor operands[]{x, y};
    return reshape(record_tensor(PrimitiveOf<ops::MatMul>::record, operands, std::int64_t{kernels::plain}, where),
                   shape, where);
  });
}

Tensor outer(const Tensor& a, const Tensor& b, std::source_location where) {
  const Tensor both[]{a, b};
  for (std::size_t k = 0; k < 2; ++k)
    if (both[k].rank() != 1)
      refuse<ShapeError>("outer", both, "operand " + std::to_string(k) + " has " + to_string(both[k].type()), "rank 1",
                         where, "reshape(x, Shape{x.size()}) makes one row of it");
  if (a.dtype() != b.dtype())
    refuse<DtypeError>("outer", both, "operand 1 has " + to_string(b.type()),
                       std::string(to_string(a.dtype())) + " like operand 0", where,
                       "convert one of them; dtypes are never mixed silently");
  return all_or_nothing(stream_of(both, "outer", where), [&] {
    const Tensor operands[]{reshape(a, Shape{{a.size(), 1}, where}, where),
                            reshape(b, Shape{{1, b.size()}, where}, where)};
    return record_tensor(PrimitiveOf<ops::MatMul>::record, operands, std::int64_t{kernels::plain}, where);
  });
}

// --- Recording: tensor variables
// ----------------------------------------------------------------------------------------

Tensor Recording::variable(const Array& value, std::string_view name, std::source_location where) {
  PreparedName prepared(name);
  const Id id = append_tensor_entry(*stream_, {.result = value}, {}, {}, 0.0, where);
  prepared.give(*stream_, id);
  return Tensor::from_parts(value, id, stream_->tag());
}

Tensor Recording::variable(const Tensor& value, std::string_view name, std::source_location where) {
  return variable(value.value(), name, where);
}

void Recording::name(const Tensor& value, std::string_view name, std::source_location where) {
  if (value.is_constant()) {
    throw ArgumentError{{.operation = "name",
                         .operands = {to_string(value.type())},
                         .problem = "the tensor is a constant",
                         .expected = "a value of this recording",
                         .where = where}};
  }
  stream_->check(value.id(), value.tag(), "name", where);
  stream_->names.insert_or_assign(value.id(), std::string(name));
}

}  // namespace wengert
