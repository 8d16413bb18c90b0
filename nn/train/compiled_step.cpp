#include "wengert/nn/train/compiled_step.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert::nn {

using wengert::detail::AnyHandle;

namespace {

/// Records that x is finite, as a guard. False where it is not.
bool guard_finite(const Scalar& x) { return static_cast<bool>(abs(x) <= std::numeric_limits<double>::max()); }

/// Sums in f64 of what f makes of each gradient.
template <class F>
Scalar sum_over(std::span<const Tensor> gradients, const F& f) {
  Scalar total = 0.0;
  for (const Tensor& gradient : gradients) total = total + to_scalar(sum(f(gradient)));
  return total;
}

/// A step leaves the buffer as it is.
bool is_fixed(const Trainee::RecordedBuffer& buffer) { return buffer.after.id() == buffer.before.id(); }

}  // namespace

/// Inputs, outputs and states of the two programs, while the recording of a step lasts.
class CompiledStep::Maker {
 public:
  Maker(Trainee& trainee, const Batch& batch, const Random& random, std::span<const std::size_t> trained,
        Optimiser& optimiser, const StepOptions& options, Refusal& refusal, std::source_location where)
      : trainee_(trainee),
        batch_(batch),
        options_(options),
        refusal_(refusal),
        where_(where),
        own_(trainee.parameters()),
        optimiser_(optimiser, parameters_of(own_, trained), where) {
    for (std::size_t k = 0; k < trained.size(); ++k)
      if (optimiser_.trained(k)) updated_.push_back({.place = trained[k], .of_optimiser = k});
    draws_.recording = &recording_;
    pass_ = Pass::recorded(random, draws_);
  }

  std::unique_ptr<CompiledStep> run() {
    x_ = recording_.variable(batch_.x, "x", where_);
    y_ = recording_.variable(batch_.y, "y", where_);
    const Trainee::Outcome outcome = trainee_.begin_step(recording_, {x_, y_}, *pass_, {});
    std::unique_ptr<CompiledStep> result;
    if (can_be_one(outcome)) result = compiled(outcome);
    // Lets go of the copy of the model.
    if (!outcome.loss.is_constant() && outcome.loss.size() == 1)
      static_cast<void>(trainee_.gradients(backward(outcome.loss, where_)));
    return result;
  }

 private:
  struct Updated {
    std::size_t place = 0, of_optimiser = 0;  // in the parameters of the trainee, and of the optimiser's step
  };

  static std::vector<Parameter> parameters_of(const std::vector<Parameter>& all, std::span<const std::size_t> which) {
    std::vector<Parameter> result;
    for (const std::size_t k : which) result.push_back(all[k]);
    return result;
  }
  bool refuse(std::string why, bool for_now = false) {
    refusal_ = {std::move(why), for_now};
    return false;
  }

  bool can_be_one(const Trainee::Outcome& outcome) {
    if (outcome.loss.is_constant() || outcome.loss.size() != 1 || !is_real(outcome.loss.dtype()))
      return refuse("the loss is no number, or depends on no parameter");
    if (options_.output && outcome.output.is_constant()) return refuse("the output depends on no parameter");
    if (draws_.others) return refuse("the step draws random numbers one by one");
    if (updated_.empty()) return refuse("no parameter is trained");
    for (const Trainee::RecordedBuffer& buffer : trainee_.recorded_buffers())
      if (buffer.after.is_constant())
        return refuse("the buffer '" + buffer.own.name + "' is brought up to date outside of the recording");
    return true;
  }

