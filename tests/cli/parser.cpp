// The parser of expressions: values, precedence, what errors say and where, and that nothing crashes it.

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"

namespace {

using namespace wengert;
using namespace wengert::cli;

/// The value with x = 2, y = 3, z = 5.
double value_of(const std::string& text) {
  const Expression expression = parse(text);
  std::vector<Value> variables;
  for (const std::string& name : expression.variables) {
    BOOST_REQUIRE(name == "x" || name == "y" || name == "z");
    variables.emplace_back(name == "x" ? 2.0 : name == "y" ? 3.0 : 5.0);
  }
  return evaluate(expression, variables).number().value();
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
      {"-inf", -std::numeric_limits<double>::infinity()},
      {"x < y", 1},
      {"(x < y) + (y < z) + (z < x)", 2},
      {"x + 1 < y + 1 & y < z", 1},
      {"x > y | y > z && z > x", 0},
      {"x < y | y > z & z < x", 1},
      {"x < y || 0 && 0", 1},
      {"!x", 0},
      {"!0 + !0", 2},
      {"!x & y", 0},
      {"!(x & 0)", 1},
      {"-!0^2", -1},
      {"x != y", 1},
      {"where(y, 1, 2) + where(0, 1, 2)", 3},
      {"where(x < y & !(y < z), 1, 2)", 2},
      {"u = x + 1; u*u", 9},
      {"u = x + 1\nv = u*u\nv - u", 6},
      {"u = x +\n1\n\nu*u\n", 9},
      {"; u = x ;; u ;", 2},
      {"u = max(x,\ny)\nu", 3},
      {"x == y", 0},
      {"f = x*y", 6},
      {"[x, y, z][1]", 3},
      {"[1, 2; 3, 4][1, 0]", 3},
      {"sum([x, y; z, 1])", 11},
      {"sum([1, 2; 3, 4], 0)[1]", 6},
      {"[[1, 2], [3, 4]][1][0]", 3},
      {"sum([1, 2, 3, 4][1:3])", 5},
      {"sum([1, 2, 3, 4][2:]) + sum([1, 2, 3, 4][:1])", 8},
      {"sum([1, 2; 3, 4][:, 1])", 6},
      {"sum([1, 2; 3, 4] @ [x, y])", 26},
      {"[x, y] @ [z, 1]", 13},
      {"2 * [1, 2] @ [3, 4]", 22},
      {"dot([x, y], [z, 1])", 13},
      {"norm([3, 4]) + mean([1, 3]) + prod([x, y])", 13},
      {"amax([x, y, z]) - amin([x, y, z])", 3},
      {"trace(outer([1, 2], [3, 4])) + sum(diagonal(transpose([1, 2; 3, 4])))", 16},
      {"sum(softmax([x, y, z]))", 1},
      {"logsumexp([x, x]) - log(2) - x", 0},
      {"sum(-[x, y]^2 + [1, 2])", -10},
      {"sum(where([1, 2, 3] < x, 10, [1, 2, 3]))", 15},
      {"sum(([1, 2, 3] < x) * 2 + ([1, 2] == [1, 3])[0])", 5},
      {"sum(([1, 2, 3] > 1) & !([1, 2, 3] > 2))", 1},
      {"argmax([x, z, y])", 1},
      {"sum(max([1, 5], [4; 2])[0])", 9},
      {"variance([1, 3]) + stddev([1, 3])", 2},
      {"sort([3, 1, 2])[0] + cumsum([1, 2, 3])[2]", 7},
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
    return backward(evaluate(parse(text), std::vector<Value>{x}).number())[x];
  };
  BOOST_TEST(slope_at_minus_two("x^3") == 12);
  BOOST_TEST(slope_at_minus_two("x^-1") == -0.25);
  BOOST_TEST(slope_at_minus_two("x^(1+1)") == -4);
  BOOST_TEST(slope_at_minus_two("pow(x, 3)") == 12);
  BOOST_TEST(slope_at_minus_two("x^0") == 0);
  BOOST_TEST(std::isnan(slope_at_minus_two("x^0.5")));
}

BOOST_AUTO_TEST_CASE(statements_keep_their_names_and_texts) {
  const Expression e = parse("u = x^2 +\n  y\n\n  v=sin( u ) ; u*v ");
  BOOST_TEST(e.statements.size() == 3U);
  BOOST_TEST(e.statements[0].name == "u");
  BOOST_TEST(e.statements[0].text == "x^2 +   y");
  BOOST_TEST(e.statements[1].text == "sin( u )");
  BOOST_TEST(e.statements[2].name == "");
  BOOST_TEST(e.statements[2].text == "u*v");
  BOOST_TEST(e.variables == (std::vector<std::string>{"x", "y"}), boost::test_tools::per_element());
  BOOST_TEST(e.result_name() == "f");
  BOOST_TEST(parse("x; ").result_name() == "f");
  BOOST_TEST(parse("u = x; loss = u").result_name() == "loss");
}

BOOST_AUTO_TEST_CASE(conditions_and_numbers_turn_into_each_other) {
  const auto gradient_at_two = [](const std::string& text) {
    Recording r;
    const Scalar x = r.variable(2.0, "x");
    const Value f = evaluate(parse(text), std::vector<Value>{x}, &r);
    (void)expand(r, {f.number()});  // every operation gets operands of its types
    return backward(f.number())[x];
  };
  BOOST_TEST(gradient_at_two("x*(x < 3)") == 1);
  BOOST_TEST(gradient_at_two("x*(x & x < 3)") == 1);
  BOOST_TEST(gradient_at_two("x*!x") == 0);
  BOOST_TEST(gradient_at_two("where(x, x^2, 0)") == 4);
  BOOST_TEST(gradient_at_two("where(!(x > 3) | x, x^2, 0)") == 4);
  BOOST_TEST(gradient_at_two("sum([x, 1] * ([x, 5] < 3))") == 1);
  BOOST_TEST(gradient_at_two("sum(where(x < 3, [x, 2*x], 0))") == 3);
  BOOST_TEST(gradient_at_two("x < 3") == 0);
}

