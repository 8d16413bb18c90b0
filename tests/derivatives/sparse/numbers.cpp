// Sparse Jacobians and Hessians in numbers: against dense ones, each recovery against the others.
#include "support.hpp"
#include "wengert/tests/autodiff/program.hpp"

namespace wengert::sparse_tests {
namespace {

constexpr ColoringOrder orders[]{ColoringOrder::natural, ColoringOrder::largest_first, ColoringOrder::smallest_last,
                                 ColoringOrder::incidence_degree};
constexpr Recovery recoveries[]{Recovery::direct, Recovery::substitution, Recovery::columns};

/// Variables of a random program, and some of its values. The program is without kinks, or with them.
struct Random {
  Recording r;
  std::vector<Scalar> value, x, y;

  Random(std::uint64_t seed, int statements) {
    oracle::Generator random(seed);
    const oracle::Program program = random(statements);
    value = oracle::record(program, r, seed % 3 == 0);
    for (std::size_t v = 0; v < value.size(); ++v)
      if (v < program.inputs.size() || program.code[v - program.inputs.size()].kind == oracle::variable_kind)
        x.push_back(value[v]);
    for (int k = random.uniform(0, 11); k >= 0; --k)
      y.push_back(value[static_cast<std::size_t>(random.uniform(0, program.size() - 1))]);
    y.push_back(value.back());
  }
};

/// A function of many variables whose Hessian has `links` random pairs besides a chain.
Scalar linked(const std::vector<Scalar>& x, std::uint64_t seed, std::size_t links) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::size_t> any(0, x.size() - 1);
  Scalar sum = 0.0;
  for (std::size_t k = 0; k < links; ++k) {
    const Scalar a = x[any(random)], b = x[any(random)];
    sum = sum + sin(a * b) * exp(0.1 * a);
  }
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum = sum + pow(x[i + 1] - x[i] * x[i], 2);
  return sum;
}
std::vector<double> numbers(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> real(-1.0, 1.0);
  std::vector<double> x(n);
  for (double& number : x) number = real(random);
  return x;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sparse_numbers)

BOOST_AUTO_TEST_CASE(jacobians_of_random_programs_both_ways) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Random p(seed, seed % 10 == 0 ? 300 : 80);
    const std::vector<double> want = dense_jacobian(p.y, p.x);
    for (const Compression way : {Compression::automatic, Compression::forward, Compression::reverse}) {
      const SparseJacobian plan(p.y, p.x, {.compression = way, .order = orders[seed % 4]});
      const SparseMatrix j = plan(p.y, p.x);
      check_matrix(j, want, 1e-12, "seed " + std::to_string(seed));
      plan.verify(j, p.y, p.x);
    }
  }
}

BOOST_AUTO_TEST_CASE(hessians_of_random_programs_by_every_recovery) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Random p(seed + 5000, seed % 10 == 0 ? 150 : 50);
    const std::vector<double> want = dense_hessian(p.y.back(), p.x);
    for (const Recovery recovery : recoveries) {
      const SparseHessian plan(p.y.back(), p.x, {.recovery = recovery, .order = orders[seed % 4]});
      check_matrix(plan(p.y.back(), p.x), want, 1e-11, "seed " + std::to_string(seed));
    }
  }
}

BOOST_AUTO_TEST_CASE(recoveries_agree_on_hessians_of_many_structures) {
  std::uint32_t star = 0, acyclic = 0, columns = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const std::size_t n = 10 + seed;
    Recording r;
    const std::vector<Scalar> x = r.variables(numbers(n, seed));
    const Scalar y = linked(x, seed, seed);
    const std::vector<double> want = dense_hessian(y, x);
    for (const ColoringOrder order : orders)
      for (const Recovery recovery : recoveries) {
        const SparseHessian plan(y, x, {.recovery = recovery, .order = order});
        const SparseMatrix h = plan(y, x);
        check_matrix(h, want, 1e-13, "seed " + std::to_string(seed));
        (recovery == Recovery::direct         ? star
         : recovery == Recovery::substitution ? acyclic
                                              : columns) += plan.coloring().count;
        plan.verify(h, y, x);
        if (recovery == Recovery::columns) continue;
        for (const Triplet& t : h.triplets()) BOOST_TEST(t.value == h(t.col, t.row));
      }
  }
  BOOST_TEST(acyclic < star);
  BOOST_TEST(star < columns);
}

