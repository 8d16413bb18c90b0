// Attention and the layer of a transformer against PyTorch's values, gradients and HVPs; masks, dropout, wrong
// operands.

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/layers/attention.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using nn::AttentionOptions;
using nn::scaled_dot_product_attention;
using reference::Case;

const auto close = boost::test_tools::tolerance(1e-12);
const auto each = boost::test_tools::per_element();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor truths(std::initializer_list<bool> values, const Shape& shape) {
  Array array = Array::zeros({Dtype::boolean, shape});
  std::size_t k = 0;
  const auto elements = array.mutable_data<bool>();
  for (const bool value : values) elements[k++] = value;
  return Tensor(array);
}

const auto says = [](const std::string& text) {
  return [text](const Error& error) {
    const std::string message = error.what();
    const bool right = message.find(text) != std::string::npos && message.find("attention.cpp:") != std::string::npos;
    if (!right) BOOST_TEST_MESSAGE(message);
    return right;
  };
};

BOOST_AUTO_TEST_SUITE(attention)

BOOST_AUTO_TEST_CASE(agrees_with_pytorch) {
  std::set<std::string> used;
  const auto check = [&](const std::string& name, const auto& f) {
    reference::check_case("attention", name, f);
    used.insert(name);
  };
  const auto attend = [&](const std::string& name, const auto& options) {
    check(name, [&](const Case& c) { return scaled_dot_product_attention(c["q"], c["k"], c["v"], options(c)); });
  };
  attend("attention", [](const Case&) { return AttentionOptions{}; });
  attend("attention_batch", [](const Case&) { return AttentionOptions{}; });
  attend("attention_causal", [](const Case&) { return AttentionOptions{.causal = true}; });
  attend("attention_masked", [](const Case& c) { return AttentionOptions{.mask = c.data("mask")}; });
  attend("attention_bias", [](const Case& c) { return AttentionOptions{.mask = c["mask"]}; });
  attend("attention_scale", [](const Case& c) { return AttentionOptions{.scale = c.number("scale")}; });

  nn::Random random(1);
  check("multihead", [&](const Case& c) { return c.filled(nn::MultiheadAttention(4, 2, random))(c["x"]); });
  check("multihead_causal",
        [&](const Case& c) { return c.filled(nn::MultiheadAttention(4, 2, random, {.causal = true}))(c["x"]); });
  check("multihead_cross",
        [&](const Case& c) { return c.filled(nn::MultiheadAttention(4, 2, random)).attend(c["q"], c["k"], c["v"]); });
  check("multihead_padding", [&](const Case& c) {
    return c.filled(nn::MultiheadAttention(4, 2, random, {.bias = false}))(c["x"], {.present = c.data("present")});
  });
  const nn::TransformerOptions options{.feed_forward = 6, .activation = nn::TransformerActivation::gelu};
  check("encoder_post_norm",
        [&](const Case& c) { return c.filled(nn::TransformerEncoderLayer(4, 2, random, options))(c["x"]); });
  check("encoder_pre_norm", [&](const Case& c) {
    nn::TransformerOptions first = options;
    first.norm_first = first.causal = true;
    return c.filled(nn::TransformerEncoderLayer(4, 2, random, first))(c["x"]);
  });
  for (const std::string& name : reference::names("attention")) BOOST_TEST(used.contains(name), name);
}

BOOST_AUTO_TEST_CASE(names_are_pytorchs) {
  nn::Random random(1);
  std::vector<std::string> names, expected;
  for (const nn::NamedTensor& tensor : nn::state(nn::TransformerEncoderLayer(4, 2, random)))
    names.push_back(tensor.name);
  for (const auto& [name, value] : reference::stored("attention", "encoder_post_norm").parts)
    if (name != "x") expected.push_back(name);
  BOOST_TEST(names == expected, each);
  const nn::TransformerEncoder encoder(2, 4, 2, random, {.feed_forward = 6}, true);
  BOOST_TEST(nn::state(encoder)[3].name == "layers.0.self_attn.out_proj.bias");
  BOOST_TEST(nn::state(encoder).back().name == "norm.bias");
}

