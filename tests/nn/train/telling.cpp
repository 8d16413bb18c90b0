// What a training tells: the progress line, its logs, its report.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"
#include "wengert/nn/data/files/bytes.hpp"
#include "wengert/nn/train/chart.hpp"
#include "wengert/nn/train/log.hpp"
#include "wengert/nn/train/progress.hpp"
#include "wengert/nn/train/report.hpp"
#include "wengert/tests/nn/files/temporary_folder.hpp"

namespace {

using namespace wengert;
using namespace wengert::nn;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

ProgressState running() {
  return {.epoch = 3,
          .epochs = 10,
          .batch = 5,
          .batches = 20,
          .loss = 0.43218,
          .metric_names = {"accuracy"},
          .metrics = {0.8},
          .validation_loss = 0.39,
          .validation_metrics = {0.85},
          .rate = 0.001,
          .seconds = 75,
          .step_seconds = 0.00105,
          .left = 3725,
          .ending = {}};
}

History some_history() {
  History history{.metrics = {"accuracy"}};
  history.steps.push_back({.epoch = 1, .step = 2, .loss = 0.1 + 0.2, .metrics = {0.5}, .rate = 0.1, .seconds = 0.5});
  history.steps.push_back({.epoch = 1, .step = 4, .loss = nan, .metrics = {0.25}, .rate = 0.1, .seconds = 1});
  history.epochs.push_back({.epoch = 1,
                            .step = 4,
                            .loss = infinity,
                            .metrics = {0.375},
                            .validation_loss = -infinity,
                            .validation_metrics = {1.0},
                            .rate = 0.1,
                            .seconds = 1.5});
  history.steps.push_back({.epoch = 2, .step = 6, .loss = 0.25, .metrics = {0.75}, .rate = 1e-300, .seconds = 2});
  return history;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

BOOST_AUTO_TEST_SUITE(telling)

BOOST_AUTO_TEST_CASE(progress_says_everything_where_there_is_room) {
  BOOST_TEST(
      progress_text(running(), 1000, true) ==
      "epoch 3/10  [=====>              ]  loss 0.4322  accuracy 0.8000  validation: loss 0.3900  accuracy 0.8500"
      "  rate 0.001000  1.050 ms/step  ETA 1:02:05");
  BOOST_TEST(progress_text(running(), 1000, false) ==
             "epoch 3/10  batch 5/20  loss 0.4322  accuracy 0.8000  validation: loss 0.3900  accuracy 0.8500"
             "  rate 0.001000  1.050 ms/step  ETA 1:02:05");
  ProgressState ended = running();
  ended.ending = "early stopping";
  BOOST_TEST(progress_text(ended, 1000, false).ends_with("  1:15  ended: early stopping"));
}

BOOST_AUTO_TEST_CASE(progress_never_exceeds_its_width_and_keeps_what_matters) {
  ProgressState state = running();
  state.metric_names = {"größe"};  // two bytes, one column
  for (std::size_t width = 0; width < 160; ++width) {
    const std::string text = progress_text(state, width, true);
    const auto columns = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    BOOST_TEST(static_cast<std::size_t>(columns) <= width);
    if (width >= 24) BOOST_TEST(text.starts_with("epoch 3/10  "));
    if (width >= 24) BOOST_TEST(count(text, "loss 0.4322") == 1u);
    if (width >= 38) BOOST_TEST(count(text, "ETA 1:02:05") == 1u);
  }
  // A cut does not fall into a character.
  state.metric_names = {"ßßßßßßßßßßßßßßßßßß"};
  for (std::size_t width = 0; width < 100; ++width) {
    const std::string text = progress_text(state, width, false);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = graph::utf8_length(std::string_view(text).substr(at));
      BOOST_REQUIRE(length > 0u);
      at += length;
    }
  }
}

BOOST_AUTO_TEST_CASE(names_of_metrics_cannot_move_the_cursor) {
  ProgressState state = running();
  state.metric_names = {"a\x1b[2J\n\r"};
  const std::string text = progress_text(state, 1000, true);
  BOOST_TEST(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

BOOST_AUTO_TEST_CASE(numbers_and_durations) {
  BOOST_TEST(four_digits(0.99996) == "1.000");
  BOOST_TEST(four_digits(9.99999) == "10.00");
  BOOST_TEST(four_digits(123456) == "123456");
  BOOST_TEST(four_digits(0.0001234567) == "0.0001235");
  BOOST_TEST(four_digits(1.2e-5) == "1.200e-05");
  BOOST_TEST(four_digits(-3.0) == "-3.000");
  BOOST_TEST(four_digits(0) == "0");
  BOOST_TEST(four_digits(nan) == "nan");
  BOOST_TEST(four_digits(-infinity) == "-inf");
  BOOST_TEST(duration_text(6.6) == "0:07");
  BOOST_TEST(duration_text(725) == "12:05");
  BOOST_TEST(duration_text(3725) == "1:02:05");
  BOOST_TEST(duration_text(2 * 86400 + 3725) == "2d 01:02:05");
  BOOST_TEST(duration_text(nan) == "0:00");
  BOOST_TEST(duration_text(1e300).size() > 4u);
}

BOOST_AUTO_TEST_CASE(log_lines_do_not_tear_the_line_on_a_terminal) {
  std::string out;
  ProgressLine line({.write = [&](std::string_view bytes) { out += bytes; },
                     .terminal = true,
                     .width = [] { return std::size_t{40}; }});
  ProgressState state = running();
  line.log("before");
  BOOST_TEST(out == "before\n");
  line.update(state);
  const std::string drawn = progress_text(state, 39, true);
  BOOST_TEST(out == "before\n\r\x1b[K" + drawn);
  out.clear();
  line.log("hello");
  BOOST_TEST(out == "\r\x1b[Khello\n" + drawn);
  out.clear();
  state.seconds += 0.05;  // too soon
  line.update(state);
  BOOST_TEST(out.empty());
  state.seconds += 0.06;
  line.update(state);
  BOOST_TEST(out == "\r\x1b[K" + drawn);
  out.clear();
  line.clear();
  BOOST_TEST(out == "\r\x1b[K");
  out.clear();
  line.log("nothing stands there");
  BOOST_TEST(out == "nothing stands there\n");
  out.clear();
  line.finish(state);
  BOOST_TEST(out == "\r\x1b[K" + drawn + "\n");
}

BOOST_AUTO_TEST_CASE(elsewhere_it_is_one_line_an_interval_without_escapes) {
  std::ostringstream out;
  ProgressLine line({.write = written_to(out), .interval = 10});
  ProgressState state = running();
  for (int tenth = 0; tenth <= 250; ++tenth) {
    state.seconds = tenth / 10.0;
    BOOST_TEST(line.is_due(state.seconds) == (tenth == 100 || tenth == 200));
    line.update(state);
  }
  line.log("hello");
  line.finish(state);
  const auto lines = lines_of(out.str());
  BOOST_REQUIRE(lines.size() == 4u);
  BOOST_TEST(lines[0].starts_with("epoch 3/10  batch 5/20  loss"));
  BOOST_TEST(lines[2] == "hello");
  BOOST_TEST(count(out.str(), "\x1b") == 0u);
  BOOST_TEST(count(out.str(), "\r") == 0u);
}

BOOST_AUTO_TEST_CASE(without_a_function_nothing_is_due) {
  ProgressLine line;
  BOOST_TEST(!line.is_due(1e9));
  line.update(running());
  line.log("x");
  line.finish(running());
}

BOOST_AUTO_TEST_CASE(logs_have_a_line_per_record) {
  const History history = some_history();
  BOOST_TEST(log_header(LogFormat::csv, history) ==
             "kind,epoch,step,loss,accuracy,validation_loss,validation_accuracy,rate,seconds\n");
  BOOST_TEST(log_line(LogFormat::csv, RecordKind::step, history, history.steps[0]) ==
             "step,1,2,0.30000000000000004,0.5,,,0.1,0.5\n");
  BOOST_TEST(log_line(LogFormat::csv, RecordKind::epoch, history, history.epochs[0]) ==
             "epoch,1,4,inf,0.375,-inf,1,0.1,1.5\n");
  BOOST_TEST(
      log_line(LogFormat::jsonl, RecordKind::step, history, history.steps[1]) ==
      "{\"kind\":\"step\",\"epoch\":1,\"step\":4,\"loss\":\"nan\",\"accuracy\":0.25,\"rate\":0.1,\"seconds\":1}\n");
  BOOST_TEST(
      log_line(LogFormat::jsonl, RecordKind::epoch, history, history.epochs[0]) ==
      "{\"kind\":\"epoch\",\"epoch\":1,\"step\":4,\"loss\":\"inf\",\"accuracy\":0.375,\"validation_loss\":\"-inf\","
      "\"validation_accuracy\":1,\"rate\":0.1,\"seconds\":1.5}\n");
}

BOOST_AUTO_TEST_CASE(names_in_logs_are_escaped) {
  const History history{.metrics = {"a,\"b\"\x01\xff"}};
  BOOST_TEST(log_header(LogFormat::csv, history).starts_with("kind,epoch,step,loss,\"a,\"\"b\"\"\x01\xff\","));
  const TrainingRecord record{.epoch = 1, .step = 1, .loss = 1, .metrics = {2}, .rate = 0, .seconds = 0};
  BOOST_TEST(count(log_line(LogFormat::jsonl, RecordKind::step, history, record),
                   "\"a,\\\"b\\\"\\u0001\xEF\xBF\xBD\":2") == 1u);
}

BOOST_AUTO_TEST_CASE(a_log_begins_with_the_history_so_far_and_reaches_the_file_line_by_line) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() / "log.csv";
  const History history = some_history();
  std::ofstream(path) << "an older log, with lines of steps that were lost\n";
  TrainingLog log(path, LogFormat::csv, history);
  auto lines = lines_of(file_bytes(path));
  BOOST_REQUIRE(lines.size() == 5u);
  BOOST_TEST(lines[1].starts_with("step,1,2,"));
  BOOST_TEST(lines[2].starts_with("step,1,4,"));
  BOOST_TEST(lines[3].starts_with("epoch,1,4,"));
  BOOST_TEST(lines[4].starts_with("step,2,6,"));
  log.write(RecordKind::step, history, history.steps[2]);
  lines = lines_of(file_bytes(path));  // not closed yet
  BOOST_REQUIRE(lines.size() == 6u);
  BOOST_TEST(lines[5] == lines[4]);
  BOOST_CHECK_THROW(TrainingLog(folder.path() / "no/such/folder", LogFormat::csv, history), EnvironmentError);
}

BOOST_AUTO_TEST_CASE(a_report_is_whole_escaped_and_loads_nothing) {
  TrainingReport report{.title = "<script>alert(1)</script>", .subtitle = "a & b", .history = some_history()};
  report.ending = "small loss";
  report.best_epoch = 1;
  report.facts = {{"seed", "\"1\""}};
  report.warnings = {"<b>dead</b>"};
  report.tables = {{"Model", {"layer", "parameters"}, {{"0 <x>", "12"}, {"1", "3 k"}}}};
  const std::string page = html_of(report);
  BOOST_TEST(count(page, "<script") == 0u);
  BOOST_TEST(count(page, "<b>") == 0u);
  BOOST_TEST(count(page, "&lt;script&gt;") == 2u);  // title of the page, and heading
  BOOST_TEST(count(page, "<td class=\"number\">12</td>") == 1u);
  BOOST_TEST(count(page, "<td class=\"name\">1</td>") == 1u);  // a name, although it is a digit
  for (const char* reference : {"http", "src=", "href=", "url(", "@import"}) BOOST_TEST(count(page, reference) == 0u);
  for (const std::string tag : {"svg", "table", "figure", "div", "dl", "details", "tr", "td", "th", "html", "body"})
    BOOST_TEST(count(page, "<" + tag + ">") + count(page, "<" + tag + " ") == count(page, "</" + tag + ">"), tag);
  BOOST_TEST(count(page, "<svg") == 3u);  // loss, accuracy, rate
  BOOST_TEST(count(page, "nan\"") + count(page, "inf\"") == 0u);
  BOOST_TEST(html_of(report) == page);
}

BOOST_AUTO_TEST_CASE(a_report_of_nothing_is_still_a_page) {
  const std::string page = html_of({});
  BOOST_TEST(page.ends_with("</body>\n</html>\n"));
  BOOST_TEST(count(page, "<svg") == 0u);
}

BOOST_AUTO_TEST_CASE(charts_take_any_numbers) {
  BOOST_TEST(svg_of({}).empty());
  BOOST_TEST(svg_of({.series = {{.points = {{1, nan}, {2, infinity}}}}}).empty());
  const std::string one = svg_of({.title = "t", .x_label = "epoch", .series = {{.label = "l", .points = {{1, 0}}}}});
  BOOST_TEST(count(one, "<circle") == 1u);
  for (const double scale : {1e-300, 1e-8, 1.0, 1e12, 1e300}) {
    const std::string text = svg_of({.series = {{.points = {{1, scale}, {2, 3 * scale}, {3, 1000 * scale}}}}});
    BOOST_TEST(count(text, "nan") + count(text, "inf") == 0u, scale);
    BOOST_TEST(count(text, "y tick") >= 2u, scale);
    BOOST_TEST(count(text, "y tick") <= 12u, scale);
  }
  // A gap interrupts the line.
  const std::string gap =
      svg_of({.series = {{.points = {{1, 1}, {2, 2}, {3, nan}, {4, 1}, {5, 2}}, .line = ChartLine::faint}}});
  const std::size_t path = gap.find("curve faint");
  BOOST_TEST(count(gap.substr(path, gap.find("/>", path) - path), "M") == 2u);
  // Long series are thinned to means.
  ChartSeries series{.line = ChartLine::faint};
  for (int k = 0; k < 100'000; ++k) series.points.push_back({k / 1000.0, k % 2 == 0 ? 1.0 : 3.0});
  const std::string thin = svg_of({.series = {series}});
  BOOST_TEST(thin.size() < 12'000u);
  BOOST_TEST(count(thin, "L") > 200u);
  // Steps keep their ends: no mean of neighbours was ever a rate.
  ChartSeries steps{.line = ChartLine::steps};
  for (int k = 0; k <= 1000; ++k) steps.points.push_back({k / 10.0, k % 2 == 0 ? 1.0 : 2.0});
  BOOST_TEST(count(svg_of({.series = {steps}}), "H546.0") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
