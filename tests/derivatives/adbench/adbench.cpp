// The objectives of ADBench (GMM, bundle adjustment, hand tracking, LSTM): values, gradients and Jacobians to 1e-10
// against forward-mode numbers that share no code with the library, one input at a time.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/sparse/sparse_jacobian.hpp"
#include "wengert/benchmarks/adbench/hand.hpp"
#include "wengert/benchmarks/race/workloads/ba.hpp"
#include "wengert/benchmarks/race/workloads/gmm_d2_K5.hpp"
#include "wengert/benchmarks/race/workloads/lstm.hpp"
#include "wengert/tests/autodiff/dual.hpp"

namespace wengert::oracle {
/// By which bundle adjustment asks whether there is a rotation.
inline bool operator>(const Dual<double, 8>& x, double y) { return x.v > y; }
}  // namespace wengert::oracle

namespace wengert {
namespace {

/// ∂y/∂x row after row, eight columns at a time.
template <class W>
std::vector<double> jacobian_by_duals(const W& objective) {
  using Number = oracle::Dual<double, 8>;
  const std::vector<double> x = objective.inputs();
  const std::size_t m = objective.outputs();
  std::vector<double> result(m * x.size());
  for (std::size_t first = 0; first < x.size(); first += 8) {
    std::vector<Number> input(x.begin(), x.end()), y(m);
    const std::size_t count = std::min<std::size_t>(8, x.size() - first);
    for (std::size_t k = 0; k < count; ++k) input[first + k].d[k] = 1.0;
    objective.evaluate(std::span<const Number>(input), std::span<Number>(y));
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t k = 0; k < count; ++k) result[i * x.size() + first + k] = y[i].d[k];
  }
  return result;
}

/// Relative to the largest element of the row.
void check_row(const double* got, const double* want, std::size_t size, const std::string& what) {
  double largest = 0;
  for (std::size_t j = 0; j < size; ++j) largest = std::max(largest, std::abs(want[j]));
  BOOST_TEST(largest > 0.0, what);
  for (std::size_t j = 0; j < size; ++j) {
    if (std::abs(got[j] - want[j]) <= 1e-10 * largest) continue;
    std::ostringstream text;
    text.precision(17);
    text << what << ", element " << j << ": " << got[j] << ", expected " << want[j];
    BOOST_ERROR(text.str());
  }
}

template <class W>
void check(const W& objective, const std::string& name) {
  const std::vector<double> at = objective.inputs(), want = jacobian_by_duals(objective);
  Recording r;
  const std::vector<Scalar> x = r.variables(at);
  std::vector<Scalar> y(objective.outputs());
  objective.evaluate(std::span<const Scalar>(x), std::span<Scalar>(y));
  std::vector<double> values(y.size());
  objective.evaluate(std::span<const double>(at), std::span<double>(values));
  for (std::size_t i = 0; i < y.size(); ++i)
    BOOST_TEST(std::abs(y[i].value() - values[i]) <= 1e-12 * (1 + std::abs(values[i])), name);

  // Reverse, row by row; recorded, the first row; sparse, all of it.
  std::vector<double> row(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Adjoints adjoints = backward(y[i]);
    for (std::size_t j = 0; j < x.size(); ++j) row[j] = adjoints[x[j]];
    check_row(row.data(), &want[i * x.size()], x.size(), name + ", reverse");
  }
  const SparseMatrix sparse = sparse_jacobian(y, x);
  const Matrix dense = sparse.to_dense();
  for (std::size_t i = 0; i < y.size(); ++i)
    check_row(dense.row(i).data(), &want[i * x.size()], x.size(), name + ", sparse");
  const std::vector<Scalar> gradient_of_first = gradient(y[0], x);
  for (std::size_t j = 0; j < x.size(); ++j) row[j] = gradient_of_first[j].value();
  check_row(row.data(), want.data(), x.size(), name + ", recorded");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adbench_objectives)

BOOST_AUTO_TEST_CASE(mixture_of_gaussians) { check(race::GmmD2K5(race::Size::quick), "GMM"); }
BOOST_AUTO_TEST_CASE(bundle_adjustment) { check(race::BundleAdjustment(race::Size::quick), "bundle adjustment"); }
BOOST_AUTO_TEST_CASE(lstm) { check(race::Lstm(race::Size::quick), "LSTM"); }
BOOST_AUTO_TEST_CASE(hand_tracking_simple) { check(adbench::Hand(3, 40, false), "hand, simple"); }
BOOST_AUTO_TEST_CASE(hand_tracking_complicated) { check(adbench::Hand(3, 40, true), "hand, complicated"); }

// A hand at rest is the model's: the bones' chains and their inverses cancel, and what is left is the global motion.
BOOST_AUTO_TEST_CASE(a_hand_at_rest_only_moves_as_a_whole) {
  const adbench::Hand hand(3, 40, false);
  std::vector<double> rest = hand.inputs(), turned, y(hand.outputs()), z(hand.outputs());
  std::fill(rest.begin() + 3, rest.end(), 0.0);
  std::vector<double> shifted = rest;
  shifted[3] += 1.5;
  hand.evaluate(std::span<const double>(rest), std::span<double>(y));
  hand.evaluate(std::span<const double>(shifted), std::span<double>(z));
  for (std::size_t k = 0; k < y.size(); ++k) BOOST_TEST(std::abs(y[k] - z[k] - (k % 3 == 0 ? 1.5 : 0.0)) < 1e-12);
}

// 26 full columns, and two elements in every row for the point's own coordinates.
BOOST_AUTO_TEST_CASE(the_complicated_hand_takes_28_colours_whatever_the_number_of_points) {
  for (const std::size_t points : {20u, 60u}) {
    const adbench::Hand hand(2, points, true);
    Recording r;
    const std::vector<Scalar> x = r.variables(hand.inputs());
    std::vector<Scalar> y(hand.outputs());
    hand.evaluate(std::span<const Scalar>(x), std::span<Scalar>(y));
    const SparseJacobian plan(y, x);
    BOOST_TEST(plan.is_forward());
    BOOST_TEST(plan.coloring().count <= 28u);
    BOOST_TEST(plan.pattern().row(0).size() <= 28u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
