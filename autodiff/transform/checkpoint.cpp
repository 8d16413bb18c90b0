#include "wengert/autodiff/transform/checkpoint.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

std::uint64_t bytes_of(const Parts& parts) {
  std::uint64_t bytes = parts.scalars.size() * sizeof(Scalar);
  for (const Tensor& tensor : parts.tensors) bytes += tensor.value().bytes().size();
  return bytes;
}

Parts joined(const Parts& a, const Parts& b) {
  Parts both = a;
  both.scalars.insert(both.scalars.end(), b.scalars.begin(), b.scalars.end());
  both.tensors.insert(both.tensors.end(), b.tensors.begin(), b.tensors.end());
  return both;
}

Parts part(const Parts& of, const ChainBody::Places& places) {
  Parts result;
  for (const std::uint32_t at : places.scalars) result.scalars.push_back(of.scalars[at]);
  for (const std::uint32_t at : places.tensors) result.tensors.push_back(of.tensors[at]);
  return result;
}

/// The first parts, of this layout; and those behind them.
ChainBody::Places first_parts(const PartsLayout& layout) {
  ChainBody::Places places;
  for (std::uint32_t k = 0; k < layout.scalars; ++k) places.scalars.push_back(k);
  for (std::uint32_t k = 0; k < layout.tensors.size(); ++k) places.tensors.push_back(k);
  return places;
}
ChainBody::Places parts_behind(const PartsLayout& first, const Parts& those) {
  ChainBody::Places places;
  for (std::size_t k = 0; k < those.scalars.size(); ++k)
    places.scalars.push_back(static_cast<std::uint32_t>(first.scalars + k));
  for (std::size_t k = 0; k < those.tensors.size(); ++k)
    places.tensors.push_back(static_cast<std::uint32_t>(first.tensors.size() + k));
  return places;
}

/// What of x a derivative can be taken by: variables of `r`. The rest stays as it is.
Parts variables(Recording& r, const Parts& x) {
  Parts result;
  for (const Scalar& each : x.scalars) result.scalars.push_back(r.variable(each.value()));
  for (const Tensor& each : x.tensors)
    result.tensors.push_back(is_real(each.dtype()) ? r.variable(each) : Tensor(each.value()));
  return result;
}

/// The reverse sweep over a chain, as a plan says, in numbers.
class PlanRun {
 public:
  PlanRun(const ChainBody& body, const Parts& x, const Parts& cotangent) : body_(body), x_(x), cotangent_(cotangent) {
    for (const Scalar& each : x.scalars) static_cast<void>(each), sum_.scalars.emplace_back(0.0);
    for (const Tensor& each : x.tensors) sum_.tensors.push_back(zeros(each.shape(), each.dtype()));
    current_ = part(x, first_parts(body.state));
  }

  /// The cotangents of x.
  Parts run(const ReversePlan& plan) && {
    for (const PlanStep& step : plan.steps) take(step);
    add(first_parts(body_.state), cotangent_);
    return std::move(sum_);
  }

 private:
  struct Kept {
    std::size_t stage = 0;
    Recording recording;
    Parts state, parameters;  // inputs, as variables
    Parts next;
  };

  void take(const PlanStep& step) {
    const std::size_t k = step.stage;
    switch (step.action) {
      case PlanAction::save:
        saved_.insert_or_assign(k, current_);
        break;
      case PlanAction::load:
        current_ = state_at(k);
        break;
      case PlanAction::drop:
        saved_.erase(k);
        break;
      case PlanAction::compute:
        current_ = body_.stage(k, current_, part(x_, body_.parameters_of(k)));
        break;
      case PlanAction::record: {
        if (spare_.empty()) spare_.emplace_back();
        kept_.push_back(std::move(spare_.back()));
        spare_.pop_back();
        Kept& kept = kept_.back();
        kept.stage = k;
        kept.state = variables(kept.recording, current_);
        kept.parameters = variables(kept.recording, part(x_, body_.parameters_of(k)));
        kept.next = body_.stage(k, kept.state, kept.parameters);
        current_ = constants(kept.next);
        break;
      }
      case PlanAction::reverse: {
        Kept& kept = kept_.back();
        Parts before = like(kept.state), parameters = like(kept.parameters);
        const auto sweep = [&] {
          collect(kept.state, before);
          collect(kept.parameters, parameters);
        };
        if (!kept.next.scalars.empty()) {
          numbers_.clear();
          for (const Scalar& each : cotangent_.scalars) numbers_.push_back(each.value());
          backward(kept.next.scalars, numbers_, adjoints_);
          sweep();
        }
        for (std::size_t i = 0; i < kept.next.tensors.size(); ++i) {
          if (!is_real(kept.next.tensors[i].dtype())) continue;
          backward(kept.next.tensors[i], cotangent_.tensors[i], adjoints_);
          sweep();
        }
        cotangent_ = std::move(before);
        add(body_.parameters_of(k), parameters);
        // What it held is free now; its bookkeeping is used again.
        kept.recording.clear();
        kept.state = kept.parameters = kept.next = Parts{};
        spare_.push_back(std::move(kept));
        kept_.pop_back();
        break;
      }
    }
  }

