// The rules by which a training ends, on losses written down.

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/graph/error.hpp"
#include "wengert/nn/train/stopping.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct End {
  std::int64_t epoch = 0;  // 0: no rule held
  std::optional<Ending> ending{};
};

/// Feeds epochs to the rules until one holds.
End end_of(StoppingRules& rules, const std::vector<double>& losses, const std::vector<double>& validation = {},
           const std::vector<double>& accuracy = {}) {
  History history;
  if (!accuracy.empty()) history.metrics = {"accuracy"};
  for (std::size_t k = 0; k < losses.size(); ++k) {
    TrainingRecord record{.epoch = static_cast<std::int64_t>(k) + 1, .loss = losses[k]};
    if (!validation.empty()) record.validation_loss = validation[k];
    if (!accuracy.empty()) record.validation_metrics = {accuracy[k]};
    history.epochs.push_back(record);
    rules.add_epoch(history);
    if (const auto ending = rules.verdict()) return {record.epoch, ending};
  }
  return {};
}

BOOST_AUTO_TEST_SUITE(stopping)

BOOST_AUTO_TEST_CASE(the_lecture_s_rules) {
  StoppingRules small({}, {.below = 0.5}, {});
  const End end = end_of(small, {2, 1, 0.5, 0.1});
  BOOST_TEST(end.epoch == 3);
  BOOST_CHECK(end.ending == Ending::small_loss);

  StoppingRules still({}, {.change = 0.125}, {});
  const End unchanged = end_of(still, {2, 1, 0.75, 0.625, 0.5});
  BOOST_TEST(unchanged.epoch == 4);  // 0.75 - 0.625 is 0.125 exactly
  BOOST_CHECK(unchanged.ending == Ending::unchanged_loss);

  StoppingRules thrice({}, {.change = 0.125, .epochs = 3}, {});
  BOOST_TEST(end_of(thrice, {1, 1, 1, 0.5, 0.5, 0.5, 0.625, 0.7}).epoch == 7);

  StoppingRules both({}, {.below = 1, .change = 0}, {});
  BOOST_CHECK(end_of(both, {2, 1, 1}).ending == Ending::small_loss);
}

BOOST_AUTO_TEST_CASE(nan_is_neither_small_nor_unchanged) {
  StoppingRules rules({}, {.below = 0.5, .change = 10}, {});
  BOOST_TEST(end_of(rules, {nan, nan, nan}).epoch == 0);
}

BOOST_AUTO_TEST_CASE(no_rule_no_end) {
  StoppingRules rules;
  BOOST_TEST(end_of(rules, std::vector<double>(50, 0.0)).epoch == 0);
  BOOST_TEST(rules.best_epoch() == 1);
}

BOOST_AUTO_TEST_CASE(early_stopping_waits_for_its_patience) {
  StoppingRules rules({}, {}, {.patience = 2});
  const End end = end_of(rules, {9, 8, 7, 6, 5, 4, 3}, {5, 3, 4, 2.5, 2.5, 2.75, 1});
  BOOST_TEST(end.epoch == 6);
  BOOST_CHECK(end.ending == Ending::early_stopping);
  BOOST_TEST(rules.best_epoch() == 4);  // equal is not better
  BOOST_TEST(rules.best() == 2.5);
}

BOOST_AUTO_TEST_CASE(a_small_improvement_is_the_best_but_does_not_count_for_patience) {
  StoppingRules rules({}, {}, {.patience = 2, .least_improvement = 0.5});
  const End end = end_of(rules, {5, 4.75, 4.5, 4.25});
  BOOST_TEST(end.epoch == 3);
  BOOST_TEST(rules.best_epoch() == 3);
  // Small steps add up.
  StoppingRules sum({}, {}, {.patience = 3, .least_improvement = 0.5});
  BOOST_TEST(end_of(sum, {5, 4.75, 4.5, 4.25, 4, 3.75, 3.5}).epoch == 0);
}

BOOST_AUTO_TEST_CASE(a_metric_may_be_maximised) {
  StoppingRules rules({.column = "validation_accuracy", .maximise = true}, {}, {.patience = 2});
  const End end = end_of(rules, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {0.5, 0.75, 0.7, 0.75, 0.8});
  BOOST_TEST(end.epoch == 4);
  BOOST_TEST(rules.best_epoch() == 2);
}

BOOST_AUTO_TEST_CASE(nan_is_no_improvement) {
  StoppingRules rules({}, {}, {.patience = 3});
  BOOST_TEST(end_of(rules, {nan, nan, 2, nan, nan, nan}).epoch == 6);
  BOOST_TEST(rules.best_epoch() == 3);
  StoppingRules never({}, {}, {.patience = 3});
  BOOST_TEST(end_of(never, {nan, nan, nan}).epoch == 3);
  BOOST_TEST(never.best_epoch() == 0);
}

BOOST_AUTO_TEST_CASE(a_column_that_does_not_exist_is_refused) {
  const auto line = std::source_location::current().line() + 1;
  StoppingRules rules({.column = "validation_accuracy"}, {}, {});
  try {
    end_of(rules, {1});
    BOOST_ERROR("not refused");
  } catch (const ArgumentError& error) {
    const std::string text = error.what();
    BOOST_TEST(text.find("there is no column 'validation_accuracy' to monitor") != std::string::npos);
    BOOST_TEST(text.find("one of epoch, step, loss, rate, seconds") != std::string::npos);
    BOOST_TEST(error.where().line() == line);
  }
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense_are_refused) {
  BOOST_CHECK_THROW(StoppingRules({}, {.below = nan}, {}), ArgumentError);
  BOOST_CHECK_THROW(StoppingRules({}, {.change = -1.0}, {}), ArgumentError);
  BOOST_CHECK_THROW(StoppingRules({}, {.change = nan}, {}), ArgumentError);
  BOOST_CHECK_THROW(StoppingRules({}, {.epochs = 0}, {}), ArgumentError);
  BOOST_CHECK_THROW(StoppingRules({}, {}, {.patience = -1}), ArgumentError);
  BOOST_CHECK_THROW(StoppingRules({}, {}, {.patience = 1, .least_improvement = -1}), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
