// Reading order: step (one step of each kind), Direction (one layer, one way, all steps), run_layers (all layers).
#include "wengert/nn/layers/recurrent.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "wengert/nn/functions/checks.hpp"
#include "wengert/nn/functions/dropout.hpp"
#include "wengert/nn/functions/lined.hpp"
#include "wengert/nn/functions/operands.hpp"

namespace wengert::nn {

using namespace detail;

namespace {

using Where = std::source_location;

enum class Kind : std::uint8_t { tanh, relu, lstm, gru };

Kind kind_of_rnn(Nonlinearity nonlinearity) { return nonlinearity == Nonlinearity::relu ? Kind::relu : Kind::tanh; }
std::int64_t gates_of(Kind kind) { return kind == Kind::lstm ? 4 : kind == Kind::gru ? 3 : 1; }

Tensor columns(const Tensor& x, std::int64_t first, std::int64_t end, Where where) {
  return slice_along(x, 1, first, end, 1, where);
}
Tensor rows(const Tensor& x, std::int64_t first, std::int64_t end, Where where) {
  return slice_along(x, 0, first, end, 1, where);
}

// --- One step -------------------------------------------------------------------------------------------------------

/// What the steps of a direction share. Biases that are only added to what comes from the input are in there already.
struct Shared {
  Kind kind;
  std::int64_t hidden;
  Tensor recurrent;            // weight_hh, transposed: [hidden, gates·hidden]
  std::optional<Tensor> bias;  // of a GRU: bias_hh, as [batch, gates·hidden]
};

/// `input`: W_ih·x + b_ih (and + b_hh, but for a GRU), [batch, gates·hidden]. h and c are [batch, hidden]; only an LSTM
/// has c.
LSTMState step(const Shared& shared, const Tensor& input, const LSTMState& state, Where where) {
  const std::int64_t n = shared.hidden;
  const Tensor product = matmul(state.h, shared.recurrent, where);
  switch (shared.kind) {
    case Kind::tanh:
      return {tanh(at(input, where) + product, where), {}};
    case Kind::relu:
      return {relu(at(input, where) + product, where), {}};
    case Kind::lstm: {
      const Tensor net = at(input, where) + product;
      const Tensor in = sigmoid(columns(net, 0, n, where), where);
      const Tensor forget = sigmoid(columns(net, n, 2 * n, where), where);
      const Tensor candidate = tanh(columns(net, 2 * n, 3 * n, where), where);
      const Tensor out = sigmoid(columns(net, 3 * n, 4 * n, where), where);
      const Tensor kept = at(forget, where) * state.c;
      const Tensor added = at(in, where) * candidate;
      const Tensor c = at(kept, where) + added;
      return {at(out, where) * tanh(c, where), c};
    }
    case Kind::gru:
      break;
  }
  const Tensor hidden = shared.bias ? at(product, where) + *shared.bias : product;
  const Tensor gates = sigmoid(at(columns(input, 0, 2 * n, where), where) + columns(hidden, 0, 2 * n, where), where);
  const Tensor reset = columns(gates, 0, n, where), update = columns(gates, n, 2 * n, where);
  const Tensor gated = at(reset, where) * columns(hidden, 2 * n, 3 * n, where);
  const Tensor candidate = tanh(at(columns(input, 2 * n, 3 * n, where), where) + gated, where);
  // (1 - z)·n + z·h
  const Tensor change = at(state.h, where) - candidate;
  return {at(candidate, where) + update * change, {}};
}

/// W_ih·x + b_ih (+ b_hh) for every row of x.
Tensor project(Kind kind, const RecurrentWeights& weights, const Tensor& x, Where where) {
  const Tensor y = matmul_transposed(x, weights.weight_ih, where);
  if (kind == Kind::gru || !weights.bias_hh) return weights.bias_ih ? at(y, where) + *weights.bias_ih : y;
  const Tensor bias = weights.bias_ih ? at(*weights.bias_ih, where) + *weights.bias_hh : *weights.bias_hh;
  return at(y, where) + bias;
}

Shared shared_of(Kind kind, const RecurrentWeights& weights, std::int64_t batch, Where where) {
  const std::int64_t hidden = weights.weight_hh.shape()[1];
  Shared shared{kind, hidden, transpose(weights.weight_hh, where), {}};
  if (kind == Kind::gru && weights.bias_hh)
    shared.bias = broadcast(*weights.bias_hh, Shape{{batch, gates_of(kind) * hidden}, where}, where);
  return shared;
}

// --- All steps of a direction ---------------------------------------------------------------------------------------

/// Which sequences are still running at a step.
struct Running {
  bool all = true, none = false;
  Tensor mask;  // bool [batch, hidden], unless all or none
};

std::vector<Running> running_at(const std::optional<std::vector<std::int64_t>>& lengths, std::int64_t steps,
                                std::int64_t hidden, Where where) {
  std::vector<Running> result(static_cast<std::size_t>(steps));
  if (!lengths || lengths->empty()) return result;
  const auto batch = static_cast<std::int64_t>(lengths->size());
  const Tensor column = tensor(std::span<const std::int64_t>(*lengths), Shape{{batch, 1}, where}, where);
  const auto [least, most] = std::minmax_element(lengths->begin(), lengths->end());
  for (std::int64_t t = 0; t < steps; ++t) {
    Running& run = result[static_cast<std::size_t>(t)];
    run.all = t < *least;
    run.none = t >= *most;
    if (!run.all && !run.none)
      run.mask = broadcast(at(column, where) > static_cast<double>(t), Shape{{batch, hidden}, where}, where);
  }
  return result;
}

struct Course {
  std::vector<Tensor> outputs;  // of every step: [batch, hidden]
  LSTMState last;
};

/// x is [steps·batch, inputs].
Course course_of(Kind kind, const RecurrentWeights& weights, const Tensor& x, std::int64_t batch, LSTMState state,
                 const std::vector<Running>& running, bool reversed, Where where) {
  const Tensor projected = project(kind, weights, x, where);
  const Shared shared = shared_of(kind, weights, batch, where);
  const auto steps = static_cast<std::int64_t>(running.size());
  Course course{std::vector<Tensor>(running.size()), {}};
  const Tensor nothing = zeros(Shape{{batch, shared.hidden}, where}, x.dtype(), where);
  for (std::int64_t k = 0; k < steps; ++k) {
    // The reverse direction keeps its first state until it comes to the last step of a sequence.
    const std::int64_t t = reversed ? steps - 1 - k : k;
    const Running& run = running[static_cast<std::size_t>(t)];
    Tensor& output = course.outputs[static_cast<std::size_t>(t)];
    if (run.none) {
      output = nothing;
      continue;
    }
    const LSTMState next = step(shared, rows(projected, t * batch, (t + 1) * batch, where), state, where);
    if (run.all) {
      state = next;
      output = next.h;
    } else {
      output = select(run.mask, next.h, nothing, where);
      state.h = select(run.mask, next.h, state.h, where);
      if (kind == Kind::lstm) state.c = select(run.mask, next.c, state.c, where);
    }
  }
  course.last = state;
  return course;
}

// --- All layers -----------------------------------------------------------------------------------------------------

std::string sizes_text(Dtype dtype, std::initializer_list<std::string> extents) {
  std::string text(to_string(dtype));
  char before = '[';
  for (const std::string& extent : extents) text += before + extent, before = ',';
  return text + "]";
}

/// What a call was given, checked, with a batch and steps first.
struct Call {
  std::string_view layer;
  Tensor x;  // [steps, batch, inputs]
  std::int64_t steps = 0, batch = 0;
  bool batched = true;
  std::optional<std::vector<std::int64_t>> lengths;
};

Call call_of(std::string_view layer, const RecurrentLayer& net, const Tensor& x, const std::optional<Tensor>& lengths,
             Where where) {
  check_real(layer, "the input", x, where);
  const std::string inputs = std::to_string(net.inputs);
  if ((x.rank() != 2 && x.rank() != 3) || x.shape()[x.rank() - 1] != net.inputs)
    refuse_shape(layer, "the input", x,
                 (net.options.batch_first ? sizes_text(x.dtype(), {"batch", "steps", inputs})
                                          : sizes_text(x.dtype(), {"steps", "batch", inputs})) +
                     ", or " + sizes_text(x.dtype(), {"steps", inputs}) + " without a batch",
                 where);
  Call call{.layer = layer, .x = x, .batched = x.rank() == 3, .lengths = {}};
  if (!call.batched)
    call.x = reshape(x, Shape{{x.shape()[0], 1, net.inputs}, where}, where);
  else if (net.options.batch_first)
    call.x = permute(x, {1, 0, 2}, where);
  call.steps = call.x.shape()[0];
  call.batch = call.x.shape()[1];
  if (call.steps == 0) refuse_shape(layer, "the input", x, "one step at least", where);
  if (!lengths) return call;

  if (!(lengths->type() == Type{Dtype::i64, Shape{{call.batch}, where}}))
    refuse_shape(layer, "the list of lengths", *lengths,
                 sizes_text(Dtype::i64, {std::to_string(call.batch)}) + ", one for each sequence", where);
  call.lengths.emplace();
  for (std::int64_t k = 0; k < call.batch; ++k) {
    const double length = lengths->value().element(k);
    if (length < 0 || length > static_cast<double>(call.steps))
      throw DomainError{{.operation = std::string(layer),
                         .operands = {to_string(x.type()), to_string(lengths->type())},
                         .problem = "sequence " + std::to_string(k) + " has the length " +
                                    std::to_string(static_cast<std::int64_t>(length)),
                         .expected = "a length from 0 to " + std::to_string(call.steps) + ", the number of steps",
                         .where = where}};
    call.lengths->push_back(static_cast<std::int64_t>(length));
  }
  return call;
}

/// The states that layers and directions begin with: [batch, hidden] each.
std::vector<Tensor> first_states(const Call& call, const RecurrentLayer& net, const std::optional<Tensor>& state,
                                 std::string_view what, Where where) {
  const auto count = static_cast<std::int64_t>(net.weights.size());
  const Shape one{{call.batch, net.hidden}, where};
  if (!state) return std::vector<Tensor>(net.weights.size(), zeros(one, call.x.dtype(), where));
  want_type(call.layer, what, *state, call.x,
            call.batched ? Shape{{count, call.batch, net.hidden}, where} : Shape{{count, net.hidden}, where}, where);
  std::vector<Tensor> result;
  for (std::int64_t k = 0; k < count; ++k) result.push_back(reshape(rows(*state, k, k + 1, where), one, where));
  return result;
}

Tensor states_together(const Call& call, const std::vector<Tensor>& states, Where where) {
  if (!call.batched) return concatenate(states, 0, where);
  return stack(states, 0, where);
}

RecurrentOutput<LSTMState> run_layers(std::string_view layer, Kind kind, const RecurrentLayer& net, const Tensor& x,
                                      Pass& pass, const std::optional<Tensor>& h, const std::optional<Tensor>& c,
                                      const std::optional<Tensor>& lengths, Where where) {
  const Call call = call_of(layer, net, x, lengths, where);
  want_type(layer, "weight_ih_l0", net.weights[0].weight_ih, x, Shape{{gates_of(kind) * net.hidden, net.inputs}, where},
            where);
  const std::vector<Tensor> first_h = first_states(call, net, h, "the state h", where);
  const std::vector<Tensor> first_c =
      kind == Kind::lstm ? first_states(call, net, c, "the state c", where) : std::vector<Tensor>(first_h.size());
  const LayerScope scope(layer, x, net.weights[0].weight_ih, where);

  const std::vector<Running> running = running_at(call.lengths, call.steps, net.hidden, where);
  const std::size_t directions = net.options.bidirectional ? 2 : 1;
  const auto width = static_cast<std::int64_t>(directions) * net.hidden;
  std::vector<Tensor> last_h, last_c;
  Tensor y = call.x;
  for (std::size_t first = 0; first < net.weights.size(); first += directions) {
    if (first > 0 && net.options.dropout > 0 && pass.is_training())
      y = dropout(y, net.options.dropout, pass.random(), where);
    const Tensor input = reshape(y, Shape{{call.steps * call.batch, y.shape()[2]}, where}, where);
    std::vector<Tensor> sides;
    for (std::size_t k = first; k < first + directions; ++k) {
      const Course course =
          course_of(kind, net.weights[k], input, call.batch, {first_h[k], first_c[k]}, running, k != first, where);
      // Rows of steps one after the other are [steps, batch, hidden] already.
      sides.push_back(
          reshape(concatenate(course.outputs, 0, where), Shape{{call.steps, call.batch, net.hidden}, where}, where));
      last_h.push_back(course.last.h);
      if (kind == Kind::lstm) last_c.push_back(course.last.c);
    }
    y = directions == 1 ? sides[0] : concatenate(sides, 2, where);
  }
  if (!call.batched)
    y = reshape(y, Shape{{call.steps, width}, where}, where);
  else if (net.options.batch_first)
    y = permute(y, {1, 0, 2}, where);
  return {y,
          {states_together(call, last_h, where), kind == Kind::lstm ? states_together(call, last_c, where) : Tensor()}};
}

RecurrentWeights weights_of(std::int64_t gates, std::int64_t inputs, std::int64_t hidden, bool bias, Dtype dtype,
                            Random& random, Where where) {
  const double most = 1 / std::sqrt(static_cast<double>(hidden));
  const auto uniform = [&](const Shape& shape) { return random.uniform(shape, -most, most, dtype, where); };
  RecurrentWeights weights;
  weights.weight_ih = uniform(Shape{{gates * hidden, inputs}, where});
  weights.weight_hh = uniform(Shape{{gates * hidden, hidden}, where});
  if (bias) {
    weights.bias_ih = uniform(Shape{{gates * hidden}, where});
    weights.bias_hh = uniform(Shape{{gates * hidden}, where});
  }
  return weights;
}

void want_sizes(std::string_view layer, std::int64_t inputs, std::int64_t hidden, Where where) {
  want(inputs > 0 && hidden > 0, layer,
       std::to_string(inputs) + " inputs and " + std::to_string(hidden) + " hidden units", "one of each at least",
       where);
}

LSTMState cell_step(std::string_view cell, Kind kind, const RecurrentWeights& weights, const Tensor& x,
                    const std::optional<Tensor>& h, const std::optional<Tensor>& c, Where where) {
  check_real(cell, "the input", x, where);
  const std::int64_t inputs = weights.weight_ih.shape()[1], hidden = weights.weight_hh.shape()[1];
  if (x.rank() != 2 || x.shape()[1] != inputs)
    refuse_shape(cell, "the input", x, sizes_text(x.dtype(), {"batch", std::to_string(inputs)}), where);
  const std::int64_t batch = x.shape()[0];
  const Shape one{{batch, hidden}, where};
  want_type(cell, "weight_ih", weights.weight_ih, x, Shape{{gates_of(kind) * hidden, inputs}, where}, where);
  if (h) want_type(cell, "the state h", *h, x, one, where);
  if (c) want_type(cell, "the state c", *c, x, one, where);
  const LayerScope scope(cell, x, weights.weight_ih, where);
  const Tensor nothing = zeros(one, x.dtype(), where);
  return step(shared_of(kind, weights, batch, where), project(kind, weights, x, where),
              {h.value_or(nothing), c.value_or(nothing)}, where);
}

}  // namespace

// --- RecurrentLayer -------------------------------------------------------------------------------------------------

RecurrentLayer::RecurrentLayer(std::string_view layer, std::int64_t gates, std::int64_t input_count,
                               std::int64_t hidden_count, Random& random, const RecurrentOptions& chosen, Where where)
    : inputs(input_count), hidden(hidden_count), options(chosen) {
  want_sizes(layer, inputs, hidden, where);
  want(options.layers > 0, layer, std::to_string(options.layers) + " layers", "one at least", where);
  want(options.dropout >= 0 && options.dropout <= 1, layer, "the dropout is " + std::to_string(options.dropout),
       "a number from 0 to 1", where);
  const std::int64_t directions = options.bidirectional ? 2 : 1;
  for (std::int64_t k = 0; k < options.layers * directions; ++k)
    weights.push_back(weights_of(gates, k < directions ? inputs : directions * hidden, hidden, options.bias,
                                 options.dtype, random, where));
}

void RecurrentLayer::collect(Path& path, Entries& into) {
  const std::size_t directions = options.bidirectional ? 2 : 1;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const std::size_t first = into.size();
    detail::collect(weights[k], path, into);
    const std::string ending = "_l" + std::to_string(k / directions) + (k % directions == 1 ? "_reverse" : "");
    for (std::size_t each = first; each < into.size(); ++each) into[each].name += ending;
  }
}

