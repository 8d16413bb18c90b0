// The command `wengert`. Everything it does is in command.hpp, where tests can call it.

#include <iostream>
#include <string>
#include <vector>

#include "wengert/cli/command.hpp"

int main(int argc, char** argv) {
  return wengert::cli::run(std::vector<std::string>(argv + 1, argv + argc), {std::cout, std::cerr});
}
