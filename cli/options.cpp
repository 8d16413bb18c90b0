#include "wengert/cli/options.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "wengert/cli/describe.hpp"
#include "wengert/cli/logging.hpp"
#include "wengert/cli/train/options.hpp"

namespace wengert::cli {
namespace {

/// CLI11's way to ask for a help text of one's own.
class HelpFormat : public CLI::FormatterBase {
 public:
  [[nodiscard]] std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    return help_text(*app, name);
  }
};

/// An option whose value is one of a list.
CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value, const std::string& description,
                        const std::vector<std::string>& choices) {
  return command.add_option(name, value, description)
      ->type_name("NAME")
      ->check(CLI::IsMember(choices))
      ->capture_default_str();
}

/// The expression, its point, and what is differentiated by.
CLI::Option* add_point(CLI::App& command, PointOptions& options) {
  CLI::Option* expression =
      command.add_option("EXPR", options.expression, "Expression, such as 'sin(x)*y + x^2'; see wengert functions");
  command
      .add_option("--at", options.at,
                  "Point: x=2,y=[1,2,3],A=@matrix.csv (or .npy). May be given several times; its order is that of "
                  "the results")
      ->type_name("POINT")
      ->allow_extra_args(false);
  command.add_option("--wrt", options.wrt, "Differentiate by these variables only, in this order: x,y")
      ->type_name("NAMES")
      ->delimiter(',')
      ->allow_extra_args(false);
  return expression;
}

CLI::App* add_grad(CLI::App& app, GradOptions& options) {
  CLI::App* grad = app.add_subcommand("grad", "Value and derivatives of an expression at a point");
  add_point(*grad, options)->required();
  grad->add_option("--order", options.order, "Highest order of derivatives")
      ->type_name("N")
      ->check(CLI::Range(1, max_order))
      ->capture_default_str();
  grad->add_flag("--json", options.json, "Print one line of JSON");
  grad->add_flag("--steps", options.steps,
                 "Tell the calculation: the value of every node, and what reverse mode does at each, in its order");
  grad->add_option("--dot", options.dot_file, "Write the graph of value and gradient as DOT text to this file")
      ->type_name("FILE");
  grad->add_option("--svg", options.svg_file, "Draw the graph of value and gradient to this file (needs Graphviz)")
      ->type_name("FILE");
  grad->add_option("--png", options.png_file, "The same as PNG; wengert graph has more formats and choices")
      ->type_name("FILE");
  grad->add_option("--html", options.html_file,
                   "Write a page that walks through value and gradient, to open in a browser")
      ->type_name("FILE");
  add_choice(*grad, "--theme", options.theme, "Colours of the picture", theme_names());
  grad->footer(
      "Examples:\n"
      "  wengert grad 'sin(x)*y' --at x=2,y=3 --order 2\n"
      "  wengert grad 'sin(x)*y + x^2' --at x=2,y=3 --steps\n"
      "  wengert grad 'u = A @ x; norm(u)^2' --at 'A=[1,2;3,4],x=[1,-1]' --wrt x\n"
      "  wengert grad --at x=3 -- '--x^2'      (an expression that begins with --)");
  return grad;
}

CLI::App* add_check(CLI::App& app, CheckCommandOptions& options) {
  CLI::App* check = app.add_subcommand("check", "Are the derivatives of an expression right? Ends with 1 if not");
  add_point(*check, options)->required();
  check->add_flag("--json", options.json, "Print one line of JSON");
  check->footer(
      "Examples:\n"
      "  wengert check 'sin(x)*y' --at x=2,y=3\n"
      "  wengert check 'norm(A @ x - b)' --at 'A=[1,2;3,4],x=[1,-1],b=[0.5,1]' --wrt x");
  return check;
}

