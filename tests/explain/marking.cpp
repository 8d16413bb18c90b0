// Marking: every mistake that is known, planted, is recognised where it was made; what follows from it is
// consequential; keys are right, and so are rounded, cut off and followed-through numbers; files that are none are
// refused with the line.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/explain/marking.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {
namespace {

/// L = ½(t − o)² with o = σ(net), net = w·h + v·h², h = tanh(u·x): a fan-out at h.
struct Problem {
  Recording r;
  Scalar x = r.variable(0.7, "x"), u = r.variable(0.6, "u"), w = r.variable(-0.8, "w"), v = r.variable(1.3, "v"),
         t = r.variable(0.9, "t");
  Scalar h, net, o, loss;
  double dh = 0, dnet = 0, dout = 0;

  Problem() {
    h = tanh(u * x);
    r.name(h, "h");
    net = w * h + v * square(h);
    r.name(net, "net");
    o = sigmoid(net);
    r.name(o, "o");
    loss = square(t - o) / 2.0;
    r.name(loss, "L");
    const Adjoints a = backward(loss);
    dh = a[h];
    dnet = a[net];
    dout = a[o];
  }
};

std::string digits(double value) { return std::to_string(value); }

Marking marked(const Problem& p, const std::string& csv) { return mark(p.loss, read_answers(csv)); }

/// The only wrong answer, recognised as this, first of all.
void check_found(const Marking& m, const std::string& quantity, MistakeKind kind, const std::string& text) {
  BOOST_REQUIRE_MESSAGE(m.first_wrong.has_value(), to_text(m));
  const Marked& first = m.answers[*m.first_wrong];
  BOOST_TEST(first.answer.quantity == quantity, to_text(m));
  BOOST_REQUIRE_MESSAGE(!first.likely.empty(), to_text(m));
  BOOST_TEST((first.likely[0].kind == kind), to_text(m));
  BOOST_TEST(first.likely[0].text.find(text) != std::string::npos, to_text(m));
  BOOST_TEST(m.wrong == 1u, to_text(m));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(marking)

BOOST_AUTO_TEST_CASE(the_key_is_right) {
  const Problem p;
  const Derivation d = derivation(p.loss, {p.x, p.u, p.w, p.v, p.t});
  for (const int decimals : {1, 2, 4, 10}) {
    const std::string key = answer_key(d, decimals);
    const Marking m = marked(p, key);
    BOOST_TEST(m.right == m.answers.size(), key << to_text(m));
    BOOST_TEST(m.answers.size() == 8u);
    BOOST_TEST(!m.first_wrong.has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_missing_activation_is_found_and_what_follows_is_consequential) {
  const Problem p;
  const double slope = p.h.value();
  const Marking m =
      marked(p, "dL/do," + digits(p.dout) + "\ndL/dnet," + digits(p.dout) + "\ndL/dw," + digits(p.dout * slope) + "\n");
  check_found(m, "dL/dnet", MistakeKind::activation, "derivative of sigmoid at o");
  BOOST_TEST((m.answers[2].verdict == Verdict::consequential), to_text(m));
  BOOST_TEST(m.consequential == 1u);
  BOOST_TEST(m.right == 1u);
}

BOOST_AUTO_TEST_CASE(a_second_mistake_of_its_own_is_wrong_too) {
  const Problem p;
  const Marking m = marked(p, "dL/dnet," + digits(p.dout) + "\ndL/dw,0.123456\n");
  BOOST_TEST(m.wrong == 2u);
  BOOST_TEST(m.answers[1].likely.empty());
}

BOOST_AUTO_TEST_CASE(overwriting_at_a_fan_out_is_found) {
  const Problem p;
  // ∂L/∂u with h's two uses: only that of w·h, only that of v·h².
  for (const double kept : {p.dnet * p.w.value(), p.dnet * p.v.value() * 2 * p.h.value()}) {
    const Marking m = marked(p, "dL/dnet," + digits(p.dnet) + "\ndL/dh," + digits(kept) + "\n");
    check_found(m, "dL/dh", MistakeKind::overwritten, "not overwritten");
  }
  // The same where the uses are steps of their own.
  Recording r;
  const Scalar x = r.variable(1.5, "x");
  const Scalar a = exp(x * 0.3), b = sin(x);
  r.name(a, "a");
  r.name(b, "b");
  const Scalar y = a * b;
  r.name(y, "y");
  const Adjoints adjoints = backward(y);
  const double by_a = adjoints[a] * a.value() * 0.3;
  const Marking m = mark(y, read_answers("dy/da," + digits(adjoints[a]) + "\ndy/db," + digits(adjoints[b]) +
                                         "\ndy/dx," + digits(by_a) + "\n"));
  check_found(m, "dy/dx", MistakeKind::overwritten, "");
}

BOOST_AUTO_TEST_CASE(a_wrong_sign_is_found) {
  const Problem p;
  check_found(marked(p, "dL/do," + digits(-p.dout) + "\n"), "dL/do", MistakeKind::sign, "");
}

BOOST_AUTO_TEST_CASE(a_forgotten_factor_is_found) {
  const Problem p;
  check_found(marked(p, "dL/dnet," + digits(p.dnet) + "\ndL/dw," + digits(p.dnet) + "\n"), "dL/dw", MistakeKind::factor,
              "0.39693");
}

BOOST_AUTO_TEST_CASE(a_constant_factor_is_found) {
  const Problem p;
  check_found(marked(p, "dL/do," + digits(2 * p.dout) + "\n"), "dL/do", MistakeKind::count, "1/2");
  // 1/n of a mean.
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0, 4.0}), "x");
  const Tensor y = mean(x * x);
  const Marking m = mark(y, read_answers("dy/dx[0],2.0\ndy/dx[1],4.0\ndy/dx[2],8.0\n"));
  BOOST_REQUIRE(m.first_wrong.has_value());
  BOOST_REQUIRE_MESSAGE(!m.answers[0].likely.empty(), to_text(m));
  BOOST_TEST((m.answers[0].likely[0].kind == MistakeKind::count), to_text(m));
}

BOOST_AUTO_TEST_CASE(a_forgotten_exponent_is_found) {
  Recording r;
  const Scalar x = r.variable(1.7, "x");
  const Scalar y = pow(x, 5);
  check_found(mark(y, read_answers("dy/dx," + digits(std::pow(1.7, 4)) + "\n")), "dy/dx", MistakeKind::exponent, "");
}

BOOST_AUTO_TEST_CASE(the_wrong_operand_of_a_product_is_found) {
  const Problem p;
  check_found(marked(p, "dL/dnet," + digits(p.dnet) + "\ndL/dw," + digits(p.dnet * p.w.value()) + "\n"), "dL/dw",
              MistakeKind::own_operand, "");
}

BOOST_AUTO_TEST_CASE(a_derivative_at_the_argument_is_found) {
  const Problem p;
  const double net = p.net.value();
  check_found(marked(p, "dL/do," + digits(p.dout) + "\ndL/dnet," + digits(p.dout * net * (1 - net)) + "\n"), "dL/dnet",
              MistakeKind::at_input, "argument");
}

BOOST_AUTO_TEST_CASE(a_missing_transpose_is_found) {
  Recording r;
  const Tensor w = r.variable(tensor({0.5, -0.3, 0.8, 0.1}, Shape{2, 2}), "W"),
               x = r.variable(tensor({1.0, -2.0}), "x");
  const Tensor z = matmul(w, x);
  r.name(z, "z");
  const Tensor y = sum(z * z);
  r.name(y, "y");
  const std::vector<double> dz = backward(y)[z].to_vector();
  // W·δ instead of Wᵀ·δ.
  const double a = 0.5 * dz[0] - 0.3 * dz[1], b = 0.8 * dz[0] + 0.1 * dz[1];
  const Marking m = mark(y, read_answers("dy/dz[0]," + digits(dz[0]) + "\ndy/dz[1]," + digits(dz[1]) + "\ndy/dx[0]," +
                                         digits(a) + "\ndy/dx[1]," + digits(b) + "\n"));
  BOOST_REQUIRE_MESSAGE(m.first_wrong.has_value(), to_text(m));
  const Marked& first = m.answers[*m.first_wrong];
  BOOST_REQUIRE_MESSAGE(!first.likely.empty(), to_text(m));
  BOOST_TEST((first.likely[0].kind == MistakeKind::transpose), to_text(m));
  BOOST_TEST(m.right == 2u);
}

BOOST_AUTO_TEST_CASE(mistakes_are_found_across_what_was_not_answered) {
  const Problem p;
  // Only the end: the tanh is missing, two steps away from the loss.
  const double without = p.dh * p.x.value();
  check_found(marked(p, "dL/du," + digits(without) + "\n"), "dL/du", MistakeKind::activation, "tanh at h");
}

BOOST_AUTO_TEST_CASE(local_derivatives_and_values_are_judged) {
  const Problem p;
  const double o = p.o.value();
  const std::string right = "o," + digits(o) + "\ndo/dnet," + digits(o * (1 - o)) + "\n";
  BOOST_TEST(marked(p, right).right == 2u);
  const Marking m = marked(p, "o,0.2\ndo/dnet,1.0\ndL/dnet," + digits(p.dout) + "\n");
  BOOST_TEST((m.answers[0].verdict == Verdict::wrong));
  BOOST_TEST((m.answers[1].verdict == Verdict::wrong));
  BOOST_REQUIRE(!m.answers[1].likely.empty());
  BOOST_TEST((m.answers[1].likely[0].kind == MistakeKind::activation));
  BOOST_TEST((m.answers[2].verdict == Verdict::consequential), to_text(m));
}

BOOST_AUTO_TEST_CASE(two_mistakes_are_both_named_and_what_follows_is_neither) {
  const Problem p;
  const double h = p.h.value(), w = p.w.value(), v = p.v.value();
  // The sigmoid is left out at o; later, at h, only one use is kept; what lies between and behind follows.
  const double net = p.dout, by_h = net * w, by_u = by_h * (1 - h * h) * p.x.value();
  const std::string csv = "dL/do," + digits(p.dout) + "\ndL/dnet," + digits(net) + "\ndL/dv," + digits(net * h * h) +
                          "\ndL/dh," + digits(by_h) + "\ndL/du," + digits(by_u) + "\n";
  const Marking m = marked(p, csv);
  BOOST_TEST(m.right == 1u, to_text(m));
  BOOST_TEST(m.wrong == 2u, to_text(m));
  BOOST_TEST(m.consequential == 2u, to_text(m));
  std::vector<Marked> wrong;
  for (const Marked& each : m.answers)
    if (each.verdict == Verdict::wrong) wrong.push_back(each);
  BOOST_REQUIRE(wrong.size() == 2u);
  BOOST_TEST(wrong[0].answer.quantity == "dL/dnet");
  BOOST_REQUIRE(!wrong[0].likely.empty());
  BOOST_TEST((wrong[0].likely[0].kind == MistakeKind::activation), to_text(m));
  BOOST_TEST(wrong[1].answer.quantity == "dL/dh");
  BOOST_REQUIRE(!wrong[1].likely.empty());
  BOOST_TEST((wrong[1].likely[0].kind == MistakeKind::overwritten), to_text(m));
  BOOST_TEST(*wrong[1].follows == net * (w + 2 * v * h), boost::test_tools::tolerance(1e-5));
  const std::string text = to_text(m);
  BOOST_TEST(text.find("The first mistake is in dL/dnet (line 2)") != std::string::npos, text);
  BOOST_TEST(text.find("A further mistake, which does not follow from the numbers before it, is in dL/dh (line 4)") !=
                 std::string::npos,
             text);
}

BOOST_AUTO_TEST_CASE(one_mistake_behind_several_answers_counts_once) {
  const Problem p;
  // The sigmoid is left out at o, where nothing was answered: both weights feel it.
  const double h = p.h.value();
  const Marking m = marked(p, "dL/dw," + digits(p.dout * h) + "\ndL/dv," + digits(p.dout * h * h) + "\n");
  BOOST_TEST(m.wrong == 1u, to_text(m));
  BOOST_TEST(m.consequential == 1u, to_text(m));
  BOOST_REQUIRE(m.first_wrong.has_value());
  BOOST_REQUIRE(!m.answers[*m.first_wrong].likely.empty());
  BOOST_TEST((m.answers[*m.first_wrong].likely[0].kind == MistakeKind::activation), to_text(m));
  for (const Marked& each : m.answers) {
    if (each.verdict != Verdict::consequential) continue;
    BOOST_REQUIRE(each.cause.has_value());
    BOOST_TEST(*each.cause == m.answers[*m.first_wrong].answer.line);
  }
  BOOST_TEST(to_text(m).find("but this follows from the mistake of line ") != std::string::npos, to_text(m));
}

BOOST_AUTO_TEST_CASE(a_second_answer_tells_explanations_of_the_first_apart) {
  // Of dy/dx alone a factor may be missing at several places; that of tanh is missing for z, too.
  Recording r;
  const Scalar x = r.variable(1.5, "x"), z = r.variable(0.4, "z");
  const Scalar u = tanh(x * z);
  r.name(u, "u");
  const Scalar y = -u * 2.0;
  r.name(y, "y");
  const Adjoints a = backward(y);
  const double by_x = a[x] / (1 - u.value() * u.value()), by_z = a[z] / (1 - u.value() * u.value());
  const Marking m = mark(y, read_answers("dy/dx," + digits(by_x) + "\ndy/dz," + digits(by_z) + "\n"));
  BOOST_TEST(m.wrong == 1u, to_text(m));
  BOOST_REQUIRE(!m.answers[0].likely.empty());
  BOOST_TEST((m.answers[0].likely[0].kind == MistakeKind::activation), to_text(m));
  // One of them right: then it was at the other alone.
  const Marking alone = mark(y, read_answers("dy/dz," + digits(-a[z]) + "\ndy/dx," + digits(a[x]) + "\n"));
  BOOST_TEST(alone.wrong == 1u);
  BOOST_TEST(alone.right == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_one_mistake) {
  const Problem p;
  // o is misread from the table of the sigmoid; what is computed with it is right for that.
  const double o = 0.6;
  const double dout = -(0.9 - o), dnet = dout * o * (1 - o), loss = (0.9 - o) * (0.9 - o) / 2;
  const std::string csv = "net," + digits(p.net.value()) + "\no,0.6\nL," + digits(loss) + "\ndL/do," + digits(dout) +
                          "\ndo/dnet," + digits(o * (1 - o)) + "\ndL/dnet," + digits(dnet) + "\n";
  const Marking m = marked(p, csv);
  BOOST_TEST(m.wrong == 1u, to_text(m));
  BOOST_TEST(m.right == 1u, to_text(m));
  BOOST_TEST(m.consequential == 4u, to_text(m));
  BOOST_TEST(m.answers[*m.first_wrong].answer.quantity == "o");
  BOOST_TEST(to_text(m).find("No single mistake") == std::string::npos, to_text(m));
  // And a mistake in a derivative beside it is named, from the student's own value.
  const Marking both = marked(p, "o,0.6\ndL/do," + digits(dout) + "\ndL/dnet," + digits(dout) + "\n");
  BOOST_TEST(both.wrong == 2u, to_text(both));
  BOOST_TEST((both.answers[2].verdict == Verdict::wrong), to_text(both));
  BOOST_REQUIRE(!both.answers[2].likely.empty());
  BOOST_TEST((both.answers[2].likely[0].kind == MistakeKind::activation), to_text(both));
  // A wrong input, and all values from it.
  const double h = std::tanh(0.6 * 0.5);
  const Marking input = marked(p, "x,0.5\nh," + digits(h) + "\ndL/dw,9.9\n");
  BOOST_TEST((input.answers[0].verdict == Verdict::wrong));
  BOOST_TEST((input.answers[1].verdict == Verdict::consequential), to_text(input));
  BOOST_TEST((input.answers[2].verdict == Verdict::wrong));
}

BOOST_AUTO_TEST_CASE(rounded_values_are_followed) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar u = sin(x) * 0.001;
  r.name(u, "u");
  const Scalar w = u * 1000.0;
  r.name(w, "w");
  const Scalar y = w * w;
  r.name(y, "y");
  // u = 0.00090930 is written as 0.0009, w as 0.9 of it, dy/dw as 1.8.
  const Marking m = mark(y, read_answers("u,0.0009\nw,0.900\ny,0.810\ndy/dw,1.800\n"));
  BOOST_TEST(m.right == 4u, to_text(m));
  BOOST_TEST(mark(y, read_answers("w,0.900\n")).wrong == 1u);
  BOOST_TEST(mark(y, read_answers("dy/dw,1.800\n")).wrong == 1u);
}

BOOST_AUTO_TEST_CASE(one_mistake_in_an_array_counts_once) {
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0, 4.0}), "x");
  const Tensor y = mean(x * x);
  const Marking m = mark(y, read_answers("dy/dx[0],2.0\ndy/dx[1],4.0\ndy/dx[2],8.0\n"));
  BOOST_TEST(m.wrong == 1u, to_text(m));
  BOOST_TEST(m.consequential == 2u, to_text(m));
  // Two that are wrong for themselves.
  const Marking two = mark(y, read_answers("dy/dx[0],2.0\ndy/dx[1],-1.3333\ndy/dx[2],2.6667\n"));
  BOOST_TEST(two.wrong == 2u, to_text(two));
  BOOST_TEST(two.right == 1u, to_text(two));
  BOOST_REQUIRE(!two.answers[1].likely.empty());
  BOOST_TEST((two.answers[1].likely[0].kind == MistakeKind::sign), to_text(two));
}

