// Patterns: against plain sets over the expanded graph, and against numbers at many points.
#include <chrono>
#include <optional>

#include "support.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/tests/autodiff/program.hpp"

namespace wengert::sparse_tests {
namespace {

/// The pattern by definition: sets over the graph of primitives, one after the other.
Positions by_graph(const Recording& r, const std::vector<Scalar>& y, const std::vector<Scalar>& x) {
  const Expansion expansion = expand(r, y, {.merge_duplicates = false, .ties = false});
  const graph::Graph& g = expansion.graph;
  std::vector<std::set<std::size_t>> set(g.size());
  std::vector<std::set<std::size_t>> own(g.size());
  for (std::size_t j = 0; j < x.size(); ++j) try {
      own[expansion.node(x[j])].insert(j);
    } catch (const ArgumentError&) {  // no output depends on it
    }
  for (graph::NodeId node = 0; node < g.size(); ++node) {
    set[node] = own[node];
    const auto operands = g.operands(node);
    if (operands.empty()) continue;
    const auto& primitive = static_cast<const Primitive&>(g.operation(node));
    for (std::size_t k = 0; k < operands.size(); ++k)
      if (primitive.differentiable >> k & 1u) set[node].insert(set[operands[k]].begin(), set[operands[k]].end());
  }
  Positions result;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!y[i].is_constant())
      for (const std::size_t j : set[expansion.node(y[i])]) result.emplace(i, j);
  return result;
}

/// Variables and a few other values as inputs, a few values as outputs.
struct Ends {
  std::vector<std::size_t> x, y;
};
Ends random_ends(oracle::Generator& random, const oracle::Program& program) {
  Ends ends;
  for (std::size_t v = 0; v < static_cast<std::size_t>(program.size()); ++v)
    if (v < program.inputs.size() || program.code[v - program.inputs.size()].kind == oracle::variable_kind)
      ends.x.push_back(v);
  if (random.chance(0.3)) ends.x.push_back(static_cast<std::size_t>(random.uniform(0, program.size() - 1)));
  for (int k = random.uniform(1, 6); k > 0; --k)
    ends.y.push_back(static_cast<std::size_t>(random.uniform(0, program.size() - 1)));
  ends.y.push_back(static_cast<std::size_t>(program.size() - 1));
  return ends;
}
std::vector<Scalar> at(const std::vector<Scalar>& values, const std::vector<std::size_t>& places) {
  std::vector<Scalar> result;
  for (const std::size_t place : places) result.push_back(values[place]);
  return result;
}
/// x that are constants cannot be differentiated by.
void drop_constants(std::vector<Scalar>& x) {
  std::erase_if(x, [](const Scalar& value) { return value.is_constant(); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sparsity_pattern)

BOOST_AUTO_TEST_CASE(small_programs_by_hand) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{1.0, 2.0, 3.0});
  const std::vector<Scalar> y{x[0] * x[2],
                              Scalar(5.0),
                              sin(x[1]) + 0.0 * x[0],
                              x[2],
                              where(x[0] < x[1], x[1], x[2]),
                              Scalar(max(x[0], x[2])),
                              Scalar(heaviside(x[0]) * x[1])};
  const SparsityPattern p = jacobian_pattern(y, x);
  BOOST_TEST(p.rows() == 7u);
  BOOST_TEST(p.cols() == 3u);
  BOOST_TEST(
      (positions(p) == Positions{{0, 0}, {0, 2}, {2, 0}, {2, 1}, {3, 2}, {4, 1}, {4, 2}, {5, 0}, {5, 2}, {6, 1}}));
  BOOST_TEST(p.nonzeros() == 10u);
  BOOST_TEST(p.contains(4, 2));
  BOOST_TEST(!p.contains(4, 0));
  BOOST_TEST(!p.contains(9, 0));
}

BOOST_AUTO_TEST_CASE(second_derivatives_by_hand) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{1.0, 2.0, 3.0, 4.0, 5.0});
  const Scalar y = x[0] * x[1] + 3.0 * x[2] + sin(x[3]) + x[4] / x[0];
  BOOST_TEST((positions(hessian_pattern(y, x)) == Positions{{0, 0}, {0, 1}, {1, 0}, {3, 3}, {0, 4}, {4, 0}}));
  // A selection is linear in what it selects.
  const Scalar z = max(x[0], x[1]) + where(x[2] < x[3], x[2] * x[2], x[4]);
  BOOST_TEST((positions(hessian_pattern(z, x)) == Positions{{2, 2}}));
}

