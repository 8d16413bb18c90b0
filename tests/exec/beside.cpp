// Functions that one kernel computes beside each other: erfc and e^(-x²), of which its derivative is made.
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/exec/program.hpp"
#include "wengert/autodiff/ops/vector_pairs.hpp"

using namespace wengert;
using exec::ColumnBuilder;

namespace {

using Value = ColumnBuilder::Value;
template <class T>
using Columns = std::vector<std::vector<T>>;

template <class P>
Value apply(ColumnBuilder& b, std::initializer_list<Value> operands) {
  return b.apply(PrimitiveOf<P>::record, std::span(operands.begin(), operands.size()));
}

template <class T>
std::vector<T> arguments() {
  using limits = std::numeric_limits<T>;
  std::vector<T> x{0,
                   limits::min(),
                   limits::denorm_min(),
                   T(0.5),
                   1,
                   T(3.75),
                   12,
                   30,
                   T(1e30),
                   limits::infinity(),
                   limits::max(),
                   limits::quiet_NaN()};
  for (std::size_t i = 0, n = x.size(); i < n; ++i) x.push_back(-x[i]);
  std::mt19937 random(3);
  std::normal_distribution<T> normal;
  while (x.size() < 301) x.push_back(normal(random));
  return x;
}

constexpr std::int64_t tile = 64;

/// Whether a kernel for both is there at all.
template <class T>
bool pairs_available() {
  return kernels::pair_functions(kernels::vector_functions()).of<T>(0) != nullptr;
}

/// The stores of the code of a builder with one load; of values that are stored once, the first element.
template <class T>
Columns<T> run(const ColumnBuilder& b, const std::vector<T>& x, bool native, bool uniform = false) {
  const exec::ColumnCode<T> code = b.columns<T>([](std::size_t) { return tile; }, native);
  exec::ColumnFrame<T> frame(code);
  Columns<T> out(code.stores, std::vector<T>(x.size(), T(77)));
  const auto n = static_cast<std::int64_t>(x.size());
  for (std::int64_t begin = 0; begin < n; begin += uniform ? 1 : tile) {
    const std::int64_t count = uniform ? 1 : std::min(tile, n - begin);
    frame.bind_load(0, x.data() + begin);
    for (std::size_t k = 0; k < out.size(); ++k) frame.bind_store(k, out[k].data() + begin);
    frame.run(count);
  }
  return out;
}

template <class T>
void check_equal(const std::vector<T>& got, const std::vector<T>& wanted) {
  std::size_t different = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    different += !(got[i] == wanted[i] && std::signbit(got[i]) == std::signbit(wanted[i])) &&
                 !(std::isnan(got[i]) && std::isnan(wanted[i]));
  BOOST_TEST(got.size() == wanted.size());
  BOOST_TEST(different == 0u);
}

template <class P, class T>
std::vector<T> alone(const std::vector<T>& x, bool uniform = false) {
  ColumnBuilder b;
  b.store(apply<P>(b, {b.load(uniform)}), {}, uniform);
  return run(b, x, false, uniform)[0];
}

template <class Whole, class T>
void check_pair() {
  const std::vector<T> x = arguments<T>();
  const std::vector<T> whole_alone = alone<Whole>(x), part_alone = alone<ops::Gaussian>(x);
  for (const bool native : {false, true}) {
    for (const bool part_first : {false, true}) {
      // Work between the two: none, some, more than one window of code has.
      for (const int between : {0, 3, 700}) {
        ColumnBuilder b;
        const Value load = b.load();
        Value sum = load;
        const auto work = [&] {
          for (int k = 0; k < between; ++k) sum = apply<ops::Add>(b, {sum, load});
        };
        Value whole = 0, part = 0;
        if (part_first) {
          part = apply<ops::Gaussian>(b, {load});
          work();
          whole = apply<Whole>(b, {load});
        } else {
          whole = apply<Whole>(b, {load});
          work();
          part = apply<ops::Gaussian>(b, {load});
        }
        b.store(part);
        b.store(whole);
        b.store(apply<ops::Sub>(b, {whole, part}));
        b.store(part);
        if (between > 0) b.store(apply<ops::Mul>(b, {sum, part}));
        const Columns<T> out = run(b, x, native);
        check_equal(out[0], part_alone);
        check_equal(out[1], whole_alone);
        check_equal(out[3], part_alone);
        std::vector<T> difference;
        for (std::size_t i = 0; i < x.size(); ++i) difference.push_back(whole_alone[i] - part_alone[i]);
        check_equal(out[2], difference);
      }
    }
  }
}

template <class Whole, class T>
void check_uniform() {
  const std::vector<T> x = arguments<T>();
  for (const bool native : {false, true}) {
    ColumnBuilder b;
    const Value load = b.load(true);
    const Value part = apply<ops::Gaussian>(b, {load}), whole = apply<Whole>(b, {load});
    b.store(whole, {}, true);
    b.store(part, {}, true);
    const Columns<T> out = run(b, x, native, true);
    check_equal(out[0], alone<Whole>(x, true));
    check_equal(out[1], alone<ops::Gaussian>(x, true));
  }
}

/// Kernels of the code of a builder.
template <class T>
std::size_t kernels_of(const ColumnBuilder& b, bool native) {
  std::size_t count = 0;
  for (const auto& step : b.columns<T>([](std::size_t) { return tile; }, native).steps) count += step.kernel != nullptr;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(functions_beside_each_other)

BOOST_AUTO_TEST_CASE(the_bits_are_those_of_each_alone) {
  check_pair<ops::Erfc, double>();
  check_pair<ops::Erfc, float>();
  check_pair<ops::Erf, double>();
  check_pair<ops::Erf, float>();
}

BOOST_AUTO_TEST_CASE(of_one_number_for_all_places_too) {
  check_uniform<ops::Erfc, double>();
  check_uniform<ops::Erf, float>();
}

BOOST_AUTO_TEST_CASE(one_kernel_computes_both_of_one_operand_and_not_of_two) {
  if (!pairs_available<double>()) return;
  for (const bool native : {false, true}) {
    ColumnBuilder same, different, unused;
    const auto store_product = [](ColumnBuilder& b, Value whole, Value part) {
      b.store(apply<ops::Mul>(b, {whole, part}));
      b.store(apply<ops::Sub>(b, {part, whole}));
    };
    Value x = same.load();
    store_product(same, apply<ops::Erfc>(same, {x}), apply<ops::Gaussian>(same, {x}));
    x = different.load();
    const Value y = different.load();
    store_product(different, apply<ops::Erfc>(different, {x}), apply<ops::Gaussian>(different, {y}));
    x = unused.load();
    static_cast<void>(apply<ops::Gaussian>(unused, {x}));  // nobody wants it
    unused.store(apply<ops::Erfc>(unused, {x}));
    const std::size_t arithmetic = kernels_of<double>(same, native) - 1;
    BOOST_TEST(arithmetic == (native && exec::NativeCode::is_available() ? 0u : 2u));
    BOOST_TEST(kernels_of<double>(different, native) == arithmetic + 2);
    BOOST_TEST(kernels_of<double>(unused, native) == 1u);
    BOOST_TEST((same.columns<double>([](std::size_t) { return tile; }, native).operations) == 4u);
  }
}

BOOST_AUTO_TEST_CASE(in_a_program_a_value_has_the_same_bits_with_and_without_its_gradient) {
  Recording r;
  const Scalar x = r.variable(0.3), y = r.variable(0.7);
  const Scalar value = x * erfc(x - y) + erf(x * y);
  const std::vector<Scalar> gradients{gradient(value, x), gradient(value, y)};
  const std::vector<double> numbers = arguments<double>();
  const auto n = static_cast<std::int64_t>(numbers.size());
  std::vector<double> in = numbers;
  in.insert(in.end(), numbers.rbegin(), numbers.rend());
  for (const bool native : {false, true}) {
    for (const bool passes : {false, true}) {
      const ProgramOptions options{.exact = true, .passes = passes, .native = native};
      const auto outputs_of = [&](const std::vector<Scalar>& outputs) {
        const Program p(r, {x, y}, outputs, options);
        Program::Workspace w(p);
        std::vector<double> out(outputs.size() * numbers.size());
        p.run_batch(w, in, out, n);
        return out;
      };
      const std::vector<double> both = outputs_of({value, gradients[0], gradients[1]}), values = outputs_of({value});
      check_equal(std::vector(both.begin(), both.begin() + n), values);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
