/// What the tests of tensors share: random tensors, plain loops to compare with, inner products.
#pragma once

#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/tensor.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"

namespace wengert {

// How Boost.Test prints them.
inline std::ostream& boost_test_print_type(std::ostream& to, Dtype dtype) { return to << to_string(dtype); }
inline std::ostream& boost_test_print_type(std::ostream& to, const Shape& shape) { return to << to_string(shape); }
inline std::ostream& boost_test_print_type(std::ostream& to, const Type& type) { return to << to_string(type); }

}  // namespace wengert

namespace wengert::test {

/// Elements between -1 and 1, away from 0, in the dtype of the type (f32 or f64).
inline Tensor random_tensor(const Type& type, std::mt19937& random) {
  std::uniform_real_distribution<double> magnitude(0.1, 1.0);
  std::vector<double> values(static_cast<std::size_t>(type.shape.size()));
  for (double& v : values) v = (random() % 2 == 0 ? 1.0 : -1.0) * magnitude(random);
  return convert(tensor(values, type.shape), type.dtype);
}

/// Σ a·b, in double.
inline double dot(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector(), y = b.to_vector();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// a + step·direction, outside any recording.
inline Tensor moved(const Tensor& a, const Tensor& direction, double step) {
  return Tensor(a.value()) + Tensor(direction.value()) * step;
}

/// Extents of every shape of rank at most `most_rank` with sizes from `sizes`.
inline std::vector<Shape> all_shapes(std::size_t most_rank, const std::vector<std::int64_t>& sizes) {
  std::vector<std::vector<std::int64_t>> level{{}}, all{{}};
  for (std::size_t rank = 1; rank <= most_rank; ++rank) {
    std::vector<std::vector<std::int64_t>> next;
    for (const auto& shape : level)
      for (const std::int64_t size : sizes) {
        next.push_back(shape);
        next.back().push_back(size);
      }
    level = next;
    all.insert(all.end(), level.begin(), level.end());
  }
  std::vector<Shape> shapes;
  for (const auto& extents : all) shapes.emplace_back(std::span<const std::int64_t>(extents));
  return shapes;
}

/// The multi-index of row-major position i.
inline std::vector<std::int64_t> index_at(const Shape& shape, std::int64_t i) {
  std::vector<std::int64_t> index(shape.rank());
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    index[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return index;
}
inline std::int64_t position_of(const Shape& shape, const std::vector<std::int64_t>& index) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) at = at * shape[axis] + index[axis];
  return at;
}

/// NumPy's broadcasting, written independently: false when the shapes do not go together.
inline bool broadcast_together(const Shape& a, const Shape& b, std::vector<std::int64_t>& result) {
  result.clear();
  const std::size_t rank = std::max(a.rank(), b.rank());
  for (std::size_t k = 0; k < rank; ++k) {
    const std::int64_t x = k + a.rank() < rank ? 1 : a[k + a.rank() - rank];
    const std::int64_t y = k + b.rank() < rank ? 1 : b[k + b.rank() - rank];
    if (x == y || y == 1)
      result.push_back(x);
    else if (x == 1)
      result.push_back(y);
    else
      return false;
  }
  return true;
}
/// The position in a tensor of shape `from` that element `index` of the broadcast result comes from.
inline std::int64_t source_of(const Shape& from, const std::vector<std::int64_t>& index) {
  std::vector<std::int64_t> own(from.rank());
  for (std::size_t k = 0; k < from.rank(); ++k) {
    const std::int64_t i = index[index.size() - from.rank() + k];
    own[k] = from[k] == 1 ? 0 : i;
  }
  return position_of(from, own);
}

}  // namespace wengert::test