CLI::App* add_graph(CLI::App& app, GraphOptions& options) {
  CLI::App* graph = app.add_subcommand("graph", "The graph of an expression and of its gradient, drawn or as text");
  add_point(*graph, options);
  graph->add_option("--file", options.file, "Draw the graph in this file (.txt, .json) instead of an expression")
      ->type_name("FILE");
  CLI::Option* model =
      graph->add_option("--model", options.model, "Draw a step of training of this network (see wengert train) instead")
          ->type_name("MODEL");
  graph->add_option("--input", options.input, "Shape of an example of --model: 784, 1x28x28")
      ->type_name("SHAPE")
      ->needs(model);
  graph->add_option("--outputs", options.outputs, "Numbers that --model gives")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str()
      ->needs(model);
  graph->add_option("--loss", options.loss, "Of --model: cross-entropy of classes, squared-error of numbers")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cross-entropy", "squared-error"}))
      ->capture_default_str()
      ->needs(model);
  graph
      ->add_option("-o,--out", options.out,
                   "File to write; .dot .svg .png .json .mmd .tex .txt .html .me.json name the format. Without it, "
                   "standard output")
      ->type_name("FILE");
  graph->add_option("--html", options.html, "Write the page that walks through value and gradient to this file, too")
      ->type_name("FILE");
  graph->add_option("--format", options.format, "Format, whatever the file is called; text is what --file reads")
      ->type_name("NAME")
      ->check(CLI::IsMember(graph_formats()));
  add_choice(*graph, "--view", options.view, "Which graph", view_names());
  add_choice(*graph, "--ties", options.ties, "Lines from nodes to their adjoints; all: from edges to their parts too",
             tie_names());
  add_choice(*graph, "--theme", options.theme, "Colours; print is grey", theme_names());
  graph->add_flag("--statements", options.draw.statements, "One box for each statement, with its formula");
  CLI::Option* pass =
      graph->add_option("--pass", options.pass, "Draw what these passes make of the graph, one after the other")
          ->type_name("NAMES")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->check(CLI::IsMember(pass_names()));
  graph->add_flag("--before", options.before, "Draw what the last of the passes gets, instead")->needs(pass);
  graph->add_flag("--compare", options.compare,
                  "Before and after the passes (simplify, if none is named), side by side");
  graph->add_flag("--paths", options.draw.paths_only, "Only what lies on a path from a variable of --wrt to the value");
  CLI::Option* around =
      graph->add_option("--around", options.around, "Only what is near the value of this name")->type_name("NAME");
  graph->add_option("--distance", options.distance, "How near, in edges")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000}))
      ->capture_default_str()
      ->needs(around);
  graph->add_option("--between", options.between, "Only the paths between two names: x,f")
      ->type_name("NAMES")
      ->delimiter(',')
      ->allow_extra_args(false);
  graph->add_flag("--repetitions", options.draw.drawing.repetitions, "Draw what repeats once, in small graphs too");
  graph->add_flag_callback(
      "--top-down", [&options] { options.draw.drawing.direction = graph::Direction::top_down; },
      "Draw from the top to the bottom");
  graph->add_flag("--legend", options.draw.drawing.legend, "With a key to shapes and colours");
  graph->add_flag("--ids", options.draw.drawing.ids, "With the numbers of the nodes");
  graph->add_option("--title", options.draw.drawing.title, "Text above the drawing")->type_name("TEXT");
  graph->add_option("--digits", options.draw.drawing.digits, "Significant digits of numbers")
      ->type_name("N")
      ->check(CLI::Range(1, 17))
      ->capture_default_str();
  graph->add_option("--most-nodes", options.draw.drawing.most_nodes, "Boxes beyond which the drawing folds")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
      ->capture_default_str();
  graph->add_option("--link", options.link, "Where a box leads: a URL with {file} and {line}; empty for none")
      ->type_name("URL")
      ->capture_default_str();
  graph->footer(
      "Examples:\n"
      "  wengert graph 'x*y + sin(x)' --at x=2,y=3 -o f.svg\n"
      "  wengert graph 'h = sigmoid(w*x + b); (h - 1)^2' --at x=2,w=0.5,b=0 \\\n"
      "    --wrt w --statements -o neuron.png\n"
      "  wengert graph 'x^2' --at x=3 --compare --format mermaid\n"
      "  wengert graph 'tanh(w*x + b)' --at x=2,w=0.5,b=0 -o net.txt\n"
      "  wengert graph --file net.txt --view forward | dot -Tsvg >net.svg\n"
      "  wengert graph --model 'mlp 2-3-2 tanh' --input 2 -o step.svg");
  return graph;
}

CLI::App* add_explain(CLI::App& app, ExplainOptions& options) {
  CLI::App* explain = app.add_subcommand("explain", "The paths that a gradient is the sum of, the largest first");
  add_point(*explain, options)->required();
  explain->add_option("--of", options.of, "The variable that the gradient is of")->type_name("NAME");
  explain->add_option("--top", options.top, "Paths to show")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1000}))
      ->capture_default_str();
  explain->add_flag("--edges", options.edges, "Every edge, instead of the factors between named values");
  explain->add_flag("--json", options.json, "Print one line of JSON");
  explain->add_option("-o,--out", options.out, "Draw the paths to this file: .svg .png .dot .json .mmd .tex")
      ->type_name("FILE");
  explain->footer(
      "Examples:\n"
      "  wengert explain 'u = x*y; sin(u) + u^2' --at x=2,y=3 --of x\n"
      "  wengert explain 'h = sigmoid(w*x); (h - 1)^2/2' --at w=0.5,x=2 --of w --edges\n"
      "  wengert explain 'sum(tanh(A @ x))' --at 'A=[1,2;3,4],x=[1,-1]' --of A");
  return explain;
}

