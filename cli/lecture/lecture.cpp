#include "wengert/cli/lecture/lecture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli::lecture {
namespace {

constexpr std::array all_topics{
    Topic{"neuron", "3", "The artificial neuron, of scalars and of tensors, drawn", &show_neuron},
    Topic{"and", "4-5", "AND is one neuron with a step; its separating line", &show_and},
    Topic{"xor", "6-7", "XOR needs a second neuron; a search for a single one, and why it fails", &show_xor},
    Topic{"activations", "8-10", "Activation functions and their derivatives", &show_activations},
    Topic{"forward", "12-18", "Forward calculation on the 2-2-2 network, neuron by neuron", &show_forward},
    Topic{"approximation", "19", "Universal approximation: error against width for three functions",
          &show_approximation},
    Topic{"order", "21", "A network is fooled by the order of its data; three orders, ten seeds", &show_order},
    Topic{"loop", "22", "The training loop and its two stopping rules, on batches", &show_loop},
    Topic{"loss", "23", "The loss of its outputs", &show_loss},
    Topic{"gradient", "24-26", "Why the gradient: derivative, gradient and Jacobian, descent over contour lines",
          &show_gradient},
    Topic{"optimisers", "24-26", "Four optimisers go down the same valley", &show_optimisers},
    Topic{"backprop", "27-33", "Backpropagation by the chain rule, factor by factor, drawn", &show_backprop},
    Topic{"update", "33", "One update of all eight weights, and the loss after it", &show_update},
    Topic{"train", "22", "The training loop: 10 000 updates, the loss at each", &show_train},
    Topic{"matrix", "34-35", "The same network in matrix form, h = g(Wx)", &show_matrix},
    Topic{"convolution", "36-37", "A convolutional network trained; filters, maps, pictures that excite a unit most",
          &show_convolution},
    Topic{"memory", "36", "An LSTM trained on a task that needs memory; its units over time", &show_memory},
};

const Topic& find(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Topic& topic : all_topics) {
    if (topic.name == name) return topic;
    names.push_back(topic.name);
  }
  const std::string_view meant = nearest(name, names);
  throw UsageError(
      "the lecture has no topic '" + name + "'\n  hint: " +
      (meant.empty() ? "wengert lecture --list names them" : "did you mean '" + std::string(meant) + "'?"));
}

/// JSON has no numbers that are not finite: "inf", "-inf", "nan".
void write_not_finite_as_text(nlohmann::ordered_json& json) {
  if (json.is_structured()) {
    for (nlohmann::ordered_json& element : json) write_not_finite_as_text(element);
  } else if (json.is_number_float() && !std::isfinite(json.get<double>())) {
    json = shortest(json.get<double>());
  }
}

}  // namespace

std::span<const Topic> topics() { return all_topics; }

std::string topic_list() {
  std::string text;
  for (const Topic& topic : all_topics) {
    const std::string slides =
        (topic.slides.find('-') == topic.slides.npos ? "slide " : "slides ") + std::string(topic.slides);
    text += padded(topic.name, 15) + padded(slides, 14) + std::string(topic.about) + "\n";
  }
  return text;
}

void run(const Options& options, const Streams& streams) {
  std::vector<Topic> chosen(all_topics.begin(), all_topics.end());
  if (!options.topic.empty()) chosen = {find(options.topic)};
  if (options.list) {
    streams.out << topic_list();
    return;
  }
  if (!options.html.empty() && options.topic.empty())
    throw UsageError("--html: it goes with one topic\n  hint: wengert lecture backprop --html backprop.html");
  nlohmann::ordered_json all{{"schema", 1}};
  Pictures pictures(options);
  for (const Topic& topic : chosen) {
    Board board;
    nlohmann::ordered_json numbers = nlohmann::ordered_json::object();
    topic.show({options, board, pictures, numbers});
    if (!options.json) {
      streams.out << (topic.name == chosen.front().name ? "" : "\n") << board.text();
      streams.out.flush();
    }
    pictures.write(options.json ? nullptr : &streams.out);
    all[std::string(topic.name)] = std::move(numbers);
  }
  if (!options.json) return;
  write_not_finite_as_text(all);
  streams.out << all.dump() << "\n";
}

}  // namespace wengert::cli::lecture
