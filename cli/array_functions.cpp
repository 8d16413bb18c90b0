// The functions of arrays, and what brackets behind a value choose. Each is a front function of the library.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "wengert/cli/expression.hpp"
#include "wengert/cli/functions.hpp"

namespace wengert::cli {
namespace {

using Arguments = std::span<const Value>;
constexpr std::source_location nowhere{};

/// A whole number that no variable has part in: an axis, a position.
std::int64_t whole(const Value& value, const char* what) {
  const auto refuse = [&](const std::string& found) {
    throw ArgumentError{
        {.problem = "the " + std::string(what) + " is " + found, .expected = "a whole number without variables"}};
  };
  if (value.is_array()) refuse(value.description());
  if (!value.is_constant_number()) refuse("computed from a variable");
  const double number = value.number().value();
  if (!(std::trunc(number) == number && std::abs(number) < 1e15)) refuse("not whole");
  return static_cast<std::int64_t>(number);
}

/// f(x) over all elements, f(x, axis) along one axis.
template <Tensor (*all)(const Tensor&, std::source_location),
          Tensor (*along)(const Tensor&, const Indices&, Keep, std::source_location)>
Value reduce(Arguments x) {
  if (x.size() == 1) return all(x[0].array(), nowhere);
  return along(x[0].array(), Indices{whole(x[1], "axis")}, Keep::no, nowhere);
}

template <Tensor (*f)(const Tensor&, const Indices&, std::source_location)>
Value along_last(Arguments x) {
  return f(x[0].array(), Indices{x.size() == 1 ? -1 : whole(x[1], "axis")}, nowhere);
}

template <Tensor (*all)(const Tensor&, std::source_location),
          Tensor (*along)(const Tensor&, std::int64_t, Keep, std::source_location)>
Value position(Arguments x) {
  if (x.size() == 1) return convert(all(x[0].array(), nowhere), Dtype::f64);
  return convert(along(x[0].array(), whole(x[1], "axis"), Keep::no, nowhere), Dtype::f64);
}

Tensor variance_along(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  return variance(x, axes, keep, 0, where);
}
Tensor stddev_along(const Tensor& x, const Indices& axes, Keep keep, std::source_location where) {
  return stddev(x, axes, keep, 0, where);
}

Value apply_product(Arguments x) {
  const Tensor a = x[0].array(), b = x[1].array();
  // Rows of the one times columns of the other; leading axes are broadcast at most.
  double count = 1;
  for (std::size_t axis = 0; axis + 1 < a.rank(); ++axis) count *= static_cast<double>(a.shape()[axis]);
  for (std::size_t axis = 0; axis < b.rank(); ++axis)
    if (axis + 2 != b.rank()) count *= static_cast<double>(b.shape()[axis]);
  if (a.rank() <= 2 && b.rank() <= 2) check_elements("matmul", count);
  return matmul(a, b, nowhere);
}

Value apply_dot(Arguments x) {
  const Tensor a = x[0].array(), b = x[1].array();
  if (a.rank() != 1 || b.rank() != 1 || !(a.shape() == b.shape())) {
    throw ShapeError{{.operation = "dot",
                      .problem = "operands have " + to_string(a.shape()) + " and " + to_string(b.shape()),
                      .expected = "two vectors of one length"}};
  }
  return matmul(a, b, nowhere);
}

Value apply_outer(Arguments x) {
  const Tensor a = x[0].array(), b = x[1].array();
  check_elements("outer", static_cast<double>(a.size()) * static_cast<double>(b.size()));
  return outer(a, b, nowhere);
}

template <Tensor (*f)(const Tensor&, std::int64_t, std::source_location)>
Value of_diagonal(Arguments x) {
  return f(x[0].array(), 0, nowhere);
}

Value apply_transpose(Arguments x) { return transpose(x[0].array(), nowhere); }
Value apply_cumsum(Arguments x) { return cumsum(x[0].array(), x.size() == 1 ? -1 : whole(x[1], "axis"), nowhere); }
Value apply_sort(Arguments x) {
  return sort(x[0].array(), x.size() == 1 ? -1 : whole(x[1], "axis"), Order::ascending, nowhere);
}

constexpr Function reduction(std::string_view name, std::string_view doc, Value (*apply)(Arguments)) {
  return {.name = name, .least = 1, .most = 2, .doc = doc, .apply = apply, .arguments = "x, axis"};
}
constexpr Function of_matrices(std::string_view name, std::size_t count, std::string_view doc,
                               Value (*apply)(Arguments), std::string_view arguments) {
  return {.name = name, .least = count, .most = count, .doc = doc, .apply = apply, .arguments = arguments};
}

constexpr auto table = std::to_array<Function>({
    reduction("sum", "Sum of all elements, or along an axis; 0 of none.", &reduce<sum, sum>),
    reduction("mean", "Mean of all elements, or along an axis; NaN of none.", &reduce<mean, mean>),
    reduction("prod", "Product of all elements, or along an axis; its derivative is exact with zeros too.",
              &reduce<prod, prod>),
    reduction("norm", "√Σx², without overflow; derivative 0 at the zero vector.", &reduce<norm, norm>),
    reduction("amax", "Largest element; of n equal ones each has the derivative 1/n.", &reduce<amax, amax>),
    reduction("amin", "Smallest element; of n equal ones each has the derivative 1/n.", &reduce<amin, amin>),
    reduction("variance", "Mean of (x - mean)².", &reduce<variance, variance_along>),
    reduction("stddev", "√ of the variance; derivative 0 where all elements are equal.", &reduce<stddev, stddev_along>),
    reduction("logsumexp", "log Σ exp x, finite for elements of any size.", &reduce<logsumexp, logsumexp>),
    reduction("softmax", "exp x / Σ exp x along the last axis, or another.", &along_last<softmax>),
    reduction("log_softmax", "Logarithm of softmax, which keeps its digits.", &along_last<log_softmax>),
    reduction("cumsum", "Running sums along the last axis, or another.", &apply_cumsum),
    reduction("sort", "Elements in ascending order along the last axis, or another.", &apply_sort),
    reduction("argmax", "Position of the largest element, from 0; derivative 0.", &position<argmax, argmax>),
    reduction("argmin", "Position of the smallest element, from 0; derivative 0.", &position<argmin, argmin>),
    of_matrices("dot", 2, "Σ x·y of two vectors.", &apply_dot, "x, y"),
    of_matrices("outer", 2, "Matrix of all products of an element of x with one of y.", &apply_outer, "x, y"),
    of_matrices("matmul", 2, "The matrix product, also written A @ B.", &apply_product, "A, B"),
    of_matrices("transpose", 1, "Rows and columns exchanged.", &apply_transpose, "A"),
    of_matrices("trace", 1, "Sum of the diagonal.", &of_diagonal<trace>, "A"),
    of_matrices("diagonal", 1, "The diagonal, as a vector.", &of_diagonal<diagonal>, "A"),
});

}  // namespace

std::span<const Function> array_functions() { return table; }

namespace operators {
const Function product{
    .name = "@", .least = 2, .most = 2, .doc = "The matrix product.", .apply = &apply_product, .arguments = "A, B"};
}  // namespace operators

Value element_of(const Value& value, std::span<const Item> items, std::span<const Value> bounds) {
  const Tensor x = value.array();
  const auto rank = x.rank();
  if (items.size() > rank) {
    throw ShapeError{{.operation = "[ ]",
                      .problem = rank == 0 ? "a number has no elements"
                                           : std::to_string(items.size()) + " positions in an array of shape " +
                                                 to_string(x.shape()),
                      .expected = rank == 0 ? "an array" : "at most " + std::to_string(rank)}};
  }
  Indices start, stop;
  std::vector<std::int64_t> kept;
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const Item item = axis < items.size() ? items[axis] : Item{.range = true};
    const std::int64_t extent = x.shape()[axis];
    std::int64_t first = 0, last = extent;
    if (item.has_start) first = whole(bounds[next++], "position");
    if (!item.range) last = first + 1;
    if (item.has_stop) last = whole(bounds[next++], "position");
    if (first < 0 || last > extent || last < first) {
      throw ShapeError{{.operation = "[ ]",
                        .problem = (item.range ? "positions " + std::to_string(first) + ":" + std::to_string(last)
                                               : "position " + std::to_string(first)) +
                                   " of an axis of extent " + std::to_string(extent),
                        .expected = "positions that count from 0 and are below the extent"}};
    }
    start.push(first);
    stop.push(last);
    if (item.range) kept.push_back(last - first);
  }
  if (kept.empty()) return element(x, start, nowhere);
  return reshape(slice(x, start, stop, {}, nowhere), Shape(std::span<const std::int64_t>(kept)), nowhere);
}

}  // namespace wengert::cli
