#include "wengert/autodiff/record/log.hpp"

#include <mutex>
#include <string>

#if WENGERT_WITH_SPDLOG
#  include <spdlog/spdlog.h>
#endif

namespace wengert {
namespace {

std::mutex& logger_mutex() {
  static std::mutex mutex;
  return mutex;
}
std::shared_ptr<spdlog::logger>& logger_slot() {
  static std::shared_ptr<spdlog::logger> logger;
  return logger;
}

}  // namespace

std::atomic<bool> detail::logging{false};

void set_logger(std::shared_ptr<spdlog::logger> logger) {
  const std::lock_guard lock(logger_mutex());
  logger_slot() = std::move(logger);
  detail::logging.store(WENGERT_WITH_SPDLOG != 0 && logger_slot() != nullptr, std::memory_order_relaxed);
}

void detail::log_phase([[maybe_unused]] std::string_view phase, [[maybe_unused]] std::initializer_list<LogCount> counts,
                       [[maybe_unused]] double seconds) {
#if WENGERT_WITH_SPDLOG
  std::shared_ptr<spdlog::logger> logger;
  {
    const std::lock_guard lock(logger_mutex());
    logger = logger_slot();
  }
  if (!logger || !logger->should_log(spdlog::level::info)) return;
  std::string text(phase);
  for (const auto& [what, count] : counts) text += ", " + std::to_string(count) + " " + std::string(what);
  logger->info("{}, {:.6f} s", text, seconds);
#endif
}

}  // namespace wengert
