/// Colours of the terminal, for people only.
#pragma once

#include <ostream>
#include <sstream>
#include <string>

namespace wengert::cli {

/// Whether text for this file descriptor is coloured: it is a terminal that can, and NO_COLOR is not set
/// (no-color.org).
[[nodiscard]] bool wants_colour(int descriptor);

/// An error with its parts coloured: the word, the caret, the hint. Without colours it is `text`.
[[nodiscard]] std::string painted_error(const std::string& text, bool colour);

/// Whole lines of a result: headings bold, derivatives in one colour, verdicts of checks in green or red. The text
/// between the escape sequences is `text`, so that alignment stays. Without colours it is `text`.
[[nodiscard]] std::string painted_result(const std::string& text, bool colour);

/// Passes text on to another stream through painted_result(), whenever it is flushed and at its end. Who writes to it
/// flushes at ends of lines only. It fails when the other one does.
class PaintedStream : public std::ostream {
 public:
  PaintedStream(std::ostream& to, bool colour);
  PaintedStream(const PaintedStream&) = delete;
  PaintedStream& operator=(const PaintedStream&) = delete;
  ~PaintedStream() override;

 private:
  class Buffer : public std::stringbuf {
   public:
    Buffer(std::ostream& to, bool colour) : to_(to), colour_(colour) {}

   protected:
    int sync() override;

   private:
    std::ostream& to_;
    bool colour_;
  };
  Buffer buffer_;
};

}  // namespace wengert::cli
