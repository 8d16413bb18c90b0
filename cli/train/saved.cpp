#include "wengert/cli/train/saved.hpp"

#include <filesystem>
#include <utility>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/train/model.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/safetensors.hpp"
#include "wengert/nn/train/checkpoint.hpp"

namespace wengert::cli::train {
namespace {

constexpr const char* metadata_key = "wengert";
constexpr std::size_t most_text = std::size_t{1} << 24;

Saved saved_from(const std::string& text, const std::string& path) {
  try {
    const auto json = nlohmann::ordered_json::parse(text);
    if (json.at("schema").get<int>() != 1) throw WorkError("'" + path + "' is of another version of wengert");
    Saved saved;
    json.at("model").get_to(saved.model);
    saved.layers = json.at("layers");
    saved.form = form_from(json.at("form"));
    json.at("seed").get_to(saved.seed);
    json.at("validation").get_to(saved.validation);
    return saved;
  } catch (const nlohmann::json::exception&) {
    throw WorkError("'" + path + "' does not describe a network of wengert train");
  }
}

}  // namespace

std::string description_of(const Saved& saved) {
  const nlohmann::ordered_json json{
      {"schema", 1},        {"model", saved.model},          {"layers", saved.layers}, {"form", to_json(saved.form)},
      {"seed", saved.seed}, {"validation", saved.validation}};
  return json.dump();
}

void save(const std::string& path, const nn::Layers& network, const Saved& saved) {
  nn::write_safetensors(path, nn::state(network), {{metadata_key, description_of(saved)}});
}

Loaded load_network(const std::string& path, bool last) {
  try {
    std::string weights = path, text;
    nn::Metadata metadata;
    if (std::filesystem::is_directory(path)) {
      text = nn::file_bytes(path + "/" + description_name, most_text);
      const std::string best = path + "/best.safetensors";
      const auto newest = nn::newest_training_state(path);
      if (!last && std::filesystem::exists(best))
        weights = best;
      else if (newest)
        weights = *newest + "/model.safetensors";
      else
        throw WorkError("'" + path + "' has no checkpoint");
    }
    const auto tensors = nn::read_safetensors(weights, &metadata);
    if (text.empty()) text = metadata[metadata_key];
    Saved saved = saved_from(text, path);
    nn::Layers network = build(saved.layers, saved.form.sample, nn::Random(saved.seed));
    nn::load_state(network, tensors);
    return {std::move(saved), std::move(network), weights};
  } catch (const Error& error) {
    throw WorkError(error.detail().problem +
                    (error.detail().expected.empty() ? "" : "; expected " + error.detail().expected));
  } catch (const UsageError& error) {
    throw WorkError("'" + path + "': " + error.what());
  }
}

}  // namespace wengert::cli::train
