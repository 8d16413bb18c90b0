// NumPy's files: every form of number, order and version; what is wrong is refused.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "hostile.hpp"
#include "temporary_folder.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/inflate.hpp"
#include "wengert/nn/data/files/npy.hpp"

namespace {

using namespace wengert;
using nn::parse_npy;
using nn::parse_npz;
using nn::to_npy;
using nn::to_npz;
using test::raw;
using test::refusal;

/// An NPY file, byte for byte.
std::string npy(const std::string& header, const std::string& elements, int version = 1) {
  std::string text = "\x93NUMPY" + std::string{static_cast<char>(version), '\0'};
  const int length_bytes = version == 1 ? 2 : 4;
  for (int k = 0; k < length_bytes; ++k) text += static_cast<char>(header.size() >> (8 * k) & 0xFF);
  return text + header + elements;
}
std::string header(const std::string& dtype, const std::string& order, const std::string& shape) {
  return "{'descr': '" + dtype + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }   \n";
}
std::string text_of(const std::string& file) { return to_string(parse_npy(file, "f")); }

std::vector<Array> of_every_dtype() {
  const bool truths[] = {true, false};
  const std::int64_t longs[] = {INT64_MIN, 7};
  const std::int32_t ints[] = {INT32_MIN, 8, 9};
  return {Array::from(std::span<const bool>(truths), Shape{2}),
          Array::from(std::span<const std::int64_t>(longs), Shape{2, 1}),
          Array::from(std::span<const std::int32_t>(ints), Shape{3}),
          Array::from({0.1, -0.0, 1e300, 4, 5, 6}, Shape{1, 3, 2}),
          Array::from(std::vector<float>{1e-45F}, Shape{}),
          Array::uniform({Dtype::f32, Shape{4}}, 0.5),
          Array::zeros({Dtype::f64, Shape{0, 3}})};
}

BOOST_AUTO_TEST_SUITE(npy_files)

BOOST_AUTO_TEST_CASE(every_form_of_number_and_byte_order) {
  for (const bool big : {false, true}) {
    const auto check = [&]<class T>(const std::string& form, std::vector<T> values, const std::string& expected) {
      const std::string file = npy(header((big ? ">" : "<") + form, "False", "(3,)"), raw(values, big));
      BOOST_TEST(text_of(file) == expected);
    };
    check("f4", std::vector<float>{1, -2.5, 1e-45F}, "f32[3]{1, -2.5, 1e-45}");
    check("f8", std::vector<double>{1, -2.5, 5e-324}, "f64[3]{1, -2.5, 5e-324}");
    check("i1", std::vector<std::int8_t>{1, -128, 127}, "i32[3]{1, -128, 127}");
    check("i2", std::vector<std::int16_t>{1, INT16_MIN, INT16_MAX}, "i32[3]{1, -32768, 32767}");
    check("i4", std::vector<std::int32_t>{1, INT32_MIN, INT32_MAX}, "i32[3]{1, -2147483648, 2147483647}");
    check("i8", std::vector<std::int64_t>{1, INT64_MIN, INT64_MAX},
          "i64[3]{1, -9223372036854775808, 9223372036854775807}");
    check("u1", std::vector<std::uint8_t>{1, 0, 255}, "i32[3]{1, 0, 255}");
    check("u2", std::vector<std::uint16_t>{1, 0, UINT16_MAX}, "i32[3]{1, 0, 65535}");
    check("u4", std::vector<std::uint32_t>{1, 0, UINT32_MAX}, "i64[3]{1, 0, 4294967295}");
    check("b1", std::vector<std::uint8_t>{1, 0, 1}, "bool[3]{1, 0, 1}");
  }
  BOOST_TEST(text_of(npy(header("|u1", "False", "(2,)"), "\x01\xff")) == "i32[2]{1, 255}");
}

