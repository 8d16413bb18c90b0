#include "wengert/nn/train/checkpoint.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "wengert/nn/data/files/safetensors.hpp"

namespace wengert::nn {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view unfinished = ".unfinished";
constexpr const char* kind = "wengert training state 1";

[[noreturn]] void fail(const std::string& problem, const std::string& path, const std::string& reason,
                       std::source_location where) {
  throw EnvironmentError{
      {.operation = "checkpoint", .problem = problem + " '" + path + "': " + reason, .where = where}};
}

/// The serial of a state's folder name; none of another name.
std::optional<std::int64_t> serial_of(std::string_view name) {
  std::int64_t serial = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), serial);
  const std::string_view rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (error != std::errc{} || serial < 0 || !rest.starts_with("-step-") || rest.ends_with(unfinished))
    return std::nullopt;
  return serial;
}

struct Saved {
  std::int64_t serial;
  fs::path path;
};

/// The states of a folder, oldest first.
std::vector<Saved> states_in(const std::string& folder) {
  std::vector<Saved> result;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (const auto serial = serial_of(entry.path().filename().string())) result.push_back({*serial, entry.path()});
  std::sort(result.begin(), result.end(), [](const Saved& a, const Saved& b) { return a.serial < b.serial; });
  return result;
}

/// Brings a folder's entries to the disk.
void sync_folder(const std::string& path, std::source_location where) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot open", path, std::strerror(errno), where);
  const int failed = ::fsync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  // EINVAL: a file system that has nothing to bring anywhere.
  if (failed != 0 && failed != EINVAL) fail("cannot write", path, std::strerror(failed), where);
}

/// Takes a state out of the way at once, whatever becomes of its files.
void remove_state(const fs::path& path) {
  std::error_code error;
  fs::path doomed = path;
  doomed += unfinished;
  fs::rename(path, doomed, error);
  fs::remove_all(error ? path : doomed, error);
}

void remove_unfinished(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(unfinished) && serial_of(name.substr(0, name.size() - unfinished.size())))
      found.push_back(entry.path());
  }
  for (const fs::path& path : found) fs::remove_all(path, error);
}

// --- To tensors and back --------------------------------------------------------------------------------------------

Tensor numbers(std::span<const double> values) {
  return Tensor(Array::from(values, Shape{static_cast<std::int64_t>(values.size())}));
}
Tensor integers(std::initializer_list<std::int64_t> values) {
  return Tensor(Array::from(std::span<const std::int64_t>(values.begin(), values.size()),
                            Shape{static_cast<std::int64_t>(values.size())}));
}

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Records column by column: epoch, step, loss, rate, seconds, validated, validation_loss, and the metrics.
void put_records(std::vector<NamedTensor>& into, const std::string& prefix, const std::vector<TrainingRecord>& records,
                 std::size_t metrics) {
  if (records.empty()) return;
  const auto column = [&](const std::string& name, const auto& value) {
    std::vector<double> values;
    values.reserve(records.size());
    for (const TrainingRecord& record : records) values.push_back(value(record));
    into.push_back({prefix + name, numbers(values)});
  };
  column("epoch", [](const TrainingRecord& r) { return static_cast<double>(r.epoch); });
  column("step", [](const TrainingRecord& r) { return static_cast<double>(r.step); });
  column("loss", [](const TrainingRecord& r) { return r.loss; });
  column("rate", [](const TrainingRecord& r) { return r.rate; });
  column("seconds", [](const TrainingRecord& r) { return r.seconds; });
  column("validated", [](const TrainingRecord& r) { return r.validation_loss ? 1.0 : 0.0; });
  column("validation_loss", [](const TrainingRecord& r) { return r.validation_loss.value_or(none); });
  const auto at = [](const std::vector<double>& values, std::size_t k) { return k < values.size() ? values[k] : none; };
  for (std::size_t k = 0; k < metrics; ++k) {
    const std::string name = "metric_" + std::to_string(k);
    column(name, [&](const TrainingRecord& r) { return at(r.metrics, k); });
    column("validation_" + name, [&](const TrainingRecord& r) { return at(r.validation_metrics, k); });
  }
}

