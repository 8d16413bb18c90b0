#include "wengert/nn/train/report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <optional>
#include <string_view>

#include "wengert/graph/escape.hpp"
#include "wengert/nn/train/chart.hpp"
#include "wengert/nn/train/fit.hpp"
#include "wengert/nn/train/progress.hpp"
#include "wengert/nn/train/summary.hpp"

namespace wengert::nn {
namespace {

using graph::xml_text;

// Okabe-Ito colours; on black the light ones.
constexpr std::string_view style = R"(
:root { color-scheme: light dark; --page: #ffffff; --ink: #1a1a1a; --quiet: #5c5f66; --line: #e2e4e8; --card: #f6f7f9;
  --warn: #a33b00; --warn-card: #fff3ec; --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; }
@media (prefers-color-scheme: dark) { :root { --page: #16181d; --ink: #f0f0f0; --quiet: #a9adb6; --line: #343841;
  --card: #1e2128; --warn: #ffb38a; --warn-card: #33231a; --c0: #56b4e9; --c1: #e69f00; --c2: #1fc79a; --c3: #e3a5c7; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
p.subtitle { color: var(--quiet); margin: .35rem 0 0; overflow-wrap: anywhere; }
dl.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
dl.cards div { background: var(--card); border-radius: .5rem; padding: .7rem .9rem; }
dl.cards dt { color: var(--quiet); font-size: .82rem; overflow-wrap: anywhere; }
dl.cards dd { margin: .1rem 0 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; }
.charts figure { margin: 0; border: 1px solid var(--line); border-radius: .5rem; padding: .5rem; }
svg.chart { display: block; width: 100%; height: auto; }
svg text { font: 13px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--quiet); }
svg .title { font-size: 15px; font-weight: 600; fill: var(--ink); }
svg .y { text-anchor: end; } svg .x { text-anchor: middle; } svg .tick { font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--line); fill: none; } svg .axis { stroke: var(--quiet); fill: none; }
svg path.mark { stroke: var(--quiet); stroke-dasharray: 3 4; fill: none; }
svg .curve { fill: none; stroke-linejoin: round; } svg .strong { stroke-width: 2.2; }
svg .faint { stroke-width: 1; opacity: .45; }
svg .curve.c0 { stroke: var(--c0); } svg .curve.c1 { stroke: var(--c1); } svg .curve.c2 { stroke: var(--c2); }
svg .curve.c3 { stroke: var(--c3); }
svg .point.c0 { fill: var(--c0); } svg .point.c1 { fill: var(--c1); } svg .point.c2 { fill: var(--c2); }
svg .point.c3 { fill: var(--c3); }
ul.warnings { margin: 0; padding: .75rem 1rem .75rem 2rem; background: var(--warn-card); color: var(--warn);
  border-radius: .5rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--quiet); font-weight: 600; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.name { overflow-wrap: anywhere; } .number { text-align: right; white-space: nowrap; }
tr.best td { font-weight: 600; } details summary { cursor: pointer; color: var(--quiet); margin-bottom: .5rem; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
@media print { body { max-width: none; padding: 0; } .charts figure { break-inside: avoid; } }
)";

std::string readable(std::string_view column) {
  std::string text(column);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

/// Begins with a digit or sign, as numbers do; so may a unit follow.
bool is_number(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of("+-");
  return cell.empty() || cell == "nan" || cell.ends_with("inf") ||
         (first != std::string_view::npos && cell[first] >= '0' && cell[first] <= '9');
}

std::string table_text(const ReportTable& table, bool names_first, std::optional<std::size_t> best_row) {
  std::vector<bool> right(table.header.size(), !table.rows.empty());
  if (names_first && !right.empty()) right[0] = false;
  for (const auto& row : table.rows)
    for (std::size_t k = 0; k < std::min(row.size(), right.size()); ++k) right[k] = right[k] && is_number(row[k]);
  std::string text = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (std::size_t k = 0; k < table.header.size(); ++k)
    text += (right[k] ? "<th class=\"number\">" : "<th>") + xml_text(table.header[k]) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    text += best_row == row ? "<tr class=\"best\">" : "<tr>";
    for (std::size_t k = 0; k < table.rows[row].size(); ++k)
      text += (k < right.size() && right[k] ? "<td class=\"number\">" : "<td class=\"name\">") +
              xml_text(table.rows[row][k]) + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

class Page {
 public:
  explicit Page(const TrainingReport& report) : report_(report), history_(report.history) {
    if (!history_.epochs.empty()) {
      const TrainingRecord& first = history_.epochs.front();
      steps_per_epoch_ = static_cast<double>(first.step) / static_cast<double>(std::max<std::int64_t>(1, first.epoch));
    }
  }

  [[nodiscard]] std::string text() {
    text_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    text_ += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    text_ +=
        "<title>" + xml_text(report_.title) + "</title>\n<style>" + std::string(style) + "</style>\n</head>\n<body>\n";
    text_ += "<h1>" + xml_text(report_.title) + "</h1>\n";
    if (!report_.subtitle.empty()) text_ += "<p class=\"subtitle\">" + xml_text(report_.subtitle) + "</p>\n";
    cards();
    warnings();
    charts();
    for (const ReportTable& table : report_.tables) {
      text_ += "<h2>" + xml_text(table.title) + "</h2>\n" + table_text(table, true, std::nullopt);
    }
    facts();
    epochs();
    if (!report_.created.empty()) text_ += "<footer>Made by Wengert, " + xml_text(report_.created) + "</footer>\n";
    return text_ + "</body>\n</html>\n";
  }

 private:
  void card(std::string_view name, std::string_view value) {
    text_ += "<div><dt>" + xml_text(name) + "</dt><dd>" + xml_text(value) + "</dd></div>\n";
  }

  void cards() {
    text_ += "<dl class=\"cards\">\n";
    if (!report_.ending.empty()) card("ended by", report_.ending);
    const TrainingRecord* best = nullptr;
    for (const TrainingRecord& epoch : history_.epochs)
      if (epoch.epoch == report_.best_epoch) best = &epoch;
    const std::vector<TrainingRecord>& last = history_.epochs.empty() ? history_.steps : history_.epochs;
    if (!last.empty()) {
      card("epochs", std::to_string(history_.epochs.empty() ? 0 : last.back().epoch));
      card("steps",
           std::to_string(std::max(last.back().step, history_.steps.empty() ? 0 : history_.steps.back().step)));
      card("time", duration_text(last.back().seconds));
      card("last loss", four_digits(last.back().loss));
    }
    if (best != nullptr) {
      card("best epoch", std::to_string(best->epoch));
      if (best->validation_loss) card("validation loss, best epoch", four_digits(*best->validation_loss));
      for (std::size_t k = 0; k < history_.metrics.size(); ++k) {
        const std::string name = best->validation_loss ? "validation_" + history_.metrics[k] : history_.metrics[k];
        if (const auto number = number_of(history_, *best, name))
          card(readable(name) + ", best epoch", four_digits(*number));
      }
    }
    text_ += "</dl>\n";
  }

  void warnings() {
    if (report_.warnings.empty()) return;
    text_ += "<h2>Warnings</h2>\n<ul class=\"warnings\">\n";
    for (const std::string& warning : report_.warnings) text_ += "<li>" + xml_text(warning) + "</li>\n";
    text_ += "</ul>\n";
  }

  /// The numbers of a column, over epochs (or steps, while no epoch is over).
  [[nodiscard]] std::vector<ChartPoint> points(const std::vector<TrainingRecord>& records,
                                               std::string_view column) const {
    std::vector<ChartPoint> result;
    for (const TrainingRecord& record : records)
      if (const auto number = number_of(history_, record, column))
        result.push_back({static_cast<double>(record.step) / steps_per_epoch_, *number});
    return result;
  }

  void chart(Chart chart) {
    std::erase_if(chart.series, [](const ChartSeries& series) { return series.points.empty(); });
    chart.x_label = history_.epochs.empty() ? "step" : "epoch";
    if (report_.best_epoch > 0) {
      chart.mark = static_cast<double>(report_.best_epoch);
      chart.mark_label = "best";
    }
    const std::string drawing = svg_of(chart);
    if (!drawing.empty()) text_ += "<figure>" + drawing + "</figure>\n";
  }

  void charts() {
    text_ += "<h2>Curves</h2>\n<div class=\"charts\">\n";
    std::vector<std::string> columns{"loss"};
    columns.insert(columns.end(), history_.metrics.begin(), history_.metrics.end());
    for (const std::string& column : columns) {
      chart({.title = readable(column),
             .series = {
                 {.label = "", .points = points(history_.steps, column), .line = ChartLine::faint, .colour = 0},
                 {.label = "training", .points = points(history_.epochs, column), .colour = 0},
                 {.label = "validation", .points = points(history_.epochs, "validation_" + column), .colour = 1}}});
    }
    const auto& records = history_.steps.empty() ? history_.epochs : history_.steps;
    if (!records.empty())
      chart({.title = "rate",
             .series = {{.points = points(records, "rate"), .line = ChartLine::steps, .colour = 2}},
             .may_be_logarithmic = false});
    text_ += "</div>\n";
  }

  void facts() {
    if (report_.facts.empty()) return;
    ReportTable table{.header = {"setting", "value"}};
    for (const auto& [name, value] : report_.facts) table.rows.push_back({name, value});
    text_ += "<h2>Settings</h2>\n" + table_text(table, true, std::nullopt);
  }

  void epochs() {
    if (history_.epochs.empty()) return;
    std::vector<std::string> columns;
    for (const std::string& column : columns_of(history_))
      for (const TrainingRecord& record : history_.epochs)
        if (number_of(history_, record, column)) {
          columns.push_back(column);
          break;
        }
    ReportTable table;
    std::optional<std::size_t> best;
    for (const std::string& column : columns) table.header.push_back(readable(column));
    for (const TrainingRecord& record : history_.epochs) {
      if (record.epoch == report_.best_epoch) best = table.rows.size();
      std::vector<std::string>& row = table.rows.emplace_back();
      for (const std::string& column : columns) {
        const auto number = number_of(history_, record, column);
        const bool counts = column == "epoch" || column == "step";
        row.push_back(!number  ? ""
                      : counts ? std::to_string(static_cast<std::int64_t>(*number))
                               : four_digits(*number));
      }
    }
    text_ += "<h2>Epochs</h2>\n<details" + std::string(table.rows.size() <= 30 ? " open" : "") + "><summary>" +
             std::to_string(table.rows.size()) + " epochs</summary>\n" + table_text(table, false, best) +
             "</details>\n";
  }

  const TrainingReport& report_;
  const History& history_;
  double steps_per_epoch_ = 1;
  std::string text_;
};

}  // namespace

TrainingReport report_of(const FitResult& result) {
  TrainingReport report;
  report.history = result.history;
  report.ending = to_string(result.ending);
  report.best_epoch = result.best_epoch;
  report.best_column = result.monitored;
  report.facts.emplace_back("seed", std::to_string(result.seed));
  if (!result.not_compiled.empty()) report.facts.emplace_back("steps without a program", result.not_compiled);
  if (!result.monitored.empty()) report.facts.emplace_back("monitored", readable(result.monitored));
  if (result.best_restored)
    report.facts.emplace_back("parameters", "those of the best epoch, " + std::to_string(result.best_epoch));
  if (result.resumed_at > 0) report.facts.emplace_back("resumed", "at step " + std::to_string(result.resumed_at));
  if (result.not_finite)
    report.warnings.push_back("epoch " + std::to_string(result.not_finite->epoch) + ", batch " +
                              std::to_string(result.not_finite->batch) + " (step " +
                              std::to_string(result.not_finite->step) + "): " + result.not_finite->what);
  if (result.skipped > 0) report.warnings.push_back(std::to_string(result.skipped) + " steps were left out");
  for (const HealthWarning& warning : result.health) report.warnings.push_back(warning.where + ": " + warning.text);
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  std::array<char, 32> text{};
  if (::gmtime_r(&now, &utc) != nullptr)
    report.created.assign(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &utc));
  return report;
}

ReportTable table_of(const Summary& summary) {
  ReportTable table{.title = "Model", .header = {"layer", "kind", "output", "parameters", "activations", "FLOPs"}};
  for (const SummaryRow& row : summary.rows) {
    std::string indent;
    for (std::size_t k = 0; k < row.depth; ++k) indent += "\u00a0\u00a0";
    table.rows.push_back({indent + (row.name.empty() ? "\u2013" : row.name), row.kind, to_string(row.output),
                          row.parameter_count == 0 ? "" : counted(row.parameter_count), as_bytes(row.activation_bytes),
                          as_flops(row.flops)});
  }
  table.rows.push_back({"in all", "", to_string(summary.output), counted(summary.parameter_count),
                        as_bytes(summary.activation_bytes), as_flops(summary.flops)});
  return table;
}

std::string html_of(const TrainingReport& report) { return Page(report).text(); }

}  // namespace wengert::nn
