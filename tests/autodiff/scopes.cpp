// Scopes of a recording: which values lie in which.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {

BOOST_AUTO_TEST_SUITE(scopes)

// Leaving the outermost of several scopes was lost: what followed was drawn inside it.
BOOST_AUTO_TEST_CASE(what_follows_nested_scopes_lies_outside_them) {
  for (int depth = 1; depth <= 20; ++depth) {
    Recording r;
    const Scalar x = r.variable(1.0);
    std::vector<Scalar> inside, after;
    const auto enter = [&](const auto& self, int level) -> void {
      if (level == depth) return;
      const auto scope = r.scope("scope " + std::to_string(level));
      inside.emplace_back(sin(x));
      self(self, level + 1);
      after.emplace_back(cos(x));
    };
    enter(enter, 0);
    const Scalar last = exp(x);
    std::vector<Scalar> all(inside);
    all.insert(all.end(), after.begin(), after.end());
    all.push_back(last);
    const Expansion expansion = expand(r, all, {.merge_duplicates = false});
    const graph::Graph& graph = expansion.graph;
    const auto scope_of = [&](const Scalar& v) { return graph.scope(expansion.node(v)); };
    for (std::size_t k = 0; k < inside.size(); ++k) {
      BOOST_TEST(scope_of(inside[k]) == scope_of(after[after.size() - 1 - k]));
      BOOST_TEST(graph.scope_record(scope_of(inside[k])).name == "scope " + std::to_string(k));
    }
    BOOST_TEST(scope_of(last) == graph::root_scope);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
