// A million random texts in the language of expressions.
#include <boost/test/unit_test.hpp>

#include "wengert/tests/cli/random_text.hpp"

BOOST_AUTO_TEST_SUITE(fuzz)

BOOST_AUTO_TEST_CASE(a_million_texts_are_refused_or_evaluated) {
  wengert::test::RandomText random(1);
  std::size_t counts[3] = {};
  for (int k = 0; k < 1'000'000; ++k) {
    const std::string text = random.text();
    wengert::test::TextOutcome outcome{};
    const std::string wrong = wengert::test::check_text(text, outcome);
    if (!wrong.empty()) BOOST_ERROR(wrong << ": " << text);
    ++counts[static_cast<int>(outcome)];
  }
  BOOST_TEST_MESSAGE(counts[0] << " refused, " << counts[1] << " not evaluated, " << counts[2] << " evaluated");
  BOOST_TEST(counts[2] > 100'000U);
}

BOOST_AUTO_TEST_SUITE_END()
