#include "wengert/nn/optim/optimiser.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

namespace wengert::nn {

namespace {

constexpr std::string_view rate_name = "rate", step_name = "step";

[[noreturn]] void refuse(std::string_view operation, std::string problem, std::string expected,
                         std::source_location where, std::string hint = {}) {
  throw ArgumentError{{.operation = std::string(operation),
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = std::move(hint)}};
}

/// No NaN, no ∞: their exponents are all ones. (Bits, because sums of floats are not vector code.)
template <class T, class Bits>
[[nodiscard]] bool all_finite(std::span<const T> x) {
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits found = 0;
  for (const T value : x) found |= static_cast<Bits>((std::bit_cast<Bits>(value) & exponent) == exponent);
  return found == 0;
}
[[nodiscard]] bool all_finite(const Array& x) {
  return x.dtype() == Dtype::f32 ? all_finite<float, std::uint32_t>(x.stored<float>())
                                 : all_finite<double, std::uint64_t>(x.stored<double>());
}

}  // namespace

namespace detail {

Array own(const Array& x, std::source_location where) {
  Array result = Array::uninitialised(x.type(), where);
  with_element_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto from = x.stored<T>();
    const auto to = result.mutable_data<T>();
    if (x.is_uniform())
      std::ranges::fill(to, from[0]);
    else
      std::ranges::copy(from, to.begin());
  });
  return result;
}
}  // namespace detail

namespace {

using detail::may_be_written;
using detail::own;

[[nodiscard]] void* elements_to_write(Array& x) {
  return x.dtype() == Dtype::f32 ? static_cast<void*>(x.mutable_data<float>().data())
                                 : static_cast<void*>(x.mutable_data<double>().data());
}

[[nodiscard]] std::string listed(const std::vector<std::string>& problems) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t k = 0; k < std::min(most, problems.size()); ++k) text += (k == 0 ? "" : "; ") + problems[k];
  if (problems.size() > most) text += "; and " + std::to_string(problems.size() - most) + " more";
  return text;
}

}  // namespace

namespace detail {

void check_option(std::string_view optimiser, std::string_view option, double value, double low, double high,
                  std::source_location where) {
  if (value >= low && value < high && std::isfinite(value)) return;
  std::string expected = "a finite number";
  if (std::isfinite(low)) expected += ", at least " + std::to_string(static_cast<int>(low));
  if (std::isfinite(high)) expected += ", below " + std::to_string(static_cast<int>(high));
  refuse(optimiser, std::string(option) + " is " + std::to_string(value), std::move(expected), where);
}

}  // namespace detail

// --- Groups ----------------------------------------------------------------------------------------------------------

std::function<bool(const Parameter&)> named(std::string start) {
  return [start = std::move(start)](const Parameter& p) { return p.name.starts_with(start); };
}
std::function<bool(const Parameter&)> named_with_end(std::string end) {
  return [end = std::move(end)](const Parameter& p) { return p.name.ends_with(end); };
}
std::function<bool(const Parameter&)> of_rank_below(std::size_t rank) {
  return [rank](const Parameter& p) { return p.value->rank() < rank; };
}

std::ptrdiff_t Optimiser::group_of(const Parameter& parameter) const {
  const auto at = std::ranges::find_if(groups_, [&](const Group& group) { return group.has && group.has(parameter); });
  return at == groups_.end() ? -1 : at - groups_.begin();
}

Optimiser::Setting Optimiser::setting(const Slot& slot) const {
  if (slot.group < 0) return {rate_, weight_decay_, true};
  const Group& group = groups_[static_cast<std::size_t>(slot.group)];
  return {rate_ * group.rate_factor, group.weight_decay.value_or(weight_decay_), group.trained};
}

void Optimiser::set_groups(std::vector<Group> groups) {
  groups_ = std::move(groups);
  for (Slot& slot : slots_) slot.group = -2;
  ++revision_;
}

std::array<double, 3> Optimiser::numbers(const Update&) const noexcept { return {}; }
bool Optimiser::record(RecordedUpdate&) const { return false; }

// --- A step ----------------------------------------------------------------------------------------------------------

