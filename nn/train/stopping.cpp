#include "wengert/nn/train/stopping.hpp"

#include <cmath>
#include <utility>

#include "wengert/graph/error.hpp"

namespace wengert::nn {
namespace {

void check(bool good, const char* what, std::source_location where) {
  if (good) return;
  throw ArgumentError{{.operation = "fit", .problem = what, .where = where}};
}

bool better(double a, double b, bool maximise) { return maximise ? a > b : a < b; }

}  // namespace

std::string_view to_string(Ending ending) noexcept {
  switch (ending) {
    case Ending::epochs:
      return "epochs";
    case Ending::steps:
      return "steps";
    case Ending::seconds:
      return "seconds";
    case Ending::small_loss:
      return "small loss";
    case Ending::unchanged_loss:
      return "unchanged loss";
    case Ending::early_stopping:
      return "early stopping";
    case Ending::callback:
      return "callback";
    case Ending::interrupted:
      return "interrupted";
    case Ending::not_finite:
      return "not finite";
  }
  return "";
}

StoppingRules::StoppingRules(Monitor monitor, const LossRules& loss, const EarlyStopping& early,
                             std::source_location where)
    : monitor_(std::move(monitor)), loss_(loss), early_(early), where_(where) {
  check(!loss.below || !std::isnan(*loss.below), "the loss to end at is NaN", where);
  check(!loss.change || *loss.change >= 0, "the change of the loss to end at is negative or NaN", where);
  check(loss.epochs >= 1, "the loss is to be unchanged for fewer than one epoch", where);
  check(early.patience >= 0, "the patience of early stopping is negative", where);
  check(early.least_improvement >= 0, "the least improvement of early stopping is negative or NaN", where);
}

std::string StoppingRules::column(const History& history) const {
  if (!monitor_.column.empty()) return monitor_.column;
  return history.epochs.back().validation_loss ? "validation_loss" : "loss";
}

bool StoppingRules::add_epoch(const History& history) {
  const TrainingRecord& record = history.epochs.back();
  epoch_ = record.epoch;
  small_ = loss_.below && record.loss <= *loss_.below;
  if (last_loss_ && loss_.change)
    unchanged_ = std::abs(record.loss - *last_loss_) <= *loss_.change ? unchanged_ + 1 : 0;
  last_loss_ = record.loss;

  const std::string column = !monitor_.column.empty() ? monitor_.column
                             : record.validation_loss ? "validation_loss"
                                                      : "loss";
  const std::optional<double> number = number_of(history, record, column);
  if (!number) {
    std::string known;
    for (const std::string& name : columns_of(history))
      if (number_of(history, record, name)) known += (known.empty() ? "" : ", ") + name;
    throw ArgumentError{{.operation = "fit",
                         .problem = "there is no column '" + column + "' to monitor",
                         .expected = "one of " + known,
                         .where = where_}};
  }
  if (std::isnan(*number)) return false;
  const double margin = monitor_.maximise ? early_.least_improvement : -early_.least_improvement;
  if (improved_epoch_ == 0 || better(*number, improved_ + margin, monitor_.maximise)) {
    improved_epoch_ = epoch_;
    improved_ = *number;
  }
  if (best_epoch_ != 0 && !better(*number, best_, monitor_.maximise)) return false;
  best_epoch_ = epoch_;
  best_ = *number;
  return true;
}

std::optional<Ending> StoppingRules::verdict() const {
  if (small_) return Ending::small_loss;
  if (loss_.change && unchanged_ >= loss_.epochs) return Ending::unchanged_loss;
  if (early_.patience > 0 && epoch_ - improved_epoch_ >= early_.patience) return Ending::early_stopping;
  return std::nullopt;
}

}  // namespace wengert::nn
