/// A network by a short text, or by a TOML file:
///
///     mlp 784-256-128-10 relu dropout=0.2         linear layers of these widths; nothing behind the last one
///     cnn 32-64 128 relu batchnorm                convolutions, each with a pooling, then linear layers
///     lenet                                       the network of LeCun and others, 1998, with relu and max pooling
///     rnn 64, lstm 64 layers=2, gru 64            over the rows of a picture, or the numbers of a table one by one
///     transformer 64 heads=4 layers=2             attention over the same
///
///     [[layer]]                                   model.toml: layers one after the other
///     kind = "conv2d"
///     out = 32
///     window = 3
///
/// Both become one list of layers, which is stored beside the weights. What comes into a layer is found out by calling
/// those before it.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "wengert/graph/types.hpp"
#include "wengert/nn/module/any.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::cli::train {

/// The layers that a text or the TOML file of that name describes: [{"kind": "linear", "out": 128}, …]. Of texts the
/// last layer gives `outputs` numbers; `dropout` is that of texts that do not say otherwise. Throws UsageError for a
/// text that makes no sense, WorkError for a file.
[[nodiscard]] nlohmann::ordered_json layers_of(const std::string& model, std::int64_t outputs, double dropout = 0);

/// The network, its parameters drawn. `sample`: the shape of one example. Throws UsageError that names the layer which
/// cannot be, or does not fit what comes into it.
[[nodiscard]] nn::Layers build(const nlohmann::ordered_json& layers, const Shape& sample, nn::Random random);

/// Kinds of layers, for the documentation.
[[nodiscard]] std::string layer_kinds();

/// The layers of a TOML file. Throws WorkError with the place.
[[nodiscard]] nlohmann::ordered_json layers_of_toml(const std::string& path);

}  // namespace wengert::cli::train
