// The parser and evaluator of expressions under libFuzzer:
//
//     cmake --preset fuzz && cmake --build build/fuzz --target fuzz_expression
//     build/fuzz/bin/fuzz_expression -runs=1000000 -max_len=100 -dict=tests/fuzz/expression.dict
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "wengert/tests/cli/random_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  wengert::test::TextOutcome outcome{};
  const std::string wrong = wengert::test::check_text(text, outcome);
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
