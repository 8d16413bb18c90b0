// The check against reference values notices what it should: each kind of number that is wrong, and each way in which a
// composition can be.

#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using reference::Case;
using reference::mismatches;
using reference::Outputs;
using reference::Stored;

Outputs composed(const Case& c) { return {c["x"] * sigmoid(c["x"])}; }

/// Element 3 of a tensor moved by a ten-millionth of the largest there is.
Tensor moved(const Tensor& x) {
  std::vector<double> values = x.to_vector();
  values[3] += 1e-7 * amax(abs(x)).item();
  return tensor(values, x.shape());
}

bool mentions(const std::vector<std::string>& texts, const std::string& what) {
  for (const std::string& text : texts)
    if (text.find(what) != std::string::npos) return true;
  return false;
}

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(a_right_composition_has_no_mismatch) {
  reference::check_case("activations", "silu", [](const Case& c) { return c["x"] * sigmoid(c["x"]); });
  reference::check_case("activations", "silu", composed);
}

BOOST_AUTO_TEST_CASE(a_wrong_reference_is_noticed_wherever_it_stands) {
  const Stored& right = reference::stored("activations", "silu");
  Stored wrong = right;
  wrong.outputs[0] = moved(right.outputs[0]);
  BOOST_TEST(mentions(mismatches(wrong, composed), "value of output 0: element 3"));
  BOOST_TEST(mentions(mismatches(wrong, composed), "value of constants of output 0: element 3"));
  wrong = right;
  wrong.gradient[0].second = moved(right.gradient[0].second);
  BOOST_TEST(mentions(mismatches(wrong, composed), "numeric gradient of x: element 3"));
  BOOST_TEST(mentions(mismatches(wrong, composed), "recorded gradient of x: element 3"));
  wrong = right;
  wrong.hvp[0].second = moved(right.hvp[0].second);
  const std::vector<std::string> found = mismatches(wrong, composed);
  BOOST_TEST(found.size() == 3u);
  BOOST_TEST(mentions(found, "HVP, forward over reverse of x: element 3"));
  BOOST_TEST(mentions(found, "HVP, reverse over reverse of x: element 3"));
  BOOST_TEST(mentions(found, "HVP, reverse over forward of x: element 3"));
}

BOOST_AUTO_TEST_CASE(a_wrong_composition_is_noticed) {
  const Stored& stored = reference::stored("activations", "silu");
  const auto finds = [&](const reference::Composition& composition, const std::string& what) {
    return mentions(mismatches(stored, composition), what);
  };
  BOOST_TEST(finds([](const Case& c) -> Outputs { return {c["x"] * sigmoid(1.0000001 * c["x"])}; }, "value of output"));
  // Right values, a derivative that is missing.
  BOOST_TEST(finds([](const Case& c) -> Outputs { return {c["x"] * sigmoid(Tensor(c["x"].value()))}; },
                   "numeric gradient of x"));
  BOOST_TEST(finds(
      [](const Case& c) -> Outputs {
        return {reshape(composed(c)[0], Shape{4, 4})};
      },
      "f64[4,4], expected f64[16]"));
  BOOST_TEST(finds([](const Case& c) -> Outputs { return {composed(c)[0] * (0.0 / 0.0)}; }, "nan, expected"));
  BOOST_TEST(finds([](const Case&) -> Outputs { return {}; }, "0 tensors, expected 1"));
  // f64 that comes out of f32.
  BOOST_TEST(finds([](const Case& c) -> Outputs { return {convert(composed(c)[0], Dtype::f64)}; },
                   "value in f32 of output 0: f64[16], expected f32[16]"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_an_error) {
  BOOST_CHECK_THROW((void)reference::stored("activations", "nothing"), ArgumentError);
  BOOST_CHECK_THROW((void)reference::stored("nothing", "silu"), EnvironmentError);
  const Case c(reference::stored("activations", "silu"), {}, Dtype::f64);
  BOOST_CHECK_THROW((void)c["weight"], ArgumentError);
  BOOST_CHECK_THROW((void)c.data("labels"), ArgumentError);
  BOOST_CHECK_THROW((void)c.number("beta"), ArgumentError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