CLI::App* add_derive(CLI::App& app, DeriveOptions& options) {
  CLI::App* derive = app.add_subcommand("derive", "The chain rule worked by hand, in symbols and numbers");
  add_point(*derive, options)->required();
  derive->add_option("--format", options.format, "Format, whatever the file is called")
      ->type_name("NAME")
      ->check(CLI::IsMember(derive_formats()));
  derive->add_option("-o,--out", options.out, "File to write: .txt .md .tex .html. Without it, standard output")
      ->type_name("FILE");
  derive->add_option("--digits", options.digits, "Significant digits of numbers")
      ->type_name("N")
      ->check(CLI::Range(1, 17))
      ->capture_default_str();
  derive->add_flag("--every-primitive", options.every_primitive,
                   "A step for each primitive, also where values are named");
  derive->footer(
      "Examples:\n"
      "  wengert derive 'u = x^2; sin(u)*y' --at x=2,y=3\n"
      "  wengert derive 'h = sigmoid(w*x + b); L = (t - h)^2/2' \\\n"
      "    --at w=0.5,x=2,b=0.1,t=1 --wrt w,b -o neuron.html");
  return derive;
}

CLI::App* add_mark(CLI::App& app, MarkOptions& options) {
  CLI::App* mark =
      app.add_subcommand("mark", "Are these derivatives right? Names the first mistake. Ends with 1 if not");
  add_point(*mark, options)->required();
  mark->add_option("ANSWERS", options.answers, "CSV file of lines such as dL/dw5,0.0822 or o1,0.7514")->required();
  mark->add_flag("--json", options.json, "Print one line of JSON");
  mark->footer(
      "A number counts to the decimals that it is written with.\n"
      "\n"
      "Examples:\n"
      "  printf 'dL/dh,-0.2689\\ndL/dw,-0.5379\\n' >answers.csv\n"
      "  ! wengert mark 'h = sigmoid(w*x); L = (1 - h)^2/2' answers.csv --at w=0.5,x=2");
  return mark;
}

CLI::App* add_exercise(CLI::App& app, ExerciseOptions& options) {
  CLI::App* exercise = app.add_subcommand("exercise", "Exercises on backpropagation, with answer keys");
  exercise->add_option("--seed", options.seed, "The same seed gives the same exercises")
      ->type_name("N")
      ->capture_default_str();
  exercise->add_option("--difficulty", options.difficulty, "A chain, fan-outs, a network, tensors")
      ->type_name("N")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  exercise->add_option("--count", options.count, "How many")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  exercise->add_option("--decimals", options.decimals, "Decimals of the keys")
      ->type_name("N")
      ->check(CLI::Range(1, 12))
      ->capture_default_str();
  exercise->add_flag("--solution", options.solution, "With the worked derivation");
  exercise->add_option("--out", options.folder, "Folder for files: exercise, key and solution apart")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  exercise->footer(
      "Examples:\n"
      "  wengert exercise --seed 7 --difficulty 2\n"
      "  wengert exercise --difficulty 3 --count 3 --solution --out .");
  return exercise;
}

CLI::App* add_trace(CLI::App& app, TraceOptions& options) {
  CLI::App* trace = app.add_subcommand(
      "trace", "Where a NaN or infinity of an expression or its gradient was born. Ends with 1 if there is one");
  add_point(*trace, options)->required();
  trace->add_flag("--everywhere", options.everywhere, "Also one that reaches neither the value nor a derivative");
  trace->add_option("-o,--out", options.out, "Draw it: .svg .png .dot .json .mmd .tex name the format")
      ->type_name("FILE");
  add_choice(*trace, "--theme", options.theme, "Colours of the picture", theme_names());
  trace->add_flag("--json", options.json, "Print one line of JSON");
  trace->footer(
      "Examples:\n"
      "  wengert trace 's = x - 3*y; sqrt(s)*x' --at x=2,y=1 || echo not finite\n"
      "  wengert trace 'norm(x) + sum(x^2)' --at 'x=[0,0]' --everywhere");
  return trace;
}

