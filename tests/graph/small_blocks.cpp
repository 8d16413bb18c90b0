#include "wengert/graph/small_blocks.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "wengert/graph/array.hpp"
#include "wengert/graph/blocks.hpp"

using namespace wengert;
using namespace wengert::detail;

BOOST_AUTO_TEST_SUITE(small_blocks)

BOOST_AUTO_TEST_CASE(blocks_in_use_never_overlap) {
  struct Taken {
    unsigned char* block;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Taken> taken;
  unsigned char mark = 0;
  for (int round = 0; round < 5; ++round) {
    for (std::size_t bytes = 1; bytes <= largest_small_block; bytes += 7) {
      auto* const block = static_cast<unsigned char*>(take_small_block(bytes));
      BOOST_TEST_REQUIRE(block != nullptr);
      BOOST_TEST(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
      std::memset(block, ++mark, bytes);
      taken.push_back({block, bytes, mark});
    }
    for (std::size_t k = 0; k < taken.size();) {
      const Taken each = taken[k];
      for (std::size_t i = 0; i < each.bytes; ++i) BOOST_TEST_REQUIRE(each.block[i] == each.mark);
      if (k % 3 == 0) {
        give_small_block(each.block, each.bytes);
        taken[k] = taken.back();
        taken.pop_back();
        k += 2;
      } else {
        ++k;
      }
    }
  }
  for (const Taken& each : taken) give_small_block(each.block, each.bytes);
}

BOOST_AUTO_TEST_CASE(what_was_given_back_is_taken_again) {
  std::set<void*> first;
  for (int k = 0; k < 100; ++k) first.insert(take_small_block(200));
  for (void* const block : first) give_small_block(block, 200);
  std::size_t again = 0;
  std::vector<void*> second;
  for (int k = 0; k < 100; ++k) {
    second.push_back(take_small_block(250));  // of the same size class
    again += first.count(second.back());
  }
  if (keeps_memory) BOOST_TEST(again == 100u);
  for (void* const block : second) give_small_block(block, 250);
  release_blocks();  // these, too: nothing is at hand, and there is no use of what was freed
  void* const fresh = take_small_block(250);
  BOOST_TEST(fresh != nullptr);
  give_small_block(fresh, 250);
}

BOOST_AUTO_TEST_CASE(arrays_may_end_on_another_thread_and_after_their_own) {
  std::vector<Array> arrays;
  std::thread maker([&] {
    for (int k = 0; k < 1000; ++k) arrays.push_back(Array::uniform(Type{Dtype::f32, Shape{k % 30}}, k).dense());
  });
  maker.join();
  std::thread other([&] { arrays.resize(500); });
  other.join();
  for (std::size_t k = 1; k < arrays.size(); ++k)
    if (arrays[k].size() > 0) BOOST_TEST(arrays[k].element(0) == static_cast<double>(k));
  // More than is kept: the rest goes back at once.
  std::vector<void*> many(20'000);
  for (void*& each : many) each = take_small_block(1000);
  for (void* const each : many) give_small_block(each, 1000);
}

BOOST_AUTO_TEST_SUITE_END()
