// Several recordings on several threads: nothing is shared but tables that only grow. Run under ThreadSanitizer by
// scripts/check-all (T30).
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <cmath>
#include <thread>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {
namespace {

constexpr int threads = 8;

/// Runs work(thread) on all threads at once. Boost.Test's macros are not for several threads: work returns what it
/// found.
template <class Work>
std::vector<double> on_threads(const Work& work) {
  std::vector<double> result(threads);
  std::barrier start(threads);
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      start.arrive_and_wait();
      result[static_cast<std::size_t>(t)] = work(t);
    });
  }
  running.clear();
  return result;
}

Scalar chain(const Scalar& x, int count) {
  Scalar v = x;
  for (int i = 0; i < count; ++i) v = sin(v) * 1.01 + x;
  return v;
}

/// The first and second derivative of the chain, every way; they must agree on every thread.
double derivatives(Recording& r, double at) {
  const Scalar x = r.variable(at), y = chain(x, 200);
  const Scalar g = gradient(y, x);
  const Adjoints a = backward(y), b = backward(g);
  return a[x] + 1e3 * g.value() + 1e6 * b[x] + 1e9 * forward({x}, {1.0})[y];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recordings)

BOOST_AUTO_TEST_CASE(a_recording_for_each_thread) {
  Recording alone;
  const double expected = derivatives(alone, 0.3);
  const std::vector<double> got = on_threads([](int) {
    double last = 0;
    Recording r;
    for (int round = 0; round < 20; ++round) {
      r.clear();
      last = derivatives(r, 0.3);
    }
    return last;
  });
  for (const double value : got) BOOST_TEST(value == expected);
}

BOOST_AUTO_TEST_CASE(recordings_made_and_destroyed_at_once) {
  Recording alone;
  const double expected = derivatives(alone, 0.7);
  const std::vector<double> got = on_threads([](int) {
    double last = 0;
    for (int round = 0; round < 50; ++round) {
      Recording r;
      last = derivatives(r, 0.7);
    }
    return last;
  });
  for (const double value : got) BOOST_TEST(value == expected);
}

// Expanding enters operations into the table of the process.
BOOST_AUTO_TEST_CASE(expanding_at_once) {
  const std::vector<double> got = on_threads([](int) {
    Recording r;
    const Scalar x = r.variable(0.3), y = chain(x, 20), g = gradient(y, x);
    const Expansion all = expand(r, {g});
    return static_cast<double>(all.graph.size());
  });
  for (const double value : got) BOOST_TEST(value == got[0]);
}

// A recording may change hands, if only one thread has it at a time.
BOOST_AUTO_TEST_CASE(a_recording_that_is_handed_on) {
  Recording r;
  Scalar x, y;
  std::jthread([&] { x = r.variable(0.3); }).join();
  std::jthread([&] { y = chain(x, 200); }).join();
  double d = 0;
  std::jthread([&] { d = backward(y)[x]; }).join();
  BOOST_TEST(d == backward(y)[x]);
  const auto owned = std::make_unique<Recording>();
  const Scalar v = owned->variable(1.0);
  std::jthread([&, moved = std::move(*owned)]() mutable {
    Recording here = std::move(moved);
    d = backward(chain(v, 10))[v];
  }).join();
  BOOST_CHECK_THROW(static_cast<void>(backward(v)), StaleHandle);
}

BOOST_AUTO_TEST_CASE(reading_one_result_from_all_threads) {
  Recording r;
  const Scalar x = r.variable(0.3), y = chain(x, 200);
  const Adjoints a = backward(y);
  const std::vector<double> got = on_threads([&](int) { return a[x]; });
  for (const double value : got) BOOST_TEST(value == a[x]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
