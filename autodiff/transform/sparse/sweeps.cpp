#include "wengert/autodiff/transform/sparse/sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

/// Numbers of a list of values, taken apart into those of Scalars and tensors of the right types.
struct Directions {
  std::vector<Scalar> scalars;
  std::vector<double> numbers;  // by Scalar
  std::vector<Tensor> tensors;
  std::vector<Tensor> arrays;  // by tensor

  explicit Directions(const Handles& handles) {
    for (const AnyHandle& x : handles) {
      if (x.tensor == nullptr)
        scalars.push_back(x.scalar);
      else
        tensors.push_back(*x.tensor);
    }
    numbers.resize(scalars.size());
    arrays.resize(tensors.size());
  }
  /// number(element), elements counted through all the list.
  template <class F>
  void fill(const Handles& handles, const F& number) {
    std::size_t element = 0, scalar = 0, tensor = 0;
    std::vector<double> values;
    for (const AnyHandle& x : handles) {
      if (x.tensor == nullptr) {
        numbers[scalar++] = number(element++);
        continue;
      }
      values.resize(Handles::elements_of(x));
      for (double& value : values) value = number(element++);
      arrays[tensor++] =
          convert(wengert::tensor(std::span<const double>(values), x.tensor->shape()), x.tensor->dtype());
    }
  }
};

template <class Sweep>
void collect(const Handles& handles, const Sweep& sweep, std::vector<double>& into) {
  into.clear();
  for (const AnyHandle& x : handles) {
    if (x.tensor == nullptr) {
      into.push_back(sweep[x.scalar]);
    } else {
      const std::vector<double> values = sweep[*x.tensor].to_vector();
      into.insert(into.end(), values.begin(), values.end());
    }
  }
}

}  // namespace

void sweep_forward(const Handles& y, const Handles& x, const Coloring& of_x, const TakeResult& take) {
  Directions directions(x);
  std::vector<double> result;
  for (std::uint32_t color = 0; color < of_x.count; ++color) {
    directions.fill(x, [&](std::size_t element) { return of_x.color[element] == color ? 1.0 : 0.0; });
    const Tangents tangents = forward(directions.scalars, directions.numbers, directions.tensors, directions.arrays);
    collect(y, tangents, result);
    take(color, result);
  }
}

void sweep_reverse(const Handles& y, const Handles& x, const Coloring& of_y, const TakeResult& take) {
  Directions directions(y);
  Adjoints adjoints;
  std::vector<double> result, part;
  for (std::uint32_t color = 0; color < of_y.count; ++color) {
    directions.fill(y, [&](std::size_t element) { return of_y.color[element] == color ? 1.0 : 0.0; });
    result.assign(x.elements(), 0.0);
    const auto add = [&] {
      collect(x, adjoints, part);
      for (std::size_t k = 0; k < part.size(); ++k) result[k] += part[k];
    };
    if (!directions.scalars.empty()) {
      backward(directions.scalars, directions.numbers, adjoints);
      add();
    }
    for (std::size_t k = 0; k < directions.tensors.size(); ++k) {
      backward(directions.tensors[k], directions.arrays[k], adjoints);
      add();
    }
    take(color, result);
  }
}

std::vector<double> push_forward(const Handles& y, const Handles& x, std::span<const double> direction) {
  Directions directions(x);
  directions.fill(x, [&](std::size_t element) { return direction[element]; });
  std::vector<double> result;
  collect(y, forward(directions.scalars, directions.numbers, directions.tensors, directions.arrays), result);
  return result;
}

void want_elements(const Handles& y, const Handles& x, std::size_t rows, std::size_t cols, const char* operation,
                   std::source_location where) {
  if (y.elements() == rows && x.elements() == cols) return;
  throw ShapeError{{.operation = operation,
                    .problem = "a plan of " + std::to_string(rows) + " rows and " + std::to_string(cols) +
                               " columns is used for " + std::to_string(y.elements()) + " values of y and " +
                               std::to_string(x.elements()) + " of x",
                    .expected = "the program that the plan was made of",
                    .where = where}};
}

void hold_against(const SparseMatrix& matrix, std::span<const double> direction, std::span<const double> product,
                  double tolerance, const char* operation, std::source_location where) {
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    double sum = 0, size = 1e-300;
    for (std::size_t at = matrix.row_starts()[i]; at < matrix.row_starts()[i + 1]; ++at) {
      const double term = matrix.values()[at] * direction[matrix.column_indices()[at]];
      sum += term;
      size += std::abs(term);
    }
    if (std::abs(sum - product[i]) <= tolerance * std::max(size, std::abs(product[i]))) continue;
    if (!std::isfinite(sum) || !std::isfinite(product[i])) continue;
    throw ArgumentError{{.operation = operation,
                         .problem = "row " + std::to_string(i) +
                                    " is not that of this program: along a direction it gives " + std::to_string(sum) +
                                    ", a sweep " + std::to_string(product[i]),
                         .expected = "the program that the plan was made of",
                         .where = where,
                         .hint = "make a new plan where the program took other branches"}};
  }
}

std::vector<double> unstructured_direction(std::size_t size) {
  std::vector<double> direction(size);
  for (std::size_t j = 0; j < size; ++j)
    direction[j] = 0.5 + static_cast<double>(mix_hash(7, j) >> 11) * 0x1p-53;  // 0.5 … 1.5
  return direction;
}

}  // namespace wengert::detail
