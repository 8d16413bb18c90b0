// The functions behind cond, scan and while_loop: entries whose operands and results are rows of numbers.
//
//     cond         (truth, operands)               -> result
//     scan         (carry, sequence, parameters)   -> last carry, results of all steps; sequence: f64[steps, elements]
//     while_loop   (state, parameters)             -> last state, number of steps
//     loop vjp     (cotangent, carry, sequence, parameters, steps) -> cotangents of carry, sequence, parameters
//
// Reading order: StepFunction, CondFunction, ReverseLoop (the loop that runs backwards), LoopVjp, ScanFunction,
// WhileFunction, then what the header calls.
#include "wengert/autodiff/transform/control.hpp"

#include <algorithm>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/function.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#include "wengert/autodiff/transform/program_function.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

Predicate::Predicate(const Tensor& truth, std::source_location where)
    : truth_(to_scalar(convert(truth, Dtype::f64, where), where)), where_(where) {}

namespace detail {

namespace {

using BodyPointer = std::shared_ptr<const Body>;

Type row_type(std::size_t size) { return {Dtype::f64, Shape{static_cast<std::int64_t>(size)}}; }
Tensor no_numbers(std::size_t size) { return zeros(Shape{static_cast<std::int64_t>(size)}, Dtype::f64, {}); }

/// The numbers of a constant tensor, as long as it lives.
class Numbers {
 public:
  explicit Numbers(const Tensor& x) : array_(x.value().dense()) {}
  [[nodiscard]] const double* data() const { return array_.data<double>().data(); }

 private:
  Array array_;
};

/// A row to write to.
class NewRow {
 public:
  explicit NewRow(std::size_t size) : array_(Array::zeros(row_type(size))) {}
  [[nodiscard]] double* data() { return array_.mutable_data<double>().data(); }
  [[nodiscard]] Tensor tensor() && { return Tensor(std::move(array_)); }

 private:
  Array array_;
};

/// The body once: (inputs) -> outputs.
class StepFunction final : public wengert::Function {
 public:
  explicit StepFunction(BodyPointer body) : body_(std::move(body)) {}
  [[nodiscard]] std::string name() const override { return "step"; }
  [[nodiscard]] Type type(std::span<const Type>) const override { return row_type(body_->output_size()); }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    BodyRunner runner(body_);
    runner.load(0, body_->inputs().size(), Numbers(x[0]).data());
    runner.run();
    NewRow result(body_->output_size());
    runner.store(0, body_->outputs().size(), result.data());
    return std::move(result).tensor();
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                        std::span<const char>) const override {
    return {call(std::make_shared<const StepFunction>(body_->vjp()), {joined({x[0], cotangent}, {})}, {})};
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor> x) const override {
    const BodyPointer moved = body_->jvp({body_->inputs().size()}, {body_->outputs().size()});
    const Tensor both = call(std::make_shared<const StepFunction>(moved), {joined({x[0], tangents[0]}, {})}, {});
    return part_of(both, body_->output_size(), body_->output_size(), {});
  }

 private:
  BodyPointer body_;
};

class CondFunction final : public wengert::Function {
 public:
  CondFunction(BodyPointer then, BodyPointer otherwise) : then_(std::move(then)), otherwise_(std::move(otherwise)) {}
  [[nodiscard]] std::string name() const override { return "cond"; }
  [[nodiscard]] Type type(std::span<const Type>) const override { return row_type(then_->output_size()); }
  [[nodiscard]] bool differentiable(std::size_t operand) const override { return operand != 0; }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    const bool holds = WENGERT_HOLDS("cond: the predicate holds", x[0].value().element(0) != 0.0);
    return StepFunction(holds ? then_ : otherwise_).value(x.subspan(1));
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                        std::span<const char>) const override {
    return {Tensor(), call(std::make_shared<const CondFunction>(then_->vjp(), otherwise_->vjp()),
                           {x[0], joined({x[1], cotangent}, {})}, {})};
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor> x) const override {
    const auto moved = [](const BodyPointer& body) {
      return body->jvp({body->inputs().size()}, {body->outputs().size()});
    };
    const Tensor both = call(std::make_shared<const CondFunction>(moved(then_), moved(otherwise_)),
                             {x[0], joined({x[1], tangents[1]}, {})}, {});
    return part_of(both, then_->output_size(), then_->output_size(), {});
  }

