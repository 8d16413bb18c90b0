// The parser of expressions: values, precedence, what errors say and where, and that nothing crashes it.

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"

namespace {

using namespace wengert;
using namespace wengert::cli;

/// The value with x = 2, y = 3, z = 5.
double value_of(const std::string& text) {
  const Expression expression = parse(text);
  std::vector<Scalar> variables;
  for (const std::string& name : expression.variables) {
    BOOST_REQUIRE(name == "x" || name == "y" || name == "z");
    variables.emplace_back(name == "x" ? 2.0 : name == "y" ? 3.0 : 5.0);
  }
  return evaluate(expression, variables).value();
}

BOOST_AUTO_TEST_SUITE(parser)

BOOST_AUTO_TEST_CASE(values) {
  const std::vector<std::pair<std::string, double>> cases{
      {"1", 1},
      {"1.5e-3", 1.5e-3},
      {".5", 0.5},
      {"1.", 1},
      {"1E+2", 100},
      {"0.1", 0.1},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"4.9e-324", 4.9e-324},
      {"x", 2},
      {" x\t+ y\n", 5},
      {"x+y*z", 17},
      {"(x+y)*z", 25},
      {"x-y-z", -6},
      {"z/x/x", 1.25},
      {"x-y+z", 4},
      {"-x^2", -4},
      {"(-x)^2", 4},
      {"2^3^2", 512},
      {"(2^3)^2", 64},
      {"2**3", 8},
      {"x^-2", 0.25},
      {"x^-y^x", std::pow(2, -9)},
      {"2*-x", -4},
      {"x- -y", 5},
      {"--x", 2},
      {"+x", 2},
      {"-+-+x", 2},
      {"-x*y", -6},
      {"-2^-2", -0.25},
      {"pi", std::numbers::pi},
      {"e", std::numbers::e},
      {"2*pi*e", 2 * std::numbers::pi * std::numbers::e},
      {"sin(x)", std::sin(2)},
      {"sin (x)", std::sin(2)},
      {"max(x, y)", 3},
      {"min(x,y)", 2},
      {"pow(x, y)", 8},
      {"pow(x, 0.5)", std::sqrt(2)},
      {"abs(-x)", 2},
      {"sqrt(x*x)", 2},
      {"exp(log(x))", std::exp(std::log(2))},
      {"sigmoid(0)", 0.5},
      {"relu(-x)+heaviside(x)", 1},
      {"tanh(cos(x))", std::tanh(std::cos(2))},
      {"where(x < y, 1, 2)", 1},
      {"where(x <= 2, 1, 2)", 1},
      {"where(x > y, 1, 2)", 2},
      {"where(x >= y, 1, 2)", 2},
      {"where(x == 2, 1, 2)", 1},
      {"where(x != 2, 1, 2)", 2},
      {"where(x+1 < y*2, where(y<x, 1, 2), 3)", 2},
      {"where (x<y,x,y)^2", 4},
      {"((((x))))", 2},
      {"1e5", 1e5},
      {"max(min(x,y),sin(0))", 2},
  };
  for (const auto& [text, expected] : cases) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(value_of(text) == expected); }
  }
}

