// Tensor: the handle of an array that a recording knows, and the functions on it.
//
// A Tensor is an array (shared, never written) with an id and a tag, like Scalar. Operations on tensors of a recording
// compute at once and append an entry; among constants they only compute. f32 and f64 have derivatives; i32, i64 and
// bool are values (indices, masks). f32 and f64 do not mix; a number beside a tensor takes its dtype.
//
//     Recording r;
//     Tensor w = r.variable(tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), "w");
//     Tensor y = sum(tanh(matmul(w, ones(Shape{3}))));      // rank 0
//     Tensor g = backward(y)[w];                            // a constant of w's shape and dtype
//
// The elementwise functions are those of ops/elementwise.hpp: sin(t), max(t, 0.0) … Shapes that differ are broadcast as
// in NumPy (aligned at the last axis, extents equal or 1), by entries of their own. A Scalar and a Tensor do not meet
// in an operator: stack and to_tensor make tensors of Scalars, element and to_scalar Scalars of tensors.
//
// Tracing: a variable may be unknown(), a type without elements. What is computed from it is recorded with its type and
// not computed; nothing else changes, and gradients are recorded as ever. Whoever asks for its elements (item,
// to_vector, to_scalar, backward …) gets UnknownValue with the line.
//
// Every function checks handles (StaleHandle, ForeignRecording), shapes (ShapeError) and dtypes (DtypeError), with the
// line of the call. An error leaves the recording as it was.
//
// Reading order: Tensor, TensorArgument, making tensors, the functions. More functions: record/tensor_reductions.hpp,
// record/tensor_indexing.hpp. How an entry is stored: record/tensor_store.hpp.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/ops/structural.hpp"
#include "wengert/autodiff/record/expression.hpp"
#include "wengert/graph/array.hpp"

namespace wengert {

class TensorArgument;

/// An array that a recording knows, or a constant. 16 bytes; copying shares the elements.
class Tensor {
 public:
  using wengert_handle = void;
  using tensor_handle = void;
  using own_operators = void;

  /// The constant of no elements, f64[0].
  Tensor() noexcept = default;
  /// A constant.
  explicit Tensor(Array elements) noexcept : elements_(std::move(elements)) {}

  /// The elements, out of the recording: what is computed from them is not recorded.
  [[nodiscard]] const Array& value() const noexcept { return elements_; }
  [[nodiscard]] const Type& type() const noexcept { return elements_.type(); }
  [[nodiscard]] Dtype dtype() const noexcept { return elements_.dtype(); }
  [[nodiscard]] const Shape& shape() const noexcept { return elements_.shape(); }
  [[nodiscard]] std::size_t rank() const noexcept { return elements_.rank(); }
  [[nodiscard]] std::int64_t size() const noexcept { return elements_.size(); }
  /// The only element, as a double, out of the recording. Throws ShapeError unless there is one.
  [[nodiscard]] double item(std::source_location where = std::source_location::current()) const;
  /// All elements as doubles, in row-major order, out of the recording.
  [[nodiscard]] std::vector<double> to_vector(std::source_location where = std::source_location::current()) const;

  [[nodiscard]] detail::Id id() const noexcept { return static_cast<detail::Id>(word_); }
  [[nodiscard]] detail::Tag tag() const noexcept { return static_cast<detail::Tag>(word_ >> 32); }
  /// No recording knows it.
  [[nodiscard]] bool is_constant() const noexcept { return word_ == 0; }

  /// For the library: a handle from its parts.
  [[nodiscard]] static Tensor from_parts(Array elements, detail::Id id, detail::Tag tag) noexcept {
    Tensor t(std::move(elements));
    t.word_ = detail::handle_word(id, tag);
    return t;
  }

