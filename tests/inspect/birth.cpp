// Where the first NaN or infinity was born: named with line, operands, chain, cause; and never where there is none.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/autodiff/inspect/finite.hpp"
#include "wengert/graph/drawing/dot.hpp"

namespace {

using namespace wengert;

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(birth)

BOOST_AUTO_TEST_CASE(of_a_value_names_line_operands_chain_and_cause) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(1.0, "y");
  Scalar u, loss;
  {
    const auto scope = r.scope("encoder");
    u = x - 3.0 * y;
    r.name(u, "u");
    loss = log(u);
  }
  const auto line = static_cast<std::uint32_t>(__LINE__ - 2);
  const Scalar out = 2.0 * loss + x;
  r.name(out, "out");
  const auto birth = first_non_finite(out, {x, y});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::value));
  BOOST_TEST(std::isnan(birth->number));
  BOOST_TEST(birth->operation == "log");
  BOOST_TEST(birth->formula == "ln(u)");
  BOOST_TEST(birth->scope == "encoder");
  BOOST_TEST(birth->file.ends_with("birth.cpp"));
  BOOST_TEST(birth->line == line);
  BOOST_TEST_REQUIRE(birth->operands.size() == 1U);
  BOOST_TEST(birth->operands[0].name == "u");
  BOOST_TEST(birth->operands[0].value == "-1");
  BOOST_TEST(birth->operands[0].place == "birth.cpp:" + std::to_string(line - 2));
  BOOST_TEST_REQUIRE(birth->chain.size() == 3U);
  BOOST_TEST(birth->chain.back().name == "out");
  BOOST_TEST(contains(birth->cause, "below 0"));
  const std::string text = birth->explain();
  for (const char* part :
       {"nan is born in ln(u)", "at birth.cpp:", "in encoder", "u = -1", "from there:", "cause: ", "cure: "})
    BOOST_TEST(contains(text, part), text);
}

BOOST_AUTO_TEST_CASE(of_several_the_first_that_reaches_the_output) {
  Recording r;
  const Scalar x = r.variable(-1.0, "x");
  const Scalar unused = log(x);
  const Scalar first = sqrt(x);
  const Scalar second = log(x - 1.0);
  const Scalar loss = second + first;
  const auto birth = first_non_finite(loss, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "sqrt");
  static_cast<void>(unused);
}

BOOST_AUTO_TEST_CASE(of_an_adjoint_names_the_rule_and_what_came_in) {
  Recording r;
  const Scalar x = r.variable(0.0, "x"), w = r.variable(3.0, "w");
  const Scalar u = x * w;
  const Scalar root = sqrt(u);
  const auto line = static_cast<std::uint32_t>(__LINE__ - 1);
  const Scalar loss = 5.0 * root;
  r.name(u, "u");
  const auto birth = first_non_finite(loss, {x, w});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::adjoint));
  BOOST_TEST(birth->number == infinity);
  BOOST_TEST(birth->operation == "sqrt");
  BOOST_TEST(birth->toward == "u");
  BOOST_TEST(birth->cotangent == 5.0);
  BOOST_TEST(birth->line == line);
  BOOST_TEST(birth->chain.back().name == "∂/∂x");
  BOOST_TEST(contains(birth->cause, "square root"));
  // What is finite is not blamed: by w nothing is wrong, since x is 0 there.
  BOOST_TEST(!first_non_finite(loss, {w}).has_value());
}

BOOST_AUTO_TEST_CASE(an_infinity_that_only_a_derivative_meets_is_born_where_it_was_computed) {
  Recording r;
  const Scalar x = r.variable(0.0, "x"), z = r.variable(1000.0, "z");
  const Scalar large = exp(z);
  r.name(large, "large");
  const Scalar loss = xlogy(x, large);  // 0, and its derivative by x is log(∞)
  BOOST_TEST(loss.value() == 0.0);
  const auto birth = first_non_finite(loss, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::value));
  BOOST_TEST(birth->operation == "exp");
  BOOST_TEST(birth->name == "large");
  BOOST_TEST(contains(birth->cause, "1.8e308"));
  BOOST_TEST(birth->chain.front().name == "large");
  BOOST_TEST(birth->chain.back().name == "∂/∂x");
}