 private:
  BodyPointer then_, otherwise_;
};

// --- Loops ----------------------------------------------------------------------------------------------------------

/// A body as the step of a loop: inputs carry, element, parameters; outputs carry, result.
struct LoopBody {
  BodyPointer body;
  std::size_t carry = 0, element = 0, parameters = 0, result = 0;  // numbers in their rows
  std::size_t carry_leaves = 0, element_leaves = 0, parameter_leaves = 0, result_leaves = 0;

  LoopBody(BodyPointer step, std::size_t leaves_of_carry, std::size_t leaves_of_element)
      : body(std::move(step)), carry_leaves(leaves_of_carry), element_leaves(leaves_of_element) {
    const std::span<const LeafType> in = body->inputs(), out = body->outputs();
    parameter_leaves = in.size() - carry_leaves - element_leaves;
    result_leaves = out.size() - carry_leaves;
    carry = size_of(in.first(carry_leaves));
    element = size_of(in.subspan(carry_leaves, element_leaves));
    parameters = size_of(in.subspan(carry_leaves + element_leaves));
    result = size_of(out.subspan(carry_leaves));
  }
  /// The body that moves the tangents along: of carry, element, parameters and result each with its own beside it.
  [[nodiscard]] LoopBody moved() const {
    return {body->jvp({carry_leaves, element_leaves, parameter_leaves}, {carry_leaves, result_leaves}),
            2 * carry_leaves, 2 * element_leaves};
  }
};

/// Steps forwards.
class ForwardLoop {
 public:
  ForwardLoop(const LoopBody& loop, const double* sequence, const double* parameters)
      : loop_(loop), runner_(loop.body), sequence_(sequence) {
    runner_.load(loop.carry_leaves + loop.element_leaves, loop.parameter_leaves, parameters);
  }
  /// Step t: replaces the carry; the result goes where it is wanted.
  void step(std::size_t t, double* carry, double* result = nullptr) {
    runner_.load(0, loop_.carry_leaves, carry);
    runner_.load(loop_.carry_leaves, loop_.element_leaves, sequence_ + t * loop_.element);
    runner_.run();
    runner_.store(0, loop_.carry_leaves, carry);
    if (result != nullptr) runner_.store(loop_.carry_leaves, loop_.result_leaves, result);
  }

 private:
  const LoopBody& loop_;
  BodyRunner runner_;
  const double* sequence_;
};

/// So many steps can be reversed with `states` kept at a time, the first among them, if no step is run more often than
/// `repeats` times beforehand: a binomial coefficient (Griewank and Walther's revolve), or the largest number there is.
std::uint64_t reach(std::uint64_t states, std::uint64_t repeats) {
  constexpr std::uint64_t most = std::uint64_t{1} << 52;
  const std::uint64_t low = std::min(states, repeats), high = std::max(states, repeats);
  std::uint64_t result = 1;
  for (std::uint64_t k = 1; k <= low; ++k) {
    if (result > most / (high + k)) return most;
    result = result * (high + k) / k;
  }
  return result;
}

/// The loop backwards: cotangents of carry and results in, of the first carry, the elements and the parameters out.
class ReverseLoop {
 public:
  ReverseLoop(const LoopBody& loop, std::uint64_t memory, const double* sequence, const double* parameters)
      : loop_(loop),
        forward_(loop, sequence, parameters),
        backward_(loop.body->vjp()),
        sequence_(sequence),
        scratch_(loop.parameters),
        most_states_(static_cast<std::size_t>(
            std::max<std::uint64_t>(2, memory / (loop.carry * sizeof(double) + sizeof(State))))) {
    backward_.load(loop.carry_leaves + loop.element_leaves, loop.parameter_leaves, parameters);
  }

