#include "wengert/autodiff/transform/program_function.hpp"

#include <algorithm>
#include <utility>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/gradient.hpp"
#include "wengert/autodiff/record/jvp.hpp"
#include "wengert/autodiff/record/recording.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"
#include "wengert/autodiff/record/tensor_store.hpp"
#include "wengert/autodiff/transform/body.hpp"

namespace wengert::detail {

namespace {

std::int64_t size_of(std::span<const Type> types) {
  std::int64_t size = 0;
  for (const Type& type : types) size += type.shape.size();
  return size;
}

/// Operands as variables of a recording of their own.
std::vector<Tensor> lifted(Recording& r, std::span<const Tensor> x) {
  std::vector<Tensor> result;
  for (const Tensor& each : x) result.push_back(r.variable(Tensor(each.value()), {}, {}));
  return result;
}
/// A constant as a variable of the recording that the others are of: one may differentiate by it.
Tensor variable_beside(std::span<const Tensor> others, const Tensor& x) {
  const auto recorded = std::ranges::find_if(others, [](const Tensor& each) { return !each.is_constant(); });
  if (recorded == others.end()) return x;
  auto& stream = static_cast<Stream&>(Stream::of(recorded->tag()));
  return Tensor::from_parts(x.value(), append_tensor_entry(stream, {.result = x.value()}, {}, {}, 0.0, {}),
                            stream.tag());
}
constexpr RecordingOptions quiet{.locations = false, .ties = false};

/// (cotangent, x…) -> the cotangents of x…, as a row.
class VjpOfProgram final : public ProgramFunction {
 public:
  explicit VjpOfProgram(std::shared_ptr<const ProgramFunction> program) : program_(std::move(program)) {}
  [[nodiscard]] std::string name() const override { return "vjp of " + program_->name(); }
  [[nodiscard]] Type type(std::span<const Type> x) const override { return {Dtype::f64, Shape{size_of(x.subspan(1))}}; }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    const std::vector<char> wanted(x.size() - 1, 1);
    return row_of(program_->vjp(x[0], {}, x.subspan(1), wanted));
  }
  [[nodiscard]] Tensor run(std::span<const Tensor> x) const override {
    std::vector<Tensor> own;
    for (const Tensor& each : x.subspan(1)) own.push_back(each.is_constant() ? each : own_copy(each, {}));
    const Tensor y = program_->run(own);
    std::vector<Tensor> wanted;
    for (const Tensor& each : own)
      if (!each.is_constant()) wanted.push_back(each);
    std::vector<Tensor> slopes;
    if (!y.is_constant() && !wanted.empty()) slopes = gradient(y, x[0], std::span<const Tensor>(wanted), {});
    std::vector<Tensor> all;
    std::size_t next = 0;
    for (const Tensor& each : own)
      all.push_back(each.is_constant() || slopes.empty() ? zeros(each.shape(), Dtype::f64, {}) : slopes[next++]);
    return row_of(all);
  }

 private:
  std::shared_ptr<const ProgramFunction> program_;
};

/// (x…, tangents…) -> the tangent of the result.
class JvpOfProgram final : public ProgramFunction {
 public:
  explicit JvpOfProgram(std::shared_ptr<const ProgramFunction> program) : program_(std::move(program)) {}
  [[nodiscard]] std::string name() const override { return "jvp of " + program_->name(); }
  [[nodiscard]] Type type(std::span<const Type> x) const override { return program_->type(x.first(x.size() / 2)); }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    return program_->jvp(x.subspan(x.size() / 2), {}, x.first(x.size() / 2));
  }
  [[nodiscard]] Tensor run(std::span<const Tensor> x) const override {
    const std::size_t count = x.size() / 2;
    std::vector<Tensor> own, moving, tangents;
    for (std::size_t k = 0; k < count; ++k) {
      own.push_back(x[k].is_constant() ? variable_beside(x, x[k]) : own_copy(x[k], {}));
      tangents.push_back(x[count + k]);
    }
    const Tensor y = program_->run(own);
    return wengert::jvp(y, own, tangents, {});
  }

 private:
  std::shared_ptr<const ProgramFunction> program_;
};

}  // namespace

Tensor row_of(std::span<const Tensor> x) {
  std::vector<Tensor> pieces;
  for (const Tensor& each : x)
    if (each.size() != 0) pieces.push_back(reshape(each, Shape{each.size()}, {}));
  if (pieces.empty()) return zeros(Shape{0}, Dtype::f64, {});
  return pieces.size() == 1 ? pieces[0] : concatenate(pieces, 0, {});
}

std::vector<Tensor> tensors_of(const Tensor& row, std::span<const Tensor> like) {
  std::vector<Tensor> result;
  std::size_t at = 0;
  for (const Tensor& each : like) {
    const auto size = static_cast<std::size_t>(each.size());
    result.push_back(reshape(part_of(row, at, size, {}), each.shape(), {}));
    at += size;
  }
  return result;
}

std::vector<Tensor> ProgramFunction::vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                         std::span<const char> wanted) const {
  if (any_recorded(x) || !cotangent.is_constant()) {
    std::vector<Tensor> operands{cotangent};
    operands.insert(operands.end(), x.begin(), x.end());
    return tensors_of(call(std::make_shared<const VjpOfProgram>(shared_from_this()), operands, {}), x);
  }
  Recording r(quiet);
  const std::vector<Tensor> own = lifted(r, x);
  const Tensor y = run(own);
  std::vector<Tensor> result;
  if (y.is_constant()) {
    for (const Tensor& each : x) result.push_back(zeros(each.shape(), Dtype::f64, {}));
    return result;
  }
  const Adjoints adjoints = backward(y, cotangent, {});
  for (std::size_t k = 0; k < x.size(); ++k)
    result.push_back(wanted[k] != 0 ? WENGERT_NUMBER("program: cotangent of an operand", adjoints[own[k]]) : Tensor());
  return result;
}

Tensor ProgramFunction::jvp(std::span<const Tensor> tangents, const Tensor&, std::span<const Tensor> x) const {
  if (any_recorded(x) || any_recorded(tangents)) {
    std::vector<Tensor> operands(x.begin(), x.end());
    operands.insert(operands.end(), tangents.begin(), tangents.end());
    return call(std::make_shared<const JvpOfProgram>(shared_from_this()), operands, {});
  }
  Recording r(quiet);
  const std::vector<Tensor> own = lifted(r, x);
  const Tensor y = run(own);
  if (y.is_constant()) return zeros(y.shape(), Dtype::f64, {});
  return WENGERT_NUMBER("program: tangent of the result", forward(own, tangents, {})[y]);
}

}  // namespace wengert::detail