/// The tensors of a training.safetensors by name.
class Contents {
 public:
  Contents(std::vector<NamedTensor> tensors, std::string path, std::source_location where)
      : tensors_(std::move(tensors)), path_(std::move(path)), where_(where) {}

  [[noreturn]] void refuse(const std::string& problem) const {
    throw ArgumentError{
        {.operation = "checkpoint", .problem = "'" + path_ + "' is no training state: " + problem, .where = where_}};
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const Array& array(std::string_view name, Dtype dtype) const {
    const NamedTensor* found = find(name);
    if (found == nullptr) refuse("it lacks " + std::string(name));
    const Array& array = found->value.value();
    if (array.dtype() != dtype || array.rank() != 1)
      refuse(std::string(name) + " has " + to_string(array.type()) + ", not " + std::string(to_string(dtype)) + "[n]");
    return array;
  }
  [[nodiscard]] std::vector<double> numbers(std::string_view name, std::optional<std::size_t> count = {}) const {
    const auto data = array(name, Dtype::f64).data<double>();
    if (count && *count != data.size()) refuse(std::string(name) + " has " + std::to_string(data.size()) + " numbers");
    return {data.begin(), data.end()};
  }
  [[nodiscard]] std::span<const std::int64_t> integers(std::string_view name, std::size_t count) const {
    const auto data = array(name, Dtype::i64).data<std::int64_t>();
    if (count != data.size()) refuse(std::string(name) + " has " + std::to_string(data.size()) + " numbers");
    return data;
  }
  /// The tensors whose names begin so, without the beginning.
  [[nodiscard]] std::vector<NamedTensor> below(std::string_view prefix) const {
    std::vector<NamedTensor> result;
    for (const NamedTensor& tensor : tensors_)
      if (tensor.name.starts_with(prefix)) result.push_back({tensor.name.substr(prefix.size()), tensor.value});
    return result;
  }
  [[nodiscard]] std::vector<TrainingRecord> records(const std::string& prefix, std::size_t metrics) const {
    if (!has(prefix + "epoch")) return {};
    const std::vector<double> epoch = numbers(prefix + "epoch");
    std::vector<TrainingRecord> result(epoch.size());
    const auto column = [&](const std::string& name, const auto& put) {
      const std::vector<double> values = numbers(prefix + name, result.size());
      for (std::size_t k = 0; k < result.size(); ++k) put(result[k], values[k]);
    };
    column("epoch", [](TrainingRecord& r, double x) { r.epoch = static_cast<std::int64_t>(x); });
    column("step", [](TrainingRecord& r, double x) { r.step = static_cast<std::int64_t>(x); });
    column("loss", [](TrainingRecord& r, double x) { r.loss = x; });
    column("rate", [](TrainingRecord& r, double x) { r.rate = x; });
    column("seconds", [](TrainingRecord& r, double x) { r.seconds = x; });
    column("validation_loss", [](TrainingRecord& r, double x) { r.validation_loss = x; });
    for (std::size_t k = 0; k < metrics; ++k) {
      const std::string name = "metric_" + std::to_string(k);
      column(name, [](TrainingRecord& r, double x) { r.metrics.push_back(x); });
      column("validation_" + name, [](TrainingRecord& r, double x) { r.validation_metrics.push_back(x); });
    }
    column("validated", [](TrainingRecord& r, double x) {
      if (x != 0) return;
      r.validation_loss.reset();
      r.validation_metrics.clear();
    });
    return result;
  }

 private:
  [[nodiscard]] const NamedTensor* find(std::string_view name) const {
    const auto found = std::find_if(tensors_.begin(), tensors_.end(), [&](const auto& t) { return t.name == name; });
    return found == tensors_.end() ? nullptr : &*found;
  }

  std::vector<NamedTensor> tensors_;
  std::string path_;
  std::source_location where_;
};

void put_all(std::vector<NamedTensor>& into, const std::string& prefix, const std::vector<NamedTensor>& tensors) {
  for (const NamedTensor& tensor : tensors) into.push_back({prefix + tensor.name, tensor.value});
}

}  // namespace

void make_checkpoint_folder(const std::string& folder, std::source_location where) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail("cannot make", folder, error.message(), where);
}

