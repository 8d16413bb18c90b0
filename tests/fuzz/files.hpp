// What every fuzzer of a reader does with its bytes: an array comes out, or a FormatError with a field.
//
//     cmake --preset fuzz && cmake --build build/fuzz --target fuzz_npy
//     build/fuzz/bin/fuzz_npy -runs=1000000 -max_len=4096 -malloc_limit_mb=64
//
// The limit is for the promise that memory is bounded by the size of the file: of 4 KiB, deflated, at most 1100 times
// as much, in numbers of four times the size.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "wengert/nn/data/files/format_error.hpp"

namespace wengert::test {

inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

template <class F>
int read_anything(const std::uint8_t* data, std::size_t size, const F& read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const nn::FormatError& error) {
    demand(!error.field().empty(), "an error without a field");
    demand(error.offset() <= 1100 * size, "an error beyond the file");
  }
  return 0;
}

}  // namespace wengert::test
