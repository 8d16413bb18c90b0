// The guard that makes the first SIGINT a flag: once only, and nothing stays behind.

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "wengert/cli/train/interrupt.hpp"

namespace {

using wengert::cli::InterruptGuard;

/// Runs `work` in a process of its own: what it ended with, or 1000 + the signal that ended it.
template <class F>
int ended_with(const F& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

BOOST_AUTO_TEST_SUITE(interrupt)

BOOST_AUTO_TEST_CASE(the_first_signal_sets_the_flag_and_the_second_ends_the_process) {
  for (const int signal : {SIGINT, SIGTERM}) {
    BOOST_TEST(ended_with([&] {
                 const InterruptGuard guard;
                 if (guard.interrupted()) return 1;
                 ::raise(signal);
                 return guard.interrupted() && guard.flag()->load() ? wengert::cli::interrupted_status : 2;
               }) == 130);
    BOOST_TEST(ended_with([&] {
                 const InterruptGuard guard;
                 ::raise(signal);
                 ::raise(signal);
                 return 0;
               }) == 1000 + signal);
  }
}

BOOST_AUTO_TEST_CASE(without_it_everything_is_as_before) {
  BOOST_TEST(ended_with([] {
               { const InterruptGuard guard; }
               ::raise(SIGINT);
               return 0;
             }) == 1000 + SIGINT);
  BOOST_TEST(ended_with([] {
               {
                 const InterruptGuard guard;
                 ::raise(SIGINT);
               }
               const InterruptGuard next;
               return next.interrupted() ? 1 : 0;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(an_ignored_signal_stays_ignored) {
  BOOST_TEST(ended_with([] {
               std::signal(SIGINT, SIG_IGN);
               const InterruptGuard guard;
               ::raise(SIGINT);
               ::raise(SIGINT);
               return guard.interrupted() ? 1 : 0;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(one_at_a_time) {
  const InterruptGuard guard;
  BOOST_CHECK_THROW(InterruptGuard(), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