BOOST_AUTO_TEST_CASE(a_plan_serves_other_points_and_other_recordings) {
  constexpr std::size_t n = 20;
  Recording first;
  const std::vector<Scalar> a = first.variables(numbers(n, 1));
  const SparseHessian plan(linked(a, 9, 12), a);
  std::vector<Scalar> products;
  for (std::size_t i = 0; i + 2 < n; ++i) products.push_back(a[i] * sin(a[i + 2]));
  const SparseJacobian jacobian(products, a);
  BOOST_TEST(jacobian.coloring().count == 2u);
  SparseMatrix h, j;
  for (std::uint64_t point = 2; point <= 4; ++point) {
    Recording r;
    static_cast<void>(r.variable(7.0));
    const std::vector<Scalar> x = r.variables(numbers(n, point));
    const Scalar y = linked(x, 9, 12);
    plan.evaluate(y, x, h);
    check_matrix(h, dense_hessian(y, x), 1e-13, "Hessian");
    std::vector<Scalar> z;
    for (std::size_t i = 0; i + 2 < n; ++i) z.push_back(x[i] * sin(x[i + 2]));
    jacobian.evaluate(z, x, j);
    check_matrix(j, dense_jacobian(z, x), 1e-14, "Jacobian");
  }
  BOOST_TEST(h.shared_pattern() == plan(linked(a, 9, 12), a).shared_pattern());
}

BOOST_AUTO_TEST_CASE(the_cheaper_direction_is_chosen) {
  Recording r;
  const std::vector<Scalar> x = r.variables(numbers(30, 1));
  // One full row: 30 colours of columns, 3 of rows.
  std::vector<Scalar> y(2, 0.0);
  for (const Scalar& one : x) y[0] = y[0] + one * one;
  y[1] = x[0] * x[1];
  y.push_back(x[5] * x[6]);
  const SparseJacobian rows(y, x);
  BOOST_TEST(!rows.is_forward());
  BOOST_TEST(rows.coloring().count == 2u);
  check_matrix(rows(y, x), dense_jacobian(y, x), 1e-15, "by rows");
  // One full column.
  std::vector<Scalar> z;
  for (const Scalar& one : x) z.push_back(one * x[3]);
  const SparseJacobian columns(z, x);
  BOOST_TEST(columns.is_forward());
  BOOST_TEST(columns.coloring().count == 2u);
  check_matrix(columns(z, x), dense_jacobian(z, x), 1e-15, "by columns");
}

BOOST_AUTO_TEST_CASE(constants_and_values_that_depend_on_nothing) {
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector{1.0, 2.0});
  const SparseMatrix j = sparse_jacobian(std::vector<Scalar>{Scalar(3.0), x[1], Scalar(x[0] * x[0])}, x);
  BOOST_TEST((dense_of(j) == std::vector{0.0, 0.0, 0.0, 1.0, 2.0, 0.0}));
  BOOST_TEST(sparse_hessian(Scalar(2.0), x).nonzeros() == 0u);
  BOOST_TEST(sparse_hessian(x[0], x).nonzeros() == 0u);
  BOOST_TEST(sparse_jacobian(std::vector<Scalar>{}, x).rows() == 0u);
  BOOST_TEST(sparse_jacobian(x, std::vector<Scalar>{}).cols() == 0u);
}

BOOST_AUTO_TEST_CASE(a_plan_used_for_another_program_is_refused_where_it_shows) {
  Recording r;
  const std::vector<Scalar> x = r.variables(numbers(6, 1));
  std::vector<Scalar> y, z;
  for (std::size_t i = 0; i < 6; ++i) y.push_back(x[i] * x[i]);
  for (std::size_t i = 0; i < 6; ++i) z.push_back(x[i] * x[(i + 1) % 6]);
  const SparseJacobian plan(y, x);
  BOOST_CHECK_THROW(static_cast<void>(plan(y, std::vector{x[0]})), ShapeError);
  BOOST_CHECK_THROW(static_cast<void>(plan(x[0], x)), ShapeError);
  // As many rows and columns, other elements: found by verify() only.
  const SparseMatrix wrong = plan(z, x);
  BOOST_CHECK_THROW(plan.verify(wrong, z, x), ArgumentError);
  plan.verify(plan(y, x), y, x);
  const Scalar sum = y[0] + y[1] + y[2], mixed = x[0] * x[1] * x[2];
  const SparseHessian hessian(sum, x);
  BOOST_CHECK_THROW(static_cast<void>(hessian(sum, std::vector{x[0]})), ShapeError);
  BOOST_CHECK_THROW(hessian.verify(hessian(mixed, x), mixed, x), ArgumentError);
  hessian.verify(hessian(sum, x), sum, x);
}

