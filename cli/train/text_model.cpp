// The short texts of networks, as lists of layers.
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/cli/train/model.hpp"

namespace wengert::cli::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kinds[] = {"mlp", "cnn", "lenet", "rnn", "lstm", "gru", "transformer"};
constexpr std::string_view activations[] = {"relu", "tanh",       "sigmoid", "gelu",     "silu",    "elu",
                                            "selu", "leaky_relu", "mish",    "softplus", "identity"};

template <class N>
std::optional<N> number_of(std::string_view text) {
  N number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "784-256-10"; none unless it is a list of whole numbers from 1 up.
std::optional<std::vector<std::int64_t>> widths_of(std::string_view word) {
  std::vector<std::int64_t> widths;
  for (;;) {
    const std::size_t end = word.find('-');
    const auto width = number_of<std::int64_t>(word.substr(0, end));
    if (!width || *width < 1) return std::nullopt;
    widths.push_back(*width);
    if (end == word.npos) return widths;
    word.remove_prefix(end + 1);
  }
}

/// The words of a text, sorted by what they are.
struct Words {
  std::string text, kind;
  std::vector<std::vector<std::int64_t>> widths;
  std::string activation;
  std::map<std::string, double> numbers;  // key=value
  std::vector<std::string> flags;

  [[noreturn]] void refuse(const std::string& what) const { throw UsageError("model '" + text + "': " + what); }

  /// Takes a number out; what is left at the end is unknown.
  double take(const std::string& key, double otherwise) {
    const auto found = numbers.find(key);
    if (found == numbers.end()) return otherwise;
    const double value = found->second;
    numbers.erase(found);
    return value;
  }
  std::int64_t take_count(const std::string& key, std::int64_t otherwise) {
    const double value = take(key, static_cast<double>(otherwise));
    if (!(value >= 1 && value <= 1e6) || value != static_cast<double>(static_cast<std::int64_t>(value)))
      refuse(key + " is not a whole number from 1 up");
    return static_cast<std::int64_t>(value);
  }
  bool take_flag(const std::string& flag) { return std::erase(flags, flag) > 0; }
  void finish() const {
    if (!flags.empty()) refuse("'" + flags.front() + "' is not understood");
    if (!numbers.empty()) refuse("'" + numbers.begin()->first + "=' is not understood");
  }
};

Words words_of(const std::string& text) {
  Words words{.text = text, .kind = {}, .widths = {}, .activation = {}, .numbers = {}, .flags = {}};
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (words.kind.empty()) {
      words.kind = word;
    } else if (const auto widths = widths_of(word)) {
      words.widths.push_back(*widths);
    } else if (equals != word.npos) {
      const auto value = number_of<double>(word.substr(equals + 1));
      if (!value) words.refuse("'" + std::string(word) + "' has no number");
      words.numbers[std::string(word.substr(0, equals))] = *value;
    } else if (std::find(std::begin(activations), std::end(activations), word) != std::end(activations)) {
      if (!words.activation.empty()) words.refuse("it has two activations");
      words.activation = word;
    } else {
      words.flags.emplace_back(word);
    }
  }
  return words;
}

Json linear(std::int64_t out) { return {{"kind", "linear"}, {"out", out}}; }
Json only(const std::string& kind) { return {{"kind", kind}}; }

void add_dropout(Json& layers, double probability) {
  if (probability != 0) layers.push_back({{"kind", "dropout"}, {"probability", probability}});
}

Json mlp(Words& words, std::int64_t outputs, double dropout) {
  if (words.widths.size() != 1 || words.widths[0].size() < 2)
    words.refuse("it wants the widths from the inputs to the outputs, as in mlp 784-128-10 relu");
  const std::vector<std::int64_t>& widths = words.widths[0];
  if (widths.back() != outputs)
    words.refuse("it gives " + std::to_string(widths.back()) + " numbers, but the data want " +
                 std::to_string(outputs));
  const bool normalised = words.take_flag("batchnorm");
  Json layers = Json::array({only("flatten")});
  for (std::size_t k = 1; k < widths.size(); ++k) {
    layers.push_back(linear(widths[k]));
    if (k == 1) layers.back()["in"] = widths[0];
    if (k + 1 == widths.size()) break;
    if (normalised) layers.push_back(only("batchnorm"));
    layers.push_back(only(words.activation));
    add_dropout(layers, dropout);
  }
  return layers;
}

