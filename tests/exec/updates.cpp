// Steps of gradient descent as one product that adds to its state.
#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>

#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

bool has_update(const Program& p) { return p.report().find(" added to ") != std::string::npos; }

struct Layer {
  Recording r;
  Tensor x, w, rate, y, next;
  Layer(std::int64_t batch, std::int64_t in, std::int64_t out, Dtype dtype) {
    x = r.variable(random_tensor({batch, in}, dtype));
    w = r.variable(random_tensor({in, out}, dtype));
    rate = r.variable(random_tensor({}, dtype));
    y = tanh(matmul(x, w));
    next = w - broadcast(rate, w.shape()) * gradient(sum(y * y), w);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(updates)

BOOST_AUTO_TEST_CASE(a_weight_goes_down_its_gradient) {
  for (const Dtype dtype : {Dtype::f64, Dtype::f32})
    for (const auto& [batch, in, out] :
         {std::array{32, 20, 30}, std::array{1, 50, 40}, std::array{2, 3, 4}, std::array{70, 90, 10}}) {
      const Layer l(batch, in, out, dtype);
      const Program p(l.r, {l.w, l.x, l.rate}, {l.next, l.y}, {.states = {{0, 0}}});
      const Program exact(l.r, {l.w, l.x, l.rate}, {l.next, l.y}, {.states = {{0, 0}}, .exact = true});
      BOOST_TEST(has_update(p), p.report());
      BOOST_TEST(!has_update(exact));
      Program::Workspace w(p), e(exact);
      w.set(0, l.w), e.set(0, l.w);
      for (int step = 0; step < 3; ++step) {
        const Tensor x = random_tensor({batch, in}, dtype), rate = random_tensor({}, dtype) * 0.01;
        w.set(1, x), e.set(1, x), w.set(2, rate), e.set(2, rate);
        p.run(w), exact.run(e);
        BOOST_TEST(largest_difference(w.state(0), e.state(0)) <= (dtype == Dtype::f64 ? 1e-14 : 1e-5));
        BOOST_TEST(largest_difference(w.get(0), e.get(0)) <= (dtype == Dtype::f64 ? 1e-14 : 1e-5));
        BOOST_TEST(largest_difference(w.get(1), e.get(1)) <= (dtype == Dtype::f64 ? 1e-14 : 1e-5));
      }
    }
}

BOOST_AUTO_TEST_CASE(who_needs_the_old_value_gets_it) {
  Recording r;
  const Tensor w = r.variable(random_tensor({20, 20})), x = r.variable(random_tensor({30, 20}));
  const Tensor g = matmul(permute(x, {1, 0}), tanh(matmul(x, w)));
  const Tensor next = w - g * 0.1;
  // A later product, the product of the step itself, the old value for an output.
  const std::vector<std::vector<Tensor>> outputs{{next, matmul(sin(next), w)}, {w + matmul(w, w)}, {next, exp(w), w}};
  for (const std::vector<Tensor>& out : outputs) {
    const Program p(r, {w, x}, out, {.states = {{0, 0}}});
    Program::Workspace s(p);
    s.set(0, w), s.set(1, x);
    p.run(s);
    BOOST_TEST(largest_difference(s.state(0), out[0]) <= 1e-13);
    for (std::size_t k = 0; k + 1 < out.size() || k == 0; ++k)
      if (!(out.size() == 3 && k == 2)) BOOST_TEST(largest_difference(s.get(k), out[k]) <= 1e-13);
  }
}

// The derivative of relu is 0 there: what meets it, be it ∞, contributes nothing.
BOOST_AUTO_TEST_CASE(zeros_of_a_cotangent_mask_what_is_not_finite) {
  Recording r;
  std::vector<double> values(32 * 16, 0.5);
  for (std::size_t k = 0; k < 16; ++k) values[3 * 16 + k] = -std::numeric_limits<double>::infinity();
  const Tensor w = r.variable(tensor(std::vector<double>(16 * 24, 0.25), Shape{16, 24}));
  const Tensor x = r.variable(tensor(values, Shape{32, 16}));
  const Tensor next = w - gradient(sum(relu(matmul(x, w))), w) * 0.1;
  const Program p(r, {w, x}, {next}, {.states = {{0, 0}}});
  BOOST_TEST(has_update(p));
  Program::Workspace s(p);
  s.set(0, w), s.set(1, x);
  p.run(s);
  BOOST_TEST(std::isfinite(next.value().element(0)));
  BOOST_TEST(largest_difference(s.state(0), next) <= 1e-13);
}

BOOST_AUTO_TEST_CASE(two_weights_of_one_shape_and_a_shared_rate) {
  Recording r;
  const Tensor a = r.variable(random_tensor({20, 20})), b = r.variable(random_tensor({20, 20}));
  const Tensor x = r.variable(random_tensor({40, 20})), rate = r.variable(random_tensor({}));
  const Tensor loss = mean(square(matmul(tanh(matmul(x, a)), b)));
  const std::vector<Tensor> g = gradient(loss, {a, b});
  const Tensor step = broadcast(rate, Shape{20, 20});
  const std::vector<Tensor> out{a - step * g[0], b - step * g[1], loss};
  const Program p(r, {a, b, x, rate}, out, {.states = {{0, 0}, {1, 1}}});
  const std::string report = p.report();
  BOOST_TEST(report.find(" added to ") != report.rfind(" added to "), report);
  Program::Workspace s(p);
  s.set(0, a), s.set(1, b), s.set(2, x), s.set(3, rate);
  p.run(s);
  for (std::size_t k = 0; k < 3; ++k) BOOST_TEST(largest_difference(s.get(k), out[k]) <= 1e-13);
}

// Whether a step is taken, a guard decides: of the loss, or of what the update itself is made of.
BOOST_AUTO_TEST_CASE(a_guarded_step_is_taken_after_the_guard_is_known_or_not_at_all) {
  for (const std::int64_t batch : {1, 32})
    for (const bool of_gradient : {false, true}) {
      Recording r;
      const Tensor w = r.variable(random_tensor({20, 30})), x = r.variable(random_tensor({batch, 20}));
      const Tensor loss = mean(square(matmul(x, w)));
      const Tensor g = gradient(loss, w);
      const Tensor next = w - g * 0.1;
      const Scalar guarded = to_scalar(of_gradient ? sum(g) : loss);
      BOOST_TEST(static_cast<bool>(abs(guarded) <= 1e100));
      const Program p(r, {w, x}, {next, loss}, {.states = {{0, 0}}});
      BOOST_TEST(has_update(p) == !of_gradient, p.report());
      Program::Workspace s(p);
      s.set(0, w), s.set(1, x);
      p.run(s);
      const Tensor after = s.state(0);
      BOOST_TEST(largest_difference(after, next) <= 1e-13);
      s.set(1, tensor(std::vector<double>(static_cast<std::size_t>(batch * 20), 1e80), Shape{batch, 20}));
      BOOST_TEST((p.try_run(s) == RunStatus::guard_failed));
      BOOST_TEST(largest_difference(s.state(0), after) == 0.0);
      s.set(1, x);
      BOOST_TEST((p.try_run(s) == RunStatus::ok));
      BOOST_TEST(largest_difference(s.state(0), after) > 0.0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
