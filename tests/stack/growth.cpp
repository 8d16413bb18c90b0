// Memory over many small recordings: none is kept, none is lost (T24).
#include <boost/test/unit_test.hpp>

#include <malloc.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert {
namespace {

/// Bytes that the program holds from the allocator, large blocks included.
std::size_t held() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// A bit of everything: constants that vary, names, scopes, lines, guards, gradients, marks, loops.
double small(Recording& r, int round) {
  const Scalar x = r.variable(0.5 + 1e-6 * round, "x"), c = 0.25 * round;
  const auto scope = r.scope("scope");
  const auto line = r.location();
  Scalar v = x * c + 0.001 * round;
  r.name(v, "v");
  for (int i = 0; i < 20; ++i) v = sin(v) * (1.0 + round) + x;
  if (v < x) v = v + 1.0;
  const auto mark = r.mark();
  Scalar w = v * 2.0;
  w += x;
  r.rewind(mark);
  const Scalar g = gradient(v, x);
  return backward(g)[x] + forward({x}, {1.0})[g];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(growth)

/// `again` makes room for the next small recording; after a thousand rounds nothing may grow any more.
template <class Again>
void nothing_grows(Recording& r, const Again& again) {
  double sum = 0;
  std::uint64_t reserved = 0;
  std::size_t before = 0;
  for (int round = 0; round < 100'000; ++round) {
    again();
    sum += small(r, round);
    if (round == 1000) {
      reserved = r.statistics().bytes_reserved;
      before = held();
    }
  }
  BOOST_TEST(r.statistics().bytes_reserved == reserved);
  BOOST_TEST(held() <= before + 4096);
  BOOST_TEST(sum == sum);
}

BOOST_AUTO_TEST_CASE(one_recording_cleared_many_times) {
  Recording r;
  nothing_grows(r, [&] { r.clear(); });
}

BOOST_AUTO_TEST_CASE(one_recording_rewound_many_times) {
  Recording r;
  static_cast<void>(r.variable(1.0));
  const auto mark = r.mark();
  nothing_grows(r, [&] { r.rewind(mark); });
}

BOOST_AUTO_TEST_CASE(many_recordings) {
  double sum = 0;
  std::size_t before = 0;
  for (int round = 0; round < 100'000; ++round) {
    Recording r;
    sum += small(r, round);
    if (round == 1000) before = held();
  }
  BOOST_TEST(held() <= before + 4096);
  BOOST_TEST(sum == sum);
}

BOOST_AUTO_TEST_CASE(many_expansions) {
  Recording r;
  const Scalar x = r.variable(1.0);
  Scalar v = x;
  for (int i = 0; i < 50; ++i) v = sin(v) * x;
  const Scalar g = gradient(v, x);
  std::size_t before = 0, nodes = 0;
  for (int round = 0; round < 2'000; ++round) {
    nodes += expand(r, {g}).graph.size();
    if (round == 100) before = held();
  }
  BOOST_TEST(held() <= before + 4096);
  BOOST_TEST(nodes > 0u);
}

BOOST_AUTO_TEST_CASE(value_and_grad_called_many_times) {
  auto f = value_and_grad([](const Scalar& x) {
    Scalar v = x;
    for (int i = 0; i < 20; ++i) v = sin(v) + x;
    return v;
  });
  double sum = 0;
  std::size_t before = 0;
  for (int round = 0; round < 100'000; ++round) {
    sum += f(1e-5 * round).gradient;
    if (round == 1000) before = held();
  }
  BOOST_TEST(held() <= before + 4096);
  BOOST_TEST(sum == sum);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