BOOST_AUTO_TEST_CASE(variables_come_in_order_and_once) {
  const Expression e = parse("b*a + sin(b) - _c2*a*E*whereabouts");
  BOOST_TEST(e.variables == (std::vector<std::string>{"b", "a", "_c2", "E", "whereabouts"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(constant_whole_exponents_take_the_integer_power) {
  const auto slope_at_minus_two = [](const std::string& text) {
    Recording r;
    const Scalar x = r.variable(-2.0);
    return backward(evaluate(parse(text), std::vector{x}))[x];
  };
  BOOST_TEST(slope_at_minus_two("x^3") == 12);
  BOOST_TEST(slope_at_minus_two("x^-1") == -0.25);
  BOOST_TEST(slope_at_minus_two("x^(1+1)") == -4);
  BOOST_TEST(slope_at_minus_two("pow(x, 3)") == 12);
  BOOST_TEST(slope_at_minus_two("x^0") == 0);
  BOOST_TEST(std::isnan(slope_at_minus_two("x^0.5")));
}

struct Wrong {
  std::string text;
  std::size_t column;
  std::string said;
};

BOOST_AUTO_TEST_CASE(errors_say_what_and_where) {
  const std::vector<Wrong> cases{
      {"", 1, "unexpected end"},
      {"   ", 4, "unexpected end"},
      {"x +", 4, "expected a number, a name or '('"},
      {"x + ", 5, "unexpected end"},
      {"x *** 2", 5, "unexpected '*'"},
      {"2x", 2, "a product is written with *"},
      {"(x)(y)", 4, "a product is written with *"},
      {"x y", 3, "unexpected 'y'"},
      {"(x", 3, "expected an operator or ')'"},
      {"x)", 2, "expected an operator or the end"},
      {"()", 2, "expected a number, a name or '('"},
      {"sine(x)*y", 1, "unknown function 'sine'"},
      {"2*sgmoid(x)", 3, "did you mean 'sigmoid'?"},
      {"ln(x)", 1, "the natural logarithm is 'log'"},
      {"f(x)", 1, "`wengert functions` lists"},
      {"sin*2", 1, "'sin' is a function"},
      {"x+where", 3, "as in where(x < y, a, b)"},
      {"max(x)", 1, "'max' got 1 argument"},
      {"sin(x, y)", 1, "expected 1 argument, as in sin(x)"},
      {"sin()", 5, "unexpected ')'"},
      {"max(x,)", 7, "unexpected ')'"},
      {"sin(x", 6, "expected an operator, ',' or ')'"},
      {"where(x, y, z)", 8, "expected one of < <= > >= == !="},
      {"where(x = y, 1, 2)", 9, "equality is written =="},
      {"where(x<y, 1)", 13, "expected an operator or ','"},
      {"x < y", 3, "comparisons stand in the first place of where"},
      {"1e999", 1, "'1e999' is outside the range of a double"},
      {"1 + 1e-999", 5, "outside the range"},
      {"1..2", 3, "unexpected '.'"},
      {"1e", 2, "unexpected 'e'"},
      {"0x10", 2, "unexpected 'x'"},
      {"x+é", 3, "unexpected 'é'"},
      {"x \xff", 3, "unexpected '\\xff'"},
      {std::string("x\0y", 3), 2, "unexpected '\\x00'"},
      {"inf", 0, ""},  // a name like any other
      {"x,y", 2, "unexpected ','"},
  };
  for (const Wrong& wrong : cases) {
    BOOST_TEST_CONTEXT(wrong.text) {
      if (wrong.column == 0) {
        BOOST_CHECK_NO_THROW((void)parse(wrong.text));
        continue;
      }
      BOOST_CHECK_EXCEPTION((void)parse(wrong.text), ParseError, [&](const ParseError& error) {
        const std::string said = describe(error, wrong.text);
        BOOST_TEST(error.column() == wrong.column);
        BOOST_TEST(said.find(wrong.said) != std::string::npos, "said: " << said);
        return true;
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(caret_stands_under_the_column) {
  const auto description = [](const std::string& text) {
    try {
      (void)parse(text);
    } catch (const ParseError& error) {
      return describe(error, text);
    }
    return std::string("no error");
  };
  BOOST_TEST(description("sine(x)*y") ==
             "unknown function 'sine' at column 1\n"
             "  sine(x)*y\n"
             "  ^\n"
             "  hint: did you mean 'sin'?");
  // Columns count bytes; the caret counts characters, and what does not print takes one column.
  BOOST_TEST(description("x\t+ é") ==
             "unexpected 'é' at column 5; expected a number, a name or '('\n"
             "  x + é\n"
             "      ^");
  BOOST_TEST(description("x+\x01") ==
             "unexpected '\\x01' at column 3; expected a number, a name or '('\n"
             "  x+?\n"
             "    ^");
  // Of a long text the part around the column.
  const std::string many(60, 'x');
  BOOST_TEST(description(many + "+*" + many) ==
             "unexpected '*' at column 62; expected a number, a name or '('\n"
             "  …" +
                 std::string(35, 'x') + "+*" + std::string(35, 'x') + "…\n" + std::string(39, ' ') + "^");
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded) {
  const auto nested = [](const std::string& open, std::size_t levels, const std::string& close) {
    std::string text;
    for (std::size_t k = 0; k < levels; ++k) text += open;
    text += "x";
    for (std::size_t k = 0; k < levels; ++k) text += close;
    return text;
  };
  BOOST_TEST(value_of(nested("(", max_nesting, ")")) == 2);
  BOOST_TEST(value_of(nested("relu(", max_nesting, ")")) == 2);
  BOOST_TEST(value_of(nested("where(1<2,", max_nesting, ",1)")) == 2);
  BOOST_TEST(value_of(nested("where(1<", max_nesting, ",2,1)")) == 2);
  for (const std::string open : {"(", "relu(", "where(1<2,", "-("}) {
    BOOST_CHECK_EXCEPTION((void)parse(nested(open, max_nesting + 1, ")")), ParseError, [](const ParseError& error) {
      return std::string(error.what()).find("nested too deep") != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_characters) {
  constexpr std::size_t many = 50'000;
  std::string sum = "x", powers = "x", difference = "x";
  for (std::size_t k = 0; k < many; ++k) {
    sum += "+x";
    powers += "^1";
    difference += "-x";
  }
  BOOST_TEST(value_of(sum) == 2.0 * (many + 1));
  BOOST_TEST(value_of(powers) == 2.0);
  BOOST_TEST(value_of(difference) == 2.0 - 2.0 * many);
  BOOST_TEST(value_of(std::string(2 * many, '-') + "x") == 2.0);
  BOOST_TEST(value_of(std::string(2 * many, ' ') + "x") == 2.0);
  BOOST_TEST(parse(std::string(2 * many, 'x')).variables.front().size() == 2 * many);
  for (const char c : {'(', ')', '^', ',', '.', '=', '\\', '\x80'}) {
    BOOST_CHECK_THROW((void)parse(std::string(2 * many, c)), ParseError);
  }
  BOOST_CHECK_THROW((void)parse(std::string(2 * many, '9') + "e"), ParseError);
}

/// A random expression, written with as few or as many parentheses as chance has it, and its value.
struct Random {
  std::mt19937 engine{20241};

  struct Written {
    std::string text;
    double value;
    int binding;  // 0 sum, 1 product, 2 sign, 3 power, 4 atom
  };
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine()) % n; }
  std::string within(const Written& part, int least) {
    if (part.binding >= least && below(4) != 0) return part.text;
    return "(" + part.text + ")";
  }
  Written atom() {
    switch (below(4)) {
      case 0:
        return {"x", 2.0, 4};
      case 1:
        return {"y", 3.0, 4};
      case 2:
        return {"0.5", 0.5, 4};
      default:
        return {"7", 7.0, 4};
    }
  }
  Written expression(int depth) {
    if (depth == 0) return atom();
    const Written a = expression(depth - 1), b = expression(below(2) == 0 ? 0 : depth - 1);
    const std::string blank = below(2) == 0 ? " " : "";
    switch (below(8)) {
      case 0:
        return {within(a, 0) + blank + "+" + within(b, 1), a.value + b.value, 0};
      case 1:
        return {within(a, 0) + "-" + blank + within(b, 1), a.value - b.value, 0};
      case 2:
        return {within(a, 1) + "*" + within(b, 2), a.value * b.value, 1};
      case 3:
        return {within(a, 1) + blank + "/" + within(b, 2), a.value / b.value, 1};
      case 4:
        return {"-" + blank + within(a, 2), -a.value, 2};
      case 5:
        return {within(a, 4) + "^" + within(Written{"0.5", 0.5, 4}, 3), std::pow(a.value, 0.5), 3};
      case 6:
        return {"sin(" + blank + a.text + ")", std::sin(a.value), 4};
      default: {
        const bool less = a.value < b.value;
        return {"where(" + a.text + "<" + b.text + "," + b.text + ", " + a.text + ")", less ? b.value : a.value, 4};
      }
    }
  }
};

BOOST_AUTO_TEST_CASE(random_expressions_have_their_value) {
  Random random;
  for (int k = 0; k < 3000; ++k) {
    const Random::Written written = random.expression(static_cast<int>(random.below(6)));
    const double value = value_of(written.text);
    const bool same = value == written.value || (std::isnan(value) && std::isnan(written.value));
    BOOST_TEST(same, written.text << " gave " << value << ", expected " << written.value);
  }
}

BOOST_AUTO_TEST_CASE(random_text_parses_or_points_into_itself) {
  const std::vector<std::string> pieces{
      "x",    "y",    "1", ".5",     "(", ")",  "(", ")",   "+", "-",  "*",        "/",    "^", "**",
      "sin(", "max(", ",", "where(", "<", "==", " ", "sin", "e", "1e", "\xc3\xa9", "\xff", "=", "foo("};
  std::mt19937 engine(7);
  std::size_t parsed = 0;
  for (int k = 0; k < 20'000; ++k) {
    std::string text;
    for (std::size_t n = engine() % 12; n > 0; --n) text += pieces[engine() % pieces.size()];
    try {
      (void)parse(text);
      ++parsed;
    } catch (const ParseError& error) {
      BOOST_TEST((error.column() >= 1 && error.column() <= text.size() + 1), text);
      BOOST_TEST(!describe(error, text).empty());
    }
  }
  BOOST_TEST(parsed > 100U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
