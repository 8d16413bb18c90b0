/// Drawings: what they say, that nothing a user writes breaks them, and that none is too large for dot.
#include "wengert/graph/dot.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "random_graph.hpp"
#include "sample_gradient.hpp"
#include "sample_operations.hpp"
#include "small_stack.hpp"
#include "wengert/graph/error.hpp"
#include "wengert/graph/escape.hpp"

using namespace wengert;
using namespace wengert::graph;

namespace {

/// What Graphviz makes of a drawing.
struct Rendering {
  bool ran = false;  ///< dot exists and ended with 0
  std::string output;
  std::string complaints;
  double seconds = 0;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Rendering render(const std::string& dot, const std::string& format) {
  const auto folder =
      std::filesystem::temp_directory_path() /
      ("wengert_dot_" + std::to_string(std::random_device{}()) + std::to_string(std::random_device{}()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "in.dot", std::ios::binary) << dot;
  const std::string base = folder.string();
  const auto start = std::chrono::steady_clock::now();
  const int status = std::system(
      ("timeout 60 dot -T" + format + " " + base + "/in.dot -o " + base + "/out 2> " + base + "/errors").c_str());
  Rendering rendering;
  rendering.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rendering.ran = status == 0;
  rendering.output = contents(folder / "out");
  rendering.complaints = contents(folder / "errors");
  std::filesystem::remove_all(folder);
  return rendering;
}

/// Graphviz is a tool of the drawings' readers; where it is missing, what needs it is left out, and said so.
bool have_dot() {
  static const bool have = std::system("dot -V > /dev/null 2>&1") == 0;
  if (!have) BOOST_TEST_MESSAGE("dot is not installed: this check is left out");
  return have;
}

/// The labels of nodes in the output of dot -Tcanon, as DOT source (escapes not yet interpreted).
std::map<std::string, std::string> node_labels(const std::string& canon) {
  // Tokens: quoted strings (line continuations and \" undone), and runs of anything else between separators.
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < canon.size();) {
    const char c = canon[i];
    if (c == '"') {
      std::string token = "\"";
      for (++i; canon[i] != '"'; ++i) {
        if (canon[i] == '\\' && canon[i + 1] == '\n') {
          ++i;
        } else if (canon[i] == '\\' && canon[i + 1] == '"') {
          token += canon[++i];
        } else {
          token += canon[i];
          if (canon[i] == '\\') token += canon[++i];
        }
      }
      ++i;
      tokens.push_back(token);
    } else if (std::string_view(" \t\n\r,;").find(c) != std::string_view::npos) {
      ++i;
    } else if (std::string_view("[]{}=").find(c) != std::string_view::npos) {
      tokens.emplace_back(1, c);
      ++i;
    } else {
      const std::size_t end = canon.find_first_of(" \t\n\r,;[]{}=\"", i);
      tokens.push_back(canon.substr(i, end - i));
      i = end;
    }
  }
  std::map<std::string, std::string> labels;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i + 1] != "[" || tokens[i][0] != 'n' || tokens[i] == "node" || (i > 0 && tokens[i - 1] == "->"))
      continue;
    for (std::size_t k = i + 2; tokens[k] != "]"; ++k) {
      if (tokens[k] != "label" || tokens[k + 1] != "=") continue;
      labels[tokens[i]] = tokens[k + 2][0] == '"' ? tokens[k + 2].substr(1) : tokens[k + 2];
    }
  }
  return labels;
}

/// What a label shows: Graphviz's own escapes and entities undone. Lines are kept apart by '\n'.
std::string shown(const std::string& source) {
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\\') {
      ++i;
      text += source[i] == 'n' ? '\n' : source[i];
    } else if (source.compare(i, 5, "&amp;") == 0) {
      text += '&';
      i += 4;
    } else {
      text += source[i];
    }
  }
  return text;
}

