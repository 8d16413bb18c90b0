// Numbers that widen a search, from the environment.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace wengert::test {

inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace wengert::test
