// Named tensors in one file: the safetensors form, in which weights are passed around.
//
// Eight bytes that hold the length of the header (little-endian), the header (a JSON object: for each tensor its dtype,
// shape and place; texts under "__metadata__"), the elements. https://github.com/huggingface/safetensors, "Format".
#pragma once

#include <map>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/nn/module/parameters.hpp"

namespace wengert::nn {

/// Texts that are kept beside the tensors.
using Metadata = std::map<std::string, std::string>;

/// The tensors of a file, as constants, in the order of its header: F32, F64, I32, I64 and BOOL of at most 8 axes. The
/// texts beside them go to `metadata` unless it is null.
///
/// Throws EnvironmentError when the file cannot be read, FormatError with offset and field when it is no such file:
/// another dtype, a header that is no JSON or longer than 100 MB, a name twice, elements that overlap, leave holes or
/// reach beyond the end, a boolean that is neither 0 nor 1. Takes memory in proportion to the bytes that are there,
/// whatever the header claims.
[[nodiscard]] std::vector<NamedTensor> read_safetensors(const std::string& path, Metadata* metadata = nullptr,
                                                        std::source_location where = std::source_location::current());

/// The same of bytes in memory; `name` stands in errors.
[[nodiscard]] std::vector<NamedTensor> parse_safetensors(std::string_view bytes, std::string_view name,
                                                         Metadata* metadata = nullptr,
                                                         std::source_location where = std::source_location::current());

/// Writes tensors and texts, in the order given, as write_atomically does. Elements lie in the file by the size of
/// their dtype, so that each is aligned. Throws ArgumentError for a name that stands twice, is "__metadata__" or is not
/// UTF-8, and EnvironmentError when the file cannot be written.
void write_safetensors(const std::string& path, std::span<const NamedTensor> tensors, const Metadata& metadata = {},
                       std::source_location where = std::source_location::current());

/// The same as bytes in memory.
[[nodiscard]] std::string to_safetensors(std::span<const NamedTensor> tensors, const Metadata& metadata = {},
                                         std::source_location where = std::source_location::current());

}  // namespace wengert::nn