BOOST_AUTO_TEST_CASE(forms_of_a_matrix) {
  const SparseMatrix m(pattern_of(3, 3, {{0, 0}, {0, 2}, {1, 1}, {2, 0}, {2, 1}}), {1, 2, 3, 4, 5});
  BOOST_TEST((dense_of(m) == std::vector<double>{1, 0, 2, 0, 3, 0, 4, 5, 0}));
  BOOST_TEST((m.triplets() == std::vector<Triplet>{{0, 0, 1}, {0, 2, 2}, {1, 1, 3}, {2, 0, 4}, {2, 1, 5}}));
  BOOST_TEST((m.lower_triangle().triplets() == std::vector<Triplet>{{0, 0, 1}, {1, 1, 3}, {2, 0, 4}, {2, 1, 5}}));
  BOOST_TEST((m.times(std::vector{1.0, 10.0, 100.0}) == std::vector{201.0, 30.0, 54.0}));
  BOOST_TEST(m(0, 2) == 2.0);
  BOOST_TEST(m(0, 1) == 0.0);
  BOOST_TEST(m(7, 0) == 0.0);
  BOOST_CHECK_THROW(static_cast<void>(m.times(std::vector{1.0})), ShapeError);
  BOOST_CHECK_THROW(SparseMatrix(pattern_of(1, 1, {{0, 0}}), {}), ArgumentError);
  BOOST_TEST(SparseMatrix().rows() == 0u);
}

BOOST_AUTO_TEST_CASE(functions_keep_their_plan) {
  int plans = 0;
  auto h = sparse_hessian([](const auto& x) { return rosenbrock(x); });
  const SparsityPattern* kept = nullptr;
  for (std::uint64_t point = 1; point <= 3; ++point) {
    const std::vector<double> at = numbers(12, point);
    const SparseMatrix got = h(at);
    Recording r;
    const std::vector<Scalar> x = r.variables(at);
    check_matrix(got, dense_hessian(rosenbrock(x), x), 1e-13, "Rosenbrock");
    plans += kept != &got.pattern() ? 1 : 0;
    kept = &h.plan().pattern();
  }
  BOOST_TEST(plans == 1);
  BOOST_TEST(h(numbers(5, 1)).rows() == 5u);

  // Another branch is another program.
  auto j = sparse_jacobian([](const auto& x) {
    std::vector<std::decay_t<decltype(x[0])>> y{x[0] * x[1], x[2]};
    if (x[0] < 0.0) y[0] = x[0] * x[2];
    return y;
  });
  BOOST_TEST((dense_of(j(std::vector{2.0, 3.0, 5.0})) == std::vector<double>{3, 2, 0, 0, 0, 1}));
  BOOST_TEST((dense_of(j(std::vector{-2.0, 3.0, 5.0})) == std::vector<double>{5, 0, -2, 0, 0, 1}));
  BOOST_TEST((dense_of(j(std::vector{2.0, 3.0, 5.0})) == std::vector<double>{3, 2, 0, 0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(rosenbrock_of_100_000_variables) {
  constexpr std::size_t n = 100000;
  Recording r;
  const std::vector<double> at = numbers(n, 1);
  const std::vector<Scalar> x = r.variables(at);
  const Scalar y = rosenbrock(x);
  for (const Recovery recovery : recoveries) {
    const SparseHessian plan(y, x, {.recovery = recovery});
    BOOST_TEST(plan.coloring().count == (recovery == Recovery::substitution ? 2u : 3u));
    const SparseMatrix h = plan(y, x);
    BOOST_TEST(h.nonzeros() == 3 * n - 2);
    for (std::size_t i = 0; i < n; i += 997) {
      const double before = i > 0 ? 200.0 : 0.0, own = i + 1 < n ? 1200 * at[i] * at[i] - 400 * at[i + 1] + 2 : 0.0;
      check_near(h(i, i), before + own, 1e-11, "diagonal");
      if (i + 1 < n) check_near(h(i, i + 1), -400 * at[i], 1e-9, "beside it");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::sparse_tests
