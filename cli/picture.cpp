#include "wengert/cli/picture.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wengert/cli/errors.hpp"

extern char** environ;  // POSIX: no header declares it

namespace wengert::cli {
namespace {

struct Close {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void fail(const std::string& what, int error) { throw WorkError(what + ": " + std::strerror(error)); }

void write_all(std::FILE* file, std::string_view text, const std::string& path) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) {
    fail("cannot write '" + path + "'", errno);
  }
}

}  // namespace

void write_file(const std::string& path, std::string_view text) {
  const File file(std::fopen(path.c_str(), "wb"));
  if (!file) fail("cannot write '" + path + "'", errno);
  write_all(file.get(), text, path);
}

Drawing draw(std::string_view dot, std::string_view format, const std::string& path) {
  // dot reads a file without a name and writes one that is open already: no pipe that can break or fill up, no path
  // that could be taken for an option, no shell.
  const File input(std::tmpfile());
  if (!input) fail("cannot make a temporary file", errno);
  write_all(input.get(), dot, "temporary file");
  std::rewind(input.get());
  const File output(std::tmpfile());
  if (!output) fail("cannot make a temporary file", errno);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, fileno(input.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, fileno(output.get()), STDOUT_FILENO);
  std::string program = "dot", argument = "-T" + std::string(format);
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int failure = posix_spawnp(&child, "dot", &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure == ENOENT) return Drawing::no_graphviz;
  if (failure != 0) fail("cannot run 'dot'", failure);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for 'dot'", errno);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw WorkError("'dot' could not draw '" + path + "'");

  std::string drawn;
  char block[1 << 16];
  std::rewind(output.get());
  while (const std::size_t read = std::fread(block, 1, sizeof block, output.get())) drawn.append(block, read);
  write_file(path, drawn);
  return Drawing::drawn;
}

void draw_picture(std::string_view dot, std::string_view format, const std::string& path) {
  if (draw(dot, format, path) == Drawing::drawn) return;
  throw WorkError("cannot draw '" + path +
                  "': Graphviz is missing (Debian: apt-get install graphviz); --dot needs none");
}

}  // namespace wengert::cli
