// What holds of losses besides: identities, kinks, numbers of any size, nothing to average, wrong operands.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/functions/activations.hpp"
#include "wengert/nn/functions/ctc.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/nn/loss.hpp"

namespace {

using namespace wengert;
using nn::Reduction;

constexpr double infinity = std::numeric_limits<double>::infinity();
const auto close = boost::test_tools::tolerance(1e-12);
const auto each = boost::test_tools::per_element();

Tensor labels(std::initializer_list<std::int64_t> values) {
  return tensor(std::vector<std::int64_t>(values), Shape{static_cast<std::int64_t>(values.size())});
}
std::vector<double> list(std::initializer_list<double> values) { return values; }

using Loss = std::function<Tensor(const Tensor&)>;

/// Value, gradient and the Hessian times ones.
struct Derivatives {
  double value;
  std::vector<double> gradient, hvp;
};
Derivatives derivatives(const Loss& loss, const Tensor& at) {
  Recording r({.stop_at_nan = true});
  const Tensor x = r.variable(at, "x");
  const Tensor y = loss(x);
  Derivatives d{y.item(), backward(y)[x].to_vector(), {}};
  BOOST_TEST(gradient(y, x).to_vector() == d.gradient, each);
  d.hvp = hvp(y, std::span(&x, 1), std::vector{ones(at.shape(), at.dtype())})[0].to_vector();
  return d;
}
bool all_finite(const Derivatives& d) {
  bool finite = std::isfinite(d.value);
  for (const double x : d.gradient) finite = finite && std::isfinite(x);
  for (const double x : d.hvp) finite = finite && std::isfinite(x);
  return finite;
}

const auto says = [](const std::string& text) {
  return [text](const Error& error) {
    const std::string message = error.what();
    const bool right = message.find(text) != std::string::npos && message.find("properties.cpp:") != std::string::npos;
    if (!right) BOOST_TEST_MESSAGE(message);
    return right;
  };
};

BOOST_AUTO_TEST_SUITE(losses)

BOOST_AUTO_TEST_CASE(cross_entropy_is_nll_of_log_softmax_and_that_of_one_hot_probabilities) {
  const Tensor z = tensor({1, -2, 0.5, 3, 0, -1}, Shape{2, 3});
  const Tensor y = labels({2, 0}), one_hot = tensor({0, 0, 1, 1, 0, 0}, Shape{2, 3});
  const double expected = nn::cross_entropy(z, y).item();
  BOOST_TEST(nn::nll_loss(log_softmax(z), y).item() == expected);
  BOOST_TEST(nn::cross_entropy(z, one_hot).item() == expected, close);
  BOOST_TEST(nn::kl_divergence(log_softmax(z), one_hot, {.reduction = Reduction::batch_mean}).item() == expected,
             close);
  // Smoothed labels are smoothed probabilities.
  BOOST_TEST(
      nn::cross_entropy(z, y, {.smoothing = 0.3}).item() == nn::cross_entropy(z, one_hot, {.smoothing = 0.3}).item(),
      close);
}

BOOST_AUTO_TEST_CASE(cross_entropy_does_not_know_a_shift) {
  const Tensor z = tensor({1, -2, 0.5, 3, 0, -1}, Shape{2, 3});
  const Tensor y = labels({2, 0});
  BOOST_TEST(nn::cross_entropy(z + 1e4, y).item() == nn::cross_entropy(z, y).item(),
             boost::test_tools::tolerance(1e-9));
  const Derivatives d = derivatives([&](const Tensor& x) { return nn::cross_entropy(x, y); }, z);
  // So its gradient sums to 0 in each row, and its Hessian times ones is 0.
  BOOST_TEST(std::abs(d.gradient[0] + d.gradient[1] + d.gradient[2]) < 1e-15);
  for (const double x : d.hvp) BOOST_TEST(std::abs(x) < 1e-15);
}

BOOST_AUTO_TEST_CASE(with_two_classes_it_is_binary_cross_entropy) {
  const Tensor z = tensor({1.5, -3.0, 0.25}), t = tensor({1, 0, 1});
  const Tensor two = stack({zeros(Shape{3}), z}, 1);
  const double expected = nn::cross_entropy(two, labels({1, 0, 1})).item();
  BOOST_TEST(nn::binary_cross_entropy_with_logits(z, t).item() == expected, close);
  BOOST_TEST(nn::binary_cross_entropy(sigmoid(z), t).item() == expected, close);
  // For ±1 it is the soft margin.
  BOOST_TEST(nn::soft_margin(z, 2.0 * t - 1.0).item() == expected, close);
}

BOOST_AUTO_TEST_CASE(squared_errors_are_those_of_scalars) {
  const Tensor o = tensor({0.5, -1.0, 2.0}), t = tensor({1.0, 1.0, 2.5});
  const std::vector<double> os = o.to_vector(), ts = t.to_vector();
  BOOST_TEST(nn::half_squared_error(o, t).item() == nn::half_squared_error(os, ts), close);
  BOOST_TEST(nn::mean_squared_error(o, t).item() == nn::mean_squared_error(os, ts), close);
  // The lecture's ½ cancels the 2 of the derivative.
  const Derivatives d = derivatives([&](const Tensor& x) { return nn::half_squared_error(x, t); }, o);
  BOOST_TEST(d.gradient == list({-0.5, -2.0, -0.5}), each);
}

BOOST_AUTO_TEST_CASE(huge_logits_stay_finite_and_exact) {
  const Tensor t = tensor({1, 0, 1, 0, 0.5});
  for (const double far : {1e3, 1e5, 1e300}) {
    const Tensor z = tensor({far, far, -far, -far, far});
    const auto d = derivatives(
        [&](const Tensor& x) { return nn::binary_cross_entropy_with_logits(x, t, {.reduction = Reduction::sum}); }, z);
    BOOST_TEST(d.gradient == list({0, 1, -1, 0, 0.5}), each);
    BOOST_TEST(all_finite(d));
    BOOST_TEST(all_finite(derivatives(
        [&](const Tensor& x) {
          return nn::cross_entropy(reshape(x, Shape{1, 5}), labels({3}), {.smoothing = 0.1});
        },
        z / 16.0)));
    BOOST_TEST(all_finite(derivatives([&](const Tensor& x) { return nn::soft_margin(x, 2.0 * t - 1.0); }, z)));
  }
  // Small losses keep their digits, at both ends.
  for (const double side : {1.0, 0.0}) {
    const double z = side == 1.0 ? 40.0 : -40.0;
    BOOST_TEST(nn::binary_cross_entropy_with_logits(tensor({z}), tensor({side})).item() == std::exp(-40.0), close);
    BOOST_TEST(
        nn::cross_entropy(tensor({0.0, 40.0}), tensor(std::vector<std::int64_t>{1}, Shape{})).item() == std::exp(-40.0),
        close);
  }
  // A zero logit is no kink.
  const auto d = derivatives([](const Tensor& x) { return nn::binary_cross_entropy_with_logits(x, tensor({1.0})); },
                             tensor({0.0}));
  BOOST_TEST(d.gradient == list({-0.5}), each);
  BOOST_TEST(d.hvp == list({0.25}), each);
}

BOOST_AUTO_TEST_CASE(zero_probabilities) {
  const Tensor t = tensor({0, 1, 1, 0});
  const auto d =
      derivatives([&](const Tensor& p) { return nn::binary_cross_entropy(p, t, {.reduction = Reduction::sum}); },
                  tensor({0, 1, 0, 1}));
  BOOST_TEST(d.value == 200.0);  // two right, two at the bound
  BOOST_TEST(d.gradient == list({1, -1, 0, 0}), each);
  BOOST_TEST(all_finite(d));
  BOOST_CHECK_EXCEPTION((void)nn::binary_cross_entropy(tensor({0.5, 1.5}), tensor({0, 1})), DomainError,
                        says("binary_cross_entropy: probabilities has 1.500000 at position 1"));

  // Probabilities of 0 cost nothing, whatever stands beside them.
  const Tensor p = tensor({0, 1, 0.5, 0.5}, Shape{2, 2});
  const Tensor z = tensor({-infinity, 2, 1, 1}, Shape{2, 2});
  const auto ce = derivatives([&](const Tensor& x) { return nn::cross_entropy(x, p); }, z);
  BOOST_TEST(ce.value == std::log(2.0) / 2, close);
  BOOST_TEST(all_finite(ce));
  const auto kl = derivatives([&](const Tensor& x) { return nn::kl_divergence(x, p, {.reduction = Reduction::sum}); },
                              log_softmax(z));
  BOOST_TEST(std::abs(kl.value) < 1e-15);
  BOOST_TEST(all_finite(kl));
}

BOOST_AUTO_TEST_CASE(ignored_samples_pass_nothing) {
  const Tensor y = labels({1, -100, 0});
  const Tensor z = tensor({1, 2, 3, -infinity, -infinity, -infinity, 4, 5, 6}, Shape{3, 3});
  for (const double smoothing : {0.0, 0.25}) {
    const Loss loss = [&](const Tensor& x) { return nn::cross_entropy(x, y, {.smoothing = smoothing}); };
    const auto d = derivatives(loss, z);
    BOOST_TEST(all_finite(d));
    for (std::size_t k = 3; k < 6; ++k) BOOST_TEST(d.gradient[k] == 0.0);
    // The mean does not count them.
    const Tensor others = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3});
    BOOST_TEST(d.value == nn::cross_entropy(others, labels({1, 0}), {.smoothing = smoothing}).item(), close);
  }
  BOOST_TEST(nn::cross_entropy(z, y, {.reduction = Reduction::none}).to_vector()[1] == 0.0);
  BOOST_TEST(nn::multi_margin(tensor({1, 2, 9, 9}, Shape{2, 2}), labels({0, -100})).item() ==
             nn::multi_margin(tensor({1, 2}, Shape{1, 2}), labels({0})).item());
  // Labels may be recorded; then they are looked at by the recording.
  Recording r;
  const Tensor recorded = r.variable(y, "labels");
  BOOST_TEST(nn::cross_entropy(r.variable(z), recorded).item() == nn::cross_entropy(z, y).item());
}