std::string nasty_bytes(std::mt19937& random, std::size_t most) {
  static const std::vector<std::string> nasty{
      "\\",   "\"", "\n", "\r", "<b>", "</b>", "&amp;", "&#65;", "{|}",     "\\N",          "\\G",  "%",    "\xff",
      "\xc3", "é",  "\t", "->", "]",   ";",    "//",    "/*",    "\x1b[0m", "\xe2\x80\xae", "\\\"", "\\\n", "#"};
  std::string bytes;
  const std::size_t pieces = 1 + random() % most;
  for (std::size_t i = 0; i < pieces; ++i) {
    if (random() % 3 == 0) {
      bytes += static_cast<char>(random() % 256);
    } else if (random() % 12 == 0) {
      bytes += '\0';
    } else {
      bytes += nasty[random() % nasty.size()];
    }
  }
  return bytes;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dot)

BOOST_AUTO_TEST_CASE(a_small_drawing_letter_by_letter) {
  GraphBuilder builder;
  const ScopeId scope = builder.add_scope(root_scope, "wave");
  const NodeId x = builder.variable({}, "x");
  const NodeId s = builder.add(sample::sin, {x});
  const NodeId y = builder.add(sample::sub, {s, builder.constant(0.123456)});
  builder.set_scope(s, scope);
  builder.set_location(s, Location{"wave.cpp", 7, "f"});
  builder.set_name(y, "y");
  builder.output(y);
  DotAnnotations annotations;
  annotations.value = [](NodeId id) { return std::optional<double>(id + 0.5); };
  annotations.adjoint = [](NodeId id) { return id == 0 ? std::optional<double>(1e-7 / 3) : std::nullopt; };
  annotations.local_derivative = [](NodeId, std::uint32_t position) {
    return std::optional<double>(position == 0 ? 1 : -1);
  };
  const std::string drawing = to_dot(std::move(builder).build(), {.title = "t"}, annotations);
  BOOST_TEST(
      drawing.substr(drawing.find("  label=")) ==
      "  label=\"t\"; labelloc=t; fontsize=15;\n"
      "  n0 [label=\"x\\n0.5\\n∂ 3.333e-8\", shape=ellipse, style=filled, fillcolor=\"#DCEEFA\", color=\"#0072B2\", "
      "margin=\"0.03,0.02\", tooltip=\"%0 = variable : f64\\nan input\\nx\"];\n"
      "  n2 [label=\"0.1235\", fillcolor=\"#EEEEEE\", color=\"#EEEEEE\", fontcolor=\"#333333\", "
      "tooltip=\"%2 = constant : f64\\na number or an array\"];\n"
      "  n3 [label=\"y\\n−\\n3.5\", fillcolor=\"#FDE8D0\", color=\"#C25100\", peripheries=2, "
      "tooltip=\"%3 = t.sub %1 %2 : f64\\na - b\\ny\"];\n"
      "  subgraph cluster_0_1 {\n"
      "    label=\"wave\"; style=\"rounded,filled\"; fillcolor=\"#F7F9FB\"; color=\"#B8C4CE\"; fontcolor=\"#444444\"; "
      "fontsize=12; labeljust=l; margin=10;\n"
      "    n1 [label=\"sin\\n1.5\", tooltip=\"%1 = t.sin %0 : f64\\nsin(a)\\nwave.cpp:7 in f\"];\n"
      "  }\n"
      "  n0 -> n1 [label=\"1\"];\n"
      "  n1 -> n3 [label=\"1\", headlabel=\"1\", labeldistance=1.3, labelfontsize=8, labelfontcolor=\"#777777\"];\n"
      "  n2 -> n3 [label=\"-1\", headlabel=\"2\", labeldistance=1.3, labelfontsize=8, labelfontcolor=\"#777777\"];\n"
      "}\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_short) {
  BOOST_TEST(short_number(0.3775, 4) == "0.3775");
  BOOST_TEST(short_number(1.0 / 3, 4) == "0.3333");
  BOOST_TEST(short_number(1e-7, 4) == "1e-7");
  BOOST_TEST(short_number(1.23456e+123, 3) == "1.23e123");
  BOOST_TEST(short_number(20000, 4) == "20000");
  BOOST_TEST(short_number(-0.0, 4) == "-0");
  BOOST_TEST(short_number(0.0, 4) == "0");
  BOOST_TEST(short_number(-std::numeric_limits<double>::infinity(), 4) == "-inf");
  BOOST_TEST(short_number(std::nan(""), 4) == "nan");
  BOOST_TEST(short_number(0.1, 17) == "0.10000000000000001");
  BOOST_TEST(short_number(1e10, 4) == "1e10");
}

BOOST_AUTO_TEST_CASE(a_gradient_is_framed_tied_and_flows_back) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  const NodeId y = builder.add(sample::mul, {builder.add(sample::sin, {x}), x});
  builder.set_name(y, "y");
  builder.output(y);
  const auto adjoint = sample::append_gradient(builder, y);
  builder.output(adjoint[x]);
  const Graph g = std::move(builder).build();
  const std::string drawing = to_dot(g);
  BOOST_TEST(count(drawing, "label=\"gradient\"") == 1U);
  BOOST_TEST(count(drawing, "∂y/∂x") == 1U);
  BOOST_TEST(count(drawing, "style=dashed") == 3U);  // the adjoints of y, sin and x
  BOOST_TEST(count(drawing, "dir=back") > 0U);
  BOOST_TEST(count(drawing, "constraint=false") == 3U);  // x into × and cos, sin into ×
  BOOST_TEST(count(to_dot(g, {.ties = DotTies::none}), "style=dashed") == 0U);
  BOOST_TEST(count(to_dot(g, {.ties = DotTies::all}), "style=dashed") > 3U);
  DotAnnotations flat;
  flat.order = [](NodeId) { return std::uint8_t{0}; };
  BOOST_TEST(count(to_dot(g, {}, flat), "cluster") == 0U);
}

