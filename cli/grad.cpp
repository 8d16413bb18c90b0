#include "wengert/cli/grad.hpp"

#include <ostream>
#include <string_view>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/grad_report.hpp"
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

}  // namespace

void run_grad(const GradOptions& options, const Streams& streams) {
  std::string_view text = options.expression;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const Expression expression = parse_or_explain(text);
  const std::vector<Binding> point = parse_bindings(options.at);
  check_bindings(expression, point);

  RecordedExpression recorded = record(expression, point);
  const Derivatives derivatives = derivatives_at(recorded, point, options.order);
  streams.out << (options.json ? json_of(derivatives) : table_of(derivatives, text));
}

}  // namespace wengert::cli
