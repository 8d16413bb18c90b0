// The JSON of `wengert grad --json`: its schema, read back by a parser of JSON; every double comes back bit for bit.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "run_command.hpp"
#include "wengert/cli/grad_report.hpp"
#include "wengert/cli/text.hpp"

namespace {

using namespace wengert::cli;
using nlohmann::json;
using wengert::Array;

BOOST_AUTO_TEST_SUITE(json_output)

BOOST_AUTO_TEST_CASE(schema) {
  const auto outcome =
      wengert::test::run_command({"grad", "x^2*y + exp(y)", "--at", "x=2,y=0.5", "--order", "2", "--json"});
  const json result = json::parse(outcome.out);
  const auto close = boost::test_tools::tolerance(1e-15);
  BOOST_TEST(result.size() == 5U);
  BOOST_TEST(result["schema"].get<int>() == 1);
  BOOST_TEST(result["value"].get<double>() == 2 + std::exp(0.5), close);
  BOOST_TEST(result["variables"] == json::parse(R"({"x":2.0,"y":0.5})"));
  BOOST_TEST(result["gradient"]["x"].get<double>() == 2.0);
  BOOST_TEST(result["gradient"]["y"].get<double>() == 4 + std::exp(0.5), close);
  BOOST_TEST(result["hessian"][0] == json::parse("[1.0, 4.0]"));
  BOOST_TEST(result["hessian"][1][0].get<double>() == 4.0);
  BOOST_TEST(result["hessian"][1][1].get<double>() == std::exp(0.5), close);
}

BOOST_AUTO_TEST_CASE(jacobians_by_rows_and_by_columns_agree) {
  // A value with more elements than the variables is swept forward, one with fewer backward; in each half of the first
  // value stand the elements of the second.
  const std::string f = "u = tanh(A @ x) * y";
  const auto jacobian = [](const std::string& expression) {
    const auto outcome =
        wengert::test::run_command({"grad", expression, "--at", "A=[1,2;3,4],x=[0.1,-0.2],y=2", "--json"});
    return json::parse(outcome.out)["jacobian"];
  };
  const json few = jacobian(f), many = jacobian(f + "; [u, u, u, u]");
  for (const char* name : {"A", "x", "y"}) {
    for (std::size_t copy = 0; copy < 4; ++copy) {
      const json a = few[name].flatten(), b = many[name][copy].flatten();
      BOOST_REQUIRE(a.size() == b.size());
      for (const auto& [key, value] : a.items())
        BOOST_TEST(value.get<double>() == b[key].get<double>(), boost::test_tools::tolerance(1e-14));
    }
  }
}

BOOST_AUTO_TEST_CASE(orders_that_were_not_asked_for_are_absent) {
  Derivatives none;
  none.value = Array::scalar(5);
  BOOST_TEST(json_of(none) == "{\"schema\":1,\"value\":5.0,\"variables\":{},\"gradient\":{}}\n");
  Derivatives second = none;
  second.order = 2;
  BOOST_TEST(json_of(second) == "{\"schema\":1,\"value\":5.0,\"variables\":{},\"gradient\":{},\"hessian\":[]}\n");
}

BOOST_AUTO_TEST_CASE(numbers_that_are_not_finite_are_strings) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Derivatives d;
  d.point = {{"a", Array::scalar(inf)}, {"b", Array::scalar(-inf)}};
  d.chosen = {0, 1};
  d.value = Array::scalar(std::copysign(nan, -1.0));
  d.gradient = {Array::scalar(-0.0), Array::scalar(nan)};
  BOOST_TEST(json_of(d) ==
             "{\"schema\":1,\"value\":\"nan\",\"variables\":{\"a\":\"inf\",\"b\":\"-inf\"},\"gradient\":{\"a\":-0.0,"
             "\"b\":\"nan\"}}\n");
}

BOOST_AUTO_TEST_CASE(doubles_come_back_bit_for_bit_and_as_floating_point) {
  std::mt19937_64 engine(3);
  for (int k = 0; k < 20'000; ++k) {
    const double number = std::bit_cast<double>(engine());
    if (!std::isfinite(number)) continue;
    Derivatives d;
    d.value = Array::scalar(number);
    const json value = json::parse(json_of(d))["value"];
    BOOST_TEST(value.is_number_float());
    BOOST_TEST(std::bit_cast<std::uint64_t>(value.get<double>()) == std::bit_cast<std::uint64_t>(number));
  }
  for (const double whole : {0.0, -0.0, 1.0, -7.0, 1e15, 1e16, 1e22, 9007199254740993.0}) {
    Derivatives d;
    d.value = Array::scalar(whole);
    const json value = json::parse(json_of(d))["value"];
    BOOST_TEST(value.is_number_float());
    BOOST_TEST(std::bit_cast<std::uint64_t>(value.get<double>()) == std::bit_cast<std::uint64_t>(whole));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
