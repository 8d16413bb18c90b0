/// Repetitions: what is the same in a row is found, nested too, and nothing is called the same that is not.
#include "wengert/graph/drawing/repetition.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

using namespace wengert::graph;

namespace {

/// One thing a letter; `operands[i]` are those of thing i.
Sequence sequence_of(const std::string& letters, const std::vector<std::vector<std::uint32_t>>& operands = {}) {
  Sequence sequence;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    sequence.kinds.push_back(static_cast<unsigned char>(letters[i]));
    if (!operands.empty()) sequence.operands.insert(sequence.operands.end(), operands[i].begin(), operands[i].end());
    sequence.starts.push_back(static_cast<std::uint32_t>(sequence.operands.size()));
  }
  return sequence;
}

/// "ab(c)×3" for the letters: what is drawn, with frames.
std::string drawn(const std::string& letters, const Repetitions& found) {
  std::string text;
  std::vector<std::uint32_t> open;
  const auto close_until = [&](std::uint32_t repetition) {
    while (!open.empty() && open.back() != repetition) {
      text += ")" + std::to_string(found.all[open.back()].times);
      open.pop_back();
    }
  };
  for (std::uint32_t i = 0; i < letters.size(); ++i) {
    if (found.same_as[i] != i) continue;
    std::vector<std::uint32_t> path;
    for (std::uint32_t r = found.inside[i]; r != no_repetition; r = found.all[r].parent) path.insert(path.begin(), r);
    // Frames close when something outside them follows.
    std::size_t common = 0;
    while (common < open.size() && common < path.size() && open[common] == path[common]) ++common;
    close_until(common == 0 ? no_repetition : open[common - 1]);
    for (std::size_t k = common; k < path.size(); ++k) {
      text += "(";
      open.push_back(path[k]);
    }
    text += letters[i];
  }
  close_until(no_repetition);
  return text;
}

std::string found_in(const std::string& letters, const std::vector<std::vector<std::uint32_t>>& operands = {}) {
  return drawn(letters, find_repetitions(sequence_of(letters, operands)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(repetition)

BOOST_AUTO_TEST_CASE(runs_are_found) {
  BOOST_TEST(found_in("") == "");
  BOOST_TEST(found_in("abcdef") == "abcdef");
  BOOST_TEST(found_in("aaaaaa") == "(a)6");
  BOOST_TEST(found_in("xabababaBy") == "x(ab)3aBy");
  BOOST_TEST(found_in("xabcabcabcabcy") == "x(abc)4y");
}

BOOST_AUTO_TEST_CASE(what_saves_little_stays_open) {
  BOOST_TEST(found_in("xaaay") == "xaaay");
  BOOST_TEST(found_in("ababx") == "ababx");
}

BOOST_AUTO_TEST_CASE(repetitions_of_repetitions_are_found) {
  std::string letters;
  for (int i = 0; i < 7; ++i) letters += "xaaaaaaybcbcbcbcz";
  BOOST_TEST(found_in(letters) == "(x(a)6y(bc)4z)7");
}

BOOST_AUTO_TEST_CASE(long_periods_are_found_also_twice) {
  std::mt19937 random(1);
  std::string body;
  while (body.size() < 500) body += static_cast<char>('a' + random() % 26);
  BOOST_TEST(found_in("0" + body + body + "1") == "0(" + body + ")2" + "1");
  BOOST_TEST(found_in("0" + body + body + body + body + "1") == "0(" + body + ")4" + "1");
}

BOOST_AUTO_TEST_CASE(what_is_carried_from_one_time_to_the_next_is_the_same) {
  // y_k = f(y_{k-1}), the first from outside.
  BOOST_TEST(found_in("aaaaaa", {{Sequence::outside}, {0}, {1}, {2}, {3}, {4}}) == "(a)6");
  // Two times back.
  BOOST_TEST(found_in("aaaaaa", {{Sequence::outside}, {Sequence::outside}, {0}, {1}, {2}, {3}}) == "(a)6");
}

BOOST_AUTO_TEST_CASE(other_connections_are_not_the_same) {
  // The fifth needs the first, not the fourth.
  BOOST_TEST(found_in("aaaaaaaaaa", {{Sequence::outside}, {0}, {1}, {2}, {0}, {4}, {5}, {6}, {7}, {8}}) == "aaaa(a)6");
  // From outside in every other time only.
  const std::uint32_t out = Sequence::outside;
  BOOST_TEST(found_in("abababab", {{}, {0}, {}, {out}, {}, {4}, {}, {out}}).find('(') == std::string::npos);
  // Another number of operands.
  BOOST_TEST(found_in("aaaaa", {{}, {}, {out}, {}, {}}).find('(') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(layers_that_feed_each_other_end_where_a_layer_ends) {
  // Four layers of five, each of which needs all of the layer before.
  std::string letters;
  std::vector<std::vector<std::uint32_t>> operands;
  for (std::uint32_t layer = 0; layer < 4; ++layer) {
    for (int unit = 0; unit < 5; ++unit) {
      letters += 'a';
      operands.emplace_back();
      for (std::uint32_t k = 0; k < 5; ++k)
        operands.back().push_back(layer == 0 ? Sequence::outside : 5 * layer - 5 + k);
    }
  }
  BOOST_TEST(found_in(letters, operands) == "((a)5)4");
}

BOOST_AUTO_TEST_CASE(scopes_hold_together) {
  // Three scopes of two things alike: the period is a scope, not a thing.
  Sequence sequence = sequence_of("aaaaaaaa");
  sequence.scopes = {0, 1, 1, 2, 2, 3, 3, 4};
  const Repetitions found = find_repetitions(sequence);
  BOOST_TEST(drawn("aaaaaaaa", found) == "a(aa)3a");
}

BOOST_AUTO_TEST_CASE(every_thing_is_drawn_by_one_of_its_kind) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::string letters;
    while (letters.size() < 300) {
      const std::string piece = random() % 2 == 0 ? "ab" : random() % 2 == 0 ? "aab" : "cba";
      for (auto times = 1 + random() % 6; times > 0; --times) letters += piece;
    }
    const Repetitions found = find_repetitions(sequence_of(letters));
    std::size_t shown = 0;
    for (std::uint32_t i = 0; i < letters.size(); ++i) {
      BOOST_TEST_REQUIRE(found.same_as[i] <= i);
      BOOST_TEST_REQUIRE(found.same_as[found.same_as[i]] == found.same_as[i]);
      BOOST_TEST_REQUIRE(letters[i] == letters[found.same_as[i]]);
      if (found.same_as[i] != i) continue;
      std::size_t copies = 1;
      for (std::uint32_t r = found.inside[i]; r != no_repetition; r = found.all[r].parent) copies *= found.all[r].times;
      shown += copies;
    }
    BOOST_TEST(shown == letters.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
