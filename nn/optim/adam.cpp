#include "wengert/nn/optim/adam.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "wengert/nn/optim/fused.hpp"

namespace wengert::nn {

namespace detail {

AdamBase::AdamBase(const AdamOptions& options, bool decoupled, std::string_view name, std::source_location where)
    : Optimiser({options.rate, options.weight_decay, options.maximise, options.check_finite, options.groups}, name,
                where),
      beta1_(options.beta1),
      beta2_(options.beta2),
      epsilon_(options.epsilon),
      amsgrad_(options.amsgrad),
      decoupled_(decoupled) {
  check_option(name, "beta1", beta1_, 0, 1, where);
  check_option(name, "beta2", beta2_, 0, 1, where);
  check_option(name, "epsilon", epsilon_, 0, std::numeric_limits<double>::infinity(), where);
}

std::span<const std::string_view> AdamBase::moments() const noexcept {
  static constexpr std::array<std::string_view, 3> names{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  return std::span<const std::string_view>(names).first(amsgrad_ ? 3 : 2);
}

std::array<double, 3> AdamBase::numbers(const Update& u) const noexcept {
  const auto t = static_cast<double>(u.step);
  return {u.rate / (1 - std::pow(beta1_, t)), 1 / std::sqrt(1 - std::pow(beta2_, t)),
          decoupled_ ? 1 - u.rate * u.weight_decay : 1.0};
}

bool AdamBase::record(RecordedUpdate& u) const {
  const auto& [step_size, inverse_root, kept] = u.numbers;
  const bool decays = decoupled_ && u.weight_decay != 0;
  if (decoupled_) u.weight_decay = 0;
  const Tensor total = detail::total_of(u);
  Tensor &m = u.moments[0], &v = u.moments[1], &largest = u.moments[2];
  m = beta1_ * m + (1 - beta1_) * total;
  v = beta2_ * v + (1 - beta2_) * (total * total);
  if (amsgrad_) largest = max(largest, v);
  const Tensor change = step_size * (m / (sqrt(amsgrad_ ? largest : v) * inverse_root + epsilon_));
  u.parameter = (decays ? kept * u.parameter : u.parameter) - change;
  return true;
}

void AdamBase::update(const Update& u) const noexcept {
  const std::array<double, 3> of_step = numbers(u);
  const double coupled_decay = decoupled_ ? 0.0 : u.weight_decay;
  const auto with = [&](auto make_rule) {
    return [&, make_rule]<class T>(std::type_identity<T>) {
      return make_rule(static_cast<T>(beta1_), static_cast<T>(1 - beta1_), static_cast<T>(beta2_),
                       static_cast<T>(1 - beta2_), static_cast<T>(of_step[0]), static_cast<T>(of_step[1]),
                       static_cast<T>(epsilon_), static_cast<T>(coupled_decay), static_cast<T>(of_step[2]),
                       static_cast<T>(u.sign));
    };
  };
  if (amsgrad_) {
    fused<3>(u, with([]<class T>(T b1, T c1, T b2, T c2, T size, T inverse_root, T epsilon, T decay, T keep, T sign) {
               return [=](T p, T g, T& m, T& v, T& largest) {
                 const T total = sign * g + decay * p;
                 m = b1 * m + c1 * total;
                 v = b2 * v + c2 * (total * total);
                 largest = largest < v ? v : largest;
                 return keep * p - size * (m / (std::sqrt(largest) * inverse_root + epsilon));
               };
             }));
  } else {
    fused<2>(u, with([]<class T>(T b1, T c1, T b2, T c2, T size, T inverse_root, T epsilon, T decay, T keep, T sign) {
               return [=](T p, T g, T& m, T& v) {
                 const T total = sign * g + decay * p;
                 m = b1 * m + c1 * total;
                 v = b2 * v + c2 * (total * total);
                 return keep * p - size * (m / (std::sqrt(v) * inverse_root + epsilon));
               };
             }));
  }
}

}  // namespace detail

Adam::Adam(const AdamOptions& options, std::source_location where) : AdamBase(options, false, "Adam", where) {}

AdamW::AdamW(const AdamWOptions& options, std::source_location where)
    : AdamBase({.rate = options.rate,
                .beta1 = options.beta1,
                .beta2 = options.beta2,
                .epsilon = options.epsilon,
                .weight_decay = options.weight_decay,
                .amsgrad = options.amsgrad,
                .maximise = options.maximise,
                .check_finite = options.check_finite,
                .groups = options.groups},
               true, "AdamW", where) {}

}  // namespace wengert::nn
