// Handles, arrays, types and shapes print themselves: to streams, and by fmt.
#include <sstream>
#include <string>

#if __has_include(<fmt/format.h>)
#  define FMT_HEADER_ONLY
#  include <fmt/format.h>
#endif
#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/format.hpp"

namespace {

using namespace wengert;

template <class T>
std::string streamed(const T& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

BOOST_AUTO_TEST_SUITE(format)

BOOST_AUTO_TEST_CASE(streams) {
  Recording r;
  const Scalar x = r.variable(2.5, "x");
  BOOST_TEST(streamed(x) == "2.5");
  BOOST_TEST(streamed(r.variable(tensor({1, 2, 3}), "t")) == "f64[3]{1, 2, 3}");
  BOOST_TEST(streamed(Shape{2, 3}) == "[2,3]");
  BOOST_TEST(streamed(Type{Dtype::f32, Shape{4}}) == "f32[4]");
  BOOST_TEST(streamed(Dtype::boolean) == "bool");
  BOOST_TEST(streamed(Array::scalar(1.5)) == to_string(Array::scalar(1.5)));
}

#if defined(FMT_VERSION)
BOOST_AUTO_TEST_CASE(by_fmt) {
  Recording r;
  const Scalar x = r.variable(2.0 / 3, "x");
  BOOST_TEST(fmt::format("{:.3f}", x) == "0.667");
  BOOST_TEST(fmt::format("{} {}", tensor({1, 2}), Shape{2}) == "f64[2]{1, 2} [2]");
  BOOST_TEST(fmt::format("{:>6}|{}", Dtype::f64, Type{}) == "   f64|f64");
}
#endif

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
