// A user's program: what it needs must come with linking wengert::nn, and nothing more.
#include <cstdio>

#include "wengert/graph/types.hpp"

int main() {
  const wengert::Type type{};
  std::puts(wengert::to_string(type).c_str());
  return wengert::to_string(type) == "f64" ? 0 : 1;
}
