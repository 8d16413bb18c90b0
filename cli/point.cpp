#include "wengert/cli/point.hpp"

#include <algorithm>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/parser.hpp"

namespace wengert::cli {

Problem read_problem(const PointOptions& options) {
  Problem problem;
  problem.text =
      options.expression.substr(std::min(options.expression.find_first_not_of(' '), options.expression.size()));
  try {
    problem.expression = parse(problem.text);
  } catch (const ParseError& error) {
    throw UsageError(describe(error, problem.text));
  }
  problem.point = parse_bindings(options.at);
  check_bindings(problem.expression, problem.point);
  problem.chosen = chosen_variables(problem.point, options.wrt);
  return problem;
}

RecordedExpression record(const Problem& problem) {
  const wengert::detail::Phase phase("recorded");
  try {
    RecordedExpression recorded = record(problem.expression, problem.point);
    phase.finished({{"values", recorded.recording.statistics().values}});
    return recorded;
  } catch (const EvaluationError& error) {
    throw WorkError(describe(error, problem.text));
  }
}

}  // namespace wengert::cli
