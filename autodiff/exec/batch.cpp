#include "wengert/autodiff/exec/batch.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "wengert/graph/error.hpp"

namespace wengert {

namespace {

/// The type of n stacked values.
Type stacked(const Type& type, std::int64_t n) {
  std::vector<std::int64_t> extents{n};
  extents.insert(extents.end(), type.shape.begin(), type.shape.end());
  return {type.dtype, Shape(std::span<const std::int64_t>(extents))};
}
std::byte* elements(Array& sole) {
  return const_cast<std::byte*>(sole.bytes().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): nobody else's
}

class Batch {
 public:
  Batch(const Program& program, std::span<const Stack> stacks, std::span<std::uint8_t> failed,
        std::source_location where)
      : p_(program), where_(where), samples_(program.input_count()) {
    for (const Stack& stack : stacks) add(stack);
    if (count_ < 0) refuse<ArgumentError>("there is no stack", "one at least");
    if (!failed.empty() && failed.size() != static_cast<std::size_t>(count_))
      refuse<ArgumentError>(std::to_string(failed.size()) + " places for failures",
                            std::to_string(count_) + " or none");
    for (std::size_t k = 0; k < p_.output_count(); ++k)
      outputs_.push_back(Array::uninitialised(stacked(p_.output_type(k), count_), where));
  }

  std::vector<Tensor> run(Program::Workspace& w, std::span<std::uint8_t> failed) {
    if (p_.is_scalar() && std::ranges::all_of(samples_, [](const auto& of) { return of.has_value(); }))
      run_numbers(w, failed);
    else
      run_tensors(w, failed);
    std::vector<Tensor> result;
    for (Array& output : outputs_) result.emplace_back(std::move(output));
    return result;
  }

 private:
  template <class E>
  [[noreturn]] void refuse(const std::string& problem, const std::string& expected) const {
    throw E{{.operation = "run_batch", .problem = problem, .expected = expected, .where = where_}};
  }

  void add(const Stack& stack) {
    const std::string name = "input " + std::to_string(stack.input);
    if (stack.input >= samples_.size())
      refuse<ArgumentError>("there is no " + name, "a number below " + std::to_string(samples_.size()));
    if (samples_[stack.input]) refuse<ArgumentError>("two stacks of " + name, "one");
    const Type& type = p_.input_type(stack.input);
    const Type is = stack.samples.type();
    const std::string problem = "the stack of " + name + " is " + to_string(is),
                      expected = to_string(type) + ", stacked";
    if (is.dtype != type.dtype) refuse<DtypeError>(problem, expected);
    const std::int64_t n = is.shape.rank() == 0 ? -1 : is.shape[0];
    if (n < 0 || !(is == stacked(type, n))) refuse<ShapeError>(problem, expected);
    if (count_ >= 0 && n != count_) refuse<ShapeError>(problem, std::to_string(count_) + " samples, as before");
    count_ = n;
    samples_[stack.input] = stack.samples.value().dense();
  }

  void run_numbers(Program::Workspace& w, std::span<std::uint8_t> failed) {
    const auto n = static_cast<std::size_t>(count_);
    std::vector<double> x, y(n * outputs_.size());
    x.reserve(n * samples_.size());
    for (const auto& of : samples_) {
      const auto from = of->data<double>();
      x.insert(x.end(), from.begin(), from.end());
    }
    if (failed.empty())
      p_.run_batch(w, x, y, count_, where_);
    else
      static_cast<void>(p_.try_run_batch(w, x, y, count_, failed, where_));
    for (std::size_t k = 0; k < outputs_.size(); ++k)
      std::copy_n(y.data() + k * n, n, outputs_[k].mutable_data<double>().data());
  }

  void run_tensors(Program::Workspace& w, std::span<std::uint8_t> failed) {
    for (std::int64_t i = 0; i < count_; ++i) {
      for (std::size_t k = 0; k < samples_.size(); ++k)
        if (samples_[k]) w.set(k, sample(k, i), where_);
      if (failed.empty())
        p_.run(w, where_);
      else
        failed[static_cast<std::size_t>(i)] = p_.try_run(w, where_) == RunStatus::ok ? 0 : 1;
      for (std::size_t k = 0; k < outputs_.size(); ++k) {
        const Tensor y = w.get(k, where_);
        const std::size_t size = byte_size(y.type());
        if (size != 0)
          std::memcpy(elements(outputs_[k]) + static_cast<std::size_t>(i) * size, y.value().bytes().data(), size);
      }
    }
  }
  [[nodiscard]] Array sample(std::size_t k, std::int64_t i) const {
    Array result = Array::uninitialised(p_.input_type(k), where_);
    const std::size_t size = byte_size(result.type());
    if (size != 0)
      std::memcpy(elements(result), samples_[k]->bytes().data() + static_cast<std::size_t>(i) * size, size);
    return result;
  }

  const Program& p_;
  std::source_location where_;
  std::vector<std::optional<Array>> samples_;  // by input
  std::vector<Array> outputs_;
  std::int64_t count_ = -1;
};

}  // namespace

std::vector<Tensor> run_batch(const Program& program, Program::Workspace& w, std::span<const Stack> stacks,
                              std::span<std::uint8_t> failed, std::source_location where) {
  return Batch(program, stacks, failed, where).run(w, failed);
}

}  // namespace wengert
