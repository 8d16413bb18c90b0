// How a network runs this time: evaluated, or in training with its random numbers; and the scopes that layers open.
//
// Most layers compute the same each time and are called with their input: layer(x). Dropout and batch normalisation
// differ in training, and are called with a Pass as well; called without, they evaluate. `run` calls whichever there
// is, so that a network of mixed layers is written once:
//
//     Tensor operator()(const Tensor& x, nn::Pass& pass) { return out(drop(relu(norm(hidden(x), pass)), pass)); }
//
// A call in training may change a layer (running statistics), so it is made on the copy that the step owns.
#pragma once

#include <concepts>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::nn {

class Pass {
 public:
  /// Nothing is random, statistics are used as they are.
  [[nodiscard]] static Pass evaluation() { return Pass{}; }
  /// With the random numbers of this step; statistics come from the batch, and running ones are brought up to date.
  [[nodiscard]] static Pass training(const Random& random) { return Pass{random}; }

  /// The same for a step that is recorded once and run many times: tensors of random numbers become variables, kept in
  /// `draws`; statistics are brought up to date by entries of the recording, where they are values of it.
  [[nodiscard]] static Pass recorded(const Random& random, detail::Draws& draws) {
    return Pass{detail::recorded(random, draws), true};
  }

  [[nodiscard]] bool is_training() const noexcept { return random_.has_value(); }
  /// Throws ArgumentError in an evaluation, in which nothing is random.
  [[nodiscard]] Random& random();
  [[nodiscard]] bool is_recorded() const noexcept { return recorded_; }

 private:
  Pass() = default;
  explicit Pass(const Random& random, bool recorded = false) : random_(random), recorded_(recorded) {}

  std::optional<Random> random_;
  bool recorded_ = false;
};

namespace detail {
template <class M>
concept RunsWithPass = requires(M& module, const Tensor& x, Pass& pass) {
  { module(x, pass) } -> std::convertible_to<Tensor>;
};
/// Called with what it takes, and with the line if it takes one.
template <class M, class... Rest>
[[nodiscard]] Tensor call_at(std::source_location where, M& module, const Tensor& x, Rest&... rest) {
  if constexpr (requires {
                  { module(x, rest..., where) } -> std::convertible_to<Tensor>;
                })
    return module(x, rest..., where);
  else
    return module(x, rest...);
}
}  // namespace detail

/// module(x, pass) if the module can be called so, else module(x); either with the line, if the module takes it. A
/// constant module that only a writable one can be called so is copied: what a call would change in it is lost.
template <class M>
[[nodiscard]] Tensor run(M& module, const Tensor& x, Pass& pass,
                         std::source_location where = std::source_location::current()) {
  if constexpr (detail::RunsWithPass<M>) {
    return detail::call_at(where, module, x, pass);
  } else if constexpr (std::is_const_v<M> && detail::RunsWithPass<std::remove_const_t<M>>) {
    std::remove_const_t<M> copy = module;
    return detail::call_at(where, copy, x, pass);
  } else {
    return detail::call_at(where, module, x);
  }
}
/// The same, evaluated.
template <class M>
[[nodiscard]] Tensor evaluate(const M& module, const Tensor& x,
                              std::source_location where = std::source_location::current()) {
  Pass pass = Pass::evaluation();
  return run(module, x, pass, where);
}

/// While it lives, what is recorded lies in the scope of a layer, a cluster in drawings and a row of a summary, and
/// carries the line where the network was called (of layers that call each other, the outermost decides).
class [[nodiscard]] LayerScope {
 public:
  /// The scope "Tanh"; always one of its own. Nothing if x is a constant.
  LayerScope(std::string_view kind, const Tensor& x, std::source_location where)
      : scope_(scope_of(x, kind)), location_(location_of(x, where)) {}
  /// The scope "hidden: Linear", if the parameter is a variable with the name "hidden.weight", else "Linear". In the
  /// recording of x, or of the parameter if x is a constant.
  LayerScope(std::string_view kind, const Tensor& x, const Tensor& parameter, std::source_location where);

 private:
  Recording::Scope scope_;
  Recording::LocationScope location_;
};

}  // namespace wengert::nn