  // The operators, element by element. Each operand is a Tensor or a number.
  friend Tensor operator+(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator-(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator*(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator/(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator-(const TensorArgument& a);
  Tensor& operator+=(const TensorArgument& x);
  Tensor& operator-=(const TensorArgument& x);
  Tensor& operator*=(const TensorArgument& x);
  Tensor& operator/=(const TensorArgument& x);

  // Comparisons give booleans, element by element; `where` takes them. They decide no branch, so nothing is guarded.
  friend Tensor operator<(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator<=(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator>(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator>=(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator==(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator!=(const TensorArgument& a, const TensorArgument& b);

  // Logic of booleans, element by element.
  friend Tensor operator&(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator|(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator^(const TensorArgument& a, const TensorArgument& b);
  friend Tensor operator!(const TensorArgument& a);

  /// Where `condition` (booleans) holds the element of `a`, elsewhere that of `b`. Nothing passes to the operand that
  /// was not chosen, whatever ∞ or NaN stands there. Two numbers give f64.
  friend Tensor where(const TensorArgument& condition, const TensorArgument& a, const TensorArgument& b);

 private:
  Array elements_;
  detail::Word word_ = 0;
};
static_assert(sizeof(Tensor) == 16);

namespace detail {
template <class X>
concept TensorHandle = Handle<X> && requires { typename std::remove_cvref_t<X>::tensor_handle; };
template <class>
inline constexpr bool never = false;
}  // namespace detail

/// An operand of an operator on tensors: a Tensor, or a number that takes dtype and shape from the others; and the
/// line. Lives as long as the expression it stands in.
class TensorArgument {
 public:
  TensorArgument(const Tensor& tensor, std::source_location where = std::source_location::current()) noexcept  // NOLINT
      : tensor_(&tensor), where_(where) {}
  template <Number N>
  TensorArgument(N number, std::source_location where = std::source_location::current()) noexcept  // NOLINT
      : number_(static_cast<double>(number)), where_(where) {}
  template <detail::ScalarExpression S>
  TensorArgument(const S&, std::source_location = {}) {  // NOLINT
    static_assert(
        detail::never<S>,
        "a Scalar and a Tensor stand in one operation: cross explicitly, with to_tensor(scalar) or element(tensor, "
        "{i, j})");
  }

  /// Null for a number.
  [[nodiscard]] const Tensor* tensor() const noexcept { return tensor_; }
  [[nodiscard]] double number() const noexcept { return number_; }
  [[nodiscard]] std::source_location where() const noexcept { return where_; }

 private:
  const Tensor* tensor_ = nullptr;
  double number_ = 0.0;
  std::source_location where_;
};

// --- Making constants -----------------------------------------------------------------------------------------------

/// The values in a shape, row-major, f64; of rank 1 when no shape is given. Throws ShapeError unless the counts agree.
[[nodiscard]] Tensor tensor(std::initializer_list<double> values,
                            std::source_location where = std::source_location::current());
[[nodiscard]] Tensor tensor(std::initializer_list<double> values, const Shape& shape,
                            std::source_location where = std::source_location::current());
[[nodiscard]] Tensor tensor(std::span<const double> values, const Shape& shape,
                            std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor tensor(const std::vector<double>& values, const Shape& shape,
                                   std::source_location where = std::source_location::current()) {
  return tensor(std::span<const double>(values), shape, where);
}
/// f32.
[[nodiscard]] Tensor tensor(std::span<const float> values, const Shape& shape,
                            std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor tensor(const std::vector<float>& values, const Shape& shape,
                                   std::source_location where = std::source_location::current()) {
  return tensor(std::span<const float>(values), shape, where);
}
/// i64.
[[nodiscard]] Tensor tensor(std::span<const std::int64_t> values, const Shape& shape,
                            std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor tensor(const std::vector<std::int64_t>& values, const Shape& shape,
                                   std::source_location where = std::source_location::current()) {
  return tensor(std::span<const std::int64_t>(values), shape, where);
}
/// One value everywhere; it is stored once. Throws ArgumentError for a value that is not one of the dtype.
[[nodiscard]] Tensor full(const Shape& shape, double value, Dtype dtype = Dtype::f64,
                          std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor zeros(const Shape& shape, Dtype dtype = Dtype::f64,
                                  std::source_location where = std::source_location::current()) {
  return full(shape, 0.0, dtype, where);
}
[[nodiscard]] inline Tensor ones(const Shape& shape, Dtype dtype = Dtype::f64,
                                 std::source_location where = std::source_location::current()) {
  return full(shape, 1.0, dtype, where);
}

/// A type without elements: an example for compile(), a value for Recording::variable. What is computed from it is
/// unknown, too. Beside values of a recording it stands as a variable only: UnknownValue else.
[[nodiscard]] Tensor unknown(const Shape& shape, Dtype dtype = Dtype::f64);

// --- Shapes ---------------------------------------------------------------------------------------------------------
// Where nothing would change (a reshape to the own shape, a sum over no axes) nothing is recorded. Axes count from 0;
// negative ones from the end.

/// The elements repeated to a shape, as NumPy does. From a single element it costs nothing.
[[nodiscard]] Tensor broadcast(const Tensor& x, const Shape& shape,
                               std::source_location where = std::source_location::current());
/// The same elements, row-major, in another shape of as many elements. Copies nothing.
[[nodiscard]] Tensor reshape(const Tensor& x, const Shape& shape,
                             std::source_location where = std::source_location::current());
/// Axis k of the result is axis axes[k] of x.
[[nodiscard]] Tensor permute(const Tensor& x, const Indices& axes,
                             std::source_location where = std::source_location::current());
/// The last two axes exchanged. Throws ShapeError below rank 2.
[[nodiscard]] Tensor transpose(const Tensor& x, std::source_location where = std::source_location::current());

/// Elements start, start+step, … before stop along every axis; no step means 1. A negative step goes down, to elements
/// above stop: -1 reaches element 0. Positions count from 0; others are refused.
[[nodiscard]] Tensor slice(const Tensor& x, const Indices& start, const Indices& stop, const Indices& step = {},
                           std::source_location where = std::source_location::current());
/// The same along one axis.
[[nodiscard]] Tensor slice_along(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop,
                                 std::int64_t step = 1, std::source_location where = std::source_location::current());
/// x put into zeros of a shape: element i of an axis comes to start + i·step. The transpose of slice.
[[nodiscard]] Tensor embed(const Tensor& x, const Shape& shape, const Indices& start, const Indices& step = {},
                           std::source_location where = std::source_location::current());

/// Tensors of one type side by side along a new axis.
[[nodiscard]] Tensor stack(std::span<const Tensor> x, std::int64_t axis = 0,
                           std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor stack(const std::vector<Tensor>& x, std::int64_t axis = 0,
                                  std::source_location where = std::source_location::current()) {
  return stack(std::span<const Tensor>(x), axis, where);
}
[[nodiscard]] inline Tensor stack(std::initializer_list<Tensor> x, std::int64_t axis = 0,
                                  std::source_location where = std::source_location::current()) {
  return stack(std::span<const Tensor>(x.begin(), x.size()), axis, where);
}
/// Tensors one after the other along an axis they have.
[[nodiscard]] Tensor concatenate(std::span<const Tensor> x, std::int64_t axis = 0,
                                 std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor concatenate(const std::vector<Tensor>& x, std::int64_t axis = 0,
                                        std::source_location where = std::source_location::current()) {
  return concatenate(std::span<const Tensor>(x), axis, where);
}
[[nodiscard]] inline Tensor concatenate(std::initializer_list<Tensor> x, std::int64_t axis = 0,
                                        std::source_location where = std::source_location::current()) {
  return concatenate(std::span<const Tensor>(x.begin(), x.size()), axis, where);
}

// --- Between Scalars and tensors, and between dtypes
// ------------------------------------------------------------------

/// Scalars of one recording, or constants, as f64 of rank 1.
[[nodiscard]] Tensor stack(std::span<const Scalar> x, std::source_location where = std::source_location::current());
[[nodiscard]] inline Tensor stack(const std::vector<Scalar>& x,
                                  std::source_location where = std::source_location::current()) {
  return stack(std::span<const Scalar>(x), where);
}
[[nodiscard]] inline Tensor stack(std::initializer_list<Scalar> x,
                                  std::source_location where = std::source_location::current()) {
  return stack(std::span<const Scalar>(x.begin(), x.size()), where);
}
/// A Scalar as f64 of rank 0.
[[nodiscard]] Tensor to_tensor(const Scalar& x, std::source_location where = std::source_location::current());
/// The only element as a Scalar (which is f64). Throws ShapeError unless there is one.
[[nodiscard]] Scalar to_scalar(const Tensor& x, std::source_location where = std::source_location::current());
/// The element at a position as a Scalar. Throws ShapeError for a position that is not in x.
[[nodiscard]] Scalar element(const Tensor& x, const Indices& position,
                             std::source_location where = std::source_location::current());
/// x in another dtype; see ops::Convert.
[[nodiscard]] Tensor convert(const Tensor& x, Dtype dtype,
                             std::source_location where = std::source_location::current());

// --- Products
// ---------------------------------------------------------------------------------------------------------

/// The matrix product, with NumPy's rules: a first operand of rank 1 is a row, a second one a column, and the axis made
/// for it leaves again; leading axes are broadcast.
[[nodiscard]] Tensor matmul(const Tensor& a, const Tensor& b,
                            std::source_location where = std::source_location::current());
/// a·bᵀ of two matrices, b read as it lies. Throws ShapeError unless both have rank 2 and rows of one length.
[[nodiscard]] Tensor matmul_transposed(const Tensor& a, const Tensor& b,
                                       std::source_location where = std::source_location::current());
/// The products of each element of a with each of b, both of rank 1. Throws ShapeError for other ranks.
[[nodiscard]] Tensor outer(const Tensor& a, const Tensor& b,
                           std::source_location where = std::source_location::current());

// --- What the rules of ops/structural.hpp are written in, besides ----------------------------------------------------

/// MatMul with its flags (kernels::Product); operands that fit exactly.
[[nodiscard]] Tensor product(const Tensor& a, const Tensor& b, std::int64_t flags, std::source_location where = {});
/// ToScalar and ToTensor between tensors: the element at a row-major position as f64 of rank 0, and zeros of a type
/// around one.
[[nodiscard]] Tensor pick(const Tensor& x, std::int64_t position);
[[nodiscard]] Tensor place(const Tensor& x, const Type& type, std::int64_t position);

namespace detail {

/// An elementwise primitive on tensors and numbers: numbers take the dtype of the tensors, shapes are broadcast.
Tensor apply_to_tensors(const Primitive& primitive, std::span<const TensorArgument> operands,
                        std::source_location where);
/// Element number `position` (row-major) as a Scalar; and zeros of a real type with a Scalar at such a position.
Scalar scalar_at(const Tensor& x, std::int64_t position, std::source_location where);
Tensor tensor_around(const Scalar& x, const Type& type, std::int64_t position, std::source_location where);
/// A primitive on operands that fit exactly: computed, and recorded unless all are constants.
Tensor record_tensor(const Primitive& primitive, std::span<const Tensor> operands, graph::Attribute attribute,
                     std::source_location where);

template <class P, class... X>
  requires(TensorHandle<X> || ...)
struct Applied<P, X...> {
  static Tensor make(const X&... x) { return make_at({}, x...); }
  static Tensor make_at(std::source_location where, const X&... x) {
    const TensorArgument operands[]{TensorArgument(x, where)...};
    return apply_to_tensors(PrimitiveOf<P>::record, operands, where);
  }
};

}  // namespace detail
}  // namespace wengert
