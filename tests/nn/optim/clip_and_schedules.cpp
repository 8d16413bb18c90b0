// Clipping, and what schedules do besides following PyTorch.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/optim/clip.hpp"
#include "wengert/nn/optim/schedule.hpp"

namespace {

using namespace wengert;
constexpr double infinity = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

BOOST_AUTO_TEST_SUITE(clip)

const auto close = boost::test_tools::tolerance(1e-14);

BOOST_AUTO_TEST_CASE(the_norm_is_over_all_gradients_and_dtypes) {
  const std::vector g{tensor({3, 0, -4}), convert(tensor({12.0}), Dtype::f32), zeros({0})};
  BOOST_TEST(nn::total_norm(g) == 13.0, close);
  BOOST_TEST(nn::total_norm(g, infinity) == 12.0);
  BOOST_TEST(nn::total_norm(g, 1) == 19.0, close);
  BOOST_TEST(nn::total_norm(g, 3) == std::cbrt(27 + 64 + 1728), close);
  BOOST_TEST(nn::total_norm({}) == 0.0);
  BOOST_TEST(nn::total_norm(std::vector{full({100}, 0.5)}) == 5.0, close);  // one stored element
  std::vector<double> many(1003);
  long double square = 0;
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = std::sin(static_cast<double>(i));
    square += static_cast<long double>(many[i]) * static_cast<long double>(many[i]);
  }
  BOOST_TEST(nn::total_norm(std::vector{tensor(many, Shape{1003})}) == static_cast<double>(std::sqrt(square)), close);
}

