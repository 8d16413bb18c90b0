#include "wengert/cli/grad.hpp"

#include <ostream>
#include <string>
#include <vector>

#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/grad_report.hpp"
#include "wengert/cli/logging.hpp"
#include "wengert/cli/picture.hpp"

namespace wengert::cli {
namespace {

/// The graph of the value and, if it is a number, of its gradient, to the files that are wanted.
void draw_files(const GradOptions& options, const Problem& problem, const RecordedExpression& recorded) {
  if (options.dot_file.empty() && options.svg_file.empty() && options.png_file.empty()) return;
  if (recorded.value.id() == 0) throw WorkError("the expression is a constant; it has no graph to draw");
  std::vector<wengert::detail::AnyHandle> x;
  if (!recorded.value.is_array())
    for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  const std::string dot = to_dot(recorded.value.handle(), x);
  if (!options.dot_file.empty()) write_file(options.dot_file, dot);
  if (!options.svg_file.empty()) draw_picture(dot, "svg", options.svg_file);
  if (!options.png_file.empty()) draw_picture(dot, "png", options.png_file);
}

}  // namespace

void run_grad(const GradOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  RecordedExpression recorded = record(problem);
  draw_files(options, problem, recorded);
  const Derivatives derivatives = derivatives_at(recorded, problem.point, problem.chosen, options.order);
  log_info("differentiated to order " + std::to_string(options.order) + ", " +
           std::to_string(recorded.recording.statistics().values) + " values");
  streams.out << (options.json ? json_of(derivatives) : table_of(derivatives, problem.expression));
}

}  // namespace wengert::cli
