#include "wengert/nn/module/pass.hpp"

#include <string>

namespace wengert::nn {

Random& Pass::random() {
  if (!random_) {
    throw ArgumentError{{.operation = "Pass::random",
                         .problem = "this pass evaluates, and nothing in it is random",
                         .expected = "Pass::training(random)"}};
  }
  return *random_;
}

namespace {
[[nodiscard]] std::string title(std::string_view kind, const Tensor& parameter) {
  std::string name = name_of(parameter);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return std::string(kind);
  name.resize(dot);
  return (name += ": ").append(kind);
}
}  // namespace

LayerScope::LayerScope(std::string_view kind, const Tensor& x, const Tensor& parameter, std::source_location where)
    : scope_(scope_of(x.is_constant() ? parameter : x, title(kind, parameter))),
      location_(location_of(x.is_constant() ? parameter : x, where)) {}

}  // namespace wengert::nn
