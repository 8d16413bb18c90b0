// Runs the built command `wengert` and gives back what it printed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace wengert::test {

/// A new empty folder, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wengert-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  int status = -1;  ///< exit status; 1000 + signal when a signal ended it
  std::string out, err;
};

inline std::string shell_quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Runs `wengert arguments…` inside `folder`. `before` is put in front in the shell: "PATH=/nowhere", "ulimit -s 256;".
inline Outcome run_command(const std::vector<std::string>& arguments, const std::filesystem::path& folder = ".",
                           const std::string& before = "") {
  const TemporaryFolder streams;
  const std::string out = (streams.path() / "out").string(), err = (streams.path() / "err").string();
  std::string line = "cd " + shell_quoted(folder.string()) + " && " + before + " " + shell_quoted(WENGERT_COMMAND);
  for (const std::string& argument : arguments) line += " " + shell_quoted(argument);
  line += " >" + shell_quoted(out) + " 2>" + shell_quoted(err);
  // The line goes through a file: an argument of the shell may not be longer than 128 KiB.
  const std::string script = (streams.path() / "script").string();
  std::ofstream(script) << line;
  const int status = std::system(("sh " + shell_quoted(script)).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), contents(out), contents(err)};
}

}  // namespace wengert::test
