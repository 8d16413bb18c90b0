// Programs on several threads: the same bits as on one, no allocation, several programs at once.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/tests/tensor/allocation_count.hpp"

using namespace wengert;

namespace {

Tensor random_tensor(std::mt19937_64& bits, const Shape& shape, Dtype dtype) {
  std::normal_distribution<double> normal(0.0, 0.5);
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (double& v : values) v = normal(bits);
  return convert(Tensor(Array::from(values, shape)), dtype);
}

using Tensors = std::vector<Tensor>;

/// A computation of tensors whose gradients are outputs, too.
struct Task {
  const char* name;
  Dtype dtype;
  std::vector<Shape> inputs;
  std::function<Tensor(const Tensors&)> loss;
};

/// Loss and gradients; the last input is a state: a step of descent.
Program program_of(const Task& task, const Tensors& inputs, int threads) {
  Recording r;
  Tensors x;
  for (const Tensor& input : inputs) x.push_back(r.variable(input));
  const Tensor loss = task.loss(x);
  Tensors outputs = gradient(loss, x);
  outputs.back() = x.back() - 0.1 * outputs.back();
  outputs.push_back(loss);
  return Program(r, x, outputs, {.states = {{x.size() - 1, x.size() - 1}}, .threads = threads});
}

Tensors inputs_of(const Task& task) {
  std::mt19937_64 bits(8);
  Tensors inputs;
  for (const Shape& shape : task.inputs) inputs.push_back(random_tensor(bits, shape, task.dtype));
  return inputs;
}

/// All outputs of three runs, byte by byte.
std::vector<std::byte> bytes_of_runs(const Task& task, const Tensors& inputs, int threads) {
  const Program p = program_of(task, inputs, threads);
  Program::Workspace w(p);
  for (std::size_t k = 0; k < inputs.size(); ++k) w.set(k, inputs[k]);
  std::vector<std::byte> all;
  for (int run = 0; run < 3; ++run) {
    p.run(w);
    for (std::size_t k = 0; k < p.output_count(); ++k) {
      const Tensor result = w.get(k);
      const auto bytes = result.value().bytes();
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
  }
  return all;
}

Tensor cross_entropy(const Tensor& logits, const Tensor& targets) {
  return -mean(sum(softmax(targets, {1}) * log_softmax(logits, {1}), {1}));
}

/// Work that is divided in every way there is.
std::vector<Task> tasks() {
  std::vector<Task> all;
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    all.push_back({"perceptron", dtype, {{64, 200}, {64, 10}, {200, 300}, {300}, {300, 10}}, [](const Tensors& x) {
                     return cross_entropy(matmul(tanh(matmul(x[0], x[2]) + x[3]), x[4]), x[1]);
                   }});
    all.push_back({"convolutions", dtype, {{9, 3, 20, 20}, {8, 3, 5, 5}, {12, 8, 3, 3}}, [](const Tensors& x) {
                     const Tensor first = max_pool2d(relu(conv2d(x[0], x[1], {.padding = {2}})), {2, 2});
                     return mean(square(avg_pool2d(conv2d(first, x[2], {.stride = {2}, .padding = {1}}), {2, 2})));
                   }});
    all.push_back({"recurrent", dtype, {{5, 32, 40}, {40, 480}, {120, 480}}, [](const Tensors& x) {
                     Tensor h = zeros({32, 120}, x[0].dtype()), c = h;
                     for (std::int64_t t = 0; t < 5; ++t) {
                       const Tensor in = reshape(slice_along(x[0], 0, t, t + 1), {32, 40});
                       const Tensor gates = matmul(in, x[1]) + matmul(h, x[2]);
                       const auto part = [&](std::int64_t k) { return slice_along(gates, 1, 120 * k, 120 * (k + 1)); };
                       c = sigmoid(part(0)) * c + sigmoid(part(1)) * tanh(part(2));
                       h = sigmoid(part(3)) * tanh(c);
                     }
                     return mean(square(h));
                   }});
    all.push_back({"attention", dtype, {{6, 50, 64}, {64, 64}, {64, 64}, {64, 64}}, [](const Tensors& x) {
                     const auto heads = [&](std::size_t k) {
                       return permute(reshape(matmul(reshape(x[0], {300, 64}), x[k]), {6, 50, 4, 16}), {0, 2, 1, 3});
                     };
                     const Tensor scores = softmax(matmul(heads(1), permute(heads(2), {0, 1, 3, 2})) * 0.25, {-1});
                     const Tensor mixed = reshape(permute(matmul(scores, heads(3)), {0, 2, 1, 3}), {6, 50, 64});
                     const Tensor y = x[0] + mixed, centred = y - mean(y, {2}, Keep::yes);
                     return mean(square(centred / sqrt(mean(square(centred), {2}, Keep::yes) + 1e-5) + 0.5));
                   }});
    all.push_back({"elementwise", dtype, {{300, 257}, {257}, {300, 1}, {257, 300}}, [](const Tensors& x) {
                     const Tensor y = where(x[0] > x[1], sin(x[0]) * x[2], exp(transpose(x[3]) - 1.0));
                     return sum(y * x[2] + cumsum(y, 1) / 300.0) + logsumexp(y) + sum(norm(y, {0}));
                   }});
    all.push_back({"long products", dtype, {{3, 900}, {700, 3}, {900, 700}}, [](const Tensors& x) {
                     return mean(matmul(matmul(x[0], x[2]), x[1])) +
                            mean(square(matmul(slice_along(x[0], 0, 0, 1), x[2])));
                   }});
  }
  return all;
}

/// Elementwise work, products and reductions in any order, on tensors that are large enough to be divided.
Task random_task(std::uint64_t seed) {
  return {"random",
          seed % 2 == 0 ? Dtype::f32 : Dtype::f64,
          {{130, 190}, {190}, {130, 1}, {190, 130}},
          [seed](const Tensors& x) {
            std::mt19937_64 bits(seed);
            const auto below = [&](std::size_t n) { return static_cast<std::size_t>(bits() % n); };
            Tensors values{x[0], x[0] * x[1], x[0] + x[2], transpose(x[3])};
            for (int step = 0; step < 12; ++step) {
              const Tensor a = values[below(values.size())], b = values[below(values.size())];
              switch (below(12)) {
                case 0:
                  values.push_back(a * b);
                  break;
                case 1:
                  values.push_back(a + b * x[1]);
                  break;
                case 2:
                  values.push_back(tanh(a) - x[2]);
                  break;
                case 3:
                  values.push_back(exp(-square(a)));
                  break;
                case 4:
                  values.push_back(a / (1.0 + square(b)));
                  break;
                case 5:
                  values.push_back(where(a > b, a, 0.5 * b));
                  break;
                case 6:
                  values.push_back(softmax(a, {static_cast<std::int64_t>(below(2))}));
                  break;
                case 7:
                  values.push_back(a - mean(b, {0}));
                  break;
                case 8:
                  values.push_back(a * sum(b, {1}, Keep::yes) / 190.0);
                  break;
                case 9:
                  values.push_back(matmul(matmul_transposed(tanh(a), tanh(b)), x[0]) / 190.0);
                  break;
                case 10:
                  values.push_back(relu(a));
                  break;
                default:
                  values.push_back(a - amax(b, {1}, Keep::yes));
                  break;
              }
            }
            Tensor total = mean(square(tanh(values.back())));
            for (const Tensor& value : values) total = total + mean(tanh(value));
            return total;
          }};
}

/// A program of numbers with a guard, and its gradient.
Program numbers_program(int threads) {
  Recording r;
  const Scalar x = r.variable(0.3), y = r.variable(0.7);
  Scalar z = x;
  for (int k = 1; k <= 20; ++k) z = sin(z * k) * exp(-y / k) + x * y;
  if (y > 0.0) z = z * sqrt(y);
  return Program(r, {x, y}, {z, gradient(z, x), gradient(z, y)}, {.threads = threads});
}
std::vector<double> numbers_of(std::int64_t count, std::int64_t bad) {
  std::mt19937_64 bits(5);
  std::uniform_real_distribution<double> real(0.1, 2.0);
  std::vector<double> x(static_cast<std::size_t>(2 * count));
  for (double& v : x) v = real(bits);
  if (bad >= 0)
    for (std::int64_t i = bad; i < count; i += 1 + count / 5) x[static_cast<std::size_t>(count + i)] = -1.0;
  return x;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(programs_on_threads)

BOOST_AUTO_TEST_CASE(tensors_have_the_same_bits_for_any_number_of_threads) {
  for (const Task& task : tasks()) {
    const Tensors inputs = inputs_of(task);
    const std::vector<std::byte> alone = bytes_of_runs(task, inputs, 1);
    for (const int threads : {2, 3, 4, 8})
      BOOST_TEST((bytes_of_runs(task, inputs, threads) == alone),
                 task.name << " in " << to_string(task.dtype) << " on " << threads << " threads");
  }
}

BOOST_AUTO_TEST_CASE(random_programs_have_the_same_bits_for_any_number_of_threads) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Task task = random_task(seed);
    const Tensors inputs = inputs_of(task);
    const std::vector<std::byte> alone = bytes_of_runs(task, inputs, 1);
    for (const int threads : {2, 3, 4, 8})
      BOOST_TEST((bytes_of_runs(task, inputs, threads) == alone), seed << " on " << threads << " threads");
  }
}

