// NPY files under libFuzzer (files.hpp). What is read is written, and read again, bit for bit.
#include "wengert/nn/data/files/npy.hpp"
#include "files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return wengert::test::read_anything(data, size, [](std::string_view bytes) {
    const wengert::Array array = wengert::nn::parse_npy(bytes, "f");
    const bool same = wengert::nn::parse_npy(wengert::nn::to_npy(array), "f") == array;
    wengert::test::demand(same, "what is written is read otherwise");
  });
}
