/// Every structural primitive once more, by loops over all indices: slow, and independent of the kernels. The shape of
/// the result is taken from the type rule, which has tests of its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "naive_linear_algebra.hpp"
#include "naive_windows.hpp"
#include "tensor_helpers.hpp"
#include "wengert/graph/operation.hpp"

namespace wengert::test {

using Index = std::vector<std::int64_t>;

/// An operand or a result, as doubles.
struct Naive {
  Shape shape;
  std::vector<double> at;

  [[nodiscard]] double& operator[](const Index& index) {
    return at[static_cast<std::size_t>(position_of(shape, index))];
  }
  [[nodiscard]] double operator[](const Index& index) const {
    return at[static_cast<std::size_t>(position_of(shape, index))];
  }
};

inline Naive naive(const Tensor& t) { return {t.shape(), t.to_vector()}; }

/// f(index) for every index of a shape, in row-major order.
template <class F>
void for_each_index(const Shape& shape, const F& f) {
  for (std::int64_t i = 0; i < shape.size(); ++i) f(index_at(shape, i));
}

/// All x[index'] where index' agrees with `index` (of x) beside the axes.
inline std::vector<double> group_of(const Naive& x, const Index& index, const Index& axes) {
  std::vector<double> group;
  for_each_index(x.shape, [&](const Index& other) {
    bool same = true;
    for (std::size_t k = 0; k < index.size(); ++k)
      same = same && (index[k] == other[k] || std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(k)) > 0);
    if (same) group.push_back(x[other]);
  });
  return group;
}

/// An index of x from one of its reduction: 0 along the axes.
inline Index unreduced(const Index& reduced, std::size_t rank, const Index& axes) {
  Index index;
  for (std::size_t k = 0, from = 0; k < rank; ++k)
    index.push_back(std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(k)) > 0 ? 0 : reduced[from++]);
  return index;
}

/// result[index] of a primitive, by its name. What a reduction makes of its elements, and a map of an element among
/// those it stands with.
inline std::function<double(const std::vector<double>&)> naive_reduction(std::string_view name) {
  using Elements = std::vector<double>;
  if (name == "sum") return [](const Elements& e) { return std::accumulate(e.begin(), e.end(), 0.0); };
  if (name == "prod")
    return [](const Elements& e) { return std::accumulate(e.begin(), e.end(), 1.0, std::multiplies<>()); };
  if (name == "amax") return [](const Elements& e) { return *std::max_element(e.begin(), e.end()); };
  if (name == "amin") return [](const Elements& e) { return *std::min_element(e.begin(), e.end()); };
  if (name == "norm")
    return [](const Elements& e) { return std::sqrt(std::inner_product(e.begin(), e.end(), e.begin(), 0.0)); };
  if (name == "logsumexp")
    return [](const Elements& e) {
      double s = 0;
      for (const double x : e) s += std::exp(x);
      return std::log(s);
    };
  return {};
}

inline std::function<double(double, const std::vector<double>&)> naive_map(std::string_view name) {
  using Elements = std::vector<double>;
  const auto exponentials = [](const Elements& e) {
    double s = 0;
    for (const double x : e) s += std::exp(x);
    return s;
  };
  if (name == "softmax") return [=](double x, const Elements& e) { return std::exp(x) / exponentials(e); };
  if (name == "log_softmax") return [=](double x, const Elements& e) { return x - std::log(exponentials(e)); };
  if (name == "prod_others")  // separated elements are not 0
    return
        [](double x, const Elements& e) { return std::accumulate(e.begin(), e.end(), 1.0, std::multiplies<>()) / x; };
  return {};
}