  std::unique_ptr<CompiledStep> compiled(const Trainee::Outcome& outcome) {
    const std::vector<Parameter> live = trainee_.live_parameters();
    std::vector<Tensor> parameters;
    for (const Updated& each : updated_) parameters.push_back(*live[each.place].value);
    const std::vector<Tensor> unclipped = gradient(outcome.loss, parameters, where_);
    std::vector<Tensor> gradients = unclipped;

    // What is not changed.
    std::vector<AnyHandle> inputs{x_, y_};
    for (const detail::Draw& draw : draws_.list) inputs.emplace_back(draw.variable);
    std::vector<bool> is_updated(live.size(), false);
    for (const Updated& each : updated_) is_updated[each.place] = true;
    for (std::size_t k = 0; k < live.size(); ++k)
      if (!is_updated[k]) add_fixed(own_[k].value, *live[k].value, inputs);
    const std::vector<Trainee::RecordedBuffer> buffers = trainee_.recorded_buffers();
    for (const Trainee::RecordedBuffer& buffer : buffers)
      if (is_fixed(buffer)) add_fixed(buffer.own.value, buffer.before, inputs);

    // The program that checks.
    std::vector<AnyHandle> checking_inputs = inputs, checking_outputs{outcome.loss};
    for (const Trainee::RecordedBuffer& buffer : buffers) {
      if (is_fixed(buffer)) continue;
      checking_inputs.emplace_back(buffer.before);
      learning_.push_back(buffer.own.value);
    }
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      checking_inputs.emplace_back(parameters[k]);
      checking_outputs.emplace_back(unclipped[k]);
      learning_.push_back(own_[updated_[k].place].value);
    }

    if (!clip(outcome.loss, gradients)) return nullptr;
    std::vector<AnyHandle> outputs{outcome.loss};
    if (options_.output) outputs.emplace_back(outcome.output);

    // The update: parameters and buffers, then moments, then numbers.
    ProgramOptions options;
    const auto add_state = [&](const Tensor& before, const Tensor& after) {
      options.states.push_back({.input = inputs.size(), .output = outputs.size()});
      inputs.emplace_back(before);
      outputs.emplace_back(after);
    };
    std::vector<RecordedUpdate> updates;
    std::vector<Tensor> moments;
    for (std::size_t k = 0; k < updated_.size(); ++k) {
      const std::size_t of_optimiser = updated_[k].of_optimiser;
      RecordedUpdate update{.parameter = parameters[k], .gradient = gradients[k], .numbers = numbers_of(of_optimiser)};
      for (std::size_t m = 0; m < optimiser_.moments(); ++m) {
        update.moments[m] = recording_.variable(Tensor(optimiser_.moment(of_optimiser, m)), "moment", where_);
        moments.push_back(update.moments[m]);
      }
      if (!optimiser_.record(of_optimiser, update)) {
        refuse("the optimiser does not say what its step is as part of a program (Optimiser::record)");
        return nullptr;
      }
      updates.push_back(std::move(update));
    }
    std::vector<Kept> kept;
    for (std::size_t k = 0; k < updated_.size(); ++k) {
      kept.push_back({.tensor = own_[updated_[k].place].value});
      add_state(parameters[k], updates[k].parameter);
    }
    for (const Trainee::RecordedBuffer& buffer : buffers) {
      if (is_fixed(buffer)) continue;
      kept.push_back({.tensor = buffer.own.value});
      add_state(buffer.before, buffer.after);
    }
    for (std::size_t k = 0; k < updated_.size(); ++k) {
      for (std::size_t m = 0; m < optimiser_.moments(); ++m) {
        kept.push_back({.parameter = updated_[k].of_optimiser, .which = m});
        add_state(moments[k * optimiser_.moments() + m], updates[k].moments[m]);
      }
    }
    std::vector<Numbers> numbers;
    for (const auto& [kind, recorded] : numbers_) {
      Numbers each{.parameter = recorded.parameter};
      for (std::size_t n = 0; n < 3; ++n) {
        add_state(recorded.variables[n], recorded.variables[n]);
        each.values[n] = Array::zeros({std::get<0>(kind), Shape{}});
      }
      numbers.push_back(std::move(each));
    }

