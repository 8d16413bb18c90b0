// For tests that are started with a stack of 256 KiB.
#pragma once

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

namespace wengert::test {

inline void check_that_the_stack_is_small() {
  rlimit limit{};
  BOOST_REQUIRE(getrlimit(RLIMIT_STACK, &limit) == 0);
  BOOST_TEST(limit.rlim_cur <= 256u * 1024u, "run this under `ulimit -s 256`, as ctest does");
}

}  // namespace wengert::test