// --- Layers ---------------------------------------------------------------------------------------------------------

RNN::RNN(std::int64_t input_count, std::int64_t hidden_count, Random& random, const RecurrentOptions& chosen,
         Where where)
    : RecurrentLayer("RNN", 1, input_count, hidden_count, random, chosen, where) {}
RNN::Output RNN::operator()(const Tensor& x, Pass& pass, const Input& input, Where where) const {
  auto [y, state] =
      run_layers("RNN", kind_of_rnn(options.nonlinearity), *this, x, pass, input.state, {}, input.lengths, where);
  return {y, state.h};
}
RNN::Output RNN::operator()(const Tensor& x, const Input& input, Where where) const {
  Pass pass = Pass::evaluation();
  return (*this)(x, pass, input, where);
}

LSTM::LSTM(std::int64_t input_count, std::int64_t hidden_count, Random& random, const RecurrentOptions& chosen,
           Where where)
    : RecurrentLayer("LSTM", 4, input_count, hidden_count, random, chosen, where) {}
LSTM::Output LSTM::operator()(const Tensor& x, Pass& pass, const Input& input, Where where) const {
  std::optional<Tensor> h, c;
  if (input.state) h = input.state->h, c = input.state->c;
  return run_layers("LSTM", Kind::lstm, *this, x, pass, h, c, input.lengths, where);
}
LSTM::Output LSTM::operator()(const Tensor& x, const Input& input, Where where) const {
  Pass pass = Pass::evaluation();
  return (*this)(x, pass, input, where);
}

