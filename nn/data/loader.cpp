// Threads claim the numbers of batches in turn, make them without a lock, and lay each into the slot of its number; the
// caller takes the slots in order. At most `prefetch` batches are claimed beyond those taken, so a slot is free before
// its next number is claimed.
#include "wengert/nn/data/loader.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

namespace wengert::nn {
namespace {

[[noreturn]] void refuse(const char* operation, std::string problem, std::string expected, std::source_location where) {
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = {}}};
}

// Streams of the seed, "order" and "varied" in ASCII: not the numbers that anything else of the same seed sees.
constexpr std::uint64_t order_stream = 0x6f72646572ULL, varied_stream = 0x766172696564ULL;

}  // namespace

BatchError::BatchError(ErrorDetail detail, std::int64_t epoch, std::int64_t batch)
    : Error(std::move(detail)), epoch_(epoch), batch_(batch) {}

void BatchError::rethrow(ErrorDetail detail) const { throw BatchError(std::move(detail), epoch_, batch_); }

class Epoch::Work {
 public:
  Work(DatasetPointer dataset, const LoaderOptions& options, std::vector<std::int64_t> order, std::int64_t number,
       std::int64_t first, std::int64_t batches)
      : batches_(batches),
        taken_(first),
        dataset_(std::move(dataset)),
        options_(options),
        order_(std::move(order)),
        number_(number),
        random_(Random(options.seed).child(varied_stream).child(static_cast<std::uint64_t>(number))),
        claimed_(first),
        slots_(static_cast<std::size_t>(std::min(options.prefetch, batches - first))) {
    const std::int64_t threads =
        slots_.empty() ? 0 : std::min(options.threads, static_cast<std::int64_t>(slots_.size()));
    threads_.reserve(static_cast<std::size_t>(threads));
    try {
      for (std::int64_t k = 0; k < threads; ++k) threads_.emplace_back([this] { make_batches(); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~Work() { stop(); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  std::optional<Batch> next() {
    if (taken_ == batches_) return std::nullopt;
    const std::int64_t batch = taken_;
    Made made;
    if (threads_.empty()) {
      ++taken_;
      make(batch, made);
    } else {
      std::unique_lock lock(mutex_);
      Slot& slot = slots_[static_cast<std::size_t>(batch) % slots_.size()];
      changed_.wait(lock, [&] { return slot.full; });
      made = std::exchange(slot.made, {});
      slot.full = false;
      ++taken_;
      lock.unlock();
      changed_.notify_all();
    }
    if (made.failure) throw_nested(made.failure, batch);
    return std::move(made.batch);
  }

  const std::int64_t batches_;
  std::int64_t taken_;  // written by the caller's thread only, and under the mutex while there are threads

 private:
  struct Made {
    Batch batch;
    std::exception_ptr failure;
  };
  struct Slot {
    Made made;
    bool full = false;
  };

  void make(std::int64_t batch, Made& made) const noexcept {
    try {
      const auto begin = static_cast<std::size_t>(batch * options_.batch);
      const std::size_t count = std::min(static_cast<std::size_t>(options_.batch), order_.size() - begin);
      made.batch = dataset_->epoch_batch(Positions(order_).subspan(begin, count), random_);
    } catch (...) {
      made.failure = std::current_exception();
    }
  }

  void make_batches() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] {
        return stopping_ || claimed_ == batches_ || claimed_ < taken_ + static_cast<std::int64_t>(slots_.size());
      });
      if (stopping_ || claimed_ == batches_) return;
      const std::int64_t batch = claimed_++;
      lock.unlock();
      Made made;
      make(batch, made);
      lock.lock();
      Slot& slot = slots_[static_cast<std::size_t>(batch) % slots_.size()];
      slot.made = std::move(made);
      slot.full = true;
      changed_.notify_all();
    }
  }

  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    threads_.clear();  // joins
  }

  [[noreturn]] void throw_nested(const std::exception_ptr& failure, std::int64_t batch) const {
    const auto with = [&](const std::string& what) {
      return BatchError({.operation = "Loader",
                         .operands = {},
                         .problem = "batch " + std::to_string(batch) + " of epoch " + std::to_string(number_) +
                                    " was not made: " + what,
                         .expected = {},
                         .where = {},
                         .hint = {}},
                        number_, batch);
    };
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      std::throw_with_nested(with(e.what()));
    } catch (...) {
      std::throw_with_nested(with("the dataset threw what is not a std::exception"));
    }
  }

  const DatasetPointer dataset_;
  const LoaderOptions options_;
  const std::vector<std::int64_t> order_;
  const std::int64_t number_;
  const Random random_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t claimed_;     // the rest is under the mutex
  std::vector<Slot> slots_;  // batch k lies in slot k modulo their number
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

Epoch::Epoch(std::unique_ptr<Work> work) noexcept : work_(std::move(work)) {}
Epoch::Epoch(Epoch&&) noexcept = default;
Epoch& Epoch::operator=(Epoch&&) noexcept = default;
Epoch::~Epoch() = default;
std::optional<Batch> Epoch::next() { return work_->next(); }
std::int64_t Epoch::position() const noexcept { return work_->taken_; }
std::int64_t Epoch::batches() const noexcept { return work_->batches_; }

Loader::Loader(DatasetPointer dataset, const LoaderOptions& options, std::source_location where)
    : dataset_(std::move(dataset)), options_(options) {
  if (dataset_ == nullptr) refuse("Loader", "the dataset is a null pointer", "a dataset", where);
  const auto check = [&](const char* name, std::int64_t value, std::int64_t least) {
    if (value >= least) return;
    refuse("Loader", std::string(name) + " is " + std::to_string(value),
           std::string(name) + " >= " + std::to_string(least), where);
  };
  check("batch", options.batch, 1);
  check("prefetch", options.prefetch, 0);
  check("threads", options.threads, 1);
  size_ = dataset_->size();
  batches_ = size_ / options.batch + (options.drop_last || size_ % options.batch == 0 ? 0 : 1);
}

std::vector<std::int64_t> Loader::order(std::int64_t number) const {
  if (options_.shuffle) {
    return Random(options_.seed).child(order_stream).child(static_cast<std::uint64_t>(number)).permutation(size_);
  }
  std::vector<std::int64_t> result(static_cast<std::size_t>(size_));
  std::iota(result.begin(), result.end(), std::int64_t{0});
  return result;
}

Epoch Loader::epoch(std::int64_t number, std::int64_t first_batch, std::source_location where) const {
  if (number < 0) refuse("Loader::epoch", "number is " + std::to_string(number), "number >= 0", where);
  if (first_batch < 0 || first_batch > batches_) {
    refuse("Loader::epoch", "first_batch is " + std::to_string(first_batch),
           "0 <= first_batch <= " + std::to_string(batches_), where);
  }
  return Epoch(std::make_unique<Epoch::Work>(dataset_, options_, order(number), number, first_batch, batches_));
}

}  // namespace wengert::nn
