// Losses against PyTorch's values, gradients and HVPs.

#include <map>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/functions/ctc.hpp"
#include "wengert/nn/functions/losses.hpp"
#include "wengert/tests/nn/support/references.hpp"

namespace {

using namespace wengert;
using reference::Case;

nn::Reduction reduction(const Case& c) {
  static const std::map<std::string, nn::Reduction> names{{"mean", nn::Reduction::mean},
                                                          {"sum", nn::Reduction::sum},
                                                          {"none", nn::Reduction::none},
                                                          {"batch_mean", nn::Reduction::batch_mean}};
  return names.at(c.text("reduction"));
}

/// Runs every case whose name begins so, and notes it.
class Checks {
 public:
  template <class F>
  void operator()(const std::string& prefix, const F& loss) {
    bool any = false;
    for (const std::string& name : reference::names("losses")) {
      if (name.rfind(prefix, 0) != 0 || used_.contains(name)) continue;
      reference::check_case("losses", name, loss);
      used_.insert(name);
      any = true;
    }
    BOOST_TEST(any, prefix);
  }
  void every_reference_was_used() const {
    for (const std::string& name : reference::names("losses")) BOOST_TEST(used_.contains(name), name);
  }

 private:
  std::set<std::string> used_;
};

const Tensor three_weights = tensor({0.5, 1.25, 2.0});

nn::ClassOptions class_options(const Case& c) {
  nn::ClassOptions options{.reduction = reduction(c)};
  if (c.has("smoothing")) options.smoothing = c.number("smoothing");
  if (c.has("ignore")) options.ignore = c.integer("ignore");
  if (c.has("weights")) options.weights = c.data("weights");
  return options;
}

BOOST_AUTO_TEST_SUITE(losses)

BOOST_AUTO_TEST_CASE(agree_with_pytorch) {
  Checks check;
  const auto of_two = [&](const char* name, const auto& loss) {
    check(name, [&](const Case& c) { return loss(c["o"], c["t"], c); });
  };
  of_two("mean_squared_error",
         [](const Tensor& o, const Tensor& t, const Case& c) { return nn::mean_squared_error(o, t, reduction(c)); });
  of_two("half_squared_error",
         [](const Tensor& o, const Tensor& t, const Case& c) { return nn::half_squared_error(o, t, reduction(c)); });
  of_two("mean_absolute_error",
         [](const Tensor& o, const Tensor& t, const Case& c) { return nn::mean_absolute_error(o, t, reduction(c)); });
  of_two("huber", [](const Tensor& o, const Tensor& t, const Case& c) {
    return nn::huber(o, t, c.number("delta"), reduction(c));
  });
  of_two("smooth_l1", [](const Tensor& o, const Tensor& t, const Case& c) {
    return nn::smooth_l1(o, t, c.number("beta"), reduction(c));
  });
  of_two("poisson_nll",
         [](const Tensor& o, const Tensor& t, const Case& c) { return nn::poisson_nll(o, t, reduction(c)); });
  of_two("gaussian_nll",
         [](const Tensor& o, const Tensor& t, const Case& c) { return nn::gaussian_nll(o, t, c["v"], reduction(c)); });

  const auto binary = [](const Case& c) {
    nn::BinaryOptions options{.reduction = reduction(c)};
    if (c.has("weights")) options.weights = c.data("weights");
    if (c.has("pos_weights")) options.pos_weights = c.data("pos_weights");
    return options;
  };
  check("binary_cross_entropy_with_logits",
        [&](const Case& c) { return nn::binary_cross_entropy_with_logits(c["z"], c["t"], binary(c)); });
  check("binary_cross_entropy", [&](const Case& c) { return nn::binary_cross_entropy(c["p"], c["t"], binary(c)); });
  check("hinge_embedding", [](const Case& c) {
    const Tensor signs = tensor({1, -1, 1, -1, -1, -1, 1, 1, 1, 1, 1, -1}, Shape{3, 4});
    return nn::hinge_embedding(c["o"], convert(signs, c.dtype()), c.number("margin"), reduction(c));
  });
  check("hinge", [](const Case& c) { return nn::hinge(c["o"], c.data("t"), c.number("margin"), reduction(c)); });
  check("soft_margin", [](const Case& c) { return nn::soft_margin(c["o"], c.data("t"), reduction(c)); });
  check("margin_ranking", [](const Case& c) {
    return nn::margin_ranking(c["a"], c["b"], c.data("t"), c.number("margin"), reduction(c));
  });
  check("cosine_similarity", [](const Case& c) { return nn::cosine_similarity(c["a"], c["b"]); });
  check("cosine_embedding", [](const Case& c) {
    const Tensor signs = tensor({1, -1, -1, 1, 1, -1});
    return nn::cosine_embedding(c["a"], c["b"], convert(signs, c.dtype()), c.number("margin"), reduction(c));
  });
  check("triplet_margin",
        [](const Case& c) { return nn::triplet_margin(c["a"], c["p"], c["n"], c.number("margin"), reduction(c)); });

  check("cross_entropy_probabilities", [](const Case& c) {
    nn::ClassOptions options = class_options(c);
    if (c.has("weighted") && c.number("weighted") != 0.0) options.weights = convert(three_weights, c.dtype());
    return nn::cross_entropy(c["z"], softmax(c["t"], {1}), options);
  });
  check("cross_entropy_images", [](const Case& c) {
    nn::ClassOptions options = class_options(c);
    options.weights = convert(three_weights, c.dtype());
    return nn::cross_entropy(c["z"], c.data("labels"), options);
  });
  check("cross_entropy", [](const Case& c) { return nn::cross_entropy(c["z"], c.data("labels"), class_options(c)); });
  check("nll_loss", [](const Case& c) {
    nn::ClassOptions options = class_options(c);
    options.weights = convert(three_weights, c.dtype());
    return nn::nll_loss(c["z"], c.data("labels"), options);
  });
  check("multi_margin", [](const Case& c) {
    nn::ClassOptions options = class_options(c);
    options.weights = convert(three_weights, c.dtype());
    return nn::multi_margin(c["z"], c.data("labels"), static_cast<int>(c.integer("power")), c.number("margin"),
                            options);
  });
  check("kl_divergence_log_targets", [](const Case& c) {
    return nn::kl_divergence(c["q"], c["p"], {.log_targets = true, .reduction = reduction(c)});
  });
  check("kl_divergence", [](const Case& c) {
    return nn::kl_divergence(log_softmax(c["q"]), softmax(c["p"]), {.reduction = reduction(c)});
  });
  check("ctc", [](const Case& c) {
    return nn::ctc_loss(c["x"], c.data("targets"), c.data("steps"), c.data("lengths"), {.reduction = reduction(c)});
  });
  check.every_reference_was_used();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