BOOST_AUTO_TEST_CASE(options_say_more_or_less) {
  GraphBuilder builder;
  const NodeId x = builder.variable({Dtype::f64, Shape{2, 3}}, "a rather long name for a variable");
  builder.output(builder.add(sample::sum, {x}));
  builder.constant(Array::from({1, 2, 3, 4, 5.5}, Shape{5}));
  builder.constant(Array::uniform({Dtype::i32, Shape{5}}, 3));
  const Graph g = std::move(builder).build();
  BOOST_TEST(count(to_dot(g), "\\nf64[2,3]\"") == 1U);
  BOOST_TEST(count(to_dot(g, {.types = DotTypes::none}), "f64[2,3]\",") == 0U);
  BOOST_TEST(count(to_dot(g, {.types = DotTypes::all}), "Σ\\nf64\"") == 1U);
  BOOST_TEST(count(to_dot(g, {.ids = true}), "Σ\\n%1\"") == 1U);
  BOOST_TEST(count(to_dot(g, {.longest_text = 9}), "label=\"a rather…\\n") == 1U);
  BOOST_TEST(count(to_dot(g), "{1, 2, 3, 4, …}\\nf64[5]") == 1U);
  BOOST_TEST(count(to_dot(g), "all 3\\ni32[5]") == 1U);
  BOOST_TEST(count(to_dot(g, {.legend = true}), "legend_operation") > 0U);
  BOOST_TEST(count(to_dot(g, {.direction = DotDirection::top_down}), "rankdir=TB") == 1U);
  BOOST_CHECK_EXCEPTION((void)to_dot(g, {.digits = 0}), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "to_dot: 0 significant digits; expected 1 to 17";
  });
  BOOST_CHECK_THROW((void)to_dot(g, {.most_nodes = 0}), ArgumentError);
  BOOST_TEST(to_dot(Graph{}).ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back_from_a_label) {
  if (!have_dot()) return;
  std::mt19937 random(5);
  GraphBuilder builder;
  std::vector<std::string> names{"\\",   "\"", "\\\"", "<b>x</b>", "a\\", "&lt;", "\\n", "\n", std::string("a\0b", 3),
                                 "{a|b}"};
  while (names.size() < 300) names.push_back(nasty_bytes(random, 12));
  for (const std::string& name : names) builder.variable({}, name);
  const Rendering canon = render(to_dot(std::move(builder).build(), {.longest_text = 1000}), "canon");
  BOOST_TEST_REQUIRE(canon.ran, canon.complaints);
  BOOST_TEST(canon.complaints == "");
  const auto labels = node_labels(canon.output);
  BOOST_TEST_REQUIRE(labels.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string bytes;
    BOOST_TEST_REQUIRE(unescape(shown(labels.at("n" + std::to_string(i))), bytes));
    BOOST_TEST(bytes == names[i], "name " << i << " came back as " << labels.at("n" + std::to_string(i)));
  }
}

