/// The manual page and the completion of the shell, written from the command line's own description (CLI11), so that
/// neither can say something else than `--help`.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace wengert::cli {

/// The page wengert(1) as roff. `version`: "0.1.0".
[[nodiscard]] std::string manual_page(const CLI::App& app, const std::string& version);

/// A completion script for bash: subcommands, options, the values of options that have a list of them, files elsewhere.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace wengert::cli
