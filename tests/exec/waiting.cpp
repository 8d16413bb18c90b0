// Long programs of numbers: what waits for its users, and what is computed again instead.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "wengert/autodiff/exec/columns.hpp"
#include "wengert/autodiff/ops/elementwise.hpp"
#include "wengert/tests/exec/native_blocks.hpp"

namespace wengert::test {
namespace {

using exec::ColumnBuilder;
using exec::ColumnCode;
using Value = ColumnBuilder::Value;

template <class P>
Value apply(ColumnBuilder& b, Value x) {
  return b.apply(PrimitiveOf<P>::record, std::array{x});
}
template <class P>
Value apply(ColumnBuilder& b, Value x, Value y) {
  return b.apply(PrimitiveOf<P>::record, std::array{x, y});
}

constexpr std::int64_t tile = 16;

ColumnCode<double> code_of(const ColumnBuilder& builder, bool native) {
  return builder.columns<double>([](std::size_t) { return tile; }, native);
}
/// The columns that code stores, for the same random loads.
std::vector<std::vector<double>> results(const ColumnCode<double>& code) {
  exec::ColumnFrame<double> frame(code);
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> number(0.5, 1.5);
  std::vector<std::vector<double>> loads(code.loads, std::vector<double>(tile)), stores(code.stores, loads.front());
  for (std::size_t k = 0; k < loads.size(); ++k) {
    for (double& x : loads[k]) x = number(random);
    frame.bind_load(k, loads[k].data());
  }
  for (std::size_t k = 0; k < stores.size(); ++k) frame.bind_store(k, stores[k].data());
  frame.run(tile);
  return stores;
}
/// Those of kernels, primitive by primitive, in the order of the program.
void check_bits(const ColumnBuilder& builder, const ColumnCode<double>& native) {
  const auto got = results(native), want = results(code_of(builder, false));
  BOOST_TEST_REQUIRE(got.size() == want.size());
  for (std::size_t k = 0; k < got.size(); ++k)
    for (std::size_t i = 0; i < tile; ++i)
      BOOST_TEST(std::bit_cast<std::uint64_t>(got[k][i]) == std::bit_cast<std::uint64_t>(want[k][i]),
                 "store " << k << ", " << i << ": " << got[k][i] << " instead of " << want[k][i]);
}

constexpr std::size_t length = 2000;

}  // namespace

BOOST_AUTO_TEST_SUITE(exec_waiting)

BOOST_AUTO_TEST_CASE(terms_of_a_sum_at_the_end_do_not_wait_for_it,
                     *boost::unit_test::precondition(native_code_is_available)) {
  ColumnBuilder builder;
  const Value a = builder.load(), b = builder.load();
  std::vector<Value> terms;
  Value v = a;
  for (std::size_t k = 0; k < length; ++k) {
    v = apply<ops::Mul>(builder, apply<ops::Add>(builder, v, b), builder.constant(0.5));
    terms.push_back(apply<ops::Sqrt>(builder, v));
  }
  Value sum = terms[0];
  for (std::size_t k = 1; k < length; ++k) sum = apply<ops::Add>(builder, sum, terms[k]);
  builder.store(sum);
  const ColumnCode<double> code = code_of(builder, true);
  BOOST_TEST(code.registers < 10u);
  check_bits(builder, code);
}

BOOST_AUTO_TEST_CASE(terms_of_a_sum_in_another_order_wait, *boost::unit_test::precondition(native_code_is_available)) {
  // The sum begins with the last one: its order is kept.
  ColumnBuilder builder;
  const Value a = builder.load(), b = builder.load();
  std::vector<Value> terms;
  Value v = a;
  for (std::size_t k = 0; k < length; ++k) {
    v = apply<ops::Sqrt>(builder, apply<ops::Add>(builder, v, b));
    terms.push_back(v);
  }
  Value sum = terms.back();
  for (std::size_t k = length - 1; k-- > 0;) sum = apply<ops::Sub>(builder, sum, terms[k]);
  builder.store(sum);
  const ColumnCode<double> code = code_of(builder, true);
  BOOST_TEST(code.registers > length / 2);
  check_bits(builder, code);
}

BOOST_AUTO_TEST_CASE(what_is_cheap_is_computed_again_and_waits_for_nobody,
                     *boost::unit_test::precondition(native_code_is_available)) {
  // On the way there square roots, which wait; beside each of them x + b, (x + b)·b and ((x + b)·b)·b, of which the
  // last is wanted on the way back, in the other order.
  ColumnBuilder builder;
  const Value a = builder.load(), b = builder.load();
  std::vector<Value> roots, cheap;
  Value v = a;
  for (std::size_t k = 0; k < length; ++k) {
    v = apply<ops::Sqrt>(builder, apply<ops::Add>(builder, v, b));
    roots.push_back(v);
    cheap.push_back(apply<ops::Mul>(builder, apply<ops::Mul>(builder, apply<ops::Add>(builder, v, b), b), b));
  }
  Value sum = builder.constant(0.0);
  for (std::size_t k = length; k-- > 0;) {
    const Value first = apply<ops::Mul>(builder, apply<ops::Sin>(builder, sum), cheap[k]);
    sum = apply<ops::Add>(builder, first, apply<ops::Mul>(builder, apply<ops::Cos>(builder, sum), roots[k]));
  }
  builder.store(sum);
  for (std::size_t k = 0; k < length; k += 100) builder.store(cheap[k]);
  const ColumnCode<double> code = code_of(builder, true);
  BOOST_TEST(code.registers > length / 2);      // the roots
  BOOST_TEST(code.registers < 5 * length / 4);  // and not what is made of them
  // Where they are wanted on the way, too, they are computed twice.
  BOOST_TEST(code.operations == code_of(builder, false).operations + 3 * length / 100);
  check_bits(builder, code);
}

BOOST_AUTO_TEST_CASE(a_value_is_computed_if_one_of_its_two_users_is_needed_by_nobody) {
  for (const bool native : {false, true}) {
    ColumnBuilder builder;
    const Value x = builder.load(), product = apply<ops::Mul>(builder, x, x);
    apply<ops::Mul>(builder, x, product);
    builder.store(apply<ops::Neg>(builder, product));
    const auto columns = results(code_of(builder, native));
    for (const double y : columns[0]) BOOST_TEST(y < 0.0);
  }
}

BOOST_AUTO_TEST_CASE(random_programs_have_the_same_bits, *boost::unit_test::precondition(native_code_is_available)) {
  std::size_t again = 0;
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    ColumnBuilder builder;
    std::vector<Value> values;
    for (int k = 0; k < 5; ++k) values.push_back(builder.load());
    values.push_back(builder.constant(0.75));
    const std::size_t half = 600 + pick(1500);
    for (std::size_t n = 0; n <= 2 * half; ++n) {
      // Of late ones, mostly, of loads, and on the way back of those on the way there.
      const auto some = [&] {
        const std::size_t from = pick(8);
        if (from < 3) return values[pick(6)];
        if (from < 6 && n > half) return values[2 * half - n];  // on the way back
        return values[values.size() - 1 - pick(5)];
      };
      const Value x = values.back(), y = some();
      switch (pick(8)) {
        case 0:
          values.push_back(apply<ops::Tanh>(builder, x));
          break;
        case 1:
          values.push_back(apply<ops::Sin>(builder, x));
          break;
        case 2:
          values.push_back(apply<ops::Neg>(builder, x));
          break;
        case 3:
        case 4:
          values.push_back(apply<ops::Add>(builder, x, y));
          break;
        case 5:
          values.push_back(apply<ops::Max>(builder, x, y));
          break;
        default:
          values.push_back(apply<ops::Mul>(builder, apply<ops::Sin>(builder, x), y));
      }
    }
    for (std::size_t k = 0; k < 10; ++k) builder.store(values[pick(values.size())]);
    builder.store(values.back());
    const ColumnCode<double> code = code_of(builder, true);
    const ColumnCode<double> plain = code_of(builder, false);
    again += code.operations != plain.operations ? 1 : 0;
    check_bits(builder, code);
  }
  BOOST_TEST(again > 10u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
