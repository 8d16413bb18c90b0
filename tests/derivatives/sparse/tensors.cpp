// Sparse derivatives by tensors: each primitive's pattern against the numbers of its own Jacobian.
#include "support.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::sparse_tests {
namespace {

std::vector<double> numbers(std::int64_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> real(0.3, 1.7);
  std::vector<double> x(static_cast<std::size_t>(n));
  for (double& number : x) number = real(random);
  return x;
}

/// One reverse sweep for every element of y, none of them sparse.
std::vector<double> dense(const Tensor& y, const Tensor& x) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < y.size(); ++i) {
    std::vector<double> cotangent(static_cast<std::size_t>(y.size()), 0.0);
    cotangent[static_cast<std::size_t>(i)] = 1.0;
    const Tensor seed = convert(tensor(cotangent, y.shape()), y.dtype());
    const std::vector<double> row = backward(y, seed)[x].to_vector();
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

/// Equal to what is not 0, or, where `exact` is false, no less.
template <class F>
void check(const char* what, const Shape& shape, bool exact, const F& f, Dtype dtype = Dtype::f64) {
  Recording r;
  const Tensor x = r.variable(convert(tensor(numbers(shape.size(), 3), shape), dtype));
  const Tensor y = f(x);
  const std::vector<double> want = dense(y, x);
  const Positions allowed = positions(jacobian_pattern(y, x)),
                  there = nonzeros(want, static_cast<std::size_t>(x.size()));
  BOOST_TEST(std::ranges::includes(allowed, there), what);
  if (exact) BOOST_TEST((allowed == there), what);
  if (exact) BOOST_TEST(!there.empty(), what);
  for (const Compression way : {Compression::forward, Compression::reverse}) {
    const SparseMatrix got = sparse_jacobian(y, x, {.compression = way});
    check_matrix(got, want, dtype == Dtype::f64 ? 1e-13 : 1e-6, what);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sparse_tensors)

BOOST_AUTO_TEST_CASE(what_moves_elements_is_exact) {
  const Shape s{2, 3, 4};
  check("elementwise", s, true, [](const Tensor& x) { return sin(x) * 2.0 + x * x; });
  check(
      "f32", s, true, [](const Tensor& x) { return sin(x) * 2.0 + x * x; }, Dtype::f32);
  check("reshape", s, true, [](const Tensor& x) { return reshape(x, Shape{4, 6}); });
  check("permute", s, true, [](const Tensor& x) { return permute(x, {2, 0, 1}); });
  check("slice", s, true, [](const Tensor& x) { return slice(x, {1, 2, 3}, {2, -1, -1}, {1, -1, -2}); });
  check("embed", s, true, [](const Tensor& x) { return embed(x, Shape{3, 8, 4}, {1, 1, 0}, {1, 3, 1}); });
  check("broadcast", Shape{3, 1}, true, [](const Tensor& x) { return broadcast(x, Shape{2, 3, 4}); });
  check("stack", s, true, [](const Tensor& x) { return stack({x, ones(Shape{2, 3, 4}), 2.0 * x}, 1); });
  check("concatenate", s, true, [](const Tensor& x) {
    return concatenate({slice_along(x, 1, 0, 2), ones(Shape{2, 1, 4}), x}, 1);
  });
  check("convert", s, true, [](const Tensor& x) { return convert(x, Dtype::f32); });
  check("gather", s, true, [](const Tensor& x) {
    return gather(x, tensor(std::vector<std::int64_t>{2, 0, 2, 1}, Shape{2, 2}), 1);
  });
  check("scatter_add", s, true, [](const Tensor& x) {
    return scatter_add(x, tensor(std::vector<std::int64_t>{4, 0, 4}, Shape{3}), 5, 1);
  });
  check("element", s, true, [](const Tensor& x) {
    return stack({element(x, {1, 2, 3}), element(x, {0, 0, 0}), element(x, {1, 2, 3}) * element(x, {0, 1, 1})});
  });
  check("to_tensor", Shape{2}, true, [](const Tensor& x) { return to_tensor(element(x, {1}) * 3.0) + ones(Shape{}); });
  check("sort", Shape{5}, true, [](const Tensor& x) { return sort(x, 0); });
  check("where", s, false, [](const Tensor& x) { return where(x < 1.0, x * x, 2.0 * x); });
  check("max", s, false, [](const Tensor& x) { return max(x, broadcast(slice_along(x, 0, 0, 1), Shape{2, 3, 4})); });
}

BOOST_AUTO_TEST_CASE(reductions_and_products_are_exact) {
  const Shape s{2, 3, 4};
  check("sum", s, true, [](const Tensor& x) { return sum(x, {1}); });
  check("sum of all", s, true, [](const Tensor& x) { return sum(x); });
  check("mean", s, true, [](const Tensor& x) { return mean(x, {0, 2}); });
  check("prod", s, true, [](const Tensor& x) { return prod(x, {1}); });
  check("norm", s, true, [](const Tensor& x) { return norm(x, {2}); });
  check("logsumexp", s, true, [](const Tensor& x) { return logsumexp(x, {0}); });
  check("softmax", s, true, [](const Tensor& x) { return softmax(x, {1}); });
  check("log_softmax", s, true, [](const Tensor& x) { return log_softmax(x, {1}); });
  check("cumsum", s, true, [](const Tensor& x) { return cumsum(x, 1); });
  check("amax", s, false, [](const Tensor& x) { return amax(x, {1}); });
  check("amin", s, false, [](const Tensor& x) { return amin(x, {1}); });
  const Tensor w = tensor(numbers(12, 5), Shape{4, 3});
  check("matmul", s, true, [&](const Tensor& x) { return matmul(x, w); });
  check("matmul, transposed", s, true, [&](const Tensor& x) { return matmul(w, x); });
  check("matmul with itself", Shape{3, 3}, true, [&](const Tensor& x) { return matmul(x, transpose(x)); });
  check("outer", Shape{4}, true, [&](const Tensor& x) { return outer(x, exp(x)); });
}

BOOST_AUTO_TEST_CASE(tensors_and_scalars_together) {
  Recording r;
  const Tensor t = r.variable(tensor({1, 2, 3}));
  const Scalar a = r.variable(4.0), b = r.variable(5.0);
  const std::vector<detail::AnyHandle> x{a, t, b};
  const Tensor u = stack({a * b, Scalar(7.0), b});
  const Tensor w = u * t;
  const Scalar z = element(w, {2}) * a;
  const std::vector<detail::AnyHandle> y{w, z};
  const SparsityPattern p = jacobian_pattern(y, x);
  BOOST_TEST((positions(p) == Positions{{0, 0}, {0, 1}, {0, 4}, {1, 2}, {2, 3}, {2, 4}, {3, 0}, {3, 3}, {3, 4}}));
  const std::vector<double> want{5, 20, 0, 0, 4, 0, 0, 7, 0, 0, 0, 0, 0, 5, 3, 15, 0, 0, 20, 12};
  for (const Compression way : {Compression::forward, Compression::reverse})
    check_matrix(sparse_jacobian(y, x, {.compression = way}), want, 1e-15, "mixed");
}

BOOST_AUTO_TEST_CASE(hessians_by_tensors) {
  Recording r;
  const Tensor x = r.variable(tensor(numbers(6, 8), Shape{2, 3}));
  const Tensor y = sum(slice_along(x, 1, 1, 3) * slice_along(x, 1, 0, 2) * slice_along(x, 1, 0, 2));
  const SparsityPattern p = hessian_pattern(y, x);
  // Two chains of three.
  BOOST_TEST(
      (positions(p) ==
       Positions{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, 2}, {2, 1}, {3, 3}, {3, 4}, {4, 3}, {4, 4}, {4, 5}, {5, 4}}));
  const std::vector<double> want = dense(gradient(y, x), x);
  for (const Recovery recovery : {Recovery::direct, Recovery::substitution, Recovery::columns})
    check_matrix(sparse_hessian(y, x, {.recovery = recovery}), want, 1e-14, "tensor");
  BOOST_CHECK_THROW(static_cast<void>(hessian_pattern(x, x)), ShapeError);
  const Tensor positions_tensor = r.variable(tensor(std::vector<std::int64_t>{1, 2}, Shape{2}));
  BOOST_CHECK_THROW(static_cast<void>(jacobian_pattern(y, positions_tensor)), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::sparse_tests