BOOST_AUTO_TEST_CASE(means_of_nothing_are_nan_and_sums_zero) {
  const Tensor none = zeros(Shape{0, 3});
  BOOST_TEST(std::isnan(nn::mean_squared_error(none, none).item()));
  BOOST_TEST(nn::mean_squared_error(none, none, Reduction::sum).item() == 0.0);
  BOOST_TEST(std::isnan(nn::cross_entropy(none, labels({})).item()));
  BOOST_TEST(nn::cross_entropy(none, labels({}), {.reduction = Reduction::sum}).item() == 0.0);
  BOOST_TEST(nn::cross_entropy(none, labels({}), {.reduction = Reduction::none}).shape() == Shape{0});
  const Tensor z = zeros(Shape{2, 3});
  BOOST_TEST(std::isnan(nn::cross_entropy(z, labels({-100, -100})).item()));
  BOOST_TEST(nn::cross_entropy(z, labels({-100, -100}), {.reduction = Reduction::sum}).item() == 0.0);
}

BOOST_AUTO_TEST_CASE(derivatives_at_kinks) {
  const Tensor zero = tensor({0.0}), one = tensor({1.0});
  const auto slope = [&](const Loss& loss, double at) { return derivatives(loss, tensor({at})).gradient[0]; };
  const auto bend = [&](const Loss& loss, double at) { return derivatives(loss, tensor({at})).hvp[0]; };
  BOOST_TEST(slope([&](const Tensor& x) { return nn::mean_absolute_error(x, zero); }, 0.0) == 0.0);
  const Loss huber = [&](const Tensor& x) { return nn::huber(x, zero, 0.5); };
  for (const auto& [at, first, second] : {std::tuple{0.0, 0.0, 1.0},
                                          {0.25, 0.25, 1.0},
                                          {0.5, 0.5, 1.0},
                                          {-0.5, -0.5, 1.0},
                                          {2.0, 0.5, 0.0},
                                          {-2.0, -0.5, 0.0}}) {
    BOOST_TEST(slope(huber, at) == first);
    BOOST_TEST(bend(huber, at) == second);
  }
  BOOST_TEST(slope([&](const Tensor& x) { return nn::smooth_l1(x, zero, 0.0); }, 0.0) == 0.0);
  BOOST_TEST(slope([&](const Tensor& x) { return nn::hinge(x, one); }, 1.0) == 0.0);
  BOOST_TEST(slope([&](const Tensor& x) { return nn::hinge_embedding(x, -one); }, 1.0) == 0.0);
  BOOST_TEST(slope([&](const Tensor& x) { return nn::margin_ranking(x, zero, one); }, 0.0) == 0.0);
  BOOST_TEST(slope([&](const Tensor& v) { return nn::gaussian_nll(zero, zero, v); }, 0.0) == 0.0);
  const auto similarity = derivatives(
      [](const Tensor& x) {
        return nn::cosine_similarity(x, tensor({1.0, 2.0}));
      },
      tensor({0.0, 0.0}));
  BOOST_TEST(similarity.value == 0.0);
  BOOST_TEST(all_finite(similarity));
  const auto triplet = derivatives(
      [](const Tensor& x) {
        return nn::triplet_margin(x, tensor({0.0, 0.0}), tensor({3.0, 4.0}), 6.0);
      },
      tensor({0.0, 0.0}));
  BOOST_TEST(triplet.value == 1.0);
  BOOST_TEST(all_finite(triplet));
}

