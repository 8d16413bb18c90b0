// Normalisations against PyTorch's values, running statistics over several steps, and what they refuse.

#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/layers/normalisation.hpp"
#include "wengert/tests/nn/layers/filled.hpp"

namespace {

using namespace wengert;
using reference::Case;
using reference::check_case;
using reference::Outputs;
using test::filled;
using test::says;

nn::Pass training() { return nn::Pass::training(nn::Random(1)); }

BOOST_AUTO_TEST_SUITE(normalisation)

BOOST_AUTO_TEST_CASE(layer_and_rms_norm_are_pytorchs) {
  check_case("layers", "layer_norm", [](const Case& c) { return filled(nn::LayerNorm(4), c)(c["x"]); });
  check_case("layers", "layer_norm_two_axes", [](const Case& c) {
    return filled(nn::LayerNorm(Shape{3, 4}, {.epsilon = c.number("epsilon")}), c)(c["x"]);
  });
  check_case("layers", "layer_norm_plain",
             [](const Case& c) { return filled(nn::LayerNorm(4, {.affine = false}), c)(c["x"]); });
  // The default ε is that of the dtype, too small to be seen in f32.
  check_case("layers", "rms_norm", [](const Case& c) { return filled(nn::RMSNorm(4), c)(c["x"]); });
  check_case("layers", "rms_norm_two_axes", [](const Case& c) {
    return filled(nn::RMSNorm(Shape{3, 4}, {.epsilon = c.number("epsilon")}), c)(c["x"]);
  });
}

BOOST_AUTO_TEST_CASE(group_and_instance_norm_are_pytorchs) {
  check_case("layers", "group_norm", [](const Case& c) { return filled(nn::GroupNorm(2, 4), c)(c["x"]); });
  check_case("layers", "group_norm_images", [](const Case& c) { return filled(nn::GroupNorm(3, 3), c)(c["x"]); });
  check_case("layers", "group_norm_plain",
             [](const Case& c) { return filled(nn::GroupNorm(1, 4, {.affine = false}), c)(c["x"]); });
  check_case("layers", "instance_norm", [](const Case& c) { return filled(nn::InstanceNorm(3), c)(c["x"]); });
  check_case("layers", "instance_norm_affine",
             [](const Case& c) { return filled(nn::InstanceNorm(3, {.affine = true}), c)(c["x"]); });
}

/// In training, with the buffers afterwards.
void check_training(const char* name, const nn::BatchNormOptions& options) {
  check_case("layers", name, [&](const Case& c) {
    nn::BatchNorm layer = filled(nn::BatchNorm(3, options), c);
    nn::Pass pass = training();
    const Tensor y = layer(c["x"], pass);
    test::check_buffers_after(layer, c);
    return y;
  });
}

BOOST_AUTO_TEST_CASE(batch_norm_is_pytorchs) {
  check_training("batch_norm_rows", {});
  check_training("batch_norm_sequences", {.affine = false});
  check_training("batch_norm_images", {.epsilon = 0.01, .momentum = 0.3});
  check_case("layers", "batch_norm_evaluation", [](const Case& c) { return filled(nn::BatchNorm(3), c)(c["x"]); });
  check_case("layers", "batch_norm_untracked",
             [](const Case& c) { return filled(nn::BatchNorm(3, {.track = false}), c)(c["x"]); });
}

BOOST_AUTO_TEST_CASE(running_statistics_follow_pytorchs_over_several_steps) {
  for (const char* name : {"batch_norm_steps", "batch_norm_average"}) {
    const bool average = std::string(name) == "batch_norm_average";
    check_case("layers", name, [&](const Case& c) {
      nn::BatchNormOptions options;
      if (average) options.momentum.reset();
      nn::BatchNorm layer = filled(nn::BatchNorm(2, options), c);
      nn::Pass pass = training(), evaluation = nn::Pass::evaluation();
      Outputs y;
      for (const char* step : {"x", "y", "z"}) y.push_back(layer(c[step], pass));
      y.push_back(layer(c["x"], evaluation));
      test::check_buffers_after(layer, c);
      return y;
    });
  }
}

BOOST_AUTO_TEST_CASE(statistics_are_no_part_of_the_derivative_and_leave_the_recording) {
  nn::BatchNorm norm(2, {.dtype = Dtype::f64});
  const Tensor x = tensor({1, 2, 3, 4, 5, 9}, Shape{3, 2});
  {
    Recording r;
    nn::BatchNorm live = nn::lifted(norm, r);
    nn::Pass pass = training();
    const Tensor y = live(r.variable(x), pass);
    BOOST_TEST(!y.is_constant());
    BOOST_TEST(live.running_mean->value.is_constant());
    nn::copy_buffers(norm, live);
  }
  const std::vector<double> mean = norm.running_mean->value.to_vector();
  BOOST_CHECK_CLOSE(mean[0], 0.3, 1e-12);
  BOOST_CHECK_CLOSE(mean[1], 0.5, 1e-12);
  // An evaluation changes nothing.
  const auto before = nn::state(norm);
  (void)norm(x);
  const auto after = nn::state(norm);
  for (std::size_t k = 0; k < before.size(); ++k) BOOST_TEST((before[k].value.value() == after[k].value.value()));
}

BOOST_AUTO_TEST_CASE(a_large_mean_costs_no_digits) {
  // E[x²] - E[x]² would be 0 here, or negative.
  const Tensor x = tensor({-1, 0, 1, 0, 2, 4}, Shape{2, 3});
  BOOST_TEST(amax(abs(nn::layer_norm(x, Shape{3}) - nn::layer_norm(x + 1e8, Shape{3}))).item() < 1e-7);
  const Tensor single = convert(x, Dtype::f32);
  BOOST_TEST(amax(abs(nn::layer_norm(single, Shape{3}) - nn::layer_norm(single + 1e4, Shape{3}))).item() < 2e-3);
}

BOOST_AUTO_TEST_CASE(equal_elements_give_zeros_with_finite_derivatives) {
  Recording r;
  const Tensor x = r.variable(full(Shape{2, 3}, 5.0));
  const Tensor y = nn::layer_norm(x, Shape{3});
  BOOST_TEST(amax(abs(y)).item() == 0.0);
  for (const double g : backward(y, tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}))[x].to_vector())
    BOOST_TEST(std::isfinite(g));
}

