// Results that are written over operands, element for element, as a program does to save memory.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
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
using exec::ColumnFrame;
using Value = ColumnBuilder::Value;

constexpr std::size_t tile = 24, columns = 48;

/// Sums, products and quotients of more columns than machines have registers, `each` for a column; over every column
/// one of them is stored.
ColumnBuilder random_work(std::uint64_t seed, std::size_t each) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  ColumnBuilder builder;
  std::vector<Value> values;
  for (std::size_t k = 0; k < columns; ++k) values.push_back(builder.load());
  for (std::size_t n = 0; n < each * columns; ++n) {
    static const std::array primitives{&PrimitiveOf<ops::Add>::record, &PrimitiveOf<ops::Mul>::record,
                                       &PrimitiveOf<ops::Max>::record, &PrimitiveOf<ops::Div>::record};
    const std::array operands{values[pick(values.size())], values[values.size() - 1 - pick(6)]};
    values.push_back(builder.apply(*primitives[pick(primitives.size())], operands));
  }
  for (std::size_t k = 0; k < columns; ++k)
    builder.store(values[columns + each * k + pick(each)], {static_cast<Value>(columns - 1 - k)});
  return builder;
}

/// What is stored; over the loads, or elsewhere.
std::vector<std::vector<double>> results(const ColumnCode<double>& code, bool over) {
  ColumnFrame<double> frame(code);
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> number(0.5, 1.5);
  std::vector<std::vector<double>> loads(columns, std::vector<double>(tile)), stores = loads;
  for (std::size_t k = 0; k < columns; ++k) {
    for (double& x : loads[k]) x = number(random);
    frame.bind_load(k, loads[k].data());
  }
  for (std::size_t k = 0; k < columns; ++k)
    frame.bind_store(k, over ? loads[columns - 1 - k].data() : stores[k].data());
  frame.run(tile);
  if (!over) return stores;
  std::ranges::reverse(loads);
  return loads;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exec_overwriting)

BOOST_AUTO_TEST_CASE(a_column_is_read_before_a_result_is_written_over_it) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    // Long ones are put into another order, and some of it is computed twice.
    const ColumnBuilder work = random_work(seed, seed < 50 ? 4 : 60);
    for (const bool native : {false, true}) {
      const auto code = work.columns<double>([](std::size_t) { return static_cast<std::int64_t>(tile); }, native);
      const auto got = results(code, true), want = results(code, false);
      for (std::size_t k = 0; k < columns; ++k)
        BOOST_TEST(std::ranges::equal(got[k], want[k], same_number<double>),
                   "seed " << seed << ", store " << k << (native ? ", native" : ""));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::test
