#include "wengert/nn/data/dataset.hpp"

#include <cmath>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

namespace wengert::nn {
namespace {

void check_pointer(const char* operation, const DatasetPointer& dataset, std::source_location where) {
  if (dataset != nullptr) return;
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = "the dataset is a null pointer",
                       .expected = "a dataset",
                       .where = where,
                       .hint = {}}};
}

void check_positions(const char* operation, Positions positions, std::int64_t size, std::source_location where) {
  for (const std::int64_t p : positions) {
    if (p >= 0 && p < size) continue;
    throw DomainError{{.operation = operation,
                       .operands = {},
                       .problem = "position " + std::to_string(p),
                       .expected = "0 <= position < " + std::to_string(size),
                       .where = where,
                       .hint = {}}};
  }
}

// The slices at these positions of the first axis, which exist.
Array rows_of(const Array& x, Positions positions) {
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  extents[0] = static_cast<std::int64_t>(positions.size());
  const Type type{x.dtype(), Shape(std::span<const std::int64_t>(extents))};
  Array result = Array::uninitialised(type);
  if (type.shape.size() == 0) return result;
  with_element_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const std::span<const T> from = x.data<T>();
    const std::span<T> to = result.mutable_data<T>();
    const std::size_t row = to.size() / positions.size();
    for (std::size_t k = 0; k < positions.size(); ++k) {
      std::memcpy(&to[k * row], &from[static_cast<std::size_t>(positions[k]) * row], row * sizeof(T));
    }
  });
  return result;
}

class Subset final : public Dataset {
 public:
  Subset(DatasetPointer dataset, std::vector<std::int64_t> positions)
      : dataset_(std::move(dataset)), positions_(std::move(positions)) {}
  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(positions_.size()); }
  [[nodiscard]] Batch batch(Positions positions) const override { return dataset_->batch(inner(positions)); }
  [[nodiscard]] Batch epoch_batch(Positions positions, const Random& random) const override {
    return dataset_->epoch_batch(inner(positions), random);
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> inner(Positions positions) const {
    check_positions("Dataset::batch", positions, size(), {});
    std::vector<std::int64_t> result(positions.begin(), positions.end());
    for (std::int64_t& p : result) p = positions_[static_cast<std::size_t>(p)];
    return result;
  }

  DatasetPointer dataset_;
  std::vector<std::int64_t> positions_;
};

class Mapped final : public Dataset {
 public:
  Mapped(DatasetPointer dataset, Mapping mapping) : dataset_(std::move(dataset)), mapping_(std::move(mapping)) {}
  [[nodiscard]] std::int64_t size() const override { return dataset_->size(); }
  [[nodiscard]] Batch batch(Positions positions) const override { return mapping_(dataset_->batch(positions)); }
  [[nodiscard]] Batch epoch_batch(Positions positions, const Random& random) const override {
    return mapping_(dataset_->epoch_batch(positions, random));
  }

 private:
  DatasetPointer dataset_;
  Mapping mapping_;
};

class Varied final : public Dataset {
 public:
  Varied(DatasetPointer dataset, Variation variation)
      : dataset_(std::move(dataset)), variation_(std::move(variation)) {}
  [[nodiscard]] std::int64_t size() const override { return dataset_->size(); }
  [[nodiscard]] Batch batch(Positions positions) const override { return dataset_->batch(positions); }
  [[nodiscard]] Batch epoch_batch(Positions positions, const Random& random) const override {
    return variation_(dataset_->epoch_batch(positions, random), positions, random);
  }

 private:
  DatasetPointer dataset_;
  Variation variation_;
};

template <class Function>
void check_function(const char* operation, const Function& function, std::source_location where) {
  if (function) return;
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = "the function is empty",
                       .expected = "a function of a batch",
                       .where = where,
                       .hint = {}}};
}

std::vector<std::int64_t> counting(std::int64_t count) {
  std::vector<std::int64_t> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), std::int64_t{0});
  return result;
}

}  // namespace

Batch Dataset::epoch_batch(Positions positions, const Random& /*random*/) const { return batch(positions); }

TensorDataset::TensorDataset(const Tensor& x, const Tensor& y, std::source_location where)
    : x_(x.value().dense()), y_(y.value().dense()) {
  const bool labelled = !(y_.rank() == 1 && y_.size() == 0);
  if (x_.rank() == 0 || (labelled && (y_.rank() == 0 || y_.shape()[0] != x_.shape()[0]))) {
    throw ShapeError{{.operation = "TensorDataset",
                      .operands = {to_string(x.type()), to_string(y.type())},
                      .problem = "inputs " + to_string(x.type()) + ", targets " + to_string(y.type()),
                      .expected = "as many slices along the first axis of both",
                      .where = where,
                      .hint = {}}};
  }
}

Batch TensorDataset::batch(Positions positions) const {
  check_positions("TensorDataset::batch", positions, size(), {});
  const bool labelled = y_.rank() != 1 || y_.size() != 0;
  return {Tensor(rows_of(x_, positions)), Tensor(labelled ? rows_of(y_, positions) : y_)};
}

Batch all_of(const Dataset& dataset) { return dataset.batch(counting(dataset.size())); }

DatasetPointer subset(DatasetPointer dataset, std::vector<std::int64_t> positions, std::source_location where) {
  check_pointer("subset", dataset, where);
  check_positions("subset", positions, dataset->size(), where);
  return std::make_shared<Subset>(std::move(dataset), std::move(positions));
}

DatasetPointer take(DatasetPointer dataset, std::int64_t count, std::source_location where) {
  check_pointer("take", dataset, where);
  if (count < 0) {
    throw ArgumentError{{.operation = "take",
                         .operands = {},
                         .problem = "count is " + std::to_string(count),
                         .expected = "count >= 0",
                         .where = where,
                         .hint = {}}};
  }
  const std::int64_t size = dataset->size();
  if (count >= size) return dataset;
  return subset(std::move(dataset), counting(count), where);
}

Split split(const DatasetPointer& dataset, double fraction, std::uint64_t seed, std::source_location where) {
  check_pointer("split", dataset, where);
  if (!(fraction >= 0 && fraction <= 1)) {
    throw ArgumentError{{.operation = "split",
                         .operands = {},
                         .problem = "fraction is " + to_string(Array::scalar(fraction)),
                         .expected = "0 <= fraction <= 1",
                         .where = where,
                         .hint = {}}};
  }
  // "split" in ASCII: not the numbers that a parameter or a loader of the same seed sees.
  const auto order = Random(seed).child(0x73706c6974ULL).permutation(dataset->size());
  const auto middle = order.begin() + std::llround(fraction * static_cast<double>(order.size()));
  return {subset(dataset, {order.begin(), middle}, where), subset(dataset, {middle, order.end()}, where)};
}

DatasetPointer mapped(DatasetPointer dataset, Mapping mapping, std::source_location where) {
  check_pointer("mapped", dataset, where);
  check_function("mapped", mapping, where);
  return std::make_shared<Mapped>(std::move(dataset), std::move(mapping));
}

DatasetPointer varied(DatasetPointer dataset, Variation variation, std::source_location where) {
  check_pointer("varied", dataset, where);
  check_function("varied", variation, where);
  return std::make_shared<Varied>(std::move(dataset), std::move(variation));
}

}  // namespace wengert::nn
