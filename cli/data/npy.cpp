// The reader of NPY files: magic, version, length of the header, the header (a Python dictionary of three entries), the
// elements. NumPy Enhancement Proposal 1; https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
// The header is read by a tokenizer of its own, which knows the three entries and nothing else of Python.

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "wengert/cli/data/read.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

namespace wengert::cli {
namespace {

constexpr std::size_t longest_header = std::size_t{1} << 16;

struct Header {
  std::string dtype;
  bool fortran_order = false;
  std::vector<std::int64_t> extents;
};

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw WorkError("'" + name + "' is not an array that can be read: " + what);
}

/// Reads {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    Header header;
    bool dtype = false, order = false, shape = false;
    expect("{");
    while (!accept("}")) {
      const std::string key = string();
      expect(":");
      bool& seen = key == "descr" ? dtype : key == "fortran_order" ? order : key == "shape" ? shape : unknown(key);
      if (std::exchange(seen, true)) malformed("'" + key + "' stands twice");
      if (key == "descr")
        header.dtype = string();
      else if (key == "shape")
        header.extents = extents();
      else
        header.fortran_order = boolean();
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    if (!(dtype && order && shape)) malformed("it lacks 'descr', 'fortran_order' or 'shape'");
    skip_blanks();
    if (!text_.empty()) malformed("something follows the dictionary");
    return header;
  }

 private:
  [[noreturn]] void malformed(const std::string& what) const { fail(name_, "its header is malformed: " + what); }
  [[noreturn]] bool& unknown(const std::string& key) const {
    std::string shown;
    graph::append_escaped(shown, key.substr(0, 40));
    malformed("unknown entry '" + shown + "'");
  }
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n\t"), text_.size())); }
  bool accept(std::string_view token) {
    skip_blanks();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) malformed("expected '" + std::string(token) + "'");
  }
  std::string string() {
    skip_blanks();
    const char quote = text_.empty() ? ' ' : text_.front();
    if (quote == '[') fail(name_, "its elements are records; expected numbers");
    if (quote != '\'' && quote != '"') malformed("expected a string");
    const std::size_t end = text_.find(quote, 1);
    if (end == text_.npos) malformed("a string does not end");
    std::string result(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return result;
  }
  bool boolean() {
    if (accept("True")) return true;
    if (!accept("False")) malformed("expected True or False");
    return false;
  }
  std::vector<std::int64_t> extents() {
    std::vector<std::int64_t> result;
    expect("(");
    while (!accept(")")) {
      skip_blanks();
      std::int64_t extent = -1;
      const auto [end, failure] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (failure != std::errc{} || extent < 0) malformed("an extent is not a whole number");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      result.push_back(extent);
      if (result.size() > Shape::max_rank) fail(name_, "it has more than 8 axes");
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    return result;
  }

  std::string_view text_;
  const std::string& name_;
};

/// Element `index` of a block of elements of T.
template <class T>
double element(const char* elements, std::size_t index, bool swapped, const std::string& name) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), elements + index * sizeof(T), sizeof(T));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  const T value = std::bit_cast<T>(bytes);
  if constexpr (sizeof(T) == 8 && std::numeric_limits<T>::is_integer) {
    constexpr T exact = T{1} << 53;
    if (value > exact || value < -exact) fail(name, "an integer is beyond 2^53, where doubles have gaps");
  }
  return static_cast<double>(value);
}

using Reader = double (*)(const char*, std::size_t, bool, const std::string&);

struct ElementType {
  std::string_view code;
  std::size_t bytes;
  Reader read;
};
constexpr std::array element_types{ElementType{"f4", 4, &element<float>}, ElementType{"f8", 8, &element<double>},
                                   ElementType{"i4", 4, &element<std::int32_t>},
                                   ElementType{"i8", 8, &element<std::int64_t>}};

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[k]);
  return value;
}

}  // namespace

Array parse_npy(std::string_view bytes, const std::string& name) {
  constexpr std::size_t prefix = 8;  // magic and version
  if (!bytes.starts_with("\x93NUMPY")) fail(name, "it does not begin like an NPY file");
  if (bytes.size() < prefix) fail(name, "it ends within its header");
  const int version = bytes[6];
  if (version < 1 || version > 3) fail(name, "version " + std::to_string(version) + " is not known");
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < prefix + length_bytes) fail(name, "it ends within its header");
  const std::size_t length = little_endian(bytes.substr(prefix, length_bytes));
  if (length > longest_header) fail(name, "its header is longer than 64 KiB");
  if (bytes.size() < prefix + length_bytes + length) fail(name, "it ends within its header");
  const Header header = HeaderReader(bytes.substr(prefix + length_bytes, length), name).read();

  const ElementType* type = nullptr;
  for (const ElementType& known : element_types)
    if (header.dtype.size() == 3 && header.dtype.substr(1) == known.code) type = &known;
  const char order = header.dtype.empty() ? ' ' : header.dtype.front();
  if (type == nullptr || (order != '<' && order != '>')) {
    std::string shown;
    graph::append_escaped(shown, header.dtype.substr(0, 40));
    fail(name, "its elements are '" + shown + "'; expected f4, f8, i4 or i8");
  }

  const std::string_view elements = bytes.substr(prefix + length_bytes + length);
  Shape shape;
  try {
    shape = Shape(std::span<const std::int64_t>(header.extents));
  } catch (const ShapeError&) {
    fail(name, "it claims more elements than can be counted");
  }
  const auto count = static_cast<std::size_t>(shape.size());
  if (count > elements.size() / type->bytes || elements.size() != count * type->bytes) {
    fail(name, "shape " + to_string(shape) + " wants " + std::to_string(count) + " elements of " +
                   std::to_string(type->bytes) + " bytes, but " + std::to_string(elements.size()) +
                   " bytes follow the header");
  }

  Array result = Array::uninitialised({Dtype::f64, shape});
  const auto to = result.mutable_data<double>();
  const bool swapped = (order == '>') == (std::endian::native == std::endian::little);
  std::array<std::int64_t, Shape::max_rank> position{};
  for (std::size_t k = 0; k < count; ++k) {
    std::size_t from = k;
    if (header.fortran_order) {
      // The first axis moves fastest in the file, the last one in the array.
      from = 0;
      for (std::size_t axis = shape.rank(); axis-- > 0;)
        from = from * static_cast<std::size_t>(shape[axis]) + static_cast<std::size_t>(position[axis]);
      for (std::size_t axis = shape.rank(); axis-- > 0;) {
        if (++position[axis] < shape[axis]) break;
        position[axis] = 0;
      }
    }
    to[k] = type->read(elements.data(), from, swapped, name);
  }
  return result;
}

}  // namespace wengert::cli
