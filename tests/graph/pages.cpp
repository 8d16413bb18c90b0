#include "wengert/graph/pages.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "wengert/graph/blocks.hpp"

using namespace wengert::detail;

namespace {

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;
std::uintptr_t address_of(const Memory& memory) { return reinterpret_cast<std::uintptr_t>(memory.get()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(pages)

BOOST_AUTO_TEST_CASE(memory_begins_with_a_line_and_large_memory_with_a_large_page) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, least_of_large_pages - 1}) {
    const Memory memory(allocate_pages(bytes));
    BOOST_TEST_REQUIRE(memory != nullptr);
    BOOST_TEST(address_of(memory) % 64 == 0);
  }
  for (const std::size_t bytes : {least_of_large_pages, 3 * large_page + 1}) {
    const Memory memory(allocate_pages(bytes));
    BOOST_TEST_REQUIRE(memory != nullptr);
    BOOST_TEST(address_of(memory) % large_page == 0);
    static_cast<unsigned char*>(memory.get())[bytes - 1] = 7;
    BOOST_TEST(static_cast<unsigned char*>(memory.get())[bytes - 1] == 7);
  }
}

BOOST_AUTO_TEST_CASE(fresh_memory_is_like_other_memory_and_can_be_used_again) {
  for (const std::size_t bytes : {std::size_t{100}, least_of_large_pages, 3 * large_page + 1}) {
    for (int round = 0; round < 3; ++round) {
      const Memory memory(allocate_fresh_pages(bytes));
      BOOST_TEST_REQUIRE(memory != nullptr);
      BOOST_TEST(address_of(memory) % (bytes < least_of_large_pages ? 64 : large_page) == 0);
      std::memset(memory.get(), 1 + round, bytes);
      const auto* const each = static_cast<const unsigned char*>(memory.get());
      BOOST_TEST(each[0] == 1 + round);
      BOOST_TEST(each[bytes - 1] == 1 + round);
    }
  }
}

BOOST_AUTO_TEST_CASE(fresh_memory_has_no_pages_of_before, *boost::unit_test::enable_if<keeps_memory>()) {
  // The same memory, if malloc gives it again, is zero: its pages were given back.
  constexpr std::size_t bytes = 3 * large_page;
  Memory before(allocate_pages(bytes));
  BOOST_TEST_REQUIRE(before != nullptr);
  std::memset(before.get(), 7, bytes);
  const void* const address = before.get();
  before.reset();
  const Memory after(allocate_fresh_pages(bytes));
  if (after.get() != address) return;
  const auto* const each = static_cast<const unsigned char*>(after.get());
  BOOST_TEST(std::count(each, each + bytes, 0) == static_cast<std::ptrdiff_t>(bytes));
}

BOOST_AUTO_TEST_CASE(more_memory_than_there_is_gives_none) {
  if (!keeps_memory) return;  // AddressSanitizer ends the process instead
  BOOST_TEST(Memory(allocate_pages(SIZE_MAX)) == nullptr);
  BOOST_TEST(Memory(allocate_pages(SIZE_MAX / 2)) == nullptr);
  BOOST_TEST(Memory(allocate_fresh_pages(SIZE_MAX / 2)) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
