#include "wengert/nn/data/generators.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace wengert::nn {
namespace {

void check_real(const char* operation, Dtype dtype, std::source_location where) {
  if (is_real(dtype)) return;
  throw DtypeError{{.operation = operation,
                    .operands = {},
                    .problem = "dtype " + std::string(to_string(dtype)),
                    .expected = "f32 or f64",
                    .where = where,
                    .hint = {}}};
}

void check_least(const char* operation, const char* name, std::int64_t value, std::int64_t least,
                 std::source_location where) {
  if (value >= least) return;
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = std::string(name) + " is " + std::to_string(value),
                       .expected = std::string(name) + " >= " + std::to_string(least),
                       .where = where,
                       .hint = {}}};
}

Tensor numbers(const std::vector<double>& values, const Shape& shape, Dtype dtype) {
  return convert(tensor(values, shape), dtype);
}

std::size_t index(std::int64_t k) { return static_cast<std::size_t>(k); }

// Points of the plane with classes, in an order drawn last.
struct Points {
  std::vector<double> x;
  std::vector<std::int64_t> labels;
  void add(double a, double b, std::int64_t label) {
    x.push_back(a);
    x.push_back(b);
    labels.push_back(label);
  }
  [[nodiscard]] Batch batch(Dtype dtype) const {
    const auto n = static_cast<std::int64_t>(labels.size());
    return {numbers(x, Shape{n, 2}, dtype), tensor(labels, Shape{n})};
  }
};

Batch truth_table(std::initializer_list<double> values, Dtype dtype) {
  return {convert(tensor({0, 0, 0, 1, 1, 0, 1, 1}, Shape{4, 2}), dtype), convert(tensor(values, Shape{4, 1}), dtype)};
}

}  // namespace

Batch logical_and(Dtype dtype, std::source_location where) {
  check_real("logical_and", dtype, where);
  return truth_table({0, 0, 0, 1}, dtype);
}

Batch logical_xor(Dtype dtype, std::source_location where) {
  check_real("logical_xor", dtype, where);
  return truth_table({0, 1, 1, 0}, dtype);
}

Batch parabola(Random& random, std::int64_t of_each, PointOrder order, Dtype dtype, std::source_location where) {
  check_real("parabola", dtype, where);
  check_least("parabola", "of_each", of_each, 0, where);
  // The same points whatever their order, which is drawn from a child.
  Points points;
  const auto on_the_parabola = [&] {
    const double t = 100 * random.uniform();
    points.add(t, t * t, 1);
  };
  const auto anywhere = [&] {
    const double x = 100 * random.uniform();
    points.add(x, 10000 * random.uniform(), 0);
  };
  for (std::int64_t k = 0; k < of_each; ++k) on_the_parabola();
  for (std::int64_t k = 0; k < of_each; ++k) anywhere();
  std::vector<std::int64_t> positions(2 * index(of_each));
  for (std::size_t k = 0; k < positions.size(); ++k) positions[k] = static_cast<std::int64_t>(k);
  if (order == PointOrder::random_first) {
    std::rotate(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(of_each), positions.end());
  } else if (order == PointOrder::shuffled) {
    positions = random.child(random.state().position).permutation(2 * of_each);
  }
  return TensorDataset(points.batch(dtype)).batch(positions);
}

double value_of(Curve curve, double x) noexcept {
  switch (curve) {
    case Curve::smooth:
      return 0.5 * std::sin(std::numbers::pi * x) + 0.2 * std::sin(3 * std::numbers::pi * x);
    case Curve::kinked:
      return std::abs(2 * std::abs(x) - 1) - 0.5;
    case Curve::discontinuous:
      break;
  }
  return x < -0.5 ? -0.4 : (x < 0.1 ? 0.5 : (x < 0.6 ? -0.2 : 0.3));
}

std::string_view to_string(Curve curve) noexcept {
  switch (curve) {
    case Curve::smooth:
      return "smooth";
    case Curve::kinked:
      return "kinked";
    case Curve::discontinuous:
      break;
  }
  return "discontinuous";
}

Batch samples_of(Curve curve, std::int64_t count, Dtype dtype, std::source_location where) {
  check_real("samples_of", dtype, where);
  check_least("samples_of", "count", count, 0, where);
  std::vector<double> x(index(count)), y(index(count));
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] = count == 1 ? 0 : -1 + 2 * static_cast<double>(k) / static_cast<double>(count - 1);
    y[k] = value_of(curve, x[k]);
  }
  return {numbers(x, Shape{count, 1}, dtype), numbers(y, Shape{count, 1}, dtype)};
}