  /// `cotangent`: of the last carry, and of the results of all steps. `out`: the row of the cotangents.
  void run(std::size_t steps, const double* carry, const double* cotangent, double* out) {
    out_ = out;
    steps_ = steps;
    result_cotangent_ = cotangent + loop_.carry;
    std::copy_n(cotangent, loop_.carry, out);
    std::fill_n(out + loop_.carry + steps * loop_.element, loop_.parameters, 0.0);
    states_.push_back({0, std::vector<double>(carry, carry + loop_.carry)});
    for (std::size_t end = steps; end > 0;) {
      const std::size_t gap = end - states_.back().step;
      if (gap == 1) {
        back(--end, states_.back().numbers.data());
        states_.pop_back();
        continue;
      }
      State state{states_.back().step, states_.back().numbers};
      if (WENGERT_HOLDS("reverse loop: no room for a state", states_.size() >= most_states_)) {
        advance(state, gap - 1);
        back(--end, state.numbers.data());
        continue;
      }
      // Behind the new state are as many steps as the room that is left can do with the same number of repetitions.
      const std::uint64_t room = most_states_ - states_.size() + 1;
      std::uint64_t repeats = 1;
      while (reach(room, repeats) < gap) ++repeats;
      advance(state, std::min<std::uint64_t>(gap - 1, reach(room, repeats - 1)));
      states_.push_back(std::move(state));
    }
  }

 private:
  struct State {
    std::size_t step = 0;
    std::vector<double> numbers;
  };

  void advance(State& state, std::uint64_t steps) {
    for (std::uint64_t k = 0; k < steps; ++k, ++state.step) forward_.step(state.step, state.numbers.data());
  }

  void back(std::size_t t, const double* carry) {
    const std::size_t at_parameters = loop_.carry_leaves + loop_.element_leaves;
    const std::size_t at_cotangents = at_parameters + loop_.parameter_leaves;
    backward_.load(0, loop_.carry_leaves, carry);
    backward_.load(loop_.carry_leaves, loop_.element_leaves, sequence_ + t * loop_.element);
    backward_.load(at_cotangents, loop_.carry_leaves, out_);
    backward_.load(at_cotangents + loop_.carry_leaves, loop_.result_leaves, result_cotangent_ + t * loop_.result);
    backward_.run();
    backward_.store(0, loop_.carry_leaves, out_);
    backward_.store(loop_.carry_leaves, loop_.element_leaves, out_ + loop_.carry + t * loop_.element);
    backward_.store(at_parameters, loop_.parameter_leaves, scratch_.data());
    double* const sum = out_ + loop_.carry + steps_ * loop_.element;
    for (std::size_t k = 0; k < loop_.parameters; ++k)
      WENGERT_ADD("reverse loop: cotangent of a parameter", sum[k], scratch_[k]);
  }

  const LoopBody& loop_;
  ForwardLoop forward_;
  BodyRunner backward_;
  const double* sequence_;
  std::vector<double> scratch_;
  std::size_t most_states_;
  std::vector<State> states_;  // those that are kept, in order
  double* out_ = nullptr;
  std::size_t steps_ = 0;
  const double* result_cotangent_ = nullptr;
};

/// The gradient of a loop: (cotangent, carry, sequence, parameters, steps) -> cotangents of carry, sequence,
/// parameters, and a 0 for the number of steps.
class LoopVjp final : public ProgramFunction {
 public:
  LoopVjp(LoopBody loop, std::uint64_t memory, std::string of)
      : loop_(std::move(loop)), memory_(memory), of_(std::move(of)) {}
  [[nodiscard]] std::string name() const override { return "vjp of " + of_; }
  [[nodiscard]] Type type(std::span<const Type> x) const override {
    return row_type(loop_.carry + static_cast<std::size_t>(x[2].shape.size()) + loop_.parameters);
  }
  [[nodiscard]] bool differentiable(std::size_t operand) const override { return operand != 4; }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    const std::size_t steps = steps_of(x);
    NewRow result(loop_.carry + static_cast<std::size_t>(x[2].size()) + loop_.parameters);
    const Numbers cotangent(x[0]), carry(x[1]), sequence(x[2]), parameters(x[3]);
    ReverseLoop reverse(loop_, memory_, sequence.data(), parameters.data());
    reverse.run(steps, carry.data(), cotangent.data(), result.data());
    return std::move(result).tensor();
  }
  [[nodiscard]] Tensor run(std::span<const Tensor> x) const override {
    const std::size_t steps = steps_of(x);
    const auto step = std::make_shared<const StepFunction>(loop_.body);
    const auto step_back = std::make_shared<const StepFunction>(loop_.body->vjp());
    const auto element = [&](std::size_t t) {
      if (loop_.element == 0) return no_numbers(0);
      const auto at = static_cast<std::int64_t>(t);
      return reshape(slice_along(x[2], 0, at, at + 1, 1, {}), Shape{static_cast<std::int64_t>(loop_.element)}, {});
    };
    std::vector<Tensor> carry{x[1]}, elements;
    for (std::size_t t = 0; t < steps; ++t) {
      elements.push_back(element(t));
      if (t + 1 < steps)
        carry.push_back(part_of(call(step, {joined({carry[t], elements[t], x[3]}, {})}, {}), 0, loop_.carry, {}));
    }
    Tensor cotangent = part_of(x[0], 0, loop_.carry, {}), of_parameters = no_numbers(loop_.parameters);
    for (std::size_t t = steps; t-- > 0;) {
      const Tensor of_result = part_of(x[0], loop_.carry + t * loop_.result, loop_.result, {});
      const Tensor all = call(step_back, {joined({carry[t], elements[t], x[3], cotangent, of_result}, {})}, {});
      cotangent = part_of(all, 0, loop_.carry, {});
      elements[t] = part_of(all, loop_.carry, loop_.element, {});
      of_parameters = of_parameters + part_of(all, loop_.carry + loop_.element, loop_.parameters, {});
    }
    const Tensor of_elements =
        loop_.element == 0 || steps == 0 ? no_numbers(0) : reshape(stack(elements, 0, {}), Shape{x[2].size()}, {});
    return joined({cotangent, of_elements, of_parameters}, {});
  }

 private:
  static std::size_t steps_of(std::span<const Tensor> x) { return static_cast<std::size_t>(x[4].value().element(0)); }

  LoopBody loop_;
  std::uint64_t memory_;
  std::string of_;
};

