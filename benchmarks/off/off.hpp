// What is compared: two variants of the same calculation.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace off {

/// Calculates that many times.
using Run = std::function<void(std::size_t times)>;

struct Pair {
  std::string_view group;      ///< "functions" or "workloads"
  std::size_t operations = 0;  ///< of one calculation; 0: not counted
  Run plain;                   ///< by hand, or in doubles
  Run with;                    ///< generic code in doubles, or the same code in constant Scalars
};

/// Everything that is linked in registers how it is made, so that inputs are made of what is wanted only.
struct Entry {
  std::string_view name;
  Pair (*make)();
};
[[nodiscard]] std::vector<Entry>& entries();

struct Register {
  Register(std::string_view name, Pair (*make)()) { entries().push_back({name, make}); }
};

}  // namespace off
