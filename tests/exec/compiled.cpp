// compiled(): functions that run as programs.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/compiled.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;

BOOST_AUTO_TEST_SUITE(compiled_functions)

BOOST_AUTO_TEST_CASE(a_function_of_numbers_is_recorded_once) {
  auto g = compiled(value_and_grad([](const Scalar& x, const Scalar& y) { return Scalar(sin(x) * y + x); }));
  for (const double at : {0.5, 1.5, -2.0}) {
    const auto [y, slopes] = g(at, 3.0);
    BOOST_TEST(std::abs(y - (std::sin(at) * 3.0 + at)) <= 1e-15 * 8);
    BOOST_TEST(std::abs(slopes[0] - (std::cos(at) * 3.0 + 1.0)) <= 1e-15 * 8);
    BOOST_TEST(slopes[1] == std::sin(at));
  }
  BOOST_TEST(g.times_recorded() == 1u);
}

BOOST_AUTO_TEST_CASE(compile_takes_examples_and_runs_at_others) {
  auto f = compile([](const Tensor& x, const Scalar& a) { return Tensor(tanh(x * to_tensor(a))); },
                   Tensor(Array::from({1.0, 2.0}, Shape{2})), 1.0);
  BOOST_TEST(f.times_recorded() == 1u);
  const Tensor y = f(Tensor(Array::from({0.25, -1.0}, Shape{2})), 2.0);
  BOOST_TEST(std::abs(y.value().element(0) - std::tanh(0.5)) <= 1e-15 * 4);
  BOOST_TEST(std::abs(y.value().element(1) - std::tanh(-2.0)) <= 1e-15 * 4);
  BOOST_TEST(f.times_recorded() == 1u);
}

BOOST_AUTO_TEST_CASE(another_branch_is_an_error_or_recorded_again) {
  const auto f = [](const Scalar& x) { return x < 1.0 ? Scalar(x * x) : Scalar(x + 1.0); };
  auto strict = compiled(f);
  BOOST_TEST(strict(0.5) == 0.25);
  BOOST_CHECK_THROW(strict(2.0), GuardFailed);
  auto both = compiled(f, ReplayOptions{.on_guard = OnGuard::rerecord});
  BOOST_TEST(both(0.5) == 0.25);
  BOOST_TEST(both(2.0) == 3.0);
  BOOST_TEST(both(0.25) == 0.0625);
  BOOST_TEST(both.times_recorded() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
