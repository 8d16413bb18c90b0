// Compressed sweeps: several directions through a recording, Scalars and tensors alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/transform/sparse/coloring.hpp"
#include "wengert/autodiff/transform/sparse/sparse_matrix.hpp"

namespace wengert::detail {

/// Given a colour and what its sweep gave, by element.
using TakeResult = std::function<void(std::uint32_t color, std::span<const double> result)>;

/// For every colour: the tangents of y, x moving along the sum of the elements of that colour.
void sweep_forward(const Handles& y, const Handles& x, const Coloring& of_x, const TakeResult& take);
/// For every colour: the adjoints of x, given a cotangent of 1 for the elements of y of that colour.
void sweep_reverse(const Handles& y, const Handles& x, const Coloring& of_y, const TakeResult& take);

/// The tangents of y, by element, x moving along `direction`.
[[nodiscard]] std::vector<double> push_forward(const Handles& y, const Handles& x, std::span<const double> direction);

/// Throws ShapeError unless y has `rows` elements and x has `cols`.
void want_elements(const Handles& y, const Handles& x, std::size_t rows, std::size_t cols, const char* operation,
                   std::source_location where);

/// Numbers between 0.5 and 1.5 that follow no pattern; the same each time.
[[nodiscard]] std::vector<double> unstructured_direction(std::size_t size);
/// Throws ArgumentError where the matrix times `direction` is not `product`, as SparseJacobian::verify says.
void hold_against(const SparseMatrix& matrix, std::span<const double> direction, std::span<const double> product,
                  double tolerance, const char* operation, std::source_location where);

}  // namespace wengert::detail
