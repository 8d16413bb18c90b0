// NPY: magic, version, length of the header, the header (a Python dictionary of three entries), the elements. NumPy
// Enhancement Proposal 1; https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
// The header is read by a tokenizer of its own, which knows the three entries and nothing else of Python.
#include "wengert/nn/data/files/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/elements.hpp"

static_assert(std::endian::native == std::endian::little, "the writer names this byte order");

namespace wengert::nn {
namespace {

using detail::ElementForm;
using detail::Source;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 16;

struct Header {
  std::string form;
  std::size_t form_offset = 0;
  bool fortran_order = false;
  std::vector<std::int64_t> extents;
  std::size_t shape_offset = 0;
};

/// Reads {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderReader {
 public:
  /// `offset`: where the header begins in the file.
  HeaderReader(std::string_view text, std::size_t offset, const Source& source)
      : text_(text), end_(offset + text.size()), source_(source) {}

  Header read() {
    Header header;
    bool form = false, order = false, shape = false;
    expect("{");
    while (!accept("}")) {
      const std::string key = string("header");
      expect(":");
      bool& seen = key == "descr" ? form : key == "fortran_order" ? order : key == "shape" ? shape : unknown(key);
      if (std::exchange(seen, true)) refuse(key, "it stands twice");
      skip_blanks();
      if (key == "descr") {
        header.form_offset = offset();
        header.form = string("descr");
      } else if (key == "shape") {
        header.shape_offset = offset();
        header.extents = extents();
      } else {
        header.fortran_order = boolean();
      }
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    if (!(form && order && shape)) refuse("header", "it lacks 'descr', 'fortran_order' or 'shape'");
    skip_blanks();
    if (!text_.empty()) refuse("header", "something follows the dictionary");
    return header;
  }

 private:
  [[nodiscard]] std::size_t offset() const { return end_ - text_.size(); }
  [[noreturn]] void refuse(std::string_view field, std::string problem, std::string expected = {}) const {
    source_.refuse(offset(), field, std::move(problem), std::move(expected));
  }
  [[noreturn]] bool& unknown(std::string_view key) const { refuse("header", "unknown entry " + detail::quoted(key)); }
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n\t"), text_.size())); }
  bool accept(std::string_view token) {
    skip_blanks();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token, std::string_view field = "header") {
    if (!accept(token)) refuse(field, "it is malformed", "'" + std::string(token) + "'");
  }
  std::string string(std::string_view field) {
    skip_blanks();
    const char quote = text_.empty() ? ' ' : text_.front();
    if (quote == '[') refuse(field, "the elements are records", "numbers");
    if (quote != '\'' && quote != '"') refuse(field, "it is malformed", "a string");
    const std::size_t end = text_.find(quote, 1);
    if (end == text_.npos) refuse(field, "a string does not end");
    std::string result(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return result;
  }
  bool boolean() {
    if (accept("True")) return true;
    if (!accept("False")) refuse("fortran_order", "it is malformed", "True or False");
    return false;
  }
  std::vector<std::int64_t> extents() {
    std::vector<std::int64_t> result;
    expect("(", "shape");
    while (!accept(")")) {
      skip_blanks();
      std::int64_t extent = -1;
      const auto [end, failure] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (failure != std::errc{} || extent < 0) refuse("shape", "an extent is not a whole number");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      result.push_back(extent);
      if (result.size() > Shape::max_rank) refuse("shape", "it has more than 8 axes");
      if (!accept(",")) {
        expect(")", "shape");
        break;
      }
    }
    return result;
  }

  std::string_view text_;  // what is left
  std::size_t end_;        // of all of it, in the file
  const Source& source_;
};

/// "<f8", ">u2", "|b1" …
ElementForm form_of(const Header& header, const Source& source) {
  const std::string& text = header.form;
  if (text.size() == 3 && text[2] >= '1' && text[2] <= '8') {
    const ElementForm form{text[1], static_cast<std::size_t>(text[2] - '0'), text[0] == '>'};
    const bool order = text[0] == '<' || text[0] == '>' || (text[0] == '|' && form.bytes == 1);
    if (order && detail::is_known(form)) return form;
  }
  source.refuse(header.form_offset, "descr", "the elements are " + detail::quoted(text),
                "f4 f8 i1 i2 i4 i8 u1 u2 u4 b1");
}

/// The header of an NPY file, all before the elements.
std::string header_of(const Type& type) {
  constexpr std::size_t alignment = 64;
  const auto form = [&]() -> std::string_view {
    switch (type.dtype) {
      case Dtype::f32:
        return "<f4";
      case Dtype::f64:
        return "<f8";
      case Dtype::i32:
        return "<i4";
      case Dtype::i64:
        return "<i8";
      case Dtype::boolean:
        break;
    }
    return "|b1";
  }();
  std::string text = "{'descr': '" + std::string(form) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t axis = 0; axis < type.shape.rank(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(type.shape[axis]);
  text += type.shape.rank() == 1 ? ",), }" : "), }";
  constexpr std::size_t prefix = magic.size() + 4;
  const std::size_t size = (prefix + text.size() + 1 + alignment - 1) / alignment * alignment;
  text.resize(size - prefix - 1, ' ');
  text += '\n';
  const std::size_t length = text.size();
  return std::string(magic) + '\x01' + '\0' + static_cast<char>(length & 0xFF) + static_cast<char>(length >> 8U) + text;
}

}  // namespace

Array parse_npy(std::string_view bytes, std::string_view name, std::source_location where) {
  const Source source{"read_npy", name, where};
  if (!bytes.starts_with(magic)) source.refuse(0, "magic", "it does not begin like an NPY file");
  const auto need = [&](std::size_t size, std::string_view field) {
    if (bytes.size() < size) source.refuse(bytes.size(), field, "the file ends here");
  };
  constexpr std::size_t prefix = magic.size() + 2;
  need(prefix, "version");
  const int version = static_cast<unsigned char>(bytes[magic.size()]);
  if (version < 1 || version > 3)
    source.refuse(magic.size(), "version", "it is " + std::to_string(version), "1, 2 or 3");
  const std::size_t begin = prefix + (version == 1 ? 2 : 4);
  need(begin, "length of the header");
  const std::uint64_t length = detail::little_endian(bytes.substr(prefix, begin - prefix));
  if (length > longest_header)
    source.refuse(prefix, "length of the header", "it is " + std::to_string(length),
                  "at most " + std::to_string(longest_header));
  need(begin + length, "header");
  const Header header = HeaderReader(bytes.substr(begin, length), begin, source).read();
  const ElementForm form = form_of(header, source);
  const std::string_view elements = bytes.substr(begin + length);
  Shape shape;
  try {
    shape = Shape(std::span<const std::int64_t>(header.extents));
  } catch (const ShapeError&) {
    source.refuse(header.shape_offset, "shape", "it has more elements than can be counted");
  }
  const auto count = static_cast<std::size_t>(shape.size());
  if (count > elements.size() / form.bytes || elements.size() != count * form.bytes) {
    source.refuse(header.shape_offset, "shape",
                  to_string(shape) + " wants " + std::to_string(count) + " elements of " + std::to_string(form.bytes) +
                      " bytes, but " + std::to_string(elements.size()) + " bytes follow the header");
  }
  return detail::read_elements(form, shape, header.fortran_order, elements, begin + length, source);
}

Array read_npy(const std::string& path, std::source_location where) {
  return parse_npy(file_bytes(path, largest_file, where), path, where);
}

std::string to_npy(const Array& array) {
  const Array dense = array.dense();
  return header_of(array.type()).append(bytes_of(dense));
}

void write_npy(const std::string& path, const Array& array, std::source_location where) {
  const Array dense = array.dense();
  const std::string header = header_of(array.type());
  const std::array<std::string_view, 2> pieces{header, bytes_of(dense)};
  write_atomically(path, pieces, where);
}

}  // namespace wengert::nn
