// A job is at hand while `open_` is its number. To call a worker, that number is written into the worker's `call`. A
// worker enters (`inside_`), looks whether the job that it was called to is still open, takes chunks, and leaves. The
// caller takes chunks, too; when there are no more it closes the job and waits until nobody is inside. A worker that
// comes too late finds the job closed: nobody waits for a thread that is not there.
//
// Every worker has a range of chunks of its own, so that what it touched it touches again in the next job of the shape;
// when these are done it takes those of others.
//
// Reading order: Pool::try_run, work, take_chunks.
#include "wengert/autodiff/ops/threads.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace wengert {

int kernels::machine_threads() noexcept { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

namespace detail {
namespace {

using kernels::machine_threads;
using kernels::most_threads;

void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until `atomic` is no more `old`: for a while at work, then asleep. Returns what it is.
template <class T>
T changed(const std::atomic<T>& atomic, T old, bool at_work) {
  constexpr std::chrono::microseconds while_at_work{30};
  if (at_work) {
    const auto end = std::chrono::steady_clock::now() + while_at_work;
    do {
      for (int k = 0; k < 64; ++k) {
        if (const T now = atomic.load(); now != old) return now;
        pause();
      }
    } while (std::chrono::steady_clock::now() < end);
  }
  T now = atomic.load();
  for (; now == old; now = atomic.load()) atomic.wait(old);
  return now;
}

class Pool {
 public:
  /// False: it is at work for somebody else.
  bool try_run(std::int64_t count, int threads, ChunkCall call, const void* work) {
    if (busy_.exchange(true)) return false;
    workers_of_job_ = 1 + start(threads - 1);
    call_ = call;
    work_ = work;
    std::fegetenv(&environment_);
    for (int k = 0; k < workers_of_job_; ++k) {
      const auto bound = [&](int worker) {
        return count / workers_of_job_ * worker + count % workers_of_job_ * worker / workers_of_job_;
      };
      seats_[at(k)].end = bound(k + 1);
      seats_[at(k)].next.store(bound(k), std::memory_order_relaxed);
    }
    if (++jobs_ == 0) ++jobs_;
    open_.store(jobs_);
    for (int k = 1; k < workers_of_job_; ++k) {
      seats_[at(k)].call.store(jobs_);
      seats_[at(k)].call.notify_one();
    }
    take_chunks(0);
    open_.store(0);
    for (int inside = inside_.load(); inside != 0;) inside = changed(inside_, inside, workers_of_job_ <= machine_);
    const std::exception_ptr failure = std::exchange(failure_, nullptr);
    busy_.store(false);
    if (failure) std::rethrow_exception(failure);
    return true;
  }

 private:
  struct alignas(64) Seat {
    std::atomic<std::uint32_t> call{0};  // the job that its worker is called to
    std::atomic<std::int64_t> next{0};   // of its chunks
    std::int64_t end = 0;
  };
  static std::size_t at(int k) { return static_cast<std::size_t>(k); }

  /// Starts threads until there are `wanted`, if it can. How many of these there are.
  int start(int wanted) {
    wanted = std::min(wanted, most_threads - 1);
    if (started_ >= wanted) return wanted;
    // Signals go to the user's threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      for (; started_ < wanted; ++started_) std::thread([this, me = started_ + 1] { work(me); }).detach();
    } catch (const std::system_error&) {  // fewer do the same
    } catch (const std::bad_alloc&) {
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started_;
  }

  [[noreturn]] void work(int me) {
    std::uint32_t job = 0;
    while (true) {
      job = changed(seats_[at(me)].call, job, me < machine_);
      inside_.fetch_add(1);
      if (open_.load() == job) {
        std::fesetenv(&environment_);
        take_chunks(me);
      }
      if (inside_.fetch_sub(1) == 1) inside_.notify_one();
    }
  }

  void take_chunks(int me) {
    for (int k = 0; k < workers_of_job_; ++k) {
      Seat& seat = seats_[at((me + k) % workers_of_job_)];
      while (seat.next.load(std::memory_order_relaxed) < seat.end) {
        const std::int64_t chunk = seat.next.fetch_add(1, std::memory_order_relaxed);
        if (chunk >= seat.end) break;
        try {
          call_(work_, chunk, me);
        } catch (...) {
          const std::lock_guard lock(failures_);
          if (!failure_ || chunk < failed_) {
            failure_ = std::current_exception();
            failed_ = chunk;
          }
        }
      }
    }
  }

  const int machine_ = machine_threads();
  std::atomic<bool> busy_{false};
  std::atomic<std::uint32_t> open_{0};
  std::atomic<int> inside_{0};
  // Written by who is busy, between jobs; read by those inside.
  std::uint32_t jobs_ = 0;
  int started_ = 0, workers_of_job_ = 1;
  ChunkCall call_ = nullptr;
  const void* work_ = nullptr;
  std::fenv_t environment_{};  // rounding and the like are the caller's
  std::mutex failures_;
  std::exception_ptr failure_;
  std::int64_t failed_ = 0;
  std::array<Seat, most_threads> seats_;
};

std::atomic<Pool*> the_pool{nullptr};

Pool& pool() {
  if (Pool* const there = the_pool.load()) return *there;
  // In a child process the threads are not there, and what they were at is nobody's: it gets a pool of its own.
  static const int forks = pthread_atfork(nullptr, nullptr, [] { the_pool.store(nullptr); });
  static_cast<void>(forks);
  Pool* expected = nullptr;
  auto fresh = std::make_unique<Pool>();
  return the_pool.compare_exchange_strong(expected, fresh.get()) ? *fresh.release() : *expected;
}

}  // namespace

void run_chunks(std::int64_t count, int threads, ChunkCall call, const void* work) {
  if (pool().try_run(count, threads, call, work)) return;
  for (std::int64_t chunk = 0; chunk < count; ++chunk) call(work, chunk, 0);
}

}  // namespace detail
}  // namespace wengert
