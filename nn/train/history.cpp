#include "wengert/nn/train/history.hpp"

namespace wengert::nn {
namespace {

constexpr std::string_view prefix = "validation_";

std::optional<double> metric_of(const History& history, const std::vector<double>& values, std::string_view name) {
  for (std::size_t k = 0; k < history.metrics.size() && k < values.size(); ++k)
    if (history.metrics[k] == name) return values[k];
  return std::nullopt;
}

}  // namespace

std::vector<std::string> columns_of(const History& history) {
  std::vector<std::string> columns{"epoch", "step", "loss"};
  columns.insert(columns.end(), history.metrics.begin(), history.metrics.end());
  columns.emplace_back("validation_loss");
  for (const std::string& metric : history.metrics) columns.push_back(std::string(prefix) + metric);
  columns.insert(columns.end(), {"rate", "seconds"});
  return columns;
}

std::optional<double> number_of(const History& history, const TrainingRecord& record, std::string_view column) {
  if (column == "epoch") return static_cast<double>(record.epoch);
  if (column == "step") return static_cast<double>(record.step);
  if (column == "loss") return record.loss;
  if (column == "validation_loss") return record.validation_loss;
  if (column == "rate") return record.rate;
  if (column == "seconds") return record.seconds;
  if (column.starts_with(prefix)) return metric_of(history, record.validation_metrics, column.substr(prefix.size()));
  return metric_of(history, record.metrics, column);
}

}  // namespace wengert::nn
