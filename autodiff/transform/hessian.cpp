#include "wengert/autodiff/transform/hessian.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/jvp.hpp"
#include "wengert/autodiff/record/recorded_sweep.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/autodiff/record/tensor_reductions.hpp"

namespace wengert {

using namespace detail;

namespace {

/// Columns of which the directional derivatives are recorded at once: as many as are swept at once.
constexpr std::size_t at_once = 8;

/// The stream of y; null if it is a constant. What is recorded on it later checks the other handles.
Stream* stream_of(const AnyHandle& y, const char* operation, std::source_location where) {
  if (y.tag() == 0) return nullptr;
  StreamHead& head = Stream::of(y.tag());
  if (&head == &no_stream) Stream::throw_bad_handle(y.tag(), operation, where);
  Stream& s = static_cast<Stream&>(head);
  s.check(y.id(), y.tag(), operation, where);
  return &s;
}

std::vector<AnyHandle> handles_of(const std::vector<AnyGradient>& results, std::span<const AnyHandle> like) {
  std::vector<AnyHandle> handles;
  for (std::size_t k = 0; k < results.size(); ++k)
    handles.push_back(like[k].tensor == nullptr ? AnyHandle(results[k].scalar) : AnyHandle(results[k].tensor));
  return handles;
}

/// For each x 0, but 1 for one element of one of them.
class UnitDirection {
 public:
  UnitDirection(std::span<const AnyHandle> x, std::size_t input, std::int64_t element) {
    tensors_.reserve(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      const bool moves = WENGERT_HOLDS("hessian: the input that moves", k == input);
      if (x[k].tensor == nullptr) {
        handles_.push_back(AnyHandle(Scalar(moves ? 1.0 : 0.0)));
        continue;
      }
      const Type& type = x[k].tensor->type();
      if (moves) {
        std::vector<double> numbers(static_cast<std::size_t>(type.shape.size()));
        numbers[static_cast<std::size_t>(element)] = 1.0;
        tensors_.push_back(convert(tensor(numbers, type.shape), type.dtype));
      } else {
        tensors_.push_back(zeros(type.shape, type.dtype));
      }
      handles_.push_back(AnyHandle(tensors_.back()));
    }
  }
  [[nodiscard]] std::span<const AnyHandle> handles() const { return handles_; }

 private:
  std::vector<Tensor> tensors_;
  std::vector<AnyHandle> handles_;
};

/// Rows from recorded directional derivatives of y, each swept by `mode`.
Matrix over_forward(Stream& s, const AnyHandle& y, std::span<const AnyHandle> x, JacobianMode mode,
                    std::source_location where) {
  std::vector<std::pair<std::size_t, std::int64_t>> columns;  // input, element
  for (std::size_t k = 0; k < x.size(); ++k)
    for (std::int64_t e = 0; e < (x[k].tensor == nullptr ? 1 : x[k].tensor->size()); ++e) columns.emplace_back(k, e);
  Matrix result(columns.size(), columns.size());
  for (std::size_t first = 0; first < columns.size(); first += at_once) {
    const Temporary temporary(s);
    const std::size_t count = std::min(at_once, columns.size() - first);
    std::vector<AnyGradient> slopes;
    for (std::size_t k = 0; k < count; ++k) {
      const UnitDirection direction(x, columns[first + k].first, columns[first + k].second);
      slopes.push_back(jvp_of(std::span(&y, 1), x, direction.handles(), where).front());
    }
    const std::vector<AnyHandle> outputs = handles_of(slopes, std::vector<AnyHandle>(count, y));
    const Matrix rows = jacobian_of(outputs, x, {.mode = mode}, "hessian", where);
    for (std::size_t k = 0; k < count; ++k)
      std::copy_n(rows.row(k).begin(), rows.cols(),
                  result.row(first + WENGERT_INDEX("hessian: row of a block", k)).begin());
  }
  return result;
}

void want_as_many(std::size_t v, std::size_t x, const char* operation, std::source_location where) {
  if (v == x) return;
  throw ArgumentError{{.operation = operation,
                       .problem = std::to_string(v) + " directions for " + std::to_string(x) + " values",
                       .expected = "one for each value",
                       .where = where}};
}

void want_type(const Tensor& v, const Type& type, const char* operation, std::source_location where) {
  if (v.type() == type) return;
  const ErrorDetail detail{.operation = operation,
                           .operands = {to_string(type), to_string(v.type())},
                           .problem = "a direction of " + to_string(v.type()) + " for a tensor of " + to_string(type),
                           .expected = to_string(type),
                           .where = where};
  if (v.dtype() != type.dtype) throw DtypeError{detail};
  throw ShapeError{detail};
}

/// y and x, checked, and a gradient that is there as long as this is.
class RecordedGradient {
 public:
  template <class X>
  RecordedGradient(const AnyHandle& y, std::span<const X> x, const char* operation, std::source_location where)
      : x_(any_handles(x)) {
    Stream* const s = stream_of(y, operation, where);
    if (s != nullptr) temporary_.emplace(*s);
    gradient_ = gradient_of(y, nullptr, x_, where);
  }
  [[nodiscard]] const Scalar& scalar(std::size_t k) const { return gradient_[k].scalar; }
  [[nodiscard]] const Tensor& tensor(std::size_t k) const { return gradient_[k].tensor; }
  [[nodiscard]] std::vector<Scalar> scalars() const {
    std::vector<Scalar> result;
    for (const AnyGradient& g : gradient_) result.push_back(g.scalar);
    return result;
  }

