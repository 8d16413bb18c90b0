/// figure_of: statistics of an array for the page; see theatre.hpp.
#include <algorithm>
#include <cmath>

#include "wengert/graph/theatre/theatre.hpp"

namespace wengert::graph {

namespace {

constexpr std::size_t bins = 24;
constexpr std::size_t most_patches = 24;  // along each side of a heat map

/// The means of patches of the array taken as a matrix: its last axis, and all others.
void set_heat(Figure& figure, const Array& array) {
  const std::size_t rank = array.rank();
  const auto size = static_cast<std::size_t>(array.size());
  const std::size_t columns = rank == 0 ? 1 : static_cast<std::size_t>(array.shape()[rank - 1]);
  const std::size_t rows = size / columns;
  figure.heat_rows = std::min(rows, most_patches);
  figure.heat_columns = std::min(columns, most_patches);
  std::vector<double> sum(figure.heat_rows * figure.heat_columns), count(sum.size());
  for (std::size_t i = 0; i < size; ++i) {
    const double x = array.element(static_cast<std::int64_t>(i));
    if (!std::isfinite(x)) continue;
    const std::size_t row = i / columns * figure.heat_rows / rows;
    const std::size_t column = i % columns * figure.heat_columns / columns;
    sum[row * figure.heat_columns + column] += x;
    count[row * figure.heat_columns + column] += 1;
  }
  for (std::size_t k = 0; k < sum.size(); ++k) figure.heat.push_back(count[k] == 0 ? 0 : sum[k] / count[k]);
}

}  // namespace

Figure figure_of(const Array& array, std::size_t most_elements) {
  Figure figure{.type = array.type()};
  const std::int64_t size = array.size();
  if (size == 0) return figure;
  if (static_cast<std::uint64_t>(size) <= most_elements) {
    for (std::int64_t i = 0; i < size; ++i) figure.elements.push_back(array.element(i));
    return figure;
  }
  // Scaled by the largest, so that squares neither overflow nor vanish.
  double largest = 0;
  std::size_t finite = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double x = array.element(i);
    if (!std::isfinite(x)) {
      ++figure.not_finite;
      continue;
    }
    figure.least = finite == 0 ? x : std::min(figure.least, x);
    figure.most = finite == 0 ? x : std::max(figure.most, x);
    ++finite;
    figure.zeros += x == 0;
    largest = std::max(largest, std::abs(x));
  }
  figure.histogram.assign(bins, 0);
  const double width = figure.most / 2 - figure.least / 2;  // half of it: the whole may overflow
  double squares = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double x = array.element(i);
    if (!std::isfinite(x)) continue;
    figure.mean += x / static_cast<double>(finite);
    if (largest > 0) squares += x / largest * (x / largest);
    const double place = width > 0 ? (x / 2 - figure.least / 2) / width * static_cast<double>(bins) : 0;
    ++figure.histogram[std::min(bins - 1, static_cast<std::size_t>(place))];
  }
  figure.norm = largest * std::sqrt(squares);
  set_heat(figure, array);
  return figure;
}

}  // namespace wengert::graph
