#include "wengert/autodiff/compiled.hpp"

#include "wengert/graph/error.hpp"

namespace wengert {

namespace {

std::vector<bool> tensors_among(const detail::HandleList& handles) {
  std::vector<bool> result;
  for (const detail::AnyHandle& handle : handles.span()) result.push_back(handle.tensor != nullptr);
  return result;
}

}  // namespace

CompiledEngine::CompiledEngine(const Recording& recording, const detail::HandleList& inputs,
                               const detail::HandleList& outputs, std::source_location where)
    : program_(recording, inputs, outputs, {}, where),
      workspace_(program_),
      is_tensor_(tensors_among(inputs)),
      gives_tensor_(tensors_among(outputs)) {}

CompiledEngine::CompiledEngine(const CompiledEngine& other)
    : program_(other.program_),
      workspace_(program_),
      is_tensor_(other.is_tensor_),
      gives_tensor_(other.gives_tensor_),
      outputs_(other.outputs_) {}

bool CompiledEngine::fits(std::span<const ReplayValue> inputs) const noexcept {
  if (inputs.size() != is_tensor_.size()) return false;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k].is_tensor() != is_tensor_[k]) return false;
    if (is_tensor_[k] && !(inputs[k].elements().type() == program_.input_type(k))) return false;
  }
  return true;
}

ReplayStatus CompiledEngine::try_run(std::span<const ReplayValue> inputs, std::source_location where) {
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (inputs[k].is_tensor())
      workspace_.set(k, inputs[k].elements(), where);
    else
      workspace_.set(k, inputs[k].unchecked_number(), where);
  }
  if (program_.try_run(workspace_, where) != RunStatus::ok) return ReplayStatus::guard_failed;
  outputs_.clear();
  for (std::size_t k = 0; k < gives_tensor_.size(); ++k) {
    if (gives_tensor_[k])
      outputs_.emplace_back(workspace_.get(k, where));
    else
      outputs_.emplace_back(workspace_.number(k, where));
  }
  return ReplayStatus::ok;
}

const std::vector<ReplayValue>& CompiledEngine::run(std::span<const ReplayValue> inputs, std::source_location where) {
  if (try_run(inputs, where) != ReplayStatus::ok) throw_guard_failed();
  return outputs_;
}

void CompiledEngine::throw_guard_failed() const {
  detail::throw_guard_failed(workspace_.failed_guard().value(), "program");
}

}  // namespace wengert
