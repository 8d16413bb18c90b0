// Tables as text, with quotes and classes; what is wrong is refused with line and column.

#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "hostile.hpp"
#include "temporary_folder.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/data/files/csv.hpp"

namespace {

using namespace wengert;
using nn::parse_csv;
using nn::parse_csv_with_target;

using Names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(csv_files)

BOOST_AUTO_TEST_CASE(any_separator) {
  for (const char* text :
       {"1,2\n3,4\n", "1;2\n3;4", "1\t2\r\n3\t4\r\n", "1 2\n3   4\n", " 1 , 2 \n\n 3 ,4\n\n", "1 2\r\n3 4\r",
        "# comment\n1,2\n  # another\n3,4\n", "a,b\n1,2\n3,4\n", "\xEF\xBB\xBFLength;width\n1;2\n3;4",
        "1e0,+2\n3.0,4.\n", "\"1\",2\n3,\"4\"\n", "\"a, b\";\"c\nd\"\n1;2\n3;4\n", "1,2\n \t \n3,4\n\t"})
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(to_string(parse_csv(text, "f").values) == "f64[2,2]{1, 2, 3, 4}"); }
  BOOST_TEST(to_string(parse_csv("7", "f").values) == "f64[1,1]{7}");
  BOOST_TEST(to_string(parse_csv("inf,-inf,-1e-5", "f").values) == "f64[1,3]{inf, -inf, -1e-05}");
  const double nan = parse_csv("nan", "f").values.element(0);
  BOOST_TEST(nan != nan);
}

BOOST_AUTO_TEST_CASE(names_are_those_of_the_header) {
  BOOST_CHECK((parse_csv("a , \"b \"\"c\"\"\",,\"\nd\"\n1,2,3,4\n", "f").names == Names{"a", "b \"c\"", "", "\nd"}));
  BOOST_TEST(parse_csv("1,2", "f").names.empty());
}