BOOST_AUTO_TEST_CASE(variables_that_are_not_finite_are_told_as_such) {
  Recording r;
  const Tensor w = r.variable(tensor({1.0, not_a_number}), "w"), x = r.variable(tensor({1.0, 2.0}), "x");
  const Tensor loss = sum(w * x);
  const auto parameter = first_non_finite(loss, {w});
  BOOST_TEST_REQUIRE(parameter.has_value());
  BOOST_TEST((parameter->kind == BirthKind::parameter));
  BOOST_TEST(parameter->element == "[1] of f64[2]");
  BOOST_TEST(contains(parameter->explain(), "the parameter w is nan"));
  const auto input = first_non_finite(loss, {x});
  BOOST_TEST((input->kind == BirthKind::input));
}

BOOST_AUTO_TEST_CASE(of_tensors_the_element_and_the_operands_there) {
  Recording r;
  const Tensor a = r.variable(tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), "a");
  const Tensor b = r.variable(tensor({1, 1, 1, 1, 0, 0}, Shape{2, 3}), "b");
  const Tensor q = a / b;
  const Tensor loss = mean(q);
  const auto birth = first_non_finite(loss, {a});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "div");
  BOOST_TEST(birth->number == infinity);
  BOOST_TEST(birth->element == "[1,1] of f64[2,3], the first of 2 that are not finite");
  BOOST_TEST_REQUIRE(birth->operands.size() == 2U);
  BOOST_TEST(birth->operands[0].value == "5");
  BOOST_TEST(birth->operands[1].value == "0");
  BOOST_TEST(contains(birth->cause, "division by 0"));
}

BOOST_AUTO_TEST_CASE(adjoints_of_tensors_are_searched_too) {
  Recording r;
  const Tensor x = r.variable(tensor({4.0, 0.0, 1.0}), "x");
  const Tensor loss = sum(sqrt(x));
  const auto birth = first_non_finite(loss, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::adjoint));
  BOOST_TEST(birth->element == "[1] of f64[3]");
  BOOST_TEST(birth->cotangent == 1.0);
  BOOST_TEST(contains(birth->cause, "square root"));
}

BOOST_AUTO_TEST_CASE(of_f32_the_bound_is_that_of_f32) {
  Recording r;
  const Tensor x = r.variable(tensor({1e30, 1e30}), "x");
  const Tensor small = convert(x, Dtype::f32);
  const Tensor loss = sum(small * small);
  const auto birth = first_non_finite(loss, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "mul");
  BOOST_TEST(contains(birth->cause, "f32"));
}

BOOST_AUTO_TEST_CASE(contributions_whose_sum_overflows) {
  Recording r;
  const Scalar x = r.variable(1e-300, "x");
  const Scalar a = 1.7e308 * x, b = 1.7e308 * x;
  const Scalar loss = a + b;
  const auto birth = first_non_finite(loss, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST((birth->kind == BirthKind::adjoint));
  BOOST_TEST(contains(birth->cause, "their sum"));
}

BOOST_AUTO_TEST_CASE(what_is_finite_or_masked_has_no_birth) {
  Recording r;
  const Scalar x = r.variable(-2.0, "x");
  const Scalar masked = where(x > 0.0, sqrt(x), x * x);
  BOOST_TEST(!first_non_finite(masked, {x}).has_value());
  const auto anywhere = first_non_finite(masked, {x}, {.everywhere = true});
  BOOST_TEST_REQUIRE(anywhere.has_value());
  BOOST_TEST(anywhere->operation == "sqrt");
  const Scalar bounded = max(x, -infinity);
  BOOST_TEST(!first_non_finite(bounded, {x}, {.everywhere = true}).has_value());
  BOOST_TEST(!first_non_finite(Scalar(not_a_number), {}).has_value());  // a constant: nothing recorded it
  const Scalar shifted = x + infinity;
  const auto constant = first_non_finite(shifted, {x});
  BOOST_TEST_REQUIRE(constant.has_value());
  BOOST_TEST(contains(constant->cause, "a constant operand of add is inf"));
}

BOOST_AUTO_TEST_CASE(data_that_is_not_finite_is_a_constant) {
  Recording r;
  const Tensor w = r.variable(tensor({1.0, 1.0, 1.0, 1.0}, Shape{2, 2}), "w");
  const Tensor loss = sum(matmul(tensor({1.0, not_a_number, 3.0, 4.0}, Shape{2, 2}), w));
  const auto birth = first_non_finite(loss, {w});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "matmul");
  BOOST_TEST(contains(birth->cause, "a constant operand of matmul is f64[2,2], from 1 to 4, 1 of 4 not finite"),
             birth->cause);
}

