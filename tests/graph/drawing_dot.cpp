/// Drawings as DOT: what the text says, that nothing a user writes breaks it, and that none is too large for dot.
#include "wengert/graph/drawing/dot.hpp"

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

#include "drawing_samples.hpp"
#include "golden.hpp"
#include "nasty_bytes.hpp"
#include "random_graph.hpp"
#include "sample_gradient.hpp"
#include "sample_operations.hpp"
#include "small_stack.hpp"
#include "wengert/graph/drawing/draw.hpp"
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
  rendering.output = sample::contents(folder / "out");
  rendering.complaints = sample::contents(folder / "errors");
  std::filesystem::remove_all(folder);
  return rendering;
}

/// Graphviz is a tool of the drawings' readers; where it is missing, what needs it is left out, and said so.
bool have_dot() {
  static const bool have = std::system("dot -V > /dev/null 2>&1") == 0;
  if (!have) BOOST_TEST_MESSAGE("dot is not installed: this check is left out");
  return have;
}

std::string dot_of(const Graph& graph, const DrawingOptions& options = {}, const Annotations& annotations = {},
                   const DotOptions& dot = {}) {
  return to_dot(draw(graph, options, annotations), dot);
}

/// The labels of nodes in the output of dot -Tcanon, as markup.
std::map<std::string, std::string> node_labels(const std::string& canon) {
  // Tokens: quoted strings (line continuations and \" undone), markup in angle brackets, and runs of anything else
  // between separators.
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
    } else if (c == '<') {
      std::size_t depth = 0, end = i;
      do {
        depth += canon[end] == '<' ? 1U : 0U;
        depth -= canon[end] == '>' ? 1U : 0U;
        ++end;
      } while (depth != 0);
      tokens.push_back(canon.substr(i, end - i));
      i = end;
    } else if (std::string_view(" \t\n\r,;").find(c) != std::string_view::npos) {
      ++i;
    } else if (std::string_view("[]{}=").find(c) != std::string_view::npos) {
      tokens.emplace_back(1, c);
      ++i;
    } else {
      const std::size_t end = canon.find_first_of(" \t\n\r,;[]{}=\"<", i);
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
      labels[tokens[i]] = tokens[k + 2];
    }
  }
  return labels;
}

/// What markup shows: tags taken out, entities undone.
std::string shown(const std::string& markup) {
  static const std::map<std::string, std::string> entities{{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                                                           {"&quot;", "\""}, {"&#91;", "["}, {"&#93;", "]"},
                                                           {"&#160;", " "},  {"&#39;", "'"}, {"&#45;", "-"}};
  std::string text;
  const std::string inner = markup.substr(1, markup.size() - 2);
  for (std::size_t i = 0; i < inner.size();) {
    if (inner[i] == '<') {
      const std::size_t end = inner.find('>', i);
      if (inner.compare(i, 3, "<BR") == 0) text += '\n';
      i = end + 1;
    } else if (inner[i] == '&') {
      const std::string entity = inner.substr(i, inner.find(';', i) - i + 1);
      text += entities.at(entity);
      i += entity.size();
    } else {
      text += inner[i++];
    }
  }
  return text;
}

/// Doubled backslashes, which dot would show as one, as one.
std::string once(std::string text) {
  for (std::size_t at = text.find("\\\\"); at != std::string::npos; at = text.find("\\\\", at + 1)) text.erase(at, 1);
  return text;
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
  builder.set_location(s, Location{"/src/my wave.cpp", 7, "f"});
  builder.set_name(y, "y");
  builder.output(y);
  Annotations annotations;
  annotations.value = [](NodeId id) { return std::optional<double>(id + 0.5); };
  annotations.adjoint = [](NodeId id) { return id == 0 ? std::optional<double>(1e-7 / 3) : std::nullopt; };
  annotations.local_derivative = [](NodeId, std::uint32_t position) {
    return std::optional<double>(position == 0 ? 1 : -1);
  };
  const std::string drawing = dot_of(std::move(builder).build(), {.title = "t"}, annotations);
  BOOST_TEST(drawing.substr(drawing.find("  label=")) ==
             R"(  label=<<B><FONT COLOR="#1A1A1A" POINT-SIZE="15">t</FONT></B>>; labelloc=t;
  n0 [label=<<B>x</B><BR/>0.5<BR/><FONT COLOR="#8A2F68">∂ 3.333e-8</FONT>>, fillcolor="#E4F1FB", color="#0072B2", fontcolor="#111111", shape=ellipse, style=filled, margin="0.03,0.02", tooltip="%0 = variable : f64\nan input\nx"];
  n3 [label=<<B>y</B><BR/>− 0.1235<BR/>3.5>, fillcolor="#FDE8D0", color="#B84A00", fontcolor="#111111", peripheries=2, tooltip="%3 = t.sub %1 %2 : f64\na - b\ny"];
  subgraph cluster_f0 {
    label=<<FONT COLOR="#44505A">wave</FONT>>; style="rounded,filled"; fillcolor="#F6F8FA"; color="#B8C4CE"; labeljust=l; margin=10;
    n1 [label=<sin<BR/>1.5>, fillcolor="#FFFFFF", color="#555555", fontcolor="#111111", URL="file:///src/my%20wave.cpp#L7", tooltip="%1 = t.sin %0 : f64\nsin(a)\n/src/my wave.cpp:7 in f"];
  }
  n0 -> n1 [label="1"];
  n1 -> n3 [label="1"];
}
)");
}

