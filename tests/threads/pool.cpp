// The pool of threads: every chunk once, one worker at a time, whoever calls and from where; failures; sleep; forks.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cfenv>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "wengert/autodiff/ops/threads.hpp"

namespace wengert::kernels {
namespace {

/// Whether every chunk was done once, and no worker did two at a time.
bool runs(std::int64_t count, int threads) {
  std::vector<std::atomic<int>> done(static_cast<std::size_t>(count)), at_work(static_cast<std::size_t>(threads));
  std::atomic<bool> right{true};
  run_chunks(count, threads, [&](std::int64_t chunk, int worker) {
    if (worker < 0 || worker >= threads) {
      right = false;
      return;
    }
    if (at_work[static_cast<std::size_t>(worker)].fetch_add(1) != 0) right = false;
    ++done[static_cast<std::size_t>(chunk)];
    at_work[static_cast<std::size_t>(worker)].fetch_sub(1);
  });
  for (const auto& times : done) right = right && times == 1;
  return right;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pool)

BOOST_AUTO_TEST_CASE(every_chunk_is_done_once) {
  for (const int threads : {1, 2, 3, 4, 8})
    for (const std::int64_t count : {0, 1, 2, 3, 7, 64, 1000})
      for (int again = 0; again < 20; ++again) BOOST_TEST_REQUIRE(runs(count, threads));
}

BOOST_AUTO_TEST_CASE(chunks_take_part) {
  // Each chunk waits for the other: with two workers both are at work at once.
  std::atomic<int> arrived{0};
  std::atomic<bool> together{true};
  run_chunks(2, 2, [&](std::int64_t, int) {
    ++arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (arrived < 2) together = false;
  });
  BOOST_TEST(together);
}

BOOST_AUTO_TEST_CASE(threads_that_went_to_sleep_wake_up) {
  for (int k = 0; k < 10; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    BOOST_TEST_REQUIRE(runs(50, 3));
  }
}

BOOST_AUTO_TEST_CASE(the_first_failure_reaches_the_caller) {
  for (const int threads : {1, 2, 8}) {
    for (int again = 0; again < 20; ++again) {
      try {
        run_chunks(100, threads, [](std::int64_t chunk, int) {
          if (chunk >= 37 && chunk % 2 == 1) throw std::out_of_range(std::to_string(chunk));
        });
        BOOST_FAIL("nothing was thrown");
      } catch (const std::out_of_range& error) {
        BOOST_TEST(error.what() == std::string("37"));
      }
      BOOST_TEST_REQUIRE(runs(10, threads));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_call_inside_a_chunk_does_its_chunks_there) {
  std::atomic<int> done{0}, elsewhere{0};
  run_chunks(8, 4, [&](std::int64_t, int) {
    const auto me = std::this_thread::get_id();
    run_chunks(5, 4, [&](std::int64_t, int worker) {
      ++done;
      if (worker != 0 || std::this_thread::get_id() != me) ++elsewhere;
    });
  });
  BOOST_TEST(done == 40);
  BOOST_TEST(elsewhere == 0);
}

BOOST_AUTO_TEST_CASE(several_callers_at_once) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller)
      callers.emplace_back([&] {
        for (int k = 0; k < 200; ++k)
          if (!runs(1 + k % 20, 2 + k % 3)) ++wrong;
      });
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(chunks_round_as_the_caller_does) {
  const int before = std::fegetround();
  for (const int how : {FE_UPWARD, FE_DOWNWARD, FE_TONEAREST}) {
    std::fesetround(how);
    std::atomic<int> other{0};
    run_chunks(64, 4, [&](std::int64_t, int) {
      if (std::fegetround() != how) ++other;
      std::this_thread::yield();
    });
    BOOST_TEST(other == 0);
  }
  std::fesetround(before);
}

BOOST_AUTO_TEST_CASE(chunks_cover_their_items) {
  for (const std::int64_t items : {0, 1, 5, 64, 1000, 100'003}) {
    for (const double time : {0.0, 1.0, 900.0, 1e6}) {
      for (const std::int64_t step : {1, 64}) {
        const Chunks chunks(items, time, step, 16);
        std::int64_t at = 0;
        for (std::int64_t k = 0; k < chunks.count; ++k) {
          BOOST_TEST_REQUIRE(chunks.begin(k) == at);
          BOOST_TEST_REQUIRE(chunks.end(k) > at);
          at = chunks.end(k);
        }
        BOOST_TEST(at == items);
        BOOST_TEST(chunks.count <= 16);
        for (std::int64_t k = 0; k + 1 < chunks.count; ++k) BOOST_TEST_REQUIRE(chunks.end(k) % step == 0);
        if (static_cast<double>(items) * time < 2 * Chunks::chunk_time) BOOST_TEST(chunks.count <= 1);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(workers_have_memory_of_their_own_and_equally_much) {
  Scratch scratch(3);
  for (int again = 0; again < 3; ++again) {
    std::atomic<int> shared{0};
    in_chunks(30, scratch, [&](std::int64_t chunk, Scratch& mine) {
      const auto count = 100 * (chunk % 7 + 1);
      std::int64_t* const numbers = mine.take<std::int64_t>(count);
      std::fill_n(numbers, count, chunk);
      std::this_thread::yield();
      for (std::int64_t k = 0; k < count; ++k)
        if (numbers[k] != chunk) ++shared;
    });
    BOOST_TEST(shared == 0);
    BOOST_TEST(scratch.of(0).bytes() >= 700 * sizeof(std::int64_t));
    BOOST_TEST(scratch.of(0).bytes() == scratch.of(1).bytes());
    BOOST_TEST(scratch.of(0).bytes() == scratch.of(2).bytes());
    BOOST_TEST(scratch.bytes() == 3 * scratch.of(0).bytes());
  }
}

#if !defined(__SANITIZE_THREAD__)  // it does not follow threads of a child
BOOST_AUTO_TEST_CASE(a_child_process_has_a_pool_of_its_own) {
  BOOST_TEST_REQUIRE(runs(100, 3));
  const pid_t child = fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    bool right = true;
    for (int k = 0; k < 20; ++k) right = runs(100, 3) && right;
    _exit(right ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  BOOST_TEST(runs(100, 3));
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::kernels
