// The command `wengert`. Everything it does is in command.hpp, where tests can call it.

#include <unistd.h>
#include <iostream>
#include <string>
#include <vector>

#include "wengert/cli/command.hpp"
#include "wengert/cli/paint.hpp"

int main(int argc, char** argv) {
  using namespace wengert::cli;
  return run(std::vector<std::string>(argv + 1, argv + argc),
             {std::cout, std::cerr, wants_colour(STDOUT_FILENO), wants_colour(STDERR_FILENO)});
}
