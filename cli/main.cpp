// The command `wengert`. Everything it does is in command.hpp, where tests can call it.

#include <fcntl.h>
#include <unistd.h>
#include <iostream>
#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/paint.hpp"

namespace {

/// A standard stream that the caller closed gets /dev/null, so that no file we open takes its place. Standard output is
/// opened for reading: writing to it stays an error.
void occupy(int descriptor, int access) {
  if (fcntl(descriptor, F_GETFD) == -1) static_cast<void>(open("/dev/null", access));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace wengert::cli;
  occupy(STDIN_FILENO, O_WRONLY);  // in this order: the smallest free number is given out
  occupy(STDOUT_FILENO, O_RDONLY);
  occupy(STDERR_FILENO, O_WRONLY);
  return run(std::vector<std::string>(argv + 1, argv + argc),
             {std::cout, std::cerr, wants_colour(STDOUT_FILENO), wants_colour(STDERR_FILENO)});
}