BOOST_AUTO_TEST_CASE(handles_from_before_a_rewound_mark_are_marked) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Recording::Mark start = r.mark();
  static_cast<void>(Scalar(x * x));
  r.rewind(start);
  const Scalar y = sin(x) * x;
  r.name(y, "y");
  BOOST_TEST(mark(y, read_answers(answer_key(derivation(y, {x}), 6))).wrong == 0u);
  BOOST_TEST(derivation(y, {x}).missing.empty());
}

BOOST_AUTO_TEST_CASE(numbers_count_to_their_decimals) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar y = log(x * 3.0) * 0.7777;  // dy/dx = 0.38885
  const auto verdict = [&](const std::string& text) {
    return mark(y, read_answers("dy/dx," + text)).answers[0].verdict == Verdict::right;
  };
  for (const char* text :
       {"0.38885", "0.3889", "0.3888", "0.389", "0.388", "0.39", "0.38", "0.4", "0.3", "3.8885e-1", "+0.389"})
    BOOST_TEST(verdict(text), text);
  for (const char* text : {"0.3887", "0.390", "0.387", "0.37", "0.40", "0.2", "0", "1", "-0.389", "nan", "3.9e1"})
    BOOST_TEST(!verdict(text), text);
}

BOOST_AUTO_TEST_CASE(own_roundings_are_followed) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar u = x * 300.0;
  r.name(u, "u");
  const Scalar y = sin(x) * u * 0.00411;
  r.name(y, "y");
  // ∂y/∂u = 0.0037372 is rounded to 0.0037; 300 times that is 1.1100 instead of 1.1211.
  const double direct = backward(y)[x] - 300 * backward(y)[u];
  const Marking m = mark(y, read_answers("dy/du,0.0037\ndy/dx," + digits(direct + 1.11) + "\n"));
  BOOST_TEST(m.right == 2u, to_text(m));
  // Without the rounded number before it, it is wrong.
  BOOST_TEST(mark(y, read_answers("dy/dx," + digits(direct + 1.11) + "\n")).wrong == 1u);
}