BOOST_AUTO_TEST_CASE(what_dot_shows_is_what_was_meant) {
  if (!have_dot()) return;
  GraphBuilder builder;
  builder.variable({}, "a&lt;b &amp; <i>\\N\\G \"q\" {x|y} π");
  const Rendering svg = render(to_dot(std::move(builder).build()), "svg");
  BOOST_TEST_REQUIRE(svg.ran, svg.complaints);
  std::string text = svg.output.substr(svg.output.find("<text"));
  text = text.substr(text.find('>') + 1);
  text = text.substr(0, text.find("</text>"));
  for (const auto& [entity, character] : std::map<std::string, std::string>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#160;", " "}, {"&#39;", "'"}, {"&#45;", "-"}}) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity)) {
      text.replace(at, entity.size(), character);
    }
  }
  for (std::size_t at = text.find("&amp;"); at != std::string::npos; at = text.find("&amp;", at + 1)) {
    text.replace(at, 5, "&");
  }
  // A name's backslashes are doubled in what is shown, so that it can be read back.
  BOOST_TEST(text == "a&lt;b &amp; <i>\\\\N\\\\G \"q\" {x|y} π");
}

BOOST_AUTO_TEST_CASE(any_bytes_anywhere_leave_the_drawing_whole) {
  if (!have_dot()) return;
  std::mt19937 random(6);
  for (int round = 0; round < 10; ++round) {
    GraphBuilder builder;
    ScopeId scope = root_scope;
    const NodeId x = builder.variable({}, nasty_bytes(random, 30));
    for (int i = 0; i < 10; ++i) {
      scope = builder.add_scope(scope, nasty_bytes(random, 30));
      const NodeId last = builder.add(sample::stack, {x}, Attribute{nasty_bytes(random, 30)});
      builder.set_scope(last, scope);
      builder.set_name(last, nasty_bytes(random, 30));
      builder.set_location(last, Location{nasty_bytes(random, 30), 1, nasty_bytes(random, 30)});
    }
    DotAnnotations annotations;
    annotations.lines = [&](NodeId) {
      return std::vector<std::string>{nasty_bytes(random, 30), nasty_bytes(random, 30)};
    };
    annotations.edge_label = [&](NodeId, std::uint32_t) { return nasty_bytes(random, 30); };
    const Rendering rendering =
        render(to_dot(std::move(builder).build(), {.title = nasty_bytes(random, 30), .longest_text = 20}, annotations),
               "canon");
    BOOST_TEST_REQUIRE(rendering.ran, rendering.complaints);
    BOOST_TEST(rendering.complaints == "");
    BOOST_TEST(node_labels(rendering.output).size() == 11U);
    BOOST_TEST(count(rendering.output, "subgraph cluster_") == 10U);
    BOOST_TEST(count(rendering.output, "n0 -> n") == 10U);
  }
}