Optimiser::Optimiser(OptimiserOptions options, std::string_view name, std::source_location where)
    : rate_(options.rate),
      weight_decay_(options.weight_decay),
      maximise_(options.maximise),
      check_finite_(options.check_finite),
      groups_(std::move(options.groups)) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  detail::check_option(name, "rate", rate_, 0, infinity, where);
  detail::check_option(name, "weight_decay", weight_decay_, 0, infinity, where);
  for (const Group& group : groups_) {
    detail::check_option(name, "rate_factor of a group", group.rate_factor, 0, infinity, where);
    if (group.weight_decay)
      detail::check_option(name, "weight_decay of a group", *group.weight_decay, 0, infinity, where);
  }
}

void Optimiser::set_rate(double rate, std::source_location where) {
  detail::check_option(name(), "rate", rate, 0, std::numeric_limits<double>::infinity(), where);
  rate_ = rate;
}

void Optimiser::check(std::span<const Parameter> parameters, std::span<const Tensor> gradients,
                      std::source_location where) const {
  const std::string operation = std::string(name()) + ".step";
  if (moments().size() > Update{}.moments.size())
    refuse(operation, std::to_string(moments().size()) + " moments", "3 at most", where);
  if (parameters.size() != gradients.size()) {
    refuse(operation,
           std::to_string(gradients.size()) + " gradients for " + std::to_string(parameters.size()) + " parameters",
           "one each, in the order of the parameters", where);
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Parameter& p = parameters[k];
    if (p.value == nullptr) refuse(operation, "parameter '" + p.name + "' is a null pointer", "a tensor", where);
    if (!p.value->is_constant()) {
      refuse(operation, "parameter '" + p.name + "' is a variable of a recording", "a constant", where,
             "step the model itself, not the copy of it that was lifted into the recording");
    }
    const Type& type = p.value->type();
    const Type& given = gradients[k].type();
    if (is_real(type.dtype) && given == type) continue;
    ErrorDetail detail{.operation = operation,
                       .operands = {to_string(type), to_string(given)},
                       .problem = "the gradient of '" + p.name + "' has " + to_string(given),
                       .expected = to_string(type) + ", as the parameter",
                       .where = where};
    if (!is_real(type.dtype)) {
      detail.problem = "parameter '" + p.name + "' has " + to_string(type);
      detail.expected = "f32 or f64";
    }
    if (given.dtype != type.dtype || !is_real(type.dtype)) throw DtypeError{detail};
    throw ShapeError{detail};
  }
}

std::vector<std::size_t> Optimiser::places(std::span<const Parameter> parameters, std::source_location where) {
  std::vector<std::size_t> result(parameters.size());
  bool same = parameters.size() == slots_.size();
  for (std::size_t k = 0; same && k < parameters.size(); ++k) {
    same = parameters[k].name == slots_[k].name;
    result[k] = k;
  }
  if (!same) {
    std::unordered_map<std::string_view, std::size_t> by_name;
    for (std::size_t k = 0; k < slots_.size(); ++k) by_name.emplace(slots_[k].name, k);
    const std::string operation = std::string(name()) + ".step";
    std::vector<Slot> added;
    std::vector<bool> used(slots_.size() + parameters.size());
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const auto [at, is_new] = by_name.emplace(parameters[k].name, slots_.size() + added.size());
      if (is_new) added.push_back({.name = parameters[k].name, .type = parameters[k].value->type()});
      if (used[at->second])
        refuse(operation, "two parameters are named '" + parameters[k].name + "'", "distinct names", where);
      used[at->second] = true;
      result[k] = at->second;
    }
    slots_.insert(slots_.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
    ++revision_;
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    Slot& slot = slots_[result[k]];
    if (!slot.moments.empty() && slot.type != parameters[k].value->type()) {
      throw ShapeError{{.operation = std::string(name()) + ".step",
                        .operands = {to_string(parameters[k].value->type()), to_string(slot.type)},
                        .problem = "parameter '" + slot.name + "' has " + to_string(parameters[k].value->type()),
                        .expected = to_string(slot.type) + ", as in the steps before",
                        .where = where}};
    }
    slot.type = parameters[k].value->type();
    if (slot.group == -2) slot.group = group_of(parameters[k]);
  }
  return result;
}