BOOST_AUTO_TEST_CASE(fortran_order_is_turned) {
  const std::string two = npy(header("<i2", "True", "(2, 3)"), raw<std::int16_t>({1, 4, 2, 5, 3, 6}));
  BOOST_TEST(text_of(two) == "i32[2,3]{1, 2, 3, 4, 5, 6}");
  // Element (i, j, k) = 100i + 10j + k of a shape [2,3,2], the first axis fastest.
  std::vector<double> file, expected;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) file.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) expected.push_back(100 * i + 10 * j + k);
  const Array array = parse_npy(npy(header("<f8", "True", "(2, 3, 2)"), raw(file)), "f");
  BOOST_TEST((array == Array::from(expected, Shape{2, 3, 2})));
}

BOOST_AUTO_TEST_CASE(every_version_and_rank) {
  const std::string one = raw<double>({7});
  for (const int version : {1, 2, 3})
    BOOST_TEST(text_of(npy(header("<f8", "False", "(1,)"), one, version)) == "f64[1]{7}");
  BOOST_TEST(text_of(npy(header("<f8", "False", "()"), one)) == "f64{7}");
  BOOST_TEST(text_of(npy(header("<f8", "True", "(1, 1, 1, 1, 1, 1, 1, 1)"), one)) == "f64[1,1,1,1,1,1,1,1]{7}");
  BOOST_TEST(text_of(npy(header("<f8", "True", "(0, 3)"), "")) == "f64[0,3]{}");
  BOOST_TEST(text_of(npy("{\"shape\":(1),\"fortran_order\":False,\"descr\":\"<f8\"}", one)) == "f64[1]{7}");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_bit_for_bit) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string();
  std::map<std::string, Array> arrays;
  for (const Array& array : of_every_dtype()) {
    nn::write_npy(path, array);
    BOOST_TEST((nn::read_npy(path) == array.dense()));
    BOOST_TEST(nn::file_bytes(path) == to_npy(array));
    BOOST_TEST((to_npy(array).size() - nn::bytes_of(array.dense()).size()) % 64 == 0U);
    arrays.emplace("a/" + std::to_string(arrays.size()), array.dense());
  }
  nn::write_npz(path, arrays);
  BOOST_TEST((nn::read_npz(path) == arrays));
  BOOST_TEST(parse_npz(to_npz({}), "f").empty());
}

