/// Examples to learn from: what a Loader draws batches of.
///
///     auto data = std::make_shared<TensorDataset>(x, y);                        // x [n, ...], y [n, ...]
///     auto [training, validation] = split(data, 0.9, 1);                        // nine tenths and one tenth, by seed
///     1 auto moved = varied(training, [](Batch b, Positions p, const Random& random) { ...; return b; });
///
/// A dataset is used through a shared pointer to const, by several threads at once: batch and epoch_batch may not
/// change anything.
///
/// Reading order: Batch, Dataset, TensorDataset, then datasets made of others.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/nn/random/random.hpp"

namespace wengert::nn {

/// Some examples: inputs and targets, side by side along their first axis. y may be of no elements (nothing to
/// predict).
struct Batch {
  Tensor x, y;
};

/// Which examples, counted from 0.
using Positions = std::span<const std::int64_t>;

class Dataset {
 public:
  virtual ~Dataset() = default;
  /// The number of examples.
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// The examples at these positions, in their order; a position may occur more than once. Throws DomainError for a
  /// position that is not there.
  [[nodiscard]] virtual Batch batch(Positions positions) const = 0;
  /// The same in an epoch of training, in which a dataset may vary its examples at random; this one does not. `random`
  /// is a function of the loader's seed and of the epoch. Who draws from `random.child(position)` for each example
  /// makes what does not depend on how batches are cut.
  [[nodiscard]] virtual Batch epoch_batch(Positions positions, const Random& random) const;

 protected:
  Dataset() = default;
  Dataset(const Dataset&) = default;
  Dataset& operator=(const Dataset&) = default;
};

using DatasetPointer = std::shared_ptr<const Dataset>;

/// Tensors whose first axis counts the examples. Throws ShapeError for rank 0, and unless x and y have as many; y may
/// be left out.
class TensorDataset final : public Dataset {
 public:
  explicit TensorDataset(const Tensor& x, const Tensor& y = {},
                         std::source_location where = std::source_location::current());
  explicit TensorDataset(const Batch& all, std::source_location where = std::source_location::current())
      : TensorDataset(all.x, all.y, where) {}
  [[nodiscard]] std::int64_t size() const override { return x_.shape()[0]; }
  [[nodiscard]] Batch batch(Positions positions) const override;

 private:
  Array x_, y_;
};

/// All examples as one batch.
[[nodiscard]] Batch all_of(const Dataset& dataset);

// --- Datasets made of others
// ------------------------------------------------------------------------------------------ ArgumentError for a null
// pointer.

/// The examples at these positions of another. Throws DomainError for a position that is not there.
[[nodiscard]] DatasetPointer subset(DatasetPointer dataset, std::vector<std::int64_t> positions,
                                    std::source_location where = std::source_location::current());
/// The first `count` examples, or all if there are fewer. Throws ArgumentError for a negative count.
[[nodiscard]] DatasetPointer take(DatasetPointer dataset, std::int64_t count,
                                  std::source_location where = std::source_location::current());

/// Every example is in one of two parts, drawn at random by the seed; the first holds round(fraction·n) of them. Needs
/// 0 ≤ fraction ≤ 1.
struct Split {
  DatasetPointer first, second;
};
[[nodiscard]] Split split(const DatasetPointer& dataset, double fraction, std::uint64_t seed = 0,
                          std::source_location where = std::source_location::current());

/// Each batch passes through a function: scaling, another layout, other labels.
using Mapping = std::function<Batch(Batch)>;
[[nodiscard]] DatasetPointer mapped(DatasetPointer dataset, Mapping mapping,
                                    std::source_location where = std::source_location::current());
/// Each batch of an epoch of training passes through a function that may draw random numbers; batch(), which evaluation
/// uses, does not. See Dataset::epoch_batch for `random`, and nn/data/transforms.hpp for such functions.
using Variation = std::function<Batch(Batch, Positions, const Random&)>;
[[nodiscard]] DatasetPointer varied(DatasetPointer dataset, Variation variation,
                                    std::source_location where = std::source_location::current());

}  // namespace wengert::nn
