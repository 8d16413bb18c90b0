// The ledger of a chain of ten million values, under a 256 KiB stack: no recursion, time and memory in proportion.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/explain/ledger.hpp"

namespace wengert {
namespace {

/// One value after the other, in no short period, so that nothing is rolled up.
Scalar chain(const Scalar& x, int count) {
  Scalar v = x;
  std::uint32_t state = 1;
  for (int k = 0; k < count; ++k) {
    state = state * 1664525u + 1013904223u;
    if ((state >> 24 & 1u) != 0)
      v = atan(v);
    else
      v = v + v;
  }
  return v;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep_ledger)

BOOST_AUTO_TEST_CASE(the_ledger_of_ten_million_values) {
  constexpr int count = 10'000'000;
  Recording recording(RecordingOptions{.locations = false});
  const Scalar x = recording.variable(0.3, "x");
  const Scalar y = chain(x, count);
  const Ledger ledger = explain(y, x, {.top = 1});
  const double doubled = static_cast<double>(ledger.edges) - count;  // two edges where v + v stands
  BOOST_TEST(doubled > 4e6);
  BOOST_TEST(!ledger.count.exact.has_value());
  BOOST_TEST(ledger.count.log10 == doubled * std::log10(2.0), boost::test_tools::tolerance(1e-9));
  BOOST_TEST(ledger.longest == static_cast<std::size_t>(count));
  BOOST_TEST(ledger.paths.at(0).steps.size() == static_cast<std::size_t>(count));
  BOOST_TEST(ledger.gradient == backward(y)[x]);
  BOOST_TEST(ledger.reconciled());
  BOOST_TEST(to_text(ledger).size() < 2000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