Batch adding_problem(Random& random, std::int64_t count, std::int64_t length, Dtype dtype, std::source_location where) {
  check_real("adding_problem", dtype, where);
  check_least("adding_problem", "count", count, 0, where);
  check_least("adding_problem", "length", length, 2, where);
  std::vector<double> x(2 * index(count) * index(length)), y(index(count));
  for (std::int64_t k = 0; k < count; ++k) {
    double* const sequence = &x[2 * index(k) * index(length)];
    for (std::int64_t step = 0; step < length; ++step) sequence[2 * step] = random.uniform();
    const std::int64_t half = length / 2, first = random.below(half), second = half + random.below(length - half);
    sequence[2 * first + 1] = sequence[2 * second + 1] = 1;
    y[index(k)] = sequence[2 * first] + sequence[2 * second];
  }
  return {numbers(x, Shape{count, length, 2}, dtype), numbers(y, Shape{count, 1}, dtype)};
}

Batch two_moons(Random& random, std::int64_t count, double noise, Dtype dtype, std::source_location where) {
  check_real("two_moons", dtype, where);
  check_least("two_moons", "count", count, 0, where);
  Points points;
  for (std::int64_t k = 0; k < count; ++k) {
    const double t = std::numbers::pi * random.uniform(), c = std::cos(t), s = std::sin(t);
    const double a = noise * random.normal(), b = noise * random.normal();
    if (k % 2 == 0) {
      points.add(c + a, s + b, 0);
    } else {
      points.add(1 - c + a, 0.5 - s + b, 1);
    }
  }
  return points.batch(dtype);
}

Batch spirals(Random& random, std::int64_t count, std::int64_t arms, double noise, Dtype dtype,
              std::source_location where) {
  check_real("spirals", dtype, where);
  check_least("spirals", "count", count, 0, where);
  check_least("spirals", "arms", arms, 1, where);
  Points points;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t arm = k % arms;
    const double r = random.uniform();
    const double angle = 2 * std::numbers::pi * (r + static_cast<double>(arm) / static_cast<double>(arms));
    const double a = noise * random.normal(), b = noise * random.normal();
    points.add(r * std::cos(angle) + a, r * std::sin(angle) + b, arm);
  }
  return points.batch(dtype);
}

Batch strokes(Random& random, std::int64_t count, std::int64_t extent, Dtype dtype, std::source_location where) {
  check_real("strokes", dtype, where);
  check_least("strokes", "count", count, 0, where);
  check_least("strokes", "extent", extent, 5, where);
  const std::size_t size = index(extent) * index(extent);
  std::vector<double> x(index(count) * size);
  std::vector<std::int64_t> labels(index(count));
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t label = k % 4;
    labels[index(k)] = label;
    double* const picture = &x[index(k) * size];
    for (std::size_t p = 0; p < size; ++p) picture[p] = 0.1 * random.normal();
    // Of the middle of the stroke from that of the picture, in pixels; half the stroke's length; its brightness.
    const double reach = static_cast<double>(extent) / 4, middle = static_cast<double>(extent - 1) / 2;
    const double row = middle + reach * (2 * random.uniform() - 1),
                 column = middle + reach * (2 * random.uniform() - 1);
    const double half = static_cast<double>(extent) * (0.2 + 0.15 * random.uniform());
    const double brightness = 0.6 + 0.4 * random.uniform();
    constexpr double diagonal = 0.5 * std::numbers::sqrt2;
    constexpr std::array<std::pair<double, double>, 4> directions{
        {{0, 1}, {1, 0}, {-diagonal, diagonal}, {diagonal, diagonal}}};  // down, right
    const auto [down, right] = directions[index(label)];
    for (std::int64_t i = 0; i < extent; ++i) {
      for (std::int64_t j = 0; j < extent; ++j) {
        const double a = static_cast<double>(i) - row, b = static_cast<double>(j) - column;
        const double along = std::abs(a * down + b * right), across = std::abs(a * right - b * down);
        // Full within half a pixel, nothing beyond one and a half.
        const double ink = std::clamp(1.5 - across, 0.0, 1.0) * std::clamp(half + 0.5 - along, 0.0, 1.0);
        picture[index(i * extent + j)] += brightness * ink;
      }
    }
  }
  return {numbers(x, Shape{count, 1, extent, extent}, dtype), tensor(labels, Shape{count})};
}

}  // namespace wengert::nn
