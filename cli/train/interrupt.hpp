/// Ctrl-C for commands that work for long and would rather finish what they are at.
#pragma once

#include <atomic>
#include <csignal>

namespace wengert::cli {

/// What a process ends with that SIGINT ended: 128 + 2, as shells count.
inline constexpr int interrupted_status = 130;

/// While it lives, the first SIGINT (or SIGTERM) sets a flag and does nothing else; the second ends the process as it
/// would without this. A signal that is ignored (a job in the background, nohup) stays ignored. One at a time in a
/// process (std::logic_error).
///
///     InterruptGuard guard;
///     const auto result = nn::fit(model, data, loss, optimiser, {.stop = guard.flag()});
///     if (guard.interrupted()) return interrupted_status;
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  /// True from the first signal on. Lives as long as the process.
  [[nodiscard]] const std::atomic<bool>* flag() const noexcept;
  [[nodiscard]] bool interrupted() const noexcept { return flag()->load(); }

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace wengert::cli
