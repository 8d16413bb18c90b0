#include "wengert/autodiff/transform/sparse/sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/vector_sweep.hpp"
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

namespace {

/// Colours that one vector sweep works on.
constexpr std::uint32_t most_lanes = 8;

/// The matrix of a vector sweep over colours first … first + lanes - 1: 1 where the element has the colour of the row.
void fill_lanes(const Coloring& coloring, std::uint32_t first, std::uint32_t lanes, std::vector<double>& matrix) {
  const std::size_t size = coloring.color.size();
  matrix.assign(lanes * size, 0.0);
  for (std::size_t element = 0; element < size; ++element)
    if (const std::uint32_t lane = coloring.color[element] - first; lane < lanes)
      matrix[WENGERT_INDEX("sparse: lane of a colour", lane) * size + element] = 1.0;
}

/// Sweeps of Scalars by Scalars, eight colours at a time; `one` sweeps one alone.
template <class Each, class One>
void sweep_lanes(const Coloring& coloring, const Each& each, const One& one) {
  for (std::uint32_t first = 0; first < coloring.count; first += most_lanes) {
    const std::uint32_t lanes = std::min(most_lanes, coloring.count - first);
    if (lanes == 1)
      one(first);
    else
      each(first, lanes);
  }
}

}  // namespace

void sweep_forward(const Handles& y, const Handles& x, const Coloring& of_x, const TakeResult& take) {
  Directions directions(x);
  std::vector<double> result;
  const auto one = [&](std::uint32_t color) {
    directions.fill(x, [&](std::size_t element) { return of_x.color[element] == color ? 1.0 : 0.0; });
    collect(y, forward(directions.scalars, directions.numbers, directions.tensors, directions.arrays), result);
    take(color, result);
  };
  const Directions outputs(y);
  if (!directions.tensors.empty() || !outputs.tensors.empty()) {
    for (std::uint32_t color = 0; color < of_x.count; ++color) one(color);
    return;
  }
  VectorTangents tangents;
  std::vector<double> matrix;
  const auto each = [&](std::uint32_t first, std::uint32_t lanes) {
    fill_lanes(of_x, first, lanes, matrix);
    forward_each(directions.scalars, matrix, tangents);
    result.resize(outputs.scalars.size());
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      for (std::size_t i = 0; i < result.size(); ++i) result[i] = tangents(lane, outputs.scalars[i]);
      take(first + lane, result);
    }
  };
  sweep_lanes(of_x, each, one);
}

void sweep_reverse(const Handles& y, const Handles& x, const Coloring& of_y, const TakeResult& take) {
  Directions directions(y);
  Adjoints adjoints;
  std::vector<double> result, part;
  const auto one = [&](std::uint32_t color) {
    directions.fill(y, [&](std::size_t element) { return of_y.color[element] == color ? 1.0 : 0.0; });
    result.assign(x.elements(), 0.0);
    const auto add = [&] {
      collect(x, adjoints, part);
      for (std::size_t k = 0; k < part.size(); ++k)
        WENGERT_ADD("sparse: adjoints of several outputs", result[k], part[k]);
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
  };
  const Directions inputs(x);
  if (!directions.tensors.empty() || !inputs.tensors.empty()) {
    for (std::uint32_t color = 0; color < of_y.count; ++color) one(color);
    return;
  }
  VectorAdjoints each_adjoint;
  std::vector<double> matrix;
  const auto each = [&](std::uint32_t first, std::uint32_t lanes) {
    fill_lanes(of_y, first, lanes, matrix);
    backward_each(directions.scalars, matrix, each_adjoint);
    result.resize(inputs.scalars.size());
    for (std::uint32_t lane = 0; lane < lanes; ++lane) {
      for (std::size_t j = 0; j < result.size(); ++j) result[j] = each_adjoint(lane, inputs.scalars[j]);
      take(first + lane, result);
    }
  };
  sweep_lanes(of_y, each, one);
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
