// Activations against PyTorch's values, gradients and HVPs; and by hand at kinks, for very large and small numbers and
// NaN.

#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/nn/layers/activations.hpp"
#include "wengert/nn/module/sequential.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using nn::Gelu;
using reference::Case;
using reference::check_case;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Activation = std::function<Tensor(const Tensor&)>;

/// Every activation with its defaults, by the name of its reference.
const std::vector<std::pair<std::string, Activation>>& all() {
  static const std::vector<std::pair<std::string, Activation>> list{
      {"relu", [](const Tensor& x) { return nn::relu(x); }},
      {"relu6", [](const Tensor& x) { return nn::relu6(x); }},
      {"leaky_relu", [](const Tensor& x) { return nn::leaky_relu(x); }},
      {"elu", [](const Tensor& x) { return nn::elu(x); }},
      {"selu", [](const Tensor& x) { return nn::selu(x); }},
      {"celu", [](const Tensor& x) { return nn::celu(x); }},
      {"gelu", [](const Tensor& x) { return nn::gelu(x); }},
      {"gelu_tanh", [](const Tensor& x) { return nn::gelu(x, Gelu::tanh); }},
      {"silu", [](const Tensor& x) { return nn::silu(x); }},
      {"mish", [](const Tensor& x) { return nn::mish(x); }},
      {"sigmoid", [](const Tensor& x) { return nn::sigmoid(x); }},
      {"tanh", [](const Tensor& x) { return nn::tanh(x); }},
      {"hardsigmoid", [](const Tensor& x) { return nn::hardsigmoid(x); }},
      {"hardswish", [](const Tensor& x) { return nn::hardswish(x); }},
      {"hardtanh", [](const Tensor& x) { return nn::hardtanh(x); }},
      {"softplus", [](const Tensor& x) { return nn::softplus(x); }},
      {"softshrink", [](const Tensor& x) { return nn::softshrink(x); }},
      {"hardshrink", [](const Tensor& x) { return nn::hardshrink(x); }},
      {"tanhshrink", [](const Tensor& x) { return nn::tanhshrink(x); }},
      {"softsign", [](const Tensor& x) { return nn::softsign(x); }},
      {"log_sigmoid", [](const Tensor& x) { return nn::log_sigmoid(x); }},
  };
  return list;
}

/// The gradient at each of some points, recorded; the numeric one has to be the same.
std::vector<double> slopes(const Activation& f, std::initializer_list<double> points) {
  Recording r;
  const Tensor x = r.variable(tensor(points), "x");
  const Tensor y = sum(f(x));
  const std::vector<double> numeric = backward(y)[x].to_vector();
  BOOST_TEST(gradient(y, x).to_vector() == numeric, boost::test_tools::per_element());
  return numeric;
}
std::vector<double> list(std::initializer_list<double> values) { return values; }

BOOST_AUTO_TEST_SUITE(activations)

BOOST_AUTO_TEST_CASE(agree_with_pytorch) {
  for (const auto& [name, f] : all()) check_case("activations", name, [&](const Case& c) { return f(c["x"]); });
}

BOOST_AUTO_TEST_CASE(agree_with_pytorch_for_other_options) {
  const auto check = [](const char* name, const std::function<Tensor(const Tensor&, const Case&)>& f) {
    check_case("activations", name, [&](const Case& c) { return f(c["x"], c); });
  };
  check("leaky_relu_slope", [](const Tensor& x, const Case& c) { return nn::leaky_relu(x, c.number("slope")); });
  check("rrelu", [](const Tensor& x, const Case& c) { return nn::rrelu(x, c.number("lower"), c.number("upper")); });
  check("elu_alpha", [](const Tensor& x, const Case& c) { return nn::elu(x, c.number("alpha")); });
  check("celu_alpha", [](const Tensor& x, const Case& c) { return nn::celu(x, c.number("alpha")); });
  check("hardtanh_bounds",
        [](const Tensor& x, const Case& c) { return nn::hardtanh(x, c.number("low"), c.number("high")); });
  check("softplus_beta",
        [](const Tensor& x, const Case& c) { return nn::softplus(x, c.number("beta"), c.number("threshold")); });
  check("softshrink_bound", [](const Tensor& x, const Case& c) { return nn::softshrink(x, c.number("bound")); });
  check("hardshrink_bound", [](const Tensor& x, const Case& c) { return nn::hardshrink(x, c.number("bound")); });
  check("threshold",
        [](const Tensor& x, const Case& c) { return nn::threshold(x, c.number("threshold"), c.number("value")); });
  check("prelu_one", [](const Tensor& x, const Case& c) { return nn::prelu(x, c["weight"]); });
  check("prelu_channels", [](const Tensor& x, const Case& c) { return nn::prelu(x, c["weight"]); });
  check("glu", [](const Tensor& x, const Case&) { return nn::glu(x); });
  check("glu_axis", [](const Tensor& x, const Case& c) { return nn::glu(x, c.integer("axis")); });
  for (const char* name : {"softmax", "softmax_axis"})
    check(name, [](const Tensor& x, const Case& c) { return nn::softmax(x, {c.integer("axis")}); });
  for (const char* name : {"log_softmax", "log_softmax_axis"})
    check(name, [](const Tensor& x, const Case& c) { return nn::log_softmax(x, {c.integer("axis")}); });
  for (const char* name : {"softmin", "softmin_axis"})
    check(name, [](const Tensor& x, const Case& c) { return nn::softmin(x, c.integer("axis")); });
}

