#include "wengert/nn/optim/adagrad.hpp"

#include <cmath>
#include <limits>

#include "wengert/nn/optim/fused.hpp"

namespace wengert::nn {

Adagrad::Adagrad(const AdagradOptions& options, std::source_location where)
    : Optimiser({options.rate, options.weight_decay, options.maximise, options.check_finite, options.groups}, "Adagrad",
                where),
      rate_decay_(options.rate_decay),
      initial_accumulator_(options.initial_accumulator),
      epsilon_(options.epsilon) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  detail::check_option("Adagrad", "rate_decay", rate_decay_, 0, infinity, where);
  detail::check_option("Adagrad", "initial_accumulator", initial_accumulator_, 0, infinity, where);
  detail::check_option("Adagrad", "epsilon", epsilon_, 0, infinity, where);
}

std::span<const std::string_view> Adagrad::moments() const noexcept {
  static constexpr std::array<std::string_view, 1> names{"sum"};
  return names;
}

std::array<double, 3> Adagrad::numbers(const Update& u) const noexcept {
  return {u.rate / (1 + static_cast<double>(u.step - 1) * rate_decay_)};
}

bool Adagrad::record(RecordedUpdate& u) const {
  const Tensor total = detail::total_of(u);
  Tensor& sum = u.moments[0];
  sum = sum + total * total;
  u.parameter = u.parameter - u.numbers[0] * (total / (sqrt(sum) + epsilon_));
  return true;
}

void Adagrad::update(const Update& u) const noexcept {
  const double decayed_rate = numbers(u)[0];
  fused<1>(u, [&]<class T>(std::type_identity<T>) {
    const T rate = static_cast<T>(decayed_rate), decay = static_cast<T>(u.weight_decay), sign = static_cast<T>(u.sign);
    const T epsilon = static_cast<T>(epsilon_);
    return [=](T p, T g, T& sum) {
      const T total = sign * g + decay * p;
      sum = sum + total * total;
      return p - rate * (total / (std::sqrt(sum) + epsilon));
    };
  });
}

}  // namespace wengert::nn
