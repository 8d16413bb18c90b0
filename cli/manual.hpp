/// The manual page and the completion of the shell, written from the command line's own description (CLI11), so that
/// neither can say something else than `--help`.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace wengert::cli {

/// The page wengert(1) as roff. `version`: "0.1.0".
[[nodiscard]] std::string manual_page(const CLI::App& app, const std::string& version);

/// What a positional argument may be, by its name: "TOPIC" → "neuron", "xor", …
using PositionalWords = std::map<std::string, std::vector<std::string>>;

/// A completion script for bash (4 or newer): subcommands, options, the values of options that have a list of them,
/// files and folders after options that want such, positional arguments; nothing after options that want a number.
[[nodiscard]] std::string bash_completion(const CLI::App& app, const PositionalWords& positional);

}  // namespace wengert::cli
