#include "wengert/cli/command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <ostream>

#include <CLI/CLI.hpp>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/cli/bench/workloads.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/functions.hpp"
#include "wengert/cli/lecture/topics.hpp"
#include "wengert/cli/logging.hpp"
#include "wengert/cli/manual.hpp"
#include "wengert/cli/options.hpp"
#include "wengert/cli/paint.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

/// An expression may begin with a minus: what is no option gets a blank in front, which the parser of expressions
/// skips, so that it is not taken for one. (--x needs a -- before it.)
void protect_minus(std::vector<std::string>& arguments) {
  std::size_t first = 0;  // position of the command's name
  while (first < arguments.size() && arguments[first].starts_with("-"))
    first += arguments[first] == "--log-level" ? 2 : 1;
  // Those that know -o.
  constexpr std::array<std::string_view, 6> drawing{"graph", "explain", "derive", "trace", "diff", "profile"};
  const bool draws = first < arguments.size() && std::ranges::find(drawing, arguments[first]) != drawing.end();
  for (std::string& argument : arguments) {
    const bool option = argument.starts_with("--") || argument == "-h" || (draws && argument == "-o");
    if (argument.size() > 1 && argument[0] == '-' && !option) argument.insert(0, 1, ' ');
  }
}

void print_functions(std::ostream& out) {
  constexpr std::size_t indent = 21, width = 100;
  const auto line = [&](const std::string& call, std::string_view doc) {
    out << wrapped(padded(call, indent - 1) + " " + std::string(doc), width, indent) << "\n";
  };
  for (const Function& function : functions()) line(example_call(function), function.doc);
  line("+ - * /", "Sum, difference, product, quotient; arrays element by element, shapes are broadcast as in NumPy.");
  line("x^y", "Power, also x**y. 2^3^2 is 2^(3^2), -x^2 is -(x^2). A constant whole exponent is multiplied out.");
  line("A @ x", "The matrix product, also of a matrix and a vector, or of two vectors.");
  line("< <= > >= == !=", "Comparisons: 1 if it holds, else 0.");
  line("a & b, a | b, !a", "And, or, not; also a && b, a || b. Every number but 0 is true.");
  line("[1, 2, 3]", "A vector; [1, 2; 3, 4] is a matrix with two rows. Elements may be expressions.");
  line("x[0], A[1, 2]", "Elements, counted from 0; A[1] is a row, x[1:3] are elements 1 and 2, A[:, 0] is a column.");
  line("u = x^2; u + 1", "A name for a value. Statements end with ; or the line; the value is that of the last one.");
  line("pi, e, inf, nan", "Constants.");
}

/// For the completion: what positional arguments may be.
PositionalWords positional_words() {
  PositionalWords words;
  for (const lecture::Topic& topic : lecture::topics()) words["TOPIC"].emplace_back(topic.name);
  for (const BenchWorkload& workload : bench_workloads()) words["WORKLOAD"].emplace_back(workload.doubles.workload);
  for (const auto& list : {elementwise_primitives(), structural_primitives()})
    for (const Primitive* primitive : list) words["NAME"].emplace_back(primitive->name);
  return words;
}

/// Throws WorkError when what was written did not get through.
void finish(std::ostream& out) {
  errno = 0;
  out.flush();
  if (out) return;
  const int reason = errno;  // 0 when it went wrong earlier
  throw WorkError("cannot write standard output" + (reason == 0 ? "" : ": " + std::string(std::strerror(reason))));
}

int dispatch(std::vector<std::string> arguments, const Streams& streams) {
  Options options;
  CLI::App app("Automatic differentiation on computational graphs", "wengert");
  describe_options(app, options);
  try {
    protect_minus(arguments);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
  } catch (const CLI::Success& request) {
    const int status = app.exit(request, streams.out, streams.err);
    finish(streams.out);
    return status;
  } catch (const CLI::ParseError& error) {
    std::string hint = "wengert";
    for (const CLI::App* sub : app.get_subcommands()) hint += " " + sub->get_name();
    throw UsageError(std::string(error.what()) + "\n  hint: " + hint + " --help");
  }
  set_log_level(options.log_level);
  int status = done;
  const std::string command = app.get_subcommands().front()->get_name();
  const bool json = options.grad.json || options.trace.json || options.diff.json || options.profile.json ||
                    options.stats.json || options.check.json || options.lecture.json || options.bench.json ||
                    options.primitives.json || options.explain.json || options.mark.json || options.train.json ||
                    options.eval.json || options.predict.json || options.summary.json;
  PaintedStream painted(streams.out, streams.colour_out && !json);
  const Streams people{painted, streams.err};
  if (command == "grad") run_grad(options.grad, people);
  if (command == "check") status = run_check(options.check, people);
  if (command == "graph") run_graph(options.graph, streams);
  if (command == "explain") run_explain(options.explain, people);
  if (command == "derive") run_derive(options.derive, streams);
  if (command == "mark") status = run_mark(options.mark, people);
  if (command == "exercise") run_exercise(options.exercise, people);
  if (command == "trace") status = run_trace(options.trace, people);
  if (command == "diff") status = run_diff(options.diff, people);
  if (command == "profile") run_profile(options.profile, people);
  if (command == "stats") run_stats(options.stats, people);
  if (command == "lecture") lecture::run(options.lecture, people);
  if (command == "bench") run_bench(options.bench, people);
  if (command == "train") status = train::run_train(options.train, {painted, streams.err, false, streams.colour_err});
  if (command == "eval") train::run_eval(options.eval, people);
  if (command == "predict") train::run_predict(options.predict, people);
  if (command == "summary") train::run_summary(options.summary, people);
  if (command == "primitives") print_primitives(options.primitives, people);
  if (command == "functions") print_functions(painted);
  if (command == "manual") streams.out << manual_page(app, WENGERT_VERSION);
  if (command == "completion") streams.out << bash_completion(app, positional_words());
  finish(painted);
  finish(streams.out);
  return status;
}

}  // namespace

int run(std::vector<std::string> arguments, const Streams& streams) {
  const auto say = [&](const std::string& text, Status status) {
    streams.err << painted_error("error: " + text + "\n", streams.colour_err);
    return status;
  };
  try {
    return dispatch(std::move(arguments), streams);
  } catch (const UsageError& error) {
    return say(error.what(), misused);
  } catch (const Error& error) {
    return say(describe(error), failed);
  } catch (const std::exception& error) {
    return say(error.what(), failed);
  }
}

}  // namespace wengert::cli
