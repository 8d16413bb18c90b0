// The TOML file of a model, as a list of layers.
#include <cstdint>
#include <string>
#include <utility>

#include <toml++/toml.h>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/train/model.hpp"
#include "wengert/nn/data/files/bytes.hpp"

namespace wengert::cli::train {
namespace {

std::string place(const std::string& path, const toml::source_region& region) {
  return "'" + path + "', line " + std::to_string(region.begin.line) + ", column " +
         std::to_string(region.begin.column) + ": ";
}

nlohmann::ordered_json value_of(const toml::node& node, const std::string& path, const std::string& key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* truth = node.as_boolean()) return truth->get();
  throw WorkError(place(path, node.source()) + "'" + key + "' is no text, number or truth");
}

}  // namespace

nlohmann::ordered_json layers_of_toml(const std::string& path) {
  constexpr std::size_t most = std::size_t{1} << 20;
  std::string text;
  try {
    text = nn::file_bytes(path, most);
  } catch (const Error& error) {
    throw WorkError(error.detail().problem);
  }
  try {
    const toml::table table = toml::parse(text, path);
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const auto& [key, node] : table)
      if (key.str() != "layer")
        throw WorkError(place(path, node.source()) + "'" + std::string(key.str()) + "' is unknown; expected [[layer]]");
    const toml::array* list = table["layer"].as_array();
    if (list == nullptr || list->empty()) throw WorkError("'" + path + "' has no [[layer]]");
    for (const toml::node& node : *list) {
      const toml::table* layer = node.as_table();
      if (layer == nullptr) throw WorkError(place(path, node.source()) + "a layer is a table: [[layer]]");
      nlohmann::ordered_json one = nlohmann::ordered_json::object();
      for (const auto& [key, value] : *layer)
        one[std::string(key.str())] = value_of(value, path, std::string(key.str()));
      layers.push_back(std::move(one));
    }
    return layers;
  } catch (const toml::parse_error& error) {
    throw WorkError(place(path, error.source()) + std::string(error.description()));
  }
}

}  // namespace wengert::cli::train