class ScanFunction final : public wengert::Function {
 public:
  ScanFunction(LoopBody loop, std::uint64_t memory, std::string name)
      : loop_(std::move(loop)), memory_(memory), name_(std::move(name)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Type type(std::span<const Type> x) const override {
    return row_type(loop_.carry + static_cast<std::size_t>(x[1].shape[0]) * loop_.result);
  }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    const auto steps = static_cast<std::size_t>(x[1].shape()[0]);
    const Numbers carry(x[0]), sequence(x[1]), parameters(x[2]);
    NewRow result(loop_.carry + steps * loop_.result);
    std::copy_n(carry.data(), loop_.carry, result.data());
    ForwardLoop forward(loop_, sequence.data(), parameters.data());
    double* const results = result.data() + loop_.carry;
    for (std::size_t t = 0; t < steps; ++t)
      forward.step(t, result.data(), results + WENGERT_INDEX("scan: place of a result", t) * loop_.result);
    return std::move(result).tensor();
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                        std::span<const char>) const override {
    const auto steps = static_cast<double>(x[1].shape()[0]);
    const Tensor row = call(std::make_shared<const LoopVjp>(loop_, memory_, name_),
                            {cotangent, x[0], x[1], x[2], full(Shape{1}, steps, Dtype::f64, {})}, {});
    return tensors_of(row, x);
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor> x) const override {
    const auto beside = [](const Tensor& a, const Tensor& b) { return a.size() == 0 ? a : concatenate({a, b}, 1, {}); };
    const Tensor sequence = loop_.element == 0 ? x[1] : beside(x[1], tangents[1]);
    const Tensor both = call(std::make_shared<const ScanFunction>(loop_.moved(), memory_, name_ + " of tangents"),
                             {joined({x[0], tangents[0]}, {}), sequence, joined({x[2], tangents[2]}, {})}, {});
    const std::int64_t steps = x[1].shape()[0];
    const auto width = static_cast<std::int64_t>(loop_.result);
    Tensor results = no_numbers(0);
    if (steps * width != 0) {
      const Tensor rows = reshape(part_of(both, 2 * loop_.carry, static_cast<std::size_t>(2 * steps * width), {}),
                                  Shape{steps, 2 * width}, {});
      results = reshape(slice_along(rows, 1, width, 2 * width, 1, {}), Shape{steps * width}, {});
    }
    return joined({part_of(both, loop_.carry, loop_.carry, {}), results}, {});
  }

 private:
  LoopBody loop_;
  std::uint64_t memory_;
  std::string name_;
};