BOOST_AUTO_TEST_CASE(rows_that_attend_to_nothing_are_zeros_and_pass_nothing) {
  // The second query may attend to nothing, whichever way it is said.
  const Tensor bools = truths({true, false, false, false}, Shape{2, 2});
  const Tensor reals = tensor({0.0, -infinity, -infinity, -infinity}, Shape{2, 2});
  for (const Tensor& mask : {bools, reals}) {
    Recording r({.stop_at_nan = true});
    const Tensor q = r.variable(tensor({1, 2, 3, 4}, Shape{2, 2})),
                 k = r.variable(tensor({0.5, 1, -1, 2}, Shape{2, 2})),
                 v = r.variable(tensor({1, 2, 3, 4}, Shape{2, 2})), w = r.variable(tensor({1, 2, 3, 4}, Shape{2, 2}));
    const Tensor y = scaled_dot_product_attention(matmul(q, w), matmul(k, w), matmul(v, w), {.mask = mask});
    BOOST_TEST(slice_along(y, 0, 1, 2).to_vector() == (std::vector<double>{0, 0}), each);
    const Tensor loss = sum(y * y);
    const std::vector<Tensor> x{q, k, v, w};
    const std::vector<Tensor> g = gradient(loss, x);
    for (const Tensor& of : g)
      for (const double value : of.to_vector()) BOOST_TEST(std::isfinite(value));
    BOOST_TEST(slice_along(g[0], 0, 1, 2).to_vector() == (std::vector<double>{0, 0}), each);
    BOOST_TEST(slice_along(g[2], 0, 1, 2).to_vector() == (std::vector<double>{0, 0}), each);
    std::vector<Tensor> along;
    for (const Tensor& of : x) along.push_back(ones(of.shape()));
    for (const Tensor& h : hvp(loss, std::span(x), std::span(along)))
      for (const double value : h.to_vector()) BOOST_TEST(std::isfinite(value));
  }
  // An item of nothing but padding, in a batch.
  nn::Random random(2);
  const nn::MultiheadAttention layer(4, 2, random, {.dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{2, 3, 4}, 0, 1, Dtype::f64);
  const Tensor present = truths({true, true, true, false, false, false}, Shape{2, 3});
  for (const double value : layer(x, {.present = present}).to_vector()) BOOST_TEST(std::isfinite(value));
  for (const double value : slice_along(layer(x, {.present = present}), 0, 1, 2).to_vector())
    BOOST_TEST(value == 0.0);  // the biases are 0 at first
}

BOOST_AUTO_TEST_CASE(weights_sum_to_one_and_causal_ones_do_not_look_ahead) {
  nn::Random random(3);
  const Tensor q = random.normal(Shape{5, 4}, 0, 1, Dtype::f64), k = random.normal(Shape{5, 4}, 0, 1, Dtype::f64);
  const Tensor weights = nn::attention_weights(q, k, {.causal = true});
  for (const double total : sum(weights, {-1}).to_vector()) BOOST_TEST(total == 1.0, close);
  for (std::int64_t i = 0; i < 5; ++i)
    for (std::int64_t j = 0; j < 5; ++j)
      BOOST_TEST((weights.to_vector()[static_cast<std::size_t>(5 * i + j)] == 0.0) == (j > i));
  // What comes later does not change what was.
  const nn::TransformerEncoder encoder(2, 4, 2, random, {.feed_forward = 8, .causal = true, .dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{1, 5, 4}, 0, 1, Dtype::f64);
  const Tensor changed = concatenate({slice_along(x, 1, 0, 3), random.normal(Shape{1, 2, 4}, 0, 1, Dtype::f64)}, 1);
  const auto early = [&](const Tensor& input) { return slice_along(encoder(input), 1, 0, 3).to_vector(); };
  BOOST_TEST(early(x) == early(changed), each);
}

BOOST_AUTO_TEST_CASE(without_a_batch_it_is_a_batch_of_one) {
  nn::Random random(4);
  const nn::MultiheadAttention layer(4, 2, random, {.dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{3, 4}, 0, 1, Dtype::f64);
  const Tensor y = layer(x);
  BOOST_TEST((y.shape() == Shape{3, 4}));
  BOOST_TEST(y.to_vector() == layer(reshape(x, Shape{1, 3, 4})).to_vector(), each);
  // Three handles of equal elements take the way of three products.
  const Tensor copy = Tensor(x.value());
  const std::vector<double> expected = y.to_vector(), found = layer.attend(x, copy, copy).to_vector();
  for (std::size_t i = 0; i < expected.size(); ++i) BOOST_TEST(found[i] == expected[i], close);
}

BOOST_AUTO_TEST_CASE(dropout_in_training_alone) {
  nn::Random random(5);
  const nn::TransformerEncoderLayer layer(4, 2, random, {.feed_forward = 8, .dropout = 0.5, .dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{2, 3, 4}, 0, 1, Dtype::f64);
  nn::Pass evaluation = nn::Pass::evaluation(), one = nn::Pass::training(nn::Random(7)),
           same = nn::Pass::training(nn::Random(7)), other = nn::Pass::training(nn::Random(8));
  BOOST_TEST(layer(x, evaluation).to_vector() == layer(x).to_vector(), each);
  const std::vector<double> trained = layer(x, one).to_vector();
  BOOST_TEST(trained == layer(x, same).to_vector(), each);
  BOOST_TEST(trained != layer(x, other).to_vector());
  BOOST_TEST(trained != layer(x).to_vector());
}

BOOST_AUTO_TEST_CASE(sinusoidal_positions) {
  const Tensor p = nn::sinusoidal_positions(3, 4, Dtype::f64);
  const std::vector<double> expected{0,
                                     1,
                                     0,
                                     1,
                                     std::sin(1),
                                     std::cos(1),
                                     std::sin(0.01),
                                     std::cos(0.01),
                                     std::sin(2),
                                     std::cos(2),
                                     std::sin(0.02),
                                     std::cos(0.02)};
  for (std::size_t k = 0; k < expected.size(); ++k) BOOST_TEST(p.to_vector()[k] == expected[k], close);
  BOOST_CHECK_EXCEPTION((void)nn::sinusoidal_positions(3, 5), ArgumentError, says("sinusoidal_positions: width is 5"));
}

BOOST_AUTO_TEST_CASE(wrong_operands_are_errors_with_the_line) {
  nn::Random random(6);
  const Tensor q = zeros(Shape{3, 2}), k = zeros(Shape{4, 2}), v = zeros(Shape{4, 5});
  BOOST_CHECK_EXCEPTION((void)scaled_dot_product_attention(q, zeros(Shape{4, 3}), v), ShapeError,
                        says("scaled_dot_product_attention: k has f64[4,3]; expected the width of q, 2"));
  BOOST_CHECK_EXCEPTION((void)scaled_dot_product_attention(q, k, zeros(Shape{3, 5})), ShapeError,
                        says("v has f64[3,5]; expected as many values as keys, 4"));
  BOOST_CHECK_EXCEPTION((void)scaled_dot_product_attention(q, k, v, {.mask = zeros(Shape{4, 4})}), ShapeError,
                        says("mask has f64[4,4]; expected a shape that is broadcast to [3,4]"));
  BOOST_CHECK_EXCEPTION((void)scaled_dot_product_attention(q, k, zeros(Shape{4, 5}, Dtype::f32)), DtypeError,
                        says("v has f32[4,5]; expected f64"));
  BOOST_CHECK_EXCEPTION((void)scaled_dot_product_attention(q, k, v, {.dropout = 2}), ArgumentError,
                        says("dropout is 2; expected a number from 0 to 1"));
  BOOST_CHECK_EXCEPTION(nn::MultiheadAttention(5, 2, random), ArgumentError,
                        says("MultiheadAttention: 2 heads and a width of 5"));
  const nn::MultiheadAttention layer(4, 2, random);
  BOOST_CHECK_EXCEPTION((void)layer(zeros(Shape{3, 5}, Dtype::f32)), ShapeError,
                        says("MultiheadAttention: q has f32[3,5]; expected [batch,length,4] or [length,4]"));
  const Tensor x = zeros(Shape{2, 3, 4}, Dtype::f32);
  BOOST_CHECK_EXCEPTION((void)layer(x, {.present = zeros(Shape{2, 3})}), DtypeError, says("present has f64[2,3]"));
  BOOST_CHECK_EXCEPTION((void)layer(x, {.present = truths({true, true, true}, Shape{3})}), ShapeError,
                        says("present has bool[3]; expected shape [2,3]"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