std::string save_training_state(const std::string& folder, const TrainingState& state, std::int64_t keep,
                                std::source_location where) {
  make_checkpoint_folder(folder, where);
  std::error_code error;
  remove_unfinished(folder);
  std::vector<Saved> saved = states_in(folder);
  std::string serial = std::to_string(saved.empty() ? 1 : saved.back().serial + 1);
  serial.insert(0, serial.size() < 6 ? 6 - serial.size() : 0, '0');
  std::string path = folder + "/" + serial + "-step-" + std::to_string(state.step);
  const std::string fresh = path + std::string(unfinished);
  if (!fs::create_directory(fresh, error)) fail("cannot make", fresh, error ? error.message() : "it exists", where);

  Metadata texts{{"kind", kind}};
  std::vector<NamedTensor> tensors;
  tensors.push_back({"position", integers({state.epoch, state.batch, state.step, state.skipped, state.batches,
                                           std::bit_cast<std::int64_t>(state.seed)})});
  tensors.push_back({"times", numbers(std::vector{state.base_rate, state.seconds})});
  tensors.push_back({"means.epoch", numbers(state.epoch_means)});
  tensors.push_back({"means.stretch", numbers(state.stretch_means)});
  const std::vector<std::string>& metrics = state.history.metrics;
  for (std::size_t k = 0; k < metrics.size(); ++k) texts["metric_" + std::to_string(k)] = metrics[k];
  put_records(tensors, "history.epochs.", state.history.epochs, metrics.size());
  put_records(tensors, "history.steps.", state.history.steps, metrics.size());
  put_all(tensors, "optimiser.", state.optimiser);
  put_all(tensors, "best.", state.best);
  try {
    write_safetensors(fresh + "/model.safetensors", state.model, {{"step", std::to_string(state.step)}}, where);
    write_safetensors(fresh + "/training.safetensors", tensors, texts, where);
    sync_folder(fresh, where);
    fs::rename(fresh, path, error);
    if (error) fail("cannot write", path, error.message(), where);
    sync_folder(folder, where);
  } catch (...) {
    fs::remove_all(fresh, error);
    throw;
  }
  const std::size_t old =
      keep <= 0 ? 0 : saved.size() + 1 - std::min<std::size_t>(saved.size() + 1, static_cast<std::size_t>(keep));
  for (std::size_t k = 0; k < old; ++k) remove_state(saved[k].path);
  return path;
}

std::optional<std::string> newest_training_state(const std::string& folder) {
  const std::vector<Saved> saved = states_in(folder);
  if (saved.empty()) return std::nullopt;
  return saved.back().path.string();
}

TrainingState load_training_state(const std::string& path, std::source_location where) {
  TrainingState state;
  state.model = read_safetensors(path + "/model.safetensors", nullptr, where);
  Metadata texts;
  const std::string file = path + "/training.safetensors";
  const Contents contents(read_safetensors(file, &texts, where), file, where);
  if (texts["kind"] != kind) contents.refuse("its kind is '" + texts["kind"] + "', not '" + kind + "'");
  for (std::size_t k = 0; texts.contains("metric_" + std::to_string(k)); ++k)
    state.history.metrics.push_back(texts["metric_" + std::to_string(k)]);
  const std::size_t metrics = state.history.metrics.size();
  const auto position = contents.integers("position", 6);
  state.epoch = position[0];
  state.batch = position[1];
  state.step = position[2];
  state.skipped = position[3];
  state.batches = position[4];
  state.seed = std::bit_cast<std::uint64_t>(position[5]);
  for (std::size_t k = 0; k < 5; ++k)
    if (position[k] < 0) contents.refuse("position has a negative number");
  const std::vector<double> times = contents.numbers("times", 2);
  state.base_rate = times[0];
  state.seconds = times[1];
  state.epoch_means = contents.numbers("means.epoch", metrics + 2);
  state.stretch_means = contents.numbers("means.stretch", metrics + 2);
  state.history.epochs = contents.records("history.epochs.", metrics);
  state.history.steps = contents.records("history.steps.", metrics);
  state.optimiser = contents.below("optimiser.");
  state.best = contents.below("best.");
  return state;
}

}  // namespace wengert::nn
