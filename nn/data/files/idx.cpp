#include "wengert/nn/data/files/idx.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/elements.hpp"
#include "wengert/nn/data/files/inflate.hpp"

namespace wengert::nn {
namespace {

using detail::ElementForm;
using detail::Source;

constexpr std::size_t prefix = 4;  // two zeros, the kind of the elements, the number of axes
constexpr std::size_t longest_header = prefix + 4 * Shape::max_rank;

struct Header {
  ElementForm form;
  Shape shape;
  std::size_t bytes = 0;  // of the header
  std::size_t total = 0;  // of the file, uncompressed
};

ElementForm form_of(unsigned char code, const Source& source) {
  switch (code) {
    case 0x08:
      return {'u', 1, true};
    case 0x09:
      return {'i', 1, true};
    case 0x0B:
      return {'i', 2, true};
    case 0x0C:
      return {'i', 4, true};
    case 0x0D:
      return {'f', 4, true};
    case 0x0E:
      return {'f', 8, true};
    default:
      source.refuse(2, "kind of the elements", "it is " + std::to_string(code), "8, 9, 11, 12, 13 or 14");
  }
}

/// Reads a header from the beginning of the (uncompressed) file.
Header header_of(std::string_view bytes, const Source& source) {
  const auto need = [&](std::size_t size, std::string_view field) {
    if (bytes.size() < size) source.refuse(bytes.size(), field, "the file ends here");
  };
  need(prefix, "magic");
  if (bytes[0] != 0 || bytes[1] != 0) source.refuse(0, "magic", "it does not begin like an IDX file", "two zero bytes");
  Header header;
  header.form = form_of(static_cast<unsigned char>(bytes[2]), source);
  const std::size_t rank = static_cast<unsigned char>(bytes[3]);
  if (rank > Shape::max_rank) source.refuse(3, "number of axes", "it is " + std::to_string(rank), "at most 8");
  std::array<std::int64_t, Shape::max_rank> extents{};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::size_t at = prefix + 4 * axis;
    need(at + 4, "extent " + std::to_string(axis));
    extents[axis] = static_cast<std::int64_t>(detail::big_endian(bytes.substr(at, 4)));
  }
  header.bytes = prefix + 4 * rank;
  try {
    header.shape = Shape(std::span<const std::int64_t>(extents.data(), rank));
    header.total = header.bytes + byte_size({Dtype::f64, header.shape}) / 8 * header.form.bytes;
  } catch (const Error&) {
    source.refuse(prefix, "shape", "it has more elements than can be counted");
  }
  return header;
}

[[noreturn]] void refuse_size(const Header& header, const std::string& there, const Source& source) {
  source.refuse(prefix, "shape",
                to_string(header.shape) + " wants " + std::to_string(header.shape.size()) + " elements of " +
                    std::to_string(header.form.bytes) + " bytes, but " + there + " bytes follow the header");
}

Array array_of(std::string_view bytes, const Header& header, const Source& source) {
  if (bytes.size() != header.total) refuse_size(header, std::to_string(bytes.size() - header.bytes), source);
  return detail::read_elements(header.form, header.shape, false, bytes.substr(header.bytes), header.bytes, source);
}

}  // namespace

Array parse_idx(std::string_view bytes, std::string_view name, std::source_location where) {
  const Source source{"read_idx", name, where};
  if (!bytes.starts_with("\x1f\x8b")) return array_of(bytes, header_of(bytes, source), source);
  const auto unpacked = [&](std::size_t most) {
    return detail::inflated(bytes, detail::Container::gzip, most, source);
  };
  const Header header = header_of(unpacked(longest_header), source);
  const std::size_t most = detail::most_inflation * bytes.size();
  if (header.total > most) refuse_size(header, "fewer than " + std::to_string(most), source);
  const std::string all = unpacked(header.total + 1);
  if (all.size() > header.total) refuse_size(header, "more", source);
  return array_of(all, header, source);
}

Array read_idx(const std::string& path, std::source_location where) {
  return parse_idx(file_bytes(path, largest_file, where), path, where);
}

}  // namespace wengert::nn