BOOST_AUTO_TEST_CASE(weights_have_derivatives) {
  Recording r;
  const Tensor z = r.variable(tensor({1, -2, 0.5, 3, 0, -1}, Shape{2, 3}));
  const Tensor w = r.variable(tensor({0.5, 1.0, 2.0}));
  const Tensor losses = nn::cross_entropy(z, labels({2, 0}), {.reduction = Reduction::none});
  const Tensor loss = nn::cross_entropy(z, labels({2, 0}), {.weights = w});
  const double a = losses.to_vector()[0], b = losses.to_vector()[1];
  BOOST_TEST(loss.item() == (2.0 * a + 0.5 * b) / 2.5, close);
  const std::vector<double> g = backward(loss)[w].to_vector();
  BOOST_TEST(g[0] == (b - loss.item()) / 2.5, close);
  BOOST_TEST(g[1] == 0.0);
  BOOST_TEST(g[2] == (a - loss.item()) / 2.5, close);
}

BOOST_AUTO_TEST_CASE(ctc_of_what_cannot_be_and_of_what_is_certain) {
  const auto whole = [](std::vector<std::int64_t> values, const Shape& shape) { return tensor(values, shape); };
  // Three labels in two steps cannot be; two alike need a blank between them.
  const Tensor steps = whole({2, 2}, Shape{2}), lengths = whole({3, 2}, Shape{2});
  const Tensor targets = whole({1, 2, 1, 1, 1, 0}, Shape{2, 3});
  const Tensor x = log_softmax(tensor({1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1}, Shape{2, 2, 3}));
  BOOST_TEST(nn::ctc_loss(x, targets, steps, lengths).item() == infinity);
  const auto d = derivatives(
      [&](const Tensor& p) { return nn::ctc_loss(p, targets, steps, lengths, {.zero_infinity = true}); }, x);
  BOOST_TEST(d.value == 0.0);
  for (const double g : d.gradient) BOOST_TEST(g == 0.0);
  for (const double h : d.hvp) BOOST_TEST(h == 0.0);
  // All ways together are certain: the probabilities of all targets of two steps and two labels sum to 1.
  double total = 0.0;
  const Tensor p = log_softmax(tensor({1, 2, 3, 4, 5, 7}, Shape{2, 1, 3}));
  for (const auto& target : std::vector<std::vector<std::int64_t>>{{}, {1}, {2}, {1, 2}, {2, 1}}) {
    std::vector<std::int64_t> padded = target;
    padded.resize(2);
    const auto length = static_cast<std::int64_t>(target.size());
    total += std::exp(-nn::ctc_loss(p, whole(padded, Shape{1, 2}), whole({2}, Shape{1}), whole({length}, Shape{1}),
                                    {.reduction = Reduction::sum})
                           .item());
  }
  BOOST_TEST(total == 1.0, close);
  BOOST_CHECK_EXCEPTION((void)nn::ctc_loss(x, targets, steps, whole({3, 4}, Shape{2})), DomainError,
                        says("ctc_loss: target_lengths has 4 at position 1; expected 0 to 3"));
  BOOST_CHECK_EXCEPTION((void)nn::ctc_loss(x, whole({1, 3, 1, 1}, Shape{2, 2}), steps, steps), DomainError,
                        says("ctc_loss: targets has 3 at position 1; expected 0 to 2"));
  BOOST_CHECK_EXCEPTION((void)nn::ctc_loss(x, targets, steps, lengths, {.blank = 3}), ArgumentError,
                        says("ctc_loss: blank is 3; expected a class"));
}