BOOST_AUTO_TEST_CASE(the_norm_neither_overflows_nor_underflows) {
  BOOST_TEST(nn::total_norm(std::vector{tensor({3e200, 4e200})}) == 5e200, close);
  BOOST_TEST(nn::total_norm(std::vector{tensor({3e-200, 4e-200})}) == 5e-200, close);
  BOOST_TEST(nn::total_norm(std::vector{tensor({3e-310, 4e-310})}) == 5e-310, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(nn::total_norm(std::vector{tensor({0.0, 0.0})}) == 0.0);
}

BOOST_AUTO_TEST_CASE(clip_norm_scales_all_gradients_and_returns_the_norm_they_had) {
  std::vector g{tensor({3.0, 0.0}), convert(tensor({4.0}), Dtype::f32)};
  const Tensor kept = g[0];
  BOOST_TEST(nn::clip_norm(g, 10) == 5.0, close);
  BOOST_TEST(g[0].to_vector() == (std::vector<double>{3, 0}));  // below the bound: not touched
  BOOST_TEST(nn::clip_norm(g, 1) == 5.0, close);
  BOOST_TEST(g[0].to_vector()[0] == 3 / 5.000001, close);
  BOOST_TEST(g[1].item() == static_cast<double>(4.0f * static_cast<float>(1 / 5.000001)));
  BOOST_TEST(kept.to_vector() == (std::vector<double>{3, 0}));
  std::vector uniform{full({4}, 2)};
  BOOST_TEST(nn::clip_norm(uniform, 3, {.p = infinity}) == 2.0);
  BOOST_TEST(nn::clip_norm(uniform, 1, {.p = infinity}) == 2.0);
  BOOST_TEST(uniform[0].to_vector() == std::vector<double>(4, 2 * (1 / 2.000001)), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_norm_that_is_not_finite_is_reported_and_spreads_to_nothing) {
  for (const double bad : {nan_value, infinity, -infinity}) {
    std::vector g{tensor({1.0}), tensor({2.0, bad})};
    BOOST_CHECK_EXCEPTION(nn::clip_norm(g, 1), DomainError, [](const Error& e) {
      return std::string(e.what()).find("gradient 1, f64[2], has NaN or infinity") != std::string::npos;
    });
    const double norm = nn::clip_norm(g, 1, {.error_if_nonfinite = false});
    BOOST_TEST(!std::isfinite(norm));
    BOOST_TEST(std::isnan(norm) == std::isnan(bad));
    BOOST_TEST(g[0].item() == 1.0);
    BOOST_TEST(g[1].to_vector()[0] == 2.0);
  }
}

BOOST_AUTO_TEST_CASE(clip_value_bounds_each_element) {
  std::vector g{tensor({-3, -0.5, 0, 0.5, 3, infinity, -infinity}), full({2}, 9), convert(tensor({7.0}), Dtype::f32)};
  const Tensor kept = g[0];
  nn::clip_value(g, 1);
  BOOST_TEST(g[0].to_vector() == (std::vector<double>{-1, -0.5, 0, 0.5, 1, 1, -1}));
  BOOST_TEST(g[1].to_vector() == (std::vector<double>{1, 1}));
  BOOST_TEST(g[2].item() == 1.0);
  BOOST_TEST(kept.to_vector()[0] == -3.0);
  std::vector bad{tensor({5.0}), tensor({nan_value})};
  BOOST_CHECK_THROW(nn::clip_value(bad, 1), DomainError);
  BOOST_TEST(bad[0].item() == 5.0);
}

BOOST_AUTO_TEST_CASE(bad_arguments_of_clipping_are_refused) {
  std::vector g{tensor({1.0})}, whole{tensor(std::vector<std::int64_t>{1}, Shape{1})};
  BOOST_CHECK_THROW(nn::clip_norm(g, -1), ArgumentError);
  BOOST_CHECK_THROW(nn::clip_norm(g, nan_value), ArgumentError);
  BOOST_CHECK_THROW(nn::clip_norm(g, 1, {.p = 0.5}), ArgumentError);
  BOOST_CHECK_THROW(nn::clip_value(g, -1), ArgumentError);
  BOOST_CHECK_THROW(nn::clip_norm(whole, 1), DtypeError);
  BOOST_CHECK_THROW(nn::clip_value(whole, 1), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(schedules)

const auto close = boost::test_tools::tolerance(1e-14);

std::vector<double> rates(const nn::Schedule& schedule, std::int64_t count) {
  std::vector<double> result;
  for (std::int64_t t = 0; t < count; ++t) result.push_back(schedule(t));
  return result;
}

BOOST_AUTO_TEST_CASE(a_warm_up_rises_evenly_to_the_schedule_that_follows) {
  BOOST_TEST(rates(nn::warm_up(3, nn::constant(8)), 5) == (std::vector<double>{2, 4, 6, 8, 8}),
             boost::test_tools::per_element());
  const nn::Schedule composed = nn::warm_up(5, nn::cosine(1, 10)), alone = nn::cosine(1, 10);
  for (std::int64_t t = 5; t < 20; ++t) BOOST_TEST(composed(t) == alone(t - 5));
  BOOST_TEST(nn::warm_up(0, alone)(0) == 1.0);
}

BOOST_AUTO_TEST_CASE(schedules_stay_where_they_end) {
  BOOST_TEST(nn::cosine(1, 10, 0.25)(10) == 0.25);
  BOOST_TEST(nn::cosine(1, 10, 0.25)(1000) == 0.25);
  BOOST_TEST(nn::polynomial(1, 10)(10) == 0.0);
  BOOST_TEST(nn::polynomial(1, 10)(5) == 0.5, close);
  BOOST_TEST(nn::one_cycle(1, 10)(9) == 1 / 25e4, close);
  BOOST_TEST(nn::one_cycle(1, 10)(1000) == nn::one_cycle(1, 10)(9));
  BOOST_TEST(nn::exponential(1, 0.5)(-3) == 1.0);
  BOOST_TEST(nn::cosine_restarts(1, 3)(3'000'000'000'000) == 1.0);
  BOOST_TEST(std::isfinite(nn::cosine_restarts(1, 3, 1 << 30)(std::numeric_limits<std::int64_t>::max())));
}

BOOST_AUTO_TEST_CASE(one_cycles_of_few_steps_are_finite_and_at_most_the_rate) {
  for (std::int64_t steps = 1; steps < 12; ++steps)
    for (const double rise : {0.0, 0.1, 0.25, 0.5, 1.0})
      for (const double rate : rates(nn::one_cycle(1, steps, {.rise = rise}), steps + 2))
        BOOST_TEST((rate > 0 && rate <= 1), steps << " steps, rise " << rise << ": " << rate);
}

BOOST_AUTO_TEST_CASE(a_sequence_starts_each_schedule_at_its_beginning) {
  const auto schedule = nn::sequence(nn::constant(3), 2, nn::sequence(nn::constant(2), 1, nn::exponential(1, 0.5)));
  BOOST_TEST(rates(schedule, 6) == (std::vector<double>{3, 3, 2, 1, 0.5, 0.25}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_nan_is_no_better_than_anything) {
  nn::Plateau plateau(1, {.factor = 0.5, .patience = 1});
  BOOST_TEST(plateau.step(nan_value) == 1.0);
  BOOST_TEST(plateau.step(nan_value) == 0.5);
  BOOST_TEST(plateau.step(3) == 0.5);
  BOOST_TEST(plateau.step(nan_value) == 0.5);
  BOOST_TEST(plateau.step(2) == 0.5);
}

BOOST_AUTO_TEST_CASE(a_negative_loss_that_stands_still_is_a_plateau) {
  nn::Plateau plateau(1, {.factor = 0.5, .patience = 1});
  for (int t = 0; t < 3; ++t) plateau.step(-10);
  BOOST_TEST(plateau.rate() == 0.5);
}

BOOST_AUTO_TEST_CASE(bad_numbers_of_schedules_are_refused) {
  BOOST_CHECK_THROW((void)nn::constant(-1), ArgumentError);
  BOOST_CHECK_THROW((void)nn::constant(nan_value), ArgumentError);
  BOOST_CHECK_THROW((void)nn::step_decay(1, 0), ArgumentError);
  BOOST_CHECK_THROW((void)nn::multi_step(1, {2}, -1), ArgumentError);
  BOOST_CHECK_THROW((void)nn::exponential(infinity, 0.5), ArgumentError);
  BOOST_CHECK_THROW((void)nn::cosine(1, 0), ArgumentError);
  BOOST_CHECK_THROW((void)nn::cosine_restarts(1, 5, 0), ArgumentError);
  BOOST_CHECK_THROW((void)nn::polynomial(1, 10, -1), ArgumentError);
  BOOST_CHECK_THROW((void)nn::warm_up(-1, nn::constant(1)), ArgumentError);
  BOOST_CHECK_THROW((void)nn::warm_up(3, nn::Schedule{}), ArgumentError);
  BOOST_CHECK_THROW((void)nn::warm_up(3, nn::constant(1), 1.5), ArgumentError);
  BOOST_CHECK_THROW((void)nn::sequence(nn::constant(1), 3, {}), ArgumentError);
  BOOST_CHECK_THROW((void)nn::one_cycle(1, 0), ArgumentError);
  BOOST_CHECK_THROW((void)nn::one_cycle(1, 10, {.rise = 2}), ArgumentError);
  BOOST_CHECK_THROW((void)nn::one_cycle(1, 10, {.initial_divisor = 0}), ArgumentError);
  BOOST_CHECK_THROW(nn::Plateau(1, {.factor = 1}), ArgumentError);
  BOOST_CHECK_THROW(nn::Plateau(1, {.patience = -1}), ArgumentError);
}

BOOST_AUTO_TEST_CASE(a_state_of_a_plateau_that_is_none_is_refused) {
  nn::Plateau plateau(1);
  const auto good = plateau.state();
  const auto with = [&](std::size_t at, nn::NamedTensor entry) {
    auto bad = good;
    bad[at] = std::move(entry);
    return bad;
  };
  BOOST_CHECK_THROW(plateau.load_state({}), ArgumentError);
  BOOST_CHECK_THROW(plateau.load_state(with(0, {"rate", full({}, 1)})), ArgumentError);
  BOOST_CHECK_THROW(plateau.load_state(with(0, {"plateau.rate", full({}, -1)})), ArgumentError);
  BOOST_CHECK_THROW(plateau.load_state(with(0, {"plateau.rate", full({2}, 1)})), ArgumentError);
  BOOST_CHECK_THROW(plateau.load_state(with(2, {"plateau.bad", full({}, 1)})), ArgumentError);
  BOOST_TEST(plateau.rate() == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
