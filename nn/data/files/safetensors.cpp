#include "wengert/nn/data/files/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/format_error.hpp"

static_assert(std::endian::native == std::endian::little, "the file's byte order is copied as it is");

namespace wengert::nn {
namespace {

constexpr std::size_t prefix = 8;  // bytes of the header's length
constexpr std::uint64_t longest_header = 100'000'000;
constexpr std::string_view metadata_key = "__metadata__";

constexpr std::array<std::pair<std::string_view, Dtype>, 5> dtypes{
    {{"F32", Dtype::f32}, {"F64", Dtype::f64}, {"I32", Dtype::i32}, {"I64", Dtype::i64}, {"BOOL", Dtype::boolean}}};

/// What the header says of a tensor.
struct Entry {
  std::string name;
  std::size_t offset = 0;  // of the entry, in the file
  std::optional<Dtype> dtype{};
  std::optional<Shape> shape{};
  std::optional<std::pair<std::uint64_t, std::uint64_t>> place{};  // first byte and end, in the part of the elements
};

/// The characters of the header, with a count of those that were read: the parser itself does not tell where it is.
struct Characters {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  std::size_t* read = nullptr;

  const char& operator*() const { return *at; }
  Characters& operator++() {
    ++at;
    ++*read;
    return *this;
  }
  Characters operator++(int) {
    const Characters before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Characters& other) const { return at == other.at; }
};

/// Takes the parser's events. Each is refused where the form of a header has none of its kind, so nothing nests deeper
/// than three levels and nothing is kept but entries and texts.
class HeaderReader {
 public:
  using Json = nlohmann::json;

  HeaderReader(const detail::Source& source, Metadata* metadata) : source_(source), metadata_(metadata) {}

  std::vector<Entry> read(std::string_view header) {
    Json::sax_parse(Characters{header.data(), &read_}, Characters{header.data() + header.size(), &read_}, this);
    return std::move(entries_);
  }

  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("a boolean"); }
  bool number_integer(std::int64_t) { return unexpected("a negative number"); }
  bool number_float(double, const std::string&) {
    return unexpected("a number with a fraction or of more than 64 bits");
  }
  bool binary(Json::binary_t&) { return unexpected("bytes"); }

  bool number_unsigned(std::uint64_t number) {
    if (place_ == Place::shape) {
      if (number > INT64_MAX) refuse("an extent has more than 63 bits");
      if (count_ == Shape::max_rank) refuse("it has more than 8 axes");
      extents_[count_++] = static_cast<std::int64_t>(number);
      return true;
    }
    if (place_ != Place::offsets) return unexpected("a number");
    if (count_ == 2) refuse("there are more than two");
    offsets_[count_++] = number;
    return true;
  }

  bool string(std::string& text) {
    if (place_ == Place::metadata) {
      if (metadata_ != nullptr && !metadata_->emplace(std::move(key_), std::move(text)).second)
        refuse("it stands twice");
      return true;
    }
    if (place_ != Place::tensor || key_ != "dtype") return unexpected("a text");
    for (const auto& [code, dtype] : dtypes)
      if (text == code) entries_.back().dtype = dtype;
    if (!entries_.back().dtype) refuse("it is " + detail::quoted(text), "F32, F64, I32, I64 or BOOL");
    return true;
  }

  bool key(std::string& text) {
    key_ = std::move(text);
    if (place_ != Place::tensor) return true;
    const Entry& entry = entries_.back();
    const bool twice =
        (key_ == "dtype" && entry.dtype) || (key_ == "shape" && entry.shape) || (key_ == "data_offsets" && entry.place);
    if (twice) refuse("it stands twice");
    if (key_ != "dtype" && key_ != "shape" && key_ != "data_offsets")
      refuse("no such entry of a tensor", "dtype, shape and data_offsets");
    return true;
  }

  bool start_object(std::size_t) {
    if (place_ == Place::document) {
      place_ = Place::names;
    } else if (place_ == Place::names && key_ == metadata_key) {
      if (std::exchange(seen_metadata_, true)) refuse("it stands twice");
      place_ = Place::metadata;
    } else if (place_ == Place::names) {
      entries_.push_back({.name = std::move(key_), .offset = offset()});
      key_.clear();
      place_ = Place::tensor;
    } else {
      return unexpected("an object");
    }
    return true;
  }
  bool end_object() {
    if (place_ == Place::tensor) {
      const Entry& entry = entries_.back();
      key_.clear();
      if (!entry.dtype || !entry.shape || !entry.place) refuse("it lacks dtype, shape or data_offsets");
    }
    place_ = place_ == Place::names ? Place::document : Place::names;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ != Place::tensor || key_ == "dtype") return unexpected("an array");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    count_ = 0;
    return true;
  }
  bool end_array() {
    if (place_ == Place::shape) {
      try {
        entries_.back().shape = Shape(std::span<const std::int64_t>(extents_.data(), count_));
      } catch (const ShapeError&) {
        refuse("it has more elements than can be counted");
      }
    } else {
      if (count_ != 2) refuse("there are fewer than two");
      entries_.back().place = {offsets_[0], offsets_[1]};
    }
    place_ = Place::tensor;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    source_.refuse(offset(), "header", "it is no JSON");
  }

