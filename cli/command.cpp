#include "wengert/cli/command.hpp"

#include <algorithm>
#include <exception>
#include <ostream>

#include <CLI/CLI.hpp>

#include "wengert/cli/errors.hpp"
#include "wengert/cli/functions.hpp"
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
  const bool draws = !arguments.empty() && arguments.front() == "graph";
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

int dispatch(std::vector<std::string> arguments, const Streams& streams) {
  Options options;
  CLI::App app("Automatic differentiation on computational graphs", "wengert");
  describe_options(app, options);
  try {
    protect_minus(arguments);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
  } catch (const CLI::Success& request) {
    return app.exit(request, streams.out, streams.err);
  } catch (const CLI::ParseError& error) {
    std::string hint = "wengert";
    for (const CLI::App* sub : app.get_subcommands()) hint += " " + sub->get_name();
    throw UsageError(std::string(error.what()) + "\n  hint: " + hint + " --help");
  }
  set_log_level(options.log_level);
  Status status = done;
  const std::string command = app.get_subcommands().front()->get_name();
  if (command == "grad") run_grad(options.grad, streams);
  if (command == "check") status = run_check(options.check, streams);
  if (command == "graph") run_graph(options.graph, streams);
  if (command == "lecture") lecture::run(options.lecture, streams);
  if (command == "bench") run_bench(options.bench, streams);
  if (command == "primitives") print_primitives(options.primitives, streams);
  if (command == "functions") print_functions(streams.out);
  if (command == "manual") streams.out << manual_page(app, WENGERT_VERSION);
  if (command == "completion") streams.out << bash_completion(app);
  streams.out.flush();
  if (!streams.out) throw WorkError("cannot write standard output");
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
