#include "wengert/nn/data/files/inflate.hpp"

#include <zlib.h>
#include <algorithm>
#include <new>
#include <utility>

namespace wengert::nn::detail {
namespace {

constexpr std::size_t most_at_once = std::size_t{1} << 30;

class Stream {
 public:
  explicit Stream(Container container) {
    const int bits = container == Container::gzip ? 16 + MAX_WBITS : -MAX_WBITS;
    if (::inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { ::inflateEnd(&stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream* operator->() noexcept { return &stream_; }
  z_stream* get() noexcept { return &stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

std::string inflated(std::string_view bytes, Container container, std::size_t most, const Source& source) {
  Stream stream(container);
  std::size_t read = 0, written = 0;
  std::string result(std::min(most, 4 * bytes.size() + 64), '\0');
  while (written < most) {
    if (written == result.size()) {
      // Twice the size, or all when that is near; exactly, where growing a string may double its capacity.
      std::string larger(most <= 4 * result.size() ? most : 2 * result.size(), '\0');
      std::copy(result.begin(), result.end(), larger.begin());
      result = std::move(larger);
    }
    const std::size_t room = std::min(result.size() - written, most_at_once);
    const std::size_t there = std::min(bytes.size() - read, most_at_once);
    stream->next_out = reinterpret_cast<Bytef*>(result.data() + written);
    stream->avail_out = static_cast<uInt>(room);
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + read));  // NOLINT: zlib does not write
    stream->avail_in = static_cast<uInt>(there);
    const int state = ::inflate(stream.get(), Z_NO_FLUSH);
    read += there - stream->avail_in;
    written += room - stream->avail_out;
    if (state == Z_MEM_ERROR) throw std::bad_alloc();
    if (state == Z_STREAM_END) {
      if (read == bytes.size()) break;
      // Another member may follow, as when compressed files are put together.
      if (container == Container::none || ::inflateReset(stream.get()) != Z_OK)
        source.refuse(read, "compressed data", "something follows their end");
    } else if (state == Z_BUF_ERROR || (state == Z_OK && read == bytes.size() && stream->avail_out > 0)) {
      source.refuse(read, "compressed data", "they break off");
    } else if (state != Z_OK) {
      source.refuse(read, "compressed data", stream->msg != nullptr ? stream->msg : "they are damaged");
    }
  }
  result.resize(written);
  return result;
}

std::uint32_t checksum(std::string_view bytes) noexcept {
  uLong sum = ::crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const std::size_t some = std::min(bytes.size(), most_at_once);
    sum = ::crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(some));
    bytes.remove_prefix(some);
  }
  return static_cast<std::uint32_t>(sum);
}

}  // namespace wengert::nn::detail
