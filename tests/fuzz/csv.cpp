// Tables as text under libFuzzer (files.hpp), with a target (the second column of a header "x,k") and without.
#include "wengert/nn/data/files/csv.hpp"
#include "files.hpp"
#include "wengert/graph/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using wengert::test::demand;
  wengert::test::read_anything(data, size, [](std::string_view text) {
    const auto table = wengert::nn::parse_csv(text, "f");
    demand(table.names.empty() || static_cast<std::int64_t>(table.names.size()) == table.values.shape()[1],
           "a name is missing");
  });
  return wengert::test::read_anything(data, size, [](std::string_view text) {
    try {
      const auto table = wengert::nn::parse_csv_with_target(text, "f", "k");
      demand(table.target.size() == table.inputs.shape()[0], "a target is missing");
    } catch (const wengert::ArgumentError&) {  // no such column
    }
  });
}