CLI::App* add_diff(CLI::App& app, DiffCommandOptions& options) {
  CLI::App* diff = app.add_subcommand(
      "diff",
      "What differs between two expressions, two points, or two graphs in files. Ends with 1 if something does");
  add_point(*diff, options)
      ->required()
      ->description("Expression, or a file .txt or .json with a graph (wengert graph -o f.json)");
  diff->add_option("OTHER", options.other, "The second one; without it the same expression, at the point of --then");
  diff->add_option("--then", options.then, "Point of the second one, if it is another")
      ->type_name("POINT")
      ->allow_extra_args(false);
  diff->add_flag("--gradient", options.gradient, "Compare the graphs of the gradients too");
  diff->add_option("--tolerance", options.tolerance, "Relative difference of values that is none")
      ->type_name("X")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  diff->add_option("-o,--out", options.out, "Draw both side by side, what differs in colours")->type_name("FILE");
  add_choice(*diff, "--theme", options.theme, "Colours of the picture", theme_names());
  diff->add_flag("--json", options.json, "Print one line of JSON");
  diff->footer(
      "Examples:\n"
      "  wengert diff 'sin(x)*y' 'sin(x)*y + 1' --at x=2,y=3 -o d.svg || echo differs\n"
      "  wengert diff 'u = sin(x); u*y' --at x=2,y=3 --then x=2,y=4 || echo differs\n"
      "  wengert graph 'x^2' --at x=3 -o old.json\n"
      "  wengert graph 'x^2' --at x=4 -o new.json\n"
      "  wengert diff old.json new.json || echo differs");
  return diff;
}

/// An expression or a network.
void add_subject(CLI::App& command, SubjectOptions& options) {
  add_point(command, options);
  CLI::Option* model =
      command.add_option("--model", options.model, "A step of training of this network (see wengert train) instead")
          ->type_name("MODEL");
  command.add_option("--input", options.input, "Shape of an example of --model: 784, 1x28x28")
      ->type_name("SHAPE")
      ->needs(model);
  command.add_option("--outputs", options.outputs, "Numbers that --model gives")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str()
      ->needs(model);
  command.add_option("--batch", options.batch, "Examples of a step of --model")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str()
      ->needs(model);
  command.add_option("--loss", options.loss, "Of --model: cross-entropy of classes, squared-error of numbers")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cross-entropy", "squared-error"}))
      ->capture_default_str()
      ->needs(model);
  command.add_flag("--json", options.json, "Print one line of JSON");
}

CLI::App* add_profile(CLI::App& app, ProfileCommandOptions& options) {
  CLI::App* profile = app.add_subcommand("profile", "Time and memory, by operation, layer and value");
  add_subject(*profile, options);
  profile->add_option("--seconds", options.seconds, "Measure for about so long")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  profile->add_flag("--program", options.program,
                    "Of value and gradient compiled to a program: step by step, as it runs");
  profile->add_option("--flame", options.flame, "Write a flame graph, as SVG")->type_name("FILE");
  profile->add_option("--trace", options.trace, "Write a trace for chrome://tracing or Perfetto, as JSON")
      ->type_name("FILE");
  profile->add_option("-o,--out", options.out, "Draw the graph; the darker, the more time")->type_name("FILE");
  add_choice(*profile, "--theme", options.theme, "Colours of pictures", theme_names());
  profile->footer(
      "Examples:\n"
      "  wengert profile 'sum(tanh(A @ x)^2)' --at 'A=[1,2;3,4],x=[1,-1]'\n"
      "  wengert profile --model 'mlp 784-256-10 relu' --input 784 --flame step.svg\n"
      "  wengert profile --model 'mlp 784-256-10 relu' --input 784 --program --trace run.json");
  return profile;
}

CLI::App* add_stats(CLI::App& app, StatsOptions& options) {
  CLI::App* stats = app.add_subcommand("stats", "How large a graph is: nodes, depth, width, work, memory");
  add_subject(*stats, options);
  stats->add_option("--file", options.file, "The graph in this file (.txt, .json) instead")->type_name("FILE");
  stats->add_flag("--gradient", options.gradient, "With the graph of the gradient");
  stats->footer(
      "Examples:\n"
      "  wengert stats 'sin(x)*y + x^2' --at x=2,y=3 --gradient\n"
      "  wengert stats --model lenet --input 1x28x28 --gradient");
  return stats;
}

