/// See graphviz.hpp.
#include "wengert/graph/drawing/graphviz.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wengert/graph/error.hpp"

extern char** environ;  // POSIX: no header declares it

namespace wengert::graph {

namespace {

struct Close {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void fail(const std::string& what, const std::string& why, std::string hint = {}) {
  throw EnvironmentError{{.operation = "draw", .problem = what + ": " + why, .hint = std::move(hint)}};
}
[[noreturn]] void fail(const std::string& what, int error) { fail(what, std::string(std::strerror(error))); }

void write_all(std::FILE* file, std::string_view bytes, const std::string& what) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fflush(file) != 0) {
    fail("cannot write " + what, errno);
  }
}

File temporary_file() {
  File file(std::tmpfile());
  if (!file) fail("cannot make a temporary file", errno);
  return file;
}

std::string contents(std::FILE* file) {
  std::string bytes;
  char block[1 << 16];
  std::rewind(file);
  while (const std::size_t read = std::fread(block, 1, sizeof block, file)) bytes.append(block, read);
  return bytes;
}

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) fail("cannot write '" + path + "'", errno);
  write_all(file.get(), bytes, "'" + path + "'");
  if (std::fclose(file.release()) != 0) fail("cannot write '" + path + "'", errno);
}

std::string run_graphviz(std::string_view dot, std::string_view format) {
  // dot reads a file without a name and writes one that is open already: no pipe that can break or fill up, no path
  // that could be taken for an option, no shell. What it says goes into the error.
  const File input = temporary_file(), output = temporary_file(), complaints = temporary_file();
  write_all(input.get(), dot, "a temporary file");
  std::rewind(input.get());

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, fileno(input.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(output.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(complaints.get()), STDERR_FILENO);
  std::string program = "dot", argument = "-T" + std::string(format), resolution = "-Gdpi=144";
  char* const arguments[] = {program.data(), argument.data(), format == "png" ? resolution.data() : nullptr, nullptr};
  pid_t child = 0;
  const int failure = posix_spawnp(&child, "dot", &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure == ENOENT) {
    fail("cannot lay out the drawing", "Graphviz is missing",
         "install it (Debian: apt-get install graphviz); DOT, JSON, Mermaid and TikZ need none");
  }
  if (failure != 0) fail("cannot run 'dot'", failure);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for 'dot'", errno);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string said = contents(complaints.get());
    if (said.size() > 400) said.resize(400);
    fail("'dot' failed",
         WIFEXITED(status) ? "it ended with " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status)),
         said);
  }
  return contents(output.get());
}

}  // namespace wengert::graph
