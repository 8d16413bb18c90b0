// A training as one page of HTML to keep and to send: curves, best epoch, model, warnings, settings. Everything is in
// the file; nothing is loaded from elsewhere, nothing runs. It follows the reader's choice of light or dark, and
// prints.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wengert/nn/train/history.hpp"

namespace wengert::nn {

struct FitResult;
struct Summary;

/// A table of texts. The first column has names; others whose cells are all numbers (with a unit) stand to the right.
struct ReportTable {
  std::string title{};
  std::vector<std::string> header{};
  std::vector<std::vector<std::string>> rows{};
};

/// What a report shows. All texts are anybody's bytes: they are escaped.
struct TrainingReport {
  std::string title = "Training";
  std::string subtitle{};  ///< one line: the model, the data
  History history{};
  std::string ending{};                                      ///< why it ended
  std::int64_t best_epoch = 0;                               ///< 0: none
  std::string best_column{};                                 ///< what was monitored
  std::vector<std::pair<std::string, std::string>> facts{};  ///< settings: name and value, in order
  std::vector<std::string> warnings{};                       ///< about the model's health
  std::vector<ReportTable> tables{};                         ///< the model's layers, for instance
  std::string created{};                                     ///< when; empty: not said
};

/// The report of a training that ended: its history, ending and best epoch, warnings about its health and what was not
/// finite; its seed among the facts; the time (UTC). The rest is for the caller to add.
[[nodiscard]] TrainingReport report_of(const FitResult& result);

/// A model's layers, for TrainingReport::tables.
[[nodiscard]] ReportTable table_of(const Summary& summary);

/// The page. The same report gives the same bytes.
[[nodiscard]] std::string html_of(const TrainingReport& report);

}  // namespace wengert::nn
