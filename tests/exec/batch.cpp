// run_batch of programs with tensors.
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/exec/batch.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

BOOST_AUTO_TEST_SUITE(batches)

BOOST_AUTO_TEST_CASE(samples_are_stacked_and_other_inputs_shared) {
  Recording r;
  const Tensor x = r.variable(random_tensor({3, 4})), m = r.variable(random_tensor({4, 2}));
  const Tensor y = tanh(matmul(x, m)), loss = sum(y * y), g = gradient(loss, x);
  const Program p(r, {x, m}, {loss, g});
  Program::Workspace w(p);
  const Tensor xs = random_tensor({5, 3, 4}), shared = random_tensor({4, 2});
  w.set(1, shared);
  const std::vector<Tensor> out = run_batch(p, w, std::vector<Stack>{{0, xs}});
  BOOST_TEST_REQUIRE(out.size() == 2u);
  BOOST_TEST((out[0].shape() == Shape{5}));
  BOOST_TEST((out[1].shape() == Shape{5, 3, 4}));
  for (std::int64_t i = 0; i < 5; ++i) {
    Recording again;
    const Tensor at = again.variable(reshape(slice(xs, {i, 0, 0}, {i + 1, 3, 4}), Shape{3, 4}));
    const Tensor z = tanh(matmul(at, shared)), l = sum(z * z);
    BOOST_TEST(std::abs(out[0].value().element(i) - l.value().element(0)) <= 1e-14 * (1 + l.value().element(0)));
    const Tensor got = reshape(slice(out[1], {i, 0, 0}, {i + 1, 3, 4}), Shape{3, 4});
    BOOST_TEST(largest_difference(got, gradient(l, at)) <= 1e-14);
  }
  BOOST_TEST(run_batch(p, w, std::vector<Stack>{{0, random_tensor({0, 3, 4})}})[1].size() == 0);
}

BOOST_AUTO_TEST_CASE(states_go_on_from_sample_to_sample) {
  Recording r;
  const Tensor weight = r.variable(random_tensor({3})), x = r.variable(random_tensor({3}));
  const Tensor loss = square(sum(weight * x) - 1.0);
  const Tensor next = weight - gradient(loss, weight) * 0.05;
  const Program p(r, {weight, x}, {loss, next}, {.states = {{0, 1}}});
  Program::Workspace w(p), one(p);
  const Tensor start = random_tensor({3}), xs = random_tensor({20, 3});
  w.set(0, start), one.set(0, start);
  const std::vector<Tensor> out = run_batch(p, w, std::vector<Stack>{{1, xs}});
  for (std::int64_t i = 0; i < 20; ++i) {
    one.set(1, reshape(slice(xs, {i, 0}, {i + 1, 3}), Shape{3}));
    p.run(one);
    BOOST_TEST(out[0].value().element(i) == one.number(0));
  }
  BOOST_TEST(largest_difference(w.state(0), one.state(0)) == 0.0);
}

BOOST_AUTO_TEST_CASE(numbers_run_side_by_side_and_guards_fail_sample_by_sample) {
  Recording r;
  const Scalar x = r.variable(2.0), a = r.variable(3.0);
  const Scalar y = x < 5.0 ? x * a : a;
  const Program p(r, {x, a}, {y});
  Program::Workspace w(p);
  const std::vector<double> at{1.0, 7.0, 4.0};
  const std::vector<Stack> in{{0, tensor(at, Shape{3})}};
  w.set(1, 10.0);
  std::vector<std::uint8_t> failed(3);
  const std::vector<Tensor> out = run_batch(p, w, in, failed);
  BOOST_TEST(out[0].value().element(0) == 10.0);
  BOOST_TEST(out[0].value().element(2) == 40.0);
  BOOST_TEST((failed == std::vector<std::uint8_t>{0, 1, 0}));
  BOOST_CHECK_THROW(static_cast<void>(run_batch(p, w, in)), GuardFailed);
  // All of them stacked: side by side.
  const std::vector<Stack> both{{1, tensor(std::vector{10.0, 10.0, 20.0}, Shape{3})}, in[0]};
  std::ranges::fill(failed, std::uint8_t{7});
  const std::vector<Tensor> again = run_batch(p, w, both, failed);
  BOOST_TEST(again[0].value().element(0) == 10.0);
  BOOST_TEST(again[0].value().element(2) == 80.0);
  BOOST_TEST((failed == std::vector<std::uint8_t>{0, 1, 0}));
}

BOOST_AUTO_TEST_CASE(what_is_no_stack_is_refused_with_the_line) {
  Recording r;
  const Tensor x = r.variable(random_tensor({3})), y = r.variable(random_tensor({2}));
  const Program p(r, {x, y}, {sum(x) * sum(y)});
  Program::Workspace w(p);
  const auto names = [](const char* text) {
    return [text](const Error& error) {
      const std::string what = error.what();
      return what.find(text) != std::string::npos && what.find("batch.cpp") != std::string::npos;
    };
  };
  const auto run = [&](const std::vector<Stack>& in, std::span<std::uint8_t> failed = {}) {
    static_cast<void>(run_batch(p, w, in, failed));
  };
  const Tensor stack = random_tensor({4, 3});
  BOOST_CHECK_EXCEPTION(run({}), ArgumentError, names("there is no stack"));
  BOOST_CHECK_EXCEPTION(run({{2, stack}}), ArgumentError, names("there is no input 2"));
  BOOST_CHECK_EXCEPTION(run({{0, stack}, {0, stack}}), ArgumentError, names("two stacks of input 0"));
  BOOST_CHECK_EXCEPTION(run({{0, random_tensor({3, 4})}}), ShapeError, names("f64[3,4]"));
  BOOST_CHECK_EXCEPTION(run({{0, stack}, {1, random_tensor({5, 2})}}), ShapeError, names("4 samples"));
  BOOST_CHECK_EXCEPTION(run({{0, convert(stack, Dtype::f32)}}), DtypeError, names("f32[4,3]"));
  BOOST_CHECK_EXCEPTION(run({{0, stack}}), ArgumentError, names("input 1 was not given"));
  std::vector<std::uint8_t> failed(3);
  BOOST_CHECK_EXCEPTION(run({{0, stack}}, failed), ArgumentError, names("3 places"));
}

BOOST_AUTO_TEST_SUITE_END()
