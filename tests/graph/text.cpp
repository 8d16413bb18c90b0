/// The text form: what it looks like, exact round trips, and a parser that nothing brings down.
#include "wengert/graph/text.hpp"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "random_graph.hpp"
#include "sample_operations.hpp"
#include "small_stack.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/graph/verify.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

std::string refusal(const std::string& text) {
  try {
    (void)from_text(text);
  } catch (const ParseError& error) {
    return error.what();
  }
  return "accepted";
}

void check_round_trip(const Graph& graph) {
  const std::string text = to_text(graph);
  const Graph again = from_text(text);
  verify(again);
  BOOST_TEST_REQUIRE(identical(graph, again), text);
  BOOST_TEST_REQUIRE(to_text(again) == text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(looks_like_this) {
  GraphBuilder builder;
  const ScopeId hidden = builder.add_scope(root_scope, "hidden");
  const ScopeId inner = builder.add_scope(hidden, "in\"ner");
  const NodeId x = builder.variable({Dtype::f64, Shape{3}}, "x");
  const NodeId c = builder.constant(2.0);
  const NodeId s = builder.add(sample::sum, {x}, Attribute{std::vector<std::int64_t>{0}});
  const NodeId y = builder.add(sample::mul, {s, c});
  const NodeId one = builder.constant(1.0);
  const NodeId w = builder.add(sample::stack, {c, y, one, y}, Attribute{std::string("a\nb")});
  builder.constant(Array::from(std::vector<float>{0.1F, -0.0F}, Shape{1, 2}));
  builder.constant(Array::uniform({Dtype::i64, Shape{1000}}, 7));
  builder.constant(Array::zeros({Dtype::boolean, Shape{0, 2}}));
  builder.integer_constant(-5);
  builder.set_scope(s, hidden);
  builder.set_scope(y, inner);
  builder.set_name(y, "y");
  builder.set_location(y, Location{"model.cpp", 12, "main"});
  builder.set_location(w, Location{"model.cpp", 13, ""});
  builder.add_adjoint_link(one, y);
  builder.add_adjoint_link(one, y, 0);
  builder.output(y);
  builder.output(w);
  const Graph g = std::move(builder).build();
  BOOST_TEST(to_text(g) ==
             "wengert-graph 1\n"
             "scope @1 = @0 \"hidden\"\n"
             "scope @2 = @1 \"in\\\"ner\"\n"
             "%0 = variable : f64[3] name \"x\"\n"
             "%1 = constant 2.0 : f64\n"
             "%2 = t.sum %0 [0] : f64 in @1\n"
             "%3 = t.mul %2, %1 : f64 name \"y\" in @2 at \"model.cpp\":12 \"main\"\n"
             "%4 = constant 1.0 : f64 adjoint %3 adjoint %3.0\n"
             "%5 = t.stack %1, %3, %4, %3 \"a\\nb\" : f64[4] at \"model.cpp\":13\n"
             "%6 = constant f32[1,2]{0.1, -0.0} : f32[1,2]\n"
             "%7 = constant i64[1000]{7 ...} : i64[1000]\n"
             "%8 = constant bool[0,2]{} : bool[0,2]\n"
             "%9 = constant -5 : i64\n"
             "output %3\n"
             "output %5\n");
  check_round_trip(g);
}

BOOST_AUTO_TEST_CASE(lines_of_source_can_be_left_out) {
  GraphBuilder builder;
  builder.set_location(builder.variable({}, "x"), Location{"/somewhere/model.cpp", 3, "f"});
  const Graph g = std::move(builder).build();
  BOOST_TEST(to_text(g, {.locations = false}) == "wengert-graph 1\n%0 = variable : f64 name \"x\"\n");
}

BOOST_AUTO_TEST_CASE(comments_blanks_and_line_ends_are_free) {
  const Graph g = from_text(
      "wengert-graph 1 # a graph\r\n"
      "\r\n"
      "  # nothing here\n"
      "\t%0=variable:f64\tname\"x\" # an input\n"
      "%1 = t.mul%0,%0:f64\n"
      "output%1");
  BOOST_TEST(g.size() == 2U);
  BOOST_TEST(g.name(0) == "x");
  BOOST_TEST(from_text("wengert-graph 1").empty());
  check_round_trip(Graph{});
}

BOOST_AUTO_TEST_CASE(a_tie_may_point_forward) {
  const Graph g = from_text(
      "wengert-graph 1\n%0 = constant 1.0 : f64 adjoint %2.1\n%1 = variable : f64\n%2 = t.mul %1, %0 : f64\n");
  BOOST_TEST((g.adjoint_link(0) == AdjointLink{0, 2, 1}));
  check_round_trip(g);
}

BOOST_AUTO_TEST_CASE(numbers_round_trip_to_the_bit) {
  std::vector<double> values{0.0,
                             -0.0,
                             0.1,
                             1e22,
                             1e23,
                             123456789.0,
                             -1.0 / 3,
                             std::numeric_limits<double>::min(),
                             std::numeric_limits<double>::denorm_min(),
                             std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::lowest(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN(),
                             -std::numeric_limits<double>::quiet_NaN(),
                             std::bit_cast<double>(std::uint64_t{0x7ff0000000000001})};
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) values.push_back(std::bit_cast<double>(random()));
  GraphBuilder builder;
  for (const double value : values) builder.constant(value);
  builder.constant(Array::from(values, Shape{static_cast<std::int64_t>(values.size())}));
  std::vector<float> singles;
  for (int i = 0; i < 5000; ++i) singles.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  builder.constant(Array::from(singles, Shape{5, 1000}));
  builder.constant(Array::uniform_of<float>(Shape{3}, std::bit_cast<float>(0x7f800001U)));
  builder.constant(Array::uniform_of<double>(Shape{3}, -0.0));
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                                   std::numeric_limits<std::int64_t>::max()}) {
    builder.integer_constant(value);
    builder.constant(Array::uniform_of<std::int64_t>(Shape{2, 2}, value));
  }
  builder.constant(Array::uniform_of<bool>(Shape{2, 2}, true));
  builder.constant(Array::from(std::vector<std::int32_t>{-2147483647 - 1, 2147483647}, Shape{2}));
  check_round_trip(std::move(builder).build());
}

