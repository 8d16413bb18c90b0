// Programs of numbers: one sample and batches, against what the recording gives; guards; no allocation.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <thread>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/tests/tensor/allocation_count.hpp"

using namespace wengert;

namespace {

template <class T>
T example(const T& x, const T& y) {
  using std::exp;
  using std::sin;
  using std::sqrt;
  T sum = 0.0;
  for (int k = 1; k <= 5; ++k) sum = sum + sin(x * k) * exp(-y / k) + x * y;
  return sum / sqrt(x * x + y * y + 1.0);
}

/// The value and both derivatives of example().
Program example_program(const ProgramOptions& options = {}) {
  Recording r;
  const Scalar x = r.variable(0.3, "x"), y = r.variable(0.7, "y");
  const Scalar z = example(x, y);
  return Program(r, {x, y}, {z, gradient(z, x), gradient(z, y)}, options);
}
std::array<double, 3> recorded(double x0, double y0) {
  Recording r;
  const Scalar x = r.variable(x0), y = r.variable(y0);
  const Scalar z = example(x, y);
  const Adjoints a = backward(z);
  return {z.value(), a[x], a[y]};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(programs_of_numbers)

BOOST_AUTO_TEST_CASE(one_sample_gives_what_the_recording_gives) {
  for (const bool passes : {false, true}) {
    const Program p = example_program({.passes = passes});
    BOOST_TEST(p.is_scalar());
    BOOST_TEST(p.input_count() == 2u);
    BOOST_TEST(p.output_count() == 3u);
    Program::Workspace w(p);
    for (const double x : {-1.5, 0.0, 0.3, 2.0}) {
      for (const double y : {-0.5, 0.7, 3.0}) {
        std::array<double, 3> out{};
        p.run(w, std::array{x, y}, out);
        const auto wanted = recorded(x, y);
        for (std::size_t k = 0; k < 3; ++k)
          BOOST_TEST(std::abs(out[k] - wanted[k]) <= 1e-14 * (1 + std::abs(wanted[k])));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_gives_for_every_sample_what_one_sample_gives_whatever_its_size) {
  const Program p = example_program();
  Program::Workspace w(p);
  for (const std::int64_t count : {0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 257, 1000}) {
    const auto n = static_cast<std::size_t>(count);
    std::vector<double> in(2 * n), out(3 * n);
    for (std::size_t i = 0; i < n; ++i) {
      in[i] = -2.0 + 0.01 * static_cast<double>(i);
      in[n + i] = 0.1 + 0.003 * static_cast<double>(i);
    }
    p.run_batch(w, in, out, count);
    for (std::size_t i = 0; i < n; ++i) {
      std::array<double, 3> one{};
      p.run(w, std::array{in[i], in[n + i]}, one);
      for (std::size_t k = 0; k < 3; ++k)
        BOOST_TEST(std::abs(out[k * n + i] - one[k]) <= 1e-14 * (1 + std::abs(one[k])));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sample_has_the_same_bits_wherever_it_stands_in_a_batch) {
  const Program p = example_program();
  Program::Workspace w(p);
  constexpr std::size_t n = 777;
  std::vector<double> in(2 * n, 0.25), out(3 * n);
  p.run_batch(w, in, out, n);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 1; i < n; ++i) BOOST_TEST(out[k * n + i] == out[k * n]);
}

BOOST_AUTO_TEST_CASE(an_input_that_nothing_needs_and_an_output_that_is_an_input_or_a_constant_are_there) {
  Recording r;
  const Scalar x = r.variable(1.0), unused = r.variable(2.0);
  const Program p(r, {x, unused}, {x, Scalar(4.5), x});
  Program::Workspace w(p);
  std::array<double, 3> out{};
  p.run(w, std::array{7.0, 8.0}, out);
  BOOST_TEST(out == (std::array{7.0, 4.5, 7.0}), boost::test_tools::per_element());
  const std::array in{1.0, 2.0, 3.0, 4.0};
  std::array<double, 6> batch{};
  p.run_batch(w, in, batch, 2);
  BOOST_TEST(batch == (std::array{1.0, 2.0, 4.5, 4.5, 1.0, 2.0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_guard_that_decides_otherwise_is_named_with_its_values) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar y = x < 3.0 ? Scalar(x * x) : Scalar(x + 1.0);
  const Program p(r, {x}, {y});
  BOOST_TEST(p.guard_count() == 1u);
  Program::Workspace w(p);
  std::array<double, 1> out{};
  p.run(w, std::array{2.5}, out);
  BOOST_TEST(out[0] == 6.25);
  BOOST_TEST(!w.failed_guard().has_value());
  BOOST_CHECK_EXCEPTION(p.run(w, std::array{4.0}, out), GuardFailed, [](const GuardFailed& e) {
    const std::string text = e.what();
    return text.find("x < 3 held") != std::string::npos && text.find("4 < 3") != std::string::npos &&
           text.find("numbers.cpp") != std::string::npos;
  });
  BOOST_TEST((p.try_run(w, std::array{4.0}, out) == RunStatus::guard_failed));
  BOOST_TEST(w.failed_guard()->now[0] == 4.0);
  BOOST_TEST((p.try_run(w, std::array{std::nan("")}, out) == RunStatus::guard_failed));
}

BOOST_AUTO_TEST_CASE(in_a_batch_guards_fail_sample_by_sample) {
  Recording r;
  const Scalar x = r.variable(2.0, "x");
  const Scalar y = x < 3.0 && x > 0.0 ? Scalar(x * x) : Scalar(x + 1.0);
  const Program p(r, {x}, {y});
  Program::Workspace w(p);
  constexpr std::size_t n = 300;
  std::vector<double> in(n, 1.5), out(n);
  std::vector<std::uint8_t> failed(n);
  in[7] = 3.0, in[290] = -1.0;
  BOOST_TEST((p.try_run_batch(w, in, out, n, failed) == RunStatus::guard_failed));
  for (std::size_t i = 0; i < n; ++i) {
    BOOST_TEST(failed[i] == (i == 7 || i == 290 ? 1 : 0));
    if (failed[i] == 0) BOOST_TEST(out[i] == 2.25);
  }
  BOOST_TEST(w.failed_guard()->now[0] == 3.0);
  BOOST_CHECK_THROW(p.run_batch(w, in, out, n), GuardFailed);
}

BOOST_AUTO_TEST_CASE(wrong_counts_and_wrong_inputs_are_refused) {
  const Program p = example_program();
  Program::Workspace w(p);
  std::array<double, 3> out{};
  std::array<double, 2> short_out{};
  BOOST_CHECK_THROW(p.run(w, std::array{1.0}, out), ArgumentError);
  BOOST_CHECK_THROW(p.run(w, std::array{1.0, 2.0}, short_out), ArgumentError);
  BOOST_CHECK_THROW(p.run_batch(w, std::array{1.0, 2.0}, out, 2), ArgumentError);
  Recording r;
  const Scalar x = r.variable(1.0);
  const Scalar y = x * x;
  BOOST_CHECK_THROW(Program(r, {y}, {x}), ArgumentError);
  BOOST_CHECK_THROW(Program(r, {x, x}, {y}), ArgumentError);
  BOOST_CHECK_THROW(Program(r, {Scalar(2.0)}, {y}), ArgumentError);
  Recording other;
  const Scalar z = other.variable(1.0);
  BOOST_CHECK_THROW(Program(r, {x}, {z}), ForeignRecording);
}

BOOST_AUTO_TEST_CASE(columns_may_have_room_between_them_which_nobody_touches) {
  constexpr std::int64_t n = 700, longest = 4096;
  for (const int threads : {1, 2}) {
    const Program p = example_program({.threads = threads});
    Program::Workspace w(p);
    std::vector<double> dense_in(2 * n), dense_out(3 * n);
    for (std::size_t i = 0; i < dense_in.size(); ++i) dense_in[i] = 0.001 * static_cast<double>(i);
    p.run_batch(w, dense_in, dense_out, n);
    for (const BatchLayout layout : {BatchLayout(n, n), BatchLayout(n, n + 1), BatchLayout::padded(n),
                                     BatchLayout(n, 1024), BatchLayout(n, longest)}) {
      // To the last sample of the last column, and not further.
      const auto stride = static_cast<std::size_t>(layout.stride);
      const double untouched = -77.0, poison = std::nan("");
      std::vector<double> in(stride + n, poison), out(2 * stride + n, untouched);
      for (std::size_t k = 0; k < 2; ++k) std::copy_n(dense_in.data() + k * n, n, in.data() + k * stride);
      p.run_batch(w, in, out, layout);
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < stride && k * stride + i < out.size(); ++i)
          BOOST_TEST(out[k * stride + i] == (i < n ? dense_out[k * n + i] : untouched), "column " << k << ", " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(some_samples_of_longer_columns_are_a_batch) {
  const Program p = example_program();
  Program::Workspace w(p);
  constexpr std::int64_t n = 1000, first = 300, count = 257;
  std::vector<double> in(2 * n), all(3 * n), out(3 * n, -1.0);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = 0.001 * static_cast<double>(i);
  p.run_batch(w, in, all, n);
  p.run_batch(w, std::span(in).subspan(first), std::span(out).subspan(first), {count, n});
  for (std::size_t k = 0; k < 3; ++k)
    for (std::int64_t i = 0; i < n; ++i) {
      const std::size_t at = k * n + static_cast<std::size_t>(i);
      BOOST_TEST(out[at] == (i >= first && i < first + count ? all[at] : -1.0));
    }
}

BOOST_AUTO_TEST_CASE(padded_columns_are_an_odd_number_of_lines_apart) {
  for (std::int64_t n = 0; n < 3000; ++n) {
    const BatchLayout layout = BatchLayout::padded(n);
    BOOST_TEST(layout.count == n);
    BOOST_TEST(layout.stride >= n);
    BOOST_TEST(layout.stride <= n + 15);
    BOOST_TEST(layout.stride % 16 == 8);
  }
}

BOOST_AUTO_TEST_CASE(layouts_that_do_not_fit_are_refused) {
  const Program p = example_program();
  Program::Workspace w(p);
  const auto run = [&](std::size_t inputs, std::size_t outputs, const BatchLayout& layout) {
    const std::vector<double> in(inputs, 0.5);
    std::vector<double> out(outputs);
    p.run_batch(w, in, out, layout);
  };
  run(2 * 16, 3 * 16, {10, 16});
  run(16 + 10, 2 * 16 + 10, {10, 16});
  run(0, 0, 0);
  run(0, 0, {0, 16});
  run(0, 0, -3);
  BatchLayout negative(10);
  negative.count = -10;
  BOOST_CHECK_THROW(run(2 * 10, 3 * 10, negative), ArgumentError);
  BOOST_CHECK_THROW(run(16 + 9, 3 * 16, {10, 16}), ArgumentError);
  BOOST_CHECK_THROW(run(2 * 16, 2 * 16 + 9, {10, 16}), ArgumentError);
  BOOST_CHECK_THROW(run(2 * 16 + 1, 3 * 16, {10, 16}), ArgumentError);
  BOOST_CHECK_THROW(run(2 * 10, 3 * 10, {10, 9}), ArgumentError);
  BOOST_CHECK_THROW(run(2 * 10, 3 * 10, {10, -10}), ArgumentError);
  BOOST_CHECK_THROW(run(2 * 10, 3 * 9, 10), ArgumentError);
}

BOOST_AUTO_TEST_CASE(guards_of_a_batch_with_room_between_columns_are_told_with_the_inputs_of_their_sample) {
  Recording r;
  const Scalar x = r.variable(1.0), y = r.variable(2.0);
  const Scalar z = x < y ? Scalar(x * y) : x + y;
  const Program p(r, {x, y}, {z});
  Program::Workspace w(p);
  constexpr std::size_t n = 20, stride = 24;
  std::vector<double> in(2 * stride, 0.0), out(stride);
  std::vector<std::uint8_t> failed(n);
  for (std::size_t i = 0; i < n; ++i) in[i] = 1.0, in[stride + i] = 2.0;
  in[13] = 5.0, in[stride + 13] = 4.0;
  BOOST_TEST((p.try_run_batch(w, in, out, {n, stride}, failed) == RunStatus::guard_failed));
  for (std::size_t i = 0; i < n; ++i) BOOST_TEST(failed[i] == (i == 13 ? 1 : 0));
  BOOST_TEST(w.failed_guard()->now[0] == 5.0);
  BOOST_TEST(w.failed_guard()->now[1] == 4.0);
}

BOOST_AUTO_TEST_CASE(a_list_of_failures_that_is_too_short_is_refused) {
  const Program p = example_program();
  Program::Workspace w(p);
  const std::vector<double> in(2 * 10, 0.5);
  std::vector<double> out(3 * 10);
  std::vector<std::uint8_t> failed(9);
  BOOST_CHECK_THROW(static_cast<void>(p.try_run_batch(w, in, out, 10, failed)), ArgumentError);
}

BOOST_AUTO_TEST_CASE(two_threads_run_one_program_in_workspaces_of_their_own) {
  const Program p = example_program();
  constexpr std::size_t n = 5000;
  std::vector<double> in(2 * n);
  for (std::size_t i = 0; i < 2 * n; ++i) in[i] = 0.001 * static_cast<double>(i % 977);
  std::vector<double> first(3 * n), second(3 * n);
  const auto work = [&](std::vector<double>& out) {
    Program::Workspace w(p);
    for (int repeat = 0; repeat < 20; ++repeat) p.run_batch(w, in, out, n);
  };
  std::thread other(work, std::ref(second));
  work(first);
  other.join();
  BOOST_TEST(first == second, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_recording_may_be_gone) {
  std::vector<Program> programs;
  {
    Recording r;
    const Scalar x = r.variable(1.0);
    programs.emplace_back(r, std::vector<Scalar>{x}, std::vector<Scalar>{sin(x)});
  }
  Program::Workspace w(programs[0]);
  std::array<double, 1> out{};
  programs[0].run(w, std::array{2.0}, out);
  BOOST_TEST(out[0] == std::sin(2.0));
}

BOOST_AUTO_TEST_CASE(running_allocates_nothing) {
  if (!test::counts_allocations) return;
  const Program p = example_program();
  Program::Workspace w(p);
  std::vector<double> in(2 * 500, 0.5), out(3 * 500);
  std::array<double, 3> one{};
  const std::uint64_t before = test::allocations();
  p.run_batch(w, in, out, 500);
  p.run(w, std::array{0.25, 0.75}, one);
  BOOST_TEST(test::allocations() == before);
}

BOOST_AUTO_TEST_SUITE_END()
