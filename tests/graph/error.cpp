/// Messages of errors, letter by letter, and what an error carries.
#include "wengert/graph/error.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <type_traits>

using namespace wengert;

BOOST_AUTO_TEST_SUITE(error)

BOOST_AUTO_TEST_CASE(message_says_operation_problem_expectation_place_and_hint) {
  const auto where = std::source_location::current();
  const ShapeError error{{.operation = "matmul",
                          .operands = {"f64[2,4]", "f64[3,4]"},
                          .problem = "operand 1 has f64[3,4]",
                          .expected = "f64[4,*]",
                          .where = where,
                          .hint = "transpose it with permute(b, {1,0})"}};
  BOOST_TEST(std::string(error.what()) == "matmul: operand 1 has f64[3,4]; expected f64[4,*] (" +
                                              std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                                              ")\n  hint: transpose it with permute(b, {1,0})");
  BOOST_TEST(error.operation() == "matmul");
  BOOST_TEST_REQUIRE(error.operands().size() == 2U);
  BOOST_TEST(error.operands()[1] == "f64[3,4]");
  BOOST_TEST(error.where().line() == where.line());
  BOOST_TEST(error.hint() == "transpose it with permute(b, {1,0})");
}

BOOST_AUTO_TEST_CASE(message_leaves_out_what_is_not_known) {
  BOOST_TEST(std::string(Error{{.problem = "p"}}.what()) == "p");
  BOOST_TEST(std::string(Error{{.operation = "o", .problem = "p"}}.what()) == "o: p");
  BOOST_TEST(std::string(Error{{.operation = "o", .expected = "e"}}.what()) == "o: expected e");
  BOOST_TEST(std::string(Error{{.operation = "o", .problem = "p", .hint = "h"}}.what()) == "o: p\n  hint: h");
}

BOOST_AUTO_TEST_CASE(parse_error_has_line_and_column) {
  const ParseError error{{.operation = "from_text", .problem = "unknown operation 'foo'"}, 3, 7};
  BOOST_TEST(std::string(error.what()) == "from_text: line 3, column 7: unknown operation 'foo'");
  BOOST_TEST(error.line() == 3U);
  BOOST_TEST(error.column() == 7U);
}

BOOST_AUTO_TEST_CASE(rethrow_keeps_the_kind_and_the_first_location) {
  const auto here = std::source_location::current();
  BOOST_CHECK_EXCEPTION((DtypeError{{.operation = "o", .problem = "p"}}.rethrow_at(here)), DtypeError,
                        [&](const DtypeError& error) { return error.where().line() == here.line(); });
  BOOST_CHECK_EXCEPTION((ShapeError{{.problem = "p", .where = here}}.rethrow_at(std::source_location::current())),
                        ShapeError, [&](const ShapeError& error) { return error.where().line() == here.line(); });
  BOOST_CHECK_EXCEPTION((ParseError{{.operation = "o", .problem = "p"}, 2, 5}.rethrow_at(here)), ParseError,
                        [&](const ParseError& error) {
                          return error.line() == 2 && error.column() == 5 &&
                                 std::string(error.what()) == "o: line 2, column 5: p (" +
                                                                  std::string(here.file_name()) + ":" +
                                                                  std::to_string(here.line()) + ")";
                        });
}

BOOST_AUTO_TEST_CASE(copies_do_not_throw_and_every_kind_is_an_error) {
  static_assert(std::is_nothrow_copy_constructible_v<ShapeError>);
  static_assert(std::is_base_of_v<std::runtime_error, Error>);
  const auto is_error = []<class... Kind>() { return (std::is_base_of_v<Error, Kind> && ...); };
  static_assert(
      is_error.operator()<ShapeError, DtypeError, DomainError, StaleHandle, ForeignRecording, GuardFailed,
                          CapacityError, UnknownValue, ParseError, ArgumentError, EnvironmentError, InternalError>());
  BOOST_CHECK_THROW((throw GuardFailed{{.problem = "p"}}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