GRU::GRU(std::int64_t input_count, std::int64_t hidden_count, Random& random, const RecurrentOptions& chosen,
         Where where)
    : RecurrentLayer("GRU", 3, input_count, hidden_count, random, chosen, where) {}
GRU::Output GRU::operator()(const Tensor& x, Pass& pass, const Input& input, Where where) const {
  auto [y, state] = run_layers("GRU", Kind::gru, *this, x, pass, input.state, {}, input.lengths, where);
  return {y, state.h};
}
GRU::Output GRU::operator()(const Tensor& x, const Input& input, Where where) const {
  Pass pass = Pass::evaluation();
  return (*this)(x, pass, input, where);
}

Tensor LastStep::operator()(const Tensor& x, Where where) const {
  const std::size_t axis = batch_first ? 1 : 0;
  if (x.rank() < 2 || x.shape()[axis] == 0)
    refuse_shape("LastStep", "the input", x,
                 batch_first ? "[batch,steps,…], one step at least" : "[steps,batch,…], one step at least", where);
  const LayerScope scope("LastStep", x, where);
  Indices extents;
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (k != axis) extents.push(x.shape()[k]);
  const std::int64_t steps = x.shape()[axis];
  return reshape(slice_along(x, static_cast<std::int64_t>(axis), steps - 1, steps, 1, where), Shape(extents, where),
                 where);
}

