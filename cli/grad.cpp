#include "wengert/cli/grad.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "wengert/autodiff/record/log.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/autodiff/transform/show.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/grad_report.hpp"
#include "wengert/cli/graph.hpp"
#include "wengert/cli/inspect/birth.hpp"
#include "wengert/cli/steps/steps_report.hpp"
#include "wengert/cli/steps/trace.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

/// The steps are told of a number that is computed from something.
void check_steps(const Problem& problem, const RecordedExpression& recorded) {
  if (recorded.value.is_array()) {
    throw UsageError("--steps wants a value that is one number; this one is " + recorded.value.description() +
                     "\n  hint: sum(…) or an element such as …[0] makes one number of it");
  }
  if (recorded.value.id() == 0) throw UsageError("--steps: the expression is a constant; nothing is computed in it");
  for (const Value& variable : recorded.variables)
    if (variable.id() == recorded.value.id())
      throw UsageError("--steps: the expression is the variable '" + problem.expression.variables.front() +
                       "'; nothing is computed in it");
}

/// The graph of the value and, if it is a number, of its gradient, to the files that are wanted.
void draw_files(const GradOptions& options, const Problem& problem, const RecordedExpression& recorded) {
  const bool drawn = !options.dot_file.empty() || !options.svg_file.empty() || !options.png_file.empty();
  if (!drawn && options.html_file.empty()) return;
  if (recorded.value.id() == 0) throw WorkError("the expression is a constant; it has no graph to draw");
  std::vector<wengert::detail::AnyHandle> x;
  if (!recorded.value.is_array())
    for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  if (!options.html_file.empty())
    show(recorded.value.handle(), options.html_file, x, {.title = problem.text, .link = ""});
  if (!drawn) return;
  const wengert::graph::Drawing drawing = draw(recorded.value.handle(), x);
  const auto write = [&](const std::string& path, wengert::graph::Format format) {
    if (!path.empty())
      wengert::graph::write_file(path, wengert::graph::written(drawing, format, {.theme = theme_of(options.theme)}));
  };
  write(options.dot_file, wengert::graph::Format::dot);
  write(options.svg_file, wengert::graph::Format::svg);
  write(options.png_file, wengert::graph::Format::png);
}

}  // namespace

void run_grad(const GradOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  RecordedExpression recorded = record(problem);
  if (options.steps) check_steps(problem, recorded);
  draw_files(options, problem, recorded);
  const wengert::detail::Phase phase("swept");
  const Derivatives derivatives = derivatives_at(recorded, problem.point, problem.chosen, options.order);
  phase.finished({{"values", recorded.recording.statistics().values},
                  {options.order == 1 ? "order" : "orders", static_cast<std::uint64_t>(options.order)}});

  std::optional<Trace> trace;
  if (options.steps) trace = trace_of(recorded);
  if (options.json) {
    streams.out << json_of(derivatives, trace ? &*trace : nullptr);
  } else {
    streams.out << table_of(derivatives, problem.expression);
    if (!is_finite(derivatives)) {
      if (const std::string born = birth_note(recorded, problem); !born.empty())
        streams.out << wrapped("where: " + born + "; wengert trace tells more.", 100, 7) << "\n";
    }
    if (trace) streams.out << "\n" << text_of(*trace, problem.expression.result_name());
  }
}

}  // namespace wengert::cli
