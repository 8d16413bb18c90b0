// From a list of layers to a network.
#include "wengert/cli/train/model.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/nn/layers/activations.hpp"
#include "wengert/nn/layers/attention.hpp"
#include "wengert/nn/layers/convolution.hpp"
#include "wengert/nn/layers/dropout.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/normalisation.hpp"
#include "wengert/nn/layers/pooling.hpp"
#include "wengert/nn/layers/recurrent.hpp"
#include "wengert/nn/layers/reshaping.hpp"

namespace wengert::cli::train {
namespace {

using Json = nlohmann::ordered_json;

/// Examples as sequences: pictures of one channel by their rows, numbers one by one; [batch, steps, features].
struct Rows {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x) const {
    const Shape& s = x.shape();
    if (s.rank() == 2) return reshape(x, Shape{s[0], s[1], 1});
    if (s.rank() == 4 && s[1] == 1) return reshape(x, Shape{s[0], s[2], s[3]});
    return x;
  }
};

/// Adds to each step of [batch, steps, features] what is learned for its position.
struct Positions {
  Tensor weight;  // [steps, features]
  static auto members(auto& self) { return std::tie(self.weight); }
  static constexpr std::array names{"weight"};
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return x + weight; }
};

/// The mean over the steps: [batch, features].
struct MeanStep {
  static auto members(auto&) { return std::tie(); }
  [[nodiscard]] Tensor operator()(const Tensor& x) const { return mean(x, {1}); }
};

/// One layer as it is described; every entry that is asked for is known, the others are refused at the end.
class Description {
 public:
  Description(const Json& layer, std::size_t number) : layer_(layer), number_(number) {
    if (!layer.is_object() || !layer.contains("kind") || !layer["kind"].is_string())
      throw UsageError("layer " + std::to_string(number) + ": it has no kind");
    kind_ = layer["kind"].get<std::string>();
    known_.insert("kind");
  }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] std::string name() const { return "layer " + std::to_string(number_) + " (" + kind_ + ")"; }
  [[noreturn]] void refuse(const std::string& what) const { throw UsageError(name() + ": " + what); }

  bool has(const std::string& key) {
    known_.insert(key);
    return layer_.contains(key);
  }
  /// A whole number from `least` up.
  std::int64_t count(const std::string& key, std::int64_t otherwise = -1, std::int64_t least = 1) {
    if (!has(key)) {
      if (otherwise < 0) refuse("it wants '" + key + "', a whole number");
      return otherwise;
    }
    const Json& value = layer_[key];
    constexpr std::int64_t most = 1 << 20;
    if (!value.is_number_integer() || value < least || value > most)
      refuse("'" + key + "' is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value.get<std::int64_t>();
  }
  double real(const std::string& key, double otherwise) {
    if (!has(key)) return otherwise;
    if (!layer_[key].is_number()) refuse("'" + key + "' is not a number");
    return layer_[key].get<double>();
  }
  bool truth(const std::string& key, bool otherwise) {
    if (!has(key)) return otherwise;
    if (!layer_[key].is_boolean()) refuse("'" + key + "' is neither true nor false");
    return layer_[key].get<bool>();
  }
  void finish() const {
    for (const auto& [key, value] : layer_.items())
      if (!known_.contains(key)) refuse("'" + key + "' is not understood");
  }

 private:
  const Json& layer_;
  std::size_t number_;
  std::string kind_;
  std::set<std::string> known_;
};

/// What comes into a layer, without the batch.
struct Incoming {
  Shape shape;  // with a batch
  [[nodiscard]] std::int64_t axis(Description& d, std::size_t k, std::size_t rank, const char* what) const {
    if (shape.rank() != rank)
      d.refuse(std::string("it takes ") + what + "; what comes in has the shape " + to_string(shape));
    return shape[k];
  }
};

/// Guards against what no machine has: a checkpoint is anybody's file.
void check_size(const Description& d, std::int64_t a, std::int64_t b) {
  if (b != 0 && a > (std::int64_t{1} << 30) / b) d.refuse("it has more than 2^30 parameters");
}

using Maker = std::function<nn::AnyModule(Description&, const Incoming&, nn::Random&)>;

template <class M>
Maker plain() {
  return [](Description&, const Incoming&, nn::Random&) { return nn::AnyModule(M{}); };
}

template <class Layer>
nn::AnyModule recurrent(Description& d, const Incoming& in, nn::Random& random) {
  const std::int64_t features = in.axis(d, 2, 3, "sequences [batch, steps, features]"), hidden = d.count("hidden");
  nn::RecurrentOptions options;
  options.layers = d.count("layers", 1);
  options.batch_first = true;
  options.dropout = d.real("dropout", 0);
  options.bidirectional = d.truth("bidirectional", false);
  check_size(d, 16 * hidden * options.layers, 2 * hidden + features);
  return nn::AnyModule(Layer(features, hidden, random, options));
}

nn::AnyModule linear(Description& d, const Incoming& in, nn::Random& random) {
  if (in.shape.rank() < 2) d.refuse("nothing comes in");
  const std::int64_t width = in.shape[in.shape.rank() - 1], wanted = d.count("in", width), out = d.count("out");
  if (wanted != width)
    d.refuse("it is to have " + std::to_string(wanted) + " inputs, but " + std::to_string(width) + " numbers come in");
  check_size(d, width, out);
  return nn::AnyModule(nn::Linear(width, out, random, {.bias = d.truth("bias", true)}));
}

