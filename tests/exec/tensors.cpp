// Programs of tensors against evaluate(), which computes node by node.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/tests/exec/checked.hpp"
#include "wengert/tests/tensor/allocation_count.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(programs_of_tensors)

BOOST_AUTO_TEST_CASE(elementwise_work_on_long_and_short_tensors) {
  const Function f = [](const std::vector<Tensor>& x) {
    const Tensor y = tanh(x[0] * x[1] + x[2]) * sigmoid(x[0]);
    return std::vector<Tensor>{y, y * y + 1.0, exp(-square(x[1]))};
  };
  for (const std::int64_t n : {1, 3, 64, 511, 512, 513, 5000}) check(f, std::vector<Type>(3, f64({n})), 1e-14);
  check(f, std::vector<Type>(3, f32({37, 19})), 1e-6);
}

BOOST_AUTO_TEST_CASE(broadcasts_are_read_in_place) {
  const Function f = [](const std::vector<Tensor>& x) {
    return std::vector<Tensor>{x[0] * x[1] + x[2], (x[0] - x[2]) * 2.0, x[1] + x[2]};
  };
  for (const std::int64_t n : {1, 5, 63, 64, 300})
    for (const std::int64_t m : {1, 4, 70}) check(f, {f64({m, n}), f64({n}), f64({m, 1})}, 1e-15);
  check(f, {f64({3, 4, 5}), f64({4, 1}), f64({3, 1, 1})}, 1e-15);
  check(f, {f64({3, 4, 5}), f64({}), f64({1, 1, 5})}, 1e-15);
}

BOOST_AUTO_TEST_CASE(slices_and_permutations_are_read_in_place) {
  check(
      [](const std::vector<Tensor>& x) {
        const Tensor a = permute(x[0], {1, 0}), b = slice(x[0], {0, 2}, {7, 5});
        return std::vector<Tensor>{a * 2.0 + 1.0, exp(b) * b, sum(a * a, {0})};
      },
      {f64({7, 9})}, 1e-14);
}

BOOST_AUTO_TEST_CASE(conditions_and_choices) {
  check(
      [](const std::vector<Tensor>& x) {
        return std::vector<Tensor>{where(x[0] < x[1], x[0], x[1] * 2.0), relu(x[0]) + max(x[0], x[1]),
                                   where(x[1] > 1.0, x[0] * x[0], -x[1])};
      },
      {f64({130}), f64({130})}, 1e-15);
}

BOOST_AUTO_TEST_CASE(a_network_with_its_gradient) {
  const Function f = [](const std::vector<Tensor>& x) {
    const Tensor hidden = tanh(matmul(x[0], x[1]) + x[2]);
    const Tensor out = matmul(hidden, x[3]) + x[4];
    const Tensor loss = mean(square(out - x[5]));
    std::vector<Tensor> result = gradient(loss, std::vector<Tensor>{x[1], x[2], x[3], x[4]});
    result.push_back(loss);
    return result;
  };
  check(f, {f64({16, 5}), f64({5, 8}), f64({8}), f64({8, 3}), f64({3}), f64({16, 3})}, 1e-13);
  check(f, {f32({16, 5}), f32({5, 8}), f32({8}), f32({8, 3}), f32({3}), f32({16, 3})}, 1e-5);
}

BOOST_AUTO_TEST_CASE(losses_with_labels) {
  const Function f = [](const std::vector<Tensor>& x) {
    const Tensor p = log_softmax(x[0], {1});
    const Tensor loss = -mean(sum(p * x[1], {1}));
    return std::vector<Tensor>{loss, gradient(loss, x[0])};
  };
  check(f, {f64({12, 10}), f64({12, 10})}, 1e-14);
}

BOOST_AUTO_TEST_CASE(numbers_and_tensors_cross) {
  Recording r;
  const Scalar a = r.variable(2.0);
  const Tensor t = r.variable(random_tensor({4}));
  const Tensor y = t * to_tensor(a);
  const Scalar z = element(sum(y), {}) * a;
  const Program p(r, {detail::AnyHandle(a), detail::AnyHandle(t)}, {detail::AnyHandle(y), detail::AnyHandle(z)});
  Program::Workspace w(p);
  w.set(0, 3.0);
  const Tensor at = random_tensor({4});
  w.set(1, at);
  p.run(w);
  double sum_of = 0;
  for (std::int64_t i = 0; i < 4; ++i) sum_of += at.value().element(i) * 3.0;
  BOOST_TEST(std::abs(w.number(1) - 3.0 * sum_of) <= 1e-14 * (1 + std::abs(sum_of)));
}

