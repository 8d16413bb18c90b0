// NPZ: a ZIP archive whose members are NPY files. PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16.
//
// The directory at the end of the archive is what counts; the header before each member only says where its data begin.
#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/elements.hpp"
#include "wengert/nn/data/files/inflate.hpp"
#include "wengert/nn/data/files/npy.hpp"

namespace wengert::nn {
namespace {

using detail::Source;

constexpr std::string_view local_magic = "PK\x03\x04", directory_magic = "PK\x01\x02", end_magic = "PK\x05\x06";
constexpr std::size_t local_bytes = 30, directory_bytes = 46, end_bytes = 22;
constexpr std::size_t longest_comment = 0xFFFF;
constexpr std::uint64_t zip64_size = 0xFFFFFFFF, zip64_count = 0xFFFF;
constexpr std::string_view ending = ".npy";

/// A member, as the directory has it.
struct Member {
  std::string_view name{};
  std::size_t offset = 0;  // of its line in the directory
  std::uint64_t flags = 0, method = 0, checksum = 0, packed = 0, size = 0;
  std::size_t header = 0;  // where its own header lies
  std::size_t data = 0;    // where its data begin
};

class ZipReader {
 public:
  ZipReader(std::string_view bytes, const Source& source) : bytes_(bytes), source_(source) {}

  std::vector<Member> members() {
    find_directory();
    std::vector<Member> members;
    std::size_t at = directory_;
    for (std::uint64_t k = 0; k < count_; ++k) {
      members.push_back(member_at(at));
      at += directory_bytes + extra_;
    }
    if (at != end_) source_.refuse(at, "directory", "it has another length", "that of its members");
    refuse_overlaps(members);
    return members;
  }

  [[nodiscard]] std::string_view packed(const Member& member) const {
    return bytes_.substr(member.data, member.packed);
  }

 private:
  /// The number of `size` bytes at an offset that is known to be there.
  [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t size) const {
    return detail::little_endian(bytes_.substr(at, size));
  }

  void find_directory() {
    const std::size_t size = bytes_.size();
    if (!bytes_.starts_with(local_magic) && !bytes_.starts_with(end_magic))
      source_.refuse(0, "magic", "it does not begin like a ZIP archive");
    const std::size_t first = size > end_bytes + longest_comment ? size - end_bytes - longest_comment : 0;
    end_ = size;
    for (std::size_t at = size >= end_bytes ? size - end_bytes + 1 : 0; at-- > first;) {
      if (!bytes_.substr(at).starts_with(end_magic) || number(at + 20, 2) != size - at - end_bytes) continue;
      end_ = at;
      break;
    }
    if (end_ == size) source_.refuse(size, "end of the directory", "the archive has none; it may be cut off");
    count_ = number(end_ + 10, 2);
    const std::uint64_t length = number(end_ + 12, 4), offset = number(end_ + 16, 4);
    if (count_ == zip64_count || length == zip64_size || offset == zip64_size)
      source_.refuse(end_, "end of the directory", "it is ZIP64", "fewer than 65535 members and 4 GiB");
    if (number(end_ + 4, 2) != 0 || number(end_ + 6, 2) != 0 || number(end_ + 8, 2) != count_)
      source_.refuse(end_ + 4, "end of the directory", "the archive has several parts", "one");
    if (offset > end_ || length != end_ - offset)
      source_.refuse(end_ + 12, "end of the directory",
                     "a directory of " + std::to_string(length) + " bytes at byte " + std::to_string(offset),
                     "one that ends at byte " + std::to_string(end_));
    directory_ = offset;
  }

  Member member_at(std::size_t at) {
    const auto refuse = [&](std::size_t offset, std::string_view field, std::string problem,
                            std::string expected = {}) {
      source_.refuse(offset, field, std::move(problem), std::move(expected));
    };
    if (end_ - at < directory_bytes || !bytes_.substr(at).starts_with(directory_magic))
      refuse(at, "directory", "there is no member here");
    Member member{.name = {},
                  .offset = at,
                  .flags = number(at + 8, 2),
                  .method = number(at + 10, 2),
                  .checksum = number(at + 16, 4),
                  .packed = number(at + 20, 4),
                  .size = number(at + 24, 4),
                  .header = number(at + 42, 4),
                  .data = 0};
    const std::size_t name = number(at + 28, 2);
    extra_ = name + number(at + 30, 2) + number(at + 32, 2);
    if (end_ - at - directory_bytes < extra_) refuse(at + 28, "directory", "a name reaches beyond its end");
    member.name = bytes_.substr(at + directory_bytes, name);
    const std::string field = "member " + detail::quoted(member.name);
    if (member.packed == zip64_size || member.size == zip64_size || member.header == zip64_size)
      refuse(at + 20, field, "it is ZIP64", "fewer than 4 GiB");
    if ((member.flags & 1U) != 0) refuse(at + 8, field, "it is encrypted");
    if (member.method != 0 && member.method != 8)
      refuse(at + 10, field, "its method is " + std::to_string(member.method), "0 (stored) or 8 (deflated)");
    if (!member.name.ends_with(ending))
      refuse(at + directory_bytes, field, "it is no array", "a name that ends with .npy");
    if (member.method == 0 && member.packed != member.size)
      refuse(at + 20, field, std::to_string(member.packed) + " bytes are stored for " + std::to_string(member.size));
    if (member.size > detail::most_inflation * member.packed)
      refuse(at + 24, field, std::to_string(member.packed) + " bytes do not stand for " + std::to_string(member.size));
    // Its own header: name and extra field may have another length there.
    if (member.header > directory_ || directory_ - member.header < local_bytes ||
        !bytes_.substr(member.header).starts_with(local_magic))
      refuse(at + 42, field, "there is none at byte " + std::to_string(member.header));
    const std::size_t own_name = number(member.header + 26, 2);
    member.data = member.header + local_bytes + own_name + number(member.header + 28, 2);
    if (member.data > directory_ || directory_ - member.data < member.packed)
      refuse(at + 20, field, "it reaches into the directory");
    if (bytes_.substr(member.header + local_bytes, own_name) != member.name)
      refuse(member.header + local_bytes, field, "it has another name here");
    return member;
  }

