// IDX files, plain and compressed; what is wrong is refused, and a small file cannot take much memory.

#include <zlib.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "hostile.hpp"
#include "temporary_folder.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/idx.hpp"

namespace {

using namespace wengert;
using nn::parse_idx;
using test::raw;
using test::refusal;

std::string idx(int kind, const std::vector<std::uint32_t>& extents, const std::string& elements) {
  return std::string("\0\0", 2) + static_cast<char>(kind) + static_cast<char>(extents.size()) + raw(extents, true) +
         elements;
}
std::string text_of(const std::string& file) { return to_string(parse_idx(file, "f")); }

/// Compressed as gzip does.
std::string packed(const std::string& bytes) {
  z_stream stream{};
  BOOST_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string result(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  BOOST_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

const std::string bytes_2_3 = idx(8, {2, 3}, "\x01\x02\x03\x04\x05\xff");

BOOST_AUTO_TEST_SUITE(idx_files)

BOOST_AUTO_TEST_CASE(every_kind_of_element) {
  BOOST_TEST(text_of(bytes_2_3) == "i32[2,3]{1, 2, 3, 4, 5, 255}");
  BOOST_TEST(text_of(idx(9, {2}, "\x80\x7f")) == "i32[2]{-128, 127}");
  BOOST_TEST(text_of(idx(11, {2}, raw<std::int16_t>({-2, 300}, true))) == "i32[2]{-2, 300}");
  BOOST_TEST(text_of(idx(12, {2}, raw<std::int32_t>({-2, 70'000}, true))) == "i32[2]{-2, 70000}");
  BOOST_TEST(text_of(idx(13, {2}, raw<float>({-2.5, 0.25}, true))) == "f32[2]{-2.5, 0.25}");
  BOOST_TEST(text_of(idx(14, {1, 1, 2}, raw<double>({-2.5, 1e300}, true))) == "f64[1,1,2]{-2.5, 1e+300}");
  BOOST_TEST(text_of(idx(8, {}, "x")) == "i32{120}");
  BOOST_TEST(text_of(idx(8, {3, 0}, "")) == "i32[3,0]{}");
}

BOOST_AUTO_TEST_CASE(compressed_files_are_recognised) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.gz").string();
  nn::write_atomically(path, packed(bytes_2_3));
  BOOST_TEST(to_string(nn::read_idx(path)) == "i32[2,3]{1, 2, 3, 4, 5, 255}");
  // Compressed in two parts, as by cat a.gz b.gz; and much longer than its compressed form.
  BOOST_TEST(text_of(packed(bytes_2_3.substr(0, 5)) + packed(bytes_2_3.substr(5))) == "i32[2,3]{1, 2, 3, 4, 5, 255}");
  const Array long_one = parse_idx(packed(idx(8, {1000, 1000}, std::string(1'000'000, '\x07'))), "f");
  BOOST_TEST(long_one.size() == 1'000'000);
  BOOST_TEST(long_one.integer_element(999'999) == 7);
}

BOOST_AUTO_TEST_CASE(fashion_mnist_is_read) {
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  if (!std::filesystem::exists(folder)) return;  // Debian: dataset-fashion-mnist
  const Array images = nn::read_idx(folder + "t10k-images-idx3-ubyte.gz");
  const Array labels = nn::read_idx(folder + "t10k-labels-idx1-ubyte.gz");
  BOOST_TEST(to_string(images.type()) == "i32[10000,28,28]");
  BOOST_TEST(to_string(labels) == "i32[10000]{9, 2, 1, 1, 6, 1, 4, 6, ...}");
  std::int64_t sum = 0;
  for (const std::int32_t pixel : images.data<std::int32_t>()) sum += pixel;
  BOOST_TEST(sum == 573469082);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_offset_and_field) {
  const auto said = [](const std::string& file) { return refusal([&] { (void)parse_idx(file, "a.idx"); }); };
  BOOST_TEST(said("") == "byte 0 (magic): the file ends here");
  BOOST_TEST(said(std::string("\0\1\x8\1", 4)) ==
             "byte 0 (magic): it does not begin like an IDX file; expected two zero bytes");
  BOOST_TEST(said(idx(10, {1}, "x")) == "byte 2 (kind of the elements): it is 10; expected 8, 9, 11, 12, 13 or 14");
  BOOST_TEST(said(idx(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "x")) == "byte 3 (number of axes): it is 9; expected at most 8");
  BOOST_TEST(said(bytes_2_3.substr(0, 10)) == "byte 10 (extent 1): the file ends here");
  BOOST_TEST(said(bytes_2_3.substr(0, 17)) ==
             "byte 4 (shape): [2,3] wants 6 elements of 1 bytes, but 5 bytes follow the header");
  BOOST_TEST(said(bytes_2_3 + "x") ==
             "byte 4 (shape): [2,3] wants 6 elements of 1 bytes, but 7 bytes follow the header");
  BOOST_TEST(said(idx(14, {0xFFFFFFFF, 0xFFFFFFFF}, "")) == "byte 4 (shape): it has more elements than can be counted");
  BOOST_TEST(said(idx(8, {0xFFFFFFFF, 0xFFFFFF}, "")) ==
             "byte 4 (shape): [4294967295,16777215] wants 72057589726183425 elements of 1 bytes, but 0 bytes follow "
             "the header");
  const std::string good = packed(bytes_2_3);
  BOOST_TEST(said(good.substr(0, 12)) == "byte 12 (compressed data): they break off");
  BOOST_TEST(said(good + "x") == "byte " + std::to_string(good.size() + 1) + " (compressed data): they break off");
  BOOST_TEST(said(good + "xyz") ==
             "byte " + std::to_string(good.size() + 2) + " (compressed data): incorrect header check");
  std::string wrong = good;
  wrong[wrong.size() - 5] = static_cast<char>(wrong[wrong.size() - 5] + 1);
  BOOST_TEST(said(wrong).ends_with("(compressed data): incorrect data check"));
  BOOST_TEST(said(packed(bytes_2_3.substr(0, 17))) ==
             "byte 4 (shape): [2,3] wants 6 elements of 1 bytes, but 5 bytes follow the header");
  BOOST_TEST(said(packed(bytes_2_3 + "xyz")) ==
             "byte 4 (shape): [2,3] wants 6 elements of 1 bytes, but more bytes follow the header");
  const std::string claim = packed(idx(8, {1'000'000, 1'000}, ""));
  BOOST_TEST(said(claim) == "byte 4 (shape): [1000000,1000] wants 1000000000 elements of 1 bytes, but fewer than " +
                                std::to_string(1100 * claim.size()) + " bytes follow the header");
}

BOOST_AUTO_TEST_CASE(hostile_plain_files) {
  test::Hostile hostile(16, 4096);
  const auto read = [](const std::string& file) { (void)parse_idx(file, "f"); };
  for (const std::string& good :
       {bytes_2_3, idx(14, {2, 1, 3}, std::string(48, 'x')), idx(11, {400}, std::string(800, 'y'))}) {
    const std::size_t before = hostile.refused(), files = hostile.files();
    hostile.meet_truncations(good, read);
    BOOST_TEST(hostile.refused() - before == hostile.files() - files);
    hostile.meet_mutations(good, 500, read);
    for (std::size_t at = 0; at < 16; ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string file = good;
        file[at] = static_cast<char>(file[at] ^ (1 << bit));
        hostile.meet(file, read);
      }
  }
  BOOST_TEST(hostile.refused() > 1000U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
}

BOOST_AUTO_TEST_CASE(hostile_compressed_files) {
  // Nothing in these stands for much: what they claim is to cost nothing.
  test::Hostile hostile(16, 131'072);
  const auto read = [](const std::string& file) { (void)parse_idx(file, "f"); };
  const std::string good = packed(bytes_2_3);
  hostile.meet_truncations(good, read);
  BOOST_TEST(hostile.refused() == hostile.files());
  hostile.meet_mutations(good, 1000, read);
  for (std::uint32_t extent = 1; extent < 1U << 31; extent *= 2)
    for (const int kind : {8, 14}) hostile.meet(packed(idx(kind, {extent}, "")), read);
  BOOST_TEST(hostile.refused() > 1000U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
  // And a bomb: 20 MB of zeros in 20 KB, where the header claims a million of them, and all of them.
  const std::string zeros(20'000'000, '\0');
  test::Hostile bombs(1600, 131'072);
  const std::string small = packed(idx(8, {1000}, zeros)), large = packed(idx(8, {20'000'001}, zeros));
  bombs.meet(small, read);
  bombs.meet(large, read);
  BOOST_TEST(bombs.refused() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