Json cnn(Words& words, std::int64_t outputs, double dropout) {
  if (words.widths.empty() || words.widths.size() > 2)
    words.refuse("it wants channels, and widths of linear layers if there are any, as in cnn 32-64 128 relu");
  const std::int64_t window = words.take_count("window", 3);
  const bool normalised = words.take_flag("batchnorm"), global = words.take_flag("global");
  Json layers = Json::array();
  for (const std::int64_t channels : words.widths[0]) {
    layers.push_back({{"kind", "conv2d"}, {"out", channels}, {"window", window}, {"same", true}});
    if (normalised) {
      layers.back()["bias"] = false;
      layers.push_back(only("batchnorm"));
    }
    layers.push_back(only(words.activation));
    if (!global || channels != words.widths[0].back()) layers.push_back({{"kind", "maxpool2d"}, {"window", 2}});
  }
  layers.push_back(only(global ? "globalavgpool" : "flatten"));
  add_dropout(layers, dropout);
  if (words.widths.size() == 2) {
    for (const std::int64_t width : words.widths[1]) {
      layers.push_back(linear(width));
      layers.push_back(only(words.activation));
      add_dropout(layers, dropout);
    }
  }
  layers.push_back(linear(outputs));
  return layers;
}

Json lenet(Words& words, std::int64_t outputs, double dropout) {
  if (!words.widths.empty()) words.refuse("it has no numbers");
  Json layers = Json::array();
  layers.push_back({{"kind", "conv2d"}, {"out", 6}, {"window", 5}, {"padding", 2}});
  for (const std::int64_t channels : {0, 16}) {
    if (channels > 0) layers.push_back({{"kind", "conv2d"}, {"out", channels}, {"window", 5}});
    layers.push_back(only(words.activation));
    layers.push_back({{"kind", "maxpool2d"}, {"window", 2}});
  }
  layers.push_back(only("flatten"));
  for (const std::int64_t width : {120, 84}) {
    layers.push_back(linear(width));
    layers.push_back(only(words.activation));
    add_dropout(layers, dropout);
  }
  layers.push_back(linear(outputs));
  return layers;
}

std::int64_t only_width(const Words& words) {
  if (words.widths.size() != 1 || words.widths[0].size() != 1)
    words.refuse("it wants one width, as in " + words.kind + " 64");
  return words.widths[0][0];
}

Json recurrent(Words& words, std::int64_t outputs, double dropout) {
  Json layer{{"kind", words.kind}, {"hidden", only_width(words)}};
  if (const std::int64_t count = words.take_count("layers", 1); count > 1) layer["layers"] = count;
  if (words.take_flag("bidirectional")) layer["bidirectional"] = true;
  if (dropout != 0 && layer.contains("layers")) layer["dropout"] = dropout;
  Json layers = Json::array({only("rows"), layer, only("last_step")});
  add_dropout(layers, dropout);
  layers.push_back(linear(outputs));
  return layers;
}

Json transformer(Words& words, std::int64_t outputs, double dropout) {
  const std::int64_t width = only_width(words), heads = words.take_count("heads", 4),
                     count = words.take_count("layers", 2);
  const std::int64_t feed_forward = words.take_count("feed_forward", 2 * width);
  return Json::array({only("rows"),
                      linear(width),
                      only("positions"),
                      {{"kind", "transformer"},
                       {"layers", count},
                       {"heads", heads},
                       {"feed_forward", feed_forward},
                       {"dropout", dropout}},
                      only("mean_step"),
                      linear(outputs)});
}

}  // namespace

nlohmann::ordered_json layers_of(const std::string& model, std::int64_t outputs, double dropout) {
  if (model.ends_with(".toml")) return layers_of_toml(model);
  Words words = words_of(model);
  dropout = words.take("dropout", dropout);
  if (!(dropout >= 0 && dropout < 1)) words.refuse("dropout is a probability from 0 to 1");
  const bool activated = words.kind == "mlp" || words.kind == "cnn" || words.kind == "lenet";
  if (!activated && !words.activation.empty()) words.refuse("it has an activation of its own");
  if (words.activation.empty()) words.activation = "relu";
  Json layers;
  if (words.kind == "mlp")
    layers = mlp(words, outputs, dropout);
  else if (words.kind == "cnn")
    layers = cnn(words, outputs, dropout);
  else if (words.kind == "lenet")
    layers = lenet(words, outputs, dropout);
  else if (words.kind == "rnn" || words.kind == "lstm" || words.kind == "gru")
    layers = recurrent(words, outputs, dropout);
  else if (words.kind == "transformer")
    layers = transformer(words, outputs, dropout);
  else {
    const std::string_view guess = nearest(words.kind, kinds);
    throw UsageError("no kind of model is called '" + words.kind + "'\n  hint: " +
                     (guess.empty() ? "mlp, cnn, lenet, rnn, lstm, gru, transformer, or a file *.toml"
                                    : "did you mean '" + std::string(guess) + "'?"));
  }
  words.finish();
  return layers;
}

}  // namespace wengert::cli::train
