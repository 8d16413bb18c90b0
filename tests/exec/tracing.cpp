// Tracing: programs of functions whose tensors are known by type only.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <source_location>
#include <string>
#include <tuple>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/compiled.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/record/function.hpp"
#include "wengert/autodiff/record/linear_algebra.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#include "wengert/autodiff/transform/checkpoint.hpp"
#include "wengert/autodiff/transform/control.hpp"
#include "wengert/autodiff/transform/custom.hpp"
#include "wengert/graph/error.hpp"

using namespace wengert;

namespace {

Tensor numbers(const Shape& shape, int seed, Dtype dtype = Dtype::f64) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.size(); ++i)
    values.push_back(std::sin(static_cast<double>(seed) + 0.7 * static_cast<double>(i)));
  return convert(Tensor(Array::from(values, shape)), dtype);
}

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// The program of f, recorded at these inputs.
Program program_at(const Function& f, const std::vector<Tensor>& inputs) {
  Recording r;
  std::vector<Tensor> x;
  for (const Tensor& each : inputs) x.push_back(r.variable(each));
  return Program(r, x, f(x));
}

/// The program traced from types is the one recorded at examples: node for node, and bit for bit in what it gives.
void check_same(const Function& f, const std::vector<Tensor>& examples) {
  std::vector<Tensor> types;
  for (const Tensor& each : examples) types.push_back(unknown(each.shape(), each.dtype()));
  const Program recorded = program_at(f, examples), traced = program_at(f, types);
  BOOST_TEST(identical(traced.graph(), recorded.graph()));
  Program::Workspace a(recorded), b(traced);
  for (std::size_t k = 0; k < examples.size(); ++k) a.set(k, examples[k]), b.set(k, examples[k]);
  recorded.run(a);
  traced.run(b);
  BOOST_REQUIRE(traced.output_count() == recorded.output_count());
  for (std::size_t k = 0; k < recorded.output_count(); ++k) BOOST_TEST((a.get(k).value() == b.get(k).value()));
}

/// How an error of `kind` that f throws names the line of the call: "operation at line", line counted from `from`.
template <class F>
std::string refused(const F& f, unsigned from) {
  try {
    f();
  } catch (const UnknownValue& error) {
    if (std::string(error.where().file_name()) != std::source_location::current().file_name()) return "elsewhere";
    return error.operation() + " at " + std::to_string(error.where().line() - from);
  }
  return "nothing";
}

