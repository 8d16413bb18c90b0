#include "wengert/nn/random/initialise.hpp"

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "wengert/autodiff/record/linear_algebra.hpp"

namespace wengert::nn::initialise {
namespace {

std::string text(double x) { return to_string(Array::scalar(x)); }

[[noreturn]] void refuse(const char* operation, std::string problem, std::string expected, std::source_location where) {
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = {}}};
}

void check_rank(const char* operation, const Shape& shape, std::source_location where) {
  if (shape.rank() >= 2) return;
  throw ShapeError{{.operation = operation,
                    .operands = {},
                    .problem = "shape " + to_string(shape),
                    .expected = "[out, in, kernel...]: two axes at least",
                    .where = where,
                    .hint = {}}};
}

Fans fans_of(const char* operation, const Shape& shape, std::source_location where) {
  check_rank(operation, shape, where);
  std::int64_t kernel = 1;
  for (std::size_t axis = 2; axis < shape.rank(); ++axis) kernel *= shape[axis];
  return {shape[1] * kernel, shape[0] * kernel};
}

// gain·√(1/fan); without elements there is no fan, and nothing to draw.
double deviation_of(const char* operation, double gain, double fan, std::source_location where) {
  if (!std::isfinite(gain) || gain < 0) refuse(operation, "gain " + text(gain), "a finite gain >= 0", where);
  return fan > 0 ? gain / std::sqrt(fan) : 0;
}

Tensor between(Random& random, const Shape& shape, double deviation, Dtype dtype, std::source_location where) {
  const double bound = std::sqrt(3.0) * deviation;
  return random.uniform(shape, -bound, bound, dtype, where);
}

double mean_fan(const Fans& f) { return 0.5 * (static_cast<double>(f.in) + static_cast<double>(f.out)); }

double he_fan(const char* operation, const Shape& shape, Fan fan, std::source_location where) {
  const Fans f = fans_of(operation, shape, where);
  return static_cast<double>(fan == Fan::in ? f.in : f.out);
}

}  // namespace

Fans fans(const Shape& shape, std::source_location where) { return fans_of("fans", shape, where); }

double gain(std::string_view activation, double slope, std::source_location where) {
  if (activation == "linear" || activation == "identity" || activation == "conv" || activation == "sigmoid") return 1;
  if (activation == "tanh") return 5.0 / 3;
  if (activation == "relu") return std::numbers::sqrt2;
  if (activation == "leaky_relu") return std::sqrt(2 / (1 + slope * slope));
  if (activation == "selu") return 0.75;
  refuse("gain", "no gain is known for \"" + std::string(activation) + '"',
         "linear, identity, conv, sigmoid, tanh, relu, leaky_relu or selu", where);
}

Tensor xavier_uniform(Random& random, const Shape& shape, double gain, Dtype dtype, std::source_location where) {
  const double fan = mean_fan(fans_of("xavier_uniform", shape, where));
  return between(random, shape, deviation_of("xavier_uniform", gain, fan, where), dtype, where);
}

Tensor xavier_normal(Random& random, const Shape& shape, double gain, Dtype dtype, std::source_location where) {
  const double fan = mean_fan(fans_of("xavier_normal", shape, where));
  return random.normal(shape, 0, deviation_of("xavier_normal", gain, fan, where), dtype, where);
}

Tensor he_uniform(Random& random, const Shape& shape, double gain, Dtype dtype, Fan fan, std::source_location where) {
  const double terms = he_fan("he_uniform", shape, fan, where);
  return between(random, shape, deviation_of("he_uniform", gain, terms, where), dtype, where);
}

Tensor he_normal(Random& random, const Shape& shape, double gain, Dtype dtype, Fan fan, std::source_location where) {
  const double terms = he_fan("he_normal", shape, fan, where);
  return random.normal(shape, 0, deviation_of("he_normal", gain, terms, where), dtype, where);
}

Tensor lecun_uniform(Random& random, const Shape& shape, double gain, Dtype dtype, std::source_location where) {
  const double terms = he_fan("lecun_uniform", shape, Fan::in, where);
  return between(random, shape, deviation_of("lecun_uniform", gain, terms, where), dtype, where);
}

Tensor lecun_normal(Random& random, const Shape& shape, double gain, Dtype dtype, std::source_location where) {
  const double terms = he_fan("lecun_normal", shape, Fan::in, where);
  return random.normal(shape, 0, deviation_of("lecun_normal", gain, terms, where), dtype, where);
}

Tensor orthogonal(Random& random, const Shape& shape, double gain, Dtype dtype, std::source_location where) {
  check_rank("orthogonal", shape, where);
  if (!is_real(dtype)) {
    throw DtypeError{{.operation = "orthogonal",
                      .operands = {},
                      .problem = "dtype " + std::string(to_string(dtype)),
                      .expected = "f32 or f64",
                      .where = where,
                      .hint = {}}};
  }
  if (!std::isfinite(gain)) refuse("orthogonal", "gain " + text(gain), "a finite gain", where);
  if (shape.size() == 0) return zeros(shape, dtype, where);
  const std::int64_t rows = shape[0], columns = shape.size() / rows;
  const Tensor normal = random.normal(Shape{rows, columns}, 0, 1, Dtype::f64, where);
  const Tensor q = rows < columns ? transpose(qr(transpose(normal), where).q) : qr(normal, where).q;
  return convert(reshape(q * gain, shape, where), dtype, where);
}

Tensor truncated_normal(Random& random, const Shape& shape, double mean, double deviation, double low, double high,
                        Dtype dtype, std::source_location where) {
  const auto below = [&](double x) { return 0.5 * std::erfc((mean - x) / (deviation * std::numbers::sqrt2)); };
  const double held = deviation > 0 ? below(high) - below(low) : (low <= mean && mean <= high ? 1 : 0);
  if (!(held >= 0.01)) {
    refuse("truncated_normal",
           "between " + text(low) + " and " + text(high) + " lies less than a hundredth of mean " + text(mean) +
               ", deviation " + text(deviation),
           "bounds that hold more", where);
  }
  // "truncate" in ASCII; then the place, so that every fill has redraws of its own.
  const Random redraws = random.child(0x7472756e63617465ULL).child(random.state().position);
  Array result = random.normal(shape, mean, deviation, dtype, where).value().dense();
  const auto redraw = [&](auto elements) {
    std::vector<std::size_t> outside;
    const auto is_outside = [&](std::size_t k) { return !(elements[k] >= low && elements[k] <= high); };
    for (std::size_t k = 0; k < elements.size(); ++k) {
      if (is_outside(k)) outside.push_back(k);
    }
    for (std::uint64_t attempt = 0; !outside.empty(); ++attempt) {
      Random again = redraws.child(attempt);
      const Tensor drawn =
          again.normal(Shape{static_cast<std::int64_t>(outside.size())}, mean, deviation, dtype, where);
      using T = typename decltype(elements)::value_type;
      const auto values = drawn.value().template data<T>();
      for (std::size_t k = 0; k < outside.size(); ++k) elements[outside[k]] = values[k];
      std::erase_if(outside, [&](std::size_t k) { return !is_outside(k); });
    }
  };
  if (dtype == Dtype::f32) {
    redraw(result.mutable_data<float>());
  } else {
    redraw(result.mutable_data<double>());
  }
  return Tensor(std::move(result));
}

Tensor constant(const Shape& shape, double value, Dtype dtype, std::source_location where) {
  return full(shape, value, dtype, where);
}

}  // namespace wengert::nn::initialise
