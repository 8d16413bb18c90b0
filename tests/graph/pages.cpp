#include "wengert/graph/pages.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
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

BOOST_AUTO_TEST_CASE(more_memory_than_there_is_gives_none) {
  if (!keeps_memory) return;  // AddressSanitizer ends the process instead
  BOOST_TEST(Memory(allocate_pages(SIZE_MAX)) == nullptr);
  BOOST_TEST(Memory(allocate_pages(SIZE_MAX / 2)) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