BOOST_AUTO_TEST_CASE(a_target_is_numbers_or_classes) {
  const auto numbers = parse_csv_with_target("x,y,z\n1,2,3\n4,\"5\",6\n", "f", "y");
  BOOST_CHECK((numbers.names == Names{"x", "z"}));
  BOOST_TEST(numbers.target_name == "y");
  BOOST_TEST(to_string(numbers.inputs) == "f64[2,2]{1, 3, 4, 6}");
  BOOST_TEST(to_string(numbers.target) == "f64[2]{2, 5}");
  BOOST_TEST(numbers.classes.empty());

  const auto classes = parse_csv_with_target("x;kind\n1;b\n2;a\n3;\"a\"\n4;3\n5;\"a;\"\"\"\n", "f", "kind");
  BOOST_CHECK((classes.classes == Names{"3", "a", "a;\"", "b"}));
  BOOST_TEST(to_string(classes.target) == "i64[5]{3, 1, 1, 0, 2}");
  BOOST_TEST(to_string(classes.inputs) == "f64[5,1]{1, 2, 3, 4, 5}");

  // The first line is the header even where it holds numbers.
  const auto numbered = parse_csv_with_target("0,1\n5,6\n", "f", "1");
  BOOST_TEST(to_string(numbered.target) == "f64[1]{6}");

  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.csv").string();
  nn::write_atomically(path, "x,y\n1,2\n");
  BOOST_TEST(to_string(nn::read_csv_with_target(path, "x").target) == "f64[1]{1}");
  BOOST_TEST(to_string(nn::read_csv(path).values) == "f64[1,2]{1, 2}");
  BOOST_CHECK_EXCEPTION((void)nn::read_csv_with_target(path, "z"), ArgumentError, [&](const ArgumentError& error) {
    return error.detail().problem == "'" + path + "' has no column 'z'" && error.detail().expected == "one of 'x', 'y'";
  });
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_line_and_column) {
  const auto message = [](const auto& read) {
    try {
      read();
    } catch (const nn::FormatError& error) {
      const std::string expected = error.detail().expected;
      return error.detail().problem + (expected.empty() ? "" : "; expected " + expected);
    }
    return std::string();
  };
  const auto said = [&](const std::string& text) { return message([&] { (void)parse_csv(text, "a.csv"); }); };
  BOOST_TEST(said("1,2\n3,x\n") == "'a.csv', line 2, column 3: 'x' is not a number");
  BOOST_TEST(said("1,2\n3,\n") == "'a.csv', line 2, column 3: a number is missing");
  BOOST_TEST(said("1,,2\n") == "'a.csv', line 1, column 3: a number is missing");
  BOOST_TEST(said("1,2\n,3\n") == "'a.csv', line 2, column 1: a number is missing");
  BOOST_TEST(said("1,2\n\n3\n") == "'a.csv', line 3, column 2: 1 field; expected 2 as in line 1");
  BOOST_TEST(said("h,i\n1,2\n3, 4, 5\n") == "'a.csv', line 3, column 7: 3 fields; expected 2 as in the header");
  BOOST_TEST(said("a,b\nc,d\n") == "'a.csv', line 2, column 1: 'c' is not a number");
  BOOST_TEST(said("1,b\n") == "'a.csv', line 1, column 3: 'b' is not a number");
  BOOST_TEST(said("1,1e999\n") == "'a.csv', line 1, column 3: '1e999' is not a number");
  BOOST_TEST(said("1,0x1\n") == "'a.csv', line 1, column 3: '0x1' is not a number");
  BOOST_TEST(said("1,\xff\n") == "'a.csv', line 1, column 3: '\\xff' is not a number");
  BOOST_TEST(said("+-1,2\n") == "'a.csv', line 1, column 1: '+-1' is not a number");
  BOOST_TEST(said("a;b\n1,5;2,5\n") == "'a.csv', line 2, column 1: '1,5' is not a number");
  BOOST_TEST(said("a,b\n1,\"2\n\n3") == "'a.csv', line 2, column 3: a quote is not closed");
  BOOST_TEST(said("a,\"b\nc\"\n1,x") == "'a.csv', line 3, column 3: 'x' is not a number");
  BOOST_TEST(said("1,\"2\"3") == "'a.csv', line 1, column 6: something follows the quote");
  BOOST_TEST(said("") == "'a.csv', line 1, column 1: there are no numbers");
  BOOST_TEST(said("a,b\n# 1,2\n") == "'a.csv', line 3, column 1: there are no numbers");
  BOOST_TEST(message([] { (void)parse_csv_with_target("x,k\n1,a\n2,\n", "f", "k"); }) ==
             "'f', line 3, column 3: a number is missing");
  BOOST_TEST(message([] { (void)parse_csv_with_target("x,k\n1,a\nb,c\n", "f", "k"); }) ==
             "'f', line 3, column 1: 'b' is not a number");
}

BOOST_AUTO_TEST_CASE(hostile_files) {
  test::Hostile hostile(40, 8192);
  const auto read = [](const std::string& text) { (void)parse_csv(text, "f"); };
  const auto read_target = [](const std::string& text) {
    try {
      (void)parse_csv_with_target(text, "f", "k");
    } catch (const ArgumentError&) {  // no such column
    }
  };
  for (const std::string& good :
       {std::string("# x\na;b\n1;2.5\n-3e1;4\n"), std::string("a,k\n1,\"x\"\n\"2\",\"y\"\"\n\"\n")}) {
    hostile.meet_truncations(good, read);
    hostile.meet_truncations(good, read_target);
    hostile.meet_mutations(good, 1000, read);
    hostile.meet_mutations(good, 1000, read_target);
  }
  // What takes the most memory for each byte: many fields, many names, many classes; and no end of a line or quote.
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string result;
    for (std::size_t k = 0; k < times; ++k) result += text;
    return result;
  };
  for (const char* text : {"1,", "1\n", "a,", "a\n", ",", "\"", "\"\",", "\n", " ", "\r", "1 ", "#", "\xff"}) {
    hostile.meet(repeated(text, 20'000), read);
    hostile.meet("k\n" + repeated(text, 20'000), read_target);
    hostile.meet("x,k\n" + repeated(std::string("1,") + text, 20'000), read_target);
  }
  std::string classes = "k\n";
  for (int n = 0; n < 20'000; ++n) classes += "x" + std::to_string(n) + "\n";
  hostile.meet(classes, read_target);
  BOOST_TEST(hostile.files() > 2000U);
  BOOST_TEST(hostile.refused() > 800U);
  BOOST_TEST_MESSAGE(hostile.files() << " files, " << hostile.refused() << " refused, " << hostile.worst()
                                     << " of the bound at most");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
