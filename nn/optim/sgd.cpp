#include "wengert/nn/optim/sgd.hpp"

#include <limits>

#include "wengert/nn/optim/fused.hpp"

namespace wengert::nn {

SGD::SGD(const SGDOptions& options, std::source_location where)
    : Optimiser({options.rate, options.weight_decay, options.maximise, options.check_finite, options.groups}, "SGD",
                where),
      momentum_(options.momentum),
      dampening_(options.dampening),
      nesterov_(options.nesterov) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  detail::check_option("SGD", "momentum", momentum_, 0, infinity, where);
  detail::check_option("SGD", "dampening", dampening_, -infinity, infinity, where);
  if (nesterov_ && (momentum_ == 0 || dampening_ != 0)) {
    throw ArgumentError{{.operation = "SGD",
                         .problem = "nesterov without a momentum, or with dampening",
                         .expected = "momentum > 0 and dampening = 0",
                         .where = where}};
  }
}

std::span<const std::string_view> SGD::moments() const noexcept {
  static constexpr std::array<std::string_view, 1> names{"momentum_buffer"};
  return momentum_ == 0 ? std::span<const std::string_view>{} : names;
}

std::array<double, 3> SGD::numbers(const Update& u) const noexcept {
  // 1 - τ, and 1 at the first step, when the velocity is 0.
  return {u.rate, u.step == 1 ? 1.0 : 1.0 - dampening_};
}

bool SGD::record(RecordedUpdate& u) const {
  const auto& [rate, part, none] = u.numbers;
  const Tensor total = detail::total_of(u);
  if (momentum_ == 0) {
    u.parameter = u.parameter - rate * total;
    return true;
  }
  Tensor& velocity = u.moments[0];
  velocity = momentum_ * velocity + (dampening_ == 0 ? total : part * total);
  u.parameter = u.parameter - rate * (nesterov_ ? total + momentum_ * velocity : velocity);
  return true;
}

void SGD::update(const Update& u) const noexcept {
  if (momentum_ == 0) {
    fused<0>(u, [&]<class T>(std::type_identity<T>) {
      const T rate = static_cast<T>(u.rate), decay = static_cast<T>(u.weight_decay), sign = static_cast<T>(u.sign);
      return [=](T p, T g) { return p - rate * (sign * g + decay * p); };
    });
    return;
  }
  const double part = numbers(u)[1];
  const auto with = [&](auto nesterov) {
    fused<1>(u, [&]<class T>(std::type_identity<T>) {
      const T rate = static_cast<T>(u.rate), decay = static_cast<T>(u.weight_decay), sign = static_cast<T>(u.sign);
      const T momentum = static_cast<T>(momentum_), new_part = static_cast<T>(part);
      return [=](T p, T g, T& velocity) {
        const T total = sign * g + decay * p;
        velocity = momentum * velocity + new_part * total;
        if constexpr (decltype(nesterov)::value)
          return p - rate * (total + momentum * velocity);
        else
          return p - rate * velocity;
      };
    });
  };
  if (nesterov_)
    with(std::true_type{});
  else
    with(std::false_type{});
}

}  // namespace wengert::nn
