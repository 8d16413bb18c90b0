// Arrays from files: what CSV and NPY files may look like, and what is said of those that are wrong.

#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "run_command.hpp"
#include "wengert/cli/data/read.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/graph/error.hpp"

namespace {

using namespace wengert;
using namespace wengert::cli;

void check_array(const Array& array, const Shape& shape, const std::vector<double>& elements) {
  BOOST_TEST(to_string(array.shape()) == to_string(shape));
  const auto data = array.data<double>();
  BOOST_TEST(std::vector<double>(data.begin(), data.end()) == elements, boost::test_tools::per_element());
}

/// What is said of a file that cannot be read.
template <class F>
std::string said(const F& read) {
  try {
    (void)read();
  } catch (const WorkError& error) {
    return error.what();
  }
  return "no error";
}

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
template <class T>
std::string bytes_of(const std::vector<T>& values, bool big_endian = false) {
  std::string bytes;
  for (const T value : values) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    std::string one(raw, sizeof(T));
    bytes += big_endian ? std::string(one.rbegin(), one.rend()) : one;
  }
  return bytes;
}

BOOST_AUTO_TEST_SUITE(data)

BOOST_AUTO_TEST_CASE(csv_with_any_separator) {
  for (const char* text : {"1,2\n3,4\n", "1;2\n3;4", "1\t2\r\n3\t4\r\n", "1 2\n3   4\n", " 1 , 2 \n\n 3 ,4\n\n",
                           "# comment\n1,2\n  # another\n3,4\n", "a,b\n1,2\n3,4\n",
                           "\xEF\xBB\xBFlength;width\n1;2\n3;4", "1e0,+2\n3.0,4.\n"})
    BOOST_TEST_CONTEXT(text) { check_array(parse_csv(text, "f"), Shape{2, 2}, {1, 2, 3, 4}); }
}

BOOST_AUTO_TEST_CASE(csv_of_one_row_or_column_is_a_vector) {
  check_array(parse_csv("1,2,3", "f"), Shape{3}, {1, 2, 3});
  check_array(parse_csv("x\n1\n2\n3\n", "f"), Shape{3}, {1, 2, 3});
  check_array(parse_csv("-7.5\n", "f"), Shape{}, {-7.5});
  const Array special = parse_csv("inf,-inf,nan", "f");
  BOOST_TEST(special.element(0) == std::numeric_limits<double>::infinity());
  BOOST_TEST(special.element(1) == -std::numeric_limits<double>::infinity());
  BOOST_TEST(special.element(2) != special.element(2));
}

BOOST_AUTO_TEST_CASE(csv_that_is_wrong_is_told_by_line_and_column) {
  const auto said_of = [](const std::string& text) { return said([&] { return parse_csv(text, "a.csv"); }); };
  BOOST_TEST(said_of("1,2\n3,x\n") == "'a.csv', line 2, column 3: 'x' is not a number");
  BOOST_TEST(said_of("1,2\n3,\n") == "'a.csv', line 2, column 3: a number is missing");
  BOOST_TEST(said_of("1,,2\n") == "'a.csv', line 1, column 3: a number is missing");
  BOOST_TEST(said_of("1,2\n\n3\n") == "'a.csv', line 3, column 2: 1 field; expected 2 as in line 1");
  BOOST_TEST(said_of("h,i\n1,2\n3, 4, 5\n") == "'a.csv', line 3, column 7: 3 fields; expected 2 as in the header");
  BOOST_TEST(said_of("a,b\nc,d\n") == "'a.csv', line 2, column 1: 'c' is not a number");
  BOOST_TEST(said_of("1,b\n") == "'a.csv', line 1, column 3: 'b' is not a number");
  BOOST_TEST(said_of("1,1e999\n") == "'a.csv', line 1, column 3: '1e999' is not a number");
  BOOST_TEST(said_of("1,0x1\n") == "'a.csv', line 1, column 3: '0x1' is not a number");
  BOOST_TEST(said_of("1,\xff\n") == "'a.csv', line 1, column 3: '\\xff' is not a number");
  BOOST_TEST(said_of("+-1,2\n") == "'a.csv', line 1, column 1: '+-1' is not a number");
  BOOST_TEST(said_of("") == "'a.csv', line 1, column 1: there are no numbers");
  BOOST_TEST(said_of("a,b\n# 1,2\n") == "'a.csv', line 3, column 1: there are no numbers");
}