    Program program(recording_, inputs, outputs, options, where_);
    Program checking(recording_, checking_inputs, checking_outputs, {.passes = false}, where_);
    std::unique_ptr<CompiledStep> result(
        new CompiledStep(batch_, std::move(optimiser_), std::move(program), std::move(checking)));
    for (detail::Draw& draw : draws_.list) {
      draw.variable = Tensor();
      result->draws_.push_back(draw);
    }
    result->fixed_ = std::move(fixed_);
    result->kept_ = std::move(kept);
    result->numbers_ = std::move(numbers);
    result->learning_ = std::move(learning_);
    for (const Updated& each : updated_) result->updated_.push_back(each.of_optimiser);
    for (std::size_t n = 0; n < result->numbers_.size(); ++n)
      for (std::size_t i = 0; i < 3; ++i)
        result->place(result->kept_.size() + 3 * n + i, result->numbers_[n].values[i], where_);
    return result;
  }

  void add_fixed(Tensor* own, const Tensor& live, std::vector<AnyHandle>& inputs) {
    fixed_.push_back(own);
    inputs.emplace_back(live);
  }

  /// Guards that loss and gradients are finite, and clips them. False where they are not finite now.
  bool clip(const Tensor& loss, std::vector<Tensor>& gradients) {
    bool finite = guard_finite(to_scalar(loss));
    if (options_.clip_norm) {
      const Scalar squares = sum_over(gradients, [](const Tensor& g) { return square(g); });
      finite = guard_finite(squares) && finite;
      const Scalar factor = min(1.0, *options_.clip_norm / (sqrt(squares) + 1e-6));
      const Tensor in_f64 = to_tensor(factor, where_);
      for (Tensor& g : gradients) g = g * convert(in_f64, g.dtype(), where_);
    } else if (optimiser_.checks_finite() || options_.clip_value) {
      finite = guard_finite(sum_over(gradients, [](const Tensor& g) { return g; })) && finite;
    }
    if (options_.clip_value)
      for (Tensor& g : gradients) g = max(min(g, *options_.clip_value), -*options_.clip_value);
    return finite || refuse("loss or gradients are not finite", true);
  }

  using Kind = std::tuple<Dtype, std::ptrdiff_t, std::int64_t>;
  struct RecordedNumbers {
    std::size_t parameter = 0;
    std::array<Tensor, 3> variables{};
  };
  /// The numbers of a parameter of the optimiser, variables that parameters of its kind share.
  const std::array<Tensor, 3>& numbers_of(std::size_t of_optimiser) {
    const auto [group, steps] = optimiser_.kind(of_optimiser);
    const Dtype dtype = optimiser_.dtype(of_optimiser);
    const auto [at, is_new] = numbers_.try_emplace(Kind{dtype, group, steps});
    RecordedNumbers& numbers = at->second;
    if (is_new) {
      numbers.parameter = of_optimiser;
      const std::array<double, 3> now = optimiser_.numbers(of_optimiser);
      for (std::size_t n = 0; n < 3; ++n)
        numbers.variables[n] = recording_.variable(Tensor(Array::uniform({dtype, Shape{}}, now[n])), "number", where_);
    }
    return numbers.variables;
  }

  Trainee& trainee_;
  const Batch& batch_;
  const StepOptions& options_;
  Refusal& refusal_;
  std::source_location where_;
  std::vector<Parameter> own_;
  Optimiser::InProgram optimiser_;
  std::vector<Updated> updated_;
  Recording recording_;
  detail::Draws draws_;
  std::optional<Pass> pass_;
  Tensor x_, y_;
  std::vector<Tensor*> fixed_, learning_;
  std::map<Kind, RecordedNumbers> numbers_;
};

std::unique_ptr<CompiledStep> CompiledStep::make(Trainee& trainee, const Batch& batch, const Random& random,
                                                 std::span<const std::size_t> trained, Optimiser& optimiser,
                                                 const StepOptions& options, Refusal& refusal,
                                                 std::source_location where) {
  if (!trainee.repeats()) {
    refusal = {"the trainee does not say that its steps are alike (Trainee::repeats)", false};
    return nullptr;
  }
  return Maker(trainee, batch, random, trained, optimiser, options, refusal, where).run();
}

