// Trees of parameters, and the modules that others are put together from.

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/nn.hpp"

namespace {

using namespace wengert;

const nn::LinearOptions f64{.dtype = Dtype::f64};

struct Counter {  // a module with a buffer: counts how often it ran in training
  nn::Buffer count{Tensor(Array::scalar(0.0))};
  Tensor scale = ones(Shape{2});
  static auto members(auto& self) { return std::tie(self.count, self.scale); }
  static constexpr std::array names{"count", "scale"};
  Tensor operator()(const Tensor& x) const { return x * scale; }
  Tensor operator()(const Tensor& x, nn::Pass& pass) {
    if (pass.is_training()) count.value = count.value + 1.0;
    return x * scale;
  }
};

struct Network {
  nn::Linear hidden, out;
  std::vector<nn::Linear> more;
  std::optional<Counter> counter;
  int calls = 0;  // not named: part of the value, no parameter
  explicit Network(nn::Random& random) : hidden(2, 3, random, f64), out(3, 2, random, f64) {
    more.emplace_back(2, 2, random, nn::LinearOptions{.bias = false, .dtype = Dtype::f64});
    more.emplace_back(2, 2, random, f64);
  }
  static auto members(auto& self) { return std::tie(self.hidden, self.out, self.more, self.counter); }
  static constexpr std::array names{"hidden", "out", "more", "counter"};
  Tensor operator()(const Tensor& x) const { return more[1](more[0](out(tanh(hidden(x))))); }
};

std::vector<std::string> names_of(const std::vector<nn::NamedTensor>& state) {
  std::vector<std::string> result;
  for (const auto& tensor : state) result.push_back(tensor.name);
  return result;
}

bool same(const Tensor& a, const Tensor& b) { return a.value() == b.value(); }

auto says(const std::string& text) {
  return [text](const Error& error) {
    const bool found = std::string(error.what()).find(text) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE(error.what());
    return found;
  };
}

BOOST_AUTO_TEST_SUITE(modules)

BOOST_AUTO_TEST_CASE(names_say_where_a_parameter_is) {
  nn::Random random(1);
  Network network(random);
  network.counter.emplace();
  const std::vector<std::string> expected{"hidden.weight", "hidden.bias",   "out.weight",
                                          "out.bias",      "more.0.weight", "more.1.weight",
                                          "more.1.bias",   "counter.count", "counter.scale"};
  BOOST_TEST(names_of(nn::state(network)) == expected, boost::test_tools::per_element());
  BOOST_TEST(nn::parameters(network).size() == 8u);
  BOOST_TEST(nn::buffers(network).size() == 1u);
  BOOST_TEST(nn::parameter_count(network) == 6 + 3 + 6 + 2 + 4 + 4 + 2 + 2);

  nn::Sequential sequence(
      nn::Linear(2, 2, random), [](const Tensor& x) { return tanh(x); }, nn::Residual(nn::Linear(2, 2, random)));
  const std::vector<std::string> of_sequence{"0.weight", "0.bias", "2.module.weight", "2.module.bias"};
  BOOST_TEST(names_of(nn::state(sequence)) == of_sequence, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_copy_is_another_network) {
  nn::Random random(2);
  Network a(random);
  Network b = a;
  const Tensor x = tensor({0.5, -1.0}, Shape{1, 2});
  *nn::parameters(b)[0].value = zeros(Shape{3, 2});
  BOOST_TEST(!same(a.hidden.weight, b.hidden.weight));
  BOOST_TEST(!same(a(x), b(x)));
}

BOOST_AUTO_TEST_CASE(linear_is_the_matrix_form) {
  const nn::Linear layer(tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2}), tensor({10, 20, 30}));
  const Tensor y = layer(tensor({1, -1, 2, 0.5}, Shape{2, 2}));
  BOOST_TEST(y.to_vector() == (std::vector<double>{9, 19, 29, 13, 28, 43}), boost::test_tools::per_element());
  // Leading axes stay as they are.
  BOOST_TEST((layer(ones(Shape{2})).shape() == Shape{3}));
  BOOST_TEST((layer(ones(Shape{4, 5, 2})).shape() == Shape{4, 5, 3}));
  BOOST_TEST((layer(ones(Shape{0, 2})).shape() == Shape{0, 3}));
  nn::Random random(3);
  const nn::Linear begin(400, 300, random, f64);
  double most = 0, sum = 0;
  for (const double w : begin.weight.to_vector()) most = std::max(most, std::abs(w)), sum += w * w;
  BOOST_TEST(most <= 1 / std::sqrt(400.0));
  BOOST_TEST(sum / 120000 == 1.0 / 400 / 3,
             boost::test_tools::tolerance(0.02));  // the variance of the uniform distribution
}

