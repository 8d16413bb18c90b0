// What all optimisers share: groups, state, what a step may write, and what it refuses.

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/nn/optim/adagrad.hpp"
#include "wengert/nn/optim/adam.hpp"
#include "wengert/nn/optim/fused.hpp"
#include "wengert/nn/optim/rmsprop.hpp"
#include "wengert/nn/optim/sgd.hpp"

namespace {

using namespace wengert;
using nn::Parameter;

/// Two layers' parameters, and gradients for them.
struct Net {
  Tensor encoder = tensor({1, 2, 3, 4, 5, 6}, {2, 3}), encoder_bias = tensor({0.5, -0.5}, {2}), head = tensor({7, 8});
  std::vector<Parameter> all{{"encoder.weight", &encoder}, {"encoder.bias", &encoder_bias}, {"head.weight", &head}};
  std::vector<Tensor> gradients{tensor({1, 1, 1, -1, -1, -1}, {2, 3}), tensor({2, 2}, {2}), tensor({-3, 4})};
  Net() = default;
  Net(const Net&) = delete;
  [[nodiscard]] std::vector<std::vector<double>> values() const {
    return {encoder.to_vector(), encoder_bias.to_vector(), head.to_vector()};
  }
};

std::vector<std::unique_ptr<nn::Optimiser>> one_of_each() {
  std::vector<std::unique_ptr<nn::Optimiser>> all;
  all.push_back(std::make_unique<nn::SGD>(nn::SGDOptions{.rate = 0.1}));
  all.push_back(std::make_unique<nn::SGD>(nn::SGDOptions{.rate = 0.1, .momentum = 0.9, .dampening = 0.1}));
  all.push_back(std::make_unique<nn::Adam>(nn::AdamOptions{.rate = 0.1, .amsgrad = true}));
  all.push_back(std::make_unique<nn::AdamW>(nn::AdamWOptions{.rate = 0.1}));
  all.push_back(std::make_unique<nn::RMSProp>(nn::RMSPropOptions{.momentum = 0.9, .centred = true}));
  all.push_back(std::make_unique<nn::Adagrad>(nn::AdagradOptions{.rate_decay = 0.1, .initial_accumulator = 0.1}));
  return all;
}

bool says(const Error& error, std::string_view text) {
  const bool found = std::string_view(error.what()).find(text) != std::string_view::npos;
  BOOST_TEST(found, "'" << text << "' is not in: " << error.what());
  return found;
}
template <class E = ArgumentError, class F>
void refused(const F& call, std::string_view text, std::string_view second = {}) {
  BOOST_CHECK_EXCEPTION(call(), E, [&](const E& error) { return says(error, text) && says(error, second); });
}

BOOST_AUTO_TEST_SUITE(optimiser)

// --- Groups ----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(groups_have_rates_and_decays_of_their_own_and_freeze) {
  Net net;
  nn::SGD sgd{{.rate = 0.1,
               .weight_decay = 0.5,
               .groups = {{.has = nn::of_rank_below(2), .rate_factor = 10, .weight_decay = 0.0},
                          {.has = nn::named("encoder."), .trained = false}}}};
  sgd.step(net.all, net.gradients);
  BOOST_TEST(net.encoder.to_vector() == (std::vector<double>{1, 2, 3, 4, 5, 6}));  // frozen
  BOOST_TEST(net.encoder_bias.to_vector() == (std::vector<double>{-1.5, -2.5}));   // the first group: rank 1
  BOOST_TEST(net.head.to_vector() == (std::vector<double>{10, 4}));
  for (const auto& entry : sgd.state()) BOOST_TEST(!entry.name.starts_with("encoder.weight"));

  sgd.set_groups({{.has = nn::named_with_end(".weight"), .trained = false}});
  sgd.step(net.all, net.gradients);
  BOOST_TEST(net.head.to_vector() == (std::vector<double>{10, 4}));
  BOOST_TEST(net.encoder_bias.to_vector()[0] == -1.5 - 0.1 * (2 + 0.5 * -1.5));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_thaws_starts_at_its_first_step) {
  Net net, fresh;
  nn::Adam late{{.groups = {{.has = nn::named("head"), .trained = false}}}}, early;
  late.step(net.all, net.gradients);
  late.set_groups({});
  late.step(net.all, net.gradients);
  early.step(fresh.all, fresh.gradients);
  BOOST_TEST(net.head.to_vector() == fresh.head.to_vector());
}

BOOST_AUTO_TEST_CASE(the_rate_is_what_schedules_set) {
  Net net;
  nn::SGD sgd{{.rate = 1}};
  sgd.set_rate(0.25);
  BOOST_TEST(sgd.rate() == 0.25);
  sgd.step(net.all, net.gradients);
  BOOST_TEST(net.head.to_vector() == (std::vector<double>{7.75, 7}));
}

