// Loader: the order is a function of seed and epoch; batches do not depend on threads; errors come with their batch; an
// epoch that is left ends its threads. Run under ThreadSanitizer by scripts/check-all.
#include "wengert/nn/data/loader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using namespace wengert;
using nn::Batch;
using nn::Loader;
using nn::LoaderOptions;
using nn::Positions;
using nn::Random;

// x[k] = k, plus a uniform number of the epoch's; counts what is made, and is late at random.
class Slow final : public nn::Dataset {
 public:
  explicit Slow(std::int64_t size) : size_(size) {}
  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] Batch batch(Positions positions) const override { return epoch_batch(positions, Random(0)); }
  [[nodiscard]] Batch epoch_batch(Positions positions, const Random& random) const override {
    const int running = ++running_;
    for (int most = most_running_; running > most && !most_running_.compare_exchange_weak(most, running);) {
    }
    ++made_;
    std::vector<double> x;
    for (const std::int64_t p : positions) {
      if (p == bad_) {
        --running_;
        throw std::runtime_error("example 13 is unlucky");
      }
      x.push_back(static_cast<double>(p) + random.child(static_cast<std::uint64_t>(p)).uniform());
    }
    std::this_thread::sleep_for(std::chrono::microseconds(positions.front() * 37 % 500));
    --running_;
    return {tensor(x, Shape{static_cast<std::int64_t>(x.size())}), {}};
  }

  std::int64_t size_, bad_ = -1;
  mutable std::atomic<int> running_{0}, most_running_{0}, made_{0};
};

std::vector<std::vector<double>> batches_of(const Loader& loader, std::int64_t epoch, std::int64_t first = 0) {
  std::vector<std::vector<double>> result;
  for (const Batch& batch : loader.epoch(epoch, first)) result.push_back(batch.x.to_vector());
  return result;
}

bool here(const Error& e) { return e.where().line() != 0; }

static_assert(std::ranges::input_range<nn::Epoch>);

BOOST_AUTO_TEST_SUITE(loaders)

BOOST_AUTO_TEST_CASE(every_example_once_in_an_order_of_the_epochs_own) {
  const auto data = std::make_shared<Slow>(103);
  const Loader loader(data, {.batch = 10, .seed = 3});
  BOOST_TEST(loader.batches() == 11);
  std::set<std::vector<std::int64_t>> orders;
  for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
    auto order = loader.order(epoch);
    orders.insert(order);
    BOOST_TEST((Loader(data, {.batch = 7, .seed = 3}).order(epoch) == order));
    std::sort(order.begin(), order.end());
    for (std::int64_t k = 0; k < 103; ++k) BOOST_REQUIRE(order[static_cast<std::size_t>(k)] == k);
  }
  orders.insert(Loader(data, {.seed = 4}).order(0));
  BOOST_TEST(orders.size() == 6U);
  const auto straight = Loader(data, {.shuffle = false}).order(2);
  BOOST_TEST(std::is_sorted(straight.begin(), straight.end()));

  const auto batches = batches_of(loader, 2);
  const auto order = loader.order(2);
  std::size_t k = 0;
  for (const auto& batch : batches) {
    for (const double x : batch) BOOST_REQUIRE(std::floor(x) == static_cast<double>(order[k++]));
  }
  BOOST_TEST(k == 103U);
  BOOST_TEST(batches.back().size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_last_batch_may_be_dropped) {
  const auto data = std::make_shared<Slow>(103);
  const Loader loader(data, {.batch = 10, .drop_last = true});
  BOOST_TEST(loader.batches() == 10);
  BOOST_TEST(batches_of(loader, 0).size() == 10U);
  BOOST_TEST(Loader(data, {.batch = 103, .drop_last = true}).batches() == 1);
  BOOST_TEST(Loader(data, {.batch = 104, .drop_last = true}).batches() == 0);
  BOOST_TEST(Loader(data, {.batch = 104}).batches() == 1);
  BOOST_TEST(batches_of(Loader(std::make_shared<Slow>(0)), 0).empty());
}

