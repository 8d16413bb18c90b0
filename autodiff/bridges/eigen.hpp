// Eigen beside Wengert: Scalar as a scalar of Eigen (autodiff/bridges/eigen_scalar.hpp), and ways between Eigen's
// matrices, Scalars and Tensors. The library itself knows nothing of Eigen: who includes this header brings Eigen 3.4.
//
//     Recording r;
//     VectorS x = variables(r, Eigen::VectorXd::Ones(3), "x");    // a Scalar for every coefficient
//     Scalar y = (x.array().sin() * x.array()).sum();
//     Eigen::VectorXd g = adjoints(backward(y), x);               // numbers
//     VectorS h = gradient(y, x);                                 // recorded
//
//     Tensor w = variable(r, Eigen::MatrixXd::Ones(2, 3), "w");   // one node for the whole matrix
//     Tensor z = sum(tanh(matmul(w, as_tensor(b))));              // whole-matrix operations stay one node
//     Eigen::MatrixXd gw = as_eigen(backward(z)[w]);              // a view, nothing copied until it is stored
//
// Reading order: matrices of Scalars; matrices as Tensors.
#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstddef>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/bridges/eigen_scalar.hpp"

namespace wengert {

/// Matrices and vectors of Scalars, as MatrixXd and VectorXd are of doubles.
using MatrixS = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
using VectorS = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

namespace detail {
/// A matrix, vector or array of Eigen's with these coefficients.
template <class M, class Coefficient>
concept EigenOf = requires(const std::remove_cvref_t<M>& m) { []<class D>(const Eigen::DenseBase<D>&) {}(m); } &&
                  std::same_as<typename std::remove_cvref_t<M>::Scalar, Coefficient>;
template <class T>
using RowMajorMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A plain object of M's kind and extents with coefficients f(i, j).
template <class Coefficient, class M, class F>
[[nodiscard]] auto eigen_like(const M& m, F&& f) {
  using Plain = typename M::PlainObject;
  using Rebound =
      std::conditional_t<std::is_base_of_v<Eigen::ArrayBase<Plain>, Plain>,
                         Eigen::Array<Coefficient, Plain::RowsAtCompileTime, Plain::ColsAtCompileTime, Plain::Options,
                                      Plain::MaxRowsAtCompileTime, Plain::MaxColsAtCompileTime>,
                         Eigen::Matrix<Coefficient, Plain::RowsAtCompileTime, Plain::ColsAtCompileTime, Plain::Options,
                                       Plain::MaxRowsAtCompileTime, Plain::MaxColsAtCompileTime>>;
  Rebound result(m.rows(), m.cols());
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    for (Eigen::Index j = 0; j < m.cols(); ++j) result(i, j) = f(i, j);
  return result;
}
/// The coefficients of a matrix of Scalars, row by row.
template <EigenOf<Scalar> M>
[[nodiscard]] std::vector<Scalar> coefficients(const M& m) {
  const typename M::PlainObject plain = m;
  std::vector<Scalar> all;
  all.reserve(static_cast<std::size_t>(m.size()));
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    for (Eigen::Index j = 0; j < m.cols(); ++j) all.push_back(plain(i, j));
  return all;
}
}  // namespace detail

// --- Matrices of Scalars ---------------------------------------------------------------------------------------------

/// A variable for every coefficient, recorded row by row; named name[i] of a vector, name[i,j] of a matrix.
template <detail::EigenOf<double> M>
[[nodiscard]] auto variables(Recording& r, const M& m, std::string_view name = {},
                             std::source_location where = std::source_location::current()) {
  const typename M::PlainObject numbers = m;
  return detail::eigen_like<Scalar>(numbers, [&](Eigen::Index i, Eigen::Index j) {
    if (name.empty()) return r.variable(numbers(i, j), {}, where);
    std::string full(name);
    full.append("[").append(std::to_string(M::IsVectorAtCompileTime ? i + j : i));
    if constexpr (!M::IsVectorAtCompileTime) full.append(",").append(std::to_string(j));
    full.append("]");
    return r.variable(numbers(i, j), full, where);
  });
}
/// The values, out of the recording: what is computed from them is not recorded.
template <detail::EigenOf<Scalar> M>
[[nodiscard]] auto values(const M& m) {
  const typename M::PlainObject scalars = m;
  return detail::eigen_like<double>(scalars, [&](Eigen::Index i, Eigen::Index j) { return scalars(i, j).value(); });
}
/// ∂y/∂x for every coefficient, of a sweep backward(y); as numbers.
template <detail::EigenOf<Scalar> M>
[[nodiscard]] auto adjoints(const Adjoints& a, const M& x) {
  const typename M::PlainObject scalars = x;
  return detail::eigen_like<double>(scalars, [&](Eigen::Index i, Eigen::Index j) { return a[scalars(i, j)]; });
}
/// The derivative of every coefficient along the direction of a sweep forward(…); as numbers.
template <detail::EigenOf<Scalar> M>
[[nodiscard]] auto tangents(const Tangents& t, const M& y) {
  const typename M::PlainObject scalars = y;
  return detail::eigen_like<double>(scalars, [&](Eigen::Index i, Eigen::Index j) { return t[scalars(i, j)]; });
}
/// ∂y/∂x for every coefficient, recorded; see gradient() of record/gradient.hpp. (An expression of Eigen's, such as
/// `2 * x`, would be recorded anew, as values that y does not depend on: x is a matrix, or a part of one.)
template <detail::EigenOf<Scalar> M>
[[nodiscard]] auto gradient(const Scalar& y, const M& x, std::source_location where = std::source_location::current()) {
  static_assert((Eigen::internal::traits<M>::Flags & Eigen::LvalueBit) != 0 ||
                    (Eigen::internal::traits<M>::Flags & Eigen::DirectAccessBit) != 0,
                "x is an expression, whose coefficients would be recorded anew: store it in a matrix first");
  const std::vector<Scalar> g = gradient(y, std::span<const Scalar>(detail::coefficients(x)), where);
  return detail::eigen_like<Scalar>(
      x, [&](Eigen::Index i, Eigen::Index j) { return g[static_cast<std::size_t>(i * x.cols() + j)]; });
}
/// The numbers of a Matrix (a Jacobian, a Hessian) as one of Eigen's, without a copy; the Matrix must outlive it.
[[nodiscard]] inline Eigen::Map<const detail::RowMajorMatrix<double>> as_eigen(const Matrix& m) {
  return {m.data().data(), static_cast<Eigen::Index>(m.rows()), static_cast<Eigen::Index>(m.cols())};
}
Eigen::Map<const detail::RowMajorMatrix<double>> as_eigen(Matrix&&) = delete;
/// ∂y[i]/∂x[j] at row i, column j, as numbers; the coefficients of a matrix count row by row. As jacobian() of
/// transform/jacobian.hpp.
template <detail::EigenOf<Scalar> Y, detail::EigenOf<Scalar> X>
[[nodiscard]] Eigen::MatrixXd jacobian(const Y& y, const X& x, const JacobianOptions& options = {},
                                       std::source_location where = std::source_location::current()) {
  const Matrix m = jacobian(detail::coefficients(y), detail::coefficients(x), options, where);
  return as_eigen(m);
}
/// ∂²y/∂x² as numbers, likewise.
template <detail::EigenOf<Scalar> X>
[[nodiscard]] Eigen::MatrixXd hessian(const Scalar& y, const X& x,
                                      std::source_location where = std::source_location::current()) {
  const Matrix m = hessian(y, detail::coefficients(x), {}, where);
  return as_eigen(m);
}

/// The Scalars of a std::vector as a vector of Eigen's, without a copy; the std::vector must outlive it.
[[nodiscard]] inline Eigen::Map<const VectorS> as_eigen(const std::vector<Scalar>& x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}
[[nodiscard]] inline Eigen::Map<VectorS> as_eigen(std::vector<Scalar>& x) {
  return {x.data(), static_cast<Eigen::Index>(x.size())};
}
Eigen::Map<const VectorS> as_eigen(std::vector<Scalar>&&) = delete;
/// The coefficients as a std::vector, row by row: for functions on spans of Scalars.
template <detail::EigenOf<Scalar> M>
[[nodiscard]] std::vector<Scalar> to_vector(const M& m) {
  return detail::coefficients(m);
}

// --- Matrices as Tensors ---------------------------------------------------------------------------------------------

namespace detail {
struct HeldArray {
  Array array;
};
inline Eigen::Index rows_of(const Shape& shape) { return shape.rank() == 0 ? 1 : shape[0]; }
inline Eigen::Index columns_of(const Shape& shape) { return shape.rank() < 2 ? 1 : shape[1]; }
inline void check_matrix(const Tensor& x, std::source_location where) {
  if (x.rank() > 2)
    throw ShapeError{{.operation = "as_eigen",
                      .operands = {to_string(x.type())},
                      .problem = to_string(x.type()) + " is no matrix",
                      .expected = "rank 0, 1 or 2",
                      .where = where,
                      .hint = "reshape it, or take a part of it by slice"}};
}
}  // namespace detail

/// A Tensor's elements as a matrix of Eigen's that is read only: a Map which keeps them alive. Nothing is copied
/// (a uniform tensor, which stores one element for all, is written out). Expressions of Eigen's copy the Map without
/// its hold on the elements: `auto e = 2 * as_eigen(t);` is good as long as another handle holds them.
template <class T>
class TensorMap : private detail::HeldArray, public Eigen::Map<const detail::RowMajorMatrix<T>> {
 public:
  using Map = Eigen::Map<const detail::RowMajorMatrix<T>>;
  using Map::operator();