  [[nodiscard]] Parts state_at(std::size_t k) const {
    if (k == 0) return part(x_, first_parts(body_.state));
    if (const auto found = saved_.find(k); found != saved_.end()) return found->second;
    // The result in the recording of the stage before.
    for (const Kept& kept : kept_)
      if (kept.stage + 1 == k) return constants(kept.next);
    throw InternalError{{.operation = "chain", .problem = "a plan loads a state that is not there"}};
  }
  /// Zeros.
  static Parts like(const Parts& x) {
    Parts zero;
    zero.scalars.assign(x.scalars.size(), Scalar(0.0));
    for (const Tensor& each : x.tensors) zero.tensors.push_back(zeros(each.shape(), each.dtype()));
    return zero;
  }
  /// Adds the adjoints of x.
  void collect(const Parts& x, Parts& to) const {
    for (std::size_t i = 0; i < x.scalars.size(); ++i)
      to.scalars[i] = Scalar(to.scalars[i].value() + WENGERT_NUMBER("chain: adjoint", adjoints_[x.scalars[i]]));
    for (std::size_t i = 0; i < x.tensors.size(); ++i)
      if (is_real(x.tensors[i].dtype()))
        to.tensors[i] += WENGERT_NUMBER("chain: tensor adjoint", adjoints_[x.tensors[i]]);
  }
  void add(const ChainBody::Places& places, const Parts& contribution) {
    for (std::size_t i = 0; i < places.scalars.size(); ++i) {
      Scalar& sum = sum_.scalars[WENGERT_INDEX("chain: place of a parameter", places.scalars[i])];
      sum = Scalar(sum.value() + contribution.scalars[i].value());
    }
    for (std::size_t i = 0; i < places.tensors.size(); ++i)
      if (is_real(contribution.tensors[i].dtype())) sum_.tensors[places.tensors[i]] += contribution.tensors[i];
  }

  const ChainBody& body_;
  const Parts& x_;
  Parts cotangent_;  // of the state after the stages that are left
  Parts current_;
  Parts sum_;  // cotangents of x
  std::unordered_map<std::size_t, Parts> saved_;
  std::deque<Kept> kept_;
  std::vector<Kept> spare_;  // their memory is used again
  Adjoints adjoints_;
  std::vector<double> numbers_;
};

class ChainFunction : public PartsFunction {
 public:
  ChainFunction(std::string name, ChainBody body, ReversePlan plan, const PartsLayout& from, const PartsLayout& to)
      : PartsFunction(std::move(name), from, to), body_(std::move(body)), plan_(std::move(plan)) {}

 protected:
  [[nodiscard]] Parts run(const Parts& x) const override {
    Parts state = part(x, first_parts(body_.state));
    for (std::size_t k = 0; k < body_.count; ++k) state = body_.stage(k, state, part(x, body_.parameters_of(k)));
    return state;
  }
  [[nodiscard]] Parts pull(const Parts& cotangent, const Parts& y, const Parts& x) const override {
    if (is_recorded(x) || is_recorded(cotangent)) return PartsFunction::pull(cotangent, y, x);
    return PlanRun(body_, x, cotangent).run(plan_);
  }
  [[nodiscard]] Parts push(const Parts& tangent, const Parts&, const Parts& x) const override {
    // Stage by stage, so that one of them is recorded at a time.
    Parts state = part(x, first_parts(body_.state)), moving = part(tangent, first_parts(body_.state));
    for (std::size_t k = 0; k < body_.count; ++k) {
      const Parts parameters = part(x, body_.parameters_of(k));
      const PartsLayout layout = PartsLayout::of(state);
      Parts next;
      const auto stage = [&](const Parts& inputs) {
        next = body_.stage(k, part(inputs, first_parts(layout)), part(inputs, parts_behind(layout, parameters)));
        return next;
      };
      const bool recorded = is_recorded(x) || is_recorded(tangent);
      moving =
          push_through(stage, joined(moving, part(tangent, body_.parameters_of(k))), joined(state, parameters), {});
      state = recorded ? next : constants(next);
    }
    return moving;
  }