BOOST_AUTO_TEST_CASE(every_reference_is_used) {
  std::set<std::string> used{"leaky_relu_slope", "rrelu",         "elu_alpha",        "celu_alpha",
                             "hardtanh_bounds",  "softplus_beta", "softshrink_bound", "hardshrink_bound",
                             "threshold",        "prelu_one",     "prelu_channels",   "glu",
                             "glu_axis",         "softmax",       "softmax_axis",     "log_softmax",
                             "log_softmax_axis", "softmin",       "softmin_axis"};
  for (const auto& [name, f] : all()) used.insert(name);
  for (const std::string& name : reference::names("activations")) BOOST_TEST(used.contains(name), name);
}

BOOST_AUTO_TEST_CASE(derivatives_at_kinks) {
  const auto all_of = boost::test_tools::per_element();
  BOOST_TEST(slopes([](const Tensor& x) { return nn::relu(x); }, {-0.0, 0.0}) == list({0, 0}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::leaky_relu(x, 0.1); }, {-0.0, 0.0}) == list({0.1, 0.1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::relu6(x); }, {0, 6, 5.5, 6.5}) == list({0, 0, 1, 0}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::hardtanh(x); }, {-1, 1, 0}) == list({0, 0, 1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::hardsigmoid(x); }, {-3, 3}) == list({0, 0}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::hardswish(x); }, {-3, 3}) == list({-0.5, 1.5}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::threshold(x, 0.5, 7.0); }, {0.5, 0.6}) == list({0, 1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::softshrink(x); }, {-0.5, 0.5, 0.6}) == list({0, 0, 1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::hardshrink(x); }, {-0.5, 0.5, 0.6}) == list({0, 0, 1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::elu(x, 0.25); }, {0}) == list({0.25}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::celu(x, 0.25); }, {0}) == list({1}), all_of);
  BOOST_TEST(slopes([](const Tensor& x) { return nn::softsign(x); }, {0}) == list({1}), all_of);
}

BOOST_AUTO_TEST_CASE(large_numbers_give_no_nan) {
  for (const auto& [name, f] : all())
    for (const double far : {1e3, 1e5, 1e30, 1e200}) {
      Recording r({.stop_at_nan = true});
      const Tensor x = r.variable(tensor({-far, far}), "x");
      const Tensor y = f(x), s = sum(y);
      const Tensor g = gradient(s, x);
      for (const double value : g.to_vector()) BOOST_TEST(std::isfinite(value), name << " at ±" << far);
      for (const double value : hvp(s, std::span(&x, 1), std::vector{tensor({1.0, 1.0})})[0].to_vector())
        BOOST_TEST(std::isfinite(value), name << " at ±" << far);
    }
}

BOOST_AUTO_TEST_CASE(nan_stays_nan) {
  for (const auto& [name, f] : all()) BOOST_TEST(std::isnan(f(tensor({nan})).item()), name);
  BOOST_TEST(std::isnan(nn::threshold(tensor({nan}), 0.0, 1.0).item()));
}