BOOST_AUTO_TEST_CASE(large_graphs_fold_and_dot_lays_them_out) {
  // Each of these takes dot minutes, or all memory, when it is drawn node by node.
  std::map<std::string, Graph> graphs;
  {
    GraphBuilder builder;
    NodeId last = builder.variable({}, "x");
    for (int i = 0; i < 50000; ++i) last = builder.add(sample::sin, {last});
    builder.output(last);
    builder.output(sample::append_gradient(builder, last)[0]);
    graphs["chain with gradient"] = std::move(builder).build();
  }
  {
    GraphBuilder builder;
    NodeId last = builder.variable({}, "x");
    for (int i = 0; i < 150; ++i) last = builder.add(sample::tanh, {last});
    builder.output(last);
    builder.output(sample::append_gradient(builder, last)[0]);
    graphs["middling chain with gradient"] = std::move(builder).build();
  }
  {
    GraphBuilder builder;
    for (int i = 0; i < 2; ++i) builder.variable({});
    std::mt19937 random(7);
    add_random_nodes(builder, random, 20000);
    builder.output(static_cast<NodeId>(builder.size() - 1));
    graphs["tangle"] = std::move(builder).build();
  }
  {
    GraphBuilder builder;
    std::vector<NodeId> layer;
    for (int i = 0; i < 30; ++i) layer.push_back(builder.variable({}, "x" + std::to_string(i)));
    for (int depth = 0; depth < 10; ++depth) {
      const ScopeId scope = builder.add_scope(root_scope, "layer " + std::to_string(depth));
      std::vector<NodeId> next;
      for (int i = 0; i < 30; ++i) {
        NodeId sum = layer[0];
        for (const NodeId input : layer) {
          sum = builder.add(sample::add, {sum, builder.add(sample::mul, {input, input})});
          builder.set_scope(sum, scope);
          builder.set_scope(sum - 1, scope);
        }
        next.push_back(sum);
      }
      layer = next;
    }
    builder.output(layer[0]);
    graphs["layers"] = std::move(builder).build();
  }
  {
    GraphBuilder builder;
    const NodeId x = builder.variable({}, "x");
    const std::vector<NodeId> operands(100000, x);
    builder.output(builder.add(sample::stack, operands));
    graphs["one wide node"] = std::move(builder).build();
  }
  {
    GraphBuilder builder;
    ScopeId scope = root_scope;
    NodeId last = builder.variable({}, "x");
    for (int i = 0; i < 300; ++i) {
      scope = builder.add_scope(scope, "inner");
      last = builder.add(sample::sin, {last});
      builder.set_scope(last, scope);
    }
    graphs["deep scopes"] = std::move(builder).build();
  }
  for (const auto& [name, graph] : graphs) {
    BOOST_TEST_CONTEXT(name) {
      const std::string drawing = to_dot(graph);
      BOOST_TEST(count(drawing, " [label=") <= 400U + 1000U);
      BOOST_TEST(count(drawing, "->") <= 3000U);
      if (!have_dot() || instrumented_factor != 1) continue;
      const Rendering rendering = render(drawing, "svg");
      BOOST_TEST(rendering.ran, rendering.complaints);
      BOOST_TEST(rendering.complaints == "");
      BOOST_TEST_MESSAGE(name << ": " << rendering.seconds << " s");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_few_million_nodes_are_drawn_on_a_small_stack) {
  on_small_stack([] {
    const std::size_t length = 3'000'000 / instrumented_factor;
    GraphBuilder builder;
    NodeId last = builder.variable({}, "x");
    while (builder.size() < length) last = builder.add(sample::sin, {last});
    builder.output(last);
    const std::string drawing = to_dot(std::move(builder).build());
    BOOST_TEST(count(drawing, "chain of ") == 1U);
    BOOST_TEST(drawing.size() < 4000U);
  });
}

BOOST_AUTO_TEST_SUITE_END()
