// Ten million statements: recorded, drawn with their gradient, folded, on a small stack.

#include <chrono>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/tests/graph/small_stack.hpp"

BOOST_AUTO_TEST_SUITE(large_drawings)

BOOST_AUTO_TEST_CASE(ten_million_statements_are_drawn_folded_on_a_small_stack) {
  using namespace wengert;
  on_small_stack([] {
    Recording r;
    const Scalar x = r.variable(0.5, "x");
    Scalar y = x;
    for (int k = 0; k < 10'000'000; ++k) y = sin(y);
    r.name(y, "y");
    const auto start = std::chrono::steady_clock::now();
    const graph::Drawing forward = draw(y, {});
    const graph::Drawing both = draw(y, {x});
    BOOST_TEST_MESSAGE(
        "drawn twice in " << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << " s");
    BOOST_TEST(forward.nodes.size() == 2U);
    BOOST_TEST(forward.nodes[1].copies == 10'000'000U);
    BOOST_TEST(both.nodes.size() <= 8U);
    BOOST_TEST(graph::to_dot(both).size() < 10'000U);
  });
}

BOOST_AUTO_TEST_SUITE_END()