BOOST_AUTO_TEST_CASE(with_adjoints_at_hand_the_same_is_told) {
  Recording r;
  const Scalar x = r.variable(0.0, "x"), w = r.variable(2.0, "w");
  const Tensor t = r.variable(tensor({1.0, 2.0}), "t");
  const Scalar fine = w * w + to_scalar(sum(t));
  BOOST_TEST(!first_non_finite(fine, {w, t}, backward(fine)).has_value());
  const Scalar loss = sqrt(x) + w;
  const auto birth = first_non_finite(loss, {x}, backward(loss));
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->explain() == first_non_finite(loss, {x})->explain());
  BOOST_TEST(!first_non_finite(loss, {w}, backward(loss)).has_value());
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_walked_without_recursion_and_shortened) {
  Recording r({.locations = false});
  const Scalar x = r.variable(-1.0, "x");
  Scalar y = sqrt(x);
  for (int k = 0; k < 1'000'000; ++k) y = y * 0.5 + x;
  const auto birth = first_non_finite(y, {x});
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "sqrt");
  BOOST_TEST(birth->chain_length == 2'000'001U);
  BOOST_TEST(birth->chain.size() == 8U);
  BOOST_TEST(contains(birth->explain(), "993 steps … →"), birth->explain());
  BOOST_TEST(draw(*birth).nodes.size() < 30U);
}

BOOST_AUTO_TEST_CASE(names_of_users_are_shown_printable) {
  Recording r;
  const Scalar x = r.variable(-1.0, "a\n\"<b>\x01 é");
  const auto scope = r.scope("s\n\x02");
  const Scalar y = log(x);
  const auto birth = first_non_finite(y, {x});
  const std::string text = birth->explain();
  BOOST_TEST(contains(text, "a\\n\"<b>\\x01 é"), text);
  BOOST_TEST(contains(text, "s\\n\\x02"), text);
}

BOOST_AUTO_TEST_CASE(the_drawing_marks_the_culprit_and_it_alone) {
  Recording r;
  const Scalar x = r.variable(2.0, "x"), y = r.variable(1.0, "y");
  const Scalar s = x - 3.0 * y;
  const Scalar loss = exp(sqrt(s) * x) + y;
  const graph::Drawing drawing = draw(*first_non_finite(loss, {x, y}));
  std::size_t marked = 0;
  for (const graph::DrawnNode& node : drawing.nodes) {
    if (node.mark == graph::Mark::none) continue;
    ++marked;
    BOOST_TEST((node.mark == graph::Mark::culprit));
    BOOST_TEST(node.not_finite);
    BOOST_TEST(node.texts.front().text == "√");
    BOOST_TEST(node.texts.back().text == "born here");
  }
  BOOST_TEST(marked == 1U);
  BOOST_TEST(contains(graph::to_dot(drawing), "born here"));
}

BOOST_AUTO_TEST_CASE(of_a_graph_with_its_gradient_the_derivative_is_named) {
  Recording r;
  const Scalar x = r.variable(1.0, "x"), w = r.variable(2.0, "w");
  const Scalar u = x * w;
  r.name(u, "u");
  const Scalar loss = sqrt(u);
  const Scalar slope = gradient(loss, x);
  const Expansion expansion = expand(r, {loss, slope});
  const std::vector<Array> fine{Array::scalar(1.0), Array::scalar(2.0)}, bad{Array::scalar(0.0), Array::scalar(2.0)},
      worse{Array::scalar(-1.0), Array::scalar(2.0)};
  BOOST_TEST(!first_non_finite(expansion.graph, fine).has_value());
  const auto adjoint = first_non_finite(expansion.graph, bad);
  BOOST_TEST_REQUIRE(adjoint.has_value());
  BOOST_TEST((adjoint->kind == BirthKind::adjoint));
  BOOST_TEST(adjoint->toward == "u");
  const auto value = first_non_finite(expansion.graph, worse);
  BOOST_TEST((value->kind == BirthKind::value));
  BOOST_TEST(value->operation == "sqrt");
  BOOST_CHECK_THROW(static_cast<void>(first_non_finite(expansion.graph, std::vector{Array::scalar(1.0)})),
                    ArgumentError);
}

