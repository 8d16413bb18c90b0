// Random texts, right and damaged: each is refused with a place in it, or evaluated and differentiated. A million of
// them: tests/slow/cli/fuzz.cpp. With the compiler's eyes on coverage: tests/fuzz/.
#include <boost/test/unit_test.hpp>

#include "random_text.hpp"

BOOST_AUTO_TEST_SUITE(fuzz)

BOOST_AUTO_TEST_CASE(random_texts_are_refused_or_evaluated) {
  using wengert::test::TextOutcome;
  wengert::test::RandomText random(20261);
  std::size_t counts[3] = {};
  for (int k = 0; k < 20'000; ++k) {
    const std::string text = random.text();
    TextOutcome outcome{};
    const std::string wrong = wengert::test::check_text(text, outcome);
    BOOST_TEST(wrong.empty(), wrong << ": " << text);
    ++counts[static_cast<int>(outcome)];
  }
  // The generator reaches all of it.
  BOOST_TEST(counts[0] > 2000U);
  BOOST_TEST(counts[1] > 2000U);
  BOOST_TEST(counts[2] > 2000U);
}

BOOST_AUTO_TEST_SUITE_END()