/// A primitive of linear algebra, item by item.
inline void naive_linear_algebra(std::string_view name, std::span<const Naive> x, const graph::Attribute& attribute,
                                 Naive& y) {
  const Index n = std::holds_alternative<Index>(attribute) ? std::get<Index>(attribute) : Index{0, 0};
  const std::int64_t flags = std::holds_alternative<std::int64_t>(attribute) ? std::get<std::int64_t>(attribute) : n[0];
  const auto matrix = [](const Naive& from, std::size_t item) {
    const std::size_t rank = from.shape.rank();
    PlainMatrix m(static_cast<std::size_t>(from.shape[rank - 2]), static_cast<std::size_t>(from.shape[rank - 1]));
    const auto begin = from.at.begin() + static_cast<std::ptrdiff_t>(item * m.at.size());
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(m.at.size()), m.at.begin());
    return m;
  };
  std::size_t items = 1;
  for (std::size_t axis = 0; axis + 2 < x[0].shape.rank(); ++axis) items *= static_cast<std::size_t>(x[0].shape[axis]);
  if (y.at.empty()) return;
  std::vector<double> all;
  for (std::size_t item = 0; item < items; ++item) {
    const PlainMatrix a = matrix(x[0], item), b = x.size() > 1 ? matrix(x[1], item) : a;
    const std::vector<double> one = naive_item(name, a, &b, flags, n[1]);
    all.insert(all.end(), one.begin(), one.end());
  }
  if (all.size() == y.at.size()) y.at = all;
}

