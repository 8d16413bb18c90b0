// safetensors files under libFuzzer (files.hpp). What is read is written, and read again, bit for bit.
#include <algorithm>

#include "files.hpp"
#include "wengert/nn/data/files/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return wengert::test::read_anything(data, size, [](std::string_view bytes) {
    wengert::nn::Metadata metadata, again;
    const auto tensors = wengert::nn::parse_safetensors(bytes, "f", &metadata);
    const auto read = wengert::nn::parse_safetensors(wengert::nn::to_safetensors(tensors, metadata), "f", &again);
    const bool same = std::equal(tensors.begin(), tensors.end(), read.begin(), read.end(), [](auto& a, auto& b) {
      return a.name == b.name && a.value.value() == b.value.value();
    });
    wengert::test::demand(same && metadata == again, "what is written is read otherwise");
  });
}
