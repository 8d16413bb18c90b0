// The memory that a program's values take, under a budget or without one; what is computed again has the same bits.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "wengert/tests/exec/checked.hpp"

using namespace wengert;
using namespace wengert::test;

namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// A step of layers with a cheap function, whose values the gradient wants once more.
struct Net {
  Recording r;
  std::vector<Tensor> in, out;
  ProgramOptions options;

  explicit Net(bool with_tanh) {
    in.push_back(r.variable(random_tensor({64, 48})));
    Tensor h = in[0];
    for (int k = 0; k < 6; ++k) {
      in.push_back(r.variable(random_tensor({48, 48}) * 0.2));
      const Tensor q = matmul(h, in.back());
      h = with_tanh ? tanh(q) * q : q * square(q);
    }
    const Tensor loss = sum(square(h));
    const std::vector<Tensor> parameters(in.begin() + 1, in.end());
    const std::vector<Tensor> gradients = gradient(loss, parameters);
    out.push_back(loss);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      out.push_back(parameters[k] - 0.01 * gradients[k]);
      options.states.push_back({.input = 1 + k, .output = 1 + k});
    }
  }
  [[nodiscard]] Program program(std::optional<std::size_t> memory) const {
    ProgramOptions with = options;
    with.memory = memory;
    return Program(r, in, out, with);
  }
};

std::vector<double> after_steps(const Net& net, const Program& p) {
  Program::Workspace w(p);
  for (std::size_t k = 0; k < net.in.size(); ++k) w.set(k, net.in[k]);
  for (int step = 0; step < 3; ++step) p.run(w);
  std::vector<double> numbers{w.number(0)};
  for (std::size_t k = 0; k < net.options.states.size(); ++k)
    for (std::int64_t i = 0; i < w.state(k).size(); ++i) numbers.push_back(w.state(k).value().element(i));
  return numbers;
}
/// The same bits; NaN is NaN, of either sign.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}
std::size_t bytes(const Program& p) { return Program::Workspace(p).bytes(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(what_is_computed_again_takes_less_memory_and_gives_the_same_bits) {
  for (const bool with_tanh : {false, true}) {
    const Net net(with_tanh);
    const Program kept = net.program(never), usual = net.program({}), least = net.program(0);
    BOOST_TEST(bytes(usual) <= bytes(kept));
    BOOST_TEST(bytes(least) < bytes(kept));
    if (with_tanh) BOOST_TEST(bytes(least) < bytes(usual));  // which does no tanh twice
    const std::vector<double> wanted = after_steps(net, kept);
    for (const Program* p : {&usual, &least}) {
      const std::vector<double> got = after_steps(net, *p);
      BOOST_TEST(std::ranges::equal(got, wanted, same));
    }
  }
}

BOOST_AUTO_TEST_CASE(random_steps_give_the_same_bits_whatever_is_computed_again) {
  std::size_t lower = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 draw(seed);
    const std::int64_t rows = 32 + 16 * static_cast<std::int64_t>(draw() % 4);
    Recording r;
    std::vector<Tensor> in{r.variable(random_tensor({rows, 64}, Dtype::f32))};
    Tensor h = in[0];
    for (int k = 0; k < 6; ++k) {
      in.push_back(r.variable(random_tensor({64, 64}, Dtype::f32) * 0.1));
      const Tensor q = matmul(h, in.back());
      const std::int64_t half = rows / 2;
      switch (draw() % 7) {
        case 0:
          h = q * square(q);
          break;
        case 1:
          h = tanh(q) + in[0] * 0.5;
          break;
        case 2:
          h = concatenate({slice(q * in[0], {0, 0}, {half, 64}), slice(square(q), {half, 0}, {rows, 64})}, 0);
          break;
        case 3:
          h = relu(q - mean(q, {1}, Keep::yes));
          break;
        case 4:
          h = reshape(permute(reshape(q * sigmoid(q), Shape{rows, 8, 8}), {0, 2, 1}), Shape{rows, 64});
          break;
        case 5:
          h = softmax(q, {1}) * q;
          break;
        default:
          h = slice(concatenate({q * q, in[0]}, 0), {half, 0}, {half + rows, 64}) + q;
      }
    }
    const std::vector<Tensor> parameters(in.begin() + 1, in.end());
    const Tensor loss = sum(h * h);
    std::vector<Tensor> out = gradient(loss, parameters);
    ProgramOptions options;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      out[k] = parameters[k] - 1e-3 * out[k];
      options.states.push_back({.input = 1 + k, .output = k});
    }
    out.push_back(loss);
    std::vector<std::vector<double>> found;
    std::vector<std::size_t> taken;
    for (const std::optional<std::size_t> memory :
         {std::optional(never), std::optional<std::size_t>(), std::optional<std::size_t>(0)}) {
      options.memory = memory;
      const Program p(r, in, out, options);
      Program::Workspace w(p);
      for (std::size_t k = 0; k < in.size(); ++k) w.set(k, in[k]);
      for (int step = 0; step < 2; ++step) p.run(w);
      std::vector<double>& numbers = found.emplace_back();
      for (std::size_t k = 0; k < out.size(); ++k)
        for (std::int64_t i = 0; i < out[k].size(); ++i) numbers.push_back(w.get(k).value().element(i));
      taken.push_back(w.bytes());
    }
    lower += taken[2] < taken[0] ? 1 : 0;
    for (const std::size_t k : {1, 2})
      BOOST_TEST(std::ranges::equal(found[k], found[0], same), "seed " << seed << ", " << (k == 1 ? "usual" : "least"));
  }
  BOOST_TEST(lower > 10u);
}

BOOST_AUTO_TEST_CASE(the_report_says_whether_a_budget_is_met) {
  const Net net(true);
  const std::string kept = net.program(never).report(), least = net.program(0).report(),
                    usual = net.program({}).report();
  BOOST_TEST(kept.find(", met") != std::string::npos, kept);
  BOOST_TEST(kept.find("computed again") == std::string::npos, kept);
  BOOST_TEST(least.find("budget: 0 bytes, not met") != std::string::npos, least);
  BOOST_TEST(least.find("computed again: ") != std::string::npos, least);
  BOOST_TEST(usual.find("budget") == std::string::npos, usual);
  // A budget between the least that there is and what it takes without one is met.
  const std::size_t between = (bytes(net.program(never)) + bytes(net.program(0))) / 2;
  BOOST_TEST(net.program(between).report().find(", met") != std::string::npos, net.program(between).report());
}

BOOST_AUTO_TEST_CASE(as_it_was_recorded_nothing_is_computed_again) {
  const Net net(true);
  ProgramOptions options = net.options;
  options.passes = false, options.memory = 0;
  const Program p(net.r, net.in, net.out, options);
  BOOST_TEST(p.report().find("again") == std::string::npos, p.report());
  BOOST_TEST(identical(p.graph(), p.recorded()));
}

BOOST_AUTO_TEST_SUITE_END()