BOOST_AUTO_TEST_CASE(random_bytes_round_trip_everywhere) {
  std::mt19937 random(2);
  const auto bytes = [&] {
    std::string made(random() % 40, '\0');
    for (char& c : made)
      c = random() % 3 == 0 ? static_cast<char>(random() % 256) : "\\\"\n\r\t\0 x{}%@#,"[random() % 14];
    return made;
  };
  for (int round = 0; round < 200; ++round) {
    GraphBuilder builder;
    const ScopeId outer = builder.add_scope(root_scope, bytes());
    const ScopeId inner = builder.add_scope(outer, bytes());
    const NodeId x = builder.variable({}, bytes());
    const NodeId y = builder.add(sample::stack, {x}, Attribute{bytes()});
    builder.set_scope(y, inner);
    builder.set_name(y, bytes());
    builder.set_location(y, Location{bytes(), static_cast<std::uint32_t>(random()), bytes()});
    builder.set_location(x, Location{bytes(), 0, ""});
    check_round_trip(std::move(builder).build());
  }
}

BOOST_AUTO_TEST_CASE(random_graphs_round_trip) {
  for (unsigned seed = 0; seed < 100; ++seed) check_round_trip(random_decorated_graph(seed, 150));
}

BOOST_AUTO_TEST_CASE(every_problem_has_a_line_a_column_and_words) {
  const std::string h = "wengert-graph 1\n";
  const std::string x = h + "%0 = variable : f64\n";
  const auto is = [](const std::string& text, const std::string& message) {
    BOOST_TEST(refusal(text) == "from_text: " + message);
  };
  is("", "line 1, column 1: no graph; expected 'wengert-graph 1' first");
  is("wengert-graph 2\n", "line 1, column 1: no graph; expected 'wengert-graph 1' first");
  is("wengert-graph 12\n", "line 1, column 16: found '2'; expected the end of the line");
  is(h + "hello", "line 2, column 1: found 'h'; expected '%', 'scope' or 'output'");
  is(x + "%1 = frobnicate %0 : f64",
     "line 3, column 6: unknown operation 'frobnicate'\n  hint: an operation is known once it has been registered");
  is(x + "%1 = t.sin %1 : f64", "line 3, column 13: no node %1 so far; expected a node of an earlier line");
  is(x + "%2 = t.sin %0 : f64", "line 3, column 1: node %2; expected %1");
  is(x + "%1 = t.mul %0 : f64", "line 3, column 6: t.mul: 1 operand; expected 2 operands");
  is(x + "%1 = t.sin %0 : f64[3]", "line 3, column 17: t.sin gives f64, not f64[3]");
  is(x + "%1 = t.sin %0 2.5 : f64", "line 3, column 6: t.sin: attribute of kind real; expected none");
  is(x + "%1 = t.sin %0", "line 3, column 14: the text ends; expected ':'");
  is(x + "%1 = t.sin %0 f64", "line 3, column 18: the text ends; expected '{'");
  is(x + "%1 = t.sin %0 : f65", "line 3, column 17: found 'f'; expected a type (f32, f64, i32, i64, bool)");
  is(x + "%1 = t.sin %0 : f64 colour",
     "line 3, column 21: found 'c'; expected 'name', 'in', 'at', 'adjoint' or the end of the line");
  is(x + "%1 = t.sin %0 : f64 name \"a\" name \"b\"", "line 3, column 30: a second 'name'");
  is(x + "%1 = t.sin %0 : f64 name \"a", "line 3, column 26: a string does not end on its line; expected '\"'");
  is(x + "%1 = t.sin %0 : f64 name \"a\\", "line 3, column 26: a string does not end on its line; expected '\"'");
  is(x + "%1 = t.sin %0 : f64 name \"a\\\"\n", "line 3, column 26: a string does not end on its line; expected '\"'");
  is(x + "%1 = t.sin %0 : f64 name \"\\xg0\"",
     "line 3, column 26: a malformed escape in a string; expected \\\\ \\\" \\n \\r \\t or \\xHH");
  is(x + "%1 = t.sin %0 : f64 in @1", "line 3, column 21: set_scope: no scope 1; expected a scope below 1");
  is(x + "%1 = t.sin %0 : f64 adjoint %7", "line 3, column 21: add_adjoint_link: no node 7; expected a node below 2");
  is(x + "%1 = t.sin %0 : f64 adjoint %1.4",
     "line 3, column 21: add_adjoint_link: node 1 has no operand 4; expected an operand below 1, or "
     "AdjointLink::itself");
  is(x + "%1 = t.sin %0 : f64 adjoint %1.-1", "line 3, column 32: the number of an operand is negative");
  is(x + "output %1", "line 3, column 9: no node %1 so far; expected a node of an earlier line");
  is(x + "output %99999999999", "line 3, column 9: the number of a node out of range");
  is(h + "scope @2 = @0 \"s\"", "line 2, column 7: scope @2; expected @1");
  is(h + "scope @1 = @1 \"s\"", "line 2, column 12: add_scope: no scope 1; expected a scope below 1");
  is(h + "%0 = variable 1.0 : f64", "line 2, column 6: a variable with operands or an attribute");
  is(h + "%0 = variable : f64[-1]", "line 2, column 17: Shape: extent 0 of [-1] is negative; expected extents >= 0");
  is(h + "%0 = variable : f64[1,1,1,1,1,1,1,1,1]", "line 2, column 17: Shape: rank 9; expected rank at most 8");
  is(h + "%0 = variable : f64[99999999999999999999]", "line 2, column 21: an extent out of range");
  is(h + "%0 = constant 1e999 : f64", "line 2, column 15: a number out of range");
  is(h + "%0 = constant 12345678901234567890 : i64", "line 2, column 15: a number out of range");
  is(h + "%0 = constant 1.2.3 : f64", "line 2, column 15: a malformed number");
  is(h + "%0 = constant nan(0x3ff0000000000000) : f64",
     "line 2, column 15: a malformed NaN; expected the bits of a NaN, e.g. nan(0x7ff8000000000001)");
  is(h + "%0 = constant f64[2]{1.0} : f64[2]", "line 2, column 15: 1 elements for f64[2]; expected 2");
  is(h + "%0 = constant f64[1]{1.0 ...} : f64[1]", "line 2, column 15: a uniform array of fewer than two elements");
  is(h + "%0 = constant i32[1]{2147483648} : i32[1]", "line 2, column 22: a number out of range");
  is(h + "%0 = constant bool[1]{2} : bool[1]", "line 2, column 23: a bool is 0 or 1");
  is(h + "%0 = constant i32[1]{1.5} : i32[1]", "line 2, column 22: a malformed integer");
}

