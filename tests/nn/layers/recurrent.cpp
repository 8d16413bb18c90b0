// Recurrent layers against PyTorch's values; lengths against sequences run alone; what they refuse.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/transform/control.hpp"
#include "wengert/nn/layers/linear.hpp"
#include "wengert/nn/layers/recurrent.hpp"
#include "wengert/nn/module/any.hpp"
#include "wengert/nn/module/sequential.hpp"
#include "wengert/tests/nn/layers/filled.hpp"

namespace {

using namespace wengert;
using reference::Case;
using reference::check_case;
using reference::Outputs;
using test::filled;
using test::says;

constexpr std::int64_t inputs = 2, hidden = 3;

nn::RecurrentOptions options_of(const Case& c) {
  nn::RecurrentOptions options;
  if (c.has("layers")) options.layers = c.integer("layers");
  options.batch_first = c.has("batch_first");
  options.bidirectional = c.has("bidirectional") && c.number("bidirectional") != 0;
  options.bias = c.has("bias_ih_l0");
  if (std::string(c.stored().name) == "rnn_relu") options.nonlinearity = nn::Nonlinearity::relu;
  return options;
}

std::optional<Tensor> lengths_of(const Case& c) {
  if (!c.has("lengths")) return {};
  return c.data("lengths");
}

template <class Layer>
Outputs run_with_one_state(const Case& c) {
  nn::Random random(1);
  const Layer layer = filled(Layer(inputs, hidden, random, options_of(c)), c);
  nn::RecurrentInput<Tensor> input{.lengths = lengths_of(c)};
  if (c.has("h")) input.state = c["h"];
  const auto [y, state] = layer(c["x"], input);
  return {y, state};
}

Outputs run_lstm(const Case& c) {
  nn::Random random(1);
  const nn::LSTM layer = filled(nn::LSTM(inputs, hidden, random, options_of(c)), c);
  nn::LSTM::Input input{.lengths = lengths_of(c)};
  if (c.has("h")) input.state = {c["h"], c["c"]};
  const auto [y, state] = layer(c["x"], input);
  return {y, state.h, state.c};
}

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(rnn_is_pytorchs) {
  for (const char* name : {"rnn", "rnn_relu", "rnn_lengths"}) check_case("layers", name, run_with_one_state<nn::RNN>);
}

BOOST_AUTO_TEST_CASE(lstm_is_pytorchs) {
  for (const char* name : {"lstm", "lstm_state", "lstm_no_bias", "lstm_deep", "lstm_without_batch", "lstm_lengths"})
    check_case("layers", name, run_lstm);
}

BOOST_AUTO_TEST_CASE(gru_is_pytorchs) {
  for (const char* name : {"gru", "gru_no_bias", "gru_deep", "gru_lengths"})
    check_case("layers", name, run_with_one_state<nn::GRU>);
}

BOOST_AUTO_TEST_CASE(cells_are_pytorchs) {
  nn::Random random(1);
  check_case("layers", "rnn_cell",
             [&](const Case& c) { return filled(nn::RNNCell(inputs, hidden, random), c)(c["x"], c["h"]); });
  check_case("layers", "rnn_cell_relu", [&](const Case& c) {
    return filled(nn::RNNCell(inputs, hidden, random, {.bias = false, .nonlinearity = nn::Nonlinearity::relu}),
                  c)(c["x"]);
  });
  check_case("layers", "lstm_cell", [&](const Case& c) -> Outputs {
    const auto [h, state] = filled(nn::LSTMCell(inputs, hidden, random), c)(c["x"], nn::LSTMState{c["h"], c["c"]});
    return {h, state};
  });
  check_case("layers", "gru_cell",
             [&](const Case& c) { return filled(nn::GRUCell(inputs, hidden, random), c)(c["x"], c["h"]); });
}

double distance(const Tensor& a, const Tensor& b) {
  BOOST_REQUIRE((a.shape() == b.shape()));
  return a.size() == 0 ? 0.0 : amax(abs(a - b)).item();
}

/// Two layers, both directions: sequences of unequal lengths together, and each run alone without padding.
template <class Layer, class H>
void check_lengths(const H& states_of) {
  nn::Random random(5);
  const Layer layer(inputs, hidden, random, {.layers = 2, .bidirectional = true, .dtype = Dtype::f64});
  const std::vector<std::int64_t> lengths{3, 0, 5, 1};
  const std::int64_t steps = 6;
  const std::int64_t batch = static_cast<std::int64_t>(lengths.size());
  Tensor x = random.normal(Shape{steps, batch, inputs}, 0, 1, Dtype::f64);
  // What stands in the padding matters to nothing, NaN included.
  std::vector<double> values = x.to_vector();
  for (std::int64_t t = 0; t < steps; ++t)
    for (std::int64_t k = 0; k < batch; ++k)
      if (t >= lengths[static_cast<std::size_t>(k)])
        for (std::int64_t i = 0; i < inputs; ++i)
          values[static_cast<std::size_t>((t * batch + k) * inputs + i)] = std::numeric_limits<double>::quiet_NaN();
  x = tensor(values, x.shape());

  Recording r;
  const Layer live = nn::lifted(layer, r);
  const auto together = live(x, {.lengths = tensor(lengths, Shape{batch})});
  Tensor total = sum(square(together.y)), apart = zeros(Shape{});
  for (const Tensor& state : states_of(together.state)) total += sum(sin(state));
  for (std::int64_t k = 0; k < batch; ++k) {
    const std::int64_t length = lengths[static_cast<std::size_t>(k)];
    const Tensor y = slice_along(together.y, 1, k, k + 1);
    BOOST_TEST((length == steps || amax(abs(slice_along(y, 0, length, steps))).item() == 0.0));
    if (length == 0) {
      for (const Tensor& state : states_of(together.state))
        BOOST_TEST(amax(abs(slice_along(state, 1, k, k + 1))).item() == 0.0);
      continue;
    }
    const auto alone = live(slice(x, {0, k, 0}, {length, k + 1, inputs}));
    BOOST_TEST(distance(slice_along(y, 0, 0, length), alone.y) < 1e-14);
    const auto of_all = states_of(together.state), of_one = states_of(alone.state);
    for (std::size_t s = 0; s < of_one.size(); ++s)
      BOOST_TEST(distance(slice_along(of_all[s], 1, k, k + 1), of_one[s]) < 1e-14);
    apart += sum(square(alone.y));
    for (const Tensor& state : of_one) apart += sum(sin(state));
  }
  // So are the gradients.
  const auto g = nn::adjoints_of(live, backward(total)), h = nn::adjoints_of(live, backward(apart));
  for (std::size_t k = 0; k < g.size(); ++k) BOOST_TEST(distance(g[k], h[k]) < 1e-13);
}

BOOST_AUTO_TEST_CASE(sequences_of_unequal_lengths_give_what_each_gives_alone) {
  const auto one = [](const Tensor& state) { return std::vector<Tensor>{state}; };
  check_lengths<nn::RNN>(one);
  check_lengths<nn::GRU>(one);
  check_lengths<nn::LSTM>([](const nn::LSTMState& state) { return std::vector<Tensor>{state.h, state.c}; });
}

BOOST_AUTO_TEST_CASE(a_layer_is_its_cell_step_by_step) {
  nn::Random random(8);
  const nn::LSTM layer(inputs, hidden, random, {.dtype = Dtype::f64});
  nn::LSTMCell cell(inputs, hidden, random, {.dtype = Dtype::f64});
  static_cast<nn::RecurrentWeights&>(cell) = layer.weights[0];
  const Tensor x = random.normal(Shape{4, 2, inputs}, 0, 1, Dtype::f64);
  const auto output = layer(x);
  std::optional<nn::LSTMState> state;
  for (std::int64_t t = 0; t < 4; ++t) {
    state = cell(reshape(slice_along(x, 0, t, t + 1), Shape{2, inputs}), state);
    BOOST_TEST(distance(state->h, reshape(slice_along(output.y, 0, t, t + 1), Shape{2, hidden})) < 1e-15);
  }
  BOOST_TEST(distance(state->c, reshape(output.state.c, Shape{2, hidden})) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_cell_in_a_scan_is_the_layer_in_bounded_memory) {
  nn::Random random(13);
  const nn::LSTM layer(inputs, hidden, random, {.dtype = Dtype::f64});
  nn::LSTMCell cell(inputs, hidden, random, {.dtype = Dtype::f64});
  static_cast<nn::RecurrentWeights&>(cell) = layer.weights[0];
  const Tensor x = random.normal(Shape{7, 2, inputs}, 0, 1, Dtype::f64);
  const nn::LSTMState first{zeros(Shape{2, hidden}), zeros(Shape{2, hidden})};
  const auto step = [](const nn::LSTMState& state, const Tensor& now, const nn::LSTMCell& with) {
    const nn::LSTMState next = with(now, state);
    return std::pair{next, next.h};
  };
  Recording r;
  const nn::LSTMCell live_cell = nn::lifted(cell, r);
  const auto [last, y] = scan(step, first, x, live_cell, {.memory = 1});
  const nn::LSTM live = nn::lifted(layer, r);
  const auto output = live(x);
  BOOST_TEST(distance(y, output.y) < 1e-15);
  BOOST_TEST(distance(last.c, reshape(output.state.c, Shape{2, hidden})) < 1e-15);
  const auto of_scan = nn::adjoints_of(live_cell, backward(sum(square(y)))),
             of_layer = nn::adjoints_of(live, backward(sum(square(output.y))));
  for (std::size_t k = 0; k < of_layer.size(); ++k) BOOST_TEST(distance(of_scan[k], of_layer[k]) < 1e-13);
}

BOOST_AUTO_TEST_CASE(a_state_carries_a_sequence_on) {
  nn::Random random(9);
  const nn::GRU layer(inputs, hidden, random, {.layers = 2, .dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{6, 2, inputs}, 0, 1, Dtype::f64);
  const auto whole = layer(x), first = layer(slice_along(x, 0, 0, 4)),
             second = layer(slice_along(x, 0, 4, 6), {.state = first.state});
  BOOST_TEST(distance(concatenate({first.y, second.y}, 0), whole.y) < 1e-15);
  BOOST_TEST(distance(second.state, whole.state) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_sequence_of_length_0_keeps_its_first_state) {
  nn::Random random(10);
  const nn::GRU layer(inputs, hidden, random, {.bidirectional = true, .dtype = Dtype::f64});
  const Tensor h = random.normal(Shape{2, 2, hidden}, 0, 1, Dtype::f64);
  const auto output = layer(random.normal(Shape{3, 2, inputs}, 0, 1, Dtype::f64),
                            {.state = h, .lengths = tensor(std::vector<std::int64_t>{0, 2}, Shape{2})});
  BOOST_TEST(distance(slice_along(output.state, 1, 0, 1), slice_along(h, 1, 0, 1)) == 0.0);
  BOOST_TEST(distance(slice_along(output.state, 1, 1, 2), slice_along(h, 1, 1, 2)) > 1e-3);
}

BOOST_AUTO_TEST_CASE(a_state_dict_loads_by_its_names_in_any_order) {
  nn::Random random(10);
  nn::LSTM layer(inputs, hidden, random,
                 {.layers = 2, .batch_first = true, .bidirectional = true, .dtype = Dtype::f64});
  const reference::Stored& stored = reference::stored("layers", "lstm_deep");
  std::vector<nn::NamedTensor> dictionary;
  Tensor x, h, c;
  for (auto part = stored.parts.rbegin(); part != stored.parts.rend(); ++part) {
    if (part->first == "x")
      x = part->second;
    else if (part->first == "h")
      h = part->second;
    else if (part->first == "c")
      c = part->second;
    else
      dictionary.push_back({part->first, part->second});
  }
  nn::load_state(layer, dictionary);
  BOOST_TEST(distance(layer(x, {.state = nn::LSTMState{h, c}}).y, stored.outputs[0]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(dropout_lies_between_layers_in_training_alone) {
  nn::Random random(2);
  const nn::LSTM layer(inputs, hidden, random, {.layers = 2, .dropout = 0.5, .dtype = Dtype::f64});
  const nn::LSTM single(inputs, hidden, random, {.dropout = 0.5, .dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{5, 3, inputs}, 0, 1, Dtype::f64);
  const auto pass = [] { return nn::Pass::training(nn::Random(4)); };
  nn::Pass a = pass(), b = pass(), c = pass();
  const Tensor first = layer(x, a);
  BOOST_TEST((first.value() == Tensor(layer(x, b)).value()));
  BOOST_TEST(distance(first, layer(x, a)) > 1e-3);
  BOOST_TEST(distance(first, layer(x)) > 1e-3);
  BOOST_TEST((Tensor(layer(x)).value() == Tensor(layer(x)).value()));
  BOOST_TEST(distance(single(x, c), single(x)) == 0.0);
}

BOOST_AUTO_TEST_CASE(it_stands_in_a_sequential_with_names) {
  nn::Random random(2);
  const nn::Sequential network(nn::LSTM(inputs, hidden, random), nn::LastStep{}, nn::Linear(hidden, 1, random));
  std::vector<std::string> names;
  for (const auto& each : nn::state(network)) names.push_back(each.name);
  const std::vector<std::string> expected{"0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0",
                                          "0.bias_hh_l0",   "2.weight",       "2.bias"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST((network(zeros(Shape{5, 4, inputs}, Dtype::f32)).shape() == Shape{4, 1}));
  // What is refused inside has the line of the call outside.
  BOOST_CHECK_EXCEPTION((void)network(zeros(Shape{5, 4, 9}, Dtype::f32)), ShapeError,
                        says("LSTM: the input has f32[5,4,9]; expected f32[steps,batch,2], or f32[steps,2] without a "
                             "batch (" __FILE__ ":"));
  nn::AnyModule any(network);
  nn::Pass pass = nn::Pass::evaluation();
  BOOST_CHECK_EXCEPTION((void)any(zeros(Shape{5, 4, 9}, Dtype::f32), pass), ShapeError, says("(" __FILE__ ":"));
  BOOST_TEST((nn::LastStep{.batch_first = true}(zeros(Shape{4, 5, 3})).shape() == Shape{4, 3}));
  BOOST_CHECK_EXCEPTION((void)nn::LastStep{}(zeros(Shape{0, 4, 3})), ShapeError, says("one step at least"));
}

BOOST_AUTO_TEST_CASE(its_weights_begin_within_the_bounds) {
  nn::Random random(3);
  const nn::GRU layer(4, 16, random, {.layers = 2, .bidirectional = true});
  BOOST_TEST(nn::parameter_count(layer) == 2 * (3 * 16 * (4 + 16) + 2 * 48) + 2 * (3 * 16 * (32 + 16) + 2 * 48));
  for (const auto& each : nn::state(layer)) {
    BOOST_TEST(amax(abs(each.value)).item() <= 0.25);
    BOOST_TEST(amax(abs(each.value)).item() > 0.15);
  }
}

BOOST_AUTO_TEST_CASE(it_is_a_structure_that_value_and_grad_takes) {
  nn::Random random(3);
  const nn::LSTM layer(inputs, hidden, random, {.dtype = Dtype::f64});
  const Tensor x = random.normal(Shape{3, 2, inputs}, 0, 1, Dtype::f64);
  const auto [loss, g] = value_and_grad([&](const nn::LSTM& lstm) { return sum(square(lstm(x).y)); })(layer);
  Recording r;
  const nn::LSTM live = nn::lifted(layer, r);
  const Tensor y = sum(square(live(x).y));
  BOOST_TEST(loss.item() == y.item());
  BOOST_TEST(distance(g.weights[0].weight_hh, nn::adjoints_of(live, backward(y))[1]) == 0.0);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_layer_shape_and_line) {
  nn::Random random(1);
  const nn::LSTM layer(inputs, hidden, random);
  const Tensor x = zeros(Shape{5, 4, inputs}, Dtype::f32);
  BOOST_CHECK_EXCEPTION(
      (void)layer(zeros(Shape{5, 4, 3}, Dtype::f32)), ShapeError,
      says("LSTM: the input has f32[5,4,3]; expected f32[steps,batch,2], or f32[steps,2] without a batch (" __FILE__));
  BOOST_CHECK_EXCEPTION((void)nn::GRU(inputs, hidden, random, {.batch_first = true})(zeros(Shape{5}, Dtype::f32)),
                        ShapeError, says("GRU: the input has f32[5]; expected f32[batch,steps,2]"));
  BOOST_CHECK_EXCEPTION((void)layer(zeros(Shape{0, 4, inputs}, Dtype::f32)), ShapeError, says("one step at least"));
  BOOST_CHECK_EXCEPTION((void)layer(convert(x, Dtype::f64)), DtypeError, says("LSTM: weight_ih_l0 has f32[12,2]"));
  const Tensor h = zeros(Shape{1, 4, hidden}, Dtype::f32);
  BOOST_CHECK_EXCEPTION((void)layer(x, {.state = nn::LSTMState{zeros(Shape{4, hidden}, Dtype::f32), h}}), ShapeError,
                        says("LSTM: the state h has f32[4,3]; expected shape [1,4,3]"));
  BOOST_CHECK_EXCEPTION((void)layer(x, {.state = nn::LSTMState{h, zeros(Shape{1, 4, 2}, Dtype::f32)}}), ShapeError,
                        says("the state c"));
  const auto lengths = [](std::vector<std::int64_t> of) {
    return tensor(of, Shape{static_cast<std::int64_t>(of.size())});
  };
  BOOST_CHECK_EXCEPTION((void)layer(x, {.lengths = lengths({1, 2, 6, 3})}), DomainError,
                        says("sequence 2 has the length 6; expected a length from 0 to 5"));
  BOOST_CHECK_EXCEPTION((void)layer(x, {.lengths = lengths({1, -2, 5, 3})}), DomainError, says("the length -2"));
  BOOST_CHECK_EXCEPTION((void)layer(x, {.lengths = lengths({1, 2})}), ShapeError, says("i64[4], one for each"));
  BOOST_CHECK_EXCEPTION((void)nn::LSTM(0, 3, random), ArgumentError, says("LSTM: 0 inputs"));
  BOOST_CHECK_EXCEPTION((void)nn::LSTM(2, 3, random, {.layers = 0}), ArgumentError, says("0 layers"));
  BOOST_CHECK_EXCEPTION((void)nn::LSTM(2, 3, random, {.dropout = 2}), ArgumentError, says("the dropout is"));
  const nn::LSTMCell cell(inputs, hidden, random);
  BOOST_CHECK_EXCEPTION((void)cell(zeros(Shape{4, 3}, Dtype::f32)), ShapeError,
                        says("LSTMCell: the input has f32[4,3]; expected f32[batch,2]"));
}

BOOST_AUTO_TEST_CASE(an_empty_batch_runs) {
  nn::Random random(1);
  const nn::LSTM layer(inputs, hidden, random);
  BOOST_TEST((layer(zeros(Shape{3, 0, inputs}, Dtype::f32)).y.shape() == Shape{3, 0, hidden}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