BOOST_AUTO_TEST_CASE(masked_products_that_are_not_finite_have_the_same_bits_for_any_number_of_threads) {
  // The cotangent of row 3 is 0, and what it meets is infinite.
  const Task task{"masked", Dtype::f64, {{200, 150}, {200, 1}, {150, 250}}, [](const Tensors& x) {
                    return sum(matmul(x[0], x[2]) * x[1]);
                  }};
  Tensors inputs = inputs_of(task);
  std::vector<double> infinite(200 * 150, 0.5), cotangent(200, 1.0);
  infinite[3 * 150 + 7] = std::numeric_limits<double>::infinity();
  cotangent[3] = 0.0;
  inputs[0] = Tensor(Array::from(infinite, {200, 150}));
  inputs[1] = Tensor(Array::from(cotangent, {200, 1}));
  const std::vector<std::byte> alone = bytes_of_runs(task, inputs, 1);
  for (const int threads : {2, 3, 4, 8}) BOOST_TEST((bytes_of_runs(task, inputs, threads) == alone), threads);
  const Program p = program_of(task, inputs, 2);
  Program::Workspace w(p);
  for (std::size_t k = 0; k < inputs.size(); ++k) w.set(k, inputs[k]);
  p.run(w);
  const Tensor next = w.state(0);
  for (std::int64_t i = 0; i < next.size(); ++i) BOOST_TEST_REQUIRE(std::isfinite(next.value().element(i)));
}