  /// Members that share bytes let a small file stand for a huge one.
  void refuse_overlaps(const std::vector<Member>& members) const {
    std::vector<std::tuple<std::size_t, std::size_t, const Member*>> places;
    places.reserve(members.size());
    for (const Member& member : members) places.emplace_back(member.header, member.data + member.packed, &member);
    std::sort(places.begin(), places.end());
    for (std::size_t k = 1; k < places.size(); ++k) {
      const auto& [header, end, member] = places[k];
      if (header < std::get<1>(places[k - 1]))
        source_.refuse(member->offset + 42, "member " + detail::quoted(member->name), "it overlaps another");
    }
  }

  std::string_view bytes_;
  const Source& source_;
  std::size_t directory_ = 0, end_ = 0;  // where the directory begins, and ends
  std::uint64_t count_ = 0;
  std::size_t extra_ = 0;  // bytes behind the fixed part of the line that was read last
};

void append(std::string& text, std::uint64_t number, std::size_t bytes) {
  for (; bytes > 0; --bytes, number >>= 8U) text += static_cast<char>(number & 0xFFU);
}

/// What header and directory say alike of a stored member: version, flags, method, time (1980), checksum, sizes, name.
std::string description(const std::string& name, std::uint64_t size, std::uint32_t checksum) {
  constexpr std::uint64_t version = 20, utf8 = 1U << 11U, first_of_january_1980 = 0x21;
  std::string text;
  append(text, version, 2);
  append(text, utf8, 2);
  append(text, 0, 4);  // stored; midnight
  append(text, first_of_january_1980, 2);
  append(text, checksum, 4);
  append(text, size, 4);
  append(text, size, 4);
  append(text, name.size(), 2);
  append(text, 0, 2);  // no extra field
  return text;
}

/// An archive in pieces.
std::vector<std::string> pieces_of(const std::map<std::string, Array>& arrays, std::string_view operation,
                                   std::source_location where) {
  const auto refuse = [&](const std::string& what) {
    throw ArgumentError{{.operation = std::string(operation), .problem = what, .where = where}};
  };
  std::vector<std::string> pieces;
  std::string directory;
  std::uint64_t at = 0;
  for (const auto& [key, array] : arrays) {
    const std::string name = key + std::string(ending);
    if (name.size() > 60 * 1024) refuse("a name has more than 60 KiB");
    std::string member = to_npy(array);
    if (member.size() >= zip64_size || at >= zip64_size) refuse("the arrays have more than 4 GiB");
    const std::string described = description(name, member.size(), detail::checksum(member));
    directory += std::string(directory_magic) + '\x14' + '\0' + described;
    append(directory, 0, 10);  // no comment, one part, no attributes
    append(directory, at, 4);
    directory += name;
    pieces.push_back(std::string(local_magic) + described + name);
    at += pieces.back().size() + member.size();
    pieces.push_back(std::move(member));
  }
  if (arrays.size() >= zip64_count || at + directory.size() >= zip64_size)
    refuse("the arrays have more than 4 GiB, or are more than 65534");
  std::string end(end_magic);
  append(end, 0, 4);
  append(end, arrays.size(), 2);
  append(end, arrays.size(), 2);
  append(end, directory.size(), 4);
  append(end, at, 4);
  append(end, 0, 2);
  pieces.push_back(std::move(directory));
  pieces.push_back(std::move(end));
  return pieces;
}

}  // namespace

std::map<std::string, Array> parse_npz(std::string_view bytes, std::string_view name, std::source_location where) {
  const Source source{"read_npz", name, where};
  ZipReader archive(bytes, source);
  std::map<std::string, Array> arrays;
  for (const Member& member : archive.members()) {
    const std::string field = "member " + detail::quoted(member.name);
    const std::string key(member.name.substr(0, member.name.size() - ending.size()));
    if (arrays.contains(key)) source.refuse(member.offset, field, "it stands twice");
    std::string inflated;
    std::string_view contents = archive.packed(member);
    if (member.method != 0) {
      inflated = detail::inflated(contents, detail::Container::none, member.size + 1,
                                  {source.operation, std::string(name) + "/" + std::string(member.name), where});
      contents = inflated;
    }
    if (contents.size() != member.size)
      source.refuse(member.offset + 24, field, "it does not have its " + std::to_string(member.size) + " bytes");
    if (detail::checksum(contents) != member.checksum)
      source.refuse(member.offset + 16, field, "its checksum does not hold");
    arrays.emplace(key, parse_npy(contents, std::string(name) + "/" + std::string(member.name), where));
  }
  return arrays;
}

std::map<std::string, Array> read_npz(const std::string& path, std::source_location where) {
  return parse_npz(file_bytes(path, largest_file, where), path, where);
}

std::string to_npz(const std::map<std::string, Array>& arrays, std::source_location where) {
  std::string bytes;
  for (const std::string& piece : pieces_of(arrays, "to_npz", where)) bytes += piece;
  return bytes;
}

void write_npz(const std::string& path, const std::map<std::string, Array>& arrays, std::source_location where) {
  const std::vector<std::string> pieces = pieces_of(arrays, "write_npz", where);
  const std::vector<std::string_view> views(pieces.begin(), pieces.end());
  write_atomically(path, views, where);
}

}  // namespace wengert::nn