void Optimiser::step(std::span<const Parameter> parameters, std::span<const Tensor> gradients,
                     std::source_location where) {
  check(parameters, gradients, where);
  check_once_loaded(parameters, where);
  const std::vector<std::size_t> at = places(parameters, where);

  // What can fail comes first: the check of the numbers, and all memory.
  struct Next {
    Array parameter, gradient;
    std::vector<Array> moments;
    bool in_place = false;
  };
  std::vector<Next> next(parameters.size());
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Slot& slot = slots_[at[k]];
    if (!setting(slot).trained) continue;
    const Array& gradient = gradients[k].value();
    if (check_finite_ && !all_finite(gradient)) {
      throw DomainError{{.operation = std::string(name()) + ".step",
                         .operands = {to_string(gradient.type())},
                         .problem = "the gradient of '" + slot.name + "' has NaN or infinity",
                         .expected = "finite numbers",
                         .where = where,
                         .hint = "RecordingOptions::stop_at_nan names the line where a NaN arises; a smaller rate or "
                                 "clip_norm keeps numbers small"}};
    }
    next[k].gradient = gradient.is_uniform() ? own(gradient, where) : gradient;
    next[k].in_place = may_be_written(parameters[k].value->value());
    if (!next[k].in_place) next[k].parameter = own(parameters[k].value->value(), where);
    next[k].moments.resize(moments().size());
    for (std::size_t m = 0; m < next[k].moments.size(); ++m) {
      if (slot.moments.empty())
        next[k].moments[m] = initial_moment() == 0 ? Array::zeros(slot.type, where)
                                                   : own(Array::uniform(slot.type, initial_moment(), where), where);
      else if (!may_be_written(slot.moments[m]))
        next[k].moments[m] = own(slot.moments[m], where);
    }
  }

  for (std::size_t k = 0; k < parameters.size(); ++k) {
    Slot& slot = slots_[at[k]];
    const Setting now = setting(slot);
    if (!now.trained) continue;
    Tensor& parameter = *parameters[k].value;
    if (next[k].in_place) {
      next[k].parameter = parameter.value();
      parameter = Tensor();  // so that nobody else holds them
    }
    if (slot.moments.empty())
      slot.moments = std::move(next[k].moments);
    else
      for (std::size_t m = 0; m < next[k].moments.size(); ++m)
        if (!may_be_written(slot.moments[m])) slot.moments[m] = std::move(next[k].moments[m]);
    Update one{.dtype = slot.type.dtype,
               .size = slot.type.shape.size(),
               .parameter = elements_to_write(next[k].parameter),
               .gradient = next[k].gradient.bytes().data(),
               .step = ++slot.steps,
               .rate = now.rate,
               .weight_decay = now.weight_decay,
               .sign = maximise_ ? -1.0 : 1.0};
    for (std::size_t m = 0; m < slot.moments.size(); ++m) one.moments[m] = elements_to_write(slot.moments[m]);
    update(one);
    parameter = Tensor(std::move(next[k].parameter));
  }
}

// --- State -----------------------------------------------------------------------------------------------------------

std::vector<NamedTensor> Optimiser::state() const {
  std::vector<NamedTensor> result;
  result.push_back({std::string(rate_name), Tensor(Array::scalar(rate_))});
  for (const Slot& slot : slots_) {
    if (slot.steps == 0) continue;
    const auto full_name = [&](std::string_view suffix) { return slot.name + "." + std::string(suffix); };
    result.push_back({full_name(step_name), Tensor(Array::uniform_of<std::int64_t>(Shape{}, slot.steps))});
    for (std::size_t m = 0; m < slot.moments.size(); ++m)
      result.push_back({full_name(moments()[m]), Tensor(slot.moments[m])});
  }
  return result;
}

