#include "wengert/cli/mark.hpp"

#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

#include "wengert/autodiff/explain/marking.hpp"
#include "wengert/cli/derivatives.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/explained.hpp"
#include "wengert/cli/json.hpp"

namespace wengert::cli {
namespace {

using nlohmann::ordered_json;

const char* word(Verdict verdict) {
  return verdict == Verdict::right ? "right" : verdict == Verdict::wrong ? "wrong" : "consequential";
}

const char* word(MistakeKind kind) {
  constexpr const char* words[]{"factor",    "activation",  "overwritten", "sign",    "count",
                                "transpose", "own operand", "exponent",    "at input"};
  return words[static_cast<std::size_t>(kind)];
}

std::string json_of(const Marking& marking) {
  ordered_json answers = ordered_json::array();
  for (const Marked& m : marking.answers) {
    ordered_json likely = ordered_json::array();
    for (const Mistake& mistake : m.likely) likely.push_back({{"kind", word(mistake.kind)}, {"text", mistake.text}});
    answers.push_back({{"quantity", m.answer.quantity},
                       {"line", m.answer.line},
                       {"answer", json_number(m.answer.value)},
                       {"verdict", word(m.verdict)},
                       {"expected", json_number(m.expected)},
                       {"follows", m.follows ? json_number(*m.follows) : ordered_json(nullptr)},
                       {"cause", m.cause ? ordered_json(*m.cause) : ordered_json(nullptr)},
                       {"likely", likely}});
  }
  return json_line({{"schema", 1},
                    {"right", marking.right},
                    {"wrong", marking.wrong},
                    {"consequential", marking.consequential},
                    {"first_wrong", marking.first_wrong ? ordered_json(*marking.first_wrong) : ordered_json(nullptr)},
                    {"answers", answers}});
}

}  // namespace

Status run_mark(const MarkOptions& options, const Streams& streams) {
  const Problem problem = read_problem(options);
  const RecordedExpression recorded = record(problem);
  check_one_number(recorded, "mark");
  std::ifstream file(options.answers, std::ios::binary);
  if (!file) throw WorkError("cannot read '" + options.answers + "'");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw WorkError("cannot read '" + options.answers + "'");
  try {
    const Marking marking = wengert::mark(recorded.value.handle(), read_answers(text));
    streams.out << (options.json ? json_of(marking) : to_text(marking));
    return marking.wrong == 0 ? done : failed;
  } catch (const ParseError& error) {
    throw WorkError(options.answers + ", " + error.detail().problem + "; expected " + error.detail().expected);
  } catch (const ArgumentError& error) {
    throw WorkError(options.answers + ", " + error.detail().problem + "; expected " + error.detail().expected +
                    (error.detail().hint.empty() ? "" : "\n  hint: " + error.detail().hint));
  }
}

}  // namespace wengert::cli
