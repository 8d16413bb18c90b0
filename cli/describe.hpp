/// What help, manual page and completion say about an option, read from its description to CLI11.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace wengert::cli {

struct OptionText {
  std::vector<std::string> names;    ///< "-o", "--out"; of a positional argument its one name
  std::string value;                 ///< what its value is: "FILE", "N"; empty for a flag
  std::vector<std::string> choices;  ///< the words that it is one of; empty: any
  std::string description;           ///< with choices, range and default
  bool positional = false;
  bool required = false;
};

/// The options of a command, positional ones first, then in the order of their description.
[[nodiscard]] std::vector<OptionText> options_of(const CLI::App& app);

/// Its subcommands, in the order of their description.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// What `--help` prints: of at most 80 columns, examples apart.
[[nodiscard]] std::string help_text(const CLI::App& app, const std::string& name);

}  // namespace wengert::cli
