// Modules put together: one after the other, and around each other.
#pragma once

#include <array>
#include <cstddef>
#include <source_location>
#include <tuple>
#include <utility>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// Modules one after the other; each takes what the one before gives. Names "0.weight", "0.bias", "2.weight" …
///
///     nn::Sequential network(nn::Linear(784, 256, random), nn::ReLU{}, nn::Linear(256, 10, random));
template <class... Modules>
struct Sequential {
  std::tuple<Modules...> modules;

  explicit Sequential(Modules... module) : modules(std::move(module)...) {}

  static auto members(auto& self) { return std::tie(self.modules); }
  static constexpr std::array names{""};

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const {
    return evaluate(*this, x, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) {
    return through(modules, x, pass, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const {
    return through(modules, x, pass, where);
  }

 private:
  [[nodiscard]] static Tensor through(auto& all, Tensor x, Pass& pass, std::source_location where) {
    std::apply([&](auto&... module) { ((x = run(module, x, pass, where)), ...); }, all);
    return x;
  }
};

/// x + module(x). Throws ShapeError unless the two can be added.
template <class Module>
struct Residual {
  Module module;

  explicit Residual(Module inner) : module(std::move(inner)) {}

  static auto members(auto& self) { return std::tie(self.module); }
  static constexpr std::array names{"module"};

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const {
    return evaluate(*this, x, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) {
    return TensorArgument(x, where) + run(module, x, pass, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) const {
    return TensorArgument(x, where) + run(module, x, pass, where);
  }
};

}  // namespace wengert::nn