BOOST_AUTO_TEST_CASE(the_recording_is_as_it_was_after_a_hessian_pattern) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{1.0, 2.0});
  const Scalar y = x[0] * x[1];
  const std::uint64_t before = r.statistics().values;
  static_cast<void>(hessian_pattern(y, x));
  BOOST_TEST(r.statistics().values == before);
  BOOST_TEST(backward(y)[x[0]] == 2.0);
}

BOOST_AUTO_TEST_CASE(computed_values_and_repeated_ones_are_inputs_too) {
  Recording r;
  const Scalar a = r.variable(2.0), b = r.variable(3.0);
  const Scalar c = a * a;
  const std::vector<Scalar> y{c * b, c, Scalar(a + 0.0 * b)};
  // The total derivative: through c and around it.
  BOOST_TEST((positions(jacobian_pattern(y, std::vector{c, a, c})) ==
              Positions{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 1}}));
}

BOOST_AUTO_TEST_CASE(random_programs_agree_with_sets_over_the_graph) {
  std::uint64_t rolled = 0, elements = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    oracle::Generator random(seed);
    const oracle::Program program = random(seed % 10 == 0 ? 400 : 120);
    const Ends ends = random_ends(random, program);
    for (const bool unrolled : {false, true}) {
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, unrolled);
      rolled += r.statistics().rolled;
      std::vector<Scalar> x = at(value, ends.x);
      drop_constants(x);
      const std::vector<Scalar> y = at(value, ends.y);
      const Positions got = positions(jacobian_pattern(y, x)), want = by_graph(r, y, x);
      std::string differ;
      for (const auto& [i, j] : got)
        if (!want.contains({i, j})) differ += " +" + std::to_string(i) + "," + std::to_string(j);
      for (const auto& [i, j] : want)
        if (!got.contains({i, j})) differ += " -" + std::to_string(i) + "," + std::to_string(j);
      elements += got.size();
      all += x.size() * y.size();
      if (!differ.empty())
        BOOST_FAIL("seed " << seed << differ << " unrolled " << unrolled << " ends " << ends.x.back() << "\n"
                           << to_string(program));
    }
  }
  BOOST_TEST(rolled > 5000u);
  BOOST_TEST(elements > all / 20);
  BOOST_TEST(elements < all);
}

// Memory behind the expansion's was read, and now and then written to.
BOOST_AUTO_TEST_CASE(expanding_a_variable_with_others_after_it_goes_no_further_than_it) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(1000000, 0.5));
  for (const std::size_t at : {std::size_t{0}, std::size_t{70}, std::size_t{999999}}) {
    const Expansion expansion = expand(r, {x[at]});
    BOOST_TEST(expansion.graph.size() == 1u);
    BOOST_TEST(expansion.find(x[at]) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_0_at_some_point_is_in_the_pattern) {
  int exact = 0, programs = 0, exact_hessians = 0, hessians = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    oracle::Generator random(seed + 1000);
    oracle::Program program = random(40);
    const Ends ends = random_ends(random, program);
    std::optional<SparsityPattern> pattern, hessian;
    Positions seen, seen_twice;
    for (int point = 0; point < 12; ++point) {
      for (double& input : program.inputs) input = random.real(-1.5, 1.5);
      for (oracle::Statement& s : program.code)
        if (s.kind == oracle::variable_kind) s.p = random.real(-1.5, 1.5);
      Recording r;
      const std::vector<Scalar> value = oracle::record(program, r, false);
      std::vector<Scalar> x = at(value, ends.x);
      drop_constants(x);
      const std::vector<Scalar> y = at(value, ends.y);
      if (!pattern) {  // of one point, for all
        pattern = jacobian_pattern(y, x);
        hessian = hessian_pattern(y.back(), x);
      }
      seen.merge(nonzeros(dense_jacobian(y, x), x.size()));
      seen_twice.merge(nonzeros(dense_hessian(y.back(), x), x.size()));
    }
    const Positions allowed = positions(*pattern), allowed_twice = positions(*hessian);
    if (!std::ranges::includes(allowed, seen)) BOOST_FAIL("Jacobian, seed " << seed << "\n" << to_string(program));
    if (!std::ranges::includes(allowed_twice, seen_twice))
      BOOST_FAIL("Hessian, seed " << seed << "\n" << to_string(program));
    ++programs;
    exact += allowed == seen ? 1 : 0;
    hessians += allowed_twice.empty() ? 0 : 1;
    exact_hessians += !allowed_twice.empty() && allowed_twice == seen_twice ? 1 : 0;
  }
  // Kinds of statements that give 0 everywhere (a·0, a derivative that underflows) keep some from being exact.
  BOOST_TEST(exact > programs / 2);
  BOOST_TEST(exact_hessians > hessians / 3);
  BOOST_TEST_MESSAGE("exact: " << exact << " of " << programs << " Jacobians, " << exact_hessians << " of " << hessians
                               << " Hessians");
}