BOOST_AUTO_TEST_CASE(operations_that_cannot_be_done_say_where) {
  const auto offset_of = [](const std::string& text) -> std::ptrdiff_t {
    try {
      (void)evaluate(parse(text), {});
    } catch (const EvaluationError& error) {
      BOOST_TEST(describe(error, text).find("\n  " + text + "\n") != std::string::npos);
      return static_cast<std::ptrdiff_t>(error.offset());
    }
    return -1;
  };
  BOOST_TEST(offset_of("1 + [1,2] * [1,2,3]") == 10);
  BOOST_TEST(offset_of("1 + [1,2] @ [1,2,3]") == 10);
  BOOST_TEST(offset_of("2*dot([1,2], 3)") == 2);
  BOOST_TEST(offset_of("[1,2] + [1, [2,3]]") == 8);
  BOOST_TEST(offset_of("[1,2; 3,[4,5]]") == 0);
  BOOST_TEST(offset_of("[1,2][0.5]") == 5);
  BOOST_TEST(offset_of("[1,2][-1]") == 5);
  BOOST_TEST(offset_of("[1,2][2:1]") == 5);
  BOOST_TEST(offset_of("[1,2][0,0]") == 5);
  BOOST_TEST(offset_of("1[0]") == 1);
  BOOST_TEST(offset_of("trace([1,2])") == 0);
  BOOST_TEST(offset_of("sum([1,2],1)") == 0);
  BOOST_TEST(offset_of("transpose(1)") == 0);
}

BOOST_AUTO_TEST_CASE(arrays_of_absurd_size_are_refused_before_they_are_made) {
  const auto repeated = [](const std::string& element, int count) {
    std::string text = "[" + element;
    for (int k = 1; k < count; ++k) text += "," + element;
    return text + "]";
  };
  const std::string vector = "a = " + repeated("1", 10'001) + "; ";
  const std::string cube = "u = " + repeated("1", 100) + "; v = " + repeated("u", 100) + "; w = " + repeated("v", 100);
  for (const std::string& text : {vector + "outer(a, a)", vector + "[a] + transpose([a])",
                                  vector + "transpose([a]) @ [a]", cube + "; " + repeated("w", 101)}) {
    BOOST_CHECK_EXCEPTION((void)evaluate(parse(text), {}), EvaluationError, [](const EvaluationError& error) {
      return error.detail().problem == "the result would have more than 100 million elements";
    });
  }
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
      {"where(x = y, 1, 2)", 9, "equality is written =="},
      {"where(x<y, 1)", 1, "expected 3 arguments, as in where(x < y, a, b)"},
      {"sum(x, 0, 1)", 1, "expected 1 or 2 arguments, as in sum(x, axis)"},
      {"(x < y < z)", 8, "a < b < c is written"},
      {"x & & y", 5, "unexpected '&'"},
      {"!", 2, "unexpected end"},
      {"sin = 2; x", 1, "'sin' is a function and cannot be given a value"},
      {"x = 1; pi = 3; x", 8, "'pi' is a constant and cannot be given a value"},
      {"u = x; u = y; u", 8, "'u' has a value already"},
      {"u = x; x = y; u", 8, "'x' is a variable of the statements before"},
      {"x; y", 1, "the value of this statement is not used"},
      {"u = x; u + 1\n+ y", 8, "the value of this statement is not used"},
      {"u =", 4, "unexpected end"},
      {"u = ; x", 5, "unexpected ';'"},
      {"u = (x\n*\n", 1, "unexpected end"},
      {"u = x +* y\nu", 8, "unexpected '*'"},
      {"u = x\n  v = u *\n)", 1, "unexpected ')'"},
      {"u = sin(\nx))\nu", 3, "unexpected ')'"},
      {"u = x y\nu", 7, "unexpected 'y'"},
      {"[1, 2; 3]", 6, "this row has 1 of the row before's 2 elements"},
      {"[]", 2, "unexpected ']' at column 2; expected a number, a name or '('"},
      {"x+-]", 4, "unexpected ']' at column 4; expected a number, a name or '('"},
      {"[1;]", 4, "unexpected ']' at column 4; expected a number, a name or '('"},
      {"[1, 2", 6, "expected an operator, ',', ';' or ']'"},
      {"x[]", 3, "expected a position"},
      {"x[1", 4, "expected an operator, ',', ':' or ']'"},
      {"x[1:2:3]", 6, "unexpected ':'"},
      {"x < y < z", 7, "a < b < c is written a < b & b < c"},
      {"1e999", 1, "'1e999' is outside the range of a double"},
      {"1 + 1e-999", 5, "outside the range"},
      {"1..2", 3, "unexpected '.'"},
      {"1e", 2, "unexpected 'e'"},
      {"0x10", 2, "unexpected 'x'"},
      {"x+é", 3, "unexpected 'é'"},
      {"x \xff", 3, "unexpected '\\xff'"},
      {std::string("x\0y", 3), 2, "unexpected '\\x00'"},
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
  BOOST_TEST(value_of("sum(" + nested("[", 7, "]") + ")") == 2);
  BOOST_TEST(value_of(nested("[2,3][", max_nesting, "-2]")) == 2);
  for (const std::string open : {"(", "relu(", "where(1<2,", "-(", "[", "x["}) {
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
  for (const char c : {'(', ')', '^', ',', '.', '=', '\\', '\x80', '[', ']', '&', '<', ';', ':', '\n'}) {
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