BOOST_AUTO_TEST_CASE(golden_files) {
  sample::check_golden("neuron.dot", to_dot(sample::neuron()));
  sample::check_golden("network.dot", to_dot(sample::network(), {.theme = Theme::dark}));
  sample::check_golden("panels.dot", to_dot(sample::panels(), {.theme = Theme::print}));
  sample::check_golden("nasty.dot", to_dot(sample::nasty()));
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
  const std::string drawing = dot_of(g);
  BOOST_TEST(count(drawing, ">gradient<") == 1U);
  BOOST_TEST(count(drawing, "∂y/∂x") == 1U);
  BOOST_TEST(count(drawing, "style=dashed") == 3U);  // the adjoints of y, sin and x
  BOOST_TEST(count(drawing, "dir=back") > 0U);
  BOOST_TEST(count(drawing, "constraint=false") == 3U);  // x into × and cos, sin into ×
  BOOST_TEST(count(dot_of(g, {.ties = Ties::none}), "style=dashed") == 0U);
  BOOST_TEST(count(dot_of(g, {.ties = Ties::all}), "style=dashed") > 3U);
  Annotations flat;
  flat.order = [](NodeId) { return std::uint8_t{0}; };
  BOOST_TEST(count(dot_of(g, {}, flat), "cluster") == 0U);
}

BOOST_AUTO_TEST_CASE(options_say_more_or_less) {
  GraphBuilder builder;
  const NodeId x = builder.variable({Dtype::f64, Shape{2, 3}}, "a rather long name for a variable");
  builder.output(builder.add(sample::sum, {x}));
  builder.constant(Array::from({1, 2, 3, 4, 5.5}, Shape{5}));
  builder.constant(Array::uniform({Dtype::i32, Shape{5}}, 3));
  const Graph g = std::move(builder).build();
  BOOST_TEST(count(dot_of(g), "f64&#91;2,3&#93;<") == 1U);
  BOOST_TEST(count(dot_of(g, {.types = ShowTypes::none}), "f64&#91;2,3&#93;<") == 0U);
  BOOST_TEST(count(dot_of(g, {.types = ShowTypes::all}), ">f64<") == 1U);
  BOOST_TEST(count(dot_of(g, {.ids = true}), ">%1<") == 1U);
  BOOST_TEST(count(dot_of(g, {.longest_text = 9}), "<B>a rather…</B>") == 1U);
  BOOST_TEST(count(dot_of(g), "{1, 2, 3, 4, …}<") == 1U);
  BOOST_TEST(count(dot_of(g), "all 3<") == 1U);
  BOOST_TEST(count(dot_of(g, {.legend = true}), "legend1") > 0U);
  BOOST_TEST(count(dot_of(g, {.direction = Direction::top_down}), "rankdir=TB") == 1U);
  BOOST_CHECK_EXCEPTION((void)draw(g, {.digits = 0}), ArgumentError, [](const ArgumentError& error) {
    return std::string(error.what()) == "draw: 0 significant digits; expected 1 to 17";
  });
  BOOST_CHECK_THROW((void)draw(g, {.most_nodes = 0}), ArgumentError);
  BOOST_CHECK_THROW((void)draw(g, {.only = {true}}), ArgumentError);
  BOOST_TEST(dot_of(Graph{}).ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(themes_change_colours_and_nothing_else) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  builder.output(builder.add(sample::sin, {x}));
  const Drawing drawing = draw(std::move(builder).build());
  const auto without_colours = [&](Theme theme) {
    std::string text = to_dot(drawing, {.theme = theme});
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at)) text.erase(at, 7);
    return text;
  };
  BOOST_TEST(to_dot(drawing) != to_dot(drawing, {.theme = Theme::dark}));
  BOOST_TEST(without_colours(Theme::light) == without_colours(Theme::dark));
  BOOST_TEST(without_colours(Theme::light) == without_colours(Theme::print));
  // Print is grey: in every colour all channels are equal.
  const std::string print = to_dot(drawing, {.theme = Theme::print});
  for (std::size_t at = print.find('#'); at != std::string::npos; at = print.find('#', at + 1)) {
    BOOST_TEST(print.substr(at + 1, 2) == print.substr(at + 3, 2));
    BOOST_TEST(print.substr(at + 3, 2) == print.substr(at + 5, 2));
  }
}