 private:
  std::optional<Temporary> temporary_;
  std::vector<AnyHandle> x_;
  std::vector<AnyGradient> gradient_;
};

std::vector<Tensor> tensor_hvp(const AnyHandle& y, std::span<const Tensor> x, std::span<const Tensor> v,
                               std::source_location where) {
  want_as_many(v.size(), x.size(), "hvp", where);
  const RecordedGradient gradient(y, x, "hvp", where);
  std::vector<Tensor> result;
  for (std::size_t k = 0; k < x.size(); ++k) want_type(v[k], x[k].type(), "hvp", where);
  const Tangents tangents = forward(x, v, where);
  for (std::size_t k = 0; k < x.size(); ++k) result.push_back(tangents[gradient.tensor(k)]);
  return result;
}

std::vector<Tensor> tensor_vhp(const AnyHandle& y, std::span<const Tensor> x, std::span<const Tensor> v,
                               std::source_location where) {
  want_as_many(v.size(), x.size(), "vhp", where);
  const RecordedGradient gradient(y, x, "vhp", where);
  // One sweep from all of them: Σ v·g, whose partial by each g is its v.
  Scalar along = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const Tensor& g = gradient.tensor(k);
    want_type(v[k], g.type(), "vhp", where);
    if (!g.is_constant()) along = along + to_scalar(sum(g * Tensor(v[k].value())));
  }
  const Adjoints adjoints = backward(along, where);
  std::vector<Tensor> result;
  for (const Tensor& input : x) result.push_back(adjoints[input]);
  return result;
}

}  // namespace

Matrix detail::hessian_of(const AnyHandle& y, std::span<const AnyHandle> x, const HessianOptions& options,
                          std::source_location where) {
  Stream* const s = stream_of(y, "hessian", where);
  const bool over_gradient =
      options.mode == HessianMode::forward_over_reverse || options.mode == HessianMode::reverse_over_reverse;
  const bool forward =
      options.mode == HessianMode::forward_over_reverse || options.mode == HessianMode::forward_over_forward;
  const JacobianMode mode = forward ? JacobianMode::forward : JacobianMode::reverse;
  if (y.tensor != nullptr && y.tensor->size() != 1) {
    throw ShapeError{{.operation = "hessian",
                      .operands = {to_string(y.tensor->type())},
                      .problem = "the tensor to differentiate is " + to_string(y.tensor->type()),
                      .expected = "a single element",
                      .where = where,
                      .hint = "hessian(sum(y), x)"}};
  }
  if (s == nullptr)  // zeros, if x is what it should be
    return jacobian_of(handles_of(gradient_of(y, nullptr, x, where), x), x, {.mode = mode}, "hessian", where);
  if (!over_gradient) return over_forward(*s, y, x, mode, where);
  const Temporary temporary(*s);
  const std::vector<AnyGradient> gradient = gradient_of(y, nullptr, x, where);
  return jacobian_of(handles_of(gradient, x), x, {.mode = mode}, "hessian", where);
}

std::vector<double> hvp(const Scalar& y, std::span<const Scalar> x, std::span<const double> v,
                        std::source_location where) {
  want_as_many(v.size(), x.size(), "hvp", where);
  const RecordedGradient gradient(y, x, "hvp", where);
  const Tangents tangents = forward(x, v, where);
  std::vector<double> result;
  for (std::size_t k = 0; k < x.size(); ++k)
    result.push_back(WENGERT_NUMBER("hvp: tangent of the gradient", tangents[gradient.scalar(k)]));
  return result;
}
std::vector<double> vhp(const Scalar& y, std::span<const Scalar> x, std::span<const double> v,
                        std::source_location where) {
  want_as_many(v.size(), x.size(), "vhp", where);
  const RecordedGradient gradient(y, x, "vhp", where);
  Adjoints adjoints;
  backward(gradient.scalars(), v, adjoints, where);
  std::vector<double> result;
  for (const Scalar& input : x) result.push_back(WENGERT_NUMBER("vhp: adjoint", adjoints[input]));
  return result;
}

std::vector<Tensor> hvp(const Scalar& y, std::span<const Tensor> x, std::span<const Tensor> v,
                        std::source_location where) {
  return tensor_hvp(y, x, v, where);
}
std::vector<Tensor> hvp(const Tensor& y, std::span<const Tensor> x, std::span<const Tensor> v,
                        std::source_location where) {
  return tensor_hvp(y, x, v, where);
}
std::vector<Tensor> vhp(const Scalar& y, std::span<const Tensor> x, std::span<const Tensor> v,
                        std::source_location where) {
  return tensor_vhp(y, x, v, where);
}
std::vector<Tensor> vhp(const Tensor& y, std::span<const Tensor> x, std::span<const Tensor> v,
                        std::source_location where) {
  return tensor_vhp(y, x, v, where);
}

}  // namespace wengert
