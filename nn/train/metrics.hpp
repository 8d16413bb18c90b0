// What is measured beside the loss.
#pragma once

#include <functional>
#include <string>

#include "wengert/autodiff/autodiff.hpp"

namespace wengert::nn {

/// A number for a batch: its mean over the samples, given the network's output and the targets, both constants. Over an
/// epoch, batches count by their samples.
struct Metric {
  std::string name{};  ///< a column in logs; not empty, without line breaks, unlike any other column
  std::function<double(const Tensor& output, const Tensor& target)> of{};
};

/// The share of rows of `output` whose largest element (the first of several) stands where the label says: logits or
/// probabilities [batch, classes], labels [batch], i32 or i64. Further axes of samples may stand between: [batch, time,
/// classes] with [batch, time]. A row with NaN is wrong. Labels outside 0 … classes-1 never match. Throws ShapeError
/// or DtypeError for other operands.
[[nodiscard]] Metric accuracy(std::string name = "accuracy");
/// The share of elements of `output` on the same side of `threshold` as the target is of ½ (0: logits; ½:
/// probabilities); exactly the threshold counts as above. Output and target have one shape.
[[nodiscard]] Metric binary_accuracy(double threshold = 0, std::string name = "accuracy");

}  // namespace wengert::nn
