/// Drawings made by hand, which hold all that a drawing can hold.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wengert/graph/drawing/drawing.hpp"

namespace wengert::graph::sample {

/// What the examples have in common: adds nodes and edges in few words.
struct Sketch {
  Drawing drawing{};

  std::uint32_t node(NodeRole role, std::vector<DrawnText> texts, std::uint8_t order = 0,
                     std::uint32_t frame = no_frame) {
    const auto index = static_cast<std::uint32_t>(drawing.nodes.size());
    drawing.nodes.push_back({.id = "n" + std::to_string(index),
                             .role = role,
                             .order = order,
                             .frame = frame,
                             .texts = std::move(texts),
                             .first = index,
                             .last = index});
    return index;
  }
  void edge(std::uint32_t from, std::uint32_t to, std::string label = {}, std::uint32_t position = 0) {
    drawing.edges.push_back({.from = from, .to = to, .position = position, .label = std::move(label)});
  }
  void tie(std::uint32_t primal, std::uint32_t adjoint) {
    drawing.edges.push_back({.from = primal, .to = adjoint, .kind = EdgeKind::tie});
  }
  std::uint32_t frame(FrameKind kind, std::string label, std::uint32_t parent = no_frame, std::uint8_t order = 0,
                      std::size_t times = 1) {
    const auto index = static_cast<std::uint32_t>(drawing.frames.size());
    drawing.frames.push_back({.id = "f" + std::to_string(index),
                              .kind = kind,
                              .parent = parent,
                              .order = order,
                              .label = std::move(label),
                              .times = times});
    return index;
  }
};

inline DrawnText name(std::string text) { return {TextKind::name, std::move(text)}; }
inline DrawnText op(std::string text) { return {TextKind::operation, std::move(text)}; }
inline DrawnText value(std::string text) { return {TextKind::value, std::move(text)}; }
inline DrawnText adjoint(std::string text) { return {TextKind::adjoint, "∂ " + std::move(text)}; }

/// A neuron with its loss and its gradient, tied together: loss = (t - σ(w·x + b))².
inline Drawing neuron() {
  Sketch s;
  s.drawing.title = "A neuron and its gradient";
  const auto x = s.node(NodeRole::input, {name("x"), value("0.05")});
  const auto w = s.node(NodeRole::parameter, {name("w"), value("0.15"), adjoint("0.01401")});
  const auto b = s.node(NodeRole::parameter, {name("b"), value("0.35"), adjoint("0.2802")});
  const auto t = s.node(NodeRole::input, {name("t"), value("0.01")});
  const auto product = s.node(NodeRole::operation, {op("×"), value("0.0075"), adjoint("0.2802")});
  const auto sum = s.node(NodeRole::operation, {op("+"), value("0.3575"), adjoint("0.2802")});
  const auto out = s.node(NodeRole::operation, {name("out"), op("σ"), value("0.5884"), adjoint("1.157")});
  const auto error = s.node(NodeRole::operation, {op("−"), value("-0.5784"), adjoint("-1.157")});
  const auto two = s.node(NodeRole::constant, {op("2")});
  const auto loss = s.node(NodeRole::operation, {name("loss"), op("^"), value("0.3346"), adjoint("1")});
  s.drawing.nodes[loss].output = true;
  s.edge(w, product, "0.05");
  s.edge(x, product, "0.15");
  s.edge(product, sum, "1");
  s.edge(b, sum, "1");
  s.edge(sum, out, "0.2422");
  s.edge(t, error, "1", 1);
  s.edge(out, error, "-1", 2);
  s.edge(error, loss, "-1.157", 1);
  s.edge(two, loss, "", 2);

  const auto gradient = s.frame(FrameKind::gradient, "gradient", no_frame, 1);
  const auto part = [&](NodeRole role, std::vector<DrawnText> texts) {
    return s.node(role, std::move(texts), 1, gradient);
  };
  const auto one = part(NodeRole::constant, {op("1")});
  const auto power = part(NodeRole::operation, {op("^"), value("-0.5784")});
  const auto d_error = part(NodeRole::operation, {op("×"), value("-1.157")});
  const auto d_out = part(NodeRole::operation, {name("∂loss/∂out"), op("neg"), value("1.157")});
  const auto rest = part(NodeRole::operation, {op("−"), value("0.4116")});
  const auto slope = part(NodeRole::operation, {op("×"), value("0.2422")});
  const auto d_b = part(NodeRole::operation, {name("∂loss/∂b"), op("·"), value("0.2802")});
  const auto d_w = part(NodeRole::operation, {name("∂loss/∂w"), op("·"), value("0.01401")});
  s.drawing.nodes[d_b].output = s.drawing.nodes[d_w].output = true;
  s.edge(error, power, "", 1);
  s.edge(one, power, "", 2);
  s.edge(two, d_error);
  s.edge(power, d_error);
  s.edge(d_error, d_out);
  s.edge(one, rest, "", 1);
  s.edge(out, rest, "", 2);
  s.edge(out, slope);
  s.edge(rest, slope);
  s.edge(d_out, d_b, "", 1);
  s.edge(slope, d_b, "", 2);
  s.edge(d_b, d_w, "", 1);
  s.edge(x, d_w, "", 2);
  s.tie(error, d_error);
  s.tie(out, d_out);
  s.tie(sum, d_b);
  s.tie(product, d_b);
  s.tie(b, d_b);
  s.tie(w, d_w);
  return s.drawing;
}

/// Every role, nested frames, a repetition with what it carries, parallel edges, magnitudes, what is not finite.
inline Drawing network() {
  Sketch s;
  s.drawing.title = "A recurrent network";
  s.drawing.notes = {"12 steps are drawn once", "chain of 1204 nodes folded"};
  s.drawing.legend = true;
  const auto model = s.frame(FrameKind::scope, "model");
  const auto steps = s.frame(FrameKind::repetition, "step", model, 0, 12);
  const auto cell = s.frame(FrameKind::scope, "cell", steps);
  const auto head = s.frame(FrameKind::scope, "head", model);
  const DrawnText type{TextKind::type, "f64[3]"};
  const auto x = s.node(NodeRole::input, {name("x"), type, value("‖·‖ 2.36")});
  const auto h0 = s.node(NodeRole::constant, {op("all 0"), type});
  const auto before = s.node(NodeRole::elsewhere, {name("embedding"), op("gather")});
  const auto u = s.node(NodeRole::parameter, {name("U"), {TextKind::type, "f64[3,3]"}});
  const auto w = s.node(NodeRole::parameter, {name("W"), {TextKind::type, "f64[3,3]"}});
  const auto wx = s.node(NodeRole::operation, {op("@"), type}, 0, cell);
  const auto uh = s.node(NodeRole::operation, {op("@"), type}, 0, cell);
  const auto sum = s.node(NodeRole::operation, {op("+"), type}, 0, cell);
  const auto h = s.node(NodeRole::operation, {name("h"), op("tanh"), type}, 0, steps);
  const auto square = s.node(NodeRole::operation, {op("×"), value("inf")}, 0, head);
  const auto folded =
      s.node(NodeRole::folded, {name("readout"), {TextKind::note, "1 204 nodes"}, op("× 602, + 602")}, 0, head);
  const auto y = s.node(NodeRole::operation, {name("y"), op("sum [0]"), value("12.5")}, 0, model);
  s.drawing.nodes[y].output = true;
  s.drawing.nodes[square].not_finite = true;
  s.drawing.nodes[folded].count = 1204;
  s.drawing.nodes[folded].last = s.drawing.nodes[folded].first + 1203;
  double magnitude = 0;
  for (const auto node : {wx, uh, sum, h}) s.drawing.nodes[node].magnitude = magnitude += 0.25;
  s.drawing.nodes[wx].tooltip = {"%5 = matmul %4 %0 : f64[3]", "matrix product"};
  s.drawing.nodes[wx].file = "model.cpp";
  s.drawing.nodes[wx].line = 17;
  s.edge(w, wx, "", 1);
  s.edge(x, wx, "", 2);
  s.edge(before, wx, "", 2);
  s.edge(u, uh, "", 1);
  s.edge(h0, uh, "", 2);
  s.edge(wx, sum);
  s.edge(uh, sum);
  s.edge(sum, h);
  s.edge(h, square);
  s.edge(h, square);
  s.edge(square, folded);
  s.edge(folded, y);
  s.drawing.edges.back().count = 3;
  s.drawing.edges.push_back({.from = h, .to = uh, .kind = EdgeKind::carried, .position = 2});
  return s.drawing;
}

/// Before and after simplification, side by side, from top to bottom.
inline Drawing panels() {
  Sketch before;
  before.drawing.direction = Direction::top_down;
  before.drawing.title = "3 operations";
  before.drawing.notes = {"nothing is folded"};
  const auto scope = before.frame(FrameKind::scope, "polynomial");
  const auto x = before.node(NodeRole::input, {name("x")});
  const auto one = before.node(NodeRole::constant, {op("1")}, 0, scope);
  const auto product = before.node(NodeRole::operation, {op("×")}, 0, scope);
  const auto square = before.node(NodeRole::operation, {op("×")}, 0, scope);
  const auto y = before.node(NodeRole::operation, {name("y"), op("+")}, 0, scope);
  before.drawing.nodes[y].output = true;
  before.edge(x, product);
  before.edge(one, product);
  before.edge(product, square, "2");
  before.edge(x, square, "3");
  before.edge(square, y);
  before.edge(x, y);
  Sketch after;
  after.drawing.title = "2 operations";
  const auto x2 = after.node(NodeRole::input, {name("x")});
  const auto square2 = after.node(NodeRole::operation, {op("x²")});
  const auto y2 = after.node(NodeRole::operation, {name("y"), op("+")});
  after.drawing.nodes[y2].output = true;
  after.edge(x2, square2);
  after.edge(x2, y2);
  after.edge(square2, y2);
  return side_by_side({before.drawing, after.drawing}, {"before", "after"});
}

/// Texts that try to be something else in one of the formats.
inline Drawing nasty() {
  using std::string_literals::operator""s;
  const std::vector<std::string> texts{
      "</script><img src=x onerror=alert(1)>",
      "\"quoted\" 'single' `tick`",
      "back\\slash \\n \\end{document} \\input{/etc/passwd}",
      "{braces} [brackets] (parens) |bars|",
      "$x_1^2$ 100% #1 a&b ~ \\$ $$",
      "\xE2\x80\xAE"
      "gnp.exe",
      "bytes \xFF\xC3 and nul \0 end"s,
      "line\nbreak\r\n\ttab",
      "%%{init: {}}%% style a:#quot; classDef b:#1;",
      "&lt;b&gt; &#65; #35; #quot; <br/> --> ;",
      "# heading **bold** 1. list fa:fa-car www.example.com",
      "<<>> -- --- ?` !` ,, ''",
      "ﬂ°°60¶ß ]]> <!-- {{x}} ",
      "",
  };
  Sketch s;
  s.drawing.title = texts[0] + texts[1];
  s.drawing.notes = {texts[4], texts[8]};
  const auto frame = s.frame(FrameKind::scope, texts[2] + texts[0]);
  for (const std::string& text : texts) {
    const auto index = s.node(NodeRole::operation, {name(text)}, 0, frame);
    s.drawing.nodes[index].tooltip = {text};
    s.drawing.nodes[index].file = text;
    if (index % 4 != 0) s.edge(index - 1, index, text);
  }
  return s.drawing;
}

}  // namespace wengert::graph::sample
