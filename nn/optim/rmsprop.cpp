#include "wengert/nn/optim/rmsprop.hpp"

#include <cmath>
#include <limits>

#include "wengert/nn/optim/fused.hpp"

namespace wengert::nn {

RMSProp::RMSProp(const RMSPropOptions& options, std::source_location where)
    : Optimiser({options.rate, options.weight_decay, options.maximise, options.check_finite, options.groups}, "RMSProp",
                where),
      alpha_(options.alpha),
      epsilon_(options.epsilon),
      momentum_(options.momentum),
      centred_(options.centred) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  detail::check_option("RMSProp", "alpha", alpha_, 0, 1, where);
  detail::check_option("RMSProp", "epsilon", epsilon_, 0, infinity, where);
  detail::check_option("RMSProp", "momentum", momentum_, 0, infinity, where);
}

std::span<const std::string_view> RMSProp::moments() const noexcept {
  static constexpr std::array<std::string_view, 3> with_momentum{"square_avg", "momentum_buffer", "grad_avg"};
  static constexpr std::array<std::string_view, 2> without{"square_avg", "grad_avg"};
  if (momentum_ == 0) return std::span<const std::string_view>(without).first(centred_ ? 2 : 1);
  return std::span<const std::string_view>(with_momentum).first(centred_ ? 3 : 2);
}

std::array<double, 3> RMSProp::numbers(const Update& u) const noexcept { return {u.rate}; }

bool RMSProp::record(RecordedUpdate& u) const {
  const Tensor& rate = u.numbers[0];
  const Tensor total = detail::total_of(u);
  Tensor& square = u.moments[0];
  square = alpha_ * square + (1 - alpha_) * (total * total);
  Tensor spread = square;
  if (centred_) {
    Tensor& average = u.moments[momentum_ == 0 ? 1 : 2];
    average = alpha_ * average + (1 - alpha_) * total;
    spread = max(square - average * average, 0.0);
  }
  Tensor change = total / (sqrt(spread) + epsilon_);
  if (momentum_ != 0) u.moments[1] = change = momentum_ * u.moments[1] + change;
  u.parameter = u.parameter - rate * change;
  return true;
}

void RMSProp::update(const Update& u) const noexcept {
  const auto with = [&](auto make_rule) {
    return [&, make_rule]<class T>(std::type_identity<T>) {
      return make_rule(static_cast<T>(u.rate), static_cast<T>(alpha_), static_cast<T>(1 - alpha_),
                       static_cast<T>(epsilon_), static_cast<T>(momentum_), static_cast<T>(u.weight_decay),
                       static_cast<T>(u.sign));
    };
  };
  // The gradient over its scale; updates the averages.
  const auto scaled = []<class T>(T total, T alpha, T beta, T epsilon, T& square) {
    square = alpha * square + beta * (total * total);
    return total / (std::sqrt(square) + epsilon);
  };
  const auto centred = []<class T>(T total, T alpha, T beta, T epsilon, T& square, T& average) {
    square = alpha * square + beta * (total * total);
    average = alpha * average + beta * total;
    const T variance = square - average * average;
    return total / (std::sqrt(variance < 0 ? T(0) : variance) + epsilon);
  };
  if (momentum_ == 0 && !centred_) {
    fused<1>(u, with([=]<class T>(T rate, T alpha, T beta, T epsilon, T, T decay, T sign) {
               return [=](T p, T g, T& v) { return p - rate * scaled(sign * g + decay * p, alpha, beta, epsilon, v); };
             }));
  } else if (momentum_ == 0) {
    fused<2>(u, with([=]<class T>(T rate, T alpha, T beta, T epsilon, T, T decay, T sign) {
               return [=](T p, T g, T& v, T& a) {
                 return p - rate * centred(sign * g + decay * p, alpha, beta, epsilon, v, a);
               };
             }));
  } else if (!centred_) {
    fused<2>(u, with([=]<class T>(T rate, T alpha, T beta, T epsilon, T momentum, T decay, T sign) {
               return [=](T p, T g, T& v, T& b) {
                 b = momentum * b + scaled(sign * g + decay * p, alpha, beta, epsilon, v);
                 return p - rate * b;
               };
             }));
  } else {
    fused<3>(u, with([=]<class T>(T rate, T alpha, T beta, T epsilon, T momentum, T decay, T sign) {
               return [=](T p, T g, T& v, T& b, T& a) {
                 b = momentum * b + centred(sign * g + decay * p, alpha, beta, epsilon, v, a);
                 return p - rate * b;
               };
             }));
  }
}

}  // namespace wengert::nn
