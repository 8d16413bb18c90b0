// Logging: what the library did, at the boundaries of its phases (gradient recorded, graph expanded, picture drawn),
// with counts and times. Silent until a logger is given; never inside a sweep or while recording.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}

namespace wengert {

/// Phases are told to this logger from now on, one line each at level info; null: to nobody, as at the beginning. Of
/// the process, not of a recording; may be called at any time from any thread. Without spdlog nothing is ever logged.
void set_logger(std::shared_ptr<spdlog::logger> logger);

namespace detail {

extern std::atomic<bool> logging;
using LogCount = std::pair<std::string_view, std::uint64_t>;
void log_phase(std::string_view phase, std::initializer_list<LogCount> counts, double seconds);

/// One phase, from its construction to finished(); costs one load when nobody listens.
class Phase {
 public:
  explicit Phase(std::string_view name) : name_(name), on_(logging.load(std::memory_order_relaxed)) {
    if (on_) begin_ = std::chrono::steady_clock::now();
  }
  void finished(std::initializer_list<LogCount> counts) const {
    if (!on_) return;
    log_phase(name_, counts, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count());
  }

 private:
  std::string_view name_;
  bool on_;
  std::chrono::steady_clock::time_point begin_{};
};

}  // namespace detail
}  // namespace wengert