BOOST_AUTO_TEST_CASE(programs_are_watched_by_sample) {
  Recording r;
  const Scalar x = r.variable(1.0, "x"), w = r.variable(2.0, "w"), fixed = r.variable(0.5, "fixed");
  const Scalar inner = x - w + fixed;
  r.name(inner, "inner");
  const Scalar y = log(inner + 3.0) * w;
  const auto line = static_cast<std::uint32_t>(__LINE__ - 1);
  const Scalar slope = gradient(y, x);
  const Program program(r, {x, w}, {y, slope});
  ProgramWatch watch(r, {x, w}, {y, slope}, {.every = 2});
  Program::Workspace workspace(program);
  // Samples 2 and 3 of four leave the domain.
  const std::vector<double> in{1, 2, 1, 0, /* w */ 2, 2, 9, 9};
  std::vector<double> out(8);
  program.run_batch(workspace, in, out, 4);
  const auto birth = watch.look_batch(in, out, 4);
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(watch.sample() == 2);
  BOOST_TEST(birth->operation == "log");
  BOOST_TEST(birth->line == line);
  BOOST_TEST(!watch.look_batch(in, out, 4).has_value());  // of two runs one is looked at
  BOOST_TEST(watch.look_batch(in, out, 4).has_value());
  BOOST_CHECK_THROW(ProgramWatch(r, {inner}, {y}), ArgumentError);
  BOOST_CHECK_THROW(ProgramWatch(r, {x}, {y}, {.every = 0}), ArgumentError);
  ProgramWatch all(r, {x, w}, {y, slope});
  BOOST_CHECK_THROW(static_cast<void>(all.look_batch(in, out, 3)), ArgumentError);
  // With room between columns, in which anything may lie.
  std::vector<double> wide_in(2 * 6, std::nan("")), wide_out(2 * 6, std::nan(""));
  for (std::size_t i = 0; i < 4; ++i) wide_in[i] = in[i], wide_in[6 + i] = in[4 + i];
  program.run_batch(workspace, wide_in, wide_out, {4, 6});
  BOOST_TEST_REQUIRE(all.look_batch(wide_in, wide_out, {4, 6}).has_value());
  BOOST_TEST(all.sample() == 2);
  BOOST_TEST(!all.look_batch(wide_in, wide_out, {2, 6}).has_value());
}

BOOST_AUTO_TEST_CASE(programs_of_tensors_are_watched) {
  Recording r;
  const Tensor x = r.variable(tensor({1.0, 2.0}), "x"), w = r.variable(tensor({1.0, 1.0}), "w");
  const Tensor loss = sum(log(x * w));
  const Tensor slope = gradient(loss, w);
  const Program program(r, {x, w}, {loss, slope});
  ProgramWatch watch(r, {x, w}, {loss, slope});
  Program::Workspace workspace(program);
  const auto look = [&](const Array& first, const Array& second) {
    workspace.set(0, first);
    workspace.set(1, second);
    program.run(workspace);
    return watch.look(std::vector{first, second}, std::vector{workspace.get(0).value(), workspace.get(1).value()});
  };
  const Array good = Array::from({1.0, 2.0}, Shape{2}), bad = Array::from({1.0, -2.0}, Shape{2});
  BOOST_TEST(!look(good, good).has_value());
  const auto birth = look(good, bad);
  BOOST_TEST_REQUIRE(birth.has_value());
  BOOST_TEST(birth->operation == "log");
  BOOST_TEST(birth->element == "[1] of f64[2]");
}

BOOST_AUTO_TEST_CASE(a_finite_array_is_told_from_one_that_is_not) {
  for (const double bad : {not_a_number, -not_a_number, infinity, -infinity}) {
    for (const std::size_t size : {1U, 7U, 1024U, 1025U, 5000U}) {
      for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
        std::vector<double> numbers(size, -std::numeric_limits<double>::max());
        std::vector<float> small(size, std::numeric_limits<float>::denorm_min());
        const Shape shape{static_cast<std::int64_t>(size)};
        BOOST_TEST(all_finite(Array::from(numbers, shape)));
        BOOST_TEST(all_finite(Array::from(small, shape)));
        numbers[at] = bad;
        small[at] = static_cast<float>(bad);
        BOOST_TEST(!all_finite(Array::from(numbers, shape)));
        BOOST_TEST(first_not_finite(Array::from(small, shape)).value() == static_cast<std::int64_t>(at));
        BOOST_TEST(count_not_finite(Array::from(numbers, shape)) == 1);
      }
    }
  }
  BOOST_TEST(all_finite(Array()));
  BOOST_TEST(all_finite(Array::uniform({Dtype::i64, Shape{3}}, 5)));
  BOOST_TEST(!all_finite(Array::uniform({Dtype::f32, Shape{3}}, infinity)));
  BOOST_TEST(count_not_finite(Array::uniform({Dtype::f32, Shape{3}}, infinity)) == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
