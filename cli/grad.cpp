#include "wengert/cli/grad.hpp"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/grad_report.hpp"
#include "wengert/cli/logging.hpp"
#include "wengert/cli/parser.hpp"
#include "wengert/cli/picture.hpp"

namespace wengert::cli {
namespace {

Expression parse_or_explain(std::string_view text) {
  try {
    return parse(text);
  } catch (const ParseError& error) {
    throw UsageError(describe(error, text));
  }
}

/// The graph of the value and of its gradient, to the files that are wanted.
void draw_files(const GradOptions& options, const RecordedExpression& recorded) {
  if (options.dot_file.empty() && options.svg_file.empty()) return;
  if (recorded.value.is_constant()) throw WorkError("the expression is a constant; it has no graph to draw");
  const std::vector<wengert::detail::AnyHandle> x(recorded.variables.begin(), recorded.variables.end());
  const std::string dot = to_dot(recorded.value, x);
  if (!options.dot_file.empty()) write_file(options.dot_file, dot);
  if (!options.svg_file.empty()) draw_svg(dot, options.svg_file);
}

}  // namespace

void run_grad(const GradOptions& options, const Streams& streams) {
  std::string_view text = options.expression;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const Expression expression = parse_or_explain(text);
  const std::vector<Binding> point = parse_bindings(options.at);
  check_bindings(expression, point);

  RecordedExpression recorded = record(expression, point);
  log_info("recorded, " + std::to_string(recorded.recording.statistics().values) + " values");
  draw_files(options, recorded);
  const Derivatives derivatives = derivatives_at(recorded, point, options.order);
  log_info("differentiated to order " + std::to_string(options.order) + ", " +
           std::to_string(recorded.recording.statistics().values) + " values");
  streams.out << (options.json ? json_of(derivatives) : table_of(derivatives, text));
}

}  // namespace wengert::cli
