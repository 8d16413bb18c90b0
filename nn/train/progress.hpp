// How far a training is, told to people: one line on a terminal, drawn again and again, that log lines do not tear;
// elsewhere one line every so many seconds.
//
// The library prints nothing by itself and asks nothing of its surroundings: who wants progress gives a function that
// takes the bytes, and says whether they go to a terminal and how wide it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wengert::nn {

/// What the line says.
struct ProgressState {
  std::int64_t epoch = 0;   ///< the one that is running, from 1
  std::int64_t epochs = 0;  ///< 0: nobody knows how many
  std::int64_t batch = 0;   ///< steps made in this epoch
  std::int64_t batches = 0;
  double loss = 0;  ///< mean over the epoch so far
  std::vector<std::string> metric_names{};
  std::vector<double> metrics{};
  std::optional<double> validation_loss{};  ///< of the last epoch that was validated
  std::vector<double> validation_metrics{};
  double rate = 0;
  double seconds = 0;                    ///< since the training (or its continuation) began
  std::optional<double> step_seconds{};  ///< that a step takes; none before the first
  std::optional<double> left{};          ///< seconds to the end, estimated; none when nobody knows
  std::string ending{};                  ///< why it ended; empty while it runs
};

/// The line, at most `width` columns of it: what matters least is left out first (pace, rate, bar, validation, metrics,
/// time left), then it is cut. No bar unless `bar`. Control characters in names are escaped.
[[nodiscard]] std::string progress_text(const ProgressState& state, std::size_t width, bool bar);

/// "0:07", "12:05", "3:02:05", "2d 03:02:05".
[[nodiscard]] std::string duration_text(double seconds);
/// Four digits that count, also where they are zeros: "0.4320", "12.00", "1.200e-05"; "nan", "inf".
[[nodiscard]] std::string four_digits(double number);

struct ProgressOptions {
  std::function<void(std::string_view)>
      write{};  ///< takes bytes, whole lines where it is no terminal; empty: no progress
  bool terminal = false;
  std::function<std::size_t()> width{};  ///< columns of the terminal; empty: 80 there, and no limit elsewhere
  double redraw = 0.1;                   ///< seconds from one drawing to the next on a terminal
  double interval = 10;                  ///< seconds from one line to the next elsewhere
};

/// A function for ProgressOptions::write: to a stream, flushed each time.
[[nodiscard]] std::function<void(std::string_view)> written_to(std::ostream& out);

/// The line itself. Not for several threads at once.
class ProgressLine {
 public:
  ProgressLine() = default;
  explicit ProgressLine(ProgressOptions options) : options_(std::move(options)) {}

  /// Whether update() would show something at this time; so that nobody makes a state in vain.
  [[nodiscard]] bool is_due(double seconds) const;
  /// Shows the state, if it is time to.
  void update(const ProgressState& state);
  /// A line of text (or several) above the progress line.
  void log(std::string_view text);
  /// Shows the state, and leaves it standing.
  void finish(const ProgressState& state);
  /// Takes the line off the terminal, if it is there: before somebody else writes.
  void clear();

 private:
  void write(std::string_view bytes) const { options_.write(bytes); }
  [[nodiscard]] std::string text_of(const ProgressState& state) const;

  ProgressOptions options_;
  std::string drawn_;  // what stands on the terminal
  double last_ = 0;
  bool any_ = false;
};

}  // namespace wengert::nn