BOOST_AUTO_TEST_CASE(npy_of_every_dtype_and_byte_order) {
  const std::vector<double> expected{1, -2, 3, 4, 5, 6};
  for (const bool big : {false, true}) {
    const std::string order = big ? ">" : "<";
    const auto check = [&]<class T>(const std::string& code, T) {
      const std::string text = npy(header(order + code, "False", "(2, 3)"), bytes_of<T>({1, -2, 3, 4, 5, 6}, big));
      check_array(parse_npy(text, "f"), Shape{2, 3}, expected);
    };
    check("f4", float{});
    check("f8", double{});
    check("i4", std::int32_t{});
    check("i8", std::int64_t{});
  }
}

BOOST_AUTO_TEST_CASE(npy_in_fortran_order_is_turned) {
  const std::string two = npy(header("<f8", "True", "(2, 3)"), bytes_of<double>({1, 4, 2, 5, 3, 6}));
  check_array(parse_npy(two, "f"), Shape{2, 3}, {1, 2, 3, 4, 5, 6});
  // Element (i, j, k) = 100i + 10j + k of a shape [2,3,2], the first axis fastest.
  std::vector<double> file, expected;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) file.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) expected.push_back(100 * i + 10 * j + k);
  check_array(parse_npy(npy(header("<f8", "True", "(2, 3, 2)"), bytes_of(file)), "f"), Shape{2, 3, 2}, expected);
}

BOOST_AUTO_TEST_CASE(npy_of_every_version_and_rank) {
  const std::string one = bytes_of<double>({7});
  for (const int version : {1, 2, 3})
    check_array(parse_npy(npy(header("<f8", "False", "(1,)"), one, version), "f"), Shape{1}, {7});
  check_array(parse_npy(npy(header("<f8", "False", "()"), one), "f"), Shape{}, {7});
  check_array(parse_npy(npy(header("<f8", "True", "(1, 1, 1, 1, 1, 1, 1, 1)"), one), "f"),
              Shape{1, 1, 1, 1, 1, 1, 1, 1}, {7});
  check_array(parse_npy(npy(header("<f8", "True", "(0, 3)"), ""), "f"), Shape{0, 3}, {});
  check_array(parse_npy(npy("{\"shape\":(1),\"fortran_order\":False,\"descr\":\"<f8\"}", one), "f"), Shape{1}, {7});
}

// What else may be wrong: tests/nn/files.
BOOST_AUTO_TEST_CASE(npy_that_is_wrong_is_told_with_the_name_of_the_file) {
  const std::string one = bytes_of<double>({7});
  const auto said_of = [](const std::string& text) { return said([&] { return parse_npy(text, "a.npy"); }); };
  BOOST_TEST(said_of("\x93NUM").starts_with("'a.npy', byte 0 (magic): "), said_of("\x93NUM"));
  BOOST_TEST(said_of(npy(header("|O", "False", "(1,)"), one)).find("|O") != std::string::npos);
  BOOST_TEST(said_of(npy(header("<i8", "False", "(1,)"), bytes_of<std::int64_t>({(std::int64_t{1} << 53) + 1}))) ==
             "'a.npy': an integer is beyond 2^53, where doubles have gaps");
}

BOOST_AUTO_TEST_CASE(mutated_files_end_in_an_array_or_an_error) {
  const std::string good_npy = npy(header("<f8", "True", "(2, 3)"), bytes_of<double>({1, 4, 2, 5, 3, 6}));
  const std::string good_csv = "# x\na;b\n1;2.5\n-3e1;4\n";
  std::mt19937 engine(11);
  std::size_t read = 0;
  for (int k = 0; k < 20'000; ++k) {
    std::string text = k % 2 == 0 ? good_npy : good_csv;
    for (std::uint32_t n = engine() % 4; n > 0; --n) {
      const std::size_t at = engine() % text.size();
      if (engine() % 3 == 0)
        text.erase(at, 1 + engine() % 3);
      else
        text[at] = engine() % 2 == 0 ? static_cast<char>(engine() % 256) : text[engine() % text.size()];
    }
    try {
      const Array array = k % 2 == 0 ? parse_npy(text, "f") : parse_csv(text, "f");
      BOOST_TEST(array.size() <= 8);
      ++read;
    } catch (const WorkError&) {
    }
  }
  BOOST_TEST(read > 1000U);
}

BOOST_AUTO_TEST_CASE(a_file_is_recognised_by_its_first_bytes) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a").string();
  std::ofstream(path, std::ios::binary) << npy(header("<i4", "False", "(2,)"), bytes_of<std::int32_t>({1, 2}));
  check_array(read_array(path), Shape{2}, {1, 2});
  std::ofstream(path, std::ios::binary) << "3 4";
  check_array(read_array(path), Shape{2}, {3, 4});
  BOOST_TEST(said([&] { return read_array(path + "b"); }) == "cannot read '" + path + "b': No such file or directory");
  BOOST_TEST(said([&] { return read_array(folder.path().string()); }) ==
             "cannot read '" + folder.path().string() + "': Is a directory");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
