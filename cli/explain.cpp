#include "wengert/cli/explain.hpp"

#include <ostream>
#include <string_view>
#include <vector>

#include "wengert/autodiff/explain/ledger.hpp"
#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/explained.hpp"
#include "wengert/cli/json.hpp"
#include "wengert/cli/text.hpp"
#include "wengert/graph/drawing/save.hpp"

namespace wengert::cli {
namespace {

using nlohmann::ordered_json;

/// Exactly while that fits; else null beside its logarithm.
ordered_json json_of(const PathCount& count) {
  ordered_json json{{"exact", nullptr}, {"log10", json_number(count.log10)}};
  if (count.exact) json["exact"] = *count.exact;
  return json;
}

ordered_json json_of(const std::optional<double>& number) {
  return number ? json_number(*number) : ordered_json(nullptr);
}

ordered_json json_of(const Ledger& ledger, const Path& path) {
  ordered_json steps = ordered_json::array();
  for (const PathStep& step : path.steps) {
    steps.push_back({{"to", node_label(ledger.graph, step.node)},
                     {"operand", step.position + 1},
                     {"factor", json_number(step.factor)},
                     {"product", json_number(step.product)},
                     {"alignment", json_number(step.alignment)}});
  }
  return {{"product", json_number(path.product)},
          {"share", json_number(path.share)},
          {"alignment", json_number(path.alignment)},
          {"steps", steps}};
}

std::string json_of(const Ledger& ledger, const std::string& f, const std::string& x) {
  ordered_json paths = ordered_json::array();
  for (const Path& path : ledger.paths) paths.push_back(json_of(ledger, path));
  return json_line({{"schema", 1},
                    {"output", f},
                    {"input", x},
                    {"tensors", ledger.tensors},
                    {"gradient", json_number(ledger.gradient)},
                    {"paths", json_of(ledger.count)},
                    {"edges", ledger.edges},
                    {"nodes", ledger.nodes},
                    {"longest", ledger.longest},
                    {"top", paths},
                    {"exact", ledger.exact},
                    {"remainder",
                     {{"sum", json_number(ledger.remainder)},
                      {"share", json_number(ledger.remainder_share)},
                      {"paths", json_of(ledger.remainder_count)}}},
                    {"magnitude", json_of(ledger.magnitude)},
                    {"cancellation", json_of(ledger.cancellation)},
                    {"difference", json_number(ledger.difference)},
                    {"rounding", json_number(ledger.rounding)},
                    {"reconciled", ledger.reconciled()}});
}

}  // namespace

void check_one_number(const RecordedExpression& recorded, const std::string& command) {
  if (recorded.value.is_array()) {
    throw UsageError(command + " wants a value that is one number; this one is " + recorded.value.description() +
                     "\n  hint: sum(…) or an element such as …[0] makes one number of it");
  }
  if (recorded.value.id() == 0) throw UsageError(command + ": the expression is a constant; nothing is computed in it");
}

void run_explain(const ExplainOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  check_one_number(recorded, "explain");
  std::vector<std::string> names;
  for (const Binding& binding : problem.point) names.push_back(binding.name);
  std::string of = options.of;
  if (of.empty()) {
    if (names.size() != 1)
      throw UsageError("explain: --of says which variable the gradient is of: " + quoted_list(names));
    of = names.front();
  }
  std::size_t chosen = 0;
  while (chosen < names.size() && names[chosen] != of) ++chosen;
  if (chosen == names.size()) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string_view guess = nearest(of, views);
    throw UsageError(
        "--of: there is no variable '" + of + "'" +
        (guess.empty() ? "; there are " + quoted_list(names) : "\n  hint: did you mean '" + std::string(guess) + "'?"));
  }
  const Ledger ledger = explain(recorded.value.handle(), recorded.variables[chosen].handle(), {.top = options.top});
  if (!options.out.empty()) {
    if (ledger.paths.empty()) throw WorkError("explain: there is no path to draw");
    graph::save(draw(ledger), options.out);
  }
  const std::string f = problem.expression.result_name();
  streams.out << (options.json ? json_of(ledger, f, of) : to_text(ledger, options.edges));
}

}  // namespace wengert::cli