BOOST_AUTO_TEST_CASE(a_claim_of_size_allocates_nothing) {
  // 2^62 elements in a handful of bytes: a uniform array stores one; a dense one is counted first.
  const Graph g =
      from_text("wengert-graph 1\n%0 = constant bool[4611686018427387904]{1 ...} : bool[4611686018427387904]\n");
  BOOST_TEST(g.memory_use() < 10000U);
  check_round_trip(g);
  BOOST_TEST(refusal("wengert-graph 1\n%0 = constant f64[1152921504606846976]{1.0} : f64[1152921504606846976]\n") ==
             "from_text: line 2, column 15: 1 elements for f64[1152921504606846976]; expected 1152921504606846976");
  BOOST_TEST(refusal("wengert-graph 1\n%0 = constant f64[4294967296,4294967296]{1.0 ...} : f64\n") ==
             "from_text: line 2, column 15: Shape: [4294967296,4294967296] has more than 2^63 - 1 elements; "
             "expected a product of extents (0 counted as 1) that fits in 63 bits");
}

BOOST_AUTO_TEST_CASE(mutated_texts_end_in_a_graph_or_a_parse_error) {
  std::mt19937 random(3);
  int accepted = 0;
  int refused = 0;
  for (unsigned seed = 0; seed < 3000 / (instrumented_factor == 1 ? 1 : 4); ++seed) {
    std::string text = to_text(random_decorated_graph(seed % 30, 30));
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t place = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[place] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(place, random() % 20);
          break;
        case 2:
          text.insert(place, text.substr(random() % text.size(), random() % 20));
          break;
        default:
          text.resize(place);
          break;
      }
      if (text.empty()) text = " ";
    }
    try {
      const Graph g = from_text(text);
      verify(g);
      ++accepted;
    } catch (const ParseError& error) {
      BOOST_TEST_REQUIRE(error.line() >= 1U);
      BOOST_TEST_REQUIRE(error.column() >= 1U);
      ++refused;
    }
  }
  BOOST_TEST(accepted > 0);
  BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(deep_and_wide_texts_need_no_stack) {
  on_small_stack([] {
    std::string text = "wengert-graph 1\nscope @1 = @0 \"s\"\n";
    const int scopes = 100'000;
    for (int i = 2; i <= scopes; ++i)
      text += "scope @" + std::to_string(i) + " = @" + std::to_string(i - 1) + " \"s\"\n";
    text += "%0 = variable : f64 in @" + std::to_string(scopes) + "\n%1 = t.stack %0";
    for (int i = 1; i < 100'000; ++i) text += ",%0";
    text += " : f64[100000]\n";
    const Graph g = from_text(text);
    BOOST_TEST(g.operands(1).size() == 100'000U);
    BOOST_TEST(identical(g, from_text(to_text(g))));
  });
}

BOOST_AUTO_TEST_CASE(escapes_are_undone) {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 256);
    std::string escaped;
    append_escaped(escaped, bytes, '"');
    std::string back;
    BOOST_TEST_REQUIRE(unescape(escaped, back));
    BOOST_TEST_REQUIRE(back == bytes);
    for (std::size_t i = 0; i < escaped.size();) {  // the escaped form is valid UTF-8 without control bytes
      const std::size_t length = utf8_length(std::string_view(escaped).substr(i));
      BOOST_TEST_REQUIRE(length != 0U);
      BOOST_TEST_REQUIRE(static_cast<unsigned char>(escaped[i]) >= 0x20U);
      i += length;
    }
  }
  std::string made;
  append_escaped(made, "π≈3 \"q\" \\ \n \xE2\x80\xAE \xC0\x80 \xED\xA0\x80 \xF0\x9F\x98\x80");
  BOOST_TEST(made == "π≈3 \"q\" \\\\ \\n \\xe2\\x80\\xae \\xc0\\x80 \\xed\\xa0\\x80 \xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_SUITE_END()