BOOST_AUTO_TEST_CASE(the_rounding_of_a_wrong_number_is_followed_to_its_last_decimal) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar u = x * 300.0;
  r.name(u, "u");
  const Scalar y = sin(u);
  r.name(y, "y");
  // ∂y/∂u is wrong, and was written with four decimals; the calculation went on with more of them.
  const auto verdict = [&](double carried) {
    const Marking m = mark(y, read_answers("dy/du,0.1234\ndy/dx," + digits(carried * 300) + "\n"));
    BOOST_TEST((m.answers[0].verdict == Verdict::wrong));
    return m.answers[1].verdict;
  };
  BOOST_TEST((verdict(0.1234) == Verdict::consequential));
  BOOST_TEST((verdict(0.12348) == Verdict::consequential));
  BOOST_TEST((verdict(0.12332) == Verdict::consequential));
  BOOST_TEST((verdict(0.12356) == Verdict::wrong));
}

BOOST_AUTO_TEST_CASE(files_are_read_with_their_lines) {
  const std::vector<Answer> answers =
      read_answers("\xEF\xBB\xBFquantity, answer\r\n\r\n# mine\r\ndL/dW[0,1], -1.50\r\n \"∂L/∂b\" ,2\n∂L/∂c,−2.5e-3");
  BOOST_REQUIRE(answers.size() == 3u);
  BOOST_TEST(answers[0].quantity == "dL/dW[0,1]");
  BOOST_TEST(answers[0].value == -1.5);
  BOOST_TEST(*answers[0].decimals == 2);
  BOOST_TEST(answers[0].line == 4u);
  BOOST_TEST(answers[1].quantity == "∂L/∂b");
  BOOST_TEST(!answers[1].decimals.has_value());
  BOOST_TEST(answers[2].value == -2.5e-3);
  BOOST_TEST(*answers[2].decimals == 4);
  BOOST_TEST(read_answers("").empty());
  const auto line_of_error = [](const char* csv) {
    try {
      static_cast<void>(read_answers(csv));
    } catch (const ParseError& error) {
      return error.line();
    }
    return std::size_t{0};
  };
  BOOST_TEST(line_of_error("dL/dx,1\ndL/dy 2\n") == 2u);
  BOOST_TEST(line_of_error("dL/dx,1\n\ndL/dy,two\n") == 3u);
  BOOST_TEST(line_of_error("dL/dx,1.2.3\ndL/dy,1,\n") == 2u);
  BOOST_TEST(line_of_error("a,1\n,5\n") == 2u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_is_refused_with_its_line) {
  const Problem p;
  const auto said = [&](const std::string& csv) {
    try {
      static_cast<void>(marked(p, csv));
    } catch (const ArgumentError& error) {
      return error.detail().problem;
    }
    return std::string("nothing");
  };
  BOOST_TEST(said("dL/dq,1\n") == "line 1: 'dL/dq' is no quantity of the calculation");
  BOOST_TEST(said("o,1\nq,1\n") == "line 2: 'q' is no quantity of the calculation");
  BOOST_TEST(said("dL/do,1\n∂L/∂o,1\n") == "line 2: '∂L/∂o' is answered on line 1 too");
  BOOST_TEST(said("do/dw,1\n") == "line 1: 'do/dw' is no local derivative of one step by another, both numbers");
  BOOST_TEST(said("dL/do[0],1\n") == "line 1: 'dL/do[0]' is no quantity of the calculation");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
