// IDX files under libFuzzer (files.hpp), plain and compressed.
#include "wengert/nn/data/files/idx.hpp"
#include "files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return wengert::test::read_anything(data, size, [](std::string_view bytes) {
    const wengert::Array array = wengert::nn::parse_idx(bytes, "f");
    wengert::test::demand(static_cast<std::size_t>(array.size()) <= 1100 * bytes.size(), "elements out of nothing");
  });
}
