#include "wengert/nn/optim/clip.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace wengert::nn {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Σ term(x), in 8 running sums, which become vector code.
template <class T, class Term>
[[nodiscard]] double sum_of(std::span<const T> x, const Term& term) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= x.size(); i += sums.size())
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += term(static_cast<double>(x[i + k]));
  for (std::size_t k = 0; i < x.size(); ++i, ++k) sums[k] += term(static_cast<double>(x[i]));
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}
/// The largest |x|; NaN if there is one.
template <class T>
[[nodiscard]] double largest_of(std::span<const T> x) {
  T largest = 0;
  bool has_nan = false;
  for (const T value : x) {
    const T magnitude = std::abs(value);
    largest = largest < magnitude ? magnitude : largest;
    has_nan = has_nan || magnitude != magnitude;
  }
  return has_nan ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(largest);
}

/// f(span of the stored elements, how often each of them counts).
template <class F>
[[nodiscard]] double reduced(const Tensor& gradient, const F& f) {
  const Array& x = gradient.value();
  const double times = x.is_uniform() ? static_cast<double>(x.size()) : 1.0;
  return x.dtype() == Dtype::f32 ? f(x.stored<float>(), times) : f(x.stored<double>(), times);
}
[[nodiscard]] double largest_of(const Tensor& gradient) {
  return reduced(gradient, [](auto x, double) { return largest_of(x); });
}
[[nodiscard]] double largest_of_all(std::span<const Tensor> gradients) {
  double largest = 0;
  for (const Tensor& gradient : gradients) {
    const double here = largest_of(gradient);
    if (std::isnan(here)) return here;
    largest = std::max(largest, here);
  }
  return largest;
}
/// Σ (|g|·factor)ᵖ.
[[nodiscard]] double sum_of_powers(std::span<const Tensor> gradients, double p, double factor) {
  double sum = 0;
  for (const Tensor& gradient : gradients) {
    sum += reduced(gradient, [&](auto x, double times) {
      if (p == 2 && factor == 1) return times * sum_of(x, [](double value) { return value * value; });
      if (p == 2) return times * sum_of(x, [=](double value) { return (value * factor) * (value * factor); });
      return times * sum_of(x, [=](double value) { return std::pow(std::abs(value) * factor, p); });
    });
  }
  return sum;
}

void check_dtypes(std::string_view operation, std::span<const Tensor> gradients, std::source_location where) {
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (is_real(gradients[k].dtype())) continue;
    throw DtypeError{{.operation = std::string(operation),
                      .operands = {to_string(gradients[k].type())},
                      .problem = "gradient " + std::to_string(k) + " has " + to_string(gradients[k].type()),
                      .expected = "f32 or f64",
                      .where = where}};
  }
}
void check_bound(std::string_view operation, double most, std::source_location where) {
  if (most >= 0) return;
  throw ArgumentError{{.operation = std::string(operation),
                       .problem = "the bound is " + std::to_string(most),
                       .expected = "at least 0",
                       .where = where}};
}
[[noreturn]] void refuse_gradient(std::string_view operation, std::size_t k, const Tensor& gradient,
                                  std::string_view what, std::source_location where) {
  throw DomainError{
      {.operation = std::string(operation),
       .operands = {to_string(gradient.type())},
       .problem = "gradient " + std::to_string(k) + ", " + to_string(gradient.type()) + ", has " + std::string(what),
       .expected = "finite numbers",
       .where = where,
       .hint = "RecordingOptions::stop_at_nan names the line where a NaN arises"}};
}

/// Each element through f, in place where nobody else holds it.
template <class F>
void rewrite(Tensor& gradient, const F& f) {
  with_element_type(gradient.dtype(), [&]<class T>(std::type_identity<T>) {
    if constexpr (std::is_floating_point_v<T>) {
      const Array& from = gradient.value();
      if (from.is_uniform()) {
        gradient = Tensor(Array::uniform_of<T>(from.shape(), f(from.stored<T>()[0])));
      } else if (from.unique()) {
        Array elements = from;
        gradient = Tensor();  // so that nobody else holds them
        for (T& x : elements.mutable_data<T>()) x = f(x);
        gradient = Tensor(std::move(elements));
      } else {
        Array to = Array::uninitialised(from.type());
        std::ranges::transform(from.stored<T>(), to.mutable_data<T>().begin(), f);
        gradient = Tensor(std::move(to));
      }
    }
  });
}

}  // namespace

double total_norm(std::span<const Tensor> gradients, double p, std::source_location where) {
  check_dtypes("total_norm", gradients, where);
  if (!(p >= 1)) {
    throw ArgumentError{{.operation = "total_norm",
                         .problem = "the norm's p is " + std::to_string(p),
                         .expected = "at least 1, or infinity",
                         .where = where}};
  }
  if (p == infinity) return largest_of_all(gradients);
  const double sum = sum_of_powers(gradients, p, 1);
  if (std::isfinite(sum) && sum >= std::numeric_limits<double>::min()) return std::pow(sum, 1 / p);
  // Powers over- or underflowed, or there is nothing to be had: by multiples of the largest.
  const double largest = largest_of_all(gradients);
  if (!std::isfinite(largest) || largest == 0) return largest;
  const double scale = std::max(largest, std::numeric_limits<double>::min());
  return scale * std::pow(sum_of_powers(gradients, p, 1 / scale), 1 / p);
}

double clip_norm(std::span<Tensor> gradients, double most, const ClipOptions& options, std::source_location where) {
  check_bound("clip_norm", most, where);
  const double norm = total_norm(gradients, options.p, where);
  if (!std::isfinite(norm)) {
    if (!options.error_if_nonfinite) return norm;
    for (std::size_t k = 0; k < gradients.size(); ++k)
      if (!std::isfinite(largest_of(gradients[k])))
        refuse_gradient("clip_norm", k, gradients[k], "NaN or infinity", where);
    throw DomainError{{.operation = "clip_norm",
                       .problem = "the norm of the gradients is infinite",
                       .expected = "a finite one",
                       .where = where}};
  }
  const double factor = most / (norm + 1e-6);
  if (factor < 1)
    for (Tensor& gradient : gradients) rewrite(gradient, [factor]<class T>(T x) { return x * static_cast<T>(factor); });
  return norm;
}

void clip_value(std::span<Tensor> gradients, double most, std::source_location where) {
  check_bound("clip_value", most, where);
  check_dtypes("clip_value", gradients, where);
  for (std::size_t k = 0; k < gradients.size(); ++k)
    if (std::isnan(largest_of(gradients[k]))) refuse_gradient("clip_value", k, gradients[k], "NaN", where);
  for (Tensor& gradient : gradients) {
    rewrite(gradient, [most]<class T>(T x) {
      const T bound = static_cast<T>(most);
      return x > bound ? bound : x < -bound ? -bound : x;
    });
  }
}

}  // namespace wengert::nn