  explicit TensorMap(const Array& elements)
      : HeldArray{elements.dense()},
        Map(array.data<T>().data(), detail::rows_of(elements.shape()), detail::columns_of(elements.shape())) {}
};

/// The elements of a tensor of rank 2; one of rank 1 is a column, one of rank 0 a matrix of one element. What is
/// computed from them is not recorded. `as_eigen<float>` for f32. Throws ShapeError above rank 2, DtypeError for
/// another dtype.
template <class T = double>
[[nodiscard]] TensorMap<T> as_eigen(const Tensor& x, std::source_location where = std::source_location::current()) {
  detail::check_matrix(x, where);
  return TensorMap<T>(x.value());
}

namespace detail {
template <class M>
concept EigenNumbers = EigenOf<M, double> || EigenOf<M, float>;
template <class M>
[[nodiscard]] Shape shape_of(const M& m, std::source_location where) {
  if constexpr (M::IsVectorAtCompileTime)
    return Shape({m.size()}, where);
  else
    return Shape({m.rows(), m.cols()}, where);
}
/// Its storage is the row-major storage of a Tensor.
template <class M>
inline constexpr bool stored_like_a_tensor =
    std::is_same_v<M, typename M::PlainObject> && (bool(M::IsRowMajor) || bool(M::IsVectorAtCompileTime));
}  // namespace detail

/// A constant of the elements of a row-major matrix, or a vector, that is shared, and that nobody writes any more.
/// Nothing is copied.
template <class M>
  requires(detail::EigenNumbers<M> && detail::stored_like_a_tensor<M>)
[[nodiscard]] Tensor as_tensor(const std::shared_ptr<const M>& m,
                               std::source_location where = std::source_location::current()) {
  using T = typename M::Scalar;
  return Tensor(Array::adopt(std::shared_ptr<const T>(m, m->data()), detail::shape_of(*m, where), where));
}
/// A constant of the matrix' elements: [rows, columns]; a vector of Eigen's gives rank 1. f64 or f32 as they are. A
/// copy, because a matrix may be written and a tensor's elements may not.
template <class M>
  requires(detail::EigenNumbers<M> &&
           !(std::is_rvalue_reference_v<M&&> && !std::is_const_v<std::remove_reference_t<M>> &&
             detail::stored_like_a_tensor<std::remove_cvref_t<M>>))
[[nodiscard]] Tensor as_tensor(M&& m, std::source_location where = std::source_location::current()) {
  using Plain = std::remove_cvref_t<M>;
  using T = typename Plain::Scalar;
  Array elements = Array::uninitialised({dtype_of<T>(), detail::shape_of(m, where)}, where);
  Eigen::Map<detail::RowMajorMatrix<T>>(elements.mutable_data<T>().data(), m.rows(), m.cols()) = m.matrix();
  return Tensor(std::move(elements));
}
/// The same of a row-major matrix, or a vector, that is given away: `as_tensor(std::move(m))`. Nothing is copied.
template <class M>
  requires(detail::EigenNumbers<M> && !std::is_reference_v<M> && !std::is_const_v<M> && detail::stored_like_a_tensor<M>)
[[nodiscard]] Tensor as_tensor(M&& m, std::source_location where = std::source_location::current()) {
  return as_tensor(std::make_shared<const M>(std::forward<M>(m)), where);
}
/// A tensor variable of the matrix' elements: one node of the recording.
template <class M>
  requires detail::EigenNumbers<M>
[[nodiscard]] Tensor variable(Recording& r, M&& m, std::string_view name = {},
                              std::source_location where = std::source_location::current()) {
  return r.variable(as_tensor(std::forward<M>(m), where), name, where);
}
/// The Scalars of a matrix as one tensor of its shape, recorded; from there on whole-matrix operations are one node.
template <detail::EigenOf<Scalar> M>
[[nodiscard]] Tensor stack(const M& m, std::source_location where = std::source_location::current()) {
  return reshape(stack(std::span<const Scalar>(detail::coefficients(m)), where), detail::shape_of(m, where), where);
}
/// The elements of a tensor of rank 1 or 2 as a matrix of Scalars, recorded.
[[nodiscard]] inline MatrixS elements(const Tensor& x, std::source_location where = std::source_location::current()) {
  detail::check_matrix(x, where);
  MatrixS result(detail::rows_of(x.shape()), detail::columns_of(x.shape()));
  for (Eigen::Index i = 0; i < result.rows(); ++i)
    for (Eigen::Index j = 0; j < result.cols(); ++j) result(i, j) = detail::scalar_at(x, i * result.cols() + j, where);
  return result;
}

}  // namespace wengert
