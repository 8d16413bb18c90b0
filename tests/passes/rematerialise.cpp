// rematerialise: what is computed again and what is not, the bits, the budget; a second time changes nothing.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <set>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/capture.hpp"
#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

namespace wengert::test {
namespace {

using graph::Graph;
using graph::NodeId;
using passes::Rematerialisation;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

struct Traced {
  Graph graph;
  std::vector<Array> inputs;
};
Traced traced(const Recording& r, const std::vector<Tensor>& in, const std::vector<Tensor>& out) {
  const std::vector<detail::AnyHandle> inputs(in.begin(), in.end()), outputs(out.begin(), out.end());
  Traced result{exec::capture(r, inputs, outputs, "test", std::source_location::current()).graph, {}};
  for (const Tensor& x : in) result.inputs.push_back(x.value());
  return result;
}
Tensor drawn(std::mt19937_64& bits, const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (double& v : values) v = std::uniform_real_distribution(-1.0, 1.0)(bits);
  return Tensor(Array::from(values, shape));
}

/// Layers whose values are functions of the product before: the gradient wants each once more, as an operand of a
/// product. `function` is what a layer does to it.
template <class F>
Traced layers(std::uint64_t seed, std::int64_t count, const F& function) {
  std::mt19937_64 bits(seed);
  Recording r;
  std::vector<Tensor> in{r.variable(drawn(bits, {32, 32}))};
  Tensor h = in[0];
  for (std::int64_t k = 0; k < count; ++k) {
    in.push_back(r.variable(drawn(bits, {32, 32})));
    h = function(matmul(h, in.back()), in[0]);
  }
  std::vector<Tensor> out = gradient(sum(h), in);
  out.push_back(sum(h));
  return traced(r, in, out);
}
Traced cubes(std::uint64_t seed) {
  return layers(seed, 5, [](const Tensor& q, const Tensor&) { return q * square(q); });
}

void check_bits(const Traced& before, const passes::Rewrite& after) {
  const std::vector<Array> wanted = evaluate_all(before.graph, before.inputs);
  const std::vector<Array> got = evaluate_all(after.graph, before.inputs);
  for (std::size_t k = 0; k < before.graph.outputs().size(); ++k) {
    const Array &a = wanted[before.graph.outputs()[k]], &b = got[after.graph.outputs()[k]];
    BOOST_TEST_REQUIRE((a.type() == b.type()));
    for (std::int64_t i = 0; i < a.size(); ++i)
      BOOST_TEST_REQUIRE((std::bit_cast<std::uint64_t>(a.element(i)) == std::bit_cast<std::uint64_t>(b.element(i))),
                         "output " << k << ", element " << i << ": " << a.element(i) << ", " << b.element(i));
  }
}
void check_form(const Traced& before, const passes::Rewrite& after, const Rematerialisation& options) {
  graph::verify(after.graph);
  check_bits(before, after);
  const Graph twice = passes::rematerialise(after.graph, options).graph;
  BOOST_TEST(identical(after.graph, twice), graph::to_text(after.graph) << "\na second time becomes\n"
                                                                        << graph::to_text(twice));
}
std::size_t copies(const Traced& before, const passes::Rewrite& after) {
  return after.graph.size() - passes::merge_duplicates(before.graph).graph.size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_rematerialise)

BOOST_AUTO_TEST_CASE(values_that_wait_are_computed_again_with_the_same_bits) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Traced before = cubes(seed);
    const passes::Rewrite after = passes::rematerialise(before.graph);
    BOOST_TEST(copies(before, after) >= 3u);
    check_form(before, after, {});
    // Merged, nothing is left of it.
    BOOST_TEST(identical(passes::merge_duplicates(after.graph).graph, passes::merge_duplicates(before.graph).graph));
  }
}