class WhileFunction final : public wengert::Function {
 public:
  WhileFunction(BodyPointer condition, LoopBody loop, LoopOptions options, std::source_location where)
      : condition_(std::move(condition)), loop_(std::move(loop)), options_(std::move(options)), where_(where) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] Type type(std::span<const Type>) const override { return row_type(loop_.carry + 1); }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    const Numbers state(x[0]), parameters(x[1]);
    NewRow result(loop_.carry + 1);
    std::copy_n(state.data(), loop_.carry, result.data());
    ForwardLoop forward(loop_, nullptr, parameters.data());
    BodyRunner condition(condition_);
    condition.load(loop_.carry_leaves, loop_.parameter_leaves, parameters.data());
    std::uint64_t steps = 0;
    for (;; ++steps) {
      double truth = 0.0;
      condition.load(0, loop_.carry_leaves, result.data());
      condition.run();
      condition.store(0, 1, &truth);
      if (WENGERT_HOLDS("while_loop: the condition does not hold", truth == 0.0)) break;
      if (steps >= options_.most_steps) {
        throw CapacityError{{.operation = options_.name,
                             .problem = "the condition still holds after " + std::to_string(steps) + " steps",
                             .expected = "at most LoopOptions::most_steps",
                             .where = where_}};
      }
      forward.step(0, result.data());
    }
    result.data()[loop_.carry] = static_cast<double>(steps);
    return std::move(result).tensor();
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                        std::span<const char>) const override {
    const Tensor row = call(std::make_shared<const LoopVjp>(loop_, options_.memory, options_.name),
                            {cotangent, x[0], no_numbers(0), x[1], part_of(y, loop_.carry, 1, {})}, {});
    return {part_of(row, 0, loop_.carry, {}), part_of(row, loop_.carry, loop_.parameters, {})};
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor> x) const override {
    LoopOptions options = options_;
    options.name += " of tangents";
    const auto moved = std::make_shared<const WhileFunction>(
        condition_->beside_tangents({loop_.carry_leaves, loop_.parameter_leaves}), loop_.moved(), options, where_);
    const Tensor both = call(moved, {joined({x[0], tangents[0]}, {}), joined({x[1], tangents[1]}, {})}, {});
    return joined({part_of(both, loop_.carry, loop_.carry, {}), no_numbers(1)}, {});
  }

 private:
  BodyPointer condition_;
  LoopBody loop_;
  LoopOptions options_;
  std::source_location where_;
};

// --- What the header calls ------------------------------------------------------------------------------------------

/// The body gives back what it was given, as far as the carry goes.
void want_same_types(const char* operation, const char* what, std::span<const LeafType> expected,
                     std::span<const LeafType> got, std::source_location where) {
  for (std::size_t k = 0; k < expected.size(); ++k) {
    if (k < got.size() && got[k] == expected[k]) continue;
    const std::string found = k < got.size() ? to_string(got[k]) : "nothing";
    const ErrorDetail detail{.operation = operation,
                             .operands = {to_string(expected[k]), found},
                             .problem = "part " + std::to_string(k) + " of " + what + " is " + found,
                             .expected = to_string(expected[k]),
                             .where = where};
    if (k < got.size() && got[k].type.dtype != expected[k].type.dtype) throw DtypeError{detail};
    throw ShapeError{detail};
  }
  if (got.size() == expected.size()) return;
  throw ShapeError{{.operation = operation,
                    .problem = std::string(what) + " has " + std::to_string(got.size()) + " parts",
                    .expected = std::to_string(expected.size()),
                    .where = where}};
}