BOOST_AUTO_TEST_CASE(wrong_inputs_of_linear_are_told_with_the_line) {
  nn::Random random(4);
  const nn::Linear layer(2, 3, random, f64);
  BOOST_CHECK_EXCEPTION((void)layer(ones(Shape{4, 3})), ShapeError,
                        says("Linear: the input is f64[4,3]; expected […, 2] to go with a weight f64[3,2]"));
  BOOST_CHECK_EXCEPTION((void)layer(ones(Shape{4, 3})), ShapeError, says("modules.cpp:"));
  BOOST_CHECK_EXCEPTION((void)layer(ones(Shape{4, 2}, Dtype::f32)), DtypeError, says("modules.cpp:"));
  BOOST_CHECK_EXCEPTION((void)nn::Linear(0, 3, random), ArgumentError, says("0 inputs and 3 outputs"));
  BOOST_CHECK_EXCEPTION((void)nn::Linear(ones(Shape{3})), ShapeError, says("a matrix [out, in]"));
  BOOST_CHECK_EXCEPTION((void)nn::Linear(ones(Shape{3, 2}), ones(Shape{2})), ShapeError, says("expected [3]"));
}

BOOST_AUTO_TEST_CASE(a_lifted_copy_is_differentiated) {
  nn::Random random(5);
  Network network(random);
  network.counter.emplace();
  const Tensor x = random.normal(Shape{4, 2}, 0, 1, Dtype::f64);
  Recording r;
  const auto live = nn::lifted(network, r);
  BOOST_TEST(live.counter->count.value.is_constant());
  BOOST_TEST(!live.counter->scale.is_constant());
  BOOST_TEST(name_of(live.hidden.weight) == "hidden.weight");
  const Tensor loss = sum(live(x) * live(x));
  const std::vector<Tensor> gradients = nn::adjoints_of(live, backward(loss));
  const std::vector<nn::Parameter> all = nn::parameters(network);
  BOOST_REQUIRE(gradients.size() == all.size());
  // Against differences of the network as it stands, in a coordinate of each parameter.
  for (std::size_t k = 0; k + 1 < all.size(); ++k) {
    const Tensor begin = *all[k].value;
    const auto at = [&](double step) {
      std::vector<double> elements = begin.to_vector();
      elements[0] += step;
      *all[k].value = tensor(elements, begin.shape());
      const double value = sum(network(x) * network(x)).item();
      *all[k].value = begin;
      return value;
    };
    const double h = 1e-5;
    BOOST_TEST(gradients[k].value().element(0) == (at(h) - at(-h)) / (2 * h), boost::test_tools::tolerance(1e-7));
  }
  for (const double g : gradients.back().to_vector()) BOOST_TEST(g == 0.0);  // the counter does not take part
}

BOOST_AUTO_TEST_CASE(what_is_not_trained_is_a_constant) {
  nn::Random random(6);
  const Network network(random);
  Recording r;
  const auto live = nn::lifted(network, r, [](std::string_view name) { return !name.starts_with("hidden."); });
  BOOST_TEST(live.hidden.weight.is_constant());
  BOOST_TEST(!live.out.weight.is_constant());
  const auto gradients = nn::adjoints_of(live, backward(sum(live(ones(Shape{1, 2})))));
  for (const double g : gradients[0].to_vector()) BOOST_TEST(g == 0.0);
  BOOST_TEST(gradients[2].value().element(0) != 0.0);
}