nn::AnyModule conv2d(Description& d, const Incoming& in, nn::Random& random) {
  const std::int64_t channels = in.axis(d, 1, 4, "pictures [batch, channels, height, width]"), out = d.count("out");
  nn::ConvOptions options;
  const std::int64_t window = d.count("window");
  options.same = d.truth("same", false);
  options.bias = d.truth("bias", true);
  options.groups = d.count("groups", 1);
  if (d.has("stride")) options.stride = {d.count("stride")};
  if (d.has("padding")) options.padding = {d.count("padding", 0, 0)};
  check_size(d, window * window, channels * out);
  return nn::AnyModule(nn::Conv2d(channels, out, window, random, options));
}

template <class Pool>
nn::AnyModule pool(Description& d, const Incoming&, nn::Random&) {
  const std::int64_t window = d.count("window");
  Pooling how;
  if (d.has("stride")) how.stride = {d.count("stride")};
  return nn::AnyModule(Pool(window, how));
}

nn::AnyModule transformer(Description& d, const Incoming& in, nn::Random& random) {
  const std::int64_t width = in.axis(d, 2, 3, "sequences [batch, steps, features]");
  const std::int64_t count = d.count("layers", 1), heads = d.count("heads", 1);
  nn::TransformerOptions options;
  options.feed_forward = d.count("feed_forward", 2 * width);
  options.dropout = d.real("dropout", 0);
  options.norm_first = true;
  options.activation = nn::TransformerActivation::gelu;
  check_size(d, count * width, 4 * width + 2 * options.feed_forward);
  return nn::AnyModule(nn::TransformerEncoder(count, width, heads, random, options, true));
}

const std::vector<std::pair<std::string_view, Maker>>& makers() {
  static const std::vector<std::pair<std::string_view, Maker>> all{
      {"linear", linear},
      {"conv2d", conv2d},
      {"maxpool2d", pool<nn::MaxPool2d>},
      {"avgpool2d", pool<nn::AvgPool2d>},
      {"globalavgpool", plain<nn::GlobalAvgPool>()},
      {"flatten", plain<nn::Flatten>()},
      {"batchnorm",
       [](Description& d, const Incoming& in, nn::Random&) {
         if (in.shape.rank() < 2) d.refuse("nothing comes in");
         return nn::AnyModule(nn::BatchNorm(in.shape[1]));
       }},
      {"layernorm",
       [](Description& d, const Incoming& in, nn::Random&) {
         if (in.shape.rank() < 2) d.refuse("nothing comes in");
         return nn::AnyModule(nn::LayerNorm(in.shape[in.shape.rank() - 1]));
       }},
      {"dropout", [](Description& d, const Incoming&,
                     nn::Random&) { return nn::AnyModule(nn::Dropout(d.real("probability", 0.5))); }},
      {"rows", plain<Rows>()},
      {"rnn", recurrent<nn::RNN>},
      {"lstm", recurrent<nn::LSTM>},
      {"gru", recurrent<nn::GRU>},
      {"last_step",
       [](Description&, const Incoming&, nn::Random&) { return nn::AnyModule(nn::LastStep{.batch_first = true}); }},
      {"positions",
       [](Description& d, const Incoming& in, nn::Random& random) {
         const std::int64_t steps = in.axis(d, 1, 3, "sequences [batch, steps, features]");
         return nn::AnyModule(Positions{random.normal(Shape{steps, in.shape[2]}, 0, 0.02)});
       }},
      {"transformer", transformer},
      {"mean_step", plain<MeanStep>()},
      {"relu", plain<nn::ReLU>()},
      {"tanh", plain<nn::Tanh>()},
      {"sigmoid", plain<nn::Sigmoid>()},
      {"gelu", plain<nn::GELU>()},
      {"silu", plain<nn::SiLU>()},
      {"elu", plain<nn::ELU>()},
      {"selu", plain<nn::SELU>()},
      {"leaky_relu", plain<nn::LeakyReLU>()},
      {"mish", plain<nn::Mish>()},
      {"softplus", plain<nn::Softplus>()},
      {"identity", plain<nn::Identity>()}};
  return all;
}

}  // namespace

std::string layer_kinds() {
  std::string text;
  for (const auto& [name, maker] : makers()) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

nn::Layers build(const nlohmann::ordered_json& layers, const Shape& sample, nn::Random random) {
  nn::Layers network;
  if (!layers.is_array() || layers.empty() || layers.size() > 1000)
    throw UsageError("a model is a list of 1 to 1000 layers");
  // Two examples, of which the layers make one after the other what the next one gets.
  std::vector<std::int64_t> extents{2};
  extents.insert(extents.end(), sample.begin(), sample.end());
  Tensor x = zeros(Shape(std::span<const std::int64_t>(extents)), Dtype::f32);
  std::size_t number = 0;
  for (const Json& layer : layers) {
    Description description(layer, ++number);
    const auto& all = makers();
    const auto maker =
        std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.first == description.kind(); });
    if (maker == all.end()) description.refuse("no layer is called so\n  hint: there are " + layer_kinds());
    try {
      network.modules.push_back(maker->second(description, {x.shape()}, random));
      description.finish();
      x = std::as_const(network.modules.back())(x);
    } catch (const Error& error) {
      description.refuse(error.detail().problem +
                         (error.detail().expected.empty() ? "" : "; expected " + error.detail().expected));
    }
  }
  return network;
}

}  // namespace wengert::cli::train