std::vector<AnyValue> one_after_the_other(std::initializer_list<std::span<const AnyValue>> lists) {
  std::vector<AnyValue> all;
  for (const auto list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

LoopOptions named(LoopOptions options, const char* name) {
  if (options.name.empty()) options.name = name;
  return options;
}

}  // namespace

void throw_unlike(const std::string& operation, const char* expected, std::source_location where) {
  throw ShapeError{{.operation = operation,
                    .problem = "a body gives a structure with a vector of another size, an optional that is not there "
                               "as it was, or another member that is carried along",
                    .expected = expected,
                    .where = where}};
}

std::vector<AnyValue> run_cond(const Predicate& predicate, const Recorder& then, const Recorder& otherwise,
                               const std::vector<AnyValue>& operands, OnGuard on_guard) {
  const std::source_location where = predicate.where();
  const BodyPointer a = Body::record("cond", then, operands, on_guard, where);
  const BodyPointer b = Body::record("cond", otherwise, operands, on_guard, where);
  want_same_types("cond", "the second side's result", a->outputs(), b->outputs(), where);
  const Tensor row = call(std::make_shared<const CondFunction>(a, b),
                          {to_tensor(predicate.truth(), where), pack(operands, where)}, where);
  return unpack(row, 0, a->outputs(), where);
}

std::vector<AnyValue> run_scan(const Recorder& recorder, const std::vector<AnyValue>& carry,
                               const std::vector<AnyValue>& sequence, const LeafTypes& element_types,
                               std::int64_t steps, const std::vector<AnyValue>& parameters, const LoopOptions& given,
                               std::source_location where) {
  const LoopOptions options = named(given, "scan");
  std::vector<Tensor> columns;
  for (std::size_t k = 0; k < sequence.size(); ++k) {
    const Tensor& x = sequence[k].tensor;
    if (x.rank() == 0 || (steps >= 0 && x.shape()[0] != steps)) {
      throw ShapeError{{.operation = options.name,
                        .operands = {to_string(x.type())},
                        .problem = "part " + std::to_string(k) + " of the sequence is " + to_string(x.type()),
                        .expected = x.rank() == 0 ? "a leading axis for the steps"
                                                  : std::to_string(steps) + " along the first axis, as the others have",
                        .where = where}};
    }
    steps = x.shape()[0];
    const auto width = static_cast<std::int64_t>(element_types[k].size());
    columns.push_back(convert(reshape(x, Shape{steps, width}, where), Dtype::f64, where));
  }
  if (steps < 0) {
    throw ArgumentError{{.operation = options.name,
                         .problem = std::to_string(steps) + " steps",
                         .expected = "0 or more",
                         .where = where}};
  }
  const Tensor rows = columns.empty()       ? zeros(Shape{steps, 0}, Dtype::f64, where)
                      : columns.size() == 1 ? columns[0]
                                            : concatenate(columns, 1, where);
  Tensor first = no_numbers(size_of(element_types));
  if (steps > 0 && rows.size() > 0)
    first = reshape(slice_along(Tensor(rows.value()), 0, 0, 1, 1, where), first.shape(), where);
  const std::vector<AnyValue> element = unpack(first, 0, element_types, where);
  const LoopBody loop(
      Body::record(options.name, recorder, one_after_the_other({carry, element, parameters}), options.on_guard, where),
      carry.size(), element.size());
  const std::span<const LeafType> outputs = loop.body->outputs();
  const LeafTypes carry_types = types_of(carry);
  want_same_types(options.name.c_str(), "the carry that the body gives", carry_types,
                  outputs.first(std::min(outputs.size(), carry.size())), where);
  const Tensor row = call(std::make_shared<const ScanFunction>(loop, options.memory, options.name),
                          {pack(carry, where), rows, pack(parameters, where)}, where);
  std::vector<AnyValue> leaves = unpack(row, 0, carry_types, where);
  const auto width = static_cast<std::int64_t>(loop.result);
  const Tensor results =
      reshape(part_of(row, loop.carry, static_cast<std::size_t>(steps * width), where), Shape{steps, width}, where);
  std::int64_t at = 0;
  for (const LeafType& leaf : outputs.subspan(carry.size())) {
    const auto size = static_cast<std::int64_t>(leaf.size());
    std::vector<std::int64_t> extents{steps};
    extents.insert(extents.end(), leaf.type.shape.begin(), leaf.type.shape.end());
    const Tensor column = size == width ? results : slice_along(results, 1, at, at + size, 1, where);
    leaves.emplace_back(convert(reshape(column, Shape(extents), where), leaf.type.dtype, where));
    at += size;
  }
  return leaves;
}

std::vector<AnyValue> run_while(const Recorder& condition, const Recorder& body, const std::vector<AnyValue>& state,
                                const std::vector<AnyValue>& parameters, const LoopOptions& given,
                                std::source_location where) {
  const LoopOptions options = named(given, "while_loop");
  const std::vector<AnyValue> at = one_after_the_other({state, parameters});
  const BodyPointer decides = Body::record(options.name, condition, at, options.on_guard, where);
  const LoopBody loop(Body::record(options.name, body, at, options.on_guard, where), state.size(), 0);
  const LeafTypes state_types = types_of(state);
  want_same_types(options.name.c_str(), "the state that the body gives", state_types, loop.body->outputs(), where);
  const Tensor row = call(std::make_shared<const WhileFunction>(decides, loop, options, where),
                          {pack(state, where), pack(parameters, where)}, where);
  return unpack(row, 0, state_types, where);
}

}  // namespace detail
}  // namespace wengert