 private:
  enum class Place : std::uint8_t { document, names, metadata, tensor, shape, offsets };

  /// In the file: behind the last character that was read.
  [[nodiscard]] std::size_t offset() const { return prefix + read_; }
  [[nodiscard]] std::string field() const {
    switch (place_) {
      case Place::document:
        return "header";
      case Place::names:
        return detail::quoted(key_);
      case Place::metadata:
        return "metadata " + detail::quoted(key_);
      default:
        return "tensor " + detail::quoted(entries_.back().name) + (key_.empty() ? "" : ", " + detail::quoted(key_));
    }
  }
  [[noreturn]] void refuse(std::string problem, std::string expected = {}) const {
    source_.refuse(offset(), field(), std::move(problem), std::move(expected));
  }
  [[noreturn]] bool unexpected(std::string what) const { refuse(std::move(what) + " does not belong here"); }

  const detail::Source& source_;
  Metadata* metadata_;
  std::vector<Entry> entries_;
  Place place_ = Place::document;
  bool seen_metadata_ = false;
  std::string key_;
  std::array<std::int64_t, Shape::max_rank> extents_{};
  std::array<std::uint64_t, 2> offsets_{};
  std::size_t count_ = 0;
  std::size_t read_ = 0;
};

std::string tensor_field(const Entry& entry) { return "tensor " + detail::quoted(entry.name); }

/// Refuses a name that stands twice.
void check_names(const std::vector<Entry>& entries, const detail::Source& source) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::tie(entries[a].name, a) < std::tie(entries[b].name, b); });
  for (std::size_t k = 1; k < order.size(); ++k) {
    const Entry& entry = entries[order[k]];
    if (entry.name == entries[order[k - 1]].name) source.refuse(entry.offset, tensor_field(entry), "it stands twice");
  }
}

/// Refuses tensors that do not fill the `size` bytes of the elements exactly, one behind the other.
void check_places(const std::vector<Entry>& entries, std::size_t size, const detail::Source& source) {
  for (const Entry& entry : entries) {
    const auto [first, end] = *entry.place;
    const auto count = static_cast<std::uint64_t>(entry.shape->size());
    const std::size_t each = size_of(*entry.dtype);
    if (first > end || end > size)
      source.refuse(entry.offset, tensor_field(entry), "its elements end at byte " + std::to_string(end),
                    "from " + std::to_string(first) + " to " + std::to_string(size) + ", where the file ends");
    if (count > size / each || count * each != end - first)
      source.refuse(entry.offset, tensor_field(entry), "its elements have " + std::to_string(end - first) + " bytes",
                    std::to_string(count) + " of " + std::to_string(each) + " for " +
                        to_string(Type{*entry.dtype, *entry.shape}));
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(*entries[a].place, a) < std::tie(*entries[b].place, b);
  });
  std::uint64_t filled = 0;
  for (const std::size_t k : order) {
    const auto [first, end] = *entries[k].place;
    if (first != filled)
      source.refuse(entries[k].offset, tensor_field(entries[k]), "its elements begin at byte " + std::to_string(first),
                    std::to_string(filled) + ", where those before it end");
    filled = end;
  }
  if (filled != size)
    source.refuse(prefix, "header", "the tensors have " + std::to_string(filled) + " bytes",
                  std::to_string(size) + ", as many as follow the header");
}

Array elements_of(const Entry& entry, std::string_view bytes, std::size_t offset, const detail::Source& source) {
  if (*entry.dtype == Dtype::boolean) {
    const auto wrong = std::find_if(bytes.begin(), bytes.end(), [](char c) { return c != 0 && c != 1; });
    if (wrong != bytes.end())
      source.refuse(offset + static_cast<std::size_t>(wrong - bytes.begin()), tensor_field(entry),
                    "a boolean is neither 0 nor 1");
  }
  Array array = Array::uninitialised({*entry.dtype, *entry.shape}, source.where);
  with_element_type(*entry.dtype, [&]<class T>(std::type_identity<T>) {
    if (!bytes.empty()) std::memcpy(array.mutable_data<T>().data(), bytes.data(), bytes.size());
  });
  return array;
}