BOOST_AUTO_TEST_CASE(a_state_is_carried_from_run_to_run) {
  Recording r;
  const Tensor w0 = r.variable(random_tensor({6}));
  const Tensor x = r.variable(random_tensor({6}));
  const Tensor loss = sum(square(w0 * x - 1.0));
  const Tensor next = w0 - 0.01 * gradient(loss, w0);
  const Program p(r, {detail::AnyHandle(w0), detail::AnyHandle(x)}, {detail::AnyHandle(loss), detail::AnyHandle(next)},
                  {.states = {{0, 1}}});
  Program::Workspace w(p);
  Tensor by_hand = random_tensor({6});
  w.set(0, by_hand);
  for (int step = 0; step < 10; ++step) {
    const Tensor at = random_tensor({6});
    w.set(1, at);
    p.run(w);
    by_hand = by_hand - 0.01 * (2.0 * (by_hand * at - 1.0) * at);
    BOOST_TEST(largest_difference(w.state(0), by_hand) <= 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(wrong_types_and_missing_inputs_are_refused) {
  Recording r;
  const Tensor x = r.variable(random_tensor({3, 2}));
  const Program p(r, {detail::AnyHandle(x)}, {detail::AnyHandle(Tensor(x * 2.0))});
  Program::Workspace w(p);
  BOOST_CHECK_THROW(p.run(w), ArgumentError);
  BOOST_CHECK_THROW(w.set(0, random_tensor({2, 3})), ShapeError);
  BOOST_CHECK_THROW(w.set(0, random_tensor({3, 2}, Dtype::f32)), DtypeError);
  BOOST_CHECK_THROW(w.set(1, random_tensor({3, 2})), ArgumentError);
  std::array<double, 1> out{};
  BOOST_CHECK_THROW(p.run(w, std::array{1.0}, out), ArgumentError);
}

BOOST_AUTO_TEST_CASE(a_training_step_allocates_nothing_once_it_has_run) {
  if (!test::counts_allocations) return;
  Recording r;
  const Tensor x = r.variable(random_tensor({16, 5})), y = r.variable(random_tensor({16, 3}));
  const Tensor w = r.variable(random_tensor({5, 3})), b = r.variable(random_tensor({3}));
  const Tensor loss = mean(square(softmax(matmul(tanh(x), w) + b, {1}) - y));
  const std::vector<Tensor> g = gradient(loss, std::vector{w, b});
  const Program p(
      r, {detail::AnyHandle(x), detail::AnyHandle(y), detail::AnyHandle(w), detail::AnyHandle(b)},
      {detail::AnyHandle(loss), detail::AnyHandle(Tensor(w - 0.1 * g[0])), detail::AnyHandle(Tensor(b - 0.1 * g[1]))},
      {.states = {{2, 1}, {3, 2}}});
  Program::Workspace workspace(p);
  workspace.set(0, random_tensor({16, 5}));
  workspace.set(1, random_tensor({16, 3}));
  p.run(workspace);
  const std::uint64_t before = test::allocations();
  for (int k = 0; k < 10; ++k) p.run(workspace);
  BOOST_TEST(test::allocations() == before);
}

BOOST_AUTO_TEST_CASE(a_failed_guard_leaves_the_states_as_they_were) {
  // The first parameter's next value is there before the guard is known.
  Recording r;
  const Tensor x = r.variable(random_tensor({4, 3})), v = r.variable(random_tensor({4, 3}));
  const Tensor w = r.variable(random_tensor({3, 3}));
  const Tensor next = v + 0.5 * x;
  const Scalar size = to_scalar(sum(square(matmul(matmul(next, w), w))));
  BOOST_TEST_REQUIRE(static_cast<bool>(size < 1e6));
  const Program p(r, {detail::AnyHandle(x), detail::AnyHandle(v), detail::AnyHandle(w)},
                  {detail::AnyHandle(size), detail::AnyHandle(next), detail::AnyHandle(Tensor(w * 0.5))},
                  {.states = {{1, 1}, {2, 2}}});
  Program::Workspace workspace(p);
  workspace.set(0, x);
  workspace.set(1, v);
  workspace.set(2, w);
  BOOST_TEST_REQUIRE((p.try_run(workspace) == RunStatus::ok));
  const Tensor before = workspace.state(0), other = workspace.state(1);
  workspace.set(0, Tensor((x * 1e9).value()));
  BOOST_TEST_REQUIRE((p.try_run(workspace) == RunStatus::guard_failed));
  BOOST_TEST(workspace.state(0).to_vector() == before.to_vector(), boost::test_tools::per_element());
  BOOST_TEST(workspace.state(1).to_vector() == other.to_vector(), boost::test_tools::per_element());
  workspace.set(0, x);
  BOOST_TEST_REQUIRE((p.try_run(workspace) == RunStatus::ok));
  const Tensor expected(before + 0.5 * Tensor(x.value()));
  BOOST_TEST(largest_difference(workspace.state(0), expected) <= 1e-15);
}

BOOST_AUTO_TEST_CASE(a_state_may_lie_in_elements_of_the_caller) {
  Recording r;
  const Tensor x = r.variable(random_tensor({300})), v = r.variable(random_tensor({300}));
  const Program p(r, {detail::AnyHandle(x), detail::AnyHandle(v)}, {detail::AnyHandle(Tensor(v + x))},
                  {.states = {{1, 0}}});
  Program::Workspace workspace(p);
  const std::size_t bytes = workspace.bytes();
  workspace.set(0, x);
  Array here = Array::zeros(v.type()), there = Array::zeros(v.type());
  const Array shared = there;
  BOOST_CHECK_THROW(workspace.place(0, there), ArgumentError);
  Array uniform = Array::uniform(v.type(), 1.0), shorter = Array::zeros({Dtype::f64, Shape{3}});
  BOOST_CHECK_THROW(workspace.place(0, uniform), ArgumentError);
  BOOST_CHECK_THROW(workspace.place(0, shorter), ShapeError);
  BOOST_CHECK_THROW(workspace.place(1, here), ArgumentError);
  workspace.place(0, here);
  p.run(workspace);
  p.run(workspace);
  BOOST_TEST(largest_difference(Tensor(here), Tensor(2.0 * Tensor(x.value()))) == 0);
  BOOST_TEST(workspace.bytes() == bytes);
  Array elsewhere = Array::zeros(v.type());
  workspace.place(0, elsewhere);
  p.run(workspace);
  BOOST_TEST(largest_difference(Tensor(elsewhere), Tensor(x.value())) == 0);
  BOOST_TEST(largest_difference(Tensor(here), Tensor(2.0 * Tensor(x.value()))) == 0);
}

BOOST_AUTO_TEST_CASE(a_report_says_what_will_run) {
  Recording r;
  const Tensor x = r.variable(random_tensor({40, 3})), w = r.variable(random_tensor({3, 2}));
  const Tensor y = sum(tanh(matmul(x, w) * 2.0));
  const Program p(r, {detail::AnyHandle(x), detail::AnyHandle(w)}, {detail::AnyHandle(y)});
  const std::string text = p.report();
  for (const char* part :
       {"2 inputs, 1 output, 0 guards", "1 matmul", "1 sum", "fused [80] f64", "mul tanh", "memory: "})
    BOOST_TEST(text.find(part) != std::string::npos, text << " lacks " << part);
}

BOOST_AUTO_TEST_CASE(a_failed_guard_leaves_states_as_they_were) {
  Recording r;
  const Scalar sum = r.variable(1.0), x = r.variable(2.0);
  const Scalar next = sum + x;
  const Scalar y = next < 10.0 ? next * next : sum;
  const Program p(r, {sum, x}, {next, y}, {.states = {{0, 0}}});
  Program::Workspace w(p);
  w.set(0, 1.0);
  w.set(1, 4.0);
  p.run(w);
  BOOST_TEST(w.state(0).value().element(0) == 5.0);
  w.set(1, 6.0);
  BOOST_TEST((p.try_run(w) == RunStatus::guard_failed));
  BOOST_TEST(w.state(0).value().element(0) == 5.0);
  const auto failed = w.failed_guard();
  BOOST_TEST_REQUIRE(failed.has_value());
  BOOST_TEST(failed->now[0] == 11.0);
  BOOST_CHECK_THROW(p.run(w), GuardFailed);
  w.set(1, 2.0);
  p.run(w);
  BOOST_TEST(w.state(0).value().element(0) == 7.0);
  BOOST_TEST(w.number(1) == 49.0);
}

// a·c + b·c is computed as (a + b)·c, which may be 1 where the other is not.
BOOST_AUTO_TEST_CASE(a_guard_that_only_rounding_decides_is_named_too) {
  Recording r;
  const Scalar a = r.variable(0.25), b = r.variable(0.25), c = r.variable(0.5);
  const Scalar sum = a * c + b * c;
  const Scalar y = sum < 1.0 ? sum : sum * 2.0;
  const Program p(r, {a, b, c}, {y});
  Program::Workspace w(p);
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> some(0.1, 3.0);
  int failed = 0, by_rounding = 0;
  for (int repeat = 0; repeat < 20'000; ++repeat) {
    const double u = some(random), v = some(random), scale = 1 / (u + v);
    double out = 0;
    if (p.try_run(w, std::array{u, v, scale}, std::span(&out, 1)) == RunStatus::ok) continue;
    ++failed;
    by_rounding += u * scale + v * scale < 1.0 ? 1 : 0;
    BOOST_TEST_REQUIRE(w.failed_guard().has_value());
  }
  BOOST_TEST(failed > 0);
  BOOST_TEST(by_rounding > 0);
}

BOOST_AUTO_TEST_SUITE_END()