BOOST_AUTO_TEST_CASE(an_empty_batch_is_normalised_to_an_empty_one) {
  BOOST_TEST((nn::LayerNorm(4)(zeros(Shape{0, 4}, Dtype::f32)).shape() == Shape{0, 4}));
  BOOST_TEST((nn::GroupNorm(2, 4)(zeros(Shape{0, 4, 5}, Dtype::f32)).shape() == Shape{0, 4, 5}));
  BOOST_TEST((nn::BatchNorm(4)(zeros(Shape{0, 4}, Dtype::f32)).shape() == Shape{0, 4}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_layer_shape_and_line) {
  const Tensor x = zeros(Shape{2, 3, 4}, Dtype::f32);
  nn::BatchNorm norm(5);
  BOOST_CHECK_EXCEPTION(
      (void)norm(x), ShapeError,
      says("BatchNorm: the input has f32[2,3,4]; expected f32[batch,5,…]: 5 channels along axis 1 (" __FILE__ ":"));
  nn::Pass pass = training();
  BOOST_CHECK_EXCEPTION((void)norm(x, pass), ShapeError, says("BatchNorm: the input has f32[2,3,4]"));
  BOOST_CHECK_EXCEPTION((void)norm(zeros(Shape{1, 5}, Dtype::f32), pass), ShapeError, says("more than one element"));
  BOOST_CHECK_NO_THROW((void)norm(zeros(Shape{1, 5}, Dtype::f32)));
  BOOST_CHECK_EXCEPTION((void)norm(zeros(Shape{2, 5}, Dtype::f64)), DtypeError, says("batch_norm"));
  BOOST_CHECK_EXCEPTION((void)norm(zeros(Shape{2, 5}, Dtype::i64)), DtypeError, says("f32 or f64"));
  BOOST_CHECK_EXCEPTION((void)nn::LayerNorm(3)(x), ShapeError,
                        says("layer_norm: the input has f32[2,3,4]; expected f32[…,3]"));
  BOOST_CHECK_EXCEPTION((void)nn::GroupNorm(2, 5), ArgumentError, says("GroupNorm: 2 groups of 5 channels"));
  BOOST_CHECK_EXCEPTION((void)nn::group_norm(x, 2), ArgumentError, says("group_norm: 2 groups of 3 channels"));
  BOOST_CHECK_EXCEPTION((void)nn::InstanceNorm(3)(zeros(Shape{2, 3, 1}, Dtype::f32)), ShapeError,
                        says("more than one element"));
  BOOST_CHECK_EXCEPTION((void)nn::BatchNorm(0), ArgumentError, says("BatchNorm: 0 channels"));
}

BOOST_AUTO_TEST_CASE(a_layer_records_in_a_scope_of_its_name) {
  Recording r;
  const nn::LayerNorm live = nn::lifted(nn::LayerNorm(3, {.dtype = Dtype::f64}), r);
  (void)live(r.variable(tensor({1, 2, 4}, Shape{1, 3})));
  bool found = false;
  for (const auto& scope : r.stream().scopes) found = found || scope.name.find("LayerNorm") != std::string::npos;
  BOOST_TEST(found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