BOOST_AUTO_TEST_CASE(random_layers_keep_their_bits_and_come_to_rest) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 bits(seed);
    const auto any = [&](const Tensor& q, const Tensor& x) {
      switch (bits() % 6) {
        case 0:
          return q * square(q);
        case 1:
          return tanh(q) + 0.5 * x;
        case 2:
          return concatenate({slice(q * x, {0, 0}, {16, 32}), slice(square(q), {16, 0}, {32, 32})}, 0);
        case 3:
          return q / (1.0 + abs(q));
        case 4:
          return transpose(q * x) + q;
        default:
          return relu(q - mean(q) * x);
      }
    };
    const Traced before = layers(seed, 3 + static_cast<std::int64_t>(seed % 5), any);
    for (const bool dear : {false, true})
      for (const std::size_t budget : {std::size_t{0}, std::size_t{80'000}})
        check_form(before, passes::rematerialise(before.graph, {budget, dear}), {budget, dear});
  }
}

BOOST_AUTO_TEST_CASE(within_a_budget_nothing_is_computed_again) {
  const Traced before = cubes(1);
  BOOST_TEST(copies(before, passes::rematerialise(before.graph, {.budget = never})) == 0u);
  // The less there is, the more is done again.
  std::set<std::size_t> counts;
  std::size_t last = 0;
  for (const std::size_t budget : {300'000u, 200'000u, 150'000u, 120'000u, 100'000u, 0u}) {
    const std::size_t count = copies(before, passes::rematerialise(before.graph, {.budget = budget}));
    BOOST_TEST(count >= last);
    last = count;
    counts.insert(count);
  }
  BOOST_TEST(counts.size() >= 3u);
}

BOOST_AUTO_TEST_CASE(dear_functions_are_computed_again_only_where_that_is_asked_for) {
  // q waits in any case, for its cosine.
  const Traced before = layers(1, 5, [](const Tensor& q, const Tensor&) { return 2.0 * sin(q); });
  const auto sines = [](const Graph& g) {
    std::size_t count = 0;
    for (NodeId node = 0; node < g.size(); ++node) count += g.operation(node).name == "sin" ? 1 : 0;
    return count;
  };
  BOOST_TEST(sines(passes::rematerialise(before.graph).graph) == sines(before.graph));
  BOOST_TEST(sines(passes::rematerialise(before.graph, {.dear = true}).graph) > sines(before.graph));
}

BOOST_AUTO_TEST_CASE(of_a_slice_that_is_read_late_only_the_slice_is_computed_again) {
  std::mt19937_64 bits(7);
  Recording r;
  const Tensor a = r.variable(drawn(bits, {64, 32})), b = r.variable(drawn(bits, {64, 32}));
  const Tensor w = r.variable(drawn(bits, {32, 32})), v = r.variable(drawn(bits, {32, 32}));
  const Tensor y = a * b;
  Tensor h = matmul(y, w);  // reads all of y at once
  for (int k = 0; k < 4; ++k) h = matmul(h, v) + h;
  const Tensor late = h * h;
  const Tensor first = slice(y, {0, 0}, {32, 32}) + slice(late, {0, 0}, {32, 32});
  const Tensor second = slice(y, {32, 0}, {64, 32}) + matmul(first, w);
  const Traced before = traced(r, {a, b, w, v}, {second, first});
  const passes::Rewrite after = passes::rematerialise(before.graph);
  check_form(before, after, {});
  std::size_t of_slices = 0;
  for (NodeId node = 0; node < after.graph.size(); ++node)
    if (after.graph.operation(node).name == "mul" && after.graph.type(node).shape == Shape{32, 32}) ++of_slices;
  BOOST_TEST(of_slices >= 1u, graph::to_text(after.graph));
}

BOOST_AUTO_TEST_CASE(small_values_are_kept) {
  std::mt19937_64 bits(7);
  Recording r;
  const Tensor x = r.variable(drawn(bits, {8, 8}));
  Tensor h = x;
  for (int k = 0; k < 5; ++k) {
    const Tensor q = matmul(h, x);
    h = q * square(q);
  }
  const Traced before = traced(r, {x}, gradient(sum(h), std::vector{x}));
  BOOST_TEST(copies(before, passes::rematerialise(before.graph)) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