// --- What a step writes ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_another_handle_shares_never_changes) {
  for (const auto& o : one_of_each()) {
    Net net;
    const Tensor before = net.head;
    o->step(net.all, net.gradients);
    const auto state = o->state();
    std::vector<std::vector<double>> saved;
    for (const auto& entry : state) saved.push_back(entry.value.to_vector());
    o->step(net.all, net.gradients);
    BOOST_TEST(before.to_vector() == (std::vector<double>{7, 8}));
    for (std::size_t k = 0; k < state.size(); ++k) BOOST_TEST(state[k].value.to_vector() == saved[k]);
  }
}

BOOST_AUTO_TEST_CASE(a_step_writes_in_place_where_nobody_else_holds_the_elements) {
  Net net;
  nn::Adam adam;
  const auto* elements = net.head.value().data<double>().data();
  for (int t = 0; t < 3; ++t) adam.step(net.all, net.gradients);
  BOOST_TEST(net.head.value().data<double>().data() == elements);
}

BOOST_AUTO_TEST_CASE(a_gradient_that_shares_the_elements_of_its_parameter) {
  Tensor p = tensor({1, 2, 3});
  nn::SGD{{.rate = 0.5}}.step(std::vector<Parameter>{{"p", &p}}, std::vector{p});
  BOOST_TEST(p.to_vector() == (std::vector<double>{0.5, 1, 1.5}));
}

BOOST_AUTO_TEST_CASE(uniform_parameters_and_gradients_are_as_good_as_stored_ones) {
  Tensor p = zeros({5}), q = zeros({0}, Dtype::f32), r = full({}, 2);
  nn::SGD sgd{{.rate = 0.5, .momentum = 0.5}};
  const std::vector<Parameter> all{{"p", &p}, {"q", &q}, {"r", &r}};
  for (int t = 0; t < 2; ++t) sgd.step(all, std::vector{ones({5}), zeros({0}, Dtype::f32), full({}, 1)});
  BOOST_TEST(p.to_vector() == std::vector<double>(5, -1.25));
  BOOST_TEST(q.size() == 0);
  BOOST_TEST(r.item() == 0.75);
}

BOOST_AUTO_TEST_CASE(copies_of_an_optimiser_go_on_by_themselves) {
  Net one, two;
  nn::Adam adam;
  adam.step(one.all, one.gradients);
  adam.step(two.all, two.gradients);  // moments now go their own way from here
  Net a, b;
  nn::Adam first, second;
  first.step(a.all, a.gradients);
  second = first;
  b.encoder = a.encoder, b.encoder_bias = a.encoder_bias, b.head = a.head;
  first.step(a.all, a.gradients);
  second.step(b.all, b.gradients);
  BOOST_TEST(a.head.to_vector() == b.head.to_vector());
}

BOOST_AUTO_TEST_CASE(moments_belong_to_names_not_to_positions) {
  Net one, two;
  nn::Adam straight, turned;
  straight.step(one.all, one.gradients);
  straight.step(one.all, one.gradients);
  turned.step(two.all, two.gradients);
  const std::vector<Parameter> backward_all(two.all.rbegin(), two.all.rend());
  const std::vector<Tensor> backward_gradients(two.gradients.rbegin(), two.gradients.rend());
  turned.step(backward_all, backward_gradients);
  BOOST_TEST((one.values() == two.values()));
}