BOOST_AUTO_TEST_CASE(tails_keep_their_digits) {
  // x·Φ(x) at -10 is -10 · 7.6198530241605e-24 (50-digit value rounded).
  BOOST_TEST(nn::gelu(tensor({-10.0})).item() == -7.619853024160526e-23, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(nn::silu(tensor({-100.0})).item() == -100.0 * std::exp(-100.0), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(nn::softplus(tensor({-100.0}), 2.0).item() == std::exp(-200.0) / 2, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(softmax_does_not_know_a_shift) {
  const Tensor x = tensor({0.5, -1.0, 2.0, 3.0}, Shape{2, 2});
  for (const double shift : {1e3, -1e6})
    for (std::size_t k = 0; k < 4; ++k) {
      BOOST_TEST(nn::softmax(x + shift).to_vector()[k] == nn::softmax(x).to_vector()[k],
                 boost::test_tools::tolerance(1e-9));
      BOOST_TEST(nn::softmin(-x).to_vector()[k] == nn::softmax(x).to_vector()[k]);
    }
}

BOOST_AUTO_TEST_CASE(layers_are_the_functions_of_the_same_name) {
  const Tensor x = tensor({-3.5, -0.25, 0.75, 8.0}, Shape{2, 2});
  const auto same = [&](const char* name, const auto& layer, const Tensor& expected) {
    BOOST_TEST(layer(x).to_vector() == expected.to_vector(), boost::test_tools::per_element());
    BOOST_TEST(nn::parameter_count(layer) == 0);
    // In a scope of its name.
    Recording r;
    const Tensor y = layer(r.variable(x));
    const graph::Graph g = expand(r, {y}).graph;
    BOOST_TEST(g.scope_record(g.scope(g.outputs()[0])).name == name);
  };
  same("ReLU", nn::ReLU{}, nn::relu(x));
  same("ReLU6", nn::ReLU6{}, nn::relu6(x));
  same("LeakyReLU", nn::LeakyReLU{.slope = 0.2}, nn::leaky_relu(x, 0.2));
  same("RReLU", nn::RReLU{.lower = 0.1, .upper = 0.3}, nn::rrelu(x, 0.1, 0.3));
  same("ELU", nn::ELU{.alpha = 0.5}, nn::elu(x, 0.5));
  same("SELU", nn::SELU{}, nn::selu(x));
  same("CELU", nn::CELU{.alpha = 0.5}, nn::celu(x, 0.5));
  same("GELU", nn::GELU{.approximation = Gelu::tanh}, nn::gelu(x, Gelu::tanh));
  same("SiLU", nn::SiLU{}, nn::silu(x));
  same("Mish", nn::Mish{}, nn::mish(x));
  same("Sigmoid", nn::Sigmoid{}, nn::sigmoid(x));
  same("Tanh", nn::Tanh{}, nn::tanh(x));
  same("Hardsigmoid", nn::Hardsigmoid{}, nn::hardsigmoid(x));
  same("Hardswish", nn::Hardswish{}, nn::hardswish(x));
  same("Hardtanh", nn::Hardtanh{.low = -2, .high = 3}, nn::hardtanh(x, -2, 3));
  same("Softplus", nn::Softplus{.beta = 2}, nn::softplus(x, 2));
  same("Softshrink", nn::Softshrink{.bound = 0.3}, nn::softshrink(x, 0.3));
  same("Hardshrink", nn::Hardshrink{.bound = 0.3}, nn::hardshrink(x, 0.3));
  same("Tanhshrink", nn::Tanhshrink{}, nn::tanhshrink(x));
  same("Softsign", nn::Softsign{}, nn::softsign(x));
  same("Threshold", nn::Threshold{.threshold = 0.5, .value = -1}, nn::threshold(x, 0.5, -1));
  same("LogSigmoid", nn::LogSigmoid{}, nn::log_sigmoid(x));
  same("GLU", nn::GLU{.axis = 0}, nn::glu(x, 0));
  same("Softmax", nn::Softmax{.axis = 0}, nn::softmax(x, {0}));
  same("LogSoftmax", nn::LogSoftmax{.axis = 0}, nn::log_softmax(x, {0}));
  same("Softmin", nn::Softmin{.axis = 0}, nn::softmin(x, 0));
  const nn::PReLU prelu(2, 0.125, Dtype::f64);
  BOOST_TEST(nn::parameter_count(prelu) == 2);
  BOOST_TEST(nn::state(prelu).front().name == "weight");
  BOOST_TEST(prelu(x).to_vector() == nn::leaky_relu(x, 0.125).to_vector(), boost::test_tools::per_element());
  BOOST_CHECK_THROW(nn::PReLU(0), ArgumentError);
}

BOOST_AUTO_TEST_CASE(wrong_operands_are_errors_with_the_line) {
  const auto says = [](const std::string& text) {
    return [text](const Error& error) {
      const std::string message = error.what();
      BOOST_TEST_INFO(message);
      return message.find(text) != std::string::npos && message.find("activations.cpp:") != std::string::npos;
    };
  };
  const Tensor integers = tensor(std::vector<std::int64_t>{1, 2}, Shape{2});
  BOOST_CHECK_EXCEPTION((void)nn::silu(integers), DtypeError, says("silu: x has i64[2]; expected f32 or f64"));
  BOOST_CHECK_EXCEPTION((void)nn::glu(zeros(Shape{2, 3})), ShapeError,
                        says("glu: x has f64[2,3]; expected an even extent along axis -1"));
  BOOST_CHECK_EXCEPTION((void)nn::glu(zeros(Shape{2}), 1), ShapeError, says("glu: no axis 1 in f64[2]"));
  BOOST_CHECK_EXCEPTION((void)nn::prelu(zeros(Shape{2, 3}), zeros(Shape{2})), ShapeError,
                        says("prelu: weight has f64[2]; expected shape [3]"));
  BOOST_CHECK_EXCEPTION((void)nn::prelu(zeros(Shape{2, 3}), zeros(Shape{3}, Dtype::f32)), DtypeError,
                        says("prelu: weight has f32[3]; expected f64"));
  BOOST_CHECK_EXCEPTION((void)nn::hardtanh(zeros(Shape{1}), 2, 2), ArgumentError,
                        says("hardtanh: low is 2; expected less than high"));
  BOOST_CHECK_EXCEPTION((void)nn::softplus(zeros(Shape{1}), 0.0), ArgumentError,
                        says("softplus: beta is 0; expected above 0"));
  BOOST_CHECK_EXCEPTION((void)nn::celu(zeros(Shape{1}), 0.0), ArgumentError, says("celu: alpha is 0"));
  BOOST_CHECK_EXCEPTION((void)nn::softshrink(zeros(Shape{1}), -1.0), ArgumentError, says("softshrink: bound is -1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
