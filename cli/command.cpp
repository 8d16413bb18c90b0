#include "wengert/cli/command.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <ostream>

#include <CLI/CLI.hpp>

#include "wengert/cli/bench/bench.hpp"
#include "wengert/cli/check.hpp"
#include "wengert/cli/errors.hpp"
#include "wengert/cli/functions.hpp"
#include "wengert/cli/grad.hpp"
#include "wengert/cli/lecture/lecture.hpp"
#include "wengert/cli/logging.hpp"
#include "wengert/cli/primitives.hpp"
#include "wengert/cli/text.hpp"

namespace wengert::cli {
namespace {

/// An expression may begin with a minus: what is neither a long option nor -h gets a blank in front, which the parser
/// of expressions skips, so that it is not taken for an option. (--x needs a -- before it.)
void protect_minus(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    const bool option = argument.starts_with("--") || argument == "-h";
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

/// What the options were; which subcommand ran is CLI11's to know.
struct Options {
  std::string log_level = "off";
  GradOptions grad;
  CheckCommandOptions check;
  lecture::Options lecture;
  BenchOptions bench;
  PrimitivesOptions primitives;
};

/// The expression, its point, and what is differentiated by.
void add_point(CLI::App& command, PointOptions& options) {
  command
      .add_option("EXPR", options.expression,
                  "Expression, such as 'sin(x)*y + x^2'; `wengert functions` lists functions")
      ->required();
  command
      .add_option("--at", options.at,
                  "Point: x=2,y=[1,2,3],A=@matrix.csv (or .npy); may be given several times. Its order is that of the "
                  "results")
      ->allow_extra_args(false);
  command.add_option("--wrt", options.wrt, "Differentiate by these variables only, in this order: x,y")
      ->delimiter(',')
      ->allow_extra_args(false);
}

CLI::App* add_grad(CLI::App& app, GradOptions& options) {
  CLI::App* grad = app.add_subcommand("grad", "Value and derivatives of an expression at a point");
  add_point(*grad, options);
  grad->add_option("--order", options.order, "Highest order of derivatives: 1, 2 or 3")
      ->check(CLI::Range(1, max_order))
      ->capture_default_str();
  grad->add_flag("--json", options.json, "Print one line of JSON");
  grad->add_flag("--steps", options.steps,
                 "Tell the calculation: the value of every node, and what reverse mode does at each, in its order");
  grad->add_option("--dot", options.dot_file, "Write the graph of value and gradient as DOT text to this file");
  grad->add_option("--svg", options.svg_file, "Draw the graph of value and gradient to this file (needs Graphviz)");
  grad->add_option("--png", options.png_file, "The same as PNG");
  grad->footer(
      "Examples: wengert grad 'sin(x)*y' --at x=2,y=3 --order 2\n"
      "          wengert grad 'u = A @ x; norm(u)^2' --at 'A=[1,2;3,4],x=[1,-1]' --wrt x\n"
      "An expression that begins with -- needs a -- before it.");
  return grad;
}

CLI::App* add_check(CLI::App& app, CheckCommandOptions& options) {
  CLI::App* check = app.add_subcommand("check", "Are the derivatives of an expression right? Ends with 1 if not");
  add_point(*check, options);
  check->add_flag("--json", options.json, "Print one line of JSON");
  check->footer("Example: wengert check 'sin(x)*y' --at x=2,y=3");
  return check;
}

CLI::App* add_lecture(CLI::App& app, lecture::Options& options) {
  CLI::App* lecture = app.add_subcommand(
      "lecture", "The lecture's topics, worked on the board, with pictures; all of them without TOPIC");
  lecture->add_option("TOPIC", options.topic, "Only this one; --list names them");
  lecture->add_flag("--list", options.list, "Print the topics with the slides that they belong to");
  lecture->add_option("--rate", options.rate, "Learning rate (0.5; gradient alone: 0.085)")->check(CLI::PositiveNumber);
  lecture->add_option("--steps", options.steps, "Updates (train: 10000; gradient alone: 20)")
      ->check(CLI::Range(1L, 100'000'000L));
  lecture->add_flag("--json", options.json, "Print the numbers as one line of JSON");
  lecture->add_option("--out", options.folder, "Folder for pictures")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  lecture->add_flag_callback(
      "--no-pictures", [&options] { options.pictures = false; }, "Write no pictures");
  const std::map<std::string, plot::Theme> themes{
      {"light", plot::Theme::light}, {"dark", plot::Theme::dark}, {"print", plot::Theme::print}};
  lecture
      ->add_option_function<std::string>(
          "--theme", [&options, themes](const std::string& theme) { options.theme = themes.at(theme); },
          "Colours of plots: light, dark, or print (greys)")
      ->check(CLI::IsMember(std::vector<std::string>{"light", "dark", "print"}))
      ->default_str("light");
  lecture->footer(lecture::topic_list());
  return lecture;
}

CLI::App* add_bench(CLI::App& app, BenchOptions& options) {
  CLI::App* bench = app.add_subcommand("bench", "What derivatives cost on this machine, on fourteen workloads");
  bench->add_option("WORKLOAD", options.workload, "Only this one; without it all of them, in half a minute");
  bench->add_option("--seconds", options.seconds, "Time for each workload")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  bench->add_flag("--quick", options.quick, "Small sizes and a moment for each: does it work?");
  bench->add_flag("--json", options.json, "Print one line of JSON, times in seconds");
  bench->footer("The workloads: gmm_d2_K5, burgers, mazur, …; benchmarks/README.md of the sources describes them.");
  return bench;
}

CLI::App* add_primitives(CLI::App& app, PrimitivesOptions& options) {
  CLI::App* primitives = app.add_subcommand("primitives", "What everything that is differentiated is made of");
  primitives->add_option("NAME", options.name, "Only this one, with all that is known of it");
  primitives->add_flag("--json", options.json, "Print one line of JSON");
  return primitives;
}

int dispatch(std::vector<std::string> arguments, const Streams& streams) {
  Options options;
  CLI::App app("Automatic differentiation on computational graphs", "wengert");
  app.set_version_flag("--version", "wengert " WENGERT_VERSION);
  app.add_option("--log-level", options.log_level, "What the library tells on standard error: " + log_level_names())
      ->check(CLI::IsMember(log_levels()));
  CLI::App* grad = add_grad(app, options.grad);
  CLI::App* check = add_check(app, options.check);
  CLI::App* lecture = add_lecture(app, options.lecture);
  CLI::App* bench = add_bench(app, options.bench);
  CLI::App* primitives = add_primitives(app, options.primitives);
  CLI::App* functions = app.add_subcommand("functions", "The functions that expressions may call");
  for (CLI::App* sub : {grad, check, lecture, bench, primitives, functions}) sub->fallthrough();
  app.require_subcommand(1);

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
  if (*grad) run_grad(options.grad, streams);
  if (*check) status = run_check(options.check, streams);
  if (*lecture) lecture::run(options.lecture, streams);
  if (*bench) run_bench(options.bench, streams);
  if (*primitives) print_primitives(options.primitives, streams);
  if (*functions) print_functions(streams.out);
  streams.out.flush();
  if (!streams.out) throw WorkError("cannot write standard output");
  return status;
}

}  // namespace

int run(std::vector<std::string> arguments, const Streams& streams) {
  const auto say = [&](const std::string& text, Status status) {
    streams.err << "error: " << text << "\n";
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