// --- State -----------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_loaded_state_goes_on_bit_for_bit) {
  auto whole = one_of_each(), first = one_of_each(), second = one_of_each();
  for (std::size_t k = 0; k < whole.size(); ++k) {
    for (const bool at_once : {false, true}) {
      Net one, two;
      auto uninterrupted = one_of_each(), before = one_of_each(), after = one_of_each();
      before[k]->set_rate(0.0125), uninterrupted[k]->set_rate(0.0125);
      for (int t = 0; t < 10; ++t) uninterrupted[k]->step(one.all, one.gradients);
      for (int t = 0; t < 5; ++t) before[k]->step(two.all, two.gradients);
      if (at_once)
        after[k]->load_state(two.all, before[k]->state());
      else
        after[k]->load_state(before[k]->state());
      BOOST_TEST(after[k]->rate() == 0.0125);
      for (int t = 0; t < 5; ++t) after[k]->step(two.all, two.gradients);
      BOOST_TEST((one.values() == two.values()), after[k]->name());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_state_has_pytorchs_names) {
  Net net;
  nn::Adam adam{{.amsgrad = true}};
  BOOST_TEST(adam.state().size() == 1u);  // the rate
  adam.step(net.all, net.gradients);
  std::vector<std::string> names;
  for (const auto& entry : adam.state()) names.push_back(entry.name);
  BOOST_TEST(names == (std::vector<std::string>{
                          "rate", "encoder.weight.step", "encoder.weight.exp_avg", "encoder.weight.exp_avg_sq",
                          "encoder.weight.max_exp_avg_sq", "encoder.bias.step", "encoder.bias.exp_avg",
                          "encoder.bias.exp_avg_sq", "encoder.bias.max_exp_avg_sq", "head.weight.step",
                          "head.weight.exp_avg", "head.weight.exp_avg_sq", "head.weight.max_exp_avg_sq"}),
             boost::test_tools::per_element());
  BOOST_TEST(adam.state()[1].value.value().integer_element(0) == 1);
}

BOOST_AUTO_TEST_CASE(a_state_of_other_parameters_is_refused_with_all_that_is_wrong) {
  Net net;
  nn::Adam saved;
  saved.step(net.all, net.gradients);
  const auto state = saved.state();
  Tensor wider = zeros({4}), unknown = zeros({1});
  const std::vector<Parameter> others{
      {"encoder.weight", &net.encoder}, {"encoder.bias", &wider}, {"decoder.weight", &unknown}};
  const std::vector<Tensor> gradients{net.gradients[0], ones({4}), ones({1})};
  const std::string_view wrong =
      "'encoder.bias' has f64[4], its state f64[2]; nothing for parameter 'decoder.weight'; 'head.weight' is none of "
      "the parameters";
  nn::Adam at_once, later;
  refused([&] { at_once.load_state(others, state); }, wrong);
  BOOST_TEST(at_once.state().size() == 1u);
  later.load_state(state);
  refused([&] { later.step(others, gradients); }, wrong);
  later.step(net.all, net.gradients);  // the right ones
}

BOOST_AUTO_TEST_CASE(a_state_that_is_none_is_refused) {
  Net net;
  nn::Adam adam;
  adam.step(net.all, net.gradients);
  const auto good = adam.state();
  const auto with = [&](std::size_t at, nn::NamedTensor entry) {
    auto bad = good;
    bad[at] = std::move(entry);
    return bad;
  };
  const auto load = [&](const std::vector<nn::NamedTensor>& state) { return [&, state] { adam.load_state(state); }; };
  refused(load({}), "'rate' is missing");
  refused(load(with(0, {"rate", full({}, -1)})), "'rate' is f64{-1}");
  refused(load(with(0, {"speed", full({}, 1)})), "'speed' is nothing that Adam with these options remembers");
  refused(load(with(1, {"encoder.weight.step", full({}, 1)})), "'encoder.weight.step' is f64", "instead of an i64");
  refused(load(with(2, {"encoder.weight.momentum_buffer", full({}, 1)})), "momentum_buffer' is nothing",
          "'encoder.weight.exp_avg' is missing");
  refused(load(with(2, {"encoder.weight.exp_avg", zeros({2})})),
          "'encoder.weight.exp_avg_sq' has f64[2,3] beside f64[2]");
  refused(load(with(2, {"encoder.weight.exp_avg_sq", zeros({2, 3})})), "'encoder.weight.exp_avg_sq' is there twice");
  refused(load(with(3, {"encoder.weight.exp_avg_sq", tensor(std::vector<std::int64_t>{1}, Shape{1})})), "has i64[1]");
  nn::Adam amsgrad{{.amsgrad = true}};
  refused([&] { amsgrad.load_state(good); }, "'head.weight.max_exp_avg_sq' is missing");
  BOOST_TEST(adam.state().size() == good.size());
}

// --- What is refused -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(bad_gradients_are_refused_and_nothing_is_written) {
  for (const auto& o : one_of_each()) {
    Net net;
    const auto before = net.values();
    const auto with = [&](std::size_t at, const Tensor& gradient) {
      auto bad = net.gradients;
      bad[at] = gradient;
      return bad;
    };
    const auto step = [&](const std::vector<Tensor>& gradients) {
      return [&, gradients] { o->step(net.all, gradients); };
    };
    refused<ShapeError>(step(with(2, zeros({3}))), "the gradient of 'head.weight' has f64[3]; expected f64[2]");
    refused<ShapeError>(step(with(2, zeros({2, 1}))), "has f64[2,1]");
    refused<DtypeError>(step(with(2, zeros({2}, Dtype::f32))), "has f32[2]");
    refused<ArgumentError>(step({net.gradients[0]}), "1 gradients for 3 parameters");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {std::nan(""), infinity, -infinity})
      refused<DomainError>(step(with(2, tensor({0, bad}))), "the gradient of 'head.weight' has NaN or infinity");
    refused<DomainError>(step(with(1, full({2}, std::nan("")))), "'encoder.bias'");
    BOOST_TEST((net.values() == before));
    BOOST_TEST(o->state().size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_nan_passes_where_it_is_not_looked_for) {
  Tensor p = ones({2});
  nn::SGD{{.rate = 1, .check_finite = false}}.step(std::vector<Parameter>{{"p", &p}},
                                                   std::vector{tensor({1, std::nan("")})});
  BOOST_TEST(p.to_vector()[0] == 0);
  BOOST_TEST(std::isnan(p.to_vector()[1]));
}

BOOST_AUTO_TEST_CASE(bad_parameters_are_refused) {
  Net net;
  nn::SGD sgd;
  Recording r;
  Tensor live = r.variable(net.head, "w"), whole = tensor(std::vector<std::int64_t>{1}, Shape{1});
  const auto step = [&](const std::vector<Parameter>& parameters, const Tensor& gradient) {
    return [&sgd, parameters, gradient] { sgd.step(parameters, std::vector<Tensor>(parameters.size(), gradient)); };
  };
  refused(step({{"w", &live}}, ones({2})), "'w' is a variable of a recording", "lifted");
  refused(step({{"w", nullptr}}, ones({2})), "'w' is a null pointer");
  refused<DtypeError>(step({{"w", &whole}}, whole), "parameter 'w' has i64[1]; expected f32 or f64");
  refused(step({{"w", &net.head}, {"w", &net.encoder_bias}}, ones({2})), "two parameters are named 'w'");
  sgd = nn::SGD{{.momentum = 0.5}};
  sgd.step(std::vector<Parameter>{{"w", &net.head}}, std::vector{ones({2})});
  Tensor grown = zeros({3});
  refused<ShapeError>(step({{"w", &grown}}, ones({3})), "'w' has f64[3]; expected f64[2], as in the steps before");
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
  refused([] { nn::SGD{{.rate = -1}}; }, "SGD: rate is -1");
  refused([] { nn::SGD{{.rate = std::nan("")}}; }, "rate is nan");
  refused([] { nn::SGD{{.momentum = -0.1}}; }, "momentum");
  refused([] { nn::SGD{{.nesterov = true}}; }, "nesterov");
  refused([] { nn::SGD{{.momentum = 0.9, .dampening = 0.1, .nesterov = true}}; }, "nesterov");
  refused([] { nn::Adam{{.beta1 = 1}}; }, "Adam: beta1 is 1", "at least 0, below 1");
  refused([] { nn::AdamW{{.beta2 = -0.5}}; }, "AdamW: beta2");
  refused([] { nn::Adam{{.epsilon = -1}}; }, "epsilon");
  refused([] { nn::RMSProp{{.alpha = 1}}; }, "RMSProp: alpha");
  refused([] { nn::Adagrad{{.initial_accumulator = -1}}; }, "Adagrad: initial_accumulator");
  refused([] { nn::Adagrad{{.weight_decay = -1}}; }, "weight_decay");
  refused([] { nn::SGD{{.groups = {{.has = nn::named(""), .rate_factor = -1}}}}; }, "rate_factor of a group");
  refused([] { nn::SGD{}.set_rate(-1); }, "rate is -1");
}

// --- One's own -------------------------------------------------------------------------------------------------------

/// Sign descent with an average (Lion without its second average).
class SignDescent final : public nn::Optimiser {
 public:
  explicit SignDescent(double rate) : Optimiser({rate, 0, false, true, {}}, "SignDescent", {}) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "SignDescent"; }

 private:
  [[nodiscard]] std::span<const std::string_view> moments() const noexcept override {
    static constexpr std::array<std::string_view, 1> names{"average"};
    return names;
  }
  void update(const nn::Update& u) const noexcept override {
    nn::fused<1>(u, [&]<class T>(std::type_identity<T>) {
      const T rate = static_cast<T>(u.rate);
      return [=](T p, T g, T& average) {
        average = (average + g) / 2;
        return average > 0 ? p - rate : p + rate;
      };
    });
  }
};

BOOST_AUTO_TEST_CASE(an_optimiser_of_ones_own_has_state_groups_and_checks) {
  Net net;
  SignDescent own(0.5);
  own.step(net.all, net.gradients);
  BOOST_TEST(net.head.to_vector() == (std::vector<double>{7.5, 7.5}));
  SignDescent next(1);
  next.load_state(net.all, own.state());
  next.step(net.all, std::vector{net.gradients[0], net.gradients[1], tensor({1, -1})});
  BOOST_TEST(next.rate() == 0.5);
  BOOST_TEST(net.head.to_vector() == (std::vector<double>{8, 7}));  // averages: -0.25, 0.5
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
