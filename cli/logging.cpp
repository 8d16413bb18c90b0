#include "wengert/cli/logging.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "wengert/autodiff/record/log.hpp"

namespace wengert::cli {

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> levels{"off", "error", "warning", "info", "debug", "trace"};
  return levels;
}

void set_log_level(const std::string& level) {
  static const auto logger = spdlog::stderr_logger_mt("wengert");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(level));
  set_logger(logger);
}

}  // namespace wengert::cli