/// A file in pieces: the header with its length, and the elements.
struct Pieces {
  std::string header;
  std::vector<Array> elements;  // none uniform; in the order of the file
  [[nodiscard]] std::vector<std::string_view> views() const {
    std::vector<std::string_view> result{header};
    for (const Array& array : elements) result.push_back(bytes_of(array));
    return result;
  }
};

std::string json_text(const std::string& text, const char* operation, std::source_location where) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw ArgumentError{{.operation = operation,
                         .problem = "the name or text " + detail::quoted(text) + " is not UTF-8",
                         .where = where}};
  }
}

Pieces pieces_of(std::span<const NamedTensor> tensors, const Metadata& metadata, const char* operation,
                 std::source_location where) {
  std::vector<std::string_view> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto refuse = [&](std::string_view name, const char* why) {
    throw ArgumentError{
        {.operation = operation, .problem = "the name " + detail::quoted(name) + " " + why, .where = where}};
  };
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    refuse(*twice, "stands twice");
  if (std::binary_search(names.begin(), names.end(), metadata_key)) refuse(metadata_key, "is that of the texts");

  Pieces pieces;
  std::vector<std::size_t> order(tensors.size()), begin(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(tensors[a].value.dtype()) > size_of(tensors[b].value.dtype());
  });
  std::size_t size = 0;
  for (const std::size_t k : order) {
    pieces.elements.push_back(tensors[k].value.value().dense());
    begin[k] = size;
    size += bytes_of(pieces.elements.back()).size();
  }

  std::string& header = pieces.header;
  header.assign(prefix, '\0');
  header += '{';
  const auto separate = [&] {
    if (header.back() != '{') header += ',';
  };
  if (!metadata.empty()) {
    header += '"' + std::string(metadata_key) + "\":{";
    for (const auto& [key, text] : metadata) {
      separate();
      header += json_text(key, operation, where) + ':' + json_text(text, operation, where);
    }
    header += '}';
  }
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const Type& type = tensors[k].value.type();
    const auto code = std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& d) { return d.second == type.dtype; });
    separate();
    header += json_text(tensors[k].name, operation, where) + R"(:{"dtype":")" + std::string(code->first) +
              R"(","shape":)" + to_string(type.shape) + R"(,"data_offsets":[)" + std::to_string(begin[k]) + ',' +
              std::to_string(begin[k] + byte_size(type)) + "]}";
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = header.size() - prefix;
  if (length > longest_header)
    throw ArgumentError{{.operation = operation, .problem = "names and texts take more than 100 MB", .where = where}};
  std::memcpy(header.data(), &length, prefix);
  return pieces;
}

}  // namespace

std::vector<NamedTensor> parse_safetensors(std::string_view bytes, std::string_view name, Metadata* metadata,
                                           std::source_location where) {
  const detail::Source source{"read_safetensors", name, where};
  if (bytes.size() < prefix) source.refuse(bytes.size(), "length of the header", "the file ends here", "8 bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), prefix);
  const std::uint64_t most = std::min<std::uint64_t>(longest_header, bytes.size() - prefix);
  if (length > most)
    source.refuse(
        0, "length of the header", "it is " + std::to_string(length),
        most == longest_header ? "at most 100000000" : "at most the " + std::to_string(most) + " that follow");
  const std::string_view header = bytes.substr(prefix, length), elements = bytes.substr(prefix + length);
  if (!header.starts_with('{')) source.refuse(prefix, "header", "it does not begin with {");
  Metadata texts;
  const std::vector<Entry> entries = HeaderReader(source, &texts).read(header);
  check_names(entries, source);
  check_places(entries, elements.size(), source);

  std::vector<NamedTensor> tensors;
  tensors.reserve(entries.size());
  for (const Entry& entry : entries) {
    const auto [first, end] = *entry.place;
    tensors.push_back(
        {entry.name, Tensor(elements_of(entry, elements.substr(first, end - first), prefix + length + first, source))});
  }
  if (metadata != nullptr) *metadata = std::move(texts);
  return tensors;
}

std::vector<NamedTensor> read_safetensors(const std::string& path, Metadata* metadata, std::source_location where) {
  return parse_safetensors(file_bytes(path, largest_file, where), path, metadata, where);
}

std::string to_safetensors(std::span<const NamedTensor> tensors, const Metadata& metadata, std::source_location where) {
  const Pieces pieces = pieces_of(tensors, metadata, "to_safetensors", where);
  std::string bytes;
  for (const std::string_view piece : pieces.views()) bytes += piece;
  return bytes;
}

void write_safetensors(const std::string& path, std::span<const NamedTensor> tensors, const Metadata& metadata,
                       std::source_location where) {
  const Pieces pieces = pieces_of(tensors, metadata, "write_safetensors", where);
  write_atomically(path, pieces.views(), where);
}

}  // namespace wengert::nn
