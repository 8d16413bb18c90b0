// Dropout: statistics, reproducibility, derivatives. Embedding against PyTorch's values.

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/layers/dropout.hpp"
#include "wengert/nn/layers/embedding.hpp"
#include "wengert/tests/nn/layers/filled.hpp"

namespace {

using namespace wengert;
using reference::Case;
using reference::check_case;
using test::filled;
using test::says;

nn::Pass training(std::uint64_t seed) { return nn::Pass::training(nn::Random(seed)); }

BOOST_AUTO_TEST_SUITE(dropout)

BOOST_AUTO_TEST_CASE(the_share_of_zeros_and_the_mean_are_as_asked) {
  const std::int64_t n = 100000;
  for (const double p : {0.1, 0.5, 0.9}) {
    nn::Pass pass = training(7);
    const Tensor y = nn::Dropout(p)(ones(Shape{n}, Dtype::f64), pass);
    std::int64_t out = 0;
    for (const double v : y.to_vector()) {
      if (v == 0.0)
        ++out;
      else
        BOOST_REQUIRE_CLOSE(v, 1 / (1 - p), 1e-12);
    }
    const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(n));
    BOOST_CHECK_SMALL(static_cast<double>(out) / static_cast<double>(n) - p, 4 * deviation);
    BOOST_CHECK_SMALL(mean(y).item() - 1, 4 * deviation / (1 - p));
  }
}

BOOST_AUTO_TEST_CASE(the_same_state_gives_the_same_mask_and_the_next_call_another) {
  const Tensor x = ones(Shape{1000}, Dtype::f32);
  const nn::Dropout layer(0.5);
  nn::Pass a = training(3), b = training(3), c = training(4);
  const Tensor first = layer(x, a);
  BOOST_TEST((first.value() == layer(x, b).value()));
  BOOST_TEST(!(first.value() == layer(x, a).value()));
  BOOST_TEST(!(first.value() == layer(x, c).value()));
}

BOOST_AUTO_TEST_CASE(an_evaluation_is_the_identity) {
  const Tensor x = tensor({1, 2, 3}), row = reshape(x, Shape{1, 3});
  nn::Pass pass = nn::Pass::evaluation();
  BOOST_TEST((nn::Dropout(0.5)(x).value() == x.value()));
  BOOST_TEST((nn::Dropout(0.5)(x, pass).value() == x.value()));
  BOOST_TEST((nn::Dropout2d(0.5)(row, pass).value() == row.value()));
  BOOST_TEST((nn::AlphaDropout(0.5)(x, pass).value() == x.value()));
}

BOOST_AUTO_TEST_CASE(the_derivative_is_the_mask) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{50}));
  nn::Pass pass = training(9);
  const Tensor y = nn::Dropout(0.25)(x, pass);
  BOOST_TEST((backward(sum(y))[x].value().dense() == y.value().dense()));
}

BOOST_AUTO_TEST_CASE(probabilities_at_the_ends_leave_all_or_nothing) {
  const Tensor x = tensor({1, 2, 3});
  nn::Pass pass = training(1);
  BOOST_TEST((nn::Dropout(0)(x, pass).value() == x.value()));
  BOOST_TEST(amax(nn::Dropout(1)(x, pass)).item() == 0.0);
  BOOST_TEST(amax(nn::AlphaDropout(1)(x, pass)).item() == 0.0);
  for (const double p : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    BOOST_CHECK_EXCEPTION((void)nn::Dropout(p), ArgumentError, says("Dropout: the probability is"));
}

BOOST_AUTO_TEST_CASE(channels_are_left_out_as_a_whole) {
  nn::Pass pass = training(5);
  const Tensor y = nn::Dropout2d(0.5)(ones(Shape{8, 16, 3, 3}, Dtype::f32), pass);
  int out = 0;
  const std::vector<double> values = y.to_vector();
  for (std::size_t channel = 0; channel < 8 * 16; ++channel) {
    const double first = values[channel * 9];
    BOOST_TEST((first == 0.0 || first == 2.0));
    for (std::size_t k = 1; k < 9; ++k) BOOST_TEST(values[channel * 9 + k] == first);
    if (first == 0.0) ++out;
  }
  BOOST_TEST(out > 40);
  BOOST_TEST(out < 88);
  BOOST_CHECK_EXCEPTION((void)nn::Dropout2d(0.5)(ones(Shape{3}), pass), ShapeError, says("[batch,channels,…]"));
}

BOOST_AUTO_TEST_CASE(alpha_dropout_keeps_mean_and_variance) {
  nn::Random random(2);
  const Tensor x = random.normal(Shape{100000}, 0, 1, Dtype::f64);
  nn::Pass pass = training(6);
  const Tensor y = nn::AlphaDropout(0.2)(x, pass);
  BOOST_CHECK_SMALL(mean(y).item(), 0.015);
  BOOST_CHECK_SMALL(variance(y).item() - 1, 0.02);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(embedding)

BOOST_AUTO_TEST_CASE(it_is_pytorchs) {
  nn::Random random(1);
  check_case("layers", "embedding",
             [&](const Case& c) { return sin(filled(nn::Embedding(5, 3, random), c)(c.data("index"))); });
  check_case("layers", "embedding_padding", [&](const Case& c) {
    return sin(filled(nn::Embedding(4, 3, random, {.padding = 1}), c)(c.data("index")));
  });
}

BOOST_AUTO_TEST_CASE(the_row_of_the_padding_begins_as_zeros) {
  nn::Random random(1);
  const nn::Embedding layer(3, 2, random, {.padding = 1, .dtype = Dtype::f64});
  const std::vector<double> w = layer.weight.to_vector();
  BOOST_TEST(w[0] != 0.0);
  BOOST_TEST(w[2] == 0.0);
  BOOST_TEST(w[3] == 0.0);
  BOOST_TEST(w[5] != 0.0);
}

BOOST_AUTO_TEST_CASE(positions_may_be_of_either_whole_type_and_any_shape) {
  nn::Random random(1);
  const nn::Embedding layer(5, 3, random);
  const Tensor index(Array::from(std::vector<std::int32_t>{4}, Shape{}));
  BOOST_TEST((layer(index).shape() == Shape{3}));
  BOOST_TEST((layer(tensor(std::vector<std::int64_t>{}, Shape{0, 2})).shape() == Shape{0, 2, 3}));
  BOOST_TEST((layer(full(Shape{2, 2}, 3, Dtype::i64)).shape() == Shape{2, 2, 3}));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_refused) {
  nn::Random random(1);
  const nn::Embedding layer(5, 3, random);
  const auto index = [](std::int64_t k) { return tensor(std::vector<std::int64_t>{0, k}, Shape{2}); };
  BOOST_CHECK_EXCEPTION((void)layer(index(5)), DomainError,
                        says("element 1 of the index is 5; expected a position from 0 to 4 (" __FILE__ ":"));
  BOOST_CHECK_EXCEPTION((void)layer(index(-1)), DomainError, says("element 1 of the index is -1"));
  BOOST_CHECK_EXCEPTION((void)layer(tensor({0.0, 1.0})), DtypeError, says("embedding: the index has f64[2]"));
  BOOST_CHECK_EXCEPTION((void)nn::Embedding(5, 0, random), ArgumentError, says("Embedding"));
  BOOST_CHECK_EXCEPTION((void)nn::Embedding(5, 3, random, {.padding = 5}), ArgumentError, says("the padding is row 5"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
