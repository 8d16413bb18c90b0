#include "wengert/nn/train/log.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/nn/data/files/bytes.hpp"

namespace wengert::nn {
namespace {

[[noreturn]] void fail(const std::string& path, int reason) {
  throw EnvironmentError{
      {.operation = "fit", .problem = "cannot write the log '" + path + "': " + std::strerror(reason)}};
}

void write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string_view to_string(RecordKind kind) { return kind == RecordKind::step ? "step" : "epoch"; }

std::string digits(double number) {
  std::array<char, 32> text{};
  if (std::isnan(number)) return "nan";  // without a sign
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

bool counts(std::string_view column) { return column == "epoch" || column == "step"; }

std::string cell(std::string_view column, double number) {
  return counts(column) ? std::to_string(static_cast<std::int64_t>(number)) : digits(number);
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// A string literal of JSON (RFC 8259); bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = graph::utf8_length(text.substr(at));
    const unsigned char c = static_cast<unsigned char>(text[at]);
    if (length == 0) {
      quoted += "\xEF\xBF\xBD";
    } else if (c < 0x20) {
      constexpr std::string_view hexadecimal = "0123456789abcdef";
      quoted += std::string("\\u00") + hexadecimal[c / 16] + hexadecimal[c % 16];
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += text.substr(at, length);
    }
    at += std::max<std::size_t>(1, length);
  }
  return quoted + "\"";
}

/// Steps and epochs in the order in which they were measured.
std::string whole(LogFormat format, const History& history) {
  std::string text = log_header(format, history);
  std::size_t step = 0;
  for (const TrainingRecord& epoch : history.epochs) {
    for (; step < history.steps.size() && history.steps[step].step <= epoch.step; ++step)
      text += log_line(format, RecordKind::step, history, history.steps[step]);
    text += log_line(format, RecordKind::epoch, history, epoch);
  }
  for (; step < history.steps.size(); ++step) text += log_line(format, RecordKind::step, history, history.steps[step]);
  return text;
}

/// A file with this text, open for more.
int begun(const std::string& path, const std::string& text) {
  write_atomically(path, text);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0) fail(path, errno);
  return descriptor;
}

}  // namespace

std::string log_header(LogFormat format, const History& history) {
  if (format == LogFormat::jsonl) return {};
  std::string text = "kind";
  for (const std::string& column : columns_of(history)) text += "," + csv_text(column);
  return text + "\n";
}

std::string log_line(LogFormat format, RecordKind kind, const History& history, const TrainingRecord& record) {
  const bool csv = format == LogFormat::csv;
  std::string text = csv ? std::string(to_string(kind)) : "{\"kind\":\"" + std::string(to_string(kind)) + "\"";
  for (const std::string& column : columns_of(history)) {
    const std::optional<double> number = number_of(history, record, column);
    if (csv) {
      text += "," + (number ? cell(column, *number) : std::string());
    } else if (number) {
      const std::string value = cell(column, *number);
      text += "," + json_text(column) + ":" + (std::isfinite(*number) ? value : "\"" + value + "\"");
    }
  }
  return text + (csv ? "\n" : "}\n");
}

TrainingLog::TrainingLog(std::string path, LogFormat format, const History& history)
    : path_(std::move(path)), format_(format), descriptor_(begun(path_, whole(format, history))) {}

TrainingLog::TrainingLog(TrainingLog&& other) noexcept
    : path_(std::move(other.path_)), format_(other.format_), descriptor_(std::exchange(other.descriptor_, -1)) {}

TrainingLog::~TrainingLog() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void TrainingLog::write(RecordKind kind, const History& history, const TrainingRecord& record) {
  write_all(descriptor_, log_line(format_, kind, history, record), path_);
}

}  // namespace wengert::nn