std::vector<Optimiser::Slot> Optimiser::parse(std::span<const NamedTensor> state, double& rate,
                                              std::source_location where) const {
  const auto names = moments();
  std::vector<Slot> slots;
  std::unordered_map<std::string_view, std::size_t> by_name;
  std::vector<std::vector<bool>> given;  // of each slot: its moments, then its step
  std::vector<std::string> problems;
  bool has_rate = false;
  for (const NamedTensor& entry : state) {
    const std::string quoted = "'" + entry.name + "'";
    const Array& value = entry.value.value();
    if (entry.name == rate_name) {
      if (has_rate) problems.push_back(quoted + " is there twice");
      has_rate = true;
      if (value.type() != Type{Dtype::f64, Shape{}} || !(value.element(0) >= 0) || !std::isfinite(value.element(0)))
        problems.push_back(quoted + " is " + to_string(value) + " instead of a finite f64, at least 0");
      else
        rate = value.element(0);
      continue;
    }
    const std::size_t dot = entry.name.rfind('.');
    const std::string_view suffix =
        dot == std::string::npos ? std::string_view{} : std::string_view(entry.name).substr(dot + 1);
    const auto moment = std::ranges::find(names, suffix);
    if (dot == std::string::npos || (moment == names.end() && suffix != step_name)) {
      problems.push_back(quoted + " is nothing that " + std::string(name()) + " with these options remembers");
      continue;
    }
    const auto [at, is_new] = by_name.emplace(std::string_view(entry.name).substr(0, dot), slots.size());
    if (is_new) {
      slots.push_back({.name = entry.name.substr(0, dot), .type = {Dtype::f64, Shape{0}}});
      slots.back().moments.resize(names.size());
      given.emplace_back(names.size() + 1);
    }
    Slot& slot = slots[at->second];
    const auto place = static_cast<std::size_t>(moment - names.begin());
    if (given[at->second][place]) {
      problems.push_back(quoted + " is there twice");
      continue;
    }
    given[at->second][place] = true;
    if (moment == names.end()) {
      if (value.type() != Type{Dtype::i64, Shape{}} || value.integer_element(0) < 1)
        problems.push_back(quoted + " is " + to_string(value) + " instead of an i64, at least 1");
      else
        slot.steps = value.integer_element(0);
    } else {
      if (!is_real(value.dtype())) problems.push_back(quoted + " has " + to_string(value.type()));
      slot.moments[place] = value;
    }
  }
  if (!has_rate) problems.emplace_back("'rate' is missing");
  for (std::size_t s = 0; s < slots.size(); ++s) {
    Slot& slot = slots[s];
    if (!given[s].back()) problems.push_back("'" + slot.name + ".step' is missing");
    for (std::size_t m = 0; m < names.size(); ++m) {
      const std::string full_name = "'" + slot.name + "." + std::string(names[m]) + "'";
      if (!given[s][m]) {
        problems.push_back(full_name + " is missing");
      } else if (slot.type.shape == Shape{0} && slot.type.dtype == Dtype::f64) {
        slot.type = slot.moments[m].type();
      } else if (slot.moments[m].type() != slot.type) {
        problems.push_back(full_name + " has " + to_string(slot.moments[m].type()) + " beside " + to_string(slot.type));
      }
    }
  }
  if (!problems.empty()) {
    refuse(std::string(name()) + ".load_state", listed(problems), "the state of an optimiser of the same kind", where,
           "options are not part of a state: momentum, amsgrad and the like must be the same");
  }
  return slots;
}

void Optimiser::check_loaded(std::span<const Slot> slots, std::span<const Parameter> parameters,
                             std::source_location where) const {
  std::unordered_map<std::string_view, const Slot*> by_name;
  for (const Slot& slot : slots)
    if (slot.steps > 0) by_name.emplace(slot.name, &slot);
  if (by_name.empty()) return;  // saved before the first step
  std::vector<std::string> problems;
  for (const Parameter& p : parameters) {
    const auto at = by_name.find(p.name);
    const std::ptrdiff_t group = group_of(p);
    if (at == by_name.end()) {
      if (group < 0 || groups_[static_cast<std::size_t>(group)].trained)
        problems.push_back("nothing for parameter '" + p.name + "'");
      continue;
    }
    if (!moments().empty() && at->second->type != p.value->type()) {
      problems.push_back("'" + p.name + "' has " + to_string(p.value->type()) + ", its state " +
                         to_string(at->second->type));
    }
    by_name.erase(at);
  }
  for (const Slot& slot : slots)
    if (by_name.contains(slot.name)) problems.push_back("'" + slot.name + "' is none of the parameters");
  if (problems.empty()) return;
  refuse(std::string(name()) + ".load_state", listed(problems), "a state of these parameters", where,
         "parameters that were frozen have no state: thaw them by set_groups after loading");
}

void Optimiser::check_once_loaded(std::span<const Parameter> parameters, std::source_location where) {
  if (!loaded_) return;
  check_loaded(slots_, parameters, where);
  loaded_ = false;
}

void Optimiser::load_state(std::span<const NamedTensor> state, std::source_location where) {
  double rate = rate_;
  slots_ = parse(state, rate, where);
  ++revision_;
  rate_ = rate;
  loaded_ = true;
}

void Optimiser::load_state(std::span<const Parameter> parameters, std::span<const NamedTensor> state,
                           std::source_location where) {
  double rate = rate_;
  check_loaded(parse(state, rate, where), parameters, where);
  load_state(state, where);
  loaded_ = false;
}

}  // namespace wengert::nn