BOOST_AUTO_TEST_CASE(wrong_operands_are_errors_with_the_line) {
  const Tensor three = zeros(Shape{3}), column = zeros(Shape{3, 1}), z = zeros(Shape{2, 3});
  BOOST_CHECK_EXCEPTION((void)nn::mean_squared_error(three, column), ShapeError,
                        says("mean_squared_error: targets has f64[3,1]; expected shape [3]"));
  BOOST_CHECK_EXCEPTION((void)nn::huber(three, zeros(Shape{3}, Dtype::f32)), DtypeError,
                        says("huber: targets has f32[3]; expected f64"));
  BOOST_CHECK_EXCEPTION((void)nn::huber(three, three, 0.0), ArgumentError, says("huber: delta is 0; expected above 0"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, labels({0, 3})), DomainError,
                        says("cross_entropy: label 3 at position 1; expected 0 to 2, or -100 for one that is ignored"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, labels({-1, 0})), DomainError, says("label -1 at position 0"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, labels({0, 1, 2})), ShapeError,
                        says("cross_entropy: labels has i64[3]; expected shape [2]"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, convert(labels({0, 1}), Dtype::i32)), DtypeError,
                        says("cross_entropy: labels has i32[2]; expected i64"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, labels({0, 1}), {.weights = zeros(Shape{2})}), ShapeError,
                        says("cross_entropy: weights has f64[2]; expected shape [3]"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(z, labels({0, 1}), {.smoothing = 1.5}), ArgumentError,
                        says("cross_entropy: smoothing is 1.5"));
  BOOST_CHECK_EXCEPTION((void)nn::cross_entropy(zeros(Shape{}), labels({})), ShapeError, says("cross_entropy:"));
  BOOST_CHECK_EXCEPTION((void)nn::nll_loss(z, labels({0, 1}), {.smoothing = 0.5}), ArgumentError, says("nll_loss:"));
  BOOST_CHECK_EXCEPTION((void)nn::multi_margin(z, labels({0, 1}), 3), ArgumentError, says("multi_margin: power is 3"));
  BOOST_CHECK_EXCEPTION((void)nn::binary_cross_entropy_with_logits(three, three, {.weights = zeros(Shape{2, 3})}),
                        ShapeError, says("weights has f64[2,3]; expected a shape that is broadcast to [3]"));
  BOOST_CHECK_EXCEPTION((void)nn::binary_cross_entropy(three, three, {.pos_weights = three}), ArgumentError,
                        says("binary_cross_entropy: pos_weights are given"));
  BOOST_CHECK_EXCEPTION((void)nn::gaussian_nll(three, three, three - 1.0), DomainError,
                        says("gaussian_nll: variance has -1.000000 at position 0"));
  BOOST_CHECK_EXCEPTION((void)nn::cosine_embedding(z, z, three), ShapeError, says("targets has f64[3]"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
