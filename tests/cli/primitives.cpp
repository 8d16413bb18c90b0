// `wengert primitives`: the table from the structs.
#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace {

using wengert::test::Outcome;
using wengert::test::run_command;

BOOST_AUTO_TEST_SUITE(primitives)

BOOST_AUTO_TEST_CASE(every_primitive_is_listed) {
  const Outcome text = run_command({"primitives"});
  BOOST_TEST(text.status == 0);
  BOOST_TEST(text.err == "");
  const auto rows = nlohmann::json::parse(run_command({"primitives", "--json"}).out).at("primitives");
  std::size_t at = 0;
  for (const auto& list : {wengert::elementwise_primitives(), wengert::structural_primitives()}) {
    for (const wengert::Primitive* p : list) {
      BOOST_TEST(text.out.find("\n" + std::string(p->name) + " ") != std::string::npos, p->name << " is not listed");
      BOOST_REQUIRE(at < rows.size());
      BOOST_TEST(rows[at].at("name") == std::string(p->name));
      BOOST_TEST(rows[at].at("doc") == std::string(p->doc));
      ++at;
    }
  }
  BOOST_TEST(at == rows.size());
}

BOOST_AUTO_TEST_CASE(one_primitive_with_all_that_is_known_of_it) {
  BOOST_TEST(run_command({"primitives", "atanh"}).out ==
             "name          atanh\n"
             "drawn         atanh\n"
             "operands      1\n"
             "what it is    Inverse hyperbolic tangent, domain -1 < x < 1, ±∞ at ±1, NaN outside. Partial\n"
             "              1/((1-x)(1+x)): ∞ at ±1.\n"
             "formula       atanh(x)\n"
             "derivative in 0\n"
             "checked at    (0.7) (-0.99) (0)\n"
             "and within    (-0.95…0.95) (0.9…0.999)\n");
  BOOST_TEST(run_command({"primitives", "concatenate"}).out.find("operands      any number\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_told_the_nearest) {
  const Outcome outcome = run_command({"primitives", "atnah"});
  BOOST_TEST(outcome.status == 2);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == "error: there is no primitive 'atnah'\n  hint: did you mean 'atanh'?\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