BOOST_AUTO_TEST_CASE(large_sets_and_rows_that_share_them) {
  constexpr std::size_t n = 300;
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(n, 0.5));
  // Sums of all before it, products of neighbours, and a sum of sums.
  std::vector<Scalar> y;
  Positions want;
  Scalar sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    sum = sum + sin(x[i]);
    y.push_back(sum);
    for (std::size_t j = 0; j <= i; ++j) want.emplace(y.size() - 1, j);
  }
  y.push_back(y[100] * x[250]);
  for (std::size_t j = 0; j <= 100; ++j) want.emplace(n, j);
  want.emplace(n, 250);
  y.push_back(Scalar(y[100] + y[99]));
  for (std::size_t j = 0; j <= 100; ++j) want.emplace(n + 1, j);
  // From the last to the first as well: rows written before are met in another order.
  for (const bool backwards : {false, true}) {
    std::vector<Scalar> outputs = y;
    Positions wanted = want;
    if (backwards) {
      std::ranges::reverse(outputs);
      wanted.clear();
      for (const auto& [i, j] : want) wanted.emplace(y.size() - 1 - i, j);
    }
    BOOST_TEST((positions(jacobian_pattern(outputs, x)) == wanted));
  }
}

BOOST_AUTO_TEST_CASE(a_sum_of_100_000_terms_takes_no_quadratic_time) {
  constexpr std::size_t n = 100000;
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(n, 0.5));
  const Scalar y = rosenbrock(x);
  const auto begin = std::chrono::steady_clock::now();
  const SparsityPattern j = jacobian_pattern(y, x);
  const SparsityPattern h = hessian_pattern(y, x);
  BOOST_TEST(j.nonzeros() == n);
  BOOST_TEST(h.nonzeros() == 3 * n - 2);
  BOOST_TEST(h.row(5).size() == 3u);
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < 20.0);
}

BOOST_AUTO_TEST_CASE(patterns_that_are_none_are_refused) {
  BOOST_CHECK_THROW(SparsityPattern(3, {0, 2}, {1, 1}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {0, 2}, {2, 1}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {0, 1}, {3}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {0, 2}, {0}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {1, 1}, {0}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {0, 2, 1}, {0}), ArgumentError);
  BOOST_CHECK_THROW(SparsityPattern(3, {}, {}), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(SparsityPattern(3, {0, 1}, {2}).symmetric()), ShapeError);
  Recording r, other;
  const Scalar a = r.variable(1.0), b = other.variable(1.0);
  BOOST_CHECK_THROW(static_cast<void>(jacobian_pattern(a, Scalar(1.0))), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(jacobian_pattern(a, b)), ForeignRecording);
  BOOST_CHECK_THROW(static_cast<void>(hessian_pattern(a, b)), ForeignRecording);
  const Scalar stale = r.variable(1.0);
  r.clear();
  BOOST_CHECK_THROW(static_cast<void>(jacobian_pattern(stale, stale)), StaleHandle);
}

BOOST_AUTO_TEST_CASE(transposed_symmetric_and_lower) {
  const SparsityPattern p = pattern_of(3, 3, {{0, 1}, {0, 2}, {1, 1}, {2, 0}});
  BOOST_TEST((positions(p.transposed()) == Positions{{1, 0}, {2, 0}, {1, 1}, {0, 2}}));
  BOOST_TEST((p.transposed().transposed() == p));
  BOOST_TEST((positions(p.symmetric()) == Positions{{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 1}}));
  BOOST_TEST((positions(p.lower_triangle()) == Positions{{1, 1}, {2, 0}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::sparse_tests