inline Naive naive_value(std::string_view name, std::span<const Naive> x, const graph::Attribute& attribute,
                         const Shape& shape) {
  Naive y{shape, std::vector<double>(static_cast<std::size_t>(shape.size()))};
  const Index n = std::holds_alternative<Index>(attribute) ? std::get<Index>(attribute) : Index{};
  const std::int64_t number =
      std::holds_alternative<std::int64_t>(attribute) ? std::get<std::int64_t>(attribute) : std::int64_t{0};
  const std::size_t rank = x.empty() ? 0 : x[0].shape.rank();
  const auto each = [&](const auto& element) { for_each_index(shape, [&](const Index& i) { y[i] = element(i); }); };
  const auto along = [](Index index, std::int64_t axis, std::int64_t at) {
    index[static_cast<std::size_t>(axis)] = at;
    return index;
  };
  const auto position = [](double at) { return static_cast<std::int64_t>(at); };

  if (const auto reduction = naive_reduction(name)) {
    each([&](const Index& i) { return reduction(group_of(x[0], unreduced(i, rank, n), n)); });
  } else if (const auto map = naive_map(name)) {
    each([&](const Index& i) { return map(x[0][i], group_of(x[0], i, n)); });
  } else if (name == "tie_share") {
    each([&](const Index& i) {
      Index at;
      for (std::size_t k = 0; k < rank; ++k)
        if (std::count(n.begin(), n.end(), static_cast<std::int64_t>(k)) == 0) at.push_back(i[k]);
      const auto group = group_of(x[0], i, n);
      return x[0][i] == x[1][at] ? 1.0 / static_cast<double>(std::count(group.begin(), group.end(), x[1][at])) : 0.0;
    });
  } else if (name == "broadcast") {
    each([&](const Index& i) { return x[0].at[static_cast<std::size_t>(source_of(x[0].shape, i))]; });
  } else if (name == "reshape" || name == "convert") {
    y.at = x[0].at;
  } else if (name == "permute") {
    for_each_index(x[0].shape, [&](const Index& from) {
      Index to;
      for (const std::int64_t axis : n) to.push_back(from[static_cast<std::size_t>(axis)]);
      y[to] = x[0][from];
    });
  } else if (name == "slice" || name == "embed") {
    // Element i of the smaller one is element start + i·step of the other.
    const bool out = name == "slice";
    for_each_index(out ? shape : x[0].shape, [&](const Index& i) {
      Index other(rank);
      for (std::size_t k = 0; k < rank; ++k) other[k] = n[out ? k : rank + k] + i[k] * n[2 * rank + k];
      (out ? y[i] : y[other]) = out ? x[0][other] : x[0][i];
    });
  } else if (name == "stack") {
    each([&](Index i) {
      const std::int64_t which = i[static_cast<std::size_t>(number)];
      i.erase(i.begin() + number);
      return x[static_cast<std::size_t>(which)][i];
    });
  } else if (name == "concatenate") {
    each([&](Index i) {
      std::size_t which = 0;
      std::int64_t& at = i[static_cast<std::size_t>(number)];
      for (; at >= x[which].shape[static_cast<std::size_t>(number)]; ++which)
        at -= x[which].shape[static_cast<std::size_t>(number)];
      return x[which][i];
    });
  } else if (name == "to_scalar") {
    y.at[0] = x[0].at[static_cast<std::size_t>(number)];
  } else if (name == "to_tensor") {
    y.at[static_cast<std::size_t>(n[0])] = x[0].at[0];
  } else if (name == "gather" || name == "scatter_add") {
    // full: the side with the axes of the positions in place of the axis.
    const bool out = name == "gather";
    const auto axis = static_cast<std::size_t>(out ? number : n[0]);
    for_each_index(out ? shape : x[0].shape, [&](const Index& full) {
      const auto first = full.begin() + static_cast<std::ptrdiff_t>(axis);
      const auto last = first + static_cast<std::ptrdiff_t>(x[1].shape.rank());
      Index at(full.begin(), first);
      at.push_back(position(x[1][Index(first, last)]));
      at.insert(at.end(), last, full.end());
      if (out)
        y[full] = x[0][at];
      else
        y[at] += x[0][full];
    });
  } else if (name == "take_along") {
    each([&](const Index& i) { return x[0][along(i, number, position(x[1][i]))]; });
  } else if (name == "scatter_add_along") {
    for_each_index(x[0].shape, [&](const Index& i) { y[along(i, n[0], position(x[1][i]))] += x[0][i]; });
  } else if (name == "argmax" || name == "argmin") {
    each([&](Index i) {
      i.insert(i.begin() + number, 0);
      const std::vector<double> group = group_of(x[0], i, {number});
      const auto best = name == "argmax" ? std::max_element(group.begin(), group.end())
                                         : std::min_element(group.begin(), group.end());
      return static_cast<double>(best - group.begin());
    });
  } else if (name == "argsort") {
    each([&](const Index& i) {
      const std::vector<double> group = group_of(x[0], i, {n[0]});
      std::vector<std::int64_t> order(group.size());
      std::iota(order.begin(), order.end(), std::int64_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        const double left = group[static_cast<std::size_t>(a)], right = group[static_cast<std::size_t>(b)];
        return n[1] == 0 ? left < right : left > right;
      });
      return static_cast<double>(order[static_cast<std::size_t>(i[static_cast<std::size_t>(n[0])])]);
    });
  } else if (name == "cumsum") {
    each([&](const Index& i) {
      const auto axis = static_cast<std::size_t>(n[0]);
      double s = 0;
      for (std::int64_t k = n[1] == 0 ? 0 : i[axis]; k <= (n[1] == 0 ? i[axis] : x[0].shape[axis] - 1); ++k)
        s += x[0][along(i, n[0], k)];
      return s;
    });
  } else if (name == "matmul") {
    const bool first = (number & 1) != 0, second = (number & 2) != 0;
    each([&](const Index& i) {
      double s = 0;
      Index a(i), b(i);
      for (std::int64_t p = 0; p < x[0].shape[first ? rank - 2 : rank - 1]; ++p) {
        a[rank - 2] = first ? p : i[rank - 2];
        a[rank - 1] = first ? i[rank - 2] : p;
        b[rank - 2] = second ? i[rank - 1] : p;
        b[rank - 1] = second ? p : i[rank - 1];
        s += x[0][a] * x[1][b];
      }
      return s;
    });
  } else {
    std::vector<Plain4> operands;
    for (const Naive& operand : x) operands.push_back({operand.shape, operand.at});
    Plain4 result{shape, y.at};
    if (naive_windows(name, operands, n, result)) {
      y.at = result.at;
      return y;
    }
    y.at.assign(y.at.size(), std::numeric_limits<double>::quiet_NaN());  // no such primitive here: nothing agrees
    naive_linear_algebra(name, x, attribute, y);
  }
  return y;
}

}  // namespace wengert::test
