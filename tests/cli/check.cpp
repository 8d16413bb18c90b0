// `wengert check`: what it says of derivatives that are right, of kinks, edges and jumps; and the slopes it rests on.

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/cli/slopes.hpp"

namespace {

using namespace wengert::cli;
using wengert::test::Outcome;
using wengert::test::run_command;

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(verdicts) {
  struct Case {
    std::string expression, at, verdict;
  };
  for (const Case& c :
       {Case{"sin(x)", "x=2", "ok"}, Case{"abs(x)", "x=0", "kink"}, Case{"abs(x)", "x=1e-4", "ok"},
        Case{"relu(x)", "x=0", "kink"}, Case{"max(x, 1)", "x=1", "kink"}, Case{"norm([x, 0])", "x=0", "kink"},
        Case{"x*abs(x)", "x=0", "ok"}, Case{"where(x < 1, x^2, 2*x - 1)", "x=1", "ok"},
        Case{"sqrt(x)", "x=0", "not finite"}, Case{"log(x)", "x=-1", "not finite"}, Case{"2*x", "x=inf", "not finite"},
        Case{"x^1.5", "x=0", "edge"}, Case{"heaviside(x)", "x=0", "unsettled"}, Case{"round(x)", "x=0.5", "unsettled"},
        Case{"1e8 + x^2", "x=1e-3", "unsettled"}, Case{"floor(x)", "x=2.5", "ok"}, Case{"exp(1000*x)", "x=0.1", "ok"},
        Case{"sum(A @ [x, 1]) + sum(A)", "x=2,A=[1,2;3,4]", "ok"}, Case{"u = x^2\nsin(u)/u", "x=0.3", "ok"}}) {
    BOOST_TEST_CONTEXT(c.expression << " at " << c.at) {
      const Outcome outcome = run_command({"check", c.expression, "--at", c.at, "--json", "--wrt", "x"});
      const auto report = nlohmann::json::parse(outcome.out);
      BOOST_TEST(report.at("checks").at(0).at("verdict") == c.verdict);
      BOOST_TEST(report.at("agrees") == (c.verdict == "ok"));
      BOOST_TEST(outcome.status == (c.verdict == "ok" ? 0 : 1));
      BOOST_TEST(outcome.err == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_derivative_that_is_wrong_is_not_confirmed) {
  // fmod has, by convention, the partial 1 where x/z is whole: the value jumps there. Nothing wrong may pass as ok.
  const Outcome outcome = run_command({"check", "fmod(x, 1)", "--at", "x=2"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.out.find("ok") == std::string::npos);
  BOOST_TEST(outcome.out.find("do not settle") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(slopes_of_smooth_functions_have_no_kink) {
  const auto worst = [](const std::function<double(double)>& f, const std::function<double(double)>& slope) {
    double largest = 0;
    for (double x = -3.1; x < 3; x += 0.173) {
      const Slopes s = slopes_at(f, x);
      BOOST_TEST(!s.kink, "a kink at " << x);
      for (const Slope& side : {s.left, s.right})
        largest = std::max(largest, std::abs(side.value - slope(x)) / (1 + std::abs(slope(x))));
    }
    return largest;
  };
  BOOST_TEST(worst([](double x) { return std::sin(x); }, [](double x) { return std::cos(x); }) < 1e-8);
  BOOST_TEST(worst([](double x) { return std::exp(3 * x); }, [](double x) { return 3 * std::exp(3 * x); }) < 1e-8);
  BOOST_TEST(worst([](double x) { return 1e6 + x * x; }, [](double x) { return 2 * x; }) < 1e-3);
  BOOST_TEST(worst([](double) { return 7.0; }, [](double) { return 0.0; }) == 0);
}

BOOST_AUTO_TEST_CASE(slopes_on_either_side_of_a_kink) {
  for (const double x : {0.0, 1.0, -40.0, 1e-7, 1e6}) {
    const Slopes s = slopes_at([x](double t) { return 3 * std::abs(t - x) + 2 * t; }, x);
    BOOST_TEST(s.kink);
    BOOST_TEST(s.left.value == -1, boost::test_tools::tolerance(1e-7));
    BOOST_TEST(s.right.value == 5, boost::test_tools::tolerance(1e-7));
  }
  const Slopes jump = slopes_at([](double t) { return t < 1 ? 0.0 : 1.0; }, 1.0);
  BOOST_TEST(!std::isfinite(jump.left.error));
  BOOST_TEST(jump.right.value == 0);
  const Slopes edge = slopes_at([](double t) { return std::sqrt(t) * t; }, 0.0);
  BOOST_TEST(!edge.left.defined);
  BOOST_TEST(edge.right.defined);
  BOOST_TEST(!slopes_at([](double) { return std::numeric_limits<double>::infinity(); }, 1.0).kink);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
