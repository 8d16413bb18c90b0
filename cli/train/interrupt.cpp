#include "wengert/cli/train/interrupt.hpp"

#include <stdexcept>

namespace wengert::cli {
namespace {

// A signal handler may touch nothing else.
std::atomic<bool> flag_set = false;
static_assert(std::atomic<bool>::is_always_lock_free);
std::atomic<bool> guarded = false;

void set_flag(int) { flag_set.store(true); }

void install(int signal, struct sigaction& before) {
  ::sigaction(signal, nullptr, &before);
  if (before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = set_flag;
  ::sigemptyset(&action.sa_mask);
  // The handler serves once: the next signal meets the default. Calls of the system go on.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guarded.exchange(true)) throw std::logic_error("there are two guards of interrupts");
  flag_set.store(false);
  install(SIGINT, interrupt_);
  install(SIGTERM, terminate_);
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
  guarded.store(false);
}

const std::atomic<bool>* InterruptGuard::flag() const noexcept { return &flag_set; }

}  // namespace wengert::cli
