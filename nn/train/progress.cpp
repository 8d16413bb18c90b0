#include "wengert/nn/train/progress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <ostream>

#include "wengert/graph/escape.hpp"

namespace wengert::nn {
namespace {

constexpr std::string_view clear_line = "\r\x1b[K";
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// A part of the line; the parts of the lowest rank go first when there is no room.
struct Piece {
  std::string text;
  int rank;
};

std::string printable(std::string_view name) {
  std::string text;
  graph::append_escaped(text, name);
  return text;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The first `width` characters.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t column = 0; column < width && end < text.size(); ++column)
    end += std::max<std::size_t>(1, graph::utf8_length(std::string_view(text).substr(end)));
  return text.substr(0, end);
}

std::string joined(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += (text.empty() ? "" : "  ") + piece.text;
  return text;
}

std::string counted(const char* what, std::int64_t n, std::int64_t of) {
  return std::string(what) + " " + std::to_string(n) + (of > 0 ? "/" + std::to_string(of) : std::string());
}

std::string bar_of(const ProgressState& state) {
  constexpr std::int64_t width = 20;
  const std::int64_t filled =
      state.batches > 0 ? std::clamp(width * state.batch / state.batches, std::int64_t{0}, width) : 0;
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < width) bar += '>';
  bar.resize(static_cast<std::size_t>(width), ' ');
  return "[" + bar + "]";
}

std::string metrics_text(const std::vector<std::string>& names, const std::vector<double>& values) {
  std::string text;
  for (std::size_t k = 0; k < std::min(names.size(), values.size()); ++k)
    text += (text.empty() ? "" : "  ") + printable(names[k]) + " " + four_digits(values[k]);
  return text;
}

std::string pace_text(double seconds) {
  if (seconds < 1e-3) return four_digits(seconds * 1e6) + " us/step";
  if (seconds < 1) return four_digits(seconds * 1e3) + " ms/step";
  return four_digits(seconds) + " s/step";
}

}  // namespace

std::string four_digits(double number) {
  std::array<char, 48> text{};
  const double magnitude = std::abs(number);
  std::to_chars_result end{};
  if (!std::isfinite(number) || number == 0) {
    end = std::to_chars(text.data(), text.data() + text.size(), number);
  } else if (magnitude >= 1e-4 && magnitude < 1e6) {
    int decimals = std::max(0, 3 - static_cast<int>(std::floor(std::log10(magnitude))));
    // 9.9996 is 10.00
    if (decimals > 0 && std::round(magnitude * std::pow(10.0, decimals)) >= 1e4) --decimals;
    end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, decimals);
  } else {
    end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific, 3);
  }
  return {text.data(), end.ptr};
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0)) seconds = 0;
  const std::int64_t total = std::llround(std::min(seconds, 1e15));
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const std::int64_t days = total / 86400, hours = total / 3600 % 24, minutes = total / 60 % 60;
  const std::string rest = two(total % 60);
  if (days > 0) return std::to_string(days) + "d " + two(hours) + ":" + two(minutes) + ":" + rest;
  if (hours > 0) return std::to_string(hours) + ":" + two(minutes) + ":" + rest;
  return std::to_string(minutes) + ":" + rest;
}

std::string progress_text(const ProgressState& state, std::size_t width, bool bar) {
  std::vector<Piece> pieces;
  const auto add = [&](std::string text, int rank) {
    if (!text.empty()) pieces.push_back({std::move(text), rank});
  };
  add(counted("epoch", state.epoch, state.epochs), 9);
  if (bar) add(bar_of(state), 3);
  add(bar ? std::string() : counted("batch", state.batch, state.batches), 6);
  add("loss " + four_digits(state.loss), 8);
  add(metrics_text(state.metric_names, state.metrics), 5);
  if (state.validation_loss) {
    const std::string metrics = metrics_text(state.metric_names, state.validation_metrics);
    add("validation: loss " + four_digits(*state.validation_loss) + (metrics.empty() ? "" : "  ") + metrics, 4);
  }
  add("rate " + four_digits(state.rate), 2);
  if (state.step_seconds) add(pace_text(*state.step_seconds), 1);
  if (!state.ending.empty()) {
    add(duration_text(state.seconds), 6);
    add("ended: " + state.ending, 7);
  } else if (state.left) {
    add("ETA " + duration_text(*state.left), 7);
  }
  std::string text = joined(pieces);
  while (pieces.size() > 1 && columns_of(text) > width) {
    pieces.erase(
        std::min_element(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.rank < b.rank; }));
    text = joined(pieces);
  }
  return cut(text, width);
}

std::function<void(std::string_view)> written_to(std::ostream& out) {
  return
      [&out](std::string_view bytes) { out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush(); };
}

bool ProgressLine::is_due(double seconds) const {
  if (!options_.write) return false;
  if (!options_.terminal) return seconds - last_ >= options_.interval;
  return !any_ || seconds - last_ >= options_.redraw;
}

std::string ProgressLine::text_of(const ProgressState& state) const {
  std::size_t width = options_.width ? options_.width() : options_.terminal ? 80 : no_limit;
  // The last column stays free: a terminal may go to the next line once it is written.
  if (options_.terminal && width > 0) --width;
  return progress_text(state, width, options_.terminal);
}

void ProgressLine::update(const ProgressState& state) {
  if (!is_due(state.seconds)) return;
  last_ = state.seconds;
  any_ = true;
  std::string text = text_of(state);
  if (!options_.terminal) {
    write(text + "\n");
    return;
  }
  write(std::string(clear_line) + text);
  drawn_ = std::move(text);
}

void ProgressLine::log(std::string_view text) {
  if (!options_.write) return;
  std::string bytes(drawn_.empty() ? std::string_view{} : clear_line);
  bytes += text;
  if (!text.ends_with('\n')) bytes += '\n';
  write(bytes + drawn_);
}

void ProgressLine::finish(const ProgressState& state) {
  if (!options_.write) return;
  const std::string text = text_of(state);
  write(options_.terminal ? std::string(clear_line) + text + "\n" : text + "\n");
  drawn_.clear();
}

void ProgressLine::clear() {
  if (drawn_.empty()) return;
  write(clear_line);
  drawn_.clear();
}

}  // namespace wengert::nn