BOOST_AUTO_TEST_CASE(batches_have_the_same_bits_for_any_number_of_threads) {
  for (const std::int64_t count : {0, 1, 31, 1000, 4096, 20'001}) {
    for (const bool guards_fail : {false, true}) {
      const std::vector<double> x = numbers_of(count, guards_fail ? count / 3 : -1);
      const auto n = static_cast<std::size_t>(count);
      struct Result {
        std::vector<double> y;
        std::vector<std::uint8_t> failed;
        RunStatus status{};
        std::array<double, 2> sides{};
      };
      const auto result_on = [&](int threads) {
        const Program p = numbers_program(threads);
        Program::Workspace w(p);
        Result result{std::vector<double>(3 * n), std::vector<std::uint8_t>(n)};
        result.status = p.try_run_batch(w, x, result.y, count, result.failed);
        if (const auto guard = w.failed_guard()) result.sides = std::to_array(guard->now);
        return result;
      };
      const Result alone = result_on(1);
      BOOST_TEST((alone.status == RunStatus::guard_failed) == (guards_fail && count > 0));
      for (const int threads : {2, 3, 4, 8}) {
        const Result result = result_on(threads);
        BOOST_TEST((result.status == alone.status));
        BOOST_TEST((result.failed == alone.failed));
        BOOST_TEST((result.sides == alone.sides));
        BOOST_TEST((n == 0 || std::memcmp(result.y.data(), alone.y.data(), result.y.size() * sizeof(double)) == 0),
                   count << " samples on " << threads << " threads");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_on_threads_allocates_nothing_once_it_has_run) {
  if (!test::counts_allocations) return;
  for (const Task& task : tasks()) {
    const Tensors inputs = inputs_of(task);
    const auto allocations_on = [&](int threads) {
      const Program p = program_of(task, inputs, threads);
      Program::Workspace w(p);
      for (std::size_t k = 0; k < inputs.size(); ++k) w.set(k, inputs[k]);
      p.run(w);
      const std::uint64_t before = test::allocations();
      for (int k = 0; k < 10; ++k) p.run(w);
      return test::allocations() - before;
    };
    // Some of OpenBLAS's kernels ask for memory each time, whoever calls them.
    BOOST_TEST(allocations_on(3) == allocations_on(1), task.name << " in " << to_string(task.dtype));
  }
  const Program p = numbers_program(3);
  Program::Workspace w(p);
  const std::vector<double> x = numbers_of(20'000, -1);
  std::vector<double> y(3 * 20'000);
  p.run_batch(w, x, y, 20'000);
  const std::uint64_t before = test::allocations();
  for (int k = 0; k < 10; ++k) p.run_batch(w, x, y, 20'000);
  BOOST_TEST(test::allocations() == before);
}

BOOST_AUTO_TEST_CASE(two_programs_on_two_threads) {
  const std::vector<Task> all = tasks();
  const Task &first = all[0], &second = all[3];
  const std::vector<std::byte> wanted[2]{bytes_of_runs(first, inputs_of(first), 1),
                                         bytes_of_runs(second, inputs_of(second), 1)};
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 2; ++caller)
      callers.emplace_back([&, caller] {
        const Task& task = caller == 0 ? first : second;
        for (int k = 0; k < 5; ++k)
          if (bytes_of_runs(task, inputs_of(task), 2) != wanted[caller]) ++wrong;
      });
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(one_program_on_two_threads_with_a_workspace_each) {
  const Task task = tasks()[0];
  const Tensors inputs = inputs_of(task);
  const Program p = program_of(task, inputs, 2);
  const auto losses = [&] {
    Program::Workspace w(p);
    for (std::size_t k = 0; k < inputs.size(); ++k) w.set(k, inputs[k]);
    std::vector<double> found;
    for (int k = 0; k < 10; ++k) {
      p.run(w);
      found.push_back(w.number(p.output_count() - 1));
    }
    return found;
  };
  const std::vector<double> wanted = losses();
  std::vector<double> found[2];
  {
    std::vector<std::jthread> callers;
    for (auto& each : found) callers.emplace_back([&] { each = losses(); });
  }
  for (const auto& each : found) BOOST_TEST((each == wanted));
}

BOOST_AUTO_TEST_CASE(less_than_no_threads_are_refused) {
  BOOST_CHECK_THROW(numbers_program(-1), ArgumentError);
  const Program p = numbers_program(0);  // as many as there are
  Program::Workspace w(p);
  std::array<double, 3> y{};
  p.run_batch(w, std::array{0.5, 0.5}, y, 1);
  BOOST_TEST(std::isfinite(y[0]));
}

BOOST_AUTO_TEST_CASE(a_report_says_what_is_divided) {
  const Task task = tasks()[0];
  const std::string text = program_of(task, inputs_of(task), 3).report();
  BOOST_TEST(text.find("threads: 3, ") != std::string::npos, text);
  BOOST_TEST(numbers_program(2).report().find("threads: 2, ") != std::string::npos);
  BOOST_TEST(numbers_program(1).report().find("threads: 1\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
