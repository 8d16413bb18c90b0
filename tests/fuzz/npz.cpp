// NPZ archives under libFuzzer (files.hpp). What is read is written, and read again, bit for bit.
#include "files.hpp"
#include "wengert/nn/data/files/npy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return wengert::test::read_anything(data, size, [](std::string_view bytes) {
    const auto arrays = wengert::nn::parse_npz(bytes, "f");
    const bool same = wengert::nn::parse_npz(wengert::nn::to_npz(arrays), "f") == arrays;
    wengert::test::demand(same, "what is written is read otherwise");
  });
}
