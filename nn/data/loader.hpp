/// Batches of a dataset, epoch after epoch, made ahead by threads.
///
///     const Loader loader(data, {.batch = 64, .seed = 1});
///     for (std::int64_t number = 0; number < epochs; ++number) {
///       for (const Batch& batch : loader.epoch(number)) step(batch.x, batch.y);
///     }
///
/// The batches of an epoch are a function of dataset, options and the epoch's number alone: not of earlier epochs, nor
/// of how many threads make them or how far ahead. So training resumes in the middle with `epoch(number, first_batch)`.
///
/// A Loader is immutable; an Epoch belongs to one thread. Breaking out of an epoch ends and joins its threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <source_location>
#include <vector>

#include "wengert/nn/data/dataset.hpp"

namespace wengert::nn {

struct LoaderOptions {
  std::int64_t batch = 64;    ///< examples a batch
  bool shuffle = true;        ///< in an order of the epoch's own; otherwise as they lie
  bool drop_last = false;     ///< leave out a last batch that is not full
  std::uint64_t seed = 0;     ///< of the orders, and of what varied() draws
  std::int64_t prefetch = 2;  ///< batches made ahead; 0 makes each when it is asked for, without a thread
  std::int64_t threads = 1;   ///< that make them
};

/// A dataset failed to make a batch. What it threw is nested (std::rethrow_if_nested), and part of the message.
class BatchError : public Error {
 public:
  BatchError(ErrorDetail detail, std::int64_t epoch, std::int64_t batch);
  [[nodiscard]] std::int64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::int64_t batch() const noexcept { return batch_; }

 protected:
  [[noreturn]] void rethrow(ErrorDetail detail) const override;

 private:
  std::int64_t epoch_, batch_;
};

/// The batches of one epoch, once: a range for `for`, or next() by hand.
class Epoch {
 public:
  /// The next batch; nothing behind the last one. Throws BatchError where the dataset threw; the call after that goes
  /// on behind the batch.
  std::optional<Batch> next();
  /// The number of the batch that next() gives, counted from the beginning of the epoch (also when it began later).
  [[nodiscard]] std::int64_t position() const noexcept;
  /// All batches of the epoch.
  [[nodiscard]] std::int64_t batches() const noexcept;

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    [[nodiscard]] const Batch& operator*() const { return *batch_; }
    [[nodiscard]] const Batch* operator->() const { return &*batch_; }
    Iterator& operator++() {
      batch_ = epoch_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& i, std::default_sentinel_t) { return !i.batch_; }

   private:
    friend class Epoch;
    explicit Iterator(Epoch& epoch) : epoch_(&epoch), batch_(epoch.next()) {}
    Epoch* epoch_ = nullptr;
    std::optional<Batch> batch_;
  };
  /// Takes the next batch; goes on where the epoch is.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  Epoch(Epoch&&) noexcept;
  Epoch& operator=(Epoch&&) noexcept;
  ~Epoch();

 private:
  friend class Loader;
  class Work;
  explicit Epoch(std::unique_ptr<Work> work) noexcept;
  std::unique_ptr<Work> work_;
};

class Loader {
 public:
  /// Throws ArgumentError for a null pointer, and for options out of range: batch and threads from 1 up, prefetch from
  /// 0.
  explicit Loader(DatasetPointer dataset, const LoaderOptions& options = {},
                  std::source_location where = std::source_location::current());

  /// Batches of an epoch.
  [[nodiscard]] std::int64_t batches() const noexcept { return batches_; }
  [[nodiscard]] const LoaderOptions& options() const noexcept { return options_; }
  [[nodiscard]] const Dataset& dataset() const noexcept { return *dataset_; }
  /// The positions of the examples of an epoch in the order in which batches take them.
  [[nodiscard]] std::vector<std::int64_t> order(std::int64_t number) const;
  /// An epoch, from its batch `first_batch` on. Throws ArgumentError for negative numbers, and for a first batch behind
  /// the last.
  [[nodiscard]] Epoch epoch(std::int64_t number, std::int64_t first_batch = 0,
                            std::source_location where = std::source_location::current()) const;

 private:
  DatasetPointer dataset_;
  LoaderOptions options_;
  std::int64_t size_;  // of the dataset, when the loader was made
  std::int64_t batches_;
};

}  // namespace wengert::nn
