#include "wengert/autodiff/record/tensor_reductions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"

namespace wengert {

using namespace detail;

namespace {

/// A reduction over axes as the user gave them.
template <class P>
Tensor record_reduction(const Tensor& x, const Indices& axes, Keep keep, std::string_view operation,
                        std::source_location where) {
  const Indices ascending = ascending_axes(axes, operation, x, where);
  if (keep == Keep::no) return record_one<P>(x, ops::attribute_of(ascending), where);
  return all_or_nothing(stream_of(std::span(&x, 1), operation, where), [&] {
    return reshape(record_one<P>(x, ops::attribute_of(ascending), where), ops::with_ones(x.shape(), ascending), where);
  });
}

}  // namespace

// --- Sums -----------------------------------------------------------------------------------------------------------

Tensor sum(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  if (axes.size() == 0) return x;
  return record_reduction<ops::Sum>(x, axes, keep, "sum", where);
}
Tensor sum(const Tensor& x, std::source_location where) { return sum(x, all_axes(x), Keep::no, where); }

namespace {

/// The number of elements over the axes, of real numbers.
double count_over(const Tensor& x, const Indices& axes, std::string_view operation, std::source_location where) {
  if (!is_real(x.dtype()))
    refuse<DtypeError>(operation, std::span(&x, 1), "operand 0 has " + to_string(x.type()), "f32 or f64", where,
                       "convert(x, Dtype::f64) makes real numbers of it");
  double count = 1;
  for (const std::int64_t axis : axes)
    count *= static_cast<double>(x.shape()[axis_of(axis, x.rank(), operation, x, where)]);
  return count;
}

}  // namespace

Tensor mean(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  const double count = count_over(x, axes, "mean", where);
  return all_or_nothing(stream_of(std::span(&x, 1), "mean", where), [&] {
    const Tensor total = sum(x, axes, keep, where);
    return elementwise<ops::Div>(total, count, where);
  });
}
Tensor mean(const Tensor& x, std::source_location where) { return mean(x, all_axes(x), Keep::no, where); }

Tensor cumsum(const Tensor& x, std::int64_t axis, std::source_location where) {
  const auto along = static_cast<std::int64_t>(axis_of(axis, x.rank(), "cumsum", x, where));
  return record_one<ops::CumSum>(x, std::vector<std::int64_t>{along, 0}, where);
}

Tensor trace(const Tensor& x, std::int64_t offset, std::source_location where) {
  if (x.rank() < 2)
    refuse<ShapeError>("trace", std::span(&x, 1), "operand 0 has " + to_string(x.type()), "two axes at least", where);
  return all_or_nothing(stream_of(std::span(&x, 1), "trace", where),
                        [&] { return sum(diagonal(x, offset, where), {-1}, Keep::no, where); });
}

// --- Products -------------------------------------------------------------------------------------------------------

Tensor prod(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  if (axes.size() == 0) return x;
  return record_reduction<ops::Prod>(x, axes, keep, "prod", where);
}
Tensor prod(const Tensor& x, std::source_location where) { return prod(x, all_axes(x), Keep::no, where); }

// --- The largest and the smallest -----------------------------------------------------------------------------------

Tensor amax(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  if (axes.size() == 0) return x;
  return record_reduction<ops::AMax>(x, axes, keep, "amax", where);
}
Tensor amax(const Tensor& x, std::source_location where) { return amax(x, all_axes(x), Keep::no, where); }

Tensor amin(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  if (axes.size() == 0) return x;
  return record_reduction<ops::AMin>(x, axes, keep, "amin", where);
}
Tensor amin(const Tensor& x, std::source_location where) { return amin(x, all_axes(x), Keep::no, where); }

// --- Variance and norm ----------------------------------------------------------------------------------------------

namespace {

Tensor centred(const Tensor& x, const Indices& axes, std::source_location where) {
  const Tensor average = mean(x, axes, Keep::yes, where);
  return elementwise<ops::Sub>(x, average, where);
}

}  // namespace

Tensor variance(const Tensor& x, const Indices& axes, Keep keep, std::int64_t correction, std::source_location where) {
  const double count = count_over(x, axes, "variance", where);
  return all_or_nothing(stream_of(std::span(&x, 1), "variance", where), [&] {
    const Tensor difference = centred(x, axes, where);
    const Tensor squares = elementwise<ops::Mul>(difference, difference, where);
    const Tensor total = sum(squares, axes, keep, where);
    return elementwise<ops::Div>(total, std::max(0.0, count - static_cast<double>(correction)), where);
  });
}
Tensor variance(const Tensor& x, std::source_location where) { return variance(x, all_axes(x), Keep::no, 0, where); }

Tensor stddev(const Tensor& x, const Indices& axes, Keep keep, std::int64_t correction, std::source_location where) {
  const double count = count_over(x, axes, "stddev", where);
  return all_or_nothing(stream_of(std::span(&x, 1), "stddev", where), [&] {
    // Not the root of the variance, whose derivative at 0 is infinite.
    const Tensor length = norm(centred(x, axes, where), axes, keep, where);
    return elementwise<ops::Div>(length, std::sqrt(std::max(0.0, count - static_cast<double>(correction))), where);
  });
}
Tensor stddev(const Tensor& x, std::source_location where) { return stddev(x, all_axes(x), Keep::no, 0, where); }

Tensor norm(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  return record_reduction<ops::Norm>(x, axes, keep, "norm", where);
}
Tensor norm(const Tensor& x, std::source_location where) { return norm(x, all_axes(x), Keep::no, where); }

// --- Exponentials ---------------------------------------------------------------------------------------------------

Tensor logsumexp(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  return record_reduction<ops::LogSumExp>(x, axes, keep, "logsumexp", where);
}
Tensor logsumexp(const Tensor& x, std::source_location where) { return logsumexp(x, all_axes(x), Keep::no, where); }

Tensor softmax(const Tensor& x, const Indices& axes, std::source_location where) {
  return record_one<ops::Softmax>(x, ops::attribute_of(ascending_axes(axes, "softmax", x, where)), where);
}
Tensor log_softmax(const Tensor& x, const Indices& axes, std::source_location where) {
  return record_one<ops::LogSoftmax>(x, ops::attribute_of(ascending_axes(axes, "log_softmax", x, where)), where);
}

// --- What the rules are written in ----------------------------------------------------------------------------------

Tensor scaled(const Tensor& cotangent, const Tensor& partial) {
  if (EagerTensor(partial).is(1.0)) return cotangent;
  if (EagerTensor(cotangent).is(1.0)) return partial;
  const Tensor x[]{cotangent, partial};
  return record_tensor(PrimitiveOf<ops::Scale>::record, x, {}, {});
}

Tensor running_sum(const Tensor& x, std::int64_t axis, bool reversed) {
  return record_one<ops::CumSum>(x, std::vector<std::int64_t>{axis, reversed ? 1 : 0}, {});
}

Tensor prod_others(const Tensor& x, const Indices& axes) {
  return record_one<ops::ProdOthers>(x, ops::attribute_of(axes), {});
}

Tensor tie_share(const Tensor& x, const Tensor& chosen, const Indices& axes) {
  const Tensor operands[]{x, chosen};
  return record_tensor(PrimitiveOf<ops::TieShare>::record, operands, ops::attribute_of(axes), {});
}

namespace {

/// The axes that are not among `axes`, then these.
Indices axes_last(std::size_t rank, const Indices& axes) {
  Indices order;
  for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(rank); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push(axis);
  for (const std::int64_t axis : axes) order.push(axis);
  return order;
}

Indices inverse_of(const Indices& order) {
  Indices inverse = order;
  for (std::size_t k = 0; k < order.size(); ++k)
    inverse[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k);
  return inverse;
}

/// A matrix and a tangent of it.
struct Dual {
  Tensor value, tangent;
};
Dual product_of(const Dual& a, const Dual& b) {
  return {elementwise<ops::Mul>(a.value, b.value, {}),
          elementwise<ops::Add>(scaled(a.tangent, b.value), scaled(b.tangent, a.value), {})};
}
Dual columns(const Dual& x, std::int64_t begin, std::int64_t end) {
  return {slice_along(x.value, 1, begin, end, 1, {}), slice_along(x.tangent, 1, begin, end, 1, {})};
}

}  // namespace

// The product of the others, for a row (x, t) of dual numbers: up a tree of products of pairs, then down, where each
// node hands its child what its parent gave it times the child's sibling. 4n products, no division, and each step is a
// primitive with exact derivatives of its own.
Tensor prod_others_along(const Tensor& x, const Tensor& tangent, const Indices& axes) {
  const Indices order = axes_last(x.rank(), axes);
  std::int64_t count = 1;
  for (const std::int64_t axis : axes) count *= x.shape()[static_cast<std::size_t>(axis)];
  if (x.size() == 0 || count == 1) return zeros(x.shape(), x.dtype(), {});
  const Shape matrix{{x.size() / count, count}, std::source_location{}};
  const Tensor moved = permute(x, order, {});
  const auto row = [&](const Tensor& t) { return reshape(permute(t, order, {}), matrix, {}); };

  // Level by level, the first half of the elements times the second; an odd one goes up as it is.
  std::vector<Dual> level{{row(x), row(tangent)}};
  for (std::int64_t n = count; n > 2; n = (n + 1) / 2) {
    const std::int64_t half = n / 2;
    const Dual& here = level.back();
    Dual above = product_of(columns(here, 0, half), columns(here, half, 2 * half));
    if (n % 2 != 0) {
      const Dual odd = columns(here, n - 1, n);
      above = {concatenate({above.value, odd.value}, 1, {}), concatenate({above.tangent, odd.tangent}, 1, {})};
    }
    level.push_back(above);
  }
  // Of two elements each is the product of the others of the other.
  const Dual& top = level.back();
  Dual others{concatenate({columns(top, 1, 2).value, columns(top, 0, 1).value}, 1, {}),
              concatenate({columns(top, 1, 2).tangent, columns(top, 0, 1).tangent}, 1, {})};
  level.pop_back();
  for (; !level.empty(); level.pop_back()) {
    const Dual& here = level.back();
    const std::int64_t n = here.value.shape()[1], half = n / 2;
    const Dual given = columns(others, 0, half);
    const Dual first = product_of(given, columns(here, half, 2 * half)),
               second = product_of(given, columns(here, 0, half));
    std::vector<Tensor> values{first.value, second.value}, tangents{first.tangent, second.tangent};
    if (n % 2 != 0) {
      const Dual odd = columns(others, half, half + 1);
      values.push_back(odd.value);
      tangents.push_back(odd.tangent);
    }
    others = {concatenate(values, 1, {}), concatenate(tangents, 1, {})};
  }
  return permute(reshape(others.tangent, moved.shape(), {}), inverse_of(order), {});
}

}  // namespace wengert