BOOST_AUTO_TEST_CASE(the_file_is_what_numpy_writes) {
  BOOST_TEST(to_npy(Array::from({1, 2, 3}, Shape{3})) ==
             npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }" + std::string(60, ' ') + "\n",
                 raw<double>({1, 2, 3})));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_offset_and_field) {
  const std::string one = raw<double>({7});
  const auto said = [](const std::string& file) { return refusal([&] { (void)parse_npy(file, "a.npy"); }); };
  const std::string forms = "; expected f4 f8 i1 i2 i4 i8 u1 u2 u4 b1";
  BOOST_TEST(said("\x93NUM") == "byte 0 (magic): it does not begin like an NPY file");
  BOOST_TEST(said("\x93NUMPY") == "byte 6 (version): the file ends here");
  BOOST_TEST(said(npy(header("<f8", "False", "(1,)"), one, 4)) == "byte 6 (version): it is 4; expected 1, 2 or 3");
  BOOST_TEST(said(std::string("\x93NUMPY\1\0\1", 9)) == "byte 9 (length of the header): the file ends here");
  BOOST_TEST(said(npy(header("<f8", "False", "(1,)"), one).substr(0, 30)) == "byte 30 (header): the file ends here");
  BOOST_TEST(said("\x93NUMPY\x02" + std::string("\0\xff\xff\xff\x7f", 5)) ==
             "byte 8 (length of the header): it is 2147483647; expected at most 65536");
  BOOST_TEST(said(npy(header("|O", "False", "(1,)"), one)) == "byte 20 (descr): the elements are '|O'" + forms);
  BOOST_TEST(said(npy(header("<c16", "False", "(1,)"), one)) == "byte 20 (descr): the elements are '<c16'" + forms);
  BOOST_TEST(said(npy(header("<u8", "False", "(1,)"), one)) == "byte 20 (descr): the elements are '<u8'" + forms);
  BOOST_TEST(said(npy(header("|f8", "False", "(1,)"), one)) == "byte 20 (descr): the elements are '|f8'" + forms);
  BOOST_TEST(said(npy(header("=f8", "False", "(1,)"), one)) == "byte 20 (descr): the elements are '=f8'" + forms);
  BOOST_TEST(said(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", one)) ==
             "byte 20 (descr): the elements are records; expected numbers");
  BOOST_TEST(said(npy(header("<f8", "False", "(2,)"), one)) ==
             "byte 60 (shape): [2] wants 2 elements of 8 bytes, but 8 bytes follow the header");
  BOOST_TEST(said(npy(header("<f8", "False", "()"), one + "x")) ==
             "byte 60 (shape): [] wants 1 elements of 8 bytes, but 9 bytes follow the header");
  // Claims of size allocate nothing, and no product wraps around.
  BOOST_TEST(said(npy(header("<f8", "False", "(4611686018427387904, 2)"), one)) ==
             "byte 60 (shape): it has more elements than can be counted");
  BOOST_TEST(said(npy(header("<f8", "False", "(2305843009213693952,)"), "")) ==
             "byte 60 (shape): [2305843009213693952] wants 2305843009213693952 elements of 8 bytes, but 0 bytes "
             "follow the header");
  BOOST_TEST(said(npy(header("<f8", "False", "(99999999999999999999,)"), one)) ==
             "byte 61 (shape): an extent is not a whole number");
  BOOST_TEST(said(npy(header("<f8", "False", "(-1,)"), one)) == "byte 61 (shape): an extent is not a whole number");
  BOOST_TEST(said(npy(header("<f8", "False", "(1,1,1,1,1,1,1,1,1)"), one)) ==
             "byte 78 (shape): it has more than 8 axes");
  BOOST_TEST(said(npy(header("<f8", "No", "(1,)"), one)) ==
             "byte 44 (fortran_order): it is malformed; expected True or False");
  BOOST_TEST(said(npy("{'descr': '<f8', 'shape': (1,)}", one)) ==
             "byte 41 (header): it lacks 'descr', 'fortran_order' or 'shape'");
  BOOST_TEST(said(npy("{'descr': '<f8', 'descr': '<f8'}", one)) == "byte 35 (descr): it stands twice");
  BOOST_TEST(said(npy("{'other': 1}", one)) == "byte 19 (header): unknown entry 'other'");
  BOOST_TEST(said(npy(header("<f8", "False", "(1,)") + "x", one)) ==
             "byte 71 (header): something follows the dictionary");
  BOOST_TEST(said(npy("{'descr", one)) == "byte 11 (header): a string does not end");
  BOOST_TEST(said(npy("", one)) == "byte 10 (header): it is malformed; expected '{'");
  BOOST_TEST(said(npy(header("|b1", "False", "(3,)"), std::string("\0\1\2", 3))) ==
             "byte 73 (elements): a boolean is neither 0 nor 1");
}

BOOST_AUTO_TEST_CASE(hostile_npy_files) {
  test::Hostile hostile(8, 4096);
  const auto read = [](const std::string& file) { (void)parse_npy(file, "f"); };
  for (const Array& array : of_every_dtype()) {
    const std::string good = to_npy(array);
    const std::size_t before = hostile.refused();
    hostile.meet_truncations(good, read);
    BOOST_TEST(hostile.refused() == before + good.size());
    hostile.meet_mutations(good, 300, read);
  }
  const std::string turned = npy(header("<f8", "True", "(2, 3)"), raw<double>({1, 4, 2, 5, 3, 6}), 2);
  hostile.meet_mutations(turned, 1000, read);
  for (int k = 0; k < 32; ++k)
    hostile.meet("\x93NUMPY\x03" + std::string(1, '\0') + raw<std::uint32_t>({1U << k}) + turned.substr(12), read);
  for (const char* shape : {"(0, 9223372036854775807, 2)", "(4294967296, 4294967296)", "(1152921504606846976,)"})
    for (const char* form : {"|u1", "<u2", "<f8"}) hostile.meet(npy(header(form, "True", shape), "12345678"), read);
  hostile.meet(npy("{" + std::string(60'000, '\''), ""), read);
  hostile.meet(npy("{'shape': (" + std::string(60'000, '1'), ""), read);
  hostile.meet(npy("{'shape': " + std::string(60'000, '('), ""), read);
  BOOST_TEST(hostile.refused() > 2000U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
}

// --- Archives
// ---------------------------------------------------------------------------------------------------------

std::string number(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8U) text += static_cast<char>(value & 0xFFU);
  return text;
}

/// A ZIP archive, byte for byte.
struct Zip {
  struct Entry {
    std::string name, packed;
    std::uint64_t method = 0, size = 0, checksum = 0, flags = 0, at = ~std::uint64_t{0};
    std::string extra{};  // of its own header
  };
  std::vector<Entry> entries;
  std::string comment{};

  static Entry stored(const std::string& name, const std::string& contents) {
    return {.name = name, .packed = contents, .size = contents.size(), .checksum = nn::detail::checksum(contents)};
  }
  /// Deflated, as one block that is stored as it is (RFC 1951, 3.2.4).
  static Entry deflated(const std::string& name, const std::string& contents) {
    Entry entry = stored(name, contents);
    entry.method = 8;
    entry.packed = "\x01" + number(contents.size(), 2) + number(~contents.size(), 2) + contents;
    return entry;
  }
  [[nodiscard]] std::string bytes() const {
    std::string all, directory;
    for (const Entry& e : entries) {
      const std::string common = number(e.flags, 2) + number(e.method, 2) + number(0, 4) + number(e.checksum, 4) +
                                 number(e.packed.size(), 4) + number(e.size, 4) + number(e.name.size(), 2);
      const std::uint64_t at = e.at == ~std::uint64_t{0} ? all.size() : e.at;
      directory += "PK\x01\x02" + number(0, 2) + number(20, 2) + common + number(0, 12) + number(at, 4) + e.name;
      all += "PK\x03\x04" + number(20, 2) + common + number(e.extra.size(), 2) + e.name + e.extra + e.packed;
    }
    return all + directory + "PK\x05\x06" + number(0, 4) + number(entries.size(), 2) + number(entries.size(), 2) +
           number(directory.size(), 4) + number(all.size(), 4) + number(comment.size(), 2) + comment;
  }
};

const std::string member = to_npy(Array::from({1, 2}, Shape{2}));

BOOST_AUTO_TEST_CASE(members_are_stored_or_deflated) {
  Zip zip{{Zip::stored("a.npy", member), Zip::deflated("folder/b.npy", member)}};
  zip.entries[0].extra = std::string(20, 'x');  // as numpy.savez writes it
  zip.comment = "PK\x05\x06 is no end";
  const auto arrays = parse_npz(zip.bytes(), "f");
  BOOST_TEST(arrays.size() == 2U);
  BOOST_TEST(to_string(arrays.at("a")) == "f64[2]{1, 2}");
  BOOST_TEST(to_string(arrays.at("folder/b")) == "f64[2]{1, 2}");
}

// Made by numpy.savez_compressed of NumPy 1.24: x = [0.5, -1.5, 2.5], n = uint8 [[1, 2], [3, 4]] in Fortran order.
BOOST_AUTO_TEST_CASE(an_archive_of_numpy_is_read) {
  const std::string path = std::string(WENGERT_SOURCE_DIR) + "/tests/nn/files/numpy.npz";
  const auto arrays = nn::read_npz(path);
  BOOST_TEST(arrays.size() == 2U);
  BOOST_TEST(to_string(arrays.at("x")) == "f64[3]{0.5, -1.5, 2.5}");
  BOOST_TEST(to_string(arrays.at("n")) == "i32[2,2]{1, 2, 3, 4}");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_an_archive_is_told_with_offset_and_field) {
  const auto said = [](const std::string& file) { return refusal([&] { (void)parse_npz(file, "a.npz"); }); };
  const auto with = [&](const auto& change) {
    Zip zip{{Zip::stored("a.npy", member), Zip::deflated("b.npy", member)}};
    change(zip);
    return said(zip.bytes());
  };
  const std::string good = Zip{{Zip::stored("a.npy", member), Zip::deflated("b.npy", member)}}.bytes();
  BOOST_TEST(said(good).empty());
  BOOST_TEST(said("") == "byte 0 (magic): it does not begin like a ZIP archive");
  BOOST_TEST(said(good.substr(0, good.size() - 1)) ==
             "byte 486 (end of the directory): the archive has none; it may be cut off");
  BOOST_TEST(said(good + "x") == "byte 488 (end of the directory): the archive has none; it may be cut off");
  std::string other = good;
  other[good.size() - 6] = static_cast<char>(other[good.size() - 6] + 1);
  BOOST_TEST(
      said(other) ==
      "byte 477 (end of the directory): a directory of 102 bytes at byte 364; expected one that ends at byte 465");
  BOOST_TEST(with([](Zip& zip) { zip.entries[0].flags = 1; }) == "byte 371 (member 'a.npy'): it is encrypted");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].method = 12; }) ==
             "byte 424 (member 'b.npy'): its method is 12; expected 0 (stored) or 8 (deflated)");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].name = "b.txt"; }) ==
             "byte 460 (member 'b.txt'): it is no array; expected a name that ends with .npy");
  BOOST_TEST(with([](Zip& zip) { zip.entries[0].size = 145; }) ==
             "byte 383 (member 'a.npy'): 144 bytes are stored for 145");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].size = 1'000'000; }) ==
             "byte 438 (member 'b.npy'): 149 bytes do not stand for 1000000");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].size = 4294967295; }) ==
             "byte 434 (member 'b.npy'): it is ZIP64; expected fewer than 4 GiB");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].size = 145; }) ==
             "byte 438 (member 'b.npy'): it does not have its 145 bytes");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].size = 143; }) ==
             "byte 438 (member 'b.npy'): it does not have its 143 bytes");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].checksum = 7; }) ==
             "byte 430 (member 'b.npy'): its checksum does not hold");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].at = 0; }) == "byte 30 (member 'b.npy'): it has another name here");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].at = 363; }) == "byte 456 (member 'b.npy'): there is none at byte 363");
  BOOST_TEST(with([](Zip& zip) {
               zip.entries[1].name = "a.npy";
               zip.entries[1].at = 0;
             }) == "byte 456 (member 'a.npy'): it overlaps another");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].name = "a.npy"; }) == "byte 414 (member 'a.npy'): it stands twice");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].packed[0] = '\x07'; }) ==
             "byte 1 (compressed data): invalid block type");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].packed.pop_back(); }) == "byte 148 (compressed data): they break off");
  BOOST_TEST(with([](Zip& zip) { zip.entries[1].packed += "x"; }) ==
             "byte 149 (compressed data): something follows their end");
  BOOST_TEST(with([](Zip& zip) { zip.entries[0] = Zip::stored("a.npy", "x"); }) ==
             "byte 0 (magic): it does not begin like an NPY file");
}

BOOST_AUTO_TEST_CASE(hostile_archives) {
  test::Hostile hostile(24, 65536);
  const auto read = [](const std::string& file) { (void)parse_npz(file, "f"); };
  const Zip zip{{Zip::stored("a.npy", member), Zip::deflated("b.npy", member)}, "comment"};
  const std::string good = zip.bytes();
  hostile.meet_truncations(good, read);
  BOOST_TEST(hostile.refused() == hostile.files());
  hostile.meet_mutations(good, 2000, read);
  // Every byte of the directory and its end, set to nothing and to all.
  const std::size_t directory = good.find("PK\x01\x02");
  for (std::size_t at = directory; at < good.size(); ++at)
    for (const char value : {'\0', '\xff'}) {
      std::string file = good;
      file[at] = value;
      hostile.meet(file, read);
    }
  // A thousand members that all name one place, and a directory that names more than there are.
  Zip many{{}};
  for (int k = 0; k < 1000; ++k) many.entries.push_back(Zip::stored("x.npy", k == 0 ? member : ""));
  for (auto& entry : many.entries) entry.at = 0;
  hostile.meet(many.bytes(), read);
  BOOST_TEST(hostile.refused() > 1500U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