BOOST_AUTO_TEST_CASE(batches_do_not_depend_on_threads_or_prefetch) {
  const auto data = std::make_shared<Slow>(211);
  const auto expected = batches_of(Loader(data, {.batch = 8, .seed = 9, .prefetch = 0}), 1);
  BOOST_TEST(data->most_running_ == 1);
  for (const std::int64_t threads : {1, 2, 4}) {
    for (const std::int64_t prefetch : {1, 2, 5, 100}) {
      BOOST_TEST_CONTEXT(threads << " threads, " << prefetch << " ahead") {
        const Loader loader(data, {.batch = 8, .seed = 9, .prefetch = prefetch, .threads = threads});
        BOOST_TEST((batches_of(loader, 1) == expected));
        BOOST_TEST((batches_of(loader, 1, 20) == std::vector(expected.begin() + 20, expected.end())));
        BOOST_TEST((batches_of(loader, 2) != expected));
      }
    }
  }
  BOOST_TEST(data->most_running_ > 1);
  BOOST_TEST(data->most_running_ <= 4);
}

BOOST_AUTO_TEST_CASE(no_more_is_made_than_was_asked_for) {
  const auto data = std::make_shared<Slow>(1000);
  nn::Epoch epoch = Loader(data, {.batch = 1, .prefetch = 3, .threads = 2}).epoch(0);
  for (int taken = 0; taken < 20; ++taken) {
    (void)epoch.next();
    BOOST_TEST(data->made_ <= taken + 1 + 3);
  }
  BOOST_TEST(epoch.position() == 20);
  BOOST_TEST(epoch.batches() == 1000);
}

BOOST_AUTO_TEST_CASE(an_epoch_may_be_left) {
  const auto data = std::make_shared<Slow>(1000);
  for (const std::int64_t threads : {1, 2, 4}) {
    const Loader loader(data, {.batch = 10, .prefetch = 4, .threads = threads});
    for (int leave_after = 0; leave_after < 6; ++leave_after) {
      int seen = 0;
      for (const Batch& batch : loader.epoch(leave_after)) {
        BOOST_TEST(batch.x.size() == 10);
        if (seen++ == leave_after) break;
      }
    }
    (void)loader.epoch(0);  // never begun
  }
  BOOST_TEST(data->running_ == 0);
  // It outlives its loader, and can be moved.
  nn::Epoch epoch = Loader(data, {.batch = 500}).epoch(0);
  nn::Epoch moved = std::move(epoch);
  BOOST_TEST(moved.next()->x.size() == 500);
  moved = Loader(data, {.batch = 100}).epoch(0);
  BOOST_TEST(moved.next()->x.size() == 100);
}

BOOST_AUTO_TEST_CASE(what_a_dataset_throws_comes_with_its_batch) {
  const auto data = std::make_shared<Slow>(40);
  data->bad_ = 13;
  for (const std::int64_t prefetch : {0, 1, 4}) {
    for (const std::int64_t threads : {1, 3}) {
      const Loader loader(data, {.batch = 5, .seed = 2, .prefetch = prefetch, .threads = threads});
      const auto order = loader.order(7);
      const auto bad = (std::find(order.begin(), order.end(), 13) - order.begin()) / 5;
      nn::Epoch epoch = loader.epoch(7);
      std::int64_t seen = 0, caught = -1;
      while (true) {
        try {
          if (!epoch.next()) break;
          ++seen;
        } catch (const nn::BatchError& e) {
          caught = e.batch();
          BOOST_TEST(e.batch() == bad);
          BOOST_TEST(e.epoch() == 7);
          BOOST_TEST(seen == bad);
          BOOST_TEST(std::string(e.what()) ==
                     "Loader: batch " + std::to_string(bad) + " of epoch 7 was not made: example 13 is unlucky");
          BOOST_CHECK_THROW(std::rethrow_if_nested(e), std::runtime_error);
        }
      }
      BOOST_TEST(caught == bad);
      BOOST_TEST(seen == 7);  // it goes on behind the batch
    }
  }
  // And with nobody to see it: the error of a batch that is never taken is dropped.
  nn::Epoch epoch = Loader(data, {.batch = 5, .shuffle = false, .prefetch = 4, .threads = 2}).epoch(0);
  (void)epoch.next();
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
  const auto data = std::make_shared<Slow>(10);
  BOOST_CHECK_EXCEPTION(Loader(nullptr), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(Loader(data, {.batch = 0}), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(Loader(data, {.prefetch = -1}), ArgumentError, here);
  BOOST_CHECK_EXCEPTION(Loader(data, {.threads = 0}), ArgumentError, here);
  const Loader loader(data, {.batch = 3});
  BOOST_CHECK_EXCEPTION((void)loader.epoch(-1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)loader.epoch(0, -1), ArgumentError, here);
  BOOST_CHECK_EXCEPTION((void)loader.epoch(0, 5), ArgumentError, here);
  BOOST_TEST(!loader.epoch(0, 4).next());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