Tensor network(const Tensor& w, const Tensor& b, const Tensor& x, const Tensor& labels) {
  const Tensor logits = matmul(relu(matmul(x, w) + b), transpose(w)) * 0.5;
  return mean(log(sum(exp(logits), {1})) - sum(logits * labels, {1}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tracing)

BOOST_AUTO_TEST_CASE(a_step_of_training_traced_from_types_is_the_one_recorded_at_examples) {
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    check_same(
        [](const std::vector<Tensor>& x) {
          const Tensor loss = network(x[0], x[1], x[2], x[3]);
          const std::vector<Tensor> gradients = gradient(loss, std::vector<Tensor>{x[0], x[1]});
          return std::vector<Tensor>{loss, x[0] - 0.1 * gradients[0], x[1] - 0.1 * gradients[1]};
        },
        {numbers(Shape{5, 4}, 1, dtype), numbers(Shape{4}, 2, dtype), numbers(Shape{7, 5}, 3, dtype),
         numbers(Shape{7, 5}, 4, dtype)});
  }
}

BOOST_AUTO_TEST_CASE(everything_that_takes_no_elements_is_traced) {
  check_same(
      [](const std::vector<Tensor>& x) {
        const Tensor chosen = where(x[0] > 0.25, sin(x[0]), x[0] * x[0]);
        const Tensor part = slice(concatenate({chosen, x[0]}, 1), {0, 1}, {3, 5});
        const Tensor parts = stack({part, -part});
        const Tensor y = sum(broadcast(amax(parts, {0}), Shape{2, 3, 4}) * 3.0) + sum(stop_gradient(part));
        return std::vector<Tensor>{y, gradient(y, x[0]), convert(chosen, Dtype::f32), chosen < 0.5};
      },
      {numbers(Shape{3, 4}, 5)});
  check_same(
      [](const std::vector<Tensor>& x) {
        const Tensor a = matmul(x[0], transpose(x[0])) + 4.0 * Tensor(identity(3));
        const Tensor y = sum(solve(a, x[1])) + sum(cholesky(a));
        return std::vector<Tensor>{y, gradient(y, x[0])};
      },
      {numbers(Shape{3, 3}, 6), numbers(Shape{3}, 7)});
}

BOOST_AUTO_TEST_CASE(derivatives_nest_while_tracing) {
  const auto f = [](const Tensor& x, const Tensor& w) { return sum(tanh(x * w) * x); };
  const auto g = [f](const Tensor& x, const Tensor& w, const Tensor& t) {
    const auto [y, slopes] = value_and_grad(f)(x, w);
    const auto [v, along] = jvp<0>(f)(x, w, t);
    return std::vector<Tensor>{y, std::get<0>(slopes), std::get<1>(slopes), hvp<0>(f)(x, w, t), along};
  };
  check_same([g](const std::vector<Tensor>& x) { return g(x[0], x[1], x[2]); },
             {numbers(Shape{6}, 1), numbers(Shape{6}, 2), numbers(Shape{6}, 3)});
  // And around it.
  auto outer = compile(value_and_grad([f](const Tensor& x, const Tensor& w) {
                         return Tensor(sum(std::get<0>(value_and_grad(f)(x, w).gradient) * w));
                       }),
                       unknown(Shape{6}), unknown(Shape{6}));
  const Tensor x = numbers(Shape{6}, 1), w = numbers(Shape{6}, 2);
  Recording r;
  const Tensor xr = r.variable(x), wr = r.variable(w);
  const Tensor wanted = gradient(sum(gradient(f(xr, wr), xr) * wr), xr);
  const Tensor found = std::get<0>(outer(x, w).gradient);
  for (std::int64_t i = 0; i < 6; ++i)
    BOOST_TEST(std::abs(found.value().element(i) - wanted.value().element(i)) <= 1e-14);
}

// A tensor of the types below takes 8 TiB: whoever allocates or computes one fails.
BOOST_AUTO_TEST_CASE(no_element_is_allocated) {
  const std::int64_t n = std::int64_t{1} << 20;
  Recording r;
  const Tensor w = r.variable(unknown(Shape{n, n})), x = r.variable(unknown(Shape{n, n}));
  const Tensor b = r.variable(unknown(Shape{n})), labels = r.variable(unknown(Shape{n, n}));
  const Tensor loss = network(w, b, x, labels);
  const std::vector<Tensor> gradients = gradient(loss, std::vector<Tensor>{w, b});
  BOOST_TEST(gradients[0].shape() == w.shape());
  BOOST_TEST(gradients[0].value().is_unknown());
  BOOST_TEST(r.statistics().bytes_used < 100'000u);
  const Program program(r, {w, b, x, labels}, {loss, gradients[1]});
  BOOST_TEST(program.output_type(1).shape == b.shape());
}

BOOST_AUTO_TEST_CASE(who_asks_for_elements_is_told_with_the_line) {
  Recording r;
  const Tensor x = r.variable(unknown(Shape{}));
  const Tensor y = exp(x);
  const auto same = [](const Tensor& a) { return a; };
  const unsigned here = std::source_location::current().line();
  BOOST_TEST(refused([&] { (void)y.item(); }, here) == "item at 1");
  BOOST_TEST(refused([&] { (void)y.to_vector(); }, here) == "to_vector at 2");
  BOOST_TEST(refused([&] { (void)to_scalar(y); }, here) == "to_scalar at 3");
  BOOST_TEST(refused([&] { (void)element(stack({y, y}), {1}); }, here) == "to_scalar at 4");
  BOOST_TEST(refused([&] { (void)backward(y); }, here) == "backward at 5");
  BOOST_TEST(refused([&] { (void)forward({x}, {x}); }, here) == "forward at 6");
  BOOST_TEST(refused([&] { (void)(y * Tensor(y.value())); }, here) == "mul at 7");
  BOOST_TEST(refused([&] { (void)(y + exp(unknown(Shape{2}))); }, here) == "add at 8");
  BOOST_TEST(refused([&] { (void)cond(y > 0.0, same, same, y); }, here) == "to_scalar at 9");
  BOOST_CHECK_THROW((void)y.value().data<double>(), UnknownValue);
  BOOST_CHECK_THROW((void)y.value().element(0), UnknownValue);
  BOOST_CHECK_THROW((void)y.value().bytes(), UnknownValue);
  // What failed is not recorded, and the rest goes on.
  const auto values = r.statistics().values;
  BOOST_CHECK_THROW((void)(y * Tensor(y.value())), UnknownValue);
  BOOST_TEST(r.statistics().values == values);
  BOOST_TEST((y + 1.0).shape() == Shape{});
  // A value that is unknown and no input.
  const unsigned there = std::source_location::current().line();
  BOOST_TEST(refused([&] { Program(r, {r.variable(1.0)}, {y}); }, there) == "constant at 1");
  const Program program(r, {x}, {y});
  Program::Workspace w(program);
  BOOST_CHECK_THROW(w.set(0, unknown(Shape{})), UnknownValue);
}

BOOST_AUTO_TEST_CASE(functions_that_need_values_are_recorded_with_those_of_the_examples) {
  int calls = 0;
  const auto f = [&calls](const Tensor& x) {
    ++calls;
    return x.value().element(0) > 0.0 ? Tensor(exp(x)) : Tensor(-x);
  };
  auto g = compile(f, numbers(Shape{3}, 1));  // sin(1) > 0
  BOOST_TEST(calls == 2);
  BOOST_TEST(g.times_recorded() == 1u);
  const Tensor x = numbers(Shape{3}, 4);  // sin(4) < 0: what left the recording is not guarded
  BOOST_TEST(std::abs(g(x).value().element(0) - std::exp(x.value().element(0))) <= 1e-15);
  BOOST_TEST(calls == 2);
  BOOST_CHECK_THROW((void)compile(f, unknown(Shape{3})), UnknownValue);

  // Nor is it lost that a value was taken out and multiplied with.
  auto h = compile([](const Tensor& a) { return Tensor(a * Tensor(a.value())); }, tensor({2.0, 3.0}));
  BOOST_TEST(h(tensor({1.0, 1.0})).value().element(1) == 3.0);
  auto k = compile([](const Tensor& a) { return std::vector<Tensor>{a, Tensor(a.value())}; }, tensor({2.0, 3.0}));
  BOOST_TEST(k(tensor({1.0, 1.0}))[1].value().element(1) == 3.0);
}

BOOST_AUTO_TEST_CASE(a_function_that_needs_no_values_is_called_once_and_not_run) {
  int calls = 0;
  const auto f = [&calls](const Tensor& x) {
    ++calls;
    return Tensor(cholesky(x));  // which would throw: the matrix is not positive definite
  };
  auto g = compile(f, -1.0 * ones(Shape{2, 2}));
  BOOST_TEST(calls == 1);
  BOOST_CHECK_THROW((void)g(-1.0 * ones(Shape{2, 2})), DomainError);
  BOOST_TEST(g(Tensor(identity(2))).value().element(0) == 1.0);
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(loops_and_branches_are_recorded_with_the_examples) {
  const auto branch = [](const Tensor& x) {
    const auto one = [](const Tensor& a) { return Tensor(sum(a)); };
    const auto other = [](const Tensor& a) { return Tensor(-sum(a)); };
    return cond(sum(x) > 1.0, one, other, x);
  };
  auto g = compile(branch, tensor({1.0, 2.0}));
  BOOST_TEST(g(tensor({3.0, 4.0})).item() == 7.0);
  BOOST_TEST(g(tensor({-3.0, -4.0})).item() == 7.0);
  BOOST_CHECK_THROW((void)compile(branch, unknown(Shape{2})), UnknownValue);

  // The derivative of the body is recorded when it is first needed: long after f was.
  const auto loop = [](const Tensor& x, const Tensor& steps) {
    const auto last = [steps](const Tensor& from) {
      const auto step = [](const Tensor& a, const Tensor& b) { return Tensor(tanh(a + b)); };
      return Tensor(sum(scan(step, from, steps)));
    };
    return Tensor(value_and_grad(last)(x).gradient);
  };
  const Tensor x = tensor({0.5, -0.25}), steps = numbers(Shape{3, 2}, 1);
  auto h = compile(loop, x, steps);
  Recording r;
  const Tensor wanted = loop(r.variable(x), r.variable(steps)), found = h(x, steps);
  for (std::int64_t i = 0; i < 2; ++i)
    BOOST_TEST(std::abs(found.value().element(i) - wanted.value().element(i)) <= 1e-15);
  BOOST_CHECK_THROW((void)compile(loop, unknown(Shape{2}), unknown(Shape{3, 2})), UnknownValue);
}

BOOST_AUTO_TEST_CASE(checkpoints_and_rules_of_the_user_are_traced) {
  const auto f = [](const Tensor& x) {
    const auto inside = [](const Tensor& a) { return Tensor(sum(sin(a) * a)); };
    return Tensor(value_and_grad(checkpoint(inside))(x).gradient);
  };
  const auto ruled =
      with_custom_vjp([](const Tensor& a) { return Tensor(a * a); },
                      [](const Tensor& g, const Tensor&, const Tensor& a) { return Tensor(g * 3.0 * a); });
  const auto h = [ruled](const Tensor& x) {
    return Tensor(value_and_grad([ruled](const Tensor& a) { return Tensor(sum(ruled(a))); })(x).gradient);
  };
  const Tensor x = tensor({0.5, -0.25});
  auto of_checkpoint = compile(f, unknown(Shape{2}));
  auto of_rule = compile(h, unknown(Shape{2}));
  for (std::int64_t i = 0; i < 2; ++i) {
    const double at = x.value().element(i);
    BOOST_TEST(std::abs(of_checkpoint(x).value().element(i) - (std::cos(at) * at + std::sin(at))) <= 1e-15);
    BOOST_TEST(of_rule(x).value().element(i) == 3.0 * at);
  }
}

BOOST_AUTO_TEST_CASE(scalars_have_the_numbers_of_the_examples) {
  const auto f = [](const Tensor& x, const Scalar& a) {
    const Scalar twice = a * 2.0;
    return a < 1.0 ? Tensor(x * to_tensor(twice)) : Tensor(x + to_tensor(twice));
  };
  auto g = compile(f, unknown(Shape{2}), 0.5);
  BOOST_TEST(g(tensor({3.0, 4.0}), 0.25).value().element(1) == 2.0);
  BOOST_CHECK_THROW((void)g(tensor({3.0, 4.0}), 2.0), GuardFailed);
}

namespace {
/// 2x, and counts how often its value is computed.
class Doubled final : public wengert::Function {
 public:
  explicit Doubled(int& computed) : computed_(computed) {}
  [[nodiscard]] std::string name() const override { return "doubled"; }
  [[nodiscard]] Type type(std::span<const Type> x) const override { return x[0]; }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    ++computed_;
    return 2.0 * x[0];
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor>,
                                        std::span<const char>) const override {
    return {2.0 * cotangent};
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor>) const override {
    return 2.0 * tangents[0];
  }

 private:
  int& computed_;
};
}  // namespace

BOOST_AUTO_TEST_CASE(functions_of_the_user_are_not_computed_while_tracing) {
  int computed = 0;
  const auto doubled = std::make_shared<const Doubled>(computed);
  auto g = compile(value_and_grad([doubled](const Tensor& x) { return Tensor(sum(call(doubled, {x}))); }),
                   numbers(Shape{4}, 2));
  BOOST_TEST(computed == 0);
  const auto [y, slope] = g(tensor({1.0, 2.0, 3.0, 4.0}));
  BOOST_TEST(computed == 1);
  BOOST_TEST(y.item() == 20.0);
  BOOST_TEST(slope.value().element(3) == 2.0);
}

BOOST_AUTO_TEST_CASE(a_replay_computes_as_ever) {
  int calls = 0;
  auto g = replayed([&calls](const Tensor& x) {
    ++calls;
    BOOST_TEST(!x.value().is_unknown());
    return Tensor(exp(x));
  });
  BOOST_TEST(g(tensor({0.0})).value().element(0) == 1.0);
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