 private:
  ChainBody body_;
  ReversePlan plan_;
};

}  // namespace

ChainBody::Places add_parameters(Parts& all, const Parts& parameters) {
  const auto places_of = [](auto& list, const auto& added) {
    std::unordered_map<std::uint64_t, std::uint32_t> known;
    const auto key = [](const auto& x) { return std::uint64_t{x.tag()} << 32 | x.id(); };
    for (std::uint32_t k = 0; k < list.size(); ++k)
      if (!list[k].is_constant()) known.emplace(key(list[k]), k);
    std::vector<std::uint32_t> places;
    for (const auto& x : added) {
      const auto next = static_cast<std::uint32_t>(list.size());
      const std::uint32_t place = x.is_constant() ? next : known.emplace(key(x), next).first->second;
      if (place == next) list.push_back(x);
      places.push_back(place);
    }
    return places;
  };
  return {places_of(all.scalars, parameters.scalars), places_of(all.tensors, parameters.tensors)};
}

Parts call_chain(std::string name, ChainBody body, ReversePlan plan, const Parts& x, const Parts& value,
                 std::source_location where) {
  const auto function = std::make_shared<const ChainFunction>(std::move(name), std::move(body), std::move(plan),
                                                              PartsLayout::of(x), PartsLayout::of(value));
  return call_parts(function, x, value, where);
}

StageSizes measure_stage(const ChainBody::Stage& stage, const Parts& state, const Parts& parameters) {
  Recording r;
  static_cast<void>(stage(0, variables(r, state), variables(r, parameters)));
  const std::uint64_t all = r.statistics().bytes_used, inputs = bytes_of(state) + bytes_of(parameters);
  const std::uint64_t recording = (all > inputs ? all - inputs : 0) + bytes_of(state);
  // Every value that was recorded may get an adjoint of its size.
  return {.state = bytes_of(state), .recording = recording, .sweep = all};
}

ReversePlan plan_iteration(std::size_t count, const StageSizes& each, const IterateOptions& options,
                           std::source_location where) {
  std::size_t room = options.saved_states;
  if (options.memory != 0) {
    // One recording, its sweep, and the two states of a step.
    const std::uint64_t needed = each.recording + each.sweep + 2 * each.state;
    if (needed > options.memory) {
      throw CapacityError{{.operation = "iterate",
                           .problem = std::to_string(options.memory) + " bytes do not hold the recording of one step",
                           .expected = std::to_string(needed) + " bytes or more",
                           .where = where}};
    }
    const std::uint64_t states = (options.memory - needed) / std::max<std::uint64_t>(each.state, 1);
    room = static_cast<std::size_t>(std::min<std::uint64_t>(room, states));
  }
  ReversePlan plan = plan_uniform_chain(count, std::min(room, count), {1.0, each.state, each.recording}, where);
  plan.memory = options.memory;
  return plan;
}

ReversePlan plan_stages(const std::vector<StageSizes>& stages, std::uint64_t memory, std::source_location where) {
  std::vector<ChainStage> chain;
  std::uint64_t sweep = 0;
  for (const StageSizes& each : stages) {
    chain.push_back({static_cast<double>(each.recording), each.state, each.recording});
    sweep = std::max(sweep, each.sweep);
  }
  if (sweep >= memory) {
    throw CapacityError{{.operation = "chain",
                         .problem = std::to_string(memory) + " bytes do not hold the adjoints of one stage",
                         .expected = "more than " + std::to_string(sweep) + " bytes",
                         .where = where}};
  }
  ReversePlan plan = plan_chain(chain, memory - sweep, where);
  plan.memory = memory;
  plan.peak_bytes += sweep;
  return plan;
}

void throw_state_changed(const char* operation, std::size_t k, std::source_location where) {
  throw ArgumentError{{.operation = operation,
                       .problem = "step " + std::to_string(k) + " gives a state of another structure",
                       .expected = "as many Scalars, and tensors of the same types, as it was given",
                       .where = where}};
}

}  // namespace wengert::detail