BOOST_AUTO_TEST_CASE(modules_are_structures_of_the_functional_form) {
  nn::Random random(7);
  const Network network(random);
  const Tensor x = random.normal(Shape{4, 2}, 0, 1, Dtype::f64);
  const auto loss = [&](const auto& model) { return sum(model(x) * model(x)); };
  const auto [value, gradient] = value_and_grad(loss)(network);
  Recording r;
  const auto live = nn::lifted(network, r);
  const Tensor y = loss(live);
  BOOST_TEST(value.item() == y.item());
  const auto expected = nn::adjoints_of(live, backward(y));
  auto got = gradient;
  const auto parameters = nn::parameters(got);
  BOOST_REQUIRE(parameters.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k)
    BOOST_TEST(same(*parameters[k].value, expected[k]), parameters[k].name);

  // The same chosen at run time.
  nn::Layers layers;
  layers.modules.emplace_back(network.hidden);
  layers.modules.emplace_back([](const Tensor& h) { return tanh(h); });
  layers.modules.emplace_back(network.out);
  layers.modules.emplace_back(network.more[0]);
  layers.modules.emplace_back(network.more[1]);
  const auto [same_value, same_gradient] = value_and_grad(loss)(layers);
  BOOST_TEST(same_value.item() == value.item());
  auto of_layers = same_gradient;
  const auto entries = nn::parameters(of_layers);
  BOOST_REQUIRE(entries.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) BOOST_TEST(same(*entries[k].value, expected[k]), entries[k].name);
}

BOOST_AUTO_TEST_CASE(a_state_is_written_back) {
  nn::Random random(8), other(9);
  const Network a(random);
  Network b(other);
  const Tensor x = ones(Shape{1, 2});
  BOOST_TEST(!same(a(x), b(x)));
  auto saved = nn::state(a);
  std::swap(saved[0], saved[3]);  // the order says nothing
  nn::load_state(b, saved);
  BOOST_TEST(same(a(x), b(x)));
}

BOOST_AUTO_TEST_CASE(a_state_that_does_not_fit_is_refused_whole) {
  nn::Random random(10);
  Network network(random);
  const Network before = network;
  auto saved = nn::state(network);
  saved[0].value = ones(Shape{2, 2});
  saved[1].name = "hidden.offset";
  saved.push_back(saved.back());
  BOOST_CHECK_EXCEPTION(nn::load_state(network, saved), ArgumentError,
                        says("missing: hidden.bias; left over: more.1.bias (a second time), hidden.offset; of another "
                             "type: hidden.weight is f64[3,2], not f64[2,2]"));
  BOOST_TEST(same(network.hidden.weight, before.hidden.weight));
}

BOOST_AUTO_TEST_CASE(another_dtype) {
  nn::Random random(11);
  Network network(random);
  network.counter.emplace();
  const Network single = nn::converted(network, Dtype::f32);
  for (const auto& tensor : nn::state(single)) BOOST_TEST((tensor.value.dtype() == Dtype::f32), tensor.name);
  BOOST_TEST((single(ones(Shape{1, 2}, Dtype::f32)).dtype() == Dtype::f32));
}

BOOST_AUTO_TEST_CASE(training_and_evaluation) {
  nn::Sequential network(Counter{}, nn::Residual(Counter{}));
  const Tensor x = ones(Shape{2});
  for (const double y : network(x).to_vector()) BOOST_TEST(y == 2.0);
  nn::Pass training = nn::Pass::training(nn::Random(1));
  BOOST_TEST(training.is_training());
  Recording r;
  auto live = nn::lifted(network, r);
  (void)live(x, training);
  (void)live(x, training);
  nn::copy_buffers(network, live);
  BOOST_TEST(nn::buffers(network)[0].value->item() == 2.0);
  BOOST_TEST(nn::buffers(network)[1].value->item() == 2.0);
  (void)network(x);  // an evaluation changes nothing
  BOOST_TEST(nn::buffers(network)[0].value->item() == 2.0);
  nn::Pass evaluation = nn::Pass::evaluation();
  BOOST_CHECK_EXCEPTION((void)evaluation.random(), ArgumentError, says("this pass evaluates"));
}

BOOST_AUTO_TEST_CASE(a_module_of_any_kind_is_a_value) {
  nn::Random random(12);
  nn::AnyModule a{nn::Linear(2, 2, random, f64)};
  nn::AnyModule b = a;
  BOOST_TEST(a.has_form_of(b));
  BOOST_TEST(!a.has_form_of(nn::AnyModule{Counter{}}));
  *nn::parameters(b)[0].value = zeros(Shape{2, 2});
  const Tensor x = ones(Shape{1, 2});
  BOOST_TEST(!same(a(x), b(x)));
  BOOST_REQUIRE(a.as<nn::Linear>() != nullptr);
  BOOST_TEST(a.as<Counter>() == nullptr);
  b = a;
  BOOST_TEST(same(a(x), b(x)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