// --- Cells ----------------------------------------------------------------------------------------------------------

namespace {
RecurrentWeights cell_weights(std::string_view cell, Kind kind, std::int64_t inputs, std::int64_t hidden,
                              Random& random, const CellOptions& options, Where where) {
  want_sizes(cell, inputs, hidden, where);
  return weights_of(gates_of(kind), inputs, hidden, options.bias, options.dtype, random, where);
}
}  // namespace

RNNCell::RNNCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options, Where where)
    : RecurrentWeights(cell_weights("RNNCell", Kind::tanh, inputs, hidden, random, options, where)),
      nonlinearity(options.nonlinearity) {}
Tensor RNNCell::operator()(const Tensor& x, const std::optional<Tensor>& h, Where where) const {
  return cell_step("RNNCell", kind_of_rnn(nonlinearity), *this, x, h, {}, where).h;
}

LSTMCell::LSTMCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options, Where where)
    : RecurrentWeights(cell_weights("LSTMCell", Kind::lstm, inputs, hidden, random, options, where)) {}
LSTMState LSTMCell::operator()(const Tensor& x, const std::optional<LSTMState>& state, Where where) const {
  std::optional<Tensor> h, c;
  if (state) h = state->h, c = state->c;
  return cell_step("LSTMCell", Kind::lstm, *this, x, h, c, where);
}

GRUCell::GRUCell(std::int64_t inputs, std::int64_t hidden, Random& random, const CellOptions& options, Where where)
    : RecurrentWeights(cell_weights("GRUCell", Kind::gru, inputs, hidden, random, options, where)) {}
Tensor GRUCell::operator()(const Tensor& x, const std::optional<Tensor>& h, Where where) const {
  return cell_step("GRUCell", Kind::gru, *this, x, h, {}, where).h;
}

}  // namespace wengert::nn
