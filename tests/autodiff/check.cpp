// The gradient checker: right rules pass, and rules that were made wrong on purpose are caught, each by the comparison
// that is there for it, with a message that says which (T38).
#include "wengert/autodiff/transform/check.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert {
namespace {

// --- A right primitive, and ways to spoil it
// --------------------------------------------------------------------------

/// x·y + x³: every derivative to third order is something.
struct Right : ops::Elementwise<2> {
  static constexpr auto name = "right", symbol = "r", doc = "x·y + x³", reference = "x*y+x**3";
  template <class V>
  static V value(const V& x, const V& y) {
    return x * y + x * x * x;
  }
  template <class V>
  static V d0(const V&, const V& x, const V& y) {
    return y + 3 * x * x;
  }
  template <class V>
  static V d1(const V&, const V& x, const V&) {
    return x;
  }
  static constexpr auto points() {
    return std::array{ops::Point<2>{{1.5, -2.25}}, ops::Point<2>{{-0.5, 3.0}}, ops::Point<2>{{0.0, 0.0}}};
  }
};

/// A number that does not widen a float to double.
template <class V>
auto literal(double number) {
  if constexpr (Number<V>)
    return static_cast<V>(number);
  else
    return number;
}

struct WrongFactor : Right {
  static constexpr auto name = "wrong_factor";
  template <class V>
  static V d0(const V&, const V& x, const V& y) {
    return literal<V>(1.001) * (y + 3 * x * x);
  }
};
struct WrongOperand : Right {
  static constexpr auto name = "wrong_operand";
  template <class V>
  static V d1(const V&, const V&, const V& y) {
    return y;
  }
};
struct WrongSign : Right {
  static constexpr auto name = "wrong_sign";
  template <class V>
  static V d1(const V&, const V& x, const V&) {
    return -x;
  }
};
struct MissingTerm : Right {
  static constexpr auto name = "missing_term";
  template <class V>
  static V d0(const V&, const V& x, const V&) {
    return 3 * x * x;
  }
};
struct MissingOperand : Right {
  static constexpr auto name = "missing_operand";
  template <class V>
  static ops::Zero d1(const V&, const V&, const V&) {
    return {};
  }
};
/// The number that comes out is right, so all first derivatives are; as a recorded value it depends on less than it
/// should.
struct WrongAtSecondOrderOnly : Right {
  static constexpr auto name = "wrong_at_second_order";
  template <class V>
  static V d0(const V&, const V& x, const V& y) {
    if constexpr (std::is_same_v<V, Eager>) {
      const double frozen = x.scalar().value();
      return y + 3 * frozen * frozen;
    } else {
      return y + 3 * x * x;
    }
  }
};
/// Right to second order: 6·a·x - 3·a² has at x = a the value and the derivative of 3·x².
struct WrongAtThirdOrderOnly : Right {
  static constexpr auto name = "wrong_at_third_order";
  template <class V>
  static V d0(const V&, const V& x, const V& y) {
    if constexpr (std::is_same_v<V, Eager>) {
      const double frozen = x.scalar().value();
      return y + 6 * frozen * x - 3 * frozen * frozen;
    } else {
      return y + 3 * x * x;
    }
  }
};
struct WrongRecordedRule : Right {
  static constexpr auto name = "wrong_recorded_rule";
  template <class V>
  static V d1(const V&, const V& x, const V&) {
    if constexpr (std::is_same_v<V, Eager>)
      return 1.001 * x;
    else
      return x;
  }
};

template <class P>
  requires HandleOperands<Scalar, Scalar>
auto spoiled(const Scalar& x, const Scalar& y) {
  return apply<P>(x, y);
}

bool mentions(const CheckReport& report, const std::string& text) {
  return std::any_of(report.failures.begin(), report.failures.end(),
                     [&](const CheckFailure& failure) { return to_string(failure).find(text) != std::string::npos; });
}

template <class P>
void check_caught(const std::string& check, int order) {
  const CheckReport report = check_primitive<P>();
  BOOST_TEST(!report.passed(), P::name << " was not caught");
  const std::string line = std::string(P::name) + ": " + check + ", order " + std::to_string(order);
  BOOST_TEST(mentions(report, line), "expected a failure that begins with `" << line << "`, got\n" << report.text());
  int lowest = 9;
  for (const CheckFailure& failure : report.failures) lowest = std::min(lowest, failure.order);
  BOOST_TEST(lowest == order, report.text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(a_right_rule_passes) {
  const CheckReport report = check_primitive<Right>();
  BOOST_TEST(report.passed(), report.text());
  BOOST_TEST(report.comparisons > 100u);
  BOOST_TEST(report.text().find("all well") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_primitive_of_the_library_passes) {
  for (const Primitive* p : elementwise_primitives()) {
    const CheckReport report = check_primitive(*p, {.order = 3});
    BOOST_TEST(report.passed(), report.text());
    BOOST_TEST_MESSAGE(p->name << ": " << report.text());
  }
}

BOOST_AUTO_TEST_CASE(planted_rules_are_caught) {
  const std::string first = "rule against differences";
  check_caught<WrongFactor>(first, 1);
  check_caught<WrongOperand>(first, 1);
  check_caught<WrongSign>(first, 1);
  check_caught<MissingTerm>(first, 1);
  check_caught<MissingOperand>(first, 1);
  check_caught<WrongRecordedRule>("recorded against numeric", 1);
  check_caught<WrongAtSecondOrderOnly>("recorded rule against differences of the numeric one", 2);
  check_caught<WrongAtThirdOrderOnly>("third derivative against differences of the second", 3);
}

BOOST_AUTO_TEST_CASE(a_failure_says_what_where_and_how_much) {
  const CheckReport report = check_primitive<WrongSign>();
  const std::string expected =
      "wrong_sign: rule against differences, order 1, by operand 1, at (1.5, -2.25): got -1.5, expected 1.5";
  BOOST_TEST(mentions(report, expected.substr(0, expected.size() - 3)), report.text());
}

// --- Functions
// --------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_function_of_several_variables) {
  const auto f = [](const std::vector<Scalar>& x) { return sin(x[0]) * x[1] + exp(x[2] * x[0]) / x[1]; };
  const GradientCheck report = check_gradient(f, {0.5, 2.0, -1.5}, {.order = 2});
  BOOST_TEST(report.passed(), report.text());
  BOOST_TEST(report.backward[1] == std::sin(0.5) - std::exp(-0.75) / 4, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(report.recorded[1] == report.backward[1], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(report.forward[1] == report.backward[1], boost::test_tools::tolerance(1e-14));
  BOOST_TEST(report.differences[1] == report.backward[1], boost::test_tools::tolerance(1e-9));
  BOOST_TEST(report.hessian[0][0] == -2 * std::sin(0.5) + 2.25 * std::exp(-0.75) / 2,
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(report.hessian_differences[0][0] == report.hessian[0][0], boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(a_function_of_one_number_with_a_loop) {
  const auto f = [](const Scalar& x) {
    Scalar v = x;
    for (int i = 0; i < 50; ++i) v = sin(v) * 1.1 + 0.01 * x;
    return v;
  };
  const GradientCheck report = check_gradient(f, 0.7, {.order = 2});
  BOOST_TEST(report.passed(), report.text());
}

BOOST_AUTO_TEST_CASE(functions_with_planted_rules_are_caught) {
  const auto check = [](const auto& f, int order) {
    const GradientCheck report = check_gradient(f, {1.25, -0.5}, {.order = 2});
    BOOST_TEST(!report.passed());
    int lowest = 9;
    for (const CheckFailure& failure : report.failures) lowest = std::min(lowest, failure.order);
    BOOST_TEST(lowest == order, report.text());
  };
  check([](const std::vector<Scalar>& x) { return sin(spoiled<WrongFactor>(x[0], x[1])); }, 1);
  check([](const std::vector<Scalar>& x) { return sin(spoiled<WrongOperand>(x[0], x[1])); }, 1);
  check([](const std::vector<Scalar>& x) { return sin(spoiled<MissingOperand>(x[0], x[1])); }, 1);
  check([](const std::vector<Scalar>& x) { return sin(spoiled<WrongRecordedRule>(x[0], x[1])); }, 1);
  check([](const std::vector<Scalar>& x) { return sin(spoiled<WrongAtSecondOrderOnly>(x[0], x[1])); }, 2);
  // What leaves the recording is not differentiated.
  check([](const std::vector<Scalar>& x) { return x[0] * std::sin(x[1].value()); }, 1);
}

// The checker does not know where kinks are; it must not take what it cannot tell for right.
BOOST_AUTO_TEST_CASE(a_kink_is_not_passed_over) {
  const GradientCheck at = check_gradient([](const Scalar& x) { return abs(x - 1.0); }, 1.0);
  BOOST_TEST(at.passed());  // symmetric: the differences are 0, and so is the convention
  const GradientCheck relu_at_0 = check_gradient([](const Scalar& x) { return relu(x); }, 0.0);
  BOOST_TEST(!relu_at_0.passed());
  const GradientCheck near = check_gradient([](const Scalar& x) { return relu(x); }, 1e-9);
  BOOST_TEST(!near.passed());
  // Here the differences see no kink at some steps and one at others.
  const GradientCheck nearer = check_gradient([](const Scalar& x) { return relu(x) * sin(x); }, 1e-3);
  BOOST_TEST((nearer.passed() || nearer.text().find("did not settle") != std::string::npos), nearer.text());
}

BOOST_AUTO_TEST_CASE(steps_stay_inside_the_domain) {
  for (const double x : {1e-3, 1e-6, 0.3, 1e5}) {
    const GradientCheck report = check_gradient([](const Scalar& v) { return log(v) + sqrt(v); }, x, {.order = 2});
    BOOST_TEST(report.passed(), report.text());
  }
}

BOOST_AUTO_TEST_CASE(wrong_arguments) {
  const auto f = [](const Scalar& x) { return x * x; };
  BOOST_CHECK_THROW(static_cast<void>(check_gradient(f, 1.0, {.order = 3})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(check_primitive<Right>({.order = 0})), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