BOOST_AUTO_TEST_CASE(links_lead_where_they_are_told) {
  GraphBuilder builder;
  const NodeId x = builder.variable({}, "x");
  builder.set_location(x, Location{"/a b/\"c\".cpp", 12, ""});
  const Graph g = std::move(builder).build();
  BOOST_TEST(count(dot_of(g), "URL=\"file:///a%20b/%22c%22.cpp#L12\"") == 1U);
  BOOST_TEST(count(dot_of(g, {}, {}, {.link = "vscode://file{file}:{line}"}),
                   "URL=\"vscode://file/a%20b/%22c%22.cpp:12\"") == 1U);
  BOOST_TEST(count(dot_of(g, {}, {}, {.link = ""}), "URL") == 0U);
  GraphBuilder relative;
  relative.set_location(relative.variable({}, "x"), Location{"src/a.cpp", 3, ""});
  BOOST_TEST(count(dot_of(std::move(relative).build()), "URL=\"src/a.cpp#L3\"") == 1U);
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back_from_a_label) {
  if (!have_dot()) return;
  std::mt19937 random(5);
  GraphBuilder builder;
  std::vector<std::string> names{"\\",   "\"", "\\\"", "<b>x</b>", "a\\", "&lt;", "\\n", "\n", std::string("a\0b", 3),
                                 "{a|b}"};
  while (names.size() < 300) {
    names.push_back(sample::nasty_bytes(random, 12));
    if (names.back().empty()) names.pop_back();
  }
  for (const std::string& name : names) builder.variable({}, name);
  const Rendering canon =
      render(dot_of(std::move(builder).build(), {.longest_text = 1000, .most_nodes = 1000}), "canon");
  BOOST_TEST_REQUIRE(canon.ran, canon.complaints);
  BOOST_TEST(canon.complaints == "");
  const auto labels = node_labels(canon.output);
  BOOST_TEST_REQUIRE(labels.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string bytes;
    BOOST_TEST_REQUIRE(unescape(once(shown(labels.at("n" + std::to_string(i)))), bytes));
    BOOST_TEST(bytes == names[i], "name " << i << " came back as " << labels.at("n" + std::to_string(i)));
  }
}

BOOST_AUTO_TEST_CASE(what_dot_shows_is_what_was_meant) {
  if (!have_dot()) return;
  GraphBuilder builder;
  builder.variable({}, "a&lt;b &amp; <i>\\N\\G \"q\" {x|y} π");
  const Rendering svg = render(dot_of(std::move(builder).build()), "svg");
  BOOST_TEST_REQUIRE(svg.ran, svg.complaints);
  std::string text = svg.output.substr(svg.output.find("<text"));
  text = text.substr(text.find('>') + 1);
  text = shown("<" + text.substr(0, text.find("</text>")) + ">");
  // A name's backslashes are doubled in what is shown, so that it can be read back.
  BOOST_TEST(text == "a&lt;b &amp; <i>\\\\N\\\\G \"q\" {x|y} π");
}

BOOST_AUTO_TEST_CASE(any_bytes_anywhere_leave_the_drawing_whole) {
  if (!have_dot()) return;
  std::mt19937 random(6);
  for (int round = 0; round < 10; ++round) {
    GraphBuilder builder;
    ScopeId scope = root_scope;
    const NodeId x = builder.variable({}, sample::nasty_bytes(random, 30));
    for (int i = 0; i < 10; ++i) {
      scope = builder.add_scope(scope, sample::nasty_bytes(random, 30));
      const NodeId last = builder.add(sample::stack, {x}, Attribute{sample::nasty_bytes(random, 30)});
      builder.set_scope(last, scope);
      builder.set_name(last, sample::nasty_bytes(random, 30));
      builder.set_location(last, Location{sample::nasty_bytes(random, 30), 1, sample::nasty_bytes(random, 30)});
    }
    Annotations annotations;
    annotations.lines = [&](NodeId) {
      return std::vector<std::string>{sample::nasty_bytes(random, 30), sample::nasty_bytes(random, 30)};
    };
    annotations.edge_label = [&](NodeId, std::uint32_t) { return sample::nasty_bytes(random, 30); };
    const Rendering rendering = render(
        dot_of(std::move(builder).build(), {.title = sample::nasty_bytes(random, 30), .longest_text = 20}, annotations),
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
      const std::string drawing = dot_of(graph);
      BOOST_TEST(count(drawing, " [label=<") <= 150U);
      BOOST_TEST(count(drawing, "->") <= 1200U);
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
    const std::string drawing = dot_of(std::move(builder).build());
    BOOST_TEST(count(drawing, "<B>× ") + count(drawing, ">× ") == 1U);
    BOOST_TEST(drawing.size() < 4000U);
  });
}

BOOST_AUTO_TEST_SUITE_END()