bool CompiledStep::fits(const Batch& batch) const noexcept { return batch.x.type() == x_ && batch.y.type() == y_; }

void CompiledStep::set_inputs(Program::Workspace& workspace, const Batch& batch, const Random& random,
                              std::source_location where) const {
  std::size_t at = 0;
  workspace.set(at++, batch.x, where);
  workspace.set(at++, batch.y, where);
  for (const detail::Draw& draw : draws_) workspace.set(at++, detail::draw_again(draw, random), where);
  for (const Tensor* const fixed : fixed_) workspace.set(at++, *fixed, where);
}

void CompiledStep::place(std::size_t state, Array& elements, std::source_location where) {
  workspace_.place(state, elements, where);
}

std::optional<CompiledStep::Gradients> CompiledStep::check(const Batch& batch, const Random& random,
                                                           std::source_location where) {
  ++checks;
  Program::Workspace workspace(checking_);
  set_inputs(workspace, batch, random, where);
  std::size_t at = first_state();
  for (const Tensor* const each : learning_) workspace.set(at++, *each, where);
  if (checking_.try_run(workspace, where) != RunStatus::ok) return std::nullopt;
  Gradients result{.loss = workspace.number(0)};
  for (std::size_t k = 0; k < updated_.size(); ++k) result.gradients.push_back(workspace.get(1 + k));
  return result;
}

bool CompiledStep::run(const Batch& batch, const Random& random, std::source_location where) {
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    Kept& kept = kept_[k];
    if (kept.tensor == nullptr) {
      Array& moment = optimiser_.moment(kept.parameter, kept.which);
      if (moment.bytes().data() == kept.placed) continue;
      place(k, moment, where);
      kept.placed = moment.bytes().data();
      continue;
    }
    const Array& now = kept.tensor->value();
    if (!(now.type() == program_.input_type(first_state() + k))) return false;
    if (now.bytes().data() == kept.placed && detail::may_be_written(now)) continue;
    Array elements = detail::may_be_written(now) ? now : detail::own(now, where);
    *kept.tensor = Tensor();  // so that nobody else holds them
    place(k, elements, where);
    kept.placed = elements.bytes().data();
    *kept.tensor = Tensor(std::move(elements));
  }
  for (Numbers& each : numbers_) {
    const std::array<double, 3> now = optimiser_.numbers(each.parameter);
    for (std::size_t n = 0; n < 3; ++n) {
      if (each.values[n].dtype() == Dtype::f32)
        each.values[n].mutable_data<float>()[0] = static_cast<float>(now[n]);
      else
        each.values[n].mutable_data<double>()[0] = now[n];
    }
  }
  set_inputs(workspace_, batch, random, where);
  if (program_.try_run(workspace_, where) != RunStatus::ok) return false;
  optimiser_.made();
  return true;
}

namespace {

bool agree(const Tensor& a, const Tensor& b) {
  if (!(a.type() == b.type())) return false;
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.value().element(i), y = b.value().element(i);
    if (std::isnan(x) != std::isnan(y)) return false;
    if (std::isnan(x) || x == y) continue;
    largest = std::max({largest, std::abs(x), std::abs(y)});
    difference = std::max(difference, std::abs(x - y));
  }
  return difference <= (a.dtype() == Dtype::f32 ? 1e-3 : 1e-8) * largest;
}

}  // namespace

bool CompiledStep::agrees(const Gradients& a, double loss, std::span<const Tensor> gradients) const {
  const double scale = std::max(std::abs(a.loss), std::abs(loss));
  const bool same_loss =
      a.loss == loss || (std::isnan(a.loss) && std::isnan(loss)) || std::abs(a.loss - loss) <= 1e-3 * scale;
  if (!same_loss) return false;
  for (std::size_t k = 0; k < updated_.size(); ++k)
    if (!agree(a.gradients[k], gradients[updated_[k]])) return false;
  return true;
}

}  // namespace wengert::nn