CLI::App* add_lecture(CLI::App& app, lecture::Options& options) {
  CLI::App* lecture = app.add_subcommand(
      "lecture", "The lecture's topics, worked on the board, with pictures; all of them without TOPIC");
  lecture->add_option("TOPIC", options.topic, "Only this one; --list names them");
  lecture->add_flag("--list", options.list, "Print the topics with the slides that they belong to");
  lecture->add_option("--rate", options.rate, "Learning rate (0.5; gradient alone: 0.085)")
      ->type_name("RATE")
      ->check(CLI::PositiveNumber);
  lecture->add_option("--steps", options.steps, "Updates (train: 10000; gradient alone: 20)")
      ->type_name("N")
      ->check(CLI::Range(1L, 100'000'000L));
  lecture->add_flag("--json", options.json, "Print the numbers as one line of JSON");
  lecture->add_option("--html", options.html, "Write the page that walks through the topic's graph to this file")
      ->type_name("FILE");
  lecture->add_option("--out", options.folder, "Folder for pictures")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  lecture->add_flag_callback(
      "--no-pictures", [&options] { options.pictures = false; }, "Write no pictures");
  lecture
      ->add_option_function<std::string>(
          "--theme", [&options](const std::string& theme) { options.theme = theme_of(theme); },
          "Colours of pictures; print is grey")
      ->type_name("NAME")
      ->check(CLI::IsMember(theme_names()))
      ->default_str("light");
  lecture->footer("Topics:\n" + lecture::topic_list() +
                  "\n"
                  "Examples:\n"
                  "  wengert lecture backprop\n"
                  "  wengert lecture gradient --rate 0.1 --steps 5 --theme dark\n"
                  "  wengert lecture train --no-pictures --json");
  return lecture;
}

CLI::App* add_bench(CLI::App& app, BenchOptions& options) {
  CLI::App* bench = app.add_subcommand("bench", "What derivatives cost on this machine, on fourteen workloads");
  bench->add_option("WORKLOAD", options.workload, "Only this one; without it all of them, in half a minute");
  bench->add_option("--seconds", options.seconds, "Seconds for each workload")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  bench->add_flag("--quick", options.quick, "Small sizes and a moment for each: does it work?");
  bench->add_flag("--json", options.json, "Print one line of JSON, times in seconds");
  bench->footer(
      "The workloads: gmm_d2_K5, burgers, mazur, …; benchmarks/README.md of the\n"
      "sources describes them.\n"
      "\n"
      "Examples:\n"
      "  wengert bench --quick\n"
      "  wengert bench burgers --seconds 0.2 --json");
  return bench;
}

CLI::App* add_primitives(CLI::App& app, PrimitivesOptions& options) {
  CLI::App* primitives = app.add_subcommand("primitives", "What everything that is differentiated is made of");
  primitives->add_option("NAME", options.name, "Only this one, with all that is known of it");
  primitives->add_flag("--json", options.json, "Print one line of JSON");
  primitives->footer(
      "Examples:\n"
      "  wengert primitives sigmoid\n"
      "  wengert primitives --json");
  return primitives;
}

}  // namespace

void describe_options(CLI::App& app, Options& options) {
  app.formatter(std::make_shared<HelpFormat>());
  app.set_help_flag("-h,--help", "Print this text");
  app.set_version_flag("--version", "wengert " WENGERT_VERSION, "Print the version");
  app.add_option("--log-level", options.log_level, "What is told of the work on standard error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember(log_levels()))
      ->capture_default_str();
  add_grad(app, options.grad);
  add_check(app, options.check);
  add_graph(app, options.graph);
  add_explain(app, options.explain);
  add_derive(app, options.derive);
  add_mark(app, options.mark);
  add_exercise(app, options.exercise);
  add_trace(app, options.trace);
  add_diff(app, options.diff);
  add_profile(app, options.profile);
  add_stats(app, options.stats);
  add_lecture(app, options.lecture);
  add_bench(app, options.bench);
  add_primitives(app, options.primitives);
  train::describe_options(app, options.train, options.eval, options.predict, options.summary);
  app.add_subcommand("functions", "The functions that expressions may call");
  app.add_subcommand("manual", "Print the manual page, as roff")->footer("Examples:\n  wengert manual >wengert.1");
  CLI::App* completion = app.add_subcommand("completion", "Print the completion for a shell, to be sourced by it");
  completion->add_option("SHELL", options.shell, "The shell")
      ->check(CLI::IsMember(std::vector<std::string>{"bash"}))
      ->capture_default_str();
  completion->footer("Examples:\n  source <(wengert completion)");
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  wengert grad 'sin(x)*y + x^2' --at x=2,y=3\n"
      "  wengert grad 'sin(x)*y + x^2' --at x=2,y=3 --steps\n"
      "  wengert check 'x^y' --at x=2,y=3\n"
      "  wengert graph 'sin(x)*y' --at x=2,y=3 -o f.svg\n"
      "  wengert lecture backprop\n"
      "\n"
      "wengert COMMAND --help tells more. Exit status: 0 done; 1 the work failed or\n"
      "a check did not pass; 2 the command line makes no sense.");
}

}  // namespace wengert::cli
