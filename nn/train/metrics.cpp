#include "wengert/nn/train/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace wengert::nn {
namespace {

[[noreturn]] void refuse_shapes(const char* metric, const Tensor& output, const Tensor& target, const char* expected) {
  throw ShapeError{{.operation = metric,
                    .operands = {to_string(output.type()), to_string(target.type())},
                    .problem = "output " + to_string(output.type()) + " and target " + to_string(target.type()),
                    .expected = expected}};
}

void check_real(const char* metric, const Tensor& output) {
  if (is_real(output.dtype())) return;
  throw DtypeError{{.operation = metric,
                    .operands = {to_string(output.type())},
                    .problem = "output " + to_string(output.type()),
                    .expected = "f32 or f64"}};
}

template <class T>
std::int64_t matches(std::span<const T> scores, const Array& labels, std::int64_t classes) {
  std::int64_t right = 0;
  const auto rows = static_cast<std::int64_t>(scores.size()) / classes;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::span<const T> of_row =
        scores.subspan(static_cast<std::size_t>(row * classes), static_cast<std::size_t>(classes));
    std::size_t best = 0;
    bool nan = false;
    for (std::size_t k = 0; k < of_row.size(); ++k) {
      nan = nan || of_row[k] != of_row[k];
      if (of_row[k] > of_row[best]) best = k;
    }
    if (!nan && labels.integer_element(row) == static_cast<std::int64_t>(best)) ++right;
  }
  return right;
}

double share(std::int64_t right, std::int64_t all) { return static_cast<double>(right) / static_cast<double>(all); }

double accuracy_of(const Tensor& output, const Tensor& target) {
  constexpr const char* expected = "[…, classes] with labels […]";
  check_real("accuracy", output);
  if (output.rank() == 0 || target.rank() + 1 != output.rank()) refuse_shapes("accuracy", output, target, expected);
  for (std::size_t axis = 0; axis < target.rank(); ++axis)
    if (target.shape()[axis] != output.shape()[axis]) refuse_shapes("accuracy", output, target, expected);
  if (target.dtype() != Dtype::i64 && target.dtype() != Dtype::i32)
    throw DtypeError{{.operation = "accuracy",
                      .operands = {to_string(target.type())},
                      .problem = "target " + to_string(target.type()),
                      .expected = "labels, i32 or i64"}};
  const std::int64_t classes = output.shape()[output.rank() - 1];
  if (classes == 0) refuse_shapes("accuracy", output, target, "one class at least");
  const Array scores = output.value().dense();
  const std::int64_t right = with_element_type(scores.dtype(), [&]<class T>(std::type_identity<T>) {
    return matches<T>(scores.data<T>(), target.value(), classes);
  });
  return share(right, target.size());
}

double binary_accuracy_of(const Tensor& output, const Tensor& target, double threshold) {
  check_real("binary_accuracy", output);
  if (output.shape() != target.shape()) refuse_shapes("binary_accuracy", output, target, "one shape");
  std::int64_t right = 0;
  for (std::int64_t k = 0; k < output.size(); ++k) {
    const double score = output.value().element(k);
    if (score == score && (score >= threshold) == (target.value().element(k) >= 0.5)) ++right;
  }
  return share(right, output.size());
}

}  // namespace

Metric accuracy(std::string name) { return {std::move(name), accuracy_of}; }

Metric binary_accuracy(double threshold, std::string name) {
  return {std::move(name), [threshold](const Tensor& output, const Tensor& target) {
            return binary_accuracy_of(output, target, threshold);
          }};
}

}  // namespace wengert::nn
