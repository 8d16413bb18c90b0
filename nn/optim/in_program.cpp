#include "wengert/nn/optim/in_program.hpp"

#include <utility>

namespace wengert::nn {

Optimiser::InProgram::InProgram(Optimiser& optimiser, std::span<const Parameter> parameters, std::source_location where)
    : optimiser_(optimiser) {
  optimiser.check_once_loaded(parameters, where);
  places_ = optimiser.places(parameters, where);
  revision_ = optimiser.revision_;
  for (std::size_t k = 0; k < places_.size(); ++k) {
    Slot& own = slot(k);
    if (!trained(k) || !own.moments.empty()) continue;
    for (std::size_t m = 0; m < moments(); ++m)
      own.moments.push_back(detail::own(Array::uniform(own.type, optimiser.initial_moment(), where), where));
  }
}

bool Optimiser::InProgram::trained(std::size_t k) const { return optimiser_.setting(slot(k)).trained; }

bool Optimiser::InProgram::record(std::size_t k, RecordedUpdate& update) const {
  update.weight_decay = optimiser_.setting(slot(k)).weight_decay;
  update.maximise = optimiser_.maximise_;
  return optimiser_.record(update);
}

Array& Optimiser::InProgram::moment(std::size_t k, std::size_t m) {
  Array& moment = slot(k).moments[m];
  if (!detail::may_be_written(moment)) moment = detail::own(moment, {});
  return moment;
}

std::array<double, 3> Optimiser::InProgram::numbers(std::size_t k) const {
  const Slot& own = slot(k);
  const Setting now = optimiser_.setting(own);
  return optimiser_.numbers({.dtype = own.type.dtype,
                             .step = own.steps + 1,
                             .rate = now.rate,
                             .weight_decay = now.weight_decay,
                             .sign = optimiser_.maximise_ ? -1.0 : 1.0});
}

std::pair<std::ptrdiff_t, std::int64_t> Optimiser::InProgram::kind(std::size_t k) const {
  return {slot(k).group, slot(k).steps};
}

void Optimiser::InProgram::made() {
  for (std::size_t k = 0; k < places_.size(); ++k)
    if (trained(k)) ++slot(k).steps;
}

}  // namespace wengert::nn
