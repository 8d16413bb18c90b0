// ProgramWatch; see birth.hpp.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::NodeId;

ProgramWatch::ProgramWatch(const Recording& recording, const detail::HandleList& inputs,
                           const detail::HandleList& outputs, const WatchOptions& options, std::source_location where)
    : input_count_(inputs.span().size()), options_(options) {
  const auto refuse = [&](std::string problem, std::string expected) {
    throw ArgumentError{
        {.operation = "ProgramWatch", .problem = std::move(problem), .expected = std::move(expected), .where = where}};
  };
  if (options.every < 1) refuse("every is " + std::to_string(options.every), "1 or more");
  Expansion expansion = expand(recording, outputs.span(), {}, where);
  std::vector<std::int64_t> input_of(expansion.graph.size(), -1);
  for (std::size_t k = 0; k < input_count_; ++k) {
    const detail::AnyHandle& input = inputs.span()[k];
    if (input.id() == 0) refuse("input " + std::to_string(k) + " is a constant", "a variable of the recording");
    const NodeId node = expansion.find(input);
    if (node == graph::no_node) continue;  // no output depends on it
    if (expansion.graph.operation_id(node) != graph::variable_operation)
      refuse("input " + std::to_string(k) + " is computed", "a variable of the recording");
    input_of[node] = static_cast<std::int64_t>(k);
  }
  for (const NodeId node : expansion.graph.variables()) {
    if (input_of[node] >= 0) {
      places_.push_back(input_of[node]);
      continue;
    }
    places_.push_back(-1 - static_cast<std::int64_t>(fixed_.size()));
    const auto array = expansion.arrays.find(node);
    fixed_.push_back(array != expansion.arrays.end() ? array->second : Array::scalar(expansion.values[node]));
  }
  graph_ = std::make_shared<const graph::Graph>(std::move(expansion.graph));
}

std::optional<Birth> ProgramWatch::look(std::span<const Array> x, std::span<const Array> y) {
  if (!is_due()) return std::nullopt;
  if (x.size() != input_count_) {
    throw ArgumentError{{.operation = "ProgramWatch::look",
                         .problem = std::to_string(x.size()) + " inputs",
                         .expected = std::to_string(input_count_)}};
  }
  if (std::ranges::all_of(y, [](const Array& output) { return all_finite(output); })) return std::nullopt;
  std::vector<Array> inputs;
  inputs.reserve(places_.size());
  for (const std::int64_t place : places_)
    inputs.push_back(place >= 0 ? x[static_cast<std::size_t>(place)] : fixed_[static_cast<std::size_t>(-1 - place)]);
  return first_non_finite(*graph_, inputs, options_.birth);
}

std::optional<Birth> ProgramWatch::look(std::span<const double> x, std::span<const double> y) {
  return look_batch(x, y, 1);
}

std::optional<Birth> ProgramWatch::look_batch(std::span<const double> x, std::span<const double> y,
                                              const BatchLayout& layout) {
  if (!is_due()) return std::nullopt;
  const auto samples = static_cast<std::size_t>(layout.count), stride = static_cast<std::size_t>(layout.stride);
  const std::size_t columns = layout.stride <= 0 ? 0 : (y.size() + stride - 1) / stride;
  if (!layout.is_valid() || !layout.fits(x.size(), input_count_) || !layout.fits(y.size(), columns)) {
    throw ArgumentError{{.operation = "ProgramWatch::look_batch",
                         .problem = std::to_string(x.size()) + " numbers in, " + std::to_string(y.size()) + " out",
                         .expected = std::to_string(input_count_) + " in for each of " + std::to_string(layout.count) +
                                     " samples, and as many out for each"}};
  }
  std::size_t sample = samples;
  for (std::size_t k = 0; k < columns; ++k) {
    const auto column = y.subspan(k * stride, samples);
    if (all_finite(column)) continue;
    const auto odd = std::ranges::find_if_not(column, [](double number) { return std::isfinite(number); });
    sample = std::min(sample, static_cast<std::size_t>(odd - column.begin()));
  }
  if (sample == samples) return std::nullopt;
  sample_ = static_cast<std::int64_t>(sample);
  std::vector<Array> inputs;
  inputs.reserve(places_.size());
  for (const std::int64_t place : places_)
    inputs.push_back(place >= 0 ? Array::scalar(x[static_cast<std::size_t>(place) * stride + sample])
                                : fixed_[static_cast<std::size_t>(-1 - place)]);
  return first_non_finite(*graph_, inputs, options_.birth);
}

}  // namespace wengert
