#include "wengert/cli/inspect/birth.hpp"

#include <optional>
#include <ostream>
#include <vector>

#include "wengert/autodiff/inspect/birth.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/graph.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/graph/drawing/graphviz.hpp"

namespace wengert::cli {
namespace {

using wengert::detail::AnyHandle;

std::optional<Birth> birth_of(const RecordedExpression& recorded, const Problem& problem, bool everywhere) {
  std::vector<AnyHandle> x;
  for (const std::size_t k : problem.chosen) x.push_back(recorded.variables[k].handle());
  // The lines of the recording are those of the command, and say nothing to its user.
  return first_non_finite(recorded.value.handle(), wengert::detail::HandleList(x), {.everywhere = everywhere});
}

std::string json_of(const std::optional<Birth>& birth) {
  nlohmann::ordered_json result{{"schema", 1}, {"finite", !birth.has_value()}};
  if (birth) {
    nlohmann::ordered_json operands = nlohmann::ordered_json::array(), chain = operands;
    for (const BirthOperand& operand : birth->operands)
      operands.push_back({{"name", operand.name}, {"value", operand.value}});
    for (const BirthStep& step : birth->chain) chain.push_back({{"name", step.name}, {"value", step.value}});
    result["birth"] = {{"kind", std::string(to_string(birth->kind))},
                       {"number", json_number(birth->number)},
                       {"operation", birth->operation},
                       {"formula", birth->formula},
                       {"name", birth->name},
                       {"element", birth->element},
                       {"operands", operands},
                       {"by", birth->toward},
                       {"cotangent", json_number(birth->cotangent)},
                       {"chain", chain},
                       {"chain_length", birth->chain_length},
                       {"cause", birth->cause},
                       {"cure", birth->cure}};
  }
  return json_line(result);
}

}  // namespace

Status run_trace(const TraceOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  const std::optional<Birth> birth = birth_of(recorded, problem, options.everywhere);
  if (birth && !options.out.empty())
    graph::write_file(options.out, graph::written(draw(*birth), graph::format_of(options.out),
                                                  {.theme = theme_of(options.theme), .link = ""}));
  if (options.json)
    streams.out << json_of(birth);
  else if (birth)
    streams.out << birth->explain();
  else
    streams.out << problem.expression.result_name()
                << (problem.chosen.empty() ? " is finite" : " and its derivatives are finite")
                << (options.everywhere ? ", and so is everything on the way" : "") << "\n";
  return birth ? failed : done;
}

std::string birth_note(const RecordedExpression& recorded, const Problem& problem) {
  const std::optional<Birth> birth = birth_of(recorded, problem, false);
  return birth ? birth->summary() : "";
}

}  // namespace wengert::cli
